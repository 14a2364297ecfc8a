package auth_test

import (
	"context"
	"fmt"
	"log"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

const (
	visitor = "pgrest_test_visitor"
	login   = "pgrest_test_authenticator"
)

// state is what a session shows of its identity and settings.
type state struct{ User, Claims, Site, SearchPath string }

func stateOf(t testing.TB, conn interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) state {
	t.Helper()
	var s state
	err := conn.QueryRow(t.Context(), `SELECT current_user, coalesce(current_setting('request.jwt.claims', true), ''),
		coalesce(current_setting('app.settings.site', true), ''), current_setting('search_path')`).
		Scan(&s.User, &s.Claims, &s.Site, &s.SearchPath)
	require.NoError(t, err)
	return s
}

func TestBegin(t *testing.T) {
	t.Parallel()
	id := auth.Identity{Role: visitor, Claims: []byte(`{"sub":"ada"}`)}
	settings := []auth.Setting{{Name: "search_path", Value: "archive"}, {Name: "app.settings.site", Value: "Wien"}}
	within := state{visitor, `{"role":"` + visitor + `","sub":"ada"}`, "Wien", "archive"}
	for _, c := range []struct {
		name     string
		id       auth.Identity
		settings []auth.Setting
		want     state
	}{
		{"settings", id, settings, within},
		{"no_settings", id, nil, state{visitor, within.Claims, "", `"$user", public`}},
		{"of_a_request", id, auth.Settings(id, auth.Context{Schema: "archive"}), state{visitor, within.Claims, "", `"archive"`}},
		{"identity_wins_over_settings", id, []auth.Setting{{Name: "role", Value: "pgrest_test_curator"}, {Name: "request.jwt.claims", Value: "{}"}},
			state{visitor, within.Claims, "", `"$user", public`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1))
			tx, err := auth.Begin(t.Context(), pool, c.id, c.settings)
			require.NoError(t, err)
			require.Equal(t, c.want, stateOf(t, tx))
			require.NoError(t, tx.Rollback(t.Context()))
		})
	}
}

// Whatever the session's defaults are, the transaction is one for reading and writing.
func TestBegin_modes(t *testing.T) {
	t.Parallel()
	for _, defaults := range []string{
		"", "SET default_transaction_read_only = on", "SET default_transaction_isolation = 'serializable'",
		"SET default_transaction_read_only = on; SET default_transaction_isolation = 'repeatable read'",
	} {
		t.Run(defaults, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1))
			_, err := pool.Exec(t.Context(), defaults)
			require.NoError(t, err)
			tx, err := auth.Begin(t.Context(), pool, auth.Identity{Role: visitor}, nil)
			require.NoError(t, err)
			var modes string
			require.NoError(t, tx.QueryRow(t.Context(),
				`SELECT current_setting('transaction_isolation') || ', read only ' || current_setting('transaction_read_only')`).Scan(&modes))
			require.Equal(t, "read committed, read only off", modes)
			require.NoError(t, tx.Rollback(t.Context()))
		})
	}
}

// The policies of the role hold, by the claims.
func TestBegin_policies(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t)
	for _, c := range []struct {
		sub  string
		want int
	}{{"ada", 2}, {"grace", 1}, {"nobody", 0}} {
		tx, err := auth.Begin(t.Context(), pool, auth.Identity{Role: visitor, Claims: fmt.Appendf(nil, `{"sub":%q}`, c.sub)}, nil)
		require.NoError(t, err)
		var n int
		require.NoError(t, tx.QueryRow(t.Context(), "SELECT count(*) FROM archive.watchlists").Scan(&n))
		require.Equal(t, c.want, n)
		require.NoError(t, tx.Commit(t.Context()))
	}
}

// However a transaction ends, it leaves the pool's only connection as it was.
func TestBegin_leaves_nothing_behind(t *testing.T) {
	t.Parallel()
	id := auth.Identity{Role: visitor, Claims: []byte(`{"sub":"ada"}`)}
	settings := []auth.Setting{{Name: "search_path", Value: "archive"}, {Name: "app.settings.site", Value: "Wien"}}
	begin := func(t *testing.T, pool *pgxpool.Pool) pgx.Tx {
		t.Helper()
		tx, err := auth.Begin(t.Context(), pool, id, settings)
		require.NoError(t, err)
		return tx
	}
	for _, c := range []struct {
		name string
		use  func(t *testing.T, pool *pgxpool.Pool)
	}{
		{"after_commit", func(t *testing.T, pool *pgxpool.Pool) {
			require.NoError(t, begin(t, pool).Commit(t.Context()))
		}},
		{"after_rollback", func(t *testing.T, pool *pgxpool.Pool) {
			require.NoError(t, begin(t, pool).Rollback(t.Context()))
		}},
		{"after_an_error", func(t *testing.T, pool *pgxpool.Pool) {
			tx := begin(t, pool)
			_, err := tx.Exec(t.Context(), "SELECT 1/0")
			require.Error(t, err)
			require.ErrorIs(t, tx.Commit(t.Context()), pgx.ErrTxCommitRollback)
		}},
		{"after_cancellation", func(t *testing.T, pool *pgxpool.Pool) {
			tx := begin(t, pool)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			require.Error(t, tx.Rollback(ctx))
		}},
		{"after_a_panic", func(t *testing.T, pool *pgxpool.Pool) {
			require.Panics(t, func() {
				tx := begin(t, pool)
				defer func() { require.NoError(t, tx.Rollback(t.Context())) }()
				panic("in the host's code")
			})
		}},
		{"after_a_setting_that_fails", func(t *testing.T, pool *pgxpool.Pool) {
			_, err := auth.Begin(t.Context(), pool, id, append(settings[:2:2], auth.Setting{Name: "work_mem", Value: "much"}))
			requireSQLState(t, err, "22023")
		}},
		{"after_a_role_that_is_not_there", func(t *testing.T, pool *pgxpool.Pool) {
			for _, role := range []string{"pgrest_test_nobody", ""} {
				_, err := auth.Begin(t.Context(), pool, auth.Identity{Role: role}, settings)
				requireSQLState(t, err, "22023")
			}
		}},
		{"after_a_role_that_may_not_be", func(t *testing.T, pool *pgxpool.Pool) {
			_, err := auth.Begin(t.Context(), pool, auth.Identity{Role: "pgrest_test_stranger"}, settings)
			requireSQLState(t, err, "42501")
		}},
		{"after_the_role_none", func(t *testing.T, pool *pgxpool.Pool) {
			for _, role := range []string{"none", "NONE", "None"} {
				_, err := auth.Begin(t.Context(), pool, auth.Identity{Role: role}, settings)
				require.Equal(t, "22023", requireError(t, err).Code)
			}
		}},
		{"after_a_context_that_was_done", func(t *testing.T, pool *pgxpool.Pool) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := auth.Begin(ctx, pool, id, settings)
			require.ErrorIs(t, err, context.Canceled)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1))
			c.use(t, pool)
			require.Equal(t, state{User: login, SearchPath: `"$user", public`}, stateOf(t, pool))
		})
	}
}

func requireSQLState(t testing.TB, err error, state string) {
	t.Helper()
	var pgErr *pgconn.PgError
	require.ErrorAs(t, err, &pgErr)
	require.Equal(t, state, pgErr.Code)
}

// A host's own page shows a user only what the API would show them.
func ExampleBegin() {
	ctx := context.Background()
	pool, done := pgtest.ExamplePool() // or pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	defer done()

	id := auth.Identity{Role: "pgrest_test_visitor", Claims: []byte(`{"sub":"ada"}`)}
	tx, err := auth.Begin(ctx, pool, id, []auth.Setting{{Name: "search_path", Value: "archive"}})
	if err != nil {
		log.Print(err)
		return
	}
	defer tx.Rollback(ctx)

	var films int
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM watchlists").Scan(&films); err != nil {
		log.Print(err)
		return
	}
	if err := tx.Commit(ctx); err != nil {
		log.Print(err)
		return
	}
	fmt.Println(films)
	// Output:
	// 2
}

// Settings makes what a request's transaction begins with, and Begin begins one with it:
// the host's own SQL then sees the same search path, request.* and app.* settings, and
// settings of its role as a request to the API, so that functions and policies that read
// them work in both.
func ExampleBegin_settings() {
	ctx := context.Background()
	pool, done := pgtest.ExamplePool() // or pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	defer done()

	// The schema cache knows the settings that roles were altered to have, by
	// ALTER ROLE … SET, which becoming a role doesn't bring along. Where there is a
	// pgrest.Handler, Options.OnSchemaLoad is given one at each load.
	cache, err := introspect.Load(ctx, pool, introspect.Options{Schemas: []string{"archive"}})
	if err != nil {
		log.Print(err)
		return
	}

	// Within a handler of the host's these come from its *http.Request, and id is what
	// Options.Authenticate gives for it, or a Verifier.
	method, path, headers, cookie := "GET", "/report", map[string][]string{"Accept": {"text/html"}}, "theme=dark"
	id := auth.Identity{Role: "pgrest_test_auditor", Claims: []byte(`{"sub":"ada"}`)}

	settings := auth.Settings(id, auth.Context{
		Schema:          "archive",          // the first of Options.Schemas, or what a profile header names
		ExtraSearchPath: []string{"public"}, // as Options.ExtraSearchPath
		Method:          method,
		Path:            path,
		Headers:         auth.HeadersJSON("films.example", headers),
		Cookies:         auth.CookiesJSON(cookie),
		RoleSettings:    cache.RoleSettings(id.Role).Settings,
		AppSettings:     []auth.Setting{{Name: "app.settings.site", Value: "Wien"}}, // as Options.AppSettings
	})
	tx, err := auth.Begin(ctx, pool, id, settings)
	if err != nil {
		log.Print(err)
		return
	}
	defer tx.Rollback(ctx)

	for _, name := range []string{
		"search_path", "role", "statement_timeout", "request.jwt.claims", "request.method", "request.path",
		"request.headers", "request.cookies", "app.settings.site",
	} {
		var value string
		if err := tx.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
			log.Print(err)
			return
		}
		fmt.Println(name, "=", value)
	}
	// Output:
	// search_path = "archive", "public"
	// role = pgrest_test_auditor
	// statement_timeout = 7s
	// request.jwt.claims = {"role":"pgrest_test_auditor","sub":"ada"}
	// request.method = GET
	// request.path = /report
	// request.headers = {"accept":"text/html","host":"films.example"}
	// request.cookies = {"theme":"dark"}
	// app.settings.site = Wien
}
