//go:build unix

package docs_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func TestMain(m *testing.M) {
	code := pgtest.Main(m)
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// The code of each page does what the page says.
func TestPages(t *testing.T) {
	t.Parallel()
	for _, file := range pageFiles(t) {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			if p := readPage(t, file); p.runs() {
				runPage(t, file, p)
			}
		})
	}
}

const (
	secret    = "a secret of the pages alone, 32 bytes long"
	blockTime = 3 * time.Minute  // after which a command is taken for one that hangs
	quitTime  = 10 * time.Second // in which a process has to end when it is told to
)

// session is a page that is run.
type session struct {
	t        *testing.T
	file     string
	folder   string
	database *url.URL          // as the superuser
	env      map[string]string // of commands
	api      *pgrest.Handler   // of <!-- handler -->
	serving  *program          // of <!-- serve -->
	running  *exec.Cmd         // serving, if it runs
	stale    bool              // whether the database has changed since it was started
	output   string            // of the last block
}

func runPage(t *testing.T, file string, p page) {
	server := pgtest.OwnServer(t)
	database, err := url.Parse(server.URL())
	require.NoError(t, err)
	s := &session{t: t, file: file, folder: t.TempDir(), database: database}
	s.env = map[string]string{"PGHOST": database.Hostname(), "PGPORT": database.Port(), "PGUSER": "postgres", "PGDATABASE": "postgres"}
	s.psql("CREATE DATABASE app;")
	s.database.Path = "/app"
	s.env["PGDATABASE"] = "app"
	s.env["DATABASE_URL"] = s.authenticator()
	s.env["PAGE"] = s.folder
	s.env["REPOSITORY"], err = filepath.Abs(root)
	require.NoError(t, err)
	port, err := freePort()
	require.NoError(t, err)
	s.env["PORT"] = strconv.Itoa(port)
	t.Cleanup(s.quit)
	for _, i := range p.items {
		if !i.run() {
			continue
		}
		s.run(i)
	}
}

// authenticator is the database's URL for the API.
func (s *session) authenticator() string {
	u := *s.database
	u.User = url.User("authenticator")
	return u.String()
}

func (s *session) run(i item) {
	s.t.Logf("%s:%d: %s", filepath.Base(s.file), i.line, i.language)
	switch i.language {
	case "sql":
		var arguments []string
		if role := i.notes["as"]; role != "" {
			arguments = []string{"-c", `SET ROLE "` + role + `"`}
		}
		s.output = s.psql(i.text, arguments...)
		s.changed()
	case "sh":
		s.start()
		s.output = s.shell(i)
	case "handler":
		s.handle(i.text)
	case "token":
		name := i.name
		if name == "" {
			name = "TOKEN"
		}
		s.env[name] = signed(s.t, i.text)
	case "go":
		b, err := build()
		require.NoError(s.t, err)
		of, runs := b.programs[fmt.Sprint(s.file, ":", i.line)]
		if path, served := i.notes["serve"]; served {
			s.serving, s.stale = &of, true
			s.env["B"] = fmt.Sprintf("http://127.0.0.1:%d%s", of.port, path)
		} else if runs {
			s.test(of)
		}
	default:
		if shown := (item{language: i.language, text: s.ports(i.text)}); !shown.matches(s.output) {
			require.Fail(s.t, "other output", "%s:%d shows\n%s\nbut it is\n%s", filepath.Base(s.file), i.line, shown.text, s.output)
		}
	}
}

// test runs tests, which may use the page's server.
func (s *session) test(of program) {
	ctx, cancel := context.WithTimeout(s.t.Context(), blockTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, of.path, "-test.v")
	cmd.Dir = s.folder
	s.output = s.finish(cmd, of.path)
	s.t.Log(s.output)
	require.Contains(s.t, s.output, "--- PASS: ")
	require.NotContains(s.t, s.output, "--- SKIP: ")
}

// psql runs SQL in a session of the superuser.
func (s *session) psql(sql string, arguments ...string) string {
	arguments = append([]string{"-X", "-q", "-v", "ON_ERROR_STOP=1"}, arguments...)
	cmd := exec.CommandContext(s.t.Context(), "psql", append(arguments, "-f", "-")...)
	cmd.Stdin = strings.NewReader(sql)
	return s.finish(cmd, sql)
}

// changed has the handler know that the database is another.
func (s *session) changed() {
	s.stale = true
	if s.api != nil {
		require.NoError(s.t, s.api.Reload(s.t.Context()))
	}
}

// shell runs a command. The variables that it sets are there for the next.
func (s *session) shell(i item) string {
	variables := filepath.Join(s.folder, ".variables")
	script := filepath.Join(s.folder, ".script")
	text := "set -a\n[ ! -f '" + variables + "' ] || . '" + variables + "'\n" + s.assignments() + s.ports(i.text) + "\nexport -p >'" + variables + "'\n"
	require.NoError(s.t, os.WriteFile(script, []byte(text), 0o600))
	ctx, cancel := context.WithTimeout(s.t.Context(), blockTime)
	s.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "sh", "-eu", script)
	cmd.Dir = s.folder
	if _, in := i.notes["in the repository"]; in {
		cmd.Dir = root
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.t.Cleanup(func() { s.end(cmd) }) // what it left in the background
	return s.finish(cmd, i.text)
}

// assignments set the variables of the page anew, which may have changed since the command
// that left its variables behind.
func (s *session) assignments() string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.env)) {
		fmt.Fprintf(&out, "%s='%s'\n", name, strings.ReplaceAll(s.env[name], "'", `'\''`))
	}
	return out.String()
}

// finish runs a command and returns what it wrote. It writes to files, and not to pipes, so
// that what it leaves in the background doesn't hold it up.
func (s *session) finish(cmd *exec.Cmd, what string) string {
	output, err := os.CreateTemp(s.folder, ".output")
	require.NoError(s.t, err)
	defer output.Close()
	failure, err := os.CreateTemp(s.folder, ".failure")
	require.NoError(s.t, err)
	defer failure.Close()
	cmd.Stdout, cmd.Stderr, cmd.Env = output, failure, s.environ()
	ran := cmd.Run()
	written, err := os.ReadFile(output.Name())
	require.NoError(s.t, err)
	complaint, err := os.ReadFile(failure.Name())
	require.NoError(s.t, err)
	require.NoError(s.t, ran, "%s\nwrote\n%s\n%s", what, written, complaint)
	return string(written)
}

func (s *session) environ() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PG") {
			env = append(env, v)
		}
	}
	for name, v := range s.env {
		env = append(env, name+"="+v)
	}
	return append(env, "JWT_SECRET="+secret, pgtest.DatabaseURLVariable+"="+s.database.String(), "LC_ALL=C.UTF-8", "no_proxy=127.0.0.1", "NO_PROXY=127.0.0.1")
}

// ports puts the port at which the API is in the place of that which pages name.
func (s *session) ports(text string) string {
	host := "127.0.0.1:" + s.env["PORT"]
	if u, err := url.Parse(s.env["B"]); err == nil && u.Host != "" {
		host = u.Host
	}
	return strings.ReplaceAll(text, "127.0.0.1:3000", host)
}

// handle makes the page's handler of the options that it names.
func (s *session) handle(fields string) {
	opts := pgrest.Options{JWTSecret: []byte(secret), Logger: slog.New(slog.NewTextHandler(s.t.Output(), nil))}
	decoder := json.NewDecoder(strings.NewReader(fields))
	decoder.DisallowUnknownFields()
	require.NoError(s.t, decoder.Decode(&opts), "the options of the handler")
	pool, err := pgxpool.New(s.t.Context(), s.authenticator())
	require.NoError(s.t, err)
	s.t.Cleanup(pool.Close)
	s.api, err = pgrest.New(pool, opts)
	require.NoError(s.t, err)
	s.t.Cleanup(s.api.Close)
	require.NoError(s.t, s.api.Ready(s.t.Context()))
	server := httptest.NewServer(s.api)
	s.t.Cleanup(server.Close)
	s.env["B"] = server.URL
}

// start starts the page's program, anew if the database has changed.
func (s *session) start() {
	if s.serving == nil || !s.stale {
		return
	}
	s.quit()
	cmd := exec.Command(s.serving.path)
	cmd.Dir, cmd.Env, cmd.Stderr = s.folder, s.environ(), s.t.Output()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(s.t, cmd.Start())
	s.running, s.stale = cmd, false
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.serving.port))
	require.Eventually(s.t, func() bool {
		conn, err := net.Dial("tcp", address)
		return err == nil && conn.Close() == nil
	}, blockTime, 20*time.Millisecond, "the program doesn't listen")
}

// quit ends the page's program.
func (s *session) quit() {
	if s.running != nil {
		cmd := s.running
		s.running = nil
		waited := make(chan error, 1)
		go func() { waited <- cmd.Wait() }()
		s.end(cmd)
		<-waited // for an end that was asked for, its exit code says nothing
	}
}

// end ends a command's process group: it asks once, waits, and then insists.
func (s *session) end(cmd *exec.Cmd) {
	if cmd.Process == nil {
		return
	}
	group := -cmd.Process.Pid
	if errors.Is(syscall.Kill(group, syscall.SIGTERM), syscall.ESRCH) {
		return
	}
	for until := time.Now().Add(quitTime); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if errors.Is(syscall.Kill(group, 0), syscall.ESRCH) {
			return
		}
	}
	_ = syscall.Kill(group, syscall.SIGKILL)
}

// signed is a bearer token with these claims.
func signed(t *testing.T, claims string) string {
	t.Helper()
	require.True(t, json.Valid([]byte(claims)), "claims: %s", claims)
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}
