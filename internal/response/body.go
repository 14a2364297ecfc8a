package response

import (
	"slices"
	"sync"

	"github.com/pgrest-go/pgrest/internal/spool"
)

// body is a body on its way from the rows to the client. A small one is a single piece. A
// large one waits in a spool, which gets it piece by piece.
type body struct {
	piece  []byte       // what is being made
	spool  *spool.Spool // what was made before; nil for a small body
	buffer *[]byte      // what the first piece is made in; nil for none
}

// buffers are for the beginnings of bodies. Without them, BenchmarkGet/100_rows takes 10 %
// longer.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// begin takes a buffer for the first piece.
func (b *body) begin() {
	b.buffer = buffers.Get().(*[]byte)
	b.piece = (*b.buffer)[:0]
}

// makeRoom has a piece grow to size bytes in a few large steps. With the many small ones
// of append, BenchmarkGet/10000_rows takes 5 % longer.
func (b *body) makeRoom(size int) {
	if room := cap(b.piece); len(b.piece) > room/2 && room < size {
		b.piece = slices.Grow(b.piece, min(8*room, size)-len(b.piece)+spool.Piece)
	}
}

// spill opens the spool. Beside the first piece, memory bytes of what it gets wait in
// memory, and the rest in a file.
func (b *body) spill(store *spool.Store, memory int) {
	b.spool = store.Spool(len(b.piece) + memory)
	*b.buffer = b.piece // to be recycled when the spool, which gets it, is closed
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

// recycle gives back the buffer of a body that nobody reads any more, unless a huge row
// has made it huge.
func (b *body) recycle() {
	if b.buffer == nil {
		return
	}
	b.close()
	if b.spool == nil {
		*b.buffer = b.piece
	}
	if cap(*b.buffer) <= 2*DefaultThreshold {
		buffers.Put(b.buffer)
	}
}
