package reload

import (
	"sync"
	"time"
)

// Stats counts the loads so far.
type Stats struct {
	// Loads and Failures count those that succeeded and those that failed.
	Loads, Failures uint64
	// Took is how long the last successful load took.
	Took time.Duration
}

type tally struct {
	mu    sync.Mutex
	stats Stats
}

// Stats gives the counts so far. A load that Close interrupted counts as neither.
func (r *Reloader) Stats() Stats {
	r.tally.mu.Lock()
	defer r.tally.mu.Unlock()
	return r.tally.stats
}

// counted runs load and counts its outcome.
func (r *Reloader) counted(load func() error) error {
	start := time.Now()
	err := load()
	took := time.Since(start)
	r.tally.mu.Lock()
	defer r.tally.mu.Unlock()
	switch {
	case err == nil:
		r.tally.stats.Loads++
		r.tally.stats.Took = took
	case r.ctx.Err() == nil:
		r.tally.stats.Failures++
	}
	return err
}
