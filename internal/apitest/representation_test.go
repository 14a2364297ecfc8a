package apitest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// The Accept header chooses among JSON, a single JSON object, JSON without its
// nulls, CSV, and, with PostGIS, GeoJSON.
func TestRepresentation(t *testing.T) {
	t.Parallel()
	const (
		object         = "application/vnd.pgrst.object+json"
		strippedObject = "application/vnd.pgrst.object+json;nulls=stripped"
		strippedArray  = "application/vnd.pgrst.array+json;nulls=stripped"
	)
	run(t, serve(t),
		exchange{name: "array", target: "/films?select=id,rating&id=in.(1,13)&order=id",
			body: `[{"id": 1, "rating": 8.3}, {"id": 13, "rating": null}]`},
		exchange{name: "array_of_nothing", target: "/films?id=eq.0", body: `[]`},

		exchange{name: "object", target: "/films?select=id,title&id=eq.1", send: headers{"Accept": object},
			want: headers{"Content-Type": object + "; charset=utf-8", "Content-Range": "0-0/*"}, body: `{"id": 1, "title": "Metropolis"}`},
		exchange{name: "object_of_nothing", target: "/films?id=eq.0", send: headers{"Accept": object}, status: 406,
			body: fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 0 rows", "")},
		exchange{name: "object_of_several", target: "/films?language=eq.ja", send: headers{"Accept": object}, status: 406,
			body: fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 4 rows", "")},
		exchange{name: "object_of_a_page", target: "/films?select=id&order=id&limit=1&offset=4", send: headers{"Accept": object},
			want: headers{"Content-Type": object + "; charset=utf-8", "Content-Range": "4-4/*"}, body: `{"id": 5}`},

		exchange{name: "array_without_nulls", target: "/films?select=id,rating&id=in.(1,13)&order=id", send: headers{"Accept": strippedArray},
			want: headers{"Content-Type": strippedArray + "; charset=utf-8"}, body: `[{"id": 1, "rating": 8.3}, {"id": 13}]`},
		exchange{name: "object_without_nulls", target: "/films?select=id,rating&id=eq.13", send: headers{"Accept": strippedObject},
			want: headers{"Content-Type": strippedObject + "; charset=utf-8"}, body: `{"id": 13}`},
		exchange{name: "every_null_is_stripped", target: "/specimens?id=eq.3", send: headers{"Accept": strippedObject},
			want: headers{"Content-Type": strippedObject + "; charset=utf-8"}, body: `{"id": 3}`},
		exchange{name: "nulls_in_objects_are_stripped_and_those_in_arrays_stay",
			target: "/specimens?select=a_json,a_composite,composites,jsonbs,texts&id=in.(1,2)&order=id", send: headers{"Accept": strippedArray},
			want: headers{"Content-Type": strippedArray + "; charset=utf-8"},
			body: `[{"a_json": {"a": 1, "b": [true, null]}, "a_composite": {"width": 1920, "height": 1080},
			         "composites": [{"width": 1, "height": 2}], "jsonbs": [{"a": 1}], "texts": ["one", "two words"]},
			        {"a_json": "scalar", "a_composite": {}, "composites": [null, {"height": 3}],
			         "jsonbs": [null, null], "texts": [null, "NULL", "", ",", "\"", "\\"]}]`},

		exchange{name: "CSV", target: "/films?select=id,title,rating,tags&id=in.(1,10,13)&order=id", send: headers{"Accept": "text/csv"},
			want: headers{"Content-Type": "text/csv; charset=utf-8", "Content-Range": "0-2/*"},
			body: "id,title,rating,tags\n" +
				`1,Metropolis,8.3,"{""science fiction"",dystopia}"` + "\n" +
				`10,Stalker,8.1,"{""science fiction""}"` + "\n" +
				`13,"Dickson Greeting",,{}`},
		exchange{name: "CSV_tells_empty_text_from_null", target: "/specimens?select=id,a_varchar,a_boolean&id=in.(2,3)&order=id", send: headers{"Accept": "text/csv"},
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "id,a_varchar,a_boolean\n2,\"\",f\n3,,"},
		exchange{name: "CSV_quotes", target: "/lost%20%26%20found%2C%20vol.1?select=\"comma,ted\",\"say%20\\\"cut\\\"\",\"back\\\\slash\"&\"order\"=eq.1",
			send: headers{"Accept": "text/csv"},
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: `"comma,ted","say ""cut""",back\slash` + "\n" + `"a,b","""cut""","\\"`},
		exchange{name: "CSV_of_nothing", target: "/films?id=eq.0", send: headers{"Accept": "text/csv"},
			want: headers{"Content-Type": "text/csv; charset=utf-8", "Content-Range": "*/*"}, body: "\n"},

		exchange{name: "GeoJSON_without_PostGIS", target: "/films?select=id&id=eq.1", send: headers{"Accept": "application/geo+json"}, status: 404,
			body: fault("42883", "function st_asgeojson(record) does not exist", "",
				"No function matches the given name and argument types. You might need to add explicit type casts.")},
	)
}

// Of the media types that a client accepts, the one that it likes best and that
// can be produced is chosen.
func TestRepresentation_negotiation(t *testing.T) {
	t.Parallel()
	const (
		json = "application/json; charset=utf-8"
		csv  = "text/csv; charset=utf-8"
	)
	var exchanges []exchange
	for _, tt := range []struct{ name, accept, contentType string }{
		{"anything", "*/*", json},
		{"JSON", "application/json", json},
		{"JSON_in_capitals", "Application/JSON", json},
		{"JSON_with_a_parameter", "application/json; charset=utf-8", json},
		{"vendored_name_of_JSON", "application/vnd.pgrst.array+json", json},
		{"its_short_form", "application/vnd.pgrst.array", json},
		{"object", "application/vnd.pgrst.object", "application/vnd.pgrst.object+json; charset=utf-8"},
		{"CSV", "text/csv", csv},
		{"the_first", "text/csv, application/json", csv},
		{"the_better", "text/csv;q=0.5, application/json;q=0.9", json},
		{"the_better_without_a_quality", "text/csv;q=0.5, application/json", json},
		{"what_a_browser_wants", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", json},
		{"the_specific_before_the_general", "*/*, text/csv", csv},
		{"several_headers", "image/png\ntext/csv", csv},
	} {
		body := `[{"id": 1}]`
		switch tt.contentType {
		case csv:
			body = "id\n1"
		case json:
		default:
			body = `{"id": 1}`
		}
		exchanges = append(exchanges, exchange{name: tt.name, target: "/films?select=id&id=eq.1",
			send: headers{"Accept": tt.accept}, want: headers{"Content-Type": tt.contentType}, body: body})
	}
	exchanges = append(exchanges,
		exchange{name: "nothing_that_can_be_produced", target: "/films", send: headers{"Accept": "text/html, image/png"}, status: 406,
			want: headers{"Proxy-Status": "PostgREST; error=PGRST107"},
			body: fault("PGRST107", "None of these media types are available: text/html, image/png", "", "")},
	)
	run(t, serve(t), exchanges...)
}

// HEAD is answered as GET is, without the body.
func TestRepresentation_head(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "array", method: http.MethodHead, target: "/films?limit=2",
			want: headers{"Content-Range": "0-1/*", "Content-Length": "", "Content-Location": "/films?limit=2", "Vary": "Accept, Prefer, Range"}},
		exchange{name: "count", method: http.MethodHead, target: "/films?limit=2", send: headers{"Prefer": "count=exact"}, status: 206,
			want: headers{"Content-Range": "0-1/13", "Content-Length": "", "Preference-Applied": "count=exact"}},
		exchange{name: "CSV", method: http.MethodHead, target: "/films?id=eq.1", send: headers{"Accept": "text/csv"},
			want: headers{"Content-Type": "text/csv; charset=utf-8", "Content-Range": "0-0/*"}},
		exchange{name: "nothing", method: http.MethodHead, target: "/films?id=eq.0", want: headers{"Content-Range": "*/*"}},
		exchange{name: "object_of_several", method: http.MethodHead, target: "/films", status: 406,
			send: headers{"Accept": "application/vnd.pgrst.object+json"}, want: headers{"Proxy-Status": "PostgREST; error=PGRST116"}},
		exchange{name: "unknown_column", method: http.MethodHead, target: "/films?yeer=eq.1", status: 400,
			want: headers{"Proxy-Status": "PostgREST; error=42703"}},
		exchange{name: "unknown_table", method: http.MethodHead, target: "/plays", status: 404,
			want: headers{"Proxy-Status": "PostgREST; error=PGRST205"}},
	)
}

// Every type is represented as PostgreSQL's to_json does, digit by digit.
func TestRepresentation_of_every_type(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Superuser(t)
	api := serve(t)
	var columns []string
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = 'archive.specimens'::regclass AND attnum > 0 AND attname <> 'a_represented_domain'`).Scan(&columns))
	require.Greater(t, len(columns), 40)
	for _, column := range columns {
		t.Run(column, func(t *testing.T) {
			t.Parallel()
			var want string
			require.NoError(t, pool.QueryRow(t.Context(),
				`SELECT json_agg(s)::text FROM (SELECT `+column+` FROM archive.specimens ORDER BY id) AS s`).Scan(&want))
			x := exchange{target: "/specimens?select=" + column + "&order=id", body: want}
			x.check(t, ask(t, api, x))
		})
	}
}

// Every kind of relation is read alike.
func TestRepresentation_of_relations(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "view", target: "/film_overview?select=title,director&id=eq.10", body: `[{"title": "Stalker", "director": "Andrei Tarkovsky"}]`},
		exchange{name: "view_of_a_view", target: "/silent_classics", body: `[{"film_id": 1, "title": "Metropolis", "made_by": 1}, {"film_id": 13, "title": "Dickson Greeting", "made_by": null}]`},
		exchange{name: "view_of_a_hidden_schema", target: "/staff?order=id", body: `[{"id": 1, "name": "Nils", "restores": 1}, {"id": 2, "name": "Mei", "restores": null}]`},
		exchange{name: "aggregating_view", target: "/genre_totals?name=eq.Crime", body: `[{"name": "Crime", "films": 4}]`},
		exchange{name: "materialized_view", target: "/acclaimed_films?select=id&order=id", body: `[{"id": 3}, {"id": 7}, {"id": 8}, {"id": 12}]`},
		exchange{name: "partitioned_table", target: "/screenings?select=film_id,starts&film_id=eq.1&order=starts",
			body: `[{"film_id": 1, "starts": "2024-03-01T19:30:00+00:00"}, {"film_id": 1, "starts": "2025-03-01T19:30:00+00:00"}]`},
		exchange{name: "partition_is_hidden", target: "/screenings_2024", status: 404,
			body: fault("PGRST205", "Could not find the table 'archive.screenings_2024' in the schema cache", "", "")},
		exchange{name: "foreign_table_out_of_reach", target: "/overseas", status: 500,
			body: fault("55000", `foreign-data wrapper "nowhere" has no handler`, "", "")},
		exchange{name: "table_without_primary_key", target: "/visitors_book?select=name", body: `[{"name": "Ada"}]`},
	)
}
