package apitest_test

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// frozen is a database whose connections stay open, and don't say a word while it is.
type frozen struct{ atomic.Bool }

// dial is a pool's option.
func (f *frozen) dial(c *pgxpool.Config) {
	dial := c.ConnConfig.DialFunc
	c.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &frozenConn{conn, f}, err
	}
}

type frozenConn struct {
	net.Conn
	frozen *frozen
}

// Read loses what comes of a frozen database.
func (c *frozenConn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if err != nil || !c.frozen.Load() {
			return n, err
		}
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	var f frozen
	pool := pgtest.Fixture(t).Pool(t, f.dial)
	api := open(t, pool, func(o *pgrest.Options) { o.AcquireTimeout = time.Second }) // and for an answer
	require.NoError(t, api.Ping(t.Context()))
	require.Zero(t, pool.Stat().AcquiredConns())

	f.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, api.Ping(ctx), context.DeadlineExceeded)
	require.ErrorIs(t, api.Ping(ctx), context.DeadlineExceeded, "and not only once")
	require.NoError(t, api.Health().SchemaError, "which nobody has noticed")

	f.Store(false)
	waitFor(t, func() bool { return api.Ping(t.Context()) == nil }, "the database answers")
	api.Close()
	require.ErrorIs(t, api.Ping(t.Context()), context.Canceled)
}

// countedPool is a pool that has no connection to give while it is shut.
type countedPool struct {
	*pgxpool.Pool
	shut  atomic.Bool
	asked atomic.Int64
}

func (p *countedPool) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	p.asked.Add(1)
	if p.shut.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return p.Pool.Acquire(ctx)
}

// Any number of probes at a time takes one connection, each for as long as it wants.
func TestPing_shared(t *testing.T) {
	t.Parallel()
	pool := &countedPool{Pool: pgtest.Fixture(t).Pool(t)}
	api := open(t, pool)
	pool.shut.Store(true)
	before := pool.asked.Load()
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := api.Ping(ctx); err == nil {
				t.Error("an answer")
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, pool.asked.Load()-before)
	api.Close() // which ends the question
}

// The error is the database's.
func TestPing_away(t *testing.T) {
	t.Parallel()
	pool := &switchedPool{Pool: pgtest.Fixture(t).Pool(t)}
	api := open(t, pool, func(o *pgrest.Options) { o.AcquireTimeout = 50 * time.Millisecond })
	pool.away.Store(true)
	require.ErrorIs(t, api.Ping(t.Context()), errDatabaseAway)
	pool.away.Store(false)
	require.NoError(t, api.Ping(t.Context()))

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, api.Ping(cancelled), context.Canceled)
}
