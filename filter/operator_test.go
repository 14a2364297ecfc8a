package filter_test

import (
	"strings"
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

func TestOperator(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for o := filter.Equal; o <= filter.JSONPathMatch; o++ {
		require.NotEmpty(t, o.String())
		require.NotEmpty(t, o.SQL())
		require.True(t, o == filter.JSONPathExists || !strings.Contains(o.SQL(), "?"), "a question mark is a placeholder")
		require.False(t, names[o.String()], o.String())
		names[o.String()] = true
	}
	require.Equal(t, "gte", filter.GreaterThanOrEqual.String())
	require.Equal(t, ">=", filter.GreaterThanOrEqual.SQL())
	require.Equal(t, "websearch_to_tsquery", filter.WebFTS.SQL())
	for _, none := range []filter.Operator{filter.Holds, filter.Holds + 1} {
		require.Empty(t, none.String())
		require.Empty(t, none.SQL())
	}
}

// Every value of an enum has its word in a URL, and any other number has none.
func TestEnums(t *testing.T) {
	t.Parallel()
	type words = []string
	require.Equal(t, words{"", "any", "all", ""}, texts(filter.NoQuantifier, filter.QuantifierAll+1))
	require.Equal(t, words{"null", "not_null", "true", "false", "unknown", ""}, texts(filter.IsNull, filter.IsUnknown+1))
	require.Equal(t, words{"", "count", "sum", "avg", "max", "min", "count", ""}, texts(filter.NoAggregate, filter.AggregateCountDistinct+1))
	require.Equal(t, words{"", "left", "inner", ""}, texts(filter.DefaultJoin, filter.InnerJoin+1))
	require.Equal(t, words{"", "asc", "desc", ""}, texts(filter.DefaultDirection, filter.Desc+1))
	require.Equal(t, words{"", "nullsfirst", "nullslast", ""}, texts(filter.DefaultNulls, filter.NullsLast+1))
	require.Equal(t, words{
		"eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch", "in", "is", "isdistinct",
		"fts", "plfts", "phfts", "wfts", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj", "jsonpath", "jsonmatch", "", "",
	}, texts(filter.Equal, filter.Holds+1))
}

// texts are those of the values from the first to the last.
func texts[E interface {
	~uint8
	String() string
}](first, last E) []string {
	var list []string
	for e := first; e <= last; e++ {
		list = append(list, e.String())
	}
	return list
}
