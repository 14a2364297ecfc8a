package query

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// aggregated renders the output's aggregate, if it has one. PostgreSQL looks it up along the
// request's search path, where pg_catalog comes first: a schema may have an aggregate of
// the same name for types of its own. What counts is PostgreSQL's own, which takes values
// of every type.
func (o *output) aggregated() fragment {
	name := o.aggregate.String()
	switch o.aggregate {
	case filter.NoAggregate:
		return o.expr
	case filter.AggregateCount:
		name = "pg_catalog.count"
	case filter.AggregateCountDistinct:
		return castTo(o.expr.within("pg_catalog.count(DISTINCT ", ")"), o.cast)
	}
	return castTo(o.expr.within(name+"(", ")"), o.cast)
}

// conversionOfAggregate is that of an aggregate's result. Where pg_catalog has an aggregate
// for the very type, no other one is called. Elsewhere only PostgreSQL knows what the
// result is, and makes JSON of it.
func conversionOfAggregate(c *plan.Column) conversion {
	if c.Aggregate == filter.AggregateCount || c.Aggregate == filter.AggregateCountDistinct {
		return conversion{encoding: Number}
	}
	if result, ok := resultOf(c.Aggregate, argumentOf(c)); ok {
		encoding, _ := EncodingOfOID(result)
		return conversion{encoding: encoding, oid: result}
	}
	return conversion{encoding: Verbatim, toJSON: true}
}

// argumentOf is the type of an aggregate's argument, by its number in pg_type; 0 if it
// isn't known. That of a domain is no other type's.
func argumentOf(c *plan.Column) uint32 {
	t := c.Type
	switch {
	case c.Cast != nil:
		t = c.Cast.Type
	case c.Kind == plan.TextValue:
		return oid.Text
	case c.Kind == plan.JSONValue:
		return 0
	}
	if t == nil {
		return 0
	}
	return t.OID
}

// resultOf is the type of what pg_catalog's aggregate gives for an argument of a type;
// it is not ok where there is none for that type itself.
func resultOf(aggregate filter.Aggregate, argument uint32) (result uint32, ok bool) {
	switch aggregate {
	case filter.AggregateSum:
		result, ok = sums[argument]
	case filter.AggregateAvg:
		result, ok = averages[argument]
	default:
		return argument, extremes[argument]
	}
	return result, ok
}

// The numbers in pg_type of what sum and avg give, by those of what they take. Money is
// all that sum takes beside numbers and intervals.
var (
	sums = map[uint32]uint32{
		oid.Int2: oid.Int8, oid.Int4: oid.Int8, oid.Int8: oid.Numeric, oid.Numeric: oid.Numeric,
		oid.Float4: oid.Float4, oid.Float8: oid.Float8,
		oid.Interval: oid.Interval, oid.Money: oid.Money,
	}
	averages = map[uint32]uint32{
		oid.Int2: oid.Numeric, oid.Int4: oid.Numeric, oid.Int8: oid.Numeric, oid.Numeric: oid.Numeric,
		oid.Float4: oid.Float8, oid.Float8: oid.Float8,
		oid.Interval: oid.Interval,
	}
)

// extremes has the types that max and min take, and give, in every version of
// PostgreSQL, but for the arrays and enums among them, which other ones take as well.
var extremes = map[uint32]bool{
	oid.Int8: true, oid.Int2: true, oid.Int4: true, oid.Numeric: true, oid.Float4: true, oid.Float8: true, // numbers
	oid.Text: true, oid.BPChar: true,
	oid.Date: true, oid.Time: true, oid.TimeTZ: true, oid.Timestamp: true, oid.TimestampTZ: true, oid.Interval: true, // dates and times
	oid.OID: true, oid.TID: true, oid.Money: true, oid.Inet: true, oid.PgLSN: true,
}
