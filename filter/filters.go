package filter

import (
	"errors"
	"fmt"
	"slices"
)

// pathOperators are the operators that Options.Filters adds.
var pathOperators = []Operator{JSONPathExists, JSONPathMatch}

// jsonPath reports an operator whose value is an SQL/JSON path.
func (o Operator) jsonPath() bool { return o == JSONPathExists || o == JSONPathMatch }

// isFilter reports a value that is a filter of the column which the parameter then names.
func (r *reader) isFilter(value string) bool { return isFilter(value, r.opts.Filters) }

func isFilter(value string, filters bool) bool {
	_, ok := scan(&scanner{tally: &tally{}, filters: filters}, value, (*scanner).comparison)
	return ok
}

// pathOperator reads such an operator and its delimiter, or nothing.
func (s *scanner) pathOperator(c *Condition) bool {
	if !s.filters {
		return false
	}
	m := s.mark()
	if s.operator(c, pathOperators) && s.delimiter() {
		s.extended = true
		return true
	}
	s.rewind(&m)
	return false
}

// comparedField reads the field of a condition in a group, which may be cast, and that of a
// related relation.
func (s *scanner) comparedField() (Field, bool) {
	if !s.filters {
		return s.calledField()
	}
	m := s.mark()
	if f, ok := s.relatedField(); ok {
		s.extended = true
		return f, true
	}
	s.rewind(&m)
	f, ok := s.calledField()
	return f, ok && s.fieldCast(&f)
}

// relatedField reads a field in brackets behind the name of a relation. With Options.Filters
// it may be cast, and stand in several such brackets.
func (s *scanner) relatedField() (f Field, ok bool) {
	var names [4]string // of no use beyond a field that isn't one
	related := names[:0]
	for depth := 1; depth == 1 || s.filters && depth <= maxDepth; depth++ {
		m := s.mark()
		if depth > 1 {
			s.spaces()
		}
		name, ok := s.name()
		if !ok || !s.char('(') {
			if depth == 1 {
				return f, false
			}
			s.rewind(&m)
			break
		}
		related = append(related, name)
	}
	if f, ok = s.calledField(); !ok || s.filters && !s.fieldCast(&f) {
		return f, false
	}
	f.Related = slices.Clone(related)
	for range related {
		if !s.char(')') {
			return f, false
		}
	}
	s.extended = s.extended || len(related) > 1
	return f, true
}

// fieldCast reads the cast behind a field, if there is one.
func (s *scanner) fieldCast(f *Field) bool {
	if !s.tryLiteral("::") {
		return true
	}
	s.extended = true
	var ok bool
	f.Cast, ok = s.identifier()
	return ok && s.notEmpty(f.Cast, "type")
}

// targetEnd reads what the name of a parameter has behind a field: a cast, or a field in
// brackets if the field's name is a relation's. Anything else there means nothing, as ever.
func (s *scanner) targetEnd(t *target) {
	if s.pos == len(s.text) {
		return
	}
	m, refused := s.mark(), s.refused
	f := t.field
	ok := false
	if s.at("::") {
		ok = s.fieldCast(&f)
	} else if len(f.Path) == 0 && s.at("(") {
		s.pos = t.last
		f, ok = s.relatedField()
	}
	if ok && s.pos == len(s.text) && s.refused == nil {
		t.field = f
		return
	}
	s.pos, s.fail, s.refused = m.pos, m.fail, refused
}

// comparedField writes the field of a condition or an order.
func (p *printer) comparedField(f Field) {
	related := f.Related
	for _, name := range related {
		p.name(name)
		p.write("(")
	}
	p.name(f.Name)
	p.comparedEnd(f)
}

// comparedEnd writes what is behind the names of a field.
func (p *printer) comparedEnd(f Field) {
	if len(f.Related) > maxDepth {
		p.refuse("a field has more than %d relations", maxDepth)
	}
	p.steps(f.Path)
	p.call(f.Call)
	p.cast(f.Cast)
	if f.Cast == "" && len(f.Related) > 0 {
		p.bracket(f)
	}
	for range f.Related {
		p.write(")")
	}
}

// parameterField writes a field as the last part of a parameter's name.
func (p *printer) parameterField(f Field) {
	if f.Call != nil && len(f.Related) == 0 && (len(f.Path) > 0 || f.Cast != "") {
		p.refuse("the name of a parameter has a call of more than a column")
	}
	names := append(slices.Clip(f.Related), f.Name)
	if names[0] == "" {
		p.refuse("a name is empty")
	}
	for i, name := range names {
		switch {
		case i > 0:
		case len(f.Related) > 0 && p.text.Len() > 0: // without quotes it might be the call of an operator
			writeQuoted(&p.text, name)
			continue
		default:
			p.write(QuoteName(name))
			continue
		}
		p.write("(")
		p.name(name)
	}
	p.comparedEnd(f)
}

// ownField refuses a field that is cast or another relation's where none can be.
func (p *printer) ownField(f Field) {
	if f.Cast != "" || len(f.Related) > 0 {
		p.refuse("the field %s is cast or another relation's", f.Name)
	}
}

// castAs gives the operand of a field with the field's cast. It fails on a type that the
// resolver hasn't given, unless that is text.
func (o Operand) castAs(f Field) (Operand, error) {
	switch {
	case f.Cast == "" || o.Cast != "":
		return o, nil
	case f.Cast != "text":
		return o, fmt.Errorf("filter: bind %q: %w", f.Name, errNoCast)
	}
	o.Cast = f.Cast
	return o, nil
}

var errNoCast = errors.New("it is cast to a type that the resolver doesn't give")

// jsonPath writes an operator whose value is an SQL/JSON path. It takes jsonb alone. The
// question mark of the operator is written twice.
func (b *binder) jsonPath(c Comparison, f Field, o Operand, value any) {
	if o.JSON && o.Cast == "" && (len(f.Path) == 0 || !f.Path[len(f.Path)-1].Text) {
		o.Cast = "jsonb"
	}
	b.field(f, o)
	if c.Operator == JSONPathExists {
		b.sql.WriteString(" @?? ")
	} else {
		b.sql.WriteString(" @@ ")
	}
	b.argument(value)
	b.sql.WriteString("::jsonpath")
}
