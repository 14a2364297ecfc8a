package query

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// Rows with others within them are inserted level by level, each in a statement of its own: then
// policies and triggers see what was inserted before. All go to PostgreSQL in one pipeline. The
// keys by which rows refer to others stay there, as JSON in a setting of the transaction.
//
// The row that a key is of is known by its place in the body. PostgreSQL makes the rows of
// INSERT … SELECT one by one: the place of each is put into a setting while it is made, and
// RETURNING reads the setting. That each place has come back once is checked.

// placeSetting is the setting with the place of the row that is being inserted.
const placeSetting = "pgrst.place"

// keysSetting is the setting with the keys of a level: an array of objects with the places, and
// the keys by their numbers.
func keysSetting(l *plan.Level) string {
	if l.Junction {
		return "pgrst.junction_" + strconv.Itoa(l.Index)
	}
	return "pgrst.level_" + strconv.Itoa(l.Index)
}

// nested renders the inserts of rows with others within them. The main statement is the one that
// reads the rows, behind all of them, or else the insert of the relation's own.
func nested(m *plan.Mutate) (fragment, *Program) {
	n := m.Nested
	main, program := insertRoot(m)
	if n.Key != nil {
		main, program = readNested(m)
	}
	list := &program.Before
	for _, l := range n.Levels {
		if l == n.Root && n.Key == nil {
			list = &program.Behind
			continue
		}
		*list = append(*list, levelStatement(l))
	}
	return main, program
}

// levelStatement renders the insert of a level.
func levelStatement(l *plan.Level) Statement {
	var f fragment
	switch insert := insertLevel(l); {
	case l.Keys != nil:
		f = keepKeys(l, insert, "")
	case guarded(l.Write):
		f, _ = countAllowed(l.Write, insert)
	default:
		f = insert
	}
	s := *statement(f)
	markLevel(&s, l)
	return s
}

// markLevel says whose rows a statement inserts.
func markLevel(s *Statement, l *plan.Level) {
	s.Level = l.Index + 1
	for _, c := range l.Filled {
		s.Filled = append(s.Filled, c.Name)
	}
	if t := l.Write.Table; !l.Junction && !t.Kind.IsView() {
		for i := range t.Columns {
			s.Columns = append(s.Columns, t.Columns[i].Name)
		}
	}
}

// insertRoot renders the insert of the relation's own rows, which tells how many there are.
func insertRoot(m *plan.Mutate) (fragment, *Program) {
	root := m.Nested.Root
	insert := insertLevel(root)
	switch {
	case root.Keys != nil:
		return keepKeys(root, insert, "pg_catalog.count(*), "), &Program{Yield: Yield{Form: FormNumber}}
	case guarded(m):
		return countAllowed(m, insert)
	}
	return insert, &Program{Yield: Yield{Form: FormTag}}
}

// readNested renders the reading of the relation's own rows, of what is wanted of them.
func readNested(m *plan.Mutate) (fragment, *Program) {
	switch {
	case m.Return == plan.ReturnRepresentation:
		return readInserted(m)
	case len(m.Key) > 0:
		f := sql("SELECT " + strings.Join(keyTexts(m), ", "))
		addWritten(m, &f)
		f.join(insertedRows(m))
		return f, &Program{Yield: Yield{Columns: keyColumns(m.Key), Written: writtenIn(m)}}
	}
	f := written(m).within("SELECT ", "")
	f.join(insertedRows(m))
	return f, &Program{Yield: Yield{Written: WrittenInRows}}
}

// readInserted reads what the client gets from the rows that were inserted, as they are when all
// others are there.
func readInserted(m *plan.Mutate) (fragment, *Program) {
	f := sql("SELECT " + strings.Join(needed(m.Root), ", "))
	f.add(", " + keyColumn(m.Nested.Root, "place") + " AS " + sqlfrag.Ident(m.Root.PlaceColumn))
	addWritten(m, &f)
	f.join(foundRows(m))
	f = f.within("WITH "+sqlfrag.Ident(resultName)+" AS (", ") ")
	read, program := rows(&m.Answer)
	if reportsRows(m) {
		read = joinWritten(m, read, program)
	}
	f.join(read)
	return f, program
}

// insertedRows renders FROM with the rows that were inserted, in their order.
func insertedRows(m *plan.Mutate) fragment {
	return foundRows(m).within("", " ORDER BY "+keyColumn(m.Nested.Root, "place"))
}

// foundRows renders FROM with the rows that were inserted, by their keys.
func foundRows(m *plan.Mutate) fragment {
	root := m.Nested.Root
	f := sql(" FROM " + target(m) + " JOIN " + keyRows(root) + " ON ")
	for i, key := range m.Nested.Key {
		if i > 0 {
			f.add(" AND ")
		}
		f.add(sqlfrag.Qualified(m.Target.Alias, root.Keys[key].Name) + " = " + keyColumn(root, position(key)))
	}
	return f
}

// insertLevel renders INSERT … SELECT from the objects of a level, and from the keys of others.
func insertLevel(l *plan.Level) fragment {
	var columns []string
	var values []fragment
	for _, c := range l.Write.Columns {
		if filledColumn(l, c.Name) == nil {
			columns, values = append(columns, sqlfrag.Ident(c.Name)), append(values, sql(parsedValue(c)))
		}
	}
	for i := range l.Filled {
		columns, values = append(columns, sqlfrag.Ident(l.Filled[i].Name)), append(values, filledValue(l, &l.Filled[i]))
	}
	f := sql("INSERT INTO " + target(l.Write))
	if len(columns) > 0 {
		f.add("(" + strings.Join(columns, ", ") + ")")
	}
	f.add(" SELECT ")
	if l.Keys == nil {
		for i, v := range values {
			if i > 0 {
				f.add(", ")
			}
			f.join(v)
		}
		f.join(levelRows(l))
		return f
	}
	rows := sql("(SELECT ")
	for i, v := range values {
		if i > 0 {
			f.add(", ")
		}
		f.add(sqlfrag.Qualified("rows", position(i)))
		rows.join(v)
		rows.add(" AS " + sqlfrag.Ident(position(i)) + ", ")
	}
	rows.add(placeOf(l) + " AS place")
	rows.join(levelRows(l))
	f.add(" FROM ")
	f.join(rows)
	// Without OFFSET PostgreSQL would test the condition before it sorts.
	f.add(" OFFSET 0) rows WHERE pg_catalog.set_config('" + placeSetting + "', rows.place::text, true) IS NOT NULL")
	return f
}

// levelRows renders FROM with the objects of a level, in their order, and with the keys of others.
func levelRows(l *plan.Level) fragment {
	f, at := objectsOf(l)
	for i, s := range l.Sources {
		join, column := " JOIN ", aroundColumn(l)
		switch s.By {
		case plan.ByWithin:
			join, column = " LEFT JOIN ", withinColumn(l, i)
		case plan.ByPlace:
			column = placeColumn(l)
		}
		f.add(join + keyRows(s.From) + " ON " + keyColumn(s.From, "place") + " = " + sqlfrag.Qualified(at, column))
	}
	f.add(" ORDER BY " + sqlfrag.Qualified(at, placeColumn(l)))
	return f.within(" FROM ", "")
}

// objectsOf renders the objects of a level as rows of the columns, with their places and those of
// the objects around and within them, and the name of the rows that have the places.
func objectsOf(l *plan.Level) (f fragment, at string) {
	m, names := l.Write, []string{}
	f, at = sql("ROWS FROM ("), bodyName
	places := func(arg value.Arg, name string) {
		if len(names) > 0 {
			f.add(", ")
		}
		f.add("pg_catalog.unnest(?::int[])", arg)
		names = append(names, name)
	}
	switch {
	case len(m.Columns) == 0: // there is nothing to read but places
	case m.Defaults:
		at, names = elementName, append(names, "value")
		f.add("pg_catalog.jsonb_array_elements(?)", levelArg(value.FromLevel, l))
	default:
		f.add("pg_catalog.json_to_recordset(?) AS "+record("", m.Columns), levelArg(value.FromLevel, l))
		for _, c := range m.Columns {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 || slices.ContainsFunc(l.Sources, func(s plan.Source) bool { return s.By == plan.ByAround }) {
		places(levelArg(value.FromLevelAround, l), aroundColumn(l))
	}
	for i, s := range l.Sources {
		if s.By == plan.ByWithin {
			places(levelArg(value.FromLevelWithin, s.From), withinColumn(l, i))
		}
	}
	names = append(names, placeColumn(l))
	for i, name := range names {
		names[i] = sqlfrag.Ident(name)
	}
	f.add(") WITH ORDINALITY AS " + sqlfrag.Ident(at) + "(" + strings.Join(names, ", ") + ")")
	if at == elementName {
		f.add(" CROSS JOIN LATERAL pg_catalog.jsonb_to_record(")
		f.join(defaults(m))
		f.add(" || " + sqlfrag.Ident(elementName) + ".value) AS " + record(sqlfrag.Ident(bodyName), m.Columns))
	}
	return f, at
}

func levelArg(from value.Source, l *plan.Level) value.Arg {
	return value.Arg{From: from, Index: l.Index}
}

// placeOf is the place of an object of a level.
func placeOf(l *plan.Level) string {
	if l.Write.Defaults && len(l.Write.Columns) > 0 {
		return sqlfrag.Qualified(elementName, placeColumn(l))
	}
	return sqlfrag.Qualified(bodyName, placeColumn(l))
}

// The columns beside those of the body: with the place of an object, with that of the object around
// it, and with that of the object within, by the number of the source.
func placeColumn(l *plan.Level) string  { return l.Write.Target.OwnName(placeName) }
func aroundColumn(l *plan.Level) string { return l.Write.Target.OwnName("pgrst around") }
func withinColumn(l *plan.Level, source int) string {
	return l.Write.Target.OwnName("pgrst within " + position(source))
}

// filledColumn finds a column among those that keys fill in; nil if it isn't there.
func filledColumn(l *plan.Level, name string) *plan.FilledColumn {
	for i := range l.Filled {
		if l.Filled[i].Name == name {
			return &l.Filled[i]
		}
	}
	return nil
}

// filledValue renders the value of a column that keys fill in, unless the object has one. All that
// a row has of them are the same, or the statement fails: otherwise the row would refer to another
// one than that around it or within it.
func filledValue(l *plan.Level, c *plan.FilledColumn) fragment {
	var values []fragment
	own := parsedValue(c.WriteColumn)
	switch {
	case c.Given && l.Write.Defaults: // the column has its default where the object has none
		values = append(values, sql("CASE WHEN ("+sqlfrag.Ident(elementName)+".value OPERATOR(pg_catalog.->>) ?::text) IS NOT NULL THEN "+own+" END", value.Constant(c.Name)))
	case c.Given:
		values = append(values, sql(own))
	}
	for _, by := range c.From {
		values = append(values, sql(keyColumn(l.Sources[by.Source].From, position(by.Key))))
	}
	if len(values) == 1 {
		return values[0]
	}
	f, first := sql("CASE WHEN CASE WHEN "), true
	for i, one := range values {
		for _, other := range values[i+1:] {
			if !first {
				f.add(" OR ")
			}
			first = false
			f.add("NOT (")
			f.join(one)
			f.add(" = ")
			f.join(other)
			f.add(")")
		}
	}
	f.add(" THEN " + raising(plan.KeysDisagree) + " END THEN NULL ELSE COALESCE(")
	for i, v := range values {
		if i > 0 {
			f.add(", ")
		}
		f.join(v)
	}
	if c.Given && l.Write.Defaults {
		f.add(", " + own)
	}
	f.add(") END")
	return f
}

// keepKeys has an insert return keys, and keeps them in a setting. What it is to tell is before.
func keepKeys(l *plan.Level, insert fragment, tell string) fragment {
	insert.add(" RETURNING pg_catalog.current_setting('" + placeSetting + "', true)::int AS place")
	present, names := make([]string, len(l.Keys)), "place"
	for i, key := range l.Keys {
		name := sqlfrag.Ident(position(i))
		insert.add(", " + sqlfrag.Qualified(l.Write.Target.Alias, key.Name) + " AS " + name)
		present[i], names = name+" IS NOT NULL", names+", "+keptKey(key, name)
	}
	addAllowed(l.Write, &insert)
	f := insert.within("WITH "+sqlfrag.Ident(resultName)+" AS (", ") ")
	count := levelArg(value.FromLevelCount, l)
	f.add("SELECT "+tell+"pg_catalog.set_config('"+keysSetting(l)+"', CASE WHEN pg_catalog.count(*) = ?::bigint AND "+
		"pg_catalog.count(DISTINCT place) FILTER (WHERE "+strings.Join(present, " AND ")+") = ?::bigint "+
		"THEN COALESCE(pg_catalog.json_agg(keys)::text, '[]') ELSE "+raising(plan.RowMissed)+"::text END, true)", count, count)
	f.add(" FROM (SELECT " + names + " FROM " + sqlfrag.Ident(resultName) + ") keys")
	return f
}

// keptKey renders a key as JSON can keep it: types that users make may have casts to JSON of their
// own, which nothing reads again.
func keptKey(c *introspect.Column, name string) string {
	if t := c.Type; t == nil || !t.CastsToJSON && t.Element == nil && t.Kind != introspect.CompositeType {
		return name
	}
	return "CASE WHEN " + name + " IS NOT NULL THEN pg_catalog.format('%s', " + name + ") END AS " + name
}

// keysOf renders the keys of a level as JSON.
func keysOf(l *plan.Level) string {
	return "pg_catalog.current_setting('" + keysSetting(l) + "')::json"
}

// keyRows renders the keys of a level as rows.
func keyRows(l *plan.Level) string {
	columns := "place int"
	for i, key := range l.Keys {
		columns += ", " + sqlfrag.Ident(position(i)) + " " + catalogSQL(key.TypeName)
	}
	return "pg_catalog.json_to_recordset(" + keysOf(l) + ") AS " + sqlfrag.Ident(keysName(l)) + "(" + columns + ")"
}

// keyColumn is a column of these rows.
func keyColumn(l *plan.Level, name string) string { return sqlfrag.Qualified(keysName(l), name) }

// keysName names the rows of keys.
func keysName(l *plan.Level) string { return "pgrst keys " + strconv.Itoa(l.Index) }
