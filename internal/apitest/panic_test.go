package apitest_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	driver "github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

// journal is a log that a test reads.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// kept has an API log to the journal.
func (j *journal) kept(o *pgrest.Options) { o.Logger = slog.New(slog.NewTextHandler(j, nil)) }

const fragile = "application/vnd.fragile"

// fragileEncoder panics with a value at a row.
type fragileEncoder struct {
	value any
	left  int
}

func (e *fragileEncoder) Start(dst []byte) []byte { return dst }
func (e *fragileEncoder) End(dst []byte) []byte   { return dst }
func (e *fragileEncoder) Row(dst []byte, row pgrest.Row) []byte {
	if e.left--; e.left == 0 {
		panic(e.value)
	}
	return append(row.AppendJSON(dst, 0), '\n')
}

// breaking registers an encoder that panics with value at the n-th row.
func breaking(value any, n int) option {
	return func(o *pgrest.Options) {
		o.Encoders = map[string]func([]pgrest.ResultColumn) pgrest.RowEncoder{
			fragile: func([]pgrest.ResultColumn) pgrest.RowEncoder { return &fragileEncoder{value, n} },
		}
	}
}

// Before a part of an answer has gone out, a panic is a 500, and the log tells
// where it was.
func TestPanic(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{"text": "as told", "error": io.ErrNoProgress, "value_that_can't_be_compared": []int{1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log journal
			pool := pgtest.Fixture(t).Pool(t)
			api := open(t, pool, log.kept, breaking(value, 1))
			x := exchange{target: "/films", send: headers{"Accept": fragile}, status: 500, body: fault("PGRSTX00", "Internal error", "", "")}
			x.check(t, ask(t, api, x))
			require.Contains(t, log.String(), "panic_test.go", "the stack")
			require.Contains(t, log.String(), "path=/films")
			waitUntilIdle(t, pool)
			x = exchange{target: "/films?select=id&id=eq.1", body: `[{"id": 1}]`}
			x.check(t, ask(t, api, x))
		})
	}
}

// Behind a part of an answer it breaks the connection off: an error that is
// appended would be taken for what was asked for.
func TestPanic_in_the_body(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*httptest.Server){"HTTP 1.1": (*httptest.Server).Start, "HTTP 2": (*httptest.Server).StartTLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log journal
			pool := pgtest.Fixture(t).Pool(t)
			server := httptest.NewUnstartedServer(open(t, pool, log.kept, breaking("as told", 50_000),
				func(o *pgrest.Options) { o.BodyThreshold = 10_000 }))
			server.EnableHTTP2 = true
			start(server)
			t.Cleanup(server.Close)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/ticks?select=id", nil)
			require.NoError(t, err)
			r.Header.Set("Accept", fragile)
			r.Header.Set("Prefer", "count=exact")

			response, err := server.Client().Do(r)
			require.NoError(t, err)
			defer func() { _ = response.Body.Close() }()
			require.Equal(t, 200, response.StatusCode)
			body, err := io.ReadAll(response.Body)
			require.Error(t, err, "the part was taken for the whole")
			require.NotContains(t, string(body), "PGRSTX00")
			require.Empty(t, response.Trailer.Get("Content-Range"))
			require.Contains(t, log.String(), `panic="as told"`)
			waitUntilIdle(t, pool)
		})
	}
}

// The host's own wish to break a connection off is passed on, and no fault.
func TestPanic_of_the_host(t *testing.T) {
	t.Parallel()
	var log journal
	api := serve(t, log.kept, func(o *pgrest.Options) {
		o.Authenticate = func(*http.Request) (auth.Identity, error) { panic(http.ErrAbortHandler) }
	})
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { answer(api, exchange{target: "/films"}.request(t)) })
	require.NotContains(t, log.String(), "panic")
}

// The host's functions that are no part of an answer may panic, and nothing else ends by
// that: it is logged with where it was.
func TestPanic_of_other_functions(t *testing.T) {
	t.Parallel()
	read := exchange{target: "/genres?select=id&id=eq.1", body: `[{"id": 1}]`}
	for name, change := range map[string]option{
		"Observe": func(o *pgrest.Options) { o.Observe = func(context.Context, pgrest.Event) { panic("as told") } },
		"Observe that asks to abort": func(o *pgrest.Options) {
			o.Observe = func(context.Context, pgrest.Event) { panic(http.ErrAbortHandler) }
		},
		"OnSchemaLoad":   func(o *pgrest.Options) { o.OnSchemaLoad = func(*introspect.SchemaCache) { panic("as told") } },
		"OnConfigNotify": func(o *pgrest.Options) { o.DisableListener, o.OnConfigNotify = false, func() { panic("as told") } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			function, _, _ := strings.Cut(name, " ")
			db := pgtest.Clone(t)
			var log journal
			api := open(t, db.Pool(t), log.kept, change)
			server := httptest.NewServer(api)
			defer server.Close()
			for range 2 {
				notifyOf(t, db, "reload config")
				response, err := server.Client().Get(server.URL + read.target)
				require.NoError(t, err)
				read.check(t, response)
				require.NoError(t, api.Reload(t.Context()))
			}
			waitFor(t, func() bool { return strings.Contains(log.String(), function+" panicked") }, "it is logged")
			require.Contains(t, log.String(), "panic_test.go", "the stack")
		})
	}
}

// notifyOf sends a notification to the listeners of a database.
func notifyOf(t *testing.T, db *pgtest.Database, payload string) {
	t.Helper()
	_, err := db.Superuser(t).Exec(t.Context(), `SELECT pg_notify('pgrst', $1)`, payload)
	require.NoError(t, err)
}

// fragilePool panics instead of lending connections, as hooks of the host's may.
type fragilePool struct {
	*pgxpool.Pool
	broken atomic.Bool
}

func (p *fragilePool) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	if p.broken.Load() {
		panic("as told")
	}
	return p.Pool.Acquire(ctx)
}

// A panic in the pool is an error of who asked it for a connection: a request, a load, or
// the listener. Each tries again when its time comes.
func TestPanic_of_the_pool(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool := &fragilePool{Pool: db.Pool(t)}
	pool.broken.Store(true)
	var log journal
	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}, AnonRole: anon, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	t.Cleanup(api.Close)
	unready := exchange{target: "/genres?select=id&id=eq.1", status: 503,
		body: fault("PGRST002", "Could not query the database for the schema cache. Retrying.", "", "")}
	unready.check(t, ask(t, api, unready))
	require.ErrorContains(t, api.Health().SchemaError, "as told")
	waitFor(t, func() bool { return strings.Contains(log.String(), "listen for notifications") }, "the listener's, too")
	require.Contains(t, log.String(), "panic_test.go", "the stack")

	pool.broken.Store(false)
	read := exchange{target: "/genres?select=id&id=eq.1", body: `[{"id": 1}]`}
	waitFor(t, func() bool { return ask(t, api, read).StatusCode == 200 && api.Health().Listening }, "it is there again")
	read.check(t, ask(t, api, read))

	pool.broken.Store(true)
	broken := exchange{target: "/genres?select=id&id=eq.2", status: 500, body: fault("PGRSTX00", "Internal error", "", "")}
	broken.check(t, ask(t, api, broken))
	require.ErrorContains(t, api.Reload(t.Context()), "as told")
	pool.broken.Store(false)
	read.check(t, ask(t, api, read))
	require.NoError(t, api.Reload(t.Context()))
	waitUntilIdle(t, pool.Pool)
}

// A tracer that panics while the schema is loaded fails the load, and leaves no
// connection behind.
func TestPanic_of_a_tracer(t *testing.T) {
	t.Parallel()
	log := &traces{}
	pool := pgtest.Clone(t).Pool(t, pgtest.MaxConns(1), func(c *pgxpool.Config) { c.ConnConfig.Tracer = breakingTracer{log} })
	api := open(t, pool)
	for range 3 {
		log.set("as told")
		require.ErrorContains(t, api.Reload(t.Context()), "as told")
		log.set(nil)
		require.NoError(t, api.Reload(t.Context()))
		waitUntilIdle(t, pool)
	}
}

// breakingTracer panics at each query that pgx tells of, with the value that is set.
type breakingTracer struct{ *traces }

func (l *traces) set(value any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.value = value
}

func (l breakingTracer) TraceQueryStart(ctx context.Context, _ *driver.Conn, _ driver.TraceQueryStartData) context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.value != nil {
		panic(l.value)
	}
	return ctx
}

func (l breakingTracer) TraceQueryEnd(context.Context, *driver.Conn, driver.TraceQueryEndData) {}

// breakingLog is a log whose handler panics.
type breakingLog struct{ slog.Handler }

func (breakingLog) Handle(context.Context, slog.Record) error { panic("as told") }
func (h breakingLog) WithAttrs([]slog.Attr) slog.Handler      { return h }
func (h breakingLog) WithGroup(string) slog.Handler           { return h }

// Nothing depends on the log.
func TestPanic_of_the_log(t *testing.T) {
	t.Parallel()
	api := open(t, pgtest.Clone(t).Pool(t), breaking("as told", 1), func(o *pgrest.Options) {
		o.DisableListener, o.Logger = false, slog.New(breakingLog{slog.NewTextHandler(io.Discard, nil)})
	})
	broken := exchange{target: "/films", send: headers{"Accept": fragile}, status: 500, body: fault("PGRSTX00", "Internal error", "", "")}
	broken.check(t, ask(t, api, broken))
	require.NoError(t, api.Reload(t.Context()))
	read := exchange{target: "/genres?select=id&id=eq.1", body: `[{"id": 1}]`}
	read.check(t, ask(t, api, read))
}

// Each of an encoder's functions may panic.
func TestPanic_of_an_encoder(t *testing.T) {
	t.Parallel()
	for name, encoder := range map[string]func([]pgrest.ResultColumn) pgrest.RowEncoder{
		"making":  func([]pgrest.ResultColumn) pgrest.RowEncoder { panic("as told") },
		"nothing": func([]pgrest.ResultColumn) pgrest.RowEncoder { return nil },
		"start":   func([]pgrest.ResultColumn) pgrest.RowEncoder { return brokenEncoder{start: true} },
		"row":     func([]pgrest.ResultColumn) pgrest.RowEncoder { return brokenEncoder{row: true} },
		"end":     func([]pgrest.ResultColumn) pgrest.RowEncoder { return brokenEncoder{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log journal
			pool := pgtest.Fixture(t).Pool(t)
			api := open(t, pool, log.kept, func(o *pgrest.Options) {
				o.Encoders = map[string]func([]pgrest.ResultColumn) pgrest.RowEncoder{fragile: encoder}
			})
			x := exchange{target: "/films", send: headers{"Accept": fragile}, status: 500, body: fault("PGRSTX00", "Internal error", "", "")}
			x.check(t, ask(t, api, x))
			require.Contains(t, log.String(), "request panicked")
			waitUntilIdle(t, pool)
		})
	}
}

// brokenEncoder panics at its start, at a row, or at its end.
type brokenEncoder struct{ start, row bool }

func (e brokenEncoder) Start(dst []byte) []byte {
	if e.start {
		panic("as told")
	}
	return dst
}

func (e brokenEncoder) Row(dst []byte, _ pgrest.Row) []byte {
	if e.row {
		panic("as told")
	}
	return dst
}

func (e brokenEncoder) End([]byte) []byte { panic("as told") }
