package apitest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func timeout(d time.Duration) option {
	return func(o *pgrest.Options) { o.Limits.StatementTimeout = d }
}

// Of several timeouts of statements the lowest holds, whoever made it.
func TestLimits_StatementTimeout(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	var name string
	require.NoError(t, super.QueryRow(t.Context(), "SELECT current_database()").Scan(&name))
	_, err := super.Exec(t.Context(), `
		CREATE FUNCTION archive.allowed() RETURNS text STABLE LANGUAGE sql AS $$ SELECT current_setting('statement_timeout') $$;
		CREATE FUNCTION archive.allowed_itself() RETURNS text STABLE SET statement_timeout = '3s' LANGUAGE plpgsql AS $$ BEGIN RETURN current_setting('statement_timeout'); END $$;
		CREATE FUNCTION archive.allowed_all() RETURNS text STABLE SET statement_timeout = 0 LANGUAGE plpgsql AS $$ BEGIN RETURN current_setting('statement_timeout'); END $$;
		ALTER ROLE `+visitor+` IN DATABASE "`+name+`" SET statement_timeout = '4s';
		ALTER ROLE `+curator+` IN DATABASE "`+name+`" SET statement_timeout = '2min'`)
	require.NoError(t, err)
	pool := func(of string) pgrest.Pool {
		return db.Pool(t, func(c *pgxpool.Config) {
			if of != "" {
				c.ConnConfig.RuntimeParams["statement_timeout"] = of
			}
		})
	}
	for _, tt := range []struct {
		name  string
		login string
		limit time.Duration
		role  string
		want  string
	}{
		{"none", "", 0, anon, "0"},
		{"its own", "", 5 * time.Second, anon, "5s"},
		{"negative is none", "", -1, anon, "0"},
		{"less than a millisecond", "", time.Microsecond, anon, "1ms"},
		{"a part of one", "", 1500 * time.Microsecond, anon, "2ms"},
		{"longer than PostgreSQL knows", "", 100 * 24 * time.Hour, anon, "2147483647ms"},
		{"lower than the role's", "", 3 * time.Second, visitor, "3s"},
		{"as the role's", "", 4 * time.Second, visitor, "4s"},
		{"above the role's", "", 5 * time.Second, visitor, "4s"},
		{"lower than the role's in minutes", "", 90 * time.Second, curator, "90s"},
		{"above the role's in minutes", "", 150 * time.Second, curator, "2min"},
		{"lower than the login's", "6s", 5 * time.Second, anon, "5s"},
		{"above the login's", "6s", 7 * time.Second, anon, "6s"},
		{"above the login's in days", "1d", 25 * time.Hour, anon, "1d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := open(t, pool(tt.login), timeout(tt.limit))
			for range 2 {
				x := exchange{target: "/rpc/allowed", token: `{"role": "` + tt.role + `"}`, body: `"` + tt.want + `"`}
				got := ask(t, api, x)
				for tries := 0; tt.limit > 0 && tt.limit < 10*time.Millisecond && got.StatusCode != 200 && tries < 1000; tries++ {
					got = ask(t, api, x) // it took longer than that on a busy machine
				}
				x.check(t, got)
			}
		})
	}
	t.Run("of functions", func(t *testing.T) {
		t.Parallel()
		run(t, open(t, pool(""), timeout(2*time.Second)),
			exchange{name: "above", target: "/rpc/allowed_itself", body: `"3s"`}, // the function's own setting, which bounds no statement within it
			exchange{name: "none", target: "/rpc/allowed_all", body: `"0"`})
	})
}

// A statement that takes longer is cancelled, one that takes less is not.
func TestLimits_StatementTimeout_passes(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE FUNCTION archive.slow() RETURNS int STABLE SET statement_timeout = '1h' LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN 1; END $$`)
	require.NoError(t, err)
	api := open(t, db.Pool(t), timeout(300*time.Millisecond))
	cancelled := fault("57014", "canceling statement due to statement timeout", "", "")
	run(t, api,
		exchange{name: "longer", target: "/rpc/sleep?seconds=60", status: 500, body: cancelled},
		exchange{name: "longer_with_a_setting_of_the_function", target: "/rpc/slow", status: 500, body: cancelled},
		exchange{name: "shorter", target: "/films?select=id&id=eq.1", body: `[{"id": 1}]`},
		exchange{name: "write", method: http.MethodPost, target: "/rpc/sleep", data: `{"seconds": 60}`, status: 500, body: cancelled},
	)
	t.Run("root", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, http.StatusOK, ask(t, api, exchange{target: "/"}).StatusCode)
	})
}

// explains counts statements of requests that begin with EXPLAIN.
type explains struct{ traces }

func (e *explains) explained(t *testing.T) int {
	t.Helper()
	n := 0
	for _, s := range e.take(t) {
		if strings.HasPrefix(s.sql, "EXPLAIN") {
			n++
		}
	}
	return n
}

// What the planner expects to cost too much is refused before it runs.
func TestLimits_MaxCost(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE TABLE archive.dust (id int PRIMARY KEY, text text);
		INSERT INTO archive.dust SELECT n, 'speck ' || n FROM generate_series(1, 20000) AS n;
		GRANT ALL ON archive.dust TO `+anon+`;
		ANALYZE archive.dust`)
	require.NoError(t, err)
	var log explains
	pool := db.Pool(t, func(c *pgxpool.Config) { c.ConnConfig.Tracer = queryTracer{&log.traces} })
	api := open(t, pool, func(o *pgrest.Options) { o.Limits.MaxCost, o.Plans = 100, true })
	watched := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, true)))
	})
	tooCostly := fault("54001", "The request would cost the database too much", "Its estimated cost may be 100.", "Ask for less, or with filters that indexes serve.")
	for _, tt := range []struct {
		x         exchange
		explained int
	}{
		{exchange{name: "cheap", target: "/dust?id=eq.7", body: `[{"id": 7, "text": "speck 7"}]`}, 1},
		{exchange{name: "cheap again", target: "/dust?id=eq.8", body: `[{"id": 8, "text": "speck 8"}]`}, 0},
		{exchange{name: "cheap of another role", target: "/films?select=id&id=eq.1", token: `{"role": "` + visitor + `"}`, body: `[{"id": 1}]`}, 1},
		{exchange{name: "all", target: "/dust?select=id", status: 400, body: tooCostly}, 1},
		{exchange{name: "all again", target: "/dust?select=id", status: 400, body: tooCostly}, 1},
		{exchange{name: "a page of it", target: "/dust?select=id&limit=1&order=id", body: `[{"id": 1}]`}, 1},
		{exchange{name: "a page of about that size", target: "/dust?select=id&limit=1&order=id&offset=0", body: `[{"id": 1}]`}, 0},
		{exchange{name: "a large page of it", target: "/dust?select=id&limit=19999&order=id", status: 400, body: tooCostly}, 1},
		{exchange{name: "a page with a count of all", target: "/dust?select=id&limit=1&order=id", send: headers{"Prefer": "count=exact"}, status: 400, body: tooCostly}, 2},
		{exchange{name: "an update", method: http.MethodPatch, target: "/dust?text=eq.x", data: `{"text": "y"}`, status: 400, body: tooCostly}, 1},
		{exchange{name: "a delete", method: http.MethodDelete, target: "/dust?id=gt.0", status: 400, body: tooCostly}, 1},
		{exchange{name: "an insert", method: http.MethodPost, target: "/dust", data: `{"id": 20001}`, status: 201, want: headers{"Content-Type": ""}}, 0},
		{exchange{name: "the plan", target: "/dust?text=eq.x", send: headers{"Accept": "application/vnd.pgrst.plan; options=analyze"}, status: 400, body: tooCostly}, 1},
		{exchange{name: "what is refused anyway", target: "/dust?id=lt.x", status: 400, body: fault("22P02", `invalid input syntax for type integer: "x"`, "", "")}, 1},
		{exchange{name: "what is forbidden", target: "/acquisitions", status: 401, body: fault("42501", "permission denied for table acquisitions", "", "")}, 1},
	} {
		t.Run(tt.x.name, func(t *testing.T) { // one after the other, for what is remembered
			tt.x.check(t, ask(t, watched, tt.x))
			require.Equal(t, tt.explained, log.explained(t))
		})
	}
	t.Run("edge", func(t *testing.T) {
		var seen events
		statement := seen.of(t, open(t, pool, func(o *pgrest.Options) { o.Observe = seen.observe }), exchange{target: "/dust?select=id"}).SQL
		cost := costOf(t, db.Superuser(t), statement)
		require.Greater(t, cost, 100.0)
		for most, status := range map[float64]int{cost: 200, cost - 0.01: 400, -1: 200} {
			api := open(t, pool, func(o *pgrest.Options) { o.Limits.MaxCost = most })
			require.Equal(t, status, ask(t, api, exchange{target: "/dust?select=id"}).StatusCode, most)
		}
	})
}

// costOf gives the planner's estimate.
func costOf(t *testing.T, pool *pgxpool.Pool, query string) float64 {
	t.Helper()
	var explained []struct {
		Plan struct {
			Cost float64 `json:"Total Cost"`
		}
	}
	require.NoError(t, pool.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON) "+query).Scan(&explained))
	return explained[0].Plan.Cost
}
