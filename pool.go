package pgrest

import "github.com/pgrest-go/pgrest/internal/dbpool"

// Pool is what the library needs of the host's connection pool: the method
//
//	Acquire(ctx context.Context) (*pgxpool.Conn, error)
//
// A *pgxpool.Pool is one. The pool stays the host's: it is never closed here. When one of
// its connections turns out to have died, its method Reset is called, if it has
// one, to have it drop the idle ones. When it gives connections to a replica, where
// nobody can listen, its method Config tells where the primary is, if it has one, as
// in a URL with several hosts and target_session_attrs=prefer-standby.
//
// Options.Replicas has pools of replicas beside it.
//
// A host's own may choose among several databases by ctx, which is the request's: for what the
// handler does itself, such as loading the schema, it has nothing of a request. The types in
// all of these databases need the same OIDs, as in copies of one template: else requests find
// the schema outdated, and have it loaded in vain.
//
// A connection goes back to the pool without a transaction, and so without anything
// that a request has set for its own. Prepared statements stay on it, under names that
// begin with pgrest_.
//
// Functions of the database can leave more: what they set for the session, by
// set_config(…, false) or SET, stays after their transaction. PostgreSQL tells of the time
// zone, the DateStyle, the IntervalStyle, client_encoding, standard_conforming_strings,
// application_name and default_transaction_read_only; those are put back, by one more
// round trip after such a request. Of all else nobody tells, such as statement_timeout,
// row_security, a role, a setting of the database's own, an advisory lock or a temporary
// table. Requests to the API say their role themselves; others who use the pool may find
// these. A host whose functions leave them gives the API a pool of its own, or has
// its AfterRelease run RESET ALL and what else is needed, which takes half as long as a
// small request.
type Pool = dbpool.Pool
