// Command host has all that a host decides about the API on one page: sessions, the rows of
// a shop alone, no DELETE, an audit row with each write, and a job with each row of one.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

func main() {
	pool, err := pgxpool.New(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:3000", newAPI(pool, map[string]string{"a secret cookie": `{"shop":1}`})))
}

type shipment struct{ Order json.RawMessage }

func (shipment) Kind() string { return "shipment" }

func newAPI(pool *pgxpool.Pool, sessions map[string]string) *pgrest.Handler {
	jobs, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
	if err != nil {
		log.Fatal(err)
	}
	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"api"}, Authenticate: func(r *http.Request) (auth.Identity, error) {
		if cookie, err := r.Cookie("session"); err == nil && sessions[cookie.Value] != "" {
			return auth.Identity{Role: "web_user", Claims: []byte(sessions[cookie.Value])}, nil
		}
		return auth.Identity{}, &auth.Error{Status: http.StatusUnauthorized, Message: "Please log in"}
	}, Decide: func(_ context.Context, use *pgrest.Use) (d pgrest.Decision, err error) {
		if use.Kind == pgrest.UseDelete {
			return d, &pgrest.Error{Status: http.StatusForbidden, Code: "HOST1", Message: "Nothing is deleted here"}
		}
		var claims struct{ Shop json.Number }
		err = json.Unmarshal(use.Identity.Claims, &claims)
		return pgrest.Decision{Filter: "shop=eq." + claims.Shop.String()}, err
	}, Hooks: []pgrest.Hook{{AsLogin: true, Rows: true, After: func(ctx context.Context, tx pgx.Tx, r *pgrest.Request, done *pgrest.Outcome) error {
		_, err := tx.Exec(ctx, `INSERT INTO audit (action, relation, rows) VALUES ($1, $2, $3)`, r.Action.String(), r.Name, done.RowsAffected)
		for i := 0; err == nil && i < len(done.Rows); i++ {
			_, err = jobs.InsertTx(ctx, tx, shipment{done.Rows[i].New}, nil)
		}
		return err
	}}}})
	if err != nil {
		log.Fatal(err)
	}
	return api
}
