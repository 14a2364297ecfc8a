package apitest_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

func TestMain(m *testing.M) {
	code := pgtest.Main(m)
	tellModes()
	os.Exit(code)
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	idle, err := pgrest.NewListener(noDatabase{}, pgrest.ListenerOptions{})
	require.NoError(t, err)
	const noTokens = "beside Authenticate no bearer token is verified, but by itself, for which there is auth.NewVerifier"
	exclude := func(options, because string) string { return "pgrest: " + options + " exclude each other: " + because }
	for _, tt := range []struct {
		name string
		opts pgrest.Options
		want string
	}{
		{"schema_without_a_name", pgrest.Options{Schemas: []string{"api", ""}}, "pgrest: Schemas has an empty name"},
		{"system_catalog", pgrest.Options{Schemas: []string{"pg_catalog"}}, "pgrest: Schemas can't expose pg_catalog"},
		{"information_schema", pgrest.Options{Schemas: []string{"api", "information_schema"}}, "pgrest: Schemas can't expose information_schema"},
		{"negative_BodyThreshold", pgrest.Options{BodyThreshold: -1}, "pgrest: BodyThreshold is -1, and can't be negative"},
		{"unknown_TxEnd", pgrest.Options{TxEnd: 4}, "pgrest: TxEnd is 4, which is none of its values"},
		{"unknown_SchemaList", pgrest.Options{SchemaList: 9}, "pgrest: SchemaList is 9, which is none of its values"},
		{"malformed_OpenAPIServerURL", pgrest.Options{OpenAPIServerURL: "films.example"},
			`pgrest: OpenAPIServerURL: openapi: malformed server URL "films.example": it must be an absolute http or https URL without user, query and fragment`},
		{"BasePath_without_a_slash", pgrest.Options{BasePath: "api"}, `pgrest: BasePath is "api", and has to begin with a slash`},
		{"AppSettings_without_a_dot", pgrest.Options{AppSettings: map[string]string{"site": "Wien"}},
			`pgrest: AppSettings has "site"; PostgreSQL wants a dot in the name of a custom setting`},
		{"FilterCasts_with_a_schema", pgrest.Options{FilterCasts: []string{"numeric", "api.hue"}}, `pgrest: FilterCasts has "api.hue", which is not the name of a type: letters, digits, _, $ and spaces, without a schema`},
		{"FilterCasts_with_nothing", pgrest.Options{FilterCasts: []string{""}}, `pgrest: FilterCasts has "", which is not the name of a type: letters, digits, _, $ and spaces, without a schema`},
		{"FilterCasts_with_SQL", pgrest.Options{FilterCasts: []string{"int) OR (1=1"}}, `pgrest: FilterCasts has "int) OR (1=1", which is not the name of a type: letters, digits, _, $ and spaces, without a schema`},
		{"PostOnly_without_a_name", pgrest.Options{PostOnly: []string{"login", ""}}, "pgrest: PostOnly has an empty name"},
		{"PostOnly_of_the_root", pgrest.Options{RootSpec: "api.root", PostOnly: []string{"root"}},
			"pgrest: PostOnly has root, which answers a GET on the root as RootSpec"},
		{"JWTSecret_beside_Authenticate", pgrest.Options{Authenticate: asAnon, JWTSecret: []byte(secret)}, exclude("Authenticate and JWTSecret", noTokens)},
		{"JWTKeySetURL_beside_Authenticate", pgrest.Options{Authenticate: asAnon, JWTKeySetURL: "https://a.example/keys"},
			exclude("Authenticate and JWTKeySetURL", noTokens)},
		{"JWTAudience_beside_Authenticate", pgrest.Options{Authenticate: asAnon, JWTAudience: "archive"}, exclude("Authenticate and JWTAudience", noTokens)},
		{"JWTRoleClaimKey_beside_Authenticate", pgrest.Options{Authenticate: asAnon, JWTRoleClaimKey: "$.role"},
			exclude("Authenticate and JWTRoleClaimKey", noTokens)},
		{"JWTCacheMaxEntries_beside_Authenticate", pgrest.Options{Authenticate: asAnon, JWTCacheMaxEntries: -1},
			exclude("Authenticate and JWTCacheMaxEntries", noTokens)},
		{"Listener_that_is_not_to_be_used", pgrest.Options{DisableListener: true, Listener: idle},
			exclude("DisableListener and Listener", "one is not to be used")},
		{"OnConfigNotify_that_nothing_calls", pgrest.Options{DisableListener: true, OnConfigNotify: func() {}},
			exclude("DisableListener and OnConfigNotify", "nothing would call it")},
		{"RootSpec_where_there_is_no_root", pgrest.Options{OpenAPI: pgrest.OpenAPIDisabled, RootSpec: "root"},
			exclude("OpenAPI and RootSpec", "nothing is at the root when it is disabled")},
		{"short_JWTSecret", pgrest.Options{JWTSecret: []byte("short")}, "pgrest: The JWT secret must be at least 32 characters long."},
		{"JWTAudience_that_is_no_URI", pgrest.Options{JWTAudience: ":archive"}, "pgrest: jwt-aud should be a string or a valid URI"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api, err := pgrest.New(noDatabase{}, tt.opts)
			require.EqualError(t, err, tt.want)
			require.Nil(t, api)
		})
	}
	t.Run("no_pool", func(t *testing.T) {
		t.Parallel()
		_, err := pgrest.New(nil, pgrest.Options{})
		require.EqualError(t, err, "pgrest: no pool")
	})
}

// A handler leaves the host's options to the host.
func TestNew_copies_options(t *testing.T) {
	t.Parallel()
	schemas := []string{"archive"}
	settings := map[string]string{"app.settings.site": "Wien"}
	api := serve(t, func(o *pgrest.Options) { o.Schemas, o.AppSettings = schemas, settings })
	schemas[0], settings["app.settings.site"] = "private", "Graz"
	x := exchange{target: "/whoami?select=site,search_path", body: `[{"site": "Wien", "search_path": "\"archive\", \"extra\""}]`}
	x.check(t, ask(t, api, x))
}

// Handlers with options of their own share a pool, and a process.
func TestHandler_several(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t)
	first := open(t, pool)
	second := open(t, pool, func(o *pgrest.Options) { o.Schemas, o.MaxRows = []string{"archive_v2"}, 1 })
	for range 2 {
		x := exchange{target: "/films?select=title&id=eq.2", body: `[{"title": "M"}]`}
		x.check(t, ask(t, first, x))
		x = exchange{target: "/films?select=name&order=id", body: `[{"name": "Metropolis"}]`}
		x.check(t, ask(t, second, x))
	}
	first.Close()
	x := exchange{target: "/films?select=name&order=id", body: `[{"name": "Metropolis"}]`}
	x.check(t, ask(t, second, x))
}

// Without a database a handler starts all the same. Requests wait for the
// schema as long as their context lets them.
func TestHandler_no_database(t *testing.T) {
	t.Parallel()
	api, err := pgrest.New(noDatabase{}, pgrest.Options{AnonRole: anon, Logger: slog.New(slog.DiscardHandler), DisableListener: true})
	require.NoError(t, err)
	t.Cleanup(api.Close)
	require.Nil(t, api.SchemaCache())
	require.ErrorIs(t, api.Reload(t.Context()), errNoDatabase)

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, api.Ready(ctx), context.DeadlineExceeded)
	x := exchange{target: "/films", status: 503, body: fault("PGRST002", "Could not query the database for the schema cache. Retrying.", "", "")}
	x.check(t, answer(api, x.request(t).WithContext(ctx)).Result())
}

func TestHandler_Ready_when_closed(t *testing.T) {
	t.Parallel()
	api, err := pgrest.New(noDatabase{}, pgrest.Options{Logger: slog.New(slog.DiscardHandler), DisableListener: true})
	require.NoError(t, err)
	api.Close()
	api.Close() // twice is once
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	require.ErrorIs(t, api.Ready(ctx), context.Canceled)
}

// Reload, or a notification, makes new tables known.
func TestHandler_Reload(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	superuser := db.Superuser(t)
	api := open(t, db.Pool(t), func(o *pgrest.Options) { o.DisableListener, o.Channel = false, "archive" })
	plays := introspect.QualifiedName{Schema: "archive", Name: "plays"}
	exec := func(sql string) {
		_, err := superuser.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	unknown := exchange{target: "/plays", status: 404, body: fault("PGRST205", "Could not find the table 'archive.plays' in the schema cache", "", "")}

	exec(`CREATE TABLE archive.plays (id int); INSERT INTO archive.plays VALUES (1); GRANT SELECT ON archive.plays TO pgrest_test_anon`)
	unknown.check(t, ask(t, api, unknown))
	require.NotContains(t, api.SchemaCache().Tables, plays)
	require.NoError(t, api.Reload(t.Context()))
	require.Contains(t, api.SchemaCache().Tables, plays)
	known := exchange{target: "/plays", body: `[{"id": 1}]`}
	known.check(t, ask(t, api, known))

	exec(`DROP TABLE archive.plays; NOTIFY archive, 'reload schema'`)
	waitFor(t, func() bool { _, ok := api.SchemaCache().Table(plays); return !ok }, "the table is forgotten")
	unknown.check(t, ask(t, api, unknown))
}

// A request that finds the schema changed has it loaded anew, without being told.
func TestHandler_outdated_schema(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	api := open(t, db.Pool(t))
	before := exchange{target: "/institutions?code=eq.BFI", body: `[{"code": "BFI", "name": "British Film Institute"}]`}
	before.check(t, ask(t, api, before))

	_, err := db.Superuser(t).Exec(t.Context(), `ALTER TABLE archive.institutions RENAME COLUMN name TO label`)
	require.NoError(t, err)
	waitFor(t, func() bool { return ask(t, api, before).StatusCode == http.StatusOK }, "the new column is known")
	after := exchange{target: "/institutions?code=eq.BFI", body: `[{"code": "BFI", "label": "British Film Institute"}]`}
	after.check(t, ask(t, api, after))
}

// Authenticate replaces bearer tokens by whatever the host knows requests by.
func TestHandler_Authenticate(t *testing.T) {
	t.Parallel()
	api := serve(t, func(o *pgrest.Options) {
		o.Authenticate = func(r *http.Request) (auth.Identity, error) {
			switch user := r.Header.Get("X-User"); user {
			case "":
				return auth.Identity{Role: anon, Anonymous: true}, nil
			case "eve":
				return auth.Identity{}, &auth.Error{Code: "EVE", Message: "Not you", Status: http.StatusForbidden}
			case "oops":
				return auth.Identity{}, errors.New("the session store is down")
			case "panic":
				panic("as told")
			default:
				return auth.Identity{Role: visitor, Claims: []byte(`{"sub": "` + user + `"}`)}, nil
			}
		}
	})
	run(t, api,
		exchange{name: "user", target: "/watchlists?select=film_id", send: headers{"X-User": "grace"}, body: `[{"film_id": 1}]`},
		exchange{name: "token_means_nothing", target: "/whoami?select=role", token: `{"role": "` + curator + `"}`, body: `[{"role": "` + anon + `"}]`},
		exchange{name: "anonymous_without_a_privilege", target: "/acquisitions", status: 401, body: fault("42501", "permission denied for table acquisitions", "", "")},
		exchange{name: "refused", target: "/films", send: headers{"X-User": "eve"}, status: 403, body: fault("EVE", "Not you", "", "")},
		exchange{name: "failed", target: "/films", send: headers{"X-User": "oops"}, status: 500, body: fault("PGRSTX00", "Internal error", "", "")},
		exchange{name: "panicked", target: "/films", send: headers{"X-User": "panic"}, status: 500, body: fault("PGRSTX00", "Internal error", "", "")},
	)
}

// noDatabase is a pool that has no connection to lend.
type noDatabase struct{}

var errNoDatabase = errors.New("no database")

func (noDatabase) Acquire(context.Context) (*pgxpool.Conn, error) { return nil, errNoDatabase }
