// Package executor runs programs as a role, in transactions on the connections of a
// pool. A Session says as whom and how a transaction runs, a Command what runs in it.
//
// Once is the way of most requests: one command in a transaction of its own. All that it
// needs, from the settings to the commit, goes to PostgreSQL in one pipeline with one
// Sync, and rows are handed on as they arrive.
//
//	result, err := exec.Once(ctx, session, executor.Command{Program: program, Expect: expect})
//	if err != nil {
//		return err
//	}
//	defer result.Close()
//	for result.Next() {
//		row := result.Values()
//	}
//	return result.Err()
//
// A Tx is a transaction that others can join: any number of commands run in it, a host's
// own SQL between them, and the one who began it says how it ends. Beginning, each
// command and the end cost a round trip each.
//
//	tx, err := exec.Begin(ctx, session)
//	if err != nil {
//		return err
//	}
//	defer tx.End(ctx, executor.ErrUnfinished) // after a panic, too; behind the End below it does nothing
//	result, err := tx.Run(ctx, executor.Command{Program: program, Expect: expect})
//	if err != nil {
//		return err
//	}
//	for result.Next() {
//		row := result.Values()
//	}
//	result.Close() // there is one result at a time
//	if err := result.Err(); err != nil {
//		return err
//	}
//	if _, err := tx.Pgx().Exec(ctx, "INSERT INTO audit DEFAULT VALUES"); err != nil {
//		return err
//	}
//	return tx.End(ctx, nil)
package executor

import (
	"context"
	"time"

	"github.com/pgrest-go/pgrest/internal/dbpool"
)

// Executor runs commands on the connections of a pool.
type Executor struct {
	// AcquireTimeout bounds how long a session waits for a connection; 0 is no bound.
	AcquireTimeout time.Duration
	// Silence bounds how long PostgreSQL may be silent while a command waits for it;
	// 0 is no bound.
	Silence time.Duration
	// Lost, if set, is told of every connection that couldn't be made, or was lost.
	Lost func()
	// TraceArguments has tracers of connections told of arguments, too.
	TraceArguments bool
	// NoPosition, if set, is told why the position behind a commit couldn't be had.
	NoPosition func(error)
	// Panicked, if set, is told of the panic of a tracer.
	Panicked func(value any, stack []byte)

	pool     dbpool.Pool
	host     *hostTx // in which all runs; nil for transactions of their own
	prepares bool
	timeout  string // the setting that bounds statements; empty for none
	// clusters are those that connections of the pool lead to.
	clusters *clusters
}

// New makes an executor over pool. With prepares it keeps statements prepared on
// the connections; without, each is parsed when it is run, as poolers want it that
// give every transaction another connection.
func New(pool dbpool.Pool, prepares bool) *Executor {
	return &Executor{pool: pool, prepares: prepares, clusters: new(clusters)}
}

// Once runs a command in a transaction of its own, and reads up to the program's first row,
// so that most errors come from here, before anything was sent to the client. That the rows
// aren't what the command expects is an error of the result. The result has to be closed.
//
// A statement that PostgreSQL no longer knows, or whose result changed, is prepared
// anew, once: nothing of the pipeline has been committed. On a connection that died
// while it was idle nothing ran, and the command is sent on another one.
func (e *Executor) Once(ctx context.Context, s Session, cmd Command) (*Result, error) {
	var one struct { // allocated as one
		result Result
		tx     Tx
		pipe   pipeline
	}
	r, tx := &one.result, &one.tx
	tx.executor, tx.session = e, s
	if err := tx.become(); err != nil {
		return nil, err
	}
	if err := cmd.prepare(); err != nil {
		return nil, err
	}
	r.tx, r.cmd, r.pipe = tx, cmd, &one.pipe
	if err := tx.attempt(ctx, func() (retry, error) { return r.startOnce(ctx) }); err != nil {
		return nil, err
	}
	if r.state == ended { // nobody has a reason to read on
		r.Close()
	}
	return r, nil
}

// startOnce starts the command of a Once on the connection that its transaction has.
func (r *Result) startOnce(ctx context.Context) (retry, error) {
	r.tx.ending = r.tx.endingOf(&r.cmd)
	r.reset()
	if err := r.runOnce(ctx); err != nil {
		return r.pipe.giveUp(checkFailed(err, r.cmd.Program))
	}
	return never, nil
}

// runOnce sends a whole transaction, and reads up to the program's first row.
func (r *Result) runOnce(ctx context.Context) (err error) {
	r.pipe.begin(ctx, r.tx)
	before := r.pipe.sendOpening(r.cmd.Program.Count != nil)
	r.send()
	r.pipe.sendEnd()
	if err := r.pipe.dispatch(); err != nil {
		return err
	}
	if r.tx.overrides, err = r.pipe.readOpening(before); err != nil {
		return err
	}
	r.Overrides = r.tx.overrides
	return r.read()
}
