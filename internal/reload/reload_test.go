package reload_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/dbpool"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/reload"
	"github.com/pgrest-go/pgrest/introspect"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const patience = 20 * time.Second

// database gives a superuser's pool on a new database with a schema api.
func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.Empty(t)
	exec(t, pool, `CREATE SCHEMA api`)
	return pool
}

func exec(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	_, err := pool.Exec(t.Context(), sql, args...)
	require.NoError(t, err, sql)
}

// watched is a Reloader whose loads a test can wait for.
type watched struct {
	*reload.Reloader
	loads chan *introspect.SchemaCache
}

// start starts a Reloader, and closes it with the test.
func start(t *testing.T, pool dbpool.Pool, channel string) *watched {
	t.Helper()
	w := &watched{loads: make(chan *introspect.SchemaCache, 1000)}
	w.Reloader = reload.Start(reload.Config{
		Pool: pool, Schema: introspect.Options{Schemas: []string{"api"}}, Channel: channel,
		Loaded: func(c *introspect.SchemaCache) { w.loads <- c },
		Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(w.Close)
	return w
}

// next waits for the next load.
func (w *watched) next(t *testing.T) *introspect.SchemaCache {
	t.Helper()
	select {
	case cache := <-w.loads:
		return cache
	case <-time.After(patience):
		require.FailNow(t, "no load")
		return nil
	}
}

// until waits for a load that has the table, or that lacks it.
func (w *watched) until(t *testing.T, table string, there bool) {
	t.Helper()
	for has(w.next(t), table) != there {
	}
}

func has(cache *introspect.SchemaCache, table string) bool {
	_, ok := cache.Table(introspect.QualifiedName{Schema: "api", Name: table})
	return ok
}

// listeners is the number of sessions whose last statement was LISTEN.
func listeners(t *testing.T, pool *pgxpool.Pool) int {
	t.Helper()
	var n int
	require.NoError(t, pool.QueryRow(t.Context(), `
		SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND starts_with(query, 'LISTEN') AND state = 'idle'`).Scan(&n))
	return n
}

// unreliable is a pool whose database can go away.
type unreliable struct {
	*pgxpool.Pool
	away atomic.Bool
}

var errAway = errors.New("the database is away")

func (u *unreliable) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	if u.away.Load() {
		return nil, errAway
	}
	return u.Pool.Acquire(ctx)
}

func TestStart(t *testing.T) {
	t.Parallel()
	for name, channel := range map[string]string{"with a channel": "pgrst", "without a channel": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := database(t)
			exec(t, pool, `CREATE TABLE api.films (id int)`)
			w := start(t, pool, channel)
			require.True(t, has(w.next(t), "films"))
		})
	}
}

// A change that is notified after the first load is heard: the listening began
// before it.
func TestStart_listens_before_it_loads(t *testing.T) {
	t.Parallel()
	pool := database(t)
	heard := make(chan int, 100)
	r := reload.Start(reload.Config{
		Pool: pool, Schema: introspect.Options{Schemas: []string{"api"}}, Channel: "pgrst",
		Loaded: func(*introspect.SchemaCache) { heard <- listeners(t, pool) },
		Logger: slog.New(slog.DiscardHandler),
	})
	defer r.Close()
	require.Equal(t, 1, <-heard)
}

func TestStart_retries(t *testing.T) {
	t.Parallel()
	pool := &unreliable{Pool: database(t)}
	pool.away.Store(true)
	w := start(t, pool, "pgrst")
	require.ErrorIs(t, w.Now(t.Context()), errAway)
	require.Empty(t, w.loads)
	pool.away.Store(false)
	w.next(t)
	require.Eventually(t, func() bool { return listeners(t, pool.Pool) == 1 }, patience, 5*time.Millisecond)
}

func TestNotification(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ channel, notify string }{
		"without payload":  {"pgrst", `NOTIFY pgrst`},
		"reload schema":    {"pgrst", `NOTIFY pgrst, 'reload schema'`},
		"another channel":  {`odd "channel"; --`, `NOTIFY "odd ""channel""; --"`},
		"beside others":    {"pgrst", `NOTIFY pgrst, 'something else'; NOTIFY pgrst, 'reload schema'; NOTIFY pgrst, 'reload config'`},
		"many of them":     {"pgrst", `DO $$ BEGIN FOR i IN 1..500 LOOP PERFORM pg_notify('pgrst', 'x' || i); END LOOP; END $$; NOTIFY pgrst`},
		"by a DDL trigger": {"pgrst", ``},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := database(t)
			if tt.notify == "" {
				exec(t, pool, `CREATE FUNCTION public.notify() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY pgrst, 'reload schema'; END $$`)
				exec(t, pool, `CREATE EVENT TRIGGER notify ON ddl_command_end EXECUTE FUNCTION public.notify()`)
			}
			w := start(t, pool, tt.channel)
			require.False(t, has(w.next(t), "films"))
			exec(t, pool, `CREATE TABLE api.films (id int)`)
			exec(t, pool, tt.notify)
			w.until(t, "films", true)
			exec(t, pool, `DROP TABLE api.films`)
			exec(t, pool, tt.notify)
			w.until(t, "films", false)
		})
	}
}

// When the listening connection is lost, another one takes its place, and the schema
// is loaded for the notifications that were missed.
func TestListener_terminated(t *testing.T) {
	t.Parallel()
	pool := database(t)
	w := start(t, pool, "pgrst")
	require.False(t, has(w.next(t), "films"))
	for _, table := range []string{"films", "actors"} { // more than once
		exec(t, pool, `CREATE TABLE api.`+table+` (id int)`)
		exec(t, pool, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND starts_with(query, 'LISTEN')`)
		w.until(t, table, true)
	}
	exec(t, pool, `CREATE TABLE api.roles (id int)`)
	exec(t, pool, `NOTIFY pgrst`)
	w.until(t, "roles", true)
	require.Equal(t, 1, listeners(t, pool))
}

func TestNow(t *testing.T) {
	t.Parallel()
	pool := database(t)
	w := start(t, pool, "")
	w.next(t)
	exec(t, pool, `CREATE TABLE api.films (id int)`)
	require.NoError(t, w.Now(t.Context()))
	require.Len(t, w.loads, 1)
	require.True(t, has(w.next(t), "films"))
}

// Callers that join a load get its outcome, and make no further load.
func TestJoin(t *testing.T) {
	t.Parallel()
	db := database(t)
	gate := make(chan struct{})
	var loads atomic.Int64
	r := reload.Start(reload.Config{
		Pool: db, Schema: introspect.Options{Schemas: []string{"api"}},
		Loaded: func(*introspect.SchemaCache) {
			if loads.Add(1) == 2 {
				<-gate // the second load takes its time
			}
		},
		Logger: slog.New(slog.DiscardHandler),
	})
	defer r.Close()
	<-r.Tried()
	require.Eventually(t, func() bool {
		joined, err := r.Join(t.Context())
		return !joined && err == nil
	}, patience, time.Millisecond, "there is nothing to join")
	r.Soon()
	require.Eventually(t, func() bool { return loads.Load() == 2 }, patience, time.Millisecond)

	given, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	joined, err := r.Join(given)
	require.True(t, joined)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	const clients = 20
	outcomes := make(chan error, clients)
	for range clients {
		go func() {
			joined, err := r.Join(context.WithoutCancel(t.Context()))
			if !joined {
				err = errors.New("not joined")
			}
			outcomes <- err
		}()
	}
	time.Sleep(20 * time.Millisecond) // for them to come
	close(gate)
	for range clients {
		require.NoError(t, <-outcomes)
	}
	require.EqualValues(t, 2, loads.Load())
	joined, err = r.Join(t.Context())
	require.False(t, joined)
	require.NoError(t, err)
}

func TestNow_failed(t *testing.T) {
	t.Parallel()
	pool := &unreliable{Pool: database(t)}
	w := start(t, pool, "")
	w.next(t)
	exec(t, pool.Pool, `CREATE TABLE api.films (id int)`)
	pool.away.Store(true)
	require.ErrorIs(t, w.Now(t.Context()), errAway)
	require.Empty(t, w.loads)
	pool.away.Store(false)
	w.until(t, "films", true) // it keeps trying
}

func TestNow_given_up(t *testing.T) {
	t.Parallel()
	w := start(t, database(t), "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, w.Now(ctx), context.Canceled)
	w.Close()
	require.ErrorIs(t, w.Now(t.Context()), context.Canceled)
	w.Close()
}

// stuck is a pool that is out of connections.
type stuck struct{ asked chan struct{} }

func (s *stuck) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestClose_during_a_load(t *testing.T) {
	t.Parallel()
	for name, channel := range map[string]string{"with a channel": "pgrst", "without a channel": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := &stuck{asked: make(chan struct{}, 1)}
			w := start(t, pool, channel)
			<-pool.asked
			outcome := make(chan error)
			go func() { outcome <- w.Now(context.WithoutCancel(t.Context())) }()
			w.Close()
			require.ErrorIs(t, <-outcome, context.Canceled)
		})
	}
}

func TestClose_ends_the_listening(t *testing.T) {
	t.Parallel()
	pool := database(t)
	for range 20 {
		w := start(t, pool, "pgrst")
		w.next(t)
		require.Equal(t, 1, listeners(t, pool))
		w.Close()
		require.Eventually(t, func() bool { return listeners(t, pool) == 0 }, patience, time.Millisecond)
	}
	require.Zero(t, pool.Stat().AcquiredConns())
}

// Reloaders that share a Listener share the built-in types of their schemas.
func TestListener_types(t *testing.T) {
	t.Parallel()
	pool := database(t)
	listener := reload.NewListener(reload.ListenerConfig{Pool: pool, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(listener.Close)
	integer := func(l *reload.Listener) *introspect.Type {
		loads := make(chan *introspect.SchemaCache, 1000)
		r := reload.Start(reload.Config{
			Pool: pool, Schema: introspect.Options{Schemas: []string{"api"}}, Channel: "pgrst", Listener: l,
			Loaded: func(c *introspect.SchemaCache) { loads <- c },
			Logger: slog.New(slog.DiscardHandler),
		})
		t.Cleanup(r.Close)
		found, ok := (&watched{r, loads}).next(t).Type(introspect.QualifiedName{Schema: "pg_catalog", Name: "int4"})
		require.True(t, ok)
		return found
	}
	require.Same(t, integer(listener), integer(listener))
	require.NotSame(t, integer(listener), integer(nil))
}
