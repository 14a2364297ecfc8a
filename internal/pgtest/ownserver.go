package pgtest

import (
	"context"
	"testing"
)

// OwnedServer is a PostgreSQL server of a test's own, to be stopped and started
// as that wants it. It keeps its port and its files, so that what connects to
// its URL finds it again.
type OwnedServer struct {
	url     string
	tell    func(command string) error // runs a command of ownserver.sh to its end
	started func(context.Context) error
}

// StopMode is how a server stops, as pg_ctl calls it.
type StopMode string

// The modes that don't wait for sessions to end, as the signals that ask for them.
const (
	// Fast ends all sessions, and tells them.
	Fast StopMode = "INT"
	// Immediate lets everything fall: the next start recovers as from a crash.
	Immediate StopMode = "QUIT"
)

// OwnServer starts a server for this test alone, from the PostgreSQL programs on
// this machine, without which the test fails. Server and files go when the test
// ends, or the process.
func OwnServer(t testing.TB) *OwnedServer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	s, stop, err := openOwn(ctx)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	s.Start(t)
	return s
}

// URL returns the URL of the server's maintenance database, as a superuser.
func (s *OwnedServer) URL() string { return s.url }

// Start starts the stopped server, and waits until it takes sessions.
func (s *OwnedServer) Start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), cleanupTimeout)
	defer cancel()
	if err := s.tell("start"); err != nil {
		t.Fatalf("pgtest: start the server: %v", err)
	}
	if err := s.started(ctx); err != nil {
		t.Fatalf("pgtest: start the server: %v", err)
	}
}

// Stop stops the running server, and waits until it is gone.
func (s *OwnedServer) Stop(t testing.TB, mode StopMode) {
	t.Helper()
	if err := s.tell(string(mode)); err != nil {
		t.Fatalf("pgtest: stop the server: %v", err)
	}
}

// Restart stops the running server and starts it.
func (s *OwnedServer) Restart(t testing.TB, mode StopMode) {
	t.Helper()
	s.Stop(t, mode)
	s.Start(t)
}

// StartStandby starts the stopped server as a standby, which only reads. It follows
// no other server.
func (s *OwnedServer) StartStandby(t testing.TB) {
	t.Helper()
	if err := s.tell("standby"); err != nil {
		t.Fatalf("pgtest: make the server a standby: %v", err)
	}
	s.Start(t)
}
