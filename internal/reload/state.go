package reload

import (
	"sync"
	"sync/atomic"
)

// state is what the Reloader tells of itself.
type state struct {
	tried     chan struct{} // closed by the first load, whatever its outcome
	once      sync.Once
	err       atomic.Pointer[error] // of the last load
	listening atomic.Bool
	missed    atomic.Bool // a notification may have been missed, now or before
}

// setOutcome notes the error of a load, nil if it succeeded.
func (s *state) setOutcome(err error) {
	if err == nil {
		s.err.Store(nil)
	} else {
		s.err.Store(&err)
	}
}

func (s *state) closeTried() {
	s.once.Do(func() { close(s.tried) })
}

// Tried is closed when the first load has ended, whatever its outcome.
func (r *Reloader) Tried() <-chan struct{} { return r.state.tried }

// Err gives the error of the last load, nil after one that succeeded and before
// the first has ended.
func (r *Reloader) Err() error {
	if err := r.state.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Listening reports whether notifications are heard at present.
func (r *Reloader) Listening() bool { return r.state.listening.Load() }
