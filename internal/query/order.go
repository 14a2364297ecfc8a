package query

import (
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// orderBy renders ORDER BY. A term about an embed names the output that shows the field or,
// if none does, a column that the embed has for the order alone: see hiddenColumns. In groups
// a JSON path that is shown goes by its place, as it does in GROUP BY, and so do outputs.
func orderBy(n *plan.Node, grouped bool) fragment {
	f := fragment{}
	if len(n.Order) == 0 && n.PlaceColumn != "" && !grouped {
		return sql(" ORDER BY " + sqlfrag.Qualified(n.Alias, n.PlaceColumn))
	}
	for i, t := range n.Order {
		if i == 0 {
			f.add(" ORDER BY ")
		} else {
			f.add(", ")
		}
		f.join(orderTerm(n, i, t, grouped))
	}
	return f
}

// orderTerm renders the i-th term of an order.
func orderTerm(n *plan.Node, i int, t plan.OrderTerm, grouped bool) fragment {
	column, field := orderOperand(n, i, t, grouped)
	return bound(filter.OrderTerm{Field: field, IgnoreCase: t.IgnoreCase, Direction: t.Direction, Nulls: t.Nulls}.Bind(column))
}

// orderValue renders what the i-th term of an order orders by.
func orderValue(n *plan.Node, i int, t plan.OrderTerm) fragment {
	t.Direction, t.Nulls = filter.DefaultDirection, filter.DefaultNulls
	return orderTerm(n, i, t, false)
}

// orderOperand is what the i-th term of an order is about: a column, and a field of it.
func orderOperand(n *plan.Node, i int, t plan.OrderTerm, grouped bool) (column filter.Operand, field filter.Field) {
	switch {
	case t.Output != nil:
		column = outputOperand(n, t.Output, grouped || n.Distinct != nil)
	case t.Lent > 0:
		column, field = lentOperand(t.Embed, t.Lent, t.Field), t.Field.Field
	case t.Embed != nil && inRow(n, t):
		column.SQL, field = sqlfrag.Qualified(t.Embed.Alias, orderColumn(i)), t.Field.Field
	case t.Embed != nil && shown(t):
		column.SQL, field = sqlfrag.Qualified(t.Embed.Alias, shownColumn(t)), t.Field.Field
	case t.Embed != nil:
		column.SQL = sqlfrag.Qualified(t.Embed.Alias, orderColumn(i))
	case grouped && t.Place >= 0:
		column.SQL = position(t.Place)
	default:
		column, field = operand(n, t.Field), t.Field.Field
	}
	return column, field
}

// orderAsColumn renders a node's order as one more column, for rows that are only counted.
// PostgreSQL reports what is wrong with the order then, but doesn't sort: nobody reads the
// column.
func orderAsColumn(s selection) fragment {
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

// inRow reports that this output is within the JSON of the embed's row, beside which other
// terms have columns: then it has one, too.
func inRow(parent *plan.Node, t plan.OrderTerm) bool {
	return shown(t) && !t.Embed.Spread && hasHiddenColumns(parent, t.Embed)
}

// shownColumn names that output.
func shownColumn(t plan.OrderTerm) string {
	if t.Embed.Spread {
		return position(t.Place)
	}
	return t.Field.Name
}

// orderColumn names the column that an embed has for the i-th term of its parent's order.
func orderColumn(i int) string { return "order." + position(i) }

// hasHiddenColumns reports an embed with columns for the order of its parent, or for
// conditions of the rows around it, alone, as it doesn't show all of that.
func hasHiddenColumns(parent *plan.Node, e *plan.Embed) bool {
	return len(e.Lends) > 0 || slices.ContainsFunc(parent.Order, func(t plan.OrderTerm) bool { return ownsTerm(e, t) })
}

// ownsTerm reports a term for which the embed has a column of its own.
func ownsTerm(e *plan.Embed, t plan.OrderTerm) bool { return t.Embed == e && t.Lent == 0 && !shown(t) }

// hiddenColumns renders these columns, behind the outputs of the embed.
func hiddenColumns(s selection) fragment {
	f := fragment{}
	if s.embed == nil {
		return f
	}
	separate := func() {
		if len(s.outputs) > 0 || !f.empty() {
			f.add(", ")
		}
	}
	for i, term := range s.parent.Order {
		var value fragment
		switch {
		case ownsTerm(s.embed, term):
			value = field(s.node, term.Field)
		case term.Embed == s.embed && !s.row.empty() && inRow(s.parent, term):
			value = sql(sqlfrag.Qualified(rowName, shownColumn(term)))
		default:
			continue
		}
		separate()
		f.join(value.within("", " AS "+sqlfrag.Ident(orderColumn(i))))
	}
	if len(s.embed.Lends) > 0 {
		separate()
		f.join(lentColumns(s.embed))
	}
	return f
}
