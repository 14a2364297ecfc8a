package main

import (
	"log/slog"
	"net/http"
	"time"
)

// logged logs every request when it has been answered: server errors as errors,
// client errors as warnings, the rest as info.
func logged(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, recorder, aborted := time.Now(), &recorder{ResponseWriter: w}, true
		defer func() {
			attributes := []slog.Attr{
				slog.String("method", r.Method), slog.String("path", r.URL.Path),
				slog.Int("status", recorder.code()), slog.Int64("bytes", recorder.bytes),
				slog.Duration("duration", time.Since(start).Round(time.Microsecond)),
			}
			level := statusLevel(recorder.code())
			if aborted { // the handler broke the connection off in the midst of a body
				level, attributes = slog.LevelError, append(attributes, slog.Bool("aborted", true))
			}
			log.LogAttrs(r.Context(), level, "request", attributes...)
		}()
		next.ServeHTTP(recorder, r)
		aborted = false
	})
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
func (w *recorder) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
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
