package apitest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// samples are values in JSON for columns of a type, each with what it stands for or
// what is wrong with it.
var samples = []struct {
	column, definition string
	values             []string
}{
	{"a_text", "text", []string{`"a"`, `""`, `" two words "`, `1.50`, `1e2`, `-0`, `true`, `null`, `"\"\\\/\b\f\n\r\t"`, `"\u00e9\ud83d\ude00"`, `"é\u0001?$1"`,
		`"\u0000"`, `"\ud800"`, `"\udc00\ud800"`, `"\ufffd"`, `"�"`, `[1, 2]`, `{"a": 1}`, `"null"`}},
	{"a_varchar", "varchar(3)", []string{`"abc"`, `"abcd"`, `"abc  "`, `"äöü"`, `1234`, `false`, `null`}},
	{"a_char", "char(3)", []string{`"a"`, `"abcd"`, `"abc   "`, `true`, `null`}},
	{"a_byte_char", `"char"`, []string{`"a"`, `"ab"`, `1`, `null`}},
	{"a_name", "name", []string{`"a"`, `"` + strings.Repeat("n", 70) + `"`}},
	{"a_smallint", "smallint", []string{`1`, `"1"`, `40000`, `true`, `null`}},
	{"an_int", "int", []string{`1`, `"1"`, `" 1 "`, `1.5`, `1e2`, `-7`, `"x"`, `""`, `true`, `99999999999`, `null`, `[1]`, `{}`}},
	{"a_bigint", "bigint", []string{`9223372036854775807`, `9223372036854775808`}},
	{"a_numeric", "numeric", []string{`1.50`, `1e10`, `"NaN"`, `"Infinity"`, `12345678901234567890.0000000001`, `"1,5"`}},
	{"a_price", "numeric(4,2)", []string{`1.005`, `"1.005"`, `123.4`, `"NaN"`, `99.995`, `1e1`, `1e-20000`, `1e140000`}},
	{"a_real", "real", []string{`0.1`, `1e400`, `"-Infinity"`}},
	{"a_double", "float8", []string{`0.1`, `1e400`, `"NaN"`, `true`}},
	{"a_bool", "bool", []string{`true`, `false`, `"t"`, `"on"`, `"maybe"`, `1`, `0`, `2`, `null`}},
	{"a_date", "date", []string{`"2024-05-01"`, `"2024-02-30"`, `"infinity"`, `20240501`, `"now"`}},
	{"a_timestamp", "timestamp", []string{`"2024-05-01 10:00:00.123456"`, `"2024-05-01T10:00:00Z"`, `"yesterday noon"`, `"later"`}},
	{"a_minute", "timestamp(0)", []string{`"2024-05-01 10:00:00.5"`, `"2024-12-31 23:59:59.9999996"`}},
	{"a_timestamptz", "timestamptz(1)", []string{`"2024-05-01 10:00:00.15+02"`, `"2024-05-01"`}},
	{"a_time", "time(1)", []string{`"10:00:00.25"`, `"25:00"`, `"23:59:59.99"`}},
	{"a_timetz", "timetz(0)", []string{`"10:00:00.6+02"`}},
	{"an_interval", "interval", []string{`"1 day"`, `5`, `"5"`, `"P1Y"`}},
	{"some_minutes", "interval minute", []string{`"5"`, `5`, `"90 seconds"`}},
	{"some_seconds", "interval second(1)", []string{`"5.25"`}},
	{"a_bit", "bit(3)", []string{`"101"`, `"10"`, `"1010"`, `101`, `"a"`}},
	{"a_varbit", "varbit(3)", []string{`"10"`, `"1010"`, `"abcd"`}},
	{"a_bytea", "bytea", []string{`"\\x00ff"`, `"\\x0"`, `"abc"`, `"\\"`}},
	{"a_uuid", "uuid", []string{`"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`, `"a0"`}},
	{"a_json", "json", []string{`1`, `"a"`, `"{\"a\": 1}"`, `{"a":  1}`, `[1]`, `true`, `null`, `"\u0000"`, `1.50`}},
	{"a_jsonb", "jsonb", []string{`1.50`, `"a"`, `{"a":  1}`, `null`, `"\u0000"`}},
	{"numbers", "int[]", []string{`[1, null]`, `"{1,2}"`, `1`, `"1"`, `{}`, `null`, `[[1], [2]]`}},
	{"texts", "varchar(2)[]", []string{`["a", "b c"]`, `"{a,\"b \"}"`, `true`}},
	{"a_frame", "archive.frame", []string{`"(1,2)"`, `{"width": 1}`, `1`, `[1]`, `null`, `"x"`}},
	{"a_language", "archive.language", []string{`"de"`, `"xx"`, `1`, `null`}},
	{"some_stars", "archive.stars", []string{`7.25`, `"7.25"`, `11`, `"NaN"`, `null`, `true`}},
	{"a_colour", "archive.colour", []string{`"#ff0000"`, `255`, `null`}},
	{"some_tags", "archive.short_tags", []string{`["a"]`, `"{a,b}"`, `["a", "b", "c"]`, `1`, `null`}},
	{"a_note", "archive.note", []string{`{"a":  1}`, `"a"`, `1`, `null`}},
	{"a_code", "archive.code", []string{`"abc"`, `"abcd"`, `"abc "`, `123`}},
	{"a_range", "int4range", []string{`"[1,3]"`, `"x"`, `1`, `[1, 3]`, `null`}},
	{"a_multirange", "int4multirange", []string{`"{[1,3],[5,7]}"`, `1`}},
	{"an_inet", "inet", []string{`"10.0.0.1/8"`, `10`, `"x"`}},
	{"a_money", "money", []string{`"$1,000.50"`, `12.345`}},
	{"a_point", "point", []string{`"(1,2)"`, `1`}},
	{"an_oid", "oid", []string{`1`, `-1`}},
	{"a_regclass", "regclass", []string{`"archive.films"`, `"nothing"`, `1259`}},
	{"a_tsvector", "tsvector", []string{`"a:1 b"`, `1`, `"'"`}},
	{"an_oidvector", "oidvector", []string{`"1 2"`}},
	{"an_xml", "xml", []string{`"<a/>"`, `"<a>"`, `1`}},
}

// sampleAPI is an API over a table with a column of each of the samples' types, and
// a function for each that gives its argument back. What is written is rolled back.
func sampleAPI(t *testing.T) http.Handler {
	t.Helper()
	l := live(t, rollingBack)
	columns := make([]string, len(samples))
	for i, s := range samples {
		columns[i] = s.column + " " + s.definition
	}
	l.change(t, `
		CREATE DOMAIN archive.short_tags AS text[] CHECK (array_length(VALUE, 1) < 3);
		CREATE DOMAIN archive.note AS json;
		CREATE DOMAIN archive.code AS varchar(3);
		CREATE TABLE archive.samples (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, `+strings.Join(columns, ", ")+`);
		INSERT INTO archive.samples DEFAULT VALUES;
		GRANT ALL ON archive.samples TO pgrest_test_curator`)
	for _, s := range samples {
		l.change(t, fmt.Sprintf(`CREATE FUNCTION archive.same_%s(v %s) RETURNS text LANGUAGE sql AS 'SELECT v::text'`, s.column, s.definition))
	}
	require.NoError(t, l.Reload(t.Context()))
	return l
}

// An object is written as an array of it is, whose values PostgreSQL reads as JSON:
// with the same row as the outcome, or the same error.
func TestObject_is_written_as_in_an_array(t *testing.T) {
	t.Parallel()
	api := sampleAPI(t)
	for _, s := range samples {
		t.Run(s.column, func(t *testing.T) {
			t.Parallel()
			for _, request := range []struct{ method, filter string }{
				{http.MethodPost, ""}, {http.MethodPatch, ""}, {http.MethodPatch, "&id=eq.1"},
			} {
				for _, value := range slices.Concat(s.values, repeated) {
					requireAnswerOfArray(t, api, write{method: request.method, target: "/samples?select=" + s.column + request.filter, prefer: representation,
						payload: fmt.Sprintf(`{"%s": %s}`, s.column, value)})
				}
			}
		})
	}
}

// repeated are values of columns that a second one, of the same name, follows.
var repeated = []string{`"\u0000", "a_text": "a"`, `["\ud800"], "a_text": "a"`, `1, "a_text": "a", "a_text": null`}

// So are the arguments of functions.
func TestObject_of_arguments(t *testing.T) {
	t.Parallel()
	api := sampleAPI(t)
	for _, s := range samples {
		t.Run(s.column, func(t *testing.T) {
			t.Parallel()
			for _, value := range s.values {
				requireAnswerOfArray(t, api, write{target: "/rpc/same_" + s.column, payload: fmt.Sprintf(`{"v": %s}`, value)})
			}
		})
	}
}

// requireAnswerOfArray requires that a request with an object gets the answer of one
// with an array of that object.
func requireAnswerOfArray(t *testing.T, api http.Handler, object write) {
	t.Helper()
	array, about := object, object.method+" "+object.payload
	array.payload = "[" + object.payload + "]"
	got, want := answer(api, object.request(t)), answer(api, array.request(t))
	require.Equal(t, want.Body.String(), got.Body.String(), about)
	require.Equal(t, want.Code, got.Code, about)
	require.Less(t, got.Code, http.StatusInternalServerError, "%s: %s", about, got.Body)
}

// Values are looked at when they are used, by somebody who may use them, however
// often PostgreSQL has run the statement.
func TestObject_of_no_use(t *testing.T) {
	t.Parallel()
	l := live(t)
	l.change(t, `
		CREATE TABLE archive.closed (id int PRIMARY KEY, code varchar(3));
		INSERT INTO archive.closed VALUES (1, 'a');
		GRANT SELECT, UPDATE ON archive.closed TO pgrest_test_curator;
		CREATE TABLE archive.shown (id int PRIMARY KEY, code varchar(3));
		INSERT INTO archive.shown VALUES (1, 'a');
		GRANT SELECT ON archive.shown TO pgrest_test_curator;
		CREATE FUNCTION archive.closing(v int) RETURNS int LANGUAGE sql AS 'SELECT v';
		REVOKE ALL ON FUNCTION archive.closing FROM PUBLIC`)
	require.NoError(t, l.Reload(t.Context()))
	const denied = http.StatusForbidden
	for range 12 {
		runInTurn(t, l,
			write{name: "insert", target: "/closed", payload: `{"id": "x"}`, status: denied, body: fault("42501", "permission denied for table closed", "", "")},
			write{name: "insert_too_long", target: "/closed", payload: `{"code": "abcd"}`, status: denied, body: fault("42501", "permission denied for table closed", "", "")},
			write{name: "call", target: "/rpc/closing", payload: `{"v": "x"}`, status: denied, body: fault("42501", "permission denied for function closing", "", "")},
			write{name: "update_denied", method: http.MethodPatch, target: "/shown?id=eq.1", payload: `{"id": "x"}`, status: denied, body: fault("42501", "permission denied for table shown", "", "")},
			write{name: "update_denied_too_long", method: http.MethodPatch, target: "/shown?id=eq.1", payload: `{"code": "abcd"}`, status: denied, body: fault("42501", "permission denied for table shown", "", "")},
			write{name: "update_of_nothing", method: http.MethodPatch, target: "/closed?id=eq.2", payload: `{"id": "x"}`},
			write{name: "update_of_nothing_too_long", method: http.MethodPatch, target: "/closed?id=eq.2", payload: `{"code": "abcd"}`},
			write{name: "update_denied_of_many", method: http.MethodPatch, target: "/shown?id=gt.0", payload: `{"id": "x"}`, status: denied, body: fault("42501", "permission denied for table shown", "", "")},
			write{name: "update_of_none_of_many", method: http.MethodPatch, target: "/closed?id=gt.1", payload: `{"id": "x"}`},
			write{name: "update", method: http.MethodPatch, target: "/closed?id=eq.1", payload: `{"code": "abc"}`},
		)
	}
}

// Requests of one shape are sent with their own values, of which NULL is one.
func TestObject_of_a_known_shape(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, filter string
		id, status     int
	}{
		{http.MethodPost, "", 60, http.StatusCreated},
		{http.MethodPut, "&id=eq.60", 60, http.StatusCreated},
		{http.MethodPatch, "&id=eq.1", 1, http.StatusOK},
	} {
		t.Run(tt.method, func(t *testing.T) {
			t.Parallel()
			var writes []write
			for _, value := range [][2]string{
				{`"Lyon"`, `"Lyon"`}, {`null`, `null`}, {`"\u0022Rome\""`, `"\"Rome\""`}, {`12.50`, `"12.50"`}, {`""`, `""`}, {`"value 0"`, `"value 0"`}, {`"Lyon"`, `"Lyon"`},
			} {
				writes = append(writes, write{name: value[0], method: tt.method, target: "/directors?select=id,birthplace" + tt.filter,
					prefer: representation, status: tt.status, payload: fmt.Sprintf(`{"name": "Agnès", "birthplace": %s, "id": %d}`, value[0], tt.id),
					body: fmt.Sprintf(`[{"id": %d, "birthplace": %s}]`, tt.id, value[1])})
			}
			runInTurn(t, serveClone(t, "", rollingBack), writes...)
		})
	}
}
