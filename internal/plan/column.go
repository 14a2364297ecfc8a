package plan

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/introspect"
)

// addColumns adds what a select item selects: a column, or all for *.
func (p *Planner) addColumns(n *Node, item filter.SelectField) {
	if !item.All || item.Aggregate != filter.NoAggregate {
		n.Columns = append(n.Columns, p.column(n.Table, item))
		return
	}
	n.All = true
	for i := range n.Table.Columns {
		n.Columns = append(n.Columns, p.column(n.Table, filter.SelectField{Field: filter.Field{Name: n.Table.Columns[i].Name}}))
	}
}

func (p *Planner) column(t *introspect.Table, item filter.SelectField) Column {
	c := Column{Name: item.Alias, Rows: item.All, Field: item.Field, Kind: kindOf(item.Field), Aggregate: item.Aggregate,
		Cast: p.cast(item.Cast), AggregateCast: p.cast(item.AggregateCast)}
	if c.Name == "" {
		c.Name = keyOf(item)
	}
	if c.Kind == TypedValue && !c.Rows {
		c.Type = p.typeOf(t, item.Field.Name)
		c.represent(p.cache, t)
	}
	return c
}

// represent has a column of a represented domain shown as JSON. Computed fields are
// none: their values are shown as they are, and compared with.
func (c *Column) represent(cache *introspect.SchemaCache, t *introspect.Table) {
	if c.Type == nil || !c.Type.IsDomain {
		return
	}
	if _, stored := t.Column(c.Field.Name); !stored {
		return
	}
	if function, ok := cache.Representation(c.Type.OID, jsonOID); ok {
		c.Represent, c.Kind = function, JSONValue
	}
}

// Types that domains are represented in, by their numbers in pg_type.
const (
	textOID = 25
	jsonOID = 114
)

func (p *Planner) cast(name string) *introspect.CastType {
	if name == "" {
		return nil
	}
	cast := p.cache.CastType(name)
	return &cast
}

func (p *Planner) typeOf(t *introspect.Table, name string) *introspect.Type {
	if c, ok := t.Column(name); ok {
		return c.Type
	}
	if r, ok := p.cache.ComputedField(t.Name, name); ok && p.cache.Tables[t.Name] == t {
		return r.Returns.Type
	}
	return nil
}

func kindOf(f filter.Field) Kind {
	switch {
	case len(f.Path) == 0:
		return TypedValue
	case f.Path[len(f.Path)-1].Text:
		return TextValue
	}
	return JSONValue
}

// keyOf names a column in the result: after its aggregate, the last key of its
// path, or its column where the path has only indexes.
func keyOf(item filter.SelectField) string {
	if item.Aggregate != filter.NoAggregate {
		return item.Aggregate.String()
	}
	path := item.Field.Path
	for i := len(path) - 1; i >= 0; i-- {
		if !path[i].Index {
			return path[i].Key
		}
	}
	return item.Field.Name
}
