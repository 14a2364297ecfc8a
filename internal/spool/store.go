package spool

import (
	"os"
	"sync/atomic"
	"time"
)

// Store is where spools have their files. Any number of goroutines may use it.
type Store struct {
	dir     string
	max     int64
	used    atomic.Int64 // of max, by files
	checked atomic.Int64 // when the disk was last looked at, in Unix nanoseconds
	free    atomic.Bool  // it had much room then
}

// NewStore makes a store of temporary files in a folder, empty for the system's, which
// hold max bytes together.
func NewStore(dir string, max int64) *Store {
	if dir == "" {
		dir = os.TempDir()
	}
	return &Store{dir: dir, max: max}
}

// Spool makes an empty spool, of which so many bytes wait in memory. One piece may be
// larger. It has to be closed.
func (s *Store) Spool(memory int) *Spool {
	spool := &Spool{store: s, memory: memory}
	spool.changed.L = &spool.mu
	return spool
}

// Used is the number of bytes in files.
func (s *Store) Used() int64 { return s.used.Load() }

// take reserves room for n bytes.
func (s *Store) take(n int64) bool {
	if s.used.Add(n) > s.max {
		s.used.Add(-n)
		return false
	}
	return true
}

func (s *Store) give(n int64) { s.used.Add(-n) }

// failed gives the room for n bytes back that couldn't be written: the store isn't roomy,
// whatever the disk says of itself.
func (s *Store) failed(n int64) {
	s.give(n)
	s.checked.Store(time.Now().UnixNano())
	s.free.Store(false)
}

const (
	// much is how many bytes the disk has to have free for the store to be roomy.
	much = 256 << 20
	// lookEvery is how long what was seen of the disk counts.
	lookEvery = time.Second
)

// Roomy reports whether a response of any usual size will find room: less than half of
// the store is used, and the disk isn't nearly full.
func (s *Store) Roomy() bool {
	if 2*s.used.Load() >= s.max {
		return false
	}
	now := time.Now().UnixNano()
	if last := s.checked.Load(); now-last > int64(lookEvery) && s.checked.CompareAndSwap(last, now) {
		free, err := freeBytes(s.dir)
		s.free.Store(err == nil && free >= much)
	}
	return s.free.Load()
}
