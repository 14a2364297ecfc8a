package query

import "github.com/pgrest-go/pgrest/introspect"

// EncodingOf decides how a column of type t becomes JSON. When toJSON is true the
// SQL is to select to_json(column), whose text is Verbatim; else it selects the
// column itself. Domains are encoded as their base type.
//
// Without to_json are the types whose JSON is known from their text: the built-in
// scalars, which to_json never looks up a cast for, and enums and ranges unless
// somebody made a cast to json for them. Dates and timestamps are such only if their
// text is known to be in ISO style, in which to_json writes them in any case: see Times.
//
// CSV has no use for it: its fields are the columns' own text.
func EncodingOf(t *introspect.Type) (enc Encoding, toJSON bool) {
	if t == nil {
		return Verbatim, true
	}
	if enc, ok := builtin[t.BaseOID]; ok {
		return enc, false
	}
	switch t.Kind {
	case introspect.EnumType, introspect.RangeType, introspect.MultirangeType:
		if !t.CastsToJSON {
			return Text, false
		}
	}
	return Verbatim, true
}

// EncodingOfOID is the encoding of a type of which only the number is known, and
// false where the number says nothing. What PostgreSQL should have made JSON of
// becomes a text then, which is valid JSON at least.
func EncodingOfOID(oid uint32) (Encoding, bool) {
	enc, ok := builtin[oid]
	return enc, ok
}

// builtin holds the scalar types of pg_catalog by OID, which never changes; the
// ranges among them are known by their kind. A type that isn't here costs to_json
// in SQL and is right all the same.
var builtin = map[uint32]Encoding{
	16:   Bool,        // bool
	114:  Verbatim,    // json
	3802: Verbatim,    // jsonb
	20:   Number,      // int8
	21:   Number,      // int2
	23:   Number,      // int4
	700:  Number,      // float4
	701:  Number,      // float8
	1700: Number,      // numeric
	1114: Timestamp,   // timestamp
	1184: TimestampTZ, // timestamptz

	17:   Text, // bytea
	18:   Text, // "char"
	19:   Text, // name
	25:   Text, // text
	1042: Text, // bpchar
	1043: Text, // varchar
	142:  Text, // xml
	1560: Text, // bit
	1562: Text, // varbit
	2950: Text, // uuid
	4072: Text, // jsonpath
	790:  Text, // money

	1082: Text, // date
	1083: Text, // time
	1266: Text, // timetz
	1186: Text, // interval

	600: Text, // point
	601: Text, // lseg
	602: Text, // path
	603: Text, // box
	604: Text, // polygon
	628: Text, // line
	718: Text, // circle

	650: Text, // cidr
	869: Text, // inet
	829: Text, // macaddr
	774: Text, // macaddr8

	3614: Text, // tsvector
	3615: Text, // tsquery
	3642: Text, // gtsvector

	26:   Text, // oid; the numbers of the system are no numbers to to_json
	24:   Text, // regproc
	2202: Text, // regprocedure
	2203: Text, // regoper
	2204: Text, // regoperator
	2205: Text, // regclass
	2206: Text, // regtype
	3734: Text, // regconfig
	3769: Text, // regdictionary
	4089: Text, // regnamespace
	4096: Text, // regrole
	4191: Text, // regcollation
	27:   Text, // tid
	28:   Text, // xid
	29:   Text, // cid
	5069: Text, // xid8
	2970: Text, // txid_snapshot
	5038: Text, // pg_snapshot
	3220: Text, // pg_lsn
	1790: Text, // refcursor
	1033: Text, // aclitem
	194:  Text, // pg_node_tree
	3361: Text, // pg_ndistinct
	3402: Text, // pg_dependencies
	5017: Text, // pg_mcv_list
	4600: Text, // pg_brin_bloom_summary
	4601: Text, // pg_brin_minmax_multi_summary
}
