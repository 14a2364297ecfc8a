package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
)

// shop is everything that is served, and what goes on beside it.
type shop struct {
	handler  http.Handler
	tasks    []func(context.Context) error // each runs until its context is done
	api      *pgrest.Handler
	database *database
	payments *payments // nil in tests that have no need of them
	logger   *slog.Logger
}

func openShop(ctx context.Context, with settings) (*shop, error) {
	db, err := openDatabase(ctx, with)
	if err != nil {
		return nil, err
	}
	s := &shop{database: db, logger: with.logger}
	if s.payments, err = openPayments(ctx, db, with); err != nil {
		db.close()
		return nil, err
	}
	s.tasks = append(s.tasks, s.payments.work)
	if s.api, err = pgrest.New(db.pool, s.options()); err != nil {
		s.payments.provider.Close()
		db.close()
		return nil, err
	}
	if err := s.api.Ready(ctx); err != nil {
		s.close()
		return nil, fmt.Errorf("wait for the schema: %w", err)
	}
	s.handler = s.routes()
	return s, nil
}

func (s *shop) close() {
	s.api.Close()
	if s.payments != nil {
		s.payments.provider.Close()
	}
	s.database.close()
}

// options are those of the API.
func (s *shop) options() pgrest.Options {
	var hooks []pgrest.Hook
	if s.payments != nil {
		hooks = s.payments.hooks
	}
	return pgrest.Options{
		Hooks:           hooks,
		Schemas:         []string{"api"},
		ExtraSearchPath: []string{}, // not even public
		AnonRole:        anonymous,
		JWTSecret:       s.database.secret,
		// Passwords and orders are not for URLs, which proxies log.
		PostOnly: []string{"login", "change_password", "renew_token", "place_order",
			"requeue_payment", "payment_callback", "index_orders", "unindex_orders"},
		// Operators may ask what a request costs. With options=analyze it runs, and is rolled
		// back if it writes.
		Plans:    true,
		PlansFor: func(who auth.Identity) bool { return who.Role == operator },
		MapError: s.explain,
		MaxRows:  1000,
		DocsUI:   true,
		Logger:   s.logger,
	}
}

// routes puts the API beside the page, and the demo's payment provider.
func (s *shop) routes() http.Handler {
	mux := http.NewServeMux()
	if s.payments != nil {
		mux.Handle("/provider/", http.StripPrefix("/provider", s.payments.provider))
	}
	mux.Handle("/api/", http.StripPrefix("/api", guarded(s.api)))
	mux.Handle("GET /api", http.RedirectHandler("/api/", http.StatusMovedPermanently))
	for _, files := range []string{"/{$}", "/{file}", "/postgrest-js/{file}"} {
		mux.Handle("GET "+files, page())
	}
	return mux
}

//go:embed page
var pageFiles embed.FS

// pagePolicy allows the page its own files and the API, and no script or style within the
// document: what a product's name can't become, though the page writes it as text anyway.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// page serves the files of the page.
func page() http.Handler {
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // page is a valid path
	}
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache") // the files have no dates to be compared
		server.ServeHTTP(w, r)
	})
}
