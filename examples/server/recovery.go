package main

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
)

// recovery decides which faults of the database end the server: a wrong password,
// which no trying again makes right, and with db-pool-automatic-recovery off, the
// loss of any connection.
// See https://docs.postgrest.org/en/stable/references/connection_pool.html#automatic-recovery.
type recovery struct {
	off   atomic.Bool
	ended chan error // has the first such fault
}

func newRecovery() *recovery { return &recovery{ended: make(chan error, 1)} }

// failed is told why a connection couldn't be had.
func (r *recovery) failed(err error) {
	var connect *pgconn.ConnectError
	switch {
	case wrongPassword(err):
		r.end(fmt.Errorf("log in to the database: %w", err))
	case r.off.Load() && errors.As(err, &connect):
		r.end(fmt.Errorf("the database was lost, and db-pool-automatic-recovery is off: %w", err))
	}
}

// told is told what errors connections get, and reports whether they can go on, as
// pgconn.Config.OnPgError does.
func (r *recovery) told(_ *pgconn.PgConn, err *pgconn.PgError) bool {
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
	default: // it is ending already
	}
}

// wrongPassword reports whether the database refused the password.
func wrongPassword(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == "28P01" // invalid_password
}
