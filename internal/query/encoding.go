package query

import (
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/introspect"
)

// EncodingOf decides how a column of type t becomes JSON. When toJSON is true the
// SQL is to select to_json(column), whose text is Verbatim; else it selects the
// column itself. Domains are encoded as their base type.
//
// Without to_json are the types whose JSON is known from their text: the built-in
// scalars, which to_json never looks up a cast for, and enums and ranges unless
// somebody made a cast to json for them. Dates and timestamps are such only if their
// text is known to be in ISO style, in which to_json writes them in any case: see Times.
//
// CSV has no encodings: its fields are the columns' own text.
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
func EncodingOfOID(number uint32) (Encoding, bool) {
	enc, ok := builtin[number]
	return enc, ok
}

// builtin holds the scalar types of pg_catalog by number; the
// ranges among them are known by their kind. A type that isn't here costs to_json
// in SQL and is right all the same.
var builtin = map[uint32]Encoding{
	oid.Bool:        Bool,
	oid.JSON:        Verbatim,
	oid.JSONB:       Verbatim,
	oid.Int8:        Number,
	oid.Int2:        Number,
	oid.Int4:        Number,
	oid.Float4:      Number,
	oid.Float8:      Number,
	oid.Numeric:     Number,
	oid.Timestamp:   Timestamp,
	oid.TimestampTZ: TimestampTZ,

	oid.Bytea:    Text,
	oid.Char:     Text,
	oid.Name:     Text,
	oid.Text:     Text,
	oid.BPChar:   Text,
	oid.VarChar:  Text,
	oid.XML:      Text,
	oid.Bit:      Text,
	oid.VarBit:   Text,
	oid.UUID:     Text,
	oid.JSONPath: Text,
	oid.Money:    Text,

	oid.Date:     Text,
	oid.Time:     Text,
	oid.TimeTZ:   Text,
	oid.Interval: Text,

	oid.Point:   Text,
	oid.LSeg:    Text,
	oid.Path:    Text,
	oid.Box:     Text,
	oid.Polygon: Text,
	oid.Line:    Text,
	oid.Circle:  Text,

	oid.CIDR:     Text,
	oid.Inet:     Text,
	oid.MACAddr:  Text,
	oid.MACAddr8: Text,

	oid.TSVector:  Text,
	oid.TSQuery:   Text,
	oid.GTSVector: Text,

	oid.OID:                Text, // the numbers of the system are no numbers to to_json
	oid.RegProc:            Text,
	oid.RegProcedure:       Text,
	oid.RegOper:            Text,
	oid.RegOperator:        Text,
	oid.RegClass:           Text,
	oid.RegType:            Text,
	oid.RegConfig:          Text,
	oid.RegDictionary:      Text,
	oid.RegNamespace:       Text,
	oid.RegRole:            Text,
	oid.RegCollation:       Text,
	oid.TID:                Text,
	oid.XID:                Text,
	oid.CID:                Text,
	oid.XID8:               Text,
	oid.TxIDSnapshot:       Text,
	oid.PgSnapshot:         Text,
	oid.PgLSN:              Text,
	oid.RefCursor:          Text,
	oid.ACLItem:            Text,
	oid.PgNodeTree:         Text,
	oid.PgNDistinct:        Text,
	oid.PgDependencies:     Text,
	oid.PgMCVList:          Text,
	oid.PgBRINBloomSummary: Text,
	oid.PgBRINMinMaxMulti:  Text,
}
