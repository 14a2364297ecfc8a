package filter

import (
	"slices"
	"strings"
)

// Call is an operator or a function of the host's, applied to a field and arguments, as in
// embedding.l2([1,2]). With Options.Operators only.
type Call struct {
	// Name is the operator's: ASCII letters, digits and underscores, and none of ReservedName.
	Name string
	// Arguments are texts, as Parse gives them. In a query that isn't bound at once each may be
	// anything that stands for a text.
	Arguments []any
}

// callReserved are the words of the grammar beside those of the tables that may precede a
// bracket.
var callReserved = []string{"and", "or", "not", "any", "all", "distinct", "constraint", "inner"}

// ReservedName reports a word of the grammar, which can't be the name of an operator of the
// host's: that of an operator, an aggregate function, a direction, or the like.
func ReservedName(name string) bool {
	return slices.Contains(callReserved, name) ||
		slices.ContainsFunc(operators[:], func(o struct{ name, sql string }) bool { return o.name == name }) ||
		slices.Contains(aggregates[:], name) || slices.Contains(directions[:], name) || slices.Contains(nullsOrders[:], name) ||
		slices.Contains(joinTypes[:], name) || slices.Contains(quantifiers[:], name)
}

// CallName reports a text that can be the name of an operator of the host's.
func CallName(name string) bool {
	return name != "" && nameLength(name) == len(name) && !ReservedName(name)
}

// nameLength is the length of the letters, digits and underscores that a text begins with.
func nameLength(text string) int {
	for i := range len(text) {
		if c := text[i]; c != '_' && (c < '0' || '9' < c) && (c < 'a' || 'z' < c) && (c < 'A' || 'Z' < c) {
			return i
		}
	}
	return len(text)
}

// callFollows reports that the name of an operator of the host's follows, with its bracket.
func (s *scanner) callFollows() bool {
	if !s.operators {
		return false
	}
	text := s.text[s.pos:]
	n := nameLength(text)
	return n < len(text) && text[n] == '(' && CallName(text[:n])
}

// call reads a name with arguments in brackets, which has to follow.
func (s *scanner) call() (*Call, bool) {
	n := nameLength(s.text[s.pos:])
	c := &Call{Name: s.text[s.pos : s.pos+n]}
	s.pos += n
	s.extended = true
	if !s.char('(') {
		return nil, false
	}
	if s.char(')') {
		return c, true
	}
	ok := s.separated(func() bool {
		text, ok := s.callArgument()
		c.Arguments = append(c.Arguments, text)
		return ok && s.tally.values(len(c.Arguments))
	}, func() bool { return s.char(',') }) && s.char(')')
	return c, ok
}

// callArgument reads an argument: a quoted value, or everything up to a comma or bracket.
// Brackets in it belong to it with all that is between them.
func (s *scanner) callArgument() (string, bool) {
	if text, ok := s.quotedElement(); ok {
		return text, true
	}
	start := s.pos
	var closing []byte
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case '(':
			closing = append(closing, ')')
		case '[':
			closing = append(closing, ']')
		case '{':
			closing = append(closing, '}')
		case '"':
			if len(closing) > 0 {
				s.pos += quotedLength(s.text[s.pos:]) - 1
			}
		case ',', ')', ']', '}':
			switch {
			case len(closing) > 0 && c == closing[len(closing)-1]:
				closing = closing[:len(closing)-1]
			case len(closing) == 0 && (c == ',' || c == ')'):
				s.ended(start, nil)
				return s.text[start:s.pos], true
			case c != ',':
				return "", s.unmatched(closing)
			}
		}
		s.pos++
	}
	return "", s.unmatched(closing)
}

// unmatched refuses what is next: brackets of an argument are still open.
func (s *scanner) unmatched(closing []byte) bool {
	label := `")"`
	if n := len(closing); n > 0 {
		label = `"` + string(closing[n-1:]) + `"`
	}
	s.fail = nil
	s.miss([]string{label})
	return false
}

// quotedLength is the length of the text in double quotes that a text begins with, all of it
// if the quotes aren't closed.
func quotedLength(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// calledField reads a field, and a call of an operator of the host's if there is one.
func (s *scanner) calledField() (Field, bool) {
	f, ok := s.field()
	if !ok || !s.operators {
		return f, ok
	}
	m := s.mark()
	if s.delimiter() && s.callFollows() {
		f.Call, ok = s.call()
		s.spaces()
		return f, ok
	}
	s.rewind(&m)
	return f, true
}

// calledTarget reads the name of a parameter that applies an operator of the host's to a
// column, such as client.place.distance(1,2). The field isn't one with a JSON path: behind
// that, the grammar pays no attention to what follows.
func (s *scanner) calledTarget() (target, bool) {
	filters := s.filters
	s.filters = false // whose fields in brackets are calls, too
	t, ok := s.target()
	s.filters = filters
	last := len(t.path) - 1
	if !ok || last < 0 || len(t.field.Path) > 0 || !CallName(t.field.Name) || !strings.HasSuffix(s.text[:s.pos], "."+t.field.Name) {
		return t, false
	}
	s.pos = t.last
	name := t.path[last]
	if t.path = t.path[:last:last]; last == 0 {
		t.path = nil
	}
	t.field = Field{Name: name}
	if !s.callFollows() {
		return t, false
	}
	t.field.Call, ok = s.call()
	return t, ok && s.pos == len(s.text)
}

// readCalled reads a condition on what an operator of the host's makes of a column, unless the
// parameter's name has no call, or the value is an argument.
func (r *reader) readCalled(p parameter) bool {
	if !r.opts.Operators || !strings.HasSuffix(p.name, ")") || r.opts.Arguments && !isFilter(p.value, false) {
		return false
	}
	at, ok := scan(&r.scanner, p.name, (*scanner).calledTarget)
	if !ok {
		return false
	}
	// What it is to those who have no such operators.
	s := scanner{tally: &tally{}, filters: r.opts.Filters}
	uncalled, _ := scan(&s, p.name, (*scanner).target)
	from := source{part: conditionPart, parameter: p.name, name: "filter", text: p.value}
	if c, ok := scanSource(r, from, (*scanner).comparison); ok {
		c.Field = at.field
		r.tally.condition()
		r.called = append(r.called, called{len(r.query.Where), uncalled})
		r.query.Where = append(r.query.Where, Predicate{Path: at.path, Node: c})
	}
	return true
}

// comparisonOrCall reads a comparison or, in the place of one, the call of an operator of the
// host's, as in place=within(1,2,3).
func (s *scanner) comparisonOrCall() (Condition, bool) {
	if !s.operators {
		return s.comparison()
	}
	m := s.mark()
	c := Condition{Operator: Holds, Negated: s.keyword("not")}
	if !s.callFollows() {
		s.rewind(&m)
		return s.comparison()
	}
	var ok bool
	c.Field.Call, ok = s.call()
	return c, ok && s.end()
}

// groupedCall reads the call of an operator of the host's behind the field of a condition in a
// group, as in place.not.within(1,2,3), or nothing.
func (s *scanner) groupedCall(c *Condition) (matched, ok bool) {
	switch {
	case !s.operators, s.having, c.Field.Cast != "":
		return false, true
	case c.Field.Call != nil:
		if s.at(".") {
			return false, true
		}
		c.Operator = Holds
		return true, s.elementEnd()
	}
	m := s.mark()
	if s.delimiter() {
		negated := s.keyword("not")
		if s.callFollows() {
			c.Operator, c.Negated = Holds, negated
			if c.Field.Call, ok = s.call(); ok {
				s.spaces()
			}
			return true, ok && s.elementEnd()
		}
	}
	s.rewind(&m)
	return false, true
}

// called is a condition whose parameter's name has a call: its index in query.Where, and what the
// parameter's name is without calls.
type called struct {
	index    int
	uncalled target
}

// yield has conditions on what an operator of the host's makes of a column be those on a
// column of an embedded relation, where one has the column's name: client.size(1)=eq.2 is
// about the column size of client, whatever the brackets mean.
func (r *reader) yield() {
	for _, of := range r.called {
		if p := &r.query.Where[of.index]; embeds(r.query.Select, of.uncalled.path) {
			c := p.Node.(Condition)
			c.Field = of.uncalled.field
			p.Path, p.Node = of.uncalled.path, c
		}
	}
}

// embeds reports that a path of names leads to an embedded relation.
func embeds(items []SelectItem, path []string) bool {
	return len(path) == 0 || slices.ContainsFunc(items, func(item SelectItem) bool {
		relation, ok := item.(SelectRelation)
		return ok && (relation.Alias == path[0] || relation.Relation == path[0]) && embeds(relation.Items, path[1:])
	})
}

// checkCalled refuses a condition on a call that the parameter's name isn't read as.
func (p *printer) checkCalled(q *Query, predicate Predicate, name string) {
	c, ok := predicate.Node.(Condition)
	if !ok || !strings.HasSuffix(name, ")") {
		return
	}
	s := scanner{tally: &tally{}, operators: true}
	at, is := scan(&s, name, (*scanner).calledTarget)
	is = is && !embeds(q.Select, append(slices.Clip(at.path), at.field.Name))
	if c.Operator != Holds && c.Field.Call != nil && len(c.Field.Related) == 0 && !is {
		p.refuse("%s is read as a column of what is embedded", c.Field)
	}
}

// call writes a call behind its field.
func (p *printer) call(c *Call) {
	if c == nil {
		return
	}
	p.write(".")
	p.callOf(c)
}

// callOf writes a call without its field.
func (p *printer) callOf(c *Call) {
	if !CallName(c.Name) {
		p.refuse("%q can't be the name of an operator of the host's", c.Name)
	}
	p.write(c.Name, "(")
	for i, argument := range c.Arguments {
		p.separate(i)
		text, ok := argument.(string)
		switch {
		case !ok:
			p.refuse("an argument is no text")
			p.write("…")
		case isPlainArgument(text, len(c.Arguments)):
			p.write(text)
		default:
			writeQuoted(&p.text, text)
		}
	}
	p.write(")")
}

// holds writes the call of a condition that has no comparison.
func (p *printer) holds(c Condition) {
	if p.checkHolds(c); c.Field.Call == nil {
		return
	}
	if c.Negated {
		p.write("not.")
	}
	p.callOf(c.Field.Call)
}

// checkHolds refuses what such a condition can't have.
func (p *printer) checkHolds(c Condition) {
	switch {
	case c.Field.Call == nil:
		p.refuse("a condition has neither an operator nor a call")
	case c.Aggregate != NoAggregate || p.having:
		p.refuse("a condition on an aggregate has no operator")
	case c.Field.Cast != "":
		p.refuse("the call of %s is cast", c.Field.Call.Name)
	case c.Quantifier != NoQuantifier || c.Language != "":
		p.refuse("the call of %s takes no quantifier and no language", c.Field.Call.Name)
	}
}

// groupedHolds writes such a condition in a group.
func (p *printer) groupedHolds(c Condition) {
	f := c.Field
	if f.Call != nil && len(f.Related) > 0 && !c.Negated { // within the brackets, where an index may precede it
		p.comparedField(f)
		p.checkHolds(c)
		return
	}
	f.Call = nil
	p.comparedField(f)
	p.write(".")
	p.holds(c)
}

// isPlainArgument reports an argument, one of n, that needs no quotes.
func isPlainArgument(text string, n int) bool {
	if text == "" {
		return n > 1
	}
	s := scanner{tally: &tally{}}
	got, ok := scan(&s, text+")", (*scanner).callArgument)
	return ok && got == text && s.pos == len(text)
}
