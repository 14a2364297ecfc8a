package apitest_test

import "testing"

// DELETE deletes the rows that the filters find.
func TestDelete(t *testing.T) {
	t.Parallel()
	gone := func(name, target, counted string) write {
		return write{name: name, method: "DELETE", target: target, prefer: "count=exact", want: headers{"Content-Range": "*/" + counted}}
	}
	runInTurn(t, serveClone(t, "", rollingBack),
		write{name: "row", method: "DELETE", target: "/genres?id=eq.4", want: headers{"Content-Range": "*/*"}},
		gone("row_counted", "/genres?id=eq.4", "1"),
		gone("rows", "/nominations?year=lt.1960", "1"),
		gone("no_row", "/genres?id=eq.99", "0"),
		gone("and", "/roles?film_id=eq.1&character=like.The*", "1"),
		gone("or", "/roles?or=(film_id.eq.2,actor_id.eq.5)", "2"),
		gone("negated", "/donors?not.and=(id.eq.1,name.eq.Ada)", "1"),
		gone("any", "/film_genres?film_id=eq(any).{8,9}", "2"),
		gone("represented_domain", "/genres?colour=is.null", "1"),
		gone("names_to_be_quoted", "/lost%20%26%20found,%20vol.1?%22is%20it%3F%22=eq.%3F&%22comma,ted%22=eq.a,b", "1"),
		gone("partitions", "/screenings?film_id=eq.6", "1"),
		gone("pages_mean_nothing", "/reels?limit=1&offset=1&order=number", "3"),
		write{name: "body_means_nothing", method: "DELETE", target: "/genres?id=eq.4", payload: `}{`},
		write{name: "nor_does_its_type", method: "DELETE", target: "/genres?id=eq.4", send: headers{"Content-Type": "image/png"}, payload: "x"},
		write{name: "nor_do_columns", method: "DELETE", target: "/genres?id=eq.4&columns=nothing"},
		write{name: "range_means_nothing", method: "DELETE", target: "/genres?id=eq.4", prefer: "count=exact", send: headers{"Range": "5-6"}, want: headers{"Content-Range": "*/1"}},
	)
}

// return=representation shows what is gone.
func TestDelete_representation(t *testing.T) {
	t.Parallel()
	shows := func(name, target, body string) write {
		return write{name: name, method: "DELETE", target: target, prefer: representation, want: headers{"Content-Range": "*/*"}, body: body}
	}
	runInTurn(t, serveClone(t, "", rollingBack, aggregating),
		shows("whole", "/genres?id=eq.4", `[{"id": 4, "name": "Western", "colour": null}]`),
		shows("no_row", "/genres?id=eq.99", `[]`),
		shows("alias_and_cast", "/genres?id=eq.4&select=n:id::text,name", `[{"n": "4", "name": "Western"}]`),
		shows("order", "/roles?film_id=eq.3&select=character&order=character.desc&limit=1", `[{"character": "Kikuchiyo"}, {"character": "Kambei Shimada"}]`),
		shows("to_one", "/roles?film_id=eq.11&select=character,films(title),actors(name)", `[{"character": "Elisabet Vogler", "films": {"title": "Persona"}, "actors": {"name": "Liv Ullmann"}}]`),
		shows("to_many_that_goes_too", "/actors?id=eq.9&select=name,roles(character)", `[{"name": "Liv Ullmann", "roles": [{"character": "Elisabet Vogler"}]}]`),
		shows("many_to_many", "/genres?id=eq.2&select=films(title)&films.order=title&films.year=gt.1900", `[{"films": [{"title": "Metropolis"}, {"title": "Stalker"}]}]`),
		shows("one_to_one", "/restorations?film_id=eq.1&select=finished,films(title)", `[{"finished": "2010-02-12", "films": {"title": "Metropolis"}}]`),
		shows("spread", "/roles?film_id=eq.11&select=...films(title)", `[{"title": "Persona"}]`),
		shows("inner_join_filters_what_is_shown", "/roles?film_id=in.(4,5)&select=film_id,films!inner()&films.year=eq.1961", `[{"film_id": 4}]`),
		shows("aggregate", "/film_genres?genre_id=eq.3&select=count()", `[{"count": 4}]`),
		shows("view", "/classic_films?id=eq.11&select=title", `[{"title": "Persona"}]`),
		write{name: "counted", method: "DELETE", target: "/genres?id=eq.4&select=id", prefer: "return=representation, count=exact",
			want: headers{"Content-Range": "*/1"}, body: `[{"id": 4}]`},
		write{name: "object", method: "DELETE", target: "/genres?id=eq.4&select=id", prefer: representation, send: acceptOne, want: oneObject, body: `{"id": 4}`},
		write{name: "object_minimal", method: "DELETE", target: "/genres?id=eq.4", prefer: "return=minimal", send: acceptOne},
		write{name: "CSV", method: "DELETE", target: "/donors?id=lt.3&order=id", prefer: representation, send: headers{"Accept": "text/csv"},
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "id,name,email\n1,Ada,ada@example.org\n2,Grace,grace@example.org"},
		write{name: "headers_only", method: "DELETE", target: "/genres?id=eq.4", prefer: "return=headers-only"},
		write{name: "select_means_nothing_otherwise", method: "DELETE", target: "/genres?id=eq.4&select=id,nothing"},
	)
}

func TestDelete_refused(t *testing.T) {
	t.Parallel()
	refused := func(name, target string, status int, body string) write {
		return write{name: name, method: "DELETE", target: target, status: status, body: body}
	}
	notOne := func(n string) string {
		return fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains "+n+" rows", "")
	}
	runInTurn(t, serveClone(t, "", rollingBack),
		refused("referenced", "/directors?id=eq.1", 409, fault("23503", `update or delete on table "directors" violates foreign key constraint "films_director" on table "films"`,
			`Key (id)=(1) is still referenced from table "films".`, "")),
		refused("unknown_table", "/genrs?id=eq.1", 404,
			fault("PGRST205", "Could not find the table 'archive.genrs' in the schema cache", "", "Perhaps you meant the table 'archive.genres'")),
		refused("unknown_filter", "/genres?nmae=eq.x", 400, fault("42703", "column genres.nmae does not exist", "", `Perhaps you meant to reference the column "genres.name".`)),
		refused("wrong_value", "/genres?id=eq.x", 400, fault("22P02", `invalid input syntax for type integer: "x"`, "", "")),
		refused("view_that_is_a_join", "/film_overview?id=eq.1", 500, fault("55000", `cannot delete from view "film_overview"`,
			"Views that do not select from a single table or view are not automatically updatable.",
			"To enable deleting from the view, provide an INSTEAD OF DELETE trigger or an unconditional ON DELETE DO INSTEAD rule.")),
		refused("object_of_several", "/donors?id=gt.0", 406, notOne("2")).as(acceptOne, ""),
		refused("object_of_several_shown", "/donors?id=gt.0", 406, notOne("2")).as(acceptOne, representation),
		refused("object_of_none", "/donors?id=lt.0", 406, notOne("0")).as(acceptOne, ""),
		refused("object_of_none_shown", "/donors?id=lt.0", 406, notOne("0")).as(acceptOne, representation),
	)
}

// Without a filter all rows are deleted, but none if there may be only one.
func TestDelete_everything(t *testing.T) {
	t.Parallel()
	runInTurn(t, serveClone(t, ""),
		write{name: "as_an_object", method: "DELETE", target: "/donors", send: acceptOne, status: 406,
			body: fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 2 rows", "")},
		write{name: "are_all_there", method: "GET", target: "/donors?select=id&order=id", body: `[{"id": 1}, {"id": 2}]`},
		write{name: "everything", method: "DELETE", target: "/donors", prefer: "count=exact", want: headers{"Content-Range": "*/2"}},
		write{name: "are_gone", method: "GET", target: "/donors?select=id", body: `[]`},
	)
}
