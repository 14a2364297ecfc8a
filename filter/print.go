package filter

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// printer writes parts of a query by rules, which are its methods, as the scanner's rules
// read them.
type printer struct {
	text   strings.Builder
	depth  int  // of groups or embedded relations
	having bool // conditions may be on aggregates
	// arguments has values that aren't PostgREST's filters be read as arguments
	arguments bool
	refused   string // why what was written isn't read as the part; empty if it is
}

// refuse records why a part can't be written. The first reason counts.
func (p *printer) refuse(format string, args ...any) {
	if p.refused == "" {
		p.refused = fmt.Sprintf(format, args...)
	}
}

// take gives the text that was written, and starts another.
func (p *printer) take() string {
	text := p.text.String()
	p.text.Reset()
	return text
}

// parameter makes a parameter of a name, and of the text that was written.
func (p *printer) parameter(name string) parameter {
	return parameter{name: name, value: p.take(), given: true}
}

func (p *printer) write(texts ...string) {
	for _, text := range texts {
		p.text.WriteString(text)
	}
}

// word writes a word of an enum, which is empty for a value that doesn't exist.
func (p *printer) word(word, kind string, value uint8) {
	if word == "" {
		word = kind + "(" + strconv.Itoa(int(value)) + ")"
		p.refuse("there is no %s", word)
	}
	p.write(word)
}

// name writes the name of a column or relation.
func (p *printer) name(name string) {
	switch {
	case isPlain(name, (*scanner).name):
		p.write(name)
	case name == "":
		p.refuse("a name is empty")
		fallthrough
	default:
		writeQuoted(&p.text, name)
	}
}

// isPlain reports whether a rule reads a text without quotes as it is.
func isPlain(text string, rule func(*scanner) (string, bool)) bool {
	var s scanner
	got, ok := scan(&s, text, rule)
	return ok && got == text && s.pos == len(text)
}

// names writes a parameter's names. The name of columns may be empty.
func (p *printer) names(names []string, columns bool) {
	if len(names) == 0 {
		p.refuse("there are no names")
	}
	for i, name := range names {
		p.separate(i)
		if name == "" && columns {
			p.write(`""`)
		} else {
			p.name(name)
		}
	}
}

// constraint writes the name of a constraint behind the only name of on_conflict.
func (p *printer) constraint(q *Query) {
	if q.OnConstraint == "" {
		return
	}
	if !slices.Equal(q.OnConflict, []string{constraintWord}) {
		p.refuse("OnConflict isn't the word %s", constraintWord)
	}
	p.write("(")
	p.name(q.OnConstraint)
	p.write(")")
}

// separate writes a comma before every item but the first.
func (p *printer) separate(i int) {
	if i > 0 {
		p.write(",")
	}
}

// path writes the names of embedded relations, each with a dot behind it.
func (p *printer) path(path []string) {
	for _, name := range path {
		p.name(name)
		p.write(".")
	}
}

// field writes a field that is neither cast nor another relation's.
func (p *printer) field(f Field) {
	p.ownField(f)
	p.name(f.Name)
	p.steps(f.Path)
	p.call(f.Call)
}

// steps writes a JSON path.
func (p *printer) steps(path []Step) {
	if len(path) > maxDepth {
		p.refuse("a JSON path has more than %d steps", maxDepth)
	}
	for _, step := range path {
		p.write("->")
		if step.Text {
			p.write(">")
		}
		switch {
		case step.Index:
			if !isPlain(step.Key, (*scanner).index) {
				p.refuse("%q is no index", step.Key)
			}
			p.write(step.Key)
		case isPlain(step.Key, (*scanner).name) && !isPlain(step.Key, (*scanner).index):
			p.write(step.Key)
		default:
			writeQuoted(&p.text, step.Key)
		}
	}
}

// bracket writes a closing bracket behind a field, where an index would be read as a key.
func (p *printer) bracket(f Field) {
	if last := len(f.Path) - 1; last >= 0 && f.Path[last].Index && f.Call == nil {
		p.refuse("the index %s is right before a bracket", f.Path[last].Key)
	}
}

// descend enters a level of nesting.
func (p *printer) descend() {
	if p.depth++; p.depth > maxDepth {
		p.refuse("there are more than %d levels of nesting", maxDepth)
	}
}

// ascend leaves a level of nesting.
func (p *printer) ascend() { p.depth-- }

// predicate writes a condition or a group as a parameter.
func (p *printer) predicate(predicate Predicate) parameter {
	p.path(predicate.Path)
	switch n := predicate.Node.(type) {
	case Condition:
		field := n.Field
		if n.Operator == Holds {
			field.Call = nil
		}
		p.parameterField(field)
		switch {
		case n.Aggregate != NoAggregate:
			p.refuse("a condition is on an aggregate")
		case n.Operator.jsonPath() && p.arguments:
			p.refuse("the operator %s is read as an argument", n.Operator)
		case n.Operator == Holds && p.arguments:
			p.refuse("a call is read as an argument")
		}
		name := p.take()
		if n.Operator == Holds {
			p.holds(n)
			return p.parameter(name)
		}
		if p.comparison(n); n.Operator == In || n.Operator == Is {
			p.listOrWord(n)
		} else {
			p.write(n.Value)
		}
		return p.parameter(name)
	case Group:
		if slices.Contains(predicate.Path, "not") {
			p.refuse(`"not" before a group negates it`)
		}
		p.groupWord(n)
		name := p.take()
		p.members(n)
		return p.parameter(name)
	}
	p.noNode(predicate.Node)
	return p.parameter(p.take())
}

// noNode writes what is neither a Condition nor a Group.
func (p *printer) noNode(n Node) {
	p.refuse("%T is neither a Condition nor a Group", n)
	p.write(fmt.Sprintf("%T", n))
}

// node writes a member of a group.
func (p *printer) node(n Node) {
	switch n := n.(type) {
	case Condition:
		p.condition(n)
	case Group:
		p.group(n)
	default:
		p.noNode(n)
	}
}

// condition writes a condition within a group.
func (p *printer) condition(c Condition) {
	if c.Operator == Holds {
		p.groupedHolds(c)
		return
	}
	p.aggregatedField(c.Field, c.Aggregate)
	if c.Aggregate != NoAggregate && !p.having {
		p.refuse("a condition is on an aggregate")
	}
	p.write(".")
	p.comparison(c)
	switch {
	case c.Operator == In || c.Operator == Is:
		p.listOrWord(c)
	case isUnquoted(c.Value) || isArray(c.Value):
		p.write(c.Value)
	default:
		writeQuoted(&p.text, c.Value)
	}
}

// comparison writes an operator with its dot.
func (p *printer) comparison(c Condition) {
	if c.Negated {
		p.write("not.")
	}
	p.word(c.Operator.String(), "Operator", uint8(c.Operator))
	if c.Quantifier != NoQuantifier {
		p.write("(")
		p.word(c.Quantifier.String(), "Quantifier", uint8(c.Quantifier))
		p.write(")")
		if !slices.Contains(quantifiedOperators, c.Operator) {
			p.refuse("the operator %s takes no quantifier", c.Operator)
		}
	}
	if c.Language != "" {
		p.write("(", c.Language, ")")
		switch {
		case !c.Operator.fullText():
			p.refuse("the operator %s takes no language", c.Operator)
		case !isPlain(c.Language, (*scanner).identifier):
			p.refuse("%q is no name of a language", c.Language)
		}
	}
	p.write(".")
}

// listOrWord writes what In and Is compare with.
func (p *printer) listOrWord(c Condition) {
	if c.Operator == Is {
		p.word(c.Is.String(), "IsValue", uint8(c.Is))
		return
	}
	p.write("(")
	for i, element := range c.List {
		p.separate(i)
		switch {
		case c.EmptyList():
		case isUnquoted(element):
			p.write(element)
		default:
			writeQuoted(&p.text, element)
		}
	}
	p.write(")")
}

// isUnquoted reports a value that needs no quotes where commas and brackets end values.
func isUnquoted(value string) bool {
	return value != "" && value[0] != '{' && !strings.ContainsAny(value, `,()"\`) && strings.TrimSpace(value) == value
}

// isArray reports the text of an array that isn't of arrays, whose commas and brackets
// belong to it.
func isArray(value string) bool {
	return strings.HasPrefix(value, "{") && strings.IndexAny(value[1:], "{}") == len(value)-2 && value[len(value)-1] == '}'
}

// group writes a group.
func (p *printer) group(g Group) {
	p.groupWord(g)
	p.members(g)
}

func (p *printer) groupWord(g Group) {
	if g.Negated {
		p.write("not.")
	}
	if g.Any {
		p.write("or")
	} else {
		p.write("and")
	}
}

// members writes the nodes of a group.
func (p *printer) members(g Group) {
	p.descend()
	defer p.ascend()
	if len(g.Nodes) == 0 {
		p.refuse("a group has no members")
	}
	p.write("(")
	for i, n := range g.Nodes {
		p.separate(i)
		p.node(n)
	}
	p.write(")")
}

// order writes an order as a parameter.
func (p *printer) order(o Order) parameter {
	p.path(o.Path)
	p.write("order")
	name := p.take()
	if len(o.Terms) == 0 {
		p.refuse("there are no terms")
	}
	for i, term := range o.Terms {
		p.separate(i)
		p.orderTerm(term)
	}
	return p.parameter(name)
}

// orderTerm writes a field and how to order by it.
func (p *printer) orderTerm(t OrderTerm) {
	p.aggregatedField(t.Field, t.Aggregate)
	if t.IgnoreCase {
		p.write(".ci")
		if t.Aggregate != NoAggregate {
			p.refuse("case is ignored in an aggregate")
		}
	}
	if t.Direction != DefaultDirection {
		p.write(".")
		p.word(t.Direction.String(), "Direction", uint8(t.Direction))
	}
	if t.Nulls != DefaultNulls {
		p.write(".")
		p.word(t.Nulls.String(), "NullsOrder", uint8(t.Nulls))
	}
}

// page writes limit and offset. A page without either is a limit that is no number.
func (p *printer) page(page Page) []parameter {
	p.path(page.Path)
	base := p.take()
	var made []parameter
	if page.Limit != nil || page.Offset == nil {
		made = append(made, parameter{base + "limit", decimal(page.Limit), true})
	}
	if page.Offset != nil {
		made = append(made, parameter{base + "offset", decimal(page.Offset), true})
	}
	return made
}

func decimal(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

// token writes where a page begins or ends, which must not be a filter.
func (p *printer) token(name, token string) parameter {
	if isFilter(token, true) {
		p.refuse("the token %q is read as a filter", token)
	}
	return parameter{name, token, true}
}

// argument writes an argument, whose value must not begin as a filter does.
func (p *printer) argument(a Argument) parameter {
	s := scanner{tally: &tally{}}
	if _, ok := scan(&s, a.Value, (*scanner).comparisonOrNothing); !ok || s.pos != 0 {
		p.refuse("the argument's value %q is read as a filter", a.Value)
	}
	return parameter{QuoteName(a.Name), a.Value, true}
}
