// Command server serves a PostgreSQL schema as a REST API on a port of its own.
// It is the library with an HTTP server around it, configured as PostgREST is, by
// environment variables
// (https://docs.postgrest.org/en/stable/references/configuration.html):
//
//	PGRST_DB_URI=postgres://authenticator:secret@localhost/films \
//	PGRST_DB_SCHEMAS=api PGRST_DB_ANON_ROLE=web_anon go run ./examples/server
//
// SIGUSR1 reloads the schema; SIGTERM and SIGINT stop the server after the
// requests that are under way, a second one stops it at once.
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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // from then on a second signal ends the process
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if err := run(ctx, os.Environ(), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// collectAt is how much the heap grows between garbage collections, in percent. It
// is so small that collecting at the usual 100 costs more than the memory is worth.
const collectAt = 300

// run serves until ctx is done. Requests are logged to stdout, all else to
// stderr; several goroutines write to them at once. environ holds the PGRST_ variables; libpq's own (PGHOST and so on) are
// read from the process's environment.
func run(ctx context.Context, environ []string, stdout, stderr io.Writer) error {
	reload := make(chan os.Signal, 1)
	notifyReload(reload)
	defer signal.Stop(reload)
	cfg, err := parseConfig(environ)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	logs := newLogs(cfg.logLevel, stdout, stderr)
	for _, variable := range cfg.withoutEffect {
		logs.notices.Warn("setting has no effect yet", "variable", variable)
	}
	s, err := open(ctx, cfg, logs)
	if err != nil {
		return err
	}
	return s.serve(ctx, reload)
}

// logs are the server's loggers.
type logs struct {
	notices  *slog.Logger // the server's start and end, whatever the level is
	faults   *slog.Logger // what the library and the HTTP servers have to say
	requests *slog.Logger
}

func newLogs(level slog.Level, stdout, stderr io.Writer) logs {
	options := &slog.HandlerOptions{Level: level}
	return logs{
		notices:  slog.New(slog.NewTextHandler(stderr, nil)),
		faults:   slog.New(slog.NewTextHandler(stderr, options)),
		requests: slog.New(slog.NewTextHandler(stdout, options)),
	}
}
