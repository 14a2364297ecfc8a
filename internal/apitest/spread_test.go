package apitest_test

import "testing"

// With ... before it, what is embedded to-one gives its columns to the parent.
func TestSpread(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t), []readCase{
		{"many_to_one", "/films?select=title,...directors(director:name,born)&id=in.(1,13)&order=id",
			`[{"title": "Metropolis", "director": "Fritz Lang", "born": "1890-12-05"}, {"title": "Dickson Greeting", "director": null, "born": null}]`},
		{"one_to_one", "/films?select=title,...restorations(finished)&id=in.(1,2)&order=id",
			`[{"title": "Metropolis", "finished": "2010-02-12"}, {"title": "M", "finished": null}]`},
		{"computed_relationship", "/films?select=title,...original(first:title)&id=eq.8", `[{"title": "The Godfather Part II", "first": "The Godfather"}]`},
		{"view", "/silent_classics?select=title,...directors(name)&film_id=eq.1", `[{"title": "Metropolis", "name": "Fritz Lang"}]`},
		{"with_a_hint", "/loans?select=id,...institutions!loans_lender(lender:name),...institutions!borrower(borrower:name)&id=eq.1",
			`[{"id": 1, "lender": "British Film Institute", "borrower": "Cinémathèque française"}]`},
		{"everything", "/films?select=title,...directors(*)&id=eq.1",
			`[{"title": "Metropolis", "id": 1, "name": "Fritz Lang", "born": "1890-12-05", "birthplace": "Vienna"}]`},
		{"nothing", "/films?select=title,...directors()&id=eq.1", `[{"title": "Metropolis"}]`},
		{"nothing_else", "/films?select=...directors(name)&id=eq.1", `[{"name": "Fritz Lang"}]`},
		{"names_may_repeat", "/films?select=id,...directors(id,id)&id=eq.8", `[{"id": 8, "id": 4, "id": 4}]`},
		{"casts_and_paths", "/restorations?select=...films(year::text,tags->0,info->copies->0->>format,wide:frame->width)&film_id=eq.1",
			`[{"year": "1927", "tags": "science fiction", "format": "35mm", "wide": 1440}]`},
		{"every_type_of_value", "/restorations?select=...films(rating,silent,length,released,tags,info,poster,frame,language)&film_id=eq.1",
			`[{"rating": 8.3, "silent": true, "length": "02:33:00", "released": "1927-01-10", "tags": ["science fiction", "dystopia"],
			   "info": {"colour": false, "copies": [{"reels": 9, "format": "35mm"}, {"reels": 4, "format": "16mm"}]},
			   "poster": "\\x89504e470d0a1a0a", "frame": {"width": 1440, "height": 1080}, "language": "de"}]`},
		{"in_a_spread", "/restorations?select=finished,...films(title,...directors(by:name))&order=film_id&limit=2",
			`[{"finished": "2010-02-12", "title": "Metropolis", "by": "Fritz Lang"}, {"finished": "2016-10-08", "title": "Seven Samurai", "by": "Akira Kurosawa"}]`},
		{"several", "/roles?select=character,...films(title),...actors(name)&film_id=eq.2", `[{"character": "Hans Beckert", "title": "M", "name": "Peter Lorre"}]`},
		{"embed_in_a_spread", "/restorations?select=...films(title,directors(name),roles(character))&film_id=eq.1&films.roles.order=billing",
			`[{"title": "Metropolis", "directors": {"name": "Fritz Lang"}, "roles": [{"character": "Maria"}, {"character": "The Machine Man"}]}]`},
		{"spread_in_an_embed", "/actors?select=name,roles(character,...films(title,year))&roles.order=films(year)&id=eq.3",
			`[{"name": "Toshiro Mifune", "roles": [{"character": "Kikuchiyo", "title": "Seven Samurai", "year": 1954},
			   {"character": "Sanjuro", "title": "Yojimbo", "year": 1961}, {"character": "Sanjuro", "title": "Sanjuro", "year": 1962}]}]`},
		{"columns_of_a_junction", "/films?select=title,actors:roles(character,...actors(name))&actors.order=billing&id=eq.3",
			`[{"title": "Seven Samurai", "actors": [{"character": "Kikuchiyo", "name": "Toshiro Mifune"}, {"character": "Kambei Shimada", "name": "Takashi Shimura"}]}]`},
		{"filtered", "/films?select=title,...directors(name)&directors.name=like.A*&id=in.(1,3)&order=id",
			`[{"title": "Metropolis", "name": null}, {"title": "Seven Samurai", "name": "Akira Kurosawa"}]`},
		{"inner", "/films?select=title,...directors!inner(name)&directors.birthplace=eq.Ixelles", `[{"title": "Cléo from 5 to 7", "name": "Agnès Varda"}]`},
	})
}

// What is embedded to-many gives an array for each of its columns, all of them
// in the same order.
func TestSpread_to_many(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t), []readCase{
		{"one_to_many", "/directors?select=name,...films(titles:title,years:year)&films.order=id&id=in.(1,8)&order=id",
			`[{"name": "Fritz Lang", "titles": ["Metropolis", "M"], "years": [1927, 1931]}, {"name": "Alice Guy-Blaché", "titles": [], "years": []}]`},
		{"many_to_many", "/films?select=title,...genres(genres:name)&genres.order=name&id=in.(1,12)&order=id",
			`[{"title": "Metropolis", "genres": ["Drama", "Science fiction"]}, {"title": "Spirited Away", "genres": []}]`},
		{"computed_relationship", "/films?select=title,...sequels(next:title)&id=in.(7,13)&order=id",
			`[{"title": "The Godfather", "next": ["The Godfather Part II"]}, {"title": "Dickson Greeting", "next": []}]`},
		{"nulls_keep_their_places", "/actors?select=...films!roles(original:info->>original,title)&films.order=id&id=eq.3",
			`[{"original": ["七人の侍", null, null], "title": ["Seven Samurai", "Yojimbo", "Sanjuro"]}]`},
		{"repeated_values_stay", "/films?select=title,...actors!roles(name)&id=eq.1", `[{"title": "Metropolis", "name": ["Brigitte Helm", "Brigitte Helm"]}]`},
		{"names_may_repeat", "/directors?select=id,...films(id,id)&films.order=id&id=eq.1", `[{"id": 1, "id": [1, 2], "id": [1, 2]}]`},
		{"order", "/directors?select=...films(title,year)&films.order=year.desc&id=eq.2", `[{"title": ["Sanjuro", "Yojimbo", "Seven Samurai"], "year": [1962, 1961, 1954]}]`},
		{"order_by_a_column_that_is_not_selected", "/directors?select=...films(title)&films.order=rating.desc&id=eq.4",
			`[{"title": ["The Godfather", "The Godfather Part II", "The Godfather Part III"]}]`},
		{"order_by_an_embedded_column", "/directors?select=...films(title,restorations())&films.order=restorations(finished).nullsfirst&id=eq.1", `[{"title": ["M", "Metropolis"]}]`},
		{"page", "/directors?select=...films(title)&films.order=year.desc&films.limit=1&films.offset=1&id=eq.2", `[{"title": ["Yojimbo"]}]`},
		{"filtered", "/directors?select=name,...films(title)&films.year=gt.1980&id=in.(4,5)&order=id",
			`[{"name": "Francis Ford Coppola", "title": ["The Godfather Part III"]}, {"name": "Andrei Tarkovsky", "title": []}]`},
		{"casts_and_paths", "/directors?select=...films(year::text,info->copies->0->format,frame->width)&films.order=id&id=eq.1",
			`[{"year": ["1927", "1931"], "format": ["35mm", null], "width": [1440, null]}]`},
		{"every_type_of_value", "/directors?select=...films(rating,silent,length,released,tags,info,frame)&id=eq.6",
			`[{"rating": [8.1], "silent": [false], "length": ["01:24:00"], "released": ["1966-10-18"], "tags": [[]], "info": [{"colour": false}], "frame": [null]}]`},
		{"everything", "/films?select=title,...genres(*)&genres.order=id&id=eq.1",
			`[{"title": "Metropolis", "id": [1, 2], "name": ["Drama", "Science fiction"], "colour": ["#800000", "#0000ff"]}]`},
		{"nothing", "/directors?select=name,...films()&id=eq.1", `[{"name": "Fritz Lang"}]`},
	})
}

// Spreads nest: a to-one one gives its columns to whatever it is in, a to-many
// one an array of arrays.
func TestSpread_nested(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t), []readCase{
		{"to_one_in_to_many", "/directors?select=...films(title,...restorations(restored:finished))&films.order=year&id=eq.1",
			`[{"title": ["Metropolis", "M"], "restored": ["2010-02-12", null]}]`},
		{"to_many_in_to_many", "/directors?select=...films(title,...roles(characters:character))&films.order=year&films.roles.order=character&id=eq.1",
			`[{"title": ["Metropolis", "M"], "characters": [["Maria", "The Machine Man"], ["Hans Beckert"]]}]`},
		{"to_many_in_to_one", "/films?select=title,...directors(name,...films(titles:title))&directors.films.order=id&id=eq.2",
			`[{"title": "M", "name": "Fritz Lang", "titles": ["Metropolis", "M"]}]`},
		{"to_many_in_to_one_that_is_not_there", "/films?select=title,...directors(...films(titles:title))&id=eq.13", `[{"title": "Dickson Greeting", "titles": null}]`},
		{"embeds_in_to_many", "/directors?select=...films(title,directors(name),roles(character))&films.order=year&films.roles.order=billing&id=eq.1",
			`[{"title": ["Metropolis", "M"], "directors": [{"name": "Fritz Lang"}, {"name": "Fritz Lang"}],
			   "roles": [[{"character": "Maria"}, {"character": "The Machine Man"}], [{"character": "Hans Beckert"}]]}]`},
		{"to_many_in_an_embed", "/films?select=title,directors(name,...films(titles:title))&directors.films.order=id&id=eq.2",
			`[{"title": "M", "directors": {"name": "Fritz Lang", "titles": ["Metropolis", "M"]}}]`},
		{"junction_in_to_many", "/films?select=title,...roles(characters:character,...actors(actors:name))&roles.order=billing&id=eq.3",
			`[{"title": "Seven Samurai", "characters": ["Kikuchiyo", "Kambei Shimada"], "actors": ["Toshiro Mifune", "Takashi Shimura"]}]`},
		{"three_deep", "/competitions?select=name,...editions(years:year,...nominations(...films(titles:title)))&editions.order=year&editions.nominations.order=category&id=eq.1",
			`[{"name": "Academy Awards", "years": [1973, 1975, 1991, 2003],
			   "titles": [["The Godfather", "The Godfather"], ["The Godfather Part II", "The Godfather Part II"], ["The Godfather Part III"], ["Spirited Away"]]}]`},
	})
}

// Nulls are stripped from objects, and stay in the arrays.
func TestSpread_representations(t *testing.T) {
	t.Parallel()
	const stripped, csv = "application/vnd.pgrst.array+json;nulls=stripped", "text/csv"
	run(t, serve(t),
		exchange{name: "nulls_stripped", target: "/films?select=id,...directors(name,birthplace)&id=in.(1,13)&order=id", send: headers{"Accept": stripped},
			want: headers{"Content-Type": stripped + "; charset=utf-8"}, body: `[{"id": 1, "name": "Fritz Lang", "birthplace": "Vienna"}, {"id": 13}]`},
		exchange{name: "nulls_stripped_of_to_many", target: "/directors?select=id,birthplace,...films(frame,director:directors(birthplace))&films.order=id&id=in.(1,8)&order=id", send: headers{"Accept": stripped},
			want: headers{"Content-Type": stripped + "; charset=utf-8"},
			body: `[{"id": 1, "birthplace": "Vienna", "frame": [{"width": 1440, "height": 1080}, null], "director": [{"birthplace": "Vienna"}, {"birthplace": "Vienna"}]},
			        {"id": 8, "frame": [], "director": []}]`},
		exchange{name: "CSV", target: "/films?select=title,...directors(name),...genres(genres:name)&genres.order=id&id=in.(1,13)&order=id", send: headers{"Accept": csv},
			want: headers{"Content-Type": "text/csv; charset=utf-8"},
			body: "title,name,genres\nMetropolis,\"Fritz Lang\",\"[\"\"Drama\"\", \"\"Science fiction\"\"]\"\n\"Dickson Greeting\",,[]"},
	)
}
