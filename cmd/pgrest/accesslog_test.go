package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

func TestLogged(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		level   slog.Level
		handler http.HandlerFunc
		want    string // empty when nothing is to be logged
	}{
		{"every request at info", slog.LevelInfo, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("films")) },
			`level=INFO msg=request method=GET url="/films?id=eq.1" status=200 bytes=5 `},
		{"no success at warn", slog.LevelWarn, func(http.ResponseWriter, *http.Request) {}, ""},
		{"client errors at warn", slog.LevelWarn, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) },
			`level=WARN msg=request method=GET url="/films?id=eq.1" status=404 bytes=0 `},
		{"no client errors at error", slog.LevelError, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, ""},
		{"server errors at error", slog.LevelError, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
			`level=ERROR msg=request method=GET url="/films?id=eq.1" status=503 bytes=0 `},
		{"what the client caused at warn", slog.LevelError, func(w http.ResponseWriter, r *http.Request) {
			observe(r.Context(), pgrest.Event{ClientCaused: true})
			w.WriteHeader(500)
		}, ""},
		{"nothing at crit", levelCrit, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, ""},
		{"role and client", slog.LevelInfo, func(_ http.ResponseWriter, r *http.Request) {
			observe(r.Context(), pgrest.Event{Role: "web_user", SQL: "SELECT $1", Stages: []pgrest.Stage{{Name: "jwt"}}})
		}, `role=web_user client=192.0.2.1 user_agent=""` + "\n"},
		{"stages at debug", slog.LevelDebug, func(_ http.ResponseWriter, r *http.Request) {
			observe(r.Context(), pgrest.Event{Stages: []pgrest.Stage{{Name: "jwt", Duration: time.Second}}})
		}, ` jwt=1s`},
		{"interim responses don't count", slog.LevelInfo, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(103)
			w.WriteHeader(204)
		}, "status=204"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			log := newLogs(test.level, &out, nil).access
			reported(test.handler, log.report).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/films?id=eq.1", nil))
			if test.want == "" {
				require.Empty(t, out.String())
				return
			}
			require.Contains(t, out.String(), test.want)
		})
	}

	t.Run("queries", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		fails := func(w http.ResponseWriter, r *http.Request) {
			observe(r.Context(), pgrest.Event{SQL: "SELECT $1"})
			w.WriteHeader(400)
		}
		for _, level := range []slog.Level{slog.LevelError, slog.LevelWarn} {
			log := newLogs(level, &out, nil).access
			log.queries.Store(true)
			reported(http.HandlerFunc(fails), log.report).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/films", nil))
		}
		require.Equal(t, 1, strings.Count(out.String(), `query="SELECT $1"`), "only where the request is logged")
	})

	t.Run("whatever the client sends", func(t *testing.T) {
		t.Parallel()
		long := strings.Repeat("€", 100_000)
		for _, change := range []func(*http.Request){
			func(r *http.Request) { r.RequestURI = "/films?" + long },
			func(r *http.Request) { r.Method = long },
			func(r *http.Request) { r.Header.Set("User-Agent", long) },
		} {
			for _, apache := range []bool{false, true} {
				var out bytes.Buffer
				log := newLogs(slog.LevelInfo, &out, nil).access
				log.apache.Store(apache)
				r := httptest.NewRequest("GET", "/films", nil)
				change(r)
				reported(http.NotFoundHandler(), log.report).ServeHTTP(httptest.NewRecorder(), r)
				require.Less(t, out.Len(), 2<<10)
				require.True(t, utf8.Valid(out.Bytes()))
				require.Contains(t, out.String(), "€…")
			}
		}
	})

	t.Run("broken off", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		abort := func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("["))
			panic(http.ErrAbortHandler)
		}
		require.PanicsWithValue(t, http.ErrAbortHandler, func() {
			reported(http.HandlerFunc(abort), newLogs(slog.LevelError, &out, nil).access.report).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/films", nil))
		})
		require.Contains(t, out.String(), "status=200 bytes=1")
		require.Contains(t, out.String(), "aborted=true")
	})

	t.Run("broken off before anything was sent", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		require.PanicsWithValue(t, http.ErrAbortHandler, func() {
			reported(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
				newLogs(slog.LevelError, &out, nil).access.report).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/films", nil))
		})
		require.Contains(t, out.String(), "status=0 bytes=0")
		require.Contains(t, out.String(), "aborted=true")
	})
}

// With log-format = "apache", a request is a line in the form of the reference's.
func TestLoggedAsApache(t *testing.T) {
	t.Parallel()
	const date = `\[[0-3][0-9]/[A-Z][a-z]{2}/20[0-9]{2}:[0-9]{2}:[0-9]{2}:[0-9]{2} [-+][0-9]{4}\]`
	tests := []struct {
		name    string
		level   slog.Level
		handler http.HandlerFunc
		header  http.Header
		remote  string
		want    string // empty when nothing is to be logged
	}{
		{"usual", slog.LevelInfo, func(w http.ResponseWriter, r *http.Request) {
			observe(r.Context(), pgrest.Event{Role: "web_user"})
			w.Header().Set("Content-Length", "5")
			_, _ = w.Write([]byte("films"))
		}, http.Header{"User-Agent": {"curl/8.5"}, "Referer": {"https://page.example/"}}, "192.0.2.1:5",
			`192\.0\.2\.1 - web_user ` + date + ` "GET /films\?id=eq\.1 HTTP/1\.1" 200 5 "https://page\.example/" "curl/8\.5"`},
		{"without role, length and agent, at a socket", slog.LevelInfo, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, nil, "@",
			`- - - ` + date + ` "GET /films\?id=eq\.1 HTTP/1\.1" 204 - "" ""`},
		{"length of what was streamed", slog.LevelInfo, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("films")) }, nil, "[::1]:5",
			`::1 - - ` + date + ` "GET /films\?id=eq\.1 HTTP/1\.1" 200 5 "" ""`},
		{"what would end a field", slog.LevelInfo, func(http.ResponseWriter, *http.Request) {}, http.Header{"User-Agent": {`a" "b\c`}}, "192.0.2.1:5",
			`.* "" "a\\" \\"b\\\\c"`},
		{"below the level", slog.LevelError, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, nil, "", ""},
		{"of the level", slog.LevelError, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, nil, "@", `- - - .* 503 - "" ""`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out, notices bytes.Buffer
			log := newLogs(test.level, &out, &notices).access
			log.apache.Store(true)
			r := httptest.NewRequest("GET", "/films?id=eq.1", nil)
			r.RemoteAddr = test.remote
			for name, values := range test.header {
				r.Header[name] = values
			}
			reported(test.handler, log.report).ServeHTTP(httptest.NewRecorder(), r)
			if test.want == "" {
				require.Empty(t, out.String())
				return
			}
			require.Regexp(t, "^"+test.want+"\n$", out.String())
			require.Empty(t, notices.String())
		})
	}

	t.Run("queries are told apart from requests", func(t *testing.T) {
		t.Parallel()
		var out, notices bytes.Buffer
		log := newLogs(slog.LevelInfo, &out, &notices).access
		log.apache.Store(true)
		log.queries.Store(true)
		asks := func(_ http.ResponseWriter, r *http.Request) { observe(r.Context(), pgrest.Event{SQL: "SELECT $1"}) }
		reported(http.HandlerFunc(asks), log.report).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/films", nil))
		require.NotContains(t, out.String(), "SELECT")
		require.Contains(t, notices.String(), `query="SELECT $1"`)
	})
}

// Preflight requests that were answered as such aren't logged; other OPTIONS requests are.
func TestLoggedPreflight(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header map[string]string
		logged bool
	}{
		"preflight":                  {map[string]string{"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}, false},
		"of an origin not listed":    {map[string]string{"Origin": "https://b.example", "Access-Control-Request-Method": "POST"}, true},
		"OPTIONS that is none":       {map[string]string{"Origin": "https://a.example"}, true},
		"OPTIONS of another program": {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			log, seen := newLogs(slog.LevelInfo, &out, nil).access, 0
			handler := cors([]string{"https://a.example"}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			r := httptest.NewRequest("OPTIONS", "/films", nil)
			for name, value := range test.header {
				r.Header.Set(name, value)
			}
			reported(handler, log.report, func(*exchange) { seen++ }).ServeHTTP(httptest.NewRecorder(), r)
			require.Equal(t, test.logged, strings.Contains(out.String(), "method=OPTIONS"), out.String())
			require.Equal(t, 1, seen, "other reports have it all the same")
		})
	}
}
