package apierror

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrOutdated says that a type in the database differs from that in the schema cache, and
// ErrMoreColumns that a relation has more columns than in the cache.
var (
	ErrOutdated    = errors.New("the database has other types than the schema cache")
	ErrMoreColumns = errors.New("the database has more columns than the schema cache")
)

// statementError is PostgreSQL's error at a statement that was made of a request.
type statementError struct {
	sql string
	error
}

// Unwrap gives PostgreSQL's error.
func (e *statementError) Unwrap() error { return e.error }

// OfStatement marks an error as that of the statement that was made of a request, in
// contrast to the statements around it. It is nil for nil.
func OfStatement(sql string, err error) error {
	if err == nil {
		return nil
	}
	return &statementError{sql, err}
}

// Refused finds the error by which PostgreSQL refused a statement that was made of a
// request. It is not ok for an error within a function that the statement calls: such an
// error has a context (Where), and a position in the function instead of the statement.
func Refused(err error) (sql string, refusal *pgconn.PgError, ok bool) {
	var statement *statementError
	if !errors.As(err, &statement) || !errors.As(err, &refusal) || refusal.Where != "" {
		return "", nil, false
	}
	return statement.sql, refusal, true
}
