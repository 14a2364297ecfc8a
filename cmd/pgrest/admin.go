package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// status is the state of the server, as the admin server tells it.
type status struct {
	live  func(context.Context) bool // requests are accepted
	ready func(context.Context) bool // requests can be answered
}

// adminStatus answers health checks with a status and no body. GET /live tells whether
// requests are accepted, and GET /ready whether they can be answered. For that, the schema
// has to be loaded, the last load must not have failed, and the database has to answer:
// otherwise the status is 503. It is 500 if no requests are accepted.
// See https://docs.postgrest.org/en/stable/references/admin_server.html.
func adminStatus(s status) http.Handler {
	answer := func(ready func(context.Context) bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			switch {
			case !ready(r.Context()):
				w.WriteHeader(http.StatusServiceUnavailable)
			case !s.live(r.Context()):
				w.WriteHeader(http.StatusInternalServerError)
			}
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/live", answer(func(context.Context) bool { return true }))
	mux.Handle("/ready", answer(s.ready))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	return mux
}

func (s *server) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", adminStatus(status{
		live: func(ctx context.Context) bool {
			address := s.address.Load()
			return address != nil && accepts(ctx, *address)
		},
		ready: s.ready,
	}))
	mux.HandleFunc("/schema_cache", s.schemaCache)
	mux.Handle("/metrics", s.metrics.handler())
	return mux
}

// pingTimeout is how long the database may take to answer a ping.
const pingTimeout = 3 * time.Second

// ready reports whether a schema is loaded, the last attempt to load it was a success, and
// the database answers.
func (s *server) ready(ctx context.Context) bool {
	i := s.running()
	if i == nil {
		return false
	}
	health := i.api.Health()
	if health.SchemaLoaded.IsZero() || health.SchemaError != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return i.api.Ping(ctx) == nil
}

// schemaCache answers with the schema cache as JSON, or with an empty body before there is
// one.
func (s *server) schemaCache(w http.ResponseWriter, _ *http.Request) {
	i := s.running()
	if i == nil || i.api.SchemaCache() == nil {
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err := json.NewEncoder(w).Encode(i.api.SchemaCache()); err != nil {
		s.logs.faults.Error("write the schema cache", "error", err)
	}
}
