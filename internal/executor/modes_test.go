package executor_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/value"
)

// sessionDefaults are what a session may have its transactions begin with.
var sessionDefaults = []string{
	"SET default_transaction_read_only = on",
	"SET default_transaction_isolation = 'serializable'",
	"SET default_transaction_isolation = 'repeatable read'",
	"SET default_transaction_isolation = 'serializable'; SET default_transaction_read_only = on; SET default_transaction_deferrable = on",
	"SET default_transaction_isolation = 'read uncommitted'",
	"SELECT 1",
}

// A transaction has the isolation level and the access mode that its command says,
// whatever the session's defaults are.
func TestOnce_modes(t *testing.T) {
	t.Parallel()
	const show = `SELECT current_setting('transaction_isolation') || ', read only ' || current_setting('transaction_read_only')`
	tests := map[string]struct {
		cmd  func() task
		want string
	}{
		"read":        {func() task { return command(anon, show) }, "read committed, read only on"},
		"counted":     {func() task { return counted(command(anon, show), `SELECT 1`) }, "repeatable read, read only on"},
		"pre-request": {func() task { return prepared(command(anon, show), `SELECT 1`) }, "read committed, read only on"},
		"write":       {func() task { return writing(show, nil) }, "read committed, read only off"},
		"deciding":    {func() task { return writing(show, func(c *task) { c.Expect.MaxAffected = 1 }) }, "read committed, read only off"},
		"isolated": {func() task {
			return writing(show, func(c *task) { c.Isolation = "SERIALIZABLE" })
		}, "serializable, read only off"},
		"late":        {func() task { return writing(show, func(c *task) { c.Late = true }) }, "read committed, read only off"},
		"rolled back": {func() task { return writing(show, func(c *task) { c.Rollback = true }) }, "read committed, read only off"},
	}
	for name, tt := range tests {
		for _, defaults := range sessionDefaults {
			t.Run(name+"/"+defaults, func(t *testing.T) {
				t.Parallel()
				pool := oneConnection(t)
				backend := backendOf(t, pool)
				_, err := pool.Exec(t.Context(), defaults)
				require.NoError(t, err)
				for _, prepares := range []bool{true, true, false} {
					result, err := once(t.Context(), executor.New(pool, prepares), tt.cmd())
					require.NoError(t, err)
					require.Equal(t, [][]string{{tt.want}}, collect(result))
					require.NoError(t, result.Err())
					result.Close()
				}
				requireUsable(t, pool, backend)
			})
		}
	}
}

// A default that the session gets later counts, too.
func TestOnce_modes_after_change(t *testing.T) {
	t.Parallel()
	pool := written(t)
	for i, defaults := range append(sessionDefaults, sessionDefaults...) {
		_, err := pool.Exec(t.Context(), "RESET default_transaction_isolation; RESET default_transaction_read_only; "+defaults)
		require.NoError(t, err)
		number := value.Constant(strconv.Itoa(i + 1))
		run(t, pool, writing(`INSERT INTO reels VALUES (5, $1, $1)`, func(c *task) { c.Program.Main.Args = []value.Arg{number} }))
	}
}

// Where a transaction began in other modes than it was to have nothing has run, and an
// error of the same number that something else has is no reason to try again.
func TestOnce_modes_once(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1))
	_, err := pool.Exec(t.Context(), "SET default_transaction_isolation = 'serializable'")
	require.NoError(t, err)
	for range 2 {
		require.Equal(t, "25001", failure(t, pool, command(anon, `SELECT set_config('transaction_read_only', 'off', true)`)))
	}
	require.Equal(t, "read committed", valueOf(t, pool, command(anon, `SHOW transaction_isolation`)))
}

// What ends behind its last row does so where it has to say its modes, too.
func TestOnce_modes_late(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	admin := db.Superuser(t)
	pool := db.Pool(t, pgtest.MaxConns(1), func(c *pgxpool.Config) { c.ConnConfig.RuntimeParams["default_transaction_isolation"] = "serializable" })
	cmd := writing(`INSERT INTO genres (id, name) SELECT g, g FROM generate_series(101, 110) AS g RETURNING id`, func(c *task) { c.Late = true })
	for range 2 {
		result, err := once(t.Context(), executor.New(pool, true), cmd)
		require.NoError(t, err)
		require.True(t, result.Next())
		require.True(t, result.Revoke(errors.New("as told")))
		result.Close()
		require.Zero(t, session[int](t, admin, `SELECT count(*) FROM archive.genres WHERE id > 100`))
	}
	run(t, pool, cmd)
	require.Equal(t, 10, session[int](t, admin, `SELECT count(*) FROM archive.genres WHERE id > 100`))
}
