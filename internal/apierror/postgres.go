package apierror

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

func postgres(err *pgconn.PgError, anonymous bool) *Error {
	if err.Code == "PGRST" {
		return raised(err)
	}
	if err.Code == "22P02" && strings.Contains(err.Message, RowViolation) {
		return rowRefused(err, anonymous)
	}
	if e := conditionFailed(err); e != nil {
		return e
	}
	e := &Error{Code: err.Code, Message: err.Message, Hint: err.Hint, Status: sqlstateStatus(err, anonymous), cause: err,
		raised: err.Code == "P0001" || strings.HasPrefix(err.Code, "PT")}
	if err.Detail != "" {
		e.Details = err.Detail
	}
	if e.Status == http.StatusUnauthorized {
		e.Header, e.bearer = http.Header{"Www-Authenticate": {"Bearer"}}, true
	}
	return e
}

// RowViolation is in the message of the error of a row that doesn't satisfy a condition of
// the host's: PostgreSQL can't make a boolean of it.
const RowViolation = "pgrst: the row violates a condition"

// rowRefused is a write of such a row, which is refused as a policy refuses it.
func rowRefused(err *pgconn.PgError, anonymous bool) *Error {
	policy := *err
	policy.Code, policy.Message, policy.Detail, policy.Hint = "42501", "new row violates a condition of the API", "", ""
	e := postgres(&policy, anonymous)
	e.cause = err
	return e
}

// The statuses of SQLSTATEs, and those of whole classes. All others are 400. Those that
// depend on more than the code are in sqlstateStatus.
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
		if strings.Contains(err.Message, "xmlagg(") { // in whatever language
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

// raisedStatus reads the status of RAISE SQLSTATE 'PTxyz'. It is 500 if xyz can't be the
// status of a final response.
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
	message := raisedObject(err.Message)
	e := &Error{Code: message.text("code"), Message: message.text("message"), Header: http.Header{}, cause: err, raised: true}
	if details := message.optional("details"); details != nil {
		e.Details = *details
	}
	if hint := message.optional("hint"); hint != nil {
		e.Hint = *hint
	}
	if message.malformed {
		return malformedRaise("Invalid JSON value for MESSAGE: '"+err.Message+"'",
			"MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.", err)
	}
	const detailHint = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
	if err.Detail == "" {
		return malformedRaise("DETAIL is missing in the RAISE statement", detailHint, err)
	}
	detail := raisedObject(err.Detail)
	if e.Status = detail.integer("status"); !finalStatus(e.Status) {
		e.Status = http.StatusInternalServerError
	}
	detail.optional("status_text") // HTTP/2 has none, nor does net/http send one
	headers := raisedObject(string(detail.values["headers"]))
	for name := range headers.values {
		e.Header.Set(name, headers.text(name))
	}
	if detail.malformed || headers.malformed {
		return malformedRaise("Invalid JSON value for DETAIL: '"+err.Detail+"'", detailHint, err)
	}
	return e
}

// members are the members of a JSON object.
type members struct {
	values    map[string]json.RawMessage // by their exact names
	malformed bool                       // it is no object, or a member has the wrong type
}

func raisedObject(text string) *members {
	m := &members{}
	m.malformed = json.Unmarshal([]byte(text), &m.values) != nil || m.values == nil
	return m
}

// text gives a member that has to exist and be a string.
func (m *members) text(name string) string {
	text := m.optional(name)
	if text == nil {
		m.malformed = true
		return ""
	}
	return *text
}

// optional gives a member that has to be a string, null or absent.
func (m *members) optional(name string) *string {
	var text *string
	if value, ok := m.values[name]; ok && json.Unmarshal(value, &text) != nil {
		m.malformed = true
	}
	return text
}

// integer gives a member that has to exist and be a whole number.
func (m *members) integer(name string) int {
	var number *float64
	if json.Unmarshal(m.values[name], &number) != nil || number == nil || *number != math.Trunc(*number) {
		m.malformed = true
		return 0
	}
	return int(max(-1, min(*number, 1000))) // numbers beyond are no statuses either
}

func malformedRaise(details, hint string, cause error) *Error {
	return &Error{Code: "PGRST121", Message: `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`,
		Details: details, Hint: hint, Status: http.StatusInternalServerError, cause: cause}
}
