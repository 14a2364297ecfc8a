package postgrestjs_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/examples/internal/migrate"
	"github.com/pgrest-go/pgrest/pgresttest"
)

var server = pgresttest.Server{Migrate: migrate.File("zoo.sql")}

func TestMain(m *testing.M) { os.Exit(server.Main(m)) }

// postgrest-js works with the zoo as it is: in a copy of this folder, so that nothing
// that npm makes is left here. What it gives up on, PostgreSQL gives up on too.
func TestPostgrestJS(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s in the PATH: it comes with Node.js 20 or later", program)
		}
	}
	database := server.Clone(t)
	site := httptest.NewServer(pgresttest.New(t, database.Pool(t, "zoo_login"), pgrest.Options{
		Schemas: []string{"zoo", "aquarium"}, AnonRole: "zoo_anon", Aggregates: true,
	}))
	t.Cleanup(site.Close)

	folder := t.TempDir()
	for _, name := range []string{".npmrc", "package.json", "package-lock.json", "zoo.test.js"} {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), content, 0o644))
	}
	for _, arguments := range [][]string{{"ci", "--no-audit", "--no-fund"}, {"test"}} {
		npm := exec.CommandContext(t.Context(), "npm", arguments...)
		npm.Dir = folder
		npm.Env = append(os.Environ(), "ZOO_URL="+site.URL)
		output, err := npm.CombinedOutput()
		require.NoError(t, err, "npm %v:\n%s", arguments, output)
	}

	superuser := database.Pool(t, "")
	sleeping := func() (n int) {
		row := superuser.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep%' "+
			"AND state = 'active' AND datname = current_database() AND pid <> pg_backend_pid()")
		require.NoError(t, row.Scan(&n))
		return n
	}
	require.Eventually(t, func() bool { return sleeping() == 0 }, 10*time.Second, 50*time.Millisecond)
}
