package reload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// listens keeps a listening connection. Whenever it has a new one it asks for a
// load, the first included: what was notified before, nobody heard. After each
// loss it tries again, with growing pauses.
func (r *Reloader) listens() {
	backoff := time.Duration(0)
	for first := true; r.ctx.Err() == nil; first = false {
		err := r.listen(func() {
			backoff = 0
			r.Soon()
			if !first { // and a change of configuration may have been missed too
				r.reconfigure("")
			}
		})
		if r.ctx.Err() != nil {
			return
		}
		if first { // to serve, nobody has to listen
			r.Soon()
		}
		backoff = grow(backoff)
		r.config.Logger.Warn("listen for notifications", "channel", r.config.Channel, "error", err, "retry_in", backoff)
		select {
		case <-time.After(backoff):
		case <-r.back: // and so may the listening be
		case <-r.ctx.Done():
		}
	}
}

// listen takes a connection out of the pool for good, so that no request gets
// one that listens, and hands on notifications until the connection is lost.
func (r *Reloader) listen(listening func()) error {
	pooled, err := r.acquire()
	if err != nil {
		return fmt.Errorf("acquire a connection: %w", err)
	}
	conn := pooled.Hijack()
	err = r.subscribe(conn)
	if isReplica(err) {
		closeConn(conn)
		if conn, err = r.connectPrimary(); err != nil {
			return fmt.Errorf("connect to the primary: %w", err)
		}
		err = r.subscribe(conn)
	}
	defer closeConn(conn)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", r.config.Channel, err)
	}
	r.state.listening.Store(true)
	defer r.state.listening.Store(false)
	r.config.Logger.Info("listening for notifications", "channel", r.config.Channel)
	listening()
	for {
		notification, err := r.next(conn, heartbeat)
		switch {
		case err != nil:
			return err
		case notification == nil:
			err = r.ping(conn)
		case r.heard(notification):
			err = r.settle(conn)
		}
		if err != nil {
			return err
		}
	}
}

func (r *Reloader) subscribe(conn *pgx.Conn) error {
	_, err := conn.Exec(r.ctx, "LISTEN "+pgx.Identifier{r.config.Channel}.Sanitize())
	return err
}

// isReplica reports whether an error is that of a server that only reads, where
// nobody can listen.
func isReplica(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "25006" // read_only_sql_transaction
}

// connectPrimary connects to the one of the pool's servers that can be listened to.
// See https://docs.postgrest.org/en/stable/references/listener.html#listener-on-read-replicas.
func (r *Reloader) connectPrimary() (*pgx.Conn, error) {
	configured, ok := r.config.Pool.(interface{ Config() *pgxpool.Config })
	if !ok {
		return nil, errors.New("the pool doesn't say which servers it has")
	}
	ctx := r.ctx
	if r.config.AcquireTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.config.AcquireTimeout)
		defer cancel()
	}
	pool := configured.Config()
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

func (r *Reloader) ping(conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(r.ctx, maxPing)
	defer cancel()
	return conn.Ping(ctx)
}

// next waits for a notification; nil when there is none within that time.
func (r *Reloader) next(conn *pgx.Conn, within time.Duration) (*pgconn.Notification, error) {
	ctx, cancel := context.WithTimeout(r.ctx, within)
	defer cancel()
	notification, err := conn.WaitForNotification(ctx)
	switch {
	case err == nil:
		return notification, nil
	case r.ctx.Err() != nil:
		return nil, r.ctx.Err()
	case errors.Is(err, context.DeadlineExceeded) && !conn.IsClosed():
		return nil, nil
	}
	return nil, err
}

// heard acts on a notification, and reports whether it asked for a load.
func (r *Reloader) heard(notification *pgconn.Notification) bool {
	r.reconfigure(notification.Payload)
	if !asksForLoad(notification.Payload) {
		return false
	}
	r.config.Logger.Info("notified", "channel", notification.Channel, "payload", notification.Payload)
	r.Soon()
	return true
}

// settle takes the notifications that follow another one closely, as those of a
// migration do, for one: the schema is loaded at the first and after the last.
// See https://docs.postgrest.org/en/stable/references/schema_cache.html#debouncing.
func (r *Reloader) settle(conn *pgx.Conn) error {
	last := false
	for end := time.Now().Add(debounce); ; {
		notification, err := r.next(conn, time.Until(end))
		if err != nil {
			return err
		}
		if notification == nil {
			break
		}
		r.reconfigure(notification.Payload)
		last = last || asksForLoad(notification.Payload)
	}
	if last {
		r.Soon()
	}
	return nil
}

// asksForLoad reports whether a notification asks for a load. The settings of roles are
// loaded with the schema, and a part of the configuration. See
// https://docs.postgrest.org/en/stable/references/schema_cache.html#schema-reloading.
func asksForLoad(payload string) bool {
	return payload == "" || payload == "reload schema" || payload == "reload config"
}

// reconfigure tells the host of a notification about the configuration. See
// https://docs.postgrest.org/en/stable/references/configuration.html#configuration-reloading.
func (r *Reloader) reconfigure(payload string) {
	if r.config.Reconfigure != nil && (payload == "" || payload == "reload config") {
		r.config.Reconfigure()
	}
}
