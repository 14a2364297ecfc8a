package apierror

import (
	"fmt"
	"net/http"
)

// The errors of batches: of their form, of references in them, and of their requests.

// TooManyInBatch is PGRST102 for a batch of more requests than there may be.
func TooManyInBatch(most int) *Error {
	return &Error{Code: "PGRST102", Message: "The batch has too many requests", Details: atMost(most), Status: http.StatusBadRequest}
}

// InvalidReference is PGRST100 for a reference in a query string that leads to no value, or
// stands where there is none.
func InvalidReference(message string) *Error {
	return &Error{Code: "PGRST100", Message: message, Status: http.StatusBadRequest}
}

// NotInBatch is PGRST102 for what a request of a batch can't do or say.
func NotInBatch(message string) *Error { return InvalidBody(message) }

// inBatch says of which request of a batch an error is.
type inBatch struct {
	Index   int    `json:"index"`
	Name    string `json:"name,omitempty"`
	Details any    `json:"details"`
}

// InBatch gives the error with the place of the request that it is of, which counts from 0,
// and the request's name, empty for none, in the details.
func (e *Error) InBatch(index int, name string) *Error {
	within := *e
	details := e.Details
	if text, ok := details.(string); ok {
		details = CutTo(text, maxText)
	}
	within.Details = inBatch{Index: index, Name: name, Details: details}
	return &within
}

// Because gives the error with a cause, for logs.
func (e *Error) Because(cause error) *Error {
	caused := *e
	caused.cause = cause
	return &caused
}

// TooLargeToRefer is PGRST102 for a response in a batch that others refer to, and that is too
// large for that.
func TooLargeToRefer(most int) *Error {
	e := InvalidBody("The response is too large to be referred to")
	e.Details, e.Hint = fmt.Sprintf("It may have %d bytes.", most), "Select the columns that the references need."
	return e
}
