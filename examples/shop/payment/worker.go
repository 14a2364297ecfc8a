package payment

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options are those of a Worker.
type Options struct {
	// Concurrency is how many calls are made at the same time. 0 is 8.
	Concurrency int
	// Poll is how often the worker looks for work that no notification told it of: the
	// answers of pg_net, the requests of a worker that died, and all if LISTEN fails. 0 is a
	// second.
	Poll time.Duration
	// Grace is how long, after a call should be over, another worker takes it that this one
	// has died. 0 is ten seconds.
	Grace time.Duration
	// Client makes the calls. nil is one that doesn't follow redirects.
	Client *http.Client
	// Logger is told of errors. nil is slog.Default().
	Logger *slog.Logger

	// at is told of each step before it is taken. Tests end the process there.
	at func(step)
}

// step is a place in the work where a process can die.
type step string

const (
	stepClaim  step = "claim"  // nothing has been done yet
	stepCall   step = "call"   // the request is this worker's, and the call isn't made
	stepRecord step = "record" // the provider has answered, and nobody else knows
	stepSettle step = "settle" // the answer is there, and the payment doesn't say so yet
	stepNext   step = "next"   // a payment has been settled
	stepSend   step = "send"   // payments that failed are to be sent again
	stepSent   step = "sent"   // and have been
)

// Worker carries payments by the outbox: it makes the calls that net.http_post asked for, where
// pg_net doesn't; it takes answers over; and it sends payments again whose pause is over. Any
// number of workers may run, in one process or several. None has a transaction open while a call
// is under way.
type Worker struct {
	pool   *pgxpool.Pool
	opts   Options
	wake   chan struct{} // has room for one
	slots  chan struct{} // has a token for each call under way
	cancel context.CancelFunc
	done   sync.WaitGroup
	ours   bool // whether the worker makes the calls
	tidied time.Time
}

// Start starts a worker, which ends with ctx, or with Close. The pool is one of the role
// shop_payments. It fails if the database does.
func Start(ctx context.Context, pool *pgxpool.Pool, opts Options) (*Worker, error) {
	w := &Worker{pool: pool, opts: opts.withDefaults(), wake: make(chan struct{}, 1)}
	w.slots = make(chan struct{}, w.opts.Concurrency)
	if err := pool.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_net')`).Scan(&w.ours); err != nil {
		return nil, fmt.Errorf("ask who makes the calls: %w", err)
	}
	ctx, w.cancel = context.WithCancel(ctx)
	w.done.Go(func() { w.run(ctx) })
	if w.ours {
		w.done.Go(func() { w.listen(ctx) })
	}
	return w, nil
}

// Close ends the worker. It breaks off the calls that are under way, which are made again, with
// the same idempotency key, when a worker runs.
func (w *Worker) Close() {
	w.cancel()
	w.done.Wait()
	w.opts.Client.CloseIdleConnections()
}

func (o Options) withDefaults() Options {
	if o.Concurrency <= 0 {
		o.Concurrency = 8
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.Grace <= 0 {
		o.Grace = 10 * time.Second
	}
	if o.Client == nil {
		o.Client = newClient()
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.at == nil {
		o.at = func(step) {}
	}
	return o
}

// run works until ctx is done. After an error it waits longer each time, up to half a minute.
func (w *Worker) run(ctx context.Context) {
	failed := 0
	for ctx.Err() == nil {
		pause, err := w.round(ctx)
		if err == nil {
			failed = 0
		} else if ctx.Err() == nil {
			w.opts.Logger.ErrorContext(ctx, "payments: a round of work failed", "error", err)
			pause = min(w.opts.Poll<<min(failed, 10), 30*time.Second)
			failed++
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-w.wake:
		}
		timer.Stop()
	}
}

// round does what there is to do, and gives how long nothing is known to be.
func (w *Worker) round(ctx context.Context) (time.Duration, error) {
	if err := w.settle(ctx); err != nil {
		return 0, err
	}
	w.opts.at(stepSend)
	for sent := sendAtOnce; sent == sendAtOnce; {
		if err := w.pool.QueryRow(ctx, `SELECT private.send_due_payments($1)`, sendAtOnce).Scan(&sent); err != nil {
			return 0, fmt.Errorf("send what is due: %w", err)
		}
	}
	w.opts.at(stepSent)
	if w.ours {
		if err := w.claim(ctx); err != nil {
			return 0, fmt.Errorf("take requests: %w", err)
		}
		if err := w.tidy(ctx); err != nil {
			return 0, fmt.Errorf("forget old answers: %w", err)
		}
	}
	var next *time.Duration
	if err := w.pool.QueryRow(ctx, `SELECT private.next_payment_in()`).Scan(&next); err != nil {
		return 0, fmt.Errorf("ask when the next is due: %w", err)
	}
	if next == nil {
		return w.opts.Poll, nil
	}
	return min(max(*next, 10*time.Millisecond), w.opts.Poll), nil
}

// sendAtOnce is how many payments are sent in one transaction.
const sendAtOnce = 100

// settle takes over what answers there are, each in a transaction of its own.
func (w *Worker) settle(ctx context.Context) error {
	for {
		w.opts.at(stepSettle)
		var payment *int64
		if err := w.pool.QueryRow(ctx, `SELECT private.settle_next_answer()`).Scan(&payment); err != nil {
			return fmt.Errorf("take an answer over: %w", err)
		}
		if payment == nil {
			return nil
		}
		w.opts.at(stepNext)
	}
}

// claim takes as many requests as calls can be made at once, and starts them.
func (w *Worker) claim(ctx context.Context) error {
	free := cap(w.slots) - len(w.slots) // only this goroutine takes slots, so there are no fewer later
	if free == 0 {
		return nil
	}
	w.opts.at(stepClaim)
	rows, err := w.pool.Query(ctx, `
		SELECT id, method, url, headers, body, timeout_milliseconds FROM net.claim_requests($1, $2)`, free, w.opts.Grace)
	if err != nil {
		return err
	}
	type request struct {
		ID int64
		call
		Milliseconds int
	}
	requests, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r request, err error) {
		err = row.Scan(&r.ID, &r.Method, &r.URL, &r.Headers, &r.Body, &r.Milliseconds)
		r.Timeout = time.Duration(r.Milliseconds) * time.Millisecond
		return r, err
	})
	if err != nil {
		return err
	}
	for _, r := range requests {
		w.slots <- struct{}{}
		w.done.Go(func() {
			defer w.rouse()
			defer func() { <-w.slots }()
			if err := w.make(ctx, r.ID, r.call); err != nil && ctx.Err() == nil {
				w.opts.Logger.ErrorContext(ctx, "payments: an answer isn't recorded", "request", r.ID, "error", err)
			}
		})
	}
	return nil
}

// make makes a call, and records the answer. If it can't, the request is taken again later.
func (w *Worker) make(ctx context.Context, request int64, c call) error {
	w.opts.at(stepCall)
	a := do(ctx, w.opts.Client, c)
	if ctx.Err() != nil { // what went wrong is this worker's end, and not the provider
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_, err := w.pool.Exec(ctx, `SELECT net.release_request($1)`, request)
		return err
	}
	w.opts.at(stepRecord)
	_, err := w.pool.Exec(ctx, `SELECT net.answer_request($1, $2, $3, $4, $5, $6, $7)`,
		request, a.Status, a.ContentType, a.Headers, a.Content, a.TimedOut, a.Error)
	return err
}

// tidy forgets old answers, once in a while.
func (w *Worker) tidy(ctx context.Context) error {
	if time.Since(w.tidied) < time.Minute {
		return nil
	}
	w.tidied = time.Now()
	_, err := w.pool.Exec(ctx, `SELECT net.forget_answers()`)
	return err
}

// rouse has the worker look for work.
func (w *Worker) rouse() {
	select {
	case w.wake <- struct{}{}:
	default: // it will look anyway
	}
}
