package filter

// Order orders the relation that Path leads to.
type Order struct {
	Path  []string // the embedded relations on the way, empty for the root
	Terms []OrderTerm
}

// OrderTerm orders by a field, or by an aggregate of one.
type OrderTerm struct {
	Field      Field
	Aggregate  Aggregate // a count of no field, whose name is empty, counts rows
	IgnoreCase bool      // ci: texts are in the order of their lower case
	Direction  Direction
	Nulls      NullsOrder
}

// Direction is the direction of an order.
type Direction uint8

// The directions.
const (
	DefaultDirection Direction = iota // as Asc
	Asc
	Desc
)

// directions is the table of the directions' names.
var directions = [...]string{Asc: "asc", Desc: "desc"}

// String returns the direction's name in a URL, which is "" for DefaultDirection.
func (d Direction) String() string {
	if int(d) >= len(directions) {
		return ""
	}
	return directions[d]
}

// NullsOrder says where an order puts nulls.
type NullsOrder uint8

// The places for nulls.
const (
	DefaultNulls NullsOrder = iota // last when ascending, first when descending
	NullsFirst
	NullsLast
)

// nullsOrders is the table of the names of the places for nulls.
var nullsOrders = [...]string{NullsFirst: "nullsfirst", NullsLast: "nullslast"}

// String returns the place's name in a URL, which is "" for DefaultNulls.
func (n NullsOrder) String() string {
	if int(n) >= len(nullsOrders) {
		return ""
	}
	return nullsOrders[n]
}

// orderTerms reads terms with commas between.
func (s *scanner) orderTerms() ([]OrderTerm, bool) {
	var terms []OrderTerm
	ok := s.separated(func() bool {
		s.spaces()
		m := s.mark()
		term, ok := s.orderTerm(true)
		if !ok {
			s.rewind(&m)
			if term, ok = s.orderTerm(false); !ok {
				return false
			}
		}
		s.spaces()
		terms = append(terms, term)
		return s.tally.orderTerm()
	}, func() bool { return s.char(',') })
	return terms, ok
}

// orderTerm reads a field, its direction and where its nulls are put. If related is set,
// the field is in brackets after the name of a relation.
func (s *scanner) orderTerm(related bool) (OrderTerm, bool) {
	var t OrderTerm
	var ok bool
	switch {
	case related:
		t.Field, ok = s.relatedField()
	case s.grouping:
		t.Field, t.Aggregate, ok = s.aggregatedField()
	default:
		t.Field, ok = s.calledField()
	}
	if !ok {
		return t, false
	}
	if s.filters && t.Aggregate == NoAggregate {
		if !related && !s.fieldCast(&t.Field) {
			return t, false
		}
		t.IgnoreCase = s.delimited("ci")
		s.extended = s.extended || t.IgnoreCase
	}
	if s.delimited("asc") {
		t.Direction = Asc
	} else if s.delimited("desc") {
		t.Direction = Desc
	}
	if s.delimited("nullsfirst") {
		t.Nulls = NullsFirst
	} else if s.delimited("nullslast") {
		t.Nulls = NullsLast
	}
	return t, s.at(",") || s.end()
}

// delimited reads a delimiter and a word, or nothing.
func (s *scanner) delimited(word string) bool {
	m := s.mark()
	if s.delimiter() && s.literal(word) {
		return true
	}
	s.rewind(&m)
	return false
}
