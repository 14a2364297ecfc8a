package typescript

import (
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

// printTable prints a relation's types.
func (m *module) printTable(p *printer, t *introspect.Table) {
	p.comment(t.Comment)
	p.open(key(t.Name.Name) + ": {")
	computed := m.computedFields(t)
	p.open("Row: {")
	for i := range t.Columns {
		c := &t.Columns[i]
		p.property(c.Name, "", nullable(m.readType(c), c.Nullable), c.Comment)
	}
	for _, f := range computed {
		p.property(f.Name.Name, "", orNull(m.typeOf(f.Returns.Type)), f.Comment)
	}
	p.close("}")
	if !t.Kind.IsView() || t.Insertable || t.Updatable {
		m.printWritten(p, "Insert", t, t.Insertable, requiredColumn)
		m.printWritten(p, "Update", t, t.Updatable, func(*introspect.Column) bool { return false })
	}
	m.printRelationships(p, t)
	if len(computed) > 0 {
		names := make([]string, len(computed))
		for i, f := range computed {
			names[i] = f.Name.Name
		}
		p.line("ComputedFields: " + union(names))
	}
	p.close("}")
}

// computedFields are the computed fields of a relation that aren't hidden by a column.
func (m *module) computedFields(t *introspect.Table) []*introspect.Routine {
	return slices.DeleteFunc(m.cache.ComputedFields(t.Name), func(f *introspect.Routine) bool {
		_, isColumn := t.Column(f.Name.Name)
		_, isRow := m.rowOf(f.Returns.Type)
		return isColumn || isRow // rows are embedded
	})
}

// printWritten prints the type of what is written of a row. Columns that only the database
// writes are never given.
func (m *module) printWritten(p *printer, name string, t *introspect.Table, can bool, required func(*introspect.Column) bool) {
	if !can {
		p.line(name + ": never")
		return
	}
	p.open(name + ": {")
	for i := range t.Columns {
		switch c := &t.Columns[i]; {
		case c.Generated || c.Identity == 'a':
			p.property(c.Name, "?", "never", "")
		case required(c):
			p.property(c.Name, "", nullable(m.writtenType(c), c.Nullable), "")
		default:
			p.property(c.Name, "?", nullable(m.writtenType(c), c.Nullable), "")
		}
	}
	p.close("}")
}

func requiredColumn(c *introspect.Column) bool {
	return !c.Nullable && c.Default == "" && c.Identity == 0
}

// printRelationships prints the foreign keys of a relation. postgrest-js finds the other
// direction, and what goes over junctions, by them.
func (m *module) printRelationships(p *printer, t *introspect.Table) {
	var keys []*introspect.Relationship
	names, _ := m.cache.RelatedNames(t.Name)
	for _, name := range names {
		named, _ := m.cache.Relationships(t.Name, name)
		for _, r := range named {
			if r.Columns != nil && !r.Inverse && m.selected(r.Target) != nil {
				keys = append(keys, r)
			}
		}
	}
	slices.SortStableFunc(keys, func(a, b *introspect.Relationship) int { return strings.Compare(a.Constraint, b.Constraint) })
	if len(keys) == 0 {
		p.line("Relationships: []")
		return
	}
	p.open("Relationships: [")
	for _, r := range keys {
		columns, referenced := make([]string, len(r.Columns)), make([]string, len(r.Columns))
		for i, pair := range r.Columns {
			columns[i], referenced[i] = pair.Column, pair.Target
		}
		p.open("{")
		p.line("foreignKeyName: " + literal(r.Constraint))
		p.line("columns: " + list(columns))
		p.line("isOneToOne: " + boolean(r.Cardinality == introspect.OneToOne))
		p.line("referencedRelation: " + literal(r.Target.Name))
		p.line("referencedColumns: " + list(referenced))
		p.close("},")
	}
	p.close("]")
}

// selected finds a relation that is described; nil for others.
func (m *module) selected(name introspect.QualifiedName) *introspect.Table {
	if s := m.schemas[name.Schema]; s != nil {
		return s.tables[name.Name]
	}
	return nil
}
