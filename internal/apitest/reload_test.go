package apitest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	driver "github.com/jackc/pgx/v5" // pgx is a constant of these tests
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

const reloadPatience = 30 * time.Second

// switchedPool is a pool whose database can go away, or be slow to answer.
type switchedPool struct {
	*pgxpool.Pool
	away atomic.Bool
	gate chan struct{} // nil, or closed when connections are to be had
}

var errDatabaseAway = errors.New("the database is away")

func (p *switchedPool) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	if p.gate != nil {
		select {
		case <-p.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if p.away.Load() {
		return nil, errDatabaseAway
	}
	return p.Pool.Acquire(ctx)
}

// living is an API on a database that its test changes.
type living struct {
	*pgrest.Handler
	pool  *switchedPool
	admin *pgxpool.Pool
}

func live(t *testing.T, changes ...option) *living {
	t.Helper()
	db := pgtest.Clone(t)
	l := &living{pool: &switchedPool{Pool: db.Pool(t)}, admin: db.Superuser(t)}
	l.Handler = open(t, l.pool, changes...)
	return l
}

// listening turns the listener on.
func listening(o *pgrest.Options) { o.DisableListener = false }

// change runs statements of a migration. New tables can be read by anyone.
func (l *living) change(t *testing.T, sql string) {
	t.Helper()
	_, err := l.admin.Exec(t.Context(), sql+`; GRANT SELECT ON ALL TABLES IN SCHEMA archive TO pgrest_test_anon`)
	require.NoError(t, err)
}

// answer is the status and body of a GET.
func (l *living) answer(target string) (int, string) {
	w := httptest.NewRecorder()
	l.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w.Code, w.Body.String()
}

func (l *living) requireAnswer(t *testing.T, target string, status int, body string) {
	t.Helper()
	gotStatus, got := l.answer(target)
	require.Equal(t, status, gotStatus, got)
	require.JSONEq(t, body, got)
}

// eventually waits until target is answered with status.
func (l *living) eventually(t *testing.T, target string, status int) {
	t.Helper()
	require.Eventually(t, func() bool { got, _ := l.answer(target); return got == status }, reloadPatience, 5*time.Millisecond)
}

// loadAged waits until the schema was loaded long enough ago for a request to
// have it loaded anew: that happens once a second at most.
func (l *living) loadAged() { time.Sleep(1100 * time.Millisecond) }

func TestReload_notified(t *testing.T) {
	t.Parallel()
	l := live(t, listening)
	l.change(t, `CREATE TABLE archive.posters AS SELECT 1 AS id`)
	l.change(t, `NOTIFY pgrst, 'reload schema'`)
	l.eventually(t, "/posters", 200)
	l.change(t, `DROP TABLE archive.posters; NOTIFY pgrst`)
	l.eventually(t, "/posters", 404)
}

// Nobody can listen on a replica: it is the primary among the pool's servers that
// is listened to.
func TestReload_replica(t *testing.T) {
	t.Parallel()
	primary, replica := pgtest.OwnServer(t), pgtest.OwnServer(t)
	connect := func(url string) *driver.Conn {
		conn, err := driver.Connect(t.Context(), url)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
		return conn
	}
	conn := connect(replica.URL())
	_, err := conn.Exec(t.Context(), `CREATE SCHEMA api; CREATE TABLE api.films AS SELECT 1 AS id; CREATE ROLE web_anon;
		GRANT USAGE ON SCHEMA api TO web_anon; GRANT SELECT ON api.films TO web_anon`)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	replica.Stop(t, pgtest.Fast)
	replica.StartStandby(t)

	address := func(url string) string { return regexp.MustCompile(`[^@/]+:\d+`).FindString(url) }
	pool, err := pgxpool.New(t.Context(), "postgres://postgres@"+address(primary.URL())+","+address(replica.URL())+
		"/postgres?sslmode=disable&target_session_attrs=read-only")
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	api := open(t, pool, listening, func(o *pgrest.Options) { o.Schemas, o.AnonRole = []string{"api"}, "web_anon" })
	read := exchange{target: "/films", body: `[{"id": 1}]`}
	read.check(t, ask(t, api, read))
	waitFor(t, func() bool { return api.Health().Listening }, "it listens")
	loads := api.Stats().SchemaLoads
	_, err = connect(primary.URL()).Exec(t.Context(), `NOTIFY pgrst, 'reload schema'`)
	require.NoError(t, err)
	waitFor(t, func() bool { return api.Stats().SchemaLoads > loads }, "the notification is heard")
}

// A pool that doesn't tell of its servers has nobody listen, and serves.
func TestReload_replica_alone(t *testing.T) {
	t.Parallel()
	server := pgtest.OwnServer(t)
	server.Stop(t, pgtest.Fast)
	server.StartStandby(t)
	pool, err := pgxpool.New(t.Context(), server.URL())
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	for name, pool := range map[string]pgrest.Pool{"told": pool, "not told": struct{ pgrest.Pool }{pool}} {
		t.Run(name, func(t *testing.T) {
			log := new(journal)
			api, err := pgrest.New(pool, pgrest.Options{AnonRole: "postgres", Logger: slog.New(slog.NewTextHandler(log, nil))})
			require.NoError(t, err)
			defer api.Close()
			require.NoError(t, api.Ready(t.Context()))
			waitFor(t, func() bool { return strings.Contains(log.String(), "connect to the primary: ") }, "the reason is logged")
			require.False(t, api.Health().Listening)
		})
	}
}

// The settings of roles are read anew with the configuration.
func TestReload_role_settings(t *testing.T) {
	t.Parallel()
	s := newStation(t, nil)
	s.await(t)
	s.exec(t, `CREATE VIEW api.patience AS SELECT current_setting('statement_timeout') AS timeout; GRANT SELECT ON api.patience TO web_anon`)
	require.NoError(t, s.Reload(t.Context()))
	patience := func() string {
		return answer(s, httptest.NewRequest(http.MethodGet, "/patience", nil)).Body.String()
	}
	require.JSONEq(t, `[{"timeout": "0"}]`, patience())
	s.exec(t, `ALTER ROLE web_anon SET statement_timeout = '7s'; NOTIFY pgrst, 'reload config'`)
	waitFor(t, func() bool { return patience() == `[{"timeout":"7s"}]` }, "the setting has an effect")
}

func TestReload_channel(t *testing.T) {
	t.Parallel()
	l := live(t, listening, func(o *pgrest.Options) { o.Channel = "archive news" })
	l.change(t, `CREATE TABLE archive.posters AS SELECT 1 AS id; NOTIFY "archive news"`)
	l.eventually(t, "/posters", 200)
}

// A listener whose connection was lost is back by itself, with what it missed.
func TestReload_listener_terminated(t *testing.T) {
	t.Parallel()
	l := live(t, listening)
	l.change(t, `CREATE TABLE archive.posters AS SELECT 1 AS id`)
	// The table is there before the connection is lost, upon which the schema is loaded.
	l.change(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND starts_with(query, 'LISTEN')`)
	l.eventually(t, "/posters", 200)
	l.change(t, `CREATE TABLE archive.stills AS SELECT 1 AS id; NOTIFY pgrst`)
	l.eventually(t, "/stills", 200)
}

func TestReload(t *testing.T) {
	t.Parallel()
	l := live(t)
	l.change(t, `CREATE TABLE archive.posters AS SELECT 1 AS id`)
	status, _ := l.answer("/posters")
	require.Equal(t, 404, status)
	before := l.SchemaCache()
	require.NoError(t, l.Reload(t.Context()))
	require.NotSame(t, before, l.SchemaCache())
	l.requireAnswer(t, "/posters", 200, `[{"id": 1}]`)

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, l.Reload(cancelled), context.Canceled)
	l.Close()
	require.ErrorIs(t, l.Reload(t.Context()), context.Canceled)
	l.requireAnswer(t, "/posters", 200, `[{"id": 1}]`)
}

// A load that fails leaves the schema as it was, and is tried again.
func TestReload_failed(t *testing.T) {
	t.Parallel()
	l := live(t)
	l.change(t, `CREATE TABLE archive.posters AS SELECT 1 AS id`)
	before := l.SchemaCache()
	l.pool.away.Store(true)
	require.ErrorIs(t, l.Reload(t.Context()), errDatabaseAway)
	require.Same(t, before, l.SchemaCache())
	l.pool.away.Store(false)
	l.requireAnswer(t, "/genres?select=name&id=eq.1", 200, `[{"name": "Drama"}]`)
	l.eventually(t, "/posters", 200)
}

// When nobody notified, the database's refusal of what the schema cache promised
// has the schema loaded anew, and the request is answered after all.
func TestReload_outdated(t *testing.T) {
	t.Parallel()
	const tables = `CREATE TABLE archive.posters AS SELECT 1 AS id, 'Metropolis' AS title, 1927 AS year;
		CREATE VIEW archive.poster_list AS SELECT id, title FROM archive.posters`
	fault := func(column string) string {
		return `{"code": "42703", "details": null, "hint": null, "message": "column posters.` + column + ` does not exist"}`
	}
	tests := map[string]struct {
		change, target string
		status         int
		body           string
	}{
		"column dropped, all selected":       {`ALTER TABLE archive.posters DROP year`, "/posters", 200, `[{"id": 1, "title": "Metropolis"}]`},
		"column dropped, none selected":      {`ALTER TABLE archive.posters DROP year`, "/posters?select=id", 200, `[{"id": 1}]`},
		"column dropped, the one selected":   {`ALTER TABLE archive.posters DROP year`, "/posters?select=year", 400, fault("year")},
		"column dropped, the one filtered":   {`ALTER TABLE archive.posters DROP year`, "/posters?year=eq.1927", 400, fault("year")},
		"column renamed, all selected":       {`ALTER TABLE archive.posters RENAME year TO printed`, "/posters", 200, `[{"id": 1, "title": "Metropolis", "printed": 1927}]`},
		"column renamed, the new selected":   {`ALTER TABLE archive.posters RENAME year TO printed`, "/posters?select=printed", 200, `[{"printed": 1927}]`},
		"column renamed, the old selected":   {`ALTER TABLE archive.posters RENAME year TO printed`, "/posters?select=year", 400, fault("year")},
		"column added":                       {`ALTER TABLE archive.posters ADD width int`, "/posters?select=id", 200, `[{"id": 1}]`},
		"view dropped":                       {`DROP VIEW archive.poster_list`, "/poster_list", 404, `{"code": "PGRST205", "details": null, "hint": null, "message": "Could not find the table 'archive.poster_list' in the schema cache"}`},
		"table made anew with other columns": {`DROP TABLE archive.posters CASCADE; CREATE TABLE archive.posters AS SELECT 2 AS number`, "/posters", 200, `[{"number": 2}]`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := live(t)
			l.change(t, tables)
			require.NoError(t, l.Reload(t.Context()))
			for range 3 { // so that connections have the statement prepared
				status, body := l.answer(tt.target)
				require.True(t, status == 200 || status == 400, body)
			}
			before := l.SchemaCache()
			l.loadAged()
			l.change(t, tt.change)
			l.requireAnswer(t, tt.target, tt.status, tt.body)
			after := l.SchemaCache()
			l.requireAnswer(t, tt.target, tt.status, tt.body)
			require.Same(t, after, l.SchemaCache(), "loaded no more than once")
			if name == "column added" || name == "column dropped, none selected" {
				require.Same(t, before, after, "nothing was wrong with the old schema")
			}
		})
	}
}

// A migration may be faster than loads: a schema that was loaded for a request is
// out of date before the request is answered from it, time and again.
func TestReload_outdated_repeatedly(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	admin := db.Superuser(t)
	exec := func(sql string) {
		_, err := admin.Exec(context.WithoutCancel(t.Context()), sql)
		require.NoError(t, err)
	}
	exec(`CREATE TABLE archive.posters AS SELECT 1 AS column_0; GRANT SELECT ON archive.posters TO pgrest_test_anon`)
	const renames = 6
	var next atomic.Int64
	next.Store(renames) // not before the migration begins
	api := open(t, db.Pool(t), func(o *pgrest.Options) {
		o.OnSchemaLoad = func(*introspect.SchemaCache) {
			if n := next.Add(1) - 1; n < renames {
				exec(fmt.Sprintf(`ALTER TABLE archive.posters RENAME column_%d TO column_%d`, n, n+1))
			}
		}
	})
	next.Store(0)
	require.NoError(t, api.Reload(t.Context()))
	before := exchange{target: "/posters", body: fmt.Sprintf(`[{"column_%d": 1}]`, renames)}
	before.check(t, ask(t, api, before))
}

// Requests that come before the first load wait for it.
func TestReload_first_load(t *testing.T) {
	t.Parallel()
	pool := &switchedPool{Pool: pgtest.Fixture(t).Pool(t), gate: make(chan struct{})}
	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}, AnonRole: anon, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer api.Close()
	require.Nil(t, api.SchemaCache())

	const requests = 5
	codes := make(chan int, requests)
	for range requests {
		go func() {
			w := httptest.NewRecorder()
			api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/films", nil))
			codes <- w.Code
		}()
	}
	select {
	case code := <-codes:
		require.Fail(t, "answered before there is a schema", "%d", code)
	default:
	}
	close(pool.gate)
	for range requests {
		require.Equal(t, 200, <-codes)
	}
	require.NotNil(t, api.SchemaCache())
}

// Without a database, requests are told so; when it is there, so is the API.
func TestReload_database_away(t *testing.T) {
	t.Parallel()
	nowhere, err := pgxpool.New(t.Context(), "postgres://authenticator@127.0.0.1:1/none?connect_timeout=1&sslmode=disable")
	require.NoError(t, err)
	defer nowhere.Close()
	away := &switchedPool{Pool: pgtest.Fixture(t).Pool(t)}
	away.away.Store(true)
	for name, pool := range map[string]pgrest.Pool{"nothing listens": nowhere, "later": away} {
		t.Run(name, func(t *testing.T) {
			api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}, AnonRole: anon, Logger: slog.New(slog.DiscardHandler)})
			require.NoError(t, err)
			defer api.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			w := httptest.NewRecorder()
			api.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/films", nil))
			require.Equal(t, 503, w.Code)
			require.JSONEq(t, `{"code": "PGRST002", "details": null, "hint": null,
				"message": "Could not query the database for the schema cache. Retrying."}`, w.Body.String())
			require.ErrorIs(t, api.Ready(ctx), context.DeadlineExceeded)
			if pool == away {
				away.away.Store(false)
				ctx, cancel := context.WithTimeout(t.Context(), reloadPatience)
				defer cancel()
				require.NoError(t, api.Ready(ctx))
			}
		})
	}
}

// A handler leaves nothing behind: no goroutine (which is checked when all tests
// have run), no session, no connection of the pool.
func TestClose(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool, admin := db.Pool(t), db.Superuser(t)
	listeners := func() (n int) {
		err := admin.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND starts_with(query, 'LISTEN')`).Scan(&n)
		require.NoError(t, err)
		return n
	}
	for i := range 50 {
		api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}, AnonRole: anon, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		if i%2 == 0 { // the others are closed in the middle of their first load
			require.NoError(t, api.Ready(t.Context()))
			// One that was closed while it connected may be seen until PostgreSQL has noticed.
			require.Eventually(t, func() bool { return listeners() == 1 }, reloadPatience, time.Millisecond)
		}
		api.Close()
		api.Close()
		require.Eventually(t, func() bool { return listeners() == 0 }, reloadPatience, time.Millisecond)
		require.Zero(t, pool.Stat().AcquiredConns())
	}
	require.NoError(t, pool.Ping(t.Context()), "the pool is the host's")
}

// Requests that are under way when the schema is loaded, or the handler closed,
// finish.
func TestClose_during_requests(t *testing.T) {
	t.Parallel()
	l := live(t, listening)
	const requests = 4
	codes := make(chan int, requests)
	for range requests {
		go func() {
			code, _ := l.answer("/ticks?select=id&limit=20000")
			codes <- code
		}()
	}
	require.NoError(t, l.Reload(t.Context()))
	l.Close()
	for range requests {
		require.Equal(t, 200, <-codes)
	}
}

// slowed has the database's next loads of a schema wait until the function that is
// returned is called: they read comments.
func (l *living) slowed(t *testing.T) (quicken func()) {
	t.Helper()
	tx, err := l.admin.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `LOCK TABLE pg_catalog.pg_description`)
	require.NoError(t, err)
	var once sync.Once
	quicken = func() { once.Do(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }) }
	t.Cleanup(quicken)
	return quicken
}

// While a load takes its time, what was dropped is answered as PostgreSQL does, and
// not after the load.
func TestReload_slow(t *testing.T) {
	t.Parallel()
	l := live(t)
	l.change(t, `CREATE TABLE archive.posters AS SELECT 1 AS id`)
	require.NoError(t, l.Reload(t.Context()))
	l.requireAnswer(t, "/posters", 200, `[{"id": 1}]`)
	l.change(t, `DROP TABLE archive.posters`)
	quicken := l.slowed(t)
	loaded := make(chan error, 1)
	go func() { loaded <- l.Reload(t.Context()) }()
	for range 2 {
		l.requireAnswer(t, "/posters", 404, `{"code": "42P01", "details": null, "hint": null, "message": "relation \"archive.posters\" does not exist"}`)
	}
	l.requireAnswer(t, "/genres?select=id&id=eq.1", 200, `[{"id": 1}]`)
	select {
	case err := <-loaded:
		require.Fail(t, "the load wasn't slow", "%v", err)
	default:
	}
	quicken()
	require.NoError(t, <-loaded)
	l.requireAnswer(t, "/posters", 404, `{"code": "PGRST205", "details": null, "hint": null,
		"message": "Could not find the table 'archive.posters' in the schema cache"}`)
}

// A handler that has the schema of another one answers at once, and loads it anew.
func TestReload_schema_of_another(t *testing.T) {
	t.Parallel()
	l := live(t)
	quicken := l.slowed(t)
	var loads atomic.Int64
	next, err := pgrest.New(l.pool, pgrest.Options{
		Schemas: []string{"archive"}, ExtraSearchPath: []string{"extra"}, AnonRole: anon, SchemaCache: l.SchemaCache(), MaxRows: 2,
		Logger: slog.New(slog.DiscardHandler), OnSchemaLoad: func(*introspect.SchemaCache) { loads.Add(1) },
	})
	require.NoError(t, err)
	t.Cleanup(next.Close)
	require.NoError(t, next.Ready(t.Context()))
	require.Same(t, l.SchemaCache(), next.SchemaCache())
	require.False(t, next.Health().SchemaLoaded.IsZero())
	read := exchange{target: "/genres?select=id&order=id", body: `[{"id": 1}, {"id": 2}]`}
	read.check(t, ask(t, next, read))
	require.Zero(t, loads.Load(), "it was not loaded")
	quicken()
	waitFor(t, func() bool { return loads.Load() > 0 }, "it is loaded")
	require.NotSame(t, l.SchemaCache(), next.SchemaCache())
}
