package apitest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

// events are what an API has told of its requests.
type events struct {
	mu  sync.Mutex
	all []pgrest.Event
}

func (e *events) observe(_ context.Context, event pgrest.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, event)
}

// of gives the event of a single request.
func (e *events) of(t *testing.T, api http.Handler, x exchange) pgrest.Event {
	t.Helper()
	response := ask(t, api, x)
	require.NoError(t, response.Body.Close())
	e.mu.Lock()
	defer e.mu.Unlock()
	require.Len(t, e.all, 1)
	event := e.all[0]
	e.all = nil
	return event
}

func TestOptions_observe(t *testing.T) {
	t.Parallel()
	var seen events
	api := serve(t, func(o *pgrest.Options) { o.Observe = seen.observe })
	tests := []struct {
		name   string
		x      exchange
		want   pgrest.Event // but for durations, bytes and SQL
		stages []string
		sql    bool
	}{
		{"read", exchange{target: "/films?id=eq.1"},
			pgrest.Event{Method: "GET", Resource: pgrest.ResourceRelation, Role: anon, Status: 200},
			[]string{"jwt", "parse", "plan", "transaction", "response"}, true},
		{"role of the token", exchange{target: "/films", token: `{"role":"` + visitor + `"}`},
			pgrest.Event{Method: "GET", Resource: pgrest.ResourceRelation, Role: visitor, Status: 200},
			[]string{"jwt", "parse", "plan", "transaction", "response"}, true},
		{"function that isn't there", exchange{method: "POST", target: "/rpc/no_such_function"},
			pgrest.Event{Method: "POST", Resource: pgrest.ResourceRoutine, Role: anon, Status: 404},
			[]string{"jwt", "parse", "response"}, false},
		{"what the database refuses", exchange{target: "/films?id=eq.x"},
			pgrest.Event{Method: "GET", Resource: pgrest.ResourceRelation, Role: anon, Status: 400},
			[]string{"jwt", "parse", "plan", "response"}, true},
		{"bad token", exchange{target: "/films", send: headers{"Authorization": "Bearer x"}},
			pgrest.Event{Method: "GET", Status: 401}, []string{"response"}, false},
		{"root", exchange{target: "/"}, pgrest.Event{Method: "GET", Resource: pgrest.ResourceRoot, Role: anon, Status: 200}, nil, false},
	}
	for _, tt := range tests { // one after the other, so that each finds its own event
		t.Run(tt.name, func(t *testing.T) {
			event := seen.of(t, api, tt.x)
			require.Positive(t, event.Bytes)
			require.Equal(t, tt.sql, event.SQL != "")
			require.NotContains(t, event.SQL, "eq.")
			var names []string
			var sum time.Duration
			for _, stage := range event.Stages {
				names = append(names, stage.Name)
				sum += stage.Duration
			}
			require.LessOrEqual(t, sum, event.Duration)
			if tt.stages != nil {
				require.Equal(t, tt.stages, names)
			}
			require.Equal(t, tt.want.Status >= 400, event.Err != nil)
			event.Bytes, event.SQL, event.Duration, event.Stages, event.Err = 0, "", 0, nil, nil
			event.Schema, event.Name, event.Shape, event.Rows, event.Code = "", "", "", 0, "" // TestEvent_resource has them
			require.Equal(t, tt.want, event)
		})
	}
}

func TestHandler_Stats(t *testing.T) {
	t.Parallel()
	api := serve(t)
	stats := api.Stats()
	require.Equal(t, uint64(1), stats.SchemaLoads)
	require.Zero(t, stats.SchemaLoadFailures)
	require.Positive(t, stats.SchemaLoadTime)
	require.Zero(t, stats.TokenCache)
	for range 3 {
		response := ask(t, api, exchange{target: "/films", token: `{"role":"` + visitor + `"}`})
		require.Equal(t, http.StatusOK, response.StatusCode)
	}
	require.NoError(t, api.Reload(t.Context()))
	stats = api.Stats()
	require.Equal(t, uint64(2), stats.SchemaLoads)
	require.Equal(t, uint64(3), stats.TokenCache.Requests)
	require.Equal(t, uint64(2), stats.TokenCache.Hits)
	require.Zero(t, stats.TokenCache.Evictions)

	one := serve(t, func(o *pgrest.Options) { o.JWTCacheMaxEntries = 1 })
	for _, role := range []string{visitor, curator} {
		require.Equal(t, http.StatusOK, ask(t, one, exchange{target: "/films", token: `{"role":"` + role + `"}`}).StatusCode)
	}
	require.Equal(t, uint64(1), one.Stats().TokenCache.Evictions)
}

func TestHandler_Stats_of_failures(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool := db.Pool(t)
	api := open(t, pool)
	pool.Close()
	require.Error(t, api.Reload(t.Context()))
	stats := api.Stats()
	require.Equal(t, uint64(1), stats.SchemaLoads)
	require.Positive(t, stats.SchemaLoadFailures)
}

func TestOptions_on_schema_load(t *testing.T) {
	t.Parallel()
	loaded := make(chan *introspect.SchemaCache, 10)
	api := open(t, pgtest.Clone(t).Pool(t), func(o *pgrest.Options) {
		o.OnSchemaLoad = func(c *introspect.SchemaCache) { loaded <- c }
	})
	require.Same(t, api.SchemaCache(), <-loaded)
	require.NoError(t, api.Reload(t.Context()))
	require.Same(t, api.SchemaCache(), <-loaded)
	require.Empty(t, loaded)
}

func TestOptions_on_config_notify(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	asked := make(chan struct{}, 100)
	api := open(t, db.Pool(t), func(o *pgrest.Options) {
		o.DisableListener = false
		o.OnConfigNotify = func() { asked <- struct{}{} }
	})
	superuser := db.Superuser(t)
	notify := func(payload string) {
		_, err := superuser.Exec(t.Context(), `SELECT pg_notify('pgrst', $1)`, payload)
		require.NoError(t, err)
	}
	heard := func() bool {
		select {
		case <-asked:
			return true
		case <-time.After(10 * time.Second):
			return false
		}
	}
	// By the first load the handler listens. What follows on a notification about
	// the schema is heard too, while it waits for more of these.
	loads := api.Stats().SchemaLoads
	notify("reload schema")
	notify("reload config")
	require.True(t, heard())
	require.Eventually(t, func() bool { return api.Stats().SchemaLoads > loads }, 10*time.Second, 5*time.Millisecond)
	notify("")
	require.True(t, heard())
	notify("something else")
	notify("reload schema")
	notify("reload config") // is heard after what came before it
	require.True(t, heard())
	require.Empty(t, asked)

	// What was notified while the connection was lost, nobody heard.
	_, err := superuser.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND starts_with(query, 'LISTEN')`)
	require.NoError(t, err)
	require.True(t, heard())
}

// An answer that is broken off is observed as such, with what had gone out of it.
func TestOptions_observe_aborted(t *testing.T) {
	t.Parallel()
	var seen events
	watched := func(o *pgrest.Options) { o.Observe, o.BodyThreshold = seen.observe, 10_000 }
	ask := func(api http.Handler, x exchange) (event pgrest.Event) {
		server := httptest.NewServer(api)
		defer server.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+x.target, nil)
		require.NoError(t, err)
		for name, value := range x.send {
			r.Header.Set(name, value)
		}
		if response, err := server.Client().Do(r); err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			require.Equal(t, x.status == 0, err != nil)
			require.NoError(t, response.Body.Close())
		}
		waitFor(t, func() bool { seen.mu.Lock(); defer seen.mu.Unlock(); return len(seen.all) == 1 }, "it is observed")
		seen.mu.Lock()
		defer seen.mu.Unlock()
		event, seen.all = seen.all[0], nil
		return event
	}
	abort := func(*http.Request) (auth.Identity, error) { panic(http.ErrAbortHandler) }
	for _, tt := range []struct {
		name    string
		api     *pgrest.Handler
		x       exchange // its status is 0 if it is broken off
		status  int
		aborted bool
		bytes   bool
		err     string // of Event.Err
	}{
		{"before any output", serve(t, watched, func(o *pgrest.Options) { o.Authenticate = abort }), exchange{target: "/films"}, 0, true, false, ""},
		{"in the body", serve(t, watched, breaking("as told", 50_000)),
			exchange{target: "/ticks?select=id", send: headers{"Accept": fragile}}, 200, true, true, "PGRSTX00: Internal error: panic: as told"},
		{"of the database", serveClone(t, `
			CREATE VIEW archive.breaks AS SELECT n, 1 / (3000 - n) AS quotient FROM generate_series(1, 5000) AS n;
			GRANT SELECT ON archive.breaks TO pgrest_test_anon`, watched),
			exchange{target: "/breaks"}, 200, true, true, "22012: division by zero: ERROR: division by zero (SQLSTATE 22012)"},
		{"at the host's wish", serve(t, watched, breaking(http.ErrAbortHandler, 50_000)),
			exchange{target: "/ticks?select=id", send: headers{"Accept": fragile}}, 200, true, true, ""},
		{"a panic that is answered", serve(t, watched, breaking("as told", 1)),
			exchange{target: "/films", send: headers{"Accept": fragile}, status: 500}, 500, false, true, "PGRSTX00: Internal error: panic: as told"},
		{"an answer", serve(t, watched), exchange{target: "/films", status: 200}, 200, false, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			event := ask(tt.api, tt.x)
			require.Equal(t, tt.status, event.Status)
			require.Equal(t, tt.aborted, event.Aborted)
			require.Equal(t, tt.bytes, event.Bytes > 0)
			if tt.err == "" {
				require.Nil(t, event.Err)
				return
			}
			require.EqualError(t, event.Err, tt.err)
		})
	}
}

// The names of embeds that will stop to be understood are logged, as they are told to the
// client.
func TestOptions_legacy_names_are_logged(t *testing.T) {
	t.Parallel()
	var log journal
	api := serve(t, log.kept)
	const target = "/films?select=id,played:roles(character)&roles.limit=1&limit=1"
	response := ask(t, api, exchange{target: target})
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Contains(t, response.Header.Get("Warning"), "Update `roles` to `played` in query string")
	require.Contains(t, log.String(), "level=WARN")
	require.Contains(t, log.String(), "update=\"`roles` to `played`\" method=GET url=\""+target+`"`)
	require.Equal(t, http.StatusOK, ask(t, api, exchange{target: "/films?select=id,played:roles(character)&played.limit=1"}).StatusCode)
	require.Equal(t, 1, log.lines("embed called by its relation"))
}
