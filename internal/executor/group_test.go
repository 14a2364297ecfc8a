package executor_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// beginAll begins a transaction with commands, which the test ends, or else its cleanup.
func beginAll(t *testing.T, e *executor.Executor, s executor.Session, last bool, cmds ...executor.Command) (*executor.Tx, *executor.Group) {
	t.Helper()
	tx, group, err := e.BeginAll(t.Context(), s, cmds, last)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.End(context.Background(), executor.ErrUnfinished) })
	return tx, group
}

// nextRows gives the rows of a group's next result.
func nextRows(t *testing.T, g *executor.Group) [][]string {
	t.Helper()
	result, err := g.Next()
	require.NoError(t, err)
	defer result.Close()
	rows := collect(result)
	require.NoError(t, result.Err())
	return rows
}

// Commands that go out together are answered one by one, in their order; others may follow.
func TestGroup(t *testing.T) {
	t.Parallel()
	pool := written(t)
	backend := backendOf(t, pool)
	tx, group := beginAll(t, executor.New(pool, true), writer, false, insert(1), sql(`SELECT generate_series(1, 1000)`), insert(2),
		sql(`SELECT string_agg(number::text, ' ' ORDER BY number) FROM reels WHERE film_id = 5`))
	require.Equal(t, [][]string{{"1"}}, nextRows(t, group))
	require.Len(t, nextRows(t, group), 1000)
	_, err := tx.Run(t.Context(), sql(`SELECT 1`))
	require.ErrorIs(t, err, executor.ErrRowsOpen, "others are to be read")
	require.Equal(t, [][]string{{"2"}}, nextRows(t, group))
	require.Equal(t, [][]string{{"1 2"}}, nextRows(t, group))
	_, err = group.Next()
	require.ErrorIs(t, err, executor.ErrEnded)
	require.Equal(t, [][]string{{"3"}}, within(t, tx, insert(3)))
	again, err := tx.RunAll(t.Context(), []executor.Command{insert(4), insert(5)}, true)
	require.NoError(t, err)
	require.Equal(t, [][]string{{"4"}}, nextRows(t, again))
	result, err := again.Next()
	require.NoError(t, err)
	_, err = again.Next()
	require.ErrorIs(t, err, executor.ErrEnded)
	result.Close()
	require.NoError(t, tx.End(t.Context(), nil))
	require.Equal(t, "1 at 1, 2 at 2, 3 at 3, 4 at 4, 5 at 5", reels(t, pool))
	requireUsable(t, pool, backend)
}

// A command that fails fails all of it, also when its result isn't as it has to be, and others
// behind it have run.
func TestGroup_fails(t *testing.T) {
	t.Parallel()
	one := sql(`SELECT generate_series(1, 2)`)
	one.Expect.Singular = true
	open := func(t *testing.T, g *executor.Group, _ *executor.Tx) error {
		nextRows(t, g)
		_, err := g.Next()
		return err
	}
	tests := map[string]struct {
		second executor.Command
		fail   func(*testing.T, *executor.Group, *executor.Tx) error
		gone   bool // the connection, too
	}{
		"an error": {sql(`SELECT 1/0`), open, false},
		"at a later row": {sql(`SELECT 1/(3 - n) FROM generate_series(1, 5) n`), func(t *testing.T, g *executor.Group, _ *executor.Tx) error {
			nextRows(t, g)
			result, err := g.Next()
			require.NoError(t, err)
			require.Len(t, collect(result), 2)
			result.Close()
			return result.Err()
		}, false},
		"not as expected": {one, func(t *testing.T, g *executor.Group, _ *executor.Tx) error {
			nextRows(t, g)
			result, err := g.Next()
			require.NoError(t, err)
			collect(result)
			result.Close()
			return result.Err()
		}, false},
		"given up": {sql(`SELECT 1`), func(t *testing.T, g *executor.Group, _ *executor.Tx) error {
			nextRows(t, g)
			return errors.New("enough")
		}, true},
		"given up among rows": {sql(`SELECT generate_series(1, 100000)`), func(t *testing.T, g *executor.Group, _ *executor.Tx) error {
			nextRows(t, g)
			result, err := g.Next()
			require.NoError(t, err)
			require.True(t, result.Next())
			return errors.New("enough")
		}, true},
		"statements are gone": {sql(`DEALLOCATE ALL`), func(t *testing.T, g *executor.Group, tx *executor.Tx) error {
			nextRows(t, g)
			for range 2 {
				if _, err := g.Next(); err != nil {
					require.ErrorIs(t, err, executor.ErrForgotten)
					return err
				}
			}
			return nil
		}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := written(t)
			backend := backendOf(t, pool)
			e := executor.New(pool, true)
			tx, group := beginAll(t, e, writer, false, insert(1), tt.second, insert(2))
			failed := tt.fail(t, group, tx)
			require.Error(t, failed)
			require.Error(t, tx.End(t.Context(), failed))
			require.Empty(t, reels(t, pool))
			if !tt.gone {
				requireUsable(t, pool, backend)
			}
			tx, group = beginAll(t, e, writer, false, insert(1))
			nextRows(t, group)
			require.NoError(t, tx.End(t.Context(), nil))
			require.Equal(t, "1 at 1", reels(t, pool))
		})
	}
}

// What each command is told holds for it alone.
func TestGroup_tells(t *testing.T) {
	t.Parallel()
	told := func(path, zone string, settings ...auth.Setting) executor.Command {
		cmd := sql(`SELECT current_setting('request.path'), current_setting('TimeZone'), current_setting('statement_timeout'), current_setting('response.headers', true),
			timestamptz '2026-01-01Z'::text, set_config('response.headers', '[{"X-Of": "` + path + `"}]', true)`)
		c := writer.Context
		c.Path, c.Timezone, c.FunctionSettings = path, zone, settings
		cmd.Tells = &c
		return cmd
	}
	pool := written(t)
	e := executor.New(pool, true)
	s := writer
	s.PreRequest = `SELECT set_config('response.headers', '[{"X-Pre": "1"}]', true)`
	zone := session[string](t, pool, `SELECT current_setting('TimeZone')`)
	for range 2 {
		tx, group := beginAll(t, e, s, false, told("/a", "Asia/Tokyo"), told("/b", "", auth.Setting{Name: "statement_timeout", Value: "7s"}), told("/c", "UTC"))
		require.Equal(t, `[{"X-Pre": "1"}]`, tx.Overrides().Headers)
		require.Equal(t, []string{"/a", "Asia/Tokyo", "0", "", "2026-01-01 09:00:00+09"}, nextRows(t, group)[0][:5])
		require.Equal(t, []string{"/b", zone, "7s", ""}, nextRows(t, group)[0][:4])
		result, err := group.Next()
		require.NoError(t, err)
		require.Equal(t, []string{"/c", "UTC", "0", ""}, collect(result)[0][:4])
		result.Close()
		require.Equal(t, `[{"X-Of": "/c"}]`, result.Overrides.Headers)
		c := writer.Context
		c.Path = "/d"
		require.NoError(t, tx.Tell(t.Context(), &executor.Command{Tells: &c}))
		require.Equal(t, [][]string{{"/d", zone, "0"}}, within(t, tx, sql(`SELECT current_setting('request.path'), current_setting('TimeZone'), current_setting('statement_timeout')`)))
		require.NoError(t, tx.End(t.Context(), nil))
	}
}

// A limit of the executor's for statements comes back when a command's own has gone.
func TestGroup_limit_of_statements(t *testing.T) {
	t.Parallel()
	e := executor.New(written(t), true)
	e.LimitStatements(9 * time.Second)
	show := sql(`SELECT current_setting('statement_timeout')`)
	short, plain := writer.Context, writer.Context
	short.FunctionSettings = []auth.Setting{{Name: "statement_timeout", Value: "7s"}}
	first, second := show, show
	first.Tells, second.Tells = &short, &plain
	tx, group := beginAll(t, e, writer, false, show, first, second)
	require.Equal(t, [][]string{{"9s"}}, nextRows(t, group))
	require.Equal(t, [][]string{{"7s"}}, nextRows(t, group))
	require.Equal(t, [][]string{{"9s"}}, nextRows(t, group))
	require.NoError(t, tx.End(t.Context(), nil))
}

// Commands go out in one round trip, with the transaction's beginning and, if they are the last
// of what only reads, with its end.
func TestGroup_round_trips(t *testing.T) {
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
	reader := command(anon, ``).Session
	var cmds []executor.Command
	for n := range 20 {
		cmds = append(cmds, sql(fmt.Sprint(`SELECT `, n%5)))
	}
	for name, tt := range map[string]struct {
		session executor.Session
		last    bool
		begin   int64
		end     int64
	}{"reads": {reader, true, 1, 0}, "reads with others": {reader, false, 1, 1}, "writes": {writer, true, 1, 1}} {
		e := executor.New(pool, true)
		for range 2 {
			run(t, pool, command(anon, `SELECT 1`))
			trips.Store(0)
			tx, group := beginAll(t, e, tt.session, tt.last, cmds...)
			for n := range 20 {
				require.Equal(t, [][]string{{fmt.Sprint(n % 5)}}, nextRows(t, group))
			}
			require.Equal(t, tt.begin, trips.Swap(0), name)
			require.NoError(t, tx.End(t.Context(), nil))
			require.Equal(t, tt.end, trips.Swap(0), name)
			require.Equal(t, executor.ErrEnded, tx.End(t.Context(), nil))
		}
	}
}
