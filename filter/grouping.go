package filter

import (
	"errors"
	"fmt"
	"slices"

	"github.com/Masterminds/squirrel"
)

// Distinct asks for rows of the relation that Path leads to that aren't alike.
type Distinct struct {
	Path []string // the embedded relations on the way, empty for the root
	// All, as in distinct=*, tells rows apart by all that they show, and not by Fields.
	All bool
	// Fields, as in distinct=a,b, are what rows are told apart by: of several that are alike
	// the first one in the order stays.
	Fields []Field
}

// Having holds conditions on the groups of the relation that Path leads to, as in
// having=(amount.sum().gt.100,count().gte.2). All of them must hold. They are about
// aggregates or, where a condition has none, about what select has by the field's name.
type Having struct {
	Path  []string // the embedded relations on the way, empty for the root
	Nodes []Node
}

// distinctBrackets are behind count where it counts values that aren't alike.
const distinctBrackets = "(distinct)"

// readGrouping reads distinct or having, unless the value is a filter or an argument.
func (r *reader) readGrouping(p parameter, having bool) bool {
	if !r.opts.Grouping || r.opts.Arguments || p.value == "" || r.isFilter(p.value) {
		return false
	}
	from := source{part: distinctPart, parameter: p.name, name: "distinct parameter", text: p.value}
	if having {
		from.part, from.name = havingPart, "having parameter"
	}
	at, ok := r.readTarget(from.part, p, p.name)
	if !ok {
		return true
	}
	if having {
		if nodes, ok := scanSource(r, from, (*scanner).havingNodes); ok {
			r.query.Having = append(r.query.Having, Having{Path: at.path, Nodes: nodes})
		}
	} else if d, ok := scanSource(r, from, (*scanner).distinct); ok {
		d.Path = at.path
		r.query.Distinct = append(r.query.Distinct, d)
	}
	return true
}

// distinct reads a star, or fields with commas between.
func (s *scanner) distinct() (Distinct, bool) {
	var d Distinct
	if d.All = s.tryLiteral("*"); d.All {
		return d, s.end()
	}
	ok := s.separated(func() bool {
		f, ok := s.field()
		d.Fields = append(d.Fields, f)
		return ok && s.tally.names(len(d.Fields), "distinct")
	}, s.comma)
	return d, ok && s.end()
}

// havingNodes reads conditions on aggregates, and groups of them, in brackets.
func (s *scanner) havingNodes() ([]Node, bool) {
	s.having, s.grouping, s.extended = true, true, true
	var nodes []Node
	ok := s.spaced('(') && s.separated(func() bool {
		n, ok := s.tree()
		nodes = append(nodes, n)
		return ok
	}, s.comma) && s.spaced(')')
	return nodes, ok && s.end()
}

// conditionField reads the field of a condition in a group or, in having, an aggregate.
func (s *scanner) conditionField() (Field, Aggregate, bool) {
	if s.having {
		return s.aggregatedField()
	}
	f, ok := s.comparedField()
	return f, NoAggregate, ok
}

// aggregatedField reads count(), or a field that an aggregate function may follow.
func (s *scanner) aggregatedField() (f Field, a Aggregate, ok bool) {
	m := s.mark()
	if s.spaces(); s.tryLiteral("count()") {
		s.extended = true
		return f, AggregateCount, true
	}
	s.rewind(&m)
	if f, ok = s.calledField(); !ok {
		return f, a, false
	}
	a = s.aggregate()
	s.extended = s.extended || a != NoAggregate
	return f, a, true
}

// aggregatedField writes a field with its aggregate, or count().
func (p *printer) aggregatedField(f Field, a Aggregate) {
	switch {
	case a == NoAggregate && !p.having:
		p.comparedField(f)
	case a == NoAggregate:
		p.field(f)
	case a == AggregateCount && f.Name == "" && len(f.Path) == 0 && f.Call == nil:
		p.ownField(f)
		p.write("count()")
	default:
		p.field(f)
		p.aggregate(a)
	}
}

// aggregate writes an aggregate function behind what it is of.
func (p *printer) aggregate(a Aggregate) {
	p.write(".")
	p.word(a.String(), "Aggregate", uint8(a))
	if a == AggregateCountDistinct {
		p.write(distinctBrackets)
	} else {
		p.write("()")
	}
}

// distinct writes a distinct parameter.
func (p *printer) distinct(d Distinct) parameter {
	p.path(d.Path)
	p.write("distinct")
	name := p.take()
	switch {
	case d.All && len(d.Fields) > 0:
		p.refuse("rows are distinct by all that they show, and by fields")
	case !d.All && len(d.Fields) == 0:
		p.refuse("there are no fields")
	}
	if d.All {
		p.write("*")
	}
	for i, f := range d.Fields {
		p.separate(i)
		p.field(f)
		if f.Call != nil {
			p.refuse("rows are distinct by a call")
		}
	}
	return p.parameter(name)
}

// havingOf writes a having parameter.
func (p *printer) havingOf(h Having) parameter {
	p.path(h.Path)
	p.write("having")
	name := p.take()
	p.having = true
	defer func() { p.having = false }()
	if len(h.Nodes) == 0 {
		p.refuse("there are no conditions")
	}
	p.write("(")
	for i, n := range h.Nodes {
		p.separate(i)
		p.node(n)
	}
	p.write(")")
	return p.parameter(name)
}

// BindHaving turns the conditions of having into SQL for HAVING. The resolver is asked for
// the field that an aggregate is of and, where a condition has no aggregate, for what its
// name stands for in select. BindHaving fails where Bind does, and without conditions.
func BindHaving(h Having, r Resolver) (squirrel.Sqlizer, error) {
	if len(h.Nodes) == 0 {
		return nil, errors.New("filter: bind having: there are no conditions")
	}
	return bind(Group{Nodes: h.Nodes}, r, true)
}

// resolve finds the operand that the aggregate of a field is, and the field inside of it.
// Without an aggregate they are the field's own.
func (a Aggregate) resolve(f Field, r Resolver) (Operand, Field, error) {
	var operand Operand
	switch {
	case int(a) >= len(aggregates):
		return operand, f, fmt.Errorf("filter: bind %q: there is no Aggregate(%d)", f.Name, a)
	case a == AggregateCount && f.Name == "":
		return a.of(f, operand), Field{}, nil
	}
	operand, err := r.Resolve(f)
	if err == nil && a == NoAggregate {
		operand, err = operand.castAs(f)
	}
	if err != nil || a == NoAggregate {
		return operand, f, err
	}
	return a.of(f, operand), Field{}, nil
}

// of is the aggregate of a field whose column is o.
func (a Aggregate) of(f Field, o Operand) Operand {
	if a == AggregateCount && f.Name == "" {
		return Operand{SQL: "count(*)"}
	}
	var b binder
	b.sql.WriteString(a.String())
	b.sql.WriteByte('(')
	if a == AggregateCountDistinct {
		b.sql.WriteString("DISTINCT ")
	}
	b.field(f, o)
	b.sql.WriteByte(')')
	return Operand{SQL: b.sql.String(), Args: slices.Clip(b.args)}
}

// String gives the parameter as it is without percent-encoding, such as client.distinct=a,b.
func (d Distinct) String() string { return new(printer).distinct(d).text() }

// String gives the parameter as it is without percent-encoding, such as
// having=(amount.sum().gt.100).
func (h Having) String() string { return new(printer).havingOf(h).text() }
