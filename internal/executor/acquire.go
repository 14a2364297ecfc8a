package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/dbpool"
)

// acquire borrows a connection. Its error tells apart that none became free in time, that
// the database can't be reached, and that the request was given up. A replica that can't be
// reached is noted, and no reason to load the schema anew.
func (tx *Tx) acquire(ctx context.Context, pool dbpool.Pool) (*pgxpool.Conn, error) {
	e, onReplica := tx.executor, tx.onReplica()
	inTime, timeout := ctx, e.AcquireTimeout
	if onReplica {
		timeout = tx.session.Route.AcquireTimeout
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		inTime, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	conn, err := pool.Acquire(inTime)
	switch {
	case err == nil:
		return conn, nil
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, fmt.Errorf("acquire a connection: %w", err)
	case inTime.Err() != nil && ctx.Err() == nil && onReplica && !dbpool.Exhausted(pool):
		tx.server().Unreachable(err, time.Now())
		return nil, apierror.AcquireTimeout(err)
	case inTime.Err() != nil:
		if server := tx.server(); server != nil {
			server.Exhausted()
		}
		return nil, apierror.AcquireTimeout(err)
	}
	if server := tx.server(); server != nil {
		server.Unreachable(err, time.Now())
	}
	tx.lost()
	return nil, apierror.NotConnected(err)
}

// lost tells that a connection couldn't be made, or was lost, unless it is one to a replica,
// of which the schema isn't loaded.
func (tx *Tx) lost() {
	if tx.executor.Lost != nil && !tx.onReplica() {
		tx.executor.Lost()
	}
}
