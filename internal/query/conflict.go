package query

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// onConflict renders what becomes of rows that are there already.
func onConflict(m *plan.Mutate) fragment {
	if m.Conflict == nil || len(m.Conflict.Columns) == 0 && m.Conflict.Constraint == "" {
		return fragment{}
	}
	clause := " ON CONFLICT " + arbiter(m.Conflict)
	if !m.Conflict.Merge || len(m.Conflict.Updates) == 0 {
		return sql(clause + " DO NOTHING")
	}
	sets := make([]string, len(m.Conflict.Updates))
	for i, c := range m.Conflict.Updates {
		sets[i] = sqlfrag.Ident(c.Name) + " = EXCLUDED." + sqlfrag.Ident(c.Name)
	}
	f := sql(clause + " DO UPDATE SET " + strings.Join(sets, ", "))
	var conditions []fragment
	if counts(m) {
		conditions = append(conditions, sql(countInserted("-")))
	}
	if len(m.Check) > 0 { // the row that is there has to satisfy them, too
		conditions = append(conditions, satisfies(m))
	}
	f.join(where(conditions))
	return f
}

// arbiter renders what decides that a row is there already: a constraint, or columns of which
// PostgreSQL finds the index. The predicate of a partial one is the catalog's own SQL.
func arbiter(c *plan.Conflict) string {
	if c.Constraint != "" {
		return "ON CONSTRAINT " + sqlfrag.Ident(c.Constraint)
	}
	names := make([]string, len(c.Columns))
	for i, name := range c.Columns {
		names[i] = sqlfrag.Ident(name)
	}
	columns := "(" + strings.Join(names, ", ") + ")"
	if c.Predicate != "" {
		columns += " WHERE " + catalogSQL(c.Predicate)
	}
	return columns
}

// counts reports an upsert that counts the rows that it inserts.
func counts(m *plan.Mutate) bool { return merges(m) && !m.Spread() }

// merges reports an upsert that updates what was there.
func merges(m *plan.Mutate) bool { return m.Conflict != nil && m.Conflict.Merge }

// InsertedSetting is the setting in which an upsert counts the rows that it
// inserted: one up for each that it tries, one down for each that was there.
// PostgreSQL itself tells only how many there were of both.
const InsertedSetting = "pgrst.inserted"

func countInserted(sign string) string { return countIn(InsertedSetting, sign) }

// countIn renders a condition that always holds, and counts one up or down in a setting.
func countIn(setting, sign string) string {
	return "pg_catalog.set_config('" + setting + "', (COALESCE(NULLIF(pg_catalog.current_setting('" +
		setting + "', true), ''), '0')::int " + sign + " 1)::text, true) IS NOT NULL"
}
