package main

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAccepts(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "!4", "*"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			listener, err := endpoint{host: host}.listen(t.Context())
			require.NoError(t, err)
			require.True(t, accepts(t.Context(), listener.Addr()))
			require.NoError(t, listener.Close())
			require.False(t, accepts(t.Context(), listener.Addr()))
		})
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	tests := []struct {
		host       string
		ipv4, ipv6 bool // where it has to be reached
	}{
		{"*", true, true},
		{"*4", true, true},
		{"*6", true, true},
		{"!4", true, false},
		{"!6", false, true},
		{"127.0.0.1", true, false},
		{"::1", false, true},
		{"[::1]", false, true},
	}
	hasIPv6 := false // not every machine does
	if probe, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		hasIPv6 = true
		require.NoError(t, probe.Close())
	}
	for _, test := range tests {
		if !test.ipv4 && !hasIPv6 {
			continue
		}
		t.Run(test.host, func(t *testing.T) {
			t.Parallel()
			listener, err := endpoint{host: test.host}.listen(t.Context())
			require.NoError(t, err)
			defer listener.Close()
			_, port, err := net.SplitHostPort(listener.Addr().String())
			require.NoError(t, err)
			require.Equal(t, test.ipv4, reaches("127.0.0.1", port), "IPv4")
			require.Equal(t, test.ipv6 && hasIPv6, reaches("::1", port), "IPv6")
		})
	}
}

func reaches(host, port string) bool {
	conn, err := net.Dial("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// socketPath is short enough for a socket, which a test's own directory may not be.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgrest")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func TestListenUnix(t *testing.T) {
	t.Parallel()
	e := endpoint{socket: socketPath(t), socketMode: 0o642}
	open := func(what string) net.Listener {
		listener, err := e.listen(t.Context())
		require.NoError(t, err, what)
		t.Cleanup(func() { _ = listener.Close() })
		found, err := os.Stat(e.socket)
		require.NoError(t, err)
		require.Equal(t, e.socketMode, found.Mode().Perm())
		require.True(t, accepts(t.Context(), listener.Addr()))
		return listener
	}
	first := open("where nothing is")
	_, err := e.listen(t.Context())
	require.ErrorContains(t, err, "address already in use")
	first.(*net.UnixListener).SetUnlinkOnClose(false)
	require.NoError(t, first.Close())
	require.FileExists(t, e.socket)
	second := open("where a socket was left behind")
	require.NoError(t, second.Close())
	require.NoFileExists(t, e.socket)

	require.NoError(t, os.WriteFile(e.socket, []byte("precious"), 0o600))
	_, err = e.listen(t.Context())
	require.Error(t, err)
	text, err := os.ReadFile(e.socket)
	require.NoError(t, err)
	require.Equal(t, "precious", string(text))
}

func TestListenReusePort(t *testing.T) {
	t.Parallel()
	first, err := endpoint{host: "127.0.0.1", reusePort: true}.listen(t.Context())
	require.NoError(t, err)
	defer first.Close()
	port := first.Addr().(*net.TCPAddr).Port
	second, err := endpoint{host: "127.0.0.1", port: port, reusePort: true}.listen(t.Context())
	require.NoError(t, err)
	defer second.Close()
	_, err = endpoint{host: "127.0.0.1", port: port}.listen(t.Context())
	require.ErrorContains(t, err, "address already in use")
}
