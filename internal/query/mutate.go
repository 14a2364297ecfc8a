package query

import (
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// Names of row sources that no relation is likely to have.
const (
	resultName  = "pgrst result" // what a write returned
	bodyName    = "pgrst body"   // the rows of the request's body
	elementName = "pgrst element"
	rowPrefix   = "pgrst row" // in what a write returned, the row as the table has it
)

// mutation renders a write. What it returns is read from the write itself, or,
// where more than its columns are wanted, from a query over it.
func mutation(m *plan.Mutate) (fragment, *Program) {
	write := mutationSQL(m)
	switch {
	case m.Return == plan.Representation && plain(m):
		list := outputs(m.Root)
		if m.Format != plan.CSV {
			inJSON(list, false)
		}
		write.join(returning(list, func(i int, o *output) fragment {
			value := o.total()
			if m.Format != plan.CSV {
				value = o.encoded(value, m.Root.StripNulls)
			}
			if i == 0 {
				value = withCheck(m, value)
			}
			return value
		}))
		if m.Format == plan.CSV {
			return write, &Program{Columns: textColumns(list)}
		}
		return write, &Program{Columns: columnsOf(list)}
	case m.Return == plan.Representation:
		if !noColumns(m) {
			write.add(" RETURNING " + strings.Join(needed(m.Root), ", "))
		}
		f := write.within("WITH "+sqlfrag.Ident(resultName)+" AS (", ") ")
		read, program := rows(&m.Answer)
		f.join(read)
		return f, program
	case m.Return == plan.HeadersOnly && m.Action == plan.Create && len(m.Table.PrimaryKey) > 0:
		columns := keyColumns(m.Target())
		for i, c := range columns {
			if i == 0 {
				write.add(" RETURNING ")
			} else {
				write.add(", ")
			}
			write.add(keyText(m.Target(), c.Name))
		}
		return write, &Program{Columns: columns}
	}
	return write, &Program{Yields: Affected}
}

// keyColumns are the columns of the primary key in the table's order. Their values
// are for a filter, which reads texts: only those of a few types are shown in another
// form than PostgreSQL's own.
func keyColumns(n *plan.Node) []Column {
	t := n.Table
	var columns []Column
	for i := range t.Columns {
		c := &t.Columns[i]
		if !slices.Contains(t.PrimaryKey, c.Name) {
			continue
		}
		key := Column{Name: c.Name}
		switch print, _ := n.Printer(c); {
		case print.Name != "" || c.Type == nil:
		case c.Type.BaseOID == BoolOID:
			key.Encoding = Bool
		case isTime(c.Type.BaseOID):
			key.Encoding = TimeJSON
		}
		columns = append(columns, key)
	}
	return columns
}

// keyText renders a column of the key as a filter has to have it: where the text of a
// filter is parsed by a function, as the text that clients are shown.
func keyText(n *plan.Node, name string) string {
	column := sqlfrag.Qualified(n.Alias, name)
	c, _ := n.Table.Column(name)
	switch print, isJSON := n.Printer(c); {
	case print.Name == "" && c.Type != nil && isTime(c.Type.BaseOID):
		return "pg_catalog.to_json(" + column + ")"
	case print.Name == "":
		return column
	case isJSON:
		return "(" + sqlfrag.Qualified(print.Schema, print.Name) + "(" + column + ") #>> '{}')"
	default:
		return sqlfrag.Qualified(print.Schema, print.Name) + "(" + column + ")"
	}
}

// plain reports an answer that RETURNING alone can give.
func plain(m *plan.Mutate) bool {
	n := m.Root
	return len(n.Embeds) == 0 && len(n.Order) == 0 && !n.Aggregates() && n.Range.IsAll() &&
		(m.Format == plan.Array || m.Format == plan.Object || m.Format == plan.CSV) && !noColumns(m)
}

// noColumns reports an update of nothing.
func noColumns(m *plan.Mutate) bool { return m.Action == plan.Update && len(m.Columns) == 0 }

func returning(list []output, render func(int, *output) fragment) fragment {
	f := sql(" RETURNING ")
	for i := range list {
		if i > 0 {
			f.add(", ")
		}
		f.join(render(i, &list[i]))
	}
	return f
}

// needed lists the columns that the reading of a result needs: those that are
// shown or ordered by, and those that join embeds. A computed relationship needs
// the whole row.
func needed(n *plan.Node) []string {
	var names []string
	add := func(name string) {
		if column := sqlfrag.Qualified(n.Alias, name); !slices.Contains(names, column) {
			names = append(names, column)
		}
	}
	for i := range n.Columns {
		if c := &n.Columns[i]; !c.Rows {
			add(c.Field.Name)
		}
	}
	for _, term := range n.Order {
		if term.Relation == "" {
			add(term.Field.Name)
		}
	}
	for _, e := range n.Embeds {
		switch r := e.Relationship; {
		case r.Function != nil:
			row := rowOf(sqlfrag.Ident(n.Alias), n.Table.Name) + " AS " + sqlfrag.Ident(wholeRow(n.Table))
			if !slices.Contains(names, row) {
				names = append(names, row)
			}
		case r.Junction != nil:
			for _, pair := range r.Junction.Source {
				add(pair.Column)
			}
		default:
			for _, pair := range r.Columns {
				add(pair.Column)
			}
		}
	}
	if names == nil {
		return []string{"1"}
	}
	return names
}

// wholeRow names the column of whole rows like none of the table's own.
func wholeRow(t *introspect.Table) string {
	name := rowPrefix
	for {
		if _, taken := t.Column(name); !taken {
			return name
		}
		name += "_"
	}
}

func mutationSQL(m *plan.Mutate) fragment {
	switch m.Action {
	case plan.Update:
		return update(m)
	case plan.Delete:
		f := sql("DELETE FROM " + target(m))
		f.join(where(filters(m.Target(), m.Where)))
		return f
	}
	return insert(m)
}

func target(m *plan.Mutate) string { return sqlfrag.Qualified(m.Table.Name.Schema, m.Table.Name.Name) }

func filters(n *plan.Node, nodes []filter.Node) []fragment {
	conditions := make([]fragment, len(nodes))
	for i, node := range nodes {
		conditions[i] = bound(filter.Bind(node, resolver{n}))
	}
	return conditions
}

// insert renders INSERT … SELECT from the body, an upsert included.
func insert(m *plan.Mutate) fragment {
	f := sql("INSERT INTO " + target(m))
	if len(m.Columns) > 0 {
		f.add("(" + columnNames(m) + ")")
	}
	rows := bodyRows(m)
	if m.Action == plan.Upsert && parses(m) { // its filters compare values of the domains
		rows = valueRows(m)
		f.add(" SELECT " + bodyValues(m, bodyColumn))
	} else {
		f.add(" SELECT " + bodyValues(m, written(m)))
	}
	f.join(rows.within(" FROM ", ""))
	var conditions []fragment
	if merges(m) {
		conditions = append(conditions, sql(countInserted("+")))
	}
	if m.Action == plan.Upsert {
		row := *m.Target()
		row.Alias = bodyName
		conditions = append(conditions, filters(&row, m.Where)...)
	}
	f.join(where(conditions))
	f.add(onConflict(m))
	return f
}

func columnNames(m *plan.Mutate) string {
	names := make([]string, len(m.Columns))
	for i, c := range m.Columns {
		names[i] = sqlfrag.Ident(c.Name)
	}
	return strings.Join(names, ", ")
}

func onConflict(m *plan.Mutate) string {
	if m.Conflict == nil || len(m.Conflict.Columns) == 0 {
		return ""
	}
	names := make([]string, len(m.Conflict.Columns))
	for i, name := range m.Conflict.Columns {
		names[i] = sqlfrag.Ident(name)
	}
	clause := " ON CONFLICT (" + strings.Join(names, ", ") + ")"
	if !m.Conflict.Merge || len(m.Columns) == 0 {
		return clause + " DO NOTHING"
	}
	sets := make([]string, len(m.Columns))
	for i, c := range m.Columns {
		sets[i] = sqlfrag.Ident(c.Name) + " = EXCLUDED." + sqlfrag.Ident(c.Name)
	}
	return clause + " DO UPDATE SET " + strings.Join(sets, ", ") + " WHERE " + countInserted("-")
}

// merges reports an upsert that updates what was there.
func merges(m *plan.Mutate) bool { return m.Conflict != nil && m.Conflict.Merge }

// InsertedSetting is the setting in which an upsert counts the rows that it
// inserted: one up for each that it tries, one down for each that was there.
// PostgreSQL itself tells only how many there were of both.
const InsertedSetting = "pgrst.inserted"

func countInserted(sign string) string {
	return "pg_catalog.set_config('" + InsertedSetting + "', (COALESCE(NULLIF(pg_catalog.current_setting('" +
		InsertedSetting + "', true), ''), '0')::int " + sign + " 1)::text, true) IS NOT NULL"
}

// update renders UPDATE … FROM the body. One without columns has no syntax, and
// nothing to do.
func update(m *plan.Mutate) fragment {
	if noColumns(m) {
		f := sql("SELECT ")
		if m.Return == plan.Representation {
			f.add(strings.Join(needed(m.Root), ", "))
		}
		f.add(" FROM " + target(m) + " WHERE FALSE")
		return f
	}
	f := sql("UPDATE " + target(m) + " SET ")
	switch {
	case m.Values != nil && m.OneRow:
		f.join(textAssignments(m))
	case m.Array:
		f.add(bodyValues(m, func(c plan.WriteColumn) string { return sqlfrag.Ident(c.Name) + " = " + bodyValue(c) }))
		f.join(bodyRows(m).within(" FROM ", ""))
	case len(m.Columns) > maxTogether:
		f.add(bodyValues(m, func(c plan.WriteColumn) string { return sqlfrag.Ident(c.Name) + " = " + bodyColumn(c) }))
		f.join(valueRows(m).within(" FROM ", ""))
	default: // a single object is read once, and needs no join
		f.add("(" + columnNames(m) + ") = (SELECT " + bodyValues(m, written(m)))
		f.join(bodyRows(m).within(" FROM ", ")"))
	}
	f.join(where(filters(m.Target(), m.Where)))
	return f
}

// maxTogether is how many columns an update assigns together: to parse such a statement
// PostgreSQL copies the subquery for each of them.
const maxTogether = 64

// valueRows renders the values that are written as rows.
func valueRows(m *plan.Mutate) fragment {
	if m.Values == nil && !parses(m) {
		return bodyRows(m)
	}
	value := written(m)
	named := func(c plan.WriteColumn) string { return value(c) + " AS " + sqlfrag.Ident(c.Name) }
	return bodyRows(m).within("(SELECT "+bodyValues(m, named)+" FROM ", " OFFSET 0) AS "+sqlfrag.Ident(bodyName))
}

// textAssignments renders the body's values as texts that are cast, in an update of one
// row: they would be cast for each of more. As OFFSET does in textRow, and for less, the
// condition keeps the planner from casting them beforehand: it never holds, but what a
// stable function gives is not known then.
func textAssignments(m *plan.Mutate) fragment {
	var f fragment
	for i, c := range m.Columns {
		if i > 0 {
			f.add(", ")
		}
		f.add(sqlfrag.Ident(c.Name)+" = (CASE WHEN pg_catalog.pg_backend_pid() IS NULL THEN NULL ELSE ?::text END)"+textCast(c), m.Values[i])
	}
	return f
}

// parses reports values that have to be parsed from JSON.
func parses(m *plan.Mutate) bool {
	return slices.ContainsFunc(m.Columns, func(c plan.WriteColumn) bool { return c.Parse.Name != "" })
}

// bodyValues lists the columns as render has them.
func bodyValues(m *plan.Mutate, render func(plan.WriteColumn) string) string {
	values := make([]string, len(m.Columns))
	for i, c := range m.Columns {
		values[i] = render(c)
	}
	return strings.Join(values, ", ")
}

// bodyColumn is a column of the body's rows, and bodyValue the value of it that is
// written.
func bodyColumn(c plan.WriteColumn) string { return sqlfrag.Qualified(bodyName, c.Name) }

func bodyValue(c plan.WriteColumn) string {
	if c.Parse.Name == "" {
		return bodyColumn(c)
	}
	return sqlfrag.Qualified(c.Parse.Schema, c.Parse.Name) + "(" + bodyColumn(c) + ")"
}

// written is what renders the values that are written.
func written(m *plan.Mutate) func(plan.WriteColumn) string {
	if m.Values != nil {
		return castValue
	}
	return bodyValue
}

// castValue is a value that comes as text.
func castValue(c plan.WriteColumn) string { return bodyColumn(c) + textCast(c) }

// textCast casts to a column's type without its modifier, with which a cast would cut
// the value off: the assignment refuses what is too long.
func textCast(c plan.WriteColumn) string { return "::" + sqlType(c.Type.CastName()) }

// bodyRows renders the body as rows. JSON is one argument, however large it is.
func bodyRows(m *plan.Mutate) fragment {
	body := sqlfrag.Ident(bodyName)
	switch {
	case len(m.Columns) == 0 && m.Array:
		return sql("pg_catalog.json_array_elements(?) AS "+body, m.Body)
	case len(m.Columns) == 0:
		return sql("(VALUES (1)) AS " + body)
	case m.Values != nil:
		names := make([]string, len(m.Columns))
		for i, c := range m.Columns {
			names[i] = c.Name
		}
		return textRow(names, m.Values)
	case m.Defaults && m.Array:
		f := sql("pg_catalog.jsonb_array_elements(?) AS "+sqlfrag.Ident(elementName)+"(value), LATERAL pg_catalog.jsonb_to_record(", m.Body)
		f.join(defaults(m))
		f.add(" || " + sqlfrag.Ident(elementName) + ".value) AS " + record(body, m.Columns))
		return f
	case m.Defaults:
		f := sql("pg_catalog.jsonb_to_record(")
		f.join(defaults(m))
		f.add(" || ?::jsonb) AS "+record(body, m.Columns), m.Body)
		return f
	case m.Array:
		return sql("pg_catalog.json_to_recordset(?) AS "+record(body, m.Columns), m.Body)
	}
	return sql("pg_catalog.json_to_record(?) AS "+record(body, m.Columns), m.Body)
}

// textRow renders a body's values as a row of texts. OFFSET keeps the planner from
// casting them beforehand: what is wrong with them is to be found when they are used,
// by somebody who may use them.
func textRow(names []string, values [][]byte) fragment {
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

// record renders the columns that JSON is read as.
func record(alias string, columns []plan.WriteColumn) string {
	definitions := make([]string, len(columns))
	for i, c := range columns {
		typeName := sqlType(c.TypeName)
		if c.Parse.Name != "" {
			typeName = "json"
		}
		definitions[i] = sqlfrag.Ident(c.Name) + " " + typeName
	}
	return alias + "(" + strings.Join(definitions, ", ") + ")"
}

// sqlType is a type as the catalogs print it, quoted where it has to be.
func sqlType(name string) string { return strings.ReplaceAll(name, "?", "??") }

// defaults renders an object of the columns' defaults, which the catalogs have as SQL.
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
			f.add("?::text, "+defaultValue(c), c.Name)
		} else {
			f.add("?::text, pg_catalog.nextval(pg_catalog.pg_get_serial_sequence(?, ?))",
				c.Name, strings.ReplaceAll(target(m), "??", "?"), c.Name)
		}
	}
	f.add(")")
	return f
}

// maxMembers is how many members an object can be built with: PostgreSQL passes a function
// 100 arguments at most.
const maxMembers = 50

// defaultValue renders a column's default. One that is parsed like the body's
// values has to be represented as these are.
func defaultValue(c plan.WriteColumn) string {
	value := sqlType(c.Default)
	if c.Parse.Name != "" && c.Represent.Name != "" {
		value = sqlfrag.Qualified(c.Represent.Schema, c.Represent.Name) + "(CAST(" + value + " AS " + sqlType(c.TypeName) + "))"
	}
	return value
}
