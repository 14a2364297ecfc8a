package executor_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/query"
)

func TestOnce_rows(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t)
	result, err := once(t.Context(), executor.New(pool, true),
		command(anon, `SELECT id, title, rating FROM films WHERE year < $1 ORDER BY id DESC`, "1930"))
	require.NoError(t, err)
	defer result.Close()

	require.Zero(t, result.Rows)
	require.True(t, result.Next())
	require.Equal(t, [][]byte{[]byte("13"), []byte("Dickson Greeting"), nil}, result.Values())
	require.True(t, result.Next())
	require.Equal(t, [][]byte{[]byte("1"), []byte("Metropolis"), []byte("8.3")}, result.Values())
	require.False(t, result.Next())
	require.False(t, result.Next())
	require.NoError(t, result.Err())
	require.EqualValues(t, 2, result.Rows)
	require.Nil(t, result.Counted)
	require.Nil(t, result.Estimated)
}

func TestOnce_no_rows(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t)
	rows, result := run(t, pool, command(anon, `SELECT id FROM films WHERE false`))
	require.Empty(t, rows)
	require.Zero(t, result.Rows)
}

func TestOnce_counts(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t)
	const (
		page    = `SELECT id FROM films ORDER BY id LIMIT 2`
		count   = `SELECT count(*) FROM films`
		explain = `EXPLAIN (FORMAT JSON) SELECT FROM films`
	)
	all := func(n int64) *int64 { return &n }
	tests := map[string]struct {
		change           func(*task)
		rows             int
		counted, planned *int64
	}{
		"none":    {func(c *task) {}, 2, nil, nil},
		"exact":   {func(c *task) { c.Program.Count = statement(count) }, 2, all(13), nil},
		"planned": {func(c *task) { c.Program.Estimate = statement(explain) }, 2, nil, all(13)},
		"estimated": {func(c *task) {
			c.Program.Count, c.Program.Estimate = statement(`SELECT count(*) FROM (SELECT FROM films LIMIT $1) f`, "3"), statement(explain)
		}, 2, all(3), all(13)},
		"rows instead of the rows": {func(c *task) {
			c.Program.Form = query.FormNumber
			c.Program.Main = *statement(`SELECT count(*) FROM (` + page + `) f`)
		}, 0, nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := command(anon, page)
			tt.change(&cmd)
			rows, result := run(t, pool, cmd)
			require.Len(t, rows, tt.rows)
			require.EqualValues(t, 2, result.Rows)
			require.Equal(t, tt.counted, result.Counted)
			require.Equal(t, tt.planned, result.Estimated)
		})
	}
}

// A count and the rows that it counts come from one snapshot.
func TestOnce_isolation(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t)
	cmd := command(anon, `SELECT current_setting('transaction_isolation')`)
	require.Equal(t, "read committed", valueOf(t, pool, cmd))
	require.Equal(t, "repeatable read", valueOf(t, pool, counted(cmd, `SELECT 1`)))
}

func TestOnce_read_only(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t)
	write := command(curator, `INSERT INTO genres (name) VALUES ('Noir') RETURNING id`)
	require.Equal(t, "25006", failure(t, pool, write))
	require.Equal(t, "25006", failure(t, pool, counted(write, `SELECT 1`)))
	require.Equal(t, "25006", failure(t, pool, prepared(command(curator, `SELECT 1`), `DELETE FROM roles`)))
}

func TestOnce_overrides(t *testing.T) {
	t.Parallel()
	const (
		teapot = `SELECT set_config('response.status', '418', true)`
		tea    = `SELECT set_config('response.headers', '[{"X-Tea": "Assam"}]', true)`
	)
	pool := pgtest.Fixture(t).Pool(t)
	tests := map[string]struct {
		cmd         task
		first, last executor.Overrides
	}{
		"none":              {command(anon, `SELECT 1`), executor.Overrides{}, executor.Overrides{}},
		"by the main query": {command(anon, teapot), executor.Overrides{}, executor.Overrides{Status: "418"}},
		"by the pre-request": {prepared(command(anon, `SELECT 1`), tea),
			executor.Overrides{Headers: `[{"X-Tea": "Assam"}]`}, executor.Overrides{Headers: `[{"X-Tea": "Assam"}]`}},
		"by both": {prepared(command(anon, teapot), tea),
			executor.Overrides{Headers: `[{"X-Tea": "Assam"}]`}, executor.Overrides{Headers: `[{"X-Tea": "Assam"}]`, Status: "418"}},
		"in an explicit transaction": {counted(prepared(command(anon, teapot), tea), `SELECT 1`),
			executor.Overrides{Headers: `[{"X-Tea": "Assam"}]`}, executor.Overrides{Headers: `[{"X-Tea": "Assam"}]`, Status: "418"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, err := once(t.Context(), executor.New(pool, true), tt.cmd)
			require.NoError(t, err)
			defer result.Close()
			require.Equal(t, tt.first, result.Overrides, "before the rows")
			collect(result)
			require.NoError(t, result.Err())
			require.Equal(t, tt.last, result.Overrides, "after the rows")
		})
	}
}

// What one request's transaction was told is not there for the next, nor for the host.
func TestOnce_leaves_no_settings(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	settings := []string{"role", "search_path", "timezone", "transaction_read_only", "statement_timeout", "DateStyle",
		"request.jwt.claims", "request.method", "request.path", "request.headers", "request.cookies",
		"app.settings.site", "extra.pre_request", "response.headers", "response.status"}
	now := func() map[string]string {
		values := map[string]string{}
		for _, name := range settings {
			values[name] = session[string](t, pool, `SELECT coalesce(current_setting($1, true), '')`, name)
		}
		return values
	}
	before := now()
	cmd := prepared(command(anon, `SELECT set_config('response.status', '418', true), set_config('response.headers', '[]', true)`),
		`SELECT extra.pre_request()`)
	cmd = set(set(cmd, "timezone", "Asia/Tokyo"), "statement_timeout", "7s")

	run(t, pool, cmd)
	require.Equal(t, before, now())
	run(t, pool, counted(cmd, `SELECT 1`))
	require.Equal(t, before, now())
	require.Equal(t, "22012", failure(t, pool, counted(cmd, `SELECT 1/0`)))
	require.Equal(t, before, now())
	require.Equal(t, "22012", failure(t, pool, prepared(cmd, `SELECT 1/0`)))
	require.Equal(t, before, now())

	_, result := run(t, pool, command(anon, `SELECT 1`))
	require.Equal(t, executor.Overrides{}, result.Overrides)
}

// A function may set its response's status and headers for the session: they are
// still no other response's.
func TestOnce_overrides_of_the_session(t *testing.T) {
	t.Parallel()
	const (
		teapot = `SELECT set_config('response.status', '418', false)`
		tea    = `SELECT set_config('response.headers', '[{"X-Tea": "Assam"}]', false)`
		both   = `SELECT set_config('response.headers', '[{"X-Tea": "Assam"}]', false), set_config('response.status', '418', false)`
	)
	for name, tt := range map[string]struct {
		cmd  task
		want executor.Overrides
	}{
		"main query":           {command(anon, both), executor.Overrides{Headers: `[{"X-Tea": "Assam"}]`, Status: "418"}},
		"pre-request":          {prepared(command(anon, teapot), tea), executor.Overrides{Headers: `[{"X-Tea": "Assam"}]`, Status: "418"}},
		"explicit transaction": {counted(command(anon, teapot), `SELECT 1`), executor.Overrides{Status: "418"}},
	} {
		for _, prepares := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", prepared ", prepares), func(t *testing.T) {
				t.Parallel()
				e := executor.New(oneConnection(t), prepares)
				overrides := func(cmd task) executor.Overrides {
					result, err := once(t.Context(), e, cmd)
					require.NoError(t, err)
					defer result.Close()
					collect(result)
					require.NoError(t, result.Err())
					return result.Overrides
				}
				for range 2 {
					require.Equal(t, tt.want, overrides(tt.cmd))
					require.Equal(t, executor.Overrides{}, overrides(command(anon, `SELECT 1`)))
					require.Equal(t, executor.Overrides{}, overrides(counted(command(visitor, `SELECT 1`), `SELECT 1`)))
				}
			})
		}
	}
}

func TestOnce_roles_alternate(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	backend := backendOf(t, pool)
	for i := range 6 {
		cmd := command(anon, `SELECT current_user || ' ' || pg_backend_pid()`)
		if i%3 != 0 {
			cmd = command(visitor, cmd.Program.Main.SQL)
		}
		require.Equal(t, fmt.Sprintf("%s %d", cmd.Identity.Role, backend), valueOf(t, pool, cmd))
		// Row-level security shows Ada her two films, and anon may not look.
		watchlist := command(cmd.Identity.Role, `SELECT count(*) FROM watchlists`)
		if cmd.Identity.Role == visitor {
			require.Equal(t, "2", valueOf(t, pool, watchlist))
		} else {
			require.Equal(t, "42501", failure(t, pool, watchlist))
		}
	}
	requireUsable(t, pool, backend)
}
