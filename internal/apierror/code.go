package apierror

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// Origin is the code of what the error was made of: PostgreSQL's SQLSTATE, whatever code a
// function or the connection gives it, or else the error's own.
func (e *Error) Origin() string {
	var refusal *pgconn.PgError
	if errors.As(e, &refusal) {
		return refusal.Code
	}
	return e.Code
}

// FromDatabase reports an error by which PostgreSQL refuses a statement.
func FromDatabase(err error) bool {
	var refusal *pgconn.PgError
	var conn *pgconn.ConnectError
	return errors.As(err, &refusal) && !errors.As(err, &conn)
}
