// Command quickstart serves the schema api of the database in DATABASE_URL under
// /api, in the fewest lines. The README says which roles it takes.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest"
)

func main() {
	pool, err := pgxpool.New(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := mount(pool, http.DefaultServeMux); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:3000", nil))
}

// mount serves the API under /api.
func mount(pool *pgxpool.Pool, mux *http.ServeMux) (*pgrest.Handler, error) {
	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"api"}, AnonRole: "web_anon"})
	if err != nil {
		return nil, err
	}
	mux.Handle("/api/", http.StripPrefix("/api", api))
	return api, nil
}
