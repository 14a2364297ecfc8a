package apitest_test

import (
	"net/http"
	"testing"
)

// Columns may be called as the row sources are that statements are made of: relations,
// embeds, and what stands around them.
func TestColumn_names_of_row_sources(t *testing.T) {
	t.Parallel()
	const columns = `rows int, "row" int, page int, total int, n int, mark int, present int, "count" int, "1" int, element int, value int, pgrst_scalar int,
		"embed.1" int, "embed.2" int, "embed.1.present" int, "order.1" int, "pgrst row" int, "pgrst row_" int, "pgrst result" int, "pgrst body" int, "pgrst element" int, "pgrst check" int,
		places int, places_1 int, notes int, notes_1 int, "places.junction" int, "json" json`
	api := serveClone(t, `
		CREATE TABLE archive.places (id int PRIMARY KEY, `+columns+`);
		CREATE TABLE archive.notes (id int PRIMARY KEY, place_id int REFERENCES archive.places, `+columns+`);
		INSERT INTO archive.places (id, rows, notes, places, places_1, "embed.1") VALUES (1, 7, 7, 7, 7, 7), (2, NULL, NULL, NULL, NULL, NULL);
		INSERT INTO archive.notes (id, place_id, rows, places, places_1, notes, notes_1, "embed.1") VALUES (10, 1, 5, 5, 5, 5, 5, 5), (11, NULL, 6, 6, 6, 6, 6, 6);
		CREATE FUNCTION archive.nearest(archive.places) RETURNS SETOF archive.places ROWS 1 LANGUAGE sql STABLE AS $$ SELECT * FROM archive.places p WHERE p.id = 3 - $1.id $$;
		CREATE FUNCTION archive.others(archive.places) RETURNS SETOF archive.places LANGUAGE sql STABLE AS $$ SELECT * FROM archive.places p WHERE p.id <> $1.id $$;
		CREATE FUNCTION archive.title(archive.places) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'place ' || $1.id $$;
		CREATE FUNCTION archive.all_places() RETURNS SETOF archive.places LANGUAGE sql STABLE AS $$ SELECT * FROM archive.places $$;

		CREATE DOMAIN archive."text/vnd.places" AS text;
		CREATE FUNCTION archive.add_place(sum archive."text/vnd.places", place archive.places) RETURNS archive."text/vnd.places" LANGUAGE sql IMMUTABLE AS
			$$ SELECT (sum || place.id || ':' || coalesce(place.rows, 0) || ';')::archive."text/vnd.places" $$;
		CREATE AGGREGATE archive.places_of(archive.places) (SFUNC = archive.add_place, STYPE = archive."text/vnd.places", INITCOND = '');
		CREATE DOMAIN archive."text/vnd.anything" AS text;
		CREATE FUNCTION archive.add_anything(sum archive."text/vnd.anything", any_row anyelement) RETURNS archive."text/vnd.anything" LANGUAGE sql STABLE AS
			$$ SELECT (sum || (to_json(any_row)->>'id') || ';')::archive."text/vnd.anything" $$;
		CREATE AGGREGATE archive.anything_of(anyelement) (SFUNC = archive.add_anything, STYPE = archive."text/vnd.anything", INITCOND = '');
		GRANT ALL ON archive.places, archive.notes TO pgrest_test_anon, pgrest_test_curator`, aggregating)
	runReads(t, api, []readCase{
		{"computed_to_one", "/places?select=id,nearest(id)&order=id", `[{"id": 1, "nearest": {"id": 2}}, {"id": 2, "nearest": {"id": 1}}]`},
		{"computed_to_many", "/places?select=id,others(id,rows)&id=eq.2", `[{"id": 2, "others": [{"id": 1, "rows": 7}]}]`},
		{"computed_behind_an_embed", "/notes?select=id,places(id,nearest(id),others(id),title)&order=id",
			`[{"id": 10, "places": {"id": 1, "title": "place 1", "nearest": {"id": 2}, "others": [{"id": 2}]}}, {"id": 11, "places": null}]`},
		{"computed_behind_a_computed_one", "/places?select=id,nearest(nearest(nearest(id)))&id=eq.1", `[{"id": 1, "nearest": {"nearest": {"nearest": {"id": 2}}}}]`},
		{"computed_spread", "/notes?select=id,...places(...nearest(near:id))&id=eq.10", `[{"id": 10, "near": 2}]`},
		{"computed_inner", "/places?select=id,others!inner(id)&others.id=eq.1", `[{"id": 2, "others": [{"id": 1}]}]`},
		{"present", "/notes?select=id,places(rows)&places=not.is.null", `[{"id": 10, "places": {"rows": 7}}]`},
		{"absent", "/notes?select=id,places(rows)&places=is.null", `[{"id": 11, "places": null}]`},
		{"absent_or", "/notes?select=id,places(rows),nothing:places()&or=(places.is.null,nothing.is.null,places.not.is.null)&order=id", `[{"id": 10, "places": {"rows": 7}}, {"id": 11, "places": null}]`},
		{"absent_ordered_by_what_is_hidden", "/notes?select=id,places(rows)&places=is.null&order=places(id)", `[{"id": 11, "places": null}]`},
		{"to_many", "/places?select=id,notes(rows,row,present)&order=id", `[{"id": 1, "notes": [{"rows": 5, "row": null, "present": null}]}, {"id": 2, "notes": []}]`},
		{"to_many_absent", "/places?select=id,notes(rows)&notes=is.null", `[{"id": 2, "notes": []}]`},
		{"groups", `/notes?select=rows,count,count()&limit=1&order=rows`, `[{"rows": 5, "count": null, "count": 1}]`},
		{"groups_encoded_outside", `/notes?select=json,rows,n:count()&order=rows.desc&limit=1`, `[{"json": null, "rows": 6, "n": 1}]`},
		{"function", "/rpc/all_places?select=id,rows,nearest(id)&order=id&limit=1", `[{"id": 1, "rows": 7, "nearest": {"id": 2}}]`},
	})
	exact := headers{"Prefer": "count=exact"}
	run(t, api,
		exchange{name: "counted", target: "/notes?select=rows,places!inner(total)&limit=1", send: exact, want: headers{"Content-Range": "0-0/1"}, body: `[{"rows": 5, "places": {"total": null}}]`},
		exchange{name: "function_counted", target: "/rpc/all_places?select=mark,rows,n,total,page,others(id)&order=id&limit=1", send: exact, status: 206, want: headers{"Content-Range": "0-0/2"},
			body: `[{"mark": null, "rows": 7, "n": null, "total": null, "page": null, "others": [{"id": 2}]}]`},
		exchange{name: "function_counted_by_HEAD", method: "HEAD", target: "/rpc/all_places?select=mark,rows,n,total,page&limit=1", send: exact, status: 206, want: headers{"Content-Range": "0-0/2"}},
		exchange{name: "HEAD", method: "HEAD", target: "/places?select=*,title&limit=1", send: exact, status: 206, want: headers{"Content-Range": "0-0/2"}},
		exchange{name: "handler_of_the_relation", target: "/places?order=id", send: headers{"Accept": "text/vnd.places"}, want: headers{"Content-Type": "text/vnd.places"}, body: "1:7;2:0;"},
		exchange{name: "handler_of_anything", target: "/places?order=id", send: headers{"Accept": "text/vnd.anything"}, want: headers{"Content-Type": "text/vnd.anything"}, body: "1;2;"},
		exchange{name: "handler_of_a_function's_rows", target: "/rpc/all_places?order=id", send: headers{"Accept": "text/vnd.places", "Prefer": "count=exact"},
			want: headers{"Content-Type": "text/vnd.places", "Content-Range": "0-1/2"}, body: "1:7;2:0;"},
	)
}

func TestColumn_names_of_row_sources_in_writes(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE TABLE archive.places (id int PRIMARY KEY, places int, "pgrst row" int DEFAULT 7, "pgrst result" int, "pgrst body" int, "pgrst element" int, value int DEFAULT 8, rows int);
		CREATE FUNCTION archive.nearest(archive.places) RETURNS SETOF archive.places ROWS 1 LANGUAGE sql STABLE AS $$ SELECT $1 $$;
		GRANT ALL ON archive.places TO pgrest_test_curator`)
	runInTurn(t, api,
		write{name: "inserted", target: `/places?select=id,"pgrst%20row",nearest(*)`, prefer: representation, payload: `{"id": 1, "places": 5, "pgrst body": 6}`,
			body: `[{"id": 1, "pgrst row": 7, "nearest": {"id": 1, "places": 5, "pgrst row": 7, "pgrst result": null, "pgrst body": 6, "pgrst element": null, "value": 8, "rows": null}}]`},
		write{name: "defaults", target: `/places?columns=id,value,"pgrst%20element"&select=value,"pgrst%20element"`, prefer: "missing=default, return=representation", payload: `[{"id": 2, "pgrst element": 3}]`,
			body: `[{"value": 8, "pgrst element": 3}]`},
		write{name: "updated", method: http.MethodPatch, target: `/places?places=eq.5&select=rows,nearest(rows)`, prefer: representation, payload: `{"rows": 4, "pgrst result": 3}`,
			status: 200, body: `[{"rows": 4, "nearest": {"rows": 4}}]`},
		write{name: "put", method: http.MethodPut, target: `/places?id=eq.1&select=places,nearest(places)`, prefer: representation, payload: `{"id": 1, "places": 9}`,
			status: 200, body: `[{"places": 9, "nearest": {"places": 9}}]`},
		write{name: "deleted", method: http.MethodDelete, target: `/places?places=eq.9&select=places,nearest(places)`, prefer: representation, status: 200, body: `[{"places": 9, "nearest": {"places": 9}}]`},
	)
}
