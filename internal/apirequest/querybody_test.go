package apirequest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
)

// query is a QUERY, as a server receives it.
func query(target, body string) *http.Request {
	r := httptest.NewRequest("QUERY", target, strings.NewReader(body))
	r.Header.Set("Content-Type", apirequest.QueryFormat)
	return r
}

// The query of the body stands behind that of the URL, and both are read as one is.
func TestParse_query(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, target, body, want string }{
		{"nowhere", "/films", "", ""},
		{"in the URL", "/films?id=eq.1", "", "id=eq.1"},
		{"in the body", "/films", "id=eq.1", "id=eq.1"},
		{"in both", "/films?select=id&id=gt.1", "id=lt.5&select=title&order=id", "select=id&id=gt.1&id=lt.5&select=title&order=id"},
		{"encoded", "/films?title=eq.a%20b", "title=neq.M%c3%bcnchen+1%2B1&x=eq.%", "title=eq.a%20b&title=neq.M%c3%bcnchen+1%2B1&x=eq.%"},
		{"as it is", "/films", "title=eq.a b ü#?", "title=eq.a b ü#?"},
		{"a file of one line", "/films", "id=eq.1\n", "id=eq.1"},
		{"a file of one line, as on Windows", "/films?select=id", "id=eq.1\r\n", "select=id&id=eq.1"},
		{"a file of nothing", "/films?id=eq.1", "\n", "id=eq.1"},
		{"a line break of the value's own", "/films", "title=eq.a%0D%0A\n", "title=eq.a%0D%0A"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, err := apirequest.Parse(query(tt.target, tt.body), config)
			require.NoError(t, err)
			require.Equal(t, tt.want, req.RawQuery)
			require.Nil(t, req.Body)
			require.False(t, req.LongQuery)
			asGET := get("/films")
			asGET.URL.RawQuery = tt.want
			want, err := apirequest.Parse(asGET, config)
			require.NoError(t, err)
			want.Operation = req.Operation
			require.Equal(t, want.Shape, req.Shape)
			require.Equal(t, want.Values, req.Values)
		})
	}
}

// The bodies of other reads mean nothing, and nobody reads them.
func TestParse_query_of_other_methods(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodDelete} {
		r := query("/films?id=eq.1", "id=eq.2")
		r.Method, r.Body = method, http.NoBody
		r.Body = httptest.NewRequest("GET", "/", iotest.ErrReader(http.ErrBodyReadAfterClose)).Body
		req, err := apirequest.Parse(r, config)
		require.NoError(t, err, method)
		require.Equal(t, "id=eq.1", req.RawQuery, method)
	}
}

// What can't be a query is refused by its headers, before it is read.
func TestParse_query_format(t *testing.T) {
	t.Parallel()
	const form = apirequest.QueryFormat
	for _, tt := range []struct {
		name, contentType, coding string
		status                    int // 0 for none
		message, header, value    string
	}{
		{"form", form, "", 0, "", "", ""},
		{"letters", "Application/X-WWW-Form-URLEncoded", "", 0, "", "", ""},
		{"UTF-8", form + "; charset=UTF-8", "", 0, "", "", ""},
		{"UTF-8 in quotes", form + `;charset="utf-8"`, "", 0, "", "", ""},
		{"ASCII", form + ";charset=us-ascii", "", 0, "", "", ""},
		{"other parameter", form + "; boundary=x", "", 0, "", "", ""},
		{"malformed parameter", form + "; charset", "", 0, "", "", ""},
		{"as it is", form, "identity", 0, "", "", ""},
		{"nothing said", "", "", 400, "Content-Type missing", "Accept-Query", form},
		{"JSON", "application/json", "", 415, "Content-Type not acceptable: application/json", "Accept-Query", form},
		{"text", "text/plain; charset=utf-8", "", 415, "Content-Type not acceptable: text/plain; charset=utf-8", "Accept-Query", form},
		{"similar", form + "+x", "", 415, "Content-Type not acceptable: " + form + "+x", "Accept-Query", form},
		{"Latin 1", form + ";charset=iso-8859-1", "", 415, "Content-Type not acceptable: " + form + ";charset=iso-8859-1", "Accept-Query", form},
		{"compressed", form, "gzip", 415, "Content-Encoding not acceptable: gzip", "Accept-Encoding", "identity"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := query("/films", "")
			r.Header.Set("Content-Type", tt.contentType)
			if tt.coding != "" {
				r.Header.Set("Content-Encoding", tt.coding)
			}
			if tt.status != 0 {
				r.Body = httptest.NewRequest("GET", "/", iotest.ErrReader(http.ErrBodyReadAfterClose)).Body
			}
			_, err := apirequest.Parse(r, config)
			if tt.status == 0 {
				require.NoError(t, err)
				return
			}
			e := apierror.From(err, true)
			require.Equal(t, tt.status, e.Status)
			require.Equal(t, "PGRST102", e.Code)
			require.Equal(t, tt.message, e.Message)
			require.Equal(t, tt.value, e.Header.Get(tt.header))
		})
	}
}

// A body may be what no URL is.
func TestParse_query_faults(t *testing.T) {
	t.Parallel()
	limited := apirequest.Config{Schemas: []string{"api"}, Limits: apirequest.Limits{BodyBytes: 20, URLBytes: 10}}
	for _, tt := range []struct {
		name, target, body string
		status             int // 0 for none
	}{
		{"longer than a URL", "/films", "id=in.(1,2,3,4,5,6)", 0},
		{"large", "/films", "id=in.(1,2,3,4,5,6,7)", 413},
		{"long URL", "/films?id=in.(1,2)", "", 414},
		{"null byte", "/films", "id=eq.\x00", 400},
		{"two line breaks", "/films", "id=eq.1\n\n", 400},
		{"line break between", "/films", "id=eq.1\n&a", 400},
		{"line break before", "/films", "\nid=eq.1", 400},
		{"carriage return", "/films", "id=eq.1\r", 400},
		{"delete", "/films", "id=eq.\x7f", 400},
		{"null byte in the URL's way", "/films", "id=eq.%00", 0},
		{"grammar", "/films", "id=1", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := apirequest.Parse(query(tt.target, tt.body), limited)
			if tt.status == 0 {
				require.NoError(t, err)
				return
			}
			require.Equal(t, tt.status, apierror.From(err, true).Status)
		})
	}
	r := query("/films", "")
	r.Body = httptest.NewRequest("GET", "/", iotest.TimeoutReader(iotest.HalfReader(strings.NewReader("id=eq.1")))).Body
	_, err := apirequest.Parse(r, config)
	require.ErrorIs(t, err, iotest.ErrTimeout)
}

// A query is long that a URL can't hold, be it here or elsewhere.
func TestParse_query_long(t *testing.T) {
	t.Parallel()
	short := apirequest.Config{Schemas: []string{"api"}, Limits: apirequest.Limits{URLBytes: 20}}
	for _, tt := range []struct {
		name, body string
		config     apirequest.Config
		want       bool
	}{
		{"short", "id=eq.1", config, false},
		{"at the border", "a=eq." + strings.Repeat("a", 7995), config, false},
		{"beyond", "a=eq." + strings.Repeat("a", 7996), config, true},
		{"beyond by what has to be encoded", "a=eq." + strings.Repeat("[", 3000), config, true},
		{"for the host", "a=eq." + strings.Repeat("a", 16), short, true},
		{"not for the host", "a=eq." + strings.Repeat("a", 15), short, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, err := apirequest.Parse(query("/films", tt.body), tt.config)
			require.NoError(t, err)
			require.Equal(t, tt.want, req.LongQuery)
		})
	}
}
