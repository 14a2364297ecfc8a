package filter_test

import (
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

func TestOperator(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for o := filter.Equal; o <= filter.Adjacent; o++ {
		require.NotEmpty(t, o.String())
		require.NotEmpty(t, o.SQL())
		require.NotContains(t, o.SQL(), "?", "a question mark is a placeholder")
		require.False(t, names[o.String()], o.String())
		names[o.String()] = true
	}
	require.Equal(t, "gte", filter.GreaterThanOrEqual.String())
	require.Equal(t, ">=", filter.GreaterThanOrEqual.SQL())
	require.Equal(t, "websearch_to_tsquery", filter.WebFTS.SQL())
	require.Empty(t, (filter.Adjacent + 1).String())
	require.Empty(t, (filter.Adjacent + 1).SQL())
}

func TestNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "not_null", filter.IsNotNull.String())
	require.Empty(t, filter.IsValue(99).String())
	require.Equal(t, "avg", filter.Avg.String())
	require.Empty(t, filter.NoAggregate.String())
	require.Empty(t, filter.Aggregate(99).String())
}
