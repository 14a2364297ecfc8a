package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The functions of pg_jsonschema are there, by that extension or by the shop's own: the same
// questions, the same answers.
func TestJSONSchema(t *testing.T) {
	t.Parallel()
	shop := open(t)
	for name, tt := range map[string]struct {
		schema        string
		match, differ []string
	}{
		"anything":    {`{}`, []string{`null`, `1`, `{"a": []}`}, nil},
		"true":        {`true`, []string{`null`}, nil},
		"false":       {`false`, nil, []string{`null`, `{}`}},
		"annotations": {`{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "t", "description": "d", "default": 1, "examples": [2]}`, []string{`"x"`}, nil},
		"null":        {`{"type": "null"}`, []string{`null`}, []string{`0`, `false`, `""`}},
		"boolean":     {`{"type": "boolean"}`, []string{`true`, `false`}, []string{`0`, `"true"`, `null`}},
		"integer":     {`{"type": "integer"}`, []string{`0`, `-3`, `1.0`, `1e3`}, []string{`1.5`, `"1"`, `true`, `[1]`}},
		"number":      {`{"type": "number"}`, []string{`0`, `1.5`}, []string{`"1"`, `null`}},
		"string":      {`{"type": "string"}`, []string{`""`, `"é"`}, []string{`1`, `null`, `[]`}},
		"types":       {`{"type": ["string", "null"]}`, []string{`""`, `null`}, []string{`1`, `{}`}},
		"enum":        {`{"enum": ["a", 1, null, {"b": [2]}]}`, []string{`"a"`, `1`, `1.0`, `null`, `{"b": [2]}`}, []string{`"b"`, `2`, `{"b": []}`, `false`}},
		"minimum":     {`{"minimum": 2, "maximum": 3.5}`, []string{`2`, `3.5`, `"no number"`}, []string{`1.99`, `4`}},
		"exclusive":   {`{"exclusiveMinimum": 0, "exclusiveMaximum": 1}`, []string{`0.5`}, []string{`0`, `1`}},
		"multipleOf":  {`{"multipleOf": 0.01}`, []string{`1.25`, `0`, `-3`}, []string{`0.005`}},
		"length":      {`{"minLength": 2, "maxLength": 3}`, []string{`"éé"`, `"abc"`, `1`}, []string{`"é"`, `"abcd"`, `""`}},
		"pattern":     {`{"pattern": "^[a-z]+$"}`, []string{`"abc"`, `7`}, []string{`""`, `"aB"`}},
		"items":       {`{"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2}`, []string{`[1]`, `[1, 2]`}, []string{`[]`, `[1, 2, 3]`, `["x"]`, `{}`}},
		"properties": {`{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}, "b": {"type": "array", "items": {"enum": ["x"]}}}, "additionalProperties": false}`,
			[]string{`{"a": 1}`, `{"a": 1, "b": ["x"]}`}, []string{`{}`, `{"a": "1"}`, `{"a": 1, "c": 2}`, `{"a": 1, "b": ["y"]}`, `[]`}},
		"required_alone":       {`{"required": ["a", "b"]}`, []string{`{"a": null, "b": 0}`, `[]`}, []string{`{"a": 1}`}},
		"additionalProperties": {`{"properties": {"a": {}}, "additionalProperties": {"type": "string"}}`, []string{`{"a": 1, "b": "x"}`}, []string{`{"b": 1}`}},
		"no_properties":        {`{"additionalProperties": false}`, []string{`{}`, `1`}, []string{`{"a": 1}`}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "true", shop.one(t, `SELECT private.jsonschema_is_valid($1::json)`, tt.schema))
			for want, instances := range map[string][]string{"true": tt.match, "false": tt.differ} {
				for _, instance := range instances {
					for _, f := range []string{`json_matches_schema($1::json, $2::json)`, `jsonb_matches_schema($1::json, $2::jsonb)`,
						`jsonschema_validation_errors($1::json, $2::json) = '{}'`} {
						require.Equal(t, want, shop.one(t, `SELECT private.`+f, tt.schema, instance), "%s of %s", f, instance)
					}
				}
			}
		})
	}
}

// A schema that the shop's own functions can't check is refused, and never taken for one that
// everything matches.
func TestJSONSchema_refused(t *testing.T) {
	t.Parallel()
	shop := open(t)
	if shop.one(t, `SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_jsonschema')`) == "true" {
		require.Equal(t, "false", shop.one(t, `SELECT private.jsonschema_is_valid('{"type": "text"}')`))
		return // the extension knows all keywords
	}
	for name, tt := range map[string]struct{ schema, fault string }{
		"unknown_keyword": {`{"oneOf": [{}]}`, "$ has the keyword oneOf, which is not supported"},
		"deep":            {`{"properties": {"a": {"items": {"format": "date"}}}}`, "$.properties.a.items has the keyword format, which is not supported"},
		"misspelt":        {`{"requird": ["a"]}`, "$ has the keyword requird, which is not supported"},
		"reference":       {`{"$ref": "#/definitions/a"}`, "$ has the keyword $ref, which is not supported"},
		"unknown_type":    {`{"type": "text"}`, `$.type is "text"`},
		"no_type":         {`{"type": []}`, `$.type is []`},
		"types_in_types":  {`{"type": [["string"]]}`, `$.type is [["string"]]`},
		"tuple":           {`{"items": [{}]}`, "$.items is neither an object nor a boolean"},
		"text":            {`"object"`, "$ is neither an object nor a boolean"},
		"enum":            {`{"enum": "a"}`, "$.enum is no array"},
		"required":        {`{"required": true}`, "$.required is no array of names"},
		"required_number": {`{"required": [1]}`, "$.required is no array of names"},
		"minimum":         {`{"minimum": "1"}`, `$.minimum is "1"`},
		"multipleOf":      {`{"multipleOf": 0}`, `$.multipleOf is 0`},
		"minLength":       {`{"minLength": 1.5}`, `$.minLength is 1.5`},
		"maxItems":        {`{"maxItems": -1}`, `$.maxItems is -1`},
		"pattern":         {`{"pattern": "("}`, `$.pattern is no regular expression of PostgreSQL: "("`},
		"number_pattern":  {`{"pattern": 1}`, `$.pattern is no text`},
		"properties":      {`{"properties": []}`, `$.properties is no object`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "false", shop.one(t, `SELECT private.jsonschema_is_valid($1::json)`, tt.schema))
			for _, f := range []string{`json_matches_schema($1::json, '{}'::json)`, `jsonb_matches_schema($1::json, '{}'::jsonb)`, `jsonschema_validation_errors($1::json, '{}'::json)`} {
				_, err := shop.db.Exec(t.Context(), `SELECT private.`+f, tt.schema)
				require.ErrorContains(t, err, "the JSON Schema can't be used: "+tt.fault)
			}
			_, err := shop.db.Exec(t.Context(), `INSERT INTO private.categories VALUES ('tea', $1)`, tt.schema)
			require.ErrorContains(t, err, "The JSON Schema of category tea is not one that can be checked.")
		})
	}
}

// A category's schema can't become one that its products don't match.
func TestCategory(t *testing.T) {
	t.Parallel()
	shop := open(t)
	_, err := shop.db.Exec(t.Context(), `UPDATE private.categories SET schema = '{"required": ["origin"]}' WHERE name = 'coffee'`)
	require.ErrorContains(t, err, "of category coffee would not be as the new JSON Schema says")
	shop.exec(t, `UPDATE private.categories SET schema = '{"required": ["roast"]}' WHERE name = 'coffee'`)
	shop.login(t, "OLGA").Patch("/products?id=eq.1", `{"attributes": {"roast": "any"}}`).Status(204)
}
