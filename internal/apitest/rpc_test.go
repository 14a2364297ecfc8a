package apitest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Functions are called with GET, HEAD and POST.
func TestCall(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "GET", target: "/rpc/add?a=1&b=2", want: headers{"Content-Range": "0-0/*", "Vary": "Accept, Prefer, Range", "Content-Location": "", "Content-Profile": ""}, body: `3`},
		exchange{name: "HEAD", method: "HEAD", target: "/rpc/add?a=1&b=2", want: headers{"Content-Range": "0-0/*", "Content-Length": ""}},
		exchange{name: "POST", method: "POST", target: "/rpc/add", data: `{"a": 1, "b": 2}`, want: headers{"Content-Range": "0-0/*", "Location": ""}, body: `3`},
		exchange{name: "PUT", method: "PUT", target: "/rpc/add", data: `{"a": 1}`, status: 405, body: fault("PGRST101", "Cannot use the PUT method on RPC", "", "")},
		exchange{name: "PATCH", method: "PATCH", target: "/rpc/add", data: `{"a": 1}`, status: 405, body: fault("PGRST101", "Cannot use the PATCH method on RPC", "", "")},
		exchange{name: "DELETE", method: "DELETE", target: "/rpc/add", status: 405, body: fault("PGRST101", "Cannot use the DELETE method on RPC", "", "")},

		exchange{name: "without_the_privilege", target: "/rpc/curators_only", token: `{"role": "` + visitor + `"}`, status: 403,
			body: fault("42501", "permission denied for function curators_only", "", "")},
		exchange{name: "anonymous_without_the_privilege", method: "POST", target: "/rpc/curators_only", status: 401, want: headers{"Www-Authenticate": "Bearer"},
			body: fault("42501", "permission denied for function curators_only", "", "")},
		exchange{name: "with_the_privilege", target: "/rpc/curators_only", token: `{"role": "` + curator + `"}`, body: `"welcome"`},
	)
}

// A function runs once a request, whatever is asked of its result.
func TestCall_once(t *testing.T) {
	t.Parallel()
	const counter = `
		CREATE SEQUENCE archive.visits;
		CREATE FUNCTION archive.visit() RETURNS int LANGUAGE sql VOLATILE SECURITY DEFINER AS $$ SELECT nextval('archive.visits')::int $$;
		CREATE FUNCTION archive.visit_films() RETURNS SETOF archive.films LANGUAGE plpgsql VOLATILE SECURITY DEFINER
			AS $$ BEGIN PERFORM nextval('archive.visits'); RETURN QUERY SELECT * FROM archive.films ORDER BY id; END $$;
		CREATE FUNCTION archive.visit_pair(OUT a int, OUT b int) LANGUAGE plpgsql VOLATILE SECURITY DEFINER
			AS $$ BEGIN a := nextval('archive.visits'); b := a; END $$`
	for _, tt := range []struct{ name, target, accept, prefer string }{
		{"value", "/rpc/visit", "", ""},
		{"value_counted", "/rpc/visit", "", "count=exact"},
		{"value_as_CSV", "/rpc/visit", "text/csv", ""},
		{"row", "/rpc/visit_pair", "", ""},
		{"row_counted", "/rpc/visit_pair", "", "count=exact"},
		{"row_as_object", "/rpc/visit_pair", "application/vnd.pgrst.object+json", "count=exact"},
		{"rows", "/rpc/visit_films?select=title&year=gt.1960&order=year&limit=2", "", ""},
		{"rows_counted", "/rpc/visit_films?select=title,directors(name)&year=gt.1960&order=year&limit=2", "", "count=exact"},
		{"rows_estimated", "/rpc/visit_films?limit=2", "", "count=estimated"},
		{"rows_planned", "/rpc/visit_films?limit=2", "", "count=planned"},
		{"rows_within_max_affected", "/rpc/visit_films?limit=2", "", "handling=strict,max-affected=5"},
		{"rows_in_a_custom_media_type", "/rpc/visit_films", "text/vnd.archive.titles", "count=exact"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Clone(t)
			superuser := db.Superuser(t)
			_, err := superuser.Exec(t.Context(), counter)
			require.NoError(t, err)
			x := exchange{method: "POST", target: tt.target, send: headers{"Accept": tt.accept, "Prefer": tt.prefer}}
			response := ask(t, open(t, db.Pool(t)), x)
			require.Less(t, response.StatusCode, 300, read(t, response))
			require.Equal(t, 1, count(t, superuser, "SELECT last_value::int FROM archive.visits WHERE is_called"))
		})
	}
}

// GET and HEAD change nothing, and nor does POST with a function that is not
// declared as volatile.
func TestCall_access_mode(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		SET search_path = archive;
		CREATE FUNCTION mode_volatile() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT current_setting('transaction_read_only') $$;
		CREATE FUNCTION mode_stable() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('transaction_read_only') $$;
		CREATE FUNCTION mode_immutable() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT current_setting('transaction_read_only') $$;
		CREATE FUNCTION sign() RETURNS int LANGUAGE sql VOLATILE AS $$ INSERT INTO visitors_book (entry) VALUES ('was here'); SELECT 1 $$;
		CREATE FUNCTION inner_sign() RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT sign() $$;
		CREATE FUNCTION false_promise() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN sign(); END $$`)
	refused := fault("25006", "cannot execute INSERT in a read-only transaction", "", "")
	t.Run("calls", func(t *testing.T) {
		run(t, api,
			exchange{name: "volatile_GET", target: "/rpc/mode_volatile", body: `"on"`},
			exchange{name: "volatile_POST", method: "POST", target: "/rpc/mode_volatile", body: `"off"`},
			exchange{name: "stable_GET", target: "/rpc/mode_stable", body: `"on"`},
			exchange{name: "stable_POST", method: "POST", target: "/rpc/mode_stable", body: `"on"`},
			exchange{name: "immutable_POST", method: "POST", target: "/rpc/mode_immutable", body: `"on"`},
			exchange{name: "read_only_beside_a_count", method: "POST", target: "/rpc/mode_stable", send: headers{"Prefer": "count=exact"}, body: `"on"`},

			exchange{name: "writes_by_GET", target: "/rpc/sign", status: 405, body: refused},
			exchange{name: "writes_by_HEAD", method: "HEAD", target: "/rpc/sign", status: 405},
			exchange{name: "writes_within_by_GET", target: "/rpc/inner_sign", status: 405, body: refused},
			exchange{name: "writes_by_GET_as_void", target: "/rpc/sign_book?entry=x", status: 405, body: refused},
			exchange{name: "writes_though_stable", method: "POST", target: "/rpc/false_promise", status: 405, body: refused},
		)
	})
	x := exchange{target: "/visitors_book?select=name", body: `[{"name": "Ada"}]`}
	x.check(t, ask(t, api, x))
	x = exchange{method: "POST", target: "/rpc/sign", body: `1`}
	x.check(t, ask(t, api, x))
	x = exchange{target: "/visitors_book?select=entry&name=is.null", body: `[{"entry": "was here"}]`}
	x.check(t, ask(t, api, x))
}

// The isolation level is the function's own, or else the role's.
func TestCall_isolation(t *testing.T) {
	t.Parallel()
	const auditor = `{"role": "pgrest_test_auditor"}`
	run(t, serve(t),
		exchange{name: "default", target: "/rpc/setting?name=transaction_isolation", body: `"read committed"`},
		exchange{name: "of_the_role", target: "/rpc/setting?name=transaction_isolation", token: auditor, body: `"repeatable read"`},
		exchange{name: "of_the_function", target: "/rpc/serializable_setting?name=transaction_isolation", body: `"serializable"`},
		exchange{name: "of_the_function_by_POST", method: "POST", target: "/rpc/serializable_setting", data: `{"name": "transaction_isolation"}`, body: `"serializable"`},
		exchange{name: "of_the_function_before_the_role's", target: "/rpc/serializable_setting?name=transaction_isolation", token: auditor, body: `"serializable"`},
		exchange{name: "is_read_only_still", target: "/rpc/serializable_setting?name=transaction_read_only", body: `"on"`},
	)
}

// Of a function's own settings some are made for the whole transaction, so that
// they hold from its start: a function alone can't end by its own timeout.
func TestCall_hoisted_settings(t *testing.T) {
	t.Parallel()
	const functions = `
		SET search_path = archive;
		CREATE FUNCTION nap() RETURNS text LANGUAGE plpgsql SET statement_timeout = '50ms' AS $$ BEGIN PERFORM pg_sleep(0.4); RETURN 'rested'; END $$;
		CREATE FUNCTION extra.outside() RETURNS void LANGUAGE plpgsql
			AS $$ BEGIN PERFORM set_config('response.headers', json_build_array(json_build_object('X-Memory', current_setting('work_mem')))::text, true); END $$;
		CREATE FUNCTION rich() RETURNS text LANGUAGE sql STABLE SET work_mem = '6MB' AS $$ SELECT current_setting('work_mem') $$`
	canceled := fault("57014", "canceling statement due to statement timeout", "", "")
	asking := func(o *pgrest.Options) { o.PreRequest = "extra.outside" }
	t.Run("statement_timeout", func(t *testing.T) {
		t.Parallel()
		run(t, serveClone(t, functions, asking),
			exchange{name: "applies", method: "POST", target: "/rpc/nap", status: 500, body: canceled},
			exchange{name: "of_the_role_applies_otherwise", target: "/rpc/setting?name=statement_timeout", token: `{"role": "pgrest_test_auditor"}`, body: `"7s"`},
			exchange{name: "of_the_function_before_the_role's", target: "/rpc/hurried_setting?name=statement_timeout", token: `{"role": "pgrest_test_auditor"}`, body: `"3s"`},
			exchange{name: "others_are_the_function's_alone", target: "/rpc/rich", want: headers{"X-Memory": "4MB"}, body: `"6MB"`},
			exchange{name: "no_trace_is_left", target: "/rpc/setting?name=statement_timeout", body: `"0"`},
		)
	})
	t.Run("chosen", func(t *testing.T) {
		t.Parallel()
		run(t, serveClone(t, functions, asking, func(o *pgrest.Options) { o.HoistedSettings = []string{"work_mem"} }),
			exchange{name: "applies", target: "/rpc/rich", want: headers{"X-Memory": "6MB"}, body: `"6MB"`},
			exchange{name: "the_default_ones_no_more", method: "POST", target: "/rpc/nap", body: `"rested"`},
		)
	})
}

// What the database is told about the request, a function can ask for.
func TestCall_request_settings(t *testing.T) {
	t.Parallel()
	const target = "/rpc/setting"
	setting := func(name string) string { return `{"name": "` + name + `"}` }
	run(t, serve(t, func(o *pgrest.Options) { o.AppSettings = map[string]string{"app.settings.site": "Wien"} }),
		exchange{name: "role", method: "POST", target: target, data: setting("role"), token: `{"role": "` + visitor + `"}`, body: `"` + visitor + `"`},
		exchange{name: "claims", method: "POST", target: target, data: setting("request.jwt.claims"), token: `{"role": "` + visitor + `", "sub": "ada"}`,
			body: `"{\"role\":\"` + visitor + `\",\"sub\":\"ada\"}"`},
		exchange{name: "claims_of_the_anonymous", target: target + "?name=request.jwt.claims", body: `"{\"role\":\"` + anon + `\"}"`},
		exchange{name: "method", method: "POST", target: target, data: setting("request.method"), body: `"POST"`},
		exchange{name: "method_GET", target: target + "?name=request.method", body: `"GET"`},
		exchange{name: "path", target: target + "?name=request.path", body: `"/rpc/setting"`},
		exchange{name: "headers", method: "POST", target: target, data: setting("request.headers"), send: headers{"X-Reel": "3"}, body: `"{\"host\":\"example.com\",\"x-reel\":\"3\"}"`},
		exchange{name: "cookies", target: target + "?name=request.cookies", send: headers{"Cookie": "a=1; b=2"}, body: `"{\"a\":\"1\",\"b\":\"2\"}"`},
		exchange{name: "the_host's_own", target: target + "?name=app.settings.site", body: `"Wien"`},
		exchange{name: "search_path", target: target + "?name=search_path", body: `"\"archive\", \"extra\""`},
		exchange{name: "time_zone", target: target + "?name=timezone", send: headers{"Prefer": "timezone=America/Lima"},
			want: headers{"Preference-Applied": "timezone=America/Lima"}, body: `"America/Lima"`},
		exchange{name: "none_of_the_last_request", target: target + "?name=response.status", body: `null`},
	)
}

// What a function sets of the response for the whole session, and not for the
// transaction alone, is in no response to another request on that connection.
func TestCall_response_settings_of_the_session(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE FUNCTION archive.remember(status text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$ BEGIN
			PERFORM set_config('response.headers', '[{"Set-Cookie": "visitor=ada"}]', false), set_config('response.status', status, false); RETURN 'ok'; END $$`)
	require.NoError(t, err)
	api := open(t, db.Pool(t, pgtest.MaxConns(1)))
	for _, x := range []exchange{
		{method: "POST", target: "/rpc/remember", data: `{"status": "299"}`, status: 299, want: headers{"Set-Cookie": "visitor=ada"}, body: `"ok"`},
		{target: "/films?select=id&id=eq.1", want: headers{"Set-Cookie": ""}, body: `[{"id": 1}]`},
		{target: "/films?select=id&id=eq.1", want: headers{"Set-Cookie": ""}, body: `[{"id": 1}]`},
		{method: "POST", target: "/rpc/remember", data: `{"status": "298"}`, status: 298, want: headers{"Set-Cookie": "visitor=ada"}, body: `"ok"`},
		{method: "POST", target: "/rpc/respond", data: `{"status": "297"}`, status: 297, want: headers{"Set-Cookie": ""}, body: `"ok"`},
		{method: "POST", target: "/rpc/add", data: `{"a": 1}`, want: headers{"Set-Cookie": ""}, body: `2`},
	} {
		x.check(t, ask(t, api, x))
	}
}

// A function can set the response's status and headers.
func TestCall_response_settings(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		SET search_path = archive;
		CREATE FUNCTION headed_films() RETURNS SETOF films LANGUAGE plpgsql STABLE AS $$ BEGIN
			PERFORM set_config('response.headers', '[{"X-Reel": "1"}]', true); RETURN QUERY SELECT * FROM films; END $$;
		CREATE FUNCTION headed_void() RETURNS void LANGUAGE plpgsql STABLE AS $$ BEGIN
			PERFORM set_config('response.headers', '[{"Set-Cookie": "a=1; Path=/"}, {"Set-Cookie": "b=2; Secure"}]', true); END $$;
		CREATE FUNCTION moved() RETURNS void LANGUAGE plpgsql STABLE AS $$ BEGIN
			PERFORM set_config('response.status', '303', true);
			PERFORM set_config('response.headers', '[{"Location": "/films?id=eq.1"}]', true); END $$`)
	const (
		wrongHeaders = "response.headers guc must be a JSON array composed of objects with a single key and a string value"
		wrongStatus  = "response.status guc must be a valid status code"
	)
	respond := func(name, value string) exchange {
		return exchange{method: "POST", target: "/rpc/respond?columns=" + name, data: `{"` + name + `": ` + value + `}`}
	}
	for _, tt := range []struct {
		name string
		exchange
	}{
		{"status", exchange{status: 418, body: `"ok"`, data: `"418"`, target: "status"}},
		{"status_beyond_the_usual", exchange{status: 799, body: `"ok"`, data: `"799"`, target: "status"}},
		{"status_that_is_no_number", exchange{status: 500, body: fault("PGRST112", wrongStatus, "", ""), data: `"fine"`, target: "status"}},
		{"status_that_is_none", exchange{status: 500, body: fault("PGRST112", wrongStatus, "", ""), data: `"42"`, target: "status"}},
		{"headers", exchange{want: headers{"X-Reel": "1; a=b", "X-Print": "2"}, body: `"ok"`, data: `"[{\"X-Reel\": \"1; a=b\"}, {\"X-Print\": \"2\"}]"`, target: "headers"}},
		{"headers_in_place_of_the_API's", exchange{want: headers{"Content-Type": "text/x-ok"}, body: `"ok"`, data: `"[{\"content-type\": \"text/x-ok\"}]"`, target: "headers"}},
		{"no_headers", exchange{body: `"ok"`, data: `"[]"`, target: "headers"}},
		{"headers_that_are_no_JSON", exchange{status: 500, body: fault("PGRST111", wrongHeaders, "", ""), data: `"X-Reel: 1"`, target: "headers"}},
		{"headers_that_are_no_array", exchange{status: 500, body: fault("PGRST111", wrongHeaders, "", ""), data: `"{\"X-Reel\": \"1\"}"`, target: "headers"}},
		{"header_that_is_no_text", exchange{status: 500, body: fault("PGRST111", wrongHeaders, "", ""), data: `"[{\"X-Reel\": 1}]"`, target: "headers"}},
		{"several_headers_in_an_object", exchange{status: 500, body: fault("PGRST111", wrongHeaders, "", ""), data: `"[{\"X-Reel\": \"1\", \"X-Print\": \"2\"}]"`, target: "headers"}},
	} {
		x := respond(tt.target, tt.data)
		x.name, x.status, x.want, x.body = tt.name, tt.status, tt.want, tt.body
		run(t, api, x)
	}
	run(t, api,
		exchange{name: "by_GET", target: "/rpc/respond?status=418&headers=%5B%7B%22X-Reel%22:%221%22%7D%5D&body=short", status: 418, want: headers{"X-Reel": "1"}, body: `"short"`},
		exchange{name: "by_HEAD", method: "HEAD", target: "/rpc/respond?status=418&headers=%5B%7B%22X-Reel%22:%221%22%7D%5D", status: 418, want: headers{"X-Reel": "1"}},
		exchange{name: "beside_rows", target: "/rpc/headed_films?select=title&id=eq.2", want: headers{"X-Reel": "1"}, body: `[{"title": "M"}]`},
		exchange{name: "beside_counted_rows", target: "/rpc/headed_films?select=title&limit=1", send: headers{"Prefer": "count=exact"}, status: 206,
			want: headers{"X-Reel": "1", "Content-Range": "0-0/13"}, body: `[{"title": "Metropolis"}]`},
		exchange{name: "beside_nothing", target: "/rpc/headed_void", status: 204, want: headers{"Set-Cookie": "a=1; Path=/\nb=2; Secure"}},
		exchange{name: "redirect", target: "/rpc/moved", status: 303, want: headers{"Location": "/films?id=eq.1", "Content-Type": ""}},
	)
}

// An error that a function raises says itself how to answer, and undoes what was
// written.
func TestCall_raise(t *testing.T) {
	t.Parallel()
	const (
		wrongRaise = `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`
		message    = "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'."
		detail     = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
	)
	fail := func(name, data string, x exchange) exchange {
		x.name, x.method, x.target, x.data = name, "POST", "/rpc/fail", data
		return x
	}
	run(t, serve(t),
		fail("exception", `{"sqlstate": "P0001", "message": "The projector is on fire", "detail": "Reel 3", "hint": "Leave"}`,
			exchange{status: 400, body: fault("P0001", "The projector is on fire", "Reel 3", "Leave")}),
		fail("assertion", `{"sqlstate": "P0004"}`, exchange{status: 500, body: fault("P0004", "failed", "", "")}),
		fail("status", `{"sqlstate": "PT402", "message": "Payment Required", "detail": "Quota exceeded", "hint": "Upgrade your plan"}`,
			exchange{status: 402, body: fault("PT402", "Payment Required", "Quota exceeded", "Upgrade your plan")}),
		fail("status_that_is_no_number", `{"sqlstate": "PT40A", "message": "Wrong"}`, exchange{status: 500, body: fault("PT40A", "Wrong", "", "")}),
		fail("whole_response", `{"sqlstate": "PGRST", "message": "{\"code\": \"F451\", \"message\": \"Withheld\", \"details\": \"By court order\", \"hint\": \"Wait\"}", "detail": "{\"status\": 451, \"headers\": {\"X-Court\": \"Hague\"}}"}`,
			exchange{status: 451, want: headers{"X-Court": "Hague"}, body: fault("F451", "Withheld", "By court order", "Wait")}),
		fail("least_of_a_response", `{"sqlstate": "PGRST", "message": "{\"code\": \"F1\", \"message\": \"No\"}", "detail": "{\"status\": 404, \"status_text\": \"Gone fishing\", \"headers\": {}}"}`,
			exchange{status: 404, body: fault("F1", "No", "", "")}),
		fail("message_that_is_no_JSON", `{"sqlstate": "PGRST", "message": "No", "detail": "{\"status\": 404, \"headers\": {}}"}`,
			exchange{status: 500, body: fault("PGRST121", wrongRaise, "Invalid JSON value for MESSAGE: 'No'", message)}),
		fail("detail_that_is_no_JSON", `{"sqlstate": "PGRST", "message": "{\"code\": \"F1\", \"message\": \"No\"}", "detail": "No"}`,
			exchange{status: 500, body: fault("PGRST121", wrongRaise, "Invalid JSON value for DETAIL: 'No'", detail)}),
		fail("no_detail", `{"sqlstate": "PGRST", "message": "{\"code\": \"F1\", \"message\": \"No\"}"}`,
			exchange{status: 500, body: fault("PGRST121", wrongRaise, "DETAIL is missing in the RAISE statement", detail)}),
		exchange{name: "by_GET", target: "/rpc/fail?sqlstate=PT418&message=short", status: 418, body: fault("PT418", "short", "", "")},
		exchange{name: "by_HEAD", method: "HEAD", target: "/rpc/fail?sqlstate=PT418", status: 418},
		exchange{name: "whatever_is_accepted", target: "/rpc/fail?sqlstate=PT418&message=short", send: headers{"Accept": "text/csv"}, status: 418, body: fault("PT418", "short", "", "")},
	)
}

func TestCall_raise_undoes(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE FUNCTION archive.sign_and_fail() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
			INSERT INTO archive.visitors_book (entry) VALUES ('was here');
			RAISE SQLSTATE 'PT409' USING MESSAGE = 'Too late';
		END $$`)
	x := exchange{method: "POST", target: "/rpc/sign_and_fail", status: 409, body: fault("PT409", "Too late", "", "")}
	x.check(t, ask(t, api, x))
	x = exchange{target: "/visitors_book?select=name", body: `[{"name": "Ada"}]`}
	x.check(t, ask(t, api, x))
}

// The pre-request function comes before the function.
func TestCall_pre_request(t *testing.T) {
	t.Parallel()
	run(t, serve(t, func(o *pgrest.Options) { o.PreRequest = "extra.pre_request" }),
		exchange{name: "runs_as_the_role", target: "/rpc/setting?name=extra.pre_request", token: `{"role": "` + visitor + `"}`, body: `"ran as ` + visitor + `"`},
		exchange{name: "refuses", method: "POST", target: "/rpc/setting", data: `{"name": "role"}`, send: headers{"X-Pre-Request": "refuse"}, status: 403,
			body: fault("PT403", "Refused", "By the pre-request function", "Ask nicely")},
		exchange{name: "adds_headers", target: "/rpc/add?a=1", send: headers{"X-Pre-Request": "header"}, want: headers{"X-Archive": "open", "Cache-Control": "no-store"}, body: `2`},
		exchange{name: "headers_of_the_function_take_their_place", target: "/rpc/respond?headers=%5B%7B%22X-Reel%22:%221%22%7D%5D", send: headers{"X-Pre-Request": "header"},
			want: headers{"X-Archive": "", "X-Reel": "1"}, body: `"ok"`},
		exchange{name: "sets_the_status", target: "/rpc/nothing", send: headers{"X-Pre-Request": "teapot"}, status: 418, want: headers{"Content-Type": ""}},
	)
}

// A volatile function writes. Preferences say how far it may go, and whether it counts.
func TestCall_writes(t *testing.T) {
	t.Parallel()
	curatorToken := `{"role": "` + curator + `"}`
	t.Run("result", func(t *testing.T) {
		t.Parallel()
		run(t, serve(t, rollingBack),
			exchange{name: "row", method: "POST", target: "/rpc/add_film?select=title,year,decade", data: `{"title": "Ran", "year": 1985}`, token: curatorToken,
				body: `{"title": "Ran", "year": 1985, "decade": 1980}`},
			exchange{name: "rows", method: "POST", target: "/rpc/rate_all?select=title,rating&order=id&limit=1", data: `{"rating": 7}`, token: curatorToken,
				body: `[{"title": "Metropolis", "rating": 7.0}]`},
			exchange{name: "rows_counted", method: "POST", target: "/rpc/rate_all?select=title&order=id&limit=1", data: `{"rating": 7}`, token: curatorToken,
				send: headers{"Prefer": "count=exact"}, status: 206, want: headers{"Content-Range": "0-0/13"}, body: `[{"title": "Metropolis"}]`},
			exchange{name: "rows_with_an_embed", method: "POST", target: "/rpc/rate_all?select=title,directors(name)&id=eq.2", data: `{"rating": 7}`, token: curatorToken,
				body: `[{"title": "M", "directors": {"name": "Fritz Lang"}}]`},
			exchange{name: "nothing", method: "POST", target: "/rpc/sign_book", data: `{"entry": "Again, please"}`, status: 204},
			exchange{name: "return_means_nothing", method: "POST", target: "/rpc/add_film?select=title", data: `{"title": "Ran", "year": 1985}`, token: curatorToken,
				send: headers{"Prefer": "return=minimal, missing=default"}, want: headers{"Preference-Applied": ""}, body: `{"title": "Ran"}`},
			exchange{name: "constraint", method: "POST", target: "/rpc/add_film", data: `{"title": "M", "year": 1931}`, token: curatorToken, status: 409,
				body: fault("23505", `duplicate key value violates unique constraint "films_title_year_key"`, "Key (title, year)=(M, 1931) already exists.", "")},
			exchange{name: "without_the_privilege", method: "POST", target: "/rpc/add_film", data: `{"title": "Ran", "year": 1985}`, status: 401,
				body: fault("42501", "permission denied for table films", "", "")},
		)
	})
	t.Run("max_affected", func(t *testing.T) {
		t.Parallel()
		const single = "Function must return SETOF or TABLE when max-affected preference is used with handling=strict"
		strict := func(n string) headers { return headers{"Prefer": "handling=strict, max-affected=" + n} }
		rate := func(name string, send headers, x exchange) exchange {
			x.name, x.method, x.target, x.data, x.token, x.send = name, "POST", "/rpc/rate_all?select=id&id=lt.3&order=id", `{"rating": 1}`, curatorToken, send
			return x
		}
		run(t, serve(t, rollingBack),
			rate("enough", strict("2"), exchange{want: headers{"Preference-Applied": "handling=strict, max-affected=2"}, body: `[{"id": 1}, {"id": 2}]`}),
			rate("exceeded", strict("1"), exchange{status: 400,
				body: fault("PGRST124", "Query result exceeds max-affected preference constraint", "The query affects 2 rows", "")}),
			rate("exceeded_leniently", headers{"Prefer": "handling=lenient, max-affected=1"}, exchange{want: headers{"Preference-Applied": "handling=lenient"}, body: `[{"id": 1}, {"id": 2}]`}),
			rate("exceeded_without_handling", headers{"Prefer": "max-affected=1"}, exchange{want: headers{"Preference-Applied": ""}, body: `[{"id": 1}, {"id": 2}]`}),
			exchange{name: "of_a_read", target: "/rpc/film_titles", send: strict("5"), status: 400,
				body: fault("PGRST124", "Query result exceeds max-affected preference constraint", "The query affects 13 rows", "")},
			exchange{name: "of_a_table", target: "/rpc/decades?limit=2", send: strict("1"), status: 400,
				body: fault("PGRST124", "Query result exceeds max-affected preference constraint", "The query affects 2 rows", "")},
			exchange{name: "of_a_value", method: "POST", target: "/rpc/add", data: `{"a": 1}`, send: strict("1"), status: 400, body: fault("PGRST128", single, "", "")},
			exchange{name: "of_a_row", target: "/rpc/film?id=1", send: strict("1"), status: 400, body: fault("PGRST128", single, "", "")},
			exchange{name: "of_nothing", method: "POST", target: "/rpc/nothing", send: strict("1"), status: 400, body: fault("PGRST128", single, "", "")},
			exchange{name: "unknown_preference", target: "/rpc/add?a=1", send: headers{"Prefer": "handling=strict, wait=10"}, status: 400,
				body: fault("PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: wait=10", "")},
		)
	})
}

// What a call leaves behind depends on how it ends.
func TestCall_end(t *testing.T) {
	t.Parallel()
	object := headers{"Accept": "application/vnd.pgrst.object+json"}
	strict := headers{"Prefer": "handling=strict, max-affected=1"}
	rate := func(send headers, x exchange) exchange {
		x.method, x.target, x.data, x.token, x.send = http.MethodPost, "/rpc/rate_all?select=id&id=lt.3&order=id", `{"rating": 1}`, `{"role": "`+curator+`"}`, send
		return x
	}
	for _, tt := range []struct {
		name  string
		end   pgrest.TxEnd
		x     exchange
		rated int // films with the new rating
	}{
		{"commit", pgrest.TxCommit, rate(nil, exchange{body: `[{"id": 1}, {"id": 2}]`}), 13},
		{"commit_though_the_client_wants_a_rollback", pgrest.TxCommit, rate(headers{"Prefer": "tx=rollback"}, exchange{want: headers{"Preference-Applied": ""}, body: `[{"id": 1}, {"id": 2}]`}), 13},
		{"rollback", pgrest.TxRollback, rate(nil, exchange{body: `[{"id": 1}, {"id": 2}]`}), 0},
		{"rollback_by_preference", pgrest.TxCommitAllowOverride, rate(headers{"Prefer": "tx=rollback"},
			exchange{want: headers{"Preference-Applied": "tx=rollback"}, body: `[{"id": 1}, {"id": 2}]`}), 0},
		{"commit_by_preference", pgrest.TxRollbackAllowOverride, rate(headers{"Prefer": "tx=commit"},
			exchange{want: headers{"Preference-Applied": "tx=commit"}, body: `[{"id": 1}, {"id": 2}]`}), 13},
		{"too_many_affected", pgrest.TxCommit, rate(strict, exchange{status: 400,
			body: fault("PGRST124", "Query result exceeds max-affected preference constraint", "The query affects 2 rows", "")}), 0},
		{"not_singular", pgrest.TxCommit, rate(object, exchange{status: 406,
			body: fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 2 rows", "")}), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Clone(t)
			api := open(t, db.Pool(t), func(o *pgrest.Options) { o.TxEnd = tt.end })
			tt.x.check(t, ask(t, api, tt.x))
			require.Equal(t, tt.rated, count(t, db.Superuser(t), "SELECT count(*) FROM archive.films WHERE rating = 1"))
		})
	}
}

// A function's rows have the time zone that it set, however often it is called, and
// those of other requests have the session's.
func TestRPC_time_zone(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE FUNCTION archive.noon_in(zone text) RETURNS TABLE (at timestamptz) STABLE LANGUAGE plpgsql AS $$
		BEGIN
			PERFORM set_config('TimeZone', zone, true);
			RETURN QUERY SELECT '2020-01-01 12:00:00+00'::timestamptz;
		END $$`)
	for range 3 {
		for _, x := range []exchange{
			{name: "of_the_function", target: "/rpc/noon_in?zone=Asia/Tokyo", body: `[{"at": "2020-01-01T21:00:00+09:00"}]`},
			{name: "counted", target: "/rpc/noon_in?zone=Asia/Tokyo", send: headers{"Prefer": "count=exact"}, body: `[{"at": "2020-01-01T21:00:00+09:00"}]`},
			{name: "of_the_request", target: "/tickets?select=issued", send: headers{"Prefer": "timezone=America/Lima"}, body: `[{"issued": "2025-01-09T14:00:00-05:00"}]`},
			{name: "of_the_session", target: "/tickets?select=issued", body: `[{"issued": "2025-01-09T19:00:00+00:00"}]`},
		} {
			x.check(t, ask(t, api, x))
		}
	}
}
