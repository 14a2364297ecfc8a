package filter

import (
	"strconv"
	"strings"
)

// EncodeError reports a query that was built by hand and that no query string says.
type EncodeError struct {
	Parameter string // the parameter's name, as far as it can be written, as "client.order"
	Reason    string // why the parameter can't be written, as "there is no Operator(99)"
}

// Error names the parameter and the reason.
func (e *EncodeError) Error() string {
	return "filter: encode parameter " + strconv.Quote(e.Parameter) + ": " + e.Reason
}

// Encode gives the query string that asks for the query, percent-encoded and without a
// question mark: select first, then the conditions and groups, order, limit and offset,
// columns, on_conflict, update, after, before, distinct, having, and the arguments, each kind
// in its order. Names and values are in quotes only where they have to be. Equal queries give
// equal query strings.
//
// Parse reads the query back as it was: any that Parse has given, and any that was built
// by hand and doesn't fail here. A query with Arguments takes Options.Arguments for that, one
// with Update takes Options.Update, one with NestedColumns takes Options.Nested, one with a Call
// takes Options.Operators, one with After or Before takes Options.Pages, and one with Distinct,
// Having, an order by an aggregate, or count(distinct) takes Options.Grouping, and can't have
// Arguments with Distinct or Having. A field's Cast, a condition's Related, more than one
// Related of an order, IgnoreCase, and the operators jsonpath and jsonmatch take
// Options.Filters.
// What makes no difference comes back as Parse has it: a list without elements as one
// that has an empty element, a relation without items with an empty slice of them, a
// column that is repeated once, what an operator has no use for, such as the Value of In, as
// nothing, and an argument with the Filter that its value tells.
//
// The error is an *EncodeError, for what the grammar has no words for: operators and
// other enums that don't exist; quantifiers, languages, aliases and casts where none can
// be; empty names, groups and orders; two pages of one path; a group on an embedded
// relation that is called "not", and an embedded one that is called "count" unless it is
// spread; an argument or a token whose value is read as a filter, and beside arguments a filter
// that is read as one; a field of select and of distinct that is cast or another relation's; an
// index of a JSON path right before a closing bracket; and what nests deeper than Parse goes.
func (q *Query) Encode() (string, error) {
	var b strings.Builder
	for _, w := range q.written() {
		if w.refused != "" {
			return "", &EncodeError{Parameter: w.name, Reason: w.refused}
		}
		w.encode(&b)
	}
	return b.String(), nil
}

// String gives what Encode gives. Where Encode fails it gives what can be written.
func (q *Query) String() string {
	var b strings.Builder
	for _, w := range q.written() {
		w.encode(&b)
	}
	return b.String()
}

// written is a parameter that was made of a part of a query.
type written struct {
	parameter
	refused string // why Parse doesn't read it as that part; empty if it does
}

// written gives the parameters of the query.
func (q *Query) written() []written {
	var all []written
	p := printer{arguments: len(q.Arguments) > 0}
	add := func(parameters ...parameter) {
		for _, made := range parameters {
			all = append(all, written{made, p.refused})
		}
		p.refused = ""
	}
	if q.Select != nil {
		p.items(q.Select, false)
		add(p.parameter("select"))
	}
	for _, predicate := range q.Where {
		made := p.predicate(predicate)
		p.checkCalled(q, predicate, made.name)
		add(made)
	}
	for _, order := range q.Order {
		add(p.order(order))
	}
	seen := make(map[string]bool, len(q.Pages))
	for _, page := range q.Pages {
		path := quotedBase(page.Path)
		if seen[path] {
			p.refuse("the path has two pages")
		}
		seen[path] = true
		add(p.page(page)...)
	}
	if len(q.NestedColumns) > 0 {
		if p.nestedColumns(q.Columns, nil, q.NestedColumns) != len(q.NestedColumns) {
			p.refuse("there are columns in brackets behind no name")
		}
		add(p.parameter("columns"))
	} else if q.Columns != nil {
		p.names(q.Columns, true)
		add(p.parameter("columns"))
	}
	if q.OnConflict != nil {
		p.names(q.OnConflict, false)
		p.constraint(q)
		add(p.parameter("on_conflict"))
	}
	if q.Update != nil {
		p.names(q.Update, false)
		add(p.parameter("update"))
	}
	if q.After != "" {
		add(p.token("after", q.After))
	}
	if q.Before != "" {
		add(p.token("before", q.Before))
	}
	for _, distinct := range q.Distinct {
		add(p.distinct(distinct))
	}
	for _, having := range q.Having {
		add(p.havingOf(having))
	}
	for _, argument := range q.Arguments {
		add(p.argument(argument))
	}
	return all
}

// encode appends the parameter to a query string.
func (p parameter) encode(b *strings.Builder) {
	if b.Len() > 0 {
		b.WriteByte('&')
	}
	writeLegible(b, p.name)
	b.WriteByte('=')
	writeLegible(b, p.value)
}

// writeLegible percent-encodes what a query string can't have (RFC 3986, section 3.4) or
// takes for something else. The signs of the grammar that it can have stay as they are.
func writeLegible(b *strings.Builder, text string) {
	for text != "" {
		sign := strings.IndexAny(text, "!$()*,:@/")
		if sign < 0 {
			writeEscaped(b, text)
			return
		}
		writeEscaped(b, text[:sign])
		b.WriteByte(text[sign])
		text = text[sign+1:]
	}
}
