package response

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/spool"
)

// ahead is how many bytes of a body that is sent wait in memory for their client.
const ahead = 4 * spool.Piece

// large goes on with a body that has reached the threshold: it is sent while the rest
// arrives, or waits for its end in a spool. Where that has no room, a read is sent without
// what its end would tell.
func (b *answer) large(enc encode.Encoder) (sent bool, err error) {
	memory, streams := 0, b.streams()
	if streams {
		memory = ahead
	}
	b.rest = b.config.Store.Spool(memory)
	b.piece = b.rest.Room()
	if streams {
		return true, b.stream(enc)
	}
	err = b.fill(enc)
	var full *spoolError
	if errors.As(err, &full) && b.maySend() && !b.decidesLate() {
		return true, b.stream(enc)
	}
	return false, err
}

// streams reports an answer that is sent while its rows arrive: of a read whose headers
// are known before its last row, to a client that can tell when it is broken off.
func (b *answer) streams() bool {
	return b.maySend() && (b.Count == plan.CountNone || b.Count == plan.CountExact) && !b.decidesLate()
}

// maySend reports an answer whose beginning may be sent before its end is known. A
// result that decides over the status can't, and HTTP/1.0 has no way to break off.
func (b *answer) maySend() bool {
	return b.ReadOnly && !b.Expect.Decides() && b.req.Proto != apirequest.HTTP10
}

// decidesLate reports a function that may set the response's status and headers as long
// as its rows come. What others than VOLATILE ones set comes with the first of several
// rows, and of a single one at the end.
func (b *answer) decidesLate() bool {
	c, calls := b.plan.(*plan.Call)
	if !calls {
		return false
	}
	switch b.Format {
	case plan.Single, plan.Scalar, plan.Raw:
		return true
	}
	return c.Volatile()
}

// spoolError is that of a spool which didn't take a piece.
type spoolError struct{ cause error }

func (e *spoolError) Error() string { return e.cause.Error() }

func (e *spoolError) Unwrap() error { return e.cause }

// fill puts the rest of the rows into the spool. When that has no room, the piece that
// it didn't take is still there, and fill may be called again.
func (b *answer) fill(enc encode.Encoder) error {
	for {
		if len(b.piece) >= spool.Piece {
			if err := b.put(); err != nil {
				return err
			}
		}
		if !b.result.Next() {
			break
		}
		if b.tooMany() {
			if err := b.passOver(); err != nil {
				return err
			}
			continue
		}
		b.piece = enc.Row(b.piece, b.result.Values())
	}
	if err := b.result.Err(); err != nil {
		return nil // which is told by whoever asks the result
	}
	b.piece = enc.End(b.piece)
	return nil
}

// put hands the piece over to the spool. For want of room the command is undone, if that
// can still be.
func (b *answer) put() error {
	b.result.Pause()
	defer b.result.Resume()
	if err := b.rest.Put(b.piece); err != nil {
		reason := &spoolError{apierror.NoRoom(err)}
		if b.result.Revoke(reason) {
			return reason
		}
		_ = b.rest.PutAnyway(b.piece)
	}
	b.piece = b.rest.Room()
	return nil
}

// stream writes the headers and sends the body while the rest of it arrives. Rows go
// into the spool as fast as PostgreSQL has them, however slowly the client reads, so
// that the connection is free when PostgreSQL is done.
func (b *answer) stream(enc encode.Encoder) error {
	overrides, err := b.overrides()
	if err != nil {
		return err
	}
	h := b.w.Header()
	b.setHeaders(h)
	expected := b.expected()
	switch {
	case b.exact():
		h["Content-Range"] = []string{b.contentRange(expected)}
	case b.trailer():
		h["Trailer"] = []string{"Content-Range"}
	}
	b.writeHeader(overrides, b.status(expected))
	if b.none {
		return nil
	}
	if err := b.sendWhile(enc); err != nil {
		b.breakOff(err)
	}
	if b.trailer() {
		b.raiseTotal()
		h[http.TrailerPrefix+"Content-Range"] = []string{b.contentRange(b.result.Rows)}
	}
	return nil
}

// breakOff ends an answer of which a part has gone out. The host is told why, unless its
// client went away.
func (b *answer) breakOff(err error) {
	var p *Panic
	switch {
	case errors.As(err, &p) && p.Value != http.ErrAbortHandler:
		panic(p)
	case p == nil && err != errClient && !errors.Is(err, context.Canceled):
		b.config.Broken(err)
	}
	panic(http.ErrAbortHandler)
}

// sendWhile sends the body while a goroutine fills the spool. Its error is what keeps the
// body from being whole. Whatever ends the sending, a panic of the host's writer too, the
// goroutine has ended when sendWhile returns.
func (b *answer) sendWhile(enc encode.Encoder) error {
	b.rest.Drain()
	filled := make(chan struct{})
	go func() {
		defer close(filled)
		err := errors.New("the making of the body ended before its end") // by runtime.Goexit
		defer func() { b.rest.End(err) }()
		err = b.fillAll(enc)
	}()
	defer func() {
		b.rest.Close()
		b.result.Cancel()
		<-filled
	}()
	return b.sendAll()
}

// fillAll fills the spool to its end, and gives back the connection. A panic, of an
// encoder of the host's, is an error.
func (b *answer) fillAll(enc encode.Encoder) (err error) {
	defer b.result.Close()
	defer func() {
		if v := recover(); v != nil {
			err = &Panic{v, debug.Stack()}
		}
	}()
	if err := b.fill(enc); err != nil {
		return err
	}
	if err := b.result.Err(); err != nil {
		return err
	}
	return b.put()
}

// Panic is what Answer panics with when something did in the goroutine that makes the
// body, which only the program itself can do, or an encoder of the host's.
type Panic struct {
	Value any
	Stack []byte
}

// Error tells of the panic.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// errClient is a client that went away, or was too slow.
var errClient = errors.New("the client doesn't take the answer")

// sendAll sends the beginning of the body and then what comes out of the spool, to its
// end. Its error is errClient, or that of the spool, which ends early with what ended it.
func (b *answer) sendAll() error {
	if !b.send(b.body) {
		return errClient
	}
	for {
		b.deadline(false) // nobody waits for the client while PostgreSQL is asked
		piece, err := b.rest.Take()
		b.deadline(true)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case !b.send(piece):
			return errClient
		}
	}
}

// sendHeld sends a body that waited for its end. The connection was given back, and
// a client that goes away is not our error.
func (b *answer) sendHeld() {
	if b.rest == nil {
		b.send(b.body)
		return
	}
	_ = b.rest.PutAnyway(b.piece)
	b.rest.End(nil)
	if err := b.sendAll(); err != nil {
		b.breakOff(err)
	}
}

// length is that of a body that waited for its end.
func (b *answer) length() int64 {
	n := int64(len(b.body)) + int64(len(b.piece))
	if b.rest != nil {
		n += b.rest.Len()
	}
	return n
}

// hurried is the size of a body from which on the client has to take it in time.
// Smaller ones have room in the system's buffers.
const hurried = 16 << 10

// send writes to the client, which has to take each piece in time: not even a client
// that reads nothing holds the answer for ever. It reports whether the client took it.
func (b *answer) send(p []byte) bool {
	for hurry := len(p) > hurried; len(p) > 0; {
		n := min(len(p), spool.Piece)
		if hurry {
			b.deadline(true)
		}
		if _, err := b.w.Write(p[:n]); err != nil {
			b.gone = true
			return false
		}
		p = p[n:]
	}
	return true
}

// deadline begins or ends the time that the client has for what is written next. With
// HTTP/2 it breaks off a stream to which nothing is written, too.
func (b *answer) deadline(begins bool) {
	if b.config.WriteTimeout == 0 || b.patient {
		return
	}
	var at time.Time
	if begins {
		at = time.Now().Add(b.config.WriteTimeout)
	}
	b.patient = http.NewResponseController(b.w).SetWriteDeadline(at) != nil
}

// exact reports that the number of rows is known before they have come.
func (b *answer) exact() bool { return b.Count == plan.CountExact }

// trailer reports that Content-Range waits for the last row: only an exact count
// tells beforehand where the page ends. net/http takes it for a trailer with
// HTTP/1.1 alone; with HTTP/2 it refuses, and logs that, and a client has to
// count the rows.
func (b *answer) trailer() bool { return !b.exact() && b.req.Proto == apirequest.HTTP11 }

// expected is how many rows the page has if the total is right.
func (b *answer) expected() int64 {
	if b.total == nil {
		return 0
	}
	return b.Page(&b.req.Values).Of(*b.total)
}
