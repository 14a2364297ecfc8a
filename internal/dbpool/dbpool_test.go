package dbpool_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/dbpool"
)

// busy is a pool that has no connection for anybody.
type busy struct{ bounded *bool }

func (p busy) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	_, *p.bounded = ctx.Deadline()
	if !*p.bounded {
		return nil, nil
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// able is one that can do all that a *pgxpool.Pool can.
type able struct {
	busy
	config *pgxpool.Config
	resets int
}

func (p *able) Config() *pgxpool.Config { return p.config }
func (p *able) Reset()                  { p.resets++ }

func TestAcquire(t *testing.T) {
	t.Parallel()
	var bounded bool
	_, err := dbpool.Acquire(t.Context(), busy{&bounded}, time.Millisecond)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.True(t, bounded)
	_, err = dbpool.Acquire(t.Context(), busy{&bounded}, 0)
	require.NoError(t, err)
	require.False(t, bounded)
}

// What a pool can't do is not asked of it.
func TestPool(t *testing.T) {
	t.Parallel()
	p := &able{config: new(pgxpool.Config)}
	dbpool.Reset(p)
	require.Equal(t, 1, p.resets)
	require.Same(t, p.config, dbpool.Config(p))
	dbpool.Reset(busy{})
	require.Nil(t, dbpool.Config(busy{}))
	require.Implements(t, (*dbpool.Pool)(nil), new(pgxpool.Pool))
	require.Implements(t, (*interface {
		Config() *pgxpool.Config
		Reset()
	})(nil), new(pgxpool.Pool))
}
