package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
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
			log := newLogs(test.level, &out, nil).requests
			reported(test.handler, logged(log, new(atomic.Bool))).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/films?id=eq.1", nil))
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
		var queries atomic.Bool
		queries.Store(true)
		fails := func(w http.ResponseWriter, r *http.Request) {
			observe(r.Context(), pgrest.Event{SQL: "SELECT $1"})
			w.WriteHeader(400)
		}
		for _, level := range []slog.Level{slog.LevelError, slog.LevelWarn} {
			reported(http.HandlerFunc(fails), logged(newLogs(level, &out, nil).requests, &queries)).
				ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/films", nil))
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
			var out bytes.Buffer
			r := httptest.NewRequest("GET", "/films", nil)
			change(r)
			reported(http.NotFoundHandler(), logged(newLogs(slog.LevelInfo, &out, nil).requests, new(atomic.Bool))).ServeHTTP(httptest.NewRecorder(), r)
			require.Less(t, out.Len(), 2<<10)
			require.True(t, utf8.Valid(out.Bytes()))
			require.Contains(t, out.String(), "€…")
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
			reported(http.HandlerFunc(abort), logged(newLogs(slog.LevelError, &out, nil).requests, new(atomic.Bool))).
				ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/films", nil))
		})
		require.Contains(t, out.String(), "aborted=true")
	})
}
