package executor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// cached lists what is prepared on the pool's one connection, oldest first.
func cached(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
		SELECT statement FROM pg_prepared_statements WHERE starts_with(name, 'pgrest_') ORDER BY prepare_time, name`)
	require.NoError(t, err)
	statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return statements
}

func occurrences(of string, in []string) int {
	n := 0
	for _, s := range in {
		if s == of {
			n++
		}
	}
	return n
}

func TestStatements_reused(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	const sql = `SELECT title FROM films WHERE id = $1`
	require.Equal(t, "M", valueOf(t, pool, command(anon, sql, "2")))
	first := cached(t, pool)
	require.Equal(t, 1, occurrences(sql, first))
	require.Equal(t, "Yojimbo", valueOf(t, pool, command(anon, sql, "4")))
	require.Equal(t, first, cached(t, pool))
}

// PostgreSQL plans a statement for one role.
func TestStatements_of_roles(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	const sql = `SELECT count(*) FROM films`
	for range 2 {
		for _, role := range []string{anon, visitor, curator} {
			require.Equal(t, "13", valueOf(t, pool, command(role, sql)))
		}
	}
	require.Equal(t, 3, occurrences(sql, cached(t, pool)))
}

// A statement that one pipeline prepares twice is kept once.
func TestStatements_twice_in_a_pipeline(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	cmd := counted(command(anon, `SELECT 13`), `SELECT 13`)
	for range 3 {
		require.Equal(t, "13", valueOf(t, pool, cmd))
	}
	require.Equal(t, 1, occurrences(`SELECT 13`, cached(t, pool)))
}

// The authenticator has no USAGE on the schema, so a statement that was parsed
// before the role is switched would fail.
func TestStatements_parsed_as_the_role(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	_, err := pool.Exec(t.Context(), `SELECT 1 FROM archive.films`)
	require.Equal(t, "42501", sqlstate(err))

	cmd := prepared(command(anon, `SELECT title FROM archive.films WHERE id = 1`), `SELECT extra.pre_request()`)
	require.Equal(t, "Metropolis", valueOf(t, pool, counted(cmd, `SELECT count(*) FROM archive.films`)))
}

func TestStatements_bounded(t *testing.T) {
	t.Parallel()
	const bound = 256
	pool := oneConnection(t)
	text := func(i int) string { return fmt.Sprintf(`SELECT %d`, i) }
	for i := range bound + 40 {
		require.Equal(t, fmt.Sprint(i), valueOf(t, pool, command(anon, text(i))))
		require.Equal(t, "0", valueOf(t, pool, command(anon, text(0))), "used time and again")
	}
	left := cached(t, pool)
	require.Len(t, left, bound)
	require.Contains(t, left, text(0), "the most recently used")
	require.Contains(t, left, text(bound+39))
	require.NotContains(t, left, text(1), "the least recently used")
	require.Equal(t, "1", valueOf(t, pool, command(anon, text(1))), "prepared anew")
}

// A statement of some length isn't prepared, and runs all the same.
func TestStatements_long(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	long := `SELECT $1::text` + strings.Repeat(` `, 64<<10)
	for range 2 {
		require.Equal(t, "13", valueOf(t, pool, counted(command(anon, long, "13"), `SELECT 13`)))
	}
	left := cached(t, pool)
	require.Zero(t, occurrences(long, left))
	require.Equal(t, 1, occurrences(`SELECT 13`, left))
}

// Few long statements are kept where many short ones are, and the most recent of them.
func TestStatements_bounded_by_bytes(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	const length, bytes = 12 << 10, 256 << 10
	text := func(i int) string { return fmt.Sprintf(`SELECT %d`, i) + strings.Repeat(` `, length) }
	for range 2 {
		for i := range 40 {
			require.Equal(t, fmt.Sprint(i), valueOf(t, pool, command(anon, text(i))))
		}
	}
	left := cached(t, pool)
	require.Contains(t, left, text(39))
	require.NotContains(t, left, text(0))
	total := 0
	for _, statement := range left {
		total += len(statement)
	}
	require.LessOrEqual(t, total, bytes+length, "one may still have to be closed")
	require.Greater(t, total, bytes-2*length)
}

// The closing of a statement is not lost when the pipeline that brings it fails.
func TestStatements_closed_after_an_error(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	const most = 256
	sql := func(i int) string { return fmt.Sprintf(`SELECT %d`, 1000+i) }
	for i := range most + 1 {
		run(t, pool, command(anon, sql(i)))
	}
	require.Len(t, cached(t, pool), most+1, "one is to be closed")
	require.Equal(t, "22023", failure(t, pool, set(command(anon, sql(most)), "timezone", "Atlantis")))
	run(t, pool, command(anon, sql(most)))
	require.Len(t, cached(t, pool), most)
}

// The host, or a pooler between, may drop what is prepared on a connection.
func TestStatements_deallocated(t *testing.T) {
	t.Parallel()
	plain := command(anon, `SELECT title FROM films WHERE id = 1`)
	full := counted(prepared(command(anon, plain.Program.Main.SQL), `SELECT extra.pre_request()`), `SELECT count(*) FROM films`)
	some := `DO $$ DECLARE p record; BEGIN
		FOR p IN SELECT name FROM pg_prepared_statements WHERE starts_with(name, 'pgrest_') AND starts_with(statement, %s) LOOP
			EXECUTE format('DEALLOCATE %%I', p.name);
		END LOOP;
		IF NOT FOUND THEN RAISE 'nothing to drop'; END IF; END $$`
	tests := map[string]string{
		"all":                    `DEALLOCATE ALL`,
		"discarded":              `DISCARD ALL`,
		"the settings statement": fmt.Sprintf(some, `'SELECT pg_catalog.cardinality(ARRAY[pg_catalog.set_config'`),
		"the main statement":     fmt.Sprintf(some, `'SELECT title'`),
	}
	for name, drop := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1), simpleProtocol)
			backend := backendOf(t, pool)
			for _, cmd := range []task{plain, full} {
				for range 2 {
					require.Equal(t, "Metropolis", valueOf(t, pool, cmd))
					_, err := pool.Exec(t.Context(), drop)
					require.NoError(t, err)
					require.Equal(t, "Metropolis", valueOf(t, pool, cmd))
				}
			}
			require.Equal(t, 1, occurrences(plain.Program.Main.SQL, cached(t, pool)))
			requireUsable(t, pool, backend)
		})
	}
}

// simpleProtocol keeps pgx from preparing statements of its own, which DEALLOCATE
// ALL would take from it.
func simpleProtocol(c *pgxpool.Config) {
	c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
}

// PostgreSQL refuses to run a prepared statement whose result has changed.
func TestStatements_of_a_changed_table(t *testing.T) {
	t.Parallel()
	admin := pgtest.Empty(t)
	tests := map[string]struct{ before, query, change, want string }{
		"type of a column": {`CREATE TABLE a (x int); INSERT INTO a VALUES (7)`, `SELECT x FROM a`,
			`ALTER TABLE a ALTER x TYPE text USING 'seven'`, "seven"},
		"columns of a star": {`CREATE TABLE b (x int, y int); INSERT INTO b VALUES (7, 8)`, `SELECT * FROM b`,
			`ALTER TABLE b DROP x`, "8"},
		"table made anew": {`CREATE TABLE c (x int); INSERT INTO c VALUES (7)`, `SELECT x FROM c`,
			`DROP TABLE c; CREATE TABLE c (x text); INSERT INTO c VALUES ('seven')`, "seven"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := admin.Config()
			config.MaxConns = 4
			pool, err := pgxpool.NewWithConfig(t.Context(), config)
			require.NoError(t, err)
			defer pool.Close()
			_, err = pool.Exec(t.Context(), tt.before)
			require.NoError(t, err)
			cmd := counted(command("postgres", tt.query), `SELECT count(*) FROM (`+tt.query+`) rows`)
			cmd.Context = auth.Context{Schema: "public"}

			// Every connection of the pool has the statement.
			results := make([]*executor.Result, config.MaxConns)
			for i := range results {
				results[i], err = once(t.Context(), executor.New(pool, true), cmd)
				require.NoError(t, err)
			}
			for _, result := range results {
				collect(result)
				result.Close()
			}
			_, err = pool.Exec(t.Context(), tt.change)
			require.NoError(t, err)
			for range 2 * config.MaxConns {
				rows, _ := run(t, pool, cmd)
				require.Equal(t, tt.want, rows[0][len(rows[0])-1])
			}
		})
	}
}

// Names can't be guessed, and are others on each connection.
func TestStatements_names(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2 {
		pool := oneConnection(t)
		run(t, pool, command(anon, `SELECT 13`))
		name := session[string](t, pool, `SELECT name FROM pg_prepared_statements WHERE statement = 'SELECT 13'`)
		require.Regexp(t, `^pgrest_[a-z2-7]{12}_[0-9]+$`, name)
		require.False(t, seen[name[:len("pgrest_")+12]])
		seen[name[:len("pgrest_")+12]] = true
	}
}

// Somebody took the name that comes next, or all the statements.
func TestStatements_taken_names(t *testing.T) {
	t.Parallel()
	const next = `DO $$ DECLARE latest text; BEGIN
		SELECT max(name) INTO latest FROM pg_prepared_statements WHERE starts_with(name, 'pgrest_');
		FOR i IN 1..9 LOOP EXECUTE format('PREPARE %I AS SELECT 1', regexp_replace(latest, '[0-9]+$', 'x') || i); END LOOP;
		FOR i IN 4..9 LOOP EXECUTE format('PREPARE %I AS SELECT 1', regexp_replace(latest, '[0-9]+$', '') || i); END LOOP; END $$`
	pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1), simpleProtocol)
	backend := backendOf(t, pool)
	run(t, pool, command(anon, `SELECT 13`))
	_, err := pool.Exec(t.Context(), next)
	require.NoError(t, err)
	for range 2 {
		require.Equal(t, "14", valueOf(t, pool, counted(command(anon, `SELECT 14`), `SELECT 13`)))
	}
	requireUsable(t, pool, backend)
}

// A main statement that takes the connection's statements away fails what follows it,
// and with that the transaction: it can be run again.
func TestStatements_forgotten(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `CREATE FUNCTION archive.deallocates() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO archive.visitors_book (entry) VALUES ('x'); DEALLOCATE ALL; RETURN 1; END $$`)
	require.NoError(t, err)
	admin := db.Superuser(t)
	for _, change := range []func(*task){nil, func(c *task) { c.Expect.MaxAffected = 1 }} {
		pool := db.Pool(t, pgtest.MaxConns(1), simpleProtocol)
		e := executor.New(pool, true)
		run(t, pool, command(anon, `SELECT 1`)) // after which the last statement is prepared
		before := session[int](t, admin, `SELECT count(*) FROM archive.visitors_book`)
		for try := range 2 {
			result, err := once(t.Context(), e, writing(`SELECT archive.deallocates()`, change))
			require.NoError(t, err)
			require.Equal(t, [][]string{{"1"}}, collect(result))
			if try == 0 {
				require.ErrorIs(t, result.Err(), executor.ErrForgotten)
			} else {
				require.NoError(t, result.Err())
			}
			result.Close()
			require.Equal(t, before+try, session[int](t, admin, `SELECT count(*) FROM archive.visitors_book`))
		}
	}
}
