package executor_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/dbpool"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// idle fills the pool with n connections that nobody uses.
func idle(t *testing.T, pool *pgxpool.Pool, n int) {
	t.Helper()
	for range n {
		conn, err := pool.Acquire(t.Context())
		require.NoError(t, err)
		defer conn.Release()
	}
}

// terminate ends all of the authenticator's sessions and waits until they are gone.
func terminate(t *testing.T, superuser *pgxpool.Pool) {
	t.Helper()
	const ours = ` FROM pg_stat_activity WHERE datname = current_database() AND usename = 'pgrest_test_authenticator'`
	_, err := superuser.Exec(t.Context(), `SELECT pg_terminate_backend(pid)`+ours)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return session[int](t, superuser, `SELECT count(*)`+ours) == 0 }, 20*time.Second, time.Millisecond)
}

// plainPool can do no more than lend connections.
type plainPool struct{ pool *pgxpool.Pool }

// Acquire lends a connection.
func (p plainPool) Acquire(ctx context.Context) (*pgxpool.Conn, error) { return p.pool.Acquire(ctx) }

// A command that gets connections which died while they were idle runs on another
// one, once, whether it reads or writes.
func TestOnce_dead_connections(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		plain bool
		idle  int
	}{
		"one":                            {false, 1},
		"many":                           {false, 8},
		"one of a pool without a reset":  {true, 1},
		"some of a pool without a reset": {true, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Clone(t)
			superuser := db.Superuser(t)
			var given dbpool.Pool
			pool := db.Pool(t, pgtest.MaxConns(8))
			given = pool
			if tt.plain {
				given = plainPool{pool}
			}
			var lost atomic.Int32
			e := executor.New(given, true)
			e.Lost = func() { lost.Add(1) }
			commands := []task{
				command(anon, `SELECT 1`),
				counted(command(anon, `SELECT 1`), `SELECT 1`),
				writing(`INSERT INTO reels VALUES (5, 1, 1) RETURNING number`, nil),
				writing(`INSERT INTO reels VALUES (5, 2, 2) RETURNING number`, func(c *task) { c.Expect.MaxAffected = 1 }),
			}
			for i, cmd := range commands {
				idle(t, pool, tt.idle)
				terminate(t, superuser)
				lost.Store(0)
				result, err := once(t.Context(), e, cmd)
				require.NoError(t, err, i)
				require.Len(t, collect(result), 1)
				require.NoError(t, result.Err())
				result.Close()
				require.Positive(t, lost.Load())
			}
			require.Equal(t, "1 at 1, 2 at 2", reels(t, pool))
		})
	}
}

// More connections than are tried are dead: the next command finds others.
func TestOnce_dead_connections_only(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool := db.Pool(t, pgtest.MaxConns(4))
	idle(t, pool, 4)
	terminate(t, db.Superuser(t))
	e := executor.New(plainPool{pool}, true)
	_, err := once(t.Context(), e, command(anon, `SELECT 1`))
	require.Equal(t, 503, apierror.From(err, true).Status)
	result, err := once(t.Context(), e, command(anon, `SELECT 1`))
	require.NoError(t, err)
	result.Close()
}

// What had begun to run when its connection died is not run again.
func TestOnce_lost_while_running(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	superuser := db.Superuser(t)
	g := shut(t, db)
	pool := db.Pool(t, pgtest.MaxConns(1))
	for _, read := range []bool{true, false} {
		cmd := writing(fmt.Sprintf(`SELECT pg_advisory_xact_lock(%d)`, g.key), nil)
		cmd.ReadOnly = read
		var lost atomic.Int32
		e := executor.New(pool, true)
		e.Lost = func() { lost.Add(1) }
		outcome := make(chan error, 1)
		go func() {
			_, err := once(t.Context(), e, cmd)
			outcome <- err
		}()
		g.requireWaiting(t, 1)
		terminate(t, superuser)
		select {
		case err := <-outcome:
			require.Equal(t, "57P01", sqlstate(err))
			require.Equal(t, 503, apierror.From(err, true).Status)
		case <-time.After(20 * time.Second):
			require.Fail(t, "no outcome")
		}
		require.Positive(t, lost.Load())
	}
}

// failing is a pool without connections.
type failing struct{ err error }

// Acquire fails.
func (f failing) Acquire(context.Context) (*pgxpool.Conn, error) { return nil, f.err }

// There are several reasons for having no connection, and clients are told which.
func TestOnce_without_a_connection(t *testing.T) {
	t.Parallel()
	errDown := errors.New("down")
	pool := oneConnection(t)
	held, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	t.Cleanup(held.Release)
	expired, cancelExpired := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancelExpired()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()

	tests := map[string]struct {
		pool    dbpool.Pool
		ctx     context.Context
		timeout time.Duration
		cause   error
		status  int
		code    string
		lost    bool
	}{
		"the pool is used up":           {pool, t.Context(), time.Millisecond, context.DeadlineExceeded, 504, "PGRST003", false},
		"the request's time is up":      {pool, expired, time.Minute, context.DeadlineExceeded, 504, "PGRST003", false},
		"the client left":               {pool, cancelled, time.Minute, context.Canceled, 499, "57014", false},
		"the database can't be reached": {failing{errDown}, t.Context(), time.Minute, errDown, 503, "PGRST000", true},
		"no timeout":                    {failing{errDown}, t.Context(), 0, errDown, 503, "PGRST000", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			lost := false
			e := executor.New(tt.pool, true)
			e.AcquireTimeout, e.Lost = tt.timeout, func() { lost = true }
			_, err := once(tt.ctx, e, command(anon, `SELECT 1`))
			require.ErrorIs(t, err, tt.cause)
			got := apierror.From(err, true)
			require.Equal(t, tt.status, got.Status)
			require.Equal(t, tt.code, got.Code)
			require.Equal(t, tt.lost, lost)
		})
	}
}
