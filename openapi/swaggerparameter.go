package openapi

import (
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

// swaggerParameters are the parameters that paths refer to: those of every relation,
// then a body and row filters for each.
func swaggerParameters(tables []*introspect.Table) object {
	returns := []string{"return=representation", "return=minimal", "return=none"}
	resolutions := []string{"resolution=ignore-duplicates", "resolution=merge-duplicates"}
	parameters := object{
		{"preferParams", preferParameter(nil)},
		{"preferReturn", preferParameter(returns)},
		{"preferCount", preferParameter([]string{"count=none"})},
		{"preferPost", preferParameter(append(returns, resolutions...))},
		{"select", textParameter("select", "query", "Filtering Columns")},
		{"on_conflict", textParameter("on_conflict", "query", "On Conflict")},
		{"order", textParameter("order", "query", "Ordering")},
		{"range", textParameter("Range", "header", "Limiting and Pagination")},
		{"rangeUnit", textParameter("Range-Unit", "header", "Limiting and Pagination").with("default", "items")},
		{"offset", textParameter("offset", "query", "Limiting and Pagination")},
		{"limit", textParameter("limit", "query", "Limiting and Pagination")},
	}
	for _, t := range tables {
		parameters = append(parameters, member{"body." + t.Name.Name, bodyParameter(t.Name.Name)})
		for i := range t.Columns {
			c := &t.Columns[i]
			parameters = append(parameters, member{
				rowFilter(t, c), textParameter(c.Name, "query", c.Comment),
			})
		}
	}
	return parameters
}

// rowFilter gives the name of the parameter that filters by a column.
func rowFilter(t *introspect.Table, c *introspect.Column) string {
	return "rowFilter." + t.Name.Name + "." + c.Name
}

func textParameter(name, in, description string) object {
	parameter := object{{"name", name}}.with("description", description)
	return append(parameter, member{"required", false}, member{"in", in}, member{"type", "string"})
}

func preferParameter(values []string) object {
	return textParameter("Prefer", "header", "Preference").with("enum", values)
}

func bodyParameter(table string) object {
	return object{
		{"name", table},
		{"description", table},
		{"required", false},
		{"in", "body"},
		{"schema", refTo("definitions", table)},
	}
}

// refTo refers to a named part of the document.
func refTo(place, name string) object {
	// A name may hold what separates the steps of a JSON pointer.
	name = strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
	return object{{"$ref", "#/" + place + "/" + name}}
}

// parameterRefs refers to parameters by their names.
func parameterRefs(names ...string) array {
	refs := make(array, len(names))
	for i, name := range names {
		refs[i] = refTo("parameters", name)
	}
	return refs
}
