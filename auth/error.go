package auth

import (
	"net/http"
	"strconv"
)

// Error is why a requester isn't let in. Code, Message and Details are those of
// the protocol.
type Error struct {
	// Code is PGRST300 when the server has no key to verify a token with, PGRST301
	// when a token can't be decoded or verified, PGRST302 when there has to be a
	// token, PGRST303 when the token's claims don't hold, and PostgreSQL's 22023 for
	// a role that is none: see Identity.Check.
	Code string
	// Message says what is wrong, in words that are fit for the client.
	Message string
	// Details says more about some errors of PGRST301. Else it is empty.
	Details string
	// Status is the HTTP status of the answer: 401, or for PGRST300 500 when no key
	// is configured and 503 when the key set of a URL could not be fetched. What is no
	// status of an error, such as 0, means 401.
	Status int
	// Challenge is the value of the answer's WWW-Authenticate header, or empty when
	// there is to be none.
	Challenge string
	// Err is the error behind this one, for logs and not for the client. It may be
	// nil.
	Err error
}

// Error returns the code and the message, the details if any, and the error
// behind this one.
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

// Unwrap returns the error behind this one.
func (e *Error) Unwrap() error { return e.Err }

func errNoSecret() *Error {
	return &Error{Code: "PGRST300", Message: "Server lacks JWT secret", Status: http.StatusInternalServerError}
}

// errKeySet is no 401, which would have clients throw a good token away.
func errKeySet(err error) *Error {
	return &Error{Code: "PGRST300", Message: "Server could not fetch its JWT keys", Status: http.StatusServiceUnavailable, Err: err}
}

// errNoRole is in the words that PostgreSQL has for a role that isn't there.
func errNoRole(role string) *Error {
	return &Error{Code: "22023", Message: `role "` + role + `" does not exist`, Status: http.StatusUnauthorized, Challenge: "Bearer"}
}

// noSuitableKey is what the details of PGRST301 say of a token that no key is for.
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
