package query

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// total renders the output's aggregate, if it has one. PostgreSQL looks it up along the
// request's search path, where pg_catalog comes first: a schema may have an aggregate of
// the same name for types of its own. What counts is PostgreSQL's own, which takes values
// of every type.
func (o *output) total() fragment {
	name := o.aggregate.String()
	switch o.aggregate {
	case filter.NoAggregate:
		return o.expr
	case filter.Count:
		name = "pg_catalog.count"
	}
	return castTo(o.expr.within(name+"(", ")"), o.cast)
}

// formOfAggregate is that of an aggregate's result. Where pg_catalog has an aggregate
// for the very type, no other one is called. Elsewhere only PostgreSQL knows what the
// result is, and makes JSON of it.
func formOfAggregate(c *plan.Column) form {
	if c.Aggregate == filter.Count {
		return form{encoding: Number}
	}
	if oid, ok := resultOf(c.Aggregate, argumentOf(c)); ok {
		encoding, _ := EncodingOfOID(oid)
		return form{encoding: encoding, oid: oid}
	}
	return form{encoding: Verbatim, toJSON: true}
}

// argumentOf is the type of an aggregate's argument, by its number in pg_type; 0 if it
// isn't known. That of a domain is no other type's.
func argumentOf(c *plan.Column) uint32 {
	t := c.Type
	switch {
	case c.Cast != nil:
		t = c.Cast.Type
	case c.Kind == plan.TextValue:
		return textOID
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
func resultOf(aggregate filter.Aggregate, argument uint32) (oid uint32, ok bool) {
	switch aggregate {
	case filter.Sum:
		oid, ok = sums[argument]
	case filter.Avg:
		oid, ok = averages[argument]
	default:
		return argument, extremes[argument]
	}
	return oid, ok
}

// The numbers in pg_type of what sum and avg give, by those of what they take. Money is
// all that sum takes beside numbers and intervals.
var (
	sums = map[uint32]uint32{
		21: 20, 23: 20, 20: 1700, 1700: 1700, // int2, int4, int8, numeric
		700: 700, 701: 701, // float4, float8
		1186: 1186, 790: 790, // interval, money
	}
	averages = map[uint32]uint32{
		21: 1700, 23: 1700, 20: 1700, 1700: 1700,
		700: 701, 701: 701,
		1186: 1186,
	}
)

// extremes has the types that max and min take, and give, in every version of
// PostgreSQL, but for the arrays and enums among them, which other ones take as well.
var extremes = map[uint32]bool{
	20: true, 21: true, 23: true, 1700: true, 700: true, 701: true, // numbers
	25: true, 1042: true, // text, bpchar
	1082: true, 1083: true, 1266: true, 1114: true, 1184: true, 1186: true, // dates and times
	26: true, 27: true, 790: true, 869: true, 3220: true, // oid, tid, money, inet, pg_lsn
}
