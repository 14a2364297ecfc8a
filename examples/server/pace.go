package main

import (
	"io"
	"net/http"
	"time"
)

// pace is how fast the body of a request has to come: at a rate of so many bytes a
// second, 0 for any, behind which it may lag for a while. What lags more is cut: a body
// that comes byte by byte would take up the server for as long as its sender likes.
type pace struct {
	patience time.Duration
	rate     int
}

// bodyPatience is for how long a body may come slower than it should.
const bodyPatience = 10 * time.Second

// kept has the requests to next keep the pace.
func (p pace) kept(next http.Handler) http.Handler {
	if p.rate == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		body := &pacedBody{ReadCloser: r.Body, pace: p, control: http.NewResponseController(w)}
		r.Body = body
		defer body.leave()
		next.ServeHTTP(w, r)
	})
}

// pacedBody is a body that has to keep a pace.
type pacedBody struct {
	io.ReadCloser
	pace
	control *http.ResponseController
	come    int           // bytes
	took    time.Duration // to wait for them
	ended   bool
}

// Read gives the body's next bytes no longer than the pace allows. Only waiting counts,
// and not what is done between.
func (b *pacedBody) Read(p []byte) (int, error) {
	began := time.Now()
	due := b.patience + time.Duration(b.come)*time.Second/time.Duration(b.rate)
	b.setDeadline(began.Add(due - b.took))
	n, err := b.ReadCloser.Read(p)
	b.took += time.Since(began)
	b.come += n
	if err == io.EOF {
		b.ended = true
		b.setDeadline(time.Time{}) // net/http goes on to listen whether the client leaves
	}
	return n, err
}

// leave bounds how long net/http waits for what was left of a body.
func (b *pacedBody) leave() {
	if !b.ended {
		b.setDeadline(time.Now().Add(b.patience))
	}
}

// setDeadline has no effect where a connection can't have one.
func (b *pacedBody) setDeadline(at time.Time) { _ = b.control.SetReadDeadline(at) }
