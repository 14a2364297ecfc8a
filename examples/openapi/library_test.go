package openapi_test

import (
	"os"
	"testing"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/examples/internal/migrate"
	"github.com/pgrest-go/pgrest/pgresttest"
)

var server = pgresttest.Server{Migrate: migrate.File("library.sql")}

func TestMain(m *testing.M) { os.Exit(server.Main(m)) }

// library is the API of a new and empty library.
func library(t *testing.T) *pgrest.Handler {
	t.Helper()
	return pgresttest.New(t, server.Clone(t).Pool(t, "library_login"), pgrest.Options{
		Schemas: []string{"library"}, AnonRole: "library_anon",
	})
}
