package pgrest

import "github.com/pgrest-go/pgrest/internal/apierror"

// Error is why a request failed, as Options.Observe is told of it: what the response's
// body says (https://docs.postgrest.org/en/stable/references/errors.html), and the cause,
// which clients are not told. errors.As finds the cause's kinds in it, such as a
// *pgconn.PgError of the database, an *auth.Error of a token, or a *filter.ParseError of
// the URL. Its texts may quote what the client has sent; Code makes a good label of
// metrics.
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

	cause error
}

// newError gives an error of the API, or nil for none, to the host.
func newError(e *apierror.Error) *Error {
	if e == nil {
		return nil
	}
	return &Error{Code: e.Code, Status: e.Status, Message: e.Message, Details: e.Details, Hint: e.Hint, cause: e.Unwrap()}
}

// Error gives the code and the message, and the cause if there is one.
func (e *Error) Error() string {
	text := e.Code + ": " + e.Message
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap gives the cause, nil if the error has none but what the client asked for.
func (e *Error) Unwrap() error { return e.cause }
