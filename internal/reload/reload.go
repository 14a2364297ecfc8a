// Package reload keeps a schema cache up to date: it loads it at the start, when
// asked to, and when the database notifies that the schema has changed.
//
//	r := reload.Start(reload.Config{Pool: pool, Channel: "pgrst", Loaded: store})
//	defer r.Close()
//	err := r.Now(ctx)
package reload

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgrest-go/pgrest/internal/dbpool"
	"github.com/pgrest-go/pgrest/introspect"
)

// Config says what to load and whom to tell.
type Config struct {
	Pool dbpool.Pool
	// AcquireTimeout bounds how long a connection is waited for; 0 is no bound.
	AcquireTimeout time.Duration
	Schema         introspect.Options
	// Channel is listened to for notifications; empty for none.
	Channel string
	// Listener is whose connection listens, and others' too; nil for one of its own.
	Listener *Listener
	// Check, if not nil, is called before each load, in its transaction. Its error is why
	// there is no load.
	Check func(context.Context, introspect.Querier) error
	// Loaded receives each schema cache that was loaded. It is called by one
	// goroutine at a time.
	Loaded func(*introspect.SchemaCache)
	// Reconfigure, if not nil, is called when a notification asks for a new
	// configuration. It must not block.
	Reconfigure func()
	Logger      *slog.Logger
}

// Reloader loads in the background until it is closed.
type Reloader struct {
	config Config
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup

	wanted chan struct{} // a load is due; further wishes join it
	lost   chan struct{} // a load is due when the database is back

	mu      sync.Mutex
	waiting []chan<- error // for the outcome of the load that is due
	joined  []chan<- error // for that of the load under way
	loading bool

	listener     *Listener // nil without a channel
	ownsListener bool
	member       *member // of the listener
	notified     burst

	tally tally
	state state
}

const (
	// debounce is how long a notification waits for others: migrations send many.
	debounce   = 100 * time.Millisecond
	minBackoff = 250 * time.Millisecond
	maxBackoff = 32 * time.Second
	// lull is how long after a load the next one begins that lost connections ask
	// for: a database that is away has every request lose one.
	lull = time.Second
	// maxLoad is how long a load may take: a database that vanished never answers.
	maxLoad = 5 * time.Minute
)

// Start begins with a first load. A load that fails is logged and tried again,
// with growing pauses, until it succeeds.
func Start(c Config) *Reloader {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Reloader{
		config: c, ctx: ctx, cancel: cancel,
		wanted: make(chan struct{}, 1), lost: make(chan struct{}, 1),
		state: state{tried: make(chan struct{})},
	}
	if c.Channel == "" {
		r.Soon()
	} else {
		r.listens()
	}
	r.done.Go(r.loads)
	return r
}

// Soon asks for a load, and does not wait for it.
func (r *Reloader) Soon() { signal(r.wanted) }

// Lost is told that a connection couldn't be made or was lost. A load follows, a
// second after the last one at the soonest, and is tried again until the database
// is back: its schema may be another then. Lost does not wait for it.
func (r *Reloader) Lost() { signal(r.lost) }

// signal leaves word for whoever listens next; once is enough.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Now loads, and returns when that is done: with the error of the load, of ctx,
// or context.Canceled when the Reloader was closed. Callers that wait at the same
// time share a load that began after all of them had called.
func (r *Reloader) Now(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	outcome := make(chan error, 1)
	r.mu.Lock()
	r.waiting = append(r.waiting, outcome)
	r.mu.Unlock()
	r.Soon()
	return r.await(ctx, outcome)
}

// Join waits for the load that is under way, or else for one that is due, and reports
// whether there was one. The error is as that of Now.
func (r *Reloader) Join(ctx context.Context) (joined bool, err error) {
	outcome := make(chan error, 1)
	r.mu.Lock()
	switch {
	case r.loading:
		r.joined = append(r.joined, outcome)
	case len(r.wanted) > 0 || len(r.waiting) > 0:
		r.waiting = append(r.waiting, outcome)
	default:
		r.mu.Unlock()
		return false, nil
	}
	r.mu.Unlock()
	return true, r.await(ctx, outcome)
}

func (r *Reloader) await(ctx context.Context, outcome <-chan error) error {
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-r.ctx.Done():
		return context.Canceled
	}
}

// begins takes those that wait for the load that begins.
func (r *Reloader) begins() []chan<- error {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting := r.waiting
	r.waiting, r.loading = nil, true
	return waiting
}

// ends takes those that have joined the load that ends.
func (r *Reloader) ends() []chan<- error {
	r.mu.Lock()
	defer r.mu.Unlock()
	joined := r.joined
	r.joined, r.loading = nil, false
	return joined
}

// Closed is closed when the Reloader is.
func (r *Reloader) Closed() <-chan struct{} { return r.ctx.Done() }

// Close ends the loading and the listening, and waits for both.
func (r *Reloader) Close() {
	r.cancel()
	r.unlisten()
	r.done.Wait()
}

// loads loads whenever that is due.
func (r *Reloader) loads() {
	var (
		backoff time.Duration
		began   time.Time // the last load
		due     time.Time // the next one; zero if none is
	)
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-r.lost:
			if soonest := began.Add(lull); due.IsZero() || soonest.Before(due) {
				due = soonest
			}
			continue
		case <-at(due):
		case <-r.wanted:
		}
		began = time.Now()
		waiting := r.begins()
		var cache *introspect.SchemaCache
		err := r.timed(func() (err error) {
			cache, err = r.load()
			return err
		})
		r.state.outcome(err)
		if err == nil {
			r.config.Loaded(cache)
		}
		r.state.ended()
		for _, outcome := range append(waiting, r.ends()...) {
			outcome <- err
		}
		if err == nil {
			backoff, due = 0, time.Time{}
			if r.listener != nil {
				signal(r.listener.back)
			}
			continue
		}
		if r.ctx.Err() != nil {
			return
		}
		backoff = grow(backoff)
		due = time.Now().Add(backoff)
		r.config.Logger.Warn("load the schema cache", "error", err, "retry_in", backoff)
	}
}

// at tells when it is due; of no time it never tells.
func at(due time.Time) <-chan time.Time {
	if due.IsZero() {
		return nil
	}
	return time.After(time.Until(due))
}

func grow(backoff time.Duration) time.Duration {
	return min(max(2*backoff, minBackoff), maxBackoff)
}

// load reads the catalogs in one snapshot. A panic in what the host has to do with it, a
// hook of the pool or a tracer, is an error.
func (r *Reloader) load() (_ *introspect.SchemaCache, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked(v)
		}
	}()
	conn, err := dbpool.Acquire(r.ctx, r.config.Pool, r.config.AcquireTimeout)
	if err != nil {
		return nil, fmt.Errorf("acquire a connection: %w", err)
	}
	defer conn.Release()
	ctx, cancel := context.WithTimeout(r.ctx, maxLoad)
	defer cancel()
	start := time.Now()
	var cache *introspect.SchemaCache
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, conn, options, func(tx pgx.Tx) (err error) {
		if r.config.Check != nil {
			if err := r.config.Check(ctx, tx); err != nil {
				return err
			}
		}
		cache, err = introspect.Load(ctx, tx, r.config.Schema)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.config.Logger.Info("schema cache loaded", "relations", len(cache.Tables), "functions", len(cache.Routines),
		"duration", time.Since(start).Round(time.Millisecond), "server_version", conn.Conn().PgConn().ParameterStatus("server_version"))
	return cache, nil
}
