package pgrest

import (
	"net/http"

	"github.com/pgrest-go/pgrest/internal/replica"
)

// recorder is an http.ResponseWriter that remembers what was sent: the status, 0
// until the headers are out, and how much of the body.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	route  *replica.Route // of the request, which knows where its commit is; nil for none
}

// begin takes note of the status, and adds what is known by now.
func (w *recorder) begin(status int) {
	w.status = status
	if token := w.route.Token(); token != "" {
		w.Header()[PositionHeader] = []string{token}
	}
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.begin(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.begin(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap gives the host's own writer, for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
