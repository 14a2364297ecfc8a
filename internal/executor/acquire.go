package executor

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/dbpool"
)

// acquire borrows a connection. That there is none in time is told apart from a
// database that can't be reached, and from a request that was given up.
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
