// Package pgrest turns a PostgreSQL schema into a REST API: tables and views
// become resources, grants and row-level security decide who sees what, and the
// API follows the schema without a redeploy. It speaks the API of PostgREST 16
// (https://docs.postgrest.org), so that its clients work unmodified.
//
//	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
//	...
//	api, err := pgrest.New(pool, pgrest.Options{
//		Schemas:   []string{"api"},
//		AnonRole:  "web_anon",
//		JWTSecret: secret,
//	})
//	...
//	defer api.Close()
//	mux.Handle("/api/", http.StripPrefix("/api", api))
//
// # Roles
//
// The pool logs in as an authenticator: a role with no rights of its own that is
// a member of the roles that requests run as. Each request is one transaction,
// in which it becomes the role that its bearer token names, or the anonymous
// role. The token's claims are at hand there, for policies such as
//
//	CREATE POLICY own ON trades USING (owner = current_setting('request.jwt.claims', true)::json->>'sub');
//
// A host with sessions of its own gives Options.Authenticate instead.
//
// # Methods
//
// Beside the methods of the reference there is QUERY
// (draft-ietf-httpbis-safe-method-w-body): a GET that has its query string, or the rest of
// it, in a body of application/x-www-form-urlencoded, for filters that are too long for a
// URL or better not in one. The body stands behind the query string of the URL, as if there
// was an ampersand between them. A line break at its end is none of it, and elsewhere there
// may be none that isn't percent-encoded. QUERY works on relations, and on functions
// wherever GET does, and is answered the same: Content-Location names the GET for the same,
// unless its query string has more than 8,000 bytes. A body in another format is answered
// with 415, one without Content-Type with 400. OPTIONS tells of QUERY in the header
// Accept-Query, and descriptions of the API in OpenAPI 3.1 in the extension x-query.
//
// A cache may keep the response to a QUERY, by its body. Whatever is said to caches is said
// as with GET, by Vary and by Cache-Control, which the database or the host may set.
//
// # Batches
//
// A POST to the root with Content-Type: application/vnd.pgrst.batch+json is several requests,
// which run in one transaction: all of them, or none. Later ones can use what earlier ones were
// answered. Options.Decide and Options.Hooks see each of them; Options.Authenticate, and what
// stands before the handler, see the batch alone. See docs/batches.md; Options.Without has the
// extension Batches switched off.
//
// # Rows within rows
//
// A POST to a relation with Content-Type: application/vnd.pgrst.nested+json inserts rows with
// others within them, of relations that can be embedded: all of them, or none. Options.Decide is
// asked about each of the relations, and Options.Hooks see one insert. See
// docs/nested-inserts.md; Options.Without has the extension NestedInserts switched off.
//
// # Functions
//
// Functions are called with POST, or with GET and their arguments in the URL. A GET
// never writes, but that a function is declared VOLATILE doesn't forbid it: the function
// is called all the same, in a read-only transaction, and only descriptions of the API
// don't offer it. The same goes for QUERY. What is in a URL is also in logs, histories and
// Referer headers. So a function that takes a secret, such as
// login(name text, password text), is best named in Options.PostOnly.
//
// # Errors
//
// A client reads of an error what it may: a code, a message, details and a hint
// (https://docs.postgrest.org/en/stable/references/errors.html). Options.MapError may have it
// read another one, and Options.ErrorFormat in the form of RFC 9457. The host is told of all
// that fails by Options.Observe, as an Error with its cause; causes of the responses of 500
// that are the server's own fault are logged, too.
//
// # Connections
//
// A request has one of the pool's connections while it needs it. Beside these, each
// handler listens for notifications on one that it takes out of the pool for good;
// handlers that share a Listener share that, too. What the options name and the database
// hasn't got is logged at each load of the schema, and refused by Ready with
// Options.Strict.
//
// # Results
//
// A response of any size takes little memory. Up to Options.BodyThreshold it is held
// back, so that its status and headers tell of all that became of it. Beyond:
//
//   - A read is streamed: its first byte goes out before its last row has come. What
//     only its end can tell is missing from its headers: there is no Content-Length,
//     no Content-Range unless the rows were counted with Prefer: count=exact (with
//     HTTP/1.1 it is a trailer), and nothing of what a function in a view sets
//     response.headers and response.status to when rows have been sent. An error
//     breaks the connection off, which clients report as an incomplete response.
//   - Whatever writes, or may have written, waits for its commit, in a temporary file.
//     Reads whose headers depend on their end (count=planned, count=estimated,
//     functions that are VOLATILE) wait for that, and so does all of HTTP/1.0, which has
//     no way to break off.
//
// A client that reads slowly doesn't hold a connection to the database: rows that it
// doesn't take yet wait in a temporary file, too. See Options.MaxSpoolBytes and
// Options.WriteTimeout for the bounds.
//
// # Limits
//
// What one request may ask for is bounded by Options.Limits: how long its URL and its
// body are, how many conditions, embeds and values it has. For an API that anybody may use
// there are further limits, which are off by default: of rows by relation, of the time and
// the estimated cost of statements, and of requests at the same time. Neither texts of errors nor
// what is logged grow with a request. What comes before the handler is the host's
// http.Server's to bound: with MaxHeaderBytes, ReadHeaderTimeout and IdleTimeout, and by
// having bodies come in time, as cmd/pgrest does with http.ResponseController.
//
// # Decisions and hooks
//
// The host's own code has a place at each seam of a request. Options.Decide is asked about
// each use of a relation or a function: it refuses, caps rows, or adds conditions, such as a
// tenant's, that hold for what is read, embedded, counted and written. Options.Hooks run
// with a pgx.Tx in the request's transaction. Handler.Begin is a transaction as the
// request's role for the host's own routes, and Handler.In answers requests within a
// transaction of the host's, as for tests. Whatever isn't set costs nothing.
//
// # Tenants
//
// Tenants with a schema each have a Handler each, which New makes and Close ends while others
// run; on one pool and one Listener they share what connections they need. Tenants with
// databases that are copies of one template may share a Handler, whose Pool chooses among
// theirs by the request's context.
//
// # Replicas
//
// Options.Replicas has reads answered by replicas of PostgreSQL's own replication: each read goes
// where it can be answered, as long as one server can, and a client that brings the position of
// its last write never reads older data.
//
// # Observation
//
// Options.Observe is told of each request when it has been answered, and Options.Tracer of
// its beginning, too, so that traces of statements, by a tracer of the pool's connections,
// are within those of requests. Both are told what kind of thing happened, in an Event.
package pgrest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/reload"
	"github.com/pgrest-go/pgrest/internal/response"
	"github.com/pgrest-go/pgrest/internal/spool"
	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// New makes a handler that serves the schemas of the database behind pool. It
// returns at once; the schema is loaded in the background, and requests wait
// for it. An error says which option is wrong.
func New(pool Pool, opts Options) (*Handler, error) {
	if pool == nil {
		return nil, errors.New("pgrest: no pool")
	}
	opts, err := opts.complete()
	if err != nil {
		return nil, fmt.Errorf("pgrest: %w", err)
	}
	identify, verifier, err := opts.authenticator()
	if err != nil {
		return nil, fmt.Errorf("pgrest: %w", err)
	}
	h := &Handler{
		options:    opts,
		pool:       pool,
		identify:   identify,
		verifier:   verifier,
		requests:   opts.requestConfig(),
		response:   opts.responseConfig(),
		settings:   opts.appSettings(),
		preRequest: opts.preRequest(),
		keys:       query.IdempotencyKeys(opts.Idempotency.Schema, opts.Idempotency.Table),
		pings:      newPings(),
		loaded:     make(chan struct{}),

		concurrent: opts.Limits.concurrency(),
	}
	h.verdict.Store(&verdict{next: make(chan struct{})})
	if opts.DocsUI {
		h.page = sync.OnceValues(openapi.NewPage)
	}
	if opts.SchemaCache != nil {
		h.use(opts.SchemaCache)
	}
	h.replicas = h.newReplicas()
	h.executor = h.newExecutor()
	h.reloader = h.startReloader()
	return h, nil
}

// requestConfig is what of the options decides over the reading of requests.
func (o Options) requestConfig() apirequest.Config {
	return apirequest.Config{
		Schemas: o.Schemas, SchemasHidden: o.SchemaList != SchemasExposed, BasePath: o.BasePath,
		RootDisabled: o.OpenAPI == OpenAPIDisabled, RootSpec: unqualified(o.RootSpec),
		TxOverride: o.TxEnd.overridable(), NoUpserts: o.without(Upserts),
		NoBulkUpdates: o.without(BulkUpdates), NoConditions: o.without(Conditional), NoKeysets: o.without(KeysetPages),
		NoGrouping: o.without(Grouping), NoBatches: o.without(Batches), NoNested: o.without(NestedInserts), NoFilters: o.without(Filters),
		Operators: len(o.Operators) > 0,
		Limits:    o.Limits.requests(),
	}
}

// responseConfig is what of the options decides over responses.
func (o Options) responseConfig() response.Config {
	return response.Config{
		Threshold: o.BodyThreshold, Store: spool.NewStore(o.SpoolDir, o.MaxSpoolBytes),
		WriteTimeout: o.WriteTimeout, MinimalErrors: o.MinimalErrors, Encoders: o.rowEncoders(),
		Broken: o.broken, Conditional: !o.without(Conditional),
	}
}

// appSettings are the settings of the options, in the order of their names.
func (o Options) appSettings() []auth.Setting {
	var settings []auth.Setting
	for _, name := range slices.Sorted(maps.Keys(o.AppSettings)) {
		settings = append(settings, auth.Setting{Name: name, Value: o.AppSettings[name]})
	}
	return settings
}

// newExecutor makes what runs requests. When it has lost a connection, the schema is loaded
// anew as soon as the database is back: it may be another then.
func (h *Handler) newExecutor() *executor.Executor {
	o := h.options
	e := executor.New(h.pool, !o.DisablePreparedStatements)
	e.AcquireTimeout, e.Silence = o.AcquireTimeout, o.DatabaseTimeout
	e.LimitStatements(o.Limits.StatementTimeout)
	e.Lost = func() { h.reloader.Lost() }
	e.TraceArguments = o.TraceArguments
	var once sync.Once
	e.NoPosition = func(err error) {
		once.Do(func() { o.Logger.Warn("the position behind a commit can't be told", "error", err) })
	}
	e.Panicked = func(v any, stack []byte) { o.Logger.Error("tracer panicked", "panic", v, "stack", string(stack)) }
	return e
}

// onConfigNotify calls the host's OnConfigNotify; nil if there is none.
func (o Options) onConfigNotify() func() {
	if o.OnConfigNotify == nil {
		return nil
	}
	return func() { guard(o.Logger, "OnConfigNotify", o.OnConfigNotify) }
}

// startReloader starts what loads the schema, now and whenever it is notified to.
func (h *Handler) startReloader() *reload.Reloader {
	o := h.options
	channel := o.Channel
	if o.DisableListener {
		channel = ""
	}
	return reload.Start(reload.Config{
		Pool: h.pool, Fallbacks: h.replicaPools(), AcquireTimeout: o.AcquireTimeout,
		Schema:  introspect.Options{Schemas: o.Schemas, ExtraSearchPath: o.ExtraSearchPath, PostOnly: o.PostOnly},
		Channel: channel, Listener: o.listener(), Check: h.check, Loaded: h.swap, Reconfigure: o.onConfigNotify(), Logger: o.Logger,
	})
}
