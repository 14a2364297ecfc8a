package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/pgresttest"
)

func TestRequestsAreLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, r.URL.Path, http.StatusTeapot)
	})
	router := newRouter(api, slog.New(slog.NewTextHandler(&log, nil)))
	client := pgresttest.NewClient(t, router)
	client.Get("/api/coins?kind=eq.tea").Status(http.StatusTeapot).Text("/coins\n") // the API doesn't see the mount
	require.Contains(t, log.String(), `method=GET url="/api/coins?kind=eq.tea" status=418 bytes=7`)
}
