package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/filter"
)

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

// Vouched reports whether a contradiction is the schema cache's: it vouched for what the
// database says isn't so. If so, the cache is out of date; else the client erred.
func (a *Answer) Vouched(c Contradiction) bool {
	switch c {
	case NoSuchName:
		return a.Root.vouched()
	case NoSuchThing:
		return true
	}
	return false
}

// Vouched reports it also of what is written.
func (m *Mutate) Vouched(c Contradiction) bool {
	switch c {
	case NoSuchName:
		return m.vouched() && m.Answer.Vouched(c)
	case NoSuchAssignment:
		return len(m.Columns) > 0 && !slices.ContainsFunc(m.Where, asksTruth) && !m.Root.asksTruth()
	case NoSuchKey:
		return m.Conflict != nil && !m.Conflict.Given
	}
	return m.Answer.Vouched(c)
}

func (m *Mutate) vouched() bool {
	for _, node := range m.Where {
		if !m.target.vouches(node) {
			return false
		}
	}
	if m.Conflict != nil {
		for _, name := range m.Conflict.Columns {
			if _, ok := m.Table.Column(name); !ok {
				return false
			}
		}
	}
	return true
}

// asksTruth reports a condition such as is.true, which PostgreSQL refuses of a column
// that is no boolean in the words that it has for assignments.
func asksTruth(node filter.Node) bool {
	switch node := node.(type) {
	case filter.Condition:
		return node.Operator == filter.Is && node.Is != filter.IsNull && node.Is != filter.IsNotNull
	case filter.Group:
		return slices.ContainsFunc(node.Nodes, asksTruth)
	}
	return false
}

func (n *Node) asksTruth() bool {
	return slices.ContainsFunc(n.Where, asksTruth) || slices.ContainsFunc(n.Embeds, func(e *Embed) bool { return e.Node.asksTruth() })
}
