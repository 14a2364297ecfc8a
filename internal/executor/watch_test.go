package executor

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"
)

// A command is cut when PostgreSQL is silent for as long as it may be while somebody waits
// for it, and not otherwise. The clock is the test's own.
func TestWatch(t *testing.T) {
	t.Parallel()
	const limit = time.Minute
	tests := map[string]struct {
		limit time.Duration
		does  func(w *watch)
		cut   bool
	}{
		"silent":         {limit, func(*watch) { time.Sleep(limit) }, true},
		"not_for_long":   {limit, func(*watch) { time.Sleep(limit - time.Second) }, false},
		"without_limit":  {0, func(*watch) { time.Sleep(100 * limit) }, false},
		"ended":          {limit, func(w *watch) { w.end(); time.Sleep(10 * limit) }, false},
		"silent_at_last": {limit, func(w *watch) { w.heard(); time.Sleep(2 * limit) }, true},
		"rows": {limit, func(w *watch) {
			for range 100 {
				time.Sleep(limit / 2)
				w.heard()
			}
		}, false},
		"pause": {limit, func(w *watch) { w.pause(true); time.Sleep(100 * limit) }, false},
		"behind_a_pause": {limit, func(w *watch) {
			w.pause(true)
			time.Sleep(2*limit - time.Second)
			w.pause(false)
			time.Sleep(limit - time.Second)
		}, false},
		"silent_behind_a_pause": {limit, func(w *watch) {
			w.pause(true)
			time.Sleep(10 * limit)
			w.pause(false)
			time.Sleep(2 * limit)
		}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, conn := new(watch), watchedConn(t)
				w.begin(conn, tt.limit)
				tt.does(w)
				synctest.Wait()
				cut, silent := w.ended()
				require.Equal(t, tt.cut, cut)
				require.Equal(t, tt.cut, silent)
				w.end()
			})
		})
	}
}

// A look that comes late, when the next command has begun, isn't for that one.
func TestWatch_of_the_next_command(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]time.Duration{"limited": time.Minute, "without_limit": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, conn := new(watch), watchedConn(t)
				first := w.begin(conn, time.Minute)
				w.end()
				w.begin(conn, limit)
				w.look()
				w.cancel(first)
				cut, _ := w.ended()
				require.False(t, cut)
				w.end()
			})
		})
	}
}

// watchedConn is a connection to nobody.
func watchedConn(t *testing.T) *pgconn.PgConn {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	config, err := pgconn.ParseConfig("host=nowhere")
	require.NoError(t, err)
	conn, err := pgconn.Construct(&pgconn.HijackedConn{Conn: ours, Frontend: pgproto3.NewFrontend(ours, ours), Config: config})
	require.NoError(t, err)
	return conn
}
