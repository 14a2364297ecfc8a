package query

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// Conditions and orders about the rows that a to-one embed has, at any depth, are about
// columns of its join: each embed on the way has them for the rows around it. PostgreSQL then
// may begin with the related rows, as with any join. A condition about a to-many embed is a
// test for the existence of rows.

// lentColumn names the column of an embed that lends something at a place.
func lentColumn(place int) string { return "related." + position(place-1) }

// lentColumns renders all that an embed lends.
func lentColumns(e *plan.Embed) fragment {
	f := fragment{}
	for i, l := range e.Lends {
		if i > 0 {
			f.add(", ")
		}
		column := sql(sqlfrag.Qualified(e.Node.Alias, l.Field.Name))
		if l.From != nil {
			column = sql(sqlfrag.Qualified(l.From.Alias, lentColumn(l.Place)))
		}
		if l.MayFail && e.Node.Forced != nil { // PostgreSQL may cast it before it selects the rows
			column = ifHolds(e.Node, e.Node.Forced, column)
		}
		f.join(column.within("", " AS "+sqlfrag.Ident(lentColumn(i+1))))
	}
	return f
}

// lentOperand is what an embed lends, for a field of the column that it is.
func lentOperand(e *plan.Embed, place int, f plan.Field) filter.Operand {
	return operandOf(sqlfrag.Qualified(e.Alias, lentColumn(place)), f)
}

// lentPresence tests the row of an embed that was joined for conditions about it. Others have
// no join where rows are only looked for.
func lentPresence(n *plan.Node, e *plan.Embed, absent bool) fragment {
	if !e.Compared {
		return existence(n, e, absent)
	}
	test := " IS DISTINCT FROM NULL"
	if absent {
		test = " IS NOT DISTINCT FROM NULL"
	}
	return sql(sqlfrag.Ident(e.Alias) + ".*" + test)
}

// some tests for a row of an embed that satisfies a condition, and those of the embed.
func some(n *plan.Node, p plan.Some) fragment {
	of := predicate(p.Embed.Node, p.Of, existence)
	if forced := p.Embed.Node.Forced; forced != nil && plan.MayFail(p.Of) {
		of = ifHolds(p.Embed.Node, forced, of)
	}
	return matching(n, p.Embed, p.Embed.Node, false, of).within("EXISTS (", ")")
}
