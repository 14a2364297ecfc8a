package filter_test

import (
	"math"
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

func TestPage_Window(t *testing.T) {
	t.Parallel()
	const most = math.MaxInt64
	for _, tt := range []struct {
		query         string
		offset, limit int64
		refused       string // empty if it isn't
	}{
		{"", 0, filter.Unlimited, ""},
		{"limit=10", 0, 10, ""},
		{"offset=10", 10, filter.Unlimited, ""},
		{"limit=10&offset=20", 20, 10, ""},
		{"limit=many&offset=", 0, filter.Unlimited, ""},
		{"limit=0", 0, 0, ""},
		{"limit=0&offset=0", 0, 0, ""},
		{"limit=0&offset=20", 0, 0, "filter: limit=0&offset=20 leaves no rows"},
		{"limit=-1", 0, 0, "filter: limit=-1 leaves no rows"},
		{"limit=-1&offset=20", 0, 0, "filter: limit=-1&offset=20 leaves no rows"},
		{"offset=-5", 0, filter.Unlimited, ""},
		{"offset=-5&limit=8", 0, 3, ""},
		{"offset=-5&limit=5", 0, 0, ""},
		{"offset=-5&limit=3", 0, 0, "filter: limit=3&offset=-5 leaves no rows"},
		{"limit=-99999999999999999999&offset=-99999999999999999999", 0, 0, "filter: limit=-9223372036854775808&offset=-9223372036854775808 leaves no rows"},
		{"limit=99999999999999999999&offset=5", 5, filter.Unlimited, ""},
		{"offset=99999999999999999999&limit=1", most, filter.Unlimited, ""},
	} {
		q, err := filter.Parse(tt.query, filter.Options{})
		require.NoError(t, err)
		got, err := q.Page().Window()
		require.Equal(t, filter.Window{Offset: tt.offset, Limit: tt.limit}, got, tt.query)
		if tt.refused == "" {
			require.NoError(t, err, tt.query)
			continue
		}
		var refused *filter.PageError
		require.ErrorAs(t, err, &refused)
		require.EqualError(t, err, tt.refused)
		require.Equal(t, q.Page(), refused.Page)
	}
}

func TestPage_Within(t *testing.T) {
	t.Parallel()
	page := func(offset, limit int64) filter.Page {
		return filter.Page{Offset: number(offset), Limit: number(limit)}
	}
	for _, tt := range []struct {
		page         filter.Page
		within, want filter.Window
		refused      string
	}{
		{filter.Page{}, filter.Window{Offset: 3, Limit: 4}, filter.Window{Offset: 3, Limit: 4}, ""},
		{page(0, 10), filter.Window{Offset: 5, Limit: 10}, filter.Window{Offset: 5, Limit: 5}, ""},
		{page(3, 2), filter.Window{Limit: 10}, filter.Window{Offset: 3, Limit: 2}, ""},
		{page(3, 2), filter.WholeWindow(), filter.Window{Offset: 3, Limit: 2}, ""},
		{page(0, 0), filter.Window{Offset: 5, Limit: 10}, filter.Window{}, ""},
		{page(-5, filter.Unlimited), filter.Window{Offset: -9, Limit: 10}, filter.Window{Limit: 1}, ""},
		{page(0, 5), filter.Window{Offset: 5, Limit: 10}, filter.Window{}, "filter: limit=5&offset=0 leaves no rows of the 10 behind the first 5"},
	} {
		got, err := tt.page.Within(tt.within)
		require.Equal(t, tt.want, got, tt.page)
		if tt.refused == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, tt.refused)
		}
	}
}

// Whatever the numbers are, a window has no negative one, and what is within it is in both.
func FuzzPage_Within(f *testing.F) {
	f.Add(int64(0), int64(10), int64(5), int64(10))
	f.Add(int64(-5), int64(5), int64(0), int64(math.MaxInt64))
	f.Add(int64(math.MinInt64), int64(math.MinInt64), int64(math.MaxInt64), int64(0))
	f.Add(int64(math.MaxInt64), int64(1), int64(math.MaxInt64), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, offset, limit, first, rows int64) {
		within := filter.Window{Offset: max(0, first), Limit: max(0, rows)}
		got, err := filter.Page{Offset: &offset, Limit: &limit}.Within(within)
		if err != nil {
			require.Zero(t, got)
			return
		}
		require.GreaterOrEqual(t, got.Offset, int64(0))
		require.GreaterOrEqual(t, got.Limit, int64(0))
		if got.Limit == 0 {
			require.Zero(t, got.Offset)
			return
		}
		require.GreaterOrEqual(t, got.Offset, max(offset, within.Offset))
		if within.Limit < filter.Unlimited-within.Offset { // else it has no end
			require.LessOrEqual(t, got.Limit, within.Limit)
		}
		if limit < filter.Unlimited-max(offset, 0) {
			require.LessOrEqual(t, got.Limit, limit)
		}
	})
}

func TestWindow(t *testing.T) {
	t.Parallel()
	w := filter.Window{Offset: 10, Limit: 5}
	require.Equal(t, w, w.AtMost(0))
	require.Equal(t, filter.Window{Offset: 10, Limit: 2}, w.AtMost(2))
	require.Equal(t, filter.Window{Offset: 10}, w.AtMost(-1))
	require.Equal(t, int64(3), w.Of(13))
	require.Equal(t, int64(5), w.Of(99))
	require.Zero(t, w.Of(10))
	require.False(t, w.IsWhole())
	require.True(t, filter.WholeWindow().IsWhole())
}

func TestQuery_Page(t *testing.T) {
	t.Parallel()
	q, err := filter.Parse("limit=1&a.limit=2&a.b.offset=3", filter.Options{})
	require.NoError(t, err)
	require.Equal(t, filter.Page{Limit: number(1)}, q.Page())
	require.Equal(t, filter.Page{Path: []string{"a"}, Limit: number(2)}, q.Page("a"))
	require.Equal(t, filter.Page{Path: []string{"a", "b"}, Offset: number(3)}, q.Page("a", "b"))
	require.Equal(t, filter.Page{Path: []string{"b"}}, q.Page("b"))
}
