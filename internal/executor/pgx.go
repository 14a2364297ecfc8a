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
// pgx.ErrTxClosed, or the error of a connection that had to be closed. The SQL must be the
// host's, not the requester's: SQL can change the role. It can end the transaction, too, and
// begin another, which has none of the session's settings but its role.
func (tx *Tx) Pgx() pgx.Tx {
	if tx.joined == nil {
		tx.joined = tx.join()
	}
	return guest{tx.joined.Tx()}
}

// join has pgx make a pgx.Tx of a transaction that is under way. pgx makes one without
// sending anything only as the result of a batch that begins a transaction, so it gets such
// a batch without its queries.
//
// That rests on two things that pgx 5.12, which brought these batches, does but doesn't
// promise: a batch without queries is not sent, and has its transaction all the same. Should
// a later pgx not give one, the host gets a transaction that is closed; should it send the
// BEGIN, PostgreSQL warns that there is a transaction, and changes nothing.
func (tx *Tx) join() pgx.BatchResults {
	batch := &pgx.Batch{}
	batch.BeginTx(pgx.TxOptions{})
	batch.QueuedQueries = nil
	if tx.lease == nil {
		return pgx.FailedBatchResults(batch, ErrEnded)
	}
	tx.conn.overridden = true // perhaps: nobody looks what the host's SQL sets for the session
	joined := tx.lease.Conn().SendBatch(context.Background(), batch)
	if joined.Tx() == nil {
		return pgx.FailedBatchResults(batch, errors.New("pgx has made no transaction"))
	}
	return joined
}

// part closes the pgx.Tx that Pgx gave, so that whoever keeps it can't use a connection that
// is others' by now. The transaction has ended.
//
// That is the other use of pgx's batches that begin a transaction: closing their results
// closes the pgx.Tx if the connection's status says that there is no transaction. Unlike
// its Rollback it sends nothing.
func (tx *Tx) part() {
	if tx.joined != nil {
		_ = tx.joined.Close()
	}
}

// guest is a transaction that its user doesn't end.
type guest struct{ pgx.Tx }

// Commit is refused.
func (guest) Commit(context.Context) error { return ErrNotYours }

// Rollback is refused.
func (guest) Rollback(context.Context) error { return ErrNotYours }
