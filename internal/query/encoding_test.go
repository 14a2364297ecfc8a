package query_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/introspect"
)

func TestEncodingOf(t *testing.T) {
	t.Parallel()

	const ownOID = 16500 // of a type that is not PostgreSQL's own

	for _, tt := range []struct {
		name     string
		typ      *introspect.Type
		encoding query.Encoding
		toJSON   bool
	}{
		{"boolean", &introspect.Type{BaseOID: 16}, query.Bool, false},
		{"smallint", &introspect.Type{BaseOID: 21}, query.Number, false},
		{"integer", &introspect.Type{BaseOID: 23}, query.Number, false},
		{"bigint", &introspect.Type{BaseOID: 20}, query.Number, false},
		{"oid_is_no_number", &introspect.Type{BaseOID: 26}, query.Text, false},
		{"real", &introspect.Type{BaseOID: 700}, query.Number, false},
		{"double_precision", &introspect.Type{BaseOID: 701}, query.Number, false},
		{"numeric", &introspect.Type{BaseOID: 1700}, query.Number, false},
		{"json", &introspect.Type{BaseOID: 114}, query.Verbatim, false},
		{"jsonb", &introspect.Type{BaseOID: 3802}, query.Verbatim, false},
		{"timestamp", &introspect.Type{BaseOID: 1114}, query.Timestamp, false},
		{"timestamptz", &introspect.Type{BaseOID: 1184}, query.TimestampTZ, false},
		{"date", &introspect.Type{BaseOID: 1082}, query.Text, false},
		{"text", &introspect.Type{BaseOID: 25}, query.Text, false},
		{"uuid", &introspect.Type{BaseOID: 2950}, query.Text, false},
		{"int4range", &introspect.Type{BaseOID: 3904, Kind: introspect.RangeType}, query.Text, false},
		{"int4multirange", &introspect.Type{BaseOID: 4451, Kind: introspect.MultirangeType}, query.Text, false},
		{"domain_over_boolean", &introspect.Type{OID: ownOID, BaseOID: 16, IsDomain: true}, query.Bool, false},
		{
			// to_json asks for casts of types that are not PostgreSQL's own only.
			"built_in_type_with_a_cast_to_json",
			&introspect.Type{BaseOID: 600, CastsToJSON: true}, query.Text, false,
		},
		{"int2vector", &introspect.Type{BaseOID: 22}, query.Verbatim, true},
		{"array", &introspect.Type{BaseOID: 1007, Kind: introspect.ArrayType}, query.Verbatim, true},
		{"enum", &introspect.Type{BaseOID: ownOID, Kind: introspect.EnumType}, query.Text, false},
		{
			"enum_with_a_cast_to_json",
			&introspect.Type{BaseOID: ownOID, Kind: introspect.EnumType, CastsToJSON: true}, query.Verbatim, true,
		},
		{"own_range", &introspect.Type{BaseOID: ownOID, Kind: introspect.RangeType}, query.Text, false},
		{"composite", &introspect.Type{BaseOID: ownOID, Kind: introspect.CompositeType}, query.Verbatim, true},
		{"own_base_type", &introspect.Type{BaseOID: ownOID, Kind: introspect.BaseType}, query.Verbatim, true},
		{"record", &introspect.Type{BaseOID: 2249, Kind: introspect.PseudoType}, query.Verbatim, true},
		{"unknown_type", nil, query.Verbatim, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			encoding, toJSON := query.EncodingOf(tt.typ)
			require.Equal(t, tt.encoding, encoding)
			require.Equal(t, tt.toJSON, toJSON)
		})
	}
}
