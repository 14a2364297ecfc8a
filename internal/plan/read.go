package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
)

// Read is the plan of a read of a relation.
type Read struct{ Answer }

func (*Read) plan() {}

func (p *Planner) read(req *apirequest.Request) (Plan, error) {
	table, err := p.table(req)
	if err != nil {
		return nil, err
	}
	root, err := p.tree(table, req)
	if err != nil {
		return nil, err
	}
	r := &Read{Answer{Root: root, ReadOnly: true}}
	return r, p.finish(&r.Answer, req, producer{rows: table.Name, defaults: defaultSelect(req)})
}

// defaultSelect reports that all columns are selected and nothing else.
func defaultSelect(req *apirequest.Request) bool {
	switch items := req.Query.Select; len(items) {
	case 0:
		return items == nil
	case 1:
		field, ok := items[0].(filter.SelectField)
		return ok && field.All && field.Aggregate == filter.NoAggregate
	}
	return false
}

// Knows reports whether the schema cache has a column that SQL refers to by the alias of
// one of the tree's nodes.
func (n *Node) Knows(alias, column string) bool {
	if n.Alias == alias && n.has(filter.Field{Name: column}) {
		return true
	}
	return slices.ContainsFunc(n.Embeds, func(e *Embed) bool { return e.Node.Knows(alias, column) })
}

// vouched reports whether the schema cache had every name of a tree.
func (n *Node) vouched() bool {
	if n.Unknown() {
		return false
	}
	for _, node := range n.Where {
		if !n.vouches(node) {
			return false
		}
	}
	for _, term := range n.Order {
		if e := n.Related(term); e != nil && !e.Node.has(term.Field) || e == nil && !n.has(term.Field) {
			return false
		}
	}
	if len(n.Embeds) > 0 && !n.Exposed() { // rows that may lack what joins their namesake's
		return false
	}
	for _, e := range n.Embeds {
		if !e.Node.vouched() {
			return false
		}
	}
	return true
}

func (n *Node) vouches(node filter.Node) bool {
	switch node := node.(type) {
	case filter.Condition:
		return n.has(node.Field) || n.Embedded(node) != nil
	case filter.Group:
		for _, member := range node.Nodes {
			if !n.vouches(member) {
				return false
			}
		}
	}
	return true
}
