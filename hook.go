package pgrest

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
)

// Hook takes part in the transactions of requests. A host writes an audit row with it, or
// enqueues a job, such that there is one exactly if the client's write is committed:
//
//	pgrest.Hook{
//		After: func(ctx context.Context, tx pgx.Tx, r *pgrest.Request, done *pgrest.Outcome) error {
//			_, err := jobs.InsertTx(ctx, tx, Notify{Table: r.Name, Rows: done.RowsAffected}, nil)
//			return err
//		},
//	}
//
// # Order
//
// All of a request's transaction comes in this order. Of several hooks, each function is
// called in the order of Options.Hooks.
//
//   - Options.Decide, when the request has been planned
//   - For, of each hook, before anything is sent
//   - BEGIN, the settings, the change to the request's role, Options.PreRequest
//   - Before
//   - the request's own statement
//   - the check of what is expected of its result, such as exactly one row
//   - After
//   - deferred constraints and COMMIT, or ROLLBACK with Options.TxEnd and Prefer: tx=rollback
//   - AfterCommit, unless it was rolled back
//   - the response: its status, its headers and its body
//
// # Errors
//
// An error of Before or After rolls the transaction back and is the answer: an *Error as it
// is, with its status and code, an *auth.Error as one of Options.Authenticate, a deadline
// that has passed as a 504, context.Canceled as the client's leaving if that is what has
// cancelled the request, and any other, of SQL too, as a 500, which is logged and doesn't
// tell the client its text. A hook that passes over an
// error of its SQL has a transaction that has failed, for which the answer is 500 as well. A
// panic is answered with 500, too.
//
// When a request's error shows that the schema has changed, all of it is rolled back, and
// done again with the new schema, in another transaction: then For and Before are called
// again. Nothing is committed twice; but what Before does beside its transaction, it may do
// more than once. After is called again only where a deferred constraint or the like has it
// that nothing was committed.
//
// With Options.Replicas a request that Before or After takes part in runs on the primary.
// Others that only read run on a replica, and For is called again when one is repeated.
//
// Of a batch, hooks take part in each request that they are for: Before and After in the batch's
// transaction, one request behind the other, and AfterCommit when all of it is committed. A
// later request that fails rolls back what they have done for an earlier one.
//
// # Cost
//
// A request that no hook takes part in costs what it costs without hooks: one round trip.
// Of the hooks that do take part, Before costs one round trip more, and After another,
// however many there are of each, beside those of their SQL. Between two whose AsLogin
// differs there is one for the change of roles. AfterCommit costs none. The response waits
// for After and AfterCommit in memory or in a temporary file: see Options.MaxSpoolBytes.
type Hook struct {
	// For reports whether the hook takes part in a request. It is called for each, and
	// should be quick. nil means those that may write: writes to relations, and calls that
	// don't run read only; of requests for execution plans, those with the option analyze.
	For func(r *Request) bool
	// AsLogin has the SQL of Before and After run as the role that the pool logs in as, and
	// not as the request's role, to which the request's own statement and the commit are
	// set back. The settings are the request's in either case: its claims, and its search
	// path.
	AsLogin bool
	// Rows has Outcome.Rows tell of the rows that a write has written. The request's role
	// needs the privilege SELECT on all columns of the relation for that. Of rows with others
	// within them (see NestedInserts), they are those of the request's own relation.
	Rows bool
	// Before is called before the request's own statement. Commit and Rollback of tx are
	// refused; Begin gives a savepoint.
	Before func(ctx context.Context, tx pgx.Tx, r *Request) error
	// After is called when the request's own statement has run.
	After func(ctx context.Context, tx pgx.Tx, r *Request, done *Outcome) error
	// AfterCommit is called when the transaction has been committed, and before the client
	// is told. It can't fail the request: a panic is logged. ctx has the values of the
	// request's, but isn't cancelled with it. If the connection is lost during the commit,
	// nobody knows whether it came to pass: then AfterCommit isn't called, and the client is
	// answered with 503.
	AfterCommit func(ctx context.Context, r *Request, done *Outcome)
}

// Outcome is what became of a request's own statement.
type Outcome struct {
	// RowsAffected is how many rows were written, or how many a read or a function gave: of
	// those, the ones on the page. It is 0 for an execution plan.
	RowsAffected int64
	// RowsInserted is how many of them were inserted, by an insert or an upsert. Those of an
	// upsert into a relation that Citus spreads over its workers aren't counted: it is 0.
	RowsInserted int64
	// Rows are those that were written, as a hook with Rows wants them.
	Rows []WrittenRow
}

// WrittenRow is a row that was written, as JSON objects with all columns of the relation.
type WrittenRow struct {
	// New is the row as it is now; nil of a row that was deleted.
	New json.RawMessage `json:"new"`
	// Old is the row as it was before: of a row that was deleted, and from PostgreSQL 18 on
	// of one that was updated, by an upsert, too. Otherwise it is nil.
	Old json.RawMessage `json:"old"`
}
