// Command pgrest serves a PostgreSQL schema as a REST API on a port of its own.
// It is the library with an HTTP server around it, configured as PostgREST is, by
// environment variables, by a file that is its one argument, and from within the
// database (https://docs.postgrest.org/en/stable/references/configuration.html):
//
//	go install github.com/pgrest-go/pgrest/cmd/pgrest@latest
//	PGRST_DB_URI=postgres://authenticator:secret@localhost/films \
//	PGRST_DB_SCHEMAS=api PGRST_DB_ANON_ROLE=web_anon pgrest
//
// SETTINGS.md says what differs from PostgREST.
//
// SIGUSR1 reloads the schema, SIGUSR2 the configuration, as NOTIFY pgrst does both;
// SIGTERM and SIGINT stop the server after the requests that are under way, a second
// one stops it at once. The option --help lists the options.
//
// Requests are logged to standard output in slog's text form, with method, URL,
// status, bytes, duration, role, client and user agent: at the level crit none, at
// error those that the server failed at (5xx), at warn those of clients too (4xx),
// at info all, and at debug all with the durations of their stages. With log-query,
// they have their main SQL statement, without values. With log-format = "apache"
// they are lines in Apache's form, as the reference writes them. Standard error has the causes
// of 5xx, but at crit, and at any level what starts, reloads and recovers; at debug,
// it has the pool's connections as they come and go.
//
// With admin-server-port or admin-server-unix-socket, there is an admin server with
// the paths /live, /ready, /schema_cache and /metrics.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal then ends the process at once
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if err := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// collectAt is how much the heap grows between garbage collections, in percent. It
// is so small that collecting at the usual 100 costs more than the memory is worth.
const collectAt = 200

// run does what the arguments ask for: it serves until ctx is done, or shows
// something. Requests are logged to stdout, all else to stderr; several goroutines
// write to them at once. environ holds the PGRST_ variables; libpq's own (PGHOST and
// so on) are read from the process's environment.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	asked := signals{schema: make(chan os.Signal, 1), config: make(chan os.Signal, 1)}
	notify(asked.schema, asked.config)
	defer signal.Stop(asked.schema)
	defer signal.Stop(asked.config)
	command, err := parseCommand(args)
	if err != nil {
		return err
	}
	from := sources{file: command.file, environ: environ, files: contents{}, strict: command.strict}
	level := new(slog.LevelVar)
	logs := newLogs(level, stdout, stderr)
	if command.option != "" {
		return command.show(ctx, from, stdout, logs.notices)
	}
	cfg, err := from.local()
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	level.Set(cfg.logLevel)
	s, err := open(ctx, from, cfg, logs, level)
	if err != nil {
		return err
	}
	s.logs.notices.Info("starting", "version", version())
	return s.serve(ctx, asked)
}

// logs are the server's loggers.
type logs struct {
	notices *slog.Logger // for the server's start, end and configuration, at any level
	faults  *slog.Logger // for the library and the HTTP servers
	access  *accessLog
}

// steady is a handler of which the level disables only errors and debug, and never info
// and warnings. The library's are about the schema and the database, and are logged at any
// level.
// See https://docs.postgrest.org/en/stable/references/configuration.html#log-level.
type steady struct {
	slog.Handler
	level slog.Leveler
}

func (h steady) Enabled(_ context.Context, level slog.Level) bool {
	return slog.LevelInfo <= level && level < slog.LevelError || level >= h.level.Level()
}

func (h steady) WithAttrs(attrs []slog.Attr) slog.Handler {
	return steady{h.Handler.WithAttrs(attrs), h.level}
}

func (h steady) WithGroup(name string) slog.Handler {
	return steady{h.Handler.WithGroup(name), h.level}
}

// connections has a pool's connections logged at debug as they come and go.
func (l logs) connections(pool *pgxpool.Config) {
	log := func(message string, conn *pgx.Conn) { l.faults.Debug(message, "pid", conn.PgConn().PID()) }
	pool.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		log("connection opened", conn)
		return nil
	}
	pool.BeforeClose = func(conn *pgx.Conn) { log("connection closed", conn) }
}

func newLogs(level slog.Leveler, stdout, stderr io.Writer) logs {
	notices := slog.New(slog.NewTextHandler(stderr, nil))
	return logs{
		notices: notices,
		faults:  slog.New(steady{slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelDebug}), level}),
		access: &accessLog{
			requests: slog.New(slog.NewTextHandler(stdout, &slog.HandlerOptions{Level: level})), plain: stdout, notices: notices,
		},
	}
}
