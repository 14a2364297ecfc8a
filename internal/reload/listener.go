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
)

// Listener hears the notifications of a database on one connection, for any number of
// Reloaders. It takes that connection out of the pool for good, so that no request gets
// one that listens: it is one more than the pool's maximum. There is none while nobody
// hears.
type Listener struct {
	config ListenerConfig
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup
	back   chan struct{} // the database was reached

	mu      sync.Mutex
	members []*member
	changed bool               // members came or went
	wake    context.CancelFunc // ends the wait for notifications or members; nil if there is none
	running bool

	// calling is held while a member is called, so that none is once it has left.
	calling sync.Mutex
}

// ListenerConfig says where to listen.
type ListenerConfig struct {
	Pool dbpool.Pool
	// AcquireTimeout bounds how long a connection is waited for; 0 is no bound.
	AcquireTimeout time.Duration
	Logger         *slog.Logger
}

// member is who hears a channel.
type member struct {
	channel string
	// listening is called when notifications are heard from now on, lost when they
	// aren't, or not yet, and heard with the payload of each.
	listening func()
	lost      func()
	heard     func(payload string)

	told bool // that it is listening; the listener's goroutine alone looks at it
}

// NewListener makes a Listener that is idle until a Reloader uses it.
func NewListener(c ListenerConfig) *Listener {
	ctx, cancel := context.WithCancel(context.Background())
	return &Listener{config: c, ctx: ctx, cancel: cancel, back: make(chan struct{}, 1)}
}

// Close ends the listening, and waits for that. Nobody hears anything any more.
func (l *Listener) Close() {
	l.cancel()
	l.done.Wait()
}

// Closed reports whether the Listener was closed.
func (l *Listener) Closed() bool { return l.ctx.Err() != nil }

// join has a member hear its channel.
func (l *Listener) join(m *member) {
	l.mu.Lock()
	l.members = append(l.members, m)
	l.change()
	closed := l.Closed()
	if !l.running && !closed {
		l.running = true
		l.done.Go(l.run)
	}
	l.mu.Unlock()
	if closed {
		m.lost()
	}
}

// leave has a member hear nothing more. It is not called once this has returned.
func (l *Listener) leave(m *member) {
	l.mu.Lock()
	l.members = slices.DeleteFunc(l.members, func(other *member) bool { return other == m })
	l.change()
	l.mu.Unlock()
	l.calling.Lock()
	defer l.calling.Unlock() // a call that was under way has ended
}

// change takes note of other members. It is called with the lock.
func (l *Listener) change() {
	l.changed = true
	if l.wake != nil {
		l.wake()
	}
}

// waiting makes a context for a wait that other members end; at once, if they came
// since the last one was made.
func (l *Listener) waiting(within time.Duration) (context.Context, context.CancelFunc) {
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

// present are the members there are, and the channels that they hear.
func (l *Listener) present() ([]*member, map[string]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	channels := map[string]bool{}
	for _, m := range l.members {
		channels[m.channel] = true
	}
	return slices.Clone(l.members), channels
}

// call calls a member, unless it has left.
func (l *Listener) call(m *member, call func()) {
	l.calling.Lock()
	defer l.calling.Unlock()
	l.mu.Lock()
	there := slices.Contains(l.members, m)
	l.mu.Unlock()
	if there {
		call()
	}
}

// run listens while there are members. After each loss it tries again, with growing
// pauses.
func (l *Listener) run() {
	backoff := time.Duration(0)
	for l.ctx.Err() == nil {
		members, _ := l.present()
		if len(members) == 0 {
			ctx, cancel := l.waiting(time.Hour)
			<-ctx.Done()
			cancel()
			continue
		}
		err := l.listen(func() { backoff = 0 })
		l.lose()
		if err == nil || l.ctx.Err() != nil { // nobody is left
			continue
		}
		backoff = grow(backoff)
		l.config.Logger.Warn("listen for notifications", "channel", l.channels(), "error", err, "retry_in", backoff)
		l.pause(backoff)
	}
}

// pause waits for that long, or until the database was reached. Members that come
// meanwhile learn that nothing is heard.
func (l *Listener) pause(backoff time.Duration) {
	for end := time.Now().Add(backoff); l.ctx.Err() == nil && time.Now().Before(end); l.lose() {
		ctx, cancel := l.waiting(time.Until(end))
		select {
		case <-ctx.Done():
			cancel()
		case <-l.back: // and so may the listening be
			cancel()
			return
		}
	}
}

// lose tells the members that nothing is heard.
func (l *Listener) lose() {
	members, _ := l.present()
	for _, m := range members {
		m.told = false
		l.call(m, m.lost)
	}
}

func (l *Listener) channels() string {
	_, channels := l.present()
	return strings.Join(slices.Sorted(maps.Keys(channels)), ", ")
}

// panicked makes an error of a panic, with where it was.
func panicked(v any) error { return fmt.Errorf("panic: %v\n%s", v, debug.Stack()) }

// listen takes a connection and hands on notifications until it is lost, or nobody is
// left to hear them. A panic in a hook of the pool is an error.
func (l *Listener) listen(connected func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked(v)
		}
	}()
	heard := map[string]bool{} // channels
	conn, err := l.connect(heard)
	if err != nil {
		return err
	}
	defer closeConn(conn)
	connected()
	for {
		members, channels := l.present()
		if len(members) == 0 {
			return nil
		}
		if err := l.subscribe(conn, heard, channels); err != nil {
			return err
		}
		for _, m := range members {
			if !m.told {
				m.told = true
				l.call(m, m.listening)
			}
		}
		if err := l.hand(conn); err != nil {
			return err
		}
	}
}

// hand hands on notifications until there are other members.
func (l *Listener) hand(conn *pgx.Conn) error {
	for {
		notification, changed, err := l.next(conn)
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
		members, _ := l.present()
		for _, m := range members {
			if m.channel == notification.Channel {
				l.call(m, func() { m.heard(notification.Payload) })
			}
		}
	}
}

// connect gives a connection that listens, and notes to which channels.
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
	_, channels := l.present()
	err = l.subscribe(conn, heard, channels)
	if isReplica(err) {
		closeConn(conn)
		if conn, err = l.connectPrimary(); err != nil {
			return nil, fmt.Errorf("connect to the primary: %w", err)
		}
		err = l.subscribe(conn, heard, channels)
	}
	if err != nil {
		return nil, err
	}
	listens = true
	return conn, nil
}

// subscribe has the connection listen to these channels and no others; heard are those
// that it listens to.
func (l *Listener) subscribe(conn *pgx.Conn, heard, channels map[string]bool) error {
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

// isReplica reports whether an error is that of a server that only reads, where
// nobody can listen.
func isReplica(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "25006" // read_only_sql_transaction
}

// connectPrimary connects to the one of the pool's servers that can be listened to.
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
	if pool.BeforeConnect != nil { // which may have the password
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
	// maxPing is how long its answer may take.
	maxPing = 10 * time.Second
)

func (l *Listener) ping(conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(l.ctx, maxPing)
	defer cancel()
	return conn.Ping(ctx)
}

// next waits for a notification; nil when there is none for a while. It reports other
// members, too.
func (l *Listener) next(conn *pgx.Conn) (_ *pgconn.Notification, changed bool, _ error) {
	ctx, cancel := l.waiting(heartbeat)
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
