package openapi

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// parameter is a parameter of an operation.
type parameter struct {
	name   string
	folded string
	value  object // its description, or a reference to that
}

// ownNames are the names, folded, of the parameters that are neither columns nor
// arguments. Columns and arguments of these names have no parameter.
var ownNames = []string{
	"select", "order", "limit", "offset", "columns", "onconflict", "and", "or", "prefer", "acceptprofile", "contentprofile",
}

// isNameable reports whether a column or an argument can have a parameter of its name: in
// a query string the name has to need no quotes, since generators don't take parameters
// with quotes in their names.
func isNameable(name string) bool {
	if slices.Contains(ownNames, folded(name)) || name == "__proto__" {
		return false
	}
	for part := range strings.SplitSeq(name, "-") {
		if part == "" || strings.Trim(part, " ") != part || strings.ContainsFunc(part, isSpecial) {
			return false
		}
	}
	return true
}

// isSpecial reports whether a character ends a name without quotes.
func isSpecial(r rune) bool {
	return r != '_' && r != '$' && r != ' ' && (r < '0' || '9' < r) && !unicode.IsLetter(r)
}

// nameable gives the names that can be parameters of one operation, in their order. Of
// names that fold to the same, only the most ordinary can.
func nameable(all []string) []string {
	taken := make(map[string]string, len(all))
	for _, i := range byOddity(all) {
		if f := folded(all[i]); isNameable(all[i]) && taken[f] == "" {
			taken[f] = all[i]
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool {
		kept, ok := taken[folded(name)]
		return !ok || kept != name
	})
}

// preference is a preference with its values, and what they decide.
type preference struct {
	values  []string
	meaning string
}

// The preferences. preferHandling is that of all requests, the others are of some.
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
	preferMissing    = preference{[]string{"missing=default", "missing=null"}, "what columns get that the body lacks"}
	preferTx         = preference{[]string{"tx=commit", "tx=rollback"}, "whether changes stay, where the server leaves that open"}
	preferPagination = preference{[]string{"pagination=keyset"}, "whether Link has the pages after and before this one"}
	preferHandling   = preference{[]string{"handling=strict", "handling=lenient"}, "whether preferences that can't be met are errors"}
)

// addCommonParameters adds the parameters that operations of all relations share.
func (d *document) addCommonParameters() {
	text := object{{"type", "string"}}
	number := object{{"type", "integer"}, {"format", "int64"}, {"minimum", 0}}
	limit := "The most rows of the response."
	if d.config.MaxRows > 0 {
		limit += " There are never more than " + strconv.Itoa(d.config.MaxRows) + "."
	}
	order := ""
	if d.config.Grouping {
		order = " Names that `select` gives, and aggregates as `column.sum()`, are columns here, too."
	}
	conditions := ""
	if d.config.Filters {
		order += " `.ci` behind a column ignores case, and `relation(column)` sorts by an embedded row, to any depth."
		conditions = " A column may be cast, as `id::text`, and be that of embedded rows, as `relation(column)`."
	}
	selected := ""
	if len(d.config.Operators) > 0 {
		selected = " What an operator gives is selected as `column.operator(arguments)`: see `and`."
		order += " What an operator gives is ordered by as `column.operator(arguments)`: see `and`."
	}
	logic := object{{"type", "string"}, {"pattern", `^\(.*\)$`}}
	d.addOwnParameter("select", query("select", "The columns of the response, with commas between. `alias:column` renames one, "+
		"`column::type` casts it, `column->key` and `column->>key` reach into JSON, `column.sum()` aggregates, "+
		"`relation(columns)` embeds related rows, and `...relation(columns)` spreads their columns."+selected, text, "*"))
	d.addOwnParameter("order", query("order", "The columns to sort by, with commas between, each with `.asc` or `.desc` "+
		"and `.nullsfirst` or `.nullslast` if need be: `a.desc.nullslast,b`."+order, text, ""))
	if d.config.Grouping {
		d.addOwnParameter("distinct", query("distinct", "`*` leaves out rows that are like another one in all that they show. Columns, with commas between, "+
			"leave the first row, in the order, of those that are alike in them; the order has to begin with them. A filter on a column of this name is still one.", text, ""))
		d.addOwnParameter("having", query("having", "Conditions on aggregates that groups must all hold, in the form of `and`; with `count()`, "+
			"`column.sum()`, `column.count(distinct)` and the like, or the names that they have in `select`.", logic, "(count().gte.2)"))
	}
	d.addOwnParameter("limit", query("limit", limit, number, ""))
	d.addOwnParameter("offset", query("offset", "How many rows are left out before the first.", number, ""))
	d.addOwnParameter("and", query("and", "Conditions that must all hold, each a column and a filter; `or(…)`, `and(…)` "+
		"and `not.` may be among them. Columns that have no parameter of their own can be named here, "+
		"in quotes unless they are words: `(\"a.b\".eq.1)`."+conditions+
		d.operatorList("Operators with arguments, some of which are conditions, as `column.operator(arguments)`, while what others give is compared, "+
			"as `column.operator(arguments).lt.1`. Arguments with commas or brackets are in double quotes unless the brackets are balanced:"), logic, "(a.gte.1,or(b.is.null,b.gt.2))"))
	d.addOwnParameter("or", query("or", "Conditions of which one must hold, as those of `and`.", logic, "(a.gte.1,b.is.null)"))
	columns := "The columns to write, with commas between; other members of the body are ignored."
	if d.config.NestedInserts {
		columns += " Of rows within rows, those of the rows within are in brackets: `note,lines(sku,amount)`."
	}
	d.addOwnParameter("columns", query("columns", columns, text, ""))
	conflict := "The columns, with commas between, of the unique key that decides what is a duplicate, instead of the primary key."
	if d.config.Upserts {
		conflict += " Or the name of a unique constraint, as `constraint(name)`."
		d.addOwnParameter("update", query("update", "The columns, with commas between, that `Prefer: resolution=merge-duplicates` "+
			"updates in a row that is there already, instead of all that are written.", text, ""))
	}
	d.addOwnParameter("on_conflict", query("on_conflict", conflict, text, ""))
	d.addOwnParameter("Range", header("Range", "The rows of the response, in place of limit and offset: counted from 0, both ends included.",
		object{{"type", "string"}, {"pattern", `^[0-9]+-[0-9]*$`}}, "0-9"))
	d.addOwnParameter("Range-Unit", header("Range-Unit", "The unit of Range.", object{{"type", "string"}, {"const", "items"}}, ""))
	if d.config.Conditional {
		tags := object{{"type", "string"}}
		d.addOwnParameter("If-None-Match", header("If-None-Match", "The ETags of what the client has already, with commas between, or `*`. "+
			"If the response would have one of them, it is 304 without a body.", tags, `"T1c7zmEZ1nNXAfcT0R1Jmg"`))
		d.addOwnParameter("If-Match", header("If-Match", "The ETags that the row may have, with commas between: of the version that the client has read. "+
			"If the row has been written since, the response is 412, and nothing is written. `*` has a PUT insert no row.", tags, `"NzQyKDAsMSk.T1c7zmEZ1nNXAfcT0R1Jmg"`))
		d.addOwnParameter("If-None-Match.put", header("If-None-Match", "`*` has the row be inserted, or nothing: if it is there, the response is 412.",
			object{{"type", "string"}, {"const", "*"}}, ""))
	}
	d.addPrefer("Prefer.read", preferCount)
	if d.config.KeysetPages {
		d.addOwnParameter("after", query("after", "The page behind a row, by the token of the link that a page with `Prefer: pagination=keyset` has to the next one.", text, ""))
		d.addOwnParameter("before", query("before", "The page in front of a row, by the token of the link to the previous one.", text, ""))
		d.addPrefer("Prefer.page", preferCount, preferPagination)
	}
	d.addPrefer("Prefer.insert", preferReturn, preferCount, preferResolution, preferMissing, preferTx)
	d.addPrefer("Prefer.update", preferReturn, preferCount, preferMissing, preferTx)
	d.addPrefer("Prefer.write", preferReturn, preferCount, preferTx)
	d.addPrefer("Prefer.call", preferCount, preferTx)
	d.addIdempotencyKey()
	if d.config.Batches {
		d.addPrefer("Prefer.batch", preferTx)
	}
	if len(d.cache.Schemas) > 1 {
		d.addProfile("Accept-Profile")
		d.addProfile("Content-Profile")
	}
}

// addOwnParameter adds a parameter that every document has.
func (d *document) addOwnParameter(name string, parameter object) {
	d.parameters = append(d.parameters, member{ownPrefix + name, parameter})
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

// addPrefer adds a Prefer header with those preferences, and with the ones that every
// request may have. Its schema is a pattern of all: an enum can't have the values that are
// open, such as time zones, and generators make awkward types of an enum or a pattern.
func (d *document) addPrefer(name string, kinds ...preference) {
	var description, pattern strings.Builder
	description.WriteString("How the request is to be treated, by at most one value of a kind:\n\n")
	for _, kind := range append(kinds, preferHandling) {
		description.WriteString("- `" + strings.Join(kind.values, "`, `") + "`: " + kind.meaning + "\n")
		pattern.WriteString(strings.Join(kind.values, "|") + "|")
	}
	description.WriteString("- `timezone=…`: the time zone of times\n- `max-affected=…`: the most rows to change, with `handling=strict`")
	values := object{{"type", "string"}, {"pattern", "^(" + pattern.String() + "timezone=.+|max-affected=[0-9]+)$"}}
	d.addOwnParameter(name, header("Prefer", description.String(), schemaOfArray(values), "").
		with("example", []string{kinds[0].values[0]}))
}

// addProfile adds a header that names the schema. It must be given unless the schema
// is the default one.
func (d *document) addProfile(name string) {
	isDefault := d.cache.Schemas[0] == d.selection.Schema
	d.addOwnParameter(name, header(name, "The schema.", object{{"type", "string"}, {"const", d.selection.Schema}}, "").
		with("required", !isDefault))
}

// profile refers to the header that names the schema, where there are several.
func (d *document) profile(name string) []parameter {
	if len(d.cache.Schemas) < 2 {
		return nil
	}
	return ownParameters(name)
}

// ownParameters refers to parameters that every document has.
func ownParameters(components ...string) []parameter {
	parameters := make([]parameter, len(components))
	for i, c := range components {
		name, _, _ := strings.Cut(c, ".")
		parameters[i] = parameter{name, folded(name), component("parameters", ownPrefix+c)}
	}
	return parameters
}

// distinctParameters joins the parameters of an operation. Of those whose names fold to the
// same it keeps the first.
func distinctParameters(groups ...[]parameter) array {
	var kept array
	seen := make(map[string]bool)
	for _, group := range groups {
		for _, p := range group {
			if !seen[p.folded] {
				seen[p.folded], kept = true, append(kept, p.value)
			}
		}
	}
	return kept
}

// groupingParameters are the parameters of reads that leave out rows that are alike, and
// groups.
func (d *document) groupingParameters() []parameter {
	if !d.config.Grouping {
		return nil
	}
	return ownParameters("distinct", "having")
}
