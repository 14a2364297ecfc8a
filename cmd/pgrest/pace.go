package main

import (
	"io"
	"net/http"
	"time"
)

// pace is how fast the body of a request has to arrive. Reading a slower one fails, since
// a body that arrives byte by byte would occupy the server for as long as its sender likes.
type pace struct {
	patience time.Duration // how far the body may lag behind the rate
	rate     int           // bytes a second, 0 for any
}

// bodyPatience is how far a body may lag behind the rate.
const bodyPatience = 10 * time.Second

// enforce has the bodies of requests to next keep the pace.
func (p pace) enforce(next http.Handler) http.Handler {
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
	read    int           // bytes
	waited  time.Duration // for them
	ended   bool
}

// Read waits for the body's next bytes no longer than the pace allows. Only the time in
// Read counts, and not that between the calls.
func (b *pacedBody) Read(p []byte) (int, error) {
	began := time.Now()
	allowed := b.patience + time.Duration(b.read)*time.Second/time.Duration(b.rate)
	b.setDeadline(began.Add(allowed - b.waited))
	n, err := b.ReadCloser.Read(p)
	b.waited += time.Since(began)
	b.read += n
	if err == io.EOF {
		b.ended = true
		b.setDeadline(time.Time{}) // net/http reads on, to notice when the client leaves
	}
	return n, err
}

// leave bounds how long net/http waits for the rest of a body that wasn't read to its end.
func (b *pacedBody) leave() {
	if !b.ended {
		b.setDeadline(time.Now().Add(b.patience))
	}
}

// setDeadline has no effect on connections that don't support deadlines.
func (b *pacedBody) setDeadline(at time.Time) { _ = b.control.SetReadDeadline(at) }
