package query

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// update renders UPDATE … FROM the body. A PUT with a condition is one, too.
func update(m *plan.Mutate) fragment {
	if noColumns(m) {
		return updateNothing(m)
	}
	f, conditions := sql("UPDATE "+target(m)+" SET "), toWrite(m)
	joins := m.Array || len(m.Columns) > maxTogether
	switch {
	case m.Bulk != nil:
		return bulkUpdate(m, f)
	case m.Members != nil && m.OneRow && !m.Spread(): // or else lateText would be refused
		f.join(textAssignments(m))
	case m.Array && !replaces(m):
		f.add(columnList(m, func(c plan.WriteColumn) string { return sqlfrag.Ident(c.Name) + " = " + parsedValue(c) }))
		f.join(bodyRows(m).within(" FROM ", ""))
	case joins:
		f.add(columnList(m, func(c plan.WriteColumn) string { return sqlfrag.Ident(c.Name) + " = " + bodyColumn(c) }))
		f.join(valueRows(m).within(" FROM ", ""))
	default: // a single object is read once, and needs no join
		f.add("(" + columnNames(m) + ") = (SELECT " + columnList(m, valueOf(m)))
		f.join(bodyRows(m).within(" FROM ", ")"))
	}
	switch {
	case !replaces(m):
	case joins && m.Members == nil:
		conditions = append(conditions, sameRow(m)...)
	default:
		conditions = append(conditions, holdsSameRow(m))
	}
	f.join(where(conditions))
	return f
}

// maxTogether is how many columns an update assigns together: to parse such a statement
// PostgreSQL copies the subquery for each of them.
const maxTogether = 64

// noColumns reports an update without columns.
func noColumns(m *plan.Mutate) bool { return m.Action == plan.Update && len(m.Columns) == 0 }

// updateNothing renders what stands for an update without columns, which SQL has no syntax
// for: a read of no rows, or of those whose keys the body has.
func updateNothing(m *plan.Mutate) fragment {
	columns := ""
	if m.Return == plan.ReturnRepresentation {
		columns = strings.Join(needed(m.Root), ", ")
	}
	if m.Bulk != nil {
		return bulkRead(m, columns)
	}
	return sql("SELECT " + columns + " FROM " + target(m) + " WHERE FALSE")
}

// lateText is a text that PostgreSQL's planner doesn't know: it would cast an argument as
// soon as it plans the statement, and a value that can't be cast would be an error even for
// who may not write, or if there is no row to write. The condition never holds, but the
// planner doesn't call a function that isn't immutable to see that. textRow has OFFSET for
// the same reason, which costs more.
const lateText = "(CASE WHEN pg_catalog.pg_backend_pid() IS NULL THEN NULL ELSE ?::text END)"

// textAssignments assigns each member to its column by a cast. It is for an update of one
// row: in one of several, each row would have every value cast again.
func textAssignments(m *plan.Mutate) fragment {
	var f fragment
	for i, c := range m.Columns {
		if i > 0 {
			f.add(", ")
		}
		f.add(sqlfrag.Ident(c.Name)+" = "+lateText+textCast(c), m.Members[i])
	}
	return f
}
