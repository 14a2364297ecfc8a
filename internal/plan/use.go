package plan

import (
	"fmt"
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// RowViolation is what PostgreSQL complains of when a row doesn't satisfy a condition that is
// forced on a write.
const RowViolation = apierror.RowViolation

// What PostgreSQL complains of when a write's condition doesn't hold: see apierror.
const (
	VersionViolation = apierror.VersionViolation
	RowMissing       = apierror.RowMissing
	RowPresent       = apierror.RowPresent
	KeyMismatch      = apierror.KeyMismatch
	RowMissed        = apierror.RowMissed
	KeysDisagree     = apierror.KeysDisagree
)

// Use is one use of a relation or a routine that a plan makes.
type Use struct {
	Kind UseKind
	Name introspect.QualifiedName
	// Path are the names of the embeds that lead to it, or those of the members of a body of rows
	// within rows; empty for the resource itself.
	Path []string
	// Reads are the columns that are shown, filtered by, ordered by and told apart by, each
	// once, and Writes those that are written.
	Reads, Writes []string
	// Filtered are the columns that have conditions which all rows have to satisfy, and
	// Operators the operators that any conditions have, each once.
	Filtered  []string
	Operators []filter.Operator
	window    Window

	of        subject
	ordered   []Field               // by which the relation around it is ordered, or filtered
	functions []*introspect.Routine // of its computed fields, each once
	unknown   string                // a name that is neither a column's nor a computed field's
}

// LimitOf is the most rows that a request with these values asks for, whatever the caps; -1
// for any number.
func (u *Use) LimitOf(v *value.Values) int64 {
	if !u.window.limited {
		return -1
	}
	return v.WindowAt(u.window.index).Limit
}

// UseKind is what is done with a relation or a routine.
type UseKind uint8

// The kinds of use.
const (
	UseRead     UseKind = iota // rows that are shown by themselves
	UseInsert                  // new rows
	UseUpdate                  // changed rows
	UseUpsert                  // rows that are new or changed, by PUT or by merging duplicates
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
	u := Use{Kind: UseRead, Name: a.Root.Table.Name, of: subject{node: a.Root}}
	switch p := p.(type) {
	case *Mutate:
		u = Use{Kind: useOfWrite(p), Name: p.Table.Name, of: subject{node: p.Root, write: p}}
		for _, c := range p.Columns {
			u.Writes = append(u.Writes, c.Name)
		}
		if p.Bulk != nil {
			for _, c := range p.Bulk.Key {
				u.Reads, u.Filtered = add(u.Reads, c.Name), add(u.Filtered, c.Name)
			}
			u.Operators = add(u.Operators, filter.Equal)
		}
		if p.Nested != nil {
			p.Nested.Root.note(&u)
		}
		u.where(p.Where)
		if p.Return != ReturnRepresentation { // all that is shown is the key
			for _, c := range p.Key {
				u.Reads = add(u.Reads, c.Name)
			}
			return p.Nested.appendUses(u.appendTo(nil))
		}
		return p.Nested.appendUses(a.Root.appendUses(nil, u))
	case *Call:
		u = Use{Kind: UseCall, Name: p.Routine.Name, of: subject{node: p.Root}}
	}
	return a.Root.appendUses(nil, u)
}

func useOfWrite(m *Mutate) UseKind {
	if m.Conflict != nil && m.Conflict.Merge {
		return UseUpsert
	}
	return writeUses[m.Action]
}

var writeUses = map[Action]UseKind{Create: UseInsert, Update: UseUpdate, Upsert: UseUpsert, Delete: UseDelete}

// appendTo appends the use, and those of the functions of its computed fields.
func (u *Use) appendTo(list []Use) []Use {
	list = append(list, *u)
	for _, f := range u.functions {
		list = append(list, Use{Kind: UseFunction, Name: f.Name, Path: u.Path})
	}
	return list
}

// appendUses appends the use of a node's relation, and those below it.
func (n *Node) appendUses(list []Use, u Use) []Use {
	u.read(n)
	u.window = n.Window
	list = u.appendTo(list)
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
		for _, l := range e.Lends {
			if l.From == nil {
				embed.ordered = append(embed.ordered, l.Field)
			}
		}
		for _, t := range n.Order {
			if t.Embed == e && t.Lent == 0 {
				embed.ordered = append(embed.ordered, t.Field)
			}
		}
		list = e.Node.appendUses(list, embed)
	}
	return list
}

// read takes note of what a node reads.
func (u *Use) read(n *Node) {
	for i := range n.Columns {
		if c := &n.Columns[i]; !c.Rows {
			u.field(c.Field)
		}
	}
	for _, t := range n.Order {
		if t.Output != nil {
			u.output(t.Output)
		} else if t.Embed == nil {
			u.field(t.Field)
		}
	}
	if n.Distinct != nil {
		for _, on := range n.Distinct.On {
			if on.Place < 0 {
				u.field(on.Field)
			}
		}
	}
	u.conditions(n.Having)
	u.conditions(n.about)
	for _, f := range u.ordered {
		u.field(f)
	}
	u.where(n.Where)
	for _, e := range n.Embeds {
		for _, name := range e.JoinColumns() {
			u.Reads = add(u.Reads, name)
		}
	}
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
			u.field(p.Field)
			u.Operators = add(u.Operators, p.Operator)
		case CompareOutput:
			u.output(&p.Output)
			u.Operators = add(u.Operators, p.Operator)
		case Group:
			u.conditions(p.Of)
		}
	}
}

// output takes note of what an aggregate is of. What is shown is taken note of anyway.
func (u *Use) output(o *Output) {
	if o.Column != nil && !o.Column.Rows {
		u.field(o.Column.Field)
	}
}

// field takes note of a column, or of the function that computes one.
func (u *Use) field(f Field) {
	if f.Computed != nil {
		u.functions = add(u.functions, f.Computed)
		return
	}
	if u.Kind == UseCall && f.Column == nil && f.Name == ScalarColumn { // the value itself
		return
	}
	u.Reads = add(u.Reads, f.Name)
	if f.Column == nil && u.unknown == "" {
		u.unknown = f.Name
	}
}

// checkUses refuses a name that the schema cache doesn't have for a column: PostgreSQL may
// take it for a function of the whole row, such as to_json, or even for an aggregate of all
// rows, and then nothing that is known of the use would be true.
func checkUses(all []Use) error {
	for i := range all {
		u := &all[i]
		if u.unknown != "" && u.of.node != nil && len(u.of.node.Table.Columns) > 0 {
			return apierror.UndefinedColumn(u.of.node.Alias, u.unknown)
		}
	}
	return nil
}

func add[T comparable](list []T, item T) []T {
	if slices.Contains(list, item) {
		return list
	}
	return append(list, item)
}

// force has a plan be as the host has decided about its uses.
func (p *Planner) force(r Runnable, forced []apirequest.Forced) error {
	all := uses(r)
	for _, f := range forced {
		if f.Use >= len(all) {
			continue
		}
		if err := p.forceUse(r.Answered(), all[f.Use].of, f); err != nil {
			return apierror.Internal(fmt.Errorf("decide on %s: %w", all[f.Use].Name, err))
		}
	}
	return nil
}

func (p *Planner) forceUse(a *Answer, of subject, f apirequest.Forced) error {
	if f.Most != 0 && of.node != nil && of.write == nil {
		of.node.Window = of.node.Window.AtMost(f.Most)
		if of.node == a.Root {
			a.MaxRows = lowest(a.MaxRows, f.Most)
		}
	}
	if f.Node == nil {
		return nil
	}
	var condition Predicate
	switch {
	case of.junction != nil:
		condition = p.forcedPredicate(of.junction.junctionNode(), f.Node)
		of.junction.JunctionWhere = append(of.junction.JunctionWhere, condition)
	case of.node == nil:
	case of.write != nil:
		m := of.write
		condition = p.forcedPredicate(m.Target, f.Node)
		if m.Action == Update || m.Action == Delete {
			guard(m.Where, condition)
			m.Where = append(m.Where, condition)
		}
		if m.Action != Delete {
			m.Check = append(m.Check, condition)
		}
	default:
		condition = p.forcedPredicate(of.node, f.Node)
		guard(of.node.Where, condition)
		of.node.Where, of.node.Forced = append(of.node.Where, condition), condition
	}
	return refusedOf([]Predicate{condition})
}

// forcedPredicate resolves a condition of the host's, which is about columns alone.
func (p *Planner) forcedPredicate(n *Node, node apirequest.Node) Predicate {
	columns, host := *n, *p
	columns.Embeds, host.anyCast = nil, true
	predicate, _ := host.predicate(&columns, node, &reliance{}) // which fails on related fields and on casts alone
	return predicate
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
