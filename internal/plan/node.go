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
	// Exposed reports that the schema cache has the relation, which was not made of what a
	// function returns.
	Exposed bool
	// Alias is the name of the rows in SQL.
	Alias string
	// FromResult takes the rows from what a write returned instead of the table.
	FromResult bool
	// RowColumn names the column of what a write returned that has each row as a whole: an OwnName.
	RowColumn string
	// PlaceColumn names the column of what a write returned that has the place of each row in
	// the body, by which rows are ordered unless the client wants another order; empty for
	// none.
	PlaceColumn string
	// Call takes the rows from a function instead of the table; nil for no such thing.
	Call    *Call
	Columns []Column
	// All reports that the select has all columns of Table: those that the schema cache
	// has are among Columns.
	All    bool
	Embeds []*Embed
	Where  []Predicate // all of them must hold
	Forced Predicate   // the one among them that the host has decided on; nil for none
	Order  []OrderTerm
	Window Window
	// Grouped makes groups of the rows although none of what is shown need be an aggregate,
	// and Having are conditions on them, all of which must hold.
	Grouped bool
	Having  []Predicate
	// Distinct leaves out rows that are alike; nil leaves out none.
	Distinct *Distinct
	// StripNulls leaves nulls out of JSON, at every depth.
	StripNulls bool

	depth int         // 0 at the root
	about []Predicate // conditions that rows around it have about its own
	fault error       // of the first of its conditions that has one
	unresolved
}

// unresolved is what of a node waits for its relation to be known.
type unresolved struct {
	items []filter.SelectItem
	where []apirequest.Node
	order []filter.OrderTerm

	distinct *filter.Distinct
	having   []apirequest.Node
}

// Embed is a relation within the rows of another one.
type Embed struct {
	// Relation and Name are how the client calls it: by its target, and by its
	// alias if it has one. Name is its key in the result.
	Relation, Name string
	Relationship   *introspect.Relationship
	// Junction is the relation in between of a many-to-many relationship; nil if the schema
	// cache doesn't have it, or for none.
	Junction *introspect.Table
	// JunctionWhere are conditions on its rows, all of which must hold.
	JunctionWhere []Predicate
	Node          *Node
	// Alias is the name of the embedded rows, as the parent sees them, in SQL.
	Alias string
	// NullRow says what of a computed relationship is no row, where its function returns one.
	NullRow NullRow
	// Inner leaves out the parents that have nothing to embed.
	Inner bool
	// Spread lifts the columns into the parent, from a to-many relationship as arrays.
	Spread bool
	// Fenced joins the rows as they stand in the query: there are so many embeds that
	// PostgreSQL would take its time to find the best order of them all.
	Fenced bool
	// PresenceTests is how often the parent's conditions test whether there is anything to
	// embed: each Present about it is a test, and so is Inner.
	PresenceTests int
	// Lends are columns for the rows around it alone, of a to-one embed, and Compared reports
	// that there are conditions about some of them.
	Lends    []Lent
	Compared bool

	hint     string
	searched bool // a condition is about whether some row of it satisfies another
	renamed  bool // an alias was given
	legacy   bool // a filter, order or page used Relation in spite of the alias
}

// ToMany reports an embed of any number of rows.
func (e *Embed) ToMany() bool { return !e.Relationship.ToOne() }

// JoinColumns are the columns of the rows around it by which it is joined.
func (e *Embed) JoinColumns() []string {
	pairs := e.Relationship.Columns
	if j := e.Relationship.Junction; j != nil {
		pairs = j.Source
	}
	names := make([]string, len(pairs))
	for i, pair := range pairs {
		names[i] = pair.Column
	}
	return names
}

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

// OwnName makes a name for a column of a statement's own that stands beside those of the
// node: one that no column of its relation has, and no computed field that is shown or
// ordered by.
func (n *Node) OwnName(name string) string {
	for has(n.Table, name) ||
		slices.ContainsFunc(n.Columns, func(c Column) bool { return c.Field.Name == name }) ||
		slices.ContainsFunc(n.Order, func(t OrderTerm) bool { return t.Field.Name == name }) {
		name += "_"
	}
	return name
}

// Aggregates reports that the node's rows are groups: one of its columns, or of those
// that are spread into it, is an aggregate, or they are ordered by one or held against one.
func (n *Node) Aggregates() bool {
	if n.Grouped {
		return true
	}
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

// Unknown reports a column whose name the schema cache doesn't have. To PostgreSQL it
// may be a function of the row, and even an aggregate: notes.count is count(notes).
func (n *Node) Unknown() bool {
	return slices.ContainsFunc(n.Columns, func(c Column) bool { return c.Unknown })
}
