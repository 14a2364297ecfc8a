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
// Beside the methods of the reference there is QUERY (RFC 10008): a GET that has its query
// string, or the rest of it, in a body of application/x-www-form-urlencoded, for filters
// that are too long for a URL or better not in one. The body stands behind the query string
// of the URL, as if there was an ampersand between them. It works on relations, and on
// functions wherever GET does, and is answered the same: Content-Location names the GET for
// the same, unless its query string has more than 8,000 bytes. A body in another format is
// answered with 415, one without Content-Type with 400. OPTIONS tells of QUERY in the header
// Accept-Query, and descriptions of the API in OpenAPI 3.1 in the extension x-query.
//
// A cache may keep the answer to a QUERY, by its body. Whatever is said to caches is said
// as with GET, by Vary; Cache-Control is for the database or the host to set.
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
// body are, how many conditions, embeds and values it has. Neither texts of errors nor
// what is logged grow with a request. What comes before the handler is the host's
// http.Server's to bound: with MaxHeaderBytes, ReadHeaderTimeout and IdleTimeout, and by
// having bodies come in time, as examples/server does with http.ResponseController.
package pgrest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/reload"
	"github.com/pgrest-go/pgrest/internal/response"
	"github.com/pgrest-go/pgrest/internal/spool"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// Pool is what the library needs of the host's connection pool; a
// *pgxpool.Pool is one. The pool stays the host's: it is never closed here. When one of
// its connections turns out to have died, its method Reset is called, if it has
// one, to have it drop the idle ones. When it gives connections to a replica, where
// nobody can listen, its method Config tells where the primary is, if it has one, as
// in a URL with several hosts and target_session_attrs=prefer-standby.
//
// A connection goes back to the pool without a transaction, and so without anything
// that a request has set for its own. Prepared statements stay on it, under names that
// begin with pgrest_.
//
// Functions of the database can leave more: what they set for the session, by
// set_config(…, false) or SET, stays after their transaction. PostgreSQL tells of the time
// zone, the DateStyle, the IntervalStyle, client_encoding, standard_conforming_strings,
// application_name and default_transaction_read_only; those are put back, by one more
// round trip after such a request. Of all else nobody tells, such as statement_timeout,
// row_security, a role, a setting of the database's own, an advisory lock or a temporary
// table. Requests to the API say their role themselves; others who use the pool may find
// these. A host whose functions leave them gives the API a pool of its own, or has
// its AfterRelease run RESET ALL and what else is needed, which takes half as long as a
// small request.
type Pool interface {
	Acquire(ctx context.Context) (*pgxpool.Conn, error)
}

// New makes a handler that serves the schemas of the database behind pool. It
// returns at once; the schema is loaded in the background, and requests wait
// for it. An error says which option is wrong.
func New(pool Pool, opts Options) (*Handler, error) {
	if pool == nil {
		return nil, errors.New("pgrest: no pool")
	}
	if err := opts.conflicts(); err != nil {
		return nil, fmt.Errorf("pgrest: %w", err)
	}
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("pgrest: %w", err)
	}
	identify, tokens, err := opts.authenticator()
	if err != nil {
		return nil, fmt.Errorf("pgrest: %w", err)
	}
	h := &Handler{
		options: opts,
		config: apirequest.Config{
			Schemas: opts.Schemas, BasePath: opts.BasePath,
			RootDisabled: opts.OpenAPI == DisabledOpenAPI, RootSpec: unqualified(opts.RootSpec),
			TxOverride: opts.TxEnd == CommitAllowOverride || opts.TxEnd == RollbackAllowOverride,
			Limits:     opts.Limits.requests(),
		},
		response: response.Config{
			Threshold: opts.BodyThreshold, Store: spool.NewStore(opts.SpoolDir, opts.MaxSpoolBytes),
			WriteTimeout: opts.WriteTimeout, MinimalErrors: opts.MinimalErrors, Encoders: opts.rowEncoders(),
			Broken: opts.broken,
		},
		identify: identify,
		tokens:   tokens,
		settings: opts.appSettings(),
		prelude:  opts.prelude(),
		pool:     pool,
		executor: executor.New(pool, !opts.DisablePreparedStatements),
		loaded:   make(chan struct{}),
	}
	h.verdict.Store(&verdict{next: make(chan struct{})})
	h.pings.ctx, h.pings.cancel = context.WithCancel(context.Background())
	if opts.DocsUI {
		h.page = sync.OnceValues(openapi.NewPage)
	}
	channel := opts.Channel
	if opts.DisableListener {
		channel = ""
	}
	h.executor.Silence = opts.DatabaseTimeout
	if opts.SchemaCache != nil {
		h.use(opts.SchemaCache)
	}
	h.executor.AcquireTimeout, h.executor.Lost = opts.AcquireTimeout, func() { h.reloader.Lost() }
	h.executor.TraceArguments, h.executor.Panicked = opts.TraceArguments, func(v any, stack []byte) {
		opts.Logger.Error("tracer panicked", "panic", v, "stack", string(stack))
	}
	h.reloader = reload.Start(reload.Config{
		Pool: pool, AcquireTimeout: opts.AcquireTimeout,
		Schema:  introspect.Options{Schemas: opts.Schemas, ExtraSearchPath: opts.ExtraSearchPath, PostOnly: opts.PostOnly},
		Channel: channel, Listener: opts.listener(), Check: h.check, Loaded: h.swap, Reconfigure: opts.OnConfigNotify, Logger: opts.Logger,
	})
	return h, nil
}

// broken logs why an answer was broken off, which its client can't be told any more.
func (o Options) broken(err error) {
	level := slog.LevelWarn
	if apierror.From(err, false).ServerFault() {
		level = slog.LevelError
	}
	o.Logger.Log(context.Background(), level, "response broken off", "error", apierror.ForLog(err))
}

// authenticator is the host's, or that of bearer tokens with its verifier.
func (o Options) authenticator() (func(*http.Request) (auth.Identity, error), *auth.JWT, error) {
	if o.Authenticate != nil {
		if o.AnonRole != "" {
			o.Logger.Warn("AnonRole has no effect beside Authenticate, which says who is anonymous", "role", o.AnonRole)
		}
		return o.identity, nil, nil
	}
	tokens, err := auth.NewJWT(auth.JWTConfig{
		Secret: o.JWTSecret, KeySetURL: o.JWTKeySetURL, RoleClaimKey: o.JWTRoleClaimKey, AnonRole: o.AnonRole,
		Audience: o.JWTAudience, CacheMaxEntries: o.JWTCacheMaxEntries, Logger: o.Logger,
	})
	if err != nil {
		return nil, nil, err
	}
	if key := o.JWTRoleClaimKey; key != "" && key[0] != '$' {
		o.Logger.Warn("JWTRoleClaimKey is in the deprecated form; write it as a JSON Path, which begins with $", "key", key)
	}
	return func(r *http.Request) (auth.Identity, error) {
		return tokens.Authenticate(r.Context(), r.Header.Get("Authorization"))
	}, tokens, nil
}

// identity is what the host says of a request, if one can be that. No token would make
// it another.
func (o Options) identity(r *http.Request) (auth.Identity, error) {
	id, err := o.Authenticate(r)
	if err != nil {
		return id, err
	}
	var refused *auth.Error
	if errors.As(id.Check(), &refused) {
		refused.Challenge = ""
		return id, refused
	}
	return id, nil
}

// unqualified is a function's name without its schema: it is looked up in the
// request's.
func unqualified(function string) string {
	if _, name, ok := strings.Cut(function, "."); ok {
		return name
	}
	return function
}

func (o Options) appSettings() []auth.Setting {
	var settings []auth.Setting
	for _, name := range slices.Sorted(maps.Keys(o.AppSettings)) {
		settings = append(settings, auth.Setting{Name: name, Value: o.AppSettings[name]})
	}
	return settings
}

// prelude calls the pre-request function. Without a schema it is looked up in
// the request's search path.
func (o Options) prelude() string {
	if o.PreRequest == "" {
		return ""
	}
	schema, name, qualified := strings.Cut(o.PreRequest, ".")
	if !qualified {
		schema, name = "", o.PreRequest
	}
	return "SELECT " + strings.ReplaceAll(sqlfrag.Qualified(schema, name), "??", "?") + "()"
}
