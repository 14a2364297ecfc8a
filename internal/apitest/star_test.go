package apitest_test

import (
	"net/http"
	"testing"
)

// stars are relations with columns that are called as all columns are.
const stars = `
		CREATE TABLE archive.shows (id int PRIMARY KEY, "*" jsonb, stars int, "count" int);
		INSERT INTO archive.shows VALUES (1, '{"a": [1, 2]}', 4, 70), (2, NULL, 5, 80), (3, '{"a": []}', 4, 90);
		CREATE TABLE archive.visits (id int PRIMARY KEY, "*" int REFERENCES archive.shows, UNIQUE ("*", id));
		INSERT INTO archive.visits VALUES (10, 1), (11, 3);
		CREATE TABLE archive.sides ("*" int PRIMARY KEY);
		INSERT INTO archive.sides VALUES (3), (1), (2);
		GRANT ALL ON archive.shows, archive.visits, archive.sides TO pgrest_test_anon, pgrest_test_curator`

// A column may be called *, as the sign for all of them: in quotes it is the column.
func TestSelect_column_named_star(t *testing.T) {
	t.Parallel()
	api := serveClone(t, stars, aggregating)
	runReads(t, api, []readCase{
		{"all", "/shows?order=id&limit=1", `[{"id": 1, "*": {"a": [1, 2]}, "stars": 4, "count": 70}]`},
		{"all_twice", "/shows?select=*,n:stars,*&order=id&limit=1",
			`[{"id": 1, "*": {"a": [1, 2]}, "stars": 4, "count": 70, "n": 4, "id": 1, "*": {"a": [1, 2]}, "stars": 4, "count": 70}]`},
		{"alone", `/shows?select="*"&order=id`, `[{"*": {"a": [1, 2]}}, {"*": null}, {"*": {"a": []}}]`},
		{"beside_all", `/sides?select=*,side:"*"&order="*".desc&limit=1`, `[{"*": 3, "side": 3}]`},
		{"alias_and_cast", `/sides?select=x:"*"::text&"*"=eq.2`, `[{"x": "2"}]`},
		{"path", `/shows?select="*"->a->0,x:"*"->>a&id=eq.1`, `[{"a": 1, "x": "[1, 2]"}]`},
		{"filter", `/sides?"*"=gt.1&order="*"`, `[{"*": 2}, {"*": 3}]`},
		{"filter_in_a_group", `/sides?or=("*".eq.1,"*".in.(2))&order="*".desc`, `[{"*": 2}, {"*": 1}]`},
		{"filter_by_a_path", `/shows?select=id&"*"->a->>1=eq.2`, `[{"id": 1}]`},
		{"order_by_a_path", `/shows?select=id&order="*"->a.desc.nullslast,id`, `[{"id": 1}, {"id": 3}, {"id": 2}]`},
		{"embedded", "/visits?select=id,shows(*)&id=eq.11", `[{"id": 11, "shows": {"id": 3, "*": {"a": []}, "stars": 4, "count": 90}}]`},
		{"embedded_alone", `/visits?select=id,shows("*")&id=eq.11`, `[{"id": 11, "shows": {"*": {"a": []}}}]`},
		{"embedded_to_many", `/shows?select=id,visits(*)&id=eq.1`, `[{"id": 1, "visits": [{"id": 10, "*": 1}]}]`},
		{"embedded_by_it", `/visits?select=id,show:"*"(stars)&id=eq.10`, `[{"id": 10, "show": {"stars": 4}}]`},
		{"order_by_an_embedded_one", `/visits?select=id,shows(stars)&order=shows("*").desc`, `[{"id": 10, "shows": {"stars": 4}}, {"id": 11, "shows": {"stars": 4}}]`},
		{"spread", `/visits?select=id,...shows(*)&id=eq.10`, `[{"id": 10, "id": 1, "*": {"a": [1, 2]}, "stars": 4, "count": 70}]`},
		{"spread_alone", `/visits?select=...shows("*",stars)&id=eq.10`, `[{"*": {"a": [1, 2]}, "stars": 4}]`},
		{"spread_to_many", `/shows?select=id,...visits("*")&id=eq.1`, `[{"id": 1, "*": [1]}]`},
		{"count_of_rows", "/shows?select=count()", `[{"count": 3}]`},
		{"count_of_its_values", `/shows?select="*".count()`, `[{"count": 2}]`},
		{"groups", `/visits?select="*",count()&order="*"`, `[{"*": 1, "count": 1}, {"*": 3, "count": 1}]`},
		{"sum", `/sides?select="*".sum()`, `[{"sum": 6}]`},
		{"counts_in_a_spread", `/visits?select=rows:count(),...shows(rows_there:count(),values:"*".count())`, `[{"rows": 2, "rows_there": 2, "values": 2}]`},
	})
	run(t, api,
		exchange{name: "CSV", target: "/shows?order=id&limit=1", send: headers{"Accept": "text/csv"}, want: headers{"Content-Type": "text/csv; charset=utf-8"},
			body: "id,*,stars,count\n1,\"{\"\"a\"\": [1, 2]}\",4,70"},
		exchange{name: "no_such_column", target: `/films?select="*"`, status: 400, body: fault("42703", "column films.* does not exist", "", "")},
	)
}

func TestWrite_column_named_star(t *testing.T) {
	t.Parallel()
	runInTurn(t, serveClone(t, stars),
		write{name: "inserted", target: "/shows", prefer: representation, payload: `{"id": 4, "*": {"b": "c"}, "stars": 1}`, body: `[{"id": 4, "*": {"b": "c"}, "stars": 1, "count": null}]`},
		write{name: "inserted_columns", target: `/sides?columns="*"`, prefer: representation, payload: `[{"*": 5, "x": 1}]`, body: `[{"*": 5}]`},
		write{name: "upserted", target: `/sides?on_conflict="*"`, prefer: "resolution=merge-duplicates, return=representation", payload: `[{"*": 5}]`, status: 200, body: `[{"*": 5}]`},
		write{name: "updated", method: http.MethodPatch, target: `/sides?"*"=eq.5`, prefer: representation, payload: `{"*": 6}`, status: 200, body: `[{"*": 6}]`},
		write{name: "updated_with_embeds", method: http.MethodPatch, target: `/visits?id=eq.10&select=*,shows(*)`, prefer: representation, payload: `{"*": 4}`, status: 200,
			body: `[{"id": 10, "*": 4, "shows": {"id": 4, "*": {"b": "c"}, "stars": 1, "count": null}}]`},
		write{name: "put", method: http.MethodPut, target: `/sides?"*"=eq.7`, payload: `{"*": 7}`, prefer: representation, status: 201, body: `[{"*": 7}]`},
		write{name: "deleted", method: http.MethodDelete, target: `/sides?"*"=eq.7&select="*"`, prefer: representation, status: 200, body: `[{"*": 7}]`},
	)
}
