package main

import (
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/examples/internal/migrate"
	"github.com/pgrest-go/pgrest/pgresttest"
)

var server = pgresttest.Server{Migrate: migrate.File("schema.sql")}

func TestMain(m *testing.M) { os.Exit(server.Main(m)) }

// What the mount of a few lines serves: the schema api, as web_anon may use it, under /api.
func TestMount(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	api, err := mount(server.Clone(t).Pool(t, ""), mux)
	require.NoError(t, err)
	t.Cleanup(api.Close)
	client := pgresttest.NewClient(t, mux)
	client.Get("/api/films?select=title&year=gt.1930").Status(200).
		JSON(`[{"title": "M"}]`).HasHeader("Content-Location", "/api/films?select=title&year=gt.1930")
	client.Post("/api/films", `{"id": 3}`).Status(401).Error("42501")
	client.Get("/films").Status(404).Text("404 page not found\n")
}
