//go:build unix

package main

import (
	"context"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// The signals of the process reach the server.
func TestRunReloadsBySignal(t *testing.T) {
	t.Parallel()
	file := configFile(t, `db-uri = "postgres://a@127.0.0.1:1/none?sslmode=disable"
db-config = false
server-host = "127.0.0.1"
server-port = 0`)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	log := &watched{text: "\x00", seen: func() {}}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{file}, nil, io.Discard, log) }()
	logs := func(text string) func() bool {
		return func() bool { return strings.Contains(log.String(), text) }
	}
	eventually(t, logs("msg=listening"), "it doesn't start")
	eventually(t, logs(`msg="load the schema cache"`), "it isn't configured")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(text, "\ndb-max-rows = 3\nserver-port = 1\n"...), 0o600))
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGUSR2))
	eventually(t, logs(`msg="configuration reloaded"`), "SIGUSR2 has no effect")
	require.Contains(t, log.String(), `msg="setting needs a restart to have an effect" setting=server-port`)
	cancel()
	require.NoError(t, <-ended)
}
