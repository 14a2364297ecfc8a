package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgrest-go/pgrest/introspect"
)

// command is what the command line asks for.
type command struct {
	option string // an option in its long form; empty to serve
	file   string // the configuration file; empty for none
	strict bool   // with --strict
}

const usage = `Usage: pgrest [-v | --version] [-e | --example] [--dump-config | --dump-schema | --ready] [--strict] [FILENAME]

Serve a PostgreSQL schema as a REST API, as PostgREST does.

  -h, --help      Show this text
  -v, --version   Show the version
  -e, --example   Show all settings, as a configuration file
  --dump-config   Show the configuration as it is in effect, secrets included
  --dump-schema   Show the schema cache as JSON
  --ready         Ask the admin server whether the API is ready, and exit with 0 or 1
  --strict        Refuse settings that are unknown, of an older version or of the wrong type,
                  which otherwise are warnings
  FILENAME        The configuration file; PGRST_ environment variables go before it
`

// shorts are the short forms of options.
var shorts = map[string]string{"-h": "--help", "-v": "--version", "-e": "--example"}

func parseCommand(args []string) (command, error) {
	var c command
	for _, arg := range args {
		if long, ok := shorts[arg]; ok {
			arg = long
		}
		switch arg {
		case "--help", "--version", "--example", "--dump-config", "--dump-schema", "--ready":
			if c.option != "" && c.option != arg {
				return command{}, fmt.Errorf("%s and %s can't be had at once", c.option, arg)
			}
			c.option = arg
		case "--strict":
			c.strict = true
		default:
			if strings.HasPrefix(arg, "-") {
				return command{}, fmt.Errorf("%s is not an option\n\n%s", arg, usage)
			}
			if c.file != "" {
				return command{}, fmt.Errorf("there can be only one configuration file, not %s and %s", c.file, arg)
			}
			c.file = arg
		}
	}
	return c, nil
}

// show does what an option asks for. Warnings go to notices.
func (c command) show(ctx context.Context, from sources, out io.Writer, notices *slog.Logger) error {
	switch c.option {
	case "--help":
		return write(out, usage)
	case "--version":
		return write(out, "pgrest "+version()+", which speaks as PostgREST 16\n")
	case "--example":
		return write(out, example())
	case "--ready":
		return askReady(ctx, from, out)
	}
	loaded, err := c.load(ctx, from, notices)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	for _, w := range loaded.warnings {
		w.log(notices)
	}
	if c.option == "--dump-config" {
		return write(out, loaded.dump())
	}
	return dumpSchema(ctx, loaded, out)
}

// dumpPatience is how long a dump waits for the settings in the database.
const dumpPatience = 3 * time.Second

// load reads the configuration that an option shows. --dump-config shows one even without
// the database.
func (c command) load(ctx context.Context, from sources, notices *slog.Logger) (*config, error) {
	if c.option != "--dump-config" {
		return from.load(ctx, nil)
	}
	if from.files == nil {
		from.files = contents{}
	}
	within, cancel := context.WithTimeout(ctx, dumpPatience)
	defer cancel()
	loaded, err := from.load(within, nil)
	const without = "configuration without the settings in the database, which can't be read"
	var unread databaseError
	switch {
	case errors.As(err, &unread):
		notices.Warn(without, "error", unread.cause)
		return from.local()
	case loaded != nil && err != nil: // a uriError
		notices.Warn(without, "error", err)
		return loaded, nil
	}
	return loaded, err
}

func write(out io.Writer, text string) error {
	_, err := io.WriteString(out, text)
	return err
}

func version() string {
	if build, ok := debug.ReadBuildInfo(); ok && build.Main.Version != "" {
		return build.Main.Version
	}
	return "(devel)"
}

// example lists all settings with their defaults.
func example() string {
	var b strings.Builder
	b.WriteString("# All settings, with their defaults. Environment variables go before them: db-pool is PGRST_DB_POOL.\n" +
		"# See https://docs.postgrest.org/en/stable/references/configuration.html for what they mean.\n\n")
	for _, s := range settings {
		if s.hidden {
			continue
		}
		if s.own != "" {
			b.WriteString("# " + s.own + " The reference has no such setting.\n")
		}
		b.WriteString("# " + s.key + " = " + s.written(s.fallback) + "\n")
	}
	b.WriteString("\n# Settings for the database's functions, in any number.\n# app.settings.name = \"value\"\n")
	return b.String()
}

func dumpSchema(ctx context.Context, c *config, out io.Writer) error {
	conn, err := pgx.ConnectConfig(ctx, c.pool.ConnConfig.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	schema, err := introspect.Load(ctx, conn, introspect.Options{Schemas: c.api.Schemas, ExtraSearchPath: c.api.ExtraSearchPath, PostOnly: c.api.PostOnly})
	if err != nil {
		return fmt.Errorf("load the schema: %w", err)
	}
	return json.NewEncoder(out).Encode(schema)
}

// readyTimeout is how long the admin server may take to answer.
const readyTimeout = 10 * time.Second

// askReady asks the admin server of the server that has this configuration.
func askReady(ctx context.Context, from sources, out io.Writer) error {
	c, err := from.local()
	if c == nil { // a uriError, which has a configuration, doesn't matter here
		return fmt.Errorf("configuration: %w", err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	address, err := c.admin.readyURL(transport)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s answers %s", address, response.Status)
	}
	return write(out, "OK: "+address+"\n")
}

// readyURL gives the URL of the admin server's path /ready. If that is on a Unix socket, it
// has transport connect to the socket.
func (e endpoint) readyURL(transport *http.Transport) (string, error) {
	if e.socket != "" {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", e.socket)
		}
		return "http://localhost/ready", nil
	}
	if e.port == noPort {
		return "", errors.New("there is no admin server: admin-server-port is not set")
	}
	if _, ok := anyHost[e.host]; ok {
		return "", fmt.Errorf("%s is no host to ask: set server-host or admin-server-host to one, such as localhost", e.host)
	}
	host := strings.TrimSuffix(strings.TrimPrefix(e.host, "["), "]")
	return "http://" + net.JoinHostPort(host, strconv.Itoa(e.port)) + "/ready", nil
}
