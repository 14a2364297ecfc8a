package openapi

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

// reserved are the parameters of a query string that are no columns.
var reserved = []string{"select", "order", "limit", "offset", "columns", "on_conflict", "and", "or", "not.and", "not.or"}

// The choices of the Prefer header.
var (
	preferReturn     = []string{"return=minimal", "return=headers-only", "return=representation"}
	preferCount      = []string{"count=exact", "count=planned", "count=estimated"}
	preferResolution = []string{"resolution=merge-duplicates", "resolution=ignore-duplicates"}
	preferMissing    = []string{"missing=default", "missing=null"}
	preferHandling   = []string{"handling=strict", "handling=lenient"}
	preferTx         = []string{"tx=commit", "tx=rollback"}
)

// addCommonParameters adds the parameters that operations of all relations share.
func (d *document) addCommonParameters() {
	text := object{{"type", "string"}}
	number := object{{"type", "integer"}, {"format", "int64"}, {"minimum", 0}}
	limit := slices.Clone(number)
	if d.config.MaxRows > 0 {
		limit = append(limit, member{"maximum", d.config.MaxRows})
	}
	logic := object{{"type", "string"}, {"pattern", `^\(.*\)$`}}
	d.addParameter("select", query("select", "The columns of the response, which may be renamed (alias:column), cast "+
		"(column::type), aggregated and accompanied by related rows (relation(columns)).", text, "*"))
	d.addParameter("order", query("order", "The columns to sort by, each with .asc or .desc and .nullsfirst or .nullslast.", text, ""))
	d.addParameter("limit", query("limit", "The most rows of the response.", limit, ""))
	d.addParameter("offset", query("offset", "How many rows are left out before the first.", number, ""))
	d.addParameter("and", query("and", "Conditions that must all hold.", logic, "(a.gte.1,b.is.null)"))
	d.addParameter("or", query("or", "Conditions of which one must hold.", logic, "(a.gte.1,b.is.null)"))
	d.addParameter("columns", query("columns", "The columns to write; other members of the body are ignored.", text, ""))
	d.addParameter("on_conflict", query("on_conflict",
		"The columns of the unique key that decides what is a duplicate, instead of the primary key.", text, ""))
	d.addParameter("Range", header("Range", "The rows of the response, counted from 0, both ends included.",
		object{{"type", "string"}, {"pattern", `^[0-9]+-[0-9]*$`}}, "0-9"))
	d.addParameter("Range-Unit", header("Range-Unit", "The unit of Range.", object{{"type", "string"}, {"const", "items"}}, ""))
	d.addPrefer("Prefer.read", preferCount)
	d.addPrefer("Prefer.insert", preferReturn, preferCount, preferResolution, preferMissing, preferTx)
	d.addPrefer("Prefer.write", preferReturn, preferCount, preferTx)
	d.addPrefer("Prefer.call", preferCount, preferTx)
	if len(d.cache.Schemas) > 1 {
		d.addProfile("Accept-Profile")
		d.addProfile("Content-Profile")
	}
}

// addParameter adds a parameter component and gives its name.
func (d *document) addParameter(want string, parameter object) string {
	name := d.parameterNames.take(want)
	d.parameters = append(d.parameters, member{name, parameter})
	return name
}

func query(name, description string, schema object, example string) object {
	return object{{"name", name}, {"in", "query"}}.
		with("description", description).
		with("schema", schema).
		with("example", example)
}

func header(name, description string, schema object, example string) object {
	return object{{"name", name}, {"in", "header"}}.
		with("description", description).
		with("schema", schema).
		with("example", example)
}

// addPrefer adds a Prefer header with those choices, and with the preferences that
// every request may have. A pattern has them all, as the values of the header are no
// closed set, and generators make types that are tedious to use of a choice between
// an enum and a pattern.
func (d *document) addPrefer(name string, choices ...[]string) {
	values := append(slices.Concat(choices...), preferHandling...)
	d.addParameter(name, header("Prefer", "How the request is to be treated, by at most one value of a kind: "+
		strings.Join(values, ", ")+", timezone=... and max-affected=...", schemaOfArray(object{
		{"type", "string"},
		{"pattern", "^(" + strings.Join(values, "|") + "|timezone=.+|max-affected=[0-9]+)$"},
	}), "").with("example", texts(values[:1])))
}

// addProfile adds a header that names the schema. It must be given unless the schema
// is the default one.
func (d *document) addProfile(name string) {
	isDefault := d.cache.Schemas[0] == d.selection.Schema
	d.addParameter(name, header(name, "The schema.", object{{"type", "string"}, {"const", d.selection.Schema}}, "").
		with("required", !isDefault))
}

// profile refers to the header that names the schema, where there are several.
func (d *document) profile(name string) array {
	if len(d.cache.Schemas) < 2 {
		return nil
	}
	return array{component("parameters", name)}
}

// parametersNamed refers to parameters.
func parametersNamed(names ...string) array {
	refs := make(array, len(names))
	for i, name := range names {
		refs[i] = component("parameters", name)
	}
	return refs
}

// addFilters adds a parameter for each column of a relation.
func (d *document) addFilters(t *introspect.Table, parts *tableParts) {
	parts.filters = make([]columnFilter, 0, len(t.Columns))
	filter := component("schemas", "Filter")
	for i := range t.Columns {
		c := &t.Columns[i]
		if slices.Contains(reserved, c.Name) {
			continue // another parameter has this name
		}
		description := c.Comment
		if description == "" {
			description = "Filter by " + c.Name + " (" + c.TypeName + ")."
		}
		example := "is.null"
		if value := plainText(d.exampleOf(c.Type)); value != "" {
			example = "eq." + value
		}
		name := d.addParameter("filter."+parts.row+"."+c.Name, query(c.Name, description, filter, example))
		parts.filters = append(parts.filters, columnFilter{c.Name, component("parameters", name)})
	}
}

// plainText gives a value of JSON as a query string has it; nothing for an array or
// object.
func plainText(value json.RawMessage) string {
	if len(value) == 0 || value[0] == '{' || value[0] == '[' {
		return ""
	}
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	return string(value)
}

// filters refers to the filters of a relation's columns, but for those hidden by
// parameters of other meaning.
func (d *document) filters(t *introspect.Table, hidden ...string) array {
	filters := d.tables[t.Name].filters
	refs := make(array, 0, len(filters))
	for _, f := range filters {
		if !slices.Contains(hidden, f.column) {
			refs = append(refs, f.ref)
		}
	}
	return refs
}

// embedding tells what can be embedded in the rows of a relation.
func (d *document) embedding(t *introspect.Table) string {
	related, _ := d.cache.RelatedNames(t.Name)
	if len(related) == 0 {
		return ""
	}
	return "Related rows can be embedded by select: " + strings.Join(related, ", ") + "."
}
