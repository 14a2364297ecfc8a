package executor

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/replica"
)

// Tx is a transaction on a connection of its own, in which commands run one after the
// other, as the role of its session. It isn't safe for concurrent use.
//
// A command that fails, or whose result isn't as expected, fails all of it, within a
// savepoint, too: from then on Run says so, and End rolls back.
type Tx struct {
	executor   *Executor
	session    Session
	settings   []auth.Setting // that it begins with
	told       bool           // what it began with is kept, for commands with contexts of their own
	ending     ending
	opened     bool            // by a pipeline that has come to its end
	login      bool            // SQL of a host's own runs as the role that the connection logged in as
	leaveIdle  bool            // the pool's idle connections needn't be closed before another one is taken
	again      bool            // another transaction had the connection before
	perhapsRan bool            // a connection broke off before it could be known whether anything ran
	lease      lease           // nil when it has been given back
	behind     *replica.Server // that was behind the position, if the primary has written that; nil for none
	conn       *connection
	overrides  Overrides        // what the pre-request function has set
	reading    *Result          // that isn't closed yet; nil for none
	group      *Group           // whose pipeline isn't closed yet, perhaps; nil for none
	unknown    bool             // what precedes in the pipeline may change any setting
	concluded  bool             // the end was a part of a pipeline
	failed     error            // what it failed of, as far as that is known; nil for nothing
	joined     pgx.BatchResults // of which Pgx gives the pgx.Tx; nil before
	keyLed     bool             // its key is taken before its BEGIN
	kept       *Statement       // that runs before its commit; nil for none
}

// The errors of a Tx that is used as it can't be.
var (
	// ErrRowsOpen says that rows of a command, or of the host's own SQL, are still to be
	// read or closed: the connection can't take another statement before.
	ErrRowsOpen = errors.New("the rows that were asked for before have to be closed first")
	// ErrFailed says that the transaction has failed, and wraps what it failed of, as far
	// as that is known: of what a host's own SQL did, it isn't.
	ErrFailed = errors.New("the transaction has failed and is rolled back")
	// ErrEnded says that the transaction has ended: by End, or by a COMMIT or ROLLBACK that
	// a host has sent as SQL.
	ErrEnded = errors.New("the transaction has ended")
	// ErrUnfinished is the verdict on a transaction whose caller came to no other.
	ErrUnfinished = errors.New("the transaction was left unfinished")
)

// Begin begins a transaction for any number of commands. Its role, its settings and its
// modes are those of the session, and the statement before all programs has run. It holds
// a connection until its End.
//
// It is tried again where Once is. Without an isolation level in the session it is READ
// COMMITTED: unlike Once, it can't know that a program will count rows.
func (e *Executor) Begin(ctx context.Context, s Session) (*Tx, error) {
	tx := &Tx{executor: e, session: s, ending: byCaller, login: s.AsLogin}
	if err := tx.become(); err != nil {
		return nil, err
	}
	if err := tx.attempt(ctx, func() (retry, error) { return tx.start(ctx) }); err != nil {
		return nil, err
	}
	return tx, nil
}

// start begins the transaction on the connection that it has.
func (tx *Tx) start(ctx context.Context) (retry, error) {
	var pipe pipeline
	if err := tx.open(ctx, &pipe); err != nil {
		return pipe.giveUp(err)
	}
	tx.conn.watch.end()
	tx.opened = true
	return never, nil
}

// open sends what the transaction begins with, and reads all of it.
func (tx *Tx) open(ctx context.Context, pipe *pipeline) (err error) {
	pipe.begin(ctx, tx)
	before := pipe.sendOpening(false)
	if tx.login {
		pipe.send("", becomeLogin, nil)
	}
	if err := pipe.dispatch(); err != nil {
		return err
	}
	if tx.overrides, err = pipe.readOpening(before); err != nil {
		return err
	}
	if tx.login {
		if err := pipe.skip(1); err != nil {
			return err
		}
	}
	return pipe.close()
}

// Run runs a command in the transaction. Its result has to be closed before the next one
// runs, and before the host's own SQL does; what Once says of errors holds here, too. What
// one command sets response.headers and response.status to, those behind it tell, too.
//
// There is no second try, for a transaction has failed after an error. With ErrForgotten
// all of it can be repeated from its beginning.
func (tx *Tx) Run(ctx context.Context, cmd Command) (*Result, error) {
	if err := tx.ready(); err != nil {
		return nil, err
	}
	if err := cmd.prepare(); err != nil {
		return nil, err
	}
	r := newResult(tx, cmd)
	err := r.startIn(ctx)
	if errors.Is(err, errOtherType) { // which is no error of PostgreSQL's
		err = r.startIn(ctx)
	}
	if err != nil {
		return nil, err
	}
	if r.state == ended {
		r.Close()
	}
	return r, nil
}

// startIn starts the command of a Run.
func (r *Result) startIn(ctx context.Context) error {
	r.reset()
	r.tx.reading = r
	if err := r.runIn(ctx); err != nil {
		r.fail(forgotten(checkFailed(err, r.cmd.Program)))
		r.release()
		return r.err
	}
	return nil
}

// runIn sends a program, and reads up to its first row.
func (r *Result) runIn(ctx context.Context) error {
	r.Overrides = r.cmd.overrides(r.tx)
	r.pipe.begin(ctx, r.tx)
	before := r.pipe.sendRole(becomeRole) + r.pipe.sendEncoding() + r.sendPreface()
	r.send()
	r.tx.unknown = false
	r.pipe.sendEnd()
	if err := r.pipe.dispatch(); err != nil {
		return err
	}
	if err := r.pipe.skip(before); err != nil {
		return err
	}
	return r.read()
}

// sendPreface queues what a command of a Tx needs before it, and gives the number of results
// of that.
func (r *Result) sendPreface() (before int) {
	if r.cmd.Tells != nil {
		r.tx.unknown = true // the time zone and the like
		before += r.pipe.sendContext(r.cmd.Tells)
	}
	for _, setting := range r.cmd.Program.CountedIn() { // or the count would go on from that of an earlier command
		r.pipe.send("", noneCounted(setting), nil)
		before++
	}
	before += r.sendFence()
	if r.cmd.Tells != nil {
		before += r.pipe.sendPreRequest(r.cmd.Prelude)
	}
	return before
}

// ready reports why no command can run now.
func (tx *Tx) ready() error {
	pg := tx.conn.pg
	switch {
	case tx.lease == nil:
		return ErrEnded
	case tx.reading != nil:
		return ErrRowsOpen
	case tx.failed != nil:
		return fmt.Errorf("%w: %w", ErrFailed, tx.failed)
	case pg.IsClosed():
		return apierror.ConnectionLost(ErrFailed)
	case pg.IsBusy():
		return ErrRowsOpen
	case pg.TxStatus() == idle:
		return ErrEnded
	case pg.TxStatus() != underWay:
		return ErrFailed
	}
	return nil
}

// End ends the transaction and gives its connection back, whatever has become of both. It
// commits, unless the session rolls back. With a verdict other than nil it rolls back, and
// returns the verdict. What has failed is rolled back in any case, with ErrFailed if the
// verdict is nil. A result that is still open is closed before.
//
// Behind another End it does nothing, and returns ErrEnded, so that a deferred End with
// ErrUnfinished leaves no transaction behind, whichever way its caller goes.
func (tx *Tx) End(ctx context.Context, verdict error) error {
	if tx.lease == nil {
		return ErrEnded
	}
	if verdict != nil && tx.failed == nil {
		tx.failed = verdict // so that open rows are given up
	}
	if tx.reading != nil {
		tx.reading.Close()
		if tx.lease == nil { // that of a RunLast has ended the transaction
			return cmp.Or(verdict, ErrEnded)
		}
	}
	tx.group.close()
	var err error
	if !tx.concluded {
		err = tx.ready()
	}
	var pipe pipeline
	pipe.attach(ctx, tx)
	if err == nil && !tx.concluded {
		if err = pipe.conclude(); err != nil {
			err = pipe.failed(err)
		}
	}
	pipe.clean()
	if tx.conn.pg.TxStatus() != idle && !tx.nested() { // nor can it be used by who has kept the pgx.Tx
		_ = tx.conn.pg.Close(ctx)
	}
	tx.part()
	tx.giveBack()
	if verdict != nil {
		return verdict
	}
	return err
}
