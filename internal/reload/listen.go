package reload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
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
		})
		if r.ctx.Err() != nil {
			return
		}
		if first { // to serve, nobody has to listen
			r.Soon()
		}
		backoff = grow(backoff)
		r.config.Logger.Error("listen for schema changes", "channel", r.config.Channel, "error", err, "retry_in", backoff)
		select {
		case <-time.After(backoff):
		case <-r.ctx.Done():
		}
	}
}

// listen takes a connection out of the pool for good, so that no request gets
// one that listens, and hands on notifications until the connection is lost.
func (r *Reloader) listen(listening func()) error {
	pooled, err := r.config.Pool.Acquire(r.ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack()
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(r.ctx, "LISTEN "+pgx.Identifier{r.config.Channel}.Sanitize()); err != nil {
		return fmt.Errorf("listen on %s: %w", r.config.Channel, err)
	}
	listening()
	for {
		notification, err := conn.WaitForNotification(r.ctx)
		if err != nil {
			return err
		}
		if !reloadsSchema(notification.Payload) {
			continue
		}
		if err := r.settle(conn); err != nil {
			return err
		}
		r.Soon()
	}
}

// settle waits until no more notifications come in.
func (r *Reloader) settle(conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(r.ctx, debounce)
	defer cancel()
	for {
		_, err := conn.WaitForNotification(ctx)
		switch {
		case err == nil:
		case r.ctx.Err() != nil:
			return r.ctx.Err()
		case errors.Is(err, context.DeadlineExceeded) && !conn.IsClosed():
			return nil
		default:
			return err
		}
	}
}

// reloadsSchema reports whether a notification is about the schema. See
// https://docs.postgrest.org/en/stable/references/schema_cache.html#schema-reloading.
func reloadsSchema(payload string) bool {
	return payload == "" || payload == "reload schema"
}
