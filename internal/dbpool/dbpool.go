// Package dbpool is the host's connection pool, as far as this library knows it: a
// *pgxpool.Pool, or what the host has put in its place. A pool lends connections; what
// else it may be able to do is asked of it here.
package dbpool

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Pool lends connections.
type Pool interface {
	Acquire(ctx context.Context) (*pgxpool.Conn, error)
}

// Acquire borrows a connection, for which it waits no longer than timeout; 0 is no bound.
func Acquire(ctx context.Context, pool Pool, timeout time.Duration) (*pgxpool.Conn, error) {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	return pool.Acquire(ctx)
}

// Reset has a pool that can close its idle connections do so.
func Reset(pool Pool) {
	if p, ok := pool.(interface{ Reset() }); ok {
		p.Reset()
	}
}

// Config is how a pool connects, nil if it doesn't tell.
func Config(pool Pool) *pgxpool.Config {
	if p, ok := pool.(interface{ Config() *pgxpool.Config }); ok {
		return p.Config()
	}
	return nil
}

// Exhausted reports a pool of which all connections are in use, if it tells.
func Exhausted(pool Pool) bool {
	p, ok := pool.(interface{ Stat() *pgxpool.Stat })
	if !ok {
		return false
	}
	stat := p.Stat()
	return stat.AcquiredConns() >= stat.MaxConns()
}
