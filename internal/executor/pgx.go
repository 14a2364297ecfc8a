package executor

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// ErrNotYours says that Commit or Rollback was called of a transaction that somebody else
// began, and ends.
var ErrNotYours = errors.New("the transaction isn't yours to commit or roll back: whoever began it ends it")

// Pgx gives the transaction for a host's own SQL. It runs under the same role and the same
// settings, and between the commands: while rows of one are open, the connection is busy.
//
// Begin gives a savepoint, which is the caller's to commit or roll back. The transaction
// itself is not: its Commit and Rollback return ErrNotYours. Behind End all of it returns
// pgx.ErrTxClosed. The SQL must be the host's, not the requester's: SQL can change the role,
// and end the transaction.
func (tx *Tx) Pgx() pgx.Tx {
	if tx.joined == nil {
		tx.joined = tx.join()
	}
	return guest{tx.joined.Tx()}
}

// join has pgx make a transaction of its own of one that it didn't begin. That it does
// only for a batch that begins one, of which this is no more than the shell: without
// queries nothing of it is sent.
func (tx *Tx) join() pgx.BatchResults {
	batch := &pgx.Batch{}
	batch.BeginTx(pgx.TxOptions{})
	batch.QueuedQueries = nil
	if tx.lease == nil {
		return pgx.FailedBatchResults(batch, ErrEnded)
	}
	return tx.lease.Conn().SendBatch(context.Background(), batch)
}

// part closes what Pgx gave, of a transaction that has ended.
func (tx *Tx) part() {
	if tx.joined != nil {
		_ = tx.joined.Close() // which closes the transaction, too, when there is none on the connection
	}
}

// guest is a transaction that its user doesn't end.
type guest struct{ pgx.Tx }

// Commit is refused.
func (guest) Commit(context.Context) error { return ErrNotYours }

// Rollback is refused.
func (guest) Rollback(context.Context) error { return ErrNotYours }
