package pgrest

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/pgrest-go/pgrest/internal/reload"
)

// Listener hears the notifications of one database for any number of Handlers:
// Options.Listener. It costs one connection, however many they are, where each handler
// would have one of its own otherwise. That connection is taken out of the pool for good,
// so that it comes on top of the pool's maximum: leave room for it in PostgreSQL's
// max_connections.
//
// There is a connection while there are handlers: it is made for the first, and closed
// with the last. It listens to all channels that they have. Handlers of other pools may
// share it too, if these lead to the same database; a notification is heard only in the
// database that it was made in.
//
// Handlers that share a listener share the built-in types of the database too, which are
// some 20 KiB of each handler's schema otherwise.
type Listener struct{ hears *reload.Listener }

// ListenerOptions configures a Listener. The zero value of every field is its default.
type ListenerOptions struct {
	// AcquireTimeout is how long a connection is waited for, before the next attempt. 0
	// means 10 seconds.
	AcquireTimeout time.Duration
	// Logger receives, as warnings, why notifications can't be heard. Default:
	// slog.Default().
	Logger *slog.Logger
}

// NewListener makes a listener that takes its connection from pool, when the first
// handler has it.
func NewListener(pool Pool, opts ListenerOptions) (*Listener, error) {
	switch {
	case pool == nil:
		return nil, errors.New("pgrest: no pool")
	case opts.AcquireTimeout < 0:
		return nil, fmt.Errorf("pgrest: AcquireTimeout is %s, and can't be negative", opts.AcquireTimeout)
	}
	return &Listener{reload.NewListener(reload.ListenerConfig{
		Pool: pool, AcquireTimeout: cmp.Or(opts.AcquireTimeout, defaultAcquireTimeout), Logger: guarded(cmp.Or(opts.Logger, slog.Default())),
	})}, nil
}

// Close ends the listening and its connection. Handlers that have the listener go on
// without notifications, so close these first; one that is made afterwards is refused.
func (l *Listener) Close() { l.hears.Close() }
