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
// # Functions
//
// Functions are called with POST, or with GET and their arguments in the URL. A GET
// never writes, but that a function is declared VOLATILE doesn't forbid it: the function
// is called all the same, in a read-only transaction, and only descriptions of the API
// don't offer it. What is in a URL is also in logs, histories and Referer headers. So a
// function that takes a secret, such as login(name text, password text), is best named
// in Options.PostOnly.
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
package pgrest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/auth"
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
// *pgxpool.Pool is one. The pool stays the host's: it is never closed here, and
// no connection goes back to it with any session state left on it. When one of
// its connections turns out to have died, its method Reset is called, if it has
// one, to have it drop the idle ones. When it gives connections to a replica, where
// nobody can listen, its method Config tells where the primary is, if it has one, as
// in a URL with several hosts and target_session_attrs=prefer-standby.
type Pool interface {
	Acquire(ctx context.Context) (*pgxpool.Conn, error)
}

// Options configures a Handler. The zero value of every field is its default.
// Names are those of the PostgREST configuration
// (https://docs.postgrest.org/en/stable/references/configuration.html), whose
// key each comment gives.
type Options struct {
	// Schemas are the exposed schemas; the first is used when a request names
	// none. Default: public. Key: db-schemas.
	Schemas []string
	// ExtraSearchPath are schemas added to the search path behind the request's
	// own. Their tables and functions are not exposed. nil means public; an empty,
	// non-nil slice means none. Key: db-extra-search-path.
	ExtraSearchPath []string
	// AnonRole is the role of requests without a token. Without one they are
	// answered with 401. Key: db-anon-role.
	AnonRole string
	// MaxRows caps the rows of every read. 0 means no limit. Key: db-max-rows.
	MaxRows int64
	// PreRequest names a function, as "function" or "schema.function", that runs in
	// each request's transaction before its query. Key: db-pre-request.
	PreRequest string
	// AppSettings are set in each request's transaction, for SQL to read as in
	// current_setting('app.settings.site'). A name needs a dot. Key: app.settings.*.
	AppSettings map[string]string
	// OpenAPI says what a GET on the root describes. Key: openapi-mode.
	OpenAPI OpenAPIMode
	// OpenAPISecurity adds to the description that requests carry a token.
	// Key: openapi-security-active.
	OpenAPISecurity bool
	// OpenAPIServerURL is where clients reach the API, if not at the host and path of
	// their request. Key: openapi-server-proxy-uri.
	OpenAPIServerURL string
	// DocsUI has the root answer browsers with a page on which people explore the API
	// and try it out: requests that prefer text/html to JSON. It is Swagger UI, which
	// this library brings along, and asks no other host. The page itself is for
	// everybody, and tells nothing of the API; what it shows is the description that
	// the role of whoever looks may see. With ?schema=name it shows a schema
	// other than the first. The reference has no such key.
	DocsUI bool
	// RootSpec names a function that answers at the root instead. Key: db-root-spec.
	RootSpec string
	// PostOnly names functions that are called with POST alone, since their arguments
	// are not for URLs, as those of login(password text): as "function", which means
	// those of that name in all exposed schemas, or "schema.function". A GET or HEAD is
	// answered with 405, and neither OPTIONS nor the description of the API offers
	// them. A POST still runs read only unless the function is volatile. The reference has
	// no such key; that of the stand-alone server is db-post-only.
	PostOnly []string
	// Plans lets clients ask for the execution plans of their requests, with the
	// media type application/vnd.pgrst.plan. Not for production: plans tell of
	// tables and data. Key: db-plan-enabled.
	Plans bool
	// Encoders adds media types of the host's own, by their names in lower case: when
	// a client accepts one, the function makes a RowEncoder for the response's columns,
	// which writes the body. That goes for rows of relations, of writes and of
	// functions. A handler in the database for the same media type has precedence.
	// text/csv and application/geo+json replace the built-in ones.
	// application/x-ndjson is there by default, as NDJSON.
	Encoders map[string]func(columns []ResultColumn) RowEncoder
	// HoistedSettings names settings of functions: where a called function has one of
	// them in its own SET clauses, it applies to the whole transaction, from its
	// start. nil means statement_timeout, plan_filter.statement_cost_limit and
	// default_transaction_isolation. Key: db-hoisted-tx-settings.
	HoistedSettings []string
	// Aggregates allows aggregate functions in select. They are off by default,
	// because a client can make them cost much. Key: db-aggregates-enabled.
	Aggregates bool
	// StrictTargetNames refuses filters, orders and pages that call an embed by
	// its relation although it has an alias. Otherwise they are answered with a
	// Warning header. Key: url-use-legacy-target-names, reversed.
	StrictTargetNames bool
	// TxEnd says how transactions end. Key: db-tx-end.
	TxEnd TxEnd

	// JWTSecret verifies bearer tokens: a text of 32 bytes or more for HS256, or a
	// JSON Web Key or a set of them. Without one, or JWTKeySetURL, a request with a
	// token is answered with 500. Key: jwt-secret.
	JWTSecret []byte
	// JWTKeySetURL is an https URL of a JSON Web Key Set, such as an identity
	// provider's, whose public keys verify bearer tokens too. It is fetched in the
	// background, and again every 10 minutes; see auth.JWTConfig. The reference has no
	// such key.
	JWTKeySetURL string
	// JWTAudience must be among a token's audiences if the token has any.
	// Default: not checked. Key: jwt-aud.
	JWTAudience string
	// JWTRoleClaimKey is where a token names its role, as a JSON Path of RFC 9535,
	// such as $.realm_access.roles[?search(@, '^app_')]. The older form, which begins
	// with a dot, is understood too, and deprecated. Default: $.role.
	// Key: jwt-role-claim-key.
	JWTRoleClaimKey string
	// JWTCacheMaxEntries is how many verified tokens are remembered. 0 means 1000,
	// and a negative number none, which the reference writes as 0.
	// Key: jwt-cache-max-entries.
	JWTCacheMaxEntries int
	// Authenticate, when set, replaces the bearer token: it tells who makes a
	// request, by whatever the host goes by: a session's cookie, an API key in a
	// header, or the client's certificate in r.TLS.VerifiedChains. An *auth.Error is
	// answered as such, any other error with 500.
	Authenticate func(*http.Request) (auth.Identity, error)

	// BasePath is the path that the handler is mounted under when the host's
	// router doesn't strip it, such as "/api", without the escapes of URLs.
	BasePath string
	// BodyThreshold is how many bytes of a response are held back in memory. Beyond,
	// a read is sent while it arrives, and what has to wait for its end goes on in a
	// temporary file. Each response takes that much until its client has it. 0 means 1 MiB.
	BodyThreshold int
	// SpoolDir is the folder of temporary files. They have no names (where the system
	// allows that), and are gone when their response is. Default: that of os.TempDir.
	SpoolDir string
	// MaxSpoolBytes bounds what all temporary files of the handler hold together.
	// Without room in them or on the disk, a read goes on as fast as its client takes it,
	// without the headers that its end would tell; over HTTP/1.0, and when it writes, the
	// request is answered with 500, and nothing is committed. 0 means 1 GiB, and a negative
	// number no files.
	MaxSpoolBytes int64
	// WriteTimeout is how long a client may take for each 64 KiB of a large response,
	// before the connection is broken off. The time in which PostgreSQL makes them doesn't
	// count. It takes the place of the host's http.Server.WriteTimeout for these responses,
	// by way of http.ResponseController: a ResponseWriter of the host's middleware has to
	// have Unwrap or SetWriteDeadline. 0 means 30 seconds, and a negative number leaves it
	// to the host.
	WriteTimeout time.Duration
	// ServerTiming adds the Server-Timing header. Key: server-timing-enabled.
	ServerTiming bool
	// MinimalErrors leaves details and hint out of error bodies.
	// Key: client-error-verbosity.
	MinimalErrors bool
	// TraceHeader names a request header that is sent back with the response, for
	// following a request through several services. Key: server-trace-header.
	TraceHeader string
	// DisablePreparedStatements parses each statement when it is run, for poolers
	// in transaction mode that don't keep track of prepared statements, as PgBouncer
	// does from version 1.21. Key: db-prepared-statements, reversed.
	DisablePreparedStatements bool
	// AcquireTimeout is how long a request waits for a connection of the pool before
	// it is answered with 504. 0 means 10 seconds. Key: db-pool-acquisition-timeout.
	AcquireTimeout time.Duration
	// DatabaseTimeout is how long a request waits for PostgreSQL while that says
	// nothing: for its first row or its outcome, and then, once or twice as long, for
	// each further row. It is answered with 504, and its statement cancelled. Longer
	// functions want more. 0 means 1 minute, and a negative number no bound.
	DatabaseTimeout time.Duration
	// Logger receives what can't be told to a client: causes of 500s as errors, what
	// will be tried again, such as lost connections, as warnings, and reloads as info.
	// Default: slog.Default().
	Logger *slog.Logger
	// DisableListener turns off reloading on NOTIFY, which takes one connection of
	// the pool. Key: db-channel-enabled.
	DisableListener bool
	// Channel is the notification channel. Default: pgrst. Key: db-channel.
	Channel string
	// Observe, if not nil, is told of every request when it has been answered. ctx is
	// the request's. It runs on the request's goroutine.
	Observe func(ctx context.Context, e Event)
	// OnConfigNotify, if not nil, is called when a notification asks for a new
	// configuration, as NOTIFY pgrst, 'reload config' and NOTIFY pgrst do, and when
	// notifications may have been missed. Options don't change by it: a host that
	// wants others makes another Handler. The schema is read anew all the same, with
	// the settings of roles. It must not block, nor close the Handler.
	OnConfigNotify func()
	// OnSchemaLoad, if not nil, is called with each schema that was loaded, the first
	// included, when requests are answered from it. It must not block, nor close the
	// Handler.
	OnSchemaLoad func(*introspect.SchemaCache)
}

// OpenAPIMode says what the description of the API tells of.
type OpenAPIMode uint8

// The modes, as openapi-mode spells them: follow-privileges, which tells a role of
// what it may use, ignore-privileges and disabled.
const (
	FollowPrivileges OpenAPIMode = iota
	IgnorePrivileges
	DisabledOpenAPI
)

// TxEnd says how a request's transaction ends and whether the client may choose.
type TxEnd uint8

// The ends of a transaction, as db-tx-end spells them: commit,
// commit-allow-override, rollback and rollback-allow-override.
const (
	Commit TxEnd = iota
	CommitAllowOverride
	Rollback
	RollbackAllowOverride
)

// New makes a handler that serves the schemas of the database behind pool. It
// returns at once; the schema is loaded in the background, and requests wait
// for it. An error says which option is wrong.
func New(pool Pool, opts Options) (*Handler, error) {
	if pool == nil {
		return nil, errors.New("pgrest: no pool")
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
		},
		response: response.Config{
			Threshold: opts.BodyThreshold, Store: spool.NewStore(opts.SpoolDir, opts.MaxSpoolBytes),
			WriteTimeout: opts.WriteTimeout, MinimalErrors: opts.MinimalErrors, Encoders: opts.rowEncoders(),
			Broken: func(err error) { opts.Logger.Error("response broken off", "error", err) },
		},
		identify: identify,
		tokens:   tokens,
		settings: opts.appSettings(),
		prelude:  opts.prelude(),
		executor: executor.New(pool, !opts.DisablePreparedStatements),
		loaded:   make(chan struct{}),
	}
	if opts.DocsUI {
		h.page = sync.OnceValues(openapi.NewPage)
	}
	channel := opts.Channel
	if opts.DisableListener {
		channel = ""
	}
	h.executor.Silence = opts.DatabaseTimeout
	h.executor.AcquireTimeout, h.executor.Lost = opts.AcquireTimeout, func() { h.reloader.Lost() }
	h.reloader = reload.Start(reload.Config{
		Pool: pool, AcquireTimeout: opts.AcquireTimeout,
		Schema:  introspect.Options{Schemas: opts.Schemas, ExtraSearchPath: opts.ExtraSearchPath, PostOnly: opts.PostOnly},
		Channel: channel, Loaded: h.swap, Reconfigure: opts.OnConfigNotify, Logger: opts.Logger,
	})
	return h, nil
}

func (o Options) withDefaults() Options {
	if len(o.Schemas) == 0 {
		o.Schemas = []string{"public"}
	}
	if o.ExtraSearchPath == nil {
		o.ExtraSearchPath = []string{"public"}
	}
	// Slices are copied: the host may go on to change its own.
	o.Schemas, o.ExtraSearchPath = slices.Clone(o.Schemas), slices.Clone(o.ExtraSearchPath)
	o.HoistedSettings, o.PostOnly = slices.Clone(o.HoistedSettings), slices.Clone(o.PostOnly)
	if o.HoistedSettings == nil {
		o.HoistedSettings = []string{"statement_timeout", "plan_filter.statement_cost_limit", "default_transaction_isolation"}
	}
	encoders := map[string]func([]ResultColumn) RowEncoder{ndjsonType: NDJSON}
	maps.Copy(encoders, o.Encoders)
	o.Encoders = encoders
	o.BodyThreshold = cmp.Or(o.BodyThreshold, response.DefaultThreshold)
	o.AcquireTimeout = cmp.Or(o.AcquireTimeout, 10*time.Second)
	// Of what may be unbounded, or without, a negative number says so.
	o.DatabaseTimeout = max(0, cmp.Or(o.DatabaseTimeout, time.Minute))
	o.WriteTimeout = max(0, cmp.Or(o.WriteTimeout, 30*time.Second))
	o.MaxSpoolBytes = max(0, cmp.Or(o.MaxSpoolBytes, 1<<30))
	o.Logger = cmp.Or(o.Logger, slog.Default())
	o.Channel = cmp.Or(o.Channel, "pgrst")
	return o
}

func (o Options) validate() error {
	for _, schema := range o.Schemas {
		switch schema {
		case "":
			return errors.New("Schemas has an empty name")
		case "pg_catalog", "information_schema":
			return fmt.Errorf("Schemas can't expose %s", schema)
		}
	}
	switch {
	case o.MaxRows < 0:
		return fmt.Errorf("MaxRows is %d, and can't be negative", o.MaxRows)
	case o.BodyThreshold < 0:
		return fmt.Errorf("BodyThreshold is %d, and can't be negative", o.BodyThreshold)
	case o.AcquireTimeout < 0:
		return fmt.Errorf("AcquireTimeout is %s, and can't be negative", o.AcquireTimeout)
	case o.OpenAPI > DisabledOpenAPI:
		return fmt.Errorf("OpenAPI is %d, which is none of its values", o.OpenAPI)
	case o.TxEnd > RollbackAllowOverride:
		return fmt.Errorf("TxEnd is %d, which is none of its values", o.TxEnd)
	case o.BasePath != "" && o.BasePath[0] != '/':
		return fmt.Errorf("BasePath is %q, and has to begin with a slash", o.BasePath)
	}
	if o.OpenAPIServerURL != "" {
		if err := openapi.CheckServerURL(o.OpenAPIServerURL); err != nil {
			return fmt.Errorf("OpenAPIServerURL: %w", err)
		}
	}
	if err := o.validateEncoders(); err != nil {
		return err
	}
	if err := o.validatePostOnly(); err != nil {
		return err
	}
	for name := range o.AppSettings {
		if !strings.Contains(name, ".") {
			return fmt.Errorf("AppSettings has %q; PostgreSQL wants a dot in the name of a custom setting", name)
		}
	}
	return nil
}

// authenticator is the host's, or that of bearer tokens with its verifier.
func (o Options) authenticator() (func(*http.Request) (auth.Identity, error), *auth.JWT, error) {
	if o.Authenticate != nil {
		return o.Authenticate, nil, nil
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
