package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest"
)

// site is everything that is served, and what has to be closed with it.
type site struct {
	handler http.Handler
	token   string // a producer's
	api     *pgrest.Handler
	pool    *pgxpool.Pool
}

func openSite(ctx context.Context, databaseURL string, logger *slog.Logger) (*site, error) {
	pool, err := openDatabase(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	secret := []byte(rand.Text() + rand.Text()) // 32 bytes are the least that a key may have
	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:   []string{"api"},
		AnonRole:  anonymous,
		JWTSecret: secret,
		Logger:    logger,
	})
	if err != nil {
		pool.Close()
		return nil, err
	}
	s := &site{api: api, pool: pool, token: sign(secret, producer, time.Now().Add(24*time.Hour))}
	if err := api.Ready(ctx); err != nil {
		s.close()
		return nil, fmt.Errorf("wait for the schema: %w", err)
	}
	s.handler = newRouter(api, logger)
	return s, nil
}

func (s *site) close() {
	s.api.Close()
	s.pool.Close()
}

// newRouter puts the API beside the host's own page and middleware.
func newRouter(api http.Handler, logger *slog.Logger) http.Handler {
	r := chi.NewRouter()
	r.Use(logRequests(logger))
	r.Get("/", page)
	r.Mount("/api", http.StripPrefix("/api", api))
	return r
}

//go:embed page.html
var pageText string

// page lists what there is to try.
func page(w http.ResponseWriter, _ *http.Request) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = t.Execute(w, tour) // fails when the client went away
}

func logRequests(logger *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			defer func() {
				logger.InfoContext(r.Context(), "request", "method", r.Method, "url", r.URL.RequestURI(),
					"status", seen.Status(), "bytes", seen.BytesWritten(), "duration", time.Since(start))
			}()
			next.ServeHTTP(seen, r)
		})
	}
}
