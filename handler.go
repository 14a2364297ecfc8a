package pgrest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/program"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/reload"
	"github.com/pgrest-go/pgrest/internal/response"
	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// Handler serves the API. It is safe for concurrent use; several handlers, on
// the same or different pools, can live in one process.
type Handler struct {
	options  Options
	config   apirequest.Config
	response response.Config
	identify func(*http.Request) (auth.Identity, error)
	tokens   *auth.JWT      // what identify verifies tokens with; nil with the host's own
	settings []auth.Setting // the host's own
	prelude  string         // the call of the pre-request function
	pool     Pool
	pings    pings
	executor *executor.Executor
	reloader *reload.Reloader

	current atomic.Pointer[snapshot]
	verdict atomic.Pointer[verdict]
	ration  ration        // of loads that requests ask for
	loaded  chan struct{} // closed by the first load
	once    sync.Once

	page func() (*openapi.Page, error) // the page for people; nil without one
}

// snapshot is the schema at one moment, and what was derived from it.
type snapshot struct {
	cache     *introspect.SchemaCache
	planner   *plan.Planner
	programs  program.Cache
	documents documents
	at        time.Time
}

// ServeHTTP answers one request to the API.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Handler: h, w: recorder{ResponseWriter: w}, r: r, config: h.response}
	if h.options.ServerTiming || h.options.Observe != nil {
		x.clock = newClock()
	}
	if h.options.ServerTiming {
		x.config.Timing = x.clock.header
	}
	if h.options.Observe != nil {
		defer x.observe() // even of an answer that was broken off
	}
	if name := h.options.TraceHeader; name != "" {
		w.Header().Set(name, r.Header.Get(name))
	}
	defer x.recover()
	if err := x.serve(); err != nil {
		x.fail(err)
	}
}

// exchange is one request and its response.
type exchange struct {
	*Handler
	w        recorder
	r        *http.Request
	config   response.Config
	clock    *clock // nil unless timed
	identity auth.Identity
	aborted  bool // the connection is broken off
	request  *apirequest.Request
	planned  plan.Planned // what is run, once it is known
	program  *query.Program
	outdated bool // the schema may be, and there is none that is newer
	// clientCaused reports a failure whose status speaks of the server, though what the
	// client asked for caused it.
	clientCaused bool
}

// serve takes a request through the stages: identify, parse, plan, render, run,
// respond. Each takes what the one before it made, and only the running does I/O.
func (x *exchange) serve() (err error) {
	if x.wantsPage() {
		return x.showPage()
	}
	if x.identity, err = x.identify(x.r); err != nil {
		return err
	}
	x.clock.lap("jwt")
	schema, err := x.schema(x.r.Context())
	if err != nil {
		return err
	}
	x.clock.skip()
	if x.request, err = apirequest.Parse(x.r, x.Handler.config); err != nil {
		return err
	}
	x.clock.lap("parse")
	err = x.answer(schema)
	for tries := 1; errors.Is(err, executor.ErrForgotten) && tries < maxTries; tries++ {
		err = x.answer(schema)
	}
	if err != nil {
		err = x.repeat(schema, err)
	}
	return err
}

// maxTries is how often a request is tried whose function takes the connection's
// prepared statements away. Each try may find another connection, with others.
const maxTries = 4

// answer plans and runs the request against a schema.
func (x *exchange) answer(schema *snapshot) error {
	p, program, err := schema.programs.Build(schema.planner, x.request)
	if err != nil {
		return err
	}
	x.clock.lap("plan")
	switch p := p.(type) {
	case *plan.Info:
		response.Info(&x.w, p, x.config)
		return nil
	case *plan.Inspect:
		return x.inspect(schema, p)
	}
	planned := p.(plan.Planned)
	x.planned, x.program = planned, program
	x.warnOfNames(planned)
	result, err := x.executor.Run(x.r.Context(), x.command(schema, planned, program))
	if err != nil {
		return err
	}
	defer result.Close()
	x.clock.lap("transaction")
	return response.Answer(&x.w, x.request, planned, result, x.config)
}

// warnOfNames logs that the request calls embeds by their relations although they have
// aliases, as the response's Warning header says, too.
func (x *exchange) warnOfNames(p plan.Planned) {
	if names := p.Answered().Root.LegacyNames(); len(names) > 0 {
		x.options.Logger.WarnContext(x.r.Context(), "embed called by its relation although it has an alias, which is deprecated and will stop working",
			"update", response.Renames(names), "method", x.r.Method, "url", apierror.Cut(x.r.URL.RequestURI()))
	}
}

func (x *exchange) command(schema *snapshot, p plan.Planned, program *query.Program) executor.Command {
	a, role := p.Answered(), schema.cache.RoleSettings(x.identity.Role)
	cmd := executor.Command{
		Identity: x.identity, PreRequest: x.prelude, Program: program, ReadOnly: a.ReadOnly, Expect: a.Expect,
		Isolation: role.Isolation, Rollback: x.rollsBack(), Outdated: x.outdated,
		Late: x.mayAnswerMuch(p) && !x.response.Store.Roomy(),
	}
	var function []introspect.Setting
	if call, ok := p.(*plan.Call); ok {
		function = call.Routine.Settings
		if isolation, ok := call.Routine.Isolation(); ok {
			cmd.Isolation = isolation
		}
		if !a.ReadOnly && a.Count != plan.CountNone {
			cmd.Expect.Offset = a.Root.Range.Offset
		}
	}
	cmd.Context = x.context(role.Settings, x.hoisted(function))
	return cmd
}

// mayAnswerMuch reports a write whose answer may be of any size. It has to find room to
// wait for its commit, or else, where there may be too little, the commit waits for it.
func (x *exchange) mayAnswerMuch(p plan.Planned) bool {
	switch p := p.(type) {
	case *plan.Call:
		return !p.ReadOnly && p.Routine.Returns.Set
	case *plan.Mutate:
		return p.Return == plan.Representation && !p.OneRow
	}
	return false
}

// rollsBack reports whether the request's transaction is to leave no trace.
func (x *exchange) rollsBack() bool {
	rollback := x.options.TxEnd == Rollback || x.options.TxEnd == RollbackAllowOverride
	switch x.request.Preferences.Tx {
	case "commit":
		rollback = false
	case "rollback":
		rollback = true
	}
	return rollback
}

// hoisted are those of a function's own settings that are made for the whole
// transaction; the isolation level is none of them.
func (x *exchange) hoisted(function []introspect.Setting) []auth.Setting {
	var settings []auth.Setting
	for _, s := range function {
		if s.Name != "default_transaction_isolation" && slices.Contains(x.options.HoistedSettings, s.Name) {
			settings = append(settings, auth.Setting(s))
		}
	}
	return settings
}

// context is what the transaction is told about the request.
func (x *exchange) context(role []introspect.Setting, function []auth.Setting) auth.Context {
	settings := make([]auth.Setting, len(role))
	for i, s := range role {
		settings[i] = auth.Setting(s)
	}
	return auth.Context{
		Schema:          x.request.Schema,
		ExtraSearchPath: x.options.ExtraSearchPath,
		Method:          x.request.Method,
		Path:            x.request.Path,
		Headers:         auth.HeadersJSON(x.r.Host, x.r.Header),
		Cookies:         auth.CookiesJSON(x.r.Header.Get("Cookie")),
		Timezone:        x.request.Preferences.Timezone,
		AppSettings:     x.settings,
		RoleSettings:    settings, FunctionSettings: function,
	}
}

// fail answers with an error, and logs what the client isn't told, unless it is what the
// client has done.
func (x *exchange) fail(err error) {
	e := apierror.From(err, x.identity.Anonymous)
	if x.tokens == nil {
		e.WithoutBearer()
	}
	x.clientCaused = e.Status >= http.StatusInternalServerError && !e.ServerFault()
	if e.ServerFault() && x.r.Context().Err() == nil {
		x.log("request failed", "status", e.Status, "error", apierror.ForLog(err))
	}
	response.Error(&x.w, e, x.config)
}

func (x *exchange) log(message string, about ...any) {
	about = append(about, "method", apierror.Cut(x.r.Method), "path", apierror.Cut(x.r.URL.Path))
	x.options.Logger.ErrorContext(x.r.Context(), message, about...)
}

// recover turns a panic into a 500. When a part of the answer has gone out, it has
// the server break the connection off instead. http.ErrAbortHandler, which asks for
// that, is no fault.
func (x *exchange) recover() {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		x.aborted = true
		panic(v)
	}
	stack := debug.Stack()
	if p, ok := v.(*response.Panic); ok { // of another goroutine
		v, stack = p.Value, p.Stack
	}
	x.log("request panicked", "panic", apierror.Cut(fmt.Sprint(v)), "stack", string(stack))
	if x.w.status != 0 {
		x.aborted = true
		panic(http.ErrAbortHandler)
	}
	response.Error(&x.w, apierror.Internal(fmt.Errorf("panic: %v", v)), x.config)
}

// recorder is an http.ResponseWriter that remembers what was sent: the status, 0
// until the headers are out, and how much of the body.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap gives the host's own writer, for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// schema gives the current schema. A request that comes before the first load
// has ended waits for it, for a while; when that load failed, none waits.
func (h *Handler) schema(ctx context.Context) (*snapshot, error) {
	if s := h.current.Load(); s != nil {
		return s, nil
	}
	ctx, cancel := context.WithTimeout(ctx, firstLoad)
	defer cancel()
	var err error
	select {
	case <-h.reloader.Tried():
		err = h.reloader.Err()
	case <-h.reloader.Closed():
		err = context.Canceled
	case <-ctx.Done():
		err = ctx.Err()
	}
	if s := h.current.Load(); s != nil {
		return s, nil
	}
	h.reloader.Lost() // have it tried again
	return nil, apierror.NoSchemaCache(err)
}

// firstLoad is how long a request waits for the first load of the schema.
const firstLoad = 10 * time.Second

// Ready waits until the schema was loaded for the first time. Its error is that
// of ctx, or context.Canceled when the handler was closed before. With Options.Strict or
// RequireSchemas, it has a Misconfiguration for each that was found at the last look at
// the database, without waiting for them to be mended.
func (h *Handler) Ready(ctx context.Context) error {
	for loaded := h.loaded; ; {
		v := h.verdict.Load()
		switch {
		case v.refusal != nil:
			return v.refusal
		case h.current.Load() != nil && (v.looked || !h.options.Strict):
			return h.refusal(v)
		}
		select {
		case <-loaded:
			loaded = nil // and once is enough
		case <-v.next:
		case <-h.reloader.Closed():
			return context.Canceled
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Reload reads the schema anew and waits for it. Requests go on meanwhile, with
// the schema that they began with. On an error the old schema stays.
func (h *Handler) Reload(ctx context.Context) error {
	if err := h.reloader.Now(ctx); err != nil {
		return fmt.Errorf("reload the schema cache: %w", err)
	}
	return nil
}

// SchemaCache gives the schema that requests are answered from at present, nil
// before the first load.
func (h *Handler) SchemaCache() *introspect.SchemaCache {
	if s := h.current.Load(); s != nil {
		return s.cache
	}
	return nil
}

// Close ends the handler's goroutines and its listening connection, if that isn't one of
// Options.Listener's. Requests that are under way finish; the pool stays open.
func (h *Handler) Close() {
	h.pings.close()
	h.reloader.Close()
	if h.tokens != nil {
		h.tokens.Close()
	}
}

// swap takes a schema that was loaded into use.
func (h *Handler) swap(cache *introspect.SchemaCache) {
	h.use(cache)
	if h.options.OnSchemaLoad != nil {
		guard(h.options.Logger, "OnSchemaLoad", func() { h.options.OnSchemaLoad(cache) })
	}
}

func (h *Handler) use(cache *introspect.SchemaCache) {
	h.current.Store(&snapshot{
		cache: cache,
		planner: plan.New(cache, plan.Config{
			MaxRows: h.options.MaxRows, Aggregates: h.options.Aggregates, StrictTargetNames: h.options.StrictTargetNames,
			OpenAPI: plan.OpenAPIMode(h.options.OpenAPI), Plans: h.options.Plans, Encoded: h.options.encoded(),
		}),
		at: time.Now(),
	})
	h.warnOfPostOnly(cache)
	h.once.Do(func() { close(h.loaded) })
}
