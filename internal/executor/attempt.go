package executor

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/internal/apierror"
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
	// elsewhere: nothing ran, and this server can't have it run.
	elsewhere
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
//
// With a route, servers on which nothing ran are left for the next one.
func (tx *Tx) attempt(ctx context.Context, start func() (retry, error)) error {
	route := tx.session.Route
	if !route.Chooses() || tx.nested() {
		_, err := tx.attemptOn(ctx, tx.executor.pool, start)
		return err
	}
	var first, behind error
	route.Restart()
	for {
		server := route.Next(time.Now())
		if server == nil {
			return cmp.Or(first, behind)
		}
		again, err := tx.attemptOn(ctx, server.Pool, start)
		if err == nil || again < onAnother || ctx.Err() != nil {
			return err
		}
		if tx.perhapsRan && !route.Repeat(false) { // a statement that ends servers has to end
			return err
		}
		tx.perhapsRan = false
		if errors.Is(err, ErrBehind) {
			server.Behind()
			if errors.Is(err, errUntold) {
				server.Lags(time.Now())
			} else {
				tx.behind = server
			}
			route.PreferPrimary()
			behind = apierror.NotConnected(err)
		} else if first == nil {
			first = err
		}
	}
}

// attemptOn is attempt on the connections of one pool. If it fails, it says whether the
// transaction could be tried on another server, for nothing of it ran here.
func (tx *Tx) attemptOn(ctx context.Context, pool dbpool.Pool, start func() (retry, error)) (again retry, err error) {
	started := false
	defer func() {
		if !started && tx.lease != nil { // start has panicked: nobody knows how far it came
			_ = tx.conn.pg.Close(ctx)
			tx.conn.watch.end()
			tx.giveBack()
		}
	}()
	for attempt := 1; ; attempt++ {
		lease, err := tx.lend(ctx, pool)
		if err != nil {
			return elsewhere, err
		}
		tx.take(lease)
		tx.leaveIdle = false
		again, err := tx.refuseStandby(ctx)
		if err == nil {
			tx.judge(ctx)
			again, err = start()
		}
		for retries := 0; again == onSameConnection && retries < maxRetries; retries++ {
			again, err = start()
		}
		if err == nil {
			started = true
			return never, nil
		}
		tx.giveBack()
		if attempt == maxAttempts || again != onAnother {
			return again, err
		}
		if !tx.leaveIdle {
			dbpool.Reset(pool) // with one of its idle connections dead, most will be
		}
	}
}

// take has the transaction be on a connection.
func (tx *Tx) take(l lease) {
	tx.lease, tx.conn = l, connectionOf(l.Conn().PgConn())
	tx.conn.reported = reportedBy(tx.conn.pg)
	tx.again, tx.conn.taken = tx.conn.taken, true
	tx.conn.log.untold = max(0, tx.conn.log.untold-1)
	if server := tx.server(); server != nil {
		server.Begin()
	}
}

// refuseStandby closes a connection to a standby that a transaction is to write on, if the
// pool has led to a primary of that cluster before: another server has become that, or is
// about to. Where the pool never led to a primary, PostgreSQL says what can't be done.
//
// Another connection may lead to a primary, and more likely if the idle ones are closed, which
// may be older than the standby. If this one is new, and they were closed just before, the pool
// leads to no primary.
func (tx *Tx) refuseStandby(ctx context.Context) (retry, error) {
	if tx.session.ReadOnly || tx.nested() {
		return never, nil
	}
	cluster := tx.executor.clusters.of(tx.conn, tx.lease.Conn())
	switch {
	case !onStandby(tx.conn.pg):
		if !cluster.hasPrimary.Load() {
			cluster.hasPrimary.Store(true)
		}
		return never, nil
	case !cluster.hasPrimary.Load():
		return never, nil
	}
	_ = tx.conn.pg.Close(ctx)
	tx.lost()
	again := onAnother
	if tx.leaveIdle = !cluster.mayReset(time.Now()); tx.leaveIdle && !tx.again {
		again = elsewhere
	}
	return again, apierror.NotConnected(errNoPrimary)
}

// errNoPrimary says that the pool gives connections to a standby.
var errNoPrimary = errors.New("the server takes no writes any more, since it isn't the primary")

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
	if errors.Is(err, ErrBehind) {
		return elsewhere
	}
	cut, _ := p.tx.conn.watch.ended()
	switch {
	case p.tx.nested() || p.state != unanswered || p.ctx.Err() != nil || cut:
		return never
	case terminated(err), pgconn.SafeToRetry(err):
		return onAnother
	case p.tx.session.ReadOnly && broken(err):
		p.tx.perhapsRan = true
		return onAnother
	}
	return never
}
