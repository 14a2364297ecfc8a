// Package spool holds the bytes of a response that wait for their reader: in memory up
// to a bound, and beyond it in a temporary file that has no name any more.
//
// One goroutine puts pieces in, and one, perhaps the same, takes them out in their
// order. Put doesn't wait for Take as long as there is room on the disk:
//
//	store := spool.NewStore("", 1<<30)
//	s := store.Spool(1 << 20)
//	defer s.Close()
//	err := s.Put(piece)
//	s.End(nil)
//	for {
//		piece, err := s.Take()
//		if err == io.EOF { … }
//	}
package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// ErrFull is the error of a piece that there is no room for.
var ErrFull = errors.New("the spool is full")

// Spool is a queue of bytes. Each byte is taken once.
type Spool struct {
	store  *Store
	memory int

	mu       sync.Mutex
	changed  sync.Cond
	pieces   [][]byte // in memory, the oldest first; all are older than what the file holds
	inMemory int      // the sum of their bytes
	file     *os.File // nil until it is needed
	named    bool     // the file still has its name: the system doesn't unlink open files
	from, to int64    // what the file holds that was not taken yet
	tail     [][]byte // in memory since the file has no room, and newer than what it holds
	size     int64    // of all that was put
	drained  bool     // a goroutine calls Take, so that Put can wait for room
	ended    bool
	err      error // the reason that End or Close gave; nil for a complete end

	taken  []byte   // what Take gave last
	spares [][]byte // buffers of pieces that were taken, to be used again
}

// Piece is a good size of a piece in bytes. Take gives at most as much of the file at a
// time.
const Piece = 64 << 10

// Put adds a piece, which is the spool's from now on. Without room for it, in memory
// and in the file, it waits for room once Drain was called, and otherwise fails: with
// ErrFull, or with the file's error. After Close or End it fails with the reason.
func (s *Spool) Put(p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.ended {
			return s.reason()
		}
		if s.fits(len(p)) {
			s.keep(p)
			return nil
		}
		err := s.write(p)
		if err == nil || !s.drained {
			return err
		}
		s.changed.Wait()
	}
}

// PutAnyway adds a piece as Put does, but in memory when there is no room for it: it
// belongs to a response that can't be taken back.
func (s *Spool) PutAnyway(p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended:
		return s.reason()
	case s.fits(len(p)):
		s.keep(p)
	case s.write(p) != nil:
		s.tail = append(s.tail, p)
		s.size += int64(len(p))
		s.changed.Broadcast()
	}
	return nil
}

func (s *Spool) reason() error {
	if s.err != nil {
		return s.err
	}
	return os.ErrClosed
}

// fits reports whether a piece of n bytes can wait in memory. While newer bytes than those
// in pieces wait in the file or in tail, it can't: the order would be lost.
func (s *Spool) fits(n int) bool {
	return s.from == s.to && len(s.tail) == 0 && (s.inMemory == 0 || s.inMemory+n <= s.memory)
}

func (s *Spool) keep(p []byte) {
	s.pieces = append(s.pieces, p)
	s.inMemory += len(p)
	s.size += int64(len(p))
	s.changed.Broadcast()
}

// write puts a piece into the file, unless older ones wait in tail.
func (s *Spool) write(p []byte) error {
	n := int64(len(p))
	if len(s.tail) > 0 || !s.store.reserve(n) {
		return ErrFull
	}
	err := s.open()
	if err == nil {
		_, err = s.file.WriteAt(p, s.to)
	}
	if err != nil {
		s.store.writeFailed(n)
		return fmt.Errorf("write a temporary file: %w", err)
	}
	s.to += n
	s.size += n
	s.recycle(p)
	s.changed.Broadcast()
	return nil
}

// maxSpares is how many buffers are kept to be used again.
const maxSpares = 6

func (s *Spool) recycle(p []byte) {
	if cap(p) > 0 && cap(p) <= 2*Piece && len(s.spares) < maxSpares {
		s.spares = append(s.spares, p[:0])
	}
}

// Room gives an empty buffer to make a piece in: that of a piece that was taken, if there
// is any.
func (s *Spool) Room() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.spares); n > 0 {
		p := s.spares[n-1]
		s.spares = s.spares[:n-1]
		return p
	}
	return make([]byte, 0, Piece+Piece/4)
}

// open makes the file, and unlinks it at once, so that nothing is left of it however the
// process ends.
func (s *Spool) open() error {
	if s.file != nil {
		return nil
	}
	file, err := os.CreateTemp(s.store.dir, "pgrest-*")
	if err != nil {
		return err
	}
	s.file, s.named = file, os.Remove(file.Name()) != nil
	return nil
}

// End says that nothing follows: with nil if all was put, or else with the reason why it
// was not, which Take gives after the last piece. Only the first call counts.
func (s *Spool) End(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.ended, s.err = true, err
		s.changed.Broadcast()
	}
}

// Drain says that a goroutine calls Take from now on, so that Put may wait for room.
func (s *Spool) Drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drained = true
}

// Take takes the next piece out and waits for one if there is none. It is valid until
// the next call. After the last one the error is io.EOF, or the one that End was given.
func (s *Spool) Take() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recycle(s.taken)
	s.taken = nil
	for {
		switch {
		case len(s.pieces) > 0:
			s.taken = shift(&s.pieces)
			s.inMemory -= len(s.taken)
			s.changed.Broadcast()
			return s.taken, nil
		case s.from < s.to:
			return s.read()
		case len(s.tail) > 0:
			s.taken = shift(&s.tail)
			return s.taken, nil
		case s.ended && s.err != nil:
			return nil, s.err
		case s.ended:
			return nil, io.EOF
		}
		s.changed.Wait()
	}
}

func shift(pieces *[][]byte) []byte {
	p := (*pieces)[0]
	(*pieces)[0], *pieces = nil, (*pieces)[1:]
	return p
}

// read takes a piece out of the file. The file is emptied when all of it was taken.
func (s *Spool) read() ([]byte, error) {
	if len(s.spares) == 0 {
		s.spares = append(s.spares, make([]byte, 0, Piece))
	}
	s.taken = shift(&s.spares)
	p := s.taken[:min(int64(cap(s.taken)), s.to-s.from)]
	if _, err := s.file.ReadAt(p, s.from); err != nil {
		return nil, fmt.Errorf("read a temporary file: %w", err)
	}
	s.from += int64(len(p))
	if s.from == s.to {
		if err := s.file.Truncate(0); err == nil {
			s.store.release(s.to)
			s.from, s.to = 0, 0
		}
		s.changed.Broadcast()
	}
	return p, nil
}

// Len is the number of bytes that were put in.
func (s *Spool) Len() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

// Close drops what the spool holds. Calls of Put and Take that wait return an error.
// Close may be called more than once.
func (s *Spool) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.ended, s.err = true, os.ErrClosed
	}
	s.pieces, s.inMemory, s.tail = nil, 0, nil
	if s.file != nil {
		_ = s.file.Close()
		if s.named {
			_ = os.Remove(s.file.Name())
		}
		s.store.release(s.to)
		s.file = nil
	}
	s.from, s.to = 0, 0
	s.changed.Broadcast()
}
