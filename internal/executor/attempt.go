package executor

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/internal/dbpool"
)

// retry is what can be done about a transaction that failed at its start.
type retry uint8

const (
	// never: the error stays.
	never retry = iota
	// onSameConnection: what stood in the way is known by now, and nothing was committed.
	onSameConnection
	// onAnother: nothing ran, for the connection was dead.
	onAnother
)

const (
	// maxRetries is how often a start is tried again on one connection. There are as many
	// reasons to, and each should be gone after one. The other connections of a pool may
	// be as this one is.
	maxRetries = 3
	// maxAttempts is on how many connections a start is tried, of which all but the last
	// are found dead. After the first, the idle ones that the pool has are dropped; others
	// may put back more meanwhile.
	maxAttempts = 3
)

// attempt borrows a connection for the transaction and starts it there, several times if
// need be. When it fails, the connection has been given back; start has to leave it clean.
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

// giveUp ends a start of this pipeline's that err ended. It leaves the connection clean, and
// says what can be done.
func (p *pipeline) giveUp(err error) (retry, error) {
	again := p.retryOf(err)
	err = p.failed(err)
	_ = p.close()
	p.clean()
	return again, err
}

// retryOf says what can be done about a start of this pipeline's that err ended.
//
// On another connection PostgreSQL's order of answers decides: when its first word is
// that it ends the session, or nothing could be sent, no statement ran. When there was no
// word at all, one may have; then only a read can be repeated.
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
