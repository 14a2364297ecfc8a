package filter

// SelectItem is a SelectField or a SelectRelation.
type SelectItem interface{ selectItem() }

// SelectField selects a column, a value inside of one, or an aggregate.
type SelectField struct {
	All           bool      // *, or count(): every column, or the rows themselves; Field is empty then
	Field         Field     // a column may be called "*", too
	Alias         string    // or ""
	Cast          string    // the type to cast the field to, or "": letters, digits, _, $ and spaces
	Aggregate     Aggregate // the function to apply to the field, if any
	AggregateCast string    // the type to cast the aggregate to, or ""
}

// SelectRelation embeds a related relation.
type SelectRelation struct {
	Relation string
	Alias    string   // or ""
	Hint     string   // which of several relationships is meant, or ""
	Join     JoinType // inner or left, if given
	Spread   bool     // ...relation(…): its columns belong to the parent
	Items    []SelectItem
}

func (SelectField) selectItem()    {}
func (SelectRelation) selectItem() {}

// Aggregate is an aggregate function.
type Aggregate uint8

// The aggregate functions.
const (
	NoAggregate Aggregate = iota
	AggregateCount
	AggregateSum
	AggregateAvg
	AggregateMax
	AggregateMin
	AggregateCountDistinct // count(distinct), with Options.Grouping
)

// aggregates is the table of the aggregate functions' names.
var aggregates = [...]string{AggregateCount: "count", AggregateSum: "sum", AggregateAvg: "avg", AggregateMax: "max", AggregateMin: "min",
	AggregateCountDistinct: "count"}

// String returns the function's name, which is "" for NoAggregate, and the same for
// AggregateCount and AggregateCountDistinct.
func (a Aggregate) String() string {
	if int(a) >= len(aggregates) {
		return ""
	}
	return aggregates[a]
}

// JoinType says what becomes of parents that have no related row.
type JoinType uint8

// The join types.
const (
	DefaultJoin JoinType = iota // as LeftJoin
	LeftJoin                    // !left keeps them
	InnerJoin                   // !inner drops them
)

// joinTypes is the table of the join types' names.
var joinTypes = [...]string{LeftJoin: "left", InnerJoin: "inner"}

// String returns the join type's name in a URL, which is "" for DefaultJoin.
func (t JoinType) String() string {
	if int(t) >= len(joinTypes) {
		return ""
	}
	return joinTypes[t]
}

// ParseRelation reads a relation as select has it before its brackets, with its alias, its hint
// and its join type: "lines", "items:lines!order_key". ok is false for anything else.
func ParseRelation(text string) (r SelectRelation, ok bool) {
	var s scanner
	r, ok = scan(&s, text+"(", func(s *scanner) (SelectRelation, bool) {
		r, ok := s.embed()
		return r, ok && s.pos == len(text)
	})
	return r, ok
}

// selectItems reads items with commas between, or none.
func (s *scanner) selectItems() ([]SelectItem, bool) {
	items := []SelectItem{}
	item := func() bool {
		item, ok := s.selectItem()
		if ok {
			items = append(items, item)
		}
		return ok && s.tally.selectItem()
	}
	start := s.pos
	if !s.separated(item, s.comma) {
		return items, s.pos == start
	}
	return items, true
}

// selectItem reads a relation or a field.
func (s *scanner) selectItem() (SelectItem, bool) {
	m := s.mark()
	r, ok := s.spread()
	if !ok {
		s.rewind(&m)
		r, ok = s.embed()
	}
	if !ok {
		s.rewind(&m)
		f, ok := s.selectField()
		return f, ok
	}
	if !s.char('(') || !s.tally.embed(s.depth+1) || !s.descend() {
		return nil, false
	}
	defer s.ascend()
	if r.Items, ok = s.selectItems(); !ok || !s.char(')') {
		return nil, false
	}
	return r, true
}

// spread reads a spread relation up to its bracket.
func (s *scanner) spread() (SelectRelation, bool) {
	r := SelectRelation{Spread: true}
	var ok bool
	s.spaces()
	if !s.literal("...") {
		return r, false
	}
	if r.Relation, ok = s.name(); !ok {
		return r, false
	}
	return r, s.relationEnd(&r)
}

// embed reads an embedded relation up to its bracket.
func (s *scanner) embed() (SelectRelation, bool) {
	var r SelectRelation
	var ok bool
	s.spaces()
	r.Alias = s.alias()
	if r.Relation, ok = s.name(); !ok || r.Relation == "count" { // count() is no relation
		return r, false
	}
	return r, s.relationEnd(&r)
}

// relationEnd reads the hint and join type of a relation, in any order, and
// reports whether its bracket follows.
func (s *scanner) relationEnd(r *SelectRelation) bool {
	for range 2 {
		if !s.embedParameter(r) {
			return false
		}
	}
	return s.at("(")
}

// embedParameter reads a hint or join type into r, if there is one. The first
// of two hints or join types counts.
func (s *scanner) embedParameter(r *SelectRelation) bool {
	if !s.char('!') {
		return true
	}
	join := DefaultJoin
	if s.tryLiteral("left") {
		join = LeftJoin
	} else if s.tryLiteral("inner") {
		join = InnerJoin
	}
	if join != DefaultJoin {
		if r.Join == DefaultJoin {
			r.Join = join
		}
		return true
	}
	hint, ok := s.name()
	if r.Hint == "" {
		r.Hint = hint
	}
	return ok
}

// alias reads a name and a single colon, or nothing.
func (s *scanner) alias() string {
	m := s.mark()
	name, ok := s.name()
	if ok && s.char(':') && s.notAt(':') {
		return name
	}
	s.rewind(&m)
	return ""
}

// selectField reads a star, a count() or a field.
func (s *scanner) selectField() (SelectField, bool) {
	s.spaces()
	m := s.mark()
	f := SelectField{All: true}
	ok := s.literal("*") && s.itemEnd()
	if !ok {
		s.rewind(&m)
		f, ok = s.selectCount()
	}
	if !ok {
		s.rewind(&m)
		f, ok = s.selectColumn()
	}
	if ok {
		s.spaces()
	}
	return f, ok
}

// selectCount reads count(), with its alias and cast.
func (s *scanner) selectCount() (SelectField, bool) {
	f := SelectField{All: true, Aggregate: AggregateCount}
	f.Alias = s.alias()
	if !s.literal("count()") {
		return f, false
	}
	var ok bool
	f.AggregateCast, ok = s.cast()
	return f, ok && s.itemEnd()
}

// selectColumn reads a field with its alias, casts and aggregate.
func (s *scanner) selectColumn() (SelectField, bool) {
	var f SelectField
	var ok bool
	f.Alias = s.alias()
	if f.Field, ok = s.calledField(); !ok {
		return f, false
	}
	if f.Cast, ok = s.cast(); !ok {
		return f, false
	}
	f.Aggregate = s.aggregate()
	if f.AggregateCast, ok = s.cast(); !ok {
		return f, false
	}
	return f, s.itemEnd()
}

// cast reads a cast, if there is one.
func (s *scanner) cast() (string, bool) {
	start := s.pos
	if !s.literal("::") {
		return "", s.pos == start
	}
	name, ok := s.identifier()
	return name, ok && s.notEmpty(name, "type")
}

// aggregate reads a dot, an aggregate function and its brackets, or nothing.
func (s *scanner) aggregate() Aggregate {
	m := s.mark()
	if s.char('.') {
		a := s.aggregateName()
		if a == AggregateCount && s.grouping && s.tryLiteral(distinctBrackets) {
			s.extended = true
			return AggregateCountDistinct
		}
		if a != NoAggregate && s.literal("()") {
			return a
		}
	}
	s.rewind(&m)
	return NoAggregate
}

func (s *scanner) aggregateName() Aggregate {
	start := s.pos
	for _, a := range []Aggregate{AggregateSum, AggregateAvg, AggregateCount} {
		if s.literal(aggregates[a]) {
			return a
		}
		if s.pos != start {
			return NoAggregate
		}
	}
	for _, a := range []Aggregate{AggregateMax, AggregateMin} {
		if s.tryLiteral(aggregates[a]) {
			return a
		}
	}
	return NoAggregate
}

// itemEnd reports whether an item can end here.
func (s *scanner) itemEnd() bool { return s.at(")") || s.at(",") || s.end() }
