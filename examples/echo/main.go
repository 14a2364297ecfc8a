// Command echo mounts the API in an Echo instance. The prefix is stripped on the
// way; the library still learns of it from the request, for the links that it makes.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v5"

	"github.com/pgrest-go/pgrest"
)

func main() {
	pool, err := pgxpool.New(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"api"}, AnonRole: "web_anon"})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:3000", newRouter(api)))
}

func newRouter(api http.Handler) http.Handler {
	e := echo.New()
	e.GET("/status", func(c *echo.Context) error { return c.NoContent(http.StatusNoContent) })
	e.Any("/api/*", echo.WrapHandler(http.StripPrefix("/api", api)))
	return e
}
