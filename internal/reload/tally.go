package reload

import (
	"sync"
	"time"
)

// Stats is what became of the loads so far.
type Stats struct {
	// Loads and Failures count those that succeeded and those that failed.
	Loads, Failures uint64
	// Took is how long the last one took that succeeded.
	Took time.Duration
}

// tally counts loads.
type tally struct {
	mu    sync.Mutex
	stats Stats
}

// Stats tells of the loads so far. One that was given up because of Close counts
// as neither.
func (r *Reloader) Stats() Stats {
	r.tally.mu.Lock()
	defer r.tally.mu.Unlock()
	return r.tally.stats
}

// timed runs a load and counts it.
func (r *Reloader) timed(load func() error) error {
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
