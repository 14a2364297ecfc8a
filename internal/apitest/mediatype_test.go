package apitest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// handlers are media type handlers: domains named like media types, functions
// that return them, and aggregates that make them of rows.
const handlers = `
	SET search_path = archive;
	CREATE DOMAIN "text/html" AS text;
	CREATE FUNCTION "welcome.html"() RETURNS "text/html" LANGUAGE sql STABLE AS $$ SELECT E'<h1>Wëlcome</h1>\n' $$;
	CREATE DOMAIN "text/plain" AS text;
	CREATE FUNCTION motto() RETURNS "text/plain" LANGUAGE sql STABLE AS $$ SELECT 'Seeing is believing' $$;
	CREATE FUNCTION mottos() RETURNS SETOF "text/plain" LANGUAGE sql STABLE AS $$ VALUES ('One'), ('Two') $$;
	CREATE DOMAIN "text/xml" AS xml;
	CREATE FUNCTION "welcome.xml"() RETURNS "text/xml" LANGUAGE sql STABLE AS $$ SELECT '<welcome/>'::xml $$;
	CREATE DOMAIN "application/octet-stream" AS bytea;
	CREATE FUNCTION raw() RETURNS "application/octet-stream" LANGUAGE sql STABLE AS $$ SELECT '\x00ff0a5c78'::bytea $$;
	CREATE FUNCTION echo_bytes(bytea) RETURNS "application/octet-stream" LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;

	-- Of any relation's rows.
	CREATE DOMAIN "text/x-records" AS text;
	CREATE FUNCTION private.append_record("text/x-records", anyelement) RETURNS "text/x-records" LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || $2::text || E'\n' $$;
	CREATE AGGREGATE records(anyelement) (SFUNC = private.append_record, STYPE = "text/x-records", INITCOND = '');
	CREATE FUNCTION private.append_genre("text/x-records", genres) RETURNS "text/x-records" LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || $2.name || ';' $$;
	CREATE AGGREGATE genre_records(genres) (SFUNC = private.append_genre, STYPE = "text/x-records", INITCOND = '');

	-- Of posters, as bytes.
	CREATE FUNCTION private.append_poster("application/octet-stream", films) RETURNS "application/octet-stream"
		LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || coalesce($2.poster, '') $$;
	CREATE AGGREGATE posters(films) (SFUNC = private.append_poster, STYPE = "application/octet-stream", INITCOND = '');

	-- In place of a built-in one, with a name for the download.
	CREATE DOMAIN "text/csv" AS text;
	CREATE FUNCTION private.append_csv(text, directors) RETURNS "text/csv" LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || $2.id || ',' || $2.name || E'\n' $$;
	CREATE FUNCTION private.finish_csv("text/csv") RETURNS "text/csv" LANGUAGE sql AS $$
		SELECT set_config('response.headers', '[{"Content-Disposition": "attachment; filename=\"directors.csv\""}]', true);
		SELECT U&'\FEFF' || E'id,name\n' || $1 $$;
	CREATE AGGREGATE directors_csv(directors) (SFUNC = private.append_csv, FINALFUNC = private.finish_csv, STYPE = "text/csv", INITCOND = '');
	CREATE DOMAIN "application/json" AS json;
	CREATE FUNCTION private.own_json("application/json", institutions) RETURNS "application/json" LANGUAGE sql IMMUTABLE AS $$ SELECT '{"own": true}'::json $$;
	CREATE AGGREGATE institutions_json(institutions) (SFUNC = private.own_json, STYPE = "application/json");
	CREATE DOMAIN "application/vnd.pgrst.object+json" AS json;
	CREATE FUNCTION private.own_object("application/vnd.pgrst.object+json", institutions) RETURNS "application/vnd.pgrst.object+json"
		LANGUAGE sql IMMUTABLE AS $$ SELECT '{"own": true}'::json $$;
	CREATE AGGREGATE institutions_object(institutions) (SFUNC = private.own_object, STYPE = "application/vnd.pgrst.object+json");

	-- For every media type: of a table's rows, and of a function that minds which.
	CREATE DOMAIN "*/*" AS bytea;
	CREATE FUNCTION private.append_entry("*/*", visitors_book) RETURNS "*/*" LANGUAGE sql STABLE AS $$ SELECT $1 || convert_to($2.entry || E'\n', 'UTF8') $$;
	CREATE AGGREGATE entries(visitors_book) (SFUNC = private.append_entry, STYPE = "*/*", INITCOND = '');
	CREATE FUNCTION anything() RETURNS "*/*" LANGUAGE sql STABLE AS $$ SELECT 'any'::bytea $$;
	CREATE FUNCTION particular() RETURNS "*/*" LANGUAGE plpgsql STABLE AS $$
	DECLARE
		accepted text := coalesce(current_setting('request.headers', true)::json ->> 'accept', 'reel/chico');
	BEGIN
		IF accepted NOT LIKE 'reel/%' THEN
			RAISE SQLSTATE 'PT406' USING MESSAGE = 'Reels only';
		END IF;
		PERFORM set_config('response.headers', json_build_array(json_build_object('Content-Type', accepted))::text, true);
		RETURN split_part(accepted, '/', 2)::bytea;
	END $$`

// media is a request for a media type and what it gets.
type media struct {
	name, target, accept, kind, body string
}

func runMedia(t *testing.T, api http.Handler, cases []media) {
	t.Helper()
	var exchanges []exchange
	for _, tt := range cases {
		x := exchange{name: tt.name, target: tt.target, want: headers{"Content-Type": tt.kind}, body: tt.body}
		if tt.accept != "" {
			x.send = headers{"Accept": tt.accept}
		}
		exchanges = append(exchanges, x)
	}
	run(t, api, exchanges...)
}

const jsonType = "application/json; charset=utf-8"

// A function that returns a domain named like a media type is served as that
// type, when a client accepts it.
func TestMediaType_function(t *testing.T) {
	t.Parallel()
	const png, browser = "\x89PNG\r\n\x1a\n", "text/html,application/xhtml+xml,application/xml;q=0.9,image/png,*/*;q=0.8"
	api := serveClone(t, handlers)
	runMedia(t, api, []media{
		{"own", "/rpc/welcome.html", "text/html", "text/html", "<h1>Wëlcome</h1>\n"},
		{"own_in_capitals", "/rpc/welcome.html", "TEXT/HTML", "text/html", "<h1>Wëlcome</h1>\n"},
		{"with_a_malformed_parameter", "/rpc/film_titles?limit=1", "application/json;charset", jsonType, `["Metropolis"]`},
		{"quality_ends_it", "/rpc/motto", "application/json;q=0.1, text/plain;q=0.2;level=1", "text/plain; charset=utf-8", "Seeing is believing"},
		{"with_parameters", "/rpc/film_titles?limit=1", "application/json;charset=utf-8", jsonType, `["Metropolis"]`},
		{"text", "/rpc/motto", "text/plain", "text/plain; charset=utf-8", "Seeing is believing"},
		{"XML", "/rpc/welcome.xml", "text/xml", "text/xml; charset=utf-8", "<welcome/>"},
		{"bytes", "/rpc/raw", octetsType, octetsType, "\x00\xff\n\\x"},
		{"picture", "/rpc/poster?film_id=1", "image/png", "image/png", png},
		{"picture_first", "/rpc/poster?film_id=1", "image/png, */*", "image/png", png},
		{"picture_as_browsers_want_it", "/rpc/poster?film_id=1", browser, "image/png", png},
		{"null", "/rpc/poster?film_id=2", "image/png", "image/png", ""},
		{"JSON", "/rpc/motto", "application/json", jsonType, `"Seeing is believing"`},
		{"anything", "/rpc/motto", "", jsonType, `"Seeing is believing"`},
		{"JSON_of_bytes", "/rpc/raw", "", jsonType, `"\\x00ff0a5c78"`},
		{"better_quality", "/rpc/motto", "text/plain;q=0.1, application/json;q=0.2", jsonType, `"Seeing is believing"`},
		{"set_as_JSON", "/rpc/mottos", "", jsonType, `["One", "Two"]`},
	})
	run(t, api,
		exchange{name: "POST", method: "POST", target: "/rpc/poster", data: `{"film_id": 1}`, send: headers{"Accept": "image/png"}, want: headers{"Content-Type": "image/png"}, body: png},
		exchange{name: "bytes_in_and_out", method: "POST", target: "/rpc/echo_bytes", data: png + "\x00\xff", send: headers{"Content-Type": octetsType, "Accept": octetsType},
			want: headers{"Content-Type": octetsType}, body: png + "\x00\xff"},
		exchange{name: "HEAD", method: "HEAD", target: "/rpc/poster?film_id=1", send: headers{"Accept": "image/png"}, want: headers{"Content-Type": "image/png"}},
		exchange{name: "counted", target: "/rpc/poster?film_id=1", send: headers{"Accept": "image/png", "Prefer": "count=exact"},
			want: headers{"Content-Type": "image/png", "Content-Range": "0-0/1"}, body: png},
		exchange{name: "another", target: "/rpc/motto", send: headers{"Accept": "text/xml"}, status: 406,
			body: fault("PGRST107", "None of these media types are available: text/xml", "", "")},
		exchange{name: "with_parameters_and_blanks", target: "/rpc/welcome.html", send: headers{"Accept": "text/html; charset=utf-8 , text/x; a = 1;q=0.5"}, status: 406,
			body: fault("PGRST107", "None of these media types are available: text/html;charset=utf-8, text/x;a=1", "", "")},
		exchange{name: "set", target: "/rpc/mottos", send: headers{"Accept": "text/plain"}, status: 406,
			body: fault("PGRST107", "None of these media types are available: text/plain", "", "")},
		exchange{name: "no_media_type", target: "/rpc/motto", send: headers{"Accept": "undefined"}, status: 406,
			body: fault("PGRST107", "None of these media types are available: undefined", "", "")},
	)
}

// An aggregate over the rows of a relation makes a media type of them, also where
// a function returns them, and where they were written.
func TestMediaType_relation(t *testing.T) {
	t.Parallel()
	const titles = "text/vnd.archive.titles"
	api := serveClone(t, handlers, rollingBack)
	runMedia(t, api, []media{
		{"rows", "/films?id=lte.2&order=id.desc", titles, titles, "M\nMetropolis\n"},
		{"page", "/films?order=id&limit=1&offset=2", titles, titles, "Seven Samurai\n"},
		{"no_rows", "/films?id=eq.0", titles, titles, ""},
		{"select_of_all", "/films?select=*&id=eq.2", titles, titles, "M\n"},
		{"bytes", "/films", octetsType, octetsType, "\x89PNG\r\n\x1a\n"},
		{"of_a_function", "/rpc/find?year=1962&order=title", titles, titles, "Cléo from 5 to 7\nSanjuro\n"},
		{"of_a_function_of_one_row", "/rpc/film?id=2", titles, titles, "M\n"},
		{"other_types_as_ever", "/films?id=eq.2&select=title", "text/csv", "text/csv; charset=utf-8", "title\nM"},
		{"any_relation", "/institutions?code=eq.BFI", "text/x-records", "text/x-records", "(BFI,\"British Film Institute\")\n"},
		{"any_relation_with_a_select", "/films?id=eq.2&select=year,name:title", "text/x-records", "text/x-records", "(1931,M)\n"},
		{"any_relation_with_a_computed_field", "/films?id=eq.2&select=full_title", "text/x-records", "text/x-records", "(\"M (1931)\")\n"},
		{"any_relation_with_an_embed", "/films?id=eq.2&select=title,directors(id)", "text/x-records", "text/x-records", "(M,\"{\"\"id\"\":1}\")\n"},
		{"any_relation_of_a_function", "/rpc/decades?limit=1", "text/x-records", "text/x-records", "(1890,1)\n"},
		{"its_own_before_that_of_any", "/genres?id=lte.2&order=id", "text/x-records", "text/x-records", "Drama;Science fiction;"},
		{"its_own_only_for_whole_rows", "/genres?id=eq.1&select=id,name", "text/x-records", "text/x-records", "(1,Drama)\n"},
		{"values_of_a_function", "/rpc/film_titles?limit=2", "text/x-records", "text/x-records", "(Metropolis)\n(M)\n"},
		{"value_of_a_function", "/rpc/add?a=1", "text/x-records", "text/x-records", "2\n"},
	})
	unavailable := fault("PGRST107", "None of these media types are available: "+titles, "", "")
	run(t, api,
		exchange{name: "headers_only", method: "HEAD", target: "/films?id=lte.2", send: headers{"Accept": titles}, want: headers{"Content-Type": titles, "Content-Range": "0-1/*"}},
		exchange{name: "counted", target: "/films?id=lte.2&limit=1&order=id", send: headers{"Accept": titles, "Prefer": "count=exact"}, status: 206,
			want: headers{"Content-Type": titles, "Content-Range": "0-0/2"}, body: "Metropolis\n"},
		exchange{name: "function_counted", target: "/rpc/find?year=1962&limit=1&order=title", send: headers{"Accept": titles, "Prefer": "count=exact"}, status: 206,
			want: headers{"Content-Type": titles, "Content-Range": "0-0/2"}, body: "Cléo from 5 to 7\n"},
		exchange{name: "value_counted", target: "/rpc/add?a=1", send: headers{"Accept": "text/x-records", "Prefer": "count=exact"},
			want: headers{"Content-Type": "text/x-records", "Content-Range": "0-0/1"}, body: "2\n"},
		exchange{name: "of_a_write", method: "POST", target: "/films", data: `{"title": "Ran", "year": 1985}`, token: `{"role": "` + curator + `"}`, status: 201,
			send: headers{"Accept": titles, "Prefer": "return=representation"}, want: headers{"Content-Type": titles}, body: "Ran\n"},
		exchange{name: "fewer_columns", target: "/films?select=title", send: headers{"Accept": titles}, status: 406, body: unavailable},
		exchange{name: "an_embed", target: "/films?select=*,directors(*)", send: headers{"Accept": titles}, status: 406, body: unavailable},
		exchange{name: "another_relation", target: "/directors", send: headers{"Accept": titles}, status: 406, body: unavailable},
		exchange{name: "another_view", target: "/classic_films", send: headers{"Accept": titles}, status: 406, body: unavailable},
		exchange{name: "rows_of_another_relation", target: "/rpc/decades", send: headers{"Accept": titles}, status: 406, body: unavailable},
		exchange{name: "values", target: "/rpc/film_titles", send: headers{"Accept": titles}, status: 406, body: unavailable},
	)
}

// What is built in can be replaced for a relation, but for the API's own types.
func TestMediaType_replaced(t *testing.T) {
	t.Parallel()
	const csv = "\ufeffid,name\n1,Fritz Lang\n"
	api := serveClone(t, handlers, rollingBack)
	runMedia(t, api, []media{
		{"CSV_elsewhere", "/genres?select=name&id=eq.1", "text/csv", "text/csv; charset=utf-8", "name\nDrama"},
		{"CSV_of_some_columns", "/directors?select=name&id=eq.1", "text/csv", "text/csv; charset=utf-8", "name\n\"Fritz Lang\""},
		{"JSON", "/institutions", "application/json", jsonType, `{"own": true}`},
		{"JSON_of_some_columns", "/institutions?select=code&code=eq.CF", "application/json", jsonType, `[{"code": "CF"}]`},
		{"own_object", "/institutions?code=eq.CF", "application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json; charset=utf-8", `{"code": "CF", "name": "Cinémathèque française"}`},
	})
	run(t, api,
		exchange{name: "CSV", target: "/directors?id=eq.1", send: headers{"Accept": "text/csv"}, body: csv,
			want: headers{"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": `attachment; filename="directors.csv"`}},
		exchange{name: "CSV_of_a_write", method: "PATCH", target: "/directors?id=eq.1", data: `{"born": "1890-12-06"}`, token: `{"role": "` + curator + `"}`,
			send: headers{"Accept": "text/csv", "Prefer": "return=representation"}, body: csv,
			want: headers{"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": `attachment; filename="directors.csv"`}},
	)
}

// A handler of */* answers whatever is accepted, as bytes unless it says otherwise.
func TestMediaType_any(t *testing.T) {
	t.Parallel()
	const entry = "Still thinking about the Zone.\n"
	api := serveClone(t, handlers)
	runMedia(t, api, []media{
		{"function", "/rpc/anything", "", octetsType, "any"},
		{"function_for_anything", "/rpc/anything", "*/*", octetsType, "any"},
		{"function_for_JSON", "/rpc/anything", "application/json", octetsType, "any"},
		{"function_for_what_nobody_knows", "/rpc/anything", "reel/bingo", octetsType, "any"},
		{"function_that_says_what", "/rpc/particular", "", "reel/chico", "chico"},
		{"function_that_says_what_was_asked_for", "/rpc/particular", "reel/harpo", "reel/harpo", "harpo"},
		{"relation", "/visitors_book", "", octetsType, entry},
		{"relation_for_CSV", "/visitors_book", "text/csv", octetsType, entry},
		{"relation_for_what_nobody_knows", "/visitors_book", "reel/bingo", octetsType, entry},
		{"relation_in_parts", "/visitors_book?select=name", "", jsonType, `[{"name": "Ada"}]`},
		{"own_object", "/visitors_book", "application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json; charset=utf-8",
			`{"written": "2025-01-09T22:45:00+00:00", "name": "Ada", "entry": "Still thinking about the Zone."}`},
	})
	run(t, api,
		exchange{name: "function_that_refuses", target: "/rpc/particular", send: headers{"Accept": "text/csv"}, status: 406, body: fault("PT406", "Reels only", "", "")},
		exchange{name: "relation_in_parts_for_what_nobody_knows", target: "/visitors_book?select=name", send: headers{"Accept": "reel/bingo"}, status: 406,
			body: fault("PGRST107", "None of these media types are available: reel/bingo", "", "")},
	)
}

// What is built in can be replaced for all relations. A handler of */* for all of
// them is for those who accept anything, and not for those who say what.
func TestMediaType_replaced_everywhere(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		SET search_path = archive;
		CREATE DOMAIN "application/json" AS json;
		CREATE FUNCTION private.count_json("application/json", anyelement) RETURNS "application/json" LANGUAGE sql IMMUTABLE
			AS $$ SELECT json_build_object('rows', ($1 ->> 'rows')::int + 1) $$;
		CREATE AGGREGATE any_json(anyelement) (SFUNC = private.count_json, STYPE = "application/json", INITCOND = '{"rows": 0}');
		CREATE DOMAIN "application/geo+json" AS json;
		CREATE FUNCTION private.no_geojson("application/geo+json", institutions) RETURNS "application/geo+json" LANGUAGE sql IMMUTABLE
			AS $$ SELECT '{"type": "FeatureCollection", "features": []}'::json $$;
		CREATE AGGREGATE institutions_geojson(institutions) (SFUNC = private.no_geojson, STYPE = "application/geo+json");
		CREATE DOMAIN "*/*" AS text;
		CREATE FUNCTION private.any_text("*/*", anyelement) RETURNS "*/*" LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || $2::text || E'\n' $$;
		CREATE AGGREGATE any_text(anyelement) (SFUNC = private.any_text, STYPE = "*/*", INITCOND = '')`, rollingBack)
	runMedia(t, api, []media{
		{"JSON", "/genres?id=lte.2", "application/json", jsonType, `{"rows": 2}`},
		{"JSON_of_some_columns", "/genres?select=name&id=eq.1", "application/json", jsonType, `{"rows": 1}`},
		{"JSON_of_rows_of_a_function", "/rpc/find?year=1962", "application/json", jsonType, `{"rows": 2}`},
		{"JSON_of_values", "/rpc/film_titles", "application/json", jsonType, `{"rows": 13}`},
		{"JSON_of_a_value", "/rpc/add?a=1", "application/json", jsonType, `{"rows": 1}`},
		{"JSON_that_is_an_array", "/genres?id=lte.2", "application/vnd.pgrst.array+json", jsonType, `{"rows": 2}`},
		{"own_object", "/genres?select=id&id=eq.1", "application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json; charset=utf-8", `{"id": 1}`},
		{"own_array", "/genres?select=id&id=eq.1", "application/vnd.pgrst.array+json;nulls=stripped", "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8", `[{"id": 1}]`},
		{"GeoJSON", "/institutions", "application/geo+json", "application/geo+json; charset=utf-8", `{"type": "FeatureCollection", "features": []}`},
		{"anything", "/genres?select=id,name&id=lte.2&order=id", "", octetsType, "(1,Drama)\n(2,\"Science fiction\")\n"},
		{"anything_of_a_value", "/rpc/add?a=1", "*/*", octetsType, "2\n"},
		{"CSV", "/genres?select=name&id=eq.1", "text/csv", "text/csv; charset=utf-8", "name\nDrama"},
	})
	run(t, api,
		exchange{name: "what_nobody_knows", target: "/genres", send: headers{"Accept": "reel/bingo"}, status: 406,
			body: fault("PGRST107", "None of these media types are available: reel/bingo", "", "")},
		exchange{name: "HEAD", method: "HEAD", target: "/genres?id=lte.2", want: headers{"Content-Type": octetsType, "Content-Range": "0-1/*"}},
		exchange{name: "write", method: "POST", target: "/genres?select=name", data: `{"id": 99, "name": "Noir"}`, token: `{"role": "` + curator + `"}`, status: 201,
			send: headers{"Accept": "application/json", "Prefer": "return=representation"}, body: `{"rows": 1}`},
		exchange{name: "write_without_a_representation", method: "POST", target: "/genres", data: `{"id": 99, "name": "Noir"}`, token: `{"role": "` + curator + `"}`, status: 201,
			want: headers{"Content-Type": ""}},
		exchange{name: "fault", target: "/plays", status: 404, body: fault("PGRST205", "Could not find the table 'archive.plays' in the schema cache", "", "")},
	)
}

// A handler that is not there any more, or not yet, is one of the schema's changes.
func TestMediaType_reload(t *testing.T) {
	t.Parallel()
	l := live(t)
	request := exchange{target: "/genres?id=eq.1", send: headers{"Accept": "text/x-name"}, status: http.StatusNotAcceptable,
		body: fault("PGRST107", "None of these media types are available: text/x-name", "", "")}
	request.check(t, ask(t, l, request))
	l.change(t, `
		CREATE DOMAIN archive."text/x-name" AS text;
		CREATE FUNCTION private.append_name(archive."text/x-name", archive.genres) RETURNS archive."text/x-name" LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || $2.name $$;
		CREATE AGGREGATE archive.names(archive.genres) (SFUNC = private.append_name, STYPE = archive."text/x-name", INITCOND = '')`)
	require.NoError(t, l.Reload(t.Context()))
	request.status, request.want, request.body = http.StatusOK, headers{"Content-Type": "text/x-name"}, "Drama"
	request.check(t, ask(t, l, request))
}

// A handler takes whole rows, and so notices a column that the schema cache lacks.
func TestMediaType_new_column(t *testing.T) {
	t.Parallel()
	l := live(t)
	l.change(t, `ALTER TABLE archive.films ADD COLUMN note text`)
	x := exchange{target: "/films?id=eq.2", send: headers{"Accept": "text/vnd.archive.titles"}, want: headers{"Content-Type": "text/vnd.archive.titles"}, body: "M\n"}
	x.check(t, ask(t, l, x))
	l.loadAged()
	l.change(t, `ALTER TABLE archive.films DROP COLUMN note`)
	x.check(t, ask(t, l, x))
}
