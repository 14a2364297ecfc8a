// Package apierror has the error that clients see of anything that goes wrong: its HTTP
// status, and JSON with code, message, details and hint.
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
	raised bool // a function raised it, with texts of its own
	bearer bool // Header asks for a bearer token, since the anonymous role lacks a privilege
}

// WithoutBearer removes the request for a bearer token. It is for hosts that take none.
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

// Unwrap gives the cause, which is for logs and not for clients.
func (e *Error) Unwrap() error { return e.cause }

// Body encodes the error, with its texts cut to a bound. A minimal body has no details
// and no hint.
func (e *Error) Body(minimal bool) []byte {
	message, details, hint := e.texts()
	if minimal {
		return encode(minimalBody{e.Code, message})
	}
	return encode(fullBody{e.Code, details, hint, message})
}

type minimalBody struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type fullBody struct {
	Code    string `json:"code"`
	Details any    `json:"details"`
	Hint    any    `json:"hint"`
	Message string `json:"message"`
}

// texts are those of the body, cut to a bound.
func (e *Error) texts() (message string, details, hint any) {
	most := maxText
	if e.raised {
		most = maxRaised
	}
	message, details = CutTo(e.Message, most), e.Details
	if text, ok := details.(string); ok {
		details = CutTo(text, most)
	}
	if e.Hint != "" {
		hint = CutTo(e.Hint, most)
	}
	return message, details, hint
}

func encode(body any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(body) != nil { // Details are strings, plain structs or JSON: this can't fail
		return []byte(`{}`)
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// From turns any error into an Error. anonymous tells whether the request ran as the
// anonymous role: a missing privilege is then a 401 instead of a 403. An error of no known
// kind becomes a 500 that doesn't tell its text.
func From(err error, anonymous bool) *Error {
	var (
		api   *Error
		parse *filter.ParseError
		limit *filter.LimitError
		authn *auth.Error
		pg    *pgconn.PgError
		conn  *pgconn.ConnectError
	)
	if e := fromLocated(err, anonymous); e != nil {
		return e
	}
	switch {
	case errors.As(err, &api):
		return api
	case errors.As(err, &parse):
		return queryString(parse)
	case errors.As(err, &limit):
		return tooMuchAsked(limit)
	case errors.As(err, &authn):
		return authentication(authn)
	case errors.As(err, &conn): // before pg, which it may wrap: clients aren't told of a failed login
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

// GivenUp is a request whose client went away, or that the host cancelled. No client
// reads it, but logs and metrics must not show a fault of the server: the status is
// nginx's for a request that the client closed.
func GivenUp(cause error) *Error {
	return &Error{Code: queryCanceled, Message: "The request was given up", Status: statusClientClosedRequest, cause: cause}
}

// DeadlinePassed is a request that took longer than the host allows.
func DeadlinePassed(cause error) *Error {
	return &Error{Code: queryCanceled, Message: "The request took longer than it may", Status: http.StatusGatewayTimeout, cause: cause}
}

// IsDeadlinePassed reports that an error is, or wraps, one of DeadlinePassed.
func IsDeadlinePassed(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == queryCanceled && e.Status == http.StatusGatewayTimeout
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

// NoRoom is a response that has to be spooled, for which there is no room: the disk is
// full, or the host's bound is reached. Nothing was sent.
func NoRoom(cause error) *Error {
	return &Error{Code: diskFull, Message: "There is no room for an answer of this size", Status: http.StatusInternalServerError, cause: cause}
}

const diskFull = "53100" // a SQLSTATE

func queryString(err *filter.ParseError) *Error {
	return &Error{Code: "PGRST100", Message: err.Message(), Details: err.Details(), Status: http.StatusBadRequest, cause: err}
}

// authentication makes an Error of one that a host's Authenticate may have made. If its
// status isn't that of an error, it is 401.
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
