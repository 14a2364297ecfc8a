package main

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
)

// recovery decides which errors of the database end the server: a wrong password, which
// another attempt doesn't mend, and with db-pool-automatic-recovery off, the loss of any
// connection.
// See https://docs.postgrest.org/en/stable/references/connection_pool.html#automatic-recovery.
type recovery struct {
	off   atomic.Bool
	ended chan error // receives the first such error
}

func newRecovery() *recovery { return &recovery{ended: make(chan error, 1)} }

// failed takes the error of a connection that couldn't be made or acquired.
func (r *recovery) failed(err error) {
	var connect *pgconn.ConnectError
	switch {
	case wrongPassword(err):
		r.end(fmt.Errorf("log in to the database: %w", err))
	case r.off.Load() && errors.As(err, &connect):
		r.end(fmt.Errorf("the database was lost, and db-pool-automatic-recovery is off: %w", err))
	}
}

// onPgError takes the errors that connections get. As pgconn.Config.OnPgError, it reports
// whether the connection can go on.
func (r *recovery) onPgError(_ *pgconn.PgConn, err *pgconn.PgError) bool {
	const fatal = "FATAL" // the end of the session
	if err.SeverityUnlocalized != fatal {
		return true
	}
	if r.off.Load() {
		r.end(fmt.Errorf("a connection was lost, and db-pool-automatic-recovery is off: %w", err))
	}
	return false
}

func (r *recovery) end(err error) {
	select {
	case r.ended <- err:
	default: // the server is ending already
	}
}

// wrongPassword reports whether the database refused the password.
func wrongPassword(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == "28P01" // invalid_password
}
