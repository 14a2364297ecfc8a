package apitest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// Content-Location is the canonical address of what was read: the parameters in
// alphabetical order, encoded in one way.
func TestHeader_content_location(t *testing.T) {
	t.Parallel()
	var exchanges []exchange
	for _, tt := range []struct{ name, target, location string }{
		{"no_query", "/institutions", "/institutions"},
		{"empty_query", "/institutions?", "/institutions"},
		{"in_order", "/institutions?select=code&order=code&code=neq.x", "/institutions?code=neq.x&order=code&select=code"},
		{"one_name_keeps_its_order", "/institutions?code=neq.z&code=neq.a", "/institutions?code=neq.z&code=neq.a"},
		{"encoded", "/institutions?select=code,name&name=like.*é*", "/institutions?name=like.%2A%C3%A9%2A&select=code%2Cname"},
		{"plus", "/institutions?name=eq.British+Film+Institute", "/institutions?name=eq.British%20Film%20Institute"},
		{"needless_encoding", "/institutions?%73elect=c%6Fde", "/institutions?select=code"},
		{"path", "/%E6%98%A0%E7%94%BB", "/%E6%98%A0%E7%94%BB"},
		{"path_needlessly_encoded", "/%69nstitutions", "/institutions"},
		{"reserved_characters_in_the_path", "/lost%20%26%20found%2C%20vol.1?select=order", "/lost%20&%20found%2C%20vol.1?select=order"},
	} {
		exchanges = append(exchanges, exchange{name: tt.name, method: http.MethodHead, target: tt.target, want: headers{"Content-Location": tt.location}})
	}
	run(t, serve(t), exchanges...)
}

// A handler serves below a path that the host's router strips, or that BasePath
// names.
func TestHeader_mounted(t *testing.T) {
	t.Parallel()
	stripped := http.NewServeMux()
	stripped.Handle("/api/v1/", http.StripPrefix("/api/v1", serve(t)))
	base := http.NewServeMux()
	base.Handle("/api/v1/", serve(t, func(o *pgrest.Options) { o.BasePath = "/api/v1" }))
	slash := serve(t, func(o *pgrest.Options) { o.BasePath = "/api/v1/" })
	for name, api := range map[string]http.Handler{"stripped": stripped, "BasePath": base, "BasePath_with_a_slash": slash} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, api,
				exchange{name: "read", target: "/api/v1/films?select=id&id=eq.1", body: `[{"id": 1}]`,
					want: headers{"Content-Location": "/api/v1/films?id=eq.1&select=id"}},
				exchange{name: "path_that_needs_encoding", method: http.MethodHead, target: "/api/v1/lost%20%26%20found%2C%20vol.1",
					want: headers{"Content-Location": "/api/v1/lost%20&%20found%2C%20vol.1"}},
				exchange{name: "the_database_sees_the_API's_path", target: "/api/v1/whoami?select=path", body: `[{"path": "/whoami"}]`},
				exchange{name: "root", method: http.MethodOptions, target: "/api/v1/", want: headers{"Allow": "OPTIONS,GET,HEAD", "Content-Type": ""}},
				exchange{name: "nested_path", target: "/api/v1/api/v1", status: 404, body: fault("PGRST125", "Invalid path specified in request URL", "", "")},
			)
		})
	}
	run(t, slash,
		exchange{name: "outside", target: "/films", status: 404, body: fault("PGRST125", "Invalid path specified in request URL", "", "")},
		exchange{name: "beside", target: "/api/v10/films", status: 404, body: fault("PGRST125", "Invalid path specified in request URL", "", "")},
		exchange{name: "root_without_a_slash", method: http.MethodOptions, target: "/api/v1", want: headers{"Allow": "OPTIONS,GET,HEAD", "Content-Type": ""}},
	)
}

// The base path is given as the host's router knows it; in URLs it may be escaped.
func TestHeader_mounted_under_escapes(t *testing.T) {
	t.Parallel()
	run(t, serve(t, func(o *pgrest.Options) { o.BasePath = "/my api" }),
		exchange{name: "read", target: "/my%20api/films?select=id&id=eq.1", body: `[{"id": 1}]`,
			want: headers{"Content-Location": "/my%20api/films?id=eq.1&select=id"}},
		exchange{name: "outside", target: "/my%2520api/films", status: 404, body: fault("PGRST125", "Invalid path specified in request URL", "", "")},
	)
}

// Stripping the slash, too, leaves a path that doesn't begin with one.
func TestHeader_mounted_without_a_slash(t *testing.T) {
	t.Parallel()
	run(t, http.StripPrefix("/api/", serve(t)),
		exchange{name: "read", target: "/api/films?select=id&id=eq.1", body: `[{"id": 1}]`,
			want: headers{"Content-Location": "/api/films?id=eq.1&select=id"}},
		exchange{name: "function", target: "/api/rpc/add?a=1&b=2", body: `3`},
		exchange{name: "root", method: http.MethodOptions, target: "/api/", want: headers{"Allow": "OPTIONS,GET,HEAD", "Content-Type": ""}},
		exchange{name: "the_database_sees_the_API's_path", target: "/api/whoami?select=path", body: `[{"path": "/whoami"}]`},
	)
}

// What a response depends on is told to caches.
func TestHeader_vary(t *testing.T) {
	t.Parallel()
	const vary = "Accept, Prefer, Range"
	run(t, serve(t),
		exchange{name: "GET", target: "/films?select=id&id=eq.1", want: headers{"Vary": vary}, body: `[{"id": 1}]`},
		exchange{name: "HEAD", method: http.MethodHead, target: "/films", want: headers{"Vary": vary}},
		exchange{name: "OPTIONS", method: http.MethodOptions, target: "/films", want: headers{"Vary": vary, "Content-Type": ""}},
	)
}

// Server-Timing tells how long each stage took.
func TestHeader_server_timing(t *testing.T) {
	t.Parallel()
	api := serve(t, func(o *pgrest.Options) { o.ServerTiming = true })
	const duration = `;dur=\d+\.\d`
	stages := func(names ...string) string { return "^" + strings.Join(names, duration+", ") + duration + "$" }
	for _, tt := range []struct {
		name, method string
		want         string
	}{
		{"GET", http.MethodGet, stages("jwt", "parse", "plan", "transaction", "response")},
		{"HEAD", http.MethodHead, stages("jwt", "parse", "plan", "transaction", "response")},
		{"OPTIONS", http.MethodOptions, stages("jwt", "parse", "plan", "response")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			response := ask(t, api, exchange{method: tt.method, target: "/films"})
			require.Regexp(t, tt.want, response.Header.Get("Server-Timing"))
		})
	}
	response := ask(t, api, exchange{target: "/rpc/respond?headers=%5B%7B%22Server-Timing%22:%22archive%22%7D%5D"})
	require.Len(t, response.Header.Values("Server-Timing"), 2, "the database has its own to tell")
	run(t, serve(t), exchange{name: "off", method: http.MethodHead, target: "/films", want: headers{"Server-Timing": ""}})
}

// What the host has set before is replaced by what the database sets, but for cookies.
func TestHeader_of_the_host(t *testing.T) {
	t.Parallel()
	api := serve(t, func(o *pgrest.Options) { o.PreRequest = "extra.pre_request" })
	host := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private")
		w.Header().Set("Set-Cookie", "host=1")
		w.Header().Set("X-Host", "yes")
		api.ServeHTTP(w, r)
	})
	const cookie = "/rpc/respond?headers=%5B%7B%22Set-Cookie%22:%22a=1%22%7D,%7B%22set-cookie%22:%22b=2%22%7D%5D"
	run(t, host,
		exchange{name: "cookies", target: cookie, want: headers{"Set-Cookie": "host=1\na=1\nb=2", "Cache-Control": "private", "X-Host": "yes"}, body: `"ok"`},
		exchange{name: "others", target: "/films?select=id&id=eq.1", send: headers{"X-Pre-Request": "header"},
			want: headers{"Set-Cookie": "host=1", "Cache-Control": "no-store", "X-Host": "yes"}, body: `[{"id": 1}]`},
		exchange{name: "of_an_error", target: "/films", send: headers{"X-Pre-Request": "refuse"}, status: 403,
			want: headers{"Set-Cookie": "host=1", "Cache-Control": "private"}, body: fault("PT403", "Refused", "By the pre-request function", "Ask nicely")},
	)
}
