package apierror

import (
	"net/http"
	"strconv"
)

// The limits that the host sets to all requests together, and to what they cost. PostgREST
// has no codes for them; these are SQLSTATEs of PostgreSQL's for what is alike.

// TooManyRequests is configuration_limit_exceeded: as many requests are being answered as may be.
func TooManyRequests() *Error {
	return &Error{Code: limitExceeded, Message: "Too many requests are being answered", Status: http.StatusServiceUnavailable,
		Header: tryAgain()}
}

// TooManyRequestsOfRole is TooManyRequests for those of a role.
func TooManyRequestsOfRole() *Error {
	return &Error{Code: limitExceeded, Message: "Too many requests of this role are being answered",
		Status: http.StatusTooManyRequests, Header: tryAgain()}
}

// tryAgain is when to try again, in seconds.
func tryAgain() http.Header { return http.Header{"Retry-After": {"1"}} }

// TooCostly is statement_too_complex: PostgreSQL's planner expects a statement to cost more
// than it may. How much is kept from clients, whom it would tell of the data.
func TooCostly(most float64) *Error {
	return &Error{Code: "54001", Message: "The request would cost the database too much", Status: http.StatusBadRequest,
		Details: "Its estimated cost may be " + strconv.FormatFloat(most, 'f', -1, 64) + ".",
		Hint:    "Ask for less, or with filters that indexes serve."}
}

const limitExceeded = "53400" // a SQLSTATE, which clients can cause: see ServerFault
