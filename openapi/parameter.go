package openapi

import (
	"strconv"
	"strings"
)

// reserved are the parameters of a query string that are no columns.
var reserved = []string{"select", "order", "limit", "offset", "columns", "on_conflict", "and", "or", "not.and", "not.or"}

// preference is a kind of preference: its values, and what they do.
type preference struct {
	values  []string
	meaning string
}

// The preferences that some requests have, and those that all have.
var (
	preferReturn = preference{
		[]string{"return=representation", "return=minimal", "return=headers-only"},
		"whether the rows are sent back, nothing is, or the address of the row",
	}
	preferCount      = preference{[]string{"count=exact", "count=planned", "count=estimated"}, "how the rows are counted, for Content-Range"}
	preferResolution = preference{
		[]string{"resolution=merge-duplicates", "resolution=ignore-duplicates"},
		"whether rows that are there already are updated, or left as they are",
	}
	preferMissing  = preference{[]string{"missing=default", "missing=null"}, "what columns get that the body lacks"}
	preferTx       = preference{[]string{"tx=commit", "tx=rollback"}, "whether changes stay, where the server leaves that open"}
	preferHandling = preference{[]string{"handling=strict", "handling=lenient"}, "whether preferences that can't be met are errors"}
)

// addCommonParameters adds the parameters that operations of all relations share.
func (d *document) addCommonParameters() {
	text := object{{"type", "string"}}
	number := object{{"type", "integer"}, {"format", "int64"}, {"minimum", 0}}
	limit := "The most rows of the response."
	if d.config.MaxRows > 0 {
		limit += " There are never more than " + strconv.Itoa(d.config.MaxRows) + "."
	}
	logic := object{{"type", "string"}, {"pattern", `^\(.*\)$`}}
	d.addParameter("select", query("select", "The columns of the response, with commas between. `alias:column` renames one, "+
		"`column::type` casts it, `column->key` and `column->>key` reach into JSON, `column.sum()` aggregates, "+
		"`relation(columns)` embeds related rows, and `...relation(columns)` spreads their columns.", text, "*"))
	d.addParameter("order", query("order", "The columns to sort by, with commas between, each with `.asc` or `.desc` "+
		"and `.nullsfirst` or `.nullslast` if need be: `a.desc.nullslast,b`.", text, ""))
	d.addParameter("limit", query("limit", limit, number, ""))
	d.addParameter("offset", query("offset", "How many rows are left out before the first.", number, ""))
	d.addParameter("and", query("and", "Conditions that must all hold, each a column and a filter; `or(…)`, `and(…)` "+
		"and `not.` may be among them.", logic, "(a.gte.1,or(b.is.null,b.gt.2))"))
	d.addParameter("or", query("or", "Conditions of which one must hold, as those of `and`.", logic, "(a.gte.1,b.is.null)"))
	d.addParameter("columns", query("columns", "The columns to write, with commas between; other members of the body are ignored.", text, ""))
	d.addParameter("on_conflict", query("on_conflict", "The columns, with commas between, of the unique key that decides "+
		"what is a duplicate, instead of the primary key.", text, ""))
	d.addParameter("Range", header("Range", "The rows of the response, in place of limit and offset: counted from 0, both ends included.",
		object{{"type", "string"}, {"pattern", `^[0-9]+-[0-9]*$`}}, "0-9"))
	d.addParameter("Range-Unit", header("Range-Unit", "The unit of Range.", object{{"type", "string"}, {"const", "items"}}, ""))
	d.addPrefer("Prefer.read", preferCount)
	d.addPrefer("Prefer.insert", preferReturn, preferCount, preferResolution, preferMissing, preferTx)
	d.addPrefer("Prefer.update", preferReturn, preferCount, preferMissing, preferTx)
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
func (d *document) addPrefer(name string, kinds ...preference) {
	var description, pattern strings.Builder
	description.WriteString("How the request is to be treated, by at most one value of a kind:\n\n")
	for _, kind := range append(kinds, preferHandling) {
		description.WriteString("- `" + strings.Join(kind.values, "`, `") + "`: " + kind.meaning + "\n")
		pattern.WriteString(strings.Join(kind.values, "|") + "|")
	}
	description.WriteString("- `timezone=…`: the time zone of times\n- `max-affected=…`: the most rows to change, with `handling=strict`")
	values := object{{"type", "string"}, {"pattern", "^(" + pattern.String() + "timezone=.+|max-affected=[0-9]+)$"}}
	d.addParameter(name, header("Prefer", description.String(), schemaOfArray(values), "").
		with("example", []string{kinds[0].values[0]}))
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
