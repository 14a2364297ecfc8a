package executor_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/dbpool"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/plan"
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

// A page behind the last row is refused before its rows are read, of which there are some
// where their number is an estimate.
func TestExpect_offset_beyond_an_estimate(t *testing.T) {
	t.Parallel()
	cmd := command(anon, `SELECT generate_series(1, 1000000), repeat('x', 1000)`)
	cmd.Program.Estimate = statement(`EXPLAIN (FORMAT JSON) SELECT 1`)
	cmd.Counting.Count = plan.CountPlanned
	cmd.Expect.Offset, cmd.Expect.Singular = 2, true
	refused := apierror.OffsetBeyond(2, 1)
	pool := oneConnection(t)
	result, err := once(t.Context(), executor.New(pool, true), cmd)
	require.NoError(t, err)
	t.Cleanup(result.Close)
	require.Equal(t, refused, result.Err())
	require.False(t, result.Next())
	run(t, pool, command(anon, `SELECT 1`))

	tx := begin(t, pool, cmd.Session)
	result, err = tx.Run(t.Context(), cmd.Command)
	require.NoError(t, err)
	require.Equal(t, refused, result.Err())
	require.False(t, result.Next())
	require.ErrorIs(t, tx.End(t.Context(), nil), result.Err())
	run(t, pool, command(anon, `SELECT 1`))
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

// What the host's own SQL sets for the whole session, no other request's response has.
func TestTx_overrides_of_the_host(t *testing.T) {
	t.Parallel()
	pool := written(t)
	backend := backendOf(t, pool)
	tx := begin(t, pool, writer)
	_, err := tx.Pgx().Exec(t.Context(), `SELECT set_config('response.headers', '[{"Set-Cookie": "of another"}]', false), set_config('response.status', '418', false)`)
	require.NoError(t, err)
	require.NoError(t, tx.End(t.Context(), nil))
	_, result := run(t, pool, command(anon, `SELECT 1`))
	require.Zero(t, result.Overrides)
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
