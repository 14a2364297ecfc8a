package plan

// Contradiction is how PostgreSQL's refusal of a statement contradicts what the plan was
// made from.
type Contradiction uint8

// The contradictions. What a client writes may be refused in the same words as what the
// schema cache knows, so that the plan has to say which of both it was.
const (
	// NoContradiction is what the client alone can have caused.
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

// reliance is what a plan relies on beside the schema cache.
type reliance struct {
	// onClient reports a name of the client's that the schema cache doesn't have.
	onClient bool
	// onTruth reports a condition such as is.true.
	onTruth bool
}

// onField takes note of a field that is filtered or ordered by.
func (r *reliance) onField(f Field) { r.onClient = r.onClient || f.Column == nil }

// onTree takes note of what the nodes of a tree select.
func (r *reliance) onTree(n *Node) {
	// A relation that a function returns may lack what joins its namesake's.
	r.onClient = r.onClient || n.Unknown() || len(n.Embeds) > 0 && !n.Exposed
	for _, e := range n.Embeds {
		r.onTree(e.Node)
	}
}

// Vouched reports whether a contradiction is the schema cache's: it vouched for what the
// database says isn't so. If so, the cache is out of date; else the client erred.
func (a *Answer) Vouched(c Contradiction) bool {
	switch c {
	case NoSuchName:
		return !a.relies.onClient
	case NoSuchThing:
		return true
	}
	return false
}

// Vouched reports it also of what is written.
func (m *Mutate) Vouched(c Contradiction) bool {
	switch c {
	case NoSuchAssignment:
		return len(m.Columns) > 0 && !m.relies.onTruth
	case NoSuchKey:
		return m.Conflict != nil && !m.Conflict.Given
	}
	return m.Answer.Vouched(c)
}
