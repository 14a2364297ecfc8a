package payment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/pgrest-go/pgrest"
)

const (
	riverSchema = "river"
	riverQueue  = "payments"
)

// charge is the job of a payment.
type charge struct {
	Payment int64 `json:"payment"`
}

// Kind names the job.
func (charge) Kind() string { return "charge" }

// InsertOpts has one job at a time for each payment: another is dropped. One that is done doesn't
// stand in the way, as it would by River's default, since an operator may requeue its payment.
//
// The number of attempts is so large since the database decides when a payment has failed; River
// also counts those that ended with their worker.
func (charge) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: riverQueue, MaxAttempts: 1000, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// unfinished are the states of a job that is not done yet.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled}
}

// RiverHook enqueues a job for each payment that a request asks for, in the request's own
// transaction: there is a job exactly if there is a payment. For Options.Hooks of the API,
// whose pool is one of the role authenticator. MigrateRiver comes before the first request.
func RiverHook() (pgrest.Hook, error) {
	jobs, err := river.NewClient(riverpgxv5.New(nil), &river.Config{Schema: riverSchema}) // which works on none itself
	if err != nil {
		return pgrest.Hook{}, err
	}
	return pgrest.Hook{
		AsLogin: true,
		For: func(r *pgrest.Request) bool {
			return r.Routine != nil && !r.ReadOnly && (r.Name == "place_order" || r.Name == "requeue_payment")
		},
		After: func(ctx context.Context, tx pgx.Tx, _ *pgrest.Request, _ *pgrest.Outcome) error {
			payments, err := payments(ctx, tx, `SELECT private.payments_asked()`)
			if err != nil || len(payments) == 0 {
				return err
			}
			_, err = jobs.InsertManyTx(ctx, tx, payments)
			return err
		},
	}, nil
}

// payments are the jobs of the payments that a query gives.
func payments(ctx context.Context, db interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}, query string) ([]river.InsertManyParams, error) {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p river.InsertManyParams, err error) {
		var args charge
		err = row.Scan(&args.Payment)
		p.Args = args
		return p, err
	})
}

// MigrateRiver makes River's tables, or brings them up to date. The pool is one of the role
// shop_payments. StartRiver does it, too; for the hook they have to be there before.
func MigrateRiver(ctx context.Context, pool *pgxpool.Pool, logger *slog.Logger) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: riverSchema, Logger: logger})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("make River's tables: %w", err)
	}
	return nil
}

// RiverOptions are those of a RiverWorker.
type RiverOptions struct {
	// Concurrency is how many calls are made at the same time. 0 is 8.
	Concurrency int
	// FirstPause and LongestPause are as those of Provider.
	FirstPause, LongestPause time.Duration
	// RescueAfter is how long after a job was begun River takes it that its worker has died.
	// It has to be longer than a call may take. 0 is a minute.
	RescueAfter time.Duration
	// Client makes the calls. nil is one that doesn't follow redirects.
	Client *http.Client
	// Logger is told of errors, by River too. nil is slog.Default().
	Logger *slog.Logger

	// at is told of each step before it is taken. Tests end the process there.
	at func(step)
	// quick has River begin its maintenance without a pause of chance.
	quick bool
}

// RiverWorker carries payments by River: it works on the jobs of RiverHook.
type RiverWorker struct {
	client *river.Client[pgx.Tx]
	http   *http.Client
	cancel context.CancelFunc
}

// StartRiver makes River's tables, or brings them up to date, and works on jobs until ctx is
// done, or Close is called. The pool is one of the role shop_payments. It fails if the database
// does, or if River refuses an option.
func StartRiver(ctx context.Context, pool *pgxpool.Pool, opts RiverOptions) (*RiverWorker, error) {
	opts = opts.withDefaults()
	if err := MigrateRiver(ctx, pool, opts.Logger); err != nil {
		return nil, err
	}
	driver := riverpgxv5.New(pool)
	workers := river.NewWorkers()
	river.AddWorker(workers, &charger{pool: pool, opts: opts})
	river.AddWorker(workers, &sweeper{pool: pool})
	client, err := river.NewClient(driver, &river.Config{
		Schema:               riverSchema,
		Queues:               map[string]river.QueueConfig{riverQueue: {MaxWorkers: opts.Concurrency}},
		Workers:              workers,
		JobTimeout:           -1, // each call has its own
		RescueStuckJobsAfter: opts.RescueAfter,
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(time.Minute),
			func() (river.JobArgs, *river.InsertOpts) { return sweep{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})},
		Logger:   opts.Logger,
		TestOnly: opts.quick,
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	if err := client.Start(ctx); err != nil {
		cancel()
		return nil, err
	}
	return &RiverWorker{client: client, http: opts.Client, cancel: cancel}, nil
}

// Close ends the worker. It breaks off the calls that are under way, which are made again, with
// the same idempotency key, when a worker runs.
func (r *RiverWorker) Close() {
	r.cancel()
	<-r.client.Stopped()
	r.http.CloseIdleConnections()
}

func (o RiverOptions) withDefaults() RiverOptions {
	defaults := Provider{FirstPause: o.FirstPause, LongestPause: o.LongestPause}.withDefaults()
	o.FirstPause, o.LongestPause = defaults.FirstPause, defaults.LongestPause
	if o.Concurrency <= 0 {
		o.Concurrency = 8
	}
	if o.RescueAfter <= 0 {
		o.RescueAfter = time.Minute
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

// charger works on the job of a payment.
type charger struct {
	river.WorkerDefaults[charge]
	pool *pgxpool.Pool
	opts RiverOptions
}

// Work makes the payment's call, as a Worker does, and has the database settle it. The job is
// completed in the transaction that brings the payment to its end, also if that is a dead letter.
// Otherwise it is an error, after which River tries again.
func (c *charger) Work(ctx context.Context, job *river.Job[charge]) error {
	c.opts.at(stepClaim)
	var request call
	var milliseconds int
	err := c.pool.QueryRow(ctx, `SELECT url, body::text, headers, timeout_milliseconds FROM private.payment_call($1)`,
		job.Args.Payment).Scan(&request.URL, &request.Body, &request.Headers, &milliseconds)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // a callback has settled it
	} else if err != nil {
		return err
	}
	request.Method, request.Timeout = http.MethodPost, time.Duration(milliseconds)*time.Millisecond
	c.opts.at(stepCall)
	a := do(ctx, c.opts.Client, request)
	if ctx.Err() != nil {
		return ctx.Err() // the answer tells of this worker's end, and not of the provider
	}
	c.opts.at(stepRecord)
	var state string
	err = pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		problem := a.Error
		if a.TimedOut {
			late := "no answer in time"
			problem = &late
		}
		if err := tx.QueryRow(ctx, `SELECT private.settle_payment($1, $2, $3, $4, $5)`,
			job.Args.Payment, a.Status, a.Headers, a.Content, problem).Scan(&state); err != nil {
			return err
		}
		c.opts.at(stepSettle)
		if state == "pending" {
			return nil
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
		return err
	})
	if err != nil {
		return err
	}
	c.opts.at(stepNext)
	if state == "pending" {
		return fmt.Errorf("payment %d isn't settled: private.payment_events says why", job.Args.Payment)
	}
	return nil
}

// NextRetry waits as private.payment_pause does: twice as long each time, up to a longest, and by
// chance between half of that and one and a half.
func (c *charger) NextRetry(job *river.Job[charge]) time.Time {
	return time.Now().Add(c.pause(len(job.Errors)))
}

// pause is how long to wait after an attempt that failed, as did so many before.
func (c *charger) pause(before int) time.Duration {
	pause := c.opts.LongestPause
	if doubled := c.opts.FirstPause << min(before, 20); doubled > 0 { // which more than there are nanoseconds isn't
		pause = min(doubled, pause)
	}
	return time.Duration((0.5 + rand.Float64()) * float64(pause))
}

// sweep is the job that looks for payments without a job: those that were asked for while another
// carried them, or whose job somebody has deleted.
type sweep struct{}

// Kind names the job.
func (sweep) Kind() string { return "sweep_payments" }

// InsertOpts has one at a time.
func (sweep) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: riverQueue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: unfinished()}}
}

type sweeper struct {
	river.WorkerDefaults[sweep]
	pool *pgxpool.Pool
}

// Work enqueues jobs for the payments that wait. Those that have one keep it.
func (s *sweeper) Work(ctx context.Context, _ *river.Job[sweep]) error {
	payments, err := payments(ctx, s.pool, `SELECT private.payments_pending()`)
	if err != nil || len(payments) == 0 {
		return err
	}
	_, err = river.ClientFromContext[pgx.Tx](ctx).InsertMany(ctx, payments)
	return err
}
