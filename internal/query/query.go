// Package query renders plans as SQL. Rendering is pure and can't fail: names
// were resolved by the plan, and values travel as arguments.
//
//	program := query.Build(p)
//	fmt.Println(program.Main.SQL) // SELECT "films"."title" FROM "api"."films" WHERE …
package query

import (
	"slices"
	"strconv"
	"strings"

	"github.com/Masterminds/squirrel"

	"github.com/pgrest-go/pgrest/internal/plan"
)

// Statement is final SQL: placeholders are numbered, and arguments are the text
// forms of the values, whose types PostgreSQL infers.
type Statement struct {
	SQL  string
	Args [][]byte
}

// Program is what a plan sends to the database.
type Program struct {
	// Main is the statement that the answer is made of, and Yields what it gives.
	Main   Statement
	Yields Yield
	// Check is the part of Main that PostgreSQL refuses if the schema cache hasn't all
	// columns of a relation that all are shown of; empty for none.
	Check string
	// Totals reports that two more columns precede the others in Main's rows: the
	// number of all rows, as Count would give it, and a mark. If the page is empty,
	// there is one row all the same, for the number, and its mark is NULL.
	Totals bool
	// Page are those of all rows that are asked for, where Main yields their total.
	Page plan.Range
	// Overrides reports that Main's rows end with what a function set
	// response.headers and response.status to before the first of them.
	Overrides bool
	// Routine reports that Main calls one, which may make settings that last as long
	// as its rows.
	Routine bool
	// Inserted reports that Main counts what it inserts, in InsertedSetting.
	Inserted bool
	// Columns are those of Main's rows, without totals and overrides.
	Columns []Column
	// Times are the dates and timestamps among them, if they may come in binary format;
	// nil if not, or if there are none.
	Times *Times
	// Count yields the number of rows without limit and offset; nil when nobody
	// asked. Explain yields the planner's estimate of it as JSON.
	Count, Explain *Statement
}

// Arguments is the number of arguments of the statement that has most of them.
func (p *Program) Arguments() int {
	most := len(p.Main.Args)
	for _, s := range []*Statement{p.Count, p.Explain} {
		if s != nil {
			most = max(most, len(s.Args))
		}
	}
	return most
}

// Yield is what a main statement gives.
type Yield uint8

// What main statements give.
const (
	Rows       Yield = iota // rows
	RowCount                // one row with the number of rows
	TotalCount              // one row with the number of all rows, of which the page is a part
	Affected                // no rows: its command tag has their number
	Body                    // one row with the number of rows, the body, and perhaps the number of all rows
	Lines                   // rows that are lines of text, and no rows of the resource
)

// Build renders the program of a plan.
func Build(p plan.Planned) *Program {
	a := p.Answered()
	var program *Program
	var main fragment
	switch p := p.(type) {
	case *plan.Mutate:
		main, program = mutation(p)
	case *plan.Call:
		main, program = call(p)
		program.Routine = true
	default:
		main, program = reading(a)
	}
	if a.Explain != nil {
		program = &Program{Yields: Lines, Columns: []Column{{Encoding: Text}}}
		main = main.within(explainOptions(a), "")
	} else {
		if t := program.Times; t != nil && t.JSON != nil {
			variant, _ := checked(p, t.JSON.main)
			t.JSON.SQL, t.JSON.main = number(variant).SQL, fragment{}
		}
		main, program.Check = checked(p, main)
	}
	if m, ok := p.(*plan.Mutate); ok {
		program.Inserted = merges(m)
	}
	program.Main = number(main)
	return program
}

// reading renders the rows of a relation, with the counts that the answer wants.
func reading(a *plan.Answer) (fragment, *Program) {
	if heads(a) && a.Count == plan.CountExact && stored(a) {
		all, program := counting(a, true)
		return counted(all), program
	}
	main, program := rows(a)
	switch {
	case a.Count == plan.CountExact && heads(a) && a.Root.Range.IsAll():
		program.Yields, program.Page = TotalCount, a.Root.Range
	case a.Count == plan.CountExact && heads(a): // one statement has one snapshot
		main = besideTotal(a.Root, main)
	case a.Count == plan.CountExact:
		program.Count = statement(count(a.Root))
	case a.Count == plan.CountPlanned:
		program.Explain = statement(explain(a.Root))
	case a.Count == plan.CountEstimated:
		program.Count = statement(countUpTo(a.Root, a.MaxRows))
		program.Explain = statement(explain(a.Root))
	}
	return main, program
}

// rows renders the rows of an answer, or the number of them if it wants no more.
func rows(a *plan.Answer) (fragment, *Program) {
	if heads(a) {
		return head(a)
	}
	return read(a)
}

// counted renders the number of rows.
func counted(rows fragment) fragment {
	return rows.within("SELECT pg_catalog.count(*) FROM (", ") rows")
}

// count renders the number of a node's rows without its window.
func count(n *plan.Node) fragment { return counted(countable(n)) }

// countUpTo counts no further than one row beyond limit; 0 is no limit, and a
// negative one is before the first row.
func countUpTo(n *plan.Node, limit int64) fragment {
	f := countable(n)
	if limit != 0 && limit < plan.Unlimited {
		f.add(" LIMIT ?", strconv.FormatInt(max(0, limit)+1, 10))
	}
	return counted(f)
}

func explain(n *plan.Node) fragment {
	return countable(n).within("EXPLAIN (FORMAT JSON) ", "")
}

// countable renders the rows to count. Groups are known by their columns only.
func countable(n *plan.Node) fragment {
	if !mayGroup(n) {
		return matches(n)
	}
	groups := *n
	groups.Order, groups.Range = nil, plan.All()
	groups.Embeds = slices.Clone(n.Embeds)
	for i, e := range groups.Embeds {
		unordered := *e
		unordered.OrderTerms = nil
		groups.Embeds[i] = &unordered
	}
	f, _ := read(&plan.Answer{Root: &groups, Format: plan.CSV})
	return f
}

// explainOptions renders EXPLAIN. The options come from a closed set.
func explainOptions(a *plan.Answer) string {
	format := "TEXT"
	if a.Explain.JSON {
		format = "JSON"
	}
	options := append([]string{"FORMAT " + format}, a.Explain.Options...)
	return "EXPLAIN (" + strings.Join(options, ", ") + ") "
}

// number turns ? into $1, $2, … and values into their text form.
func number(f fragment) Statement {
	sql, _ := squirrel.Dollar.ReplacePlaceholders(string(f.sql)) // fails on no input
	s := Statement{SQL: sql}
	if len(f.args) > 0 {
		s.Args = make([][]byte, len(f.args))
		for i, arg := range f.args {
			switch arg := arg.(type) { // the grammar yields texts, and bodies are bytes
			case string:
				s.Args[i] = []byte(arg)
			case []byte:
				s.Args[i] = arg
			}
		}
	}
	return s
}

func statement(f fragment) *Statement {
	s := number(f)
	return &s
}
