package otel_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/otel"
)

// telemetry is what has been recorded, in memory.
type telemetry struct {
	spans  *tracetest.InMemoryExporter
	traces *sdktrace.TracerProvider
	reader *sdkmetric.ManualReader
	meters *sdkmetric.MeterProvider
}

func newTelemetry(options ...sdktrace.TracerProviderOption) *telemetry {
	spans, reader := tracetest.NewInMemoryExporter(), sdkmetric.NewManualReader()
	return &telemetry{
		spans:  spans,
		traces: sdktrace.NewTracerProvider(append(options, sdktrace.WithSyncer(spans))...),
		reader: reader,
		meters: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)),
	}
}

func (m *telemetry) observer() func(context.Context, pgrest.Event) {
	return otel.Observer(otel.Options{TracerProvider: m.traces, MeterProvider: m.meters})
}

// request gives the spans since the last call: that of the single request, and those of its
// stages in their order.
func (m *telemetry) request(t *testing.T) (tracetest.SpanStub, tracetest.SpanStubs) {
	t.Helper()
	all := m.spans.GetSpans()
	m.spans.Reset()
	require.NotEmpty(t, all)
	stages, request := all[:len(all)-1], all[len(all)-1] // the request's span ends last
	for _, stage := range stages {
		require.Equal(t, request.SpanContext.SpanID(), stage.Parent.SpanID())
		require.Equal(t, request.SpanContext.TraceID(), stage.SpanContext.TraceID())
	}
	return request, stages
}

// durations gives the histogram and checks what all of its points share.
func (m *telemetry) durations(t *testing.T) []metricdata.HistogramDataPoint[float64] {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, m.reader.Collect(context.Background(), &all))
	require.Len(t, all.ScopeMetrics, 1)
	metrics := all.ScopeMetrics[0].Metrics
	i := slices.IndexFunc(metrics, func(m metricdata.Metrics) bool { return m.Name == "http.server.request.duration" })
	require.GreaterOrEqual(t, i, 0)
	histogram := metrics[i]
	require.Equal(t, "s", histogram.Unit)
	require.IsType(t, metricdata.Histogram[float64]{}, histogram.Data)
	return histogram.Data.(metricdata.Histogram[float64]).DataPoints
}

// attributes are a span's or a point's, by name.
type attributes map[string]any

func attributesOf(pairs []attribute.KeyValue) attributes {
	all := attributes{}
	for _, pair := range pairs {
		all[string(pair.Key)] = pair.Value.AsInterface()
	}
	return all
}

func namesOf(spans tracetest.SpanStubs) []string {
	var names []string
	for _, span := range spans {
		names = append(names, span.Name)
	}
	return names
}

// exchange is a request to an API of the fixture, and what should be recorded of it.
type exchange struct {
	name, method, target string
	header               http.Header
	span                 string
	want                 attributes // of the span and of metrics
	role                 string
	sql                  bool
	stages               []string
}

var exchanges = []exchange{
	{name: "read", target: "/films?id=eq.1975", span: "GET relation",
		want: attributes{"http.request.method": "GET", "http.response.status_code": int64(200), "pgrest.resource": "relation"},
		role: "pgrest_test_anon", sql: true, stages: []string{"jwt", "parse", "plan", "transaction", "response"}},
	{name: "call", method: "POST", target: "/rpc/nothing", span: "POST rpc",
		want: attributes{"http.request.method": "POST", "http.response.status_code": int64(204), "pgrest.resource": "rpc"},
		role: "pgrest_test_anon", sql: true, stages: []string{"jwt", "parse", "plan", "transaction", "response"}},
	{name: "root", target: "/", span: "GET root",
		want: attributes{"http.request.method": "GET", "http.response.status_code": int64(200), "pgrest.resource": "root"},
		role: "pgrest_test_anon", stages: []string{"jwt", "parse", "plan", "transaction", "response"}},
	{name: "what the database refuses", target: "/films?id=eq.x1975", span: "GET relation",
		want: attributes{"http.request.method": "GET", "http.response.status_code": int64(400), "pgrest.resource": "relation"},
		role: "pgrest_test_anon", sql: true, stages: []string{"jwt", "parse", "plan", "response"}},
	{name: "token without a secret to verify it", target: "/films", header: http.Header{"Authorization": {"Bearer x"}}, span: "GET unknown",
		want: attributes{"http.request.method": "GET", "http.response.status_code": int64(500), "pgrest.resource": "unknown",
			"error.type": "500"},
		stages: []string{"response"}},
	{name: "method that HTTP doesn't know", method: "BREW", target: "/films", span: "HTTP unknown",
		want:   attributes{"http.request.method": "_OTHER", "http.response.status_code": int64(405), "pgrest.resource": "unknown"},
		role:   "pgrest_test_anon",
		stages: []string{"jwt", "response"}},
}

// check answers the request and looks at its spans.
func (x exchange) check(t *testing.T, api http.Handler, recorded *telemetry) {
	t.Helper()
	r := httptest.NewRequest(cmp.Or(x.method, "GET"), x.target, nil)
	r.Header = x.header
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)

	request, stages := recorded.request(t)
	require.Equal(t, x.span, request.Name)
	require.Equal(t, x.stages, namesOf(stages))
	require.False(t, request.Parent.IsValid())
	require.Equal(t, trace.SpanKindServer, request.SpanKind)
	got := attributesOf(request.Attributes)
	for key, value := range x.want {
		require.Equal(t, value, got[key], key)
	}
	require.Equal(t, int64(w.Body.Len()), got["http.response.body.size"])
	require.Equal(t, x.role, cmp.Or(got["pgrest.role"], any("")))
	require.Equal(t, x.sql, got["db.query.text"] != nil)
	require.Equal(t, x.sql, got["db.system.name"] == "postgresql")
	for _, stage := range x.stages {
		require.Positive(t, got["pgrest.stage."+stage])
	}
	for key, value := range got { // nothing of the URL
		require.NotContains(t, []string{"url.full", "url.path", "url.query", "http.target"}, key)
		if text, ok := value.(string); ok {
			require.NotContains(t, text, "1975")
		}
	}
}

func TestObserver_of_an_API(t *testing.T) {
	t.Parallel()
	recorded := newTelemetry()
	api, err := pgrest.New(pgtest.Fixture(t).Pool(t), pgrest.Options{
		Schemas: []string{"archive"}, AnonRole: "pgrest_test_anon", DisableListener: true,
		Logger: slog.New(slog.DiscardHandler), Observe: recorded.observer(),
	})
	require.NoError(t, err)
	t.Cleanup(api.Close)
	require.NoError(t, api.Ready(t.Context()))

	for _, tt := range exchanges { // one after the other, so that each finds its own spans
		t.Run(tt.name, func(t *testing.T) {
			tt.check(t, api, recorded)
		})
	}

	var points []attributes
	for _, point := range recorded.durations(t) {
		require.EqualValues(t, 1, point.Count)
		require.Positive(t, point.Sum)
		require.Equal(t, []float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}, point.Bounds)
		points = append(points, attributesOf(point.Attributes.ToSlice()))
	}
	var want []attributes
	for _, tt := range exchanges {
		want = append(want, tt.want)
	}
	require.ElementsMatch(t, want, points)
}

// answered is a request that waited 20 ms for the schema, and then had to be
// planned twice.
var answered = pgrest.Event{
	Method: "GET", Resource: pgrest.ResourceRelation, Role: "anon", SQL: "SELECT $1", Status: 200, Bytes: 2,
	Duration: 100 * time.Millisecond,
	Stages: []pgrest.Stage{
		{Name: "jwt", Duration: 10 * time.Millisecond}, {Name: "parse", Duration: 5 * time.Millisecond},
		{Name: "plan", Duration: 5 * time.Millisecond}, {Name: "plan", Duration: 10 * time.Millisecond},
		{Name: "transaction", Duration: 30 * time.Millisecond}, {Name: "response", Duration: 20 * time.Millisecond},
	},
}

func TestObserver_times(t *testing.T) {
	t.Parallel()
	recorded := newTelemetry()
	before := time.Now()
	recorded.observer()(t.Context(), answered)

	request, stages := recorded.request(t)
	require.WithinRange(t, request.EndTime, before, time.Now())
	require.Equal(t, answered.Duration, request.EndTime.Sub(request.StartTime))
	var begun, took []int64
	for _, stage := range stages {
		begun = append(begun, stage.StartTime.Sub(request.StartTime).Milliseconds())
		took = append(took, stage.EndTime.Sub(stage.StartTime).Milliseconds())
	}
	require.Equal(t, []string{"jwt", "parse", "plan", "plan", "transaction", "response"}, namesOf(stages))
	require.Equal(t, []int64{0, 30, 35, 40, 50, 80}, begun)
	require.Equal(t, []int64{10, 5, 5, 10, 30, 20}, took)
	require.InDelta(t, 0.015, attributesOf(request.Attributes)["pgrest.stage.plan"], 1e-9)
	require.InDelta(t, 0.1, recorded.durations(t)[0].Sum, 1e-9)
}

func TestObserver_statement(t *testing.T) {
	t.Parallel()
	recorded := newTelemetry()
	recorded.observer()(t.Context(), answered)
	request, stages := recorded.request(t)
	require.Equal(t, "SELECT $1", attributesOf(request.Attributes)["db.query.text"])
	for _, stage := range stages {
		if stage.Name == "transaction" {
			require.Equal(t, trace.SpanKindClient, stage.SpanKind)
			require.Equal(t, attributes{"db.system.name": "postgresql"}, attributesOf(stage.Attributes))
		} else {
			require.Equal(t, trace.SpanKindInternal, stage.SpanKind)
			require.Empty(t, stage.Attributes)
		}
	}
}

func TestObserver_status(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]codes.Code{200: codes.Unset, 404: codes.Unset, 499: codes.Unset, 500: codes.Error, 504: codes.Error} {
		recorded := newTelemetry()
		recorded.observer()(t.Context(), pgrest.Event{Method: "GET", Status: status})
		request, stages := recorded.request(t)
		require.Equal(t, want, request.Status.Code, status)
		require.Empty(t, stages)
	}
}

// A response that was broken off is an error, whatever its status.
func TestObserver_aborted(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]any{0: nil, 200: int64(200)} {
		recorded := newTelemetry()
		recorded.observer()(t.Context(), pgrest.Event{Method: "GET", Status: status, Aborted: true})
		request, _ := recorded.request(t)
		require.Equal(t, codes.Error, request.Status.Code)
		got := attributesOf(request.Attributes)
		require.Equal(t, "aborted", got["error.type"])
		require.Equal(t, want, got["http.response.status_code"])
		require.Equal(t, "aborted", attributesOf(recorded.durations(t)[0].Attributes.ToSlice())["error.type"])
	}
}

func TestObserver_method_as_it_came(t *testing.T) {
	t.Parallel()
	recorded := newTelemetry()
	recorded.observer()(t.Context(), pgrest.Event{Method: "brew", Status: 405})
	request, _ := recorded.request(t)
	got := attributesOf(request.Attributes)
	require.Equal(t, "_OTHER", got["http.request.method"])
	require.Equal(t, "brew", got["http.request.method_original"])
}

func TestObserver_parent(t *testing.T) {
	t.Parallel()
	t.Run("of the host's middleware", func(t *testing.T) {
		t.Parallel()
		recorded := newTelemetry()
		ctx, parent := recorded.traces.Tracer("host").Start(t.Context(), "GET /api/")
		recorded.observer()(ctx, answered)
		request, _ := recorded.request(t)
		require.Equal(t, parent.SpanContext().SpanID(), request.Parent.SpanID())
		require.Equal(t, parent.SpanContext().TraceID(), request.SpanContext.TraceID())
		require.Equal(t, trace.SpanKindInternal, request.SpanKind)
	})
	t.Run("of the client", func(t *testing.T) {
		t.Parallel()
		recorded := newTelemetry()
		remote := trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled, Remote: true,
		})
		recorded.observer()(trace.ContextWithRemoteSpanContext(t.Context(), remote), answered)
		request, _ := recorded.request(t)
		require.Equal(t, trace.SpanID{2}, request.Parent.SpanID())
		require.Equal(t, trace.SpanKindServer, request.SpanKind)
	})
}

func TestObserver_client_that_is_gone(t *testing.T) {
	t.Parallel()
	recorded := newTelemetry()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	recorded.observer()(ctx, answered)
	_, stages := recorded.request(t)
	require.Len(t, stages, len(answered.Stages))
	require.Len(t, recorded.durations(t), 1)
}

func TestObserver_without_samples(t *testing.T) {
	t.Parallel()
	recorded := newTelemetry(sdktrace.WithSampler(sdktrace.NeverSample()))
	recorded.observer()(t.Context(), answered)
	require.Empty(t, recorded.spans.GetSpans())
	require.Len(t, recorded.durations(t), 1)
}

func TestObserver_example_of_a_duration(t *testing.T) {
	t.Parallel()
	recorded := newTelemetry()
	recorded.observer()(t.Context(), answered)
	request, _ := recorded.request(t)
	examples := recorded.durations(t)[0].Exemplars
	require.Len(t, examples, 1)
	id := request.SpanContext.SpanID()
	require.Equal(t, id[:], examples[0].SpanID)
}

func TestObserver_global_providers(t *testing.T) {
	t.Parallel()
	require.NotPanics(t, func() { otel.Observer(otel.Options{})(t.Context(), answered) })
}

// refusing is a MeterProvider that makes no histogram.
type refusing struct{ metricnoop.MeterProvider }

func (refusing) Meter(string, ...metric.MeterOption) metric.Meter { return refusingMeter{} }

type refusingMeter struct{ metricnoop.Meter }

func (refusingMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return nil, errors.New("no histograms here")
}

func (refusingMeter) Int64Counter(string, ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return nil, errors.New("no counters here")
}

func TestObserver_refused_histogram(t *testing.T) {
	t.Parallel()
	recorded := newTelemetry()
	otel.Observer(otel.Options{TracerProvider: recorded.traces, MeterProvider: refusing{}})(t.Context(), answered)
	request, _ := recorded.request(t)
	require.Equal(t, "GET relation", request.Name)
}
