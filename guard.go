package pgrest

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// guard calls a function of the host's. A panic in it is logged, and ends nothing else.
func guard(log *slog.Logger, name string, call func()) {
	defer func() {
		if v := recover(); v != nil {
			log.Error(name+" panicked", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	call()
}

// guarded is a logger whose handler, which is the host's, may panic.
func guarded(log *slog.Logger) *slog.Logger {
	if _, ok := log.Handler().(guardedHandler); ok {
		return log
	}
	return slog.New(guardedHandler{log.Handler()})
}

// guardedHandler is a slog.Handler whose panics are errors, of which slog takes no
// notice.
type guardedHandler struct{ slog.Handler }

func (h guardedHandler) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	defer func() { _ = recover() }()
	return h.Handler.Enabled(ctx, level)
}

func (h guardedHandler) Handle(ctx context.Context, r slog.Record) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("log: panic: %v", v)
		}
	}()
	return h.Handler.Handle(ctx, r)
}

func (h guardedHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return guardedHandler{h.Handler.WithAttrs(attrs)}
}

func (h guardedHandler) WithGroup(name string) slog.Handler {
	return guardedHandler{h.Handler.WithGroup(name)}
}
