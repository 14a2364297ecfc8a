package apitest_test

import (
	"testing"

	"github.com/pgrest-go/pgrest"
)

// A HEAD is answered as a GET, but for the body.
func TestHead(t *testing.T) {
	t.Parallel()
	targets := []string{
		"/films", "/films?limit=0", "/films?limit=2&offset=12", "/films?offset=13", "/films?offset=14", "/films?limit=0&offset=1", "/films?id=eq.0", "/films?limit=-1",
		"/films?select=title&year=gt.1960&order=rating.desc.nullslast,title&limit=3",
		"/films?select=info->copies->0->format,year::text&order=info->copies->1,info->>original.desc",
		"/films?select=title,directors!inner(name)&directors.born=gt.1920-01-01&limit=3", "/films?select=title,directors!inner(name)&limit=20&offset=11",
		"/directors?select=name,films!inner(title,roles!inner(character))&films.year=gt.1950&films.roles.billing=eq.1&offset=1",
		"/films?select=title,...directors(name)&order=directors(born),title&limit=1",
		"/films?select=id,roles()&roles=is.null", "/films?select=id,roles()&or=(roles.not.is.null,year.lt.1900)",
		"/films?select=id,roles(character)&roles=not.is.null&or=(roles.is.null,id.gt.2)&roles.limit=1",
		"/films?select=sequels!inner(title),original(title)&order=original(title)",
		"/films?select=decade,count()&order=decade.desc&limit=2", "/films?select=count()", "/films?select=directors(name),rating.max()&order=directors(name)&offset=1",
		"/films?select=full_title,is_long&order=full_title", "/genres?select=colour&order=colour", "/classic_films?select=title&limit=1", "/genre_totels",
		"/films?select=nothing", "/films?order=nothing", "/films?select=title&order=director_id.asc,year.nothing", "/films?select=title,directors(nothing)", "/films?select=title,actors(name)&actors.id=eq.x",
		"/specimens?select=id&order=a_json", "/specimens?select=id,a_json&order=id", "/films?select=year,count()&order=title", "/films?id=eq.x", "/films?select=title,acquisitions(price)",
		"/acquisitions", "/donors?select=name", "/donors?select=email", "/donors?select=id&order=email", "/donors?select=id&email=is.null", "/overseas", "/visitors_book",
		"/rpc/film_titles", "/rpc/film_titles?limit=2&offset=12", "/rpc/film_titles?offset=14", "/rpc/films_of?director=Akira%20Kurosawa&select=title,roles(character)&limit=2&order=year",
		"/rpc/find?year=1962&select=title,directors!inner(name)&directors.name=like.A*", "/rpc/find?year=1962&select=nothing", "/rpc/film?id=2&select=title", "/rpc/film?id=2&year=gt.2000",
		"/rpc/add?a=1&b=2", "/rpc/add?a=x", "/rpc/nothing", "/rpc/some_records?limit=1", "/rpc/null_number", "/rpc/decades?decade=gt.1950&order=films.desc&offset=2", "/rpc/fail?sqlstate=PT418",
		"/rpc/curators_only", "/rpc/poster?film_id=1",
	}
	sends := []headers{
		{}, {"Prefer": "count=exact"}, {"Prefer": "count=planned"}, {"Prefer": "count=estimated"}, {"Prefer": "count=exact, handling=strict, max-affected=2", "Accept": "text/csv"},
		{"Prefer": "count=exact", "Accept": "application/vnd.pgrst.object+json"}, {"Accept": "application/vnd.pgrst.array+json;nulls=stripped"},
		{"Prefer": "count=exact", "Accept": "text/vnd.archive.titles, application/json"},
	}
	for name, maximum := range map[string]int64{"uncapped": 0, "capped": 4, "nothing": -1} {
		api := serve(t, aggregating, func(o *pgrest.Options) { o.MaxRows = maximum })
		for _, target := range targets {
			t.Run(name+target, func(t *testing.T) {
				t.Parallel()
				for _, send := range sends {
					requireHeadAsGet(t, api, exchange{target: encodeBlanks(target), send: send})
				}
			})
		}
	}
}
