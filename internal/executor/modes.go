package executor

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// A transaction's isolation level and access mode are always said, for those that it has
// of itself are the session's defaults, which may be the database's or the role's. BEGIN
// says them, or, in a pipeline that is a transaction without one, these settings.
const (
	readCommitted = "pg_catalog.set_config('transaction_isolation', 'read committed', true)"
	readOnly      = readCommitted + ", pg_catalog.set_config('transaction_read_only', 'on', true)"
	readWrite     = readCommitted + ", pg_catalog.set_config('transaction_read_only', 'off', true)"
)

// beginStatement is BEGIN with the modes. A count and the rows that it counts have to come
// from one snapshot.
func (s *Session) beginStatement(conn *pgconn.PgConn, counts bool) string {
	isolation, access := s.Isolation, " READ WRITE"
	if isolation == "" {
		isolation = "READ COMMITTED"
		if counts {
			isolation = "REPEATABLE READ"
		}
	}
	switch {
	case s.ReadOnly:
		access = " READ ONLY"
	case onStandby(conn):
		access = ""
	}
	return "BEGIN ISOLATION LEVEL " + isolation + access
}

// modeSettings are the settings that say the modes of a transaction without a BEGIN.
func (s *Session) modeSettings(conn *pgconn.PgConn) string {
	switch {
	case s.ReadOnly:
		return readOnly
	case onStandby(conn):
		return readCommitted
	}
	return readWrite
}

// onStandby reports a connection to a standby, where no transaction can be READ WRITE.
// What writes all the same is told so when it does.
func onStandby(conn *pgconn.PgConn) bool { return conn.ParameterStatus("in_hot_standby") == "on" }

// errOtherModes says that a transaction without a BEGIN had begun in other modes than its
// settings say. With a BEGIN it can be run.
var errOtherModes = errors.New("the transaction has begun in other modes")

// otherModes makes errOtherModes of an error of the settings' statement that says so, and
// notes that the connection needs a BEGIN. Others stay as they are.
//
// PostgreSQL lets modes be changed only before the first query. The statement of settings is
// one, and may set the modes only to what they are. On a standby, if the default is
// SERIALIZABLE, not even a query can begin.
func (c *connection) otherModes(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "25001" && (pg.Code != "0A000" || !onStandby(c.pg)) {
		return err
	}
	c.needsBegin = true
	return fmt.Errorf("%w: %w", errOtherModes, err)
}
