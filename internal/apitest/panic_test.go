package apitest_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
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
