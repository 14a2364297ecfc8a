package executor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/dbpool"
)

// maxAttempts is on how many connections a command is tried, of which all but the
// last are found dead. After the first, the idle ones that the pool has are
// dropped; others may put back more meanwhile.
const maxAttempts = 3

// acquire borrows a connection. That there is none in time is told apart from a
// database that can't be reached, and from a request that was given up.
func (e *Executor) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	inTime := ctx
	if e.AcquireTimeout > 0 {
		var cancel context.CancelFunc
		inTime, cancel = context.WithTimeout(ctx, e.AcquireTimeout)
		defer cancel()
	}
	conn, err := e.pool.Acquire(inTime)
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

// dropIdle has the pool close its idle connections: with one of them dead, most
// will be. A pool that can't do that gives them out, until they are used up.
func (e *Executor) dropIdle() {
	dbpool.Reset(e.pool)
}

func (e *Executor) lost() {
	if e.Lost != nil {
		e.Lost()
	}
}

// repeatable reports whether a command that err ended can be run on another
// connection, for nothing came of it. PostgreSQL answers in order: when its first
// word is that it ends the session, or nothing could be sent, no statement ran.
// When there was no word at all, one may have; then only a read can be repeated.
func (r *Result) repeatable(err error) bool {
	cut, _ := r.session.cache.watch.ended()
	switch {
	case r.session.answered || r.session.ctx.Err() != nil || cut:
		return false
	case terminated(err), pgconn.SafeToRetry(err):
		return true
	}
	return r.cmd.ReadOnly && broken(err)
}

// classify tells a lost connection from what the database answered, and from what
// was found wrong with the answer.
func classify(ctx context.Context, err error) error {
	var pg *pgconn.PgError
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.As(err, &pg) && pg.Code == adminShutdown: // which has a status of its own
		return err
	case broken(err), terminated(err):
		return apierror.ConnectionLost(err)
	}
	return err
}

// adminShutdown is the SQLSTATE of sessions that an administrator ends.
const adminShutdown = "57P01"

// broken reports an error after which nobody knows what is still to be read.
func broken(err error) bool {
	var pg *pgconn.PgError
	var api *apierror.Error
	return !errors.As(err, &pg) && !errors.As(err, &api) && !errors.Is(err, apierror.ErrOutdated) && !errors.Is(err, errOtherType)
}

// terminated reports that PostgreSQL has ended the session, and not for what the
// session did: it shuts down, starts up, recovers, or was told to by an
// administrator or a timeout of idle sessions.
func terminated(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.SeverityUnlocalized == "FATAL" && strings.HasPrefix(pg.Code, "57P")
}
