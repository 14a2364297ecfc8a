package query

import (
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// A condition of the host's holds for what is written as well: each row that a write
// returns is held against it, as triggers have left the row, and one that doesn't satisfy it
// has the statement fail, so that nothing of it stays.

// raising is an expression that fails with a message when it is computed, and not before:
// what the backend's number is isn't known when the statement is planned.
func raising(message string) string {
	return "(pg_catalog.pg_backend_pid()::text || ' " + message + "')::boolean"
}

// guarded reports a write whose rows are held against conditions, leave a mark, or are counted.
func guarded(m *plan.Mutate) bool {
	return (len(m.Check) > 0 || m.Match != nil || countsAffected(m)) && (!noColumns(m) || m.Bulk != nil)
}

// allowed renders whether the row of a write satisfies all conditions, or fails. If the write
// has a condition itself, the row leaves its mark.
func allowed(m *plan.Mutate) fragment {
	var all []fragment
	if countsAffected(m) {
		all = append(all, sql(countIn(AffectedSetting, "+")))
	}
	if m.Match != nil {
		all = append(all, sql(markWritten))
	}
	if len(m.Check) > 0 {
		all = append(all, satisfies(m))
	}
	return conditionOf(all[:len(all)-1], all[len(all)-1])
}

// satisfies renders whether the row of a write satisfies all conditions, or fails.
func satisfies(m *plan.Mutate) fragment {
	f := fragment{}
	for i, condition := range predicates(m.Target, m.Check) {
		if i > 0 {
			f.add(" AND ")
		}
		f.join(condition)
	}
	return f.within("CASE WHEN (", ") IS TRUE THEN TRUE ELSE "+raiseOf(m)+" END")
}

// raiseOf is raising for a write that a row violates. A column of the row is not known when the statement is planned
// either, and the text of some types is made by functions that are IMMUTABLE.
func raiseOf(m *plan.Mutate) string {
	if !m.Spread() {
		return raising(plan.RowViolation)
	}
	for i := range m.Table.Columns {
		c := &m.Table.Columns[i]
		if c.Type == nil {
			continue
		}
		switch c.Type.BaseOID {
		case oid.Int2, oid.Int4, oid.Int8, oid.Text, oid.VarChar, oid.UUID:
			return "(COALESCE(" + sqlfrag.Qualified(m.Target.Alias, c.Name) + "::text, '') || ' " + plan.RowViolation + "')::boolean"
		}
	}
	return raising(plan.RowViolation)
}

// allowedValue has the first value that a write returns be there for allowed rows only.
func allowedValue(m *plan.Mutate, value fragment) fragment {
	if !guarded(m) {
		return value
	}
	f := allowed(m).within("CASE WHEN ", " THEN ")
	f.join(value)
	f.add(" END")
	return f
}

// allowedName is that of the column of a write's result that holds its rows against the
// conditions, and that nobody reads, before it is an OwnName.
const allowedName = "pgrst allowed"

// addAllowed adds that column to what a write returns.
func addAllowed(m *plan.Mutate, write *fragment) {
	if guarded(m) {
		write.add(", ")
		write.join(allowedColumn(m))
	}
}

func allowedColumn(m *plan.Mutate) fragment {
	return allowed(m).within("", " AS "+sqlfrag.Ident(m.Root.OwnName(allowedName)))
}

// countAllowed renders a write that returns nothing but the number of its rows.
func countAllowed(m *plan.Mutate, write fragment) (fragment, *Program) {
	write.join(allowed(m).within(" RETURNING ", " AS "+sqlfrag.Ident(allowedName)))
	return countResult(write)
}

// countResult renders the number of the rows that a statement gives.
func countResult(of fragment) (fragment, *Program) {
	f := of.within("WITH "+sqlfrag.Ident(resultName)+" AS (", ") SELECT pg_catalog.count(*) FROM "+sqlfrag.Ident(resultName))
	return f, &Program{Yield: Yield{Form: FormNumber}}
}
