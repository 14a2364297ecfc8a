package apierror

import (
	"net/http"
	"strings"
)

// ServerFault reports an error that those who run the server have to know of. That isn't
// so of every status of 5xx: the protocol has them also for what a client brings about by
// what it asks for, as often as it likes, and for what requests do to each other.
func (e *Error) ServerFault() bool {
	if e.Status < http.StatusInternalServerError {
		return false
	}
	switch e.Code {
	case "21000", // cardinality_violation, as of an upsert with the same row twice
		"53400", // configuration_limit_exceeded, as of temporary files
		"P0002", // no_data_found, as of SELECT INTO STRICT
		"P0003": // too_many_rows
		return false
	case queryCanceled:
		return e.Status != http.StatusInternalServerError // which PostgreSQL's is, as for a role's statement_timeout
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

// provoked reports one of those of PostgreSQL's internal errors, whose texts are in
// English always, that statements end in which should have been refused: the type of
// which there is no more, or from which nothing leads to another.
func provoked(message string) bool {
	return strings.HasPrefix(message, "cache lookup failed for type ") ||
		strings.HasPrefix(message, "failed to find conversion function from ")
}
