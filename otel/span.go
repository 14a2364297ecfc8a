package otel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/pgrest-go/pgrest"
)

// record makes the spans of a request that ended at end. The context that it
// returns has the request's span in it, for metrics to refer to.
func (r *recorder) record(ctx context.Context, e pgrest.Event, end time.Time) context.Context {
	ctx, span := r.tracer.Start(ctx, name(e), trace.WithTimestamp(end.Add(-e.Duration)), trace.WithSpanKind(kind(ctx)),
		trace.WithAttributes(attributes(e)...))
	defer span.End(trace.WithTimestamp(end))
	if span.IsRecording() {
		r.complete(ctx, span, e, end)
	}
	return ctx
}

// complete says how a request ended, and makes the spans of its stages.
func (r *recorder) complete(ctx context.Context, span trace.Span, e pgrest.Event, end time.Time) {
	if errorType(e) != "" {
		span.SetStatus(codes.Error, "")
	}
	for i, from := range beginnings(e.Stages, end.Add(-e.Duration), end) {
		recordStage(ctx, r.tracer, e.Stages[i], from)
	}
}

func recordStage(ctx context.Context, tracer trace.Tracer, stage pgrest.Stage, from time.Time) {
	options := []trace.SpanStartOption{trace.WithTimestamp(from)}
	if stage.Name == "transaction" { // the stage that waits for the database
		options = append(options, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(semconv.DBSystemNamePostgreSQL))
	}
	_, span := tracer.Start(ctx, stage.Name, options...)
	span.End(trace.WithTimestamp(from.Add(stage.Duration)))
}

// beginnings gives the time at which each stage began. The first begins with the request,
// and the last ends with it. Time in no stage is the wait for the schema, which comes after
// the first stage: the others are therefore laid out from the end.
func beginnings(stages []pgrest.Stage, begin, end time.Time) []time.Time {
	times := make([]time.Time, len(stages))
	for i := len(stages) - 1; i > 0; i-- {
		end = end.Add(-stages[i].Duration)
		times[i] = end
	}
	if len(times) > 0 {
		times[0] = begin
	}
	return times
}

// name is a span's name: the method, or HTTP if the conventions don't know it, and the kind
// of resource.
func name(e pgrest.Event) string {
	word := method(e.Method).Value.AsString()
	if word != e.Method {
		word = "HTTP"
	}
	return word + " " + e.Resource.String()
}

// kind is the kind of a request's span: server, unless middleware of the same process has
// made the server's span already.
func kind(ctx context.Context) trace.SpanKind {
	if parent := trace.SpanContextFromContext(ctx); parent.IsValid() && !parent.IsRemote() {
		return trace.SpanKindInternal
	}
	return trace.SpanKindServer
}

// attributes are those of a request's span.
func attributes(e pgrest.Event) []attribute.KeyValue {
	all := append(labels(e), attribute.Int64("http.response.body.size", e.Bytes))
	if method(e.Method) == semconv.HTTPRequestMethodOther {
		all = append(all, semconv.HTTPRequestMethodOriginal(e.Method))
	}
	if e.Role != "" {
		all = append(all, attribute.String("pgrest.role", e.Role))
	}
	if e.SQL != "" {
		all = append(all, semconv.DBSystemNamePostgreSQL, semconv.DBQueryText(e.SQL),
			semconv.DBResponseReturnedRows(int(e.Rows)), attribute.String("pgrest.shape", e.Shape))
	}
	if e.Schema != "" {
		all = append(all, attribute.String("pgrest.schema", e.Schema))
	}
	switch {
	case e.Name == "":
	case e.Resource == pgrest.ResourceRoutine:
		all = append(all, semconv.DBStoredProcedureName(e.Name))
	default:
		all = append(all, semconv.DBCollectionName(e.Name))
	}
	if e.Code != "" {
		all = append(all, attribute.String("pgrest.code", e.Code))
	}
	took := map[string]time.Duration{} // sums, since a request that is repeated has stages twice
	for _, stage := range e.Stages {
		took[stage.Name] += stage.Duration
		// Of several attributes with the same key the last counts.
		all = append(all, attribute.Float64("pgrest.stage."+stage.Name, took[stage.Name].Seconds()))
	}
	return all
}
