package openapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// The body of a QUERY takes what a GET takes in its query string, and the answer is that of
// the GET.
func TestDocumentQuery(t *testing.T) {
	t.Parallel()
	doc := document(t, cinema(), openapi.Config{})
	query := func(path string, members ...string) string {
		return part(t, doc, append([]string{"paths", path, "x-query"}, members...)...)
	}
	body := []string{"requestBody", "content", "application/x-www-form-urlencoded", "schema"}
	require.JSONEq(t, `{
		"type": "object",
		"properties": {"id": {"$ref": "#/components/schemas/pgrest.Filter"}, "title": {"$ref": "#/components/schemas/pgrest.Filter"}},
		"allOf": [{"$ref": "#/components/schemas/pgrest.Query"}]
	}`, query("/recent_films", body...))
	require.JSONEq(t, `[
		{"$ref": "#/components/parameters/pgrest.Range"}, {"$ref": "#/components/parameters/pgrest.Range-Unit"},
		{"$ref": "#/components/parameters/pgrest.Prefer.read"}, {"$ref": "#/components/parameters/pgrest.Accept-Profile"}
	]`, query("/recent_films", "parameters"))
	require.JSONEq(t, part(t, doc, "paths", "/recent_films", "get", "responses", "200"), query("/recent_films", "responses", "2XX"))
	require.JSONEq(t, `{"$ref": "#/components/responses/pgrest.BadRequest"}`, query("/recent_films", "responses", "400"))
	require.JSONEq(t, `{"$ref": "#/components/responses/pgrest.UnsupportedMediaType"}`, query("/recent_films", "responses", "415"))
	require.JSONEq(t, `"Search films"`, query("/rpc/search", "summary"))
	require.JSONEq(t, `{"type": "string"}`, query("/rpc/search", append(body, "properties", "words")...))
	require.JSONEq(t, part(t, doc, "paths", "/rpc/search", "get", "responses", "200"), query("/rpc/search", "responses", "2XX"))
	require.Equal(t, "null", query("/rpc/archive"), "which isn't called by GET")
	require.Equal(t, "null", query("/"))
	shared := []string{"components", "schemas", "pgrest.Query", "properties"}
	for _, name := range []string{"and", "or", "select", "order", "limit", "offset"} {
		require.JSONEq(t, part(t, doc, "components", "parameters", "pgrest."+name, "schema"), part(t, doc, append(shared, name)...))
	}
	swagger, err := openapi.Swagger(cinema(), openapi.All(cinema(), "api"), openapi.Config{})
	require.NoError(t, err)
	require.NotContains(t, string(swagger), "x-query")
}

// A function that returns a value takes nothing but arguments.
func TestDocumentQueryValue(t *testing.T) {
	t.Parallel()
	doc := document(t, routineCache(&introspect.Routine{
		Name: api("f"), Volatility: introspect.Stable, Params: []introspect.Param{{Name: "a", Type: builtin("integer")}},
	}), openapi.Config{})
	require.JSONEq(t, `{"content": {"application/x-www-form-urlencoded": {
		"schema": {"type": "object", "properties": {"a": {"type": "integer", "format": "int32"}}}
	}}}`, part(t, doc, "paths", "/rpc/f", "x-query", "requestBody"))
	require.JSONEq(t, `[{"$ref": "#/components/parameters/pgrest.Prefer.read"}]`, part(t, doc, "paths", "/rpc/f", "x-query", "parameters"))
}
