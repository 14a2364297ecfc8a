package apitest_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	driver "github.com/jackc/pgx/v5" // pgx is a constant of these tests
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// These tests have a server of their own, whose sessions they end, and which they
// stop and start under clients that go on asking. A client may be told to come
// back later (503), but never anything wrong, nor that we failed (500).

const (
	clients = 16
	// returnPatience is how long after the server's return requests may be refused.
	returnPatience = 2 * time.Second
)

// station is an API over a server of the test's own.
type station struct {
	*pgtest.OwnedServer
	*pgrest.Handler
	pool *pgxpool.Pool
}

// stationSQL makes numbered items to read, and a log to write to, in which nothing
// can be written twice.
const stationSQL = `
	CREATE ROLE web_anon NOLOGIN;
	CREATE ROLE authenticator LOGIN NOINHERIT;
	GRANT web_anon TO authenticator;
	ALTER ROLE authenticator SET synchronous_commit = on; -- what was answered is to stay
	CREATE SCHEMA api;
	CREATE TABLE api.items (id int PRIMARY KEY, name text NOT NULL);
	INSERT INTO api.items SELECT n, 'item ' || n FROM generate_series(1, 100) AS n;
	CREATE TABLE api.log (client int, entry int, PRIMARY KEY (client, entry));
	GRANT USAGE ON SCHEMA api TO web_anon;
	GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA api TO web_anon;`

// newStation opens an API once the server has been left in the state that
// prepare wants it in.
func newStation(t *testing.T, prepare func(*pgtest.OwnedServer), changes ...option) *station {
	t.Helper()
	s := &station{OwnedServer: pgtest.OwnServer(t)}
	s.exec(t, stationSQL)
	if prepare != nil {
		prepare(s.OwnedServer)
	}
	config, err := pgxpool.ParseConfig(strings.Replace(s.URL(), "postgres@", "authenticator@", 1))
	require.NoError(t, err)
	config.MaxConns = clients
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false } // connections that died go unnoticed
	s.pool, err = pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(s.pool.Close)
	opts := pgrest.Options{Schemas: []string{"api"}, AnonRole: "web_anon", Logger: slog.New(slog.DiscardHandler)}
	for _, change := range changes {
		change(&opts)
	}
	s.Handler, err = pgrest.New(s.pool, opts)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// exec runs statements as a superuser.
func (s *station) exec(t *testing.T, sql string) {
	t.Helper()
	conn, err := driver.Connect(t.Context(), s.URL())
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
}

// await waits for the schema.
func (s *station) await(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, s.Ready(ctx))
}

// load is what clients ask, until they are stopped, and what they are answered.
type load struct {
	api     http.Handler
	stop    chan struct{}
	clients sync.WaitGroup

	mu       sync.Mutex
	statuses map[int]int
	wrong    []string
	slowest  time.Duration // of the refusals
	watched  time.Time     // from when on the first success is looked for
	success  time.Duration // how long after that it came; 0 until it does
	written  map[[2]int]bool
}

// begin sets clients to work: each reads and writes in turn.
func begin(api http.Handler, read, write func(client, n int) (*http.Request, *regexp.Regexp)) *load {
	l := &load{api: api, stop: make(chan struct{}), statuses: map[int]int{}, written: map[[2]int]bool{}}
	for client := range clients {
		l.clients.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-l.stop:
					return
				default:
				}
				request, want := read(client, n)
				l.ask(request, http.StatusOK, want)
				request, want = write(client, n)
				if l.ask(request, http.StatusCreated, want) {
					l.mu.Lock()
					l.written[[2]int{client, n}] = true
					l.mu.Unlock()
				}
			}
		})
	}
	return l
}

// ask notes what a request is answered, and reports whether that was a success.
// After a refusal it pauses.
func (l *load) ask(r *http.Request, status int, want *regexp.Regexp) bool {
	began := time.Now()
	w := answer(l.api, r)
	took := time.Since(began)
	succeeded := w.Code == status && want.Match(w.Body.Bytes())
	refused := w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") != "" || w.Code == http.StatusGatewayTimeout
	l.mu.Lock()
	l.statuses[w.Code]++
	switch {
	case refused:
		l.slowest = max(l.slowest, took)
	case !succeeded:
		l.wrong = append(l.wrong, fmt.Sprintf("%s %s: %d %s", r.Method, r.URL, w.Code, w.Body))
	case l.success == 0 && !l.watched.IsZero() && began.After(l.watched):
		l.success = time.Since(l.watched)
	}
	l.mu.Unlock()
	if refused {
		time.Sleep(5 * time.Millisecond)
	}
	return succeeded
}

// watch looks for the first success from now on.
func (l *load) watch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watched, l.success = time.Now(), 0
}

func (l *load) firstSuccess() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.success
}

// end has the clients stop, and logs what they were answered.
func (l *load) end(t *testing.T) {
	t.Helper()
	close(l.stop)
	l.clients.Wait()
	var counts strings.Builder
	for _, status := range slices.Sorted(maps.Keys(l.statuses)) {
		fmt.Fprintf(&counts, "%d × %d, ", l.statuses[status], status)
	}
	t.Logf("%d clients: %s%d wrong", clients, &counts, len(l.wrong))
	require.Empty(t, l.wrong[:min(len(l.wrong), 5)], "wrong answers, %d in all", len(l.wrong))
	require.NotZero(t, l.statuses[http.StatusOK])
	require.NotZero(t, l.statuses[http.StatusCreated])
}

// readItem and writeEntry are the requests of clients of the undisturbed schema.
func readItem(client, n int) (*http.Request, *regexp.Regexp) {
	id := (client*31+n)%100 + 1
	return httptest.NewRequest(http.MethodGet, fmt.Sprintf("/items?select=id,name&id=eq.%d", id), nil),
		regexp.MustCompile(fmt.Sprintf(`^\[{"id":%d,"name":"item %d"}\]$`, id, id))
}

func writeEntry(client, n int) (*http.Request, *regexp.Regexp) {
	return httptest.NewRequest(http.MethodPost, "/log", strings.NewReader(fmt.Sprintf(`{"client": %d, "entry": %d}`, client, n))), nothing
}

var nothing = regexp.MustCompile(`^$`)

// requireWritten checks that what clients were told to be written is there.
func (s *station) requireWritten(t *testing.T, l *load) {
	t.Helper()
	conn, err := driver.Connect(t.Context(), s.URL())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	rows, err := conn.Query(t.Context(), `SELECT client, entry FROM api.log`)
	require.NoError(t, err)
	entries, err := driver.CollectRows(rows, driver.RowToStructByPos[struct{ Client, Entry int }])
	require.NoError(t, err)
	for _, e := range entries {
		delete(l.written, [2]int{e.Client, e.Entry})
	}
	require.Empty(t, l.written, "answered with 201, and not there")
}

// The server is stopped, stays away for a while, and comes back.
func TestUptime_restart(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		mode     pgtest.StopMode
		listener bool
	}{
		"fast":                      {pgtest.Fast, true},
		"immediate":                 {pgtest.Immediate, true},
		"immediate, nobody listens": {pgtest.Immediate, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStation(t, nil, func(o *pgrest.Options) { o.DisableListener = !tt.listener })
			s.await(t)
			l := begin(s, readItem, writeEntry)
			time.Sleep(300 * time.Millisecond)
			s.Stop(t, tt.mode)
			time.Sleep(700 * time.Millisecond)
			waitFor(t, func() bool { return s.Health().SchemaError != nil }, "the loss is noticed")
			s.Start(t)
			back := time.Now()
			l.watch()
			require.Eventually(t, func() bool { return l.firstSuccess() > 0 }, returnPatience, time.Millisecond)
			waitFor(t, func() bool {
				h := s.Health()
				return h.SchemaLoaded.After(back) && h.SchemaError == nil && h.Listening == tt.listener
			},
				"the schema is loaded anew")
			t.Logf("first success after %s, schema loaded after %s", l.firstSuccess(), s.Health().SchemaLoaded.Sub(back))
			time.Sleep(200 * time.Millisecond)
			l.end(t)
			t.Logf("slowest refusal: %s", l.slowest)
			require.NotZero(t, l.statuses[http.StatusServiceUnavailable])
			require.Less(t, l.slowest, 5*time.Second, "refused at once")
			s.requireWritten(t, l)
		})
	}
}

// The server restarts so fast that idle connections don't notice.
func TestUptime_quick_restart(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]pgtest.StopMode{"fast": pgtest.Fast, "immediate": pgtest.Immediate} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t, nil, func(o *pgrest.Options) { o.DisableListener = true })
			s.await(t)
			l := begin(s, readItem, writeEntry) // opens connections
			time.Sleep(200 * time.Millisecond)
			l.end(t)
			s.Restart(t, mode)
			restarted := time.Now()
			for n := range 100 { // on connections of before the restart
				request, want := readItem(0, n)
				w := answer(s, request)
				require.Equal(t, http.StatusOK, w.Code, w.Body)
				require.Regexp(t, want, w.Body)
			}
			waitFor(t, func() bool { return s.Health().SchemaLoaded.After(restarted) }, "the schema is loaded anew")
		})
	}
}

// Sessions end one by one, all at once, and by a crash that takes all others along.
func TestUptime_killed_backends(t *testing.T) {
	t.Parallel()
	const ours = ` FROM pg_stat_activity WHERE usename = 'authenticator'`
	tests := map[string]func(*testing.T, *station){
		"some": func(t *testing.T, s *station) {
			s.exec(t, `SELECT pg_terminate_backend(pid)`+ours+` AND random() < 0.2`)
		},
		"all": func(t *testing.T, s *station) {
			s.exec(t, `SELECT pg_terminate_backend(pid)`+ours)
		},
	}
	for name, kill := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStation(t, nil)
			s.await(t)
			l := begin(s, readItem, writeEntry)
			for range 15 {
				time.Sleep(100 * time.Millisecond)
				kill(t, s)
			}
			l.watch()
			require.Eventually(t, func() bool { return l.firstSuccess() > 0 }, returnPatience, time.Millisecond)
			t.Logf("first success after %s", l.firstSuccess())
			waitFor(t, func() bool { return s.Health().Listening }, "notifications are heard again")
			l.end(t)
			s.requireWritten(t, l)
		})
	}
	t.Run("crash", func(t *testing.T) {
		s := newStation(t, nil)
		s.await(t)
		l := begin(s, readItem, writeEntry)
		time.Sleep(200 * time.Millisecond)
		conn, err := driver.Connect(t.Context(), s.URL())
		require.NoError(t, err)
		victim, err := os.FindProcess(int(conn.PgConn().PID()))
		require.NoError(t, err)
		require.NoError(t, victim.Kill())
		require.Error(t, conn.Ping(t.Context()))
		waitFor(t, func() bool {
			conn, err := driver.Connect(t.Context(), s.URL())
			return err == nil && conn.Close(t.Context()) == nil
		}, "the server is back")
		l.watch()
		require.Eventually(t, func() bool { return l.firstSuccess() > 0 }, returnPatience, time.Millisecond)
		t.Logf("first success after %s", l.firstSuccess())
		time.Sleep(500 * time.Millisecond)
		l.watch()
		require.Eventually(t, func() bool { return l.firstSuccess() > 0 }, returnPatience, time.Millisecond)
		waitFor(t, func() bool { return s.Health().Listening }, "notifications are heard again")
		l.end(t)
		s.requireWritten(t, l)
	})
}

// An API that starts before its server refuses requests at once, and serves soon
// after the server has come.
func TestUptime_first_start(t *testing.T) {
	t.Parallel()
	for name, listener := range map[string]bool{"with a listener": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t, func(server *pgtest.OwnedServer) { server.Stop(t, pgtest.Fast) },
				func(o *pgrest.Options) { o.DisableListener = !listener })
			require.True(t, s.Health().SchemaLoaded.IsZero())
			for n := range 20 {
				request, _ := readItem(0, n)
				began := time.Now()
				w := answer(s, request)
				require.Less(t, time.Since(began), 5*time.Second)
				require.Equal(t, http.StatusServiceUnavailable, w.Code)
				require.Contains(t, w.Body.String(), "PGRST002")
				require.Equal(t, "1", w.Header().Get("Retry-After"))
			}
			require.Error(t, s.Health().SchemaError)
			require.False(t, s.Health().Listening)
			s.Start(t)
			began := time.Now()
			waitFor(t, func() bool {
				request, _ := readItem(0, 0)
				return answer(s, request).Code == http.StatusOK
			}, "the API serves")
			t.Logf("first success after %s", time.Since(began))
			require.Less(t, time.Since(began), returnPatience)
			require.NoError(t, s.Health().SchemaError)
		})
	}
}

// With a schema, a server that is away is told by the connection.
func TestUptime_away(t *testing.T) {
	t.Parallel()
	s := newStation(t, nil)
	s.await(t)
	s.Stop(t, pgtest.Fast)
	request, _ := readItem(0, 0)
	w := answer(s, request)
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.JSONEq(t, fault("PGRST000", "Database connection error.", "", ""), w.Body.String())
	require.Equal(t, "1", w.Header().Get("Retry-After"))
	require.NotNil(t, s.SchemaCache(), "the last one that was loaded")
}

// Tables change under clients that read and write them, with a trigger that
// notifies of it and without. Clients see every row as it was or as it is.
func TestUptime_altered_tables(t *testing.T) {
	t.Parallel()
	const trigger = `CREATE FUNCTION public.watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY pgrst, 'reload schema'; END $$;
		CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION public.watch()`
	changes := []string{ // # is the number of the round
		`ALTER TABLE api.items ADD extra# int DEFAULT 7`,
		`ALTER TABLE api.items ALTER extra# TYPE text`,
		`ALTER TABLE api.items RENAME extra# TO other#`,
		`ALTER TABLE api.items ALTER name TYPE varchar(100)`,
		`ALTER TABLE api.log ADD note# text`,
		`ALTER TABLE api.log ALTER note# TYPE int USING 1, ALTER entry TYPE bigint`,
		`ALTER TABLE api.items DROP other#`,
		`ALTER TABLE api.items ALTER name TYPE text`,
		`ALTER TABLE api.log DROP note#, ALTER entry TYPE int`,
	}
	tests := map[string]struct {
		sql   string
		pause time.Duration
	}{
		"with a trigger":          {trigger, 50 * time.Millisecond},
		"with a trigger, at once": {trigger, 0},
		"without":                 {``, 150 * time.Millisecond},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStation(t, nil)
			s.await(t)
			s.exec(t, tt.sql)
			l := begin(s, readRow, writeRow)
			for round := range 2 {
				for _, change := range changes {
					s.exec(t, strings.ReplaceAll(change, "#", strconv.Itoa(round)))
					time.Sleep(tt.pause)
				}
			}
			l.end(t)
			s.requireWritten(t, l)
		})
	}
}

// readRow and writeRow are the requests of clients that get all the columns that
// there are.
func readRow(client, n int) (*http.Request, *regexp.Regexp) {
	id := (client*31+n)%100 + 1
	return httptest.NewRequest(http.MethodGet, fmt.Sprintf("/items?id=eq.%d", id), nil),
		regexp.MustCompile(fmt.Sprintf(`^\[{"id":%d,"name":"item %d"(,"(extra|other)[01]":"?7"?)?}\]$`, id, id))
}

func writeRow(client, n int) (*http.Request, *regexp.Regexp) {
	r := httptest.NewRequest(http.MethodPost, "/log", strings.NewReader(fmt.Sprintf(`{"client": %d, "entry": %d}`, client, n)))
	r.Header.Set("Prefer", "return=representation")
	return r, regexp.MustCompile(fmt.Sprintf(`^\[{"client":%d,"entry":%d(,"note[01]":null)?}\]$`, client, n))
}
