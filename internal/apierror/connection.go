package apierror

import (
	"errors"
	"net/http"
)

// The errors of group 0: there is no connection, or no schema cache.
// See https://docs.postgrest.org/en/stable/references/errors.html#group-0-connection.

// NotConnected is PGRST000: no connection to the database could be made. The cause is for
// the operator only.
func NotConnected(cause error) *Error {
	return &Error{Code: "PGRST000", Message: "Database connection error.", Status: http.StatusServiceUnavailable, cause: cause}
}

// ConnectionLost is PGRST001: the connection broke while the request ran.
func ConnectionLost(cause error) *Error {
	return &Error{Code: connectionLost, Message: "Database client error. Retrying the connection.",
		Status: http.StatusServiceUnavailable, cause: cause}
}

// IsConnectionLost reports that an error is, or wraps, one of ConnectionLost.
func IsConnectionLost(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == connectionLost
}

const connectionLost = "PGRST001"

// NoSchemaCache is PGRST002: the schema was not loaded yet.
func NoSchemaCache(cause error) *Error {
	return &Error{Code: "PGRST002", Message: "Could not query the database for the schema cache. Retrying.",
		Status: http.StatusServiceUnavailable, cause: cause}
}

// AcquireTimeout is PGRST003: the pool had no connection to give in time.
func AcquireTimeout(cause error) *Error {
	return &Error{Code: "PGRST003", Message: "Timed out acquiring connection from connection pool.",
		Status: http.StatusGatewayTimeout, cause: cause}
}
