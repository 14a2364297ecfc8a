package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pgrest-go/pgrest"
)

// exchange is a request that has been answered.
type exchange struct {
	request   *http.Request
	event     pgrest.Event // what the library tells; zero if the request didn't reach it
	preflight bool         // it was a preflight request of CORS, and was answered as such
	status    int          // 0 when nothing was sent
	bytes     int64
	length    string // the response's Content-Length, empty for none
	duration  time.Duration
	aborted   bool // the connection was broken off
}

// reported calls each of the reports when next has answered a request.
func reported(next http.Handler, reports ...func(*exchange)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x, start, recorder := &exchange{request: r, aborted: true}, time.Now(), &recorder{ResponseWriter: w}
		defer func() {
			x.status, x.bytes, x.duration = recorder.status, recorder.bytes, time.Since(start)
			if !x.aborted {
				x.status = cmp.Or(x.status, http.StatusOK) // net/http sends 200 if no status is set
			}
			x.length = w.Header().Get("Content-Length")
			for _, report := range reports {
				report(x)
			}
		}()
		next.ServeHTTP(recorder, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
		x.aborted = false
	})
}

// exchangeKey is the key of the exchange in a request's context.
type exchangeKey struct{}

// exchangeOf finds the exchange of a request by its context; nil for one that isn't
// reported.
func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// observe keeps what the library tells of a request for its reports.
func observe(ctx context.Context, e pgrest.Event) {
	if x := exchangeOf(ctx); x != nil {
		x.event = e
	}
}

// accessLog logs requests: server errors as errors, client errors as warnings (even those
// whose status is that of a server error), the rest as info.
type accessLog struct {
	requests *slog.Logger
	// apache has requests logged as lines in Apache's form, as the reference does. The
	// lines go to plain, and the queries to notices.
	apache  atomic.Bool
	plain   io.Writer
	notices *slog.Logger
	// queries has requests logged with their SQL.
	queries atomic.Bool
}

// report logs a request if its level is enabled. As in the reference, preflight requests
// are not logged.
func (l *accessLog) report(x *exchange) {
	ctx, level := x.request.Context(), statusLevel(x.status)
	if x.event.ClientCaused {
		level = slog.LevelWarn
	}
	if x.aborted {
		level = slog.LevelError
	}
	if x.preflight || !l.requests.Enabled(ctx, level) {
		return
	}
	query := ""
	if l.queries.Load() {
		query = x.event.SQL
	}
	if !l.apache.Load() {
		l.requests.LogAttrs(ctx, level, "request", l.attributes(x, query)...)
		return
	}
	if query != "" {
		l.notices.LogAttrs(ctx, slog.LevelInfo, "query", slog.String("query", query))
	}
	_, _ = io.WriteString(l.plain, apacheLine(x, time.Now())) // there is no other log for a failure
}

// attributes are those that a request is logged with. The stages are among them at debug.
func (l *accessLog) attributes(x *exchange, query string) []slog.Attr {
	r := x.request
	attributes := []slog.Attr{
		slog.String("method", bounded(r.Method)), slog.String("url", bounded(r.RequestURI)),
		slog.Int("status", x.status), slog.Int64("bytes", x.bytes),
		slog.Duration("duration", x.duration.Round(time.Microsecond)),
		slog.String("role", bounded(x.event.Role)), slog.String("client", client(r)), slog.String("user_agent", bounded(r.UserAgent())),
	}
	if x.aborted {
		attributes = append(attributes, slog.Bool("aborted", true))
	}
	if query != "" {
		attributes = append(attributes, slog.String("query", query))
	}
	if l.requests.Enabled(r.Context(), slog.LevelDebug) {
		for _, stage := range x.event.Stages {
			attributes = append(attributes, slog.Duration(stage.Name, stage.Duration.Round(time.Microsecond)))
		}
	}
	return attributes
}

// apacheLine is a line of Apache's combined log format
// (https://httpd.apache.org/docs/current/logs.html#combined).
func apacheLine(x *exchange, now time.Time) string {
	r := x.request
	size := x.length
	if size == "" && x.bytes > 0 {
		size = strconv.FormatInt(x.bytes, 10)
	}
	dashed := func(s string) string { return apacheEscaped(cmp.Or(bounded(s), "-")) }
	return fmt.Sprintf("%s - %s [%s] \"%s %s %s\" %d %s \"%s\" \"%s\"\n", dashed(client(r)), dashed(x.event.Role),
		now.Format("02/Jan/2006:15:04:05 -0700"), bounded(r.Method), apacheEscaped(bounded(r.RequestURI)), r.Proto, x.status, dashed(size),
		apacheEscaped(bounded(r.Referer())), apacheEscaped(bounded(r.UserAgent())))
}

// apacheEscaped escapes quotes, backslashes and control characters, so that a text can't
// end its field or the line.
func apacheEscaped(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f }) {
		return s
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}

// client gives the address of a request's client, without the port; empty on a Unix socket.
func client(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return strings.TrimPrefix(r.RemoteAddr, "@")
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

// recorder notes the status and the size of a response.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

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
