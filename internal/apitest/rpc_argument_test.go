package apitest_test

import (
	"net/http"
	"testing"

	"github.com/pgrest-go/pgrest"
)

// Types of bodies.
const (
	formType   = "application/x-www-form-urlencoded"
	octetsType = "application/octet-stream"
)

// argumentCase is a call and its result.
type argumentCase struct {
	name   string
	target string
	kind   string // of the data; none for a GET, JSON by default
	data   string
	body   string
}

func runArguments(t *testing.T, api http.Handler, method string, cases []argumentCase) {
	t.Helper()
	var exchanges []exchange
	for _, tt := range cases {
		x := exchange{name: tt.name, method: method, target: tt.target, data: tt.data, body: tt.body}
		if tt.kind != "" {
			x.send = headers{"Content-Type": tt.kind}
		}
		exchanges = append(exchanges, x)
	}
	run(t, api, exchanges...)
}

// A GET has the arguments of a function in its query string, by their names.
func TestArgument_GET(t *testing.T) {
	t.Parallel()
	runArguments(t, serve(t), http.MethodGet, []argumentCase{
		{name: "by_name", target: "/rpc/add?a=1&b=2", body: `3`},
		{name: "in_any_order", target: "/rpc/divide?divisor=2&dividend=9", body: `{"quotient": 4, "remainder": 1}`},
		{name: "default", target: "/rpc/add?a=1", body: `2`},
		{name: "none", target: "/rpc/null_number", body: `null`},
		{name: "last_of_several", target: "/rpc/add?a=1&a=5&b=1", body: `6`},
		{name: "name_with_blanks", target: "/rpc/shout%20it?what+to%20shout=ran", body: `"RAN"`},
		{name: "empty_text", target: "/rpc/shout%20it?what%20to%20shout=", body: `""`},
		{name: "text_with_special_characters", target: "/rpc/shout%20it?what%20to%20shout=a%26b%3D%22c%22%25,+(%E6%98%A0)", body: `"A&B=\"C\"%, (映)"`},
		{name: "text_with_a_dot", target: "/rpc/shout%20it?what%20to%20shout=dr.+strangelove", body: `"DR. STRANGELOVE"`},
		{name: "array_as_PostgreSQL_writes_it", target: "/rpc/sorted?words=%7Bm,%22b%20c%22,a%7D", body: `["a", "b c", "m"]`},
		{name: "JSON", target: "/rpc/echo?value=%7B%22a%22:%5B1,null%5D%7D", body: `{"a": [1, null]}`},
		{name: "variadic_once", target: "/rpc/total?numbers=4", body: `4`},
		{name: "variadic_several_times", target: "/rpc/total?numbers=1&numbers=2&numbers=-7", body: `-4`},
		{name: "beside_a_filter_of_the_same_name", target: "/rpc/find?year=1962&year=gt.1900&title=like.S*&select=title", body: `[{"title": "Sanjuro"}]`},
		{name: "content_type_means_nothing", target: "/rpc/add?a=1", kind: "text/plain", data: "ignored", body: `2`},
	})
}

// A POST has them as the members of an object, or as an array of objects, of
// which the first counts.
func TestArgument_JSON(t *testing.T) {
	t.Parallel()
	runArguments(t, serve(t), http.MethodPost, []argumentCase{
		{name: "by_name", target: "/rpc/add", data: `{"a": 1, "b": 2}`, body: `3`},
		{name: "content_type", target: "/rpc/add", kind: "application/json", data: `{"a": 1}`, body: `2`},
		{name: "content_type_with_a_charset", target: "/rpc/add", kind: "Application/JSON; charset=UTF-8", data: `{"a": 1}`, body: `2`},
		{name: "default", target: "/rpc/add", data: `{"a": 1}`, body: `2`},
		{name: "null_is_no_default", target: "/rpc/add", data: `{"a": 1, "b": null}`, body: `null`},
		{name: "none", target: "/rpc/null_number", data: `{}`, body: `null`},
		{name: "no_body", target: "/rpc/null_number", body: `null`},
		{name: "empty_array", target: "/rpc/null_number", data: `[]`, body: `null`},
		{name: "array_of_objects", target: "/rpc/add", data: ` [{"a": 1, "b": 2}, {"a": 10, "b": 20}]`, body: `3`},
		{name: "text_for_a_number", target: "/rpc/add", data: `{"a": "1"}`, body: `2`},
		{name: "number_for_a_text", target: "/rpc/shout%20it", data: `{"what to shout": 1.50}`, body: `"1.50"`},
		{name: "text_beyond_ASCII", target: "/rpc/shout%20it", data: `{"what to shout": "\u4e03人の侍 🎬"}`, body: `"七人の侍 🎬"`},
		{name: "array", target: "/rpc/sorted", data: `{"words": ["m", "b c", "a"]}`, body: `["a", "b c", "m"]`},
		{name: "array_as_PostgreSQL_writes_it", target: "/rpc/sorted", data: `{"words": "{m,a}"}`, body: `["a", "m"]`},
		{name: "empty_array_of_texts", target: "/rpc/sorted", data: `{"words": []}`, body: `null`},
		{name: "variadic", target: "/rpc/total", data: `{"numbers": [1, 2, -7]}`, body: `-4`},
		{name: "object_for_JSON", target: "/rpc/echo", data: `{"value": {"a": 1}}`, body: `{"a": 1}`},
		{name: "array_of_objects_for_JSON", target: "/rpc/echo", data: `{"value": [{"a": 1}, {"b": 2}]}`, body: `[{"a": 1}, {"b": 2}]`},
		{name: "text_for_JSON", target: "/rpc/echo", data: `{"value": "{\"a\": 1}"}`, body: `"{\"a\": 1}"`},
		{name: "columns_choose", target: "/rpc/add?columns=a", data: `{"a": 1, "b": 5, "c": 9}`, body: `2`},
		{name: "columns_of_an_array", target: "/rpc/add?columns=b,a", data: `[{"a": 1, "b": 5, "c": 9}, {"other": 1}]`, body: `6`},
		{name: "columns_not_in_the_body_are_null", target: "/rpc/add?columns=a,b", data: `{"a": 1}`, body: `null`},
		{name: "CSV", target: "/rpc/add", kind: "text/csv", data: "a,b\n1,2\n10,20", body: `3`},
	})
}

// A form has them as its fields.
func TestArgument_form(t *testing.T) {
	t.Parallel()
	runArguments(t, serve(t), http.MethodPost, []argumentCase{
		{name: "by_name", target: "/rpc/add", kind: formType, data: "a=1&b=2", body: `3`},
		{name: "default", target: "/rpc/add", kind: formType, data: "a=1", body: `2`},
		{name: "none", target: "/rpc/null_number", kind: formType, body: `null`},
		{name: "last_of_several", target: "/rpc/add", kind: formType, data: "a=1&b=1&a=5", body: `6`},
		{name: "encoded", target: "/rpc/shout%20it", kind: formType, data: "what+to%20shout=a%26b+%3D+%E6%98%A0", body: `"A&B = 映"`},
		{name: "what_would_be_a_filter_in_a_URL", target: "/rpc/shout%20it", kind: formType, data: "what to shout=eq.1", body: `"EQ.1"`},
		{name: "array_as_PostgreSQL_writes_it", target: "/rpc/sorted", kind: formType, data: "words={m,a}", body: `["a", "m"]`},
		{name: "variadic_once", target: "/rpc/total", kind: formType, data: "numbers=4", body: `4`},
		{name: "variadic_several_times", target: "/rpc/total", kind: formType, data: "numbers=1&numbers=2&numbers=-7", body: `-4`},
	})
}

// A function whose only parameter has no name takes the whole body, by the body's type.
func TestArgument_unnamed(t *testing.T) {
	t.Parallel()
	const png = "\x89PNG\r\n\x1a\n\x00\x00\xff"
	runArguments(t, serve(t), http.MethodPost, []argumentCase{
		{name: "JSON_object", target: "/rpc/take_json", data: `{"a": 1,  "A b": [null]}`, body: `{"a": 1,  "A b": [null]}`},
		{name: "JSON_array", target: "/rpc/take_json", data: `[{"a": 1}, {"a": 2}]`, body: `[{"a": 1}, {"a": 2}]`},
		{name: "text", target: "/rpc/take_text", kind: "text/plain", data: "to \"be\"\nor\\not", body: `"to \"be\"\nor\\not"`},
		{name: "text_with_a_charset", target: "/rpc/take_text", kind: "text/plain; charset=utf-8", data: "é", body: `"é"`},
		{name: "empty_text", target: "/rpc/take_text", kind: "text/plain", body: `""`},
		{name: "XML", target: "/rpc/take_xml", kind: "text/xml", data: "<a b='c'>é</a>", body: `"<a b='c'>é</a>"`},
		{name: "bytes", target: "/rpc/take_bytea", kind: octetsType, data: png, body: `11`},
		{name: "no_bytes", target: "/rpc/take_bytea", kind: octetsType, body: `0`},
	})
}

func TestArgument_faults(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "value_of_another_type", target: "/rpc/add?a=one", status: 400,
			body: fault("22P02", `invalid input syntax for type integer: "one"`, "", "")},
		exchange{name: "value_of_another_type_in_JSON", method: "POST", target: "/rpc/add", data: `{"a": "one"}`, status: 400,
			body: fault("22P02", `invalid input syntax for type integer: "one"`, "", "")},
		exchange{name: "no_JSON", method: "POST", target: "/rpc/add", data: `a=1`, status: 400,
			body: fault("PGRST102", "Empty or invalid json", "", "")},
		exchange{name: "objects_of_different_members", method: "POST", target: "/rpc/add", data: `[{"a": 1}, {"b": 2}]`, status: 400,
			body: fault("PGRST102", "All object keys must match", "", "")},
		exchange{name: "no_XML", method: "POST", target: "/rpc/take_xml", data: `<`, send: headers{"Content-Type": "text/xml"}, status: 400,
			body: fault("2200N", "invalid XML content", "line 1: StartTag: invalid element name\n<\n ^", "")},
		exchange{name: "text_that_is_not_UTF-8", method: "POST", target: "/rpc/take_text", data: "\xff", send: headers{"Content-Type": "text/plain"}, status: 400,
			body: fault("22021", `invalid byte sequence for encoding "UTF8": 0xff`, "", "")},
		exchange{name: "type_of_body_that_nothing_takes", method: "POST", target: "/rpc/add", data: "x", send: headers{"Content-Type": "image/png"}, status: 400,
			body: fault("PGRST102", "Content-Type not acceptable: image/png", "", "")},
		exchange{name: "arguments_in_the_URL_of_a_POST", method: "POST", target: "/rpc/add?a=1", status: 400,
			body: fault("PGRST100", `"failed to parse filter (1)" (line 1, column 1)`,
				`unexpected "1" expecting "not" or operator (eq, gt, ...)`, "")},
	)
}

// Functions of one name are told apart by the names of their arguments.
func TestArgument_overloads(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		SET search_path = archive;
		CREATE FUNCTION lend() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'nothing' $$;
		CREATE FUNCTION lend(film int, days int DEFAULT 7) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT film || ' for ' || days $$;
		CREATE FUNCTION lend(film int, "to" text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT film || ' to ' || "to" $$;
		CREATE FUNCTION lend(json) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'JSON ' || $1 $$;
		CREATE FUNCTION lend(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'text ' || $1 $$;
		CREATE FUNCTION lend(bytea) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT length($1) $$;
		CREATE FUNCTION take_both(json) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'json' $$;
		CREATE FUNCTION take_both(jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'jsonb' $$`)
	run(t, api,
		exchange{name: "none", target: "/rpc/lend", body: `"nothing"`},
		exchange{name: "none_of_POST", method: "POST", target: "/rpc/lend", body: `"nothing"`},
		exchange{name: "one_with_a_default", target: "/rpc/lend?film=2", body: `"2 for 7"`},
		exchange{name: "two", target: "/rpc/lend?film=2&days=3", body: `"2 for 3"`},
		exchange{name: "two_of_another", method: "POST", target: "/rpc/lend", data: `{"film": 2, "to": "CF"}`, body: `"2 to CF"`},
		exchange{name: "of_a_form", method: "POST", target: "/rpc/lend", send: headers{"Content-Type": formType}, data: "film=2&days=1", body: `"2 for 1"`},
		exchange{name: "of_columns", method: "POST", target: "/rpc/lend?columns=film", data: `{"film": 2, "to": "CF"}`, body: `"2 for 7"`},
		exchange{name: "unnamed_JSON_if_no_names_fit", method: "POST", target: "/rpc/lend", data: `{"film":2,"by":1}`, body: `"JSON {\"film\":2,\"by\":1}"`},
		exchange{name: "unnamed_text", method: "POST", target: "/rpc/lend", send: headers{"Content-Type": "text/plain"}, data: "M", body: `"text M"`},
		exchange{name: "unnamed_bytes", method: "POST", target: "/rpc/lend", send: headers{"Content-Type": octetsType}, data: "\x00\x01", body: `2`},
		exchange{name: "without_a_body_by_GET", target: "/rpc/lend", send: headers{"Content-Type": octetsType}, body: `"nothing"`},
		exchange{name: "CSV_is_never_passed_whole", method: "POST", target: "/rpc/lend", send: headers{"Content-Type": "text/csv"}, data: "film,by\n2,1", status: 404,
			body: fault("PGRST202", "Could not find the function archive.lend(by, film) in the schema cache",
				"Searched for the function archive.lend with parameters by, film, but no matches were found in the schema cache.",
				"Perhaps you meant to call the function archive.lend(days, film)")},
		exchange{name: "unnamed_json_and_jsonb", method: "POST", target: "/rpc/take_both", data: `{"a": 1}`, status: 300,
			body: fault("PGRST203", "Could not choose the best candidate function between: archive.take_both( => json), archive.take_both( => jsonb)", "",
				"Try renaming the parameters or the function itself in the database so function overloading can be resolved")},
	)
}

// Parameters of types that mean a length of 1 when they stand alone take any.
func TestArgument_lengths(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE FUNCTION archive.short(code char, bits bit, codes char[] DEFAULT '{}') RETURNS text LANGUAGE sql IMMUTABLE
			AS $$ SELECT concat_ws(' ', code, bits, codes) $$`)
	run(t, api,
		exchange{name: "GET", target: "/rpc/short?code=abc&bits=101&codes=%7Bde,f%7D", body: `"abc 101 {de,f}"`},
		exchange{name: "POST", method: "POST", target: "/rpc/short", data: `{"code": "abc", "bits": "101", "codes": ["de", "f"]}`, body: `"abc 101 {de,f}"`},
	)
}

// The error of a call that no function fits tells of what was searched for, and
// of what may have been meant.
func TestArgument_no_function(t *testing.T) {
	t.Parallel()
	notFound := func(called, searched, hint string) string {
		return fault("PGRST202", "Could not find the function archive."+called+" in the schema cache",
			"Searched for the function archive."+searched+", but no matches were found in the schema cache.", hint)
	}
	run(t, serve(t),
		exchange{name: "misspelt", target: "/rpc/film_tiles", status: 404,
			body: notFound("film_tiles without parameters", "film_tiles without parameters", "Perhaps you meant to call the function archive.film_titles")},
		exchange{name: "unlike_any", target: "/rpc/abracadabra", status: 404,
			body: notFound("abracadabra without parameters", "abracadabra without parameters", "")},
		exchange{name: "by_POST", method: "POST", target: "/rpc/abracadabra", status: 404,
			body: notFound("abracadabra without parameters", "abracadabra without parameters or with a single unnamed json/jsonb parameter", "")},
		exchange{name: "misspelt_argument", target: "/rpc/shout%20it?what+to+shot=ran", status: 404,
			body: notFound("shout it(what to shot)", "shout it with parameter what to shot", "Perhaps you meant to call the function archive.shout it(what to shout)")},
		exchange{name: "missing_argument", target: "/rpc/divide?dividend=1", status: 404,
			body: notFound("divide(dividend)", "divide with parameter dividend", "Perhaps you meant to call the function archive.divide(dividend, divisor)")},
		exchange{name: "one_argument_more", method: "POST", target: "/rpc/add", data: `{"b": 2, "a": 1, "c": 3}`, status: 404,
			body: notFound("add(a, b, c)", "add with parameters a, b, c or with a single unnamed json/jsonb parameter", "Perhaps you meant to call the function archive.add(a, b)")},
		exchange{name: "variadic_without_any", target: "/rpc/total", status: 404,
			body: notFound("total without parameters", "total without parameters", "")},
		exchange{name: "named_JSON_takes_no_whole_body", method: "POST", target: "/rpc/echo", data: `{"A": 1, "B": 2}`, status: 404,
			body: notFound("echo(A, B)", "echo with parameters A, B or with a single unnamed json/jsonb parameter", "")},
		exchange{name: "text", method: "POST", target: "/rpc/add", send: headers{"Content-Type": "text/plain"}, data: "1", status: 404,
			body: notFound("add", "add with a single unnamed text parameter", "")},
		exchange{name: "XML", method: "POST", target: "/rpc/add", send: headers{"Content-Type": "text/xml"}, data: "<a/>", status: 404,
			body: notFound("add", "add with a single unnamed xml parameter", "")},
		exchange{name: "bytes", method: "POST", target: "/rpc/add", send: headers{"Content-Type": octetsType}, data: "1", status: 404,
			body: notFound("add", "add with a single unnamed bytea parameter", "")},
		exchange{name: "text_for_a_function_without_parameters", method: "POST", target: "/rpc/nothing", send: headers{"Content-Type": "text/plain"}, data: "1", status: 404,
			body: notFound("nothing", "nothing with a single unnamed text parameter", "")},
		exchange{name: "unnamed_by_GET", target: "/rpc/take_json", status: 404,
			body: notFound("take_json without parameters", "take_json without parameters", "Perhaps you meant to call the function archive.take_json()")},
		exchange{name: "overloads_that_none_fits", target: "/rpc/find?titel=M", status: 404,
			body: notFound("find(titel)", "find with parameter titel", "Perhaps you meant to call the function archive.find(title)")},
		exchange{name: "ambiguous", target: "/rpc/describe?id=1", status: 300,
			body: fault("PGRST203", "Could not choose the best candidate function between: archive.describe(id => integer), archive.describe(id => text)", "",
				"Try renaming the parameters or the function itself in the database so function overloading can be resolved")},
		exchange{name: "procedure", target: "/rpc/not_a_function", status: 404,
			body: notFound("not_a_function without parameters", "not_a_function without parameters", "")},
		exchange{name: "aggregate", target: "/rpc/titles", status: 404,
			body: notFound("titles without parameters", "titles without parameters", "")},
		exchange{name: "of_a_schema_that_is_not_exposed", target: "/rpc/pre_request", status: 404,
			body: notFound("pre_request without parameters", "pre_request without parameters", "")},
		exchange{name: "empty_name", target: "/rpc/", status: 404,
			body: notFound(" without parameters", " without parameters", "")},
		exchange{name: "nested_path", target: "/rpc/add/1", status: 404, body: fault("PGRST125", "Invalid path specified in request URL", "", "")},
	)
}

// A function is looked up in the schema that the request names.
func TestArgument_schema(t *testing.T) {
	t.Parallel()
	api := serve(t, func(o *pgrest.Options) { o.Schemas = []string{"archive", "archive_v2"} })
	run(t, api,
		exchange{name: "default", target: "/rpc/add?a=1&b=2", want: headers{"Content-Profile": "archive"}, body: `3`},
		exchange{name: "of_GET", target: "/rpc/add?a=1&b=2", send: headers{"Accept-Profile": "archive_v2"}, want: headers{"Content-Profile": "archive_v2"}, body: `"3"`},
		exchange{name: "of_POST", method: "POST", target: "/rpc/add", data: `{"a": 1, "b": 2}`, send: headers{"Content-Profile": "archive_v2"},
			want: headers{"Content-Profile": "archive_v2"}, body: `"3"`},
		exchange{name: "without_it", target: "/rpc/film_titles", send: headers{"Accept-Profile": "archive_v2"}, status: 404,
			body: fault("PGRST202", "Could not find the function archive_v2.film_titles without parameters in the schema cache",
				"Searched for the function archive_v2.film_titles without parameters, but no matches were found in the schema cache.", "")},
	)
}
