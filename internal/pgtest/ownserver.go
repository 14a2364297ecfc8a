package pgtest

import (
	"context"
	"testing"
)

// OwnedServer is a PostgreSQL server of a test's own, which the test can stop and start.
// It keeps its port and its files, so that clients find it again at its URL.
type OwnedServer struct {
	url       string
	port      int
	dir       string
	command   func(string) error          // has ownserver.sh run a command, and waits for its end
	waitReady func(context.Context) error // waits until the server takes sessions
}

// StopMode is how a server stops, as pg_ctl calls it.
type StopMode string

// The modes that don't wait for sessions to end. Their values are the signals that ask for
// them.
const (
	// Fast ends all sessions, and tells them.
	Fast StopMode = "INT"
	// Immediate ends the server as a crash does, and the next start recovers from that.
	Immediate StopMode = "QUIT"
)

// OwnServer starts a server for this test alone, from the PostgreSQL programs on this
// machine or those of the npm registry, without which the test fails. The server and its files are removed when
// the test or the process ends.
func OwnServer(t testing.TB) *OwnedServer {
	t.Helper()
	s := openFor(t, nil)
	s.Start(t)
	return s
}

// openFor makes the files of a server for a test, which are removed when it ends.
func openFor(t testing.TB, source *OwnedServer, settings ...string) *OwnedServer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	s, stop, err := openOwn(ctx, source, settings...)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return s
}

// URL returns the URL of the server's maintenance database, as a superuser.
func (s *OwnedServer) URL() string { return s.url }

// Start starts the stopped server, and waits until it takes sessions.
func (s *OwnedServer) Start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), cleanupTimeout)
	defer cancel()
	if err := s.command("start"); err != nil {
		t.Fatalf("pgtest: start the server: %v", err)
	}
	if err := s.waitReady(ctx); err != nil {
		t.Fatalf("pgtest: start the server: %v", err)
	}
}

// Stop stops the running server, and waits until it is gone.
func (s *OwnedServer) Stop(t testing.TB, mode StopMode) {
	t.Helper()
	if err := s.command(string(mode)); err != nil {
		t.Fatalf("pgtest: stop the server: %v", err)
	}
}

// Restart stops the running server and starts it.
func (s *OwnedServer) Restart(t testing.TB, mode StopMode) {
	t.Helper()
	s.Stop(t, mode)
	s.Start(t)
}

// StartStandby starts the stopped server as a standby, which only reads. It replicates no
// other server.
func (s *OwnedServer) StartStandby(t testing.TB) {
	t.Helper()
	if err := s.command("standby"); err != nil {
		t.Fatalf("pgtest: make the server a standby: %v", err)
	}
	s.Start(t)
}
