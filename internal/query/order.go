package query

import (
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// orderBy renders ORDER BY. A term about an embed is about one of its outputs, or
// else about a column that the embed gives for the order alone. Groups are ordered
// by JSON paths that they are made by, which go by their places.
func orderBy(n *plan.Node, grouped bool) fragment {
	f := fragment{}
	for i, t := range n.Order {
		if i == 0 {
			f.add(" ORDER BY ")
		} else {
			f.add(", ")
		}
		term, column := filter.OrderTerm{Direction: t.Direction, Nulls: t.Nulls}, filter.Operand{}
		switch {
		case t.Embed != nil && shown(t):
			column.SQL, term.Field = sqlfrag.Qualified(t.Embed.Alias, shownColumn(t)), t.Field.Field
		case t.Embed != nil:
			column.SQL = sqlfrag.Qualified(t.Embed.Alias, orderColumn(i))
		case grouped && t.Place >= 0:
			column.SQL = position(t.Place)
		default:
			column, term.Field = operand(n, t.Field), t.Field.Field
		}
		f.join(bound(term.Bind(column)))
	}
	return f
}

// disorder renders a node's order as one more column, where only the number of rows is
// asked for: PostgreSQL checks the order of what nobody reads, but doesn't sort by it.
func disorder(s selection) fragment {
	if len(s.node.Order) == 0 {
		return fragment{}
	}
	f := orderBy(s.node, s.grouped()).within("pg_catalog.row_number() OVER (", ")")
	if len(s.outputs) > 0 {
		f = f.within(", ", "")
	}
	return f
}

// shown reports that a term about an embed is about one of its outputs.
func shown(t plan.OrderTerm) bool { return t.Place >= 0 }

// shownColumn names that output.
func shownColumn(t plan.OrderTerm) string {
	if t.Embed.Spread {
		return position(t.Place)
	}
	return t.Field.Name
}

// orderColumn names the value that an embed gives for its parent's i-th term.
func orderColumn(i int) string { return "order." + position(i) }

// hasOrderColumns reports whether an embed gives values for its parent's order
// that it doesn't show.
func hasOrderColumns(parent *plan.Node, e *plan.Embed) bool {
	return slices.ContainsFunc(parent.Order, func(t plan.OrderTerm) bool { return t.Embed == e && !shown(t) })
}

// orderColumns renders those values, behind the outputs of the embed.
func orderColumns(s selection) fragment {
	f := fragment{}
	if s.embed == nil {
		return f
	}
	for i, term := range s.parent.Order {
		if term.Embed != s.embed || shown(term) {
			continue
		}
		if len(s.outputs) > 0 || !f.empty() {
			f.add(", ")
		}
		f.join(field(s.node, term.Field).within("", " AS "+sqlfrag.Ident(orderColumn(i))))
	}
	return f
}
