package executor

import "github.com/jackc/pgx/v5/pgconn"

// connection is what is known of a connection of the pool. The connection itself carries
// it, for the pool is the host's.
type connection struct {
	pg         *pgconn.PgConn
	statements statements
	watch      watch
	// overridden reports that something set response.headers or response.status
	// here, perhaps beyond its transaction.
	overridden bool
	// begins reports that transactions need a BEGIN here: of themselves they don't begin
	// READ COMMITTED, or not READ WRITE.
	begins bool
	// reported are the settings that the connection had before its transaction.
	reported reported
	// tracer is the host's, nil for none; traced reports that it has been looked for.
	tracer *tracer
	traced bool

	settingsRoom
}

const customDataKey = "pgrest.connection"

func connectionOf(pg *pgconn.PgConn) *connection {
	if c, ok := pg.CustomData()[customDataKey].(*connection); ok {
		return c
	}
	c := &connection{pg: pg, statements: newStatements()}
	pg.CustomData()[customDataKey] = c
	return c
}
