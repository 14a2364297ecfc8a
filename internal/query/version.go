package query

import (
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/internal/value"
)

// versionName is the column with the version in what a write returned, before it is an
// OwnName.
const versionName = "pgrst version"

// versionText renders a row's version as a text, by the quoted alias of the row. Times have
// the same text in every session, whatever its time zone and its DateStyle. A row that its
// transaction has written twice has the same xmin, but not the same ctid.
func versionText(alias string, v *plan.Version) string {
	if v.Column == nil {
		return "(" + alias + ".xmin::text || " + alias + ".ctid::text)"
	}
	column := alias + "." + sqlfrag.Ident(v.Column.Name)
	switch v.Column.Type.BaseOID {
	case oid.TimestampTZ:
		return "pg_catalog.to_json(pg_catalog.timezone('UTC', " + column + "))::text"
	case oid.Timestamp, oid.Date:
		return "pg_catalog.to_json(" + column + ")::text"
	}
	return column + "::text"
}

// versionOf renders the version that an answer tells besides, as a column behind the outputs
// of its root; empty for none.
func versionOf(a *plan.Answer) string {
	switch {
	case a.Version == nil:
		return ""
	case a.Root.FromResult:
		return sqlfrag.Qualified(a.Root.Alias, a.Root.OwnName(versionName))
	}
	return versionText(sqlfrag.Ident(a.Root.Alias), a.Version)
}

// withVersion has a program's rows end with the version, if the answer tells one.
func withVersion(a *plan.Answer, p *Program) *Program {
	if a.Version == nil {
		return p
	}
	p.Version = true
	if t := p.Times; t != nil { // whose formats are of all columns
		t.Local, t.All = append(t.Local, 0), append(t.All, 0)
	}
	return p
}

// returnsVersion says whether a write returns the version of the row that it has written. An
// update of nothing writes none.
func returnsVersion(m *plan.Mutate) bool { return m.Version != nil && !noColumns(m) }

// addVersion adds the version to what a write returns.
func addVersion(m *plan.Mutate, write *fragment) {
	if returnsVersion(m) {
		write.add(", " + versionText(sqlfrag.Ident(m.Target.Alias), m.Version) + " AS " + sqlfrag.Ident(m.Root.OwnName(versionName)))
	}
}

// A write with a condition has the condition in its WHERE, so that no other write comes
// between. Each row that it writes leaves a mark, and the statement behind it, in the same
// round trip, fails if there is no mark because of the condition.

// writtenSetting is the setting with the mark.
const writtenSetting = "pgrst.written"

const markWritten = "pg_catalog.set_config('" + writtenSetting + "', 'yes', true) IS NOT NULL"

// versionMatches renders the condition that a row has one of the versions.
func versionMatches(m *plan.Mutate) fragment {
	return sql(versionText(sqlfrag.Ident(m.Target.Alias), m.Match.Version)+" = ANY (?::text[])", value.Arg{From: value.FromVersions})
}

// toWrite are the conditions of the rows that an UPDATE or a DELETE writes.
func toWrite(m *plan.Mutate) []fragment {
	conditions := theRow(m)
	if m.Match != nil && m.Match.Version != nil {
		conditions = append(conditions, versionMatches(m))
	}
	return conditions
}

// theRow are the filters of the row that a write with a condition is about. To a PUT, a row
// that doesn't satisfy conditions of the host's isn't there.
func theRow(m *plan.Mutate) []fragment {
	conditions := predicates(m.Target, m.Where)
	if replaces(m) {
		conditions = append(conditions, predicates(m.Target, m.Check)...)
	}
	return conditions
}

// replaces reports a PUT that changes the row that is there, or none.
func replaces(m *plan.Mutate) bool {
	return m.Action == plan.Upsert && m.Match != nil && !m.Match.Absent
}

// sameRow are the conditions of a PUT on the row of the body, by which it is that of the
// filters.
func sameRow(m *plan.Mutate) []fragment {
	row := *m.Target
	row.Alias = bodyName
	return predicates(&row, m.Where)
}

// holdsSameRow renders the condition that there is such a row in the body.
func holdsSameRow(m *plan.Mutate) fragment {
	f := sql("EXISTS (SELECT FROM ")
	f.join(valueRows(m))
	f.join(where(sameRow(m)))
	f.add(")")
	return f
}

// precondition renders the statement behind a write with a condition. It fails if nothing
// was written and the row has another version, and of a PUT for whatever reason nothing was
// written: of one that inserts its row or nothing that is the row, if the body has it. It is
// nil for writes without a condition.
func precondition(m *plan.Mutate) *Statement {
	if m.Match == nil {
		return nil
	}
	row := func(conditions []fragment) fragment {
		return where(conditions).within("EXISTS (SELECT FROM "+target(m), ")")
	}
	f := sql("SELECT CASE WHEN pg_catalog.current_setting('" + writtenSetting + "', true) <> '' THEN pg_catalog.set_config('" + writtenSetting + "', '', true)")
	if m.Match.Absent {
		f.join(holdsSameRow(m).within(" WHEN NOT ", " THEN "+raising(plan.KeyMismatch)+"::text"))
		f.add(" ELSE " + raising(plan.RowPresent) + "::text")
	}
	if m.Match.Version != nil {
		other := append(theRow(m), versionMatches(m).within("(", ") IS NOT TRUE"))
		f.join(row(other).within(" WHEN ", " THEN "+raising(plan.VersionViolation)+"::text"))
	}
	if replaces(m) {
		f.join(row(theRow(m)).within(" WHEN NOT ", " THEN "+raising(plan.RowMissing)+"::text"))
		f.add(" ELSE " + raising(plan.KeyMismatch) + "::text")
	}
	f.add(" END")
	return statement(f)
}
