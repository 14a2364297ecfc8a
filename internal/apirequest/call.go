package apirequest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/value"
)

// Operand is what a shape has for an argument of an operator of the host's: its index in
// value.Values.Operands. Calls that are the same, with the same arguments, have the same ones,
// so that what is ordered by can be told to be what is shown.
type Operand int

// callSeparator puts the arguments of calls among the values.
type callSeparator struct {
	values *value.Values
	// seen has the indexes of the first arguments of calls by all that is in these.
	seen map[string]int
}

// separateCalls puts the arguments of the calls in a query among the values. The query gets
// others in place of the calls that it has.
func separateCalls(v *value.Values, q *filter.Query) {
	c := callSeparator{values: v}
	q.Select = c.items(q.Select)
	for i := range q.Where {
		q.Where[i].Node = c.node(q.Where[i].Node)
	}
	for _, o := range q.Order {
		for i := range o.Terms {
			o.Terms[i].Field = c.field(o.Terms[i].Field)
		}
	}
	for _, h := range q.Having {
		for i := range h.Nodes {
			h.Nodes[i] = c.node(h.Nodes[i])
		}
	}
}

func (c *callSeparator) field(f filter.Field) filter.Field {
	if f.Call == nil {
		return f
	}
	var key strings.Builder
	key.WriteString(f.Call.Name)
	texts := make([]string, len(f.Call.Arguments))
	for i, argument := range f.Call.Arguments {
		texts[i], _ = argument.(string)
		key.WriteString(" " + strconv.Itoa(len(texts[i])) + " " + texts[i])
	}
	first, known := c.seen[key.String()]
	if !known {
		first = len(c.values.Operands)
		c.values.Operands = append(c.values.Operands, texts...)
		if c.seen == nil {
			c.seen = map[string]int{}
		}
		c.seen[key.String()] = first
	}
	call := &filter.Call{Name: f.Call.Name, Arguments: make([]any, len(texts))}
	for i := range texts {
		call.Arguments[i] = Operand(first + i)
	}
	f.Call = call
	return f
}

// node gives a node whose calls have their arguments among the values. That of a host's, which
// others may have, too, stays as it is.
func (c *callSeparator) node(n filter.Node) filter.Node {
	if !hasCall(n) {
		return n
	}
	switch node := n.(type) {
	case filter.Condition:
		node.Field = c.field(node.Field)
		return node
	case filter.Group:
		node.Nodes = slices.Clone(node.Nodes)
		for i := range node.Nodes {
			node.Nodes[i] = c.node(node.Nodes[i])
		}
		return node
	}
	return n
}

// hasCall reports a call anywhere in a node.
func hasCall(node filter.Node) bool {
	switch node := node.(type) {
	case filter.Condition:
		return node.Field.Call != nil
	case filter.Group:
		return slices.ContainsFunc(node.Nodes, hasCall)
	}
	return false
}

func (c *callSeparator) items(items []filter.SelectItem) []filter.SelectItem {
	for i, item := range items {
		switch item := item.(type) {
		case filter.SelectField:
			if item.Field.Call != nil {
				item.Field = c.field(item.Field)
				items[i] = item
			}
		case filter.SelectRelation:
			c.items(item.Items)
		}
	}
	return items
}

func (k key) call(c *filter.Call) key {
	if c == nil {
		return append(k, 0)
	}
	k = append(k, 1).text(c.Name).number(len(c.Arguments))
	for _, argument := range c.Arguments {
		index, _ := argument.(Operand)
		k = k.number(int(index))
	}
	return k
}
