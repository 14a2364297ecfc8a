package response

import (
	"sync"

	"github.com/pgrest-go/pgrest/internal/spool"
)

// body is a body on its way from the rows to the client. Once it has passed the threshold
// it waits in a spool, which gets it piece by piece.
type body struct {
	piece  []byte       // the whole of a small body; of a large one the end, which the spool hasn't got yet
	spool  *spool.Spool // what precedes the piece; nil for nothing
	buffer *[]byte      // what the piece of a small body grows in; nil for none
}

// buffers are the beginnings of bodies.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// begin takes a buffer for the piece.
func (b *body) begin() {
	b.buffer = buffers.Get().(*[]byte)
	b.piece = (*b.buffer)[:0]
}

// spill opens the spool. So many bytes beside those that there are wait in memory.
func (b *body) spill(store *spool.Store, memory int) {
	b.spool = store.Spool(len(b.piece) + memory)
	b.buffer = nil // for the piece is the spool's from now on
}

// put moves the piece into the spool. On an error it stays.
func (b *body) put() error {
	err := b.spool.Put(b.piece)
	if err == nil {
		b.piece = b.spool.Room()
	}
	return err
}

// putAnyway moves the piece into the spool even if there is no room for it.
func (b *body) putAnyway() {
	_ = b.spool.PutAnyway(b.piece) // which fails only when nobody takes it any more
	b.piece = b.spool.Room()
}

// end moves the last piece into the spool, and ends that.
func (b *body) end() {
	_ = b.spool.PutAnyway(b.piece)
	b.piece = nil
	b.spool.End(nil)
}

// len is the number of bytes so far.
func (b *body) len() int64 {
	n := int64(len(b.piece))
	if b.spool != nil {
		n += b.spool.Len()
	}
	return n
}

// drop gives up what there is of the body.
func (b *body) drop() {
	b.piece = b.piece[:0]
	b.close()
}

// close gives up the spool.
func (b *body) close() {
	if b.spool != nil {
		b.spool.Close()
	}
}

// recycle gives back the buffer, unless a huge row has made it huge.
func (b *body) recycle() {
	if b.buffer != nil && cap(b.piece) <= 2*DefaultThreshold {
		*b.buffer = b.piece
		buffers.Put(b.buffer)
	}
}
