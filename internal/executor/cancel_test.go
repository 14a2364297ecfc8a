package executor_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/query"
)

// gate is an advisory lock that the test holds, and queries wait for.
type gate struct {
	key  int64
	pool *pgxpool.Pool // a superuser's, to see all sessions
	hold *pgxpool.Conn
}

func shut(t *testing.T, db *pgtest.Database) *gate {
	t.Helper()
	g := &gate{key: rand.Int64(), pool: db.Superuser(t)}
	var err error
	g.hold, err = g.pool.Acquire(t.Context())
	require.NoError(t, err)
	t.Cleanup(g.hold.Release)
	_, err = g.hold.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, g.key)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := g.hold.Exec(context.Background(), `SELECT pg_advisory_unlock_all()`)
		require.NoError(t, err)
	})
	return g
}

// waiting is the number of sessions that wait for the gate.
func (g *gate) waiting(t *testing.T) int {
	t.Helper()
	return session[int](t, g.pool, `
		SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND (classid::bigint << 32 | objid::bigint) = $1`, g.key)
}

func (g *gate) requireWaiting(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return g.waiting(t) == n }, 20*time.Second, 5*time.Millisecond, "%d sessions at the gate", n)
}

// blocked is a query whose rows end at the gate: n of them come before.
func (g *gate) blocked(n int) string {
	return fmt.Sprintf(`SELECT repeat('x', 10000), CASE WHEN n > %d THEN pg_advisory_xact_lock(%d)::text END FROM generate_series(1, %d) AS n`, n, g.key, n+1)
}

// When the client goes away, the query ends in PostgreSQL too, and its
// connection is replaced.
func TestOnce_cancelled(t *testing.T) {
	t.Parallel()
	db := pgtest.Fixture(t)
	tests := map[string]struct {
		rows int
		wrap func(task) task
	}{
		"before the first row":               {0, func(cmd task) task { return cmd }},
		"between rows":                       {20, func(cmd task) task { return cmd }},
		"between rows, in a transaction":     {20, func(cmd task) task { return counted(cmd, `SELECT 1`) }},
		"before the first, in a transaction": {0, func(cmd task) task { return counted(cmd, `SELECT 1`) }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := shut(t, db)
			pool := db.Pool(t, pgtest.MaxConns(1))
			backend := backendOf(t, pool)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()

			outcome := make(chan error)
			go func() {
				result, err := once(ctx, executor.New(pool, true), tt.wrap(command(anon, g.blocked(tt.rows))))
				if err == nil {
					collect(result)
					err = result.Err()
					result.Close()
				}
				outcome <- err
			}()
			g.requireWaiting(t, 1)
			cancel()
			require.ErrorIs(t, <-outcome, context.Canceled)
			g.requireWaiting(t, 0)
			require.NotEqual(t, backend, backendOf(t, pool))
		})
	}
}

// Closing a result before its end gives the rest of its rows up.
func TestResult_abandoned(t *testing.T) {
	t.Parallel()
	db := pgtest.Fixture(t)
	for name, rows := range map[string]int{"before any row": 0, "after one": 1, "after some": 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := shut(t, db)
			pool := db.Pool(t, pgtest.MaxConns(1))
			backend := backendOf(t, pool)
			result, err := once(t.Context(), executor.New(pool, true), command(anon, g.blocked(20)))
			require.NoError(t, err)
			for range rows {
				require.True(t, result.Next())
			}
			g.requireWaiting(t, 1)
			result.Close()
			result.Close()
			g.requireWaiting(t, 0)
			require.NotEqual(t, backend, backendOf(t, pool))
		})
	}
}

// Where the rest has come already, it is no loss to the connection.
func TestResult_abandoned_though_it_has_come(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	for range 10 {
		result, err := once(t.Context(), executor.New(pool, true), command(anon, `SELECT generate_series(1, 3)`))
		require.NoError(t, err)
		require.True(t, result.Next())
		result.Close()
		requireUsable(t, pool, backendOf(t, pool))
	}
}

// What it set beyond its transaction is nothing to the next one.
func TestResult_abandoned_with_overrides(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	exec := executor.New(pool, true)
	result, err := once(t.Context(), exec, command(anon, `SELECT set_config('response.headers', '[{"X-Mine": "1"}]', false) FROM generate_series(1, 3)`))
	require.NoError(t, err)
	require.True(t, result.Next())
	result.Close()
	_, next := run(t, pool, command(curator, `SELECT 1`))
	require.Empty(t, next.Overrides)
}

func TestResult_closed_at_its_end(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	backend := backendOf(t, pool)
	_, result := run(t, pool, command(anon, `SELECT 1`))
	result.Close()
	result.Close()
	require.False(t, result.Next())
	requireUsable(t, pool, backend)
}

func TestOnce_cancelled_before(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := once(ctx, executor.New(pool, true), command(anon, `SELECT 1`))
	require.ErrorIs(t, err, context.Canceled)
	requireUsable(t, pool, backendOf(t, pool))
}

// A connection that PostgreSQL ends while a query runs is no fault of the client.
func TestOnce_terminated(t *testing.T) {
	t.Parallel()
	db := pgtest.Fixture(t)
	for name, rows := range map[string]int{"before the first row": 0, "between rows": 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := shut(t, db)
			pool := db.Pool(t, pgtest.MaxConns(1))
			backend := backendOf(t, pool)
			outcome := make(chan error)
			go func() {
				result, err := once(t.Context(), executor.New(pool, true), command(anon, g.blocked(rows)))
				if err == nil {
					collect(result)
					err = result.Err()
					result.Close()
				}
				outcome <- err
			}()
			g.requireWaiting(t, 1)
			require.True(t, session[bool](t, g.pool, `SELECT pg_terminate_backend($1)`, backend))
			e := apierror.From(<-outcome, true)
			require.Equal(t, 503, e.Status, e)
			requireUsable(t, pool, backendOf(t, pool))
		})
	}
}

// A wait that the caller ends is no loss of the database's.
func TestResult_Cancel(t *testing.T) {
	t.Parallel()
	db := pgtest.Fixture(t)
	pool := db.Pool(t, pgtest.MaxConns(1))
	g := shut(t, db)
	exec, lost := executor.New(pool, true), 0
	exec.Lost = func() { lost++ }
	result, err := once(t.Context(), exec, command(visitor, g.blocked(20)))
	require.NoError(t, err)
	defer result.Close()
	go func() {
		for g.waiting(t) == 0 {
			time.Sleep(time.Millisecond)
		}
		result.Cancel()
	}()
	for result.Next() {
	}
	require.Error(t, result.Err())
	require.Zero(t, lost)
	g.requireWaiting(t, 0)

	// When the result has no connection any more, there is nothing to cancel or to pause.
	backend := backendOf(t, pool)
	result.Cancel()
	result.Pause()
	result.Resume()
	requireUsable(t, pool, backend)
}

// What has come whole holds no connection, though nobody closes it.
func TestOnce_gives_back_what_has_come(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*task){
		"no_rows": func(c *task) { c.Program.Main.SQL = `SELECT 1 WHERE false` },
		"affected": func(c *task) {
			c.Program.Form, c.Program.Main.SQL = query.FormTag, `SET LOCAL TimeZone = 'UTC'`
		},
		"counted": func(c *task) { c.Program.Form = query.FormNumber },
		"body":    func(c *task) { c.Program.Form, c.Program.Main.SQL = query.FormDocument, `SELECT 1, 'whole'` },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := oneConnection(t)
			cmd := command(anon, `SELECT 1`)
			change(&cmd)
			result, err := once(t.Context(), executor.New(pool, true), cmd)
			require.NoError(t, err)
			defer result.Close()
			require.Zero(t, pool.Stat().AcquiredConns())
			require.False(t, result.Next())
			require.NoError(t, result.Err())
		})
	}
}
