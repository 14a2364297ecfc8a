package docs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// preamble is what fragments may use without declaring it, by name.
var preamble = map[string]string{
	"ctx":     "context.Context",
	"pool":    "*pgxpool.Pool",
	"tx":      "pgx.Tx",
	"api":     "*pgrest.Handler",
	"options": "pgrest.Options",
	"mux":     "*http.ServeMux",
	"w":       "http.ResponseWriter",
	"r":       "*http.Request",
	"t":       "*testing.T",
	"client":  "*pgresttest.Client",
	"migrate": "func(ctx context.Context, url string) error", // a program's own migrations
}

// packages are those that fragments import by naming them.
var packages = func() map[string]string {
	byName := map[string]string{"pgx": "github.com/jackc/pgx/v5"}
	for _, p := range []string{
		"cmp", "context", "crypto/tls", "encoding/json", "errors", "fmt", "io", "log", "log/slog", "net", "net/http",
		"net/http/httptest", "net/url", "os", "os/signal", "slices", "strings", "sync", "syscall", "testing", "time",
		"github.com/jackc/pgx/v5/pgconn", "github.com/jackc/pgx/v5/pgxpool", "github.com/jackc/pgx/v5/stdlib",
		"github.com/pgrest-go/pgrest", "github.com/pgrest-go/pgrest/auth", "github.com/pgrest-go/pgrest/filter",
		"github.com/pgrest-go/pgrest/introspect", "github.com/pgrest-go/pgrest/openapi", "github.com/pgrest-go/pgrest/otel",
		"github.com/pgrest-go/pgrest/pgresttest",
		"github.com/prometheus/client_golang/prometheus", "github.com/prometheus/client_golang/prometheus/promhttp",
		"github.com/riverqueue/river", "github.com/stretchr/testify/require",
	} {
		byName[path.Base(p)] = p
	}
	return byName
}()

func wholeProgram(text string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", text, parser.PackageClauseOnly)
	return err == nil
}

var (
	leftOut       = regexp.MustCompile(`(?m)^[ \t]*(\.\.\.|…)[ \t]*$`)
	packageClause = regexp.MustCompile(`(?m)^package \w+`)
)

// goFile makes a file to compile of a block, whose lines are those of the page for the
// compiler's messages. A fragment becomes one of the package pkg. The package of a program
// that isn't served is no main, so that it isn't linked.
func goFile(file string, i item, pkg string) (string, error) {
	text := leftOut.ReplaceAllString(i.text, "")
	position := fmt.Sprintf("//line %s:%d\n", filepath.Base(file), i.line+1)
	_, tested := i.notes["test"]
	if wholeProgram(text) {
		if _, served := i.notes["serve"]; !served && !tested {
			text = packageClause.ReplaceAllString(text, "package page")
		}
		return position + text, nil
	}
	given := preamble
	if tested { // its package has its own
		given = nil
	}
	var problem error
	for _, form := range []struct{ before, after string }{
		{"", ""}, // declarations
		{"func _() error {\n", "return nil\n}\n"},
		{"var _ = pgrest.Options{\n", "}\n"},
	} {
		parsed, err := parser.ParseFile(token.NewFileSet(), "", "package page\n"+form.before+text+form.after, 0)
		if err != nil {
			if problem == nil || form.before == "func _() error {\n" {
				problem = err
			}
			continue
		}
		return "package " + pkg + "\n" + free(parsed, given, strings.Fields(i.notes["with"])) + form.before + position + text + used(parsed) + form.after, nil
	}
	return "", fmt.Errorf("neither declarations, statements nor options: %w", problem)
}

// free imports and declares what a fragment names and doesn't declare, of the variables that
// are given. Packages that are known for this block alone come first.
func free(parsed *ast.File, given map[string]string, with []string) string {
	known := maps.Clone(packages)
	for _, p := range with {
		known[strings.TrimSuffix(path.Base(p), "-go")] = p
	}
	imported := map[string]bool{}
	for _, spec := range parsed.Imports {
		imported[strings.Trim(spec.Path.Value, `"`)] = true
	}
	need, variables := map[string]bool{}, map[string]string{}
	for _, name := range parsed.Unresolved {
		if of, ok := given[name.Name]; ok {
			variables[name.Name] = of
			for _, m := range packageOfType.FindAllStringSubmatch(of, -1) {
				need[packages[m[1]]] = true
			}
		} else if of, ok := known[name.Name]; ok {
			need[of] = true
		}
	}
	var out strings.Builder
	for _, of := range slices.Sorted(maps.Keys(need)) {
		if !imported[of] {
			fmt.Fprintf(&out, "import %q\n", of)
		}
	}
	if len(imported) > 0 {
		return out.String() // what stands before imports can't be variables
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		fmt.Fprintf(&out, "var %s %s\n", name, variables[name])
	}
	return out.String()
}

var packageOfType = regexp.MustCompile(`(\w+)\.`)

// used uses the variables that the statements of a fragment declare, so that the compiler
// lets them be unused.
func used(parsed *ast.File) string {
	var names []string
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != "_" {
			continue
		}
		for _, s := range f.Body.List {
			assign, ok := s.(*ast.AssignStmt)
			if !ok || assign.Tok != token.DEFINE {
				continue
			}
			for _, left := range assign.Lhs {
				if name := left.(*ast.Ident).Name; name != "_" {
					names = append(names, name)
				}
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	return strings.Repeat("_, ", len(names)-1) + "_ = " + strings.Join(names, ", ") + "\n"
}

// program is a program of a page that is served, or the tests of one.
type program struct {
	path string
	port int // of one that is served
}

// built is the folder of what was built, empty before. TestMain removes it.
var built string

// build compiles the Go of all pages at once, and links the programs that are served and the
// tests, by file and line of their blocks.
var build = sync.OnceValues(func() (*building, error) {
	folder, err := os.MkdirTemp("", "pages")
	if err != nil {
		return nil, err
	}
	built = folder
	files, err := filepath.Glob("*.md")
	if err != nil {
		return nil, err
	}
	b := building{folder: folder, programs: map[string]program{}}
	for _, file := range append(files, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		p, err := parsePage(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, i := range p.items {
			if i.language == "go" && i.run() {
				if err := b.add(file, i); err != nil {
					return nil, fmt.Errorf("%s:%d: %w", file, i.line, err)
				}
			}
		}
	}
	return &b, b.compile()
})

func freePort() (int, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

// building is Go that is to be compiled.
type building struct {
	folder   string
	overlay  struct{ Replace map[string]string }
	ours     []string // packages that need the modules of this repository alone
	others   []string // those that need others
	served   []string // those of programs
	tested   []string // those of tests
	tests    string   // the last of these, to which fragments are added
	programs map[string]program
}

// add takes a block in. Its package has a folder that exists for the compiler alone: in the
// module of the examples, whose requirements it may use, or in that of the library.
func (b *building) add(file string, i item) error {
	name := strings.TrimSuffix(filepath.Base(file), ".md") + "_" + strconv.Itoa(i.line)
	pkg, source := "examples/internal/page/"+name, "page.go"
	_, with := i.notes["with"]
	_, served := i.notes["serve"]
	_, tested := i.notes["test"]
	key, whole := fmt.Sprint(file, ":", i.line), wholeProgram(i.text)
	switch {
	case tested && whole:
		b.tested, b.tests = append(b.tested, "./"+pkg), pkg
		b.programs[key] = program{path: filepath.Join(b.folder, name+".test")}
		source = "page_test.go"
	case tested:
		pkg, source = b.tests, name+"_test.go"
	case with:
		pkg = "internal/page/" + name
		b.others = append(b.others, "./"+pkg)
	case served:
		b.served = append(b.served, "./"+pkg)
	default:
		b.ours = append(b.ours, "./"+pkg)
	}
	text, err := goFile(file, i, map[bool]string{false: "page", true: "page_test"}[tested])
	if err != nil {
		return err
	}
	if served {
		port, err := freePort()
		if err != nil {
			return err
		}
		if !strings.Contains(text, "127.0.0.1:3000") {
			return fmt.Errorf("it is to listen on 127.0.0.1:3000")
		}
		text = strings.ReplaceAll(text, "127.0.0.1:3000", "127.0.0.1:"+strconv.Itoa(port))
		b.programs[key] = program{filepath.Join(b.folder, name), port}
	}
	if b.overlay.Replace == nil {
		b.overlay.Replace = map[string]string{}
	}
	absolute, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(pkg), source))
	if err != nil {
		return err
	}
	b.overlay.Replace[absolute] = filepath.Join(b.folder, name+".go")
	return os.WriteFile(b.overlay.Replace[absolute], []byte(text), 0o600)
}

// compile compiles it. go vet wants folders that are there, and can't be had.
func (b *building) compile() error {
	overlay, err := json.Marshal(b.overlay)
	if err != nil {
		return err
	}
	file := filepath.Join(b.folder, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return err
	}
	return errors.Join(
		compile(b.ours, nil, "build", "-overlay", file),
		compile(b.served, nil, "build", "-overlay", file, "-o", b.folder+string(filepath.Separator)),
		compile(b.tested, nil, "test", "-c", "-vet=off", "-overlay", file, "-o", b.folder+string(filepath.Separator)),
	)
}

// compileOthers compiles what needs other modules than the repository's.
func (b *building) compileOthers(env ...string) error {
	modules, err := filepath.Abs(filepath.Join("testdata", "module.mod"))
	if err != nil {
		return err
	}
	return compile(b.others, append(env, "GOWORK=off"), "build", "-overlay", filepath.Join(b.folder, "overlay.json"), "-modfile", modules)
}

// compile has the go command make packages.
func compile(pkgs, env []string, command ...string) error {
	if len(pkgs) == 0 {
		return nil
	}
	cmd := exec.Command("go", append(command, pkgs...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", command[0], err, out)
	}
	return nil
}

// All Go of the pages compiles.
func TestGo(t *testing.T) {
	t.Parallel()
	_, err := build()
	require.NoError(t, err)
}

// So does what needs other modules. These are some hundred megabytes, and downloaded in CI alone.
func TestGo_with(t *testing.T) {
	t.Parallel()
	b, err := build()
	require.NoError(t, err)
	if os.Getenv("CI") == "" {
		err := b.compileOthers("GOPROXY=off")
		if err != nil && strings.Contains(err.Error(), "GOPROXY=off") {
			t.Skip("the modules of testdata/module.mod aren't here: CI=true downloads them")
		}
		require.NoError(t, err)
		return
	}
	require.NoError(t, b.compileOthers())
}

// What snippets are compiled with is what the library requires, and more.
func TestModules(t *testing.T) {
	t.Parallel()
	read := func(file string) string {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		return string(text)
	}
	with := read(filepath.Join("testdata", "module.mod"))
	for line := range strings.Lines(read(filepath.Join(root, "go.mod"))) {
		direct := strings.HasPrefix(line, "\t") && !strings.Contains(line, "// indirect")
		if direct || strings.HasPrefix(line, "go ") {
			require.Contains(t, with, line, "make testdata/module.mod anew, as it says")
		}
	}
}

// Fragments become files that compile, whatever their form.
func TestGoFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"declarations", "func f() { log.Print(pool) }\n",
			"package page\nimport \"github.com/jackc/pgx/v5/pgxpool\"\nimport \"log\"\nvar pool *pgxpool.Pool\n//line p.md:3\nfunc f() { log.Print(pool) }\n"},
		{"statements", "pool, err := pgxpool.New(ctx, \"\")\n...\n",
			"package page\nimport \"context\"\nimport \"github.com/jackc/pgx/v5/pgxpool\"\nvar ctx context.Context\nfunc _() error {\n//line p.md:3\npool, err := pgxpool.New(ctx, \"\")\n\n_, _ = pool, err\nreturn nil\n}\n"},
		{"options", "AnonRole: \"web_anon\",\n",
			"package page\nimport \"github.com/pgrest-go/pgrest\"\nvar _ = pgrest.Options{\n//line p.md:3\nAnonRole: \"web_anon\",\n}\n"},
		{"program", "package main\nfunc main() {}\n", "//line p.md:3\npackage page\nfunc main() {}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := goFile("p.md", item{line: 2, text: tt.text}, "page")
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
	_, err := goFile("p.md", item{text: "no Go at all\n"}, "page")
	require.Error(t, err)
}
