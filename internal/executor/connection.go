package executor

import "github.com/jackc/pgx/v5/pgconn"

// connection is what is known of a connection of the pool. The connection itself carries
// it, for the pool is the host's.
type connection struct {
	pg         *pgconn.PgConn
	statements statements
	watch      watch
	// overridden reports that response.headers or response.status may still be set here
	// from an earlier transaction.
	overridden bool
	// needsBegin reports that transactions here begin in other modes than READ COMMITTED and
	// READ WRITE unless a BEGIN says these.
	needsBegin bool
	// reported are the settings that the connection had before its transaction.
	reported reported
	// tracer is the host's, nil for none; traced reports that it has been looked for.
	tracer *tracer
	traced bool

	// log is what is known of the server's write-ahead log, and cluster of its cluster; nil
	// before anything is written.
	log     serverLog
	cluster *cluster
	// taken reports that a transaction has had the connection before.
	taken bool

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

// reportedNames are the settings whose values PostgreSQL tells its clients of, whenever
// a statement has changed them, and which can be set.
var reportedNames = [...]string{
	"TimeZone", "DateStyle", "IntervalStyle", "client_encoding", "standard_conforming_strings", "application_name",
	"default_transaction_read_only", "search_path",
}

// reported are the values of these settings; empty where a server doesn't tell.
type reported [len(reportedNames)]string

func reportedBy(conn *pgconn.PgConn) (values reported) {
	for i, name := range reportedNames {
		values[i] = conn.ParameterStatus(name)
	}
	return values
}

// putBack makes a connection's reported settings what they were before a transaction. A
// function can set them for the whole session. Of other settings nobody tells.
func (p *pipeline) putBack() {
	conn := p.tx.conn
	now := reportedBy(conn.pg)
	if now == conn.reported {
		return
	}
	for i, value := range conn.reported {
		if value == now[i] || value == "" {
			continue
		}
		result := conn.pg.ExecParams(p.ctx, "SELECT pg_catalog.set_config($1, $2, false)",
			[][]byte{[]byte(reportedNames[i]), []byte(value)}, nil, nil, nil).Read()
		if result.Err != nil { // the pool makes a new one in its place
			_ = conn.pg.Close(p.ctx)
			return
		}
	}
}
