package pgrest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/reload"
	"github.com/pgrest-go/pgrest/internal/replica"
	"github.com/pgrest-go/pgrest/internal/response"
	"github.com/pgrest-go/pgrest/openapi"
)

// Handler serves the API. It is safe for concurrent use; several handlers, on
// the same or different pools, can live in one process.
type Handler struct {
	options    Options
	pool       Pool
	identify   func(*http.Request) (auth.Identity, error)
	verifier   *auth.Verifier      // of bearer tokens; nil where the host says who makes a request
	requests   apirequest.Config   // how requests are read
	response   response.Config     // how they are answered
	settings   []auth.Setting      // Options.AppSettings
	keys       query.KeyStatements // of Options.Idempotency
	preRequest string              // the statement that calls the pre-request function; empty for none
	executor   *executor.Executor
	replicas   *replica.Set // nil without Options.Replicas
	reloader   *reload.Reloader
	pings      *pings
	page       func() (*openapi.Page, error) // of Options.DocsUI; nil without it

	concurrent *concurrency // nil without a limit

	current atomic.Pointer[snapshot] // nil before the first load
	loaded  chan struct{}            // closed by the first load
	once    sync.Once                // of closing it
	verdict atomic.Pointer[verdict]
	backoff backoff // of loads that requests ask for
}

// ServeHTTP answers one request to the API.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.serve(h.executor, w, r)
}

// serve answers a request that runs on an executor.
func (h *Handler) serve(e *executor.Executor, w http.ResponseWriter, r *http.Request) {
	x := &exchange{Handler: h, executor: e, w: recorder{ResponseWriter: w}, r: r, config: h.response}
	if h.options.watched() {
		x.watch()
		defer x.observe() // even of an answer that was broken off
	}
	if h.options.ServerTiming {
		if x.clock == nil {
			x.clock = newClock()
		}
		x.config.Timing = x.clock.header
	}
	if name := h.options.TraceHeader; name != "" {
		w.Header().Set(name, r.Header.Get(name))
	}
	defer x.leave()
	defer x.recover()
	if err := x.answerRequest(); err != nil {
		x.fail(err)
	}
}

// exchange is one request and its response.
type exchange struct {
	*Handler
	executor *executor.Executor
	w        recorder
	r        *http.Request
	config   response.Config
	clock    *clock // nil unless timed
	identity auth.Identity
	request  *apirequest.Request // nil before it is parsed
	planned  plan.Runnable       // nil before it is planned, and for what doesn't run
	program  *query.Program      // of planned
	body     *hashedBody         // of a request that may have an idempotency key; nil for others
	failure  *apierror.Error     // nil while there is none
	outdated bool                // the schema is stale, and there is none that is newer
	aborted  bool                // the connection is broken off
	places   [2]*places          // that it has taken, in all and of its role
	observed observed
	batch    *batched // the requests of a batch; nil for any other request
	within   *batched // the batch that it is a part of; nil for a request of its own
}

// answerRequest takes a request through its stages: identify, parse, plan, run, respond.
// Each takes what the one before it made.
func (x *exchange) answerRequest() (err error) {
	if err := x.enter(); err != nil {
		return err
	}
	if x.wantsPage() {
		return x.showPage()
	}
	if x.identity, err = x.identify(x.r); err != nil {
		return err
	}
	if err := x.enterAs(x.identity.Role); err != nil {
		return err
	}
	x.clock.lap("jwt")
	schema, err := x.schema(x.r.Context())
	if err != nil {
		return err
	}
	x.clock.skip()
	if apirequest.IsBatch(x.r, x.requests) {
		if x.options.Idempotency.on() && len(x.r.Header[idempotencyKey]) > 0 {
			return apierror.KeyOfBatch()
		}
		if err := x.readBatch(); err != nil {
			return x.withUsable(err)
		}
	} else if x.request, err = apirequest.Parse(x.hashed(), x.requests); err != nil {
		return x.withUsable(err)
	}
	x.request.PlansRefused = x.refusesPlans()
	x.clock.lap("parse")
	if err = x.answer(schema); err != nil {
		err = x.withoutVersion(schema, err)
	}
	if err != nil {
		err = x.repeat(schema, err)
	}
	x.warnOfNames() // once, however often the request was repeated
	return err
}

// answer plans the request against a schema, runs the plan and writes the response. As long
// as it returns an error, nothing has been written.
func (x *exchange) answer(schema *snapshot) error {
	if x.batch != nil {
		return x.batch.answer(schema)
	}
	p, program, err := x.build(schema)
	if err != nil && x.replaysUnplanned() {
		return nil
	}
	if err != nil {
		return err
	}
	x.clock.lap("plan")
	x.observed.planned = true
	switch p := p.(type) {
	case *plan.Info:
		response.Options(&x.w, x.offered(schema, p), x.config)
		return nil
	case *plan.Inspect:
		return x.inspect(schema, p)
	}
	planned, request := p.(plan.Runnable), x.request
	if x.options.Decide != nil {
		if planned, program, request, err = x.asDecided(schema, planned, program); err != nil {
			return err
		}
	}
	x.planned, x.program = planned, program
	if err := x.checkCost(schema, planned, program, &request.Values); err != nil {
		return err
	}
	key, err := x.key(planned)
	if err != nil {
		return err
	}
	if len(x.options.Hooks) > 0 || key != nil {
		if hooked := x.hooked(planned, request, key); hooked != nil {
			return hooked.answer(schema)
		}
	}
	result, err := x.executor.Once(x.r.Context(), x.session(schema, planned), x.command(planned, program, &request.Values))
	if err != nil {
		return err
	}
	defer x.finish(result)
	x.clock.lap("transaction")
	return response.Result(&x.w, x.request, planned, result, x.config)
}

// finish closes a result and takes note of how many rows it had.
func (x *exchange) finish(result *executor.Result) {
	result.Close()
	x.observed.rows = result.Rows
}

// Reload reads the schema anew and waits for it. Requests go on meanwhile, with
// the schema that they began with. On an error the old schema stays.
func (h *Handler) Reload(ctx context.Context) error {
	if err := h.reloader.Now(ctx); err != nil {
		return fmt.Errorf("reload the schema cache: %w", err)
	}
	return nil
}

// Close ends the handler's goroutines and its listening connection, if that isn't one of
// Options.Listener's. Requests that are under way finish; the pool stays open.
func (h *Handler) Close() {
	h.pings.close()
	h.reloader.Close()
	if h.verifier != nil {
		h.verifier.Close()
	}
}
