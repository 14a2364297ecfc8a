package typescript_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// serve serves what a script makes in the schemas.
func serve(t *testing.T, script string, schemas ...string) *httptest.Server {
	t.Helper()
	sql, err := os.ReadFile(script)
	require.NoError(t, err)
	database := pgtest.Clone(t)
	_, err = database.Superuser(t).Exec(t.Context(), string(sql))
	require.NoError(t, err)
	api, err := pgrest.New(database.Pool(t), pgrest.Options{
		Schemas: schemas, AnonRole: "pgrest_test_anon", DisableListener: true, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(api.Close)
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return server
}

// types are what an API says of itself in TypeScript.
func types(t *testing.T, url string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	r.Header.Set("Accept", "application/typescript")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", body)
	return body
}

// Queries of postgrest-js compile with the types of the API, in strict mode, and its
// answers have these types. So do the types of an API whose names do generators every wrong.
func TestTypes(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s in the PATH: it comes with Node.js 20 or later", program)
		}
	}
	library := serve(t, "schema.sql", "library")
	awkward := serve(t, filepath.Join("..", "openapi", "generators", "awkward.sql"), "awkward")

	folder := t.TempDir()
	for _, name := range []string{".npmrc", "package.json", "package-lock.json", "tsconfig.json", "queries.ts"} {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), content, 0o644))
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "database.ts"), types(t, library.URL), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "awkward.ts"), types(t, awkward.URL), 0o644))
	for _, arguments := range [][]string{{"ci", "--no-audit", "--no-fund"}, {"run", "compile"}, {"test"}} {
		npm := exec.CommandContext(t.Context(), "npm", arguments...)
		npm.Dir, npm.Env = folder, append(os.Environ(), "API_URL="+library.URL)
		output, err := npm.CombinedOutput()
		require.NoError(t, err, "npm %v:\n%s", arguments, output)
	}
}
