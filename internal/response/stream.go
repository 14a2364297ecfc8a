package response

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"

	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/spool"
)

// ahead is how many bytes of a streamed body wait in memory for their client, beside
// those up to the threshold.
const ahead = 4 * spool.Piece

// stream writes the status and the headers, and sends the body while the rest of it
// arrives. Rows go into the spool as fast as PostgreSQL has them, however slowly the
// client reads, so that the connection is free when PostgreSQL is done.
func (r *response) stream(enc encode.Encoder) error {
	bodyFollows, err := r.writeHead(r.expected())
	if err != nil || !bodyFollows {
		return err
	}
	if err := r.sendWhile(enc); err != nil {
		r.breakOff(err)
	}
	r.setTrailer(r.client.w.Header())
	return nil
}

// sendWhile sends the body while a goroutine fills the spool. Its error is what keeps the
// body from being whole. Whatever ends the sending, a panic of the host's writer too, the
// goroutine has ended when sendWhile returns.
func (r *response) sendWhile(enc encode.Encoder) error {
	r.body.spool.Drain()
	filled := make(chan struct{})
	go func() {
		defer close(filled)
		err := errors.New("the making of the body ended before its end") // by runtime.Goexit
		defer func() { r.body.spool.End(err) }()
		err = r.fillSpool(enc)
	}()
	defer func() {
		r.body.spool.Close()
		r.result.Cancel()
		<-filled
	}()
	return r.sendSpool()
}

// fillSpool puts the whole rest of the body into the spool, and gives back the connection.
// A panic, of an encoder of the host's, is an error.
func (r *response) fillSpool(enc encode.Encoder) (err error) {
	defer r.result.Close()
	defer func() {
		if v := recover(); v != nil {
			err = &Panic{v, debug.Stack()}
		}
	}()
	if err := r.spoolRows(enc); err != nil {
		return err
	}
	if err := r.result.Err(); err != nil {
		return err
	}
	return r.put()
}

// sendSpool sends what comes out of the spool, to its end. Its error is errClient, or that
// of the spool, which ends early with what ended it.
func (r *response) sendSpool() error {
	for {
		r.client.setDeadline(false) // nobody waits for the client while PostgreSQL is asked
		piece, err := r.body.spool.Take()
		r.client.setDeadline(true)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case !r.client.send(piece):
			return errClient
		}
	}
}

// errClient is a client that went away, or was too slow.
var errClient = errors.New("the client doesn't take the response")

// breakOff ends a response of which a part has gone out. The host is told why, unless its
// client went away.
func (r *response) breakOff(err error) {
	var p *Panic
	switch {
	case errors.As(err, &p) && p.Value != http.ErrAbortHandler:
		panic(p)
	case p == nil && err != errClient && !errors.Is(err, context.Canceled):
		r.config.Broken(err)
	}
	panic(http.ErrAbortHandler)
}

// Panic is what Result panics with when something did in the goroutine that makes the
// body, which only the program itself can do, or an encoder of the host's.
type Panic struct {
	Value any
	Stack []byte
}

// Error tells of the panic.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }
