//go:build !unix

package pgtest

import (
	"context"
	"errors"
	"syscall"
)

// openLocal needs Unix, whose processes and pipes keep a server from outliving its tests.
func openLocal(context.Context, []string) (*Server, error) {
	return nil, errors.New("servers are started from local programs on Unix only")
}

// startPrograms needs Unix, too.
func startPrograms(context.Context, string, []string) (*Server, error) {
	return nil, errors.New("servers are started from local programs on Unix only")
}

// ownSession needs Unix, too.
func ownSession() *syscall.SysProcAttr { return nil }
