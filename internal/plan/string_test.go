package plan_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/plan"
)

// Every value of an enum has a word, and what is none of its values has its number.
func TestEnums(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value fmt.Stringer
		want  string
	}{
		{plan.FormatArray, "array"},
		{plan.FormatObject, "object"},
		{plan.FormatCSV, "CSV"},
		{plan.FormatGeoJSON, "GeoJSON"},
		{plan.FormatSingle, "single"},
		{plan.FormatScalars, "scalars"},
		{plan.FormatScalar, "scalar"},
		{plan.FormatRaw, "raw"},
		{plan.FormatAggregated, "aggregated"},
		{plan.FormatRows, "rows"},
		{plan.FormatRows + 1, "Format(10)"},
		{plan.CountNone, "none"},
		{plan.CountExact, "exact"},
		{plan.CountPlanned, "planned"},
		{plan.CountEstimated, "estimated"},
		{plan.CountEstimated + 1, "Count(4)"},
		{plan.ReturnMinimal, "minimal"},
		{plan.ReturnHeadersOnly, "headers-only"},
		{plan.ReturnRepresentation, "representation"},
		{plan.ReturnRepresentation + 1, "Return(3)"},
		{plan.TypedValue, "typed"},
		{plan.JSONValue, "JSON"},
		{plan.TextValue, "text"},
		{plan.TextValue + 1, "Kind(3)"},
		{plan.NoContradiction, "none"},
		{plan.NoSuchName, "name"},
		{plan.NoSuchThing, "thing"},
		{plan.NoSuchAssignment, "assignment"},
		{plan.NoSuchKey, "key"},
		{plan.NoSuchKey + 1, "Contradiction(5)"},
		{plan.UseRead, "read"},
		{plan.UseInsert, "insert"},
		{plan.UseUpdate, "update"},
		{plan.UseUpsert, "upsert"},
		{plan.UseDelete, "delete"},
		{plan.UseEmbed, "embed"},
		{plan.UseSpread, "spread"},
		{plan.UseJunction, "junction"},
		{plan.UseCall, "call"},
		{plan.UseFunction, "function"},
		{plan.UseFunction + 1, "UseKind(10)"},
	} {
		require.Equal(t, tt.want, tt.value.String())
	}
}
