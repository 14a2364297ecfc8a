package query

import (
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// Names of row sources that no relation is likely to have.
const (
	resultName  = "pgrst result" // what a write returned
	bodyName    = "pgrst body"   // the rows of the request's body
	elementName = "pgrst element"
)

// mutate renders a write with what it returns.
func mutate(m *plan.Mutate) (fragment, *Program) {
	write := write(m)
	switch {
	case m.Return == plan.ReturnRepresentation && plain(m) && !(m.Spread() && callsFunctions(m)):
		return returnOutputs(m, write)
	case m.Return == plan.ReturnRepresentation:
		return readResult(m, write)
	case len(m.Key) > 0:
		return returnKey(m, write)
	case reportsRows(m):
		return returnWritten(m, write)
	}
	if guarded(m) {
		return countAllowed(m, write)
	}
	return write, &Program{Yield: Yield{Form: FormTag}}
}

// write renders a write that returns nothing.
func write(m *plan.Mutate) fragment {
	switch {
	case m.Action == plan.Update, replaces(m):
		return update(m)
	case m.Action == plan.Delete:
		return deletion(m)
	}
	return insert(m)
}

// target names the relation that is written to.
func target(m *plan.Mutate) string { return sqlfrag.Qualified(m.Table.Name.Schema, m.Table.Name.Name) }
