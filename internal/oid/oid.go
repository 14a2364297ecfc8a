// Package oid names the types of pg_catalog by their numbers in pg_type, which are the
// same in every PostgreSQL.
//
//	if column.Type.BaseOID == oid.JSONB { … }
package oid

// The types, by the names that pg_type has for them.
const (
	Bool   = 16
	Bytea  = 17
	Char   = 18 // "char", in quotes
	Name   = 19
	Int8   = 20
	Int2   = 21
	Int4   = 23
	Text   = 25
	Float4 = 700
	Float8 = 701

	BPChar      = 1042
	BPCharArray = 1014
	VarChar     = 1043
	Bit         = 1560
	BitArray    = 1561
	VarBit      = 1562
	Numeric     = 1700
	Money       = 790
	UUID        = 2950

	Date        = 1082
	Time        = 1083
	TimeTZ      = 1266
	Timestamp   = 1114
	TimestampTZ = 1184
	Interval    = 1186

	JSON     = 114
	JSONB    = 3802
	JSONPath = 4072
	XML      = 142

	Point   = 600
	LSeg    = 601
	Path    = 602
	Box     = 603
	Polygon = 604
	Line    = 628
	Circle  = 718

	CIDR     = 650
	Inet     = 869
	MACAddr  = 829
	MACAddr8 = 774

	TSVector  = 3614
	TSQuery   = 3615
	GTSVector = 3642

	OID           = 26
	RegProc       = 24
	RegProcedure  = 2202
	RegOper       = 2203
	RegOperator   = 2204
	RegClass      = 2205
	RegType       = 2206
	RegConfig     = 3734
	RegDictionary = 3769
	RegNamespace  = 4089
	RegRole       = 4096
	RegCollation  = 4191

	TID                = 27
	XID                = 28
	CID                = 29
	XID8               = 5069
	TxIDSnapshot       = 2970
	PgSnapshot         = 5038
	PgLSN              = 3220
	RefCursor          = 1790
	ACLItem            = 1033
	PgNodeTree         = 194
	PgNDistinct        = 3361
	PgDependencies     = 3402
	PgMCVList          = 5017
	PgBRINBloomSummary = 4600
	PgBRINMinMaxMulti  = 4601 // pg_brin_minmax_multi_summary

	Record = 2249
	Void   = 2278
)
