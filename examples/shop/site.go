package main

import (
	"context"
	"fmt"
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
	mux.Handle("/api/", http.StripPrefix("/api", s.api))
	mux.Handle("GET /{$}", http.RedirectHandler("/api/", http.StatusTemporaryRedirect))
	return mux
}
