package query

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// AffectedSetting is the setting in which a write counts the rows that it has written, if it
// shows fewer or more of them.
const AffectedSetting = "pgrst.affected"

// countsAffected reports a write whose number of rows is asked for, and isn't that of the rows
// that it shows.
func countsAffected(m *plan.Mutate) bool {
	return (m.Expect.EachObject || m.CountRows && !noColumns(m)) && !m.ShowsEach() && !m.Spread()
}

// Written is where a write's result has the rows that were written. Each is a JSON object
// of the row as the relation has it now, "new", and as it was, "old", either of them null
// if there is none, or if PostgreSQL doesn't tell.
type Written uint8

// The places of the rows that were written.
const (
	// NotWritten: nobody wants them.
	NotWritten Written = iota
	// WrittenInRows: each row's last column has the row that it was made of.
	WrittenInRows
	// WrittenBefore: the first row begins with an array of all of them. As with a total,
	// a mark follows, and there is one row at least.
	WrittenBefore
	// WrittenBehind: they are an array in the last column of the only row.
	WrittenBehind
)

// writtenColumns are those before the client's own of WrittenBefore.
const writtenColumns = 2

// WrittenOf takes what was written out of a row: nil if it isn't there.
func (y *Yield) WrittenOf(row [][]byte) []byte {
	switch y.Written {
	case WrittenBefore:
		return row[0]
	case WrittenInRows, WrittenBehind:
		return row[len(row)-1]
	}
	return nil
}

// writtenName is the column with the row that was written, before it is an OwnName.
const writtenName = "pgrst written"

// reportsRows says whether a write reports its rows to the host. An update of nothing has none.
func reportsRows(m *plan.Mutate) bool { return m.ReportRows && !noColumns(m) }

// writtenIn is where rows that RETURNING gives have what was written.
func writtenIn(m *plan.Mutate) Written {
	if reportsRows(m) {
		return WrittenInRows
	}
	return NotWritten
}

// returning is RETURNING, with a name for the rows as they were if these are reported.
func returning(m *plan.Mutate) string {
	if reportsRows(m) && m.ReportOld && m.Action != plan.Delete {
		return " RETURNING WITH (OLD AS " + sqlfrag.Ident(oldName) + ") "
	}
	return " RETURNING "
}

// written renders the JSON of the row that was written.
func written(m *plan.Mutate) fragment {
	json := func(alias string) string {
		return "pg_catalog.row_to_json(" + rowOf(sqlfrag.Ident(alias), m.Table.Name) + ")"
	}
	now, before := json(m.Target.Alias), "NULL"
	switch {
	case m.Action == plan.Delete:
		now, before = before, now
	case m.ReportOld && m.Nested == nil: // else they are read, and all of them are new
		before = json(oldName)
	}
	return sql("pg_catalog.json_build_object('new', " + now + ", 'old', " + before + ")::text")
}

// addWritten adds that JSON to what a write returns, if it is reported.
func addWritten(m *plan.Mutate, write *fragment) {
	if reportsRows(m) {
		write.add(", ")
		write.join(written(m).within("", " AS "+sqlfrag.Ident(m.Root.OwnName(writtenName))))
	}
}

// returnWritten has a write return nothing else.
func returnWritten(m *plan.Mutate, write fragment) (fragment, *Program) {
	write.join(allowedValue(m, written(m)).within(returning(m), " AS "+sqlfrag.Ident(writtenName)))
	return write, &Program{Yield: Yield{Written: WrittenInRows}}
}

// oldName names the row as it was.
const oldName = "pgrst old"

// joinWritten adds what was written to the rows that a result is read as.
func joinWritten(m *plan.Mutate, read fragment, program *Program) fragment {
	all := "(SELECT pg_catalog.json_agg(" + sqlfrag.Qualified(resultName, m.Root.OwnName(writtenName)) + "::json)::text AS rows FROM " + sqlfrag.Ident(resultName) + ") written"
	if program.Form != FormRows {
		program.Written = WrittenBehind
		return read.within("SELECT page.*, written.rows FROM (", ") page, "+all)
	}
	program.Written = WrittenBefore
	// Columns may have no names, or the same.
	names, shown := make([]string, len(program.Columns)), ""
	for i := range names {
		names[i] = "c" + position(i)
		shown += ", page." + names[i]
	}
	if program.Version {
		names, shown = append(names, "version"), shown+", page.version"
	}
	alias := "rows"
	if len(names) > 0 {
		alias += "(" + strings.Join(names, ", ") + ")"
	}
	return read.within("SELECT CASE WHEN pg_catalog.row_number() OVER () = 1 THEN written.rows END, page.mark"+shown+
		" FROM "+all+" LEFT JOIN (SELECT TRUE AS mark, rows.* FROM (", ") "+alias+") page ON TRUE")
}
