package pgrest

import (
	"net/http"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// Error is why a request failed, as Options.MapError and Options.Observe are told of it:
// what the response's body says
// (https://docs.postgrest.org/en/stable/references/errors.html), and the cause, which
// clients are not told. errors.As finds the cause's kinds in it, such as a *pgconn.PgError
// of the database, with its ConstraintName and ColumnName, an *auth.Error of a token, or a
// *filter.ParseError of the URL. Its texts may quote what the client has sent, and those of
// the database a whole row.
type Error struct {
	// Code is one of PostgREST's, such as PGRST205, or a SQLSTATE of PostgreSQL's
	// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
	Code string
	// Status is the HTTP status that the error has.
	Status int
	// Message says what is wrong.
	Message string
	// Details are further ones: a string, a value that encoding/json makes the body's of,
	// or nil for none.
	Details any
	// Hint says what might help. It is empty for none.
	Hint string
	// Header are headers that the response gets because of the error, such as
	// WWW-Authenticate. It is nil for none.
	Header http.Header
	// Cause is what the error was made of, for logs and not for clients. It is nil if there
	// is none but what the client asked for.
	Cause error
}

// newError gives an error of the API, or nil for none, to the host.
func newError(e *apierror.Error) *Error {
	if e == nil {
		return nil
	}
	return &Error{
		Code: e.Code, Status: e.Status, Message: e.Message, Details: e.Details, Hint: e.Hint,
		Header: e.Header.Clone(), Cause: e.Unwrap(),
	}
}

// Error gives the code and the message, and the cause if there is one.
func (e *Error) Error() string {
	text := e.Code + ": " + e.Message
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }
