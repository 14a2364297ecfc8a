package executor_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/dbpool"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/query"
)

// begin begins a transaction that the test ends, or else its cleanup.
func begin(t *testing.T, pool dbpool.Pool, s executor.Session) *executor.Tx {
	t.Helper()
	tx, err := executor.New(pool, true).Begin(t.Context(), s)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.End(context.Background(), executor.ErrUnfinished) })
	return tx
}

// within runs a command in a transaction to its end.
func within(t *testing.T, tx *executor.Tx, cmd executor.Command) [][]string {
	t.Helper()
	result, err := tx.Run(t.Context(), cmd)
	require.NoError(t, err)
	rows := collect(result)
	require.NoError(t, result.Err())
	result.Close()
	return rows
}

// sql is a command that gives rows, and of which nothing is expected.
func sql(text string, args ...string) executor.Command { return command(anon, text, args...).Command }

// insert makes a reel of the film whose reels reels lists.
func insert(number int) executor.Command {
	return sql(`INSERT INTO reels VALUES (5, $1, $1) RETURNING number`, strconv.Itoa(number))
}

var writer = writing(``, nil).Session

// Any number of programs run in one transaction, under its role and its settings, and
// their rows stream.
func TestTx(t *testing.T) {
	t.Parallel()
	pool := written(t)
	backend := backendOf(t, pool)
	tx := begin(t, pool, writer)
	require.Equal(t, [][]string{{"1"}}, within(t, tx, insert(1)))
	require.Equal(t, [][]string{{"2"}}, within(t, tx, insert(2)))
	require.Equal(t, [][]string{{"1 2"}}, within(t, tx, sql(`SELECT string_agg(number::text, ' ' ORDER BY number) FROM reels WHERE film_id = 5`)))
	require.Equal(t, [][]string{{curator, "ada", "main", "GET"}}, within(t, tx, sql(`SELECT current_user, current_setting('request.jwt.claims')::json ->> 'sub',
		current_setting('app.settings.site'), current_setting('request.method')`)))

	result, err := tx.Run(t.Context(), sql(`SELECT generate_series(1, 100000)`))
	require.NoError(t, err)
	for n := 1; n <= 100_000; n++ {
		require.True(t, result.Next())
		require.Equal(t, strconv.Itoa(n), string(result.Values()[0]))
		require.EqualValues(t, n, result.Rows)
	}
	require.False(t, result.Next())
	require.NoError(t, result.Err())

	require.NoError(t, tx.End(t.Context(), nil))
	require.Equal(t, "1 at 1, 2 at 2", reels(t, pool))
	requireUsable(t, pool, backend)
}

// What the programs give beside rows is as in a transaction of their own, and each counts
// for itself.
func TestTx_results(t *testing.T) {
	t.Parallel()
	pool := written(t)
	s := writer
	s.PreRequest = `SELECT set_config('response.headers', '[{"X-Tea": "Assam"}]', true)`
	tx := begin(t, pool, s)
	upsert := sql(`SELECT set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), ''), '0')::int + 1)::text, true) FROM generate_series(1, 3)`)
	upsert.Program.Inserted = true
	for range 2 {
		result, err := tx.Run(t.Context(), upsert)
		require.NoError(t, err)
		require.Equal(t, `[{"X-Tea": "Assam"}]`, result.Overrides.Headers, "before the rows, too")
		require.Len(t, collect(result), 3)
		require.EqualValues(t, 3, *result.Inserted)
	}
	affected := sql(`UPDATE reels SET position = position WHERE film_id <> 5`)
	affected.Program.Form = query.FormTag
	counted := sql(`SELECT 13`)
	counted.Program.Count, counted.Program.Form = statement(`SELECT 14`), query.FormNumber
	for range 2 {
		result, err := tx.Run(t.Context(), affected)
		require.NoError(t, err)
		require.Positive(t, result.Rows)
		require.False(t, result.Next())
		result, err = tx.Run(t.Context(), counted)
		require.NoError(t, err)
		require.EqualValues(t, 13, result.Rows)
		require.EqualValues(t, 14, *result.Counted)
	}
	require.NoError(t, tx.End(t.Context(), nil))
}

// A transaction ends as its caller says, and as its session does. What has failed is
// rolled back in any case.
func TestTx_End(t *testing.T) {
	t.Parallel()
	verdict := errors.New("the caller's verdict")
	deferred := func(t *testing.T, tx *executor.Tx) {
		within(t, tx, sql(`INSERT INTO reels VALUES (5, 8, 1), (5, 9, 1)`))
	}
	refused := func(t *testing.T, tx *executor.Tx) {
		cmd := insert(9)
		cmd.Expect.MaxAffected = 0
		result, err := tx.Run(t.Context(), cmd)
		require.NoError(t, err)
		require.Len(t, collect(result), 1)
		require.Equal(t, apierror.MaxAffected(1), result.Err())
	}
	failed := func(t *testing.T, tx *executor.Tx) {
		_, err := tx.Run(t.Context(), sql(`SELECT 1/0`))
		require.Equal(t, "22012", sqlstate(err))
	}
	host := func(text string) func(*testing.T, *executor.Tx) {
		return func(t *testing.T, tx *executor.Tx) {
			if _, err := tx.Pgx().Exec(t.Context(), text); err != nil {
				require.Equal(t, "22012", sqlstate(err))
			}
		}
	}
	tests := map[string]struct {
		change    func(*executor.Session)
		does      func(*testing.T, *executor.Tx)
		verdict   error
		want      error
		sqlstate  string
		committed bool
	}{
		"committed":                        {committed: true},
		"by the verdict":                   {verdict: verdict, want: verdict},
		"serializable":                     {change: func(s *executor.Session) { s.Isolation = "SERIALIZABLE" }, committed: true},
		"to be rolled back":                {change: func(s *executor.Session) { s.Rollback = true }},
		"to be rolled back, and verdict":   {change: func(s *executor.Session) { s.Rollback = true }, verdict: verdict, want: verdict},
		"deferred constraint":              {does: deferred, sqlstate: "23505"},
		"deferred constraint, and verdict": {does: deferred, verdict: verdict, want: verdict},
		"deferred constraint, to be rolled back": {does: deferred, sqlstate: "23505",
			change: func(s *executor.Session) { s.Rollback = true }},
		"not as expected":              {does: refused, want: executor.ErrFailed},
		"not as expected, and verdict": {does: refused, verdict: verdict, want: verdict},
		"failed":                       {does: failed, want: executor.ErrFailed, sqlstate: "22012"},
		"failed, to be rolled back":    {does: failed, want: executor.ErrFailed, change: func(s *executor.Session) { s.Rollback = true }},
		"failed, and verdict":          {does: failed, verdict: verdict, want: verdict},
		"failed by the host":           {does: host(`SELECT 1/0`), want: executor.ErrFailed},
		"ended by the host":            {does: host(`ROLLBACK`), want: executor.ErrEnded},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := written(t)
			backend := backendOf(t, pool)
			s := writer
			if tt.change != nil {
				tt.change(&s)
			}
			for range 2 { // the second time with prepared statements
				tx := begin(t, pool, s)
				within(t, tx, insert(1))
				if tt.does != nil {
					tt.does(t, tx)
				}
				err := tx.End(t.Context(), tt.verdict)
				switch {
				case tt.want != nil:
					require.ErrorIs(t, err, tt.want)
				case tt.sqlstate == "":
					require.NoError(t, err)
				}
				if tt.sqlstate != "" {
					require.Equal(t, tt.sqlstate, sqlstate(err))
				}
				require.Equal(t, executor.ErrEnded, tx.End(t.Context(), nil), "again")
				_, err = tx.Run(t.Context(), sql(`SELECT 1`))
				require.Equal(t, executor.ErrEnded, err)
				if !tt.committed {
					require.Empty(t, reels(t, pool))
				}
				requireUsable(t, pool, backend)
				if tt.committed {
					require.Equal(t, "1 at 1", reels(t, pool))
					run(t, pool, writing(`DELETE FROM reels WHERE film_id = 5`, nil))
				}
			}
		})
	}
}

// Of what only reads there is nothing to undo, and nothing is written.
func TestTx_read_only(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	s := command(anon, ``).Session
	s.Rollback = true
	tx := begin(t, pool, s)
	require.Equal(t, [][]string{{"13"}}, within(t, tx, sql(`SELECT count(*) FROM films`)))
	_, err := tx.Run(t.Context(), sql(`SELECT set_config('transaction_read_only', 'off', true)`))
	require.Equal(t, "25001", sqlstate(err))
	require.ErrorIs(t, tx.End(t.Context(), nil), executor.ErrFailed)

	tx = begin(t, pool, command(curator, ``).Session)
	_, err = tx.Run(t.Context(), sql(`INSERT INTO genres (name) VALUES ('Noir')`))
	require.Equal(t, "25006", sqlstate(err))
}

// What is expected of a result that only reads is held against it, too: in a transaction of
// its own and in one of many.
func TestExpect_of_reads(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*executor.Command)
		want   error
	}{
		"one":          {func(c *executor.Command) { c.Expect.Singular = true }, apierror.NotSingular(3)},
		"few":          {func(c *executor.Command) { c.Expect.MaxAffected = 2 }, apierror.MaxAffected(3)},
		"enough":       {func(c *executor.Command) { c.Expect.MaxAffected = 3 }, nil},
		"a page":       {func(c *executor.Command) { c.Expect.Offset, c.Program.Count = 4, statement(`SELECT 3`) }, apierror.OffsetBeyond(4, 3)},
		"one, counted": {func(c *executor.Command) { c.Expect.Singular, c.Program = true, number(3) }, apierror.NotSingular(3)},
		"the one":      {func(c *executor.Command) { c.Expect.Singular, c.Program = true, number(1) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := oneConnection(t)
			backend := backendOf(t, pool)
			cmd := command(anon, `SELECT generate_series(1, 3)`)
			tt.change(&cmd.Command)
			result, err := once(t.Context(), executor.New(pool, true), cmd)
			require.NoError(t, err)
			collect(result)
			require.Equal(t, tt.want, result.Err())
			result.Close()
			requireUsable(t, pool, backend)

			tx := begin(t, pool, cmd.Session)
			result, err = tx.Run(t.Context(), cmd.Command)
			require.NoError(t, err)
			collect(result)
			require.Equal(t, tt.want, result.Err())
			err = tx.End(t.Context(), nil)
			if tt.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, executor.ErrFailed)
			require.ErrorIs(t, err, result.Err())
		})
	}
}

// number is a program that counts n rows in place of giving them.
func number(n int) *query.Program {
	return &query.Program{Main: *statement(`SELECT $1::bigint`, strconv.Itoa(n)), Yield: query.Yield{Form: query.FormNumber}}
}

// One result is read at a time.
func TestTx_rows_open(t *testing.T) {
	t.Parallel()
	pool := written(t)
	backend := backendOf(t, pool)
	tx := begin(t, pool, writer)
	result, err := tx.Run(t.Context(), sql(`SELECT generate_series(1, 3)`))
	require.NoError(t, err)
	_, err = tx.Run(t.Context(), sql(`SELECT 1`))
	require.Equal(t, executor.ErrRowsOpen, err)
	require.True(t, result.Next())
	_, err = tx.Run(t.Context(), sql(`SELECT 1`))
	require.Equal(t, executor.ErrRowsOpen, err)
	_, err = tx.Pgx().Exec(t.Context(), `SELECT 1`)
	require.ErrorContains(t, err, "busy")
	result.Close()
	result.Close()
	require.EqualValues(t, 3, result.Rows, "it has been read to its end")

	rows, err := tx.Pgx().Query(t.Context(), `SELECT generate_series(1, 3)`)
	require.NoError(t, err)
	_, err = tx.Run(t.Context(), sql(`SELECT 1`))
	require.Equal(t, executor.ErrRowsOpen, err)
	rows.Close()
	within(t, tx, insert(1))

	result, err = tx.Run(t.Context(), insert(2)) // and nobody closes it
	require.NoError(t, err)
	require.NoError(t, tx.End(t.Context(), nil))
	require.False(t, result.Next())
	require.Equal(t, "1 at 1, 2 at 2", reels(t, pool))
	requireUsable(t, pool, backend)
}

// Closing early doesn't spare a result what is expected of it.
func TestTx_closed_early(t *testing.T) {
	t.Parallel()
	pool := written(t)
	tx := begin(t, pool, writer)
	cmd := sql(`INSERT INTO reels SELECT 5, n, n FROM generate_series(1, 3) AS n RETURNING number`)
	cmd.Expect.MaxAffected = 2
	result, err := tx.Run(t.Context(), cmd)
	require.NoError(t, err)
	require.True(t, result.Next())
	result.Close()
	require.Equal(t, apierror.MaxAffected(3), result.Err())
	require.ErrorIs(t, tx.End(t.Context(), nil), executor.ErrFailed)
	require.Empty(t, reels(t, pool))
}

// After an error nothing runs any more, and the error says of what it failed.
func TestTx_failed(t *testing.T) {
	t.Parallel()
	tests := map[string]executor.Command{
		"at its start":     sql(`SELECT 1/0`),
		"between its rows": sql(`SELECT repeat('x', 10000), 1/(10 - n) FROM generate_series(1, 20) AS n`),
		"in its count":     counted(command(anon, `SELECT 1`), `SELECT 1/0`).Command,
	}
	for name, cmd := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := written(t)
			backend := backendOf(t, pool)
			tx := begin(t, pool, writer)
			within(t, tx, insert(1))
			result, err := tx.Run(t.Context(), cmd)
			if err == nil {
				collect(result)
				err = result.Err()
				result.Close()
			}
			require.Equal(t, "22012", sqlstate(err))
			for range 2 {
				_, err = tx.Run(t.Context(), sql(`SELECT 1`))
				require.ErrorIs(t, err, executor.ErrFailed)
				require.Equal(t, "22012", sqlstate(err))
			}
			require.ErrorIs(t, tx.End(t.Context(), nil), executor.ErrFailed)
			require.Empty(t, reels(t, pool))
			requireUsable(t, pool, backend)
		})
	}
}

// However a transaction is left, its connection has no part of it any more, or is closed.
func TestTx_left(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	superuser := db.Superuser(t)
	type scene struct {
		tx     *executor.Tx
		ctx    context.Context
		cancel context.CancelFunc
		kill   func()
	}
	open := func(t *testing.T, s scene) *executor.Result {
		result, err := s.tx.Run(s.ctx, sql(`SELECT generate_series(1, 100000), repeat('x', 1000)`))
		require.NoError(t, err)
		require.True(t, result.Next())
		return result
	}
	tests := map[string]struct {
		leave func(*testing.T, scene)
		gone  bool // the connection, too
	}{
		"by a panic":            {func(*testing.T, scene) { panic("as told") }, false},
		"by a panic among rows": {func(t *testing.T, s scene) { open(t, s); panic("as told") }, true},
		"by a panic behind an error": {func(t *testing.T, s scene) {
			_, err := s.tx.Run(s.ctx, sql(`SELECT 1/0`))
			require.Error(t, err)
			panic("as told")
		}, false},
		"by a panic among the host's rows": {func(t *testing.T, s scene) {
			_, err := s.tx.Pgx().Query(s.ctx, `SELECT generate_series(1, 100000), repeat('x', 1000)`)
			require.NoError(t, err)
			panic("as told")
		}, true},
		"by a cancel":            {func(_ *testing.T, s scene) { s.cancel() }, true},
		"by a cancel among rows": {func(t *testing.T, s scene) { open(t, s); s.cancel() }, true},
		"by a cancel that a run finds": {func(t *testing.T, s scene) {
			s.cancel()
			_, err := s.tx.Run(s.ctx, sql(`SELECT 1`))
			require.ErrorIs(t, err, context.Canceled)
		}, true},
		"by PostgreSQL": {func(_ *testing.T, s scene) { s.kill() }, true},
		"by PostgreSQL, as a run finds": {func(t *testing.T, s scene) {
			s.kill()
			_, err := s.tx.Run(s.ctx, sql(`SELECT 1`))
			require.Equal(t, 503, apierror.From(err, true).Status, err)
			_, err = s.tx.Run(s.ctx, sql(`SELECT 1`))
			require.ErrorIs(t, err, executor.ErrFailed)
			require.Equal(t, 503, apierror.From(err, true).Status, err)
		}, true},
		"by PostgreSQL, as the host finds": {func(t *testing.T, s scene) {
			s.kill()
			_, err := s.tx.Pgx().Exec(s.ctx, `SELECT 1`)
			require.Error(t, err)
			_, err = s.tx.Run(s.ctx, sql(`SELECT 1`))
			require.Equal(t, 503, apierror.From(err, true).Status, err)
		}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := db.Pool(t, pgtest.MaxConns(1))
			backend := backendOf(t, pool)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			tx, err := executor.New(pool, true).Begin(ctx, writer)
			require.NoError(t, err)
			var kept interface {
				Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
			} = tx.Pgx()
			_, err = kept.Exec(ctx, `INSERT INTO reels VALUES (5, 1, 1)`)
			require.NoError(t, err)
			func() {
				defer func() { recover() }() //nolint:errcheck // as told
				defer tx.End(ctx, executor.ErrUnfinished)
				tt.leave(t, scene{tx, ctx, cancel, func() {
					require.True(t, session[bool](t, superuser, `SELECT pg_terminate_backend($1)`, backend))
					require.Eventually(t, func() bool {
						return session[int](t, superuser, `SELECT count(*) FROM pg_stat_activity WHERE pid = $1`, backend) == 0
					}, 20*time.Second, time.Millisecond)
				}})
			}()
			_, err = kept.Exec(t.Context(), `SELECT 1`)
			require.Error(t, err, "of a connection that is others' by now")
			if tt.gone {
				require.NotEqual(t, backend, backendOf(t, pool))
				backend = backendOf(t, pool)
			}
			require.Zero(t, pool.Stat().AcquiredConns())
			require.Empty(t, reels(t, pool))
			requireUsable(t, pool, backend)
		})
	}
}

// A commit that is cancelled before is none.
func TestTx_End_cancelled(t *testing.T) {
	t.Parallel()
	pool := written(t)
	tx := begin(t, pool, writer)
	within(t, tx, insert(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, tx.End(ctx, nil), context.Canceled)
	require.Empty(t, reels(t, pool))
}

// Nobody becomes the role that the connection logged in as.
func TestBegin_no_role(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Superuser(t, pgtest.MaxConns(1))
	for _, role := range []string{"none", "NONE", "None", ""} {
		for _, of := range []task{command(role, ``), prepared(command(role, ``), `SELECT 1`), set(command(role, ``), "role", anon)} {
			_, err := executor.New(pool, true).Begin(t.Context(), of.Session)
			var refused *auth.Error
			require.ErrorAs(t, err, &refused)
			require.Equal(t, "22023", refused.Code)
		}
	}
	require.Zero(t, pool.Stat().AcquireCount())
}

// A transaction that can't begin leaves nothing.
func TestBegin_error(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		of   task
		want string
	}{
		"bad setting":          {set(command(anon, ``), "timezone", "Atlantis"), "22023"},
		"no such role":         {command("pgrest_test_nobody", ``), "22023"},
		"role of strangers":    {command("pgrest_test_stranger", ``), "42501"},
		"pre-request raises":   {prepared(command(anon, ``), `DO $$ BEGIN RAISE SQLSTATE 'PT403'; END $$`), "PT403"},
		"pre-request writes":   {prepared(command(curator, ``), `DELETE FROM roles`), "25006"},
		"pre-request is wrong": {prepared(command(anon, ``), `SELEKT`), "42601"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := oneConnection(t)
			backend := backendOf(t, pool)
			for range 2 {
				_, err := executor.New(pool, true).Begin(t.Context(), tt.of.Session)
				require.Equal(t, tt.want, sqlstate(err))
				requireUsable(t, pool, backend)
			}
		})
	}
}

// The modes are what the session says, whatever the database's defaults are.
func TestBegin_modes(t *testing.T) {
	t.Parallel()
	const show = `SELECT current_setting('transaction_isolation') || ', read only ' || current_setting('transaction_read_only')`
	isolated := writer
	isolated.Isolation = "SERIALIZABLE"
	for name, tt := range map[string]struct {
		session executor.Session
		want    string
	}{
		"read":     {command(anon, ``).Session, "read committed, read only on"},
		"write":    {writer, "read committed, read only off"},
		"isolated": {isolated, "serializable, read only off"},
	} {
		for _, defaults := range sessionDefaults {
			t.Run(name+"/"+defaults, func(t *testing.T) {
				t.Parallel()
				pool := oneConnection(t)
				backend := backendOf(t, pool)
				_, err := pool.Exec(t.Context(), defaults)
				require.NoError(t, err)
				for range 2 {
					tx := begin(t, pool, tt.session)
					require.Equal(t, [][]string{{tt.want}}, within(t, tx, sql(show)))
					require.NoError(t, tx.End(t.Context(), nil))
					requireUsable(t, pool, backend)
				}
			})
		}
	}
}

// A connection that died while it was idle is no reason to fail, and one whose statements
// are gone isn't either.
func TestBegin_again(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool := db.Pool(t, pgtest.MaxConns(1), simpleProtocol)
	for range 2 {
		require.NoError(t, begin(t, pool, writer).End(t.Context(), nil))
		terminate(t, db.Superuser(t))
		require.NoError(t, begin(t, pool, writer).End(t.Context(), nil))
		_, err := pool.Exec(t.Context(), `DEALLOCATE ALL`)
		require.NoError(t, err)
	}
}

// A statement that isn't prepared any more fails the transaction, which can be run again.
func TestTx_forgotten(t *testing.T) {
	t.Parallel()
	pool := pgtest.Clone(t).Pool(t, pgtest.MaxConns(1), simpleProtocol)
	run(t, pool, writing(insert(1).Program.Main.SQL, func(of *task) { of.Program.Main.Args = insert(1).Program.Main.Args }))
	for try := range 2 {
		tx := begin(t, pool, writer)
		if try == 0 {
			_, err := tx.Pgx().Exec(t.Context(), `DEALLOCATE ALL`)
			require.NoError(t, err)
		}
		result, err := tx.Run(t.Context(), insert(2))
		if try == 0 {
			require.ErrorIs(t, err, executor.ErrForgotten)
			_, err = tx.Run(t.Context(), insert(2))
			require.ErrorIs(t, err, executor.ErrFailed)
			require.ErrorIs(t, tx.End(t.Context(), nil), executor.ErrForgotten)
			continue
		}
		require.NoError(t, err)
		result.Close()
		require.NoError(t, tx.End(t.Context(), nil))
	}
	require.Equal(t, "1 at 1, 2 at 2", reels(t, pool))
}

// Times come in binary format where the connection's zone and style allow it, whoever has
// set them, and as texts where they are of another type by now.
func TestTx_times(t *testing.T) {
	t.Parallel()
	const instant = `SELECT '2020-01-01 12:00:00+00'::timestamptz`
	of := timed(set(command(anon, instant), "timezone", "Asia/Tokyo"), oid.TimestampTZ)
	of.Program.Times.JSON = &query.Variant{SQL: `SELECT to_json('2020-01-01 12:00:00+00'::timestamptz)`, Columns: []query.Column{{Encoding: query.TimeJSON}}}
	pool := oneConnection(t)
	tx := begin(t, pool, of.Session)
	require.Equal(t, [][]string{{"2020-01-01 21:00:00+09"}}, within(t, tx, of.Command))
	for setting, want := range map[string]string{
		"SET LOCAL TimeZone = 'UTC'":     "2020-01-01 12:00:00+00",
		"SET LOCAL DateStyle = 'German'": `"2020-01-01T12:00:00+00:00"`,
	} {
		nested, err := tx.Pgx().Begin(t.Context())
		require.NoError(t, err)
		_, err = nested.Exec(t.Context(), "SET LOCAL TimeZone = 'Europe/London'; "+setting)
		require.NoError(t, err)
		require.Equal(t, [][]string{{want}}, within(t, tx, of.Command))
		require.NoError(t, nested.Rollback(t.Context()))
	}
	other := timed(command(anon, `SELECT 'once'`), oid.TimestampTZ).Command
	require.Equal(t, [][]string{{"once"}}, within(t, tx, other))
	require.NoError(t, tx.End(t.Context(), nil))
}

// What a host sets for the whole session is put back.
func TestTx_puts_back(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	backend := backendOf(t, pool)
	before := session[string](t, pool, `SHOW TimeZone`)
	tx := begin(t, pool, writer)
	_, err := tx.Pgx().Exec(t.Context(), `SET TimeZone = 'Asia/Tokyo'; SET application_name = 'host'; SET client_encoding = 'LATIN1'`)
	require.NoError(t, err)
	require.Equal(t, [][]string{{"ü"}}, within(t, tx, sql(`SELECT 'ü'`)), "texts are UTF-8 all the same")
	require.NoError(t, tx.End(t.Context(), nil))
	require.Equal(t, before, session[string](t, pool, `SHOW TimeZone`))
	require.NotEqual(t, "host", session[string](t, pool, `SHOW application_name`))
	requireUsable(t, pool, backend)
}

// What is revoked in a transaction is undone with it.
func TestTx_Revoke(t *testing.T) {
	t.Parallel()
	pool := written(t)
	reason := errors.New("as told")
	tx := begin(t, pool, writer)
	result, err := tx.Run(t.Context(), insert(1))
	require.NoError(t, err)
	require.True(t, result.Revoke(reason))
	result.Close()
	err = tx.End(t.Context(), nil)
	require.ErrorIs(t, err, executor.ErrFailed)
	require.ErrorIs(t, err, reason)
	require.Empty(t, reels(t, pool))

	tx = begin(t, pool, command(anon, ``).Session)
	result, err = tx.Run(t.Context(), sql(`SELECT 1`))
	require.NoError(t, err)
	require.True(t, result.Revoke(reason), "there is nothing to undo")
	require.Len(t, collect(result), 1)
	require.NoError(t, tx.End(t.Context(), nil))
}

// Beginning, each command and the end are one round trip each, and what is prepared is
// prepared once.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	var trips atomic.Int64
	pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1), func(config *pgxpool.Config) {
		dial := config.ConnConfig.DialFunc
		config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return trippingConn{conn, &trips}, err
		}
		config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	})
	s := writer
	s.PreRequest, s.Rollback = `SELECT 1`, true
	for range 3 {
		run(t, pool, command(anon, `SELECT 1`))
		trips.Store(0)
		tx := begin(t, pool, s)
		require.EqualValues(t, 1, trips.Swap(0), "to begin")
		for n := range 3 {
			within(t, tx, counted(command(anon, fmt.Sprint(`SELECT `, n)), `SELECT 1`).Command)
			require.EqualValues(t, 1, trips.Swap(0), "a command")
		}
		_ = tx.Pgx()
		require.Zero(t, trips.Load(), "a pgx.Tx")
		require.NoError(t, tx.End(t.Context(), nil))
		require.EqualValues(t, 1, trips.Swap(0), "to end")
		require.Equal(t, executor.ErrEnded, tx.End(t.Context(), nil))
		require.Zero(t, trips.Load(), "to end again")
	}
}

// trippingConn counts what it sends.
type trippingConn struct {
	net.Conn
	trips *atomic.Int64
}

func (c trippingConn) Write(p []byte) (int, error) {
	c.trips.Add(1)
	return c.Conn.Write(p)
}
