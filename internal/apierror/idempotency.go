package apierror

import (
	"fmt"
	"net/http"
)

// The errors of requests with an Idempotency-Key header. PostgREST has no codes for them;
// these are SQLSTATEs of PostgreSQL's for what is alike. The statuses are those of
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.

// InvalidKey is invalid_parameter_value: the header isn't a key.
func InvalidKey(details string) *Error {
	return &Error{Code: "22023", Message: "The Idempotency-Key header can't be read", Details: details, Status: http.StatusBadRequest,
		Hint: `A key is a string in double quotes, such as "8e03978e-40d5-43dd-bc93-6894a57f9324".`}
}

// KeyMissing is InvalidKey for a request without the header that has to have one.
func KeyMissing() *Error {
	e := InvalidKey("")
	e.Message, e.Details = "The request needs an Idempotency-Key header", nil
	return e
}

// KeyOfBatch is InvalidKey for a batch of requests, whose answer isn't kept.
func KeyOfBatch() *Error {
	e := InvalidKey("")
	e.Message, e.Details, e.Hint = "A batch can't have an Idempotency-Key header", nil, "Send its writes by themselves, or leave the header out."
	return e
}

// KeyReused is duplicate_object: the key was sent with another request before.
func KeyReused() *Error {
	return &Error{Code: "42710", Message: "The Idempotency-Key was sent with another request before", Status: http.StatusUnprocessableEntity,
		Details: "Method, URL, body, and the headers Accept, Content-Type, Prefer and the like have to be the same.",
		Hint:    "A new request has a new key."}
}

// KeyInUse is lock_not_available: a request with the key is under way.
func KeyInUse(cause error) *Error {
	return &Error{Code: "55P03", Message: "A request with the same Idempotency-Key is being answered", Status: http.StatusConflict,
		Header: tryAgain(), cause: cause}
}

// TooLargeToKeep is program_limit_exceeded: the answer has more bytes than are kept for an
// idempotency key. Nothing was committed.
func TooLargeToKeep(most int) *Error {
	return &Error{Code: "54000", Message: "The answer is too large to be kept for an Idempotency-Key", Status: http.StatusUnprocessableEntity,
		Details: fmt.Sprintf("It may have %d bytes. Nothing was written.", most),
		Hint:    "Ask for less of it, by Prefer: return=minimal or by select."}
}
