package reload

import (
	"sync"
	"sync/atomic"
)

// state is how the Reloader stands at present.
type state struct {
	tried     chan struct{} // closed by the first load, whatever its outcome
	once      sync.Once
	err       atomic.Pointer[error] // of the last load
	listening atomic.Bool
	missed    atomic.Bool // something may have been notified that nobody heard
}

// outcome is that of the load under way, which ends when it has been handed on.
func (s *state) outcome(err error) {
	if err == nil {
		s.err.Store(nil)
	} else {
		s.err.Store(&err)
	}
}

func (s *state) ended() {
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
