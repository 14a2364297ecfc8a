package query

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// onConflict renders what becomes of rows that are there already.
func onConflict(m *plan.Mutate) fragment {
	if m.Conflict == nil || len(m.Conflict.Columns) == 0 {
		return fragment{}
	}
	names := make([]string, len(m.Conflict.Columns))
	for i, name := range m.Conflict.Columns {
		names[i] = sqlfrag.Ident(name)
	}
	clause := " ON CONFLICT (" + strings.Join(names, ", ") + ")"
	if !m.Conflict.Merge || len(m.Columns) == 0 {
		return sql(clause + " DO NOTHING")
	}
	sets := make([]string, len(m.Columns))
	for i, c := range m.Columns {
		sets[i] = sqlfrag.Ident(c.Name) + " = EXCLUDED." + sqlfrag.Ident(c.Name)
	}
	f := sql(clause + " DO UPDATE SET " + strings.Join(sets, ", ") + " WHERE " + countInserted("-"))
	if guarded(m) { // the row that is there has to satisfy them, too
		f.join(allowed(m).within(" AND ", ""))
	}
	return f
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
