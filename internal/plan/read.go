package plan

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
)

// Read is the plan of a GET or HEAD on a relation.
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

// Vouched reports whether the schema cache had every name of the plan. If so,
// and the database lacks one, the cache is out of date; else the client erred.
func (a *Answer) Vouched() bool { return a.Root.vouched() }

func (n *Node) vouched() bool {
	for i := range n.Columns {
		if c := &n.Columns[i]; !c.Rows && !n.has(c.Field) && c.Type == nil {
			return false
		}
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
	if len(n.Embeds) > 0 && n.cache.Tables[n.Table.Name] != n.Table { // rows that may lack what joins their namesake's
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

func (n *Node) has(f filter.Field) bool {
	_, ok := n.Table.Column(f.Name)
	return ok
}
