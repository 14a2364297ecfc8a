package query

import (
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/internal/value"
)

// body is the argument for the whole of a request's body.
var body = value.Arg{From: value.FromBody}

// bodyRows renders the body as rows. JSON is one argument, however large it is.
func bodyRows(m *plan.Mutate) fragment {
	alias := sqlfrag.Ident(bodyName)
	switch {
	case len(m.Columns) == 0 && m.Array:
		return sql("pg_catalog.json_array_elements(?) AS "+alias, body)
	case len(m.Columns) == 0:
		return sql("(VALUES (1)) AS " + alias)
	case m.Members != nil:
		names := make([]string, len(m.Columns))
		for i, c := range m.Columns {
			names[i] = c.Name
		}
		return textRow(names, m.Members)
	case m.Defaults && m.Array:
		f := sql("pg_catalog.jsonb_array_elements(?) AS "+sqlfrag.Ident(elementName)+"(value), LATERAL pg_catalog.jsonb_to_record(", body)
		f.join(defaults(m))
		f.add(" || " + sqlfrag.Ident(elementName) + ".value) AS " + record(alias, m.Columns))
		return f
	case m.Defaults:
		f := sql("pg_catalog.jsonb_to_record(")
		f.join(defaults(m))
		f.add(" || ?::jsonb) AS "+record(alias, m.Columns), body)
		return f
	case m.Array:
		return sql("pg_catalog.json_to_recordset(?) AS "+record(alias, m.Columns), body)
	}
	return sql("pg_catalog.json_to_record(?) AS "+record(alias, m.Columns), body)
}

// textRow renders members as a row of texts. OFFSET keeps PostgreSQL's planner from casting
// them: what is wrong with a text is to be found when it is used, by someone who may use it.
func textRow(names []string, values []value.Arg) fragment {
	f := sql("(SELECT ")
	for i, name := range names {
		if i > 0 {
			f.add(", ")
		}
		f.add("?::text AS "+sqlfrag.Ident(name), values[i])
	}
	f.add(" OFFSET 0) AS " + sqlfrag.Ident(bodyName))
	return f
}

// record renders the alias of a row source that is read from JSON, with its columns.
func record(alias string, columns []plan.WriteColumn) string {
	definitions := make([]string, len(columns))
	for i, c := range columns {
		typeName := catalogSQL(c.TypeName)
		if c.Parse.Name != "" {
			typeName = "json"
		}
		definitions[i] = sqlfrag.Ident(c.Name) + " " + typeName
	}
	return alias + "(" + strings.Join(definitions, ", ") + ")"
}

// catalogSQL is a type, a default or a condition as the catalogs print it, or the host has it,
// which is SQL. A question mark in it is no placeholder.
func catalogSQL(text string) string { return strings.ReplaceAll(text, "?", "??") }

// defaults renders a JSON object of the columns' defaults.
func defaults(m *plan.Mutate) fragment {
	f, members := sql("pg_catalog.jsonb_build_object("), 0
	for _, c := range m.Columns {
		if c.Default == "" && c.Identity == 0 {
			continue
		}
		switch {
		case members == 0:
		case members%maxMembers == 0:
			f.add(") || pg_catalog.jsonb_build_object(")
		default:
			f.add(", ")
		}
		members++
		if c.Default != "" {
			f.add("?::text, "+defaultValue(c), value.Constant(c.Name))
		} else {
			f.add("?::text, pg_catalog.nextval(pg_catalog.pg_get_serial_sequence(?, ?))",
				value.Constant(c.Name), value.Constant(strings.ReplaceAll(qualified(m.Table), "??", "?")), value.Constant(c.Name))
		}
	}
	f.add(")")
	return f
}

// maxMembers is how many members an object can be built with: PostgreSQL passes a function
// 100 arguments at most.
const maxMembers = 50

// defaultValue renders a column's default. If the values in the body are parsed, it has to be
// in the same form as they are.
func defaultValue(c plan.WriteColumn) string {
	value := catalogSQL(c.Default)
	if c.Parse.Name != "" && c.Represent.Name != "" {
		value = sqlfrag.Qualified(c.Represent.Schema, c.Represent.Name) + "(CAST(" + value + " AS " + catalogSQL(c.TypeName) + "))"
	}
	return value
}

// valueRows renders the values that are written, by the columns' names, as rows.
func valueRows(m *plan.Mutate) fragment {
	if m.Members == nil && !parses(m) {
		return bodyRows(m)
	}
	value := valueOf(m)
	named := func(c plan.WriteColumn) string { return value(c) + " AS " + sqlfrag.Ident(c.Name) }
	return bodyRows(m).within("(SELECT "+columnList(m, named)+" FROM ", " OFFSET 0) AS "+sqlfrag.Ident(bodyName))
}

// parses reports values that have to be parsed from JSON.
func parses(m *plan.Mutate) bool {
	return slices.ContainsFunc(m.Columns, func(c plan.WriteColumn) bool { return c.Parse.Name != "" })
}

// columnList lists the columns as render has them.
func columnList(m *plan.Mutate, render func(plan.WriteColumn) string) string {
	list := make([]string, len(m.Columns))
	for i, c := range m.Columns {
		list[i] = render(c)
	}
	return strings.Join(list, ", ")
}

func columnNames(m *plan.Mutate) string {
	return columnList(m, func(c plan.WriteColumn) string { return sqlfrag.Ident(c.Name) })
}

// bodyColumn is a column of the body's rows.
func bodyColumn(c plan.WriteColumn) string { return sqlfrag.Qualified(bodyName, c.Name) }

// valueOf is what renders the value that is written to a column.
func valueOf(m *plan.Mutate) func(plan.WriteColumn) string {
	if m.Members != nil {
		return castValue
	}
	return parsedValue
}

// parsedValue is the value of a column of rows that were read from JSON.
func parsedValue(c plan.WriteColumn) string {
	if c.Parse.Name == "" {
		return bodyColumn(c)
	}
	return sqlfrag.Qualified(c.Parse.Schema, c.Parse.Name) + "(" + bodyColumn(c) + ")"
}

// castValue is the value of a column of texts.
func castValue(c plan.WriteColumn) string { return bodyColumn(c) + textCast(c) }

// textCast casts to a column's type without its modifier, with which a cast would cut
// the value off: the assignment refuses what is too long.
func textCast(c plan.WriteColumn) string { return "::" + catalogSQL(c.Type.CastName()) }
