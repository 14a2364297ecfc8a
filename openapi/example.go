package openapi

import (
	"encoding/json"
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

// example gives a value of the type that PostgreSQL takes, as JSON. It is not ok where
// that is not known.
func (d *document) example(t *introspect.Type, maxLength int) (json.RawMessage, bool) {
	return d.exampleWithin(t, maxLength, 0)
}

// maxRowsAround is how many rows an example may be within: it grows with each of them by as
// many times as the row has columns.
const maxRowsAround = 2

// exampleWithin gives an example of a value that is within that many rows.
func (d *document) exampleWithin(t *introspect.Type, maxLength, rows int) (json.RawMessage, bool) {
	if t == nil || d.hasCustomJSON(t) {
		return nil, false
	}
	switch t.Kind {
	case introspect.EnumType:
		if len(t.Enum) == 0 {
			return nil, false
		}
		return appendString(nil, t.Enum[0]), true
	case introspect.ArrayType:
		return d.exampleArray(t, rows), true
	case introspect.CompositeType:
		return d.exampleRow(t, rows)
	case introspect.PseudoType:
		return nil, false
	}
	if base, ok := baseSchemas[t.BaseName]; ok {
		return json.RawMessage(base.example), true
	}
	switch {
	case t.Kind == introspect.RangeType:
		return json.RawMessage(`"empty"`), true
	case t.Kind == introspect.MultirangeType:
		return json.RawMessage(`"{}"`), true
	case strings.HasPrefix(t.BaseName, "bit"):
		return appendString(nil, strings.Repeat("1", max(maxLength, 1))), true
	}
	text := "text"
	if 0 < maxLength && maxLength < len(text) {
		text = text[:maxLength]
	}
	return appendString(nil, text), true
}

// exampleArray is an array of one element, or an empty one if no example of an element is
// known.
func (d *document) exampleArray(t *introspect.Type, rows int) json.RawMessage {
	element, ok := d.namedElement(t)
	if !ok {
		name := elementType(t.BaseName)
		if strings.Contains(name, ".") {
			return json.RawMessage("[]")
		}
		element = &introspect.Type{BaseName: name}
	}
	value, ok := d.exampleWithin(element, 0, rows)
	if !ok {
		return json.RawMessage("[]")
	}
	return append(append([]byte{'['}, value...), ']')
}

// exampleRow is a value of a composite type. The row types of relations have none, since
// they may contain each other in a circle.
func (d *document) exampleRow(t *introspect.Type, rows int) (json.RawMessage, bool) {
	if t.Relation != (introspect.QualifiedName{}) || len(t.Attributes) == 0 || rows > maxRowsAround {
		return nil, false
	}
	var row object
	for i := range t.Attributes {
		a := &t.Attributes[i]
		if isKeyword(a.Name) || !isPropertyName(a.Name) {
			continue
		}
		row = append(row, member{a.Name, nil})
		if value, ok := d.exampleWithin(a.Type, a.MaxLength, rows+1); ok {
			row[len(row)-1].value = value
		}
	}
	return appendJSON(nil, row), len(row) > 0
}

// exampleOf gives an example of a value of the type for a parameter.
func (d *document) exampleOf(t *introspect.Type) json.RawMessage {
	value, _ := d.example(t, 0)
	return value
}

// isKeyword reports whether tools take a name for a keyword of JSON Schema, such as $ref,
// wherever it occurs, even in an example.
func isKeyword(name string) bool { return strings.HasPrefix(name, "$") }
