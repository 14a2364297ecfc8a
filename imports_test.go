package pgrest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	module   = "github.com/pgrest-go/pgrest"
	pgx      = "github.com/jackc/pgx/v5"
	squirrel = "github.com/Masterminds/squirrel"
	jwx      = "github.com/lestrrat-go/jwx/v2"
	jsonpath = "github.com/theory/jsonpath"
)

// boundary is what a package may import and what it must not. An import path
// stands for the packages below it too.
type boundary struct {
	ours      []string // packages of this module, by folder
	externals []string // packages of other modules
	never     []string // of the standard library, which is open otherwise
}

// boundaries has every package but the tests and the examples, by folder.
var boundaries = map[string]boundary{
	"internal/sqlfrag":   {},
	"internal/mediatype": {},
	"internal/suggest":   {},
	"internal/jsontext":  {},
	"internal/oid":       {},
	"internal/enum":      {},
	"internal/etag":      {never: []string{"net/http"}},
	"internal/forwarded": {},
	"internal/spool":     {never: []string{"net/http"}},
	"filter":             {ours: []string{"internal/sqlfrag"}, externals: []string{squirrel}, never: []string{"net/http"}},
	"otel":               {ours: []string{""}, externals: []string{"go.opentelemetry.io/otel"}, never: []string{"net/http"}},
	"introspect":         {ours: []string{"internal/oid", "internal/enum"}, externals: []string{pgx}, never: []string{"net/http"}},
	"cmd/pgrest":         {ours: []string{"", "auth", "introspect", "openapi", "internal/suggest"}, externals: []string{pgx, "github.com/prometheus/client_golang", "golang.org/x/sys"}},
	"auth":               {ours: []string{"introspect", "internal/sqlfrag", "internal/jsontext"}, externals: []string{pgx, jwx, jsonpath}},
	"openapi":            {ours: []string{"introspect", "internal/oid", "internal/sqlfrag"}},
	"typescript":         {ours: []string{"introspect", "openapi", "internal/oid", "internal/sqlfrag"}},
	"internal/apierror":  {ours: []string{"filter", "auth"}, externals: []string{pgx + "/pgconn"}},
	"internal/batch": {
		ours: []string{"filter", "internal/mediatype", "internal/apierror"},
	},
	"internal/value": {ours: []string{"filter", "internal/enum", "internal/jsontext"}, never: []string{"net/http"}},
	"internal/apirequest": {
		ours: []string{"filter", "internal/value", "internal/mediatype", "internal/apierror", "internal/jsontext", "internal/enum", "internal/etag"},
	},
	"internal/plan": {
		ours:  []string{"internal/apirequest", "internal/value", "internal/oid", "internal/enum", "filter", "introspect", "internal/mediatype", "internal/apierror", "internal/suggest"},
		never: []string{"net/http"},
	},
	"internal/query": {
		ours:      []string{"internal/plan", "internal/value", "internal/oid", "internal/enum", "internal/jsontext", "filter", "introspect", "internal/sqlfrag"},
		externals: []string{squirrel},
		never:     []string{"net/http"},
	},
	"internal/program": {
		ours:  []string{"internal/plan", "internal/query", "internal/apirequest"},
		never: []string{"net/http"},
	},
	"internal/executor": {
		ours:      []string{"filter", "internal/query", "internal/plan", "internal/value", "internal/oid", "auth", "internal/apierror", "internal/dbpool", "internal/replica"},
		externals: []string{pgx},
		never:     []string{"net/http"},
	},
	"internal/encode": {ours: []string{"internal/query", "internal/jsontext"}, never: []string{"net/http"}},
	"internal/response": {
		ours: []string{"filter", "internal/apirequest", "internal/plan", "internal/query", "internal/executor", "internal/encode", "internal/mediatype", "internal/apierror", "internal/spool", "internal/etag", "internal/jsontext"},
	},
	"internal/apitest":   {},
	"pgresttest":         {ours: []string{"", "internal/pgtest"}, externals: []string{pgx}},
	"internal/diagnosis": {ours: []string{"introspect"}, externals: []string{pgx}, never: []string{"net/http"}},
	"internal/dbpool":    {externals: []string{pgx + "/pgxpool"}, never: []string{"net/http"}},
	"internal/replica":   {ours: []string{"internal/dbpool"}, never: []string{"net/http"}},
	"internal/reload":    {ours: []string{"introspect", "internal/dbpool"}, externals: []string{pgx}, never: []string{"net/http"}},
	".": {
		ours: []string{
			"filter", "introspect", "auth", "openapi", "typescript", "internal/sqlfrag", "internal/mediatype", "internal/apierror",
			"internal/apirequest", "internal/batch", "internal/plan", "internal/query", "internal/executor", "internal/encode",
			"internal/response", "internal/reload", "internal/program", "internal/spool", "internal/diagnosis", "internal/value",
			"internal/dbpool", "internal/forwarded", "internal/enum", "internal/replica",
		},
		externals: []string{pgx},
	},
}

// nowhere is what no package imports.
var nowhere = []string{"reflect", "unsafe"}

// Packages import what the architecture has them import. internal/pgtest is for
// tests and examples: of shipped code pgresttest alone, which is for tests, has it.
func TestImports(t *testing.T) {
	t.Parallel()
	folders := importsByFolder(t)
	require.ElementsMatch(t, slices.Collect(maps.Keys(boundaries)), slices.Collect(maps.Keys(folders)))
	for folder, imports := range folders {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			b := boundaries[folder]
			var over []string
			for _, imported := range slices.Sorted(maps.Keys(imports)) {
				if !b.allows(imported) {
					over = append(over, imports[imported]+" imports "+imported)
				}
			}
			require.Empty(t, over)
		})
	}
}

// What only some files of a package import: the library that verifies tokens, and
// net/http where a package needs it for one thing alone.
func TestImports_by_file(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		folder, imported string
		files            []string
	}{
		{"auth", jwx, []string{"auth/key.go", "auth/claims.go"}},
		{"auth", "net/http", []string{"auth/error.go", "auth/keyset.go"}},
		{"openapi", "net/http", []string{"openapi/page.go"}},
	} {
		for _, file := range sourceFiles(t) {
			if path.Dir(file) == tt.folder && slices.ContainsFunc(importsOf(t, file), func(p string) bool { return within(p, tt.imported) }) {
				require.Contains(t, tt.files, file, "imports %s", tt.imported)
			}
		}
	}
}

// What the module requires, of which only testify is for tests: whoever imports pgrest
// gets these into the graph of their modules, with what they need. What else tests and
// examples want has its place in the modules cmd/pgrest, examples and otel, or is a program that
// internal/pgtest runs.
func TestRequires(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	var direct []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "\t") && !strings.Contains(line, "// indirect") {
			direct = append(direct, fields[0])
		}
	}
	require.ElementsMatch(t, []string{pgx, squirrel, jwx, jsonpath, "github.com/stretchr/testify"}, direct)
}

// The numbers of types are in internal/oid alone: a constant named after an OID elsewhere
// is none of a type.
func TestTypeNumbers(t *testing.T) {
	t.Parallel()
	others := []string{
		"introspect/sharedtypes.go: firstUserOID", // a bound
	}
	var found []string
	for _, file := range sourceFiles(t) {
		if path.Dir(file) == "internal/oid" {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) == 0 {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.INT && strings.HasSuffix(strings.ToLower(spec.Names[0].Name), "oid") {
				found = append(found, file+": "+spec.Names[0].Name)
			}
			return true
		})
	}
	require.ElementsMatch(t, others, found)
}

// Each number that internal/oid has a name for is used.
func TestTypeNumbers_used(t *testing.T) {
	t.Parallel()
	parsed, err := parser.ParseFile(token.NewFileSet(), "internal/oid/oid.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	unused := map[string]bool{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			unused[spec.Names[0].Name] = true
		}
		return true
	})
	require.NotEmpty(t, unused)
	for _, file := range sourceFiles(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				if from, ok := selector.X.(*ast.Ident); ok && from.Name == "oid" {
					delete(unused, selector.Sel.Name)
				}
			}
			return true
		})
	}
	require.Empty(t, unused)
}

func (b boundary) allows(imported string) bool {
	inImported := func(p string) bool { return within(imported, p) }
	switch first, _, _ := strings.Cut(imported, "/"); {
	case within(imported, module):
		folder := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
		return slices.Contains(b.ours, folder)
	case strings.Contains(first, "."): // a host name: not the standard library
		return slices.ContainsFunc(b.externals, inImported)
	default:
		return !slices.ContainsFunc(slices.Concat(b.never, nowhere), inImported)
	}
}

// within says whether an import path is that of a package or of one below it.
func within(imported, pkg string) bool {
	return imported == pkg || strings.HasPrefix(imported, pkg+"/")
}

// importsByFolder returns, for each folder with shipped code, what its files
// import, and the last of the files that does.
func importsByFolder(t *testing.T) map[string]map[string]string {
	t.Helper()
	folders := map[string]map[string]string{}
	for _, file := range sourceFiles(t) {
		folder := path.Dir(file)
		if folders[folder] == nil {
			folders[folder] = map[string]string{}
		}
		for _, imported := range importsOf(t, file) {
			folders[folder][imported] = file
		}
	}
	return folders
}

// sourceFiles returns the files of shipped code, with slashes on every system.
func sourceFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		slashed := filepath.ToSlash(name)
		if entry.IsDir() {
			hidden := len(slashed) > 1 && strings.HasPrefix(entry.Name(), ".")
			if hidden || entry.Name() == "testdata" || slashed == "examples" || slashed == "internal/pgtest" {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(slashed, ".go") && !strings.HasSuffix(slashed, "_test.go") {
			files = append(files, slashed)
		}
		return nil
	})
	require.NoError(t, err)
	return files
}

// importsOf returns the paths in a file's import clause.
func importsOf(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	require.NoError(t, err)
	var paths []string
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		paths = append(paths, imported)
	}
	return paths
}
