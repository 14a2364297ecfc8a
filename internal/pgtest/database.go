package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// authenticator is the fixture's role that the library under test logs in as.
const authenticator = "pgrest_test_authenticator"

// Database is a database of a test.
type Database struct {
	// URL connects as a superuser.
	URL string
	// AuthenticatorURL connects as the role that has no rights but to become one of the
	// fixture's other roles.
	AuthenticatorURL string

	name string
}

// Pool returns a new pool of the authenticator's connections, with pgx's
// defaults where no option says otherwise. It is closed when the test ends. Without
// options its connections are closed soon after their use: parallel tests that wait for
// their turn have their pools already, which together must not use up the server's
// connections.
func (d *Database) Pool(t testing.TB, options ...PoolOption) *pgxpool.Pool {
	t.Helper()
	return newPool(t, d.AuthenticatorURL, options)
}

// Superuser returns a new pool of a superuser's connections, as Pool does for
// the authenticator.
func (d *Database) Superuser(t testing.TB, options ...PoolOption) *pgxpool.Pool {
	t.Helper()
	return newPool(t, d.URL, options)
}

// PoolOption changes the configuration of a pool before it opens.
type PoolOption func(*pgxpool.Config)

// MaxConns limits a pool to n connections.
func MaxConns(n int32) PoolOption {
	return func(c *pgxpool.Config) { c.MaxConns = n }
}

func newPool(t testing.TB, url string, options []PoolOption) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	if len(options) == 0 {
		config.MaxConnIdleTime, config.HealthCheckPeriod = time.Second, time.Second
	}
	for _, option := range options {
		option(config)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// database describes the named database. Its URLs are the server's with another database,
// with the application_name by which this process finds its sessions, and, in the second,
// with another user.
func (c *cluster) database(name string) (*Database, error) {
	u, err := url.Parse(c.server.url)
	if err != nil {
		return nil, fmt.Errorf("read the server's URL: %w", err)
	}
	u.Path = "/" + name
	query := u.Query()
	query.Del("dbname")
	query.Set("application_name", c.application)
	u.RawQuery = query.Encode()
	db := &Database{URL: u.String(), name: name}

	query.Del("user")
	query.Del("password")
	u.RawQuery = query.Encode()
	u.User = url.User(authenticator)
	if c.password != "" {
		u.User = url.UserPassword(authenticator, c.password)
	}
	db.AuthenticatorURL = u.String()
	return db, nil
}

// cloneFixture creates a database with the fixture in it.
func (c *cluster) cloneFixture(ctx context.Context) (*Database, error) {
	template, err := c.fixtureTemplate(ctx)
	if err != nil {
		return nil, err
	}
	return c.create(ctx, template)
}

// createEmpty creates a database with nothing in it.
func (c *cluster) createEmpty(ctx context.Context) (*Database, error) {
	return c.create(ctx, "template0")
}

func (c *cluster) create(ctx context.Context, template string) (*Database, error) {
	name := uniqueName()
	if err := c.exec(ctx, createStatements(name, template)...); err != nil {
		return nil, fmt.Errorf("create a database from %s: %w", template, err)
	}
	return c.database(name)
}

// createStatements give a new database the same locale, time zone and message
// language on every server.
func createStatements(name, template string) []string {
	return []string{
		fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`, name, template),
		fmt.Sprintf(`ALTER DATABASE %s SET timezone = 'UTC'`, name),
		fmt.Sprintf(`ALTER DATABASE %s SET lc_messages = 'C'`, name),
	}
}

func (c *cluster) drop(ctx context.Context, db *Database) error {
	if err := c.exec(ctx, fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, db.name)); err != nil {
		return fmt.Errorf("drop database %s: %w", db.name, err)
	}
	return nil
}
