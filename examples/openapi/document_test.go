package openapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the document that is served to library.json")

// The clients are made from library.json, which is what the library serves.
func TestDocumentIsServed(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "http://library.example/", nil)
	r.Header.Set("Accept", "application/vnd.oai.openapi+json;version=3.1")
	library(t).ServeHTTP(w, r)
	require.Equal(t, 200, w.Code, w.Body)
	if *update {
		var indented bytes.Buffer
		require.NoError(t, json.Indent(&indented, w.Body.Bytes(), "", "  "))
		require.NoError(t, os.WriteFile("library.json", append(indented.Bytes(), '\n'), 0o644))
	}
	kept, err := os.ReadFile("library.json")
	require.NoError(t, err)
	require.JSONEq(t, string(kept), w.Body.String(), "see doc.go on how to make it anew")
}
