package openapi

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

// filterDescription explains all operators. The filter of a column lists those that it has.
func (d *document) filterDescription() string {
	if !d.config.Filters {
		return filterOperators + filterGroups
	}
	return filterOperators + pathOperators + filterGroups
}

const filterOperators = "An operator, a dot and a value, as in `eq.1`; `not.eq.1` is the opposite.\n\n" +
	"- `eq`, `neq`, `gt`, `gte`, `lt`, `lte`: compare\n" +
	"- `in.(1,2)`: one of several values\n" +
	"- `is.null`, `is.not_null`, `is.true`, `is.false`, `is.unknown`\n" +
	"- `isdistinct`: not equal, for which NULL is a value like any other\n" +
	"- `like.A*`, `ilike.a*`: a pattern in which `*` is any text; `ilike` with no regard to case\n" +
	"- `match`, `imatch`: the same of a regular expression\n" +
	"- `fts`, `plfts`, `phfts`, `wfts`: full-text search; `fts(english).cat` names the language\n" +
	"- `cs.{1,2}`, `cd`, `ov`: contains the value, is contained in it, overlaps with it\n" +
	"- `sl`, `sr`, `nxr`, `nxl`, `adj`: of ranges: left of the value, right of it, not beyond its right end, " +
	"not beyond its left end, adjacent to it\n" +
	"- `eq(any).{1,2}`, `gt(all).{1,2}`: compare with several values\n"

const (
	pathOperators = "- `jsonpath.$.a ? (@ > 1)`, `jsonmatch.$.a > 1`: of JSON: an SQL/JSON path finds something, the predicate that it is holds\n"
	filterGroups  = "\nThe parameter `and` takes several conditions on one column."
)

// The operators of columns, by their types.
var (
	comparing  = []string{"eq", "neq", "gt", "gte", "lt", "lte", "in", "isdistinct", "is"}
	matching   = []string{"like", "ilike", "match", "imatch"}
	searching  = []string{"fts", "plfts", "phfts", "wfts"}
	containing = []string{"cs", "cd"}
	ranging    = []string{"cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj"}
)

// operators gives those of a column, and the most typical of them.
func (d *document) operators(t *introspect.Type) (all []string, best string) {
	all, best = operators(t)
	if d.config.Filters && (t.BaseName == "json" || t.BaseName == "jsonb") {
		all = append(slices.Clone(all), "jsonpath", "jsonmatch")
	}
	return all, best
}

// operators gives the operators for values of a type, and the most typical of them, which
// is empty if an example has none.
func operators(t *introspect.Type) (all []string, best string) {
	switch t.Kind {
	case introspect.ArrayType:
		return slices.Concat(comparing, containing, []string{"ov"}), "cs"
	case introspect.RangeType, introspect.MultirangeType:
		return slices.Concat(comparing, ranging), "ov"
	}
	switch t.BaseName {
	case "boolean":
		return []string{"eq", "neq", "in", "isdistinct", "is"}, "is"
	case "text", "character varying", "character", "citext":
		return slices.Concat(comparing, matching, searching), "eq"
	case "tsvector":
		return append(slices.Clone(searching), "is"), "fts"
	case "jsonb":
		return slices.Concat(comparing, containing, searching), ""
	case "json":
		return append(slices.Clone(searching), "is"), ""
	case "xml", "point", "jsonpath":
		return []string{"is"}, ""
	case "date", "timestamp with time zone", "timestamp without time zone":
		return comparing, "gte"
	}
	return comparing, "eq"
}

// addFilters adds a parameter for each column of a relation that can have one.
func (d *document) addFilters(t *introspect.Table, parts *tableParts) {
	columns := columnNames(t.Columns)
	some := nameable(columns)
	for i, name := range d.names.takeAll("filter."+parts.id+".", some) {
		c := &t.Columns[slices.Index(columns, some[i])]
		filter := d.filter(c).with(goNameExtension, goParameterName(c.Name, name))
		d.parameters = append(d.parameters, member{name, filter})
		parts.filters = append(parts.filters, parameter{c.Name, folded(c.Name), component("parameters", name)})
	}
}

// filter describes the parameter that filters by a column.
func (d *document) filter(c *introspect.Column) object {
	all, best := d.operators(c.Type)
	description := "Filter by " + c.Name + " (" + c.TypeName + ") with " +
		strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1] + "."
	if len(all) == 1 {
		description = "Filter by " + c.Name + " (" + c.TypeName + ") with " + all[0] + "."
	}
	description += d.operatorsOf(c)
	example := "is.null"
	if value := d.exampleOperand(c, best); value != "" {
		example = best + "." + value
	}
	return query(c.Name, joinParagraphs(c.Comment, description), component("schemas", ownPrefix+"Filter"), example)
}

// exampleOperand is a value to compare a column with by an operator; empty if none is
// known.
func (d *document) exampleOperand(c *introspect.Column, operator string) string {
	if operator == "" {
		return ""
	}
	value, ok := d.example(c.Type, maxLength(c))
	if !ok {
		return ""
	}
	if c.Type.Kind == introspect.ArrayType {
		var elements []json.RawMessage
		if json.Unmarshal(value, &elements) != nil || len(elements) != 1 || plainText(elements[0]) == "" {
			return ""
		}
		return "{" + plainText(elements[0]) + "}"
	}
	return plainText(value)
}

// plainText gives a JSON value as it is written in a filter; empty for an array or object.
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

// embedding describes what can be embedded in the rows of a relation, as far as it is
// selected.
func (d *document) embedding(t *introspect.Table) string {
	related, _ := d.cache.RelatedNames(t.Name)
	selected := slices.DeleteFunc(slices.Clone(related), func(name string) bool {
		named, _ := d.cache.Relationships(t.Name, name)
		return !slices.ContainsFunc(named, func(r *introspect.Relationship) bool { return d.tables[r.Target] != nil })
	})
	if len(selected) == 0 {
		return ""
	}
	return "Related rows can be embedded by select: " + strings.Join(selected, ", ") + "."
}
