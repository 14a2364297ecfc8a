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
	// Level is the number of the level whose rows it inserts, from 1 for the first one, of a body
	// of rows within rows; 0 for other statements. Filled are the columns that the keys of other
	// levels fill in, and Columns all that the relation has, in its order: none of a view, whose
	// errors are about other relations, nor of a junction, whose rows aren't the body's.
	Level           int
	Filled, Columns []string
}

// Program is what a plan sends to the database.
type Program struct {
	// Main is the statement that the response is made of, and Yield what it gives.
	Main Statement
	Yield
	// Check is a part of Main, empty for none. PostgreSQL refuses it if all columns of a
	// relation are shown and the schema cache doesn't have all of them.
	Check string
	// Shape is the hash of the shape that the program was made of, in hexadecimal. Package
	// program sets it, of what it compiles; it is empty of others.
	Shape string
	// Before precede Main, and Behind follow it, in their order. They give nothing: they insert
	// rows that those of Main are to have within them.
	Before, Behind []Statement
	// Precondition, which follows Main, fails if a write's condition doesn't hold; nil for
	// none.
	Precondition *Statement
	// Count gives the number of rows without limit and offset, and Estimate what PostgreSQL's
	// planner expects it to be, as JSON. Each is nil if it isn't asked for.
	Count, Estimate *Statement
}

// Arguments is the number of arguments of the statement that has most of them.
func (p *Program) Arguments() int {
	most := len(p.Main.Args)
	for _, list := range [][]Statement{p.Before, p.Behind} {
		for i := range list {
			most = max(most, len(list[i].Args))
		}
	}
	for _, s := range []*Statement{p.Precondition, p.Count, p.Estimate} {
		if s != nil {
			most = max(most, len(s.Args))
		}
	}
	return most
}

// Build renders the program of a plan.
func Build(p plan.Runnable) *Program {
	a := p.Answered()
	var program *Program
	var main fragment
	switch p := p.(type) {
	case *plan.Mutate:
		main, program = mutate(p)
	case *plan.Call:
		main, program = call(p)
	default:
		main, program = read(a)
	}
	if a.Explain != nil {
		program = &Program{Yield: Yield{Form: FormLines, Columns: []Column{{Encoding: Text}}}}
		main = main.within(explanation(a), "")
	} else {
		if t := program.Times; t != nil && t.JSON != nil {
			variant, _ := checked(p, t.JSON.main)
			t.JSON.SQL, t.JSON.main = statement(variant).SQL, fragment{}
		}
		main, program.Check = checked(p, main)
	}
	if m, ok := p.(*plan.Mutate); ok {
		program.Inserted, program.Affected = counts(m) && !replaces(m), countsAffected(m)
		if a.Explain == nil {
			program.Precondition = precondition(m)
		}
	}
	program.Main = *statement(main)
	if m, ok := p.(*plan.Mutate); ok && m.Levels {
		switch {
		case m.Nested == nil:
			program.Main.Level = 1
		case m.Nested.Key == nil:
			markLevel(&program.Main, m.Nested.Root)
		}
	}
	return program
}

// statement numbers the placeholders of a fragment: ? becomes $1, $2, ….
func statement(f fragment) *Statement {
	sql, _ := squirrel.Dollar.ReplacePlaceholders(string(f.sql)) // fails on no input
	return &Statement{SQL: sql, Args: f.args}
}
