//go:build !unix

package pgtest

import (
	"context"
	"errors"
	"syscall"
)

// openLocal is for Unix: what keeps a server from outliving its tests needs its
// processes and pipes.
func openLocal(context.Context) (*Server, error) {
	return nil, errors.New("servers are started from local programs on Unix only")
}

// ownSession is for Unix, too.
func ownSession() *syscall.SysProcAttr { return nil }
