package otel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/pgrest-go/pgrest"
)

// Tracer makes a tracer for pgrest.Options.Tracer, which records what an Observer does, and
// has the request's span in the request's context from its beginning. So spans that a
// tracer of the pool makes of statements are its children, and so are those of the host's
// own functions. It is for use instead of an Observer. Several APIs can share it.
func Tracer(opts Options) pgrest.Tracer { return newRecorder(opts) }

// TraceRequestStart starts the request's span. Its name and all that is known of the request
// later comes at its end.
func (r *recorder) TraceRequestStart(ctx context.Context, data pgrest.TraceRequestStartData) context.Context {
	word := method(data.Request.Method)
	ctx, _ = r.tracer.Start(ctx, word.Value.AsString(), trace.WithSpanKind(kind(ctx)), trace.WithAttributes(word))
	return ctx
}

// TraceRequestEnd ends the span that TraceRequestStart has put into the context.
func (r *recorder) TraceRequestEnd(ctx context.Context, e pgrest.Event) {
	end, span := time.Now(), trace.SpanFromContext(ctx)
	if span.IsRecording() {
		span.SetName(name(e))
		span.SetAttributes(attributes(e)...)
		r.complete(ctx, span, e, end)
	}
	span.End(trace.WithTimestamp(end))
	r.measure(ctx, e)
}

// measure records what metrics have of a request.
func (r *recorder) measure(ctx context.Context, e pgrest.Event) {
	r.durations.Record(ctx, e.Duration.Seconds(), metric.WithAttributes(labels(e)...))
	if e.Code != "" {
		r.failures.Add(ctx, 1, metric.WithAttributes(failure(e)...))
	}
}
