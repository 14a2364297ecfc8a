package pgtest

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Replicated is a primary and its replicas, by PostgreSQL's streaming replication. They are a
// test's own, from the PostgreSQL programs on this machine, without which the test fails: a
// server that is given by its URL has none that a test may stop.
type Replicated struct {
	// Primary is where the test begins to write. A promotion doesn't change it.
	Primary *OwnedServer
	// Replicas stream from it.
	Replicas []*OwnedServer
}

// replicationSettings have a server stream to others. What is deferred in other tests is done
// here, for the sake of what is streamed.
var replicationSettings = []string{"wal_level=replica", "max_wal_senders=10", "full_page_writes=on", "hot_standby=on", "wal_receiver_timeout=10s"}

// Replicate starts a primary with n replicas. Before there are replicas, sql runs on the
// primary, as a superuser, in the maintenance database. Further settings are of all servers,
// as in "max_standby_streaming_delay=0".
func Replicate(t testing.TB, n int, sql string, settings ...string) *Replicated {
	t.Helper()
	settings = append(replicationSettings[:len(replicationSettings):len(replicationSettings)], settings...)
	c := &Replicated{Primary: openFor(t, nil, settings...)}
	c.Primary.Start(t)
	c.Primary.Exec(t, sql)
	c.Primary.Stop(t, Fast)
	for range n {
		// A copy of the files of a server that was shut down is what a base backup makes.
		r := openFor(t, c.Primary, settings...)
		if err := r.command("replica"); err != nil {
			t.Fatalf("pgtest: make a replica: %v", err)
		}
		c.Replicas = append(c.Replicas, r)
	}
	c.Primary.Start(t)
	for _, r := range c.Replicas {
		r.Start(t)
		r.Follow(t, c.Primary)
	}
	for _, r := range c.Replicas {
		c.Primary.AwaitReplay(t, r)
	}
	return c
}

// Exec runs statements on the server as a superuser, each as a transaction of its own.
func (s *OwnedServer) Exec(t testing.TB, statements ...string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // also for what a test's cleanup does
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		t.Fatalf("pgtest: connect to the server: %v", err)
	}
	defer conn.Close(ctx)
	for _, statement := range statements {
		if _, err := conn.PgConn().Exec(ctx, statement).ReadAll(); err != nil {
			t.Fatalf("pgtest: %s: %v", statement, err)
		}
	}
}

// Ask gives the only value of a query, as text.
func (s *OwnedServer) Ask(t testing.TB, query string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.url)
	if err != nil {
		t.Fatalf("pgtest: connect to the server: %v", err)
	}
	defer conn.Close(t.Context())
	results, err := conn.PgConn().Exec(t.Context(), query).ReadAll()
	if err != nil {
		t.Fatalf("pgtest: %s: %v", query, err)
	}
	if len(results) == 0 || len(results[len(results)-1].Rows) != 1 {
		t.Fatalf("pgtest: %s has no single value", query)
	}
	return string(results[len(results)-1].Rows[0][0])
}

// Host is the server's part of a URL that names several, as in 127.0.0.1:5432.
func (s *OwnedServer) Host() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// Follow has a replica stream from a server.
func (s *OwnedServer) Follow(t testing.TB, primary *OwnedServer) {
	t.Helper()
	s.Exec(t, fmt.Sprintf(`ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=%d user=postgres application_name=replica_%d'`, primary.port, s.port),
		`SELECT pg_reload_conf()`)
}

// SynchronousTo has every commit wait until one of these replicas has replayed it.
func (s *OwnedServer) SynchronousTo(t testing.TB, replicas ...*OwnedServer) {
	t.Helper()
	var names []string
	for _, r := range replicas {
		names = append(names, fmt.Sprintf("replica_%d", r.port))
	}
	s.Exec(t, fmt.Sprintf(`ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (%s)'`, strings.Join(names, ", ")), `SELECT pg_reload_conf()`)
}

// Freeze stops the processes of the server without ending them: it takes connections, and says
// nothing. Thaw has them go on, and so does the end of the test.
func (s *OwnedServer) Freeze(t testing.TB) {
	t.Helper()
	t.Cleanup(func() { _, _ = s.signal("CONT") }) // it may be gone
	if out, err := s.signal("STOP"); err != nil {
		t.Fatalf("pgtest: freeze the server: %v: %s", err, out)
	}
}

// Thaw is the end of a Freeze.
func (s *OwnedServer) Thaw(t testing.TB) {
	t.Helper()
	if out, err := s.signal("CONT"); err != nil {
		t.Fatalf("pgtest: thaw the server: %v: %s", err, out)
	}
}

// signal sends a signal to all processes of the server, and gives what was complained of.
func (s *OwnedServer) signal(name string) ([]byte, error) {
	const script = `pid=$(head -n 1 "$1/data/postmaster.pid") && kill -s "$2" "$pid" $(pgrep -P "$pid")`
	return exec.Command("/bin/sh", "-c", script, "signal", s.dir, name).CombinedOutput()
}

// Promote makes a replica a primary, and waits until it takes writes.
func (s *OwnedServer) Promote(t testing.TB) {
	t.Helper()
	s.Exec(t, `SELECT pg_promote()`)
}

// PauseReplay has a replica stay as it is, and ResumeReplay go on.
func (s *OwnedServer) PauseReplay(t testing.TB) {
	t.Helper()
	s.Exec(t, `SELECT pg_wal_replay_pause()`)
	until(t, "the replay is paused", func() bool { return s.Ask(t, `SELECT pg_get_wal_replay_pause_state()`) == "paused" })
}

// ResumeReplay is the end of a PauseReplay.
func (s *OwnedServer) ResumeReplay(t testing.TB) {
	t.Helper()
	s.Exec(t, `SELECT pg_wal_replay_resume()`)
}

// AwaitReplay waits until a replica has replayed all that this server has written.
func (s *OwnedServer) AwaitReplay(t testing.TB, replica *OwnedServer) {
	t.Helper()
	lsn := s.Ask(t, `SELECT pg_current_wal_insert_lsn()`)
	s.Exec(t, `SELECT pg_logical_emit_message(true, 'pgtest', 'so that something is behind that')`)
	until(t, "the replica has replayed "+lsn, func() bool {
		return replica.Ask(t, fmt.Sprintf(`SELECT COALESCE(pg_last_wal_replay_lsn() >= '%s', false)`, lsn)) == "t"
	})
}

// until waits for a condition, which is asked for often.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(cleanupTimeout); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("pgtest: waited in vain until %s", what)
		}
	}
}
