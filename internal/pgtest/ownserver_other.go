//go:build !unix

package pgtest

import (
	"context"
	"errors"
)

// openOwn is for Unix, as openLocal is.
func openOwn(context.Context) (*OwnedServer, func() error, error) {
	return nil, nil, errors.New("servers are started from local programs on Unix only")
}
