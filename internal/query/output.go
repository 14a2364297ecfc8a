package query

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// output is a column that a node's select has: its own, one that was spread
// into it, or a whole embed.
type output struct {
	name string
	expr fragment
	conversion
	aggregate filter.Aggregate
	cast      *introspect.CastType // of the aggregate's result
	rows      bool                 // an aggregate of rows, and of no value
	embedded  bool                 // JSON that is made of embedded rows
	// key is what groups are made by instead of the value; empty for the value.
	key fragment
}

// conversion says how a value becomes JSON.
type conversion struct {
	encoding Encoding
	toJSON   bool   // PostgreSQL has to make JSON of it
	json     bool   // it is JSON already, and may have nulls to strip within
	oid      uint32 // what the encoding is for; 0 for any type
}

// outputs lists what a node's select has: first its own columns, then what is
// embedded, each in the client's order.
func outputs(n *plan.Node) []output {
	list := make([]output, 0, len(n.Columns)+len(n.Embeds))
	for i := range n.Columns {
		list = append(list, ownColumn(n, &n.Columns[i]))
	}
	for _, e := range n.Embeds {
		switch {
		case e.Empty():
		case e.OneGroup():
			list = append(list, spreadGroup(e)...)
		case e.Spread && e.ToMany():
			list = append(list, spreadArrays(e)...)
		case e.Spread:
			list = append(list, spreadColumns(e)...)
		default:
			list = append(list, embedded(n, e))
		}
	}
	return list
}

func ownColumn(n *plan.Node, c *plan.Column) output {
	out := output{name: c.Name, conversion: conversionOf(c), aggregate: c.Aggregate, cast: c.AggregateCast}
	if c.Rows {
		out.rows, out.expr = true, sql("*")
		return out
	}
	out.expr = field(n, c.Field)
	if o := c.Field.Operator; o != nil { // what is shown is encoded as what the host says that it is
		out.expr = out.expr.within("CAST(", " AS "+catalogSQL(o.Returns)+")")
	}
	if groupsByColumn(c) {
		out.key = out.expr
	}
	if c.Represent.Name != "" {
		out.expr = out.expr.within(sqlfrag.Qualified(c.Represent.Schema, c.Represent.Name)+"(", ")")
	}
	out.expr = castTo(out.expr, c.Cast)
	if c.Aggregate == filter.AggregateCountDistinct && mayBeJSON(c) {
		out.expr = out.expr.within("(", ")::jsonb")
	}
	return out
}

// groupsByColumn reports a column that is shown cast or represented, but by its own
// name: it makes groups by what it is, and can be ordered by. An alias stands for
// the value that is shown.
func groupsByColumn(c *plan.Column) bool {
	return c.Name == c.Field.Name && c.Field.IsColumn() && (c.Cast != nil || c.Represent.Name != "") &&
		(c.Type == nil || !isJSON(c.Type)) // which has no equality
}

// spreadColumns are the columns of a to-one embed as its parent sees them. An
// aggregate among them is the parent's to compute: in the embed there is but one row.
func spreadColumns(e *plan.Embed) []output {
	inner := outputs(e.Node)
	for i := range inner {
		inner[i].expr, inner[i].rows, inner[i].key = sql(sqlfrag.Qualified(e.Alias, position(i))), false, fragment{}
	}
	return inner
}

// spreadGroup are the columns of a to-many embed whose rows are one group, as its parent sees
// them: values.
func spreadGroup(e *plan.Embed) []output {
	inner := spreadColumns(e)
	for i := range inner {
		inner[i].aggregate, inner[i].cast = filter.NoAggregate, nil
	}
	return inner
}

// spreadArrays are the columns of a to-many embed, each an array of JSON.
func spreadArrays(e *plan.Embed) []output {
	inner := outputs(e.Node)
	for i := range inner {
		inner[i] = output{
			name:       inner[i].name,
			expr:       sql("COALESCE(" + sqlfrag.Qualified(e.Alias, position(i)) + ", '[]')"),
			conversion: asItIs, embedded: true,
		}
	}
	return inner
}

// embedded is the JSON of an embed's rows.
func embedded(parent *plan.Node, e *plan.Embed) output {
	out := output{name: e.Name, conversion: asItIs, embedded: true}
	switch {
	case e.ToMany():
		out.expr = sql("COALESCE(" + sqlfrag.Qualified(e.Alias, rowsColumn) + ", '[]')")
	case hasHiddenColumns(parent, e):
		out.expr = sql(sqlfrag.Qualified(e.Alias, rowsColumn))
	default:
		out.expr = sql("pg_catalog.row_to_json(" + sqlfrag.Ident(e.Alias) + ".*)")
	}
	return out
}

// asItIs is the conversion of what is JSON already.
var asItIs = conversion{encoding: Verbatim, json: true}

// conversionOf says how a column's value becomes JSON: the value after its last cast or
// aggregate, if it has one.
func conversionOf(c *plan.Column) conversion {
	switch {
	case c.AggregateCast != nil:
		return conversionOfType(c.AggregateCast.Type)
	case c.Aggregate != filter.NoAggregate:
		return conversionOfAggregate(c)
	case c.Cast != nil:
		return conversionOfType(c.Cast.Type)
	case c.Kind == plan.JSONValue:
		return asItIs
	case c.Kind == plan.TextValue:
		return conversion{encoding: Text}
	}
	return conversionOfType(c.Type)
}

// conversionOfType is that of a type; nil is one that the schema cache doesn't have.
func conversionOfType(t *introspect.Type) conversion {
	if t == nil {
		return conversion{encoding: Verbatim, toJSON: true}
	}
	encoding, toJSON := EncodingOf(t)
	v := conversion{encoding: encoding, toJSON: toJSON, json: isJSON(t)}
	if !toJSON {
		v.oid = t.BaseOID
	}
	return v
}

// castTo renders a cast. Of a type's name SQL has what the client's means: words of
// SQL's own, from a closed set, or a name in quotes.
func castTo(f fragment, c *introspect.CastType) fragment {
	if c == nil {
		return f
	}
	return f.within("CAST(", " AS "+castName(c)+")")
}

// castName renders the type of a cast.
func castName(c *introspect.CastType) string {
	name := c.Words
	if name == "" {
		name = sqlfrag.Qualified(c.Schema, c.Local)
	}
	if c.SetOf {
		name = "SETOF " + name
	}
	if c.Array {
		name += "[]"
	}
	return name
}

// text renders an output of the top level for those who take it as it is. JSON of
// embedded rows has the spelling of jsonb there, and nobody sees it elsewhere.
func (o *output) text() fragment {
	if o.embedded {
		return o.expr.within("(", ")::jsonb")
	}
	return o.aggregated()
}

// encoded renders an output of the top level as its encoding wants it.
func (o *output) encoded(f fragment, stripNulls bool) fragment {
	switch {
	case o.toJSON && stripNulls && o.encoding != TimeJSON: // a string has none within
		return f.within("pg_catalog.json_strip_nulls(pg_catalog.to_json(", "))")
	case o.toJSON:
		return f.within("pg_catalog.to_json(", ")")
	case o.json && stripNulls:
		return f.within("pg_catalog.json_strip_nulls((", ")::json)")
	}
	return f
}
