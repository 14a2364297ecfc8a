package executor_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/dbpool"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/value"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const (
	anon    = "pgrest_test_anon"
	visitor = "pgrest_test_visitor"
	curator = "pgrest_test_curator"
)

// oneConnection gives a pool of a single connection, so that one command finds
// what another left behind on it.
func oneConnection(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1))
}

// task is a command, and the session that it runs in.
type task struct {
	executor.Session
	executor.Command
}

// once runs a task in a transaction of its own.
func once(ctx context.Context, e *executor.Executor, of task) (*executor.Result, error) {
	return e.Once(ctx, of.Session, of.Command)
}

// command runs sql as role, told about a request, in a transaction that is read only.
// Nothing is expected of its result.
func command(role, sql string, args ...string) task {
	return task{
		executor.Session{
			Identity: auth.Identity{Role: role, Claims: []byte(`{"sub": "ada"}`)}, ReadOnly: true,
			Context: auth.Context{
				Schema: "archive", ExtraSearchPath: []string{"extra"}, Method: "GET", Path: "/films",
				AppSettings: []auth.Setting{{Name: "app.settings.site", Value: "main"}},
			},
		},
		executor.Command{Program: &query.Program{Main: *statement(sql, args...)}, Expect: plan.Expectation{MaxAffected: -1}},
	}
}

func statement(sql string, args ...string) *query.Statement {
	s := &query.Statement{SQL: sql}
	for _, arg := range args {
		s.Args = append(s.Args, value.Constant(arg))
	}
	return s
}

// counted gives cmd a count, and with it an explicit transaction.
func counted(cmd task, sql string) task {
	cmd.Program.Count = statement(sql)
	return cmd
}

// prepared gives cmd a pre-request statement.
func prepared(cmd task, sql string) task {
	cmd.PreRequest = sql
	return cmd
}

// set adds a setting to cmd's.
func set(cmd task, name, value string) task {
	cmd.Context.AppSettings = append(cmd.Context.AppSettings[:len(cmd.Context.AppSettings):len(cmd.Context.AppSettings)], auth.Setting{Name: name, Value: value})
	return cmd
}

// run runs cmd to its end; it gives the rows, and the result for what else it says.
func run(t *testing.T, pool dbpool.Pool, cmd task) ([][]string, *executor.Result) {
	t.Helper()
	result, err := once(t.Context(), executor.New(pool, true), cmd)
	require.NoError(t, err)
	defer result.Close()
	rows := collect(result)
	require.NoError(t, result.Err())
	return rows, result
}

func collect(result *executor.Result) [][]string {
	var rows [][]string
	for result.Next() {
		var row []string
		for _, value := range result.Values() {
			row = append(row, string(value))
		}
		rows = append(rows, row)
	}
	return rows
}

// valueOf runs cmd and gives its one value.
func valueOf(t *testing.T, pool dbpool.Pool, cmd task) string {
	t.Helper()
	rows, _ := run(t, pool, cmd)
	require.Len(t, rows, 1)
	require.Len(t, rows[0], 1)
	return rows[0][0]
}

// failure runs cmd, which has to fail, and gives the SQLSTATE.
func failure(t *testing.T, pool dbpool.Pool, cmd task) string {
	t.Helper()
	result, err := once(t.Context(), executor.New(pool, true), cmd)
	if err == nil {
		defer result.Close()
		collect(result)
		err = result.Err()
	}
	require.Error(t, err)
	return sqlstate(err)
}

func sqlstate(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return err.Error()
}

// session asks the connection itself, not in a request's transaction.
func session[T any](t *testing.T, pool *pgxpool.Pool, sql string, args ...any) T {
	t.Helper()
	var v T
	require.NoError(t, pool.QueryRow(t.Context(), sql, args...).Scan(&v), sql)
	return v
}

// requireUsable checks that the connection is the one of backend, without a
// transaction and without anything of a request's settings.
func requireUsable(t *testing.T, pool *pgxpool.Pool, backend int) {
	t.Helper()
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	require.Equal(t, byte('I'), conn.Conn().PgConn().TxStatus(), "transaction status")
	require.Equal(t, backend, int(conn.Conn().PgConn().PID()), "backend")
	conn.Release()
	require.Equal(t, "none", session[string](t, pool, `SELECT current_setting('role')`))
	require.Equal(t, "ada", valueOf(t, pool, command(anon, `SELECT current_setting('request.jwt.claims')::json ->> 'sub'`)))
}

func backendOf(t *testing.T, pool *pgxpool.Pool) int {
	t.Helper()
	return session[int](t, pool, `SELECT pg_backend_pid()`)
}
