package generators_test

import (
	_ "embed"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/pgresttest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

//go:embed awkward.sql
var awkwardSQL string

// awkward is the API, and its document as the API serves it.
func awkward(t *testing.T) (*pgrest.Handler, []byte) {
	t.Helper()
	database := pgtest.Clone(t)
	_, err := database.Superuser(t).Exec(t.Context(), awkwardSQL)
	require.NoError(t, err)
	api := pgresttest.New(t, database.Pool(t), pgrest.Options{
		Schemas: []string{"awkward", "public"}, AnonRole: "pgrest_test_anon", OpenAPISecurity: true,
	})
	client := pgresttest.NewClient(t, api).With("Accept", "application/vnd.oai.openapi+json;version=3.1")
	return api, client.Get("http://awkward.example/").Status(200).Body
}

// description is what is read of a document.
type description struct {
	Paths map[string]map[string]struct {
		OperationID string
		Parameters  []struct {
			Ref  string `json:"$ref"`
			Name string
		}
	}
	Components struct {
		Parameters map[string]struct{ Name string }
	}
}

func describe(t *testing.T, document []byte) description {
	t.Helper()
	var d description
	require.NoError(t, json.Unmarshal(document, &d))
	return d
}

func (d description) operations() int {
	n := 0
	for _, path := range d.Paths {
		delete(path, "x-query") // which generators pass over
		n += len(path)
	}
	return n
}

// run runs a program in a folder and gives what it says.
func run(t *testing.T, folder, name string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, arguments...)
	command.Dir = folder
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s %v:\n%s", name, arguments, output)
	return string(output)
}

// count counts what a pattern matches in the files of a folder, or in a file.
func count(t *testing.T, pattern, path string) int {
	t.Helper()
	n := 0
	require.NoError(t, filepath.WalkDir(path, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		n += len(regexp.MustCompile(pattern).FindAll(content, -1))
		return err
	}))
	return n
}

// oapi-codegen's client compiles as a package of this module that is nowhere but in the
// compiler's eyes.
func TestGo(t *testing.T) {
	t.Parallel()
	_, document := awkward(t)
	folder := t.TempDir()
	source, made, overlay := filepath.Join(folder, "awkward.json"), filepath.Join(folder, "made.go"), filepath.Join(folder, "overlay.json")
	require.NoError(t, os.WriteFile(source, document, 0o644))
	run(t, "", "go", "run", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2",
		"-generate", "types,client", "-package", "made", "-o", made, source)
	here, err := filepath.Abs(".")
	require.NoError(t, err)
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(here, "made", "made.go"): made}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, replace, 0o644))
	run(t, "", "go", "build", "-overlay", overlay, "./made")
	require.Equal(t, describe(t, document).operations(), count(t, `(?m)^func Parse\w+Response\(`, made))
}

// What the generators for TypeScript make compiles, all of it at once.
func TestTypeScript(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			require.Empty(t, os.Getenv("CI"), "no %s in the PATH", program)
			t.Skipf("no %s in the PATH: it comes with Node.js 20 or later", program)
		}
	}
	_, document := awkward(t)
	folder := t.TempDir()
	for _, name := range []string{".npmrc", "package.json", "package-lock.json", "tsconfig.json", "kubb.config.mjs"} {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), content, 0o644))
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "awkward.json"), document, 0o644))
	operations, made := describe(t, document).operations(), filepath.Join(folder, "made")

	run(t, folder, "npm", "ci", "--no-audit", "--no-fund")
	run(t, folder, "npm", "run", "openapi-typescript")
	require.Equal(t, operations, count(t, `: operations\["`, filepath.Join(made, "openapi-typescript.ts")))
	run(t, folder, "npm", "run", "hey-api")
	require.Equal(t, operations, count(t, `(?m)^export const \w+ = <`, filepath.Join(made, "hey-api", "sdk.gen.ts")))
	require.NotContains(t, run(t, folder, "npm", "run", "kubb"), "validation failed")
	require.Equal(t, operations, count(t, `(?m)^export async function \w+\(`, filepath.Join(made, "kubb", "clients")))
	run(t, folder, "npm", "run", "compile")
}

// The API takes every parameter that the document has for a column, by its name as it is.
func TestParameters(t *testing.T) {
	t.Parallel()
	api, document := awkward(t)
	d := describe(t, document)
	taken := 0
	for path, operations := range d.Paths {
		for _, p := range operations["get"].Parameters {
			_, name, ok := strings.Cut(p.Ref, "#/components/parameters/filter.")
			if !ok || strings.HasPrefix(path, "/rpc/") {
				continue
			}
			query := url.QueryEscape(d.Components.Parameters["filter."+name].Name) + "=is.null"
			w := httptest.NewRecorder()
			api.ServeHTTP(w, httptest.NewRequest("GET", path+"?"+query, nil))
			require.Equal(t, 200, w.Code, "%s?%s: %s", path, query, w.Body)
			taken++
		}
	}
	require.Greater(t, taken, 100)
}
