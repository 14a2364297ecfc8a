package openapi_test

import (
	_ "embed"
	"log/slog"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

//go:embed library.sql
var librarySQL string

// library is the API of a new and empty library.
func library(t *testing.T) *pgrest.Handler {
	t.Helper()
	database := pgtest.Clone(t)
	_, err := database.Superuser(t).Exec(t.Context(), librarySQL)
	require.NoError(t, err)
	api, err := pgrest.New(database.Pool(t), pgrest.Options{
		Schemas: []string{"library"}, AnonRole: "pgrest_test_anon",
		DisableListener: true, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(api.Close)
	return api
}
