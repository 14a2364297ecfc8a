package payment

import (
	"context"
	"fmt"
	"time"
)

// listen rouses the worker when a request is committed, on a connection of its own. While it has
// none, the worker finds requests by looking.
func (w *Worker) listen(ctx context.Context) {
	for failed := 0; ctx.Err() == nil; failed++ {
		err := w.listenOnce(ctx, func() { failed = 0 })
		if ctx.Err() != nil {
			return
		}
		w.opts.Logger.WarnContext(ctx, "payments: the connection that listens is lost", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(min(w.opts.Poll<<min(failed, 10), 30*time.Second)):
		}
	}
}

func (w *Worker) listenOnce(ctx context.Context, listening func()) error {
	pooled, err := w.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack() // the pool has one more for others
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(ctx, `LISTEN http_request_queue`); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	listening()
	w.rouse() // of requests that came before
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
		w.rouse()
	}
}
