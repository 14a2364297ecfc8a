package introspect_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
)

// Every value of an enum has a word, and any other number is shown as such.
func TestEnums(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value fmt.Stringer
		want  string
	}{
		{introspect.OneToMany, "one-to-many"},
		{introspect.ManyToOne, "many-to-one"},
		{introspect.OneToOne, "one-to-one"},
		{introspect.ManyToMany, "many-to-many"},
		{introspect.ManyToMany + 1, "Cardinality(4)"},
		{introspect.Volatile, "volatile"},
		{introspect.Stable, "stable"},
		{introspect.Immutable, "immutable"},
		{introspect.Volatility(0), "Volatility(0)"},
		{introspect.OrdinaryTable, "table"},
		{introspect.PartitionedTable, "partitioned table"},
		{introspect.ForeignTable, "foreign table"},
		{introspect.View, "view"},
		{introspect.MaterializedView, "materialized view"},
		{introspect.MaterializedView + 1, "TableKind(5)"},
		{introspect.BaseType, "base"},
		{introspect.ArrayType, "array"},
		{introspect.CompositeType, "composite"},
		{introspect.EnumType, "enum"},
		{introspect.RangeType, "range"},
		{introspect.MultirangeType, "multirange"},
		{introspect.PseudoType, "pseudo"},
		{introspect.PseudoType + 1, "TypeKind(7)"},
	} {
		require.Equal(t, tt.want, tt.value.String())
	}
}
