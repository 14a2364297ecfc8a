//go:build unix

package pgtest_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// childVariable is the environment variable that tells this test binary, when one of its
// tests starts it as a child process, which of the children below to run.
const childVariable = "PGTEST_CHILD"

// children are test runs that end in ways that a test can't try in its own process.
var children = map[string]func(*testing.T){
	"passes": func(*testing.T) {},
	"fails":  func(t *testing.T) { t.Fatal("as told") },
	"panics": func(*testing.T) { panic("as told") },
	"exits":  func(*testing.T) { os.Exit(3) },
	"hangs":  func(*testing.T) { select {} },
	"leaves a session open": func(t *testing.T) {
		pool, err := pgxpool.New(context.WithoutCancel(t.Context()), pgtest.Fixture(t).AuthenticatorURL)
		require.NoError(t, err)
		require.NoError(t, pool.Ping(t.Context()))
	},
	"leaves a session open in a clone": func(t *testing.T) {
		pool, err := pgxpool.New(context.WithoutCancel(t.Context()), pgtest.Clone(t).URL)
		require.NoError(t, err)
		require.NoError(t, pool.Ping(t.Context()))
	},
	"hangs with a container": func(t *testing.T) {
		_, err := pgtest.StartContainer(t.Context(), local())
		require.NoError(t, err)
		select {}
	},
	"leaves a goroutine running": func(*testing.T) { go func() { select {} }() },
}

// TestChild is what a child process runs. It prints where its server listens and where the
// server keeps its files, and then runs the child.
func TestChild(t *testing.T) {
	child, ok := children[os.Getenv(childVariable)]
	if !ok {
		return // not in a child process
	}
	pool := pgtest.Fixture(t).Superuser(t)
	port := pool.Config().ConnConfig.Port
	fmt.Printf("server: %d %s\n", port, one[string](t, pool, `SELECT current_setting('data_directory')`))
	child(t)
}

// However a test run ends, its server ends too, and only a run without leaks
// passes.
func TestMain_ends_with_nothing_left(t *testing.T) {
	t.Parallel()
	if !startsServers() {
		return
	}
	tests := map[string]struct {
		child  string
		args   []string
		signal syscall.Signal // sent to the child's process group, as Ctrl-C is
		code   int            // -1: ended by the signal
		output string
	}{
		"passed":                {child: "passes", code: 0, output: "PASS"},
		"failed":                {child: "fails", code: 1, output: "as told"},
		"panicked":              {child: "panics", code: 2, output: "panic: as told"},
		"called os.Exit":        {child: "exits", code: 3},
		"timed out":             {child: "hangs", args: []string{"-test.timeout=20s"}, code: 2, output: "test timed out"},
		"interrupted":           {child: "hangs", signal: syscall.SIGINT, code: -1},
		"terminated":            {child: "hangs", signal: syscall.SIGTERM, code: -1},
		"killed":                {child: "hangs", signal: syscall.SIGKILL, code: -1},
		"leaked a session":      {child: "leaves a session open", code: 1, output: "pgtest: 1 database sessions were left open"},
		"leaked one to a clone": {child: "leaves a session open in a clone", code: 1, output: "pgtest: 1 database sessions were left open"},
		"leaked a goroutine":    {child: "leaves a goroutine running", code: 1, output: "pgtest: 1 goroutines were left running"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := startChild(t, tt.child, tt.args...)
			server := c.server(t)
			if tt.signal != 0 {
				require.NoError(t, syscall.Kill(-c.cmd.Process.Pid, tt.signal))
			}
			require.Equal(t, tt.code, c.wait(t), c.output.String())
			require.Contains(t, c.output.String(), tt.output)
			require.Eventually(t, server.gone, 20*time.Second, 20*time.Millisecond, "%+v", server)
		})
	}
}

// A process may be killed before its server is there.
func TestMain_killed_while_starting(t *testing.T) {
	t.Parallel()
	if !startsServers() {
		return
	}
	for _, delay := range []int{30, 100, 200, 300, 400} {
		t.Run(fmt.Sprintf("after %d ms", delay), func(t *testing.T) {
			t.Parallel()
			c := startChild(t, "hangs")
			time.Sleep(time.Duration(delay) * time.Millisecond)
			require.NoError(t, c.cmd.Process.Kill())
			require.Equal(t, -1, c.wait(t), c.output.String())
			for _, parent := range []string{"/dev/shm", "/tmp", os.TempDir()} {
				pattern := filepath.Join(parent, fmt.Sprintf("pgtest-%d-*", c.cmd.Process.Pid))
				require.Eventually(t, func() bool {
					left, err := filepath.Glob(pattern)
					return err == nil && len(left) == 0
				}, 20*time.Second, 20*time.Millisecond, pattern)
			}
		})
	}
}

// Test binaries that run at once may share a server that none of them started.
func TestMain_on_a_server_that_stays(t *testing.T) {
	t.Parallel()
	if !startsServers() {
		return
	}
	server, err := pgtest.Open(t.Context(), "")
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Close()) }()
	t.Log(server.URL())

	const processes = 3
	var started [processes]*child
	for i := range started {
		started[i] = startChildAt(t, server.URL(), "passes")
	}
	for _, c := range started {
		require.Equal(t, 0, c.wait(t), c.output.String())
	}
	pool, err := pgxpool.New(t.Context(), server.URL())
	require.NoError(t, err)
	defer pool.Close()
	require.Equal(t, 1, one[int](t, pool, `SELECT count(*) FROM pg_database WHERE datname LIKE 'pgrest%'`), "only the template stays")
	require.Equal(t, 1, one[int](t, pool, `SELECT count(*) FROM pg_database WHERE datname LIKE 'pgrest_test_fixture_%' AND datistemplate`))

	failed := startChildAt(t, server.URL(), "leaves a session open in a clone")
	require.Equal(t, 1, failed.wait(t), "the server is shared, the session is this process's")
}

func TestOpen(t *testing.T) {
	t.Parallel()
	if !startsServers() {
		return
	}
	server, err := pgtest.Open(t.Context(), "PGTEST_NO_SUCH_VARIABLE", "work_mem=7MB", "cluster_name=further")
	require.NoError(t, err)
	pool, err := pgxpool.New(t.Context(), server.URL())
	require.NoError(t, err)
	require.Equal(t, "postgres", one[string](t, pool, `SELECT current_user`))
	require.Equal(t, "7MB further", one[string](t, pool, `SELECT current_setting('work_mem') || ' ' || current_setting('cluster_name')`))
	pool.Close()

	require.NoError(t, server.Close())
	require.NoError(t, server.Close(), "closing twice is closing once")
	_, err = net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(pool.Config().ConnConfig.Port))))
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestNoServerError(t *testing.T) {
	t.Parallel()
	local, container, npm := errors.New("no initdb"), errors.New("no daemon"), errors.New("no npm")
	err := &pgtest.NoServerError{Variable: "DATABASE_URL", Local: local, Container: container, NPM: npm}
	require.ErrorIs(t, err, local)
	require.ErrorIs(t, err, container)
	require.ErrorIs(t, err, npm)
	require.ErrorContains(t, err, "a superuser's URL in DATABASE_URL")
	require.ErrorContains(t, err, "apt-get install postgresql")
	require.ErrorContains(t, err, "Docker, running and reachable: no daemon")
	require.ErrorContains(t, err, "npm, which fetches server programs from its registry: no npm")
}

// startsServers reports whether this machine can start servers. Where the environment
// names the tests' server it may not, and tests of started servers then have nothing to
// test.
var startsServers = sync.OnceValue(func() bool {
	server, err := pgtest.Open(context.Background(), "")
	if err == nil {
		err = server.Close()
	}
	none := (*pgtest.NoServerError)(nil)
	return !errors.As(err, &none) || os.Getenv(pgtest.DatabaseURLVariable) == ""
})

// child is a running child process.
type child struct {
	cmd    *exec.Cmd
	output *bytes.Buffer // complete once it has ended
	first  chan string   // its first line
	read   chan struct{} // closed when all its output has been read
}

// startChild starts a child that starts a server of its own.
func startChild(t *testing.T, name string, args ...string) *child {
	t.Helper()
	return startChildAt(t, "", name, args...)
}

// startChildAt starts a child that uses the server at url.
func startChildAt(t *testing.T, url, name string, args ...string) *child {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	c := &child{
		cmd:    exec.Command(program, append([]string{"-test.run=^TestChild$"}, args...)...),
		output: new(bytes.Buffer),
		first:  make(chan string, 1),
		read:   make(chan struct{}),
	}
	c.cmd.Env = append(os.Environ(), childVariable+"="+name, pgtest.DatabaseURLVariable+"="+url)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, in, err := os.Pipe()
	require.NoError(t, err)
	c.cmd.Stdout, c.cmd.Stderr = in, in
	require.NoError(t, c.cmd.Start())
	require.NoError(t, in.Close())
	go func() {
		defer close(c.read)
		defer out.Close()
		lines := bufio.NewReader(io.TeeReader(out, c.output))
		line, _ := lines.ReadString('\n') // what there is of it is reported
		c.first <- line
		_, _ = io.Copy(io.Discard, lines)
	}()
	t.Cleanup(func() { _ = c.cmd.Process.Kill() }) // fails if all went well: it has ended
	return c
}

// wait returns the child's exit code, -1 if a signal ended it.
func (c *child) wait(t *testing.T) int {
	t.Helper()
	<-c.read
	if err := c.cmd.Wait(); err != nil {
		exit := (*exec.ExitError)(nil)
		require.ErrorAs(t, err, &exit)
	}
	return c.cmd.ProcessState.ExitCode()
}

// childServer is the server that a child started.
type childServer struct {
	address string
	folder  string // empty if it isn't on this machine
	process int
}

// server waits for the child to say where its server is.
func (c *child) server(t *testing.T) childServer {
	t.Helper()
	line := <-c.first
	var port int
	var folder string
	_, err := fmt.Sscanf(line, "server: %d %s\n", &port, &folder)
	require.NoError(t, err, line)
	s := childServer{address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	if text, err := os.ReadFile(filepath.Join(folder, "postmaster.pid")); err == nil {
		first, _, _ := strings.Cut(string(text), "\n")
		s.process, err = strconv.Atoi(first)
		require.NoError(t, err)
		s.folder = filepath.Dir(folder)
	}
	return s
}

// gone says whether nothing is left: no listener, no process, no files.
func (s childServer) gone() bool {
	if conn, err := net.Dial("tcp", s.address); err == nil {
		_ = conn.Close()
		return false
	}
	if s.folder == "" {
		return true
	}
	_, err := os.Stat(s.folder)
	return os.IsNotExist(err) && errors.Is(syscall.Kill(s.process, 0), syscall.ESRCH)
}
