package auth

import (
	"net/http"
	"strconv"
)

// Error is the refusal of a request's identity. Code, Message and Details are those of
// the protocol.
type Error struct {
	// Code is PGRST300 when the server has no key to verify a token with, PGRST301
	// when a token can't be decoded or verified, PGRST302 when there has to be a
	// token, PGRST303 when the token's claims don't hold, and PostgreSQL's 22023 for
	// a role that Identity.Check refuses.
	Code string
	// Message says what is wrong, in words that are fit for the client.
	Message string
	// Details says more about some errors of PGRST301. Else it is empty.
	Details string
	// Status is the HTTP status of the response: 401, or for PGRST300 500 when no key
	// is configured and 503 when the key set of a URL could not be fetched. A value that
	// isn't the status of an error, such as 0, means 401.
	Status int
	// Challenge is the value of the response's WWW-Authenticate header, or empty when
	// there is to be none.
	Challenge string
	// Err is the cause, for logs and not for the client. It may be nil.
	Err error
}

// Error returns the code, the message, the details if any, and the cause.
func (e *Error) Error() string {
	s := e.Code + ": " + e.Message
	if e.Details != "" {
		s += ": " + e.Details
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func errNoSecret() *Error {
	return &Error{Code: "PGRST300", Message: "Server lacks JWT secret", Status: http.StatusInternalServerError}
}

// errKeySet is not a 401, at which clients would drop a good token.
func errKeySet(err error) *Error {
	return &Error{Code: "PGRST300", Message: "Server could not fetch its JWT keys", Status: http.StatusServiceUnavailable, Err: err}
}

// errNoRole has PostgreSQL's words for a role that doesn't exist.
func errNoRole(role string) *Error {
	return &Error{Code: "22023", Message: `role "` + role + `" does not exist`, Status: http.StatusUnauthorized, Challenge: "Bearer"}
}

// noSuitableKey is the details of PGRST301 for a token that no key suits.
const noSuitableKey = "No suitable key was found to decode the JWT"

func errDecode(message, details string, err error) *Error {
	return &Error{
		Code: "PGRST301", Message: message, Details: details, Err: err,
		Status: http.StatusUnauthorized, Challenge: invalidToken(message),
	}
}

func errTokenRequired() *Error {
	return &Error{
		Code: "PGRST302", Message: "Anonymous access is disabled",
		Status: http.StatusUnauthorized, Challenge: "Bearer",
	}
}

func errClaims(message string, err error) *Error {
	return &Error{
		Code: "PGRST303", Message: message, Err: err,
		Status: http.StatusUnauthorized, Challenge: invalidToken(message),
	}
}

func invalidToken(message string) string {
	return `Bearer error="invalid_token", error_description=` + strconv.Quote(message)
}
