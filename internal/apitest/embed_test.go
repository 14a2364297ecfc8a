package apitest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// readCase is a GET and the JSON that answers it.
type readCase struct{ name, target, body string }

func runReads(t *testing.T, api http.Handler, reads []readCase) {
	t.Helper()
	var exchanges []exchange
	for _, r := range reads {
		exchanges = append(exchanges, exchange{name: r.name, target: encodeBlanks(r.target), body: r.body})
	}
	run(t, api, exchanges...)
}

// A relation in select is embedded along the foreign key that joins the two: as
// an object if it is one row at most, else as an array.
func TestEmbed(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t), []readCase{
		{"many_to_one", "/films?select=title,directors(name)&id=in.(1,13)&order=id",
			`[{"title": "Metropolis", "directors": {"name": "Fritz Lang"}}, {"title": "Dickson Greeting", "directors": null}]`},
		{"one_to_many", "/directors?select=name,films(title)&films.order=id&id=in.(1,8)&order=id",
			`[{"name": "Fritz Lang", "films": [{"title": "Metropolis"}, {"title": "M"}]}, {"name": "Alice Guy-Blaché", "films": []}]`},
		{"one_to_one", "/films?select=title,restorations(finished)&id=in.(1,2)&order=id",
			`[{"title": "Metropolis", "restorations": {"finished": "2010-02-12"}}, {"title": "M", "restorations": null}]`},
		{"one_to_one_from_the_other_end", "/restorations?select=finished,films(title)&film_id=eq.1",
			`[{"finished": "2010-02-12", "films": {"title": "Metropolis"}}]`},
		{"many_to_many", "/films?select=title,genres(name)&genres.order=name&id=in.(1,12)&order=id",
			`[{"title": "Metropolis", "genres": [{"name": "Drama"}, {"name": "Science fiction"}]}, {"title": "Spirited Away", "genres": []}]`},
		{"many_to_many_repeats_a_row_for_each_row_of_the_junction", "/films?select=title,actors!roles(name)&id=eq.1",
			`[{"title": "Metropolis", "actors": [{"name": "Brigitte Helm"}, {"name": "Brigitte Helm"}]}]`},

		{"key_of_two_columns", "/nominations?select=category,editions(host)&film_id=eq.8&order=category",
			`[{"category": "Best Director", "editions": {"host": "Sammy Davis Jr."}}, {"category": "Best Picture", "editions": {"host": "Sammy Davis Jr."}}]`},
		{"key_of_two_columns_to_many", "/editions?select=year,nominations(category)&nominations.order=category&competition_id=eq.1&year=lt.1980&order=year",
			`[{"year": 1973, "nominations": [{"category": "Best Director"}, {"category": "Best Picture"}]},
			  {"year": 1975, "nominations": [{"category": "Best Director"}, {"category": "Best Picture"}]}]`},
		{"key_of_two_columns_in_a_junction", "/editions?select=year,films(title)&year=in.(1954,1991)&order=year",
			`[{"year": 1954, "films": [{"title": "Seven Samurai"}]}, {"year": 1991, "films": [{"title": "The Godfather Part III"}]}]`},

		{"partitioned_table", "/screenings?select=starts,films(title)&starts=lt.2025-01-01&order=starts",
			`[{"starts": "2024-03-01T19:30:00+00:00", "films": {"title": "Metropolis"}}, {"starts": "2024-06-05T17:00:00+00:00", "films": {"title": "Cléo from 5 to 7"}}]`},
		{"in_a_partitioned_table", "/films?select=title,screenings(starts)&screenings.order=starts&id=eq.1",
			`[{"title": "Metropolis", "screenings": [{"starts": "2024-03-01T19:30:00+00:00"}, {"starts": "2025-03-01T19:30:00+00:00"}]}]`},

		{"own_relation_by_its_name_to_many", "/films?select=title,films(title)&id=eq.7",
			`[{"title": "The Godfather", "films": [{"title": "The Godfather Part II"}]}]`},
		{"own_relation_by_the_column_to_one", "/films?select=title,sequel_of(title)&id=in.(7,8)&order=id",
			`[{"title": "The Godfather", "sequel_of": null}, {"title": "The Godfather Part II", "sequel_of": {"title": "The Godfather"}}]`},
		{"own_relation_by_a_hint_to_many", "/films?select=title,films!sequel_of(title)&id=eq.7",
			`[{"title": "The Godfather", "films": [{"title": "The Godfather Part II"}]}]`},

		{"several", "/films?select=title,directors(name),roles(character),restorations(finished)&id=eq.2",
			`[{"title": "M", "directors": {"name": "Fritz Lang"}, "roles": [{"character": "Hans Beckert"}], "restorations": null}]`},
		{"nested", "/actors?select=name,roles(character,films(title,directors(name)))&id=eq.2",
			`[{"name": "Peter Lorre", "roles": [{"character": "Hans Beckert", "films": {"title": "M", "directors": {"name": "Fritz Lang"}}}]}]`},
		{"there_and_back", "/films?select=title,directors(films(title))&directors.films.order=id&id=eq.1",
			`[{"title": "Metropolis", "directors": {"films": [{"title": "Metropolis"}, {"title": "M"}]}}]`},
		{"everything", "/films?select=title,directors(*)&id=eq.1",
			`[{"title": "Metropolis", "directors": {"id": 1, "name": "Fritz Lang", "born": "1890-12-05", "birthplace": "Vienna"}}]`},
		{"nothing_else", "/films?select=directors(name)&id=eq.1", `[{"directors": {"name": "Fritz Lang"}}]`},
		{"columns_come_first", "/films?select=directors(name),title&id=eq.1", `[{"title": "Metropolis", "directors": {"name": "Fritz Lang"}}]`},
		{"casts_and_paths", "/restorations?select=films(year::text,info->copies->0->>format,wide:frame->width)&film_id=eq.1",
			`[{"films": {"year": "1927", "format": "35mm", "wide": 1440}}]`},
	})
}

// Views are related as the tables are whose keys they show.
func TestEmbed_views(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t), []readCase{
		{"to_one", "/classic_films?select=title,directors(name)&id=eq.1", `[{"title": "Metropolis", "directors": {"name": "Fritz Lang"}}]`},
		{"to_many", "/classic_films?select=title,roles(character)&id=eq.2", `[{"title": "M", "roles": [{"character": "Hans Beckert"}]}]`},
		{"many_to_many", "/classic_films?select=title,genres(name)&id=eq.2", `[{"title": "M", "genres": [{"name": "Crime"}]}]`},
		{"embedded", "/directors?select=name,classic_films(title)&classic_films.order=id&id=eq.1",
			`[{"name": "Fritz Lang", "classic_films": [{"title": "Metropolis"}, {"title": "M"}]}]`},
		{"of_a_view", "/silent_classics?select=title,directors(name)&film_id=eq.1", `[{"title": "Metropolis", "directors": {"name": "Fritz Lang"}}]`},
		{"of_a_view_by_its_own_column", "/silent_classics?select=title,made_by(name)&film_id=eq.1", `[{"title": "Metropolis", "made_by": {"name": "Fritz Lang"}}]`},
		{"of_a_view_with_a_hint", "/silent_classics?select=title,directors!made_by(name)&film_id=eq.1", `[{"title": "Metropolis", "directors": {"name": "Fritz Lang"}}]`},
		{"of_a_view_embedded", "/directors?select=name,silent_classics(title)&id=eq.1", `[{"name": "Fritz Lang", "silent_classics": [{"title": "Metropolis"}]}]`},
		{"in_another_view", "/staff?select=name,classic_films(title)&id=eq.1", `[{"name": "Nils", "classic_films": {"title": "Metropolis"}}]`},
		{"of_a_join", "/film_overview?select=director,roles(character),restorations(finished)&id=eq.3&roles.order=billing",
			`[{"director": "Akira Kurosawa", "roles": [{"character": "Kikuchiyo"}, {"character": "Kambei Shimada"}], "restorations": {"finished": "2016-10-08"}}]`},
		{"materialized", "/acclaimed_films?select=title,directors(name),roles(character)&id=eq.12",
			`[{"title": "Spirited Away", "directors": {"name": "Hayao Miyazaki"}, "roles": []}]`},
		{"materialized_embedded", "/directors?select=name,acclaimed_films(title)&acclaimed_films.order=id&id=eq.4",
			`[{"name": "Francis Ford Coppola", "acclaimed_films": [{"title": "The Godfather"}, {"title": "The Godfather Part II"}]}]`},
		{"of_a_hidden_table", "/staff?select=name,films(title)&order=id",
			`[{"name": "Nils", "films": {"title": "Metropolis"}}, {"name": "Mei", "films": null}]`},
		{"of_a_hidden_table_embedded", "/films?select=title,staff(name)&id=eq.1", `[{"title": "Metropolis", "staff": [{"name": "Nils"}]}]`},
		{"of_a_junction", "/casting?select=character,films(title),actors(born)&film_id=eq.2",
			`[{"character": "Hans Beckert", "films": {"title": "M"}, "actors": {"born": "1904-06-26"}}]`},
		{"as_the_junction", "/films?select=title,actors!casting(name)&id=eq.2", `[{"title": "M", "actors": [{"name": "Peter Lorre"}]}]`},
	})
}

// A function of a relation's row that returns rows of a relation is a
// relationship, by the function's name. It replaces those that go by the same name.
func TestEmbed_computed_relationships(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t), []readCase{
		{"set", "/films?select=title,sequels(title)&id=in.(7,13)&order=id",
			`[{"title": "The Godfather", "sequels": [{"title": "The Godfather Part II"}]}, {"title": "Dickson Greeting", "sequels": []}]`},
		{"single_row", "/films?select=title,original(title)&id=in.(7,8)&order=id",
			`[{"title": "The Godfather", "original": null}, {"title": "The Godfather Part II", "original": {"title": "The Godfather"}}]`},
		{"between_relations_without_a_foreign_key", "/actors?select=name,namesakes(name)&id=eq.1", `[{"name": "Brigitte Helm", "namesakes": null}]`},
		{"in_place_of_a_foreign_key", "/films?select=title,reels(number)&reels.order=number&id=eq.1",
			`[{"title": "Metropolis", "reels": [{"number": 2}, {"number": 3}]}]`},
		{"hints_do_not_matter", "/films?select=title,sequels!any(title)&id=eq.7", `[{"title": "The Godfather", "sequels": [{"title": "The Godfather Part II"}]}]`},
		{"nested", "/films?select=title,original(sequels(title,original(title)))&id=eq.8",
			`[{"title": "The Godfather Part II", "original": {"sequels": [{"title": "The Godfather Part II", "original": {"title": "The Godfather"}}]}}]`},
		{"with_foreign_keys_below", "/films?select=title,sequels(title,directors(name))&id=eq.7",
			`[{"title": "The Godfather", "sequels": [{"title": "The Godfather Part II", "directors": {"name": "Francis Ford Coppola"}}]}]`},
		{"filtered", "/films?select=title,sequels(title)&sequels.year=gt.1980&id=in.(7,8)&order=id",
			`[{"title": "The Godfather", "sequels": []}, {"title": "The Godfather Part II", "sequels": [{"title": "The Godfather Part III"}]}]`},
		{"inner", "/films?select=title,original!inner(title)&order=id&id=lt.9",
			`[{"title": "Sanjuro", "original": {"title": "Yojimbo"}}, {"title": "The Godfather Part II", "original": {"title": "The Godfather"}}]`},
		{"present", "/films?select=title,sequels()&sequels=not.is.null&order=id", `[{"title": "Yojimbo"}, {"title": "The Godfather"}, {"title": "The Godfather Part II"}]`},
		{"absent", "/films?select=title,original()&original=is.null&year=gt.1972&order=id", `[{"title": "Stalker"}, {"title": "Spirited Away"}]`},
		{"order_by_it", "/films?select=title,original()&order=original(year).desc,id&id=in.(5,8,9)",
			`[{"title": "The Godfather Part III"}, {"title": "The Godfather Part II"}, {"title": "Sanjuro"}]`},
	})
}

// Computed fields are there in embedded rows as well.
func TestEmbed_computed_fields(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t), []readCase{
		{"selected", "/directors?select=name,films(full_title,is_long)&films.order=id&id=eq.2",
			`[{"name": "Akira Kurosawa", "films": [{"full_title": "Seven Samurai (1954)", "is_long": true},
			  {"full_title": "Yojimbo (1961)", "is_long": false}, {"full_title": "Sanjuro (1962)", "is_long": false}]}]`},
		{"filtered", "/directors?select=name,films(title)&films.is_long=is.true&id=eq.2", `[{"name": "Akira Kurosawa", "films": [{"title": "Seven Samurai"}]}]`},
		{"ordered", "/directors?select=name,films(title)&films.order=full_title.desc&id=eq.1", `[{"name": "Fritz Lang", "films": [{"title": "Metropolis"}, {"title": "M"}]}]`},
		{"of_a_computed_relationship", "/films?select=title,sequels(full_title)&id=eq.7",
			`[{"title": "The Godfather", "sequels": [{"full_title": "The Godfather Part II (1974)"}]}]`},
		{"order_by_one", "/restorations?select=finished,films()&order=films(full_title).desc", `[{"finished": "2022-02-25"}, {"finished": "2016-10-08"}, {"finished": "2010-02-12"}]`},
		{"spread", "/restorations?select=finished,...films(full_title)&film_id=eq.1", `[{"finished": "2010-02-12", "full_title": "Metropolis (1927)"}]`},
	})
}

// What is embedded goes by the name of the relation, of the foreign key, or of
// its column. A hint chooses among several. An alias renames the result.
func TestEmbed_names(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t), []readCase{
		{"foreign_key", "/films?select=title,films_director(name)&id=eq.1", `[{"title": "Metropolis", "films_director": {"name": "Fritz Lang"}}]`},
		{"column", "/films?select=title,director_id(name)&id=eq.1", `[{"title": "Metropolis", "director_id": {"name": "Fritz Lang"}}]`},
		{"column_among_several_keys", "/loans?select=id,lender(name),borrower(name)&id=eq.1",
			`[{"id": 1, "lender": {"name": "British Film Institute"}, "borrower": {"name": "Cinémathèque française"}}]`},
		{"hint_of_the_foreign_key", "/loans?select=id,institutions!loans_lender(name)&id=eq.1", `[{"id": 1, "institutions": {"name": "British Film Institute"}}]`},
		{"hint_of_the_column", "/loans?select=id,institutions!borrower(name)&id=eq.1", `[{"id": 1, "institutions": {"name": "Cinémathèque française"}}]`},
		{"hint_of_the_column_referred_to", "/films?select=title,directors!id(name)&id=eq.1", `[{"title": "Metropolis", "directors": {"name": "Fritz Lang"}}]`},
		{"hint_of_the_foreign_key_to_many", "/institutions?select=code,loans!loans_lender(id)&code=eq.BFI", `[{"code": "BFI", "loans": [{"id": 1}]}]`},
		{"hint_of_the_column_to_many", "/institutions?select=code,loans!borrower(id)&code=eq.BFI", `[{"code": "BFI", "loans": [{"id": 3}]}]`},
		{"hint_of_the_junction", "/films?select=title,actors!roles(name)&id=eq.2", `[{"title": "M", "actors": [{"name": "Peter Lorre"}]}]`},
		{"hint_and_join", "/films?select=title,directors!films_director!inner(name)&id=in.(1,13)", `[{"title": "Metropolis", "directors": {"name": "Fritz Lang"}}]`},
		{"join_and_hint", "/films?select=title,directors!inner!films_director(name)&id=in.(1,13)", `[{"title": "Metropolis", "directors": {"name": "Fritz Lang"}}]`},
		{"alias", "/films?select=title,made_by:directors(who:name)&id=eq.1", `[{"title": "Metropolis", "made_by": {"who": "Fritz Lang"}}]`},
		{"alias_of_a_nested_one", "/restorations?select=film:films(name:title,by:directors(name))&film_id=eq.1",
			`[{"film": {"name": "Metropolis", "by": {"name": "Fritz Lang"}}}]`},
		{"one_relation_twice", "/loans?select=from:institutions!lender(code),to:institutions!borrower(code)&id=eq.1", `[{"from": {"code": "BFI"}, "to": {"code": "CF"}}]`},
		{"one_relationship_twice", "/films?select=title,all:roles(character),leads:roles(character)&leads.billing=eq.1&all.order=billing&id=eq.7",
			`[{"title": "The Godfather", "all": [{"character": "Vito Corleone"}, {"character": "Michael Corleone"}], "leads": [{"character": "Vito Corleone"}]}]`},
		{"twice_without_an_alias", "/films?select=roles(character),roles(billing)&roles.billing=eq.1&roles.order=billing&id=eq.7",
			`[{"roles": [{"character": "Vito Corleone"}], "roles": [{"billing": 1}, {"billing": 2}]}]`},
	})
}

func TestEmbed_faults(t *testing.T) {
	t.Parallel()
	unrelated := func(parent, child, hint, suggestion string) string {
		if hint != "" {
			hint = " using the hint '" + hint + "'"
		}
		return fault("PGRST200", fmt.Sprintf("Could not find a relationship between '%s' and '%s' in the schema cache", parent, child),
			fmt.Sprintf("Searched for a foreign key relationship between '%s' and '%s'%s in the schema 'archive', but no matches were found.", parent, child, hint),
			suggestion)
	}
	run(t, serve(t),
		exchange{name: "unrelated", target: "/films?select=tickets(id)", status: 400,
			body: unrelated("films", "tickets", "", "Perhaps you meant 'directors' instead of 'tickets'.")},
		exchange{name: "misspelt", target: "/films?select=director(name)", status: 400,
			body: unrelated("films", "director", "", "Perhaps you meant 'directors' instead of 'director'.")},
		exchange{name: "in_a_relation_without_any_relationship", target: "/genre_totals?select=genres(id)", status: 400,
			body: unrelated("genre_totals", "genres", "", "Perhaps you meant 'genres' instead of 'genre_totals'.")},
		exchange{name: "foreign_table_without_a_function", target: "/overseas?select=films(id)", status: 400,
			body: unrelated("overseas", "films", "", "Perhaps you meant 'reels' instead of 'overseas'.")},
		exchange{name: "misspelt_below", target: "/films?select=directors(film(title))", status: 400,
			body: unrelated("directors", "film", "", "Perhaps you meant 'films' instead of 'film'.")},
		exchange{name: "wrong_hint", target: "/films?select=directors!producer(name)", status: 400, body: unrelated("films", "directors", "producer", "")},
		exchange{name: "column_of_two_as_hint", target: "/editions?select=nominations!year(category)", status: 400, body: unrelated("editions", "nominations", "year", "")},
		exchange{name: "foreign_key_to_itself_by_its_name", target: "/films?select=films_sequel_of(title)", status: 400,
			body: unrelated("films", "films_sequel_of", "", "Perhaps you meant 'film_genres' instead of 'films_sequel_of'.")},
		exchange{name: "of_another_schema", target: "/films?select=reviews(verdict)", status: 400,
			body: unrelated("films", "reviews", "", "Perhaps you meant 'reels' instead of 'reviews'.")},
		// Relations are suggested, and no functions that lead to them.
		exchange{name: "misspelt_function", target: "/films?select=sequel(title)", status: 400,
			body: unrelated("films", "sequel", "", "Perhaps you meant 'reels' instead of 'sequel'.")},
		exchange{name: "misspelt_function_like_no_relation", target: "/actors?select=namesake(name)", status: 400, body: unrelated("actors", "namesake", "", "")},
		exchange{name: "relation_that_a_function_leads_to", target: "/actors?select=director(name)", status: 400,
			body: unrelated("actors", "director", "", "Perhaps you meant 'directors' instead of 'director'.")},
		exchange{name: "relation_behind_a_function_of_another_name", target: "/films?select=acquisition(id)", status: 400,
			body: unrelated("films", "acquisition", "", "Perhaps you meant 'acquisitions' instead of 'acquisition'.")},

		exchange{name: "unknown_column", target: "/films?select=directors(nam)", status: 400,
			body: fault("42703", "column directors_1.nam does not exist", "", `Perhaps you meant to reference the column "directors_1.name".`)},
		exchange{name: "unknown_column_over_a_junction", target: "/films?select=genres(nam)", status: 400,
			body: fault("42703", "column genres.nam does not exist", "", `Perhaps you meant to reference the column "genres.name".`)},
		exchange{name: "relation_as_a_column", target: "/films?select=directors", status: 400,
			body: fault("42703", "column films.directors does not exist", "", `Perhaps you meant to reference the column "films.director_id".`)},
	)
}

// When several relationships fit, the error lists them, and says how to choose.
func TestEmbed_ambiguity(t *testing.T) {
	t.Parallel()
	ambiguous := func(parent, child, details, hints string) string {
		return fmt.Sprintf(`{"code": "PGRST201", "details": %s,
			"hint": "Try changing '%s' to one of the following: %s. Find the desired relationship in the 'details' key.",
			"message": "Could not embed because more than one relationship was found for '%s' and '%s'"}`, details, child, hints, parent, child)
	}
	run(t, serve(t),
		exchange{name: "many_to_one", target: "/loans?select=institutions(name)", status: 300, body: ambiguous("loans", "institutions",
			`[{"cardinality": "many-to-one", "embedding": "loans with institutions", "relationship": "loans_borrower using loans(borrower) and institutions(code)"},
			  {"cardinality": "many-to-one", "embedding": "loans with institutions", "relationship": "loans_lender using loans(lender) and institutions(code)"}]`,
			"'institutions!loans_borrower', 'institutions!loans_lender'")},
		exchange{name: "one_to_many", target: "/institutions?select=loans(id)", status: 300, body: ambiguous("institutions", "loans",
			`[{"cardinality": "one-to-many", "embedding": "institutions with loans", "relationship": "loans_borrower using institutions(code) and loans(borrower)"},
			  {"cardinality": "one-to-many", "embedding": "institutions with loans", "relationship": "loans_lender using institutions(code) and loans(lender)"}]`,
			"'loans!loans_borrower', 'loans!loans_lender'")},
		exchange{name: "many_to_many", target: "/films?select=actors(name)", status: 300, body: ambiguous("films", "actors",
			`[{"cardinality": "many-to-many", "embedding": "films with actors", "relationship": "casting using roles_film_id_fkey(film_id) and roles_actor_id_fkey(actor_id)"},
			  {"cardinality": "many-to-many", "embedding": "films with actors", "relationship": "roles using roles_film_id_fkey(film_id) and roles_actor_id_fkey(actor_id)"}]`,
			"'actors!casting', 'actors!roles'")},
	)
}

// In CSV an embed is its JSON.
func TestEmbed_CSV(t *testing.T) {
	t.Parallel()
	csv := func(name, target, body string) exchange {
		return exchange{name: name, target: target, send: headers{"Accept": "text/csv"}, want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: body}
	}
	run(t, serve(t, aggregating),
		csv("to_one", "/films?select=id,directors(name,born)&id=in.(1,13)&order=id", `id,directors
1,"{""born"": ""1890-12-05"", ""name"": ""Fritz Lang""}"
13,`),
		csv("to_many", "/films?select=id,genres(name)&genres.order=name&id=in.(1,13)&order=id", `id,genres
1,"[{""name"": ""Drama""}, {""name"": ""Science fiction""}]"
13,[]`),
		csv("nested", "/restorations?select=films(title,directors(name))&film_id=eq.1", `films
"{""title"": ""Metropolis"", ""directors"": {""name"": ""Fritz Lang""}}"`),
		csv("in_a_spread", "/restorations?select=...films(title,directors(name))&film_id=eq.1", `title,directors
Metropolis,"{""name"": ""Fritz Lang""}"`),
		csv("ordered_by", "/films?select=id,directors(name)&order=directors(born)&id=in.(1,3)", `id,directors
1,"{""name"": ""Fritz Lang""}"
3,"{""name"": ""Akira Kurosawa""}"`),
		csv("grouped_by", "/films?select=count(),directors(name)&id=in.(1,2)", `count,directors
2,"{""name"": ""Fritz Lang""}"`),
		csv("JSON_of_a_column_stays", "/specimens?select=a_json&id=eq.1", `a_json
"{""a"": 1,  ""b"":[true,null]}"`),
	)
}

// An embed has to be allowed as any read is: for the role, and row by row.
func TestEmbed_privileges(t *testing.T) {
	t.Parallel()
	const (
		acquisitions = "permission denied for table acquisitions"
		appraisals   = "permission denied for function appraisals"
		ada          = `{"role": "` + visitor + `", "sub": "ada"}`
		grace        = `{"role": "` + visitor + `", "sub": "grace"}`
	)
	run(t, serve(t),
		exchange{name: "anonymous_without", target: "/films?select=title,acquisitions(price)&id=eq.1", status: 401, body: fault("42501", acquisitions, "", "")},
		exchange{name: "anonymous_without_in_a_filter", target: "/films?select=title,acquisitions!inner()", status: 401, body: fault("42501", acquisitions, "", "")},
		exchange{name: "anonymous_without_in_an_order", target: "/films?select=title,acquisitions()&order=acquisitions(price)", status: 401, body: fault("42501", acquisitions, "", "")},
		exchange{name: "with", target: "/films?select=title,acquisitions(price)&id=eq.1", token: ada, body: `[{"title": "Metropolis", "acquisitions": {"price": "$1,200.00"}}]`},
		exchange{name: "role_without", target: "/films?select=title,appraisals(price)&id=eq.1", token: ada, status: 403, body: fault("42501", appraisals, "", "")},
		exchange{name: "another_role", target: "/films?select=title,appraisals(price)&id=eq.1", token: `{"role": "` + curator + `"}`,
			body: `[{"title": "Metropolis", "appraisals": [{"price": "$1,200.00"}]}]`},
		exchange{name: "rows_of_the_role", target: "/films?select=title,watchlists(note)&id=in.(1,3)&order=id", token: ada,
			body: `[{"title": "Metropolis", "watchlists": []}, {"title": "Seven Samurai", "watchlists": [{"note": "with popcorn"}]}]`},
		exchange{name: "rows_of_another", target: "/films?select=title,watchlists(note)&id=in.(1,3)&order=id", token: grace,
			body: `[{"title": "Metropolis", "watchlists": [{"note": null}]}, {"title": "Seven Samurai", "watchlists": []}]`},
		exchange{name: "rows_decide_over_parents", target: "/films?select=title,watchlists!inner()", token: grace, body: `[{"title": "Metropolis"}]`},
		exchange{name: "rows_are_not_counted", target: "/films?select=id,watchlists!inner()&order=id", token: ada, send: headers{"Prefer": "count=exact"},
			want: headers{"Content-Range": "0-1/2"}, body: `[{"id": 3}, {"id": 10}]`},
	)
}

// MaxRows caps each array of embedded rows too.
func TestEmbed_MaxRows(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t, func(o *pgrest.Options) { o.MaxRows = 2 }), []readCase{
		{"to_many", "/directors?select=id,films(id)&films.order=id&id=eq.4", `[{"id": 4, "films": [{"id": 7}, {"id": 8}]}]`},
		{"more_than_asked", "/directors?select=id,films(id)&films.order=id&films.limit=1&id=eq.4", `[{"id": 4, "films": [{"id": 7}]}]`},
		{"less_than_asked", "/directors?select=id,films(id)&films.order=id&films.limit=3&id=eq.4", `[{"id": 4, "films": [{"id": 7}, {"id": 8}]}]`},
		{"with_an_offset", "/directors?select=id,films(id)&films.order=id&films.offset=2&id=eq.4", `[{"id": 4, "films": [{"id": 9}]}]`},
		{"nested", "/competitions?select=id,editions(year,nominations(category))&editions.order=year&editions.nominations.order=category&id=eq.1",
			`[{"id": 1, "editions": [{"year": 1973, "nominations": [{"category": "Best Director"}, {"category": "Best Picture"}]},
			  {"year": 1975, "nominations": [{"category": "Best Director"}, {"category": "Best Picture"}]}]}]`},
		{"spread", "/directors?select=id,...films(films:id)&films.order=id&id=eq.4", `[{"id": 4, "films": [7, 8]}]`},
		{"to_one", "/films?select=id,directors(id)&id=in.(1,3)&order=id", `[{"id": 1, "directors": {"id": 1}}, {"id": 3, "directors": {"id": 2}}]`},
	})
}

// A request of a shape that was seen before gets its own values.
func TestEmbed_with_other_values(t *testing.T) {
	t.Parallel()
	api := serve(t)
	for _, tt := range []struct{ genre, limit, body string }{
		{"Drama", "2", `[{"id": 1, "roles": [{"character": "Maria"}]}, {"id": 3, "roles": []}]`},
		{"Crime", "1", `[{"id": 2, "roles": []}]`},
		{"Western", "3", `[]`},
	} {
		x := exchange{target: "/films?select=id,genres!inner(),roles(character)&order=id&genres.name=eq." + tt.genre + "&roles.character=like.M*a&limit=" + tt.limit, body: tt.body}
		response := ask(t, api, x)
		require.NotEmpty(t, response.Header.Get("Content-Range"))
		x.check(t, response)
	}
}
