package pgrest

import (
	"context"
	"time"
)

// Health is how a Handler stands, as a readiness probe may want to know it.
type Health struct {
	// SchemaLoaded is when the schema in use was loaded; zero before the first load,
	// when requests are answered with 503.
	SchemaLoaded time.Time
	// SchemaError is why the last load failed, nil if it didn't. It is tried again
	// until it succeeds; meanwhile requests are answered from the schema in use.
	SchemaError error
	// Listening reports whether notifications are heard: a connection for them is
	// open. It is false with Options.DisableListener.
	Listening bool
	// Misconfigured are the options that name what wasn't in the database when the schema
	// was last loaded, or couldn't be used.
	Misconfigured []Misconfiguration
}

// Health tells how the handler stands at present. It doesn't ask the database, as Ping
// does, nor wait for anything.
func (h *Handler) Health() Health {
	health := Health{SchemaError: h.reloader.Err(), Listening: h.reloader.Listening(), Misconfigured: h.misconfigured()}
	if s := h.current.Load(); s != nil {
		health.SchemaLoaded = s.loaded
	}
	return health
}

// Ready waits until the schema was loaded for the first time. Its error is that
// of ctx, or context.Canceled when the handler was closed before. With Options.Strict or
// RequireSchemas, it has a Misconfiguration for each that was found at the last look at
// the database, without waiting for them to be mended.
func (h *Handler) Ready(ctx context.Context) error {
	for loaded := h.loaded; ; {
		v := h.verdict.Load()
		switch {
		case v.refusal != nil:
			return v.refusal
		case h.current.Load() != nil && (v.looked || !h.options.Strict):
			return h.refusal(v)
		}
		select {
		case <-loaded:
			loaded = nil // and once is enough
		case <-v.next:
		case <-h.reloader.Closed():
			return context.Canceled
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
