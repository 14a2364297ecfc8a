package apierror

import (
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// The errors of conditional requests (RFC 9110, section 13). PostgREST has no codes for them;
// these are SQLSTATEs of PostgreSQL's for what is alike.

// PreconditionFailed is object_not_in_prerequisite_state: what the request is about has
// another entity tag than those of its If-Match.
func PreconditionFailed() *Error {
	return failedCondition("None of the entity tags in If-Match is the current one", "Read it again, and decide anew what to write.")
}

// NoRowToMatch is the same for a write with entity tags that may be of several rows.
func NoRowToMatch() *Error {
	return failedCondition("If-Match has entity tags, and the request doesn't name one row", "Filter by all columns of the primary key with eq.")
}

// NoVersionToMatch is the same for a relation whose rows have no versions.
func NoVersionToMatch(relation string) *Error {
	return failedCondition("If-Match has entity tags, and the rows of '"+relation+"' have no versions", "")
}

func failedCondition(message, hint string) *Error {
	return &Error{Code: "55000", Message: message, Hint: hint, Status: http.StatusPreconditionFailed}
}

// rowMissing is no_data: a PUT with If-Match, of a row that isn't there.
func rowMissing() *Error {
	return &Error{Code: "02000", Message: "There is no such row, and a PUT with If-Match inserts none", Status: http.StatusNotFound}
}

// rowPresent is object_not_in_prerequisite_state: a PUT with If-None-Match: * of a row that is
// there.
func rowPresent() *Error {
	return failedCondition("There is such a row already, and a PUT with If-None-Match: * changes none", "")
}

// What stands in the message of the error of a write whose condition doesn't hold: PostgreSQL
// can't make a boolean of it.
const (
	VersionViolation = "pgrst: the row has another version"
	RowMissing       = "pgrst: the row is missing"
	RowPresent       = "pgrst: the row is present"
	KeyMismatch      = "pgrst: the body is another row"
)

// conditionFailed tells what such an error means; nil for other errors.
func conditionFailed(err *pgconn.PgError) *Error {
	switch {
	case err.Code != "22P02":
	case strings.Contains(err.Message, VersionViolation):
		return PreconditionFailed()
	case strings.Contains(err.Message, RowMissing):
		return rowMissing()
	case strings.Contains(err.Message, RowPresent):
		return rowPresent()
	case strings.Contains(err.Message, KeyMismatch):
		return PutMismatch()
	case strings.Contains(err.Message, RowMissed):
		return rowMissed()
	case strings.Contains(err.Message, KeysDisagree):
		return keysDisagree()
	}
	return nil
}
