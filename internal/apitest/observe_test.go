package apitest_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
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
			pgrest.Event{Method: "GET", Resource: pgrest.RelationResource, Role: anon, Status: 200},
			[]string{"jwt", "parse", "plan", "transaction", "response"}, true},
		{"role of the token", exchange{target: "/films", token: `{"role":"` + visitor + `"}`},
			pgrest.Event{Method: "GET", Resource: pgrest.RelationResource, Role: visitor, Status: 200},
			[]string{"jwt", "parse", "plan", "transaction", "response"}, true},
		{"function that isn't there", exchange{method: "POST", target: "/rpc/no_such_function"},
			pgrest.Event{Method: "POST", Resource: pgrest.RoutineResource, Role: anon, Status: 404},
			[]string{"jwt", "parse", "response"}, false},
		{"what the database refuses", exchange{target: "/films?id=eq.x"},
			pgrest.Event{Method: "GET", Resource: pgrest.RelationResource, Role: anon, Status: 400},
			[]string{"jwt", "parse", "plan", "response"}, true},
		{"bad token", exchange{target: "/films", send: headers{"Authorization": "Bearer x"}},
			pgrest.Event{Method: "GET", Status: 401}, []string{"response"}, false},
		{"root", exchange{target: "/"}, pgrest.Event{Method: "GET", Resource: pgrest.RootResource, Role: anon, Status: 200}, nil, false},
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
			event.Bytes, event.SQL, event.Duration, event.Stages = 0, "", 0, nil
			require.Equal(t, tt.want, event)
		})
	}
}

func TestResource_String(t *testing.T) {
	t.Parallel()
	for resource, want := range map[pgrest.Resource]string{
		pgrest.UnknownResource: "unknown", pgrest.RelationResource: "relation",
		pgrest.RoutineResource: "rpc", pgrest.RootResource: "root",
	} {
		require.Equal(t, want, resource.String())
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
