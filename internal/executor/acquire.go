package executor

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/dbpool"
)

// poolOf decides which pool a session's connection comes from. There is one for all.
func (e *Executor) poolOf(*Session) dbpool.Pool { return e.pool }

// acquire borrows a connection. Its error tells apart that none became free in time, that
// the database can't be reached, and that the request was given up.
func (e *Executor) acquire(ctx context.Context, pool dbpool.Pool) (*pgxpool.Conn, error) {
	inTime := ctx
	if e.AcquireTimeout > 0 {
		var cancel context.CancelFunc
		inTime, cancel = context.WithTimeout(ctx, e.AcquireTimeout)
		defer cancel()
	}
	conn, err := pool.Acquire(inTime)
	switch {
	case err == nil:
		return conn, nil
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, fmt.Errorf("acquire a connection: %w", err)
	case inTime.Err() != nil:
		return nil, apierror.AcquireTimeout(err)
	}
	e.lost()
	return nil, apierror.NotConnected(err)
}

func (e *Executor) lost() {
	if e.Lost != nil {
		e.Lost()
	}
}
