package apitest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// keyTypes are domains with functions for clients, and other types of one's own.
const keyTypes = `
	CREATE DOMAIN archive.code AS int; -- "c-7" to clients, by way of JSON
	CREATE FUNCTION archive.code_json(archive.code) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT to_json('c-' || $1::int) $$;
	CREATE FUNCTION archive.code_text(text) RETURNS archive.code LANGUAGE sql IMMUTABLE AS $$ SELECT substr($1, 3)::int::archive.code $$;
	CREATE FUNCTION archive.code_of_json(json) RETURNS archive.code LANGUAGE sql IMMUTABLE AS $$ SELECT archive.code_text($1 #>> '{}') $$;
	CREATE CAST (archive.code AS json) WITH FUNCTION archive.code_json(archive.code) AS IMPLICIT;
	CREATE CAST (text AS archive.code) WITH FUNCTION archive.code_text(text) AS IMPLICIT;
	CREATE CAST (json AS archive.code) WITH FUNCTION archive.code_of_json(json) AS IMPLICIT;

	CREATE DOMAIN archive.label AS text; -- shown as an object, and read as what its cast to text gives
	CREATE FUNCTION archive.label_json(archive.label) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT json_build_object('label', $1::text) $$;
	CREATE FUNCTION archive.label_print(archive.label) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT '<' || $1::varchar || '>' $$;
	CREATE FUNCTION archive.label_text(text) RETURNS archive.label LANGUAGE sql IMMUTABLE AS $$ SELECT trim($1, '<>')::archive.label $$;
	CREATE CAST (archive.label AS json) WITH FUNCTION archive.label_json(archive.label) AS IMPLICIT;
	CREATE CAST (archive.label AS text) WITH FUNCTION archive.label_print(archive.label) AS IMPLICIT;
	CREATE CAST (text AS archive.label) WITH FUNCTION archive.label_text(text) AS IMPLICIT;

	CREATE DOMAIN archive.flag AS bool; -- only shown in another form
	CREATE FUNCTION archive.flag_json(archive.flag) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT to_json(CASE WHEN $1 THEN 'yes' ELSE 'no' END) $$;
	CREATE CAST (archive.flag AS json) WITH FUNCTION archive.flag_json(archive.flag) AS IMPLICIT;

	CREATE DOMAIN archive.weight AS numeric; -- only read in another form
	CREATE FUNCTION archive.weight_text(text) RETURNS archive.weight LANGUAGE sql IMMUTABLE AS $$ SELECT rtrim($1, ' kg')::archive.weight $$;
	CREATE CAST (text AS archive.weight) WITH FUNCTION archive.weight_text(text) AS IMPLICIT;

	CREATE DOMAIN archive.moment AS timestamptz;
	CREATE TYPE archive.mood AS ENUM ('ok', 'so, so', '"null"', '');`

// The URL of a row leads to it, whatever its key is of, and is called.
func TestInsert_location_of_keys(t *testing.T) {
	t.Parallel()
	keys := []struct{ columns, payload string }{ // the key is of all columns
		{"k uuid", `{"k": "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"}`}, {"k bytea", `{"k": "\\x00ff41"}`}, {"k bool", `{"k": false}`}, {"k int", `{"k": -5}`}, {"k bigint", `{"k": 9007199254740993}`},
		{"k numeric", `{"k": 1.50}`}, {"k numeric", `{"k": "NaN"}`}, {"k float8", `{"k": 0.1}`}, {"k float8", `{"k": "-Infinity"}`}, {"k float4", `{"k": 1.1}`}, {"k money", `{"k": "1234.5"}`},
		{"k timestamptz", `{"k": "2024-05-01T20:00:00.123456+05:30"}`}, {"k timestamptz", `{"k": "infinity"}`}, {"k timestamp", `{"k": "0044-03-15 12:00 BC"}`}, {"k date", `{"k": "0044-03-15 BC"}`},
		{"k time", `{"k": "23:59:59.5"}`}, {"k timetz", `{"k": "10:00+05:30"}`}, {"k interval", `{"k": "1 day -02:00"}`}, {"k archive.moment", `{"k": "2024-05-01T20:00Z"}`},
		{"k text", `{"k": "null"}`}, {"k text", `{"k": ""}`}, {"k text", `{"k": "a,b"}`}, {"k text", `{"k": "(a,\"b\")"}`}, {"k text", `{"k": "\"quoted\""}`}, {"k text", `{"k": "'a''b'"}`}, {"k text", `{"k": "not.is.null"}`},
		{"k text", `{"k": "*"}`}, {"k text", `{"k": "a\\b"}`}, {"k text", `{"k": "{a,b}"}`}, {"k text", `{"k": " a + b & c = d; e % f # g? "}`}, {"k text", `{"k": "line\nbreak\ttab"}`}, {"k text", `{"k": "圍棋 🎬"}`},
		{"k char(5)", `{"k": "ab"}`}, {"k varchar(5)", `{"k": "ab  "}`}, {"k \"char\"", `{"k": "x"}`}, {"k name", `{"k": "x y"}`}, {"k bit(3)", `{"k": "101"}`}, {"k varbit", `{"k": ""}`},
		{"k archive.mood", `{"k": "so, so"}`}, {"k archive.mood", `{"k": "\"null\""}`}, {"k archive.mood", `{"k": ""}`}, {"k int[]", `{"k": [1, null, 3]}`}, {"k text[]", `{"k": ["a,b", "\"", "null", null]}`},
		{"k int4range", `{"k": "[1,5)"}`}, {"k tstzrange", `{"k": "[2024-05-01 20:00+00,)"}`}, {"k inet", `{"k": "10.0.0.0/8"}`}, {"k macaddr", `{"k": "08:00:2b:01:02:03"}`}, {"k jsonb", `{"k": {"a": [1, "x,y"]}}`},
		{"k oid", `{"k": 4294967295}`}, {"k pg_lsn", `{"k": "16/B374D848"}`},
		{"k archive.code", `{"k": "c-7"}`}, {"k archive.label", `{"k": "x"}`}, {"k archive.flag", `{"k": true}`}, {"k archive.weight", `{"k": 7.50}`},
		{"a archive.code, b text, c archive.flag, d archive.label", `{"a": "c-1", "b": "c-1", "c": false, "d": "null"}`},
	}
	for _, name := range []string{
		"select", "columns", "on_conflict", "order", "and", "or", "limit", "offset", "not", "a.order", "a.and", "not.and", "a.b", "a->b", "a->>b", "a-b", "-", " a ", "a b", "*", "(", "a:b", "a::b", "a,b",
		`"`, `a"b`, `\`, "'", "a&b=c", "a?b", "a%b", "a+b", "a#b", "🎬", "é", "圍棋", "1", "$", ".", "..",
	} {
		keys = append(keys, struct{ columns, payload string }{`"` + strings.ReplaceAll(name, `"`, `""`) + `" int, z int`,
			`{"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `": 1, "z": 2}`})
	}
	var tables strings.Builder
	for i, k := range keys {
		names := "k"
		switch {
		case strings.HasSuffix(k.columns, " z int"):
			names = strings.TrimSuffix(k.columns, " int, z int") + ", z"
		case strings.Contains(k.columns, ","):
			names = "a, b, c, d"
		}
		fmt.Fprintf(&tables, "CREATE TABLE archive.keyed_%d (%s, PRIMARY KEY (%s)); ", i, k.columns, names)
	}
	api := serveClone(t, keyTypes+tables.String()+"GRANT ALL ON ALL TABLES IN SCHEMA archive TO pgrest_test_anon")
	for i, k := range keys {
		t.Run(k.columns+k.payload, func(t *testing.T) {
			t.Parallel()
			target := fmt.Sprintf("/keyed_%d", i)
			made := ask(t, api, exchange{method: http.MethodPost, target: target, data: k.payload, send: headers{"Prefer": "return=headers-only"}})
			require.Equal(t, http.StatusCreated, made.StatusCode, read(t, made))
			location := made.Header.Get("Location")
			require.Contains(t, location, target+"?")
			all := read(t, ask(t, api, exchange{target: target}))
			require.Contains(t, all, "{", "there is a row")
			followed := ask(t, api, exchange{target: location})
			require.Equal(t, all, read(t, followed), location)
		})
	}
}
