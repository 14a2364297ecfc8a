package filter

import (
	"fmt"
	"strings"
)

// items writes what is selected of a relation, which brackets are around if it is nested.
func (p *printer) items(items []SelectItem, nested bool) {
	for i, item := range items {
		p.separate(i)
		switch item := item.(type) {
		case SelectField:
			p.selectField(item)
			if nested && i == len(items)-1 && item.Cast == "" && item.Aggregate == NoAggregate {
				p.bracket(item.Field)
			}
		case SelectRelation:
			p.selectRelation(item)
		default:
			p.refuse("%T is neither a SelectField nor a SelectRelation", item)
			p.write(fmt.Sprintf("%T", item))
		}
	}
}

// alias writes an alias, if there is one.
func (p *printer) alias(alias string) {
	if alias != "" {
		p.name(alias)
		p.write(":")
	}
}

// cast writes a cast to a type, if there is one.
func (p *printer) cast(to string) {
	if to == "" {
		return
	}
	if !isPlain(to, (*scanner).identifier) {
		p.refuse("%q is no name of a type", to)
	}
	p.write("::", to)
}

// selectField writes a column, an aggregate, or what stands for all columns.
func (p *printer) selectField(f SelectField) {
	p.alias(f.Alias)
	switch {
	case f.All:
		p.all(f)
	case f.Aggregate != NoAggregate:
		p.field(f.Field)
		p.cast(f.Cast)
		p.aggregate(f.Aggregate)
	default:
		p.field(f.Field)
		p.cast(f.Cast)
		if f.Cast == "" && f.AggregateCast != "" {
			p.refuse("there is the cast of an aggregate, and no aggregate")
		}
	}
	p.cast(f.AggregateCast)
}

// all writes a star or count(), of which the star takes nothing else.
func (p *printer) all(f SelectField) {
	if f.Field.Name != "" || !f.Field.IsColumn() || f.Cast != "" {
		p.refuse("all columns are selected, and a field or its cast")
	}
	switch {
	case f.Aggregate == AggregateCount:
		p.write("count()")
		return
	case f.Aggregate != NoAggregate:
		p.refuse("%s takes a field", f.Aggregate)
	case f.Alias != "" || f.AggregateCast != "":
		p.refuse("all columns have an alias or a cast")
	}
	p.write("*")
}

// selectRelation writes an embedded relation with its items.
func (p *printer) selectRelation(r SelectRelation) {
	p.descend()
	defer p.ascend()
	switch {
	case r.Spread && r.Alias != "":
		p.refuse("a relation that is spread has an alias")
	case !r.Spread && r.Relation == "count":
		p.refuse("count is read as the aggregate function")
	}
	if r.Spread {
		p.write("...")
	}
	p.alias(r.Alias)
	p.name(r.Relation)
	if r.Hint != "" {
		p.write("!")
		p.hint(r.Hint)
	}
	if r.Join != DefaultJoin {
		p.write("!")
		p.word(r.Join.String(), "JoinType", uint8(r.Join))
	}
	p.write("(")
	p.items(r.Items, true)
	p.write(")")
}

// hint writes a hint, which must not begin as a join type does unless it is in quotes.
func (p *printer) hint(hint string) {
	for _, join := range joinTypes {
		if join != "" && strings.HasPrefix(hint, join) {
			writeQuoted(&p.text, hint)
			return
		}
	}
	p.name(hint)
}
