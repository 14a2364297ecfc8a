package query

import (
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// call renders the rows of a function. The function stands in FROM like a
// relation, so that PostgreSQL can inline it; only a count of its rows makes it a
// result of its own, for it must not run twice.
func call(c *plan.Call) (fragment, *Program) {
	if c.Count != plan.CountNone && c.Explain == nil {
		return withTotals(c)
	}
	main, program := rows(&c.Answer)
	if streams(c) {
		main, program.Overrides = main.within("SELECT rows.*, "+overrides+" FROM (", ") rows"), true
	}
	return main, program
}

// streams reports rows that may go out before the last one of them has come.
func streams(c *plan.Call) bool {
	switch c.Format {
	case plan.FormatArray, plan.FormatCSV, plan.FormatGeoJSON, plan.FormatScalars, plan.FormatRows:
		return !c.Head && c.Explain == nil
	}
	return false
}

// overrides is what a function set the response's headers and status to. As a
// subquery it is computed once, with the first row: after the function, whose rows
// are all there by then unless it was inlined.
const overrides = "(SELECT pg_catalog.current_setting('response.headers', true)), (SELECT pg_catalog.current_setting('response.status', true))"

// withTotals renders a call with the number of all rows in front of each row of the
// page: one row at least, in which the mark is NULL if the page is empty. The rows
// are all there, so that an estimate is no cheaper than the number. Where one row is
// made of the page, which is there in any case, the number is behind it.
func withTotals(c *plan.Call) (fragment, *Program) {
	root := *c.Root
	answer := c.Answer
	answer.Root = &root
	root.FromResult = true
	alias := sqlfrag.Ident(root.Alias)
	f := called(c, root.Alias).within("WITH "+sqlfrag.Ident(resultName)+" AS MATERIALIZED (SELECT "+alias+".* FROM ", ") ")
	page, program := rows(&answer)
	if program.Form != FormRows {
		program.Total = TotalBehind
		f.join(besideTotal(&root, page))
		return f, program
	}
	program.Total, program.Overrides = TotalInRows, streams(c)
	f.add("SELECT total.n, page.*")
	if program.Overrides {
		f.add(", " + overrides)
	}
	f.add(" FROM ")
	f.join(totalSource(&root))
	f.add(" LEFT JOIN (SELECT TRUE AS mark, rows.* FROM (")
	f.join(page)
	f.add(") rows) page ON TRUE")
	return f, program
}

// called renders the call of a function as a source of rows.
func called(c *plan.Call, alias string) fragment {
	f := sql("")
	function := sqlfrag.Qualified(c.Routine.Name.Schema, c.Routine.Name.Name)
	if c.FromBody && len(c.Named) > 0 {
		f.join(bodyArguments(c))
		f.add(", LATERAL ")
	}
	arguments := arguments(c)
	if c.Scalar {
		f.join(arguments.within("(SELECT "+function+"(", ") AS "+sqlfrag.Ident(plan.ScalarColumn)+")"))
	} else {
		f.join(arguments.within(function+"(", ")"))
	}
	f.add(" AS " + sqlfrag.Ident(alias))
	return f
}

func arguments(c *plan.Call) fragment {
	if c.Whole != nil {
		return sql("?::"+sqlType(c.Routine.Params[0].TypeName), *c.Whole)
	}
	f := fragment{}
	separate := func() {
		if !f.empty() {
			f.add(", ")
		}
	}
	for _, param := range c.Named {
		separate()
		f.add(name(param) + sqlfrag.Qualified(bodyName, param.Name))
		if c.Members != nil {
			f.add("::" + sqlType(param.TypeName))
		}
	}
	for _, a := range c.Arguments {
		separate()
		f.add(name(a.Param)+"?::"+sqlType(a.Param.TypeName), a.Value)
	}
	return f
}

func name(p introspect.Param) string {
	if p.Variadic {
		return "VARIADIC " + sqlfrag.Ident(p.Name) + " := "
	}
	return sqlfrag.Ident(p.Name) + " := "
}

// bodyArguments reads the named arguments from JSON, of an array from its first
// element, or takes them as texts.
func bodyArguments(c *plan.Call) fragment {
	if c.Members != nil {
		names := make([]string, len(c.Named))
		for i, p := range c.Named {
			names[i] = p.Name
		}
		return textRow(names, c.Members)
	}
	function, definitions := "pg_catalog.json_to_record", ""
	if c.Array {
		function = "pg_catalog.json_to_recordset"
	}
	for i, p := range c.Named {
		if i > 0 {
			definitions += ", "
		}
		definitions += sqlfrag.Ident(p.Name) + " " + sqlType(p.TypeName)
	}
	alias := sqlfrag.Ident(bodyName)
	rows := sql(function+"(?) AS "+alias+"("+definitions+")", body)
	if !c.Array {
		return rows
	}
	return rows.within("(SELECT * FROM ", " LIMIT 1) AS "+alias)
}
