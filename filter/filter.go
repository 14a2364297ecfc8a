// Package filter reads PostgREST's URL grammar, binds it to SQL, and writes it.
//
// A request's query string says what to select, filter, order and page. Parse
// turns it into a Query, which holds names as the client wrote them; it knows
// nothing of any table. Bind, BindField and BindOrder turn the parts of a Query
// into SQL for squirrel, asking a Resolver what each column is:
//
//	query, err := filter.Parse(r.URL.RawQuery, filter.Options{})
//	if err != nil {
//		return err // a *filter.ParseError, written for the client
//	}
//	for _, p := range query.Where {
//		where, err := filter.Bind(p.Node, columns)
//		if err != nil {
//			return err // the resolver knows no such column
//		}
//		statement = statement.Where(where)
//	}
//
// Query.Page finds what limit and offset are, and Page.Window checks their numbers.
// Query.Encode gives a query string that Parse reads as the same query, and String of each
// part its text, for logs and messages.
//
// Values reach SQL as arguments only, and names only by way of the resolver.
// The grammar, its tolerances and the texts of its errors are those of
// PostgREST 16.
package filter

import (
	"slices"
	"strings"
)

// Query is a parsed query string. What may be given several times, or for
// several embedded relations, is in the order of the URL.
type Query struct {
	// Select holds the items of select. It is nil when the parameter is absent,
	// which means every column, and empty but not nil for `select=`.
	Select []SelectItem
	// Where holds the column filters and the and/or trees, all of which have to
	// hold.
	Where []Predicate
	// Order holds the order parameters. PostgREST heeds the first of a path.
	Order []Order
	// Pages holds limit and offset, merged into one Page a path.
	Pages []Page
	// Columns holds the distinct names in columns, nil when it is absent.
	Columns []string
	// NestedColumns holds what Columns has in brackets, each behind those around it; with
	// Options.Nested only.
	NestedColumns []NestedColumns
	// OnConflict holds the names in on_conflict, nil when it is absent.
	OnConflict []string
	// OnConstraint is the name of a constraint that on_conflict=constraint(name) has.
	// OnConflict then has the name constraint, which may be that of a column.
	OnConstraint string
	// Update holds the distinct names in update, nil when it is absent; with Options.Update
	// only.
	Update []string
	// After and Before hold the tokens of the parameters of these names, with Options.Pages
	// only.
	After, Before string
	// Distinct holds the distinct parameters, with Options.Grouping only. The first of a path
	// counts, as it does of Order.
	Distinct []Distinct
	// Having holds the having parameters, all of which have to hold; with Options.Grouping
	// only.
	Having []Having
	// Arguments holds the parameters whose value is no filter, with
	// Options.Arguments only.
	Arguments []Argument
}

// Argument is a parameter that is no filter: an argument of a function.
type Argument struct {
	Name, Value string
	// Filter is what the parameter says if it is none, nil if it can't be anything else. It is
	// there for values that begin as filters with Options.Filters do, and PostgREST's don't.
	Filter *Predicate
}

// Options configures Parse.
type Options struct {
	// Arguments takes a parameter whose value is no filter as an argument of a function,
	// for a call by GET. Otherwise such a parameter is an error.
	Arguments bool
	// Update takes a parameter update whose value is no filter as the names of the columns
	// that an upsert updates.
	Update bool
	// Nested takes names in brackets behind the names in columns, as in columns=a,b(c,d). None
	// of the names may be empty then.
	Nested bool
	// Pages takes parameters after and before whose values are no filters as tokens, which
	// say where a page begins or ends.
	Pages bool
	// Grouping takes parameters distinct and having whose values are no filters, orders by
	// aggregates, and count(distinct). With Arguments, distinct and having are arguments of
	// the function.
	Grouping bool
	// Filters takes casts of fields in conditions and orders, as in id::text, conditions about
	// related fields and orders by those at any depth, as in client(country(name)), orders
	// without regard to case, as in name.ci, and the operators jsonpath and jsonmatch. With
	// Arguments, a parameter whose value begins with one of these two is an argument, and
	// Argument.Filter is the condition.
	//
	// In the name of a parameter PostgREST overlooks what is behind a field, so that
	// id::text=eq.1 is about id to it. Who has to answer alike looks at Cast and Related of
	// the conditions that Where has, and not of those in their groups.
	Filters bool
	// Operators takes operators and functions of the host's, by any name: as conditions, as in
	// place=within(1,2,3), and as fields of conditions, orders and select, as in
	// order=embedding.l2([1,2]). With Arguments, place=within(1,2,3) is an argument of the
	// function. Which operators there are is for the Resolver to say.
	Operators bool
	// Limits bounds what may be asked for. By default only the depth of groups, of
	// embedded relations and of JSON paths is bounded, to 100.
	Limits Limits
}

// Parse reads a query string as the client sent it, percent-encoded and without
// its question mark. Its error is a *ParseError, or a *LimitError.
//
// The parameters select, columns and on_conflict count where they are first
// given, limit and offset where they are last given, and then as integers only.
// Names that end in .order, .limit, .offset, .and and .or concern an embedded
// relation. Every other parameter that has a value is a filter.
func Parse(rawQuery string, opts Options) (*Query, error) {
	r := reader{opts: opts, query: &Query{}, tally: tally{limits: opts.Limits}}
	r.scanner.tally, r.scanner.grouping, r.scanner.filters, r.scanner.operators = &r.tally, opts.Grouping, opts.Filters, opts.Operators
	for p := range parameters(rawQuery) {
		if r.read(p); r.tally.exceeded != nil {
			return nil, r.tally.exceeded
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	r.yield()
	return r.query, nil
}

// The parts of a query string, in the order in which they are checked: an error
// in an earlier part is reported before one in a later part.
const (
	orderPart = iota
	groupPart
	columnsPart
	selectPart
	conditionPart
	onConflictPart
	updatePart
	distinctPart
	havingPart
	pagePart
	parts
)

// reader collects a Query from its parameters.
type reader struct {
	opts    Options
	query   *Query
	scanner scanner
	tally   tally
	pages   map[string]int // the index in query.Pages by the path as it is written
	seen    [parts]bool    // the parts that have occurred; only for those that count once
	err     *ParseError    // of the earliest part that has one
	part    int            // that of err
	called  []called       // the conditions whose parameter's name has a call
}

// source is a text to read, and how an error describes it.
type source struct {
	part      int
	parameter string
	name      string // the kind of text, as the client is told
	prefix    string // what the grammar expects before the text
	text      string
}

// scanSource reads a source by a rule and keeps the error if it is the one to
// report. It skips a source whose error would not be, since an earlier part has one.
func scanSource[T any](r *reader, from source, rule func(*scanner) (T, bool)) (T, bool) {
	if r.err != nil && r.part <= from.part {
		var none T
		return none, false
	}
	value, ok := scan(&r.scanner, from.prefix+from.text, rule)
	if !ok && r.tally.exceeded == nil {
		r.err, r.part = newParseError(from, explain(&r.scanner, rule)), from.part
	}
	return value, ok
}

// first reports whether a part occurs for the first time.
func (r *reader) first(part int) bool {
	seen := r.seen[part]
	r.seen[part] = true
	return !seen
}

// read adds a parameter to the query.
func (r *reader) read(p parameter) {
	switch p.name {
	case "select":
		if r.first(selectPart) && p.given {
			r.readSelect(p)
		}
		return
	case "columns":
		switch {
		case !r.first(columnsPart) || !p.given:
		case r.opts.Nested:
			r.readNestedColumns(p)
		default:
			r.query.Columns = distinct(r.readNames(columnsPart, p))
		}
		return
	case "on_conflict":
		if r.first(onConflictPart) && p.given {
			r.readConflict(p)
		}
		return
	}
	if !p.given {
		return
	}
	base, last := "", p.name
	if dot := strings.LastIndexByte(p.name, '.'); dot >= 0 {
		base, last = p.name[:dot+1], p.name[dot+1:]
	}
	switch last {
	case "order":
		r.readOrder(p)
	case "and", "or":
		r.readGroup(p)
	case "limit", "offset":
		r.readPage(p, base, last == "limit")
	case "distinct", "having":
		if !r.readGrouping(p, last == "having") {
			r.readCondition(p)
		}
	default:
		if !r.readUpdate(p) && !r.readToken(p) {
			r.readCondition(p)
		}
	}
}

func (r *reader) readSelect(p parameter) {
	from := source{part: selectPart, parameter: p.name, name: "select parameter", text: p.value}
	if items, ok := scanSource(r, from, (*scanner).selectItems); ok {
		r.query.Select = items
	}
}

// readConflict reads columns, or a constraint's name in parentheses behind the word
// constraint. What follows the columns otherwise means nothing.
func (r *reader) readConflict(p parameter) {
	if r.query.OnConflict = r.readNames(onConflictPart, p); !slices.Equal(r.query.OnConflict, []string{constraintWord}) {
		return
	}
	text, ok := strings.CutPrefix(p.value, constraintWord+"(")
	if !ok {
		return
	}
	if name, ok := scan(&r.scanner, text, func(s *scanner) (string, bool) {
		name, ok := s.name()
		return name, ok && s.char(')') && s.pos == len(s.text)
	}); ok {
		r.query.OnConstraint = name
	}
}

const constraintWord = "constraint"

// readUpdate reads the names of columns, unless the value is a filter.
func (r *reader) readUpdate(p parameter) bool {
	if !r.opts.Update || p.name != "update" || p.value == "" || r.isFilter(p.value) {
		return false
	}
	if r.first(updatePart) {
		r.query.Update = distinct(r.readNames(updatePart, p))
	}
	return true
}

// readToken reads where a page begins or ends, unless the value is a filter. Of several the
// first counts.
func (r *reader) readToken(p parameter) bool {
	if !r.opts.Pages || p.name != "after" && p.name != "before" || p.value == "" || r.isFilter(p.value) {
		return false
	}
	token := &r.query.After
	if p.name == "before" {
		token = &r.query.Before
	}
	if *token == "" {
		*token = p.value
	}
	return true
}

func (r *reader) readNames(part int, p parameter) []string {
	from := source{part: part, parameter: p.name, name: p.name + " parameter", text: p.value}
	names, _ := scanSource(r, from, func(s *scanner) ([]string, bool) { return s.names(p.name) })
	return names
}

func (r *reader) readOrder(p parameter) {
	at, ok := r.readTarget(orderPart, p, p.name)
	if !ok {
		return
	}
	from := source{part: orderPart, parameter: p.name, name: "order", text: p.value}
	if terms, ok := scanSource(r, from, (*scanner).orderTerms); ok {
		r.query.Order = append(r.query.Order, Order{Path: at.path, Terms: terms})
	}
}

func (r *reader) readGroup(p parameter) {
	from := source{part: groupPart, parameter: p.name, name: "logic path", text: p.name}
	group, ok := scanSource(r, from, (*scanner).groupName)
	if !ok {
		return
	}
	from = source{part: groupPart, parameter: p.name, name: "logic tree", prefix: group.word, text: p.value}
	if node, ok := scanSource(r, from, (*scanner).tree); ok {
		r.query.Where = append(r.query.Where, Predicate{Path: group.path, Node: node})
	}
}

func (r *reader) readCondition(p parameter) {
	// "" is the single unnamed parameter of a function.
	at, unnamed := target{}, r.opts.Arguments && p.name == `""`
	if !unnamed {
		if r.readCalled(p) {
			return
		}
		var ok bool
		if at, ok = r.readTarget(conditionPart, p, p.name); !ok {
			return
		}
	}
	from := source{part: conditionPart, parameter: p.name, name: "filter", text: p.value}
	rule := (*scanner).comparison
	switch {
	case r.opts.Arguments:
		rule = (*scanner).comparisonOrNothing
		r.scanner.filters = false // their operators are arguments
	case r.opts.Operators && at.field.Cast == "" && at.field.Call == nil:
		rule = (*scanner).comparisonOrCall
	}
	c, ok := scanSource(r, from, rule)
	r.scanner.filters = r.opts.Filters
	switch {
	case !ok:
	case r.scanner.pos == 0:
		name := at.field.Name
		if len(at.field.Related) > 0 {
			name = at.field.Related[0]
		}
		a := Argument{Name: name, Value: p.value}
		if r.opts.Filters {
			if c, ok := scan(&r.scanner, p.value, (*scanner).comparison); ok {
				c.Field = at.field
				a.Filter = &Predicate{Path: at.path, Node: c}
				r.tally.condition()
			}
		}
		r.query.Arguments = append(r.query.Arguments, a)
		r.tally.arguments(len(r.query.Arguments))
	case unnamed:
		r.readTarget(conditionPart, p, p.name) // for its error: "" names no column
	default:
		if c.Operator == Holds {
			at.field.Call = c.Field.Call
		}
		c.Field = at.field
		r.tally.condition()
		r.query.Where = append(r.query.Where, Predicate{Path: at.path, Node: c})
	}
}

// readTarget reads the name of a parameter.
func (r *reader) readTarget(part int, p parameter, name string) (target, bool) {
	return scanSource(r, source{part: part, parameter: p.name, name: "tree path", text: name}, (*scanner).target)
}

// distinct removes repetitions.
func distinct(names []string) []string {
	seen := make(map[string]bool, len(names))
	return slices.DeleteFunc(names, func(name string) bool {
		repeated := seen[name]
		seen[name] = true
		return repeated
	})
}
