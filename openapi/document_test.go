package openapi_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

func document(t *testing.T, cache *introspect.SchemaCache, c openapi.Config) []byte {
	t.Helper()
	document, err := openapi.Document(cache, openapi.All(cache, "api"), c)
	require.NoError(t, err)
	require.True(t, json.Valid(document))
	return document
}

// The whole document of a small API.
func TestDocument(t *testing.T) {
	t.Parallel()
	selection := openapi.All(cinema(), "api")
	selection.Comment = "Cinema\n\nWhat was shown where."
	c := openapi.Config{Version: "16.2", DocsVersion: "v16", ServerURL: "https://films.example/api/", Security: true, MaxRows: 100}
	cache := cinema()
	document, err := openapi.Document(cache, selection, c)
	require.NoError(t, err)
	requireGolden(t, "cinema-3.1.json", document)
	again, err := openapi.Document(cinema(), selection, c)
	require.NoError(t, err)
	require.Equal(t, string(document), string(again))
}
