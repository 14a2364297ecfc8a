package reload

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/internal/dbpool"
	"github.com/pgrest-go/pgrest/introspect"
)

// Listener hears the notifications of a database on one connection, for any number of
// Reloaders, whose schemas share their built-in types. It takes that connection out of the pool for good, so that no request gets
// one that listens. The pool may then open another in its place: there is one connection
// more than the pool's maximum. While no Reloader subscribes, there is no connection.
type Listener struct {
	config    ListenerConfig
	ctx       context.Context
	cancel    context.CancelFunc
	done      sync.WaitGroup
	reachable chan struct{} // signals that somebody else has reached the database

	types introspect.SharedTypes // of the schemas of its Reloaders, which are of one database

	mu          sync.Mutex
	subscribers []*subscriber
	changed     bool               // subscribers came or went since the last wait began
	wake        context.CancelFunc // ends the last wait; nil before the first
	running     bool

	// callMu is held while a subscriber is called, so that unsubscribe can wait for the end
	// of the call.
	callMu sync.Mutex
}

// ListenerConfig says where to listen.
type ListenerConfig struct {
	Pool dbpool.Pool
	// AcquireTimeout bounds how long a connection is waited for; 0 is no bound.
	AcquireTimeout time.Duration
	Logger         *slog.Logger
}

// subscriber is what a Reloader gives to the Listener: a channel and whom to call.
type subscriber struct {
	channel string
	// onListening is called when notifications are heard from now on, onLost when they are
	// not, or not yet, and onNotification with the payload of each.
	onListening    func()
	onLost         func()
	onNotification func(payload string)

	// listening reports that onListening was called, and not onLost since. Only the
	// Listener's goroutine uses it.
	listening bool
}

// NewListener makes a Listener that is idle until a Reloader uses it.
func NewListener(c ListenerConfig) *Listener {
	ctx, cancel := context.WithCancel(context.Background())
	return &Listener{config: c, ctx: ctx, cancel: cancel, reachable: make(chan struct{}, 1)}
}

// Close ends the listening for all subscribers, and waits for that.
func (l *Listener) Close() {
	l.cancel()
	l.done.Wait()
}

// Closed reports whether the Listener was closed.
func (l *Listener) Closed() bool { return l.ctx.Err() != nil }

// subscribe adds a subscriber. Once the Listener is closed, it is told of a loss at once.
func (l *Listener) subscribe(s *subscriber) {
	l.mu.Lock()
	l.subscribers = append(l.subscribers, s)
	l.change()
	closed := l.Closed()
	if !l.running && !closed {
		l.running = true
		l.done.Go(l.run)
	}
	l.mu.Unlock()
	if closed {
		s.onLost()
	}
}

// unsubscribe removes a subscriber. It is not called any more once this has returned.
func (l *Listener) unsubscribe(s *subscriber) {
	l.mu.Lock()
	l.subscribers = slices.DeleteFunc(l.subscribers, func(other *subscriber) bool { return other == s })
	l.change()
	l.mu.Unlock()
	l.callMu.Lock()
	defer l.callMu.Unlock() // a call that was under way has ended
}

// change takes note that subscribers came or went. It is called with the lock.
func (l *Listener) change() {
	l.changed = true
	if l.wake != nil {
		l.wake()
	}
}

// waitContext makes a context that bounds a wait and ends it when subscribers come or go.
// It is done from the start if they did so since the last wait began.
func (l *Listener) waitContext(within time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(l.ctx, within)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wake = cancel
	if l.changed {
		l.changed = false
		cancel()
	}
	return ctx, cancel
}

// snapshot gives the present subscribers, and their channels.
func (l *Listener) snapshot() ([]*subscriber, map[string]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	channels := map[string]bool{}
	for _, s := range l.subscribers {
		channels[s.channel] = true
	}
	return slices.Clone(l.subscribers), channels
}

// call calls a subscriber, unless it has unsubscribed.
func (l *Listener) call(s *subscriber, call func()) {
	l.callMu.Lock()
	defer l.callMu.Unlock()
	l.mu.Lock()
	subscribed := slices.Contains(l.subscribers, s)
	l.mu.Unlock()
	if subscribed {
		call()
	}
}

// run listens while there are subscribers. After each loss it tries again, with growing
// pauses.
func (l *Listener) run() {
	backoff := time.Duration(0)
	for l.ctx.Err() == nil {
		subscribers, _ := l.snapshot()
		if len(subscribers) == 0 {
			ctx, cancel := l.waitContext(time.Hour)
			<-ctx.Done()
			cancel()
			continue
		}
		err := l.listen(func() { backoff = 0 })
		l.reportLoss()
		if err == nil || l.ctx.Err() != nil { // no subscriber is left, or it was closed
			continue
		}
		backoff = nextBackoff(backoff)
		l.config.Logger.Warn("listen for notifications", "channel", l.channels(), "error", err, "retry_in", backoff)
		l.pause(backoff)
	}
}

// pause waits for that long, or until somebody else has reached the database.
// Subscribers that come meanwhile are told that nothing is heard.
func (l *Listener) pause(backoff time.Duration) {
	for end := time.Now().Add(backoff); l.ctx.Err() == nil && time.Now().Before(end); l.reportLoss() {
		ctx, cancel := l.waitContext(time.Until(end))
		select {
		case <-ctx.Done():
			cancel()
		case <-l.reachable:
			cancel()
			return
		}
	}
}

// reportLoss tells the subscribers that nothing is heard.
func (l *Listener) reportLoss() {
	subscribers, _ := l.snapshot()
	for _, s := range subscribers {
		s.listening = false
		l.call(s, s.onLost)
	}
}

func (l *Listener) channels() string {
	_, channels := l.snapshot()
	return strings.Join(slices.Sorted(maps.Keys(channels)), ", ")
}

// panicked makes an error of a panic, with its stack.
func panicked(v any) error { return fmt.Errorf("panic: %v\n%s", v, debug.Stack()) }

// listen takes a connection and hands on notifications until the connection is lost (an
// error) or no subscriber is left (nil). A panic in a hook of the pool is an error.
func (l *Listener) listen(connected func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked(v)
		}
	}()
	heard := map[string]bool{} // the channels that the connection listens to
	conn, err := l.connect(heard)
	if err != nil {
		return err
	}
	defer closeConn(conn)
	connected()
	for {
		subscribers, channels := l.snapshot()
		if len(subscribers) == 0 {
			return nil
		}
		if err := l.syncChannels(conn, heard, channels); err != nil {
			return err
		}
		for _, s := range subscribers {
			if !s.listening {
				s.listening = true
				l.call(s, s.onListening)
			}
		}
		if err := l.dispatch(conn); err != nil {
			return err
		}
	}
}

// dispatch hands on notifications until subscribers come or go.
func (l *Listener) dispatch(conn *pgx.Conn) error {
	for {
		notification, changed, err := l.nextNotification(conn)
		switch {
		case err != nil:
			return err
		case changed:
			return nil
		case notification == nil:
			if err := l.ping(conn); err != nil {
				return err
			}
			continue
		}
		subscribers, _ := l.snapshot()
		for _, s := range subscribers {
			if s.channel == notification.Channel {
				l.call(s, func() { s.onNotification(notification.Payload) })
			}
		}
	}
}

// connect gives a connection that listens, and notes in heard to which channels.
func (l *Listener) connect(heard map[string]bool) (*pgx.Conn, error) {
	pooled, err := dbpool.Acquire(l.ctx, l.config.Pool, l.config.AcquireTimeout)
	if err != nil {
		return nil, fmt.Errorf("acquire a connection: %w", err)
	}
	conn, listens := pooled.Hijack(), false
	defer func() {
		if !listens && conn != nil {
			closeConn(conn)
		}
	}()
	_, channels := l.snapshot()
	err = l.syncChannels(conn, heard, channels)
	if isReplica(err) {
		closeConn(conn)
		if conn, err = l.connectPrimary(); err != nil {
			return nil, fmt.Errorf("connect to the primary: %w", err)
		}
		err = l.syncChannels(conn, heard, channels)
	}
	if err != nil {
		return nil, err
	}
	listens = true
	return conn, nil
}

// syncChannels has the connection listen to these channels and no others. It keeps heard,
// the channels that the connection listens to, up to date.
func (l *Listener) syncChannels(conn *pgx.Conn, heard, channels map[string]bool) error {
	for _, channel := range slices.Sorted(maps.Keys(heard)) {
		if !channels[channel] {
			if _, err := conn.Exec(l.ctx, "UNLISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
				return fmt.Errorf("unlisten on %s: %w", channel, err)
			}
			delete(heard, channel)
		}
	}
	for _, channel := range slices.Sorted(maps.Keys(channels)) {
		if heard[channel] {
			continue
		}
		if _, err := conn.Exec(l.ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
			return fmt.Errorf("listen on %s: %w", channel, err)
		}
		heard[channel] = true
		l.config.Logger.Info("listening for notifications", "channel", channel)
	}
	return nil
}

// isReplica reports whether an error is that of a server that only reads, where LISTEN
// is refused.
func isReplica(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "25006" // read_only_sql_transaction
}

// connectPrimary connects to the one of the pool's servers that takes writes, and so
// LISTEN.
// See https://docs.postgrest.org/en/stable/references/listener.html#listener-on-read-replicas.
func (l *Listener) connectPrimary() (*pgx.Conn, error) {
	pool := dbpool.Config(l.config.Pool)
	if pool == nil {
		return nil, errors.New("the pool doesn't say which servers it has")
	}
	ctx := l.ctx
	if l.config.AcquireTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.config.AcquireTimeout)
		defer cancel()
	}
	pool.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	if pool.BeforeConnect != nil { // it may set the password
		if err := pool.BeforeConnect(ctx, pool.ConnConfig); err != nil {
			return nil, err
		}
	}
	return pgx.ConnectConfig(ctx, pool.ConnConfig)
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

const (
	// heartbeat is how long the connection may be silent before it is asked
	// whether it is still there: a machine that vanishes does not say goodbye.
	heartbeat = 30 * time.Second
	// maxPing is how long the answer to that may take.
	maxPing = 10 * time.Second
)

func (l *Listener) ping(conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(l.ctx, maxPing)
	defer cancel()
	return conn.Ping(ctx)
}

// nextNotification waits for a notification, which is nil when the heartbeat passes
// without one. It returns early, with changed, when subscribers come or go.
func (l *Listener) nextNotification(conn *pgx.Conn) (_ *pgconn.Notification, changed bool, _ error) {
	ctx, cancel := l.waitContext(heartbeat)
	defer cancel()
	notification, err := conn.WaitForNotification(ctx)
	switch {
	case err == nil:
		return notification, false, nil
	case l.ctx.Err() != nil:
		return nil, false, l.ctx.Err()
	case conn.IsClosed():
		return nil, false, err
	case errors.Is(err, context.DeadlineExceeded):
		return nil, false, nil
	case errors.Is(err, context.Canceled):
		return nil, true, nil
	}
	return nil, false, err
}
