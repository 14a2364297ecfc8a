package apierror

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

func postgres(err *pgconn.PgError, anonymous bool) *Error {
	if err.Code == "PGRST" {
		return raised(err)
	}
	e := &Error{Code: err.Code, Message: err.Message, Hint: err.Hint, Status: sqlstateStatus(err, anonymous), cause: err}
	if err.Detail != "" {
		e.Details = err.Detail
	}
	if e.Status == http.StatusUnauthorized {
		e.Header = http.Header{"Www-Authenticate": {"Bearer"}}
	}
	return e
}

// statuses maps SQLSTATEs, then their classes, to statuses; whatever is in
// neither is the client's fault. What depends on more than the code is in
// sqlstateStatus.
// See https://docs.postgrest.org/en/stable/references/errors.html#http-status-codes.
var (
	stateStatuses = map[string]int{
		"23503": http.StatusConflict,         // foreign_key_violation
		"23505": http.StatusConflict,         // unique_violation
		"25006": http.StatusMethodNotAllowed, // read_only_sql_transaction
		"53400": http.StatusInternalServerError,
		"57P01": http.StatusServiceUnavailable, // admin_shutdown
		"P0001": http.StatusBadRequest,         // raise_exception
		"42P01": http.StatusNotFound,           // undefined_table
		"42P17": http.StatusInternalServerError,
	}
	classStatuses = map[string]int{
		"08": http.StatusServiceUnavailable,
		"09": http.StatusInternalServerError,
		"0L": http.StatusForbidden,
		"0P": http.StatusForbidden,
		"25": http.StatusInternalServerError,
		"28": http.StatusForbidden,
		"2D": http.StatusInternalServerError,
		"38": http.StatusInternalServerError,
		"39": http.StatusInternalServerError,
		"3B": http.StatusInternalServerError,
		"40": http.StatusInternalServerError,
		"53": http.StatusServiceUnavailable,
		"54": http.StatusInternalServerError,
		"55": http.StatusInternalServerError,
		"57": http.StatusInternalServerError,
		"58": http.StatusInternalServerError,
		"F0": http.StatusInternalServerError,
		"HV": http.StatusInternalServerError,
		"P0": http.StatusInternalServerError,
		"XX": http.StatusInternalServerError,
	}
)

func sqlstateStatus(err *pgconn.PgError, anonymous bool) int {
	switch err.Code {
	case "21000":
		if strings.HasSuffix(err.Message, "requires a WHERE clause") { // pg-safeupdate
			return http.StatusBadRequest
		}
		return http.StatusInternalServerError
	case "22023":
		if strings.HasPrefix(err.Message, "role") && strings.HasSuffix(err.Message, "does not exist") {
			return http.StatusUnauthorized
		}
		return http.StatusBadRequest
	case "42501":
		if anonymous {
			return http.StatusUnauthorized
		}
		return http.StatusForbidden
	case "42883":
		if strings.HasPrefix(err.Message, "function xmlagg(") {
			return http.StatusNotAcceptable
		}
		return http.StatusNotFound
	}
	if status, ok := stateStatuses[err.Code]; ok {
		return status
	}
	if digits, ok := strings.CutPrefix(err.Code, "PT"); ok {
		return raisedStatus(digits)
	}
	if len(err.Code) >= 2 {
		if status, ok := classStatuses[err.Code[:2]]; ok {
			return status
		}
	}
	return http.StatusBadRequest
}

// raisedStatus reads the status of RAISE SQLSTATE 'PTxyz'. What HTTP can't send
// as a final status is the database's fault.
func raisedStatus(digits string) int {
	status, err := strconv.Atoi(digits)
	if err != nil || !finalStatus(status) {
		return http.StatusInternalServerError
	}
	return status
}

func finalStatus(status int) bool { return status >= 200 && status <= 999 }

// raised decodes RAISE SQLSTATE 'PGRST', which lets the database write the whole
// response: MESSAGE is the body, DETAIL status and headers.
// See https://docs.postgrest.org/en/stable/references/errors.html#raise-errors-with-http-status-codes.
func raised(err *pgconn.PgError) *Error {
	var message struct {
		Code    *string `json:"code"`
		Message *string `json:"message"`
		Details *string `json:"details"`
		Hint    *string `json:"hint"`
	}
	if json.Unmarshal([]byte(err.Message), &message) != nil || message.Code == nil || message.Message == nil {
		return malformedRaise("Invalid JSON value for MESSAGE: '"+err.Message+"'",
			"MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.", err)
	}
	const detailHint = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
	if err.Detail == "" {
		return malformedRaise("DETAIL is missing in the RAISE statement", detailHint, err)
	}
	var detail struct {
		Status     *int              `json:"status"`
		StatusText *string           `json:"status_text"`
		Headers    map[string]string `json:"headers"`
	}
	if json.Unmarshal([]byte(err.Detail), &detail) != nil || detail.Status == nil || detail.Headers == nil {
		return malformedRaise("Invalid JSON value for DETAIL: '"+err.Detail+"'", detailHint, err)
	}
	e := &Error{Code: *message.Code, Message: *message.Message, Status: *detail.Status, Header: http.Header{}, cause: err}
	if !finalStatus(e.Status) {
		e.Status = http.StatusInternalServerError
	}
	if message.Details != nil {
		e.Details = *message.Details
	}
	if message.Hint != nil {
		e.Hint = *message.Hint
	}
	for name, value := range detail.Headers {
		e.Header.Set(name, value)
	}
	return e
}

func malformedRaise(details, hint string, cause error) *Error {
	return &Error{Code: "PGRST121", Message: `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`,
		Details: details, Hint: hint, Status: http.StatusInternalServerError, cause: cause}
}

// ErrOutdated says that the database has other types than the schema cache.
var ErrOutdated = errors.New("the database has other types than the schema cache")

// Stale reports whether PostgreSQL refused a statement in a way that a schema
// cache older than the database explains: an unknown column, relation, function
// or type, a column that has another type, or no key where there was one.
func Stale(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return errors.Is(err, ErrOutdated)
	}
	switch pg.Code {
	case "42703", "42P01", "42883", "42704", "42804", "42P10":
		return true
	}
	return false
}
