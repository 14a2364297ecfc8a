package query

import (
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// Names of row sources. The rows of relations that have such a name have another alias.
const (
	resultName  = "pgrst result" // what a write returned
	bodyName    = "pgrst body"   // the rows of the request's body
	elementName = "pgrst element"
)

// mutate renders a write with what it returns.
func mutate(m *plan.Mutate) (fragment, *Program) {
	if m.Nested != nil {
		return nested(m)
	}
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
	if noColumns(m) && m.Bulk != nil {
		return countResult(write)
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

// target renders the relation that is written to, with its alias.
func target(m *plan.Mutate) string { return relation(m.Target) }

// relation renders the relation of a node that no embed leads to. Its alias is its name,
// with few exceptions.
func relation(n *plan.Node) string {
	if n.Alias == n.Table.Name.Name {
		return qualified(n.Table)
	}
	return qualified(n.Table) + " AS " + sqlfrag.Ident(n.Alias)
}

func qualified(t *introspect.Table) string { return sqlfrag.Qualified(t.Name.Schema, t.Name.Name) }
