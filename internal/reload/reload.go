// Package reload keeps a schema cache up to date: it loads it at the start, when
// asked to, and when the database notifies that the schema has changed.
//
//	r := reload.Start(reload.Config{Pool: pool, Channel: "pgrst", Loaded: store})
//	defer r.Close()
//	err := r.Now(ctx)
package reload

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/introspect"
)

// Pool lends connections.
type Pool interface {
	Acquire(ctx context.Context) (*pgxpool.Conn, error)
}

// Config says what to load and whom to tell.
type Config struct {
	Pool   Pool
	Schema introspect.Options
	// Channel is listened to for notifications; empty for none.
	Channel string
	// Loaded receives each schema cache that was loaded. It is called by one
	// goroutine at a time.
	Loaded func(*introspect.SchemaCache)
	Logger *slog.Logger
}

// Reloader loads in the background until it is closed.
type Reloader struct {
	config Config
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup

	wanted chan struct{}   // a load is due; further wishes join it
	asked  chan chan error // a load is due, and its outcome is waited for
}

const (
	// debounce is how long a notification waits for others: migrations send many.
	debounce   = 100 * time.Millisecond
	minBackoff = 250 * time.Millisecond
	maxBackoff = 32 * time.Second
)

// Start begins with a first load. A load that fails is logged and tried again,
// with growing pauses, until it succeeds.
func Start(c Config) *Reloader {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Reloader{config: c, ctx: ctx, cancel: cancel, wanted: make(chan struct{}, 1), asked: make(chan chan error)}
	r.done.Go(r.loads)
	if c.Channel == "" {
		r.Soon()
	} else {
		r.done.Go(r.listens)
	}
	return r
}

// Soon asks for a load, and does not wait for it.
func (r *Reloader) Soon() {
	select {
	case r.wanted <- struct{}{}:
	default: // one is due already
	}
}

// Now loads, and returns when that is done: with the error of the load, of ctx,
// or context.Canceled when the Reloader was closed.
func (r *Reloader) Now(ctx context.Context) error {
	outcome := make(chan error, 1)
	select {
	case r.asked <- outcome:
	case <-ctx.Done():
		return ctx.Err()
	case <-r.ctx.Done():
		return context.Canceled
	}
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-r.ctx.Done():
		return context.Canceled
	}
}

// Closed is closed when the Reloader is.
func (r *Reloader) Closed() <-chan struct{} { return r.ctx.Done() }

// Close ends the loading and the listening, and waits for both.
func (r *Reloader) Close() {
	r.cancel()
	r.done.Wait()
}

func (r *Reloader) loads() {
	backoff := time.Duration(0)
	var retry <-chan time.Time
	for {
		var outcome chan error
		select {
		case <-r.ctx.Done():
			return
		case outcome = <-r.asked:
		case <-retry:
		case <-r.wanted:
		}
		err := r.load()
		if outcome != nil {
			outcome <- err
		}
		if err == nil {
			backoff, retry = 0, nil
			continue
		}
		if r.ctx.Err() != nil {
			return
		}
		backoff = grow(backoff)
		retry = time.After(backoff)
		r.config.Logger.Error("load the schema cache", "error", err, "retry_in", backoff)
	}
}

func grow(backoff time.Duration) time.Duration {
	return min(max(2*backoff, minBackoff), maxBackoff)
}

// load reads the catalogs in one snapshot.
func (r *Reloader) load() error {
	conn, err := r.config.Pool.Acquire(r.ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	start := time.Now()
	var cache *introspect.SchemaCache
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(r.ctx, conn, options, func(tx pgx.Tx) (err error) {
		cache, err = introspect.Load(r.ctx, tx, r.config.Schema)
		return err
	})
	if err != nil {
		return err
	}
	r.config.Loaded(cache)
	r.config.Logger.Info("schema cache loaded", "relations", len(cache.Tables), "functions", len(cache.Routines),
		"duration", time.Since(start).Round(time.Millisecond))
	return nil
}
