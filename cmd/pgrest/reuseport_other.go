//go:build !unix || solaris || illumos || aix

package main

import (
	"errors"
	"syscall"
)

// reusePort fails, since this system has no SO_REUSEPORT.
func reusePort(_, _ string, _ syscall.RawConn) error {
	return errors.New("server-reuseport is not supported on this system")
}
