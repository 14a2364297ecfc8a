package query

import (
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// call renders the rows of a function. The function stands in FROM like a relation, so
// that PostgreSQL can inline it. Where its rows are counted, it has a row source of its own,
// for it must not run twice.
func call(c *plan.Call) (fragment, *Program) {
	if c.Count != plan.CountNone && c.Explain == nil {
		return withTotal(c)
	}
	main, program := rows(&c.Answer)
	if streams(c) {
		main, program.Overrides = main.within("SELECT rows.*, "+overridesSQL+" FROM (", ") rows"), true
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

// overridesSQL selects the overrides that a function has made. As subqueries they are
// computed once, with the first row: by then the function has run, unless PostgreSQL inlined
// it.
const overridesSQL = "(SELECT pg_catalog.current_setting('response.headers', true)), (SELECT pg_catalog.current_setting('response.status', true))"

// withTotal renders a call with the total: in front of each row, or behind the only row
// that is made of the page. An estimate would be no cheaper, as all rows are there.
func withTotal(c *plan.Call) (fragment, *Program) {
	root := *c.Root
	answer := c.Answer
	answer.Root = &root
	root.FromResult = true
	alias := sqlfrag.Ident(root.Alias)
	f := callSource(c, root.Alias).within("WITH "+sqlfrag.Ident(resultName)+" AS MATERIALIZED (SELECT "+alias+".* FROM ", ") ")
	page, program := rows(&answer)
	if program.Form != FormRows {
		program.Total = TotalBehind
		f.join(joinTotal(&root, page))
		return f, program
	}
	program.Total, program.Overrides = TotalInRows, streams(c)
	f.add("SELECT total.n, page.*")
	if program.Overrides {
		f.add(", " + overridesSQL)
	}
	f.add(" FROM ")
	f.join(totalSource(&root))
	f.add(" LEFT JOIN (SELECT TRUE AS mark, rows.* FROM (")
	f.join(page)
	f.add(") rows) page ON TRUE")
	return f, program
}

// callSource renders the call of a function as a source of rows.
func callSource(c *plan.Call, alias string) fragment {
	f := sql("")
	function := sqlfrag.Qualified(c.Routine.Name.Schema, c.Routine.Name.Name)
	if c.FromBody && len(c.Named) > 0 {
		f.join(bodyArguments(c))
		f.add(", LATERAL ")
	}
	arguments := arguments(c)
	switch {
	case c.NullRow != plan.KeepNull:
		f.join(rowOrNone(arguments.within(function+"(", ")"), c.Routine.Returns.Type, c.NullRow, alias))
		return f
	case c.Scalar:
		f.join(arguments.within("(SELECT "+function+"(", ") AS "+sqlfrag.Ident(plan.ScalarColumn)+")"))
	default:
		f.join(arguments.within(function+"(", ")"))
	}
	f.add(" AS " + sqlfrag.Ident(alias))
	return f
}

func arguments(c *plan.Call) fragment {
	if c.Whole != nil {
		return sql("?::"+catalogSQL(c.Routine.Params[0].TypeName), *c.Whole)
	}
	f := fragment{}
	separate := func() {
		if !f.empty() {
			f.add(", ")
		}
	}
	for _, param := range c.Named {
		separate()
		f.add(byName(param) + sqlfrag.Qualified(bodyName, param.Name))
		if c.Members != nil {
			f.add("::" + catalogSQL(param.TypeName))
		}
	}
	for _, a := range c.Arguments {
		separate()
		f.add(byName(a.Param)+"?::"+catalogSQL(a.Param.TypeName), a.Value)
	}
	return f
}

// byName begins an argument that is given by its parameter's name.
func byName(p introspect.Param) string {
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
		definitions += sqlfrag.Ident(p.Name) + " " + catalogSQL(p.TypeName)
	}
	alias := sqlfrag.Ident(bodyName)
	rows := sql(function+"(?) AS "+alias+"("+definitions+")", body)
	if !c.Array {
		return rows
	}
	return rows.within("(SELECT * FROM ", " LIMIT 1) AS "+alias)
}
