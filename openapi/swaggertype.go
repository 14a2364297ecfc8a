package openapi

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

// swaggerTypes has the JSON types of PostgreSQL's types that aren't strings. An empty one
// stands for any.
var swaggerTypes = map[string]string{
	"boolean":          "boolean",
	"smallint":         "integer",
	"integer":          "integer",
	"bigint":           "integer",
	"numeric":          "number",
	"real":             "number",
	"double precision": "number",
	"json":             "",
	"jsonb":            "",
}

// swaggerType gives the type of JSON for the name of a type; empty for any.
func swaggerType(name string) string {
	if t, ok := swaggerTypes[name]; ok {
		return t
	}
	if strings.HasSuffix(name, "[]") {
		return "array"
	}
	return "string"
}

// swaggerFormat gives the format for the name of a type: the name itself, except for
// integers.
func swaggerFormat(name string) string {
	switch name {
	case "smallint", "integer":
		return "int32"
	case "bigint":
		return "int64"
	}
	return name
}

// elementType gives the name of an array's elements' type.
func elementType(name string) string { return strings.TrimSuffix(name, "[]") }

// swaggerItems describes the elements of an array type; nil for another type.
func swaggerItems(name string) any {
	if swaggerType(name) != "array" {
		return nil
	}
	return emptied(object(nil).with("type", swaggerType(elementType(name))))
}

// emptied gives an object that isn't left out by with if it has no members.
func emptied(o object) any {
	if len(o) == 0 {
		return json.RawMessage("{}")
	}
	return o
}

// columnType names the type of a column for definitions. One of PostgreSQL's own types is
// named without modifier, a domain over such a type by that, and any other as it is.
func columnType(c *introspect.Column) string {
	t := c.Type
	switch {
	case t.IsDomain && !strings.Contains(t.BaseName, "."): // the base type is from pg_catalog
		return t.BaseName
	case !t.IsDomain && t.Schema == "pg_catalog":
		return t.Name
	}
	return c.TypeName
}

// maxLength gives the most characters, or bits, that a column takes; 0 without limit.
func maxLength(c *introspect.Column) int {
	limit, ok := strings.CutPrefix(c.TypeName, "bit(")
	if !ok {
		limit, ok = strings.CutPrefix(c.TypeName, "bit varying(")
	}
	if !ok {
		return c.MaxLength
	}
	n, err := strconv.Atoi(strings.TrimSuffix(limit, ")"))
	if err != nil { // an array of them
		return 0
	}
	return n
}

// paramType names the type of a parameter, without its schema if search has that.
func paramType(t *introspect.Type, search []string) string {
	if !slices.Contains(search, t.Schema) {
		return t.Name
	}
	quoted := `"` + strings.ReplaceAll(t.Schema, `"`, `""`) + `".`
	if name, ok := strings.CutPrefix(t.Name, quoted); ok {
		return name
	}
	return strings.TrimPrefix(t.Name, t.Schema+".")
}

// swaggerDefault gives the default of a column, as JSON, by the name of its type. For a
// string it is the text of the literal, without its cast and its quotes, or the expression
// if it is no literal. For another type it is the expression if that is JSON. Otherwise it
// is nil.
func swaggerDefault(c *introspect.Column, typeName string) json.RawMessage {
	text := c.Default
	if text == "" {
		return nil
	}
	if swaggerType(typeName) == "string" {
		if literal, ok := strings.CutSuffix(text, "::"+typeName); ok {
			text = strings.Trim(literal, "'")
		}
		text = `"` + text + `"`
	}
	if !json.Valid([]byte(text)) {
		return nil
	}
	return json.RawMessage(text)
}
