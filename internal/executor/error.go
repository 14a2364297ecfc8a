package executor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/query"
)

// failed takes note of the error that ended the reading, and gives what it means. When one
// prepared statement is gone, others will be, too. After an error that isn't PostgreSQL's
// nobody knows what is still to be read.
func (p *pipeline) failed(err error) error {
	conn := p.tx.conn
	cut, silent := conn.watch.ended()
	switch {
	case broken(err):
		p.abandon()
	case staleStatement(err):
		conn.statements.clear()
	}
	if p.ctx.Err() == nil && !cut && (broken(err) || terminated(err)) {
		p.tx.lost()
	}
	if silent {
		if p.tx.onReplica() {
			p.tx.server().Unreachable(err, time.Now())
		}
		return apierror.DeadlinePassed(err)
	}
	return classify(p.ctx, err)
}

// classify makes an *apierror.Error of the error of a lost connection. What PostgreSQL said,
// and what was found wrong with its results, stays as it is.
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

// checkFailed marks an error of the program's check, which looks whether a relation is as the
// schema cache has it: it has more columns, or it is gone. Other errors stay as they are.
func checkFailed(err error, p *query.Program) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || !p.Checks(int(pg.Position)) {
		return err
	}
	switch pg.Code {
	case cannotCoerce:
		return fmt.Errorf("%w: %w", apierror.ErrMoreColumns, err)
	case undefinedObject, undefinedSchema:
		return fmt.Errorf("%w: %w", apierror.ErrOutdated, err)
	}
	return err
}

// The SQLSTATEs of casts that there aren't, and to types that there aren't.
const (
	cannotCoerce    = "42846"
	undefinedObject = "42704"
	undefinedSchema = "3F000"
)

// ErrForgotten says that a prepared statement was gone or stale where it was too late to
// prepare it anew: behind the main statement, as when a function has deallocated them all,
// or in a Tx, which fails by it. Nothing was committed. The whole transaction can be run
// again, and its statements are prepared anew then.
var ErrForgotten = errors.New("the connection's prepared statements are gone")

// forgotten makes an ErrForgotten of the error of a stale statement. Others stay as they are.
func forgotten(err error) error {
	if staleStatement(err) {
		return fmt.Errorf("%w: %w", ErrForgotten, err)
	}
	return err
}

// staleStatement reports whether a prepared statement is gone (26000), or its name taken
// (42P05), its result has other columns than when it was prepared (0A000), or the type of
// an argument is gone, in whose place there may be another of its name (XX000). PostgreSQL
// may say so in any language, but for its internal errors; the name of its own function tells
// which of the errors with a code it is.
func staleStatement(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	return pg.Code == "26000" || pg.Code == "42P05" || pg.Code == "0A000" && pg.Routine == "RevalidateCachedQuery" ||
		pg.Code == "XX000" && strings.HasPrefix(pg.Message, "cache lookup failed for type")
}
