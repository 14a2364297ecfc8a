package executor_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// written is a database of the test's own, with one connection to it.
func written(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return pgtest.Clone(t).Pool(t, pgtest.MaxConns(1))
}

// writing runs sql as the curator, whatever comes of it.
func writing(sql string, change func(*task)) task {
	cmd := command(curator, sql)
	cmd.ReadOnly = false
	if change != nil {
		change(&cmd)
	}
	return cmd
}

func reels(t *testing.T, pool *pgxpool.Pool) string {
	t.Helper()
	return valueOf(t, pool, command(curator, `SELECT string_agg(number || ' at ' || position, ', ' ORDER BY number) FROM reels WHERE film_id = 5`))
}

// A write is committed when its result has been read, unless it is to leave no
// trace.
func TestOnce_write(t *testing.T) {
	t.Parallel()
	const insert = `INSERT INTO reels VALUES (5, 1, 1), (5, 2, 2) RETURNING number`
	affected := func(c *task) { c.Program.Form = query.FormTag }
	tests := map[string]struct {
		sql       string
		change    func(*task)
		rows      int
		committed bool
	}{
		"rows":     {insert, nil, 2, true},
		"affected": {`INSERT INTO reels VALUES (5, 1, 1), (5, 2, 2)`, affected, 0, true},
		"counted": {`WITH new AS (` + insert + `) SELECT count(*) FROM new`,
			func(c *task) { c.Program.Form = query.FormNumber }, 0, true},
		"as expected":  {insert, func(c *task) { c.Expect.MaxAffected = 2 }, 2, true},
		"serializable": {insert, func(c *task) { c.Isolation = "SERIALIZABLE" }, 2, true},
		"rolled back":  {insert, func(c *task) { c.Rollback = true }, 2, false},
		"as expected, rolled back": {insert, func(c *task) {
			c.Rollback, c.Expect.MaxAffected = true, 2
		}, 2, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := written(t)
			backend := backendOf(t, pool)
			rows, result := run(t, pool, writing(tt.sql, tt.change))
			require.Len(t, rows, tt.rows)
			require.EqualValues(t, 2, result.Rows)
			want := ""
			if tt.committed {
				want = "1 at 1, 2 at 2"
			}
			require.Equal(t, want, reels(t, pool))
			requireUsable(t, pool, backend)
		})
	}
}

// What a client is told to have failed has left nothing, whether it is the
// statement that fails, the commit, or what was expected.
func TestOnce_failed_write(t *testing.T) {
	t.Parallel()
	const (
		fine     = `INSERT INTO reels VALUES (5, 1, 1), (5, 2, 2) RETURNING number`
		twice    = `INSERT INTO reels VALUES (5, 1, 1), (5, 1, 2) RETURNING number`
		deferred = `INSERT INTO reels VALUES (5, 1, 1), (5, 2, 1) RETURNING number`
	)
	rollback := func(c *task) { c.Rollback = true }
	expecting := func(e plan.Expectation) func(*task) { return func(c *task) { c.Expect = e } }
	tests := map[string]struct {
		sql    string
		change func(*task)
		want   string
	}{
		"statement":                      {twice, nil, "23505"},
		"statement, to be rolled back":   {twice, rollback, "23505"},
		"commit of the pipeline":         {deferred, nil, "23505"},
		"commit in the pipeline":         {deferred, func(c *task) { c.Isolation = "SERIALIZABLE" }, "23505"},
		"commit of its own":              {deferred, func(c *task) { c.Expect.MaxAffected = 2 }, "23505"},
		"check before a rollback":        {deferred, rollback, "23505"},
		"check before one of its own":    {deferred, func(c *task) { c.Rollback, c.Expect.MaxAffected = true, 2 }, "23505"},
		"more than may be affected":      {fine, expecting(plan.Expectation{MaxAffected: 1}), apierror.MaxAffected(2).Error()},
		"more than one object":           {fine, expecting(plan.Expectation{MaxAffected: -1, Singular: true}), apierror.NotSingular(2).Error()},
		"more than the one that was put": {fine, expecting(plan.Expectation{MaxAffected: -1, Matching: true}), apierror.PutMismatch().Error()},
		"page beyond the last row": {fine, func(c *task) {
			c.Expect.Offset, c.Program.Count = 3, statement(`SELECT 2`)
		}, apierror.OffsetBeyond(3, 2).Error()},
		"expectation before commit": {deferred, expecting(plan.Expectation{MaxAffected: 1}), apierror.MaxAffected(2).Error()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := written(t)
			backend := backendOf(t, pool)
			for range 2 { // the second time with prepared statements
				require.Equal(t, tt.want, failure(t, pool, writing(tt.sql, tt.change)))
				require.Empty(t, reels(t, pool))
				requireUsable(t, pool, backend)
			}
			cmd := writing(tt.sql, tt.change)
			cmd.Program.Main.SQL = cmd.Program.Main.SQL[:len(cmd.Program.Main.SQL)-len(" RETURNING number")]
			cmd.Program.Form = query.FormTag
			require.Equal(t, tt.want, failure(t, pool, cmd), "of its command tag")
			require.Empty(t, reels(t, pool))
			requireUsable(t, pool, backend)
		})
	}
}

// Closing a result before its end gives a write up.
func TestResult_abandoned_write(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool := db.Pool(t, pgtest.MaxConns(1))
	g := shut(t, db)
	sql := `SELECT sign_book('abandoned'), rows.* FROM (` + g.blocked(20) + `) AS rows`
	result, err := once(t.Context(), executor.New(pool, true), writing(sql, nil))
	require.NoError(t, err)
	defer result.Close()
	require.True(t, result.Next())
	g.requireWaiting(t, 1)
	result.Close()
	g.requireWaiting(t, 0)
	require.Equal(t, "0", valueOf(t, pool, command(curator, `SELECT count(*) FROM visitors_book WHERE entry = 'abandoned'`)))
}

// A command that ends late is committed behind its last row: closed before, it has
// written nothing.
func TestOnce_late(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool := db.Pool(t, pgtest.MaxConns(1))
	rows := func() int {
		return session[int](t, db.Superuser(t), `SELECT count(*) FROM archive.genres WHERE id > 100`)
	}
	backend := backendOf(t, pool)
	for name, change := range map[string]func(*task){
		"implicit":     func(*task) {},
		"isolated":     func(c *task) { c.Isolation = "REPEATABLE READ" },
		"rolled_back":  func(c *task) { c.Rollback = true },
		"pre_requests": func(c *task) { c.PreRequest = "SELECT 1" },
	} {
		cmd := writing(`INSERT INTO genres (id, name) SELECT g, g FROM generate_series(101, 110) AS g RETURNING id`, change)
		cmd.Late = true

		result, err := once(t.Context(), executor.New(pool, true), cmd)
		require.NoError(t, err, name)
		require.True(t, result.Next(), name)
		require.True(t, result.Revoke(errors.New("as told")), name)
		result.Close()
		require.Zero(t, rows(), name)

		got, _ := run(t, pool, cmd)
		require.Len(t, got, 10, name)
		if cmd.Rollback {
			require.Zero(t, rows(), name)
		} else {
			require.Equal(t, 10, rows(), name)
			require.Equal(t, "23505", failure(t, pool, cmd), name)
			require.Equal(t, byte('I'), txStatus(t, pool), name)
			_, err = db.Superuser(t).Exec(t.Context(), `DELETE FROM archive.genres WHERE id > 100`)
			require.NoError(t, err)
		}
	}
	require.NotEqual(t, backend, backendOf(t, pool), "a connection is closed rather than read to its end")
}

// A command that is revoked while it may be committed any moment is cancelled, and the end
// of its rows tells what became of it.
func TestResult_Revoke(t *testing.T) {
	t.Parallel()
	reason := errors.New("as told")
	tests := map[string]struct {
		sql    func(*gate) string
		change func(*task)
		late   bool // it is over before it is revoked
	}{
		"in_time": {sql: func(g *gate) string {
			return `SELECT sign_book('revoked'), rows.* FROM (` + g.blocked(20) + `) AS rows`
		}},
		"in_time_explicit": {sql: func(g *gate) string {
			return `SELECT sign_book('revoked'), rows.* FROM (` + g.blocked(20) + `) AS rows`
		},
			change: func(c *task) { c.Isolation = "SERIALIZABLE" }},
		"too_late": {sql: func(*gate) string { return `SELECT sign_book('revoked') FROM generate_series(1, 20)` }, late: true},
		"too_late_explicit": {sql: func(*gate) string { return `SELECT sign_book('revoked') FROM generate_series(1, 20)` }, late: true,
			change: func(c *task) { c.Isolation = "SERIALIZABLE" }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Clone(t)
			pool := db.Pool(t, pgtest.MaxConns(1))
			g := shut(t, db)
			written := func() int {
				return session[int](t, g.pool, `SELECT count(*) FROM archive.visitors_book WHERE entry = 'revoked'`)
			}
			backend := backendOf(t, pool)
			result, err := once(t.Context(), executor.New(pool, true), writing(tt.sql(g), tt.change))
			require.NoError(t, err)
			defer result.Close()
			require.True(t, result.Next())
			if tt.late {
				require.Eventually(t, func() bool { return written() == 20 }, 20*time.Second, 5*time.Millisecond)
			} else {
				g.requireWaiting(t, 1)
			}
			for range 2 {
				require.False(t, result.Revoke(reason))
			}
			for result.Next() {
			}
			if tt.late {
				require.NoError(t, result.Err())
				require.EqualValues(t, 20, result.Rows)
			} else {
				require.Equal(t, reason, result.Err())
				require.Zero(t, written())
			}
			require.False(t, result.Revoke(reason), "it is over")
			require.NotEqual(t, backend, backendOf(t, pool), "a cancel that comes late meets nobody")
		})
	}
}

func txStatus(t *testing.T, pool *pgxpool.Pool) byte {
	t.Helper()
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	return conn.Conn().PgConn().TxStatus()
}
