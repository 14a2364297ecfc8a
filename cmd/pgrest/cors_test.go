package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCORS(t *testing.T) {
	t.Parallel()
	listed := []string{"https://a.example", "https://b.example"}
	exposed := "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit"
	tests := []struct {
		name    string
		origins []string
		method  string
		header  map[string]string
		want    map[string]string // all headers of CORS in the response
		served  bool              // by the API
	}{
		{name: "no origin", method: "GET", served: true},
		{name: "any origin", method: "GET", header: map[string]string{"Origin": "https://x.example"}, served: true,
			want: map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": exposed}},
		{name: "listed origin", origins: listed, method: "GET", header: map[string]string{"Origin": "https://b.example"}, served: true,
			want: map[string]string{"Access-Control-Allow-Origin": "https://b.example",
				"Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": exposed}},
		{name: "origin that is not listed", origins: listed, method: "GET",
			header: map[string]string{"Origin": "https://x.example"}, served: true},
		{name: "preflight", method: "OPTIONS",
			header: map[string]string{"Origin": "https://x.example", "Access-Control-Request-Method": "POST",
				"Access-Control-Request-Headers": "Prefer, Content-Type"},
			want: map[string]string{"Access-Control-Allow-Origin": "*",
				"Access-Control-Allow-Methods": "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD",
				"Access-Control-Allow-Headers": "Authorization, Prefer, Content-Type, Accept, Accept-Language, Content-Language",
				"Access-Control-Max-Age":       "86400"}},
		{name: "preflight for headers that are allowed anyhow", method: "OPTIONS",
			header: map[string]string{"Origin": "https://x.example", "Access-Control-Request-Method": "GET",
				"Access-Control-Request-Headers": "authorization,,accept"},
			want: map[string]string{"Access-Control-Allow-Origin": "*",
				"Access-Control-Allow-Methods": "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD",
				"Access-Control-Allow-Headers": "Authorization, accept, Accept-Language, Content-Language",
				"Access-Control-Max-Age":       "86400"}},
		{name: "preflight without headers, listed origin", origins: listed, method: "OPTIONS",
			header: map[string]string{"Origin": "https://a.example", "Access-Control-Request-Method": "DELETE"},
			want: map[string]string{"Access-Control-Allow-Origin": "https://a.example",
				"Access-Control-Allow-Credentials": "true",
				"Access-Control-Allow-Methods":     "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD",
				"Access-Control-Max-Age":           "86400"}},
		{name: "preflight for QUERY", method: "OPTIONS",
			header: map[string]string{"Origin": "https://x.example", "Access-Control-Request-Method": "QUERY",
				"Access-Control-Request-Headers": "content-type"},
			want: map[string]string{"Access-Control-Allow-Origin": "*",
				"Access-Control-Allow-Methods": "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD, QUERY",
				"Access-Control-Allow-Headers": "Authorization, content-type, Accept, Accept-Language, Content-Language",
				"Access-Control-Max-Age":       "86400"}},
		{name: "preflight of an origin that is not listed", origins: listed, method: "OPTIONS", served: true,
			header: map[string]string{"Origin": "https://x.example", "Access-Control-Request-Method": "GET"}},
		{name: "preflight for a method that the API hasn't", method: "OPTIONS", served: true,
			header: map[string]string{"Origin": "https://x.example", "Access-Control-Request-Method": "TRACE"}},
		{name: "OPTIONS that is no preflight", method: "OPTIONS", served: true,
			header: map[string]string{"Origin": "https://x.example"},
			want:   map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": exposed}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(test.method, "/films", nil)
			for name, value := range test.header {
				r.Header.Set(name, value)
			}
			served := false
			w := httptest.NewRecorder()
			cors(test.origins, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served = true })).ServeHTTP(w, r)

			got := map[string]string{}
			for name := range w.Header() {
				got[name] = w.Header().Get(name)
			}
			if test.want == nil {
				test.want = map[string]string{}
			}
			require.Equal(t, test.want, got)
			require.Equal(t, test.served, served)
			require.Equal(t, http.StatusOK, w.Code)
			require.Empty(t, w.Body.String())
		})
	}
}

// A response that has headers which the reference doesn't have lists them, too, however it
// begins, unless the database says what pages may read.
func TestCORS_exposed(t *testing.T) {
	t.Parallel()
	const exposed = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit"
	for name, tt := range map[string]struct {
		headers map[string]string
		want    []string // the lines
	}{
		"none":            {nil, []string{exposed}},
		"the reference's": {map[string]string{"Content-Range": "0-0/*", "Location": "/films?id=eq.1"}, []string{exposed}},
		"a version":       {map[string]string{"ETag": `"1"`}, []string{exposed, "ETag"}},
		"links":           {map[string]string{"Link": `</films?after=x>; rel="next"`}, []string{exposed, "Link"}},
		"several":         {map[string]string{"Etag": `"1"`, "Pgrest-Position": "x", "Deprecation": "@1", "Sunset": "x"}, []string{exposed, "ETag, Pgrest-Position, Deprecation, Sunset"}},
		"the database's":  {map[string]string{"Etag": `"1"`, "Access-Control-Expose-Headers": "X"}, []string{"X"}},
	} {
		for _, begin := range []func(http.ResponseWriter){
			func(w http.ResponseWriter) { w.WriteHeader(http.StatusEarlyHints); w.WriteHeader(http.StatusNotFound) },
			func(w http.ResponseWriter) { _, _ = w.Write([]byte("x")) },
			func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/films", nil)
				r.Header.Set("Origin", "https://x.example")
				cors(nil, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					for name, value := range tt.headers {
						w.Header().Set(name, value)
					}
					begin(w)
				})).ServeHTTP(w, r)
				require.Equal(t, tt.want, w.Header()["Access-Control-Expose-Headers"])
			})
		}
	}
}

// Responses to preflight requests have the trace header, too.
func TestTraced(t *testing.T) {
	t.Parallel()
	handler := traced("X-Request-Id", cors(nil, http.NotFoundHandler()))
	r := httptest.NewRequest("OPTIONS", "/films", nil)
	r.Header.Set("Origin", "https://a.example")
	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("X-Request-Id", "7")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "7", w.Header().Get("X-Request-Id"))
	untraced := httptest.NewRecorder()
	traced("", cors(nil, http.NotFoundHandler())).ServeHTTP(untraced, r)
	require.Empty(t, untraced.Header()["X-Request-Id"])
}
