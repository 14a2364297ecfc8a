package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
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
			"level=INFO msg=request method=GET path=/films status=200 bytes=5 "},
		{"no success at warn", slog.LevelWarn, func(http.ResponseWriter, *http.Request) {}, ""},
		{"client errors at warn", slog.LevelWarn, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) },
			"level=WARN msg=request method=GET path=/films status=404 bytes=0 "},
		{"no client errors at error", slog.LevelError, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, ""},
		{"server errors at error", slog.LevelError, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
			"level=ERROR msg=request method=GET path=/films status=503 bytes=0 "},
		{"nothing at crit", levelCrit, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, ""},
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
			reported(test.handler, logged(log)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/films?id=eq.1", nil))
			if test.want == "" {
				require.Empty(t, out.String())
				return
			}
			require.Contains(t, out.String(), test.want)
		})
	}

	t.Run("broken off", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		abort := func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("["))
			panic(http.ErrAbortHandler)
		}
		require.PanicsWithValue(t, http.ErrAbortHandler, func() {
			reported(http.HandlerFunc(abort), logged(newLogs(slog.LevelError, &out, nil).requests)).
				ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/films", nil))
		})
		require.Contains(t, out.String(), "aborted=true")
	})
}
