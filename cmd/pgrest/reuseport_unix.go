//go:build unix && !solaris && !illumos && !aix

package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// reusePort lets several processes listen on one port.
func reusePort(_, _ string, conn syscall.RawConn) error {
	var fault error
	err := conn.Control(func(fd uintptr) {
		fault = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
	if err != nil {
		return err
	}
	return fault
}
