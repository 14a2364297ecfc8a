package executor

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/query"
)

// Result is the outcome of a command: the rows as they arrive, and what is
// known about them. It holds a connection until it is closed.
type Result struct {
	// Counted and Planned are the number of all rows, counted and as the planner
	// expects; nil when the program didn't ask.
	Counted, Planned *int64
	// Rows is the number of rows so far; of all, once Next has reported false.
	Rows int64
	// Columns are those of the rows.
	Columns []query.Column
	// Body is what an aggregate made of all rows.
	Body []byte
	// Overrides are what is known of them so far: what the pre-request function
	// set, what a function did before its first row, and at the end all.
	Overrides Overrides
	// Inserted is the number of rows that an upsert inserted; nil for other statements.
	Inserted *int64

	executor *Executor
	cmd      Command
	conn     *pgxpool.Conn
	session  session
	watched  uint64 // the command's number for the connection's watch
	main     rendering
	reader   *pgconn.ResultReader
	modes    bool // the transaction's were others than it said
	ahead    bool // the reader stands on a row that Next did not hand out yet
	tail     int  // how many results follow the overrides: those of ending the transaction
	done     bool
	err      error
	again    bool  // what failed can be run on another connection
	refused  bool  // what ended it is that it isn't as expected
	revoked  error // why it was given up while it went on
}

// Next goes to the next row. It reports false behind the last one, and on an
// error, which Err then gives.
func (r *Result) Next() bool {
	switch {
	case r.done:
		return false
	case r.ahead:
		r.ahead = false
		r.Rows++
		return true
	case r.nextRow():
		r.Rows++
		return true
	}
	if err := r.finish(); err != nil {
		r.fail(err)
	}
	r.Close() // the connection is of no more use, and the response yet to be written
	return false
}

// nextRow has the reader go to the next row, and makes text of what came as binary.
func (r *Result) nextRow() bool {
	if !r.reader.NextRow() {
		return false
	}
	r.session.cache.watch.heard()
	if r.main.formats != nil {
		r.toText(r.reader.Values())
	}
	return true
}

// Values are the current row's values in text form, nil for NULL. They are
// valid until Next is called again.
func (r *Result) Values() [][]byte {
	values := r.reader.Values()
	if r.cmd.Program.Totals {
		values = values[totalColumns:]
	}
	if r.cmd.Program.Overrides {
		values = values[:len(values)-overrideColumns]
	}
	return values
}

// Raw is the current row's first value as it is: bytea as its bytes.
func (r *Result) Raw() []byte {
	i := 0
	if r.cmd.Program.Totals {
		i = totalColumns
	}
	return rawValue(r.reader, i)
}

// rawValue takes a value out of its text form. It is a copy.
func rawValue(reader *pgconn.ResultReader, i int) []byte {
	value := reader.Values()[i]
	if reader.FieldDescriptions()[i].DataTypeOID == byteaOID {
		return bytesOf(value)
	}
	return bytes.Clone(value)
}

// Err gives the error that ended the rows, if one did.
func (r *Result) Err() error { return r.err }

// finish reads what follows the rows; the transaction has ended when it returns nil.
func (r *Result) finish() error {
	r.done = true
	tag, err := r.reader.Close()
	if err != nil {
		return err
	}
	if r.cmd.Program.Yields == query.Affected {
		r.Rows = tag.RowsAffected()
	}
	if err := r.readOverrides(); err != nil {
		return forgotten(err)
	}
	for range r.tail {
		if err := r.session.skip(); err != nil {
			return forgotten(err)
		}
	}
	if err := r.session.end(); err != nil {
		return err
	}
	return r.settle()
}

// settle ends a transaction whose outcome decides over it.
func (r *Result) settle() error {
	if !r.cmd.decides() {
		return nil
	}
	if err := r.cmd.Expect.Check(r.Rows, r.Counted); err != nil {
		r.refused = true
		return err // and end rolls back
	}
	end := commit
	if r.cmd.Rollback {
		end = checkConstraints + "; " + rollback
	}
	return r.session.exec(end)
}

func (r *Result) readOverrides() error {
	reader, err := r.session.next()
	if err != nil {
		return err
	}
	for reader.NextRow() {
		values := reader.Values()
		r.Overrides = Overrides{Headers: string(values[0]), Status: string(values[1])}
		if r.Overrides != (Overrides{}) {
			r.session.cache.overridden = true
		}
		if len(values) > overrideColumns && len(values[overrideColumns]) > 0 {
			if r.Inserted, err = parseNumber(values[overrideColumns]); err != nil {
				return err
			}
		}
	}
	_, err = reader.Close()
	return err
}

func (r *Result) fail(err error) {
	r.done = true
	cut, silent := r.session.cache.watch.ended()
	var pg *pgconn.PgError
	switch {
	case silent:
		r.err = apierror.DeadlinePassed(err)
	case r.revoked != nil && errors.As(err, &pg) && pg.Code == queryCanceled:
		r.err = r.revoked
	default:
		r.err = classify(r.session.ctx, err)
	}
	r.session.failed(err)
	if r.session.ctx.Err() == nil && !cut && (broken(err) || terminated(err)) {
		r.executor.lost()
	}
}

// queryCanceled is the SQLSTATE of statements that were cancelled.
const queryCanceled = "57014"

// Close gives the connection back. A result that was not read to its end is
// abandoned: the connection is closed, for reading on would cost what the
// caller no longer wants. Close may be called more than once.
func (r *Result) Close() {
	if r.conn == nil {
		return
	}
	if !r.done {
		r.session.abandon()
	}
	r.end()
	r.conn.Release()
	r.conn = nil
}

// Revoke gives a command up for a reason of the caller's. It reports whether closing the
// result undoes it. Otherwise what the command wrote is committed in the same moment as it
// is read: PostgreSQL is asked to cancel it, and only the end of the rows tells what became
// of it. The result's error is the reason then, unless it was committed.
func (r *Result) Revoke(reason error) (undone bool) {
	switch {
	case r.cmd.ReadOnly || !r.done && (r.cmd.open() || r.cmd.decides()):
		return true
	case r.done || r.revoked != nil:
		return false
	}
	r.revoked = reason
	ctx, cancel := context.WithTimeout(r.session.ctx, cancelTimeout)
	defer cancel()
	_ = r.session.conn.CancelRequest(ctx) // if it fails, the rows come to their end
	return false
}

// cancelTimeout is how long asking for a cancel may take.
const cancelTimeout = 5 * time.Second

// Pause tells that the caller doesn't ask for rows for a while, in which PostgreSQL has
// no reason to say anything, and Resume that it does again.
func (r *Result) Pause() { r.pause(true) }

// Resume is the end of a Pause.
func (r *Result) Resume() { r.pause(false) }

func (r *Result) pause(begins bool) {
	if r.conn != nil { // which else may be another command's by now
		r.session.cache.watch.pause(begins)
	}
}

// Cancel has a Next that waits for PostgreSQL, in another goroutine, and all that
// follow, fail.
func (r *Result) Cancel() { r.session.cache.watch.cancel(r.watched) }

// end leaves the connection without a pipeline and without a transaction.
func (r *Result) end() {
	_ = r.session.end()
	if r.session.conn.TxStatus() != 'I' && !r.session.conn.IsClosed() {
		// An explicit transaction failed: the pool would close the connection, and
		// does so when the request has been given up.
		_ = r.session.exec(rollback)
	}
	if r.revoked != nil { // the cancel may be under way yet, to whatever comes next
		_ = r.session.conn.Close(r.session.ctx)
	}
	if r.session.conn.TxStatus() == 'I' && !r.session.conn.IsClosed() {
		r.session.putBack()
	}
	r.session.cache.watch.end()
}
