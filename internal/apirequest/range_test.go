package apirequest_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
)

const unlimited = int64(filter.Unlimited)

func TestParse_range(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		header, query string
		offset, limit int64
		code          string
	}{
		"none":                              {"", "", 0, unlimited, ""},
		"header":                            {"0-9", "", 0, 10, ""},
		"header of one row":                 {"5-5", "", 5, 1, ""},
		"header without an end":             {"10-", "", 10, unlimited, ""},
		"header from the start":             {"0-", "", 0, unlimited, ""},
		"header with leading zeros":         {"007-009", "", 7, 3, ""},
		"header that ends before its start": {"9-0", "", 0, 0, "PGRST103"},
		"header without a start":            {"-9", "", 0, unlimited, ""},
		"header without a dash":             {"9", "", 0, unlimited, ""},
		"header with a dash alone":          {"-", "", 0, unlimited, ""},
		"header with a unit":                {"bytes=0-9", "", 0, unlimited, ""},
		"header with a sign":                {"+0-9", "", 0, unlimited, ""},
		"header with two dashes":            {"0--9", "", 0, unlimited, ""},
		"header of two ranges":              {"0-1,3-4", "", 0, unlimited, ""},
		"header of words":                   {"a-b", "", 0, unlimited, ""},
		"header with an end beyond int64":   {"3-99999999999999999999", "", 3, unlimited, ""},
		"header beyond int64":               {"99999999999999999999-", "", unlimited, unlimited, ""},
		"header beyond int64 to its end":    {"99999999999999999999-5", "", 0, 0, "PGRST103"},

		"limit":                           {"", "limit=10", 0, 10, ""},
		"offset":                          {"", "offset=10", 10, unlimited, ""},
		"limit and offset":                {"", "limit=10&offset=20", 20, 10, ""},
		"limit of 0":                      {"", "limit=0", 0, 0, ""},
		"limit of 0 with an offset":       {"", "limit=0&offset=20", 0, 0, "PGRST103"},
		"limit of 0 with an offset of 0":  {"", "limit=0&offset=0", 0, 0, ""},
		"negative limit":                  {"", "limit=-1", 0, 0, "PGRST103"},
		"negative limit with an offset":   {"", "limit=-1&offset=20", 0, 0, "PGRST103"},
		"negative limit beyond int64":     {"", "limit=-99999999999999999999", 0, 0, "PGRST103"},
		"negative offset":                 {"", "offset=-5", 0, unlimited, ""},
		"negative offset with a limit":    {"", "offset=-5&limit=10", 0, 5, ""},
		"negative offset beyond the page": {"", "offset=-5&limit=3", 0, 0, "PGRST103"},
		"negative offset of the page":     {"", "offset=-5&limit=5", 0, 0, ""},
		"both negative beyond int64":      {"", "offset=-99999999999999999999&limit=-99999999999999999999", 0, 0, "PGRST103"},
		"negative offset beyond int64":    {"", "offset=-99999999999999999999", 0, unlimited, ""},
		"limit beyond int64":              {"", "limit=99999999999999999999", 0, unlimited, ""},
		"limit beyond int64 and offset":   {"", "limit=99999999999999999999&offset=5", 5, unlimited, ""},
		"end beyond int64":                {"", "limit=9223372036854775806&offset=9223372036854775806", 9223372036854775806, unlimited, ""},
		"offset beyond int64":             {"", "offset=99999999999999999999&limit=1", unlimited, unlimited, ""},
		"limit that is no number":         {"", "limit=many", 0, unlimited, ""},
		"limit of an embedding":           {"", "select=*,roles(*)&roles.limit=3", 0, unlimited, ""},
		"negative limit of an embedding":  {"", "select=*,roles(*)&roles.limit=-3", 0, unlimited, ""},

		"both, the same":               {"0-9", "limit=10", 0, 10, ""},
		"both, the header smaller":     {"2-3", "limit=10", 2, 2, ""},
		"both, the query smaller":      {"0-9", "limit=2&offset=3", 3, 2, ""},
		"both, overlapping":            {"5-14", "limit=10", 5, 5, ""},
		"both, the header open":        {"5-", "limit=10", 5, 5, ""},
		"both, with nothing in common": {"10-19", "limit=10", 0, 0, "PGRST103"},
		"both, with a limit of 0":      {"10-19", "limit=0", 0, 0, ""},
		"both, the header backwards":   {"9-0", "limit=10", 0, 0, "PGRST103"},
		"a limit of 0, and backwards":  {"9-0", "limit=0", 0, 0, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := get("/films?" + tt.query)
			if tt.header != "" {
				r.Header.Set("Range", tt.header)
			}
			req, err := apirequest.Parse(r, config)
			if tt.code != "" {
				require.Equal(t, tt.code, code(t, err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, filter.Window{Offset: tt.offset, Limit: tt.limit}, req.Values.Window)
		})
	}
}

// Range means nothing with methods other than GET.
func TestParse_range_of_method(t *testing.T) {
	t.Parallel()
	for method, limit := range map[string]int64{"GET": 2, "HEAD": unlimited, "POST": unlimited, "PATCH": unlimited, "DELETE": unlimited, "OPTIONS": unlimited} {
		r := httptest.NewRequest(method, "/films", strings.NewReader(`{}`))
		r.Header.Set("Range", "0-1")
		req, err := apirequest.Parse(r, config)
		require.NoError(t, err, method)
		require.Equal(t, limit, req.Values.Window.Limit, method)
		require.Equal(t, limit == unlimited, req.Values.Window.IsWhole(), method)
	}
}

// Pages of embeds are as they were asked for: nothing but PostgreSQL checks their numbers.
func TestParse_pages(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]filter.Window{
		"roles.limit=2": {Limit: 2}, "roles.offset=5": {Offset: 5, Limit: unlimited}, "roles.limit=2&roles.offset=5": {Limit: 2, Offset: 5},
		"roles.limit=-1": {Limit: -1}, "roles.offset=0": filter.WholeWindow(),
	} {
		req, err := apirequest.Parse(httptest.NewRequest(http.MethodGet, "/films?limit=3&"+query, nil), config)
		require.NoError(t, err)
		require.Equal(t, []filter.Window{want}, req.Values.Pages, query)
		require.Equal(t, filter.Window{Limit: 3}, req.Values.Window, query)
	}
}

// Whatever the client writes, a range has no negative number in it.
func FuzzParse_range(f *testing.F) {
	f.Add("0-9", "5", "10")
	f.Add("9223372036854775807-", "9223372036854775807", "9223372036854775807")
	f.Add("0-9223372036854775807", "-9223372036854775808", "-9223372036854775808")
	f.Add("-", "", "x")
	f.Fuzz(func(t *testing.T, header, offset, limit string) {
		r := &http.Request{Method: http.MethodGet, Header: http.Header{"Range": {header}},
			URL: &url.URL{Path: "/films", RawQuery: url.Values{"offset": {offset}, "limit": {limit}}.Encode()}}
		req, err := apirequest.Parse(r, config)
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, req.Values.Window.Offset, int64(0))
		require.GreaterOrEqual(t, req.Values.Window.Limit, int64(0))
		require.LessOrEqual(t, req.Values.Window.Limit, int64(math.MaxInt64))
	})
}
