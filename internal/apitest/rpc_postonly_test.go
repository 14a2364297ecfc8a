package apitest_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// logins has functions that take a secret, of two schemas.
const logins = `
	SET search_path = archive;
	CREATE FUNCTION login(password text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT $1 || current_setting('transaction_read_only') $$;
	CREATE FUNCTION login(name text, password text DEFAULT 'x') RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT name || current_setting('transaction_read_only') $$;
	CREATE FUNCTION login() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'nobody' $$;
	CREATE FUNCTION sign_up(password text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT $1 $$;
	CREATE FUNCTION declared_volatile(password text) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT current_setting('transaction_read_only') $$;
	CREATE SCHEMA annex;
	CREATE FUNCTION annex.login(password text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'annex' $$;
	CREATE FUNCTION annex.sign_up(password text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'annex' $$;
	GRANT USAGE ON SCHEMA annex TO pgrest_test_anon;`

func postOnly(names ...string) option {
	return func(o *pgrest.Options) { o.Schemas, o.PostOnly = []string{"archive", "annex"}, names }
}

// A function for POST alone has no arguments in URLs, right or wrong ones, whichever of
// its overloads is meant. With POST all is as with other functions.
func TestPostOnly(t *testing.T) {
	t.Parallel()
	api := serveClone(t, logins, postOnly("login", "archive.sign_up"))
	refused := func(method string) string {
		return fault("PGRST101", "Cannot use the "+method+" method on RPC", "", "")
	}
	allow := headers{"Allow": "OPTIONS,POST"}
	annex := headers{"Content-Profile": "annex"}
	run(t, api,
		exchange{name: "GET", target: "/rpc/login?password=s", status: 405, want: allow, body: refused("GET")},
		exchange{name: "HEAD", method: "HEAD", target: "/rpc/login?password=s", status: 405, want: allow},
		exchange{name: "GET_without_arguments", target: "/rpc/login", status: 405, want: allow, body: refused("GET")},
		exchange{name: "GET_of_an_overload", target: "/rpc/login?name=a&password=s", status: 405, body: refused("GET")},
		exchange{name: "GET_of_no_overload", target: "/rpc/login?nothing=s", status: 405, body: refused("GET")},
		exchange{name: "GET_of_another_schema", target: "/rpc/login?password=s", send: headers{"Accept-Profile": "annex"}, status: 405, body: refused("GET")},
		exchange{name: "GET_of_a_qualified_name", target: "/rpc/sign_up?password=s", status: 405, body: refused("GET")},
		exchange{name: "GET_of_its_namesake", target: "/rpc/sign_up?password=s", send: headers{"Accept-Profile": "annex"}, want: annex, body: `"annex"`},
		exchange{name: "GET_of_another_function", target: "/rpc/add?a=1", body: `2`},
		exchange{name: "GET_of_one_that_is_only_volatile", target: "/rpc/declared_volatile?password=s", body: `"on"`},
		exchange{name: "GET_of_no_function", target: "/rpc/logon?password=s", status: 404,
			body: fault("PGRST202", "Could not find the function archive.logon(password) in the schema cache",
				"Searched for the function archive.logon with parameter password, but no matches were found in the schema cache.",
				"Perhaps you meant to call the function archive.login")},

		exchange{name: "POST", method: "POST", target: "/rpc/login", data: `{"password": "s"}`, body: `"son"`},
		exchange{name: "POST_of_a_form", method: "POST", target: "/rpc/login", send: headers{"Content-Type": formType}, data: "password=s", body: `"son"`},
		exchange{name: "POST_of_a_volatile_overload", method: "POST", target: "/rpc/login", data: `{"name": "a"}`, body: `"aoff"`},
		exchange{name: "POST_without_arguments", method: "POST", target: "/rpc/login", body: `"nobody"`},
		exchange{name: "POST_with_wrong_arguments", method: "POST", target: "/rpc/sign_up", data: `{"pass": "s"}`, status: 404,
			body: fault("PGRST202", "Could not find the function archive.sign_up(pass) in the schema cache",
				"Searched for the function archive.sign_up with parameter pass or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.",
				"Perhaps you meant to call the function archive.sign_up(password)")},
		exchange{name: "PUT", method: "PUT", target: "/rpc/login", status: 405, body: refused("PUT")},
		exchange{name: "OPTIONS", method: "OPTIONS", target: "/rpc/login?password=s", want: headers{"Allow": "OPTIONS,POST", "Content-Type": ""}},
		exchange{name: "OPTIONS_of_its_namesake", method: "OPTIONS", target: "/rpc/sign_up?password=s", send: headers{"Accept-Profile": "annex"},
			want: headers{"Allow": "OPTIONS,GET,HEAD,POST", "Content-Type": ""}},
	)
}

// Neither description offers GET for it.
func TestPostOnly_description(t *testing.T) {
	t.Parallel()
	api := serveClone(t, logins, postOnly("login", "archive.sign_up"))
	for _, accept := range []string{swaggerType, openAPIType} {
		for _, tt := range []struct {
			path, profile string
			methods       []string
		}{
			{"/rpc/login", "archive", []string{"post"}},
			{"/rpc/sign_up", "archive", []string{"post"}},
			{"/rpc/add", "archive", []string{"get", "post"}},
			{"/rpc/login", "annex", []string{"post"}},
			{"/rpc/sign_up", "annex", []string{"get", "post"}},
		} {
			t.Run(tt.profile+tt.path+" "+accept, func(t *testing.T) {
				t.Parallel()
				d := described(t, ask(t, api, exchange{target: "/", send: headers{"Accept": accept, "Accept-Profile": tt.profile}}))
				require.Contains(t, d.Paths, tt.path)
				methods := slices.Sorted(maps.Keys(d.Paths[tt.path]))
				require.Equal(t, tt.methods, slices.DeleteFunc(methods, func(m string) bool { return m == "parameters" || m == "x-query" }))
				require.Equal(t, accept == openAPIType && slices.Contains(methods, "get"), d.Paths[tt.path]["x-query"] != nil)
			})
		}
	}
}

// A name that no function has protects nothing, which the log tells of.
func TestPostOnly_of_nothing(t *testing.T) {
	t.Parallel()
	var log journal
	serve(t, log.kept, func(o *pgrest.Options) { o.PostOnly = []string{"lgoin", "add", "archive.add", "other.add", "films"} })
	for _, name := range []string{"lgoin", "other.add", "films"} {
		require.Contains(t, log.String(), `level=WARN msg="PostOnly names a function that is in no exposed schema" function=`+name+"\n")
	}
	require.NotContains(t, log.String(), "function=add\n")
	require.NotContains(t, log.String(), "function=archive.add\n")
}
