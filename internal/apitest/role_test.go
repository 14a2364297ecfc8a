package apitest_test

import (
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// A request runs as the role that its bearer token names, or else as the
// anonymous role.
func TestRole(t *testing.T) {
	t.Parallel()
	bearer := "Bearer " + sign(t, `{"role": "`+curator+`"}`)
	run(t, serve(t),
		exchange{name: "anonymous", target: "/whoami?select=current_user", body: `[{"current_user": "` + anon + `"}]`},
		exchange{name: "of_the_token", target: "/whoami?select=current_user", token: `{"role": "` + visitor + `"}`,
			body: `[{"current_user": "` + visitor + `"}]`},
		exchange{name: "token_without_a_role", target: "/whoami?select=current_user", token: `{"sub": "ada"}`,
			body: `[{"current_user": "` + anon + `"}]`},
		exchange{name: "scheme_in_lower_case", target: "/whoami?select=current_user", send: headers{"Authorization": "bearer" + bearer[len("Bearer"):]},
			body: `[{"current_user": "` + curator + `"}]`},
		exchange{name: "another_scheme", target: "/whoami?select=current_user", send: headers{"Authorization": "Basic YWRhOmx1bmNo"},
			body: `[{"current_user": "` + anon + `"}]`},
		exchange{name: "session_stays_the_authenticator's", target: "/whoami?select=session_user", token: `{"role": "` + visitor + `"}`,
			body: `[{"session_user": "pgrest_test_authenticator"}]`},

		exchange{name: "that_is_not_there", target: "/films", token: `{"role": "pgrest_test_nobody"}`, status: 401,
			want: headers{"WWW-Authenticate": "Bearer"}, body: fault("22023", `role "pgrest_test_nobody" does not exist`, "", "")},
		exchange{name: "that_the_authenticator_may_not_become", target: "/films", token: `{"role": "pgrest_test_stranger"}`, status: 403,
			body: fault("42501", `permission denied to set role "pgrest_test_stranger"`, "", "")},
		exchange{name: "is_no_SQL", target: "/films", token: `{"role": "postgres'; DROP TABLE archive.films --"}`, status: 401,
			body: fault("22023", `role "postgres'; DROP TABLE archive.films --" does not exist`, "", "")},
		exchange{name: "anonymous_without_a_privilege", target: "/acquisitions", status: 401, want: headers{"WWW-Authenticate": "Bearer"},
			body: fault("42501", "permission denied for table acquisitions", "", "")},
		exchange{name: "with_the_privilege", target: "/acquisitions?film_id=eq.13", token: `{"role": "` + visitor + `"}`,
			body: `[{"film_id": 13, "price": "$15.00"}]`},
	)
}

// A token that doesn't hold is refused, and so is its request, even if an
// anonymous one would do.
func TestRole_wrong_token(t *testing.T) {
	t.Parallel()
	forged, err := jws.Sign([]byte(`{"role": "`+curator+`"}`), jws.WithKey(jwa.HS256, []byte("another secret of thirty-two bytes")))
	require.NoError(t, err)
	var exchanges []exchange
	for _, tt := range []struct{ name, authorization, code, message, details string }{
		{"empty", "Bearer ", "PGRST301", "Empty JWT is sent in Authorization header", ""},
		{"no_token", "Bearer abc", "PGRST301", "Expected 3 parts in JWT; got 1", ""},
		{"garbage", "Bearer a.b.c", "PGRST301", "JWT cryptographic operation failed", ""},
		{"another_secret", "Bearer " + string(forged), "PGRST301", "No suitable key or wrong key type", "None of the keys was able to decode the JWT"},
		{"expired", "Bearer " + sign(t, `{"role": "`+curator+`", "exp": 1}`), "PGRST303", "JWT expired", ""},
		{"not_yet_valid", "Bearer " + sign(t, `{"role": "`+curator+`", "nbf": 99999999999}`), "PGRST303", "JWT not yet valid", ""},
		{"issued_in_the_future", "Bearer " + sign(t, `{"role": "`+curator+`", "iat": 99999999999}`), "PGRST303", "JWT issued at future", ""},
		{"claim_of_another_type", "Bearer " + sign(t, `{"exp": "soon"}`), "PGRST303", "The JWT 'exp' claim must be a number", ""},
		{"another_audience", "Bearer " + sign(t, `{"aud": "cinema"}`), "PGRST303", "JWT not in audience", ""},
	} {
		exchanges = append(exchanges, exchange{name: tt.name, target: "/films?limit=1", send: headers{"Authorization": tt.authorization}, status: 401,
			want: headers{"WWW-Authenticate": `Bearer error="invalid_token", error_description="` + tt.message + `"`},
			body: fault(tt.code, tt.message, tt.details, "")})
	}
	exchanges = append(exchanges,
		exchange{name: "right_audience", target: "/films?select=id&id=eq.1", token: `{"aud": ["cinema", "archive"]}`, body: `[{"id": 1}]`},
		exchange{name: "no_audience", target: "/films?select=id&id=eq.1", token: `{"exp": 99999999999}`, body: `[{"id": 1}]`},
	)
	run(t, serve(t, func(o *pgrest.Options) { o.JWTAudience = "archive" }), exchanges...)
}

func TestRole_no_anonymous_role(t *testing.T) {
	t.Parallel()
	run(t, serve(t, func(o *pgrest.Options) { o.AnonRole = "" }),
		exchange{name: "token", target: "/whoami?select=role", token: `{"role": "` + visitor + `"}`, body: `[{"role": "` + visitor + `"}]`},
		exchange{name: "no_token", target: "/films", status: 401, want: headers{"WWW-Authenticate": "Bearer"},
			body: fault("PGRST302", "Anonymous access is disabled", "", "")},
		exchange{name: "token_without_a_role", target: "/films", token: `{"sub": "ada"}`, status: 401, want: headers{"WWW-Authenticate": "Bearer"},
			body: fault("PGRST302", "Anonymous access is disabled", "", "")},
	)
}

func TestRole_no_secret(t *testing.T) {
	t.Parallel()
	run(t, serve(t, func(o *pgrest.Options) { o.JWTSecret = nil }),
		exchange{name: "no_token", target: "/whoami?select=role", body: `[{"role": "` + anon + `"}]`},
		exchange{name: "token", target: "/films", token: `{"role": "` + visitor + `"}`, status: 500, body: fault("PGRST300", "Server lacks JWT secret", "", "")},
	)
}

// The transaction is told about the request by settings.
func TestRole_settings(t *testing.T) {
	t.Parallel()
	run(t, serve(t, func(o *pgrest.Options) { o.AppSettings = map[string]string{"app.settings.site": "Wien"} }),
		exchange{name: "claims", target: "/whoami?select=claims", token: `{"role": "` + visitor + `", "sub": "ada", "quota": 1.50}`,
			body: `[{"claims": "{\"quota\":1.50,\"role\":\"` + visitor + `\",\"sub\":\"ada\"}"}]`},
		exchange{name: "claims_of_the_anonymous", target: "/whoami?select=claims", body: `[{"claims": "{\"role\":\"` + anon + `\"}"}]`},
		exchange{name: "method_and_path", target: "/whoami?select=method,path", body: `[{"method": "GET", "path": "/whoami"}]`},
		exchange{name: "headers", target: "/whoami?select=headers", send: headers{"X-Reel": "3\n4", "Cookie": "session=1", "Accept": "application/json"},
			body: `[{"headers": "{\"accept\":\"application/json\",\"host\":\"example.com\",\"x-reel\":\"3, 4\"}"}]`},
		exchange{name: "cookies", target: "/whoami?select=cookies", send: headers{"Cookie": "theme=dark; session=a=b"},
			body: `[{"cookies": "{\"session\":\"a=b\",\"theme\":\"dark\"}"}]`},
		exchange{name: "no_cookies", target: "/whoami?select=cookies", body: `[{"cookies": "{}"}]`},
		exchange{name: "search_path", target: "/whoami?select=search_path", body: `[{"search_path": "\"archive\", \"extra\""}]`},
		exchange{name: "the_host's_own", target: "/whoami?select=site", body: `[{"site": "Wien"}]`},
		exchange{name: "read_only", target: "/whoami?select=read_only,isolation", body: `[{"read_only": "on", "isolation": "read committed"}]`},
		exchange{name: "read_only_beside_a_count", target: "/whoami?select=read_only,isolation", send: headers{"Prefer": "count=exact"},
			body: `[{"read_only": "on", "isolation": "repeatable read"}]`},
	)
}

// GET and HEAD change nothing, whatever the database would do.
func TestRole_read_only(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE FUNCTION private.sign() RETURNS int LANGUAGE sql SECURITY DEFINER
			AS $$ INSERT INTO archive.visitors_book (entry) VALUES ('was here') RETURNING 1 $$;
		CREATE VIEW archive.signing AS SELECT private.sign();
		CREATE FUNCTION private.unlock() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT set_config('transaction_read_only', 'off', true) $$;
		CREATE VIEW archive.unlocking AS SELECT private.unlock();
		GRANT SELECT ON archive.signing, archive.unlocking TO pgrest_test_anon`)
	refused := fault("25006", "cannot execute INSERT in a read-only transaction", "", "")
	t.Run("refused", func(t *testing.T) {
		run(t, api,
			exchange{name: "GET", target: "/signing", status: 405, body: refused},
			exchange{name: "HEAD", method: "HEAD", target: "/signing", status: 405},
			exchange{name: "with_a_count", target: "/signing", send: headers{"Prefer": "count=exact"}, status: 405, body: refused},
			exchange{name: "can't_be_undone", target: "/unlocking", status: 500,
				body: fault("25001", "transaction read-write mode must be set before any query", "", "")},
		)
	})
	x := exchange{target: "/visitors_book?select=name", body: `[{"name": "Ada"}]`}
	x.check(t, ask(t, api, x))
}

// PreRequest names a function that each request calls first. It can refuse, and
// write headers, the status, and settings.
func TestRole_pre_request(t *testing.T) {
	t.Parallel()
	const one = "/films?select=id&id=eq.1"
	api := serve(t, func(o *pgrest.Options) { o.PreRequest = "extra.pre_request" })
	run(t, api,
		exchange{name: "runs_as_the_role", target: "/whoami?select=pre_request", token: `{"role": "` + visitor + `"}`,
			body: `[{"pre_request": "ran as ` + visitor + `"}]`},
		exchange{name: "refuses", target: one, send: headers{"X-Pre-Request": "refuse"}, status: 403,
			body: fault("PT403", "Refused", "By the pre-request function", "Ask nicely")},
		exchange{name: "limits", target: one, send: headers{"X-Pre-Request": "limit"}, status: 429, want: headers{"Retry-After": "86400"},
			body: fault("LIMIT", "Too many requests", "One a day", "Come back tomorrow")},
		exchange{name: "adds_headers", target: one, send: headers{"X-Pre-Request": "header"}, want: headers{"X-Archive": "open", "Cache-Control": "no-store"},
			body: `[{"id": 1}]`},
		exchange{name: "sets_the_status", target: one, send: headers{"X-Pre-Request": "teapot"}, status: 418, body: `[{"id": 1}]`},
		exchange{name: "sets_the_status_of_HEAD", method: "HEAD", target: one, send: headers{"X-Pre-Request": "teapot"}, status: 418},
		exchange{name: "changes_the_role", target: "/whoami?select=current_user", send: headers{"X-Pre-Request": "anon"}, token: `{"role": "` + curator + `"}`,
			body: `[{"current_user": "` + anon + `"}]`},
		exchange{name: "beside_a_count", target: one, send: headers{"X-Pre-Request": "header", "Prefer": "count=exact"},
			want: headers{"X-Archive": "open", "Content-Range": "0-0/1"}, body: `[{"id": 1}]`},
		exchange{name: "refuses_the_root", target: "/", send: headers{"X-Pre-Request": "refuse"}, status: 403,
			body: fault("PT403", "Refused", "By the pre-request function", "Ask nicely")},
		exchange{name: "limits_HEAD_of_the_root", method: "HEAD", target: "/", send: headers{"X-Pre-Request": "limit"}, status: 429,
			want: headers{"Retry-After": "86400", "Proxy-Status": "PostgREST; error=LIMIT"}},
		exchange{name: "writes_nothing_on_the_root", method: "HEAD", target: "/", send: headers{"X-Pre-Request": "teapot"},
			want: headers{"Content-Type": "application/openapi+json; charset=utf-8"}},
		exchange{name: "limits_HEAD", method: "HEAD", target: one, send: headers{"X-Pre-Request": "limit"}, status: 429,
			want: headers{"Retry-After": "86400", "Proxy-Status": "PostgREST; error=LIMIT"}},
		exchange{name: "does_nothing_for_OPTIONS", method: "OPTIONS", target: "/films", send: headers{"X-Pre-Request": "refuse"}, want: headers{"Content-Type": ""}},
	)
	t.Run("found_on_the_search_path", func(t *testing.T) {
		t.Parallel()
		x := exchange{target: "/whoami?select=pre_request", body: `[{"pre_request": "ran as ` + anon + `"}]`}
		x.check(t, ask(t, serve(t, func(o *pgrest.Options) { o.PreRequest = "pre_request" }), x))
	})
	t.Run("not_found", func(t *testing.T) {
		t.Parallel()
		x := exchange{target: one, status: 404, body: fault("42883", "function extra.nothing() does not exist", "",
			"No function matches the given name and argument types. You might need to add explicit type casts.")}
		x.check(t, ask(t, serve(t, func(o *pgrest.Options) { o.PreRequest = "extra.nothing" }), x))
	})
}

// The description of the API is read as everything else is: under the settings
// of the role.
func TestRole_settings_at_the_root(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE FUNCTION extra.tell() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
			RAISE SQLSTATE 'PT418' USING MESSAGE = concat_ws(', ', current_setting('statement_timeout'), current_setting('transaction_isolation'),
				current_setting('transaction_read_only'), current_setting('search_path'), current_setting('request.path')); END $$`,
		func(o *pgrest.Options) { o.PreRequest = "extra.tell" })
	run(t, api,
		exchange{name: "with_settings", target: "/", token: `{"role": "pgrest_test_auditor"}`, status: 418,
			body: fault("PT418", `7s, repeatable read, on, "archive", "extra", /`, "", "")},
		exchange{name: "without", target: "/", status: 418, body: fault("PT418", `0, read committed, on, "archive", "extra", /`, "", "")},
	)
}

// The response settings have to be well-formed.
func TestRole_response_settings(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE VIEW archive.responses AS SELECT id, set_config('response.' || name, value, true) AS value FROM (VALUES
			(1, 'headers', '[{"X-Reel": "1"}, {"Set-Cookie": "a=1"}, {"Set-Cookie": "b=2"}]'),
			(2, 'headers', '[{"Content-Type": "text/plain"}]'),
			(3, 'headers', '{"X-Reel": "1"}'),
			(4, 'headers', '[{"X-Reel": 1}]'),
			(5, 'headers', '[{"X-Reel": "1", "X-Print": "2"}]'),
			(6, 'status', '205'),
			(7, 'status', 'fine'),
			(8, 'status', '42'),
			(9, 'status', '203 as the archive says'),
			(10, 'headers', 'null'),
			(11, 'headers', '[{"Content-Length": "3"}, {"Vary": "Accept-Language"}]')
		) AS v (id, name, value);
		GRANT SELECT ON archive.responses TO pgrest_test_anon`)
	const (
		wrongHeaders = "response.headers guc must be a JSON array composed of objects with a single key and a string value"
		wrongStatus  = "response.status guc must be a valid status code"
	)
	value := func(text string) string { return `[{"value": ` + text + `}]` }
	run(t, api,
		exchange{name: "headers", target: "/responses?select=value&id=eq.1", want: headers{"X-Reel": "1", "Set-Cookie": "a=1\nb=2"},
			body: value(`"[{\"X-Reel\": \"1\"}, {\"Set-Cookie\": \"a=1\"}, {\"Set-Cookie\": \"b=2\"}]"`)},
		exchange{name: "headers_replace_the_API's", target: "/responses?select=value&id=eq.2", want: headers{"Content-Type": "text/plain"},
			body: value(`"[{\"Content-Type\": \"text/plain\"}]"`)},
		exchange{name: "headers_that_are_no_array", target: "/responses?id=eq.3", status: 500, body: fault("PGRST111", wrongHeaders, "", "")},
		exchange{name: "header_that_is_no_text", target: "/responses?id=eq.4", status: 500, body: fault("PGRST111", wrongHeaders, "", "")},
		exchange{name: "several_headers_in_an_object", target: "/responses?id=eq.5", status: 500, body: fault("PGRST111", wrongHeaders, "", "")},
		exchange{name: "status", target: "/responses?select=value&id=eq.6", status: 205, body: value(`"205"`)},
		exchange{name: "status_that_is_no_number", target: "/responses?id=eq.7", status: 500, body: fault("PGRST112", wrongStatus, "", "")},
		exchange{name: "status_with_a_reason", target: "/responses?select=value&id=eq.9", status: 203, body: value(`"203 as the archive says"`)},
		exchange{name: "headers_that_are_null", target: "/responses?id=eq.10", status: 500, body: fault("PGRST111", wrongHeaders, "", "")},
		exchange{name: "length_of_a_body_stays", target: "/responses?select=value&id=eq.11", want: headers{"Vary": "Accept-Language"},
			body: value(`"[{\"Content-Length\": \"3\"}, {\"Vary\": \"Accept-Language\"}]"`)},
		exchange{name: "status_that_is_none", target: "/responses?id=eq.8", status: 500, body: fault("PGRST112", wrongStatus, "", "")},
	)
}
