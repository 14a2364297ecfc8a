package query

import "github.com/pgrest-go/pgrest/internal/plan"

// insert renders INSERT … SELECT from the body. An upsert's filters are about the row in it.
func insert(m *plan.Mutate) fragment {
	f := sql("INSERT INTO " + target(m))
	if len(m.Columns) > 0 {
		f.add("(" + columnNames(m) + ")")
	}
	if m.Action == plan.Upsert && parses(m) { // its filters compare the values that are written
		f.add(" SELECT " + columnList(m, bodyColumn))
		f.join(valueRows(m).within(" FROM ", ""))
	} else {
		f.add(" SELECT " + columnList(m, valueOf(m)))
		f.join(bodyRows(m).within(" FROM ", ""))
	}
	var conditions []fragment
	if counts(m) {
		conditions = append(conditions, sql(countInserted("+")))
	}
	if m.Action == plan.Upsert {
		conditions = append(conditions, sameRow(m)...)
	}
	f.join(where(conditions))
	f.join(onConflict(m))
	return f
}
