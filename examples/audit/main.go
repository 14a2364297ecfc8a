// Command audit has its own code in the API's transactions: each write leaves an audit row,
// and each new order a job of River's (https://riverqueue.com), such that there is a row
// and a job exactly for what was committed.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/pgrest-go/pgrest"
)

func main() {
	pool, err := pgxpool.New(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	api, err := newAPI(pool)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:3000", api))
}

// Confirm is the job that a new order asks for.
type Confirm struct {
	Order json.RawMessage `json:"order"`
}

// Kind names the job.
func (Confirm) Kind() string { return "confirm" }

func newAPI(pool *pgxpool.Pool) (*pgrest.Handler, error) {
	jobs, err := river.NewClient(riverpgxv5.New(pool), &river.Config{}) // which works on none itself
	if err != nil {
		return nil, err
	}
	return pgrest.New(pool, pgrest.Options{Schemas: []string{"api"}, AnonRole: "web_anon", Hooks: []pgrest.Hook{
		{AsLogin: true, After: audit},
		{AsLogin: true, Rows: true, For: isOrder, After: func(ctx context.Context, tx pgx.Tx, _ *pgrest.Request, done *pgrest.Outcome) error {
			for _, row := range done.Rows {
				if _, err := jobs.InsertTx(ctx, tx, Confirm{Order: row.New}, nil); err != nil {
					return err
				}
			}
			return nil
		}},
	}})
}

func isOrder(r *pgrest.Request) bool {
	return r.Name == "orders" && r.Action == pgrest.ActionInsert && !r.Plan
}

func audit(ctx context.Context, tx pgx.Tx, r *pgrest.Request, done *pgrest.Outcome) error {
	_, err := tx.Exec(ctx, `INSERT INTO public.audit (who, action, relation, rows) VALUES ($1, $2, $3, $4)`,
		r.Identity.Role, r.Action.String(), r.Name, done.RowsAffected)
	return err
}
