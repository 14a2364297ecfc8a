package executor

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/internal/dbpool"
)

// retry says whether and where the start of a transaction can be tried again.
type retry uint8

const (
	// never: the error stays.
	never retry = iota
	// onSameConnection: what stood in the way is known by now, and nothing was committed.
	onSameConnection
	// onAnother: the connection was dead, and nothing ran on it.
	onAnother
)

const (
	// maxRetries is how often a start is tried again on one connection. It is the number of
	// the reasons: stale statements, other modes, a column of another type. After one retry
	// each is gone.
	maxRetries = 3
	// maxAttempts is on how many connections a start is tried, if all but the last are found
	// dead. The pool drops its idle connections after each of them, but others may put dead
	// ones back meanwhile.
	maxAttempts = 3
)

// attempt borrows a connection for the transaction and calls start, which begins it there:
// again, or on another connection, as long as start says so. A start that fails leaves its
// connection clean. When attempt fails, the connection has been given back.
func (tx *Tx) attempt(ctx context.Context, start func() (retry, error)) error {
	pool := tx.executor.poolOf(&tx.session)
	started := false
	defer func() {
		if !started && tx.lease != nil { // start has panicked: nobody knows how far it came
			_ = tx.conn.pg.Close(ctx)
			tx.conn.watch.end()
			tx.giveBack()
		}
	}()
	for attempt := 1; ; attempt++ {
		lease, err := tx.executor.lend(ctx, pool)
		if err != nil {
			return err
		}
		tx.lease, tx.conn = lease, connectionOf(lease.Conn().PgConn())
		tx.conn.reported = reportedBy(tx.conn.pg)
		again, err := start()
		for retries := 0; again == onSameConnection && retries < maxRetries; retries++ {
			again, err = start()
		}
		if err == nil {
			started = true
			return nil
		}
		tx.giveBack()
		if attempt == maxAttempts || again != onAnother {
			return err
		}
		dbpool.Reset(pool) // with one of its idle connections dead, most will be
	}
}

// giveUp ends the pipeline of a start that failed with err, and leaves the connection clean.
// It says whether to try again, and what the error means.
func (p *pipeline) giveUp(err error) (retry, error) {
	again := p.retryOf(err)
	err = p.failed(err)
	_ = p.close()
	p.clean()
	return again, err
}

// retryOf says whether to try a start again that failed with err.
//
// Another connection is for what didn't run at all. PostgreSQL answers in order: when its
// first word is that it ends the session, or nothing could be sent, no statement ran. When
// there was no word at all, one may have; then only a read can be repeated.
func (p *pipeline) retryOf(err error) retry {
	if staleStatement(err) || errors.Is(err, errOtherModes) || errors.Is(err, errOtherType) {
		return onSameConnection
	}
	cut, _ := p.tx.conn.watch.ended()
	switch {
	case p.tx.nested() || p.state != unanswered || p.ctx.Err() != nil || cut:
		return never
	case terminated(err), pgconn.SafeToRetry(err), p.tx.session.ReadOnly && broken(err):
		return onAnother
	}
	return never
}
