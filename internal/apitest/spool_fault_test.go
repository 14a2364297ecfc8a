package apitest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// The last piece of pauses is a small one.
// Streams of HTTP/2 that their client doesn't read hold no connection of the pool, and are
// reset in the end.
func TestSpool_slow_streams(t *testing.T) {
	t.Parallel()
	const size = 2 // of the pool
	for name, x := range map[string]exchange{
		"read":  {method: "GET", target: "/ticks?select=*,a:name,b:name,c:name,d:name"},
		"write": {method: "POST", target: "/rpc/more_pads", data: `{"n": 10000}`, send: headers{"Content-Type": "application/json"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := clonePads(t)
			pool := db.Pool(t, pgtest.MaxConns(size))
			api := open(t, pool, func(o *pgrest.Options) { o.WriteTimeout = 8 * time.Second })
			var answering atomic.Int32
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answering.Add(1)
				defer answering.Add(-1)
				api.ServeHTTP(w, r)
			}))
			server.EnableHTTP2 = true
			server.StartTLS()
			t.Cleanup(server.Close)
			send := func(x exchange) *http.Response {
				r, err := http.NewRequestWithContext(t.Context(), x.method, server.URL+x.target, strings.NewReader(x.data))
				require.NoError(t, err)
				for name, value := range x.send {
					r.Header.Set(name, value)
				}
				response, err := server.Client().Do(r)
				require.NoError(t, err)
				require.Equal(t, 200, response.StatusCode)
				require.Equal(t, 2, response.ProtoMajor)
				return response
			}
			var slow []*http.Response
			for range 3 * size {
				slow = append(slow, send(x))
			}
			waitUntilIdle(t, pool)
			require.Equal(t, 1, countRows(t, send(exchange{method: "GET", target: "/films?limit=1"}).Body), "others are answered")
			require.Greater(t, countRows(t, send(x).Body), 9999, "and get all")
			waitFor(t, func() bool { return answering.Load() == 0 }, "the server gives up")
			for _, response := range slow {
				_, err := io.Copy(io.Discard, response.Body)
				require.Error(t, err)
				require.NoError(t, response.Body.Close())
			}
		})
	}
}

// The time that a client has for a piece isn't spent while PostgreSQL makes the next one.
func TestWriteTimeout_of_a_slow_database(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE FUNCTION private.rest() RETURNS int LANGUAGE sql AS $$ SELECT 1 FROM pg_sleep(1) $$;
		CREATE VIEW archive.pauses AS
			SELECT g AS id, repeat('x', 1000) AS pad, CASE WHEN g = 368 THEN private.rest() END AS rest FROM generate_series(1, 368) AS g;
		CREATE VIEW archive.long_pauses AS
			SELECT g AS id, repeat('x', 1000) AS pad, CASE WHEN g = 400 THEN private.rest() END AS rest FROM generate_series(1, 800) AS g;
		GRANT USAGE ON SCHEMA private TO pgrest_test_anon;
		GRANT SELECT ON archive.pauses, archive.long_pauses TO pgrest_test_anon`,
		func(o *pgrest.Options) { o.WriteTimeout, o.BodyThreshold = 200*time.Millisecond, 100_000 })
	for name, start := range map[string]func(*httptest.Server){"HTTP 1.1": (*httptest.Server).Start, "HTTP 2": (*httptest.Server).StartTLS} {
		for target, rows := range map[string]int{"pauses": 368, "long_pauses": 800} {
			t.Run(name+"/"+target, func(t *testing.T) {
				t.Parallel()
				server := httptest.NewUnstartedServer(api)
				server.EnableHTTP2 = true
				start(server)
				t.Cleanup(server.Close)
				response, err := server.Client().Get(server.URL + "/" + target)
				require.NoError(t, err)
				require.Equal(t, rows, countRows(t, response.Body))
			})
		}
	}
}

// A write that turns out to have no room is undone, though nobody expected it: there was
// much room in the beginning.
func TestSpool_without_room_at_last(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, change := range map[string]option{
		"bound":       func(o *pgrest.Options) { o.MaxSpoolBytes = 1 << 20 },
		"no_folder":   func(o *pgrest.Options) { o.SpoolDir = file },
		"no_files":    func(o *pgrest.Options) { o.MaxSpoolBytes = -1 },
		"rolled_back": func(o *pgrest.Options) { o.MaxSpoolBytes, o.TxEnd = 1<<20, pgrest.TxRollback },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := clonePads(t)
			pool := db.Pool(t)
			api := open(t, pool, change, func(o *pgrest.Options) { o.BodyThreshold = 1000 })
			for range 3 {
				x := exchange{method: "POST", target: "/rpc/more_pads", data: `{"n": 50000}`, status: 500,
					body: fault("53100", "There is no room for an answer of this size", "", "")}
				x.check(t, ask(t, api, x))
			}
			require.Zero(t, count(t, db.Superuser(t), `SELECT count(*) FROM archive.pads`))
			waitUntilIdle(t, pool)
		})
	}
}

// brittle is a host's writer that fails in its own way when something is written to it.
type brittle struct {
	*httptest.ResponseRecorder
	left int // writes that go well
	fail func() error
}

func (w *brittle) Write(p []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, w.fail()
	}
	return w.ResponseRecorder.Write(p)
}

// A writer of the host's that fails or panics costs neither a connection nor a file, and
// has no schema loaded.
func TestSpool_writer_that_fails(t *testing.T) {
	t.Parallel()
	fails := map[string]func() error{
		"error": func() error { return io.ErrClosedPipe },
		"panic": func() error { panic("as told") },
		"abort": func() error { panic(http.ErrAbortHandler) },
	}
	requests := map[string]exchange{
		"stream": {target: "/ticks"},
		"held":   {target: "/ticks", send: headers{"Prefer": "count=planned"}},
		"write":  {method: "POST", target: "/rpc/more_pads", data: `{"n": 1000}`},
	}
	for name, fail := range fails {
		for request, x := range requests {
			t.Run(name+"/"+request, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				db := clonePads(t)
				pool := db.Pool(t)
				api := open(t, pool, func(o *pgrest.Options) { o.SpoolDir, o.BodyThreshold = dir, 1000 })
				for left := range 3 {
					w := &brittle{httptest.NewRecorder(), left, fail}
					require.PanicsWithValue(t, http.ErrAbortHandler, func() { api.ServeHTTP(w, x.request(t)) })
				}
				waitUntilIdle(t, pool)
				files, err := os.ReadDir(dir)
				require.NoError(t, err)
				require.Empty(t, files)
			})
		}
	}
}

// The making of a body that ends its goroutine doesn't end the body.
func TestSpool_encoder_that_exits(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t)
	api := open(t, pool, func(o *pgrest.Options) {
		o.BodyThreshold = 1000
		o.Encoders = map[string]func([]pgrest.ResultColumn) pgrest.RowEncoder{
			fragile: func([]pgrest.ResultColumn) pgrest.RowEncoder { return &exitingEncoder{} },
		}
	})
	x := exchange{target: "/ticks", send: headers{"Accept": fragile}}
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { answer(api, x.request(t)) })
	waitUntilIdle(t, pool)
}

// exitingEncoder ends its goroutine at a row.
type exitingEncoder struct{ rows int }

func (e *exitingEncoder) Start(dst []byte) []byte { return dst }
func (e *exitingEncoder) End(dst []byte) []byte   { return dst }
func (e *exitingEncoder) Row(dst []byte, row pgrest.Row) []byte {
	if e.rows++; e.rows == 5000 {
		runtime.Goexit()
	}
	return append(row.AppendJSON(dst, 0), "..."...)
}
