//go:build !unix

package pgtest

import (
	"context"
	"errors"
)

// openOwn needs Unix, as openLocal does.
func openOwn(context.Context, *OwnedServer, ...string) (*OwnedServer, func() error, error) {
	return nil, nil, errors.New("servers are started from local programs on Unix only")
}
