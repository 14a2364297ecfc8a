// Command chi mounts the API in a group of a chi router. The router hands on the
// whole path, so the library is told which part of it comes before its own.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest"
)

const basePath = "/v1/api"

func main() {
	pool, err := pgxpool.New(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"api"}, AnonRole: "web_anon", BasePath: basePath})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:3000", newRouter(api)))
}

func newRouter(api http.Handler) http.Handler {
	r := chi.NewRouter()
	r.Route("/v1", func(v1 chi.Router) {
		v1.Get("/status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		v1.Mount("/api", api)
	})
	return r
}
