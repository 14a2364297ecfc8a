package apitest_test

import "testing"

// PATCH updates the rows that the filters find.
func TestUpdate(t *testing.T) {
	t.Parallel()
	patch := func(name, target, payload, contentRange string) write {
		return write{name: name, method: "PATCH", target: target, payload: payload, want: headers{"Content-Range": contentRange}}
	}
	runInTurn(t, serveClone(t, "", rollingBack),
		patch("row", "/genres?id=eq.1", `{"name": "Melodrama"}`, "0-0/*"),
		patch("rows", "/nominations?competition_id=eq.1&year=lt.1980", `{"won": true}`, "0-3/*"),
		patch("no_row", "/genres?id=eq.99", `{"name": "Melodrama"}`, "*/*"),
		patch("several_filters", "/films?director_id=eq.4&rating=gte.9&silent=is.false", `{"rating": 10}`, "0-1/*"),
		patch("or", "/genres?or=(id.eq.3,and(name.eq.Western,colour.is.null))", `{"colour": null}`, "0-1/*"),
		patch("negated", "/actors?id=not.gt.2", `{"born": null}`, "0-1/*"),
		patch("in", "/institutions?code=in.(BFI,CF,XX)", `{"name": "x"}`, "0-1/*"),
		patch("path", "/films?info-%3E%3Eoriginal=like.*9*&info-%3Ecolour=eq.true", `{"rating": 1}`, "*/*"),
		patch("computed_field", "/films?is_long=is.true&year=lt.1960", `{"rating": 9.9}`, "0-0/*"),
		patch("full_text", "/films?search=fts.godfather&id=eq.9", `{"rating": 7}`, "0-0/*"),
		patch("represented_domain", "/genres?colour=eq.%230000ff", `{"colour": "#0000fe"}`, "0-0/*"),
		patch("what_is_filtered", "/genres?name=eq.Crime", `{"name": "Thriller"}`, "0-0/*"),
		patch("array_of_one", "/genres?id=eq.1", `[{"name": "Melodrama"}]`, "0-0/*"),
		patch("array_updates_a_row_once", "/genres?id=eq.1", `[{"name": "Melodrama"}, {"name": "Melodrama"}]`, "0-0/*"),
		patch("select_means_nothing", "/genres?id=eq.1&select=id,nothing", `{"name": "Melodrama"}`, "0-0/*"),
		patch("columns", "/genres?id=eq.1&columns=colour", `{"colour": null, "name": "ignored", "more": 1}`, "0-0/*"),
		patch("names_to_be_quoted", `/lost%20%26%20found,%20vol.1?%22is%20it%3F%22=eq.%3F`, `{"is it?": "really?", "a:b": "?"}`, "0-0/*"),
		patch("partitions", "/screenings?film_id=eq.1", `{"seats": 1}`, "0-1/*"),
		patch("pages_mean_nothing", "/loans?limit=1&offset=1&order=id&lender=neq.XX", `{"during": "[2024-01-01,2024-01-02)"}`, "0-2/*"),
		write{name: "range_means_nothing", method: "PATCH", target: "/genres?id=eq.1", send: headers{"Range": "5-6"}, payload: `{"name": "x"}`,
			want: headers{"Content-Range": "0-0/*"}},
		write{name: "CSV", method: "PATCH", target: "/genres?id=eq.1&select=name,colour", prefer: representation, send: sendCSV, payload: "name,colour\nx,NULL",
			body: `[{"name": "x", "colour": null}]`},
		write{name: "form", method: "PATCH", target: "/genres?id=eq.1&select=name", prefer: representation, send: sendForm, payload: "name=a+b", body: `[{"name": "a b"}]`},
	)
}

// A body without columns updates nothing.
func TestUpdate_nothing(t *testing.T) {
	t.Parallel()
	var writes []write
	for _, tt := range []struct{ name, payload string }{
		{"empty_object", `{}`}, {"empty_array", ` []`}, {"array_of_an_empty_object", `[{}]`}, {"scalar", `"x"`}, {"JSON_null", `null`},
	} {
		writes = append(writes,
			write{name: tt.name, method: "PATCH", target: "/genres", payload: tt.payload, want: headers{"Content-Range": "*/*"}},
			write{name: tt.name + "_select", method: "PATCH", target: "/genres?select=id", payload: tt.payload, want: headers{"Content-Range": "*/*"}},
			write{name: tt.name + "_shown", method: "PATCH", target: "/genres?id=eq.1", prefer: representation, payload: tt.payload,
				want: headers{"Content-Range": "*/*"}, body: `[]`},
			write{name: tt.name + "_counted", method: "PATCH", target: "/genres", prefer: "count=exact", payload: tt.payload, want: headers{"Content-Range": "*/0"}},
			write{name: tt.name + "_beside_defaults", method: "PATCH", target: "/genres", prefer: "missing=default", payload: tt.payload},
			write{name: tt.name + "_shown_with_embeds", method: "PATCH", target: "/films?select=full_title,directors(name),original(title)&order=title", prefer: representation,
				payload: tt.payload, body: `[]`},
			write{name: tt.name + "_as_an_object", method: "PATCH", target: "/genres", send: acceptOne, payload: tt.payload, status: 406,
				body: fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 0 rows", "")},
		)
	}
	writes = append(writes, write{name: "CSV", method: "PATCH", target: "/genres?id=eq.1", prefer: representation, send: headers{"Accept": "text/csv"},
		payload: `{}`, want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "\n"})
	runInTurn(t, serveClone(t, "", rollingBack), writes...)
}

// return=representation shows what the rows have become.
func TestUpdate_representation(t *testing.T) {
	t.Parallel()
	shows := func(name, target, payload, contentRange, body string) write {
		return write{name: name, method: "PATCH", target: target, prefer: representation, payload: payload, want: headers{"Content-Range": contentRange}, body: body}
	}
	runInTurn(t, serveClone(t, "", rollingBack, aggregating),
		shows("whole", "/genres?id=eq.1", `{"name": "Melodrama"}`, "0-0/*", `[{"id": 1, "name": "Melodrama", "colour": "#800000"}]`),
		shows("no_row", "/genres?id=eq.99", `{"name": "Melodrama"}`, "*/*", `[]`),
		shows("null", "/genres?id=eq.1&select=colour", `{"colour": null}`, "0-0/*", `[{"colour": null}]`),
		shows("unicode", "/genres?id=eq.1&select=name", `{"name": "圍棋 ￥"}`, "0-0/*", `[{"name": "圍棋 ￥"}]`),
		shows("generated", "/films?id=eq.2&select=title,decade", `{"year": 1944}`, "0-0/*", `[{"title": "M", "decade": 1940}]`),
		shows("alias_and_cast", "/films?id=eq.2&select=name:title,year::text", `{"year": 1944}`, "0-0/*", `[{"name": "M", "year": "1944"}]`),
		shows("computed_field", "/films?id=eq.2&select=full_title", `{"year": 1944}`, "0-0/*", `[{"full_title": "M (1944)"}]`),
		shows("what_is_filtered", "/films?title=eq.M&select=title", `{"title": "N"}`, "0-0/*", `[{"title": "N"}]`),
		shows("order", "/editions?competition_id=eq.1&select=year&order=year.desc", `{"host": "x"}`, "0-3/*", `[{"year": 2003}, {"year": 1991}, {"year": 1975}, {"year": 1973}]`),
		shows("aggregate", "/editions?competition_id=eq.1&select=count(),year.min()", `{"host": "x"}`, "0-0/*", `[{"count": 4, "min": 1973}]`),
		shows("to_one_that_is_new", "/films?id=eq.2&select=directors(name)", `{"director_id": 2}`, "0-0/*", `[{"directors": {"name": "Akira Kurosawa"}}]`),
		shows("to_one_that_is_gone", "/films?id=eq.2&select=title,...directors(name)", `{"director_id": null}`, "0-0/*", `[{"title": "M", "name": null}]`),
		shows("to_many", "/directors?id=eq.4&select=name,films(title)&films.order=id&films.year=lt.1980", `{"name": "Francis Coppola"}`, "0-0/*",
			`[{"name": "Francis Coppola", "films": [{"title": "The Godfather"}, {"title": "The Godfather Part II"}]}]`),
		shows("many_to_many", "/films?id=eq.1&select=genres(name)&genres.order=name.desc", `{"rating": 8}`, "0-0/*", `[{"genres": [{"name": "Science fiction"}, {"name": "Drama"}]}]`),
		shows("one_to_one", "/films?id=eq.1&select=restorations(finished)", `{"rating": 8}`, "0-0/*", `[{"restorations": {"finished": "2010-02-12"}}]`),
		shows("children_and_parent_in_the_same_table", "/films?id=eq.8&select=rating,sequel:films!sequel_of(title),first:sequel_of(title)", `{"rating": 8}`, "0-0/*",
			`[{"rating": 8.0, "sequel": [{"title": "The Godfather Part III"}], "first": {"title": "The Godfather"}}]`),
		shows("everything_beside_an_embed", "/restorations?film_id=eq.3&select=*,films(title)", `{"frames_per_second": 24}`, "0-0/*",
			`[{"film_id": 3, "finished": "2016-10-08", "frames_per_second": 24, "films": {"title": "Seven Samurai"}}]`),
		shows("path", "/films?id=eq.12&select=frame-%3Ewidth,last:tags-%3E-1", `{"frame": {"width": 1, "height": 2}}`, "0-0/*", `[{"width": 1, "last": "animation"}]`),
		shows("path_beside_an_embed", "/films?id=eq.12&select=frame-%3Ewidth,directors(name)", `{"frame": {"width": 1, "height": 2}}`, "0-0/*",
			`[{"width": 1, "directors": {"name": "Hayao Miyazaki"}}]`),
		shows("order_by_a_path", "/films?id=in.(10,11)&select=id&order=info-%3E%3Ecolour", `{"rating": 8}`, "0-1/*", `[{"id": 11}, {"id": 10}]`),
		shows("order_by_a_computed_field", "/films?id=in.(10,11)&select=id&order=full_title.desc", `{"rating": 8}`, "0-1/*", `[{"id": 10}, {"id": 11}]`),
		shows("embeds_are_as_they_were", "/films?id=in.(7,8)&select=id,sequel:films!sequel_of(rating)&order=id", `{"rating": 1}`, "0-1/*",
			`[{"id": 7, "sequel": [{"rating": 9.0}]}, {"id": 8, "sequel": [{"rating": 7.6}]}]`),
		shows("inner_join_filters_what_is_shown", "/films?id=in.(4,5,10)&select=id,directors!inner()&directors.name=like.*Tarkovsky", `{"rating": 8}`, "0-0/*", `[{"id": 10}]`),
		shows("order_by_an_embed", "/loans?select=id,films(title)&order=films(title),id&film_id=gt.0", `{"during": "empty"}`, "0-2/*",
			`[{"id": 2, "films": {"title": "Cléo from 5 to 7"}}, {"id": 1, "films": {"title": "Metropolis"}}, {"id": 3, "films": {"title": "Metropolis"}}]`),
		shows("computed_relationship", "/films?id=eq.7&select=year,sequels(title)", `{"rating": 8}`, "0-0/*", `[{"year": 1972, "sequels": [{"title": "The Godfather Part II"}]}]`),
		shows("computed_relationships_beside_a_computed_field", "/films?id=eq.8&select=full_title,title,sequels(title),original(full_title)&order=year", `{"title": "x"}`, "0-0/*",
			`[{"full_title": "x (1974)", "title": "x", "sequels": [{"title": "The Godfather Part III"}], "original": {"full_title": "The Godfather (1972)"}}]`),
		write{name: "object", method: "PATCH", target: "/genres?id=eq.1&select=name", prefer: representation, send: acceptOne, payload: `{"name": "x"}`,
			want: oneObject, body: `{"name": "x"}`},
		write{name: "object_minimal", method: "PATCH", target: "/genres?id=eq.1", prefer: "return=minimal", send: acceptOne, payload: `{"name": "x"}`},
		write{name: "CSV", method: "PATCH", target: "/genres?id=eq.1", prefer: representation, send: headers{"Accept": "text/csv"}, payload: `{"name": "x"}`,
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "id,name,colour\n1,x,\"\"\"#800000\"\"\""},
		write{name: "nulls_stripped", method: "PATCH", target: "/genres?id=eq.1", prefer: representation,
			send: headers{"Accept": "application/vnd.pgrst.array+json;nulls=stripped"}, payload: `{"colour": null}`,
			want: headers{"Content-Type": "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"}, body: `[{"id": 1, "name": "Drama"}]`},
		write{name: "aggregated", method: "PATCH", target: "/films?id=in.(4,5)&order=id", prefer: representation, send: headers{"Accept": "text/vnd.archive.titles"},
			payload: `{"rating": 8}`, want: headers{"Content-Type": "text/vnd.archive.titles"}, body: "Yojimbo\nSanjuro\n"},
		write{name: "headers_only", method: "PATCH", target: "/genres?id=eq.1", prefer: "return=headers-only", payload: `{"name": "x"}`, want: headers{"Content-Range": "0-0/*"}},
	)
}

// missing=default gives columns that the body leaves out their defaults.
func TestUpdate_missing_default(t *testing.T) {
	t.Parallel()
	const prefer = "missing=default, return=representation"
	api := serveClone(t, `CREATE VIEW archive.silent_films AS SELECT id, title, silent FROM archive.films WHERE silent;
		ALTER VIEW archive.silent_films ALTER title SET DEFAULT 'untitled';
		GRANT ALL ON archive.silent_films TO pgrest_test_curator`, rollingBack)
	runInTurn(t, api,
		write{name: "default", method: "PATCH", target: "/films?id=eq.1&columns=language,tags,title&select=title,language,tags", prefer: prefer, payload: `{"title": "x"}`,
			body: `[{"title": "x", "language": "none", "tags": []}]`},
		write{name: "null_stays_null", method: "PATCH", target: "/tickets?columns=price&select=price", prefer: prefer, payload: `{"price": null}`, body: `[{"price": null}]`},
		write{name: "array", method: "PATCH", target: "/tickets?columns=price&select=price", prefer: prefer, payload: `[{}]`, body: `[{"price": 9.50}]`},
		write{name: "view", method: "PATCH", target: "/silent_films?id=eq.13&columns=title,silent", prefer: prefer, payload: `{"silent": true}`,
			body: `[{"id": 13, "title": "untitled", "silent": true}]`},
		write{name: "none", method: "PATCH", target: "/films?id=eq.1&columns=rating,title&select=title,rating", prefer: prefer, payload: `{"title": "x"}`,
			body: `[{"title": "x", "rating": null}]`},
		write{name: "null_otherwise", method: "PATCH", target: "/tickets?columns=price&select=price", prefer: representation, payload: `{}`, body: `[{"price": null}]`},
	)
}

func TestUpdate_refused(t *testing.T) {
	t.Parallel()
	refused := func(name, target, payload string, status int, body string) write {
		return write{name: name, method: "PATCH", target: target, payload: payload, status: status, body: body}
	}
	notOne := func(n string) string {
		return fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains "+n+" rows", "")
	}
	runInTurn(t, serveClone(t, "", rollingBack),
		refused("no_body", "/genres?id=eq.1", "", 400, fault("PGRST102", "Empty or invalid json", "", "")),
		refused("no_JSON", "/genres?id=eq.1", "}{ x = 2", 400, fault("PGRST102", "Empty or invalid json", "", "")),
		refused("other_keys", "/genres?id=eq.1", `[{"name": "a"}, {"colour": null}]`, 400, fault("PGRST102", "All object keys must match", "", "")),
		refused("unknown_column", "/genres?id=eq.1", `{"nmae": "x"}`, 400, fault("PGRST204", "Could not find the 'nmae' column of 'genres' in the schema cache", "", "")),
		refused("unknown_columns", "/genres?id=eq.1&columns=nmae", `{"name": "x"}`, 400,
			fault("PGRST204", "Could not find the 'nmae' column of 'genres' in the schema cache", "", "")),
		refused("unknown_table", "/genrs?columns=nmae", `{"name": "x"}`, 404,
			fault("PGRST205", "Could not find the table 'archive.genrs' in the schema cache", "", "Perhaps you meant the table 'archive.genres'")),
		refused("unknown_filter", "/genres?nmae=eq.x", `{"name": "x"}`, 400,
			fault("42703", "column genres.nmae does not exist", "", `Perhaps you meant to reference the column "genres.name".`)),
		refused("malformed_filter", "/genres?id=is.one", `{"name": "x"}`, 400, fault("PGRST100", `"failed to parse filter (is.one)" (line 1, column 4)`,
			`unexpected "o" expecting isVal: (null, not_null, true, false, unknown)`, "")),
		refused("filter_on_what_is_not_embedded", "/genres?films.id=eq.1", `{"name": "x"}`, 400,
			fault("PGRST108", "'films' is not an embedded resource in this request", "", "Verify that 'films' is included in the 'select' query parameter.")),
		refused("unique", "/genres?id=eq.1", `{"name": "Crime"}`, 409,
			fault("23505", `duplicate key value violates unique constraint "genres_name_key"`, "Key (name)=(Crime) already exists.", "")),
		refused("foreign_key", "/films?id=eq.2", `{"director_id": 999}`, 409, fault("23503", `insert or update on table "films" violates foreign key constraint "films_director"`,
			`Key (director_id)=(999) is not present in table "directors".`, "")),
		refused("referenced_key", "/institutions?code=eq.BFI", `{"code": "B"}`, 409,
			fault("23503", `update or delete on table "institutions" violates foreign key constraint "loans_lender" on table "loans"`,
				`Key (code)=(BFI) is still referenced from table "loans".`, "")),
		refused("generated", "/films?id=eq.2", `{"decade": 1900}`, 400,
			fault("428C9", `column "decade" can only be updated to DEFAULT`, `Column "decade" is a generated column.`, "")),
		refused("always_identity", "/tickets?price=gt.0", `{"id": 9}`, 400,
			fault("428C9", `column "id" can only be updated to DEFAULT`, `Column "id" is an identity column defined as GENERATED ALWAYS.`, "")),
		refused("check_option", "/classic_films?id=eq.13", `{"year": 1999}`, 400, fault("44000", `new row violates check option for view "classic_films"`,
			`Failing row contains (13, Dickson Greeting, 1999, null, none, 1891-05-20, 00:00:03, t, {}, {}, null, null, null, 1990, 'dickson':1 'greet':2, null, null).`, "")),
		refused("view_that_is_a_join", "/film_overview?id=eq.1", `{"title": "x"}`, 500, fault("55000", `cannot update view "film_overview"`,
			"Views that do not select from a single table or view are not automatically updatable.",
			"To enable updating the view, provide an INSTEAD OF UPDATE trigger or an unconditional ON UPDATE DO INSTEAD rule.")),
		refused("object_of_several", "/genres", `{"colour": null}`, 406, notOne("4")).as(acceptOne, ""),
		refused("object_of_several_shown", "/genres?id=in.(1,2)", `{"colour": null}`, 406, notOne("2")).as(acceptOne, representation),
		refused("object_of_none", "/genres?id=eq.99", `{"colour": null}`, 406, notOne("0")).as(acceptOne, ""),
		refused("object_of_none_shown", "/genres?id=eq.99", `{"colour": null}`, 406, notOne("0")).as(acceptOne, representation),
	)
}

// Updatable views take filters and columns by the names that they have there.
func TestUpdate_views(t *testing.T) {
	t.Parallel()
	runInTurn(t, serveClone(t, "", rollingBack),
		write{name: "view", method: "PATCH", target: "/classic_films?id=eq.2&select=title,rating", prefer: representation, payload: `{"rating": 1}`,
			body: `[{"title": "M", "rating": 1.0}]`},
		write{name: "view_of_a_view", method: "PATCH", target: "/silent_classics?film_id=eq.1&select=title,directors(name)", prefer: representation, payload: `{"made_by": 5}`,
			body: `[{"title": "Metropolis", "directors": {"name": "Andrei Tarkovsky"}}]`},
		write{name: "rows_that_it_doesn't_show", method: "PATCH", target: "/classic_films?id=eq.7", prefer: representation, payload: `{"rating": 1}`, body: `[]`},
		write{name: "of_a_hidden_table", method: "PATCH", target: "/staff?id=eq.1&select=name,films(title)", prefer: representation, payload: `{"name": "Nele"}`,
			body: `[{"name": "Nele", "films": {"title": "Metropolis"}}]`},
	)
}

// Without a filter all rows are updated.
func TestUpdate_everything(t *testing.T) {
	t.Parallel()
	runInTurn(t, serveClone(t, ""),
		write{name: "minimal", method: "PATCH", target: "/genres", prefer: "count=exact", payload: `{"colour": null}`, want: headers{"Content-Range": "0-3/4"}},
		write{name: "shown", method: "PATCH", target: "/genres?select=id,colour&order=id.desc", prefer: representation, payload: `{"colour": "#ffffff"}`,
			want: headers{"Content-Range": "0-3/*"}, body: `[{"id": 4, "colour": "#ffffff"}, {"id": 3, "colour": "#ffffff"}, {"id": 2, "colour": "#ffffff"}, {"id": 1, "colour": "#ffffff"}]`},
		write{name: "afterwards", method: "GET", target: "/genres?select=colour&colour=neq.%23ffffff", body: `[]`},
	)
}
