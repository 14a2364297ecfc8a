package response

import (
	"bytes"
	"errors"
	"math"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/spool"
)

// readResult reads the result and makes the body of it. It reports that the response has
// been sent, as a large one that is streamed has.
func (r *response) readResult() (sent bool, err error) {
	switch {
	case r.content == contentKey:
		r.readKey()
	case r.content == contentNone, r.plan.Head:
		for r.result.Next() { // to its end
			r.takeEdges()
		}
	case r.content == contentAggregate:
		r.body.piece = r.result.Body
	default:
		return r.readRows(r.encoder())
	}
	return false, nil
}

// readKey takes the URL of the row that was written, if there is exactly one. Without
// columns of a key there is none.
func (r *response) readKey() {
	var key [][]byte
	for r.result.Next() {
		if r.result.Rows > 1 {
			continue
		}
		for _, value := range r.result.Values() {
			key = append(key, bytes.Clone(value))
		}
	}
	if r.result.Err() == nil && r.result.Rows == 1 && len(key) > 0 {
		r.location = location(r.req, r.result.Columns, key)
	}
}

// readRows makes the body of rows. One that passes the threshold is streamed, which sent
// reports, or waits for its end in the spool.
func (r *response) readRows(enc encode.Encoder) (sent bool, err error) {
	threshold := r.config.Threshold
	if r.content == contentRow { // which is in memory already
		threshold = math.MaxInt
	} else if r.config.Keeping != nil {
		threshold = r.config.Keeping.Most + 1
	}
	r.body.begin()
	r.body.piece = enc.Start(r.body.piece)
	if full, err := r.encode(enc, threshold); err != nil || !full {
		return false, err
	}
	if r.config.Keeping != nil {
		return false, r.revokeTooLarge()
	}
	if r.departure == atThreshold {
		r.body.spill(r.config.Store, ahead)
		return true, r.stream(enc)
	}
	r.body.spill(r.config.Store, 2*spool.Piece)
	err = r.spoolRows(enc)
	var noRoom *noRoomError
	if errors.As(err, &noRoom) && r.departure == atEndWithRoom {
		return true, r.stream(enc)
	}
	return false, err
}

// spoolRows puts the rest of the body into the spool, but for its last piece. When there
// is no room, the piece that the spool didn't take is still there, and spoolRows may be
// called again.
func (r *response) spoolRows(enc encode.Encoder) error {
	for {
		if err := r.put(); err != nil {
			return err
		}
		if full, err := r.encode(enc, spool.Piece); err != nil || !full {
			return err
		}
	}
}

// encode appends rows to the piece until that has so many bytes, which it reports, or
// until they end. That they end in an error is for the caller to ask the result.
func (r *response) encode(enc encode.Encoder, size int) (full bool, err error) {
	for r.result.Next() {
		if r.tooMany() {
			if err := r.passOver(); err != nil {
				return false, err
			}
			continue
		}
		r.keepVersion()
		r.body.makeRoom(size)
		r.takeEdges()
		r.body.piece = enc.Row(r.body.piece, r.result.Values())
		if len(r.body.piece) >= size {
			return true, nil
		}
	}
	if r.result.Err() == nil {
		r.body.piece = enc.End(r.body.piece)
	}
	return false, nil
}

// put gives the piece to the spool. Without room for it the command is revoked. If it is too
// late for that, the response can't be an error any more, and the piece waits in memory.
func (r *response) put() error {
	r.result.Pause()
	defer r.result.Resume()
	err := r.body.put()
	if err == nil {
		return nil
	}
	reason := &noRoomError{apierror.NoRoom(err)}
	if r.result.Revoke(reason) {
		return reason
	}
	r.body.putAnyway()
	return nil
}

// noRoomError is that of a spool which didn't take a piece.
type noRoomError struct{ cause error }

func (e *noRoomError) Error() string { return e.cause.Error() }

func (e *noRoomError) Unwrap() error { return e.cause }

// tooMany reports that there is one row more than the body can have, or than may be affected.
func (r *response) tooMany() bool {
	most := r.plan.Expect.MaxAffected
	return r.content == contentRow && r.result.Rows > 1 || most >= 0 && r.result.Rows > most
}

// maxPassedOver is how many rows too many are counted, for the error to tell their number.
const maxPassedOver = 10_000

// passOver leaves a row too many out. If the response is an error for that row, the body so
// far is of no use either, and beyond maxPassedOver there is no use in counting.
func (r *response) passOver() error {
	if r.plan.Expect.Check(r.result.Rows, nil) != nil {
		r.body.drop()
	}
	err := r.plan.Expect.FarExceeded(r.result.Rows, maxPassedOver)
	if err != nil {
		r.result.Close()
	}
	return err
}
