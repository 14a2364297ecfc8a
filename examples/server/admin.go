package main

import (
	"context"
	"net"
	"net/http"
	"time"
)

// admin answers those who watch over the server, with a status and no body.
// GET /live tells whether requests are accepted, GET /ready whether they can be
// answered, for which the schema has to be loaded.
// See https://docs.postgrest.org/en/stable/references/admin_server.html.
func admin(live func(context.Context) bool, loaded func() bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(adminStatus(r, live, loaded))
	})
}

func adminStatus(r *http.Request, live func(context.Context) bool, loaded func() bool) int {
	switch r.URL.Path {
	case "/ready":
		if !loaded() {
			return http.StatusServiceUnavailable
		}
		fallthrough
	case "/live":
		if !live(r.Context()) {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	default:
		return http.StatusNotFound
	}
}

// accepts reports whether a listener at addr takes connections.
func accepts(ctx context.Context, addr net.Addr) bool {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, addr.Network(), addr.String())
	if err != nil {
		return false
	}
	_ = conn.Close() // it was only to see whether it opens
	return true
}
