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
	used    atomic.Int64 // bytes of max that are reserved for files
	checked atomic.Int64 // when the disk was last looked at, in Unix nanoseconds
	free    atomic.Bool  // the disk had minFree then
}

// NewStore makes a store of temporary files in the folder dir, or in the system's if dir
// is empty. Together they hold max bytes.
func NewStore(dir string, max int64) *Store {
	if dir == "" {
		dir = os.TempDir()
	}
	return &Store{dir: dir, max: max}
}

// Spool makes an empty spool, of which at most so many bytes wait in memory, or a single
// piece that is larger. It has to be closed.
func (s *Store) Spool(memory int) *Spool {
	spool := &Spool{store: s, memory: memory}
	spool.changed.L = &spool.mu
	return spool
}

// reserve takes n bytes of the store, if there are as many.
func (s *Store) reserve(n int64) bool {
	if s.used.Add(n) > s.max {
		s.used.Add(-n)
		return false
	}
	return true
}

func (s *Store) release(n int64) { s.used.Add(-n) }

// writeFailed releases n bytes that couldn't be written. The store isn't roomy then,
// whatever the disk tells of its free space.
func (s *Store) writeFailed(n int64) {
	s.release(n)
	s.checked.Store(time.Now().UnixNano())
	s.free.Store(false)
}

const (
	// minFree is how many bytes the disk has to have free for the store to be roomy.
	minFree = 256 << 20
	// checkInterval is how long a look at the disk counts.
	checkInterval = time.Second
)

// Roomy reports whether a response of any usual size will find room: less than half of
// the store is used, and the disk isn't nearly full.
func (s *Store) Roomy() bool {
	if 2*s.used.Load() >= s.max {
		return false
	}
	now := time.Now().UnixNano()
	if last := s.checked.Load(); now-last > int64(checkInterval) && s.checked.CompareAndSwap(last, now) {
		free, err := freeBytes(s.dir)
		s.free.Store(err == nil && free >= minFree)
	}
	return s.free.Load()
}
