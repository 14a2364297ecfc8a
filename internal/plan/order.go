package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/introspect"
)

// OrderTerm orders a node's rows by one of their fields, by one of a to-one embed's, or by an
// output.
type OrderTerm struct {
	Field      Field
	IgnoreCase bool
	Direction  filter.Direction
	Nulls      filter.NullsOrder
	// Embed has the field, or embeds what has it; nil for the node itself.
	Embed *Embed
	// Lent is where Embed lends the field's column, counted from 1, and Way are the embeds
	// that lead to it; 0 for a field of the embed's own that it shows, or has for the order.
	Lent int
	Way  []*Embed
	// Output has the rows ordered by it; nil orders them by the field.
	Output *Output
	// Place is where the field is shown, or -1 if it isn't: among the outputs of Embed the
	// one that has the field's name, or among the node's own columns the one with the same
	// JSON path.
	Place int
}

// addOrders resolves the order of a node and of those below it. An order by something that
// is not embedded, or not to-one, is refused.
func (p *Planner) addOrders(n *Node, relies *reliance) error {
	for _, term := range n.order {
		t, err := p.orderTerm(n, term)
		if err != nil {
			return err
		}
		if t.Output != nil {
			relies.onOutput(t.Output)
		} else {
			relies.onField(t.Field)
		}
		n.Order = append(n.Order, t)
	}
	n.order = nil
	for _, e := range n.Embeds {
		if err := p.addOrders(e.Node, relies); err != nil {
			return err
		}
	}
	return nil
}

// orderTerm resolves a term of a node's order.
func (p *Planner) orderTerm(n *Node, term filter.OrderTerm) (OrderTerm, error) {
	t := OrderTerm{IgnoreCase: term.IgnoreCase, Direction: term.Direction, Nulls: term.Nulls, Place: -1}
	if err := p.checkCast(term.Field); err != nil {
		return t, err
	}
	changed := term.IgnoreCase || term.Field.Cast != ""
	switch {
	case term.Aggregate != filter.NoAggregate:
		t.Output = p.aggregateOf(n, term.Field, term.Aggregate)
		return t, nil
	case len(term.Field.Related) > 0:
		if err := p.relatedTerm(n, &t, term.Field, changed); err != nil {
			return t, err
		}
	default:
		place := p.outputOf(n, term.Field)
		if place >= 0 && changed {
			return t, apierror.OrderOfAlias(term.String())
		}
		if place >= 0 {
			t.Field.Field, t.Output = term.Field, &Output{Place: place}
			return t, nil
		}
		if t.Field = p.field(n, term.Field); !changed {
			t.Place = n.showsPath(term.Field)
		}
	}
	if t.IgnoreCase && !t.Field.hasCase() {
		return t, apierror.OrderWithoutCase(term.String())
	}
	return t, nil
}

// relatedTerm resolves a term about a field of a to-one embed, or of one within it.
func (p *Planner) relatedTerm(n *Node, t *OrderTerm, f filter.Field, changed bool) error {
	way, origin := make([]*Embed, 0, len(f.Related)), n
	for _, name := range f.Related {
		e := origin.embed(name)
		if e == nil {
			return apierror.NotEmbedded(name)
		}
		if e.ToMany() {
			return apierror.RelatedOrder(origin.Table.Name.Name, e.Name)
		}
		way, origin = append(way, e), e.Node
	}
	t.Embed, t.Field = way[0], p.field(origin, f)
	if len(way) == 1 && !changed {
		t.Place = way[0].shows(f)
		return nil
	}
	t.Way, t.Lent = way, lend(way, t.Field)
	return nil
}

// showsPath finds the column of a node that shows a JSON path, or a call, as it is, or -1.
func (n *Node) showsPath(f filter.Field) int {
	if f.IsColumn() {
		return -1
	}
	return slices.IndexFunc(n.Columns, func(c Column) bool {
		return c.Aggregate == filter.NoAggregate && c.Cast == nil && sameField(c.Field, Field{Field: f})
	})
}

// shows finds the output of an embed that has a field's name, or -1. A represented domain
// doesn't count, as it is shown as JSON, which has no order. A call goes by what is spread.
func (e *Embed) shows(f filter.Field) int {
	switch {
	case e.Empty():
		return -1
	case f.Call != nil && !e.Spread:
		return -1
	case f.Call != nil:
		f.Related = nil
		return e.Node.showsPath(f)
	}
	place, _ := e.Node.output(f.Name)
	if place >= 0 && place < len(e.Node.Columns) {
		if c := &e.Node.Columns[place]; c.Represent.Name != "" && c.Cast == nil && c.Field.Name == f.Name {
			return -1
		}
	}
	return place
}

// output finds the first of a node's outputs that has a name, or -1, and counts them:
// its own columns, then what each embed has, in their order.
func (n *Node) output(name string) (index, count int) {
	index = slices.IndexFunc(n.Columns, func(c Column) bool { return c.Name == name })
	count = len(n.Columns)
	for _, e := range n.Embeds {
		at, width := -1, 1
		switch {
		case e.Empty():
			continue
		case e.Spread:
			at, width = e.Node.output(name)
		case e.Name == name:
			at = 0
		}
		if index < 0 && at >= 0 {
			index = count + at
		}
		count += width
	}
	return index, count
}

// Knows reports that the schema cache has a column, which SQL refers to by the alias of one
// of the tree's nodes.
func (n *Node) Knows(alias, column string) bool {
	if n.Alias == alias && has(n.Table, column) {
		return true
	}
	return slices.ContainsFunc(n.Embeds, func(e *Embed) bool { return e.Node.Knows(alias, column) })
}

func has(t *introspect.Table, column string) bool {
	_, ok := t.Column(column)
	return ok
}
