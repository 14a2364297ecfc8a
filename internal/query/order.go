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
	for i, term := range n.Order {
		if i == 0 {
			f.add(" ORDER BY ")
		} else {
			f.add(", ")
		}
		var columns filter.Resolver = resolver{n}
		if e := n.Related(term); e != nil {
			column, shown := shownColumn(e, term)
			if !shown {
				column, term.Field = orderColumn(i), filter.Field{}
			}
			columns = reference(sqlfrag.Qualified(e.Alias, column))
		} else if place := groupedPath(n, term.Field); grouped && place >= 0 {
			columns, term.Field = reference(position(place)), filter.Field{}
		}
		f.join(bound(filter.BindOrder(term, columns)))
	}
	return f
}

// groupedPath finds the column of a node that shows a JSON path, or -1.
func groupedPath(n *plan.Node, f filter.Field) int {
	if len(f.Path) == 0 {
		return -1
	}
	return slices.IndexFunc(n.Columns, func(c plan.Column) bool {
		return c.Aggregate == filter.NoAggregate && c.Cast == nil && c.Field.Name == f.Name && slices.Equal(c.Field.Path, f.Path)
	})
}

// unsorted renders a node's order as one more column. Where nobody reads it PostgreSQL
// still checks the order, but doesn't sort.
func unsorted(s selection) fragment {
	if len(s.node.Order) == 0 {
		return fragment{}
	}
	f := orderBy(s.node, s.grouped()).within("pg_catalog.row_number() OVER (", ")")
	if len(s.outputs) > 0 {
		f = f.within(", ", "")
	}
	return f
}

// shownColumn finds the output of an embed that its parent's order term names, by
// its name in the embed's select.
func shownColumn(e *plan.Embed, term filter.OrderTerm) (string, bool) {
	if e.Empty() {
		return "", false
	}
	i, _ := outputIndex(e.Node, term.Field.Name)
	switch {
	case i < 0 || i < len(e.Node.Columns) && represents(&e.Node.Columns[i], term.Field):
		return "", false
	case e.Spread:
		return position(i), true
	}
	return term.Field.Name, true
}

// represents reports a column that shows a represented domain, as JSON, which has no order.
func represents(c *plan.Column, f filter.Field) bool {
	return c.Represent.Name != "" && c.Cast == nil && c.Field.Name == f.Name
}

// outputIndex finds the first of a node's outputs that has a name, or -1, and
// counts them. It renders none: that would render embeds within embeds for each
// term again.
func outputIndex(n *plan.Node, name string) (index, count int) {
	index = slices.IndexFunc(n.Columns, func(c plan.Column) bool { return c.Name == name })
	count = len(n.Columns)
	for _, e := range n.Embeds {
		at, width := -1, 1
		switch {
		case e.Empty():
			continue
		case e.Spread:
			at, width = outputIndex(e.Node, name)
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

// orderColumn names the value that an embed gives for its parent's i-th term.
func orderColumn(i int) string { return "order." + position(i) }

// hasOrderColumns reports whether an embed gives values for its parent's order
// that it doesn't show.
func hasOrderColumns(parent *plan.Node, e *plan.Embed) bool {
	return slices.ContainsFunc(e.OrderTerms, func(i int) bool {
		_, shown := shownColumn(e, parent.Order[i])
		return !shown
	})
}

// orderColumns renders those values, behind the outputs of the embed.
func orderColumns(s selection) fragment {
	f := fragment{}
	if s.embed == nil {
		return f
	}
	for _, i := range s.embed.OrderTerms {
		term := s.parent.Order[i]
		if _, shown := shownColumn(s.embed, term); shown {
			continue
		}
		if len(s.outputs) > 0 || !f.empty() {
			f.add(", ")
		}
		f.join(bound(filter.BindField(term.Field, resolver{s.node})).within("", " AS "+sqlfrag.Ident(orderColumn(i))))
	}
	return f
}
