package pgrest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	pgxv5 "github.com/jackc/pgx/v5" // pgx is a constant of these tests

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Code of the host's own takes part in each write's transaction: it refuses one, and looks
// at what the others have written.
func ExampleHook() {
	pool, done := pgtest.ExamplePool()
	defer done()

	closed := pgrest.Hook{
		Before: func(ctx context.Context, tx pgxv5.Tx, r *pgrest.Request) error {
			var locked bool
			err := tx.QueryRow(ctx, "SELECT $1 = 'visitors_book' AND current_setting('request.headers')::json->>'x-night' = 'yes'", r.Name).Scan(&locked)
			if err == nil && locked {
				return &pgrest.Error{Code: "CLOSED", Status: http.StatusForbidden, Message: "The book is closed at night"}
			}
			return err
		},
	}
	counted := pgrest.Hook{
		AsLogin: true, // such as for a table that only the host's own login may write to
		After: func(ctx context.Context, tx pgxv5.Tx, r *pgrest.Request, done *pgrest.Outcome) error {
			var user string
			err := tx.QueryRow(ctx, "SELECT current_user").Scan(&user)
			fmt.Println(user, "sees", r.Identity.Role, r.Action, done.RowsAffected, "in", r.Name)
			return err
		},
	}
	api, err := pgrest.New(pool, pgrest.Options{
		Schemas: []string{"archive"}, AnonRole: "pgrest_test_anon", Hooks: []pgrest.Hook{closed, counted},
		TxEnd: pgrest.TxRollback, // for the example's sake
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	for _, night := range []string{"no", "yes"} {
		r := httptest.NewRequest(http.MethodPost, "/visitors_book", strings.NewReader(`{"entry": "Lovely"}`))
		r.Header.Set("X-Night", night)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		fmt.Println(strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Body)))
	}
	// Output:
	// pgrest_test_authenticator sees pgrest_test_anon insert 1 in visitors_book
	// 201
	// 403 {"code":"CLOSED","details":null,"hint":null,"message":"The book is closed at night"}
}

// A route of the host's own works as whoever asks, under the same policies as the API.
func ExampleHandler_Begin() {
	pool, done := pgtest.ExamplePool()
	defer done()
	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}, AnonRole: "pgrest_test_anon"})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	report := func(w http.ResponseWriter, r *http.Request) error {
		tx, err := api.Begin(r.Context(), r)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(r.Context()) }() // does nothing behind Commit
		var films int
		var user string
		if err := tx.QueryRow(r.Context(), "SELECT count(*), current_user FROM films").Scan(&films, &user); err != nil {
			return err
		}
		fmt.Fprintf(w, "%s sees %d films", user, films)
		return tx.Commit(r.Context())
	}
	w := httptest.NewRecorder()
	if err := report(w, httptest.NewRequest(http.MethodGet, "/report", nil)); err != nil {
		w.Code = http.StatusInternalServerError
		if e := (*pgrest.Error)(nil); errors.As(err, &e) {
			w.Code = e.Status
		}
	}
	fmt.Println(strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Body)))
	// Output: 200 pgrest_test_anon sees 13 films
}

// A route of the host's own knows who asks.
func ExampleHandler_Identify() {
	pool, done := pgtest.ExamplePool()
	defer done()
	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}, AnonRole: "pgrest_test_anon"})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()
	id, err := api.Identify(httptest.NewRequest(http.MethodGet, "/profile", nil))
	fmt.Println(id.Role, id.Anonymous, err)
	// Output: pgrest_test_anon true <nil>
}

// In a test all requests run in one transaction, of which nothing is left. Package
// pgresttest has it in one call.
func ExampleHandler_In() {
	pool, done := pgtest.ExamplePool()
	defer done()
	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}, AnonRole: "pgrest_test_anon"})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	ctx := context.Background()
	tx, err := pool.Begin(ctx)
	if err != nil {
		log.Print(err)
		return
	}
	defer func() { _ = tx.Rollback(ctx) }()
	in := api.In(tx)
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodPost, "/visitors_book", strings.NewReader(`{"name": "Grace", "entry": "Lovely"}`)),
		httptest.NewRequest(http.MethodGet, "/visitors_book?select=entry&name=eq.Grace", nil),
	} {
		w := httptest.NewRecorder()
		in.ServeHTTP(w, r)
		fmt.Println(strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Body)))
	}
	// Output:
	// 201
	// 200 [{"entry":"Lovely"}]
}
