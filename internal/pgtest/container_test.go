//go:build unix

package pgtest_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// standIn is a program docker that runs the command of a container on this machine. The
// address of its container is that of another server.
const standIn = `#!/bin/sh
case $1 in
run)
	printf '%s\n' "$@" >"$STANDIN/arguments"
	printf '%s\n' "$POSTGRES_PASSWORD" >"$STANDIN/password"
	while [ "$1" != postgres:17-alpine ]; do shift; done
	shift
	exec sh "$@"
	;;
port) [ -f "$STANDIN/server" ] && echo "0.0.0.0:$STANDIN_PORT" ;;
inspect) [ -f "$STANDIN/server" ] && echo 192.0.2.1 ;;
exec) [ -f "$STANDIN/server" ] ;; # as pg_isready answers
rm) exit 1 ;;
esac
`

// standInServer takes the place of the image's entry point.
const standInServer = `#!/bin/sh
printf '%s\n' "$@" >"$STANDIN/server-arguments"
echo $$ >"$STANDIN/process"
touch "$STANDIN/server"
exec sleep 1000
`

// standInDocker puts the stand-in on the PATH as docker, and returns the folder that it
// writes its notes to.
func standInDocker(t *testing.T, entrypoint string) string {
	t.Helper()
	server, err := pgtest.Open(t.Context(), "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	u, err := url.Parse(server.URL())
	require.NoError(t, err)
	folder := t.TempDir()
	for name, text := range map[string]string{"docker": standIn, "docker-entrypoint.sh": entrypoint} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o700))
	}
	t.Setenv("STANDIN", folder)
	t.Setenv("STANDIN_PORT", u.Port())
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	return folder
}

// ended reports whether the server of the stand-in's container is gone.
func ended(t *testing.T, folder string) bool {
	t.Helper()
	process, err := strconv.Atoi(strings.TrimSpace(read(t, folder, "process")))
	require.NoError(t, err)
	return errors.Is(syscall.Kill(process, 0), syscall.ESRCH)
}

func read(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	require.NoError(t, err)
	return string(text)
}

func local() pgtest.Route { return pgtest.RouteTo("unix:///var/run/docker.sock", false) }

// A container exists for as long as its Server, and its port is published to this machine
// only.
func TestStartContainer(t *testing.T) {
	if !startsServers() {
		return
	}
	folder := standInDocker(t, standInServer)
	server, err := pgtest.StartContainer(t.Context(), local())
	require.NoError(t, err)
	u, err := url.Parse(server.URL())
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:"+os.Getenv("STANDIN_PORT"), u.Host)
	password, _ := u.User.Password()
	require.Equal(t, password+"\n", read(t, folder, "password"))
	conn, err := pgx.Connect(t.Context(), server.URL())
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	arguments := read(t, folder, "arguments")
	require.Contains(t, arguments, "--rm\n--interactive\n")
	require.Contains(t, arguments, "--publish\n127.0.0.1::5432\n")
	require.NotContains(t, arguments, password)
	require.Contains(t, read(t, folder, "server-arguments"), "postgres\n-c\nfsync=off\n")

	require.False(t, ended(t, folder))
	require.NoError(t, server.Close())
	require.True(t, ended(t, folder))
	require.NoError(t, server.Close())
}

// A process that is killed leaves no container.
func TestStartContainer_killed(t *testing.T) {
	if !startsServers() {
		return
	}
	folder := standInDocker(t, standInServer)
	server, err := pgtest.Open(t.Context(), "")
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Close()) }()
	c := startChildAt(t, server.URL(), "hangs with a container")
	c.server(t)
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(folder, "server"))
		return err == nil
	}, 20*time.Second, 20*time.Millisecond)
	require.NoError(t, c.cmd.Process.Kill())
	require.Equal(t, -1, c.wait(t))
	require.Eventually(t, func() bool { return ended(t, folder) }, 20*time.Second, 20*time.Millisecond)
}

// An error says what Docker did, and comes at once.
func TestStartContainer_fails(t *testing.T) {
	tests := map[string]struct {
		docker string // none if empty
		want   string
	}{
		"without the program": {want: `run docker: exec: "docker": executable file not found`},
		"without its daemon":  {docker: "echo Cannot connect to the Docker daemon >&2; exit 125", want: "the server ended while starting; docker said:\nCannot connect to the Docker daemon\n"},
		"when the server ends": {
			docker: `[ $1 = run ] && { echo FATAL: no room >&2; exit 1; }; echo 127.0.0.1:1`,
			want:   "the server ended while starting; docker said:\nFATAL: no room\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if tt.docker != "" {
				require.NoError(t, os.WriteFile(filepath.Join(folder, "docker"), []byte("#!/bin/sh\n"+tt.docker+"\n"), 0o700))
			}
			t.Setenv("PATH", folder)
			_, err := pgtest.StartContainer(t.Context(), local())
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// A server that ends by itself is not waited for. One that is never ready is waited for
// until the deadline.
func TestStartContainer_no_server(t *testing.T) {
	if !startsServers() {
		return
	}
	standInDocker(t, "#!/bin/sh\necho initdb: no space left >&2\nexit 1\n")
	_, err := pgtest.StartContainer(t.Context(), local())
	require.ErrorContains(t, err, "the server ended while starting; docker said:\ninitdb: no space left\n")

	folder := standInDocker(t, "#!/bin/sh\necho $$ >$STANDIN/process\nexec sleep 1000\n")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err = pgtest.StartContainer(ctx, local())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.True(t, ended(t, folder))
}

// The address of a container's server depends on where Docker and this process are.
func TestRouteTo(t *testing.T) {
	if !startsServers() {
		return
	}
	folder := standInDocker(t, standInServer)
	port := os.Getenv("STANDIN_PORT")
	none, err := pgtest.RouteTo("", true).Address(t.Context(), "pgtest")
	require.Error(t, err, none)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "server"), nil, 0o600))
	tests := map[string]struct {
		endpoint  string
		contained bool
		address   string
		publish   string
	}{
		"on this machine":                   {endpoint: "unix:///var/run/docker.sock", address: "127.0.0.1:" + port, publish: "127.0.0.1::5432"},
		"on Windows":                        {endpoint: "npipe:////./pipe/docker_engine", address: "127.0.0.1:" + port, publish: "127.0.0.1::5432"},
		"unknown":                           {address: "127.0.0.1:" + port, publish: "127.0.0.1::5432"},
		"in a container beside":             {endpoint: "unix:///var/run/docker.sock", contained: true, address: "192.0.2.1:5432", publish: "127.0.0.1::5432"},
		"on another machine":                {endpoint: "tcp://docker:2375", address: "docker:" + port, publish: "5432"},
		"on another, from a container":      {endpoint: "tcp://docker:2375", contained: true, address: "docker:" + port, publish: "5432"},
		"on another machine by SSH":         {endpoint: "ssh://me@build.example", address: "build.example:" + port, publish: "5432"},
		"on another machine, by an address": {endpoint: "tcp://[fd00::2]:2376", address: "[fd00::2]:" + port, publish: "5432"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := pgtest.RouteTo(tt.endpoint, tt.contained)
			address, err := r.Address(t.Context(), "pgtest")
			require.NoError(t, err)
			require.Equal(t, tt.address, address)
			require.Equal(t, tt.publish, r.Published())
		})
	}
}
