package reload_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/reload"
	"github.com/pgrest-go/pgrest/introspect"
)

// count waits until no more loads come, and gives their number.
func (w *watched) count() int {
	for n := 0; ; n++ {
		select {
		case <-w.loads:
		case <-time.After(500 * time.Millisecond):
			return n
		}
	}
}

// A migration notifies many times: the schema is loaded at its beginning and
// after its end, and not for each.
func TestNotification_debounced(t *testing.T) {
	t.Parallel()
	pool := database(t)
	w := start(t, pool, "pgrst")
	w.next(t)
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	began := time.Now()
	for range 50 { // each in a transaction: within one, PostgreSQL drops equal notifications
		_, err := conn.Exec(t.Context(), `NOTIFY pgrst`)
		require.NoError(t, err)
	}
	_, err = conn.Exec(t.Context(), `CREATE TABLE api.films (id int); NOTIFY pgrst`)
	require.NoError(t, err)
	windows := int(time.Since(began)/(100*time.Millisecond)) + 1
	w.until(t, "films", true)
	require.LessOrEqual(t, w.count(), 2*windows)
}

// A single notification has the schema loaded once, not again at the end of its burst.
func TestNotification_leads(t *testing.T) {
	t.Parallel()
	pool := database(t)
	w := start(t, pool, "pgrst")
	w.next(t)
	exec(t, pool, `NOTIFY pgrst`)
	require.Equal(t, 1, w.count())
}

// Callers of Now share the load that begins after they called.
func TestNow_shared(t *testing.T) {
	t.Parallel()
	pool := database(t)
	w := start(t, pool, "")
	w.next(t)
	const callers = 32
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			if err := w.Now(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Less(t, w.count(), callers/2)
}

// After a lost connection the schema is loaded anew, once a second at most.
func TestLost(t *testing.T) {
	t.Parallel()
	pool := database(t)
	w := start(t, pool, "")
	w.next(t)
	began := time.Now()
	exec(t, pool, `CREATE TABLE api.films (id int)`)
	for range 1000 {
		w.Lost()
	}
	w.until(t, "films", true)
	require.Greater(t, time.Since(began), 500*time.Millisecond)
	require.LessOrEqual(t, w.count(), 1)
}

// While the database is away, lost connections don't make more loads; when it is back,
// the schema is loaded and notifications are heard.
func TestLost_database_away(t *testing.T) {
	t.Parallel()
	pool := &unreliable{Pool: database(t)}
	w := start(t, pool, "pgrst")
	w.next(t)
	require.NoError(t, w.Err())
	require.True(t, w.Listening())

	pool.away.Store(true)
	exec(t, pool.Pool, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND starts_with(query, 'LISTEN')`)
	require.Eventually(t, func() bool { return !w.Listening() }, patience, time.Millisecond)
	before := w.Stats().Failures
	for end := time.Now().Add(1500 * time.Millisecond); time.Now().Before(end); time.Sleep(time.Millisecond) {
		w.Lost()
	}
	require.ErrorIs(t, w.Err(), errAway)
	require.LessOrEqual(t, w.Stats().Failures-before, uint64(10))

	exec(t, pool.Pool, `CREATE TABLE api.films (id int)`)
	pool.away.Store(false)
	w.Lost()
	w.until(t, "films", true)
	require.Eventually(t, w.Listening, patience, time.Millisecond)
	require.Eventually(t, func() bool { return w.Err() == nil }, patience, time.Millisecond)
}

// Tried is closed by the first load, even one that fails.
func TestTried(t *testing.T) {
	t.Parallel()
	pool := &stuck{asked: make(chan struct{}, 1)}
	r := reload.Start(reload.Config{
		Pool: pool, Schema: introspect.Options{Schemas: []string{"api"}}, AcquireTimeout: 200 * time.Millisecond,
		Loaded: func(*introspect.SchemaCache) {}, Logger: slog.New(slog.DiscardHandler),
	})
	defer r.Close()
	<-pool.asked
	require.NoError(t, r.Err())
	select {
	case <-r.Tried():
		require.Fail(t, "the load has not ended")
	default:
	}
	<-r.Tried()
	require.ErrorIs(t, r.Err(), context.DeadlineExceeded)
	require.False(t, r.Listening())
	require.True(t, errors.Is(r.Now(t.Context()), context.DeadlineExceeded), "a pool without connections fails the load")
}
