// Package apierror is the error of the API: what a client sees of anything that
// goes wrong, as JSON with code, message, details and hint, and its HTTP status.
// The codes are those of PostgREST
// (https://docs.postgrest.org/en/stable/references/errors.html) and PostgreSQL's
// SQLSTATEs.
//
//	err := apierror.TableNotFound("api.flims", "api.films")
//	fmt.Println(err.Status, string(err.Body(false)))
package apierror

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/filter"
)

// Error is an error as the client sees it.
type Error struct {
	// Code is a PGRSTxxx code or a SQLSTATE.
	Code    string
	Message string
	// Details is a string, or a value that is encoded as JSON; nil for none.
	Details any
	// Hint is empty for none.
	Hint   string
	Status int
	// Header holds further response headers; nil for none.
	Header http.Header

	cause  error
	raised bool // the texts are those of a function
	bearer bool // Header asks for a bearer token, for want of the privilege
}

// WithoutBearer takes back the wish for a bearer token, where none is of any use.
func (e *Error) WithoutBearer() {
	if e.bearer {
		e.Header.Del("WWW-Authenticate")
	}
}

// Error gives code and message, and the cause where there is one.
func (e *Error) Error() string {
	s := e.Code + ": " + e.Message
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap gives the cause: what to log, and not to tell.
func (e *Error) Unwrap() error { return e.cause }

// Body encodes the error, its texts bounded. A minimal body has no details and no hint.
func (e *Error) Body(minimal bool) []byte {
	most := maxText
	if e.raised {
		most = maxRaised
	}
	var body any
	message, details := CutTo(e.Message, most), e.Details
	if text, ok := details.(string); ok {
		details = CutTo(text, most)
	}
	if minimal {
		body = struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		}{e.Code, message}
	} else {
		var hint any
		if e.Hint != "" {
			hint = CutTo(e.Hint, most)
		}
		body = struct {
			Code    string `json:"code"`
			Details any    `json:"details"`
			Hint    any    `json:"hint"`
			Message string `json:"message"`
		}{e.Code, details, hint, message}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(body) != nil { // Details are strings or plain structs: this can't fail
		return []byte(`{}`)
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// From turns any error into an Error. anonymous tells whether the request ran
// as the anonymous role, which makes a missing privilege a 401 and no 403. An
// error of no known kind becomes a 500 that keeps its text to itself.
func From(err error, anonymous bool) *Error {
	var (
		api   *Error
		parse *filter.ParseError
		limit *filter.LimitError
		authn *auth.Error
		pg    *pgconn.PgError
		conn  *pgconn.ConnectError
	)
	switch {
	case errors.As(err, &api):
		return api
	case errors.As(err, &parse):
		return queryString(parse)
	case errors.As(err, &limit):
		return tooMuchAsked(limit)
	case errors.As(err, &authn):
		return authentication(authn)
	case errors.As(err, &conn): // before pg: what the server answers to the authenticator is no client's business
		return NotConnected(err)
	case errors.As(err, &pg):
		return postgres(pg, anonymous)
	case errors.Is(err, context.Canceled):
		return GivenUp(err)
	case errors.Is(err, context.DeadlineExceeded):
		return DeadlinePassed(err)
	}
	return Internal(err)
}

// GivenUp is a request whose client went away, or that the host cancelled. Nobody
// reads it, but logs and metrics must not show a fault of the server: the status is
// the one that nginx made usual for this.
func GivenUp(cause error) *Error {
	return &Error{Code: queryCanceled, Message: "The request was given up", Status: statusClientClosedRequest, cause: cause}
}

// DeadlinePassed is a request that took longer than the host allows.
func DeadlinePassed(cause error) *Error {
	return &Error{Code: queryCanceled, Message: "The request took longer than it may", Status: http.StatusGatewayTimeout, cause: cause}
}

const (
	queryCanceled             = "57014" // a SQLSTATE
	statusClientClosedRequest = 499
	maxErrorStatus            = 599
)

// Internal is a fault of ours or of the database connection: the client learns
// that it happened, the log learns why.
func Internal(err error) *Error {
	return &Error{Code: "PGRSTX00", Message: "Internal error", Status: http.StatusInternalServerError, cause: err}
}

// NoRoom is an answer that has to wait for its end, and doesn't find the room to: the
// disk is full, or the host's bound is reached. Nothing was written.
func NoRoom(cause error) *Error {
	return &Error{Code: diskFull, Message: "There is no room for an answer of this size", Status: http.StatusInternalServerError, cause: cause}
}

const diskFull = "53100" // a SQLSTATE

func queryString(err *filter.ParseError) *Error {
	return &Error{Code: "PGRST100", Message: err.Message(), Details: err.Details(), Status: http.StatusBadRequest, cause: err}
}

// authentication takes an error that says no status of an error for the 401 that it is
// by its kind.
func authentication(err *auth.Error) *Error {
	e := &Error{Code: err.Code, Message: err.Message, Status: err.Status, cause: err}
	if e.Status < http.StatusBadRequest || e.Status > maxErrorStatus {
		e.Status = http.StatusUnauthorized
	}
	if err.Details != "" {
		e.Details = err.Details
	}
	if err.Challenge != "" {
		e.Header = http.Header{"Www-Authenticate": {err.Challenge}}
	}
	return e
}
