package openapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/openapi"
)

// Reads of relations that have a key tell of pages by it, if there are such pages.
func TestDocument_keysetPages(t *testing.T) {
	t.Parallel()
	doc := document(t, cinema(), openapi.Config{KeysetPages: true})
	for _, name := range []string{"after", "before", "Prefer.page"} {
		require.Contains(t, part(t, doc, "paths", "/films", "get", "parameters"), `"#/components/parameters/pgrest.`+name+`"`)
		require.NotContains(t, part(t, doc, "paths", "/recent_films", "get", "parameters"), `"#/components/parameters/pgrest.`+name+`"`, "a view without a key")
		require.NotEqual(t, "null", part(t, doc, "components", "parameters", "pgrest."+name))
	}
	require.Contains(t, part(t, doc, "components", "parameters", "pgrest.Prefer.page", "schema"), "pagination=keyset")
	require.JSONEq(t, `{"$ref": "#/components/headers/pgrest.Link"}`, part(t, doc, "paths", "/films", "get", "responses", "200", "headers", "Link"))
	require.JSONEq(t, `{"type": "string"}`, part(t, doc, "paths", "/films", "x-query", "requestBody", "content", "application/x-www-form-urlencoded", "schema", "properties", "after"))
	require.NotContains(t, string(document(t, cinema(), openapi.Config{})), "keyset")
}
