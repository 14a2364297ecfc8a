package plan

import (
	"slices"
	"strconv"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// RowViolation is what PostgreSQL complains of when a row doesn't satisfy a condition that is
// forced on a write.
const RowViolation = apierror.RowViolation

// Use is one use of a relation or a routine that a plan makes.
type Use struct {
	Kind UseKind
	Name introspect.QualifiedName
	// Path are the names of the embeds that lead to it; empty for the resource itself.
	Path []string
	// Reads are the columns that are shown, filtered and ordered by, each once, and Writes
	// those that are written.
	Reads, Writes []string
	// Filtered are the columns that have conditions which all rows have to satisfy, and
	// Operators the operators that any conditions have, each once.
	Filtered  []string
	Operators []filter.Operator
	window    Window

	of      subject
	ordered []Field // by which the relation around it is ordered
}

// LimitOf is the most rows that a request with these values asks for, -1 for any number.
func (u *Use) LimitOf(v *value.Values) int64 {
	if u.window.Limit == Unbounded {
		return -1
	}
	limit, _ := strconv.ParseInt(string(v.Bind([]value.Arg{u.window.LimitArg()})[0]), 10, 64)
	return limit
}

// UseKind is what is done with a relation or a routine.
type UseKind uint8

// The kinds of use.
const (
	UseRead     UseKind = iota // rows that are shown by themselves
	UseInsert                  // new rows
	UseUpdate                  // changed rows
	UseUpsert                  // rows that are new or changed
	UseDelete                  // rows that go
	UseEmbed                   // rows within others, or whose existence is asked for
	UseSpread                  // rows whose columns become those of others
	UseJunction                // rows that join others
	UseCall                    // a routine that is called by its path
	UseFunction                // a routine that computes a field, or the rows of an embed
)

// subject is what a use is about: a node, an embed's junction, or a write. It is empty for
// functions, about which there is nothing to force.
type subject struct {
	node     *Node
	junction *Embed
	write    *Mutate
}

// uses lists the uses of a plan, in an order that its shape decides over.
func uses(p Runnable) []Use {
	a := p.Answered()
	var u Use
	switch p := p.(type) {
	case *Mutate:
		u = Use{Kind: writeUses[p.Action], Name: p.Table.Name, of: subject{node: p.Root, write: p}}
		for _, c := range p.Columns {
			u.Writes = append(u.Writes, c.Name)
		}
		u.where(p.Where)
	case *Call:
		u = Use{Kind: UseCall, Name: p.Routine.Name, of: subject{node: p.Root}}
	default:
		u = Use{Kind: UseRead, Name: a.Root.Table.Name, of: subject{node: a.Root}}
	}
	return a.Root.appendUses(nil, u)
}

var writeUses = map[Action]UseKind{Create: UseInsert, Update: UseUpdate, Upsert: UseUpsert, Delete: UseDelete}

// appendUses appends the use of a node's relation, and those below it.
func (n *Node) appendUses(list []Use, u Use) []Use {
	functions := u.read(n)
	u.window = n.Window
	list = append(list, u)
	for _, f := range functions {
		list = append(list, Use{Kind: UseFunction, Name: f.Name, Path: u.Path})
	}
	for _, e := range n.Embeds {
		path := append(slices.Clip(u.Path), e.Name)
		if j := e.Relationship.Junction; j != nil {
			junction := Use{Kind: UseJunction, Name: j.Table, Path: path, of: subject{junction: e}}
			for _, pair := range slices.Concat(j.Source, j.Target) {
				junction.Reads = add(junction.Reads, pair.Target)
			}
			list = append(list, junction)
		}
		if f := e.Relationship.Function; f != nil {
			list = append(list, Use{Kind: UseFunction, Name: f.Name, Path: path})
		}
		kind := UseEmbed
		if e.Spread {
			kind = UseSpread
		}
		embed := Use{Kind: kind, Name: e.Node.Table.Name, Path: path, of: subject{node: e.Node}}
		for _, t := range n.Order {
			if t.Embed == e {
				embed.ordered = append(embed.ordered, t.Field)
			}
		}
		list = e.Node.appendUses(list, embed)
	}
	return list
}

// read takes note of what a node reads, and gives the functions of its computed fields.
func (u *Use) read(n *Node) (functions []*introspect.Routine) {
	field := func(f Field) {
		switch {
		case f.Computed == nil:
			u.Reads = add(u.Reads, f.Name)
		case !slices.Contains(functions, f.Computed):
			functions = append(functions, f.Computed)
		}
	}
	for i := range n.Columns {
		if c := &n.Columns[i]; !c.Rows {
			field(c.Field)
		}
	}
	for _, t := range n.Order {
		if t.Embed == nil {
			field(t.Field)
		}
	}
	for _, f := range u.ordered {
		field(f)
	}
	u.where(n.Where)
	var conditions func([]Predicate)
	conditions = func(of []Predicate) {
		for _, p := range of {
			switch p := p.(type) {
			case Compare:
				field(p.Field)
			case Group:
				conditions(p.Of)
			}
		}
	}
	conditions(n.Where)
	for _, e := range n.Embeds {
		switch r := e.Relationship; {
		case r.Junction != nil:
			for _, pair := range r.Junction.Source {
				u.Reads = add(u.Reads, pair.Column)
			}
		default:
			for _, pair := range r.Columns {
				u.Reads = add(u.Reads, pair.Column)
			}
		}
	}
	return functions
}

// where takes note of conditions.
func (u *Use) where(all []Predicate) {
	for _, p := range all {
		if c, ok := p.(Compare); ok && !c.Negated {
			u.Filtered = add(u.Filtered, c.Field.Name)
		}
	}
	u.conditions(all)
}

func (u *Use) conditions(of []Predicate) {
	for _, p := range of {
		switch p := p.(type) {
		case Compare:
			u.Reads, u.Operators = add(u.Reads, p.Field.Name), add(u.Operators, p.Operator)
		case Group:
			u.conditions(p.Of)
		}
	}
}

func add[T comparable](list []T, item T) []T {
	if slices.Contains(list, item) {
		return list
	}
	return append(list, item)
}

// force has a plan be as the host has decided about its uses.
func (p *Planner) force(r Runnable, forced []apirequest.Forced) {
	all := uses(r)
	for _, f := range forced {
		if f.Use < len(all) {
			p.forceUse(r.Answered(), all[f.Use].of, f)
		}
	}
}

func (p *Planner) forceUse(a *Answer, of subject, f apirequest.Forced) {
	if e := of.junction; e != nil {
		if f.Node != nil {
			e.JunctionWhere = append(e.JunctionWhere, p.forcedPredicate(e.junctionNode(), f.Node))
		}
		return
	}
	if of.node == nil {
		return
	}
	if f.Most != 0 && of.write == nil {
		of.node.Window = of.node.Window.AtMost(f.Most)
		if of.node == a.Root {
			a.MaxRows = lowest(a.MaxRows, f.Most)
		}
	}
	switch {
	case f.Node == nil:
	case of.write != nil:
		m := of.write
		condition := p.forcedPredicate(m.Target, f.Node)
		if m.Action == Update || m.Action == Delete {
			m.Where = append(m.Where, condition)
		}
		if m.Action != Delete {
			m.Check = append(m.Check, condition)
		}
	default:
		of.node.Where = append(of.node.Where, p.forcedPredicate(of.node, f.Node))
	}
}

// lowest is the lower of two caps, of which 0 is none.
func lowest(a, b int64) int64 {
	switch {
	case a == 0:
		return b
	case b == 0:
		return a
	}
	return min(a, b)
}

// forcedPredicate resolves a condition of the host's, which is about columns alone.
func (p *Planner) forcedPredicate(n *Node, node apirequest.Node) Predicate {
	columns := *n
	columns.Embeds = nil
	return p.predicate(&columns, node, &reliance{})
}

// junctionNode is the relation in between as conditions on it see it.
func (e *Embed) junctionNode() *Node {
	table := e.Junction
	if table == nil { // which the schema cache doesn't have, and so nothing of its columns
		table = &introspect.Table{Name: e.Relationship.Junction.Table}
	}
	return &Node{Table: table, Exposed: e.Junction != nil, Alias: e.JunctionAlias()}
}

// JunctionAlias is the name of the rows in between in SQL.
func (e *Embed) JunctionAlias() string { return e.Node.Alias + ".junction" }
