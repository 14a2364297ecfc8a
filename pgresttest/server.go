package pgresttest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

const (
	startTimeout   = 3 * time.Minute // a first container has its image to pull
	cleanupTimeout = 20 * time.Second
)

// Server is a PostgreSQL server for the tests of a package. It is found or started when the
// first test asks for a database.
type Server struct {
	// URL is that of a server to use, as a user who may create databases, and roles if
	// Migrate does. Without it there is PGREST_TEST_DATABASE_URL, or a server is started,
	// of the version that PGREST_TEST_POSTGRES chooses.
	URL string
	// Migrate makes the schema in an empty database, which it connects to by its URL. It is
	// called once: databases of tests are copies of what it made. Roles belong to the whole
	// server, where they may exist already.
	Migrate func(ctx context.Context, url string) error

	once     sync.Once
	err      error
	base     string // the server's URL
	started  *pgtest.Server
	template string
}

// Main runs the tests of a package, and stops the server if they started it, or removes
// what is left on it. It gives the process's exit code.
func (s *Server) Main(m *testing.M) int {
	code := m.Run()
	if err := s.close(); err != nil {
		fmt.Fprintln(os.Stderr, "pgresttest:", err)
		code = max(code, 1)
	}
	return code
}

// Clone makes a database with the schema for a test, and drops it at the test's end.
func (s *Server) Clone(t testing.TB) *Database {
	t.Helper()
	s.once.Do(func() { s.err = s.open() })
	if s.err != nil {
		t.Fatalf("pgresttest: %v", s.err)
	}
	name := randomName()
	if err := s.exec(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+s.template); err != nil {
		t.Fatalf("pgresttest: create a database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		if err := s.exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("pgresttest: drop the database: %v", err)
		}
	})
	return &Database{URL: inDatabase(s.base, name)}
}

// open finds the server, or starts it, and makes the template.
func (s *Server) open() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if s.base = s.URL; s.base == "" {
		var err error
		if s.started, err = pgtest.Open(ctx, pgtest.DatabaseURLVariable); err != nil {
			return err
		}
		s.base = s.started.URL()
	}
	if _, err := url.Parse(s.base); err != nil || !strings.Contains(s.base, "://") {
		return errors.New("the server has to be given as a URL, as in postgres://postgres@localhost/postgres")
	}
	template := randomName()
	if err := s.exec(ctx, "CREATE DATABASE "+template+" TEMPLATE template0"); err != nil {
		return fmt.Errorf("create the template: %w", err)
	}
	s.template = template
	if s.Migrate == nil {
		return nil
	}
	if err := s.Migrate(ctx, inDatabase(s.base, template)); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func (s *Server) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
	defer cancel()
	var err error
	if s.template != "" {
		err = s.exec(ctx, "DROP DATABASE "+s.template+" WITH (FORCE)")
	}
	if s.started != nil {
		err = errors.Join(err, s.started.Close())
	}
	return err
}

// exec runs a statement on the maintenance database.
func (s *Server) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.base)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

func randomName() string { return "pgresttest_" + strings.ToLower(rand.Text()[:12]) }

// inDatabase is the URL of another database on the server.
func inDatabase(base, name string) string {
	u, _ := url.Parse(base) // as has been checked
	u.Path = "/" + name
	query := u.Query()
	query.Del("dbname")
	u.RawQuery = query.Encode()
	return u.String()
}

// Database is a database of a test.
type Database struct {
	// URL connects to it as the server's user.
	URL string
}

// Pool opens a pool on the database, which is closed at the end of the test. Its sessions
// are those of the role login, for which no password is needed; empty is the server's user.
func (d *Database) Pool(t testing.TB, login string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(d.URL)
	if err != nil {
		t.Fatalf("pgresttest: %v", err)
	}
	config.MaxConnIdleTime, config.HealthCheckPeriod = time.Second, time.Second // parallel tests share the server's connections
	if login != "" {
		config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "SET SESSION AUTHORIZATION "+pgx.Identifier{login}.Sanitize())
			return err
		}
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatalf("pgresttest: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}
