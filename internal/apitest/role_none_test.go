package apitest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// noRoles are names that nobody can become. PostgreSQL takes "none" for the role that
// the connection logged in as, which is a superuser here.
var noRoles = []string{"none", "NONE", "None", "nOnE", "", " none", "none ", `"none"`, "'none'"}

// runsAsNobody checks that whoever is refused as role, whatever is asked for.
func runsAsNobody(t *testing.T, role string, api http.Handler, token, challenge string) {
	t.Helper()
	refused := exchange{status: 401, token: token, want: headers{"WWW-Authenticate": challenge},
		body: fault("22023", `role "`+role+`" does not exist`, "", "")}
	for _, x := range []exchange{
		{name: "read", target: "/whoami?select=current_user"},
		{name: "counted", target: "/acquisitions", send: headers{"Prefer": "count=exact"}},
		{name: "document", target: "/"},
		{name: "function", target: "/rpc/add?a=1"},
		{name: "call", method: "POST", target: "/rpc/add", data: `{"a": 1}`},
		{name: "insert", method: "POST", target: "/genres", data: `{"name": "Noir"}`},
		{name: "update_of_one", method: "PATCH", target: "/genres?id=eq.1", data: `{"name": "Noir"}`, send: acceptOne},
	} {
		x.status, x.token, x.want, x.body = refused.status, refused.token, refused.want, refused.body
		for range 2 {
			x.check(t, ask(t, api, x))
		}
	}
	x := exchange{method: "HEAD", target: "/whoami", token: token, status: 401}
	x.check(t, ask(t, api, x))
}

// Nobody becomes the role that the connection logged in as, by whatever way they come.
func TestRole_none(t *testing.T) {
	t.Parallel()
	superuser := pgtest.Fixture(t).Superuser(t)
	ways := map[string]func(t *testing.T, role string) (api http.Handler, token string){
		"anonymous_role": func(t *testing.T, role string) (http.Handler, string) {
			return open(t, superuser, rollingBack, func(o *pgrest.Options) { o.AnonRole = role }), ""
		},
		"host's_authenticator": func(t *testing.T, role string) (http.Handler, string) {
			return open(t, superuser, rollingBack, func(o *pgrest.Options) {
				o.Authenticate = func(*http.Request) (auth.Identity, error) { return auth.Identity{Role: role}, nil }
			}), ""
		},
		"role_claim": func(t *testing.T, role string) (http.Handler, string) {
			return open(t, superuser, rollingBack), `{"role": ` + quote(role) + `}`
		},
		"default_of_the_role_claim": func(t *testing.T, role string) (http.Handler, string) {
			return open(t, superuser, rollingBack, func(o *pgrest.Options) { o.AnonRole = role }), `{"sub": "ada"}`
		},
		"role_claim_by_a_path": func(t *testing.T, role string) (http.Handler, string) {
			return open(t, superuser, rollingBack, func(o *pgrest.Options) { o.JWTRoleClaimKey = "$.realm.roles[0]" }),
				`{"realm": {"roles": [` + quote(role) + `]}}`
		},
	}
	for name, way := range ways {
		for _, role := range noRoles {
			if role == "" && (name == "anonymous_role" || name == "default_of_the_role_claim") {
				continue // no anonymous requests
			}
			t.Run(name+"/"+role, func(t *testing.T) {
				t.Parallel()
				api, token := way(t, role)
				challenge := "Bearer"
				if name == "host's_authenticator" {
					challenge = "" // no token would help
				}
				runsAsNobody(t, role, api, token, challenge)
			})
		}
	}
}

func quote(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }

// A setting that says "none" in place of a role changes nothing.
func TestRole_none_as_a_setting(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	superuser := db.Superuser(t)
	_, err := superuser.Exec(t.Context(), `
		DO $$ BEGIN EXECUTE format('ALTER ROLE pgrest_test_visitor IN DATABASE %I SET role = ''none''', current_database()); END $$;
		CREATE FUNCTION archive.runs_as(archive.genres) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN current_user; END $$;
		CREATE FUNCTION archive.as_none() RETURNS SETOF archive.genres LANGUAGE sql STABLE SET role = 'none'
			AS $$ SELECT * FROM archive.genres WHERE id = 1 $$;
		CREATE FUNCTION archive.as_curator() RETURNS SETOF archive.genres LANGUAGE sql STABLE SET role = 'pgrest_test_curator'
			AS $$ SELECT * FROM archive.genres WHERE id = 1 $$`)
	require.NoError(t, err)
	api := open(t, superuser, func(o *pgrest.Options) {
		o.HoistedSettings = []string{"role", "session_authorization", "request.jwt.claims"}
	})
	t.Run("requests", func(t *testing.T) {
		run(t, api,
			exchange{name: "of_the_role", target: "/whoami?select=current_user", token: `{"role": "` + visitor + `"}`, body: `[{"current_user": "` + visitor + `"}]`},
			exchange{name: "hoisted", target: "/rpc/as_none?select=runs_as", body: `[{"runs_as": "` + anon + `"}]`},
			exchange{name: "of_another_role_hoisted", target: "/rpc/as_curator?select=runs_as", body: `[{"runs_as": "` + anon + `"}]`},
		)
	})
}
