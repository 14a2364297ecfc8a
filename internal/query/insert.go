package query

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// insert renders INSERT … SELECT from the body.
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
	if m.Action == plan.Upsert { // whose filters are about the row in the body
		row := *m.Target
		row.Alias = bodyName
		conditions = append(conditions, predicates(&row, m.Where)...)
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
