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
	x.observed.code = e.Origin()
	if told := x.told(e); told != e {
		e, err = told, told
	}
	if x.batch != nil {
		e = x.batch.located(e)
	}
	x.failure = e
	if e.ServerFault() && x.r.Context().Err() == nil {
		x.log("request failed", "status", e.Status, "error", apierror.ForLog(err))
	}
	x.sendError(e)
}

// sendError answers with an error, in the form that the host wants, or the client.
func (x *exchange) sendError(e *apierror.Error) {
	if x.options.ErrorFormat == ErrorsAccepted {
		x.w.Header().Add("Vary", "Accept")
	}
	x.config.Problems = x.wantsProblem()
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
	x.observed.code = x.failure.Origin()
	x.log("request panicked", "panic", apierror.Cut(fmt.Sprint(v)), "stack", string(stack))
	if x.w.status != 0 {
		x.aborted = true
		panic(http.ErrAbortHandler)
	}
	x.failure = x.told(x.failure)
	if x.batch != nil {
		x.failure = x.batch.located(x.failure)
	}
	x.sendError(x.failure)
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
	x.observed.code = x.failure.Origin()
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
