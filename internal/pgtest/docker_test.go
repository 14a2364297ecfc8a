//go:build unix

package pgtest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// A container is started, reached and removed by a real Docker, where there is one.
func TestDocker(t *testing.T) {
	if said, err := exec.Command("docker", "version", "--format", "{{.Server.Version}}").CombinedOutput(); err != nil {
		t.Skipf("no Docker answers: %v: %s", err, said)
	}
	// The image may have to be pulled.
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	server, err := pgtest.OpenContainer(ctx, nil)
	require.NoError(t, err)
	conn, err := pgx.Connect(ctx, server.URL())
	require.NoError(t, err)
	require.NotEmpty(t, containers(t), "it runs")
	require.NoError(t, conn.Close(ctx))
	require.NoError(t, server.Close())
	require.Eventually(t, func() bool { return len(containers(t)) == 0 }, 20*time.Second, 100*time.Millisecond)
}

// containers gives the names of the containers of this process.
func containers(t *testing.T) []string {
	t.Helper()
	text, err := exec.Command("docker", "ps", "--all", "--format", "{{.Names}}", "--filter", "name="+pgtest.ContainerPrefix()).Output()
	require.NoError(t, err)
	return strings.Fields(string(text))
}

// A server that is ready in its container, but doesn't answer, is not waited for. The
// reason is found once, and told to all who ask later.
func TestOpenContainer_unreachable(t *testing.T) {
	if !startsServers() {
		return
	}
	folder := standInDocker(t, standInServer)
	t.Setenv("STANDIN_PORT", "1") // nobody listens there
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r := local()
	attempts := 0
	open := func() error {
		_, err := pgtest.NoteOf("tcp://there").Start(ctx, func(ctx context.Context) (*pgtest.Server, error) {
			attempts++
			return pgtest.StartContainer(ctx, r)
		})
		return err
	}
	const reason = "the server in the container is ready, but can't be reached at 127.0.0.1:1: "
	err := open()
	require.ErrorContains(t, err, reason)
	require.NoError(t, ctx.Err())
	require.True(t, ended(t, folder))
	for range 3 {
		err = open()
		require.ErrorContains(t, err, reason)
		require.ErrorContains(t, err, "another process found this 0s ago, and noted it in ")
	}
	require.Equal(t, 1, attempts)

	// Another Docker is another matter, and so is the same one later.
	require.NoError(t, pgtest.NoteOf("tcp://elsewhere").Read())
	name := string(pgtest.NoteOf("tcp://there"))
	require.NoError(t, os.Chtimes(name, time.Time{}, time.Now().Add(-time.Hour)))
	require.NoError(t, pgtest.NoteOf("tcp://there").Read())
	require.FileExists(t, filepath.Join(filepath.Dir(name), filepath.Base(name)+".lock"))
}
