package pgtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// watch is a running process that runs a server for as long as its standard input
// stays open.
type watch struct {
	hold  io.Closer // the server runs until this is closed
	log   *startupLog
	ended chan struct{}
	kill  func() error // ends a process that doesn't end by itself
}

func startWatch(cmd *exec.Cmd, kill func() error) (*watch, error) {
	w := &watch{log: new(startupLog), ended: make(chan struct{}), kill: kill}
	cmd.Stderr = w.log
	hold, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w.hold = hold
	go func() {
		defer close(w.ended)
		_ = cmd.Wait() // how it ended is in the log, if it matters
	}()
	return w, nil
}

// stop ends the server and returns when it is gone.
func (w *watch) stop() error {
	closed := w.hold.Close()
	if errors.Is(closed, os.ErrClosed) {
		closed = nil // the process had ended by itself
	}
	select {
	case <-w.ended:
		return closed
	case <-time.After(cleanupTimeout):
		killed := w.kill()
		<-w.ended
		return errors.Join(closed, fmt.Errorf("the server didn't stop within %s and was killed", cleanupTimeout), killed)
	}
}

// startupLog keeps the beginning of what the server says, for the error when it
// doesn't start.
type startupLog struct {
	mu   sync.Mutex
	text []byte
}

const startupLogSize = 4096

// Write takes all of p and keeps what there is still room for.
func (l *startupLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p[:min(len(p), startupLogSize-len(l.text))]...)
	return len(p), nil
}

// String returns what has been kept.
func (l *startupLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
