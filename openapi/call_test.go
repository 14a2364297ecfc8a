package openapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

func TestDocumentResult(t *testing.T) {
	t.Parallel()
	record := &introspect.Type{OID: 2249, Name: "record", Kind: introspect.PseudoType}
	pair := &introspect.Type{Kind: introspect.CompositeType, Attributes: []introspect.Column{{Name: "a", Type: builtin("integer")}}}
	tests := []struct {
		name    string
		returns introspect.Result
		want    string // the schema of the response
	}{
		{"value", introspect.Result{Type: builtin("integer")}, `{"type": ["integer", "null"], "format": "int32"}`},
		{"values", introspect.Result{Type: builtin("integer"), Set: true},
			`{"type": "array", "items": {"type": ["integer", "null"], "format": "int32"}}`},
		{"row of columns", introspect.Result{Type: record, Columns: []introspect.ResultColumn{{Name: "a", Type: builtin("text")}}},
			`{"$ref": "#/components/schemas/f_result"}`},
		{"rows of a composite type", introspect.Result{Type: pair, Set: true},
			`{"type": "array", "items": {"$ref": "#/components/schemas/f_result"}}`},
		{"rows of columns that nobody knows", introspect.Result{Type: record, Set: true}, `{"type": "array", "items": {"type": "object"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cache := routineCache(&introspect.Routine{Name: api("f"), Returns: tt.returns, Volatility: introspect.Volatile})
			doc := document(t, cache, openapi.Config{})
			require.JSONEq(t, tt.want, part(t, doc, "paths", "/rpc/f", "post", "responses", "200", "content", "application/json", "schema"))
			require.Equal(t, "null", part(t, doc, "paths", "/rpc/f", "get"))
		})
	}
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		doc := document(t, cinema(), openapi.Config{})
		require.Equal(t, "null", part(t, doc, "paths", "/rpc/archive", "post", "responses", "200"))
		require.NotEqual(t, "null", part(t, doc, "paths", "/rpc/archive", "post", "responses", "204"))
	})
	t.Run("rows of a relation", func(t *testing.T) {
		t.Parallel()
		doc := document(t, cinema(), openapi.Config{})
		require.JSONEq(t, `{"type": "array", "items": {"$ref": "#/components/schemas/films"}}`,
			part(t, doc, "paths", "/rpc/search", "get", "responses", "200", "content", "application/json", "schema"))
	})
	t.Run("media type", func(t *testing.T) {
		t.Parallel()
		image := &introspect.Type{Name: `api."image/png"`, Local: "image/png", BaseName: "bytea", IsDomain: true}
		doc := document(t, routineCache(&introspect.Routine{Name: api("f"), Returns: introspect.Result{Type: image}}), openapi.Config{})
		require.JSONEq(t, `{"image/png": {}}`, part(t, doc, "paths", "/rpc/f", "post", "responses", "200", "content"))
	})
}

// Overloads share an operation: an argument is required if all of them require it.
func TestDocumentOverloads(t *testing.T) {
	t.Parallel()
	param := func(name string) introspect.Param {
		return introspect.Param{Name: name, Type: builtin("text"), Required: true}
	}
	doc := document(t, routineCache(
		&introspect.Routine{Name: api("f"), Volatility: introspect.Stable, Params: []introspect.Param{param("a"), param("b")}},
		&introspect.Routine{Name: api("f"), Volatility: introspect.Stable, Params: []introspect.Param{param("a")}},
	), openapi.Config{})
	require.JSONEq(t, `[
		{"name": "a", "in": "query", "description": "Of type text.", "schema": {"type": "string"}, "required": true, "example": "text"},
		{"name": "b", "in": "query", "description": "Of type text.", "schema": {"type": "string"}, "example": "text"},
		{"$ref": "#/components/parameters/pgrest.Prefer.read"}
	]`, part(t, doc, "paths", "/rpc/f", "get", "parameters"))
	require.JSONEq(t, `{"anyOf": [
		{"$ref": "#/components/schemas/f_arguments"}, {"$ref": "#/components/schemas/f_arguments_2"}
	]}`, part(t, doc, "paths", "/rpc/f", "post", "requestBody", "content", "application/json", "schema"))
}

// An argument whose type differs between overloads may have either.
func TestDocumentOverloadedType(t *testing.T) {
	t.Parallel()
	doc := document(t, routineCache(
		&introspect.Routine{Name: api("f"), Volatility: introspect.Stable, Params: []introspect.Param{{Name: "a", Type: builtin("integer")}}},
		&introspect.Routine{Name: api("f"), Volatility: introspect.Stable, Params: []introspect.Param{{Name: "a", Type: builtin("text")}}},
	), openapi.Config{})
	require.JSONEq(t, `[
		{"name": "a", "in": "query", "description": "Of type integer or text.", "example": 1,
			"schema": {"anyOf": [{"type": "integer", "format": "int32"}, {"type": "string"}]}},
		{"$ref": "#/components/parameters/pgrest.Prefer.read"}
	]`, part(t, doc, "paths", "/rpc/f", "get", "parameters"))
}

// A body is required if an argument is. A function that takes a whole body can't be called
// without one.
func TestDocumentCall(t *testing.T) {
	t.Parallel()
	param := func(name string, required bool) []introspect.Param {
		return []introspect.Param{{Name: name, Type: builtin("json"), Required: required}}
	}
	tests := []struct {
		name           string
		params         []introspect.Param
		required, gets bool
	}{
		{"no arguments", nil, false, true},
		{"optional argument", param("a", false), false, true},
		{"required argument", param("a", true), true, true},
		{"body", param("", true), true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := document(t, routineCache(&introspect.Routine{Name: api("f"), Volatility: introspect.Stable, Params: tt.params}), openapi.Config{})
			require.Equal(t, tt.required, part(t, doc, "paths", "/rpc/f", "post", "requestBody", "required") == "true")
			require.Equal(t, tt.gets, part(t, doc, "paths", "/rpc/f", "get") != "null")
		})
	}
}

// A set of rows can be paged, and a single row of it can be asked for as an object.
func TestDocumentRows(t *testing.T) {
	t.Parallel()
	doc := document(t, cinema(), openapi.Config{})
	require.Contains(t, part(t, doc, "paths", "/rpc/search", "get", "parameters"), `"#/components/parameters/pgrest.Range"`)
	require.JSONEq(t, `{"$ref": "#/components/schemas/films"}`, part(t, doc, "paths", "/rpc/search", "post",
		"responses", "200", "content", "application/vnd.pgrst.object+json", "schema"))
}
