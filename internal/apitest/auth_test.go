package apitest_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

const roleOfRequest = "/whoami?select=current_user"

// ranAs is the answer to a request of roleOfRequest.
func ranAs(role string) string { return `[{"current_user": "` + role + `"}]` }

// A token's role is where JWTRoleClaimKey says; without a match the request is
// anonymous.
func TestAuth_role_claim_key(t *testing.T) {
	t.Parallel()
	const token = `{"realm": {"roles": ["guest", "` + visitor + `", "` + curator + `"]}, "role": "pgrest_test_nobody"}`
	for _, tt := range []struct{ name, key, want string }{
		{"index", "$.realm.roles[1]", visitor},
		{"equal", "$.realm.roles[?(@ == '" + curator + "')]", curator},
		{"search", `$.realm.roles[?search(@, "^pgrest_test_c")]`, curator},
		{"no_match", "$.realm.roles[7]", anon},
		{"older_form", `.realm.roles[?(@ ==^ "curator")]`, curator},
		{"older_form_without_match", ".realm.role", anon},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := serve(t, func(o *pgrest.Options) { o.JWTRoleClaimKey = tt.key })
			x := exchange{target: roleOfRequest, token: token, body: ranAs(tt.want)}
			x.check(t, ask(t, api, x))
		})
	}
	t.Run("malformed", func(t *testing.T) {
		t.Parallel()
		_, err := pgrest.New(pgtest.Fixture(t).Pool(t), pgrest.Options{JWTRoleClaimKey: "role"})
		require.ErrorContains(t, err, "pgrest: failed to parse role-claim-key value (role)")
	})
	t.Run("older_form_is_logged_as_deprecated", func(t *testing.T) {
		t.Parallel()
		var lines strings.Builder
		api := serve(t, func(o *pgrest.Options) {
			o.JWTRoleClaimKey, o.Logger = ".role", slog.New(slog.NewTextHandler(&lines, nil))
		})
		api.Close() // after which nothing is logged
		require.Contains(t, lines.String(), "level=WARN")
		require.Contains(t, lines.String(), "key=.role")
	})
}

// "none" is PostgreSQL's word for the role that the connection logged in as.
func TestAuth_nobody_becomes_the_authenticator(t *testing.T) {
	t.Parallel()
	run(t, serve(t), exchange{name: "none", target: roleOfRequest, token: `{"role": "none"}`, status: 401,
		want: headers{"WWW-Authenticate": "Bearer"}, body: fault("22023", `role "none" does not exist`, "", "")})
}

// The keys that verify tokens can come from a URL.
func TestAuth_key_set(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	key, err := jwk.FromRaw(public)
	require.NoError(t, err)
	set, err := json.Marshal(map[string]any{"keys": []jwk.Key{key}})
	require.NoError(t, err)
	signed, err := jws.Sign([]byte(`{"role": "`+visitor+`"}`), jws.WithKey(jwa.EdDSA, private))
	require.NoError(t, err)
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/keys" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(set)
	}))
	t.Cleanup(provider.Close)
	send := headers{"Authorization": "Bearer " + string(signed)}

	t.Run("fetched", func(t *testing.T) {
		run(t, serve(t, func(o *pgrest.Options) { o.JWTSecret, o.JWTKeySetURL = nil, provider.URL+"/keys" }),
			exchange{name: "token", target: roleOfRequest, send: send, body: ranAs(visitor)},
			exchange{name: "no_token", target: roleOfRequest, body: ranAs(anon)},
			exchange{name: "token_of_another_key", target: roleOfRequest, token: `{"role": "` + visitor + `"}`, status: 401,
				body: fault("PGRST301", "No suitable key or wrong key type", "No suitable key was found to decode the JWT", "")},
		)
	})
	t.Run("not_there", func(t *testing.T) {
		run(t, serve(t, func(o *pgrest.Options) { o.JWTKeySetURL = provider.URL }),
			exchange{name: "token", target: roleOfRequest, send: send, status: 503, want: headers{"WWW-Authenticate": ""},
				body: fault("PGRST300", "Server could not fetch its JWT keys", "", "")},
			exchange{name: "token_of_the_secret", target: roleOfRequest, token: `{"role": "` + visitor + `"}`, body: ranAs(visitor)},
			exchange{name: "no_token", target: roleOfRequest, body: ranAs(anon)},
		)
	})
	t.Run("not_private", func(t *testing.T) {
		_, err := pgrest.New(pgtest.Fixture(t).Pool(t), pgrest.Options{JWTKeySetURL: "http://films.example/keys"})
		require.ErrorContains(t, err, "has to begin with https://")
	})
}

// Remembered tokens show in the statistics; a negative number remembers none.
func TestAuth_cache_max_entries(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		entries int
		hits    int
	}{{"default", 0, 2}, {"one", 1, 2}, {"none", -1, 0}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := serve(t, func(o *pgrest.Options) { o.JWTCacheMaxEntries = tt.entries })
			x := exchange{target: roleOfRequest, token: `{"role": "` + visitor + `"}`, body: ranAs(visitor)}
			for range 3 {
				x.check(t, ask(t, api, x))
			}
			require.EqualValues(t, tt.hits, api.Stats().TokenCache.Hits)
		})
	}
}

// A host's error without a status, or with one that is none of an error, is a 401.
func TestAuth_error_of_the_host(t *testing.T) {
	t.Parallel()
	var answer *auth.Error
	api := serve(t, func(o *pgrest.Options) {
		o.Authenticate = func(*http.Request) (auth.Identity, error) {
			return auth.Identity{}, fmt.Errorf("look up the session: %w", answer)
		}
	})
	for status, want := range map[int]int{
		0: 401, -1: 401, 99: 401, 100: 401, 200: 401, 302: 401, 399: 401, 400: 400, 403: 403, 429: 429, 503: 503, 599: 599, 600: 401, 999: 401, 1000: 401,
	} {
		answer = &auth.Error{Code: "SESSION", Message: "Log in", Status: status}
		x := exchange{target: "/films", status: want, want: headers{"Www-Authenticate": "", "Proxy-Status": "PostgREST; error=SESSION"},
			body: fault("SESSION", "Log in", "", "")}
		x.check(t, ask(t, api, x))
	}
	answer = &auth.Error{Message: "Log in", Challenge: "Basic"}
	x := exchange{target: "/films", status: 401, want: headers{"Www-Authenticate": "Basic", "Proxy-Status": ""}, body: fault("", "Log in", "", "")}
	x.check(t, ask(t, api, x))
	answer = &auth.Error{}
	x = exchange{target: "/films", status: 401, want: headers{"Www-Authenticate": ""}, body: fault("", "", "", "")}
	x.check(t, ask(t, api, x))
}

// A bearer token is asked for where that is what tells who makes a request.
func TestAuth_challenge(t *testing.T) {
	t.Parallel()
	const raise = `CREATE FUNCTION archive.refuse() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
		RAISE SQLSTATE 'PGRST' USING MESSAGE = '{"code": "C", "message": "m"}',
			DETAIL = '{"status": 401, "headers": {"WWW-Authenticate": "Basic"}}'; END $$`
	identity := func(id auth.Identity) option {
		return func(o *pgrest.Options) {
			o.Authenticate = func(*http.Request) (auth.Identity, error) { return id, nil }
		}
	}
	forbidden := exchange{method: "DELETE", target: "/films?id=eq.1"}
	for name, tt := range map[string]struct {
		change option
		x      exchange
		status int
		want   string
	}{
		"tokens":                         {func(*pgrest.Options) {}, forbidden, 401, "Bearer"},
		"tokens, none is there":          {func(o *pgrest.Options) { o.AnonRole = "" }, forbidden, 401, "Bearer"},
		"host":                           {identity(auth.Identity{Role: anon, Anonymous: true}), forbidden, 401, ""},
		"host, not anonymous":            {identity(auth.Identity{Role: anon}), forbidden, 403, ""},
		"host, role that isn't there":    {identity(auth.Identity{Role: "nobody at all"}), forbidden, 401, ""},
		"host, role that none can be":    {identity(auth.Identity{Role: "none"}), forbidden, 401, ""},
		"host, no role":                  {identity(auth.Identity{}), forbidden, 401, ""},
		"host, what the database says":   {identity(auth.Identity{Role: anon}), exchange{method: "POST", target: "/rpc/refuse"}, 401, "Basic"},
		"tokens, what the database says": {func(*pgrest.Options) {}, exchange{method: "POST", target: "/rpc/refuse"}, 401, "Basic"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Clone(t)
			_, err := db.Superuser(t).Exec(t.Context(), raise)
			require.NoError(t, err)
			response := ask(t, open(t, db.Pool(t), tt.change), tt.x)
			require.Equal(t, tt.status, response.StatusCode, read(t, response))
			require.Equal(t, tt.want, response.Header.Get("WWW-Authenticate"))
		})
	}
}
