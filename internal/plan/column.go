package plan

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/introspect"
)

// Kind tells where the type of an output column comes from.
type Kind uint8

// The kinds: a column or computed field, whose Type says it; a JSON path that
// ends in JSON, or a domain represented as JSON; a JSON path that ends in text.
const (
	TypedValue Kind = iota
	JSONValue
	TextValue
)

// Column is a column of the result.
type Column struct {
	// Name is its key: alias, last key of the JSON path, or the column's own name.
	Name string
	// Rows has the aggregate count rows, and no field.
	Rows  bool
	Field Field
	Kind  Kind
	// Unknown reports a name that the schema cache doesn't have, as a column or as a
	// computed field.
	Unknown bool
	// Type is nil where the schema cache doesn't tell it.
	Type *introspect.Type
	// Represent is the function that makes JSON of a domain; zero for none.
	Represent introspect.QualifiedName
	Cast      *introspect.CastType // nil for none
	// Aggregate is applied to the value, and AggregateCast to its result.
	Aggregate     filter.Aggregate
	AggregateCast *introspect.CastType
}

// addColumns adds what a select item selects: a column, or all for *.
func (p *Planner) addColumns(n *Node, item filter.SelectField) {
	if !item.All || item.Aggregate != filter.NoAggregate {
		n.Columns = append(n.Columns, p.column(n, item))
		return
	}
	n.All = true
	for i := range n.Table.Columns {
		n.Columns = append(n.Columns, p.column(n, filter.SelectField{Field: filter.Field{Name: n.Table.Columns[i].Name}}))
	}
}

func (p *Planner) column(n *Node, item filter.SelectField) Column {
	c := Column{Name: item.Alias, Rows: item.All, Kind: kindOf(item.Field), Aggregate: item.Aggregate,
		Cast: p.cast(item.Cast), AggregateCast: p.cast(item.AggregateCast)}
	if c.Name == "" {
		c.Name = keyOf(item)
	}
	if c.Rows {
		return c
	}
	c.Field = p.field(n, item.Field)
	c.Unknown = c.Field.Column == nil && c.Field.Computed == nil
	if c.Kind != TypedValue {
		return c
	}
	switch {
	case c.Field.Call != nil:
		c.Type = c.Field.Returned
	case c.Field.Column != nil:
		c.Type = c.Field.Column.Type
		c.represent(p.cache)
	case c.Field.Computed != nil:
		c.Type = c.Field.Computed.Returns.Type
	}
	return c
}

// represent has a column of a represented domain shown as JSON. Computed fields are never
// represented: their values are shown, and compared, as they are.
func (c *Column) represent(cache *introspect.SchemaCache) {
	if c.Type == nil || !c.Type.IsDomain {
		return
	}
	if function, ok := cache.Representation(c.Type.OID, oid.JSON); ok {
		c.Represent, c.Kind = function, JSONValue
	}
}

func (p *Planner) cast(name string) *introspect.CastType {
	if name == "" {
		return nil
	}
	cast := p.cache.CastType(name)
	return &cast
}

func kindOf(f filter.Field) Kind {
	switch {
	case f.Call != nil:
		return TypedValue
	case len(f.Path) == 0:
		return TypedValue
	case f.Path[len(f.Path)-1].Text:
		return TextValue
	}
	return JSONValue
}

// keyOf names a column in the result: after its aggregate, the operator that it is a call of,
// the last key of its path, or its column where the path has only indexes.
func keyOf(item filter.SelectField) string {
	if item.Aggregate != filter.NoAggregate {
		return item.Aggregate.String()
	}
	if item.Field.Call != nil {
		return item.Field.Call.Name
	}
	path := item.Field.Path
	for i := len(path) - 1; i >= 0; i-- {
		if !path[i].Index {
			return path[i].Key
		}
	}
	return item.Field.Name
}
