package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRequestsAreLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, r.URL.Path, http.StatusTeapot)
	})
	router := newRouter(api, slog.New(slog.NewTextHandler(&log, nil)))
	recorder := httptest.NewRecorder()
	router.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/api/coins?kind=eq.tea", nil))
	require.Equal(t, "/coins\n", recorder.Body.String(), "the API doesn't see the mount")
	require.Contains(t, log.String(), `method=GET url="/api/coins?kind=eq.tea" status=418 bytes=7`)
}
