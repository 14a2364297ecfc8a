package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/introspect"
)

// Nested is an insert of rows with others within them.
type Nested struct {
	// Levels are the inserts, in an order in which each has the keys that it refers to.
	Levels []*Level
	// Root is that of the relation's own rows.
	Root *Level
	// Key has the places in Root.Keys of the columns by which these rows are found, to be read
	// when all others are there; nil if nothing is to be read.
	Key []int
}

// Level is an insert of rows that are within others, or have others within them: of all those
// that are called the same.
type Level struct {
	// Write is the insert: its relation, the columns from the body, and the conditions.
	Write *Mutate
	// Index is that of its objects in value.Values.Levels. Those of a junction are pairs, of an
	// object of the level and the one around it.
	Index    int
	Junction bool
	// Path are the names of the members that lead to it.
	Path []string
	// Sources are the keys that fill in columns, and Filled these columns.
	Sources []Source
	Filled  []FilledColumn
	// Keys are the columns that others refer to, or that the rows are found by; nil if nobody
	// wants them.
	Keys []*introspect.Column
}

// Source says whose key is that of a row.
type Source struct {
	From *Level
	By   SourceBy
}

// SourceBy is how rows find the one whose key they have.
type SourceBy uint8

// The ways.
const (
	// ByAround: it is that of the object around.
	ByAround SourceBy = iota
	// ByWithin: it is that of the object within, if there is one.
	ByWithin
	// ByPlace: it is that of the object in the same place.
	ByPlace
)

// FilledColumn is a column that keys fill in.
type FilledColumn struct {
	WriteColumn
	// From are the keys, one at least. The first that a row has counts, and any others have to
	// be equal to it.
	From []FilledBy
	// Given reports that the body has the column, too: a value there counts, and keys have to
	// be equal to it.
	Given bool
}

// FilledBy says what fills in a column: Source is the index of the source, and Key that of the
// source's key.
type FilledBy struct{ Source, Key int }

// forNested reports a body of rows within rows.
func forNested(req *apirequest.Shape) bool { return req.Body != nil && req.Body.Nested != nil }

// addNested makes the insert one of rows with others within them, if that is what the body has.
func (p *Planner) addNested(m *Mutate, req *apirequest.Shape) error {
	if !forNested(req) {
		return nil
	}
	if req.Prefer.Resolution != "" || req.OnConflict != nil {
		return apierror.NotImplemented("Rows with others within them are inserted: there is no resolution of duplicates.")
	}
	m.Levels = true
	if len(req.Body.Nested) == 1 {
		return nil
	}
	b := nestedBuilder{planner: p, shape: req.Body.Nested, nested: &Nested{}}
	root := &Level{Write: m}
	b.nested.Root = root
	if err := b.add(root, &nesting{planner: p, table: m.Table, items: req.Select}); err != nil {
		return err
	}
	for _, l := range b.nested.Levels {
		if l.Write.Spread() {
			return apierror.NotImplemented("Rows within rows are not implemented for relations that Citus spreads over its workers.")
		}
	}
	if m.Return == ReturnRepresentation || len(m.Key) > 0 || m.ReportRows {
		keys := keysOf(m.Table)
		if len(keys) == 0 {
			return apierror.NoKeyToReturn(m.Table.Name.Name)
		}
		for _, name := range keys[0] {
			b.nested.Key = append(b.nested.Key, root.key(name))
		}
		m.Root.PlaceColumn = m.Root.OwnName("pgrst place")
	}
	m.Nested = b.nested
	return nil
}

// nestedBuilder makes the levels of an insert.
type nestedBuilder struct {
	planner *Planner
	shape   []apirequest.Level
	nested  *Nested
}

// insertOf is an insert into a relation, of columns of the body.
func (b *nestedBuilder) insertOf(table *introspect.Table, columns []string) (*Mutate, error) {
	root := b.nested.Root.Write
	m := &Mutate{Action: Create, Table: table, Array: true, Defaults: root.Defaults, Target: &Node{Table: table, Exposed: true, Alias: rootAlias(table)}}
	m.Root = m.Target
	return m, b.planner.addWriteColumns(m, columns)
}

// add adds a level, and those within it: before it what it refers to, and what refers to it
// behind it.
func (b *nestedBuilder) add(l *Level, n *nesting) error {
	type child struct {
		*Level
		*introspect.Relationship
		nesting *nesting
	}
	var behind []child
	for i := 1; i < len(b.shape); i++ {
		if b.shape[i].Parent != l.Index {
			continue
		}
		r, within, err := n.within(b.shape[i].Member)
		if err != nil {
			return err
		}
		write, err := b.insertOf(within.table, b.shape[i].Columns)
		if err != nil {
			return err
		}
		c := child{&Level{Write: write, Index: i, Path: append(slices.Clip(l.Path), b.shape[i].Member)}, r, within}
		if !insertedBefore(r) {
			behind = append(behind, c)
			continue
		}
		if err := b.add(c.Level, within); err != nil {
			return err
		}
		l.fill(c.Level, ByWithin, r.Columns)
	}
	b.nested.Levels = append(b.nested.Levels, l)
	for _, c := range behind {
		if c.Relationship.Junction == nil {
			c.Level.fill(l, ByAround, inverse(c.Columns))
		}
		if err := b.add(c.Level, c.nesting); err != nil {
			return err
		}
		if c.Relationship.Junction != nil {
			if err := b.addJunction(l, c.Level, c.Relationship.Junction); err != nil {
				return err
			}
		}
	}
	return nil
}

// addJunction adds the rows that join those of a level to those of the one around it.
func (b *nestedBuilder) addJunction(around, l *Level, j *introspect.Junction) error {
	table, _ := b.planner.cache.Table(j.Table) // the nesting has it
	write, err := b.insertOf(table, nil)
	if err != nil {
		return err
	}
	junction := &Level{Write: write, Index: l.Index, Junction: true, Path: l.Path}
	junction.fill(around, ByAround, inverse(j.Source))
	junction.fill(l, ByPlace, inverse(j.Target))
	b.nested.Levels = append(b.nested.Levels, junction)
	return nil
}

// fill has the key of another level fill in columns: of each pair, Column is the level's own.
// Several keys may fill in the same column, as that of a tenant which all foreign keys have.
func (l *Level) fill(from *Level, by SourceBy, pairs []introspect.ColumnPair) {
	source := len(l.Sources)
	l.Sources = append(l.Sources, Source{From: from, By: by})
	for _, pair := range pairs {
		f := l.filled(pair.Column, by)
		f.From = append(f.From, FilledBy{Source: source, Key: from.key(pair.Target)})
	}
}

// filled has a column be one that keys fill in.
func (l *Level) filled(name string, by SourceBy) *FilledColumn {
	if i := slices.IndexFunc(l.Filled, func(f FilledColumn) bool { return f.Name == name }); i >= 0 {
		return &l.Filled[i]
	}
	c, _ := l.Write.Table.Column(name)
	f := FilledColumn{WriteColumn: WriteColumn{Column: c}}
	i := slices.IndexFunc(l.Write.Columns, func(c WriteColumn) bool { return c.Name == name })
	switch {
	case i >= 0:
		f.WriteColumn, f.Given = l.Write.Columns[i], true
	case by == ByWithin && l.Write.Defaults: // which a row without one within gets
		f.Given = true
		l.Write.Columns = append(l.Write.Columns, f.WriteColumn)
	}
	l.Filled = append(l.Filled, f)
	return &l.Filled[len(l.Filled)-1]
}

// key has a column be one of the level's keys, and gives its place among them.
func (l *Level) key(name string) int {
	i := slices.IndexFunc(l.Keys, func(c *introspect.Column) bool { return c.Name == name })
	if i < 0 {
		c, _ := l.Write.Table.Column(name)
		i, l.Keys = len(l.Keys), append(l.Keys, c)
	}
	return i
}

// inverse has the sides of pairs changed.
func inverse(pairs []introspect.ColumnPair) []introspect.ColumnPair {
	inverted := make([]introspect.ColumnPair, len(pairs))
	for i, pair := range pairs {
		inverted[i] = introspect.ColumnPair{Column: pair.Target, Target: pair.Column}
	}
	return inverted
}

// use is what an insert of rows within others uses.
func (l *Level) use() Use {
	u := Use{Kind: UseInsert, Name: l.Write.Table.Name, Path: l.Path, of: subject{node: l.Write.Target, write: l.Write}}
	l.note(&u)
	return u
}

// note takes note of what a level writes, and what it reads for others to refer to.
func (l *Level) note(u *Use) {
	for _, c := range l.Write.Columns {
		u.Writes = add(u.Writes, c.Name)
	}
	for _, f := range l.Filled {
		u.Writes = add(u.Writes, f.Name)
	}
	for _, key := range l.Keys {
		u.Reads = add(u.Reads, key.Name)
	}
}

// appendUses appends the uses of the levels but the first one, which is that of the resource.
func (n *Nested) appendUses(list []Use) []Use {
	if n == nil {
		return list
	}
	for _, l := range n.Levels {
		if l != n.Root {
			list = append(list, l.use())
		}
	}
	return list
}
