package apitest_test

import (
	"net/http"
	"testing"

	"github.com/pgrest-go/pgrest"
)

// resultKinds are functions of kinds of result that the fixture lacks.
const resultKinds = `
	SET search_path = archive;
	CREATE FUNCTION formats() RETURNS SETOF json LANGUAGE sql STABLE AS $$ VALUES ('{"a":  1}'::json), (NULL), ('[]') $$;
	CREATE FUNCTION no_titles() RETURNS SETOF text LANGUAGE sql STABLE AS $$ SELECT NULL::text WHERE false $$;
	CREATE FUNCTION yes() RETURNS bool LANGUAGE sql STABLE AS $$ SELECT true $$;
	CREATE FUNCTION nan() RETURNS float8 LANGUAGE sql STABLE AS $$ SELECT 'NaN'::float8 $$;
	CREATE FUNCTION moment() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT '1927-01-10 20:15+01'::timestamptz $$;
	CREATE FUNCTION some_language() RETURNS language LANGUAGE sql STABLE AS $$ SELECT 'sv'::language $$;
	CREATE FUNCTION some_range() RETURNS int4range LANGUAGE sql STABLE AS $$ SELECT '[1,5)'::int4range $$;
	CREATE FUNCTION some_bytes() RETURNS bytea LANGUAGE sql STABLE AS $$ SELECT '\x00ff'::bytea $$;
	CREATE FUNCTION some_frames() RETURNS frame[] LANGUAGE sql STABLE AS $$ SELECT ARRAY[ROW(1, 2)::frame] $$;
	CREATE FUNCTION best() RETURNS stars LANGUAGE sql STABLE AS $$ SELECT max(rating) FROM films $$;
	CREATE DOMAIN wide AS frame CHECK ((VALUE).width > (VALUE).height);
	CREATE FUNCTION some_wide() RETURNS wide LANGUAGE sql STABLE AS $$ SELECT ROW(16, 9)::frame::wide $$;
	CREATE FUNCTION frames() RETURNS SETOF frame LANGUAGE sql STABLE AS $$ SELECT frame FROM films WHERE frame IS NOT NULL ORDER BY id $$;
	CREATE FUNCTION one_out(n int, OUT twice int) LANGUAGE sql STABLE AS $$ SELECT 2 * n $$;
	CREATE FUNCTION one_json_out(OUT it json) LANGUAGE sql STABLE AS $$ SELECT '{"a": 1}'::json $$;
	CREATE FUNCTION in_and_out(INOUT n int, INOUT word text DEFAULT 'x') LANGUAGE sql STABLE AS $$ SELECT n + 1, word || '!' $$;
	CREATE FUNCTION outs(OUT n int, OUT word text) RETURNS SETOF record LANGUAGE sql STABLE AS $$ VALUES (1, 'x'), (2, NULL) $$;
	CREATE FUNCTION of_one() RETURNS TABLE (title text) LANGUAGE sql STABLE AS $$ VALUES ('M') $$;
	CREATE FUNCTION same() RETURNS TABLE (same text, value int) LANGUAGE sql STABLE AS $$ VALUES ('hello', 1) $$;
	CREATE FUNCTION "order"() RETURNS int LANGUAGE sql STABLE AS $$ SELECT 1 $$;
	CREATE FUNCTION nothings() RETURNS SETOF void LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN QUERY SELECT pg_sleep(0) FROM generate_series(1, 2); END $$;
	CREATE FUNCTION all_staff() RETURNS SETOF private.staff LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT * FROM private.staff ORDER BY id $$`

// The result of a function is JSON in the form of what it returns: a value, an
// object for a row, and an array of either for a set. What it is by GET, it is by
// POST.
func TestResult(t *testing.T) {
	t.Parallel()
	api := serveClone(t, resultKinds)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			runArguments(t, api, method, []argumentCase{
				{name: "null", target: "/rpc/null_number", body: `null`},
				{name: "boolean", target: "/rpc/yes", body: `true`},
				{name: "not_a_number", target: "/rpc/nan", body: `"NaN"`},
				{name: "time", target: "/rpc/moment", body: `"1927-01-10T19:15:00+00:00"`},
				{name: "enum", target: "/rpc/some_language", body: `"sv"`},
				{name: "range", target: "/rpc/some_range", body: `"[1,5)"`},
				{name: "bytes", target: "/rpc/some_bytes", body: `"\\x00ff"`},
				{name: "array_of_composites", target: "/rpc/some_frames", body: `[{"width": 1, "height": 2}]`},
				{name: "domain", target: "/rpc/best", body: `9.2`},
				{name: "set_of_values", target: "/rpc/film_titles?limit=2", body: `["Metropolis", "M"]`},
				{name: "set_of_JSON_with_a_null", target: "/rpc/formats", body: `[{"a":  1}, null, []]`},
				{name: "empty_set_of_values", target: "/rpc/no_titles", body: `[]`},
				{name: "domain_over_a_composite", target: "/rpc/some_wide", body: `{"width": 16, "height": 9}`},
				{name: "set_of_composites", target: "/rpc/frames?limit=1", body: `[{"width": 1440, "height": 1080}]`},
				{name: "table", target: "/rpc/decades?limit=2", body: `[{"decade": 1890, "films": 1}, {"decade": 1920, "films": 1}]`},
				{name: "table_of_one_column", target: "/rpc/of_one", body: `[{"title": "M"}]`},
				{name: "table_with_a_column_of_the_function's_name", target: "/rpc/same", body: `[{"same": "hello", "value": 1}]`},
				{name: "OUT_alone", target: "/rpc/one_json_out", body: `{"it": {"a": 1}}`},
				{name: "set_of_OUTs", target: "/rpc/outs", body: `[{"n": 1, "word": "x"}, {"n": 2, "word": null}]`},
				{name: "record", target: "/rpc/some_record", body: `{"a": 1, "b": "x"}`},
				{name: "set_of_records", target: "/rpc/some_records", body: `[{"column1": 1, "column2": "x"}, {"column1": 2, "column2": "y"}]`},
				{name: "name_that_is_a_key_word", target: "/rpc/order", body: `1`},
				{name: "relation_that_is_not_exposed", target: "/rpc/all_staff?select=id,name", body: `[{"id": 1, "name": "Nils"}, {"id": 2, "name": "Mei"}]`},
			})
		})
	}
	run(t, api,
		exchange{name: "text", target: "/rpc/take_text", method: "POST", send: headers{"Content-Type": "text/plain"}, data: "ran", body: `"ran"`},
		exchange{name: "composite", target: "/rpc/frame_of?film_id=1", body: `{"width": 1440, "height": 1080}`},
		exchange{name: "composite_that_is_null", target: "/rpc/frame_of?film_id=2", body: `{"width": null, "height": null}`},
		exchange{name: "row", target: "/rpc/film?id=2&select=title,year", body: `{"title": "M", "year": 1931}`},
		exchange{name: "row_that_is_null", target: "/rpc/film?id=99&select=title,year", body: `{"title": null, "year": null}`},
		exchange{name: "set_of_rows", target: "/rpc/find?year=1962&select=title&order=title", body: `[{"title": "Cléo from 5 to 7"}, {"title": "Sanjuro"}]`},
		exchange{name: "empty_set_of_rows", target: "/rpc/find?year=1900", body: `[]`},
		exchange{name: "domain_with_a_representation_is_its_value", target: "/rpc/genre_colour?name=Drama", body: `8388608`},
		exchange{name: "OUTs", target: "/rpc/divide?dividend=7&divisor=2", body: `{"quotient": 3, "remainder": 1}`},
		exchange{name: "OUT", target: "/rpc/one_out?n=2", body: `{"twice": 4}`},
		exchange{name: "INOUT", target: "/rpc/double?n=21", body: `{"n": 42}`},
		exchange{name: "INOUTs", target: "/rpc/in_and_out?n=1", body: `{"n": 2, "word": "x!"}`},
		exchange{name: "void", target: "/rpc/nothing", status: 204, want: headers{"Content-Range": "0-0/*"}},
		exchange{name: "void_of_POST", method: "POST", target: "/rpc/nothing", status: 204},
		exchange{name: "void_of_HEAD", method: "HEAD", target: "/rpc/nothing", status: 204},
		exchange{name: "set_of_void", target: "/rpc/nothings", want: headers{"Content-Range": "0-1/*"}, body: `["", ""]`},
		exchange{name: "void_of_any_type", target: "/rpc/nothing", send: headers{"Accept": "text/csv"}, status: 204},
	)
}

// Of a function that returns rows columns can be selected, rows filtered,
// ordered and paged, as of a relation.
func TestResult_as_a_relation(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			runArguments(t, serve(t), method, []argumentCase{
				{name: "select", target: "/rpc/decades?select=films,from:decade&limit=1", body: `[{"films": 1, "from": 1890}]`},
				{name: "select_with_a_cast", target: "/rpc/decades?select=decade::text&limit=1", body: `[{"decade": "1890"}]`},
				{name: "filter", target: "/rpc/decades?films=gt.2", body: `[{"decade": 1960, "films": 4}, {"decade": 1970, "films": 3}]`},
				{name: "filter_on_an_unselected_column", target: "/rpc/decades?select=decade&films=gt.3", body: `[{"decade": 1960}]`},
				{name: "filters_with_logic", target: "/rpc/decades?or=(films.gt.3,decade.lt.1900)&select=decade", body: `[{"decade": 1890}, {"decade": 1960}]`},
				{name: "filter_with_not", target: "/rpc/decades?films=not.eq.1&decade=not.in.(1960)&select=decade", body: `[{"decade": 1970}]`},
				{name: "order", target: "/rpc/decades?order=films.desc,decade.desc&limit=2", body: `[{"decade": 1960, "films": 4}, {"decade": 1970, "films": 3}]`},
				{name: "offset", target: "/rpc/decades?select=decade&order=decade&limit=2&offset=3", body: `[{"decade": 1950}, {"decade": 1960}]`},
				{name: "value_filtered_by_its_own_name", target: "/rpc/film_titles?pgrst_scalar=like.M*", body: `["Metropolis", "M"]`},
			})
		})
	}
	run(t, serve(t),
		exchange{name: "filter_beside_an_argument", target: "/rpc/films_of?director=Akira%20Kurosawa&rating=gt.8.1&select=title,rating",
			body: `[{"title": "Seven Samurai", "rating": 8.6}, {"title": "Yojimbo", "rating": 8.2}]`},
		exchange{name: "JSON_path", target: "/rpc/films_of?director=Akira%20Kurosawa&select=info->>original&info->>original=not.is.null", body: `[{"original": "七人の侍"}]`},
		exchange{name: "full_text", target: "/rpc/films_of?director=Akira%20Kurosawa&select=title&search=fts(english).samurai", body: `[{"title": "Seven Samurai"}]`},
		exchange{name: "computed_field", target: "/rpc/films_of?director=Fritz%20Lang&select=title,full_title,is_long&order=id",
			body: `[{"title": "Metropolis", "full_title": "Metropolis (1927)", "is_long": false}, {"title": "M", "full_title": "M (1931)", "is_long": false}]`},
		exchange{name: "computed_field_of_one_row", target: "/rpc/film?id=1&select=full_title", body: `{"full_title": "Metropolis (1927)"}`},
		exchange{name: "unknown_column", target: "/rpc/decades?select=century", status: 400,
			body: fault("42703", "column record.century does not exist", "", "")},
		exchange{name: "column_of_a_record", target: "/rpc/some_record?select=a", status: 400,
			body: fault("42703", "column some_record.a does not exist", "", "")},
		exchange{name: "filter_on_a_record", target: "/rpc/some_records?column1=eq.1", status: 400,
			body: fault("42703", "column some_records.column1 does not exist", "", "")},
	)
}

// Relationships lead from the rows of a function as from those of their relation.
func TestResult_embedding(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "to_one", target: "/rpc/find?year=1931&select=title,directors(name)", body: `[{"title": "M", "directors": {"name": "Fritz Lang"}}]`},
		exchange{name: "to_many", target: "/rpc/find?year=1931&select=title,roles(character)", body: `[{"title": "M", "roles": [{"character": "Hans Beckert"}]}]`},
		exchange{name: "many_to_many", target: "/rpc/find?year=1931&select=title,actors!roles(name),genres(name)",
			body: `[{"title": "M", "actors": [{"name": "Peter Lorre"}], "genres": [{"name": "Crime"}]}]`},
		exchange{name: "one_to_one", target: "/rpc/find?year=1972&select=title,restorations(finished)", body: `[{"title": "The Godfather", "restorations": {"finished": "2022-02-25"}}]`},
		exchange{name: "nested", target: "/rpc/find?year=1974&select=title,roles(character,actors(name))&roles.order=billing",
			body: `[{"title": "The Godfather Part II", "roles": [{"character": "Michael Corleone", "actors": {"name": "Al Pacino"}}, {"character": "Vito Corleone", "actors": {"name": "Robert De Niro"}}]}]`},
		exchange{name: "computed_relationship", target: "/rpc/find?year=1961&select=title,sequels(title)", body: `[{"title": "Yojimbo", "sequels": [{"title": "Sanjuro"}]}]`},
		exchange{name: "spread", target: "/rpc/find?year=1931&select=title,...directors(director:name)", body: `[{"title": "M", "director": "Fritz Lang"}]`},
		exchange{name: "in_a_single_row", target: "/rpc/film?id=2&select=title,directors(name)", body: `{"title": "M", "directors": {"name": "Fritz Lang"}}`},
		exchange{name: "inner", target: "/rpc/find?year=1962&select=title,directors!inner(name)&directors.name=like.Akira*", body: `[{"title": "Sanjuro", "directors": {"name": "Akira Kurosawa"}}]`},
		exchange{name: "inner_and_counted", target: "/rpc/find?year=1962&select=title,directors!inner(name)&directors.name=like.Akira*", send: headers{"Prefer": "count=exact"},
			want: headers{"Content-Range": "0-0/1"}, body: `[{"title": "Sanjuro", "directors": {"name": "Akira Kurosawa"}}]`},
		exchange{name: "computed_and_counted", target: "/rpc/find?year=1962&select=title,original(title),sequels(title)&order=original(title)&limit=1", send: headers{"Prefer": "count=exact"},
			status: 206, want: headers{"Content-Range": "0-0/2"}, body: `[{"title": "Sanjuro", "original": {"title": "Yojimbo"}, "sequels": []}]`},
		exchange{name: "computed_filtered_and_counted", target: "/rpc/find?year=1962&select=title,full_title,original!inner()&original.full_title=like.Yo*", send: headers{"Prefer": "count=exact"},
			want: headers{"Content-Range": "0-0/1"}, body: `[{"title": "Sanjuro", "full_title": "Sanjuro (1962)"}]`},
		exchange{name: "null_filter", target: "/rpc/find?year=1962&select=title,sequels()&sequels=is.null&order=title", body: `[{"title": "Cléo from 5 to 7"}, {"title": "Sanjuro"}]`},
		exchange{name: "order_by_the_related", target: "/rpc/find?year=1962&select=title,directors()&order=directors(name)", body: `[{"title": "Cléo from 5 to 7"}, {"title": "Sanjuro"}]`},
		exchange{name: "by_POST", method: "POST", target: "/rpc/find?select=title,directors(name)", data: `{"title": "M"}`,
			body: `[{"title": "M", "directors": {"name": "Fritz Lang"}}]`},
		exchange{name: "from_a_table_result", target: "/rpc/decades?select=decade,films(title)", status: 400,
			body: fault("PGRST200", "Could not find a relationship between 'record' and 'films' in the schema cache",
				"Searched for a foreign key relationship between 'record' and 'films' in the schema 'archive', but no matches were found.",
				"Perhaps you meant 'directors' instead of 'record'.")},
	)
}

func TestResult_pages(t *testing.T) {
	t.Parallel()
	exact := headers{"Prefer": "count=exact"}
	api := serve(t)
	run(t, api,
		exchange{name: "all", target: "/rpc/decades?select=decade", want: headers{"Content-Range": "0-7/*"},
			body: `[{"decade": 1890}, {"decade": 1920}, {"decade": 1930}, {"decade": 1950}, {"decade": 1960}, {"decade": 1970}, {"decade": 1990}, {"decade": 2000}]`},
		exchange{name: "limit_and_offset", target: "/rpc/film_titles?limit=1&offset=1", want: headers{"Content-Range": "1-1/*"}, body: `["M"]`},
		exchange{name: "limit_and_offset_of_POST", method: "POST", target: "/rpc/film_titles?limit=1&offset=1", want: headers{"Content-Range": "1-1/*"}, body: `["M"]`},
		exchange{name: "limit_and_offset_of_HEAD", method: "HEAD", target: "/rpc/film_titles?limit=1&offset=1", want: headers{"Content-Range": "1-1/*", "Content-Length": ""}},
		exchange{name: "range_header", target: "/rpc/film_titles", send: headers{"Range": "1-2"}, want: headers{"Content-Range": "1-2/*"}, body: `["M", "Seven Samurai"]`},
		exchange{name: "range_header_of_POST_means_nothing", method: "POST", target: "/rpc/film_titles?limit=2", send: headers{"Range": "1-1"}, want: headers{"Content-Range": "0-1/*"}, body: `["Metropolis", "M"]`},
		exchange{name: "no_row", target: "/rpc/film_titles?limit=0", want: headers{"Content-Range": "*/*"}, body: `[]`},
		exchange{name: "counted", target: "/rpc/film_titles?limit=2", send: exact, status: 206, want: headers{"Content-Range": "0-1/13", "Preference-Applied": "count=exact"}, body: `["Metropolis", "M"]`},
		exchange{name: "counted_by_POST", method: "POST", target: "/rpc/film_titles?limit=2&offset=11", send: exact, status: 206, want: headers{"Content-Range": "11-12/13"}, body: `["Spirited Away", "Dickson Greeting"]`},
		exchange{name: "counted_with_an_argument_named_like_a_column", method: "POST", target: "/rpc/find?select=title,year", data: `{"title": "M"}`, send: exact,
			want: headers{"Content-Range": "0-0/1"}, body: `[{"title": "M", "year": 1931}]`},
		exchange{name: "counted_by_HEAD", method: "HEAD", target: "/rpc/film_titles?limit=2", send: exact, status: 206, want: headers{"Content-Range": "0-1/13"}},
		exchange{name: "counted_whole", target: "/rpc/find?year=1962&select=title&order=id", send: exact, want: headers{"Content-Range": "0-1/2"}, body: `[{"title": "Sanjuro"}, {"title": "Cléo from 5 to 7"}]`},
		exchange{name: "counted_with_a_filter", target: "/rpc/decades?films=eq.1&limit=1", send: exact, status: 206, want: headers{"Content-Range": "0-0/6"}, body: `[{"decade": 1890, "films": 1}]`},
		exchange{name: "counted_empty", target: "/rpc/find?year=1900", send: exact, want: headers{"Content-Range": "*/0"}, body: `[]`},
		exchange{name: "counted_empty_page", target: "/rpc/film_titles?limit=0", send: exact, status: 206, want: headers{"Content-Range": "*/13"}, body: `[]`},
		exchange{name: "offset_behind_the_last", target: "/rpc/film_titles?offset=14", send: exact, status: 416, want: headers{"Content-Range": "*/13"},
			body: fault("PGRST103", "Requested range not satisfiable", "An offset of 14 was requested, but there are only 13 rows.", "")},
		exchange{name: "offset_behind_the_last_not_counted", target: "/rpc/film_titles?offset=14", want: headers{"Content-Range": "*/*"}, body: `[]`},
		exchange{name: "value_counted", target: "/rpc/add?a=1", send: exact, want: headers{"Content-Range": "0-0/1"}, body: `2`},
		exchange{name: "composite_counted", target: "/rpc/frame_of?film_id=1", send: exact, want: headers{"Content-Range": "0-0/1"}, body: `{"width": 1440, "height": 1080}`},
		exchange{name: "record_counted", target: "/rpc/some_record", send: exact, want: headers{"Content-Range": "0-0/1"}, body: `{"a": 1, "b": "x"}`},
		exchange{name: "records_counted", target: "/rpc/some_records?limit=1", send: exact, status: 206, want: headers{"Content-Range": "0-0/2"}, body: `[{"column1": 1, "column2": "x"}]`},
		exchange{name: "estimated", target: "/rpc/film_titles?limit=1", send: headers{"Prefer": "count=estimated"}, status: 206,
			want: headers{"Content-Range": "0-0/13", "Preference-Applied": "count=estimated"}, body: `["Metropolis"]`},
		exchange{name: "planned_is_not_known_of_functions", target: "/rpc/film_titles?limit=1", send: headers{"Prefer": "count=planned"},
			want: headers{"Content-Range": "0-0/*", "Preference-Applied": "count=planned"}, body: `["Metropolis"]`},
		exchange{name: "page_of_an_embed", target: "/rpc/find?year=1972&select=roles(character)&roles.order=billing&roles.limit=1&roles.offset=1",
			body: `[{"roles": [{"character": "Michael Corleone"}]}]`},
	)
	capped := serve(t, func(o *pgrest.Options) { o.MaxRows = 2 })
	t.Run("MaxRows", func(t *testing.T) {
		t.Parallel()
		run(t, capped,
			exchange{name: "caps", target: "/rpc/film_titles", want: headers{"Content-Range": "0-1/*"}, body: `["Metropolis", "M"]`},
			exchange{name: "caps_POST", method: "POST", target: "/rpc/film_titles?limit=5", want: headers{"Content-Range": "0-1/*"}, body: `["Metropolis", "M"]`},
			exchange{name: "exact_count", target: "/rpc/film_titles", send: exact, status: 206, want: headers{"Content-Range": "0-1/13"}, body: `["Metropolis", "M"]`},
			exchange{name: "estimated_count", target: "/rpc/film_titles", send: headers{"Prefer": "count=estimated"}, status: 206, want: headers{"Content-Range": "0-1/13"}, body: `["Metropolis", "M"]`},
			exchange{name: "value", target: "/rpc/add?a=1", body: `2`},
		)
	})
}

// A function that returns no set has one row to tell of, whatever a filter or a page
// leaves of it.
func TestResult_of_no_set(t *testing.T) {
	t.Parallel()
	exact, singular := headers{"Prefer": "count=exact"}, headers{"Accept": "application/vnd.pgrst.object+json"}
	object := headers{"Content-Type": "application/vnd.pgrst.object+json; charset=utf-8", "Content-Range": "0-0/*"}
	api := serveClone(t, `CREATE FUNCTION archive.pair(OUT a int, OUT b int) LANGUAGE plpgsql VOLATILE AS $$ BEGIN a := 1; b := 2; END $$`)
	run(t, api,
		exchange{name: "filtered_out", target: "/rpc/film?id=2&title=eq.x", want: headers{"Content-Range": "0-0/*"}, body: `null`},
		exchange{name: "filtered_out_by_HEAD", method: "HEAD", target: "/rpc/film?id=2&title=eq.x", want: headers{"Content-Range": "0-0/*"}},
		exchange{name: "filtered_out_as_an_object", target: "/rpc/film?id=2&title=eq.x", send: singular, want: object, body: `null`},
		exchange{name: "filtered_out_as_an_object_by_POST", method: "POST", target: "/rpc/pair?a=eq.7", send: singular, want: object, body: `null`},
		exchange{name: "as_an_object_by_POST", method: "POST", target: "/rpc/pair?a=eq.1", send: singular, want: object, body: `{"a": 1, "b": 2}`},
		exchange{name: "limit_of_nothing", target: "/rpc/film?id=2&select=id&limit=0", want: headers{"Content-Range": "0-0/*"}, body: `null`},
		exchange{name: "offset_behind_it", target: "/rpc/film?id=2&select=id&offset=1", want: headers{"Content-Range": "1-1/*"}, body: `null`},
		exchange{name: "offset_beyond_the_count", target: "/rpc/film?id=2&select=id&offset=2", send: exact, status: 416, want: headers{"Content-Range": "*/1"},
			body: fault("PGRST103", "Requested range not satisfiable", "An offset of 2 was requested, but there are only 1 rows.", "")},
		exchange{name: "value", target: "/rpc/add?a=1&limit=0", want: headers{"Content-Range": "0-0/*"}, body: `null`},
		exchange{name: "value_counted", target: "/rpc/add?a=1&limit=0", send: exact, want: headers{"Content-Range": "0-0/1"}, body: `null`},
		exchange{name: "value_in_a_Range", target: "/rpc/add?a=1", send: headers{"Range": "0-4"}, want: headers{"Content-Range": "0-0/*"}, body: `2`},
		exchange{name: "no_arguments", method: "POST", target: "/rpc/add?columns=a,b", data: `[]`, want: headers{"Content-Range": "0-0/*"}, body: `null`},
	)
}

// Other media types than JSON, and other forms of JSON.
func TestResult_media_types(t *testing.T) {
	t.Parallel()
	csv := func(rows string) (headers, headers) {
		return headers{"Accept": "text/csv"}, headers{"Content-Type": "text/csv; charset=utf-8", "Content-Range": rows}
	}
	accept, csvRange := csv("0-1/*")
	_, single := csv("0-0/*")
	_, none := csv("*/*")
	const object, stripped = "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json;nulls=stripped"
	singular := headers{"Accept": object}
	objectType := headers{"Content-Type": object + "; charset=utf-8"}
	run(t, serve(t),
		exchange{name: "CSV", target: "/rpc/decades?limit=2", send: accept, want: csvRange, body: "decade,films\n1890,1\n1920,1"},
		exchange{name: "CSV_by_POST", method: "POST", target: "/rpc/decades?limit=2", send: accept, want: csvRange, body: "decade,films\n1890,1\n1920,1"},
		exchange{name: "CSV_by_HEAD", method: "HEAD", target: "/rpc/decades?limit=2", send: accept, want: csvRange},
		exchange{name: "CSV_of_a_row", target: "/rpc/divide?dividend=7&divisor=2", send: accept, want: single, body: "quotient,remainder\n3,1"},
		exchange{name: "CSV_of_values", target: "/rpc/film_titles?limit=2", send: accept, want: csvRange, body: "pgrst_scalar\nMetropolis\nM"},
		exchange{name: "CSV_of_a_value", target: "/rpc/add?a=1", send: accept, want: single, body: "pgrst_scalar\n2"},
		exchange{name: "CSV_of_no_rows", target: "/rpc/find?year=1900", send: accept, want: none, body: "\n"},

		exchange{name: "object_of_a_set", target: "/rpc/find?year=1931&select=title", send: singular, want: objectType, body: `{"title": "M"}`},
		exchange{name: "object_of_a_row", target: "/rpc/film?id=2&select=title", send: singular, want: objectType, body: `{"title": "M"}`},
		exchange{name: "object_by_POST", method: "POST", target: "/rpc/find?select=title", data: `{"title": "M"}`, send: singular, want: objectType, body: `{"title": "M"}`},
		exchange{name: "object_of_several", target: "/rpc/find?year=1962", send: singular, status: 406,
			body: fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 2 rows", "")},
		exchange{name: "object_of_none", target: "/rpc/find?year=1900", send: singular, status: 406,
			body: fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 0 rows", "")},
		exchange{name: "object_of_a_value", target: "/rpc/add?a=1", send: singular, want: objectType, body: `2`},
		exchange{name: "object_without_nulls", target: "/rpc/find?title=M&select=title,frame", send: headers{"Accept": object + ";nulls=stripped"},
			want: headers{"Content-Type": object + ";nulls=stripped; charset=utf-8"}, body: `{"title": "M"}`},
		exchange{name: "array_without_nulls", target: "/rpc/find?year=1962&select=title,frame&order=title", send: headers{"Accept": "application/vnd.pgrst.array+json;nulls=stripped"},
			want: headers{"Content-Type": "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"}, body: `[{"title": "Cléo from 5 to 7"}, {"title": "Sanjuro"}]`},
		exchange{name: "value_without_nulls", method: "POST", target: "/rpc/take_json", data: `{"a": null, "b": [null, {"c": null}]}`, send: headers{"Accept": stripped},
			want: headers{"Content-Type": stripped + "; charset=utf-8"}, body: `{"b":[null,{}]}`},
		exchange{name: "object_of_a_value_without_nulls", method: "POST", target: "/rpc/take_json", data: `{"a": null}`, send: headers{"Accept": object + ";nulls=stripped"},
			want: headers{"Content-Type": object + ";nulls=stripped; charset=utf-8"}, body: `{}`},
		exchange{name: "values_without_nulls", target: "/rpc/film_titles?limit=2", send: headers{"Accept": stripped},
			want: headers{"Content-Type": stripped + "; charset=utf-8"}, body: `["Metropolis","M"]`},
		exchange{name: "null_without_nulls", target: "/rpc/null_number", send: headers{"Accept": stripped}, want: headers{"Content-Type": stripped + "; charset=utf-8"}, body: `null`},
		exchange{name: "row_without_nulls", target: "/rpc/film?id=2&select=title,frame", send: headers{"Accept": "application/vnd.pgrst.array+json;nulls=stripped"},
			want: headers{"Content-Type": "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"}, body: `{"title": "M"}`},

		exchange{name: "unknown", target: "/rpc/add?a=1", send: headers{"Accept": "audio/mpeg"}, status: 406,
			body: fault("PGRST107", "None of these media types are available: audio/mpeg", "", "")},
		exchange{name: "unknown_of_POST", method: "POST", target: "/rpc/add", data: `{"a": 1}`, send: headers{"Accept": "audio/mpeg, text/plain"}, status: 406,
			body: fault("PGRST107", "None of these media types are available: audio/mpeg, text/plain", "", "")},
	)
}

// Aggregates work over the rows of a function.
func TestResult_aggregates(t *testing.T) {
	t.Parallel()
	run(t, serve(t, aggregating),
		exchange{name: "count", target: "/rpc/films_of?director=Akira%20Kurosawa&select=count()", body: `[{"count": 3}]`},
		exchange{name: "by_group", target: "/rpc/find?year=1962&select=language,rating.max()&order=language", body: `[{"language": "fr", "max": 7.9}, {"language": "ja", "max": 8.0}]`},
		exchange{name: "counted", target: "/rpc/find?year=1962&select=language,count()&order=language&limit=1", send: headers{"Prefer": "count=exact"}, status: 206,
			want: headers{"Content-Range": "0-0/2"}, body: `[{"language": "fr", "count": 1}]`},
	)
}
