package executor_test

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/value"
)

// However a transaction is left, its connection has no part of it any more, or is closed.
func TestTx_left(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	superuser := db.Superuser(t)
	type scene struct {
		tx     *executor.Tx
		ctx    context.Context
		cancel context.CancelFunc
		kill   func()
	}
	open := func(t *testing.T, s scene) *executor.Result {
		result, err := s.tx.Run(s.ctx, sql(`SELECT generate_series(1, 100000), repeat('x', 1000)`))
		require.NoError(t, err)
		require.True(t, result.Next())
		return result
	}
	tests := map[string]struct {
		leave func(*testing.T, scene)
		gone  bool // the connection, too
	}{
		"by a panic":            {func(*testing.T, scene) { panic("as told") }, false},
		"by a panic among rows": {func(t *testing.T, s scene) { open(t, s); panic("as told") }, true},
		"by a panic behind an error": {func(t *testing.T, s scene) {
			_, err := s.tx.Run(s.ctx, sql(`SELECT 1/0`))
			require.Error(t, err)
			panic("as told")
		}, false},
		"by a panic among the host's rows": {func(t *testing.T, s scene) {
			_, err := s.tx.Pgx().Query(s.ctx, `SELECT generate_series(1, 100000), repeat('x', 1000)`)
			require.NoError(t, err)
			panic("as told")
		}, true},
		"by a cancel":            {func(_ *testing.T, s scene) { s.cancel() }, true},
		"by a cancel among rows": {func(t *testing.T, s scene) { open(t, s); s.cancel() }, true},
		"by a cancel that a run finds": {func(t *testing.T, s scene) {
			s.cancel()
			_, err := s.tx.Run(s.ctx, sql(`SELECT 1`))
			require.ErrorIs(t, err, context.Canceled)
		}, true},
		"by PostgreSQL": {func(_ *testing.T, s scene) { s.kill() }, true},
		"by PostgreSQL, as a run finds": {func(t *testing.T, s scene) {
			s.kill()
			_, err := s.tx.Run(s.ctx, sql(`SELECT 1`))
			require.Equal(t, 503, apierror.From(err, true).Status, err)
			_, err = s.tx.Run(s.ctx, sql(`SELECT 1`))
			require.ErrorIs(t, err, executor.ErrFailed)
			require.Equal(t, 503, apierror.From(err, true).Status, err)
		}, true},
		"by PostgreSQL, as the host finds": {func(t *testing.T, s scene) {
			s.kill()
			_, err := s.tx.Pgx().Exec(s.ctx, `SELECT 1`)
			require.Error(t, err)
			_, err = s.tx.Run(s.ctx, sql(`SELECT 1`))
			require.Equal(t, 503, apierror.From(err, true).Status, err)
		}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := db.Pool(t, pgtest.MaxConns(1))
			backend := backendOf(t, pool)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			tx, err := executor.New(pool, true).Begin(ctx, writer)
			require.NoError(t, err)
			var kept interface {
				Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
			} = tx.Pgx()
			_, err = kept.Exec(ctx, `INSERT INTO reels VALUES (5, 1, 1)`)
			require.NoError(t, err)
			func() {
				defer func() { recover() }() //nolint:errcheck // as told
				defer tx.End(ctx, executor.ErrUnfinished)
				tt.leave(t, scene{tx, ctx, cancel, func() {
					require.True(t, session[bool](t, superuser, `SELECT pg_terminate_backend($1)`, backend))
					require.Eventually(t, func() bool {
						return session[int](t, superuser, `SELECT count(*) FROM pg_stat_activity WHERE pid = $1`, backend) == 0
					}, 20*time.Second, time.Millisecond)
				}})
			}()
			_, err = kept.Exec(t.Context(), `SELECT 1`)
			require.Error(t, err, "of a connection that is others' by now")
			if tt.gone {
				require.NotEqual(t, backend, backendOf(t, pool))
				backend = backendOf(t, pool)
			}
			require.Zero(t, pool.Stat().AcquiredConns())
			require.Empty(t, reels(t, pool))
			requireUsable(t, pool, backend)
		})
	}
}

// A commit that is cancelled before is none.
func TestTx_End_cancelled(t *testing.T) {
	t.Parallel()
	pool := written(t)
	tx := begin(t, pool, writer)
	within(t, tx, insert(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, tx.End(ctx, nil), context.Canceled)
	require.Empty(t, reels(t, pool))
}

// Wherever in a transaction its connection is cut off, it comes to an end, and what it wrote
// is there if End has said so.
func TestTx_cut_off(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	for n, cut := int64(1), true; cut; n++ {
		var left atomic.Int64
		left.Store(-1)
		pool := db.Pool(t, pgtest.MaxConns(1), func(config *pgxpool.Config) {
			dial := config.ConnConfig.DialFunc
			config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				return cutConn{conn, &left}, err
			}
			config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
		})
		run(t, pool, command(anon, `SELECT 1`))
		left.Store(n)
		err := writeAndRead(t.Context(), pool, int(n))
		cut = left.Swap(-1) <= 0
		if err == nil {
			require.Contains(t, reels(t, pool), fmt.Sprint(n, " at ", n))
		}
		require.Eventually(t, func() bool { return pool.Stat().AcquiredConns() == 0 }, 20*time.Second, time.Millisecond)
		run(t, pool, command(anon, `SELECT 1`))
	}
}

// writeAndRead makes a reel in a transaction that does a little of everything.
func writeAndRead(ctx context.Context, pool *pgxpool.Pool, number int) error {
	tx, err := executor.New(pool, true).Begin(ctx, writer)
	if err != nil {
		return err
	}
	defer func() { _ = tx.End(ctx, executor.ErrUnfinished) }()
	for _, cmd := range []executor.Command{insert(number), sql(`SELECT repeat('x', 10000) FROM generate_series(1, 3)`)} {
		result, err := tx.Run(ctx, cmd)
		if err != nil {
			return err
		}
		result.Close()
		if err := result.Err(); err != nil {
			return err
		}
		if _, err := tx.Pgx().Exec(ctx, `SELECT 1`); err != nil {
			return err
		}
	}
	return tx.End(ctx, nil)
}

// cutConn is cut off when it has read and written as often as is left.
type cutConn struct {
	net.Conn
	left *atomic.Int64
}

func (c cutConn) count() {
	if c.left.Add(-1) == 0 {
		_ = c.Conn.Close()
	}
}

func (c cutConn) Read(p []byte) (int, error) {
	c.count()
	return c.Conn.Read(p)
}

func (c cutConn) Write(p []byte) (int, error) {
	c.count()
	return c.Conn.Write(p)
}

// A panic while a command starts takes no connection away from the pool for good.
func TestStart_panics(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	e := executor.New(pool, true)
	cmd := command(anon, `SELECT $1`)
	cmd.Program.Main.Args = []value.Arg{{From: value.FromCondition, Index: 1}}
	cmd.Values = new(value.Values)
	require.Panics(t, func() { _, _ = once(t.Context(), e, cmd) })
	run(t, pool, command(anon, `SELECT 1`))

	tx := begin(t, pool, cmd.Session)
	require.Panics(t, func() { _, _ = tx.Run(t.Context(), cmd.Command) })
	require.ErrorIs(t, tx.End(t.Context(), executor.ErrUnfinished), executor.ErrUnfinished)
	run(t, pool, command(anon, `SELECT 1`))
}
