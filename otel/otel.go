// Package otel tells OpenTelemetry of the requests that an API answers: a span
// for each, with a child for each of its stages, and a histogram of how long they
// took. It is a module of its own, so that only hosts that import it depend on
// OpenTelemetry.
//
//	api, err := pgrest.New(pool, pgrest.Options{
//		Schemas:  []string{"api"},
//		AnonRole: "web_anon",
//		Tracer:   otel.Tracer(otel.Options{}),
//	})
//
// A Tracer has spans of SQL, which a tracer of the pool's connections makes, within those of
// requests. An Observer, for Options.Observe, records the same but for that, and costs less
// while a request runs.
//
// Neither spans nor metrics have the request's URL or any values of it. Names
// follow the semantic conventions for HTTP and for databases where there are any
// (https://opentelemetry.io/docs/specs/semconv).
//
// # Spans
//
// A request's span is named after its method and its kind of resource, as in
// "GET relation", "POST rpc" or "GET root". Its parent is the span in the request's
// context, if the host's middleware has put one there; otherwise it begins a trace. Its
// attributes:
//
//	http.request.method           the method; _OTHER for one that HTTP doesn't know
//	http.request.method_original  the method as it came, if that is _OTHER
//	http.response.status_code     the status, if one was sent
//	http.response.body.size       the bytes of the body that were sent
//	error.type                    the status, if it is 500 or above, or aborted, if the
//	                              connection was broken off
//	db.system.name                postgresql, if a statement was made of the request
//	db.query.text                 that statement, with $1 and so on for values
//	db.response.returned_rows     how many rows it gave, or wrote
//	db.collection.name            the relation that the request is about, if there is it
//	db.stored_procedure.name      or the function
//	pgrest.schema                 the schema of that
//	pgrest.shape                  the hash of the request without its values
//	pgrest.code                   the code of what went wrong: a SQLSTATE, or one of PostgREST's
//	pgrest.resource               relation, rpc, root or unknown
//	pgrest.role                   the role that the request ran as, if one was found
//	pgrest.server                 primary, or the name of a replica, with Options.Replicas
//	pgrest.stage.<name>           how long a stage took, in seconds
//
// The children are called after their stages: jwt, parse, plan, transaction and
// response.
//
// # Metrics
//
// The histogram http.server.request.duration is in seconds, by http.request.method,
// http.response.status_code, error.type, pgrest.resource and pgrest.server. Middleware such as
// otelhttp records one of the same name, in a scope of its own. A host that wants
// no more than that one gives a MeterProvider of the package metric/noop.
//
// The counter pgrest.request.failures is of what went wrong, by pgrest.resource and
// pgrest.code. The latter is a class here, such as 23xxx, where it is a SQLSTATE, and
// otherwise one of PostgREST's codes or other: functions can raise any.
package otel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/pgrest-go/pgrest"
)

// scope is the name of the instrumentation scope of spans and metrics.
const scope = "github.com/pgrest-go/pgrest/otel"

// Options says where spans and metrics go.
type Options struct {
	// TracerProvider receives the spans. nil means OpenTelemetry's global one.
	TracerProvider trace.TracerProvider
	// MeterProvider receives the metrics. nil means OpenTelemetry's global one.
	MeterProvider metric.MeterProvider
}

// Observer makes a function for pgrest.Options.Observe that records a span and a
// duration of each request when it has been answered. Several APIs can share it. If the
// MeterProvider refuses an instrument, OpenTelemetry's global error handler gets the error,
// and the rest is recorded. Where statements are traced too, a Tracer does better.
func Observer(opts Options) func(context.Context, pgrest.Event) {
	r := newRecorder(opts)
	return func(ctx context.Context, e pgrest.Event) { r.measure(r.record(ctx, e, time.Now()), e) }
}

// recorder records requests.
type recorder struct {
	tracer    trace.Tracer
	durations metric.Float64Histogram
	failures  metric.Int64Counter
}

func newRecorder(opts Options) *recorder {
	if opts.TracerProvider == nil {
		opts.TracerProvider = otel.GetTracerProvider()
	}
	if opts.MeterProvider == nil {
		opts.MeterProvider = otel.GetMeterProvider()
	}
	meter := opts.MeterProvider.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	return &recorder{
		tracer:    opts.TracerProvider.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)),
		durations: newHistogram(meter),
		failures:  newCounter(meter),
	}
}
