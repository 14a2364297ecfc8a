package executor

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Pool lends connections.
type Pool interface {
	Acquire(ctx context.Context) (*pgxpool.Conn, error)
}

// poolOf decides which pool a session's connection comes from. There is one for all.
func (e *Executor) poolOf(*Session) Pool { return e.pool }

// dropIdle has a pool close its idle connections: with one of them dead, most
// will be. A pool that can't do that gives them out, until they are used up.
func dropIdle(pool Pool) {
	if pool, ok := pool.(interface{ Reset() }); ok {
		pool.Reset()
	}
}
