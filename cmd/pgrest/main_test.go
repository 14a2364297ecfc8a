package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestRun(t *testing.T) {
	t.Parallel()
	// Nobody listens there: a server starts and stops without its database.
	const noDatabase = "DB_URI=postgres://a@127.0.0.1:1/none?sslmode=disable; SERVER_HOST=127.0.0.1; "
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = busy.Close() })
	port := strconv.Itoa(busy.Addr().(*net.TCPAddr).Port)

	tests := []struct{ name, env, wantErr, wantLog string }{
		{"stops when told", noDatabase + "SERVER_PORT=0", "", "msg=stopping"},
		{"with an admin server", noDatabase + "SERVER_PORT=0; ADMIN_SERVER_PORT=0", "", `msg="admin server listening"`},
		{"warns of what has no effect, at any level", noDatabase + "SERVER_PORT=0; LOG_LEVEL=crit; INTERNAL_SCHEMA_CACHE_QUERY_SLEEP=1", "",
			`level=WARN msg="setting has no effect" setting=PGRST_INTERNAL_SCHEMA_CACHE_QUERY_SLEEP`},
		{"warns of what there isn't, at any level", noDatabase + "SERVER_PORT=0; LOG_LEVEL=crit; DB_USE_LEGACY_GUCS=false", "",
			`level=WARN msg="setting is of an older version, and has no effect" setting=PGRST_DB_USE_LEGACY_GUCS remedy="take it out: `},
		{"bad configuration", "LOG_LEVEL=x", "configuration: PGRST_LOG_LEVEL has to be", ""},
		{"port in use", noDatabase + "SERVER_PORT=" + port, "listen as server-host, -port and -unix-socket say: ", ""},
		{"admin port in use", noDatabase + "SERVER_PORT=0; ADMIN_SERVER_PORT=" + port,
			"listen as admin-server-host, -port and -unix-socket say: ", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			var stdout bytes.Buffer
			defer cancel()
			stderr := &watched{text: "msg=listening", seen: cancel}
			err := run(ctx, nil, environ(test.env), &stdout, stderr)
			if test.wantErr != "" {
				require.ErrorContains(t, err, test.wantErr)
				return
			}
			require.NoError(t, err)
			require.Contains(t, stderr.String(), test.wantLog)
			require.Empty(t, stdout.String())
		})
	}
}

// watched keeps what is written to it, and calls seen when text occurs in that.
type watched struct {
	mu   sync.Mutex
	all  strings.Builder
	text string
	seen func()
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if bytes.Contains(b, []byte(w.text)) {
		w.seen()
	}
	return w.all.Write(b)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.String()
}
