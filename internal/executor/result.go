package executor

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/query"
)

// Result is the outcome of a command: the rows as they arrive, and what is
// known about them. It holds a connection until it is closed.
type Result struct {
	// Counted and Estimated are the number of all rows, counted and as PostgreSQL's planner
	// expects it; nil when the program didn't ask.
	Counted, Estimated *int64
	// Rows is the number of rows that Next has given so far. Of a program whose rows Next
	// doesn't give, since PostgreSQL counts them or makes one document of them, it is the
	// number of all of them.
	Rows int64
	// Affected is, behind the last row, the number of rows that a write has written, whichever
	// of them it shows, if the program counts them; else it is Rows.
	Affected int64
	// Columns are those of the rows.
	Columns []query.Column
	// Body is what an aggregate made of all rows.
	Body []byte
	// Overrides are as far as they are known: before the rows what was set up to the first
	// of them, if the program tells, or else by the pre-request function, and behind them all.
	Overrides Overrides
	// Inserted is the number of rows that an upsert inserted; nil for other statements.
	Inserted *int64

	tx       *Tx
	cmd      Command
	pipe     *pipeline
	follows  bool // others of a Group follow in the pipeline
	main     rendering
	reader   *pgconn.ResultReader // of the main statement
	state    state
	textOnly bool      // no column comes in binary format
	err      error     // what ended the reading; nil if all is well
	revoked  error     // the reason of a Revoke that PostgreSQL was asked to cancel for
	times    []byte    // room for the texts of a row's times
	written  *[][]byte // rows that were written, if the program tells of them: few do
}

// state is how far the reading of a result has come.
type state uint8

const (
	// started: the program has been sent, and its first row isn't known yet.
	started state = iota
	// onFirst: the first row has been read, and Next has yet to give it.
	onFirst
	// inRows: Next has given the first row, and there may be more.
	inRows
	// ended: there are no more rows, and if it wasn't by an error all that follows them has
	// been read, too. The connection is still held.
	ended
	// released: the connection has been given back, or is free for the Tx's next command.
	released
)

// newResult makes the result of a command that is to run in a transaction.
func newResult(tx *Tx, cmd Command) *Result {
	var one struct { // allocated as one
		result Result
		pipe   pipeline
	}
	one.result = Result{tx: tx, cmd: cmd, pipe: &one.pipe}
	return &one.result
}

// reset makes the result as it is before the program is sent, for another try.
func (r *Result) reset() {
	r.tx.failed = nil
	*r = Result{tx: r.tx, cmd: r.cmd, pipe: r.pipe, follows: r.follows, textOnly: r.textOnly, state: started}
}

// Next goes to the next row. It reports false behind the last one, and on an
// error, which Err then gives.
func (r *Result) Next() bool {
	switch r.state {
	case onFirst:
		r.state = inRows
	case inRows:
		if !r.nextRow() {
			if err := r.finish(); err != nil {
				r.fail(err)
			}
			r.Close() // the connection is of no more use, and the response yet to be written
			return false
		}
	default:
		return false
	}
	r.Rows++
	return true
}

// nextRow has the reader go to the next row, and makes text of what came as binary.
func (r *Result) nextRow() bool {
	if !r.reader.NextRow() {
		return false
	}
	r.tx.conn.watch.heard()
	if r.main.formats != nil {
		r.toText(r.reader.Values())
	}
	r.keepWritten(r.reader.Values())
	return true
}

// Values are the current row's values in text form, nil for NULL. They are
// valid until Next is called again.
func (r *Result) Values() [][]byte { return r.cmd.Program.Own(r.reader.Values()) }

// Version is that of the current row, nil for none or if the program doesn't tell. It is
// valid until Next is called again.
func (r *Result) Version() []byte {
	if !r.cmd.Program.Version {
		return nil
	}
	return r.cmd.Program.VersionOf(r.reader.Values())
}

// Keys are the values of the order in the current row, as texts, nil for NULL, if the page is
// one by its key. They are valid until Next is called again.
func (r *Result) Keys() [][]byte { return r.cmd.Program.KeysOf(r.reader.Values()) }

// Total is the number of all rows as the client wants them counted, nil if it isn't known.
func (r *Result) Total() *int64 { return r.cmd.Counting.Total(r.Counted, r.Estimated) }

// Raw is the current row's first value as it is: bytea as its bytes.
func (r *Result) Raw() []byte { return rawValue(r.reader, r.cmd.Program.First()) }

// rawValue takes a value out of its text form. It is a copy.
func rawValue(reader *pgconn.ResultReader, i int) []byte {
	value := reader.Values()[i]
	if reader.FieldDescriptions()[i].DataTypeOID == oid.Bytea {
		return bytesOf(value)
	}
	return bytes.Clone(value)
}

// Err gives the error that ended the rows, nil for none. That the result isn't what the
// command expects is such an error, and nothing of the command has been committed then.
func (r *Result) Err() error { return r.err }

// fail ends the reading by an error.
func (r *Result) fail(err error) {
	r.state = ended
	r.err = r.pipe.failed(err)
	var pg *pgconn.PgError
	if r.revoked != nil && errors.As(err, &pg) && pg.Code == queryCanceled {
		r.err = r.revoked
	}
	r.tx.failed = r.err
}

// queryCanceled is the SQLSTATE of statements that were cancelled.
const queryCanceled = "57014"

// Close ends the reading. It may be called more than once.
//
// The result of a Once gives its connection back. If there may be more rows, they are given
// up by closing the connection: to read what nobody wants could take much longer. A Tx needs
// its connection for the next command, so its result is read to the end, unless the
// transaction has failed.
func (r *Result) Close() {
	if r.state == onFirst || r.state == inRows {
		if r.tx.ending == byCaller && r.tx.failed == nil {
			for r.Next() { // which closes behind the last row
			}
			return
		}
		if r.tx.nested() { // the connection is the host's
			_, _ = r.reader.Close()
		} else {
			r.pipe.abandon()
		}
	}
	if r.state != released {
		r.release()
	}
}

// release leaves the connection to its next user: the pool, or the Tx's next command.
func (r *Result) release() {
	r.state = released
	if r.follows && r.tx.failed == nil {
		r.tx.reading = nil
		return
	}
	_ = r.pipe.close()
	if r.revoked != nil { // the cancel may be under way yet, to whatever comes next
		_ = r.tx.conn.pg.Close(r.pipe.ctx)
	}
	if r.tx.ending == byCaller {
		r.tx.conn.watch.end()
		r.tx.reading = nil
		return
	}
	r.pipe.clean()
	r.tx.part()
	r.tx.giveBack()
}

// Revoke gives a command up for a reason of the caller's. It reports whether nothing of the
// command will be committed: closing the result undoes it, or the end of its Tx, which has
// failed by this.
//
// If it reports false, PostgreSQL commits on its own behind the last row. It is asked to
// cancel the command, and only reading to the end tells what became of that: the result's
// error is the reason then, or there is none and the command was committed.
func (r *Result) Revoke(reason error) (undone bool) {
	over := r.state >= ended
	switch {
	case r.tx.session.ReadOnly:
		return true
	case r.tx.ending == byCaller:
		if r.tx.failed == nil {
			r.tx.failed = reason
		}
		return true
	case !over && (r.tx.ending == byLateSync || r.tx.ending == byOutcome):
		return true
	case over || r.revoked != nil:
		return false
	}
	r.revoked = reason
	ctx, cancel := context.WithTimeout(r.pipe.ctx, cancelTimeout)
	defer cancel()
	_ = r.tx.conn.pg.CancelRequest(ctx) // if it fails, the rows come to their end
	return false
}

// cancelTimeout is how long asking for a cancel may take.
const cancelTimeout = 5 * time.Second

// Pause tells that the caller won't ask for rows for a while, so that PostgreSQL's silence
// is no fault, and Resume that it asks again.
func (r *Result) Pause() { r.pause(true) }

// Resume is the end of a Pause.
func (r *Result) Resume() { r.pause(false) }

func (r *Result) pause(begins bool) {
	if r.state != released { // or else it may be another command's by now
		r.tx.conn.watch.pause(begins)
	}
}

// Cancel has a Next fail that waits for PostgreSQL in another goroutine, and all calls of
// Next that follow.
func (r *Result) Cancel() { r.tx.conn.watch.cancel(r.pipe.watched) }
