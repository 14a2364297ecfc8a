package filter

import "strings"

// Predicate is a condition or a group on the relation that Path leads to.
type Predicate struct {
	Path []string // the embedded relations on the way, empty for the root
	Node Node
}

// Node is a Condition or a Group.
type Node interface{ node() }

// Condition compares a field, as age=gte.18 does.
type Condition struct {
	Field      Field
	Aggregate  Aggregate  // what is compared in place of the field, in Having only
	Negated    bool       // not
	Operator   Operator   // what to compare with
	Quantifier Quantifier // any or all, where the operator takes one
	Language   string     // a text search configuration for a full-text operator, or ""
	Value      string     // for every operator but In, Is and Holds
	List       []string   // for In
	Is         IsValue    // for Is
}

// Argument is what the field is compared with, as Bind passes it to SQL: the
// value, with the wildcards of a pattern as SQL has them, or the list as the text
// of an array. Is and Holds have none.
func (c Condition) Argument() string {
	switch c.Operator {
	case In:
		return ArrayText(c.List)
	case Like, ILike:
		return strings.ReplaceAll(c.Value, "*", "%")
	}
	return c.Value
}

// EmptyList reports an In without elements, which has no argument. A single empty
// element is how a URL writes it.
func (c Condition) EmptyList() bool {
	return c.Operator == In && (len(c.List) == 0 || len(c.List) == 1 && c.List[0] == "")
}

// Comparison is a condition but for its field and its values: what else of it decides over
// the SQL that Bind makes.
type Comparison struct {
	Negated    bool
	Operator   Operator
	Quantifier Quantifier
	Language   string
	Is         IsValue
	Empty      bool // an In without elements
}

// Comparison gives the comparison that the condition makes.
func (c Condition) Comparison() Comparison {
	return Comparison{Negated: c.Negated, Operator: c.Operator, Quantifier: c.Quantifier, Language: c.Language, Is: c.Is, Empty: c.EmptyList()}
}

// HasArgument reports a comparison with something that Condition.Argument gives.
func (c Comparison) HasArgument() bool { return c.Operator != Is && c.Operator != Holds && !c.Empty }

// exists reports a condition of the kinds that Parse makes.
func (c Condition) exists() bool {
	return (c.Operator != Holds || c.Field.Call != nil && c.Aggregate == NoAggregate) && int(c.Operator) < len(operators) && int(c.Is) < len(isValues) && int(c.Aggregate) < len(aggregates)
}

// Group joins nodes with and, or with or when Any is set.
type Group struct {
	Negated bool
	Any     bool
	Nodes   []Node
}

func (Condition) node() {}
func (Group) node()     {}

// The operators by the form of their condition, in the order in which they are
// tried: none is the beginning of a later one.
var (
	searchOperators     = []Operator{FTS, PlainFTS, PhraseFTS, WebFTS}
	simpleOperators     = []Operator{NotEqual, Contains, Contained, Overlaps, StrictlyLeft, StrictlyRight, NotExtendsRight, NotExtendsLeft, Adjacent}
	quantifiedOperators = []Operator{Equal, GreaterThanOrEqual, GreaterThan, LessThanOrEqual, LessThan, Like, ILike, Match, IMatch}
)

// comparison reads a parameter's value: an operator with what it compares with,
// which is all of the rest. The condition has no field yet.
func (s *scanner) comparison() (Condition, bool) {
	var c Condition
	ok := s.operation(&c, (*scanner).rest)
	return c, ok
}

// comparisonOrNothing reads a comparison, or nothing from a text that does not
// begin as one.
func (s *scanner) comparisonOrNothing() (Condition, bool) {
	start := s.pos
	c, ok := s.comparison()
	return c, ok || s.pos == start
}

// operation reads a comparison into c, its value by the given rule.
func (s *scanner) operation(c *Condition, value func(*scanner) string) bool {
	c.Negated = s.keyword("not")
	m := s.begin()
	ok := s.operatorAndValue(c, value)
	s.label(m, "operator (eq, gt, ...)")
	return ok
}

func (s *scanner) operatorAndValue(c *Condition, value func(*scanner) string) bool {
	var ok bool
	switch {
	case s.keyword("in"):
		c.Operator = In
		c.List, ok = s.list()
		return ok
	case s.keyword("is"):
		c.Operator = Is
		c.Is, ok = s.isValue()
		return ok
	case s.keyword("isdistinct"):
		c.Operator = IsDistinct
	case s.searchOperator(c), s.simpleOperator(c), s.quantifiedOperator(c), s.pathOperator(c):
	default:
		return false
	}
	c.Value = value(s)
	// The elements of an array are for PostgreSQL to tell: there are no more than these.
	return c.Quantifier == NoQuantifier || s.tally.values(strings.Count(c.Value, ",")+1)
}

// searchOperator reads a full-text operator with its language and delimiter, or
// nothing.
func (s *scanner) searchOperator(c *Condition) bool {
	m := s.mark()
	if !s.operator(c, searchOperators) {
		return false
	}
	language := s.mark()
	var ok bool
	if s.char('(') {
		c.Language, ok = s.identifier()
		ok = ok && s.notEmpty(c.Language, "language") && s.char(')')
	}
	if !ok {
		c.Language = ""
		s.rewind(&language)
	}
	if !s.delimiter() {
		s.rewind(&m)
		c.Language = ""
		return false
	}
	return true
}

// simpleOperator reads an operator that takes nothing else but a value, and its
// delimiter, or nothing.
func (s *scanner) simpleOperator(c *Condition) bool {
	m := s.mark()
	if s.operator(c, simpleOperators) && s.delimiter() {
		return true
	}
	s.rewind(&m)
	return false
}

// quantifiedOperator reads an operator with its quantifier and delimiter, or
// nothing.
func (s *scanner) quantifiedOperator(c *Condition) bool {
	m := s.mark()
	if !s.operator(c, quantifiedOperators) {
		return false
	}
	quantifier := s.mark()
	if s.char('(') {
		if s.tryLiteral("any") {
			c.Quantifier = QuantifierAny
		} else if s.literal("all") {
			c.Quantifier = QuantifierAll
		}
	}
	if c.Quantifier == NoQuantifier || !s.char(')') {
		c.Quantifier = NoQuantifier
		s.rewind(&quantifier)
	}
	if !s.delimiter() {
		s.rewind(&m)
		c.Quantifier = NoQuantifier
		return false
	}
	return true
}

// operator reads the name of one of the operators, or nothing.
func (s *scanner) operator(c *Condition, among []Operator) bool {
	for _, o := range among {
		if s.tryLiteral(operators[o].name) {
			c.Operator = o
			return true
		}
	}
	return false
}

// isValue reads what is tests for, in capitals or not.
func (s *scanner) isValue() (IsValue, bool) {
	m := s.begin()
	found, ok := IsNull, false
	for v := range isValues {
		if ok = s.tryWord(isValues[v].name); ok {
			found = IsValue(v)
			break
		}
	}
	s.label(m, "isVal: (null, not_null, true, false, unknown)")
	return found, ok
}

// tryWord reads a word of lower case letters, in capitals or not, or nothing.
func (s *scanner) tryWord(word string) bool {
	m := s.mark()
	for i := range len(word) {
		lower, upper := word[i], word[i]
		if 'a' <= lower && lower <= 'z' {
			upper -= 'a' - 'A'
		}
		if s.pos == len(s.text) || s.text[s.pos] != lower && s.text[s.pos] != upper {
			s.miss(nil)
			s.rewind(&m)
			return false
		}
		s.pos++
		s.fail = nil
	}
	return true
}

// list reads elements in brackets.
func (s *scanner) list() ([]string, bool) {
	var list []string
	ok := s.spaced('(') && s.separated(func() bool {
		list = append(list, s.element())
		return s.tally.values(len(list))
	}, func() bool { return s.char(',') }) && s.spaced(')')
	return list, ok
}

// element reads an element of a list: a quoted value, or everything up to a
// comma or bracket.
func (s *scanner) element() string {
	if text, ok := s.quotedElement(); ok {
		return text
	}
	return s.until(",)")
}

// quotedElement reads a quoted value behind which an element ends, or nothing.
func (s *scanner) quotedElement() (string, bool) {
	m := s.mark()
	text, ok := s.quoted()
	if ok && s.elementEnd() {
		return text, true
	}
	s.rewind(&m)
	return "", false
}

// groupedValue reads a value inside of a group, where it ends as an element of
// a list does; but the commas of an array belong to it.
func (s *scanner) groupedValue() string {
	if text, ok := s.quotedElement(); ok {
		return text
	}
	m := s.mark()
	if s.literal("{") {
		s.until("{}")
		if s.literal("}") {
			return s.text[m.pos:s.pos]
		}
	}
	s.rewind(&m)
	return s.until(",)")
}

// tree reads a condition or a group of trees.
func (s *scanner) tree() (Node, bool) {
	m := s.mark()
	filters, operators := s.filters, s.operators
	if s.depth == 0 && !s.having { // as in and=.eq.1, which PostgREST takes for a condition on and
		s.filters, s.operators = false, false
	}
	c, ok := s.groupedCondition()
	s.filters, s.operators = filters, operators
	if ok {
		return c, true
	}
	s.rewind(&m)
	return s.group()
}

// groupedCondition reads a field, a delimiter and a comparison.
func (s *scanner) groupedCondition() (Condition, bool) {
	var c Condition
	var ok bool
	if c.Field, c.Aggregate, ok = s.conditionField(); !ok {
		return c, false
	}
	if called, ok := s.groupedCall(&c); called || !ok {
		return c, ok && s.tally.condition()
	}
	if !s.delimiter() {
		return c, false
	}
	ok = s.operation(&c, (*scanner).groupedValue)
	return c, ok && s.tally.condition()
}

// group reads and or or, with not before it or not, and trees in brackets.
func (s *scanner) group() (Node, bool) {
	var g Group
	m := s.begin()
	g.Negated = s.keyword("not")
	s.label(m, "negation operator (not)")

	m = s.begin()
	ok := s.tryLiteral("and")
	if !ok {
		g.Any = s.literal("or")
		ok = g.Any
	}
	s.label(m, "logic operator (and, or)")

	if !ok || !s.spaced('(') || !s.tally.condition() || !s.descend() {
		return nil, false
	}
	defer s.ascend()
	ok = s.separated(func() bool {
		n, ok := s.tree()
		g.Nodes = append(g.Nodes, n)
		return ok
	}, s.comma) && s.spaced(')')
	return g, ok
}

// groupName is the name of a parameter that holds a group.
type groupName struct {
	path []string
	word string // "and", "or", and either with "not." before it
}

// groupName reads names with dots between. The last is the group's; a "not"
// anywhere before it negates it.
func (s *scanner) groupName() (groupName, bool) {
	var g groupName
	var names []string
	ok := s.separated(func() bool {
		name, ok := s.name()
		names = append(names, name)
		return ok
	}, s.delimiter)
	if !ok {
		return g, false
	}
	last := len(names) - 1
	g.word = names[last]
	negated := g.word == "not"
	for _, name := range names[:last] {
		if name == "not" {
			negated = true
		} else {
			g.path = append(g.path, name)
		}
	}
	if negated {
		g.word = "not." + g.word
	}
	return g, true
}
