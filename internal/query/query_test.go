package query_test

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/value"
)

var update = flag.Bool("update", false, "write what Build gives into the golden files")

// divider is between a golden file's request and the program that it makes.
const divider = "----------\n"

// Each file in testdata is a request and the program that is made of it: a line
// with the schema, the request line, headers, and below the divider the
// statements with their arguments, and the columns with their encodings. The
// statements are broken into lines; Build gives each in one.
func TestBuild(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.golden")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".golden")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			input, want, _ := strings.Cut(string(content), divider)
			got := printProgram(buildGolden(t, input))
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(input+divider+got), 0o644))
				return
			}
			require.Equal(t, want, got)
		})
	}
}

// buildGolden builds the program of a golden file's request.
func buildGolden(t testing.TB, input string) (*query.Program, *value.Values) {
	t.Helper()
	head, body, _ := strings.Cut(strings.TrimSuffix(input, "\n"), "\n\n")
	lines := strings.Split(head, "\n")
	require.GreaterOrEqual(t, len(lines), 2)
	name, ok := strings.CutPrefix(lines[0], "schema: ")
	require.True(t, ok, "a golden file begins with its schema")
	method, target, _ := strings.Cut(lines[1], " ")
	program, values, err := tryBuild(plan.New(schema(t, name), config), name, method, target, body, lines[2:]...)
	require.NoError(t, err)
	return program, values
}

// config allows all that plans can have.
var config = plan.Config{Aggregates: true, Plans: true, Operators: map[string]*plan.Operator{
	"near": {Name: "near", SQL: "extra.near($0, extra.point($1, $2)::extra.geo, 'm?')", Arguments: []string{"x", "y"}, Types: []string{"double precision", "double precision"}, Returns: "boolean"},
	"l2":   {Name: "l2", SQL: "$0 OPERATOR(extra.<->) $1", Arguments: []string{"to"}, Types: []string{"extra.vector"}, Returns: "double precision"},
	"kind": {Name: "kind", SQL: "$0 ? 'kind'", Returns: "extra.kind"},
}}

// build makes the program of a request; headers are as in "Accept: text/csv".
func build(t testing.TB, planner *plan.Planner, schema, method, target, body string, headers ...string) built {
	t.Helper()
	program, values, err := tryBuild(planner, schema, method, target, body, headers...)
	require.NoError(t, err)
	return built{program, values}
}

// built is a program with the values of a request.
type built struct {
	*query.Program
	values *value.Values
}

// args are the arguments of the main statement.
func (b built) args() [][]byte { return b.values.Bind(b.Main.Args) }

func tryBuild(planner *plan.Planner, schema, method, target, body string, headers ...string) (*query.Program, *value.Values, error) {
	planned, values, err := tryPlan(planner, schema, method, target, body, headers...)
	if err != nil {
		return nil, nil, err
	}
	return query.Build(planned), values, nil
}

func tryPlan(planner *plan.Planner, schema, method, target, body string, headers ...string) (plan.Runnable, *value.Values, error) {
	path, rawQuery, _ := strings.Cut(target, "?")
	path, err := url.PathUnescape(path)
	if err != nil {
		return nil, nil, err
	}
	r := &http.Request{Method: method, URL: &url.URL{Path: path, RawQuery: rawQuery}, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Add(name, value)
	}
	req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{schema}, Operators: true})
	if err != nil {
		return nil, nil, err
	}
	if req.IsNested() {
		nesting, err := planner.Nesting(&req.Shape)
		if err != nil {
			return nil, nil, err
		}
		if err := req.Nest(nesting); err != nil {
			return nil, nil, err
		}
	}
	p, err := planner.Build(&req.Shape)
	if err != nil {
		return nil, nil, err
	}
	planned, ok := p.(plan.Runnable)
	if !ok {
		return nil, nil, fmt.Errorf("%T is for no database", p)
	}
	return planned, &req.Values, nil
}

// printProgram prints what of a program is not as usual.
func printProgram(p *query.Program, values *value.Values) string {
	var b strings.Builder
	for i := range p.Before {
		printStatement(&b, &p.Before[i], values)
		b.WriteString("\nand behind it:\n")
	}
	printStatement(&b, &p.Main, values)
	for i := range p.Behind {
		b.WriteString("\nand behind it:\n")
		printStatement(&b, &p.Behind[i], values)
	}
	if columns := columnsText(p.Columns); columns != "" {
		fmt.Fprintf(&b, "\ncolumns: %s\n", columns)
	}
	if p.Version {
		b.WriteString("and a version\n")
	}
	if p.Times != nil {
		fmt.Fprintf(&b, "in binary: %v, in UTC %v\n", p.Times.Local, p.Times.All)
		if p.Times.JSON != nil {
			fmt.Fprintf(&b, "\nof an unknown style:\n%s\n\ncolumns: %s\n", breakLines(p.Times.JSON.SQL), columnsText(p.Times.JSON.Columns))
		}
	}
	if p.Precondition != nil {
		b.WriteString("\nprecondition:\n")
		printStatement(&b, p.Precondition, values)
	}
	if p.Count != nil {
		b.WriteString("\ncount:\n")
		printStatement(&b, p.Count, values)
	}
	if p.Estimate != nil {
		b.WriteString("\nestimate:\n")
		printStatement(&b, p.Estimate, values)
	}
	return b.String()
}

func printStatement(b *strings.Builder, s *query.Statement, values *value.Values) {
	b.WriteString(breakLines(s.SQL) + "\n")
	for i, arg := range values.Bind(s.Args) {
		text := string(arg)
		if arg == nil {
			text = "NULL"
		}
		fmt.Fprintf(b, "$%d = %s\n", i+1, text)
	}
}

func columnsText(list []query.Column) string {
	columns := make([]string, len(list))
	for i, c := range list {
		columns[i] = strings.TrimSpace(c.Name + " " + c.Encoding.String())
	}
	return strings.Join(columns, ", ")
}

// breakLines puts each clause on a line of its own, indented by the brackets
// that it is in.
func breakLines(sql string) string {
	clauses := []string{"FROM ", "LEFT JOIN LATERAL ", "CROSS JOIN LATERAL ", "JOIN LATERAL ", "WHERE ", "GROUP BY ", "ORDER BY ", "LIMIT ", "OFFSET "}
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(sql); i++ {
		c := sql[i]
		if c == '"' {
			quoted = !quoted
		}
		if !quoted && c == ' ' && !slices.ContainsFunc([]string{" LEFT", " CROSS", " DISTINCT"}, func(word string) bool { return strings.HasSuffix(sql[:i], word) }) {
			if slices.ContainsFunc(clauses, func(clause string) bool { return strings.HasPrefix(sql[i+1:], clause) }) {
				b.WriteString("\n" + strings.Repeat("  ", depth))
				continue
			}
		}
		switch {
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
		b.WriteByte(c)
		if !quoted && c == '(' && strings.HasPrefix(sql[i+1:], "SELECT") {
			b.WriteString("\n" + strings.Repeat("  ", depth))
		}
	}
	return b.String()
}
