package apitest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	driver "github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// An event says what the request was about, as the schema has it, how many rows there were,
// and what went wrong.
func TestEvent_resource(t *testing.T) {
	t.Parallel()
	var seen events
	api := serve(t, func(o *pgrest.Options) {
		o.Observe, o.TxEnd = seen.observe, pgrest.TxRollback
		o.MapError = func(_ *http.Request, e *pgrest.Error) *pgrest.Error { e.Code = "OURS"; return e }
	})
	curated := `{"role": "` + curator + `"}`
	object := headers{"Accept": "application/vnd.pgrst.object+json"}
	for _, tt := range []struct {
		name         string
		x            exchange
		schema, of   string
		rows         int64
		code         string
		hasStatement bool
	}{
		{"read", exchange{target: "/films?id=lt.4"}, "archive", "films", 3, "", true},
		{"head", exchange{method: "HEAD", target: "/films?id=lt.4"}, "archive", "films", 3, "", true},
		{"read of a page", exchange{target: "/films?limit=2", send: headers{"Prefer": "count=exact"}}, "archive", "films", 2, "", true},
		{"embed", exchange{target: "/films?select=id,directors(id)&id=lt.3"}, "archive", "films", 2, "", true},
		{"one object", exchange{target: "/films?id=eq.1", send: object}, "archive", "films", 1, "", true},
		{"two that should be one", exchange{target: "/films?id=lt.3", send: object}, "archive", "films", 2, "PGRST116", true},
		{"function", exchange{target: "/rpc/add?a=1&b=2"}, "archive", "add", 1, "", true},
		{"write", exchange{method: "POST", target: "/genres", data: `[{"id": 98, "name": "a"}, {"id": 99, "name": "b"}]`, token: curated}, "archive", "genres", 2, "", true},
		{"write with rows", exchange{method: "POST", target: "/genres", data: `[{"id": 98, "name": "a"}, {"id": 99, "name": "b"}]`, token: curated,
			send: headers{"Prefer": "return=representation"}}, "archive", "genres", 2, "", true},
		{"update", exchange{method: "PATCH", target: "/genres?id=lt.4", data: `{"name": null}`, token: curated}, "archive", "genres", 0, "23502", true},
		{"options", exchange{method: "OPTIONS", target: "/films"}, "archive", "films", 0, "", false},
		{"root", exchange{target: "/"}, "archive", "", 0, "", false},
		{"relation that isn't there", exchange{target: "/a_name_of_the_client"}, "", "", 0, "PGRST205", false},
		{"function that isn't there", exchange{target: "/rpc/a_name_of_the_client"}, "", "", 0, "PGRST202", false},
		{"URL", exchange{target: "/films?id=is.1"}, "", "", 0, "PGRST100", false},
		{"value", exchange{target: "/films?id=eq.x"}, "archive", "films", 0, "22P02", true},
		{"raised as the whole answer", exchange{target: "/faults?select=raised&sqlstate=eq.PGRST"}, "archive", "faults", 0, "PGRST", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			event := seen.of(t, api, tt.x)
			require.Equal(t, []any{tt.schema, tt.of, tt.rows, tt.code}, []any{event.Schema, event.Name, event.Rows, event.Code}, "%v", event.Err)
			require.Equal(t, tt.hasStatement, regexp.MustCompile("^[0-9a-f]{16}$").MatchString(event.Shape), event.Shape)
			require.Equal(t, tt.hasStatement, event.SQL != "")
			if tt.code != "" {
				require.Equal(t, "OURS", event.Err.Code)
			}
		})
	}
}

// The hash is that of the request without its values.
func TestEvent_shape(t *testing.T) {
	t.Parallel()
	var seen events
	api := serve(t, func(o *pgrest.Options) { o.Observe = seen.observe })
	shape := func(target string) string { return seen.of(t, api, exchange{target: target}).Shape }
	first := shape("/films?id=eq.1&limit=1")
	require.Equal(t, first, shape("/films?id=eq.2&limit=3"))
	require.NotEqual(t, first, shape("/films?id=eq.1"))
	require.NotEqual(t, first, shape("/films?id=gt.1&limit=1"))
	require.NotEqual(t, first, shape("/genres?id=eq.1&limit=1"))
}

func TestEvent_rows_of_a_stream(t *testing.T) {
	t.Parallel()
	var seen events
	api := serve(t, func(o *pgrest.Options) { o.Observe, o.BodyThreshold = seen.observe, 100 })
	require.EqualValues(t, count(t, pgtest.Fixture(t).Superuser(t), "SELECT count(*) FROM archive.films"), seen.of(t, api, exchange{target: "/films"}).Rows)
}

// Hooks don't change what is told of a request.
func TestEvent_rows_of_hooks(t *testing.T) {
	t.Parallel()
	after := func(context.Context, driver.Tx, *pgrest.Request, *pgrest.Outcome) error { return nil }
	for name, hook := range map[string]pgrest.Hook{
		"before":       {Before: func(context.Context, driver.Tx, *pgrest.Request) error { return nil }},
		"after":        {After: after},
		"after commit": {AfterCommit: func(context.Context, *pgrest.Request, *pgrest.Outcome) {}},
	} {
		hook.For = func(*pgrest.Request) bool { return true }
		var seen events
		api := serve(t, func(o *pgrest.Options) { o.Observe, o.Hooks = seen.observe, []pgrest.Hook{hook} })
		require.EqualValues(t, 3, seen.of(t, api, exchange{target: "/films?id=lt.4"}).Rows, name)
	}
}

// requestTracer keeps what it is told, and puts a name into the context.
type requestTracer struct {
	events
	begun    []string
	ended    []any // what the context had at the end
	panics   any
	nothing  bool
	endPanic any
}

type spanKey struct{}

func (l *requestTracer) TraceRequestStart(ctx context.Context, data pgrest.TraceRequestStartData) context.Context {
	r := data.Request
	if l.panics != nil {
		panic(l.panics)
	}
	l.begun = append(l.begun, r.Method+" "+r.URL.Path)
	if l.nothing {
		return nil
	}
	return context.WithValue(ctx, spanKey{}, "span "+r.URL.Path)
}

func (l *requestTracer) TraceRequestEnd(ctx context.Context, e pgrest.Event) {
	l.ended = append(l.ended, ctx.Value(spanKey{}))
	l.observe(ctx, e)
	if l.endPanic != nil {
		panic(l.endPanic)
	}
}

// statementContexts has what contexts of statements have.
type statementContexts struct{ found []any }

func (c *statementContexts) TraceQueryStart(ctx context.Context, _ *driver.Conn, _ driver.TraceQueryStartData) context.Context {
	if of := ctx.Value(spanKey{}); of != nil {
		c.found = append(c.found, of)
	}
	return ctx
}

func (*statementContexts) TraceQueryEnd(context.Context, *driver.Conn, driver.TraceQueryEndData) {}

// A tracer of requests is around all that is done for them, statements included.
func TestOptions_Tracer(t *testing.T) {
	t.Parallel()
	var tracer requestTracer
	var statements statementContexts
	var order []string
	var identified, mapped, observed any
	pool := pgtest.Clone(t).Pool(t, func(c *pgxpool.Config) { c.ConnConfig.Tracer = &statements })
	api := open(t, pool, func(o *pgrest.Options) {
		o.Tracer = &tracer
		o.Authenticate = func(r *http.Request) (auth.Identity, error) {
			identified = r.Context().Value(spanKey{})
			return auth.Identity{Role: anon, Anonymous: true}, nil
		}
		o.MapError = func(r *http.Request, _ *pgrest.Error) *pgrest.Error {
			mapped = r.Context().Value(spanKey{})
			return nil
		}
		o.Observe = func(ctx context.Context, _ pgrest.Event) {
			observed = ctx.Value(spanKey{})
			order = append(order, "observed", map[bool]string{true: "ended", false: "open"}[len(tracer.ended) > 0])
		}
	})
	require.Equal(t, 200, answer(api, httptest.NewRequest(http.MethodGet, "/genres?id=lt.3", nil)).Code)
	require.Equal(t, []string{"GET /genres"}, tracer.begun)
	require.Equal(t, []any{"span /genres"}, tracer.ended)
	require.Equal(t, []any{"span /genres", "span /genres", "span /genres"}, statements.found, "settings, rows, and what the database set")
	require.Equal(t, []any{"span /genres", "span /genres"}, []any{identified, observed})
	require.Equal(t, []string{"observed", "open"}, order)
	require.EqualValues(t, 2, tracer.last().Rows)
	require.NotEmpty(t, tracer.last().Stages)

	require.Equal(t, 404, answer(api, httptest.NewRequest(http.MethodGet, "/flims", nil)).Code)
	require.Equal(t, "span /flims", mapped)
	require.Equal(t, "PGRST205", tracer.last().Code)
}

// What begins ends, whatever happens in between; and a tracer's own panic harms nothing.
func TestOptions_Tracer_always_ends(t *testing.T) {
	t.Parallel()
	var tracer requestTracer
	var log journal
	api := serve(t, log.kept, breaking("as told", 2000), func(o *pgrest.Options) { o.Tracer, o.BodyThreshold = &tracer, 100 })
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { ask(t, api, exchange{target: "/ticks?select=id", send: headers{"Accept": fragile}}) })
	require.True(t, tracer.last().Aborted)
	require.Equal(t, "PGRSTX00", tracer.last().Code)
	require.Len(t, tracer.ended, 1)

	tracer.nothing = true
	one := exchange{target: "/films?select=id&id=eq.1", body: `[{"id": 1}]`}
	one.check(t, ask(t, api, one))
	require.Equal(t, []any{"span /ticks", nil}, tracer.ended)

	tracer.endPanic = "at the end"
	one.check(t, ask(t, api, one))
	require.Contains(t, log.String(), "TraceRequestEnd panicked")

	tracer.panics = "at the beginning"
	one.check(t, ask(t, api, one))
	require.Contains(t, log.String(), "TraceRequestStart panicked")
	require.Len(t, tracer.ended, 3, "what did not begin has no end")
}
