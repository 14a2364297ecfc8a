package pgrest

import (
	"context"
	"net/http"
)

// Tracer is told of the beginning and of the end of each request, in the way of pgx's
// tracers. What TraceRequestStart returns is the request's context from then on: Authenticate
// and MapError see it, tracers of the pool's connections when statements run, and
// TraceRequestEnd. So a span that is put into it has those of the statements as children. A
// returned nil leaves the context as it was.
//
// Both run on the request's goroutine. TraceRequestEnd is called for every request for which
// TraceRequestStart returned, when it has been answered or broken off, after
// Options.Observe.
type Tracer interface {
	TraceRequestStart(ctx context.Context, data TraceRequestStartData) context.Context
	TraceRequestEnd(ctx context.Context, e Event)
}

// TraceRequestStartData is what a Tracer is told at the beginning.
type TraceRequestStartData struct {
	// Request is the request as it came.
	Request *http.Request
}

// watch has the exchange observed from its beginning, if the host wants that.
func (x *exchange) watch() {
	if tracer := x.options.Tracer; tracer != nil {
		guard(x.options.Logger, "TraceRequestStart", func() {
			ctx := tracer.TraceRequestStart(x.r.Context(), TraceRequestStartData{Request: x.r})
			if x.observed.traced = true; ctx != nil {
				x.r = x.r.WithContext(ctx)
			}
		})
	}
	x.config.Broken = x.broken
	x.clock = newClock() // within what the tracer measures
}

// watched reports whether the host is told of requests.
func (o *Options) watched() bool { return o.Observe != nil || o.Tracer != nil }
