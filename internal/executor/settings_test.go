package executor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Requests that differ in the values of their settings alone share a statement.
func TestSettings_one_statement(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	show := `SELECT current_setting('request.path') || ' ' || current_setting('app.settings.site')`
	for _, site := range []string{"main", "it's", `\'; --`, "", "ünï"} {
		cmd := set(command(anon, show), "app.settings.site", site)
		require.Equal(t, "/films "+site, valueOf(t, pool, cmd))
	}
	made := 0
	for _, statement := range cached(t, pool) {
		if strings.Contains(statement, "set_config") {
			made++
			require.NotContains(t, statement, "/films")
		}
	}
	require.Equal(t, 1, made)
}

// A name is quoted only if there is nothing in it to quote. Whatever else it holds
// is for PostgreSQL to refuse, and no part of a statement.
func TestSettings_names(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ name, want string }{
		"plain":          {"app.settings.site", ""},
		"capitals":       {"App.Settings.Site_2", ""},
		"quoted":         {"app.it's", "42602"},
		"end of a quote": {"app.x', '', true), pg_catalog.set_config('app.y", "42602"},
		"blank":          {"app.a b", "42602"},
		"backslash":      {`app.\`, "42602"},
		"question mark":  {"app.is?", "42602"},
		"no such":        {"nonsense", "42704"},
		"empty":          {"", "42704"},
		"beyond ASCII":   {"app.größe", ""},
		"argument":       {"app.$1", "42602"},
		"may not be set": {"server_version", "55P02"},
		"of a superuser": {"log_statement", "42501"},
		"digits":         {"app.99", "42602"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := oneConnection(t)
			cmd := set(command(anon, `SELECT current_setting($1)`, tt.name), tt.name, "here")
			if tt.want != "" {
				require.Equal(t, tt.want, failure(t, pool, cmd))
				return
			}
			require.Equal(t, "here", valueOf(t, pool, cmd))
		})
	}
}

func TestSettings_numbers(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 99, 100, 101, 1000} {
		for _, readOnly := range []bool{true, false} {
			t.Run(fmt.Sprint(n, " read only ", readOnly), func(t *testing.T) {
				t.Parallel()
				pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1))
				cmd := command(anon, `SELECT concat_ws(' ', current_setting('transaction_read_only'), current_setting($1, true))`,
					fmt.Sprint("app.n", n))
				cmd.ReadOnly, cmd.Context = readOnly, auth.Context{}
				want := map[bool]string{true: "on", false: "off"}[readOnly]
				for i := range n {
					cmd = set(cmd, fmt.Sprint("app.n", i+1), fmt.Sprint("v", i+1))
				}
				if n > 0 {
					want += fmt.Sprint(" v", n)
				}
				require.Equal(t, want, valueOf(t, pool, cmd))
			})
		}
	}
}

// However many lists of settings there are, a connection goes on making them.
func TestSettings_many_lists(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	for i := range 200 {
		name := fmt.Sprint("app.list", i)
		cmd := set(command(anon, `SELECT current_setting($1)`, name), name, name)
		require.Equal(t, name, valueOf(t, pool, cmd))
	}
	_, result := run(t, pool, command(anon, `SELECT 1`))
	require.Equal(t, executor.Overrides{}, result.Overrides)
}
