package apierror

import (
	"fmt"
	"net/http"
	"strings"
)

// The errors of filters and orders that PostgREST doesn't have. Those of their grammar are
// PGRST100, as other faults of the query string.

// CastNotAllowed is PGRST100 for a condition or an order that casts its field to a type which
// the host doesn't allow.
func CastNotAllowed(name string, allowed []string) *Error {
	return &Error{Code: "PGRST100", Message: "Conditions and orders can't cast to the type '" + name + "'",
		Hint: "They can cast to: " + strings.Join(allowed, ", ") + ".", Status: http.StatusBadRequest}
}

// OrderWithoutCase is PGRST100 for an order without regard to case of something that is no
// text.
func OrderWithoutCase(term string) *Error {
	return &Error{Code: "PGRST100", Message: "order names '" + term + "', which is no text", Status: http.StatusBadRequest,
		Hint: "Leave out ci, or cast to text in front of it, as in id::text.ci."}
}

// OrderOfAlias is PGRST100 for an order that changes what it orders by where that is a name
// which the select parameter gives.
func OrderOfAlias(term string) *Error {
	return &Error{Code: "PGRST100", Message: "order names '" + term + "', which is no column", Status: http.StatusBadRequest,
		Hint: "A name that the select parameter gives is ordered by as it is."}
}

// TooManyRelated is PGRST100 for conditions about related rows that are within each other.
func TooManyRelated(most int) *Error {
	return &Error{Code: "PGRST100", Message: "The request has too many conditions about related rows", Status: http.StatusBadRequest,
		Details: fmt.Sprintf("They may be %d, where the conditions of related rows count for each condition that is about these.", most)}
}
