package openapi

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/pgrest-go/pgrest/introspect"
)

// baseSchema is how a type of PostgreSQL looks in JSON.
type baseSchema struct {
	kind, format string
	example      string // as JSON
}

// baseSchemas has the types of pg_catalog that are more than text. The formats are
// those of the OpenAPI format registry.
var baseSchemas = map[string]baseSchema{
	"boolean":                     {"boolean", "", `true`},
	"smallint":                    {"integer", "int16", `1`},
	"integer":                     {"integer", "int32", `1`},
	"bigint":                      {"integer", "int64", `1`},
	"oid":                         {"integer", "int64", `1`},
	"numeric":                     {"number", "", `1.5`},
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
	"json":                        {"", "", `{}`},
	"jsonb":                       {"", "", `{}`},
}

const (
	jsonOID = 114
	anyText = `"text"`
)

// typeSchema describes the values of a type other than NULL.
func (d *document) typeSchema(t *introspect.Type) object {
	if t == nil || d.free(t) {
		return nil
	}
	switch t.Kind {
	case introspect.EnumType:
		return object{{"type", "string"}, {"enum", t.Enum}}
	case introspect.ArrayType:
		return object{{"type", "array"}, {"items", orAny(d.elementSchema(t))}}
	case introspect.CompositeType:
		return d.compositeSchema(t)
	case introspect.RangeType, introspect.MultirangeType:
		return object{{"type", "string"}}
	case introspect.PseudoType:
		return nil
	}
	return namedSchema(t.BaseName)
}

// free reports a type whose JSON is what a function makes of its values.
func (d *document) free(t *introspect.Type) bool {
	_, represented := d.cache.Representation(t.OID, jsonOID)
	return t.CastsToJSON || t.IsDomain && represented
}

func namedSchema(name string) object {
	base, ok := baseSchemas[name]
	if !ok {
		base.kind = "string"
	}
	return object(nil).with("type", base.kind).with("format", base.format)
}

// compositeSchema describes rows: those of a selected relation by its schema.
func (d *document) compositeSchema(t *introspect.Type) object {
	if parts, ok := d.tables[t.Relation]; ok {
		return component("schemas", parts.row)
	}
	schema := object{{"type", "object"}}
	properties := make(object, len(t.Attributes))
	for i := range t.Attributes {
		a := &t.Attributes[i]
		properties[i] = member{a.Name, orAny(nullable(d.typeSchema(a.Type)))}
	}
	return schema.with("properties", properties)
}

// elementSchema describes the elements of an array. Of those that are no types of
// PostgreSQL, it knows what can be named: enums, domains and the rows of relations.
func (d *document) elementSchema(array *introspect.Type) object {
	name := elementType(array.BaseName)
	schema, local, qualified := strings.Cut(name, ".")
	if !qualified {
		return namedSchema(name)
	}
	if parts, ok := d.tables[introspect.QualifiedName{Schema: schema, Name: local}]; ok {
		return component("schemas", parts.row)
	}
	if t, ok := d.cache.CastType(local); ok && t.Name == name && t.Kind != introspect.ArrayType {
		return d.typeSchema(t)
	}
	return nil
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
		switch v := m.value.(type) {
		case string:
			if m.name == "type" {
				m.value = []string{v, "null"}
			}
		case []string:
			if m.name == "enum" {
				m.value = append(texts(v), nil)
			}
		}
		wider[i] = m
	}
	return wider
}

func texts(values []string) array {
	items := make(array, len(values))
	for i, v := range values {
		items[i] = v
	}
	return items
}

// orAny makes the schema of anything of none.
func orAny(schema object) any { return emptied(schema) }

// example gives a value of the type, as JSON. It is not ok for composite types.
func (d *document) example(t *introspect.Type, maxLength int) (json.RawMessage, bool) {
	switch {
	case t == nil || d.free(t):
		return json.RawMessage(`{}`), true
	case t.Kind == introspect.CompositeType || t.Kind == introspect.PseudoType:
		return nil, false
	case t.Kind == introspect.EnumType && len(t.Enum) > 0:
		return appendString(nil, t.Enum[0]), true
	case t.Kind == introspect.ArrayType:
		return json.RawMessage(`[]`), true
	}
	if base, ok := baseSchemas[t.BaseName]; ok {
		return json.RawMessage(base.example), true
	}
	text := strings.Trim(anyText, `"`)
	if maxLength > 0 && maxLength < utf8.RuneCountInString(text) {
		text = text[:maxLength]
	}
	return appendString(nil, text), true
}

// literalDefault gives the value of a default expression, as JSON, where it is a
// literal of that kind of JSON.
func literalDefault(expression, kind string) (json.RawMessage, bool) {
	if quoted, ok := strings.CutPrefix(expression, "'"); ok {
		text, cast, ok := cutLiteral(quoted)
		if !ok || cast != "" && !strings.HasPrefix(cast, "::") || strings.ContainsAny(cast, "('|") {
			return nil, false
		}
		if kind == "string" {
			return appendString(nil, text), true
		}
		expression = text
	}
	value := json.RawMessage(expression)
	if !json.Valid(value) {
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
