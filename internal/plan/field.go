package plan

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// Field is a column of a node's relation, or a value inside of one.
type Field struct {
	filter.Field
	// Column is nil for a computed field, which SQL spells like a column, and for a name that
	// only PostgreSQL may know.
	Column *introspect.Column
	// Computed is the function of a computed field; nil for none.
	Computed *introspect.Routine
	// Parse is the function that makes a value of the column's domain from the text of a
	// filter; zero for none.
	Parse introspect.QualifiedName
	// Represented reports a column of a domain that clients are shown, or write in filters,
	// in another form.
	Represented bool
	// Cast is the type that a condition or an order casts the field to; nil for none.
	Cast *introspect.CastType
	// Operator is the host's that the field is a Call of, Operands are its arguments, and Returned
	// is the type of what it gives, nil where the schema cache doesn't have it. They are nil for
	// none.
	Operator *Operator
	Operands []value.Arg
	Returned *introspect.Type

	refused error // why the operator isn't for the field
}

// field resolves a field of a node's relation.
func (p *Planner) field(n *Node, f filter.Field) Field {
	resolved := p.fieldOf(n, f)
	if f.Call != nil {
		p.applied(&resolved)
	}
	return resolved
}

// fieldOf resolves the column of a field, and its cast.
func (p *Planner) fieldOf(n *Node, f filter.Field) Field {
	resolved := Field{Field: f, Cast: p.cast(f.Cast)}
	c, ok := n.Table.Column(f.Name)
	if !ok {
		if n.Exposed {
			resolved.Computed, _ = p.cache.ComputedField(n.Table.Name, f.Name)
		}
		return resolved
	}
	resolved.Column = c
	if c.Type != nil && c.Type.IsDomain {
		resolved.Parse = p.parser(c)
		_, shown := p.cache.Representation(c.Type.OID, oid.JSON)
		resolved.Represented = shown || resolved.Parse.Name != ""
	}
	return resolved
}

// parser finds the function that makes a value of a column's domain from the
// text of a filter; zero for none.
func (p *Planner) parser(c *introspect.Column) introspect.QualifiedName {
	if !c.Type.IsDomain {
		return introspect.QualifiedName{}
	}
	function, _ := p.cache.Representation(oid.Text, c.Type.OID)
	return function
}

// printer finds the function that turns a value of a column's domain into the text that
// parser's function reads. It makes the text itself or, if there is no such function, JSON
// that is a string with the text. It is zero where no function parses, and the text is
// PostgreSQL's own.
func (p *Planner) printer(c *introspect.Column) (function introspect.QualifiedName, toJSON bool) {
	if p.parser(c).Name == "" {
		return function, false
	}
	if function, ok := p.cache.Representation(c.Type.OID, oid.Text); ok {
		return function, false
	}
	function, toJSON = p.cache.Representation(c.Type.OID, oid.JSON)
	return function, toJSON
}
