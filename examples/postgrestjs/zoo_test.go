package postgrestjs_test

import (
	_ "embed"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

//go:embed zoo.sql
var zooSQL string

// postgrest-js works with the zoo as it is: in a copy of this folder, so that nothing
// that npm makes is left here. What it gives up on, PostgreSQL gives up on too.
func TestPostgrestJS(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s in the PATH: it comes with Node.js 20 or later", program)
		}
	}
	database := pgtest.Clone(t)
	_, err := database.Superuser(t).Exec(t.Context(), zooSQL)
	require.NoError(t, err)
	api, err := pgrest.New(database.Pool(t), pgrest.Options{
		Schemas: []string{"zoo", "aquarium"}, AnonRole: "pgrest_test_anon", Aggregates: true,
		DisableListener: true, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(api.Close)
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)

	folder := t.TempDir()
	for _, name := range []string{".npmrc", "package.json", "package-lock.json", "zoo.test.js"} {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), content, 0o644))
	}
	for _, arguments := range [][]string{{"ci", "--no-audit", "--no-fund"}, {"test"}} {
		npm := exec.CommandContext(t.Context(), "npm", arguments...)
		npm.Dir = folder
		npm.Env = append(os.Environ(), "ZOO_URL="+server.URL)
		output, err := npm.CombinedOutput()
		require.NoError(t, err, "npm %v:\n%s", arguments, output)
	}

	sleeping := func() (n int) {
		row := database.Superuser(t).QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep%' "+
			"AND state = 'active' AND usename = 'pgrest_test_authenticator' AND datname = current_database()")
		require.NoError(t, row.Scan(&n))
		return n
	}
	require.Eventually(t, func() bool { return sleeping() == 0 }, 10*time.Second, 50*time.Millisecond)
}
