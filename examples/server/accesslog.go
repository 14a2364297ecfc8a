package main

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/pgrest-go/pgrest"
)

// exchange is a request that has been answered.
type exchange struct {
	request  *http.Request
	event    pgrest.Event // what the library has to tell; zero of what didn't come to it
	status   int
	bytes    int64
	duration time.Duration
	aborted  bool // the connection was broken off in the midst of a body
}

// reported tells each report of every request when it has been answered.
func reported(next http.Handler, reports ...func(exchange)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x, start, recorder := exchange{request: r, aborted: true}, time.Now(), &recorder{ResponseWriter: w}
		defer func() {
			x.status, x.bytes, x.duration = recorder.code(), recorder.bytes, time.Since(start)
			for _, report := range reports {
				report(x)
			}
		}()
		next.ServeHTTP(recorder, r.WithContext(context.WithValue(r.Context(), eventKey{}, &x.event)))
		x.aborted = false
	})
}

// eventKey is the key of the event in a request's context.
type eventKey struct{}

// observe keeps what the library tells of a request for its reports.
func observe(ctx context.Context, e pgrest.Event) {
	if kept, ok := ctx.Value(eventKey{}).(*pgrest.Event); ok {
		*kept = e
	}
}

// logged logs requests: server errors as errors, client errors as warnings, those
// included that have the status of a server error, the rest as info. The stages of each are told at debug, its statement if queries is set.
func logged(log *slog.Logger, queries *atomic.Bool) func(exchange) {
	return func(x exchange) {
		ctx, r, level := x.request.Context(), x.request, statusLevel(x.status)
		if x.event.ClientCaused {
			level = slog.LevelWarn
		}
		if x.aborted {
			level = slog.LevelError
		}
		if !log.Enabled(ctx, level) {
			return
		}
		attributes := []slog.Attr{
			slog.String("method", bounded(r.Method)), slog.String("url", bounded(r.RequestURI)),
			slog.Int("status", x.status), slog.Int64("bytes", x.bytes),
			slog.Duration("duration", x.duration.Round(time.Microsecond)),
			slog.String("role", bounded(x.event.Role)), slog.String("client", client(r)), slog.String("user_agent", bounded(r.UserAgent())),
		}
		if x.aborted {
			attributes = append(attributes, slog.Bool("aborted", true))
		}
		if queries.Load() && x.event.SQL != "" {
			attributes = append(attributes, slog.String("query", x.event.SQL))
		}
		if log.Enabled(ctx, slog.LevelDebug) {
			for _, stage := range x.event.Stages {
				attributes = append(attributes, slog.Duration(stage.Name, stage.Duration.Round(time.Microsecond)))
			}
		}
		log.LogAttrs(ctx, level, "request", attributes...)
	}
}

// client gives the address of a request's client, without the port.
func client(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

func statusLevel(status int) slog.Level {
	switch {
	case status >= http.StatusInternalServerError:
		return slog.LevelError
	case status >= http.StatusBadRequest:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// recorder notes what goes out.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// code is the status of the response; net/http makes 200 of none.
func (w *recorder) code() int { return cmp.Or(w.status, http.StatusOK) }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK { // those below are interim responses
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
