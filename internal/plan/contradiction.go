package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/introspect"
)

// Contradiction says in which way PostgreSQL's refusal of a statement contradicts the
// schema cache that the statement was made from.
type Contradiction uint8

// The contradictions. PostgreSQL refuses a name of the client's and one of the schema cache
// in the same words: the plan has to say which of both it can have been.
const (
	// NoContradiction is a refusal that only the client can have caused.
	NoContradiction Contradiction = iota
	// NoSuchName is that of a column or a relation that isn't there.
	NoSuchName
	// NoSuchThing is that of something that only the schema cache puts into statements: a
	// function with its schema, a type with its schema, a cast that no client asked for.
	NoSuchThing
	// NoSuchAssignment is that of a value that has another type than the column that it
	// is written to.
	NoSuchAssignment
	// NoSuchKey is that of columns that are no key by which rows conflict.
	NoSuchKey
)

// reliance says what a plan relies on beside the schema cache. It is noted while names are
// resolved.
type reliance struct {
	// onClient reports a name that only the client knows: the schema cache doesn't have it.
	onClient bool
	// onTruth reports a condition such as is.true, which relies on the column being boolean.
	onTruth bool
	// onHost reports an operator of the host's, whose SQL the schema cache knows nothing of.
	onHost bool
}

// onField notes a field that is filtered or ordered by.
func (r *reliance) onField(f Field) {
	r.onClient, r.onHost = r.onClient || f.Column == nil, r.onHost || f.Call != nil
}

// onOutput notes an output that is filtered or ordered by. What is shown is noted by onTree.
func (r *reliance) onOutput(o *Output) {
	if o.Column != nil && !o.Column.Rows {
		r.onField(o.Column.Field)
	}
}

// onColumns notes columns of a relation by their names.
func (r *reliance) onColumns(t *introspect.Table, names []string) {
	r.onClient = r.onClient || slices.ContainsFunc(names, func(name string) bool { return !has(t, name) })
}

// onTree notes what the nodes of a tree select, and what they are joined by: the columns
// of a relation of the cache, which the rows of a function may lack if they only have the
// relation's name.
func (r *reliance) onTree(n *Node) {
	r.onClient = r.onClient || n.Unknown() || len(n.Embeds) > 0 && !n.Exposed
	r.onHost = r.onHost || slices.ContainsFunc(n.Columns, func(c Column) bool { return c.Field.Call != nil })
	for _, e := range n.Embeds {
		r.onTree(e.Node)
	}
}

// Vouched reports that it is the schema cache which vouched for what the database
// contradicts, so that the cache is out of date. Otherwise the client erred.
func (a *Answer) Vouched(c Contradiction) bool {
	switch c {
	case NoSuchName:
		return !a.relies.onClient
	case NoSuchThing:
		return !a.relies.onHost
	}
	return false
}

// Vouched reports it also of what is written.
func (m *Mutate) Vouched(c Contradiction) bool {
	switch c {
	case NoSuchAssignment:
		return (len(m.Columns) > 0 || m.Nested != nil) && !m.relies.onTruth
	case NoSuchKey:
		return m.Conflict != nil && (!m.Conflict.Given || m.Conflict.Predicate != "" || m.Conflict.Constraint != "")
	}
	return m.Answer.Vouched(c)
}
