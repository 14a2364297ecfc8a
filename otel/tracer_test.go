package otel_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/otel"
)

// sqlTracer makes a span of each statement, as tracers of pgx do. Those of other than
// requests have no parent, and are left out.
type sqlTracer struct{ tracer trace.Tracer }

func (l sqlTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx
	}
	ctx, _ = l.tracer.Start(ctx, "SQL")
	return context.WithValue(ctx, sqlKey{}, true)
}

func (l sqlTracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if ctx.Value(sqlKey{}) != nil {
		trace.SpanFromContext(ctx).End()
	}
}

type sqlKey struct{}

// traced opens an API with a tracer, over a pool with one of statements.
func (m *telemetry) traced(t *testing.T, changes ...func(*pgrest.Options)) *pgrest.Handler {
	t.Helper()
	pool := pgtest.Fixture(t).Pool(t, func(c *pgxpool.Config) { c.ConnConfig.Tracer = sqlTracer{m.traces.Tracer("sql")} })
	o := pgrest.Options{
		Schemas: []string{"archive"}, AnonRole: "pgrest_test_anon", DisableListener: true, Logger: slog.New(slog.DiscardHandler),
		Tracer: otel.Tracer(otel.Options{TracerProvider: m.traces, MeterProvider: m.meters}),
	}
	for _, change := range changes {
		change(&o)
	}
	api, err := pgrest.New(pool, o)
	require.NoError(t, err)
	t.Cleanup(api.Close)
	require.NoError(t, api.Ready(t.Context()))
	return api
}

// A tracer records what an observer does.
func TestTracer_of_an_API(t *testing.T) {
	t.Parallel()
	recorded := newTelemetry()
	api := recorded.traced(t)
	for _, tt := range exchanges {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.target, nil)
			r.Header = tt.header
			api.ServeHTTP(httptest.NewRecorder(), r)
			request, stages, _ := recorded.nested(t)
			require.Equal(t, tt.span, request.Name)
			require.Equal(t, tt.stages, namesOf(stages))
			require.Equal(t, trace.SpanKindServer, request.SpanKind)
			got := attributesOf(request.Attributes)
			for key, value := range tt.want {
				require.Equal(t, value, got[key], key)
			}
			require.Equal(t, tt.sql, got["db.query.text"] != nil)
		})
	}
	require.Len(t, recorded.durations(t), len(exchanges))
}

// nested gives the span of the single request, and those below it: of stages, and of statements.
func (m *telemetry) nested(t *testing.T) (request tracetest.SpanStub, stages, statements tracetest.SpanStubs) {
	t.Helper()
	all := m.spans.GetSpans()
	m.spans.Reset()
	require.NotEmpty(t, all)
	request = all[len(all)-1]
	for _, span := range all[:len(all)-1] {
		require.Equal(t, request.SpanContext.SpanID(), span.Parent.SpanID(), span.Name)
		require.Equal(t, request.SpanContext.TraceID(), span.SpanContext.TraceID(), span.Name)
		require.False(t, span.StartTime.Before(request.StartTime), span.Name)
		require.False(t, span.EndTime.After(request.EndTime), span.Name)
		if span.Name == "SQL" {
			statements = append(statements, span)
		} else {
			stages = append(stages, span)
		}
	}
	return request, stages, statements
}

// Spans of SQL are within those of requests, which are within the middleware's.
func TestTracer_statements_are_children(t *testing.T) {
	t.Parallel()
	recorded := newTelemetry()
	api := recorded.traced(t)
	ctx, parent := recorded.traces.Tracer("host").Start(t.Context(), "GET /api/")
	api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/films?id=lt.3", nil))
	request, stages, statements := recorded.nested(t)
	require.Len(t, statements, 3, "settings, rows, and what the database set")
	require.Equal(t, []string{"jwt", "parse", "plan", "transaction", "response"}, namesOf(stages))
	require.Equal(t, parent.SpanContext().SpanID(), request.Parent.SpanID())
	require.Equal(t, trace.SpanKindInternal, request.SpanKind)
	got := attributesOf(request.Attributes)
	require.Equal(t, "films", got["db.collection.name"])
	require.Equal(t, "archive", got["pgrest.schema"])
	require.EqualValues(t, 2, got["db.response.returned_rows"])
	require.Len(t, got["pgrest.shape"], 16)
	require.Nil(t, got["pgrest.code"])
}

func TestTracer_of_a_function(t *testing.T) {
	t.Parallel()
	recorded := newTelemetry()
	api := recorded.traced(t)
	api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/rpc/add?a=1&b=x", nil))
	request, _, _ := recorded.nested(t)
	got := attributesOf(request.Attributes)
	require.Equal(t, "add", got["db.stored_procedure.name"])
	require.Nil(t, got["db.collection.name"])
	require.Equal(t, "22P02", got["pgrest.code"])
}

// What goes wrong is counted by few codes, and nothing that clients make up.
func TestTracer_failures(t *testing.T) {
	t.Parallel()
	recorded := newTelemetry()
	api := recorded.traced(t)
	for _, target := range []string{"/films?limit=1", "/films?id=eq.x", "/films?id=eq.y", "/a_name_of_the_client", "/rpc/a_name_of_the_client"} {
		api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, nil))
	}
	var all metricdata.ResourceMetrics
	require.NoError(t, recorded.reader.Collect(t.Context(), &all))
	metrics := all.ScopeMetrics[0].Metrics
	i := slices.IndexFunc(metrics, func(m metricdata.Metrics) bool { return m.Name == "pgrest.request.failures" })
	require.GreaterOrEqual(t, i, 0)
	require.IsType(t, metricdata.Sum[int64]{}, metrics[i].Data)
	found := map[any]int64{}
	for _, point := range metrics[i].Data.(metricdata.Sum[int64]).DataPoints {
		labels := attributesOf(point.Attributes.ToSlice())
		require.Len(t, labels, 2)
		found[[2]any{labels["pgrest.resource"], labels["pgrest.code"]}] = point.Value
	}
	require.Equal(t, map[any]int64{
		[2]any{"relation", "22xxx"}: 2, [2]any{"relation", "PGRST205"}: 1, [2]any{"rpc", "PGRST202"}: 1,
	}, found)
}
