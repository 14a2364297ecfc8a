package openapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/pgresttest"
)

var update = flag.Bool("update", false, "write the document that is served to library.json")

// The clients are made from library.json, which is what the library serves.
func TestDocumentIsServed(t *testing.T) {
	t.Parallel()
	client := pgresttest.NewClient(t, library(t)).With("Accept", "application/vnd.oai.openapi+json;version=3.1")
	served := client.Get("http://library.example/").Status(200)
	if *update {
		var indented bytes.Buffer
		require.NoError(t, json.Indent(&indented, served.Body, "", "  "))
		require.NoError(t, os.WriteFile("library.json", append(indented.Bytes(), '\n'), 0o644))
	}
	kept, err := os.ReadFile("library.json")
	require.NoError(t, err)
	require.JSONEq(t, string(kept), string(served.Body), "see doc.go on how to make it anew")
}
