package apitest_test

import (
	"net/http"
	"strings"
	"testing"
)

// unnamed has functions whose one parameter has no name, required (take_…) or not
// (may_…), and overloads of them. Each tells what it got.
const unnamed = `
	SET search_path = archive;
	CREATE FUNCTION may_text(text DEFAULT 'default') RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
	CREATE FUNCTION may_json(json DEFAULT '"default"') RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text $$;
	CREATE FUNCTION may_jsonb(jsonb DEFAULT '"default"') RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text $$;
	CREATE FUNCTION may_xml(xml DEFAULT 'default') RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text $$;
	CREATE FUNCTION may_bytea(bytea DEFAULT 'default') RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT encode($1, 'escape') $$;
	CREATE FUNCTION must_text(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
	CREATE FUNCTION must_jsonb(jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text $$;
	CREATE FUNCTION must_bytea(bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT encode($1, 'escape') $$;
	CREATE FUNCTION only_int(int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'int' $$;
	CREATE FUNCTION may_int(int DEFAULT 1) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'int' $$;
	CREATE FUNCTION several() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'none' $$;
	CREATE FUNCTION several(int DEFAULT 42) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'int' $$;
	CREATE FUNCTION several(boolean DEFAULT true) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'boolean' $$;
	CREATE FUNCTION several(text DEFAULT 'default') RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'text ' || $1 $$;
	CREATE FUNCTION either() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'none' $$;
	CREATE FUNCTION either(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'text ' || $1 $$;
	CREATE FUNCTION either(jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT concat('jsonb ', $1) $$;
	CREATE FUNCTION either(a int, json DEFAULT '{}') RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT concat('a ', $1) $$;`

const (
	textType = "text/plain"
	xmlType  = "text/xml"
	csvType  = "text/csv"
)

// A function's one parameter without a name takes all that a request has for it: the
// body as it is, or the arguments of the URL or of a form as JSON. It is there by the
// empty name, by its default, or by the type of the body.
func TestUnnamed(t *testing.T) {
	t.Parallel()
	api := serveClone(t, unnamed)
	for _, method := range []string{"GET", "HEAD"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			var exchanges []exchange
			for target, body := range map[string]string{
				"may_text": `"{}"`, "may_json": `"{}"`, "may_jsonb": `"{}"`, "may_xml": `"{}"`, "may_bytea": `"{}"`,
				"may_text?%22%22=a%22": `"{\"\":\"a\\\"\"}"`, "must_text?%22%22=a": `"{\"\":\"a\"}"`, "must_bytea?%22%22=a": `"{\"\":\"a\"}"`,
				"must_jsonb?%22%22=a&%22%22=b": `"{\"\": \"b\"}"`, "either": `"none"`,
			} {
				x := exchange{name: target, method: method, target: "/rpc/" + target, body: body}
				if method == "HEAD" {
					x.body = ""
				}
				exchanges = append(exchanges, x)
			}
			run(t, api, exchanges...)
		})
	}
	t.Run("POST", func(t *testing.T) {
		t.Parallel()
		runArguments(t, api, http.MethodPost, []argumentCase{
			{name: "text_by_the_empty_name", target: "/rpc/must_text", data: `{"":"foo"}`, body: `"{\"\":\"foo\"}"`},
			{name: "text_by_the_empty_name_as_it_was_sent", target: "/rpc/must_text", data: ` { "" : [1] } `, body: `" { \"\" : [1] } "`},
			{name: "text_by_the_empty_name_in_an_array", target: "/rpc/must_text", data: `[{"":1},{"":2}]`, body: `"[{\"\":1},{\"\":2}]"`},
			{name: "text_by_the_empty_name_of_a_form", target: "/rpc/must_text", kind: formType, data: "=a+b", body: `"{\"\":\"a b\"}"`},
			{name: "text_by_the_empty_name_in_columns", target: "/rpc/must_text?columns=%22%22", data: `{"a":1}`, body: `"{\"a\":1}"`},
			{name: "text", target: "/rpc/must_text", kind: textType, data: "a", body: `"a"`},
			{name: "bytes_by_the_empty_name", target: "/rpc/must_bytea", data: `{"":"\u00e9"}`, body: `"{\"\":\"\\\\u00e9\"}"`},
			{name: "jsonb_by_the_empty_name", target: "/rpc/must_jsonb", data: `{"":"foo"}`, body: `"{\"\": \"foo\"}"`},
			{name: "jsonb_without_a_name", target: "/rpc/must_jsonb", data: `{"a":"foo"}`, body: `"{\"a\": \"foo\"}"`},
			{name: "jsonb_without_a_body", target: "/rpc/must_jsonb", body: `"{}"`},
			{name: "jsonb_of_what_is_no_object", target: "/rpc/must_jsonb", data: `5`, body: `"[]"`},

			{name: "default_without_a_body", target: "/rpc/may_text", body: `"{}"`},
			{name: "default_with_an_empty_object", target: "/rpc/may_text", data: ` {}`, body: `" {}"`},
			{name: "default_with_an_empty_array", target: "/rpc/may_text", data: `[]`, body: `"[]"`},
			{name: "default_with_an_empty_form", target: "/rpc/may_text", kind: formType, body: `"{}"`},
			{name: "default_with_no_text", target: "/rpc/may_text", kind: textType, body: `""`},
			{name: "default_with_text", target: "/rpc/may_text", kind: textType, data: "a", body: `"a"`},
			{name: "default_with_XML", target: "/rpc/may_text", kind: xmlType, data: "<a/>", body: `"<a/>"`},
			{name: "default_with_bytes", target: "/rpc/may_text", kind: octetsType, data: "a", body: `"a"`},
			{name: "bytes_without_a_body", target: "/rpc/may_bytea", body: `"{}"`},
			{name: "bytes_with_an_empty_form", target: "/rpc/may_bytea", kind: formType, body: `"{}"`},
			{name: "bytes_with_text", target: "/rpc/may_bytea", kind: textType, data: `\x61`, body: `"\\\\x61"`},
			{name: "bytes_with_no_text", target: "/rpc/may_bytea", kind: textType, body: `""`},
			{name: "bytes_with_XML", target: "/rpc/may_bytea", kind: xmlType, data: "<a/>", body: `"<a/>"`},
			{name: "bytes_with_bytes", target: "/rpc/may_bytea", kind: octetsType, data: "\x00body\xff", body: `"\\000body\\377"`},
			{name: "bytes_with_no_bytes", target: "/rpc/may_bytea", kind: octetsType, body: `""`},
			{name: "XML_with_text", target: "/rpc/may_xml", kind: textType, data: "a", body: `"a"`},
			{name: "XML_with_an_object", target: "/rpc/may_xml", data: `{"":1}`, body: `"{\"\":1}"`},
			{name: "JSON_with_text", target: "/rpc/may_json", kind: textType, data: "1.50", body: `"1.50"`},
			{name: "JSON_without_a_body", target: "/rpc/may_json", body: `"{}"`},
			{name: "JSON_with_other_names", target: "/rpc/may_json", data: `{"a": 1}`, body: `"{\"a\": 1}"`},

			{name: "overload_by_the_empty_name", target: "/rpc/several", data: `{"":"foo"}`, body: `"text {\"\":\"foo\"}"`},
			{name: "overload_by_the_empty_name_of_a_form", target: "/rpc/several", kind: formType, data: "=foo", body: `"text {\"\":\"foo\"}"`},
			{name: "overload_by_text", target: "/rpc/several", kind: textType, data: "foo", body: `"text foo"`},
			{name: "overload_by_no_text", target: "/rpc/several", kind: textType, body: `"text "`},
			{name: "overload_by_bytes", target: "/rpc/several", kind: octetsType, data: "foo", body: `"text foo"`},
			{name: "overload_without_arguments", target: "/rpc/either", body: `"none"`},
			{name: "overload_without_arguments_of_a_form", target: "/rpc/either", kind: formType, body: `"none"`},
			{name: "required_overload_by_text", target: "/rpc/either", kind: textType, data: "foo", body: `"text foo"`},
			{name: "required_overload_by_JSON", target: "/rpc/either", data: `{"b":1}`, body: `"jsonb {\"b\": 1}"`},
			{name: "overload_by_another_name", target: "/rpc/either", data: `{"a":1}`, body: `"a 1"`},
			{name: "unnamed_among_others_can_not_be_named", target: "/rpc/either", data: `{"a":1,"":{}}`, body: `"jsonb {\"\": {}, \"a\": 1}"`},
		})
	})
}

// What is not for such a parameter finds no function, and what is for several of them
// more than one.
func TestUnnamed_faults(t *testing.T) {
	t.Parallel()
	api := serveClone(t, unnamed)
	const (
		without = " without parameters"
		orJSON  = " or with a single unnamed json/jsonb parameter"
	)
	notFound := func(function, called, searched string) string {
		hint := ""
		if called == without && function == "must_text" { // the list of its parameters' names
			hint = "Perhaps you meant to call the function archive.must_text()"
		}
		return fault("PGRST202", "Could not find the function archive."+function+called+" in the schema cache",
			"Searched for the function archive."+function+searched+", but no matches were found in the schema cache.", hint)
	}
	choices := func(signatures ...string) string {
		return fault("PGRST203", "Could not choose the best candidate function between: "+strings.Join(signatures, ", "), "",
			"Try renaming the parameters or the function itself in the database so function overloading can be resolved")
	}
	noneOrText := choices("archive.several()", "archive.several( => text)")
	send := func(kind string) headers { return headers{"Content-Type": kind} }
	run(t, api,
		exchange{name: "GET_without_the_parameter", target: "/rpc/must_text", status: 404, body: notFound("must_text", without, without)},
		exchange{name: "HEAD_without_the_parameter", method: "HEAD", target: "/rpc/must_text", status: 404},
		exchange{name: "POST_without_the_parameter", method: "POST", target: "/rpc/must_text", status: 404, body: notFound("must_text", without, without+orJSON)},
		exchange{name: "empty_object", method: "POST", target: "/rpc/must_text", data: `{}`, status: 404, body: notFound("must_text", without, without+orJSON)},
		exchange{name: "empty_form", method: "POST", target: "/rpc/must_text", send: send(formType), status: 404, body: notFound("must_text", without, without)},
		exchange{name: "XML_for_text", method: "POST", target: "/rpc/must_text", send: send(xmlType), data: "<a/>", status: 404,
			body: notFound("must_text", "", " with a single unnamed xml parameter")},
		exchange{name: "bytes_for_text", method: "POST", target: "/rpc/must_text", send: send(octetsType), data: "a", status: 404,
			body: notFound("must_text", "", " with a single unnamed bytea parameter")},
		exchange{name: "text_for_bytes", method: "POST", target: "/rpc/must_bytea", send: send(textType), data: "a", status: 404,
			body: notFound("must_bytea", "", " with a single unnamed text parameter")},
		exchange{name: "other_names_of_a_form", method: "POST", target: "/rpc/must_jsonb", send: send(formType), data: "a=1", status: 404,
			body: notFound("must_jsonb", "(a)", " with parameter a")},
		exchange{name: "CSV", method: "POST", target: "/rpc/must_jsonb", send: send(csvType), data: "a\n1", status: 404, body: notFound("must_jsonb", "(a)", " with parameter a")},
		exchange{name: "another_type_by_the_empty_name", method: "POST", target: "/rpc/only_int", data: `{"":1}`, status: 404,
			body: notFound("only_int", "()", " with parameter "+orJSON)},
		exchange{name: "another_type_with_a_default", target: "/rpc/may_int", status: 404, body: notFound("may_int", without, without)},
		exchange{name: "text_that_is_no_JSON", method: "POST", target: "/rpc/may_json", send: send(textType), data: "a", status: 400,
			body: fault("22P02", "invalid input syntax for type json", `Token "a" is invalid.`, "")},

		exchange{name: "GET_of_several", target: "/rpc/several", status: 300, body: noneOrText},
		exchange{name: "HEAD_of_several", method: "HEAD", target: "/rpc/several", status: 300},
		exchange{name: "POST_of_several", method: "POST", target: "/rpc/several", status: 300, body: noneOrText},
		exchange{name: "empty_object_for_several", method: "POST", target: "/rpc/several", data: `{}`, status: 300, body: noneOrText},
		exchange{name: "empty_form_for_several", method: "POST", target: "/rpc/several", send: send(formType), status: 300, body: noneOrText},
		exchange{name: "the_empty_name_for_several", method: "POST", target: "/rpc/either", data: `{"":"foo"}`, status: 300,
			body: choices("archive.either( => jsonb)", "archive.either( => text)")},
	)
}
