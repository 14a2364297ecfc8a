package query

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// orderBy renders ORDER BY. A term about an embed is about one of its outputs, or
// else about a column that the embed gives for the order alone.
func orderBy(n *plan.Node) fragment {
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
		}
		f.join(bound(filter.BindOrder(term, columns)))
	}
	return f
}

// shownColumn finds the output of an embed that its parent's order term names, by
// its name in the embed's select.
func shownColumn(e *plan.Embed, term filter.OrderTerm) (string, bool) {
	if e.Empty() {
		return "", false
	}
	for i, o := range outputs(e.Node) {
		if o.name != term.Field.Name {
			continue
		}
		if e.Spread {
			return position(i), true
		}
		return o.name, true
	}
	return "", false
}

// orderColumn names the value that an embed gives for its parent's i-th term.
func orderColumn(i int) string { return "order." + position(i) }

// hasOrderColumns reports whether an embed gives values for its parent's order
// that it doesn't show.
func hasOrderColumns(parent *plan.Node, e *plan.Embed) bool {
	if !e.Ordered {
		return false
	}
	for _, term := range parent.Order {
		if parent.Related(term) != e {
			continue
		}
		if _, shown := shownColumn(e, term); !shown {
			return true
		}
	}
	return false
}

// orderColumns renders those values, behind the outputs of the embed.
func orderColumns(s selection) fragment {
	f := fragment{}
	if s.embed == nil || !s.embed.Ordered {
		return f
	}
	for i, term := range s.parent.Order {
		if s.parent.Related(term) != s.embed {
			continue
		}
		if _, shown := shownColumn(s.embed, term); shown {
			continue
		}
		if len(s.outputs) > 0 || f.sql != "" {
			f.add(", ")
		}
		f.join(bound(filter.BindField(term.Field, resolver{s.node})).within("", " AS "+sqlfrag.Ident(orderColumn(i))))
	}
	return f
}
