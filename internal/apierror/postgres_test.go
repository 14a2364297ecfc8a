package apierror_test

import (
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// Every class of SQLSTATE that PostgreSQL documents, and every code whose status differs
// from its class's.
func TestFrom_sqlstate(t *testing.T) {
	t.Parallel()
	tests := map[string]int{
		"01000": 400, "02000": 400, "03000": 400, // warning, no data, statement not yet complete
		"08000": 503, "08001": 503, "08003": 503, "08006": 503, "08P01": 503, // connection exception
		"09000": 500,               // triggered action exception
		"0A000": 400,               // feature not supported
		"0B000": 400,               // invalid transaction initiation
		"0F000": 400,               // locator exception
		"0L000": 403, "0LP01": 403, // invalid grantor
		"0P000": 403,                                           // invalid role specification
		"0Z000": 400,                                           // diagnostics exception
		"20000": 400,                                           // case not found
		"21000": 500,                                           // cardinality violation
		"22000": 400, "22012": 400, "22023": 400, "22P02": 400, // data exception
		"23502": 400, "23503": 409, "23505": 409, "23514": 400, "23P01": 400, // integrity constraint violation
		"24000": 400,                             // invalid cursor state
		"25000": 500, "25006": 405, "25P02": 500, // invalid transaction state
		"26000": 400, "27000": 400, // invalid statement name, triggered data change violation
		"28000": 403, "28P01": 403, // invalid authorization specification
		"2B000": 400,               // dependent privilege descriptors still exist
		"2D000": 500,               // invalid transaction termination
		"2F000": 400,               // SQL routine exception
		"34000": 400,               // invalid cursor name
		"38000": 500, "39000": 500, // external routine exception, and invocation
		"3B000": 500,               // savepoint exception
		"3D000": 400, "3F000": 400, // invalid catalog name, schema name
		"40000": 500, "40001": 500, "40P01": 500, // transaction rollback
		"42601": 400, "42703": 400, "42804": 400, "42883": 404, "42P01": 404, "42P17": 500, // syntax error or access rule violation
		"44000": 400,                                           // with check option violation
		"53000": 503, "53100": 503, "53300": 503, "53400": 500, // insufficient resources
		"54000": 500, "54001": 500, // program limit exceeded
		"55000": 500, "55P03": 500, // object not in prerequisite state
		"57014": 500, "57P01": 503, "57P02": 500, // operator intervention
		"58000": 500, "58030": 500, // system error
		"72000": 400,                             // snapshot too old
		"F0000": 500,                             // configuration file error
		"HV000": 500,                             // foreign data wrapper error
		"P0000": 500, "P0001": 400, "P0002": 500, // PL/pgSQL error
		"XX000": 500, "XX001": 500, // internal error

		// Codes that functions raise.
		"PT200": 200, "PT402": 402, "PT503": 503, "PT999": 999,
		"PT100": 500, "PT000": 500, "PTXYZ": 500, "PT": 500, "PT4O2": 500,
		"ABCDE": 400, "1": 400, "": 400,
	}
	for code, want := range tests {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			e := apierror.From(&pgconn.PgError{Code: code, Message: "m", Detail: "d", Hint: "h"}, false)
			require.Equal(t, want, e.Status)
			require.Equal(t, code, e.Code)
			require.Equal(t, `{"code":"`+code+`","details":"d","hint":"h","message":"m"}`, string(e.Body(false)))
		})
	}
}

// Some statuses depend on more than the code.
func TestFrom_sqlstate_and_more(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code, message string
		anonymous     bool
		want          int
		challenge     http.Header
	}{
		"no privilege":                      {"42501", "permission denied", false, 403, nil},
		"no privilege, and not logged in":   {"42501", "permission denied", true, 401, http.Header{"Www-Authenticate": {"Bearer"}}},
		"no such role":                      {"22023", `role "x" does not exist`, false, 401, http.Header{"Www-Authenticate": {"Bearer"}}},
		"parameter value":                   {"22023", `invalid value for parameter "TimeZone": "x"`, false, 400, nil},
		"safe update":                       {"21000", "UPDATE requires a WHERE clause", false, 400, nil},
		"cardinality":                       {"21000", "more than one row returned by a subquery", false, 500, nil},
		"function":                          {"42883", "function f() does not exist", false, 404, nil},
		"aggregate of XML":                  {"42883", "function xmlagg(text) does not exist", false, 406, nil},
		"raised 401 needs a challenge, too": {"PT401", "log in", false, 401, http.Header{"Www-Authenticate": {"Bearer"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := apierror.From(&pgconn.PgError{Code: tt.code, Message: tt.message}, tt.anonymous)
			require.Equal(t, tt.want, e.Status)
			require.Equal(t, tt.challenge, e.Header)
			require.Nil(t, e.Details)
			require.Empty(t, e.Hint)
		})
	}
}

func TestFrom_raised_PGRST(t *testing.T) {
	t.Parallel()
	const detail = `{"status": 451, "headers": {}}`
	tests := map[string]struct {
		message, detail string
		status          int
		header          http.Header
		body            string
	}{
		"all": {`{"code": "F451", "message": "Withheld", "details": "By court order", "hint": "Wait"}`,
			`{"status": 451, "status_text": "Withheld", "headers": {"x-court": "Hague", "Retry-After": "5"}}`,
			451, http.Header{"X-Court": {"Hague"}, "Retry-After": {"5"}},
			`{"code":"F451","details":"By court order","hint":"Wait","message":"Withheld"}`},
		"the least": {`{"code": "1", "message": "m"}`, detail, 451, http.Header{}, `{"code":"1","details":null,"hint":null,"message":"m"}`},
		"nulls": {`{"code": "1", "message": "m", "details": null, "hint": null}`, detail, 451, http.Header{},
			`{"code":"1","details":null,"hint":null,"message":"m"}`},
		"status text null, and others": {`{"code": "1", "message": "m", "other": 1}`, `{"status": 451, "status_text": null, "headers": {}, "other": 1}`, 451, http.Header{},
			`{"code":"1","details":null,"hint":null,"message":"m"}`},
		"a status in another notation": {`{"code": "1", "message": "m"}`, `{"status": 4.51e2, "headers": {}}`, 451, http.Header{},
			`{"code":"1","details":null,"hint":null,"message":"m"}`},
		"a status that HTTP can't end with": {`{"code": "1", "message": "m"}`, `{"status": 100, "headers": {}}`, 500, http.Header{},
			`{"code":"1","details":null,"hint":null,"message":"m"}`},
		"a status beyond HTTP": {`{"code": "1", "message": "m"}`, `{"status": 1000, "headers": {}}`, 500, http.Header{},
			`{"code":"1","details":null,"hint":null,"message":"m"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := apierror.From(&pgconn.PgError{Code: "PGRST", Message: tt.message, Detail: tt.detail}, true)
			require.Equal(t, tt.status, e.Status)
			require.Equal(t, tt.header, e.Header)
			require.Equal(t, tt.body, string(e.Body(false)))
		})
	}
}

func TestFrom_malformed_PGRST(t *testing.T) {
	t.Parallel()
	const (
		message     = `{"code": "1", "message": "m"}`
		detail      = `{"status": 451, "headers": {}}`
		messageHint = "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'."
		detailHint  = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
	)
	tests := map[string]struct{ message, detail, details, hint string }{
		"message is no JSON":     {"INVALID", detail, "Invalid JSON value for MESSAGE: 'INVALID'", messageHint},
		"message is no object":   {`["a"]`, detail, `Invalid JSON value for MESSAGE: '["a"]'`, messageHint},
		"message lacks its code": {`{"message": "m"}`, detail, `Invalid JSON value for MESSAGE: '{"message": "m"}'`, messageHint},
		"message lacks its text": {`{"code": "1"}`, detail, `Invalid JSON value for MESSAGE: '{"code": "1"}'`, messageHint},
		"code is a number":       {`{"code": 1, "message": "m"}`, detail, `Invalid JSON value for MESSAGE: '{"code": 1, "message": "m"}'`, messageHint},
		"message is null":        {`null`, detail, "Invalid JSON value for MESSAGE: 'null'", messageHint},
		"code is null":           {`{"code": null, "message": "m"}`, detail, `Invalid JSON value for MESSAGE: '{"code": null, "message": "m"}'`, messageHint},
		"names in capitals":      {`{"Code": "1", "Message": "m"}`, detail, `Invalid JSON value for MESSAGE: '{"Code": "1", "Message": "m"}'`, messageHint},
		"details are an object":  {`{"code": "1", "message": "m", "details": {}}`, detail, `Invalid JSON value for MESSAGE: '{"code": "1", "message": "m", "details": {}}'`, messageHint},
		"hint is a number":       {`{"code": "1", "message": "m", "hint": 1}`, detail, `Invalid JSON value for MESSAGE: '{"code": "1", "message": "m", "hint": 1}'`, messageHint},
		"no detail":              {message, "", "DETAIL is missing in the RAISE statement", detailHint},
		"detail is no JSON":      {message, "INVALID", "Invalid JSON value for DETAIL: 'INVALID'", detailHint},
		"detail lacks status":    {message, `{"headers": {}}`, `Invalid JSON value for DETAIL: '{"headers": {}}'`, detailHint},
		"detail lacks headers":   {message, `{"status": 400}`, `Invalid JSON value for DETAIL: '{"status": 400}'`, detailHint},
		"status is a text":       {message, `{"status": "400", "headers": {}}`, `Invalid JSON value for DETAIL: '{"status": "400", "headers": {}}'`, detailHint},
		"detail is null":         {message, `null`, "Invalid JSON value for DETAIL: 'null'", detailHint},
		"status is null":         {message, `{"status": null, "headers": {}}`, `Invalid JSON value for DETAIL: '{"status": null, "headers": {}}'`, detailHint},
		"status is a fraction":   {message, `{"status": 400.5, "headers": {}}`, `Invalid JSON value for DETAIL: '{"status": 400.5, "headers": {}}'`, detailHint},
		"status in capitals":     {message, `{"STATUS": 400, "headers": {}}`, `Invalid JSON value for DETAIL: '{"STATUS": 400, "headers": {}}'`, detailHint},
		"status text is a flag":  {message, `{"status": 400, "status_text": true, "headers": {}}`, `Invalid JSON value for DETAIL: '{"status": 400, "status_text": true, "headers": {}}'`, detailHint},
		"headers are null":       {message, `{"status": 400, "headers": null}`, `Invalid JSON value for DETAIL: '{"status": 400, "headers": null}'`, detailHint},
		"header is null":         {message, `{"status": 400, "headers": {"A": null}}`, `Invalid JSON value for DETAIL: '{"status": 400, "headers": {"A": null}}'`, detailHint},
		"header is a number":     {message, `{"status": 400, "headers": {"A": 1}}`, `Invalid JSON value for DETAIL: '{"status": 400, "headers": {"A": 1}}'`, detailHint},
		"headers are a list":     {message, `{"status": 400, "headers": []}`, `Invalid JSON value for DETAIL: '{"status": 400, "headers": []}'`, detailHint},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := apierror.From(&pgconn.PgError{Code: "PGRST", Message: tt.message, Detail: tt.detail}, true)
			require.Equal(t, 500, e.Status)
			require.Equal(t, "PGRST121", e.Code)
			require.Equal(t, `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`, e.Message)
			require.Equal(t, tt.details, e.Details)
			require.Equal(t, tt.hint, e.Hint)
		})
	}
}
