package openapi

import (
	"slices"

	"github.com/pgrest-go/pgrest/introspect"
)

// nestedType is the media type of rows with others within them.
const nestedType = "application/vnd.pgrst.nested+json"

// rowsWithin is a member of a row to insert that holds others.
type rowsWithin struct {
	name   string
	target *introspect.Table
	many   bool
}

// within are the members of a row of a relation that can hold others: those that one
// relationship alone is called by, without a hint.
func (d *document) within(t *introspect.Table) (all []rowsWithin) {
	names, _ := d.cache.RelatedNames(t.Name)
	for _, name := range names {
		named, keyed := d.cache.Relationships(t.Name, name)
		named = slices.DeleteFunc(slices.Clone(named), func(r *introspect.Relationship) bool {
			return r.Function == nil && r.Self() && r.Cardinality != introspect.OneToMany // goes by its column
		})
		if _, isColumn := t.Column(name); isColumn || len(named) != 1 || len(keyed) > 0 || !isPropertyName(name) {
			continue
		}
		r := named[0]
		if target := d.tables[r.Target]; r.Function != nil || target == nil {
			continue
		}
		if table, ok := d.cache.Table(r.Target); ok && table.Insertable {
			all = append(all, rowsWithin{name, table, !r.ToOne()})
		}
	}
	return all
}

// nameNested names the schemas of rows with others within them, or that may be within others without
// the columns that refer to these.
func (d *document) nameNested() {
	if !d.config.NestedInserts {
		return
	}
	for _, t := range d.selection.Tables {
		if parts := d.tables[t.Name]; t.Insertable && (len(d.within(t)) > 0 || len(d.refers(t)) > 0) {
			parts.nested = d.names.take(parts.id + "_nested")
		}
	}
}

// refers lists the columns by which rows of a relation refer to others, whose keys may fill them in.
func (d *document) refers(t *introspect.Table) (columns []string) {
	names, _ := d.cache.RelatedNames(t.Name)
	for _, name := range names {
		named, _ := d.cache.Relationships(t.Name, name)
		for _, r := range named {
			if r.Cardinality == introspect.ManyToOne || r.Cardinality == introspect.OneToOne && !r.Inverse {
				for _, pair := range r.Columns {
					columns = append(columns, pair.Column)
				}
			}
		}
	}
	return columns
}

// nestedSchema describes a row to insert with others within it. What refers to others isn't
// required.
func (d *document) nestedSchema(t *introspect.Table) object {
	within := d.within(t)
	names := columnNames(t.Columns)
	for _, w := range within {
		names = append(names, w.name)
	}
	refs, refers := references(d.cache, t), d.refers(t)
	s := shape{document: d, description: t.Comment, goNames: goFieldNames(names)}
	for i := range t.Columns {
		if c := &t.Columns[i]; writableColumn(c) {
			required := !c.Nullable && c.Default == "" && c.Identity == 0 && !slices.Contains(refers, c.Name)
			s.add(c, withDefault(d.columnSchema(t, c, refs), c), required)
		}
	}
	for _, w := range within {
		schema := component("schemas", d.nestedOf(w.target))
		if w.many {
			schema = schemaOfArray(schema)
		}
		if name, ok := s.goNames[w.name]; ok {
			schema = append(schema, member{goNameExtension, name})
		}
		s.properties = append(s.properties, member{w.name, schema})
	}
	return s.schema()
}

// nestedOf names the schema of a row that may have others within it.
func (d *document) nestedOf(t *introspect.Table) string {
	if parts := d.tables[t.Name]; parts.nested != "" {
		return parts.nested
	}
	return d.tables[t.Name].insert
}

// addNested adds the schema of a relation's rows with others within them, if there may be any.
func (d *document) addNested(t *introspect.Table) {
	if parts := d.tables[t.Name]; parts.nested != "" {
		d.setSchema(parts.nested, d.nestedSchema(t))
	}
}

// nestedContent is that of a body of rows with others within them; nil where there may be none.
func (d *document) nestedContent(t *introspect.Table) object {
	parts := d.tables[t.Name]
	if parts.nested == "" {
		return nil
	}
	one := component("schemas", parts.nested)
	return object{{nestedType, object{{"schema", object{
		{"description", "One row, or an array of rows. Members are columns, or rows within: called as embeds are in select."},
		{"oneOf", array{one, schemaOfArray(one)}},
	}}}}}
}
