package plan

import (
	"cmp"
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/value"
)

// Predicate is what rows have to satisfy: a Compare, a CompareRelated, a Present, a Some, a Group
// or a Guarded.
type Predicate interface{ predicate() }

// Compare compares a field of the row with a value.
type Compare struct {
	Field Field
	filter.Comparison
	Value value.Arg
}

// Present tests that a row has something to embed or, when Absent is set, nothing.
type Present struct {
	Embed  *Embed
	Absent bool
}

// Group joins predicates with and, or with or when Any is set.
type Group struct {
	Negated, Any bool
	Of           []Predicate
}

// Guarded is a predicate that is asked of rows alone for which another one holds. It could fail,
// and the message would have a value of a row that the host hides.
type Guarded struct{ By, Of Predicate }

func (Compare) predicate() {}
func (Present) predicate() {}
func (Group) predicate()   {}
func (Guarded) predicate() {}

// MayFail reports a predicate on the node's own rows whose casts some value may not allow.
func MayFail(p Predicate) bool {
	switch p := p.(type) {
	case Compare:
		return p.Field.MayFail()
	case Group:
		return slices.ContainsFunc(p.Of, MayFail)
	}
	return false
}

// guard has predicates that may fail be asked only where another one holds.
func guard(all []Predicate, by Predicate) {
	for i, p := range all {
		if MayFail(p) {
			all[i] = Guarded{By: by, Of: p}
		}
	}
}

// predicate resolves a condition on a node's rows, or a group of conditions, and notes what
// the plan relies on for it. Its errors are *apierror.Error.
func (p *Planner) predicate(n *Node, node apirequest.Node, relies *reliance) (Predicate, error) {
	switch node := node.(type) {
	case apirequest.Condition:
		if len(node.Field.Related) > 0 {
			way, err := n.way(node.Field.Related)
			if err != nil {
				return nil, err
			}
			return p.related(way, node, relies)
		}
		if e := n.embedded(node); e != nil {
			return Present{Embed: e, Absent: node.Negated == (node.Is == filter.IsNotNull)}, nil
		}
		compare, err := p.compare(n, node, relies)
		if err != nil {
			return nil, err
		}
		return compare, nil
	case apirequest.Group:
		g := Group{Negated: node.Negated, Any: node.Any, Of: make([]Predicate, len(node.Nodes))}
		for i, member := range node.Nodes {
			var err error
			if g.Of[i], err = p.predicate(n, member, relies); err != nil {
				return nil, err
			}
		}
		return g, nil
	}
	return nil, nil
}

// compare resolves a condition on a field of a node's own rows.
func (p *Planner) compare(n *Node, c apirequest.Condition, relies *reliance) (Compare, error) {
	if err := p.checkCast(c.Field); err != nil {
		return Compare{}, err
	}
	compare := Compare{Field: p.field(n, c.Field), Comparison: c.Comparison, Value: value.Arg{From: value.FromCondition, Index: c.Value}}
	if o := compare.Field.Operator; c.Operator == filter.Holds && o != nil && !o.Condition() {
		compare.Field.refused = apierror.OperatorNoCondition(o.Name, o.Returns)
	}
	relies.onField(compare.Field)
	relies.onTruth = relies.onTruth || asksTruth(c.Comparison)
	return compare, nil
}

// embedded finds the child that a condition is about, nil for none: if f is the name of an
// embed, f=is.null tests for its presence. Any other condition on f is about a column.
func (n *Node) embedded(c apirequest.Condition) *Embed {
	if c.Operator != filter.Is || c.Is != filter.IsNull && c.Is != filter.IsNotNull || !c.Field.IsColumn() {
		return nil
	}
	return n.embed(c.Field.Name)
}

// asksTruth reports a condition such as is.true, which PostgreSQL refuses of a column
// that is no boolean in the words that it has for assignments.
func asksTruth(c filter.Comparison) bool {
	return c.Operator == filter.Is && c.Is != filter.IsNull && c.Is != filter.IsNotNull
}

// addPredicates resolves the conditions of a node and of those below it.
func (p *Planner) addPredicates(n *Node, relies *reliance) error {
	for _, node := range n.where {
		predicate, err := p.predicate(n, p.settle(n, node), relies)
		if _, ok := node.(apirequest.Condition); ok && err != nil && n.depth > 0 {
			n.fault = cmp.Or(n.fault, err)
			overlooking := *p
			overlooking.overlooks = true
			predicate, err = p.predicate(n, overlooking.settle(n, node), relies)
		}
		if err != nil {
			return err
		}
		n.Where = append(n.Where, predicate)
	}
	n.where = nil
	for _, e := range n.Embeds {
		if err := p.addPredicates(e.Node, relies); err != nil {
			return err
		}
	}
	return nil
}

// checkAsked refuses a fault in a parameter's condition about what is embedded, unless PostgreSQL
// isn't asked for that: it shows nothing and selects no rows. PostgREST has nothing against the
// condition then.
func checkAsked(n *Node) error {
	for _, e := range n.Embeds {
		ordered := slices.ContainsFunc(n.Order, func(t OrderTerm) bool { return t.Embed == e })
		if e.Empty() && e.PresenceTests == 0 && len(e.Lends) == 0 && !e.searched && !ordered {
			continue
		}
		if e.Node.fault != nil {
			return e.Node.fault
		}
		if err := checkAsked(e.Node); err != nil {
			return err
		}
	}
	return nil
}

// joinPresent makes embeds inner that have to be present in every row, as by
// rel=not.is.null: rows without them are left out either way. The predicate goes.
func joinPresent(n *Node) {
	n.Where = slices.DeleteFunc(n.Where, func(predicate Predicate) bool {
		present, ok := predicate.(Present)
		if !ok || present.Absent {
			return false
		}
		present.Embed.Inner = true
		return true
	})
	for _, e := range n.Embeds {
		joinPresent(e.Node)
	}
}

// countPresenceTests sets Embed.PresenceTests throughout the tree.
func countPresenceTests(n *Node) {
	countPresent(n.Where)
	for _, e := range n.Embeds {
		if e.Inner {
			e.PresenceTests++
		}
		countPresenceTests(e.Node)
	}
}

func countPresent(predicates []Predicate) {
	for _, predicate := range predicates {
		switch predicate := predicate.(type) {
		case Present:
			predicate.Embed.PresenceTests++
		case Group:
			countPresent(predicate.Of)
		}
	}
}
