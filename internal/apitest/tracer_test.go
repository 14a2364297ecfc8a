package apitest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	driver "github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// told is what a tracer was told of a statement.
type told struct {
	sql  string
	args []any
	tag  string
	code string // of the error
}

// traces are what a tracer was told, of statements that have ended.
type traces struct {
	mu      sync.Mutex
	all     []told
	open    int // begun, and not ended
	batches []int
	value   any // to panic with
}

type startKey struct{}

func (l *traces) take(t *testing.T) []told {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	require.Zero(t, l.open, "what was begun has ended")
	all := l.all
	l.all, l.batches = nil, nil
	return all
}

func (l *traces) add(sql string, args []any, tag pgconn.CommandTag, err error) {
	entry := told{sql: sql, args: args, tag: tag.String()}
	if err != nil {
		entry.code = sqlstate(err)
	}
	l.all = append(l.all, entry)
}

func sqlstate(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return err.Error()
}

// queryTracer is a tracer of single statements, which sees only those of a request.
type queryTracer struct{ *traces }

func (l queryTracer) TraceQueryStart(ctx context.Context, conn *driver.Conn, data driver.TraceQueryStartData) context.Context {
	if ctx.Value(requestKey{}) == nil {
		return ctx
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.value != nil {
		panic(l.value)
	}
	l.open++
	if conn.Config() == nil {
		panic("no configuration")
	}
	return context.WithValue(ctx, startKey{}, data)
}

func (l queryTracer) TraceQueryEnd(ctx context.Context, _ *driver.Conn, data driver.TraceQueryEndData) {
	start, ok := ctx.Value(startKey{}).(driver.TraceQueryStartData)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	l.add(start.SQL, start.Args, data.CommandTag, data.Err)
}

// batchTracer is a tracer of batches. It is one of queries too, or it wouldn't do as a
// pool's.
type batchTracer struct{ queryTracer }

func (l batchTracer) TraceBatchStart(ctx context.Context, _ *driver.Conn, data driver.TraceBatchStartData) context.Context {
	if ctx.Value(requestKey{}) == nil {
		return ctx
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open++
	l.batches = append(l.batches, data.Batch.Len())
	return context.WithValue(ctx, startKey{}, true)
}

func (l batchTracer) TraceBatchQuery(ctx context.Context, _ *driver.Conn, data driver.TraceBatchQueryData) {
	if ctx.Value(startKey{}) == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(data.SQL, data.Args, data.CommandTag, data.Err)
}

func (l batchTracer) TraceBatchEnd(ctx context.Context, _ *driver.Conn, data driver.TraceBatchEndData) {
	if ctx.Value(startKey{}) == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if data.Err != nil {
		l.batches = append(l.batches, -1)
	}
}

// tracing opens an API over a pool that has a tracer, and gives what asks it a request.
func tracing(t *testing.T, tracer driver.QueryTracer, changes ...option) func(exchange) *http.Response {
	t.Helper()
	pool := pgtest.Clone(t).Pool(t, func(c *pgxpool.Config) { c.ConnConfig.Tracer = tracer })
	api := open(t, pool, append(changes, func(o *pgrest.Options) { o.PreRequest = "" })...)
	return func(x exchange) *http.Response {
		w, r := httptest.NewRecorder(), x.request(t)
		api.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, true)))
		return w.Result()
	}
}

// main finds what was told of the statement that has text.
func mainOf(t *testing.T, all []told, text string) told {
	t.Helper()
	i := slices.IndexFunc(all, func(s told) bool { return strings.Contains(s.sql, text) })
	require.GreaterOrEqual(t, i, 0, "%v", all)
	return all[i]
}

// Tracers of the host's pool see each statement of a request, with rows and error.
func TestTracer(t *testing.T) {
	t.Parallel()
	for name, prepared := range map[string]bool{"prepared": true, "not prepared": false} {
		var log traces
		for kind, tracer := range map[string]driver.QueryTracer{"query": queryTracer{&log}, "batch": batchTracer{queryTracer{&log}}} {
			t.Run(kind+" tracer, "+name, func(t *testing.T) {
				ask := tracing(t, tracer, func(o *pgrest.Options) { o.DisablePreparedStatements = !prepared })
				for range 2 { // the second time with what was prepared
					require.Equal(t, 200, ask(exchange{target: "/genres?select=id,name&id=in.(1,2)"}).StatusCode)
					all := log.take(t)
					require.Len(t, all, 3, "settings, rows, and what the database set")
					require.True(t, strings.HasPrefix(all[0].sql, "SELECT "), all[0].sql)
					require.Contains(t, all[0].sql, "set_config")
					require.Contains(t, all[1].sql, `FROM "archive"."genres"`)
					require.Equal(t, "SELECT 2", all[1].tag)
					require.Contains(t, all[2].sql, "response.headers")
					for _, s := range all {
						require.Nil(t, s.args)
						require.Empty(t, s.code)
						require.NotContains(t, s.sql, anon)
					}
				}

				require.Equal(t, 206, ask(exchange{target: "/genres?limit=1", send: headers{"Prefer": "count=exact"}}).StatusCode)
				require.Contains(t, statements(log.take(t)), "COMMIT")

				require.Equal(t, 400, ask(exchange{target: "/genres?id=eq.x"}).StatusCode)
				all := log.take(t)
				require.Equal(t, "22P02", mainOf(t, all, `"genres"`).code)
				require.Empty(t, all[0].code)

				require.Equal(t, 201, ask(exchange{method: "POST", target: "/genres", data: `{"id": 99, "name": "Noir"}`, token: `{"role": "` + curator + `"}`}).StatusCode)
				require.Equal(t, "INSERT 0 1", mainOf(t, log.take(t), "INSERT INTO").tag)

				one := headers{"Accept": "application/vnd.pgrst.object+json"}
				require.Equal(t, 406, ask(exchange{method: "PATCH", target: "/genres?id=eq.12345", data: `{"name": "x"}`, send: one,
					token: `{"role": "` + curator + `"}`}).StatusCode)
				require.Contains(t, statements(log.take(t)), "ROLLBACK")

				require.Equal(t, 200, ask(exchange{target: "/"}).StatusCode)
				require.NotEmpty(t, log.take(t))
			})
		}
	}
}

func statements(all []told) []string {
	var sql []string
	for _, s := range all {
		sql = append(sql, s.sql)
	}
	return sql
}

// A batch is the statements that go out together.
func TestTracer_batch(t *testing.T) {
	t.Parallel()
	var log traces
	ask := tracing(t, batchTracer{queryTracer{&log}})
	require.Equal(t, 200, ask(exchange{target: "/genres"}).StatusCode)
	require.Equal(t, []int{3}, log.batches)
	log.take(t)
	require.Equal(t, 400, ask(exchange{target: "/genres?id=eq.x"}).StatusCode)
	require.Equal(t, []int{3, -1}, log.batches, "with the error")
}

// Arguments are told of where that is wanted.
func TestTracer_arguments(t *testing.T) {
	t.Parallel()
	var log traces
	for kind, tracer := range map[string]driver.QueryTracer{"query": queryTracer{&log}, "batch": batchTracer{queryTracer{&log}}} {
		t.Run(kind, func(t *testing.T) {
			ask := tracing(t, tracer, func(o *pgrest.Options) { o.TraceArguments = true })
			require.Equal(t, 200, ask(exchange{target: "/genres?select=id&name=eq.Drama"}).StatusCode)
			all := log.take(t)
			require.Contains(t, all[0].args, anon)
			require.Equal(t, []any{"Drama"}, mainOf(t, all, `"genres"`).args)
		})
	}
}

// What a tracer was told has begun ends, when the client goes away, too.
func TestTracer_given_up(t *testing.T) {
	t.Parallel()
	var log traces
	pool := pgtest.Clone(t).Pool(t, func(c *pgxpool.Config) { c.ConnConfig.Tracer = queryTracer{&log} })
	api := open(t, pool)
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), requestKey{}, true))
	done := make(chan struct{})
	go func() {
		defer close(done)
		api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/rpc/sleep?seconds=60", nil))
	}()
	waitFor(t, func() bool { log.mu.Lock(); defer log.mu.Unlock(); return log.open > 0 && len(log.all) > 0 }, "it runs")
	cancel()
	<-done
	waitUntilIdle(t, pool)
	all := log.take(t)
	require.NotEmpty(t, all[len(all)-1].code)
}

// A tracer that panics is told nothing more of the request, which goes on.
func TestTracer_panics(t *testing.T) {
	t.Parallel()
	log := traces{value: "as told"}
	var journal journal
	ask := tracing(t, queryTracer{&log}, journal.kept)
	for range 2 {
		response := ask(exchange{target: "/genres?select=id&id=eq.1"})
		require.Equal(t, 200, response.StatusCode)
		require.JSONEq(t, `[{"id": 1}]`, read(t, response))
	}
	require.Equal(t, 2, journal.lines(`msg="tracer panicked" panic="as told"`))
	require.Contains(t, journal.String(), "tracer_test.go", "the stack")
}
