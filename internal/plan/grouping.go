package plan

import (
	"slices"
	"strconv"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/value"
)

// Distinct leaves out rows that are like another one: in all that they show or, where On has
// something, in that. Of rows that are alike in On, the first one in the order stays.
type Distinct struct{ On []DistinctField }

// DistinctField is what rows are told apart by: the output at Place or, if that is -1, a
// field that isn't shown.
type DistinctField struct {
	Field Field
	Place int
}

// Output is what a node's groups are ordered by or compared with: Column, an aggregate that
// isn't shown, or the output at Place, which is counted as by Node.output.
type Output struct {
	Column *Column
	Place  int
}

// CompareOutput compares an output of a group with a value. It is a predicate of
// Node.Having.
type CompareOutput struct {
	Output Output
	filter.Comparison
	Value value.Arg
}

func (CompareOutput) predicate() {}

// OneGroup reports a to-many spread whose rows make one group. It gives its parent values,
// where other to-many spreads give arrays.
func (e *Embed) OneGroup() bool {
	return e.Spread && e.ToMany() && e.Node.Aggregates() && !e.Empty() && e.Node.onlyAggregates()
}

// onlyAggregates reports that each of the node's outputs is an aggregate of its rows.
func (n *Node) onlyAggregates() bool {
	return !slices.ContainsFunc(n.Columns, func(c Column) bool { return c.Aggregate == filter.NoAggregate }) &&
		!slices.ContainsFunc(n.Embeds, func(e *Embed) bool {
			return !e.Empty() && !(e.Spread && !e.ToMany() && e.Node.onlyAggregates())
		})
}

// columnAt finds the column that an output shows the value of, as it is or as an aggregate
// of the node's rows. It is nil for JSON of embedded rows. An own column is one of the
// node's, and not of what is spread into it.
func (n *Node) columnAt(place int) (c *Column, aggregate, own bool) {
	if place < len(n.Columns) {
		c = &n.Columns[place]
		return c, c.Aggregate != filter.NoAggregate, true
	}
	place -= len(n.Columns)
	for _, e := range n.Embeds {
		if e.Empty() {
			continue
		}
		width := 1
		if e.Spread {
			_, width = e.Node.output("")
		}
		switch {
		case place >= width:
			place -= width
			continue
		case !e.Spread || e.ToMany() && !e.OneGroup():
			return nil, false, false
		}
		c, aggregate, _ = e.Node.columnAt(place)
		return c, aggregate && !e.ToMany(), false
	}
	return nil, false, false
}

// systemColumns are the columns that every table has.
var systemColumns = []string{"tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"}

// outputOf finds the output that has a name which is neither a column's nor a function's of
// the row, so that PostgreSQL can't know it. It is -1 for none, and for JSON of embedded
// rows.
func (p *Planner) outputOf(n *Node, f filter.Field) int {
	if p.config.NoGrouping || len(f.Path) > 0 || f.Call != nil || p.mayKnow(n.Table, f.Name) {
		return -1
	}
	place, _ := n.output(f.Name)
	if place < 0 {
		return -1
	}
	if c, _, _ := n.columnAt(place); c == nil || c.Unknown && c.Name == c.Field.Name {
		return -1
	}
	return place
}

// aggregateOf makes an aggregate of a node's field, or finds it among the outputs.
func (p *Planner) aggregateOf(n *Node, f filter.Field, aggregate filter.Aggregate) *Output {
	c := p.column(n, filter.SelectField{All: f.Name == "" && f.IsColumn(), Field: f, Aggregate: aggregate})
	shown := slices.IndexFunc(n.Columns, func(o Column) bool {
		return o.Aggregate == aggregate && o.Rows == c.Rows && o.Cast == nil && o.AggregateCast == nil && sameField(o.Field, c.Field)
	})
	if shown >= 0 {
		return &Output{Place: shown}
	}
	n.Grouped = true
	return &Output{Column: &c, Place: -1}
}

func sameField(a, b Field) bool {
	return a.Name == b.Name && a.Field.Cast == b.Field.Cast && slices.Equal(a.Path, b.Path) && slices.Equal(a.Related, b.Related) && sameCall(a.Call, b.Call)
}

// sameCall reports calls of one operator with the same arguments, which are indexes of values.
func sameCall(a, b *filter.Call) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Name == b.Name && slices.Equal(a.Arguments, b.Arguments)
}

// shownAs finds the output that is a field as it is, or -1.
func (n *Node) shownAs(f Field) int {
	return slices.IndexFunc(n.Columns, func(c Column) bool {
		return !c.Rows && c.Aggregate == filter.NoAggregate && c.Cast == nil && c.Represent.Name == "" && sameField(c.Field, f)
	})
}

// addGrouping resolves what a node and those below it have of distinct and having. It holds
// the orders against what is distinct.
func (p *Planner) addGrouping(n *Node, within *Embed, relies *reliance) error {
	if within != nil && !within.ToMany() {
		if n.distinct != nil || n.having != nil || slices.ContainsFunc(n.Order, n.byAggregate) {
			return apierror.NotImplemented("Distinct, having and orders by aggregates are not implemented for to-one embeds.")
		}
	}
	for _, node := range n.having {
		predicate, err := p.having(n, node, relies)
		if err != nil {
			return err
		}
		n.Having, n.Grouped = append(n.Having, predicate), true
	}
	if d := n.distinct; d != nil {
		if err := p.addDistinct(n, d, relies); err != nil {
			return err
		}
	}
	n.distinct, n.having = nil, nil
	for _, e := range n.Embeds {
		if err := p.addGrouping(e.Node, e, relies); err != nil {
			return err
		}
	}
	return nil
}

// byAggregate reports a term that orders by an aggregate.
func (n *Node) byAggregate(t OrderTerm) bool {
	if t.Output == nil || t.Output.Column != nil {
		return t.Output != nil
	}
	_, aggregate, _ := n.columnAt(t.Output.Place)
	return aggregate
}

// having resolves a condition on groups, or a group of conditions.
func (p *Planner) having(n *Node, node apirequest.Node, relies *reliance) (Predicate, error) {
	switch node := node.(type) {
	case apirequest.Condition:
		c := CompareOutput{Comparison: node.Comparison, Value: value.Arg{From: value.FromCondition, Index: node.Value}}
		relies.onTruth = relies.onTruth || asksTruth(c.Comparison)
		if node.Aggregate != filter.NoAggregate {
			c.Output = *p.aggregateOf(n, node.Field, node.Aggregate)
			relies.onOutput(&c.Output)
			return c, nil
		}
		c.Output.Place, _ = n.output(node.Field.Name)
		aggregate := false
		if node.Field.IsColumn() && c.Output.Place >= 0 {
			_, aggregate, _ = n.columnAt(c.Output.Place)
		}
		if !aggregate {
			return nil, apierror.HavingNoAggregate(node.Field.String())
		}
		return c, nil
	case apirequest.Group:
		g := Group{Negated: node.Negated, Any: node.Any, Of: make([]Predicate, len(node.Nodes))}
		for i, member := range node.Nodes {
			var err error
			if g.Of[i], err = p.having(n, member, relies); err != nil {
				return nil, err
			}
		}
		return g, nil
	}
	return nil, nil
}

// addDistinct resolves what tells a node's rows apart. PostgreSQL wants that to be what the
// rows are ordered by first, and all that they are ordered by if nothing else tells them
// apart. It compares expressions, of which two with arguments are never the same: what is
// shown goes by its place therefore.
func (p *Planner) addDistinct(n *Node, d *filter.Distinct, relies *reliance) error {
	n.Distinct = &Distinct{}
	for i := range n.Order {
		n.placeTerm(&n.Order[i])
	}
	if d.All {
		for _, t := range n.Order {
			if t.Output == nil || t.Output.Column != nil {
				return apierror.DistinctOrder(t.String())
			}
		}
		return nil
	}
	names, all, met := make([]string, len(d.Fields)), map[string]bool{}, map[string]bool{}
	for i, f := range d.Fields {
		on := DistinctField{Field: p.field(n, f), Place: p.outputOf(n, f)}
		if on.Place < 0 {
			on.Place = n.shownAs(on.Field)
			relies.onField(on.Field)
		}
		if on.Place < 0 && (len(f.Path) > 0 || n.Aggregates()) {
			return apierror.DistinctNotShown(f.String())
		}
		n.Distinct.On = append(n.Distinct.On, on)
		names[i], all[on.key()] = f.String(), true
	}
	for _, t := range n.Order {
		key := t.key()
		if all[key] {
			met[key] = true
		} else if len(met) < len(all) {
			return apierror.DistinctFirst(t.String(), names)
		}
	}
	return nil
}

// placeTerm has a term go by the output that shows what it orders by, if there is one.
func (n *Node) placeTerm(t *OrderTerm) {
	place := -1
	switch {
	case t.Output != nil, t.changed():
		return
	case t.Embed == nil:
		place = n.shownAs(t.Field)
	case t.Embed.Spread && t.Place >= 0:
		place = t.Place + len(n.Columns)
		for _, e := range n.Embeds[:slices.Index(n.Embeds, t.Embed)] {
			switch {
			case e.Empty():
			case e.Spread:
				_, width := e.Node.output("")
				place += width
			default:
				place++
			}
		}
	}
	if place >= 0 {
		t.Output = &Output{Place: place}
	}
}

// key is the same for a field of distinct and a term that orders by it.
func (d DistinctField) key() string {
	if d.Place >= 0 {
		return placeKey(d.Place)
	}
	return d.Field.String()
}

func (t OrderTerm) key() string {
	switch {
	case t.Output != nil && t.Output.Column == nil:
		return placeKey(t.Output.Place)
	case t.Output != nil || t.Embed != nil || t.changed():
		return "" // which distinct can't name
	}
	return t.Field.String()
}

// placeKey is no field's text, in which the sign is in quotes.
func placeKey(place int) string { return "#" + strconv.Itoa(place) }

// String gives the term's field as the client has it.
func (t OrderTerm) String() string {
	term := filter.OrderTerm{Field: t.Field.Field, IgnoreCase: t.IgnoreCase}
	if t.Output != nil && t.Output.Column != nil {
		term.Field, term.Aggregate = t.Output.Column.Field.Field, t.Output.Column.Aggregate
	}
	return term.String()
}

// changed reports a term that orders by something made of the field's value.
func (t *OrderTerm) changed() bool { return t.IgnoreCase || t.Field.Cast != nil }

// groupsResult reports that the resource itself has distinct or having. A write refuses
// them: clients might take them for filters of what is written.
func groupsResult(req *apirequest.Shape) bool {
	return slices.ContainsFunc(req.Distinct, func(d filter.Distinct) bool { return len(d.Path) == 0 }) ||
		slices.ContainsFunc(req.Having, func(h apirequest.Having) bool { return len(h.Path) == 0 })
}
