package query

import (
	"slices"
	"strconv"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// read renders the rows of a relation, with the counts that the answer wants.
func read(a *plan.Answer) (fragment, *Program) {
	if headOnly(a) && a.Count == plan.CountExact && stored(a) {
		all, program := storedRows(a, true)
		return counted(all), program
	}
	main, program := rows(a)
	switch {
	case a.Count == plan.CountExact && headOnly(a) && a.Root.Window.IsAll():
		program.Total = TotalItself
	case a.Count == plan.CountExact && headOnly(a): // one statement has one snapshot
		main, program.Total = joinTotal(a.Root, main), TotalBehind
	case a.Count == plan.CountExact:
		program.Count = statement(count(a.Root))
	case a.Count == plan.CountPlanned:
		program.Estimate = statement(estimate(a.Root))
	case a.Count == plan.CountEstimated:
		program.Count = statement(countUpTo(a.Root, a.MaxRows))
		program.Estimate = statement(estimate(a.Root))
	}
	return main, program
}

// rows renders the rows of an answer, or the number of them if it wants no more.
func rows(a *plan.Answer) (fragment, *Program) {
	if headOnly(a) {
		return countRows(a)
	}
	return selectRows(a)
}

// selectRows renders the rows of an answer's tree, in the columns that its format wants.
func selectRows(a *plan.Answer) (fragment, *Program) {
	n := a.Root
	list := outputs(n)
	s := selection{node: n, outputs: list, version: versionOf(a), keyset: a.Keyset}
	switch a.Format {
	case plan.FormatAggregated:
		s.render = named
		return handlerBody(a, s), &Program{Yield: Yield{Form: FormDocument, Columns: []Column{{Encoding: Verbatim}}}}
	case plan.FormatGeoJSON:
		s.render = named
		return s.sql().within("SELECT ST_AsGeoJSON(rows.*)::text FROM (", ") rows"), &Program{Yield: Yield{Columns: []Column{{Encoding: Verbatim}}}}
	case plan.FormatCSV, plan.FormatRaw:
		s.render = func(_ int, o *output) fragment { return o.text() }
		return s.page(), withVersion(a, s.program(textColumns(list), textTimes(n, list)))
	}
	if !keepsTimes(n) {
		inJSON(list, false)
	}
	program := s.program(columnsOf(list), timesIn(list))
	main := encoded(s)
	if t := program.Times; t != nil && t.Zoned {
		s.outputs = outputs(n)
		inJSON(s.outputs, true)
		t.JSON = &Variant{main: encoded(s), Columns: columnsOf(s.outputs)}
	}
	return main, withVersion(a, program)
}

// encoded renders a selection whose outputs are to be encoded.
func encoded(s selection) fragment {
	n := s.node
	if (n.Aggregates() || n.Distinct != nil) && slices.ContainsFunc(s.outputs, func(o output) bool { return o.toJSON || o.json && n.StripNulls }) {
		s.render = numbered
		return encodeOutside(s)
	}
	s.render = func(_ int, o *output) fragment { return o.encoded(o.aggregated(), n.StripNulls) }
	return s.page()
}

// handlerBody has a handler make the body of all rows, and counts them. A body that nobody
// gets is made all the same, but not sent.
func handlerBody(a *plan.Answer, s selection) fragment {
	argument := "rows.*"
	switch handler := a.Handler.Relation; {
	case a.Root.Call != nil && a.Root.Call.Scalar && !a.Root.Call.Routine.Returns.Set:
		argument = "rows." + sqlfrag.Ident(plan.ScalarColumn)
	case handler.Name != "":
		argument = rowOf("rows", handler)
	}
	body := sqlfrag.Qualified(a.Handler.Aggregate.Schema, a.Handler.Aggregate.Name) + "(" + argument + ")"
	if headOnly(a) {
		body = "(" + body + " IS NULL)"
	}
	return s.sql().within("SELECT pg_catalog.count(*), "+body+" FROM (", ") rows")
}

// rowOf is a row of a row source, by its quoted alias, as one of a relation. The alias
// alone would be the column that has its name, if there is one.
func rowOf(alias string, relation introspect.QualifiedName) string {
	return "CAST(" + alias + ".* AS " + sqlfrag.Qualified(relation.Schema, relation.Name) + ")"
}

// encodeOutside renders groups, or rows that are distinct, as a row source of their own, and
// makes JSON of their columns outside of it: json has no equality to group by.
func encodeOutside(s selection) fragment {
	f := sql("SELECT ")
	for i := range s.outputs {
		if i > 0 {
			f.add(", ")
		}
		f.join(s.outputs[i].encoded(sql(sqlfrag.Qualified("rows", position(i))), s.node.StripNulls))
	}
	f.join(s.sql().within(" FROM (", ") rows"))
	return f
}

func columnsOf(list []output) []Column {
	columns := make([]Column, len(list))
	for i, o := range list {
		columns[i] = Column{Name: o.name, Key: KeyOf(o.name), Encoding: o.encoding, OID: o.oid}
	}
	return columns
}

// textColumns are columns that are shown as PostgreSQL's text, of whatever type.
func textColumns(list []output) []Column {
	columns := make([]Column, len(list))
	for i, o := range list {
		columns[i] = Column{Name: o.name}
	}
	return columns
}

// position names an output by its place.
func position(i int) string { return strconv.Itoa(i + 1) }

// numbered renders an output under its place for a name, where names may occur twice.
func numbered(i int, o *output) fragment {
	return o.aggregated().within("", " AS "+sqlfrag.Ident(position(i)))
}

// computed renders an output as the value that it is.
func computed(_ int, o *output) fragment { return o.aggregated() }

// named renders an output under its name.
func named(_ int, o *output) fragment {
	return o.aggregated().within("", " AS "+sqlfrag.Ident(o.name))
}

// selection is the select of a node.
type selection struct {
	node      *plan.Node
	outputs   []output
	render    func(i int, o *output) fragment
	parent    *plan.Node  // nil at the root
	embed     *plan.Embed // of parent, whose node it is
	row       fragment    // the select of a row within the row; empty for none
	version   string      // the column with the row's version; empty for none
	counted   bool        // the rows are only counted
	unordered bool        // the order is of no interest
	keyset    *plan.Keyset
	part      *keysetPart // of a page by its key; nil for what is no such part
}

func (s selection) sql() fragment {
	n, grouped := s.node, s.grouped()
	f := sql("SELECT ")
	f.join(distinct(n))
	if n.Distinct != nil && len(s.outputs) == 0 { // DISTINCT takes something
		f.add("TRUE")
	}
	for i := range s.outputs {
		if i > 0 {
			f.add(", ")
		}
		if o := &s.outputs[i]; o.groupsAsJSONB() && (grouped || tellsApart(n.Distinct, i)) {
			o.expr = o.expr.within("(", ")::jsonb")
		}
		f.join(s.render(i, &s.outputs[i]))
	}
	f.join(hiddenColumns(s))
	if s.version != "" {
		if len(s.outputs) > 0 {
			f.add(", ")
		}
		f.add(s.version)
	}
	f.join(s.keyColumns())
	if s.counted {
		f.join(orderAsColumn(s))
	}
	f.join(s.from())
	if grouped {
		f.join(groupBy(s.outputs))
		f.join(having(n))
		if len(s.outputs) == 0 && len(n.Having) == 0 { // an order by an aggregate may not be here to make one group
			f.add(" GROUP BY ()")
		}
	}
	switch {
	case s.part != nil:
		f.join(s.part.orderBy())
	case !s.counted && !s.unordered:
		f.join(orderBy(n, grouped))
	}
	f.join(window(n.Window))
	return f
}

// grouped reports that the rows are groups. Those of a to-one spread aren't: its parent
// computes the aggregates.
func (s selection) grouped() bool {
	return s.node.Aggregates() && !(s.embed != nil && s.embed.Spread && !s.embed.ToMany())
}

// from renders FROM and WHERE, with the joins of the embeds. Where rows are only counted,
// conditions on embeds have subqueries of their own: as nothing else uses what is joined,
// PostgreSQL can leave out the joins.
func (s selection) from() fragment {
	n := s.node
	// Conditions on such an embed are apart from its join, if it has one.
	apart := func(e *plan.Embed) bool { return s.counted || !joined(n, e) }
	f := source(s.parent, s.embed, n)
	for _, e := range n.Embeds {
		if joined(n, e) {
			f.join(lateral(n, e, e.Inner && !apart(e)))
		}
		if e.PresenceTests > 1 && apart(e) {
			f.join(presence(n, e))
		}
	}
	if !s.row.empty() {
		f.join(s.row.within(" CROSS JOIN LATERAL (", ") AS "+sqlfrag.Ident(rowName)))
	}
	conditions := joinConditions(s.parent, s.embed)
	present := joinedPresence
	if s.counted {
		present = existence
	}
	for _, p := range n.Where {
		conditions = append(conditions, predicate(n, p, present))
	}
	for _, e := range n.Embeds {
		switch {
		case e.Inner && apart(e):
			conditions = append(conditions, existence(n, e, false))
		case e.Inner && s.parent == nil && selective(e):
			conditions = append(conditions, exists(n, e))
		}
	}
	if s.part != nil && !s.part.condition.empty() {
		condition := s.part.condition
		if n.Forced != nil && slices.ContainsFunc(s.part.terms, func(t keysetTerm) bool { return t.Embed == nil && t.Field.MayFail() }) {
			condition = ifHolds(n, n.Forced, condition)
		}
		conditions = append(conditions, condition)
	}
	f.join(where(conditions))
	return f
}

// groupsAsJSONB reports a value to group by that may be json, which has no equality.
func (o *output) groupsAsJSONB() bool {
	return o.json && o.aggregate == filter.NoAggregate && o.key.empty()
}

// groupBy renders GROUP BY with all outputs that are no aggregates. They go by their places,
// or by their columns: two expressions with arguments are never the same to PostgreSQL.
func groupBy(list []output) fragment {
	f := fragment{}
	for i, o := range list {
		if o.aggregate != filter.NoAggregate {
			continue
		}
		if f.empty() {
			f.add(" GROUP BY ")
		} else {
			f.add(", ")
		}
		if o.key.empty() {
			f.add(position(i))
		} else {
			f.join(o.key)
		}
	}
	return f
}

// window renders LIMIT and OFFSET, as arguments: a page's size is no part of a
// statement's shape.
func window(w plan.Window) fragment {
	f := fragment{}
	if w.Limit != plan.Unbounded {
		f.add(" LIMIT ?", w.LimitArg())
	}
	if w.Offset != plan.Unbounded {
		f.add(" OFFSET ?", w.OffsetArg())
	}
	return f
}
