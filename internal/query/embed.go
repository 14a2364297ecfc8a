package query

import (
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// Names of columns of embeds: the JSON of the rows, a row within the row, and whether there
// are rows.
const (
	rowsColumn    = "rows"
	rowName       = "row"
	presentColumn = "present"
)

// joined reports whether an embed is joined to its parent. One that shows
// nothing is only asked for its existence.
func joined(parent *plan.Node, e *plan.Embed) bool {
	return !e.Empty() || hasHiddenColumns(parent, e) || repeats(e)
}

// repeats reports a to-one embed that may have several rows all the same: of a view, of a
// table that others inherit from, of a function that returns a set, or because it embeds
// such a relation itself. Its parent's row is repeated for each of them, whether anything is
// shown of them or not.
func repeats(e *plan.Embed) bool {
	if e.ToMany() {
		return false
	}
	function := e.Relationship.Function
	switch {
	case function == nil && (e.Relationship.TargetIsView || e.Node.Table.Inherited), function != nil && function.Returns.Set:
		return true
	}
	return slices.ContainsFunc(e.Node.Embeds, repeats)
}

// lateral renders the join of a node with one of its embeds, which leaves out rows
// without any if it is inner. A to-one embed is a plain subquery, which PostgreSQL
// joins as if it stood in FROM; a to-many one is aggregated to one row.
func lateral(parent *plan.Node, e *plan.Embed, inner bool) fragment {
	f := sql(" LEFT JOIN LATERAL (")
	if inner {
		f = sql(" JOIN LATERAL (")
	}
	condition := sql("TRUE")
	if e.ToMany() {
		f.join(toMany(parent, e))
		if inner {
			condition = joinedPresence(parent, e, false)
		}
	} else {
		f.join(toOne(parent, e))
	}
	f.add(") AS " + sqlfrag.Ident(e.Alias) + " ON ")
	f.join(condition)
	return f
}

// selective reports an inner embed that few rows may have. To find these by the array of
// what is embedded, PostgreSQL would make the array for every row; a test for existence it
// can join from either side. A group exists even without rows, so that groups select none.
func selective(e *plan.Embed) bool {
	n := e.Node
	return e.ToMany() && !groups(n) &&
		(len(n.Where) > 0 || slices.ContainsFunc(n.Embeds, func(child *plan.Embed) bool { return child.Inner }))
}

// groups reports that a node's rows may be groups, or those of one below it.
func groups(n *plan.Node) bool {
	return mayGroup(n) || slices.ContainsFunc(n.Embeds, func(e *plan.Embed) bool { return groups(e.Node) })
}

// mayGroup reports that a node's rows may be groups: an unknown name may be an aggregate to
// PostgreSQL.
func mayGroup(n *plan.Node) bool { return n.Aggregates() || n.Unknown() }

// toMany renders a to-many embed: its rows as one JSON array, or, when it is
// spread, an array a column. What makes one group is a row as it is.
func toMany(parent *plan.Node, e *plan.Embed) fragment {
	s := selection{node: e.Node, outputs: outputs(e.Node), render: named, parent: parent, embed: e}
	switch {
	case e.OneGroup():
		s.render = numbered
		return s.sql()
	case !e.Spread:
		return s.sql().within("SELECT pg_catalog.json_agg(rows.*) AS "+sqlfrag.Ident(rowsColumn)+" FROM (", ") rows")
	}
	s.render = numbered
	f := sql("SELECT ")
	for i := range s.outputs {
		if i > 0 {
			f.add(", ")
		}
		column := sqlfrag.Ident(position(i))
		f.add("pg_catalog.json_agg(rows." + column + ") AS " + column)
	}
	f.join(s.sql().within(" FROM (", ") rows"))
	return f
}

// toOne renders a to-one embed: its columns by their names, so that the row
// becomes JSON, or by their places when it is spread.
func toOne(parent *plan.Node, e *plan.Embed) fragment {
	s := selection{node: e.Node, outputs: outputs(e.Node), render: named, parent: parent, embed: e}
	switch {
	case e.Spread:
		s.render = numbered
		withoutAggregates(s.outputs)
	case !e.Empty() && hasHiddenColumns(parent, e): // the values for the order are not to show in the row
		s.row = sql("SELECT ")
		for i := range s.outputs {
			if i > 0 {
				s.row.add(", ")
			}
			s.row.join(named(i, &s.outputs[i]))
		}
		s.outputs = []output{{name: rowsColumn, expr: sql("pg_catalog.row_to_json(" + sqlfrag.Ident(rowName) + ".*)")}}
	}
	f := s.sql()
	f.join(fence(e, e.Node.Window))
	return f
}

// fence keeps PostgreSQL from trying out other orders in which to join an embed. A window
// does so already.
func fence(e *plan.Embed, window plan.Window) fragment {
	if !e.Fenced || !window.IsAll() {
		return fragment{}
	}
	return sql(" OFFSET 0")
}

// withoutAggregates has the outputs of a to-one spread be values: aggregates are the
// parent's to compute.
func withoutAggregates(list []output) {
	for i := range list {
		o := &list[i]
		if o.rows {
			o.expr = sql("TRUE")
		}
		o.aggregate = filter.NoAggregate
	}
}

// source renders FROM with the relation itself and, over a junction, that.
func source(parent *plan.Node, e *plan.Embed, n *plan.Node) fragment {
	name, alias := qualified(n.Table), sqlfrag.Ident(n.Alias)
	switch {
	case n.FromResult:
		name = sqlfrag.Ident(resultName)
	case n.Call != nil:
		return callSource(n.Call, n.Alias).within(" FROM ", "")
	case e != nil && e.Relationship.Function != nil:
		function := e.Relationship.Function.Name
		argument := rowOf(sqlfrag.Ident(parent.Alias), parent.Table.Name)
		if parent.RowColumn != "" { // what a write returned has columns of its own
			argument = sqlfrag.Qualified(parent.Alias, parent.RowColumn)
		}
		name = sqlfrag.Qualified(function.Schema, function.Name) + "(" + argument + ")"
		if e.NullRow != plan.KeepNull {
			return rowOrNone(sql(name), e.Relationship.Function.Returns.Type, e.NullRow, n.Alias).within(" FROM ", "")
		}
	case e == nil:
		return sql(" FROM " + relation(n))
	}
	f := sql(" FROM " + name + " AS " + alias)
	if e != nil && e.Relationship.Junction != nil {
		junction := e.Relationship.Junction.Table
		f.add(", " + sqlfrag.Qualified(junction.Schema, junction.Name) + " AS " + sqlfrag.Ident(e.JunctionAlias()))
	}
	return f
}

// joinConditions renders the conditions that join an embed to its parent.
func joinConditions(parent *plan.Node, e *plan.Embed) []fragment {
	if e == nil || e.Relationship.Function != nil {
		return nil
	}
	var conditions []fragment
	equal := func(alias1, column1, alias2, column2 string) {
		conditions = append(conditions, sql(sqlfrag.Qualified(alias1, column1)+" = "+sqlfrag.Qualified(alias2, column2)))
	}
	if j := e.Relationship.Junction; j != nil {
		alias := e.JunctionAlias()
		for _, pair := range j.Target {
			equal(e.Node.Alias, pair.Column, alias, pair.Target)
		}
		for _, pair := range j.Source {
			equal(alias, pair.Target, parent.Alias, pair.Column)
		}
		between := &plan.Node{Table: e.Junction, Alias: alias}
		conditions = append(conditions, predicates(between, e.JunctionWhere)...)
		return conditions
	}
	for _, pair := range e.Relationship.Columns {
		equal(e.Node.Alias, pair.Target, parent.Alias, pair.Column)
	}
	return conditions
}

// presenceSQL renders the test that an embed of a node has rows or, if absent is set, none.
type presenceSQL func(n *plan.Node, e *plan.Embed, absent bool) fragment

// joinedPresence tests the embed that was joined.
func joinedPresence(n *plan.Node, e *plan.Embed, absent bool) fragment {
	if !joined(n, e) {
		return existence(n, e, absent)
	}
	column, test := rowsColumn, " IS NOT NULL"
	if absent {
		test = " IS NULL"
	}
	switch {
	case e.ToMany() && e.Spread && !e.OneGroup():
		column = position(0)
	case e.OneGroup(), !e.ToMany() && (e.Spread || e.Empty() || !hasHiddenColumns(n, e)):
		// A row of nulls is present, but IS NULL holds for it.
		if test = " IS DISTINCT FROM NULL"; absent {
			test = " IS NOT DISTINCT FROM NULL"
		}
		return sql(sqlfrag.Ident(e.Alias) + ".*" + test)
	}
	return sql(sqlfrag.Qualified(e.Alias, column) + test)
}

// existence tests for the embed's rows in a subquery, or uses what presence has found.
func existence(n *plan.Node, e *plan.Embed, absent bool) fragment {
	var f fragment
	if e.PresenceTests > 1 {
		f = sql(sqlfrag.Qualified(presenceAlias(e), presentColumn))
	} else {
		f = exists(n, e)
	}
	if absent {
		f = f.within("NOT ", "")
	}
	return f
}

// presence joins whether the embed has rows, for several conditions that test it. If each
// had a subquery of its own, the SQL would double with every level of embeds. OFFSET keeps
// PostgreSQL from putting the subquery back in the place of each test.
func presence(n *plan.Node, e *plan.Embed) fragment {
	return exists(n, e).within(" CROSS JOIN LATERAL (SELECT ", " AS "+sqlfrag.Ident(presentColumn)+" OFFSET 0) AS "+sqlfrag.Ident(presenceAlias(e)))
}

func presenceAlias(e *plan.Embed) string { return e.Alias + "." + presentColumn }

// exists tests for the embed's rows. It leaves out a limit, unless no row passes it: without
// one PostgreSQL can make a join of the test.
func exists(parent *plan.Node, e *plan.Embed) fragment {
	switch {
	case isOneGroup(e):
		return sql("TRUE")
	case groupsItself(e), e.Node.Distinct != nil && e.Node.Window.Offset == plan.Positive:
		return groupsOf(parent, e).within("EXISTS (", ")")
	}
	w := e.Node.Window
	if w.Limit == plan.Positive {
		w.Limit = plan.Unbounded
	}
	f := matching(parent, e, e.Node, w.Offset == plan.Positive)
	f.join(window(w))
	f.join(fence(e, w))
	return f.within("EXISTS (", ")")
}

// groupsItself reports an embed whose rows may be groups, so that one may be there without
// any rows. The groups of a to-one spread are its parent's.
func groupsItself(e *plan.Embed) bool {
	return e.Node.Unknown() || e.Node.Aggregates() && !(e.Spread && !e.ToMany())
}

// isOneGroup reports an embed whose rows make one group, which its window lets pass.
func isOneGroup(e *plan.Embed) bool {
	n := e.Node
	if !groupsItself(e) || n.Unknown() || len(n.Having) > 0 || n.Window.Offset == plan.Positive || n.Window.Limit == plan.Zero {
		return false
	}
	return !slices.ContainsFunc(outputs(n), func(o output) bool { return o.aggregate == filter.NoAggregate })
}

// groupsOf renders the groups of an embed, which are known by their columns only.
func groupsOf(parent *plan.Node, e *plan.Embed) fragment {
	s := selection{node: e.Node, outputs: outputs(e.Node), render: computed, parent: parent, embed: e, unordered: true}
	if e.Spread && !e.ToMany() {
		withoutAggregates(s.outputs)
	}
	return s.sql()
}

// matches renders a node's rows without columns, order and window: those that
// its filters and inner embeds let through, each as often as it is shown.
func matches(n *plan.Node) fragment { return matching(nil, nil, n, true) }

// matching renders the rows of a node to be tested for, or to be counted: then each is there
// as often as it is shown.
func matching(parent *plan.Node, e *plan.Embed, n *plan.Node, count bool, more ...fragment) fragment {
	f := sql("SELECT")
	if e != nil && e.Compared {
		f.join(lentColumns(e).within(" ", ""))
	}
	f.join(source(parent, e, n))
	conditions := joinConditions(parent, e)
	for _, p := range n.Where {
		conditions = append(conditions, predicate(n, p, lentPresence))
	}
	for _, child := range n.Embeds {
		if child.PresenceTests > 1 && !child.Compared {
			f.join(presence(n, child))
		}
		switch {
		case count && repeats(child), child.Compared:
			f.join(repeated(n, child))
		case child.Inner:
			conditions = append(conditions, existence(n, child, false))
		}
	}
	f.join(where(append(conditions, more...)))
	return f
}

// repeated joins the rows of a to-one embed that may be several, or that conditions are about.
func repeated(parent *plan.Node, e *plan.Embed) fragment {
	f := sql(" LEFT JOIN LATERAL (")
	if e.Inner {
		f = sql(" JOIN LATERAL (")
	}
	if groupsItself(e) {
		f.join(groupsOf(parent, e))
	} else {
		f.join(matching(parent, e, e.Node, true))
		f.join(window(e.Node.Window))
		f.join(fence(e, e.Node.Window))
	}
	f.add(") AS " + sqlfrag.Ident(e.Alias) + " ON TRUE")
	return f
}
