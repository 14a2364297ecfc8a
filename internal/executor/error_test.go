package executor_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/query"
)

// Whatever step of the pipeline fails, its error is the one that is told, and
// the connection stays, without a transaction.
func TestOnce_error(t *testing.T) {
	t.Parallel()
	const (
		refuse = `DO $$ BEGIN RAISE SQLSTATE 'PT403'; END $$`
		fails  = `SELECT 1/0`
		// The tenth row fails, of a result that begins to arrive before.
		late = `SELECT repeat('x', 10000), 1/(10 - n) FROM generate_series(1, 20) AS n`
	)
	good := func() task { return command(anon, `SELECT 1`) }
	explained := func(sql string) task {
		cmd := good()
		cmd.Program.Estimate = statement(sql)
		return cmd
	}
	tests := map[string]struct {
		cmd  func() task
		want string
	}{
		"bad setting":             {func() task { return set(good(), "timezone", "Atlantis") }, "22023"},
		"setting without a dot":   {func() task { return set(good(), "nosuchsetting", "x") }, "42704"},
		"no such role":            {func() task { return command("pgrest_test_nobody", `SELECT 1`) }, "22023"},
		"role of strangers":       {func() task { return command("pgrest_test_stranger", `SELECT 1`) }, "42501"},
		"pre-request raises":      {func() task { return prepared(good(), refuse) }, "PT403"},
		"pre-request is missing":  {func() task { return prepared(good(), `SELECT missing()`) }, "42883"},
		"count fails":             {func() task { return counted(good(), fails) }, "22012"},
		"count is missing":        {func() task { return counted(good(), `SELECT count(*) FROM missing`) }, "42P01"},
		"count is forbidden":      {func() task { return counted(good(), `SELECT count(*) FROM acquisitions`) }, "42501"},
		"explain fails":           {func() task { return explained(`EXPLAIN (FORMAT JSON) SELECT FROM missing`) }, "42P01"},
		"main is no SQL":          {func() task { return command(anon, `SELEKT`) }, "42601"},
		"main is missing":         {func() task { return command(anon, `SELECT x FROM missing`) }, "42P01"},
		"main is forbidden":       {func() task { return command(anon, `SELECT * FROM acquisitions`) }, "42501"},
		"main has a bad argument": {func() task { return command(anon, `SELECT 1 FROM films WHERE id = $1`, "x") }, "22P02"},
		"main lacks an argument":  {func() task { return command(anon, `SELECT 1 FROM films WHERE id = $1`) }, "08P01"},
		"main fails in its first": {func() task { return command(anon, fails) }, "22012"},
		"main fails in its tenth": {func() task { return command(anon, late) }, "22012"},
		"rows can't be counted": {func() task {
			cmd := command(anon, fails)
			cmd.Program.Form = query.FormNumber
			return cmd
		}, "22012"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := oneConnection(t)
			backend := backendOf(t, pool)
			for range 2 { // the second time with prepared statements
				require.Equal(t, tt.want, failure(t, pool, tt.cmd()))
				requireUsable(t, pool, backend)

				cmd := tt.cmd()
				if cmd.Program.Count == nil {
					cmd = counted(cmd, `SELECT 1`)
				}
				require.Equal(t, tt.want, failure(t, pool, cmd), "in an explicit transaction")
				requireUsable(t, pool, backend)
			}
		})
	}
}

func TestOnce_error_between_rows(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	backend := backendOf(t, pool)
	cmd := command(anon, `SELECT repeat('x', 10000), 1/(10 - n) FROM generate_series(1, 20) AS n`)
	for _, cmd := range []task{cmd, counted(cmd, `SELECT 20`)} {
		result, err := once(t.Context(), executor.New(pool, true), cmd)
		require.NoError(t, err)
		require.Len(t, collect(result), 9)
		require.EqualValues(t, 9, result.Rows)
		require.Equal(t, "22012", sqlstate(result.Err()))
		result.Close()
		requireUsable(t, pool, backend)
	}
}

// A result that isn't what the program says is our fault or the host's; nobody
// knows then what is still to come on the connection.
func TestOnce_unexpected_result(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*task){
		"a count of two columns":   func(c *task) { c.Program.Count = statement(`SELECT 1, 2`) },
		"a count without rows":     func(c *task) { c.Program.Count = statement(`SELECT 1 WHERE false`) },
		"a count that is no count": func(c *task) { c.Program.Count = statement(`SELECT 'many'`) },
		"a plan that is no plan":   func(c *task) { c.Program.Estimate = statement(`SELECT 'cunning'`) },
		"a plan of two columns":    func(c *task) { c.Program.Estimate = statement(`SELECT 1, 2`) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := oneConnection(t)
			cmd := command(anon, `SELECT 1`)
			change(&cmd)
			_, err := once(t.Context(), executor.New(pool, true), cmd)
			require.Error(t, err)
			requireUsable(t, pool, backendOf(t, pool))
		})
	}
}
