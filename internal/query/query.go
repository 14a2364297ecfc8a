// Package query renders plans as SQL. Rendering is pure and can't fail: names
// were resolved by the plan, and values travel as arguments.
//
//	program := query.Build(p)
//	fmt.Println(program.Main.SQL) // SELECT "films"."title" FROM "api"."films" WHERE …
package query

import (
	"strconv"

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
	// Main yields the rows, or, when CountsRows, their number in one row.
	Main       Statement
	CountsRows bool
	// Columns are those of Main's rows.
	Columns []Column
	// Count yields the number of rows without limit and offset; nil when nobody
	// asked. Explain yields the planner's estimate of it as JSON.
	Count, Explain *Statement
}

// Build renders the program of a read.
func Build(p *plan.Read) *Program {
	program := &Program{CountsRows: p.HeadersOnly}
	var main fragment
	main, program.Columns = read(p.Root, p.Format)
	if p.HeadersOnly {
		main = main.within("SELECT pg_catalog.count(*) FROM (", ") rows")
	}
	program.Main = number(main)
	switch p.Count {
	case plan.CountExact:
		program.Count = statement(count(p.Root))
	case plan.CountPlanned:
		program.Explain = statement(explain(p.Root))
	case plan.CountEstimated:
		program.Count = statement(countUpTo(p.Root, p.MaxRows))
		program.Explain = statement(explain(p.Root))
	}
	return program
}

// count renders the number of a node's rows without its window.
func count(n *plan.Node) fragment {
	return counted(n).within("SELECT pg_catalog.count(*) FROM (", ") rows")
}

// countUpTo counts no further than one row beyond limit; 0 is no limit.
func countUpTo(n *plan.Node, limit int64) fragment {
	f := counted(n)
	if limit > 0 {
		f.add(" LIMIT ?", strconv.FormatInt(limit+1, 10))
	}
	return f.within("SELECT pg_catalog.count(*) FROM (", ") rows")
}

func explain(n *plan.Node) fragment {
	return counted(n).within("EXPLAIN (FORMAT JSON) ", "")
}

// counted renders the rows to count. Groups are known by their columns only.
func counted(n *plan.Node) fragment {
	if !n.Aggregates() {
		return matches(n)
	}
	groups := *n
	groups.Order, groups.Range = nil, plan.Range{Limit: plan.Unlimited}
	f, _ := read(&groups, plan.CSV)
	return f
}

// number turns ? into $1, $2, … and values into their text form.
func number(f fragment) Statement {
	sql, _ := squirrel.Dollar.ReplacePlaceholders(f.sql) // fails on no input
	s := Statement{SQL: sql}
	if len(f.args) > 0 {
		s.Args = make([][]byte, len(f.args))
		for i, arg := range f.args {
			text, _ := arg.(string) // the grammar yields strings alone
			s.Args[i] = []byte(text)
		}
	}
	return s
}

func statement(f fragment) *Statement {
	s := number(f)
	return &s
}
