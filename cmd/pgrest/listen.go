package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// listen makes a listener of the endpoint.
func (e endpoint) listen(ctx context.Context) (net.Listener, error) {
	if e.socket != "" {
		return listenUnix(ctx, e.socket, e.socketMode)
	}
	var config net.ListenConfig
	if e.reusePort {
		config.Control = reusePort
	}
	return listen(ctx, config, e.host, e.port)
}

// anyHost has the words for all addresses of one IP version, or of both, and their
// networks. The words that prefer a version mean both: the server listens on both at once.
var anyHost = map[string]string{"*": "tcp", "*4": "tcp", "!4": "tcp4", "*6": "tcp", "!6": "tcp6"}

func listen(ctx context.Context, config net.ListenConfig, host string, port int) (net.Listener, error) {
	network, ok := anyHost[host]
	if ok {
		host = ""
	} else {
		network = "tcp"
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return config.Listen(ctx, network, net.JoinHostPort(host, strconv.Itoa(port)))
}

// listenUnix makes a socket at path, and removes one that a server has left behind there.
// Until the mode is set, the usual umask lets only the server's own user connect.
func listenUnix(ctx context.Context, path string, mode os.FileMode) (net.Listener, error) {
	if err := removeStale(ctx, path); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, mode); err != nil {
		_ = listener.Close()
		return nil, err
	}
	return listener, nil
}

// removeStale removes a socket that no process listens on. It doesn't remove other files,
// with which listening fails.
func removeStale(ctx context.Context, path string) error {
	found, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || found.Mode()&fs.ModeSocket == 0 {
		return err
	}
	if accepts(ctx, &net.UnixAddr{Name: path, Net: "unix"}) {
		return fmt.Errorf("listen unix %s: %w", path, syscall.EADDRINUSE)
	}
	return os.Remove(path)
}

// accepts reports whether a listener at addr takes connections.
func accepts(ctx context.Context, addr net.Addr) bool {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, addr.Network(), addr.String())
	if err != nil {
		return false
	}
	_ = conn.Close() // it was only to see whether it opens
	return true
}
