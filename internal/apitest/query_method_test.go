package apitest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// methodQuery is the method whose body is a query (draft-ietf-httpbis-safe-method-w-body).
const methodQuery = "QUERY"

// inBody is a QUERY, whose body is a query.
func inBody(x exchange) exchange {
	x.method = methodQuery
	send := headers{"Content-Type": formType}
	for name, value := range x.send {
		send[name] = value
	}
	x.send = send
	return x
}

// A body has whatever the query string of a GET may have, behind what the URL has.
func TestQuery_relation(t *testing.T) {
	t.Parallel()
	location := func(query string) headers {
		return headers{"Content-Location": "/films?" + query, "Vary": "Accept, Prefer, Range"}
	}
	var exchanges []exchange
	for _, x := range []exchange{
		{name: "filters", target: "/films", data: "select=id&id=gt.1&id=lt.4&order=id.desc", body: `[{"id":3},{"id":2}]`,
			want: location("id=gt.1&id=lt.4&order=id.desc&select=id")},
		{name: "URL_and_body", target: "/films?select=id&id=gt.1", data: "id=lt.4&order=id", body: `[{"id":2},{"id":3}]`,
			want: location("id=gt.1&id=lt.4&order=id&select=id")},
		{name: "the_URL_goes_first", target: "/films?select=id&order=id.desc", data: "select=title&order=id&id=in.(1,2)", body: `[{"id":2},{"id":1}]`},
		{name: "the_last_page_counts", target: "/films?select=id&order=id&limit=1", data: "limit=2&offset=1", body: `[{"id":2},{"id":3}]`},
		{name: "URL_alone", target: "/films?select=id&id=eq.1", body: `[{"id":1}]`, want: location("id=eq.1&select=id")},
		{name: "logic", target: "/films", data: "select=id&or=(id.eq.1,and(id.gt.3,id.lt.5))&order=id", body: `[{"id":1},{"id":4}]`},
		{name: "embeds", target: "/films", data: "select=id,directors(id)&id=eq.1&directors.id=eq.0", body: `[{"id":1,"directors":null}]`},
		{name: "encoded", target: "/films", data: "select=id&%74itle=eq.M%2Bx+%C3%A9", body: `[]`,
			want: location("select=id&title=eq.M%2Bx%20%C3%A9")},
		{name: "file", target: "/films", data: "select=id&id=eq.1\r\n", body: `[{"id":1}]`, want: location("id=eq.1&select=id")},
		{name: "charset", target: "/films", send: headers{"Content-Type": formType + "; charset=UTF-8"}, data: "select=id&id=eq.1", body: `[{"id":1}]`},
		{name: "count", target: "/films", send: headers{"Prefer": "count=exact"}, data: "select=id&order=id&limit=2&offset=1", status: 206,
			body: `[{"id":2},{"id":3}]`, want: headers{"Content-Range": "1-2/13", "Preference-Applied": "count=exact"}},
		{name: "range", target: "/films", send: headers{"Range": "1-2"}, data: "select=id&order=id", body: `[{"id":2},{"id":3}]`,
			want: headers{"Content-Range": "1-2/*"}},
		{name: "object", target: "/films", send: headers{"Accept": "application/vnd.pgrst.object+json"}, data: "select=id&id=eq.1", body: `{"id":1}`,
			want: headers{"Content-Type": "application/vnd.pgrst.object+json; charset=utf-8"}},
		{name: "CSV", target: "/films", send: headers{"Accept": "text/csv"}, data: "select=id&id=eq.1", body: "id\n1",
			want: headers{"Content-Type": "text/csv; charset=utf-8"}},
		{name: "beyond_the_end", target: "/films", send: headers{"Prefer": "count=exact"}, data: "offset=100", status: 416,
			body: fault("PGRST103", "Requested range not satisfiable", "An offset of 100 was requested, but there are only 13 rows.", "")},
		{name: "role", target: "/acquisitions", token: `{"role":"` + curator + `"}`, data: "select=film_id&limit=0", body: `[]`},
		{name: "strict_preferences", target: "/films", send: headers{"Prefer": "handling=strict, nonsense"}, data: "limit=1", status: 400,
			body: fault("PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: nonsense", "")},
	} {
		exchanges = append(exchanges, inBody(x))
	}
	run(t, serve(t), exchanges...)
}

// A function has its arguments, and the filters of its rows, in the body as in a URL; and
// like in a GET nothing is written.
func TestQuery_function(t *testing.T) {
	t.Parallel()
	var exchanges []exchange
	for _, x := range []exchange{
		{name: "arguments", target: "/rpc/add", data: "a=1&b=2", body: `3`},
		{name: "arguments_in_both", target: "/rpc/add?a=1", data: "b=2", body: `3`},
		{name: "the_last_argument_counts", target: "/rpc/add?a=1", data: "a=5&b=2", body: `7`},
		{name: "variadic", target: "/rpc/total?numbers=1", data: "numbers=2&numbers=3", body: `6`},
		{name: "unnamed", target: "/rpc/take_json", data: `""=%7B%22a%22:1%7D`, body: `{"":"{\"a\":1}"}`},
		{name: "filters", target: "/rpc/film_titles", data: "limit=0", body: `[]`, want: headers{"Content-Location": ""}},
		{name: "rows", target: "/rpc/find", data: "year=1931&select=year&title=eq.M", body: `[{"year":1931}]`},
		{name: "read_only", target: "/rpc/setting", data: "name=transaction_read_only", body: `"on"`},
		{name: "method", target: "/rpc/setting", data: "name=request.method", body: `"QUERY"`},
		{name: "path", target: "/rpc/setting?name=request.path", body: `"/rpc/setting"`},
		{name: "write", target: "/rpc/sign_book", token: `{"role":"` + curator + `"}`, data: "entry=x", status: 405,
			body: fault("25006", "cannot execute INSERT in a read-only transaction", "", "")},
		{name: "unknown_argument", target: "/rpc/add", data: "a=1&c=2", status: 404,
			body: fault("PGRST202", "Could not find the function archive.add(a, c) in the schema cache",
				"Searched for the function archive.add with parameters a, c, but no matches were found in the schema cache.",
				"Perhaps you meant to call the function archive.add(a, b)")},
	} {
		exchanges = append(exchanges, inBody(x))
	}
	api := serve(t)
	run(t, api, exchanges...)
	for _, x := range exchanges { // what a GET of the same query is answered
		t.Run("GET_"+x.name, func(t *testing.T) {
			t.Parallel()
			if x.name == "method" {
				x.body = `"GET"`
			}
			separator := "?"
			if strings.Contains(x.target, "?") {
				separator = "&"
			}
			x.method, x.target, x.data = http.MethodGet, x.target+separator+strings.ReplaceAll(x.data, `"`, "%22"), ""
			x.check(t, ask(t, api, x))
		})
	}
}

// A function that takes a secret takes none in a QUERY, whose answer may be kept.
func TestQuery_post_only(t *testing.T) {
	t.Parallel()
	api := serveClone(t, logins, postOnly("login"))
	run(t, api,
		inBody(exchange{name: "QUERY", target: "/rpc/login", data: "password=s", status: 405, want: headers{"Allow": "OPTIONS,POST"},
			body: fault("PGRST101", "Cannot use the QUERY method on RPC", "", "")}),
		exchange{name: "OPTIONS", method: http.MethodOptions, target: "/rpc/login?password=s",
			want: headers{"Allow": "OPTIONS,POST", "Accept-Query": "", "Content-Type": ""}},
		exchange{name: "OPTIONS_of_another", method: http.MethodOptions, target: "/rpc/sign_up?password=s",
			want: headers{"Allow": "OPTIONS,GET,HEAD,POST", "Accept-Query": formType, "Content-Type": ""}},
	)
}

// Errors of the grammar are those of a URL. What is no query is refused.
func TestQuery_faults(t *testing.T) {
	t.Parallel()
	offered := headers{"Accept-Query": formType}
	missing := fault("PGRST102", "Content-Type missing", "", "It has to be "+formType+".")
	api := serve(t, func(o *pgrest.Options) { o.Limits.MaxBodyBytes = 50 })
	run(t, api,
		inBody(exchange{name: "grammar", target: "/films", data: "id=noop.1", status: 400,
			body: fault("PGRST100", `"failed to parse filter (noop.1)" (line 1, column 1)`, `unexpected "o" expecting "not" or operator (eq, gt, ...)`, "")}),
		inBody(exchange{name: "column", target: "/films", data: "nothing=eq.1", status: 400,
			body: fault("42703", "column films.nothing does not exist", "", `Perhaps you meant to reference the column "films.rating".`)}),
		inBody(exchange{name: "encoding", target: "/films", data: "title=eq.%FF", status: 400,
			body: fault("22021", `invalid byte sequence for encoding "UTF8": 0xff`, "", "")}),
		inBody(exchange{name: "zero", target: "/films", data: "title=eq.\x00", status: 400,
			body: fault("PGRST102", "The query has control characters that are not percent-encoded", "", "")}),
		inBody(exchange{name: "JSON", target: "/films", send: headers{"Content-Type": "application/json"}, data: "{}", status: 415, want: offered,
			body: fault("PGRST102", "Content-Type not acceptable: application/json", "", "")}),
		exchange{name: "no_type", method: methodQuery, target: "/films", data: "id=eq.1", status: 400, want: offered, body: missing},
		exchange{name: "neither_type_nor_body", method: methodQuery, target: "/films?id=eq.1", status: 400, want: offered, body: missing},
		inBody(exchange{name: "compressed", target: "/films", send: headers{"Content-Encoding": "gzip"}, data: "\x1f\x8b", status: 415,
			want: headers{"Accept-Encoding": "identity"}, body: fault("PGRST102", "Content-Encoding not acceptable: gzip", "", "")}),
		inBody(exchange{name: "too_large", target: "/films", data: "id=in.(" + strings.Repeat("1,", 25) + "1)", status: 413,
			body: fault("PGRST102", "The request body is too large", "It may have 50 bytes.", "")}),
		inBody(exchange{name: "root", target: "/", data: "a=eq.1", status: 405, body: fault("PGRST117", "Unsupported HTTP method: QUERY", "", "")}),
		exchange{name: "lower_case", method: "query", target: "/films", send: headers{"Content-Type": formType}, status: 405,
			body: fault("PGRST117", "Unsupported HTTP method: query", "", "")},
		inBody(exchange{name: "unknown_table", target: "/plays", status: 404,
			body: fault("PGRST205", "Could not find the table 'archive.plays' in the schema cache", "", "")}),
		inBody(exchange{name: "privilege", target: "/acquisitions", status: 401,
			want: headers{"WWW-Authenticate": "Bearer"}, body: fault("42501", "permission denied for table acquisitions", "", "")}),
		exchange{name: "GET_with_a_body", target: "/films?select=id&id=eq.1", send: headers{"Content-Type": formType}, data: "id=eq.2", body: `[{"id":1}]`},
	)
}

// Schemas are chosen by the header of reads.
func TestQuery_profile(t *testing.T) {
	t.Parallel()
	api := serve(t, func(o *pgrest.Options) { o.Schemas = []string{"archive", "archive_v2"} })
	run(t, api,
		inBody(exchange{name: "Accept-Profile", target: "/rpc/add", send: headers{"Accept-Profile": "archive_v2"}, data: "a=1&b=2",
			want: headers{"Content-Profile": "archive_v2"}, body: `"3"`}),
		inBody(exchange{name: "Content-Profile_means_nothing", target: "/rpc/add", send: headers{"Content-Profile": "archive_v2"}, data: "a=1&b=2",
			want: headers{"Content-Profile": "archive"}, body: `3`}),
	)
}

// A function at the root takes a QUERY as it takes a GET.
func TestQuery_root_function(t *testing.T) {
	t.Parallel()
	api := serve(t, func(o *pgrest.Options) { o.RootSpec = "add" })
	run(t, api, inBody(exchange{name: "arguments", target: "/", data: "a=1&b=2", body: `3`}))
}

// numbers has a table of many rows.
const numbers = `
	CREATE TABLE archive.numbers (id int PRIMARY KEY);
	INSERT INTO archive.numbers SELECT generate_series(1, 20000);
	GRANT SELECT ON archive.numbers TO ` + anon

// Filters may be longer than any URL, over every version of HTTP, but have no more values
// and conditions than others; and no URL is named that nobody could ask for.
func TestQuery_long(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), numbers)
	require.NoError(t, err)
	api := open(t, db.Pool(t))
	ids := func(n int) []string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprint(20_000 - 2*i)
		}
		return all
	}
	conditions := func(n int) string { return "or=(id.eq." + strings.Join(ids(n), ",id.eq.") + ")" }
	values := func(n int) string { return "select=id&id=in.(" + strings.Join(ids(n), ",") + ")" }
	tooMany := func(what string, most int) string {
		return fault("PGRST100", "The request has too many "+what, fmt.Sprintf("There may be %d of them.", most), "")
	}
	long := strings.Repeat("&"+values(10_000), 2) // which a server refuses in a URL
	require.Greater(t, len(long), 64<<10)

	for _, http2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(api)
		server.EnableHTTP2 = http2
		if http2 {
			server.StartTLS()
		} else {
			server.Start()
		}
		t.Cleanup(server.Close)
		for _, tt := range []struct {
			name, body   string
			status, rows int
			fault        string
		}{
			{"short", "select=id&id=in.(1,2)", 200, 2, ""},
			{"5000_values", values(5000), 200, 5000, ""},
			{"twice_the_most_values", long, 200, 10_000, ""},
			{"one_more_value", values(10_001), 400, 0, tooMany("values in a list", 10_000)},
			{"the_most_conditions", conditions(1999), 200, 1999, ""},
			{"5000_conditions", conditions(5000), 400, 0, tooMany("conditions", 2000)},
		} {
			t.Run(fmt.Sprintf("http2=%t/%s", http2, tt.name), func(t *testing.T) {
				t.Parallel()
				r, err := http.NewRequestWithContext(t.Context(), methodQuery, server.URL+"/numbers", strings.NewReader(tt.body))
				require.NoError(t, err)
				r.Header.Set("Content-Type", formType)
				response, err := server.Client().Do(r)
				require.NoError(t, err)
				defer response.Body.Close()
				require.Equal(t, http2, response.ProtoMajor == 2)
				require.Equal(t, tt.status, response.StatusCode)
				if tt.fault != "" {
					body, err := io.ReadAll(response.Body)
					require.NoError(t, err)
					require.JSONEq(t, tt.fault, string(body))
					return
				}
				require.Equal(t, tt.name == "short", response.Header.Get("Content-Location") != "")
				require.Equal(t, tt.rows, rowsOf(t, response.Body))
			})
		}
	}
	t.Run("GET", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, http.StatusRequestURITooLong, answer(api, exchange{target: "/numbers?" + long[1:]}.request(t)).Code)
	})
}

// A body takes no more of the process than what it says, however it is made.
func TestQuery_limits(t *testing.T) {
	t.Parallel()
	api := serve(t)
	for _, tt := range []struct {
		name, body string
		status     int
	}{
		{"nothing", strings.Repeat("&", 8<<20), 200},
		{"parameters_that_count_once", "select=id&limit=1" + strings.Repeat("&select=id", 1<<20), 200},
		{"pages_of_one", "select=id" + strings.Repeat("&limit=1", 1<<20), 200},
		{"pages", "select=id&" + strings.Join(numbered("a%d.limit=1", 1<<20), "&"), 400},
		{"orders", "select=id&" + strings.Join(numbered("a%d.order=id", 1<<20), "&"), 400},
		{"a_value", "select=id&title=eq." + strings.Repeat("a", 8<<20), 200},
		{"a_name", "select=id&" + strings.Repeat("a", 8<<20) + "=eq.1", 400},
		{"no_filter", "select=id&id=" + strings.Repeat("a", 8<<20), 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := answer(api, inBody(exchange{target: "/films", data: tt.body}).request(t))
			require.Equal(t, tt.status, w.Code, "%.2000s", w.Body)
			require.Less(t, w.Body.Len(), 10_000, "answers don't grow with what is asked")
		})
	}
}
