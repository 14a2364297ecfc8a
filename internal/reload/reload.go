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
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/internal/dbpool"
	"github.com/pgrest-go/pgrest/introspect"
)

// Config says what to load and whom to tell.
type Config struct {
	Pool dbpool.Pool
	// Fallbacks are where the first schema is loaded from if Pool can't be reached, in this
	// order.
	Fallbacks []dbpool.Pool
	// AcquireTimeout bounds how long a connection is waited for; 0 is no bound.
	AcquireTimeout time.Duration
	Schema         introspect.Options
	// Channel is listened to for notifications; empty for none.
	Channel string
	// Listener is used to listen, and may be shared with other Reloaders; nil for one of
	// its own.
	Listener *Listener
	// Check, if not nil, is called before each load, in its transaction. Its error fails
	// the load.
	Check func(context.Context, introspect.Querier) error
	// Loaded receives each schema cache that was loaded. It is called by one
	// goroutine at a time.
	Loaded func(*introspect.SchemaCache)
	// Reconfigure, if not nil, is called when a notification asks for a new
	// configuration. It must not block, nor panic.
	Reconfigure func()
	Logger      *slog.Logger
}

// Reloader loads in the background until it is closed.
type Reloader struct {
	config Config
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup

	wanted chan struct{} // a load is asked for; asking again changes nothing
	lost   chan struct{} // a load is asked for since a connection was lost

	mu      sync.Mutex
	waiting []chan<- error // who waits for the outcome of the next load
	joined  []chan<- error // who waits for that of the load under way
	loading bool           // a load is under way

	listener     *Listener // nil without a channel
	ownsListener bool
	subscriber   *subscriber // the Reloader, as the listener knows it
	notified     burst

	tally tally
	state state
}

const (
	// debounce is how long a notification waits for others: migrations send many.
	debounce   = 100 * time.Millisecond
	minBackoff = 250 * time.Millisecond
	maxBackoff = 32 * time.Second
	// lostInterval is how long after a load the next one may begin that a lost connection
	// asks for: while a database is away, every request loses one.
	lostInterval = time.Second
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
		r.startListening()
	}
	r.done.Go(r.run)
	return r
}

// Soon asks for a load, and does not wait for it.
func (r *Reloader) Soon() { signal(r.wanted) }

// Lost is told that a connection couldn't be made or was lost. A load follows, a
// second after the last one at the soonest, and is tried again until the database
// is back: its schema may be another then. Lost does not wait for it.
func (r *Reloader) Lost() { signal(r.lost) }

// signal sends without waiting. The channel has room for one: a signal that was not
// received yet stands for both.
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

// beginLoad notes that a load is under way, and gives those that wait for it.
func (r *Reloader) beginLoad() []chan<- error {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting := r.waiting
	r.waiting, r.loading = nil, true
	return waiting
}

// endLoad notes that no load is under way, and gives those that joined the last one.
func (r *Reloader) endLoad() []chan<- error {
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
	r.stopListening()
	r.done.Wait()
}

// run loads whenever a load is asked for, and again after one that failed.
func (r *Reloader) run() {
	var (
		backoff time.Duration
		began   time.Time // when the last load began
		due     time.Time // when the next one is to begin; zero if none is planned
	)
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-r.lost:
			if soonest := began.Add(lostInterval); due.IsZero() || soonest.Before(due) {
				due = soonest
			}
			continue
		case <-timerAt(due):
		case <-r.wanted:
		}
		began = time.Now()
		waiting := r.beginLoad()
		var cache *introspect.SchemaCache
		err := r.counted(func() (err error) {
			cache, err = r.load()
			return err
		})
		r.state.setOutcome(err)
		if err == nil {
			r.config.Loaded(cache)
		}
		r.state.closeTried()
		for _, outcome := range append(waiting, r.endLoad()...) {
			outcome <- err
		}
		if err == nil {
			backoff, due = 0, time.Time{}
			if r.listener != nil {
				signal(r.listener.reachable)
			}
			continue
		}
		if r.ctx.Err() != nil {
			return
		}
		backoff = nextBackoff(backoff)
		due = time.Now().Add(backoff)
		r.config.Logger.Warn("load the schema cache", "error", err, "retry_in", backoff)
	}
}

// timerAt gives a channel that receives at that time, or never if the time is zero.
func timerAt(due time.Time) <-chan time.Time {
	if due.IsZero() {
		return nil
	}
	return time.After(time.Until(due))
}

func nextBackoff(backoff time.Duration) time.Duration {
	return min(max(2*backoff, minBackoff), maxBackoff)
}

// acquire borrows a connection to load from. As long as nothing was loaded, a fallback will
// do; another load follows as soon as the pool can be reached.
func (r *Reloader) acquire() (*pgxpool.Conn, error) {
	conn, err := dbpool.Acquire(r.ctx, r.config.Pool, r.config.AcquireTimeout)
	if err == nil || r.Stats().Loads > 0 {
		return conn, err
	}
	for _, pool := range r.config.Fallbacks {
		if conn, fallbackErr := dbpool.Acquire(r.ctx, pool, r.config.AcquireTimeout); fallbackErr == nil {
			r.config.Logger.Warn("load the schema cache from a replica", "error", err)
			r.Lost()
			return conn, nil
		}
	}
	return nil, err
}

// load reads the catalogs in one snapshot. A panic in the host's code, such as a hook of
// the pool or a tracer, is an error.
func (r *Reloader) load() (_ *introspect.SchemaCache, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked(v)
		}
	}()
	conn, err := r.acquire()
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
		opts := r.config.Schema
		if r.config.Listener != nil {
			opts.Types = &r.config.Listener.types
		}
		cache, err = introspect.Load(ctx, tx, opts)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.config.Logger.Info("schema cache loaded", "relations", len(cache.Tables), "functions", len(cache.Routines),
		"duration", time.Since(start).Round(time.Millisecond), "server_version", conn.Conn().PgConn().ParameterStatus("server_version"))
	return cache, nil
}
