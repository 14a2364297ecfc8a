package filter

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds how deep groups and embedded relations nest, and how many steps a
// JSON path has, so that no query string can exhaust the stack, PostgreSQL's included.
const maxDepth = 100

// scanner reads a text by rules, which are its methods. A rule returns whether
// it matched. One that doesn't match either leaves pos where it found it, and
// then another may be tried there, or has moved it, and then the text is wrong,
// unless the caller goes back with rewind.
//
// The scanner also keeps the failure to report: what the rules that were tried at
// the furthest position would have accepted there. This follows the Parsec library,
// whose texts clients know: a rule that moves on forgets what failed before it,
// and a caller that goes back remembers how far it had come.
//
// To keep failures costs more than to read. A text is therefore read without them at
// first, and only if it is wrong once more, with those from the position from on.
type scanner struct {
	text  string
	pos   int
	depth int
	from  int      // the first position at which failures are kept
	fail  *failure // nil for none
	// refused is a failure that stands even if another rule matches; nil for none.
	refused *failure
	tally   *tally
	// grouping has the grammar have what Options.Grouping adds, and extended reports that
	// the text has some of it.
	grouping, extended bool
	filters            bool // as grouping, of Options.Filters
	having             bool // conditions are on aggregates
	operators          bool // the grammar has what Options.Operators adds
}

// failure is a position at which rules failed. It is never changed.
type failure struct {
	pos        int
	found      string   // what stood in the way of the first rule
	unexpected []string // what rules refused by name; outranks found
	expected   []string // labels of the rules that failed
}

// merge returns the further of two failures, or both in one.
func merge(a, b *failure) *failure {
	switch {
	case a == nil || b != nil && b.pos > a.pos:
		return b
	case b == nil || a.pos > b.pos:
		return a
	}
	both := failure{pos: a.pos, found: a.found}
	if both.found == "" {
		both.found = b.found
	}
	both.unexpected = slices.Concat(a.unexpected, b.unexpected)
	both.expected = slices.Concat(a.expected, b.expected)
	return &both
}

// The labels of rules that have more than one.
var (
	identifierLabels = []string{"letter", "digit"}
	digitLabels      = []string{"digit"}
	endLabels        = []string{endOfInput}
	delimiterLabels  = []string{"delimiter (.)"}
	escapeLabels     = []string{`"\\"`}
	depthLabels      = []string{"at most " + strconv.Itoa(maxDepth) + " levels of nesting"}
	stepLabels       = []string{"at most " + strconv.Itoa(maxDepth) + " steps"}
)

// longestLiteral is how far a rule that fails can have moved past the position of its
// failure.
const longestLiteral = len("nullsfirst")

// scan reads text by a rule.
func scan[T any](s *scanner, text string, rule func(*scanner) (T, bool)) (T, bool) {
	*s = scanner{text: text, from: math.MaxInt, tally: s.tally, grouping: s.grouping, filters: s.filters, operators: s.operators}
	value, ok := rule(s)
	return value, ok && s.refused == nil
}

// explain returns why scan has failed: it reads the text again. A text that has nothing of
// an extension is explained without: clients know these words.
func explain[T any](s *scanner, rule func(*scanner) (T, bool)) *failure {
	if s.refused != nil {
		return s.refused
	}
	was := *s
	*s = scanner{text: s.text, from: s.pos - longestLiteral, tally: &tally{}}
	if was.extended {
		s.grouping, s.filters, s.operators = was.grouping, was.filters, was.operators
	}
	rule(s)
	s.tally, s.grouping, s.filters, s.operators = was.tally, was.grouping, was.filters, was.operators
	if s.fail == nil {
		return &failure{pos: s.pos}
	}
	return s.fail
}

// mark is a place to go back to.
type mark struct {
	pos  int
	fail *failure
}

func (s *scanner) mark() mark { return mark{s.pos, s.fail} }

// rewind goes back to m, where another rule may be tried. m remembers the failure, so that
// it is kept if that rule is rewound, too.
func (s *scanner) rewind(m *mark) {
	if s.pos != m.pos {
		s.fail = merge(m.fail, s.fail)
		s.pos = m.pos
	}
	m.fail = s.fail
}

// begin marks the start of a rule that has a label of its own.
func (s *scanner) begin() mark {
	m := s.mark()
	s.fail = nil
	return m
}

// label ends a rule that began at m. If the rule has read nothing, label replaces all that
// its parts expected.
func (s *scanner) label(m mark, label string) {
	if s.pos != m.pos {
		return
	}
	if s.fail != nil {
		named := *s.fail
		named.expected = []string{label}
		s.fail = &named
	}
	s.fail = merge(m.fail, s.fail)
}

// miss records that a rule with these labels failed here.
func (s *scanner) miss(labels []string) {
	if s.pos >= s.from {
		s.fail = merge(s.fail, &failure{pos: s.pos, found: s.found(s.pos), expected: labels})
	}
}

// found shows what is at pos.
func (s *scanner) found(pos int) string {
	if pos >= len(s.text) {
		return endOfInput
	}
	r, _ := utf8.DecodeRuneInString(s.text[pos:])
	return showRune(r, '"')
}

// ended ends a run of characters that began at start. A failure here expects one more, by
// these labels.
func (s *scanner) ended(start int, labels []string) {
	if s.pos != start {
		s.fail = nil
	}
	s.miss(labels)
}

// many reads an item as often as it matches.
func (s *scanner) many(item func() bool) bool {
	for {
		start := s.pos
		if !item() {
			return s.pos == start
		}
		s.fail = nil
	}
}

// separated reads one item or more, with separators between.
func (s *scanner) separated(item, separator func() bool) bool {
	return item() && s.many(func() bool { return separator() && item() })
}

// char reads c.
func (s *scanner) char(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		s.fail = nil
		return true
	}
	if s.pos >= s.from {
		s.miss([]string{strconv.Quote(string(rune(c)))})
	}
	return false
}

// delimiter reads the dot between the parts of a path or a condition.
func (s *scanner) delimiter() bool {
	if s.pos < len(s.text) && s.text[s.pos] == '.' {
		s.pos++
		s.fail = nil
		return true
	}
	s.miss(delimiterLabels)
	return false
}

// comma reads a comma with white space around it.
func (s *scanner) comma() bool { return s.spaced(',') }

// spaced reads c with white space around it.
func (s *scanner) spaced(c byte) bool {
	s.spaces()
	if !s.char(c) {
		return false
	}
	s.spaces()
	return true
}

// spaces reads any number of spaces and tabs.
func (s *scanner) spaces() {
	start := s.pos
	for s.pos < len(s.text) && (s.text[s.pos] == ' ' || s.text[s.pos] == '\t') {
		s.pos++
	}
	s.ended(start, nil)
}

// literal reads text. It moves on when only the first characters match; the
// failure then is at the start all the same.
func (s *scanner) literal(text string) bool {
	start := s.pos
	if s.tryLiteral(text) {
		return true
	}
	same := s.same(text)
	if same > 0 {
		if s.pos >= s.from {
			s.fail = s.mismatch(text)
		}
		s.pos = start + same
	}
	return false
}

// tryLiteral reads text, or nothing.
func (s *scanner) tryLiteral(text string) bool {
	if !s.at(text) {
		return false
	}
	s.pos += len(text)
	s.fail = nil
	return true
}

// at reports whether text follows, without reading it.
func (s *scanner) at(text string) bool {
	if strings.HasPrefix(s.text[s.pos:], text) {
		return true
	}
	if s.pos >= s.from {
		s.fail = merge(s.fail, s.mismatch(text))
	}
	return false
}

// same returns how many characters of text follow.
func (s *scanner) same(text string) int {
	n := 0
	for n < len(text) && s.pos+n < len(s.text) && s.text[s.pos+n] == text[n] {
		n++
	}
	return n
}

// mismatch is the failure of a literal here: what is found is the first
// character that differs, but what was expected is the whole.
func (s *scanner) mismatch(text string) *failure {
	return &failure{pos: s.pos, found: s.found(s.pos + s.same(text)), expected: []string{strconv.Quote(text)}}
}

// keyword reads a word and a delimiter, or nothing.
func (s *scanner) keyword(word string) bool {
	m := s.mark()
	if s.literal(word) && s.delimiter() {
		return true
	}
	s.rewind(&m)
	return false
}

// end reports whether the text ends here.
func (s *scanner) end() bool {
	if s.pos == len(s.text) {
		s.miss(endLabels)
		return true
	}
	if s.pos >= s.from {
		r, _ := utf8.DecodeRuneInString(s.text[s.pos:])
		s.fail = merge(s.fail, &failure{pos: s.pos, unexpected: []string{showRune(r, '\'')}, expected: endLabels})
	}
	return false
}

// notAt reports whether anything but c follows.
func (s *scanner) notAt(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.refuse(rune(c), 1)
		return false
	}
	if s.pos >= s.from {
		s.miss([]string{strconv.Quote(string(rune(c)))})
	}
	return true
}

// elementEnd reports whether an element of a list can end here.
func (s *scanner) elementEnd() bool {
	if s.pos < len(s.text) && s.text[s.pos] != ',' && s.text[s.pos] != ')' {
		r, size := utf8.DecodeRuneInString(s.text[s.pos:])
		s.refuse(r, size)
		return false
	}
	s.miss(nil)
	return true
}

// refuse records that r, which is next, may not follow. Parsec places this failure after
// r.
func (s *scanner) refuse(r rune, size int) {
	if s.pos >= s.from {
		s.fail = merge(s.fail, &failure{pos: s.pos + size, unexpected: []string{showRune(r, '\'')}})
	}
}

// notEmpty refuses a text that was just read if nothing is left of it without its quotes
// and blanks.
func (s *scanner) notEmpty(text, what string) bool {
	if text == "" && s.refused == nil {
		s.refused = &failure{pos: s.pos, unexpected: []string{"empty " + what}}
	}
	return text != ""
}

// until reads everything before the first of the stop characters, which are ASCII.
func (s *scanner) until(stop string) string {
	start := s.pos
	if n := strings.IndexAny(s.text[start:], stop); n >= 0 {
		s.pos += n
	} else {
		s.pos = len(s.text)
	}
	s.ended(start, nil)
	return s.text[start:s.pos]
}

// rest reads everything that is left.
func (s *scanner) rest() string {
	text := s.text[s.pos:]
	s.pos = len(s.text)
	s.fail = nil
	return text
}

// descend enters a level of nesting, whose bracket has just been read.
func (s *scanner) descend() bool {
	if s.depth == maxDepth {
		if s.pos >= s.from {
			s.fail = &failure{pos: s.pos - 1, found: s.found(s.pos - 1), expected: depthLabels}
		}
		return false
	}
	s.depth++
	return true
}

// ascend leaves a level of nesting.
func (s *scanner) ascend() { s.depth-- }
