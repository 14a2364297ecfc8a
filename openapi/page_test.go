package openapi_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/openapi"
)

// The page needs neither a database nor an API.
func TestPage(t *testing.T) {
	t.Parallel()
	page, err := openapi.NewPage()
	require.NoError(t, err)
	recorder := httptest.NewRecorder()
	recorder.Header().Set("Vary", "Origin") // by a middleware of the host's
	page.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
	require.Equal(t, http.StatusOK, recorder.Code)
	require.Equal(t, []string{"Origin", "Accept, Accept-Encoding"}, recorder.Header().Values("Vary"))
	require.Contains(t, recorder.Body.String(), `<div id="explorer"></div>`)
}

// The vendored files are those that their README names.
func TestPage_vendored(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("page/README.md")
	require.NoError(t, err)
	for _, name := range []string{"swagger-ui-bundle.js", "swagger-ui.css"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := os.Open(filepath.Join("page", name+".gz"))
			require.NoError(t, err)
			t.Cleanup(func() { _ = file.Close() })
			unzipped, err := gzip.NewReader(file)
			require.NoError(t, err)
			hash := sha256.New()
			_, err = io.Copy(hash, unzipped)
			require.NoError(t, err)
			require.Contains(t, string(readme), hex.EncodeToString(hash.Sum(nil))+"  "+name+"\n")
		})
	}
}

func BenchmarkNewPage(b *testing.B) {
	for b.Loop() {
		if _, err := openapi.NewPage(); err != nil {
			b.Fatal(err)
		}
	}
}
