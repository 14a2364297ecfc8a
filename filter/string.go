package filter

// String gives the field as a query has it, such as data->address->>city.
func (f Field) String() string { return printed(f, (*printer).comparedField) }

// String gives the condition as a group has it, such as age.gte.18.
func (c Condition) String() string { return printed(c, (*printer).condition) }

// String gives the group as another one has it, such as or(a.eq.1,not.and(b.gt.2,c.lt.3)).
func (g Group) String() string { return printed(g, (*printer).group) }

// String gives the predicate as a parameter that isn't percent-encoded, such as
// client.age=gte.18.
func (p Predicate) String() string { return new(printer).predicate(p).text() }

// String gives the field as select has it, such as total:amount::numeric.sum().
func (f SelectField) String() string { return printed(f, (*printer).selectField) }

// String gives the relation as select has it, such as owner:client!inner(id,name).
func (r SelectRelation) String() string { return printed(r, (*printer).selectRelation) }

// String gives the order as a parameter that isn't percent-encoded, such as
// client.order=name.desc.
func (o Order) String() string { return new(printer).order(o).text() }

// String gives the term as an order has it, such as name.desc.nullslast.
func (t OrderTerm) String() string { return printed(t, (*printer).orderTerm) }

// String gives the page as parameters that aren't percent-encoded, such as
// client.limit=10&client.offset=20.
func (p Page) String() string {
	text := ""
	for i, made := range new(printer).page(p) {
		if i > 0 {
			text += "&"
		}
		text += made.text()
	}
	return text
}

// String gives the argument as a parameter that isn't percent-encoded, such as id=5.
func (a Argument) String() string { return new(printer).argument(a).text() }

// printed gives what a rule of the printer writes of a part.
func printed[T any](part T, rule func(*printer, T)) string {
	var p printer
	rule(&p, part)
	return p.take()
}

// text gives the parameter without percent-encoding.
func (p parameter) text() string { return p.name + "=" + p.value }
