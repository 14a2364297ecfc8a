package query

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// update renders UPDATE … FROM the body. One without columns has no syntax, and
// nothing to do.
func update(m *plan.Mutate) fragment {
	if noColumns(m) {
		f := sql("SELECT ")
		if m.Return == plan.ReturnRepresentation {
			f.add(strings.Join(needed(m.Root), ", "))
		}
		f.add(" FROM " + target(m) + " WHERE FALSE")
		return f
	}
	f := sql("UPDATE " + target(m) + " SET ")
	switch {
	case m.Members != nil && m.OneRow:
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
	f.join(where(predicates(m.Target, m.Where)))
	return f
}

// maxTogether is how many columns an update assigns together: to parse such a statement
// PostgreSQL copies the subquery for each of them.
const maxTogether = 64

// noColumns reports an update of nothing.
func noColumns(m *plan.Mutate) bool { return m.Action == plan.Update && len(m.Columns) == 0 }

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
		f.add(sqlfrag.Ident(c.Name)+" = (CASE WHEN pg_catalog.pg_backend_pid() IS NULL THEN NULL ELSE ?::text END)"+textCast(c), m.Members[i])
	}
	return f
}
