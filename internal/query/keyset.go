package query

import (
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// A page by its key begins right behind a row, at whatever depth, and costs what the first
// one does if PostgreSQL finds that place by an index. Where one comparison says what is
// behind the row, it is a condition like others:
//
//	WHERE (year, id) > ($1, $2) ORDER BY year, id LIMIT $3
//
// With terms of several directions, or with nulls, it takes several such ranges: of year
// descending and id ascending first the rest of the row's own year, then all years before it.
// For an OR of them PostgreSQL would read the index from its beginning. So each is a part of
// its own that has the limit, and the page is what comes first of all parts.

// maxKeysetParts is the number of parts beyond which ranges are joined by OR: each part
// repeats the SQL of the rows.
const maxKeysetParts = 8

// keysetPart is a part of a page by its key.
type keysetPart struct {
	terms     []keysetTerm
	condition fragment // on its rows besides others; empty for none
	// within has the part be a row source, whose columns have names.
	within bool
}

// keysetTerm is a term of the order in which a page is looked for: the client's order, or the
// opposite one for what is before a row.
type keysetTerm struct {
	plan.OrderTerm
	value    fragment // that a row has
	bound    fragment // that the row has where the page begins; empty for NULL
	nullable bool
	order    fragment // the term in ORDER BY
}

func (s selection) keysetTerms() []keysetTerm {
	n, k := s.node, s.keyset
	terms := make([]keysetTerm, len(n.Order))
	for i, t := range n.Order {
		term := keysetTerm{OrderTerm: t, value: orderValue(n, i, t), nullable: t.Nullable(n)}
		if k.Bound == plan.Before {
			term.OrderTerm = t.Reversed()
		}
		if k.Bound != plan.Unplaced && !k.Nulls[i] {
			term.bound = castComposite(sql("?", k.ValueArg(i)), t)
		}
		term.order = orderTerm(n, i, term.OrderTerm, false)
		terms[i] = term
	}
	return terms
}

// typeOf is the type of a term's values, nil if it isn't known.
func typeOf(t plan.OrderTerm) *introspect.Type {
	field := t.Field
	switch {
	case t.IgnoreCase:
		return nil
	case field.Cast != nil:
		return field.Cast.Type
	case len(field.Path) > 0:
		return nil
	}
	if t.Embed != nil && shown(t) { // it may be another field by that name, or be shown cast
		columns := t.Embed.Node.Columns
		if t.Place >= len(columns) || columns[t.Place].Cast != nil || columns[t.Place].Aggregate != filter.NoAggregate || len(columns[t.Place].Field.Path) > 0 {
			return nil
		}
		field = columns[t.Place].Field
	}
	switch {
	case field.Column != nil:
		return field.Column.Type
	case field.Computed != nil:
		return field.Computed.Returns.Type
	}
	return nil
}

// operator renders a comparison of the term's values. That of a type of an extension's is in
// the schema of the type, which needn't be on the search path; there, PostgreSQL would
// compare citext as text.
func (t *keysetTerm) operator(name string) string {
	if schema := ownOperators(t.OrderTerm); schema != "" {
		return " OPERATOR(" + schema + "." + name + ") "
	}
	return " " + name + " "
}

// ownOperators is the quoted schema of the operators of a term's values, empty for those of
// PostgreSQL's own.
func ownOperators(t plan.OrderTerm) string {
	of := typeOf(t)
	if of == nil || of.Kind != introspect.BaseType {
		return ""
	}
	return catalogSQL(schemaIn(of.BaseName))
}

// schemaIn is the schema that a type's name begins with, both of them quoted where they have
// to be; empty without one, as of PostgreSQL's own types.
func schemaIn(name string) string {
	quoted := false
	for i := range len(name) {
		switch name[i] {
		case '"':
			quoted = !quoted
		case '.':
			if !quoted {
				return name[:i]
			}
		}
	}
	return ""
}

// comparedWith reports terms that one comparison of rows does for.
func (t *keysetTerm) comparedWith(other *keysetTerm) bool {
	return t.Descends() == other.Descends() && ownOperators(t.OrderTerm) == "" && ownOperators(other.OrderTerm) == ""
}

func isComposite(t *introspect.Type) bool { return t != nil && t.Kind == introspect.CompositeType }

// castComposite casts the text of a composite, of which PostgreSQL infers only that it is a
// row. Other types it infers from what the text is compared with.
func castComposite(text fragment, t plan.OrderTerm) fragment {
	composite := typeOf(t)
	if !isComposite(composite) {
		return text
	}
	return text.within("CAST(", " AS "+sqlfrag.Qualified(composite.Schema, composite.Local)+")")
}

// null renders the test whether a row's value is NULL, or isn't. Of a composite without any
// values IS NULL holds, too, though the order has it among values.
func (t *keysetTerm) null(is bool) fragment {
	test := " IS "
	if !is {
		test = " IS NOT "
	}
	if isComposite(typeOf(t.OrderTerm)) {
		if test = " IS NOT DISTINCT FROM "; !is {
			test = " IS DISTINCT FROM "
		}
	}
	return t.value.within("", test+"NULL")
}

// page renders the rows of a page: those of the selection, or those behind a row if the page
// is one by its key.
func (s selection) page() fragment {
	if s.keyset == nil {
		return s.sql()
	}
	terms, backward := s.keysetTerms(), s.keyset.Bound == plan.Before
	ranges := []fragment{{}}
	if s.keyset.Bound != plan.Unplaced {
		ranges = rangesBehind(terms)
	}
	if len(ranges) > maxKeysetParts {
		ranges = []fragment{conditionOf(leading(terms[0]), anyOf(ranges))}
	}
	if len(ranges) == 1 && !backward {
		s.part = &keysetPart{terms: terms, condition: ranges[0]}
		return s.sql()
	}
	render := s.render
	s.render = func(i int, o *output) fragment { return render(i, o).within("", " AS "+sqlfrag.Ident(position(i))) }
	var rows fragment
	for i, condition := range ranges {
		if i > 0 {
			rows.add(" UNION ALL ")
		}
		s.part = &keysetPart{terms: terms, condition: condition, within: true}
		rows.join(s.sql().within("(", ")"))
	}
	switch {
	case len(ranges) > 1 && backward: // the last of all, before they are put in the client's order
		rows = rows.within("SELECT * FROM (", ")"+pageAlias+orderByNames(s.node.Order, true))
		rows.join(window(s.node.Window))
		return s.shownPage(rows)
	case len(ranges) > 1:
		f := s.shownPage(rows)
		f.join(window(s.node.Window))
		return f
	}
	return s.shownPage(rows)
}

const (
	pageName  = "page"
	pageAlias = ` AS "` + pageName + `"`
)

// shownPage renders what is shown of a page that is a row source, in the client's order.
func (s selection) shownPage(rows fragment) fragment {
	f := sql("SELECT ")
	for i := range s.outputs {
		f.add(sqlfrag.Qualified(pageName, position(i)) + ", ")
	}
	for i, t := range s.node.Order {
		if i > 0 {
			f.add(", ")
		}
		f.join(keyText(sql(sqlfrag.Qualified(pageName, orderColumn(i))), t))
	}
	f.join(rows.within(" FROM (", ")"+pageAlias+orderByNames(s.node.Order, false)))
	return f
}

// orderByNames renders the order of a page that is a row source.
func orderByNames(order []plan.OrderTerm, reversed bool) string {
	text := ""
	for i, t := range order {
		if text += ", "; i == 0 {
			text = " ORDER BY "
		}
		if reversed {
			t = t.Reversed()
		}
		column := filter.Operand{SQL: sqlfrag.Qualified(pageName, orderColumn(i))}
		text += string(bound(filter.OrderTerm{Direction: t.Direction, Nulls: t.Nulls}.Bind(column)).sql)
	}
	return text
}

// orderBy renders ORDER BY of a part.
func (p *keysetPart) orderBy() fragment {
	f := sql(" ORDER BY ")
	for i, t := range p.terms {
		if i > 0 {
			f.add(", ")
		}
		f.join(t.order)
	}
	return f
}

// keyColumns renders the values of the order behind the outputs: as texts, or as what they are
// for a part that is a row source.
func (s selection) keyColumns() fragment {
	f := fragment{}
	if s.part == nil {
		return f
	}
	for i, t := range s.part.terms {
		if i > 0 || len(s.outputs) > 0 {
			f.add(", ")
		}
		if s.part.within {
			f.join(t.value.within("", " AS "+sqlfrag.Ident(orderColumn(i))))
		} else {
			f.join(keyText(t.value, t.OrderTerm))
		}
	}
	return f
}

// keyText renders a value of the order as a text that PostgreSQL reads as the same value,
// whatever the session's DateStyle is by then. Results come as texts anyway. Names of what the
// catalogs have are compared by their numbers.
func keyText(value fragment, t plan.OrderTerm) fragment {
	switch of := typeOf(t); {
	case of == nil:
	case isTime(of.BaseOID):
		return value.within("(pg_catalog.to_json(", ") #>> '{}')")
	case namesObject(of.BaseOID):
		return value.within("(", ")::pg_catalog.oid")
	}
	return value
}

// namesObject reports a type such as regclass, which is shown as a name and is a number.
func namesObject(number uint32) bool {
	switch number {
	case oid.RegProc, oid.RegProcedure, oid.RegOper, oid.RegOperator, oid.RegClass, oid.RegType, oid.RegConfig, oid.RegDictionary,
		oid.RegNamespace, oid.RegRole, oid.RegCollation:
		return true
	}
	return false
}

// program is that of the rows of a page, in these columns.
func (s selection) program(columns []Column, times *Times) *Program {
	program := &Program{Yield: Yield{Columns: columns, Times: times}}
	if s.keyset != nil {
		program.Keys = len(s.node.Order)
		if times != nil {
			texts := make([]int16, program.Keys)
			times.Local, times.All = append(times.Local, texts...), append(times.All, texts...)
		}
	}
	return program
}

// rangesBehind renders what is behind a row, as ranges that don't overlap. In each, terms are
// equal to the row's up to one; that one is behind the row's, or is compared together with
// those that follow it in the same direction. The range of nulls behind a value stands by
// itself, as no comparison holds for nulls.
func rangesBehind(terms []keysetTerm) []fragment {
	var ranges []fragment
	for i := 0; i < len(terms); {
		t := &terms[i]
		if t.bound.empty() {
			if t.NullsFirst() {
				ranges = append(ranges, conditionOf(equal(terms[:i]), t.null(false)))
			}
			i++
			continue
		}
		end := i + 1
		for end < len(terms) && !terms[end].bound.empty() && t.comparedWith(&terms[end]) {
			end++
		}
		ranges = append(ranges, conditionOf(equal(terms[:i]), behind(terms[i:end])))
		for k := i; k < end; k++ {
			if terms[k].nullable && !terms[k].NullsFirst() {
				ranges = append(ranges, conditionOf(equal(terms[:k]), terms[k].null(true)))
			}
		}
		i = end
	}
	if ranges == nil { // nulls alone, and they are last
		return []fragment{sql("FALSE")}
	}
	return ranges
}

// behind renders the comparison of terms of one direction with the row's, all of which are no
// nulls.
func behind(terms []keysetTerm) fragment {
	operator := terms[0].operator(">")
	if terms[0].Descends() {
		operator = terms[0].operator("<")
	}
	if len(terms) == 1 {
		f := terms[0].value.within("", operator)
		f.join(terms[0].bound)
		return f
	}
	f := list(terms, func(t *keysetTerm) fragment { return t.value })
	f.add(operator)
	f.join(list(terms, func(t *keysetTerm) fragment { return t.bound }))
	return f
}

func list(terms []keysetTerm, of func(*keysetTerm) fragment) fragment {
	f := sql("ROW(")
	for i := range terms {
		if i > 0 {
			f.add(", ")
		}
		f.join(of(&terms[i]))
	}
	f.add(")")
	return f
}

// equal renders that terms are those of the row.
func equal(terms []keysetTerm) []fragment {
	conditions := make([]fragment, len(terms))
	for i := range terms {
		f := terms[i].null(true)
		if !terms[i].bound.empty() {
			f = terms[i].value.within("", terms[i].operator("="))
			f.join(terms[i].bound)
		}
		conditions[i] = f
	}
	return conditions
}

// conditionOf joins conditions by AND.
func conditionOf(conditions []fragment, last fragment) fragment {
	f := fragment{}
	for _, c := range slices.Concat(conditions, []fragment{last}) {
		if !f.empty() {
			f.add(" AND ")
		}
		f.join(c)
	}
	return f
}

// leading bounds the first term, so that an index can begin there whatever else is asked.
func leading(t keysetTerm) []fragment {
	switch {
	case t.bound.empty() && !t.NullsFirst():
		return equal([]keysetTerm{t})
	case t.bound.empty(), t.nullable && !t.NullsFirst():
		return nil
	}
	operator := t.operator(">=")
	if t.Descends() {
		operator = t.operator("<=")
	}
	f := t.value.within("", operator)
	f.join(t.bound)
	return []fragment{f}
}

// anyOf joins ranges by OR.
func anyOf(ranges []fragment) fragment {
	f := sql("(")
	for i, r := range ranges {
		if i > 0 {
			f.add(" OR ")
		}
		f.join(r)
	}
	f.add(")")
	return f
}
