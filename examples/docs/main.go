// Command docs serves the schema api of the database in DATABASE_URL, and at its root
// a page on which people explore the API and try it out:
//
//	go run ./examples/docs
//	xdg-open http://127.0.0.1:3000/api/
//
// The README says which roles it takes.
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
	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"api"}, AnonRole: "web_anon", DocsUI: true})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:3000", newRouter(api)))
}

func newRouter(api http.Handler) http.Handler {
	router := http.NewServeMux()
	router.Handle("/api/", http.StripPrefix("/api", api))
	return router
}
