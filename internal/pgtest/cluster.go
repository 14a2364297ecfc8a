package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed fixture/*.sql
var fixtureFiles embed.FS

// rolesFile is the part of the fixture that belongs to the server and not to a
// database.
const rolesFile = "roles.sql"

// setupLock is the advisory lock, in the maintenance database, under which test
// processes that share a server set up what they share.
const setupLock = 7_247_378

// cluster is a server that is set up for tests: it has the fixture's roles.
type cluster struct {
	server      *Server
	admin       *pgxpool.Pool // superuser, on the maintenance database
	application string        // the application_name of this process's sessions
	password    string        // the authenticator's, if the server asks for one

	mu       sync.Mutex
	template string // the database with the fixture; empty until it is built
}

func openCluster(ctx context.Context) (*cluster, error) {
	server, err := Open(ctx, DatabaseURLVariable)
	if err != nil {
		return nil, err
	}
	c, err := setUp(ctx, server)
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return c, nil
}

func setUp(ctx context.Context, server *Server) (*cluster, error) {
	config, err := pgxpool.ParseConfig(server.url)
	if err != nil {
		return nil, fmt.Errorf("read the server's URL: %w", err)
	}
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	config.ConnConfig.RuntimeParams["application_name"] = "pgtest administration"
	admin, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to the server: %w", err)
	}
	c := &cluster{
		server:      server,
		admin:       admin,
		application: fmt.Sprintf("pgtest-%d-%s", os.Getpid(), randomName()),
		password:    authenticatorPassword(config.ConnConfig.Password),
	}
	if err := c.locked(ctx, c.prepare); err != nil {
		admin.Close()
		return nil, fmt.Errorf("set up the server for tests: %w", err)
	}
	return c, nil
}

// authenticatorPassword derives the authenticator's password, for servers that
// want one, from the superuser's: every process that shares the server gets the
// same, and nobody else.
func authenticatorPassword(superuser string) string {
	if superuser == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(authenticator + " " + superuser))
	return hex.EncodeToString(sum[:16])
}

// prepare makes the roles. On a server that outlives its tests, it also drops the old
// databases that earlier processes didn't drop themselves.
func (c *cluster) prepare(ctx context.Context, conn *pgx.Conn) error {
	var super bool
	if err := conn.QueryRow(ctx, `SELECT rolsuper FROM pg_roles WHERE rolname = current_user`).Scan(&super); err != nil {
		return fmt.Errorf("ask for the user's rights: %w", err)
	}
	if !super {
		return errors.New("the URL's user must be a superuser")
	}
	if err := execFile(ctx, conn, rolesFile); err != nil {
		return err
	}
	if c.password != "" { // a derived one, so hexadecimal digits only
		if _, err := conn.Exec(ctx, fmt.Sprintf(`ALTER ROLE %s PASSWORD '%s'`, authenticator, c.password)); err != nil {
			return fmt.Errorf("set the authenticator's password: %w", err)
		}
	}
	if c.server.ours {
		return nil
	}
	return c.sweep(ctx, conn)
}

// sweep drops databases that are more than a day old: those of killed processes,
// of failed tests, and templates of other versions of the fixture.
func (c *cluster) sweep(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `
		SELECT datname FROM pg_database
		WHERE starts_with(datname, $1) AND datname <> $2
		  AND (pg_stat_file(format('base/%s/PG_VERSION', oid), true)).modification < now() - interval '1 day'`,
		namePrefix, templateName())
	if err != nil {
		return fmt.Errorf("look for old databases: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look for old databases: %w", err)
	}
	for _, name := range names {
		if _, err := conn.Exec(ctx, fmt.Sprintf(`ALTER DATABASE %s IS_TEMPLATE false`, name)); err != nil {
			return fmt.Errorf("drop old database %s: %w", name, err)
		}
		// One that has sessions stays for another day.
		if _, err := conn.Exec(ctx, `DROP DATABASE `+name); err != nil && !isSQLState(err, "55006") {
			return fmt.Errorf("drop old database %s: %w", name, err)
		}
	}
	return nil
}

// fixtureTemplate returns the name of the template database with the fixture,
// which it builds if no process has yet. That it is a template marks it as
// complete.
func (c *cluster) fixtureTemplate(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.template != "" {
		return c.template, nil
	}
	name := templateName()
	build := func(ctx context.Context, conn *pgx.Conn) error {
		var complete bool
		err := conn.QueryRow(ctx, `SELECT datistemplate FROM pg_database WHERE datname = $1`, name).Scan(&complete)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if complete {
			return nil
		}
		statements := append([]string{`DROP DATABASE IF EXISTS ` + name}, createStatements(name, "template0")...)
		if err := c.exec(ctx, statements...); err != nil {
			return err
		}
		if err := c.load(ctx, name); err != nil {
			return err
		}
		return c.exec(ctx, fmt.Sprintf(`ALTER DATABASE %s IS_TEMPLATE true`, name))
	}
	if err := c.locked(ctx, build); err != nil {
		return "", fmt.Errorf("build the fixture: %w", err)
	}
	c.template = name
	return name, nil
}

// load runs the fixture's files, except for that of the roles, in the named database.
func (c *cluster) load(ctx context.Context, name string) error {
	db, err := c.database(name)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, db.URL)
	if err != nil {
		return err
	}
	for _, file := range fixtureNames() {
		if file == rolesFile {
			continue
		}
		if err := execFile(ctx, conn, file); err != nil {
			return errors.Join(err, conn.Close(ctx))
		}
	}
	return conn.Close(ctx)
}

// locked runs do on a connection that holds setupLock.
func (c *cluster) locked(ctx context.Context, do func(context.Context, *pgx.Conn) error) error {
	return c.admin.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, setupLock); err != nil {
			return fmt.Errorf("wait for other processes' set-up: %w", err)
		}
		err := do(ctx, conn.Conn())
		_, unlockErr := conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, setupLock)
		return errors.Join(err, unlockErr)
	})
}

// exec runs statements one by one: CREATE DATABASE has to be sent alone.
func (c *cluster) exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := c.admin.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) close() error {
	c.admin.Close()
	return c.server.Close()
}

// execFile runs one of the fixture's files; an error says where in it.
func execFile(ctx context.Context, conn *pgx.Conn, name string) error {
	text, err := fixtureFiles.ReadFile("fixture/" + name)
	if err != nil {
		return err
	}
	_, err = conn.PgConn().Exec(ctx, string(text)).ReadAll()
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Position > 0 {
		before := []rune(string(text))[:pgErr.Position-1]
		return fmt.Errorf("%s:%d: %w", name, strings.Count(string(before), "\n")+1, err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func fixtureNames() []string {
	entries, err := fixtureFiles.ReadDir("fixture")
	if err != nil {
		return nil // an embedded folder can always be read
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// namePrefix begins the name of every database that this package creates.
const namePrefix = "pgrest_test_"

// templateName names the fixture's template after its contents, so that
// processes with the same fixture share it and others don't.
func templateName() string {
	hash := sha256.New()
	for _, name := range fixtureNames() {
		text, err := fixtureFiles.ReadFile("fixture/" + name)
		if err != nil {
			continue // as above
		}
		fmt.Fprintf(hash, "%s %d\n%s", name, len(text), text)
	}
	return namePrefix + "fixture_" + hex.EncodeToString(hash.Sum(nil)[:6])
}

func uniqueName() string { return namePrefix + randomName() }

func randomName() string { return strings.ToLower(rand.Text()[:12]) }

func isSQLState(err error, state string) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == state
}
