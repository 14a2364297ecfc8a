package apierror

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrOutdated says that the database has other types than the schema cache, and
// ErrMoreColumns that one of its relations has more columns.
var (
	ErrOutdated    = errors.New("the database has other types than the schema cache")
	ErrMoreColumns = errors.New("the database has more columns than the schema cache")
)

// statementError is PostgreSQL's refusal of a statement that was made of a request.
type statementError struct {
	sql string
	error
}

// Unwrap gives the refusal.
func (e *statementError) Unwrap() error { return e.error }

// OfStatement notes of an error that it ended a statement that was made of a request, and
// not one of those around it. It is nil for nil.
func OfStatement(sql string, err error) error {
	if err == nil {
		return nil
	}
	return &statementError{sql, err}
}

// Refused tells of a statement that was made of a request, and that PostgreSQL refused. An
// error within a function that the statement calls is none such: it has a context, and
// where it says a place, that is in the function.
func Refused(err error) (sql string, refusal *pgconn.PgError, ok bool) {
	var statement *statementError
	if !errors.As(err, &statement) || !errors.As(err, &refusal) || refusal.Where != "" {
		return "", nil, false
	}
	return statement.sql, refusal, true
}
