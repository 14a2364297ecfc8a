package openapi

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// baseSchema is how a type of PostgreSQL looks in JSON.
type baseSchema struct {
	kind, format string
	example      string // as JSON
}

// baseSchemas has the types of pg_catalog whose JSON isn't any string. The formats are those
// of the OpenAPI format registry.
var baseSchemas = map[string]baseSchema{
	"boolean":                     {"boolean", "", `true`},
	"smallint":                    {"integer", "int16", `1`},
	"integer":                     {"integer", "int32", `1`},
	"bigint":                      {"integer", "int64", `1`},
	"oid":                         {"string", "", `"1"`}, // to_json has it as a text
	"numeric":                     {"number", "decimal", `1.5`},
	"real":                        {"number", "float", `1.5`},
	"double precision":            {"number", "double", `1.5`},
	"uuid":                        {"string", "uuid", `"123e4567-e89b-12d3-a456-426614174000"`},
	"date":                        {"string", "date", `"2024-01-31"`},
	"timestamp with time zone":    {"string", "date-time", `"2024-01-31T12:30:00+00:00"`},
	"timestamp without time zone": {"string", "date-time-local", `"2024-01-31T12:30:00"`},
	"time without time zone":      {"string", "time-local", `"12:30:00"`},
	"time with time zone":         {"string", "", `"12:30:00+00"`},
	"interval":                    {"string", "", `"1 day"`},
	"bytea":                       {"string", "", `"\\x00ff"`},
	"inet":                        {"string", "", `"192.0.2.1"`},
	"cidr":                        {"string", "", `"192.0.2.0/24"`},
	"macaddr":                     {"string", "", `"08:00:2b:01:02:03"`},
	"macaddr8":                    {"string", "", `"08:00:2b:01:02:03:04:05"`},
	"money":                       {"string", "", `"$1.50"`},
	"point":                       {"string", "", `"(1,2)"`},
	"xml":                         {"string", "", `"<a/>"`},
	"jsonpath":                    {"string", "", `"$.a"`},
	"json":                        {"", "", `{}`},
	"jsonb":                       {"", "", `{}`},
	"int4range":                   {"string", "", `"[1,5)"`},
	"int8range":                   {"string", "", `"[1,5)"`},
	"numrange":                    {"string", "", `"[1.5,2.5)"`},
	"daterange":                   {"string", "", `"[2024-01-31,2024-03-01)"`},
	"tsrange":                     {"string", "", `"[2024-01-31 12:30,2024-01-31 13:00)"`},
	"tstzrange":                   {"string", "", `"[2024-01-31 12:30+00,2024-01-31 13:00+00)"`},
}

// typeSchema describes the values of a type other than NULL.
func (d *document) typeSchema(t *introspect.Type) object {
	if t == nil || d.hasCustomJSON(t) {
		return nil
	}
	switch t.Kind {
	case introspect.EnumType:
		return d.enumSchema(t)
	case introspect.ArrayType:
		return object{{"type", "array"}, {"items", orAny(d.elementSchema(t))}}
	case introspect.CompositeType:
		return d.compositeSchema(t)
	case introspect.PseudoType:
		return nil
	}
	return namedSchema(t.BaseName)
}

// hasCustomJSON reports whether a function of the database makes a type's JSON, so that
// nothing is known of it.
func (d *document) hasCustomJSON(t *introspect.Type) bool {
	_, represented := d.cache.Representation(t.OID, oid.JSON)
	return t.CastsToJSON || t.IsDomain && represented
}

func namedSchema(name string) object {
	base, ok := baseSchemas[name]
	if !ok {
		base.kind = "string"
	}
	return object(nil).with("type", base.kind).with("format", base.format)
}

// enumSchema refers to the schema of an enum, which all its columns share.
func (d *document) enumSchema(t *introspect.Type) object {
	return d.sharedSchema(t, func() object {
		s := object{{"type", "string"}}
		if slices.ContainsFunc(t.Enum, func(label string) bool { return strings.ContainsFunc(label, unicode.IsControl) }) {
			return s // generators refuse such labels
		}
		return s.with("enum", t.Enum)
	})
}

// compositeSchema describes rows. For those of a selected relation it refers to that
// relation's schema, and for those of another type whose columns are known to one that is
// shared by all of its uses.
func (d *document) compositeSchema(t *introspect.Type) object {
	if parts, ok := d.tables[t.Relation]; ok {
		return component("schemas", parts.row)
	}
	if len(t.Attributes) == 0 {
		return object{{"type", "object"}}
	}
	return d.sharedSchema(t, func() object {
		s := shape{document: d, goNames: goFieldNames(columnNames(t.Attributes))}
		for i := range t.Attributes {
			a := &t.Attributes[i]
			s.add(a, nullable(d.typeSchema(a.Type)), false)
		}
		return s.schema()
	})
}

// sharedSchema refers to the component schema of a type, which it makes if there is none
// yet. A type that isn't in the selected database schema has its schema in the name.
func (d *document) sharedSchema(t *introspect.Type, schema func() object) object {
	name, ok := d.types[t.Name]
	if !ok {
		name = t.Local
		if t.Schema != d.selection.Schema {
			name = t.Schema + "." + t.Local
		}
		name = d.names.take(name)
		d.types[t.Name] = name // before the schema is made, which may refer to itself
		d.setSchema(name, schema())
	}
	return component("schemas", name)
}

// elementSchema describes the elements of an array. If the schema cache doesn't tell their
// type, it is found by its name: one of PostgreSQL's, an enum, a domain, or the row type of a
// relation.
func (d *document) elementSchema(array *introspect.Type) object {
	name := elementType(array.BaseName)
	schema, local, qualified := sqlfrag.CutQualified(name)
	if !qualified {
		return namedSchema(name)
	}
	if parts, ok := d.tables[introspect.QualifiedName{Schema: schema, Name: local}]; ok {
		return component("schemas", parts.row)
	}
	if t, ok := d.namedElement(array); ok {
		return d.typeSchema(t)
	}
	return nil
}

// namedElement finds the type of an array's elements.
func (d *document) namedElement(array *introspect.Type) (*introspect.Type, bool) {
	if array.Element != nil {
		return array.Element, true
	}
	name := elementType(array.BaseName)
	schema, local, _ := sqlfrag.CutQualified(name)
	t, ok := d.cache.Type(introspect.QualifiedName{Schema: schema, Name: local})
	return t, ok && t.Kind != introspect.ArrayType
}

// nullable lets a schema allow null.
func nullable(schema object) object {
	if len(schema) == 0 {
		return nil
	}
	if schema[0].name == "$ref" {
		return object{{"anyOf", array{schema, object{{"type", "null"}}}}}
	}
	wider := make(object, len(schema))
	for i, m := range schema {
		if kind, ok := m.value.(string); ok && m.name == "type" {
			m.value = []string{kind, "null"}
		}
		wider[i] = m
	}
	return wider
}

// orAny gives the schema, or an empty one, which allows anything, if there is none.
func orAny(schema object) any { return emptied(schema) }

// defaultValue gives the default of a column, as JSON, if it is a literal that JSON has,
// too.
func defaultValue(c *introspect.Column) (json.RawMessage, bool) {
	switch c.Type.Kind {
	case introspect.BaseType:
		kind := "string"
		if base, ok := baseSchemas[c.Type.BaseName]; ok {
			kind = base.kind
		}
		return literalDefault(c.Default, kind)
	case introspect.EnumType:
		return literalDefault(c.Default, "string")
	case introspect.ArrayType:
		text, ok := quotedLiteral(c.Default)
		return json.RawMessage("[]"), ok && text == "{}"
	}
	return nil, false
}

// literalDefault gives the value of a default expression, as JSON, if it is a literal of
// that kind of JSON.
func literalDefault(expression, kind string) (json.RawMessage, bool) {
	if strings.HasPrefix(expression, "'") {
		text, ok := quotedLiteral(expression)
		if !ok {
			return nil, false
		}
		if kind == "string" {
			return appendString(nil, text), true
		}
		expression = text
	}
	value := json.RawMessage(expression)
	if !json.Valid(value) || strings.Contains(expression, `"$`) { // see isKeyword
		return nil, false
	}
	switch first := expression[0]; kind {
	case "boolean":
		return value, first == 't' || first == 'f'
	case "number":
		return value, first == '-' || '0' <= first && first <= '9'
	case "integer":
		return value, (first == '-' || '0' <= first && first <= '9') && !strings.ContainsAny(expression, ".eE")
	case "": // JSON
		return value, true
	}
	return nil, false
}

// quotedLiteral gives the text of an expression that consists of a string literal, with or
// without a cast.
func quotedLiteral(expression string) (string, bool) {
	quoted, ok := strings.CutPrefix(expression, "'")
	if !ok {
		return "", false
	}
	text, cast, ok := cutLiteral(quoted)
	return text, ok && (cast == "" || strings.HasPrefix(cast, "::") && !strings.ContainsAny(cast, "('|"))
}

// cutLiteral reads a string literal, after its opening quote, and gives its text and
// what follows it.
func cutLiteral(s string) (text, rest string, ok bool) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "'")
		if !found {
			return "", "", false
		}
		b.WriteString(before)
		doubled, more := strings.CutPrefix(after, "'")
		if !more {
			return b.String(), after, true
		}
		b.WriteByte('\'')
		s = doubled
	}
}
