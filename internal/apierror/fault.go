package apierror

import (
	"net/http"
	"strings"
)

// ServerFault reports whether those who run the server have to know of the error. Not
// every 5xx is one: the protocol has such statuses also for what a client can cause by its
// request, as often as it likes, and for conflicts between requests.
func (e *Error) ServerFault() bool {
	if e.Status < http.StatusInternalServerError {
		return false
	}
	switch e.Code {
	case "21000", // cardinality_violation, as of an upsert with the same row twice
		limitExceeded, // as of temporary files, or of concurrent requests
		"P0002",       // no_data_found, as of SELECT INTO STRICT
		"P0003":       // too_many_rows
		return false
	case queryCanceled:
		// PostgreSQL's own cancellation has this status, as by a role's statement_timeout.
		return e.Status != http.StatusInternalServerError
	case "XX000": // internal_error
		return !provoked(e.Message)
	}
	if len(e.Code) == len("54000") {
		switch e.Code[:2] {
		case "40", // transaction_rollback: serialization failures and deadlocks
			"54", // program_limit_exceeded: statements that are too complex
			"55": // object_not_in_prerequisite_state: views that can't be written, locks that others have
			return false
		}
	}
	return true
}

// provoked reports whether an internal error of PostgreSQL is one that clients can cause:
// a statement that names a type that was dropped, or a cast that doesn't exist, should be
// refused but ends in it. The messages of internal errors are not translated.
func provoked(message string) bool {
	return strings.HasPrefix(message, "cache lookup failed for type ") ||
		strings.HasPrefix(message, "failed to find conversion function from ")
}
