package apitest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

const (
	mebibyte       = 1 << 20
	streamPatience = 30 * time.Second
)

// streamer is an API behind an HTTP server, on a database of its own.
type streamer struct {
	*httptest.Server
	db   *pgtest.Database
	pool *pgxpool.Pool
}

// streams opens a streamer with additions to the fixture's database, which anon
// may read.
func streams(t *testing.T, additions string, changes ...option) *streamer {
	t.Helper()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), additions+`; GRANT SELECT ON ALL TABLES IN SCHEMA archive TO pgrest_test_anon`)
	require.NoError(t, err)
	s := &streamer{db: db, pool: db.Pool(t)}
	s.Server = httptest.NewUnstartedServer(open(t, s.pool, changes...))
	s.EnableHTTP2 = true
	t.Cleanup(s.Close)
	return s
}

// ask sends a GET with a header; ctx ends it.
func (s *streamer) ask(ctx context.Context, t *testing.T, target string, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+target, nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := s.Client().Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// rowsOf counts the elements of a JSON array without keeping it.
func rowsOf(t *testing.T, body io.Reader) int {
	t.Helper()
	decoder := json.NewDecoder(body)
	_, err := decoder.Token()
	require.NoError(t, err)
	n := 0
	for row := json.RawMessage(nil); decoder.More(); n++ {
		require.NoError(t, decoder.Decode(&row))
	}
	_, err = decoder.Token()
	require.NoError(t, err)
	rest, err := io.ReadAll(io.MultiReader(decoder.Buffered(), body)) // trailers are read with the end
	require.NoError(t, err)
	require.Empty(t, rest)
	return n
}

func TestStreaming_headers(t *testing.T) {
	t.Parallel()
	s := streams(t, `SELECT`, func(o *pgrest.Options) { o.PreRequest = "pre_request" })
	s.Start()
	tests := map[string]struct {
		target         string
		header         []string
		status, rows   int
		chunked        bool
		before, behind string // Content-Range, before the body and as a trailer
	}{
		"small":                      {"/films", nil, 200, 13, false, "0-12/*", ""},
		"small, counted":             {"/films?limit=3", []string{"Prefer", "count=exact"}, 206, 3, false, "0-2/13", ""},
		"large":                      {"/ticks", nil, 200, 100_000, true, "", "0-99999/*"},
		"large, counted":             {"/ticks", []string{"Prefer", "count=exact"}, 200, 100_000, true, "0-99999/100000", ""},
		"a large page, counted":      {"/ticks?limit=50000&offset=10", []string{"Prefer", "count=exact"}, 206, 50_000, true, "10-50009/100000", ""},
		"a large last page, counted": {"/ticks?offset=50000", []string{"Prefer", "count=exact"}, 206, 50_000, true, "50000-99999/100000", ""},
		"a large page, planned":      {"/ticks?limit=50000", []string{"Prefer", "count=planned"}, 206, 50_000, false, "0-49999/100000", ""},
		"a Range":                    {"/ticks", []string{"Range", "10-50009"}, 200, 50_000, true, "", "10-50009/*"},
		"status by the database":     {"/ticks", []string{"X-Pre-Request", "teapot"}, 418, 100_000, true, "", "0-99999/*"},
		"headers by the database":    {"/ticks", []string{"X-Pre-Request", "header"}, 200, 100_000, true, "", "0-99999/*"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := s.ask(t.Context(), t, tt.target, tt.header...)
			require.Equal(t, tt.status, r.StatusCode)
			require.Equal(t, tt.before, r.Header.Get("Content-Range"))
			require.Equal(t, tt.chunked, r.ContentLength < 0)
			require.Equal(t, tt.rows, rowsOf(t, r.Body))
			require.Equal(t, tt.behind, r.Trailer.Get("Content-Range"))
			if name == "headers by the database" {
				require.Equal(t, "open", r.Header.Get("X-Archive"))
				require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
			}
		})
	}
}

func TestStreaming_threshold(t *testing.T) {
	t.Parallel()
	for _, threshold := range []int{1, 500, 5000, mebibyte} {
		t.Run(fmt.Sprint(threshold), func(t *testing.T) {
			t.Parallel()
			s := streams(t, `SELECT`, func(o *pgrest.Options) { o.BodyThreshold = threshold })
			s.Start()
			for target, want := range map[string]int{"/films?select=id,title,info": 13, "/films?id=eq.0": 0, "/ticks?limit=3000": 3000} {
				r := s.ask(t.Context(), t, target)
				require.Equal(t, 200, r.StatusCode)
				require.Equal(t, want, rowsOf(t, r.Body))
			}
			r := s.ask(t.Context(), t, "/films", "Accept", "text/csv")
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.Len(t, strings.Split(string(body), "\n"), 14)

			// One object is never streamed: it may turn out not to be alone.
			r = s.ask(t.Context(), t, "/films", "Accept", "application/vnd.pgrst.object+json")
			require.Equal(t, 406, r.StatusCode)
			r = s.ask(t.Context(), t, "/films?id=eq.1", "Accept", "application/vnd.pgrst.object+json")
			require.Equal(t, 200, r.StatusCode)
			require.Positive(t, r.ContentLength)
		})
	}
}

// A body of 60 MB goes through in a bounded heap. The test measures the whole
// process, so it does not run beside others.
func TestStreaming_heap(t *testing.T) {
	s := streams(t, `CREATE VIEW archive.wide AS SELECT n, repeat('x', 600) AS filler FROM generate_series(1, 100000) AS n`)
	s.Start()
	_ = rowsOf(t, s.ask(t.Context(), t, "/wide?limit=2000").Body) // what is made once
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	before, peak := memory.HeapAlloc, uint64(0)

	body := s.ask(t.Context(), t, "/wide").Body
	buffer := make([]byte, mebibyte)
	total := 0
	for {
		n, err := io.ReadFull(body, buffer)
		total += n
		runtime.ReadMemStats(&memory)
		peak = max(peak, memory.HeapAlloc)
		if err != nil {
			require.True(t, err == io.EOF || err == io.ErrUnexpectedEOF && n > 0, "%v", err)
			break
		}
	}
	require.Greater(t, total, 60*1000*1000)
	require.Less(t, peak-min(peak, before), uint64(20*mebibyte))
}

// lock is an advisory lock that the test holds and a view waits for.
type lock struct {
	key     int64
	admin   *pgxpool.Pool
	holding *pgxpool.Conn
	open    atomic.Bool
}

// gatedView is a view of rows of 1 kB; the one after n waits for the key.
func gatedView(n int, key int64) string {
	return fmt.Sprintf(`CREATE VIEW archive.gated AS SELECT n, repeat('x', 1000) AS filler,
		CASE WHEN n = %d THEN pg_advisory_xact_lock_shared(%d)::text END AS gate FROM generate_series(1, %d) AS n`, n+1, key, n+2)
}

func (s *streamer) shut(t *testing.T, key int64) *lock {
	t.Helper()
	l := &lock{key: key, admin: s.db.Superuser(t)}
	var err error
	l.holding, err = l.admin.Acquire(t.Context())
	require.NoError(t, err)
	_, err = l.holding.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, l.key)
	require.NoError(t, err)
	t.Cleanup(func() { l.release(context.Background(), t) })
	return l
}

func (l *lock) release(ctx context.Context, t *testing.T) {
	t.Helper()
	if l.open.CompareAndSwap(false, true) {
		_, err := l.holding.Exec(ctx, `SELECT pg_advisory_unlock_all()`)
		require.NoError(t, err)
		l.holding.Release()
	}
}

// requireWaiting waits until n sessions wait for the lock.
func (l *lock) requireWaiting(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		var waiting int
		err := l.admin.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'`).Scan(&waiting)
		return err == nil && waiting == n
	}, streamPatience, 5*time.Millisecond, "%d sessions at the lock", n)
}

// The first bytes are with the client while the last rows are still to come.
func TestStreaming_first_bytes(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*httptest.Server){"HTTP 1.1": (*httptest.Server).Start, "HTTP 2": (*httptest.Server).StartTLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key := rand.Int64()
			s := streams(t, gatedView(5000, key))
			start(s.Server)
			gate := s.shut(t, key)
			ctx, cancel := context.WithTimeout(t.Context(), streamPatience)
			defer cancel()

			r := s.ask(ctx, t, "/gated?select=n,filler,gate")
			require.Equal(t, 200, r.StatusCode)
			head := make([]byte, 2*mebibyte)
			_, err := io.ReadFull(r.Body, head)
			require.NoError(t, err)
			gate.requireWaiting(t, 1)
			gate.release(t.Context(), t)
			require.Equal(t, 5002, rowsOf(t, io.MultiReader(strings.NewReader(string(head)), r.Body)))
		})
	}
}

// A client that goes away takes its query with it, whether it has got something
// or not.
func TestStreaming_disconnect(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rows   int
		http2  bool
		header []string
	}{
		"before the first row":             {0, false, nil},
		"before the first row, counted":    {0, false, []string{"Prefer", "count=planned"}},
		"in the body":                      {5000, false, nil},
		"in the body, over HTTP 2":         {5000, true, nil},
		"in the body, below the threshold": {10, false, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key := rand.Int64()
			s := streams(t, gatedView(tt.rows, key))
			if tt.http2 {
				s.StartTLS()
			} else {
				s.Start()
			}
			gate := s.shut(t, key)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/gated", nil)
			require.NoError(t, err)
			for i := 0; i < len(tt.header); i += 2 {
				r.Header.Set(tt.header[i], tt.header[i+1])
			}
			done := make(chan error, 1)
			go func() {
				response, err := s.Client().Do(r)
				if err == nil {
					_, err = io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
				}
				done <- err
			}()
			gate.requireWaiting(t, 1)
			cancel()
			require.ErrorIs(t, <-done, context.Canceled)
			gate.requireWaiting(t, 0)
			require.Eventually(t, func() bool { return s.pool.Stat().AcquiredConns() == 0 }, streamPatience, time.Millisecond)
			require.Equal(t, 13, rowsOf(t, s.ask(t.Context(), t, "/films").Body), "the API goes on")
		})
	}
}

// An error behind a part of the body breaks the connection off, or the stream of
// HTTP/2; within the threshold it is an answer like any other.
func TestStreaming_error(t *testing.T) {
	t.Parallel()
	const view = `CREATE VIEW archive.breaking AS
		SELECT n, repeat('x', 1000) AS filler, 1 / (3000 - n) AS quotient FROM generate_series(1, 5000) AS n`
	for name, start := range map[string]func(*httptest.Server){"HTTP 1.1": (*httptest.Server).Start, "HTTP 2": (*httptest.Server).StartTLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := streams(t, view)
			start(s.Server)
			for _, header := range [][]string{nil, {"Prefer", "count=exact"}, {"Accept", "text/csv"}} {
				r := s.ask(t.Context(), t, "/breaking", header...)
				require.Equal(t, 200, r.StatusCode)
				part, err := io.ReadAll(r.Body)
				require.Error(t, err, "the part was taken for the whole")
				require.Greater(t, len(part), mebibyte)
				if r.ProtoMajor == 1 {
					require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				}
				require.Empty(t, r.Trailer.Get("Content-Range"))

				r = s.ask(t.Context(), t, "/breaking?n=gt.2500", header...)
				require.Equal(t, 400, r.StatusCode)
				body, err := io.ReadAll(r.Body)
				require.NoError(t, err)
				require.Equal(t, `{"code":"22012","details":null,"hint":null,"message":"division by zero"}`, string(body))
				require.EqualValues(t, len(body), r.ContentLength)
			}
			require.Equal(t, 13, rowsOf(t, s.ask(t.Context(), t, "/films").Body), "the API goes on")
			require.Eventually(t, func() bool { return s.pool.Stat().AcquiredConns() == 0 }, streamPatience, time.Millisecond)
		})
	}
}
