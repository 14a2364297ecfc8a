package pgrest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/response"
)

// fail answers with an error. Of a fault of the server's, it logs what the client isn't told.
func (x *exchange) fail(err error) {
	e := apierror.From(err, x.identity.Anonymous)
	if x.verifier == nil {
		e.WithoutBearer()
	}
	x.failure = e
	if e.ServerFault() && x.r.Context().Err() == nil {
		x.log("request failed", "status", e.Status, "error", apierror.ForLog(err))
	}
	response.Error(&x.w, e, x.config)
}

func (x *exchange) log(message string, about ...any) {
	about = append(about, "method", apierror.Cut(x.r.Method), "path", apierror.Cut(x.r.URL.Path))
	x.options.Logger.ErrorContext(x.r.Context(), message, about...)
}

// recover turns a panic into a 500. When a part of the response has gone out, it has
// the server break the connection off instead. http.ErrAbortHandler, which asks for
// that, is no fault.
func (x *exchange) recover() {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		x.aborted = true
		panic(v)
	}
	stack := debug.Stack()
	if p, ok := v.(*response.Panic); ok { // of another goroutine
		v, stack = p.Value, p.Stack
	}
	x.failure = apierror.Internal(panicked(v))
	x.log("request panicked", "panic", apierror.Cut(fmt.Sprint(v)), "stack", string(stack))
	if x.w.status != 0 {
		x.aborted = true
		panic(http.ErrAbortHandler)
	}
	response.Error(&x.w, x.failure, x.config)
}

func panicked(v any) error {
	if err, ok := v.(error); ok {
		return fmt.Errorf("panic: %w", err)
	}
	return fmt.Errorf("panic: %v", v)
}

// broken keeps why the response is broken off, for those who observe it.
func (x *exchange) broken(err error) {
	x.failure = apierror.From(err, x.identity.Anonymous)
	x.options.broken(err)
}

// broken logs why a response was broken off, which its client can't be told any more.
func (o Options) broken(err error) {
	level := slog.LevelWarn
	if apierror.From(err, false).ServerFault() {
		level = slog.LevelError
	}
	o.Logger.Log(context.Background(), level, "response broken off", "error", apierror.ForLog(err))
}
