package openapi

import (
	"slices"
	"strings"
	"unicode"

	"github.com/pgrest-go/pgrest/introspect"
)

// addCommonSchemas adds the schemas that do not depend on the database.
func (d *document) addCommonSchemas() {
	paths := ""
	if d.config.Filters {
		paths = "|jsonpath|jsonmatch"
	}
	d.schemas = append(d.schemas, member{ownPrefix + "Error", object{
		{"description", "What went wrong"},
		{"type", "object"},
		{"required", []string{"code", "message", "details", "hint"}},
		{"properties", object{
			{"code", object{{"type", "string"}, {"description", "A PGRST code of the API, or a SQLSTATE of PostgreSQL."}}},
			{"message", object{{"type", "string"}}},
			{"details", object{{"description", "A text or an object, or null."}}},
			{"hint", object{{"type", []string{"string", "null"}}}},
		}},
		{"examples", array{object{
			{"code", "42703"}, {"message", "column films.titel does not exist"}, {"details", nil},
			{"hint", `Perhaps you meant to reference the column "films.title".`},
		}}},
	}}, member{ownPrefix + "Filter", object{
		{"description", d.filterDescription()},
		{"type", "string"},
		{"pattern", `^(not\.)?(eq|neq|gt|gte|lt|lte|like|ilike|match|imatch|in|is|isdistinct|fts|plfts|phfts|wfts|` +
			`cs|cd|ov|sl|sr|nxr|nxl|adj` + paths + `)(\([^)]*\))?\.`},
	}})
	if d.config.Batches {
		d.addBatchSchemas()
	}
}

// addSchema adds a component schema and gives its name.
func (d *document) addSchema(want string, schema object) string {
	name := d.names.take(want)
	d.setSchema(name, schema)
	return name
}

// setSchema adds a component schema by a name that was taken for it.
func (d *document) setSchema(name string, schema object) {
	d.schemas = append(d.schemas, member{name, schema.with(goNameExtension, d.names.goTypeName(name))})
}

// addTable adds the schemas and filters of a relation. The name of its row schema is taken
// already.
func (d *document) addTable(t *introspect.Table) {
	parts := d.tables[t.Name]
	parts.goNames = goFieldNames(columnNames(t.Columns))
	d.setSchema(parts.row, d.rowSchema(t))
	if t.Insertable {
		parts.insert = d.addSchema(parts.id+"_insert", d.insertSchema(t))
		one := component("schemas", parts.insert)
		parts.inserts = d.addSchema(parts.id+"_inserts", object{
			{"description", "One row, or an array of rows"},
			{"oneOf", array{one, schemaOfArray(one)}},
		})
	}
	if t.Updatable {
		parts.update = d.addSchema(parts.id+"_update", d.updateSchema(t))
	}
	parts.rows = d.rowsContent(t)
	d.addFilters(t, parts)
}

func columnNames(columns []introspect.Column) []string {
	all := make([]string, len(columns))
	for i := range columns {
		all[i] = columns[i].Name
	}
	return all
}

// rowSchema describes a row as it is read, with all its columns.
func (d *document) rowSchema(t *introspect.Table) object {
	refs := references(d.cache, t)
	s := shape{document: d, description: t.Comment, goNames: d.tables[t.Name].goNames}
	for i := range t.Columns {
		c := &t.Columns[i]
		property := d.columnSchema(t, c, refs)
		if !writableColumn(c) {
			property = append(property, member{"readOnly", true})
		}
		s.add(c, property, true)
		s.addExample(c, true)
	}
	return s.schema()
}

// insertSchema describes a row to insert. Its example leaves out columns that have a
// default, and optional references, since the row that they refer to may not exist.
func (d *document) insertSchema(t *introspect.Table) object {
	refs := references(d.cache, t)
	s := shape{document: d, description: t.Comment, goNames: d.tables[t.Name].goNames, closed: true}
	for i := range t.Columns {
		if c := &t.Columns[i]; writableColumn(c) {
			required := !c.Nullable && c.Default == "" && c.Identity == 0
			s.add(c, withDefault(d.columnSchema(t, c, refs), c), required)
			if _, refers := refs[c.Name]; required || c.Nullable && c.Default == "" && c.Identity == 0 && !refers {
				s.addExample(c, required)
			}
		}
	}
	return s.schema()
}

// updateSchema describes the body of an update: any of the columns that can be written.
// Its example changes no keys.
func (d *document) updateSchema(t *introspect.Table) object {
	refs := references(d.cache, t)
	s := shape{document: d, description: t.Comment, goNames: d.tables[t.Name].goNames, closed: true}
	for i := range t.Columns {
		if c := &t.Columns[i]; writableColumn(c) {
			s.add(c, d.columnSchema(t, c, refs), false)
			if _, refers := refs[c.Name]; !refers && !slices.Contains(t.PrimaryKey, c.Name) {
				s.addExample(c, false)
			}
		}
	}
	return s.schema()
}

// writableColumn reports whether a request can give the column a value.
func writableColumn(c *introspect.Column) bool { return !c.Generated && c.Identity != 'a' }

// shape is the schema of an object while it is made of columns.
type shape struct {
	document    *document
	description string
	closed      bool              // no other properties are allowed
	goNames     map[string]string // see goFieldNames

	properties object
	required   []string
	example    object
	incomplete bool // the example lacks a required column
}

// add adds a property for a column, unless its name is one that generators refuse.
func (s *shape) add(c *introspect.Column, property object, required bool) {
	if !isPropertyName(c.Name) {
		s.closed = false
		return
	}
	if name, ok := s.goNames[c.Name]; ok {
		property = append(slices.Clip(property), member{goNameExtension, name})
	}
	s.properties = append(s.properties, member{c.Name, orAny(property)})
	if required {
		s.required = append(s.required, c.Name)
	}
}

// addExample adds a value of a column to the example.
func (s *shape) addExample(c *introspect.Column, required bool) {
	value, ok := s.document.example(c.Type, maxLength(c))
	switch {
	case !isPropertyName(c.Name):
	case isKeyword(c.Name):
		s.incomplete = s.incomplete || required
	case ok:
		s.example = append(s.example, member{c.Name, value})
	case c.Nullable:
		s.example = append(s.example, member{c.Name, nil})
	case required:
		s.incomplete = true
	}
}

func (s *shape) schema() object {
	schema := object(nil).
		with("description", s.description).
		with("type", "object").
		with("required", s.required).
		with("properties", s.properties)
	if s.closed {
		schema = append(schema, member{"additionalProperties", false})
	}
	if !s.incomplete && len(s.example) > 0 {
		schema = append(schema, member{"examples", array{s.example}})
	}
	return schema
}

// columnSchema describes the values of a column.
func (d *document) columnSchema(t *introspect.Table, c *introspect.Column, refs map[string]reference) object {
	schema := d.typeSchema(c.Type)
	if c.Nullable {
		schema = nullable(schema)
	}
	// The schema of a type may be shared, and must not get what is added here.
	schema = append(object(nil), schema...)
	if n := maxLength(c); n > 0 && c.Type.Kind == introspect.BaseType {
		schema = append(schema, member{"maxLength", n})
	}
	return schema.with("description", d.columnDescription(t, c, refs))
}

// withDefault adds the default of a column: its value, or in the description the
// expression that gives it.
func withDefault(schema object, c *introspect.Column) object {
	if c.Default == "" {
		return schema
	}
	if value, ok := defaultValue(c); ok {
		return append(schema, member{"default", value})
	}
	text := "Default: `" + c.Default + "`"
	for i, m := range schema {
		if described, ok := m.value.(string); ok && m.name == "description" {
			schema[i].value = described + "\n\n" + text
			return schema
		}
	}
	return append(schema, member{"description", text})
}

// schemaOfArray describes arrays of what a schema describes.
func schemaOfArray(items object) object {
	return object{{"type", "array"}, {"items", orAny(items)}}
}

// content gives the content of a body in JSON, and in further media types as text.
func content(schema object, textTypes ...string) object {
	c := object{{"application/json", object{{"schema", orAny(schema)}}}}
	for _, mediaType := range textTypes {
		c = append(c, member{mediaType, object{{"schema", object{{"type", "string"}}}}})
	}
	return c
}

// isPropertyName reports whether every generator accepts the name of a property.
func isPropertyName(name string) bool {
	return name != "__proto__" && !strings.ContainsFunc(name, func(r rune) bool {
		return r == '"' || r == '`' || unicode.IsControl(r)
	})
}
