package typescript

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// baseTypes has the types of pg_catalog whose JSON isn't a string.
var baseTypes = map[string]string{
	"boolean": "boolean", "json": "Json", "jsonb": "Json",
	"smallint": "number", "integer": "number", "bigint": "number",
	"numeric": "number", "real": "number", "double precision": "number",
}

// readType is the type of a column as it is read.
func (m *module) readType(c *introspect.Column) string {
	if c.Type.IsDomain {
		if _, ok := m.cache.Representation(c.Type.OID, oid.JSON); ok {
			return "Json"
		}
	}
	return m.typeOf(c.Type)
}

// writtenType is the type of a column as it is written.
func (m *module) writtenType(c *introspect.Column) string { return m.parameterType(c.Type) }

// parameterType is the type of a value that is sent.
func (m *module) parameterType(t *introspect.Type) string {
	if t.IsDomain {
		if _, ok := m.cache.Representation(oid.JSON, t.OID); ok {
			return "Json"
		}
	}
	return m.typeOf(t)
}

// typeOf is the type of a value other than NULL in JSON.
func (m *module) typeOf(t *introspect.Type) string {
	switch {
	case t == nil:
		return "unknown"
	case t.CastsToJSON:
		return "Json"
	}
	switch t.Kind {
	case introspect.EnumType:
		return m.enumType(t)
	case introspect.ArrayType:
		return arrayed(m.elementType(t), true)
	case introspect.CompositeType:
		return m.compositeType(t)
	case introspect.PseudoType:
		return pseudoType(t)
	}
	return namedType(t.BaseName)
}

func namedType(name string) string {
	if known, ok := baseTypes[name]; ok {
		return known
	}
	return "string"
}

func pseudoType(t *introspect.Type) string {
	switch t.BaseName {
	case "void":
		return "undefined"
	case "record":
		return "Record<string, unknown>"
	}
	return "unknown"
}

// elementType is the type of an array's elements. If the schema cache doesn't tell it, it is
// found by its name: one of PostgreSQL's, a type that can be named in a cast, or the row type
// of a relation.
func (m *module) elementType(array *introspect.Type) string {
	if array.Element != nil {
		return m.typeOf(array.Element)
	}
	name := strings.TrimSuffix(array.BaseName, "[]")
	schema, local, qualified := sqlfrag.CutQualified(name)
	if !qualified {
		return namedType(name)
	}
	of := introspect.QualifiedName{Schema: schema, Name: local}
	if t := m.selected(of); t != nil {
		return m.storedRow(t)
	}
	if t, ok := m.cache.Type(of); ok && t.Kind != introspect.ArrayType {
		return m.typeOf(t)
	}
	return "unknown"
}

// enumType refers to an enum of a described schema, and writes out the labels of others.
// That a domain is over one makes no difference.
func (m *module) enumType(t *introspect.Type) string {
	s := m.schemas[t.Schema]
	if s == nil || t.IsDomain {
		return group(union(t.Enum))
	}
	s.enums[t.Local] = t
	return member("Database", t.Schema, "Enums", t.Local)
}

// compositeType refers to a relation, or to a composite type of a described schema, or to
// one of Hidden. That a domain is over one makes no difference.
func (m *module) compositeType(t *introspect.Type) string {
	if table, ok := m.rowOf(t); ok {
		return m.storedRow(table)
	}
	if len(t.Attributes) == 0 {
		return "Record<string, unknown>"
	}
	schema, local := t.Schema, t.Local
	if t.IsDomain {
		schema, local, _ = sqlfrag.CutQualified(t.BaseName)
	}
	if s := m.schemas[schema]; s != nil && t.Relation.Name == "" {
		s.composites[local] = t
		return member("Database", schema, "CompositeTypes", local)
	}
	m.hidden[t.BaseName] = t
	return member("Hidden", t.BaseName)
}

// rowOf finds the described relation whose row type t is.
func (m *module) rowOf(t *introspect.Type) (*introspect.Table, bool) {
	if t == nil || t.Relation.Name == "" {
		return nil, false
	}
	table := m.selected(t.Relation)
	return table, table != nil
}

// rowType is the type of a relation's rows.
func (m *module) rowType(t *introspect.Table) string {
	kind := "Tables"
	if t.Kind.IsView() {
		kind = "Views"
	}
	return member("Database", t.Name.Schema, kind, t.Name.Name, "Row")
}

// storedRow is the type of a row as a value, which has no computed fields.
func (m *module) storedRow(t *introspect.Table) string {
	computed := m.computedFields(t)
	if len(computed) == 0 {
		return m.rowType(t)
	}
	names := make([]string, len(computed))
	for i, f := range computed {
		names[i] = f.Name.Name
	}
	return "Omit<" + m.rowType(t) + ", " + union(names) + ">"
}
