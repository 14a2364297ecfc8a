package apitest_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// PostgreSQL cuts names off behind 63 bytes. That must not make one alias of two.
func TestLimits_long_names(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	long := strings.Repeat("é", 31) + "x" // 63 bytes
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE TABLE archive."`+long+`" (id int PRIMARY KEY, parent_id int REFERENCES archive."`+long+`");
		CREATE TABLE archive.links (film int REFERENCES archive.films, long int REFERENCES archive."`+long+`", PRIMARY KEY (film, long));
		GRANT SELECT ON archive."`+long+`", archive.links TO `+anon+`;
		INSERT INTO archive."`+long+`" VALUES (1, NULL), (2, 1), (3, 2);
		INSERT INTO archive.links VALUES (4, 3)`)
	require.NoError(t, err)
	run(t, open(t, db.Pool(t)),
		exchange{name: "parents", target: "/" + long + "?select=id,p:parent_id(id,p:parent_id(id))&id=eq.3",
			body: `[{"id": 3, "p": {"id": 2, "p": {"id": 1}}}]`},
		exchange{name: "children", target: "/" + long + "?select=id,c:" + long + "!parent_id(id,c:" + long + "!parent_id(id))&id=eq.1",
			body: `[{"id": 1, "c": [{"id": 2, "c": [{"id": 3}]}]}]`},
		exchange{name: "over_a_junction", target: "/films?select=id,l:" + long + "(id)&id=eq.4", body: `[{"id": 4, "l": [{"id": 3}]}]`},
	)
}

// unlimited takes the limits off.
func unlimited(o *pgrest.Options) {
	o.Limits = pgrest.Limits{
		MaxQueryBytes: -1, MaxBatchRequests: -1, MaxBodyBytes: -1, MaxBodyColumns: -1, MaxConditions: -1, MaxEmbeds: -1, MaxEmbedDepth: -1,
		MaxSelectItems: -1, MaxOrderTerms: -1, MaxListValues: -1, MaxHeaderValues: -1,
	}
}

// Without limits, requests may be as long as the host's server allows, and cost little
// more than their length. None of them breaks a connection.
func TestLimits_none(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1))
	var backend, after int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT pg_backend_pid()`).Scan(&backend))
	api := open(t, pool, unlimited)
	for _, tt := range []struct {
		name, target string
		status       int
	}{
		{"conditions", "/films?id=eq.1" + strings.Repeat("&id=eq.1", 1000), http.StatusOK},
		{"more conditions than a statement has arguments", "/films?id=eq.1" + strings.Repeat("&id=eq.1", 70_000), http.StatusRequestURITooLong},
		{"columns", "/films?id=eq.1&select=id" + strings.Repeat(",id", 1000), http.StatusOK},
		{"more columns than a statement has", "/films?select=id" + strings.Repeat(",id", 2000), http.StatusInternalServerError},
		{"columns of an embed, and an order by them", "/films?select=directors(id" + strings.Repeat(",id", 100_000) + ")" +
			"&order=directors(born)" + strings.Repeat(",directors(born)", 30_000), http.StatusInternalServerError},
		{"embeds", "/films?select=" + strings.Join(numbered("a%d:directors()", 50_000), ",") + "&" +
			strings.Join(numbered("a%d=is.null", 50_000), "&"), http.StatusInternalServerError},
		{"all columns, often", "/films?select=*" + strings.Repeat(",*", 1000), http.StatusInternalServerError},
		{"order", "/films?order=" + strings.Join(numbered("id->a%d", 50_000), ","), http.StatusInternalServerError},
		{"arguments", "/rpc/add?" + strings.Join(numbered("a%d=", 50_000), "&"), http.StatusNotFound},
		{"table", "/films" + strings.Repeat("films", 100_000), http.StatusNotFound},
		{"function", "/rpc/add" + strings.Repeat("add", 100_000), http.StatusNotFound},
		{"embed", "/films?select=directors" + strings.Repeat("directors", 50_000) + "()", http.StatusBadRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			response := ask(t, api, exchange{target: tt.target})
			require.Equal(t, tt.status, response.StatusCode)
			require.Less(t, time.Since(start), 10*time.Second)
		})
	}
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT pg_backend_pid()`).Scan(&after))
	require.Equal(t, backend, after)
}

// By default a request is refused that asks for out of proportion, before the database
// hears of it, and with a clear answer.
func TestLimits(t *testing.T) {
	t.Parallel()
	tooMany := func(what string, most int) string {
		return fault("PGRST100", "The request has too many "+what, fmt.Sprintf("There may be %d of them.", most), "")
	}
	columns := fault("PGRST102", "The request body has too many columns", "There may be 1664 of them.", "")
	object := func(names int) string { return "{" + strings.Join(numbered(`"a%d":1`, names), ",") + "}" }
	const films, form = "/films", "application/x-www-form-urlencoded"
	api := serve(t)
	for _, tt := range []struct {
		name   string
		at     exchange // the limit: whatever it is answered, it isn't that it asks for too much
		beyond exchange
		status int
		body   string
	}{
		{name: "query string", at: exchange{target: films + "?title=eq." + strings.Repeat("a", 64<<10-9)},
			beyond: exchange{target: films + "?title=eq." + strings.Repeat("a", 64<<10-8)}, status: 414,
			body: fault("PGRST100", "The query string of the URL is too long", "It may have 65536 bytes.", "")},
		{name: "path", at: exchange{target: "/" + strings.Repeat("a", 64<<10-1)},
			beyond: exchange{target: "/" + strings.Repeat("a", 64<<10)}, status: 414,
			body: fault("PGRST100", "The path of the URL is too long", "It may have 65536 bytes.", "")},
		{name: "conditions", at: exchange{target: films + "?id=is.null" + strings.Repeat("&id=is.null", 1999)},
			beyond: exchange{target: films + "?id=is.null" + strings.Repeat("&id=is.null", 2000)}, status: 400, body: tooMany("conditions", 2000)},
		{name: "groups", at: exchange{target: films + "?or=(id.eq.1" + strings.Repeat(",and(id.eq.1)", 999) + ")"},
			beyond: exchange{target: films + "?or=(id.eq.1" + strings.Repeat(",and(id.eq.1)", 1000) + ")"}, status: 400, body: tooMany("conditions", 2000)},
		{name: "embeds", at: exchange{target: films + "?limit=1&select=" + strings.Join(numbered("a%d:directors(id)", 100), ",")},
			beyond: exchange{target: films + "?limit=1&select=" + strings.Join(numbered("a%d:directors(id)", 101), ",")}, status: 400, body: tooMany("embeds", 100)},
		{name: "depth", at: exchange{target: films + "?select=" + strings.Repeat("sequel_of(", 10) + strings.Repeat(")", 10)},
			beyond: exchange{target: films + "?select=" + strings.Repeat("sequel_of(", 11) + strings.Repeat(")", 11)}, status: 400, body: tooMany("levels of embeds", 10)},
		{name: "select", at: exchange{target: films + "?select=id" + strings.Repeat(",id", 1663)},
			beyond: exchange{target: films + "?select=id" + strings.Repeat(",id", 1664)}, status: 400, body: tooMany("items in select", 1664)},
		{name: "order", at: exchange{target: films + "?order=id" + strings.Repeat(",id", 99)},
			beyond: exchange{target: films + "?order=id" + strings.Repeat(",id", 100)}, status: 400, body: tooMany("terms in order", 100)},
		{name: "list", at: exchange{target: films + "?id=in.(1" + strings.Repeat(",1", 9999) + ")"},
			beyond: exchange{target: films + "?id=in.(1" + strings.Repeat(",1", 10000) + ")"}, status: 400, body: tooMany("values in a list", 10000)},
		{name: "array", at: exchange{target: films + "?id=eq(any).{1" + strings.Repeat(",1", 9999) + "}"},
			beyond: exchange{target: films + "?id=eq(any).{1" + strings.Repeat(",1", 10000) + "}"}, status: 400, body: tooMany("values in a list", 10000)},
		{name: "columns", at: exchange{method: http.MethodPost, target: films + "?columns=" + strings.Join(numbered("a%d", 1664), ","), data: "{}"},
			beyond: exchange{method: http.MethodPost, target: films + "?columns=" + strings.Join(numbered("a%d", 1665), ","), data: "{}"},
			status: 400, body: tooMany("names in columns", 1664)},
		{name: "on_conflict", at: exchange{method: http.MethodPost, target: films + "?on_conflict=id" + strings.Repeat(",id", 1663), data: "[]"},
			beyond: exchange{method: http.MethodPost, target: films + "?on_conflict=id" + strings.Repeat(",id", 1664), data: "[]"},
			status: 400, body: tooMany("names in on_conflict", 1664)},
		{name: "arguments", at: exchange{target: "/rpc/add?a=1" + strings.Repeat("&a=1", 9999)},
			beyond: exchange{target: "/rpc/add?a=1" + strings.Repeat("&a=1", 10000)}, status: 400, body: tooMany("arguments", 10000)},
		{name: "arguments in a form", at: exchange{method: http.MethodPost, target: "/rpc/add", send: headers{"Content-Type": form}, data: "a=1" + strings.Repeat("&a=1", 9999)},
			beyond: exchange{method: http.MethodPost, target: "/rpc/add", send: headers{"Content-Type": form}, data: "a=1" + strings.Repeat("&a=1", 10000)},
			status: 400, body: fault("PGRST102", "The request body has too many arguments", "There may be 10000 of them.", "")},
		{name: "object", at: exchange{method: http.MethodPost, target: films, data: object(1664)},
			beyond: exchange{method: http.MethodPost, target: films, data: object(1665)}, status: 400, body: columns},
		{name: "objects", at: exchange{method: http.MethodPost, target: films, data: "[" + object(1664) + "," + object(1664) + "]"},
			beyond: exchange{method: http.MethodPost, target: films, data: "[" + object(1_000_000) + "]"}, status: 400, body: columns},
		{name: "object for a function", at: exchange{method: http.MethodPost, target: "/rpc/add", data: object(1664)},
			beyond: exchange{method: http.MethodPost, target: "/rpc/add", data: object(1665)}, status: 400, body: columns},
		{name: "CSV", at: exchange{method: http.MethodPost, target: films, send: headers{"Content-Type": "text/csv"}, data: strings.Join(numbered("a%d", 1664), ",") + "\n" + strings.Repeat(",", 1663)},
			beyond: exchange{method: http.MethodPost, target: films, send: headers{"Content-Type": "text/csv"}, data: strings.Join(numbered("a%d", 1665), ",")}, status: 400, body: columns},
		{name: "form", at: exchange{method: http.MethodPost, target: films, send: headers{"Content-Type": form}, data: strings.Join(numbered("a%d=", 1664), "&")},
			beyond: exchange{method: http.MethodPost, target: films, send: headers{"Content-Type": form}, data: strings.Join(numbered("a%d=", 1665), "&")}, status: 400, body: columns},
		{name: "Accept", at: exchange{target: films, send: headers{"Accept": "a/b" + strings.Repeat(",a/b", 99)}},
			beyond: exchange{target: films, send: headers{"Accept": "a/b\na/b" + strings.Repeat(",a/b", 99)}}, status: 431,
			body: fault("PGRST107", "The Accept header has too many media types", "There may be 100 of them.", "")},
		{name: "Prefer", at: exchange{target: films, send: headers{"Prefer": "a" + strings.Repeat(",a", 99)}},
			beyond: exchange{target: films, send: headers{"Prefer": "a" + strings.Repeat(",a", 100)}}, status: 431,
			body: fault("PGRST122", "The Prefer header has too many preferences", "There may be 100 of them.", "")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := answer(api, tt.at.request(t))
			require.Less(t, w.Code, 500, "%.2000s", w.Body)
			require.NotContains(t, w.Body.String(), "too many")
			require.NotContains(t, w.Body.String(), "too long")
			beyond := tt.beyond
			beyond.status, beyond.body = tt.status, tt.body
			start := time.Now()
			beyond.check(t, ask(t, api, beyond))
			require.Less(t, time.Since(start), 5*time.Second)
		})
	}
}

// The host says what is too much.
func TestLimits_of_the_host(t *testing.T) {
	t.Parallel()
	few := func(o *pgrest.Options) {
		o.Limits = pgrest.Limits{MaxQueryBytes: 40, MaxBodyBytes: 50, MaxConditions: 1, MaxSelectItems: -1}
	}
	api := serve(t, few)
	tooLarge := fault("PGRST102", "The request body is too large", "It may have 50 bytes.", "")
	run(t, api,
		exchange{name: "query", target: "/films?select=id,title&title=eq.a%20title%20too%20long", status: 414,
			body: fault("PGRST100", "The query string of the URL is too long", "It may have 40 bytes.", "")},
		exchange{name: "conditions", target: "/films?id=eq.1&year=gt.1", status: 400,
			body: fault("PGRST100", "The request has too many conditions", "There may be 1 of them.", "")},
		exchange{name: "others", target: "/films?select=id&id=eq.1", body: `[{"id": 1}]`},
		exchange{name: "body", method: http.MethodPost, target: "/rpc/add", data: `{"a": 1, "b": 2` + strings.Repeat(" ", 35) + "}", status: 413, body: tooLarge},
		exchange{name: "body_of_a_function_that_takes_it_whole", method: http.MethodPost, target: "/rpc/length", send: headers{"Content-Type": "text/plain"},
			data: strings.Repeat("a", 51), status: 413, body: tooLarge},
		exchange{name: "the_largest_body", method: http.MethodPost, target: "/rpc/add", data: `{"a": 1, "b": 2` + strings.Repeat(" ", 34) + "}", body: `3`},
		exchange{name: "CSV", method: http.MethodPost, target: "/films", send: headers{"Content-Type": "text/csv"}, data: "id,title\n1,a\n2,b\n3,c", status: 413,
			body: fault("PGRST102", "The request body is too large", "It may have 50 bytes with the column names repeated in each row.", "")},
	)
	t.Run("announced", func(t *testing.T) { // and thus not read
		t.Parallel()
		r := exchange{method: http.MethodPost, target: "/rpc/add"}.request(t)
		r.Body, r.ContentLength = io.NopCloser(unreadable{}), 51
		require.Equal(t, 413, answer(api, r).Code)
	})
	t.Run("not_announced", func(t *testing.T) { // and read no further than necessary
		t.Parallel()
		body := &endless{}
		r := exchange{method: http.MethodPost, target: "/rpc/add"}.request(t)
		r.Body, r.ContentLength = io.NopCloser(body), -1
		require.Equal(t, 413, answer(api, r).Code)
		require.Less(t, body.read, 10_000)
	})
	t.Run("too_slow", func(t *testing.T) {
		t.Parallel()
		r := exchange{method: http.MethodPost, target: "/rpc/add"}.request(t)
		r.Body, r.ContentLength = io.NopCloser(slow{}), -1
		w := answer(api, r)
		require.Equal(t, http.StatusRequestTimeout, w.Code)
		require.JSONEq(t, fault("PGRST102", "The request body came too slowly", "", ""), w.Body.String())
	})
}

// unreadable is a body that nobody is to read.
type unreadable struct{}

func (unreadable) Read([]byte) (int, error) { panic("read") }

// endless is a body without an end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

// slow is a body whose deadline has passed.
type slow struct{}

func (slow) Read([]byte) (int, error) { return 0, fmt.Errorf("read tcp: %w", os.ErrDeadlineExceeded) }

// The most embeds that there may be are answered in no time, however they are joined.
func TestLimits_embeds(t *testing.T) {
	t.Parallel()
	api := serve(t)
	for name, target := range map[string]string{
		"to_one":           "/films?id=eq.4&select=" + strings.Join(numbered("a%d:directors(id)", 100), ","),
		"to_one_inner":     "/films?id=eq.4&select=" + strings.Join(numbered("a%d:directors!inner(id)", 100), ","),
		"to_one_spread":    "/films?id=eq.4&select=" + strings.Join(numbered("...directors(a%d:id)", 100), ","),
		"to_one_existence": "/films?id=eq.4&select=id," + strings.Join(numbered("a%d:directors!inner()", 100), ","),
		"to_many":          "/directors?id=eq.1&select=" + strings.Join(numbered("a%d:films!inner(id)", 100), ","),
		"existence":        "/directors?id=eq.1&select=id," + strings.Join(numbered("a%d:films!inner()", 100), ","),
		"junction":         "/films?id=eq.1&select=" + strings.Join(numbered("a%d:genres!inner(id)", 100), ","),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for method, send := range map[string]headers{http.MethodGet: {"Prefer": "count=exact"}, http.MethodHead: nil} {
				start := time.Now()
				response := ask(t, api, exchange{method: method, target: target, send: send})
				body := read(t, response)
				require.Equal(t, http.StatusOK, response.StatusCode, body)
				require.Less(t, time.Since(start), 15*time.Second) // it was minutes
				if method == http.MethodGet {
					require.Equal(t, "0-0/1", response.Header.Get("Content-Range"))
				}
			}
		})
	}
}

// numbered fills the numbers up to n into a format.
func numbered(format string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(format, i)
	}
	return all
}

// What middleware of the host's has said of the response stays.
func TestHeader_vary_of_the_host(t *testing.T) {
	t.Parallel()
	api := serve(t)
	host := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Origin")
		api.ServeHTTP(w, r)
	})
	const vary = "Origin\nAccept, Prefer, Range"
	run(t, host,
		exchange{name: "GET", target: "/films?select=id&id=eq.1", want: headers{"Vary": vary}, body: `[{"id": 1}]`},
		exchange{name: "OPTIONS", method: http.MethodOptions, target: "/films", want: headers{"Vary": vary, "Content-Type": ""}},
	)
}

func TestOptions_observe_head(t *testing.T) {
	t.Parallel()
	var seen events
	api := serve(t, func(o *pgrest.Options) { o.Observe = seen.observe })
	event := seen.of(t, api, exchange{method: http.MethodHead, target: "/nowhere"})
	require.Equal(t, http.StatusNotFound, event.Status)
	require.Zero(t, event.Bytes)
}
