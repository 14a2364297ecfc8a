// Package query renders plans as SQL. Rendering is pure and can't fail: names
// were resolved by the plan, and values travel as arguments.
//
//	program := query.Build(p)
//	fmt.Println(program.Main.SQL) // SELECT "films"."title" FROM "api"."films" WHERE …
package query

import (
	"github.com/Masterminds/squirrel"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/value"
)

// Statement is final SQL, in which placeholders are numbered, with its arguments. Texts
// are bound to them, whose types PostgreSQL infers: see value.Values.Bind.
type Statement struct {
	SQL  string
	Args []value.Arg
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
		main = main.within(explanation(a), "")
	} else {
		if t := program.Times; t != nil && t.JSON != nil {
			variant, _ := checked(p, t.JSON.main)
			t.JSON.SQL, t.JSON.main = statement(variant).SQL, fragment{}
		}
		main, program.Check = checked(p, main)
	}
	if m, ok := p.(*plan.Mutate); ok {
		program.Inserted = merges(m)
	}
	program.Main = *statement(main)
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
	case a.Count == plan.CountExact && heads(a) && a.Root.Window.IsAll():
		program.Yields = TotalCount
	case a.Count == plan.CountExact && heads(a): // one statement has one snapshot
		main = besideTotal(a.Root, main)
	case a.Count == plan.CountExact:
		program.Count = statement(count(a.Root))
	case a.Count == plan.CountPlanned:
		program.Explain = statement(estimate(a.Root))
	case a.Count == plan.CountEstimated:
		program.Count = statement(countUpTo(a.Root, a.MaxRows))
		program.Explain = statement(estimate(a.Root))
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

// statement numbers the placeholders of a fragment: ? becomes $1, $2, ….
func statement(f fragment) *Statement {
	sql, _ := squirrel.Dollar.ReplacePlaceholders(string(f.sql)) // fails on no input
	return &Statement{SQL: sql, Args: f.args}
}
