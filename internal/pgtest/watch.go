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

// watch is a process that runs a server for as long as its standard input stays open.
type watch struct {
	stdin io.Closer
	log   *startupLog
	ended chan struct{} // closed when the process has ended
	kill  func() error  // ends a process that doesn't end by itself
}

func startWatch(cmd *exec.Cmd, kill func() error) (*watch, error) {
	w := &watch{log: new(startupLog), ended: make(chan struct{}), kill: kill}
	cmd.Stderr = w.log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w.stdin = stdin
	go func() {
		defer close(w.ended)
		_ = cmd.Wait() // how it ended is in the log, if it matters
	}()
	return w, nil
}

// stop ends the server and returns when it is gone.
func (w *watch) stop() error {
	closed := w.stdin.Close()
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

// startupLog keeps the beginning of the server's messages, for the error of a server that
// doesn't start.
type startupLog struct {
	mu   sync.Mutex
	text []byte
}

const startupLogSize = 4096

// Write keeps as much of p as there is room for, and reports all of it as written.
func (l *startupLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p[:min(len(p), startupLogSize-len(l.text))]...)
	return len(p), nil
}

// String returns what is kept.
func (l *startupLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
