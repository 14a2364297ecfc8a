package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/introspect"
)

// Node is a relation to read: which columns of which rows, in which order, and
// what is embedded in each row. A read is a tree of them.
type Node struct {
	Table *introspect.Table
	// Alias is the name of the rows in SQL.
	Alias string
	// FromResult takes the rows from what a write returned instead of the table.
	FromResult bool
	// Call takes the rows from a function instead of the table; nil for no such thing.
	Call    *Call
	Columns []Column
	// All reports that the select has all columns of Table: those that the schema cache
	// has are among Columns.
	All    bool
	Embeds []*Embed
	Where  []filter.Node // all of them must hold
	Order  []filter.OrderTerm
	Range  apirequest.Range
	// StripNulls leaves nulls out of JSON, at every depth.
	StripNulls bool

	cache *introspect.SchemaCache
	depth int                 // 0 at the root
	items []filter.SelectItem // until they are resolved
}

// Embed is a relation within the rows of another one.
type Embed struct {
	// Relation and Name are how the client calls it: by its target, and by its
	// alias if it has one. Name is its key in the result.
	Relation, Name string
	Relationship   *introspect.Relationship
	Node           *Node
	// Alias is the name of the embedded rows, as the parent sees them, in SQL.
	Alias string
	// Inner leaves out the parents that have nothing to embed.
	Inner bool
	// Spread lifts the columns into the parent, from a to-many relationship as arrays.
	Spread bool
	// Fenced joins the rows as they stand in the query: there are so many embeds that
	// PostgreSQL would take its time to find the best order of them all.
	Fenced bool
	// Asked is the number of conditions on whether there is anything to embed: the
	// null filters on it, and Inner.
	Asked int
	// OrderTerms are the places, in the parent's order, of the terms about this one.
	OrderTerms []int

	hint    string
	renamed bool // an alias was given
	legacy  bool // a filter, order or page used Relation in spite of the alias
}

// ToMany reports an embed of any number of rows.
func (e *Embed) ToMany() bool { return !e.Relationship.ToOne() }

// Empty reports an embed without anything to show, as rel() is: it only filters.
func (e *Embed) Empty() bool { return e.Node.empty() }

func (n *Node) empty() bool {
	for _, e := range n.Embeds {
		if !e.Empty() {
			return false
		}
	}
	return len(n.Columns) == 0
}

// embed finds the child that a name stands for.
func (n *Node) embed(name string) *Embed {
	for _, e := range n.Embeds {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// Embedded finds the child of that name which a null filter is about: f=is.null
// asks whether there is anything to embed, and any other condition on that name
// is about a column.
func (n *Node) Embedded(c filter.Condition) *Embed {
	if c.Operator != filter.Is || c.Is != filter.IsNull && c.Is != filter.IsNotNull || len(c.Field.Path) > 0 {
		return nil
	}
	return n.embed(c.Field.Name)
}

// Related finds the to-one child whose column an order term is about.
func (n *Node) Related(t filter.OrderTerm) *Embed {
	if t.Relation == "" {
		return nil
	}
	return n.embed(t.Relation)
}

// Aggregates reports whether the node's rows are groups: one of its columns, or
// of those spread into it, is an aggregate.
func (n *Node) Aggregates() bool {
	for i := range n.Columns {
		if n.Columns[i].Aggregate != filter.NoAggregate {
			return true
		}
	}
	for _, e := range n.Embeds {
		if e.Spread && !e.ToMany() && e.Node.Aggregates() {
			return true
		}
	}
	return false
}

// Exposed reports that the schema cache has the node's relation, which was not made of
// what a function returns.
func (n *Node) Exposed() bool { return n.cache.Tables[n.Table.Name] == n.Table }

// Relation finds another relation of the schema cache; nil for none.
func (n *Node) Relation(name introspect.QualifiedName) *introspect.Table { return n.cache.Tables[name] }

// Unknown reports a column whose name the schema cache doesn't have. To PostgreSQL it
// may be a function of the row, and even an aggregate: notes.count is count(notes).
func (n *Node) Unknown() bool {
	return slices.ContainsFunc(n.Columns, func(c Column) bool { return !n.knows(&c) })
}

func (n *Node) knows(c *Column) bool {
	if c.Rows || c.Type != nil || n.has(c.Field) {
		return true
	}
	_, computed := n.cache.ComputedField(n.Table.Name, c.Field.Name)
	return computed && n.Exposed()
}

func (n *Node) has(f filter.Field) bool {
	_, ok := n.Table.Column(f.Name)
	return ok
}

// Parser finds the function that makes a value of a column's domain from the
// text of a filter; zero for none.
func (n *Node) Parser(c *introspect.Column) introspect.QualifiedName {
	if !c.Type.IsDomain {
		return introspect.QualifiedName{}
	}
	function, _ := n.cache.Representation(textOID, c.Type.OID)
	return function
}

// Printer finds the function that makes of a column's domain the text that Parser reads:
// one to text or, failing that, one to JSON, in which the text is a string. It is zero
// where the text is PostgreSQL's own.
func (n *Node) Printer(c *introspect.Column) (function introspect.QualifiedName, toJSON bool) {
	if n.Parser(c).Name == "" {
		return function, false
	}
	if function, ok := n.cache.Representation(c.Type.OID, textOID); ok {
		return function, false
	}
	function, toJSON = n.cache.Representation(c.Type.OID, jsonOID)
	return function, toJSON
}

// Represented reports a column of a domain that clients are shown, or write in filters,
// in another form.
func (n *Node) Represented(c *introspect.Column) bool {
	_, shown := n.cache.Representation(c.Type.OID, jsonOID)
	return c.Type.IsDomain && (shown || n.Parser(c).Name != "")
}

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
	Field filter.Field
	Kind  Kind
	// Type is nil for a name that the schema cache doesn't have.
	Type *introspect.Type
	// Represent is the function that makes JSON of a domain; zero for none.
	Represent introspect.QualifiedName
	Cast      *introspect.CastType // nil for none
	// Aggregate is applied to the value, and AggregateCast to its result.
	Aggregate     filter.Aggregate
	AggregateCast *introspect.CastType
}
