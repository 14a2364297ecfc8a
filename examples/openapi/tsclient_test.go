package openapi_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TypeScript's client is made from library.json, checked, and run against a library
// of its own: in a copy, so that nothing that npm makes is left here.
func TestTypeScriptClient(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s in the PATH: it comes with Node.js 20 or later", program)
		}
	}
	folder := t.TempDir()
	for _, name := range []string{
		"library.json", "tsclient/.npmrc", "tsclient/package.json", "tsclient/package-lock.json",
		"tsclient/tsconfig.json", "tsclient/library.test.ts",
	} {
		content, err := os.ReadFile(filepath.FromSlash(name))
		require.NoError(t, err)
		copied := filepath.Join(folder, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(copied), 0o755))
		require.NoError(t, os.WriteFile(copied, content, 0o644))
	}
	site := httptest.NewServer(library(t))
	t.Cleanup(site.Close)
	for _, arguments := range [][]string{
		{"ci", "--no-audit", "--no-fund"}, {"run", "generate"}, {"run", "build"}, {"test"},
	} {
		npm := exec.CommandContext(t.Context(), "npm", arguments...)
		npm.Dir = filepath.Join(folder, "tsclient")
		npm.Env = append(os.Environ(), "LIBRARY_URL="+site.URL)
		output, err := npm.CombinedOutput()
		require.NoError(t, err, "npm %v:\n%s", arguments, output)
	}
}
