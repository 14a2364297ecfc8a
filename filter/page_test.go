package filter_test

import (
	"math"
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

func TestPage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		query string
		want  []filter.Page
	}{
		{"limit", "limit=5", []filter.Page{{Limit: number(5)}}},
		{"offset", "offset=5", []filter.Page{{Offset: number(5)}}},
		{"both_in_any_order", "offset=5&limit=6", []filter.Page{{Limit: number(6), Offset: number(5)}}},
		{"one_page_a_path", "a.limit=1&limit=2&a.offset=3&a.b.limit=4", []filter.Page{
			{Path: []string{"a"}, Limit: number(1), Offset: number(3)},
			{Limit: number(2)},
			{Path: []string{"a", "b"}, Limit: number(4)},
		}},
		{"one_page_a_path_however_it_is_written", `a.limit=1&"a".offset=2&b."c\"".limit=3&"b"."c\"".limit=4&a.offset=5`, []filter.Page{
			{Path: []string{"a"}, Limit: number(1), Offset: number(5)},
			{Path: []string{"b", `c"`}, Limit: number(4)},
		}},
		{"last_counts", "limit=5&limit=6", []filter.Page{{Limit: number(6)}}},
		{"last_counts_if_no_number_too", "limit=5&limit=x", []filter.Page{{}}},
		{"zero_and_negative", "limit=0&offset=-1", []filter.Page{{Limit: number(0), Offset: number(-1)}}},
		{"spaces", "limit=+5+", []filter.Page{{Limit: number(5)}}},
		{"no_integer", "limit=1.5&offset=", []filter.Page{{}}},
		{"plus_sign", "limit=%2B5", []filter.Page{{}}},
		{"beyond_64_bits", "limit=9223372036854775808&offset=-9223372036854775809", []filter.Page{
			{Limit: number(math.MaxInt64), Offset: number(math.MinInt64)},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := filter.Parse(tt.query, filter.Options{})
			require.NoError(t, err)
			require.Equal(t, tt.want, got.Pages)
		})
	}
}
