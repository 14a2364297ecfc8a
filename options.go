package pgrest

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/reload"
	"github.com/pgrest-go/pgrest/internal/response"
	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// Options configures a Handler. The zero value of every field is its default.
// Names are those of the PostgREST configuration
// (https://docs.postgrest.org/en/stable/references/configuration.html), whose
// key each comment gives.
type Options struct {
	// Schemas are the exposed schemas; the first is used when a request names
	// none. Default: public. Key: db-schemas.
	Schemas []string
	// SchemaList says which schemas the answer (406, PGRST106) names to a request that names
	// one which isn't exposed. By default it names all of Schemas, whether or not the caller
	// has USAGE on them, so that a host whose schemas are its tenants' chooses another list.
	// SchemasUsable costs a round trip for such a request. The reference has no such key.
	SchemaList SchemaList
	// ExtraSearchPath are schemas added to the search path behind the request's
	// own. Their tables and functions are not exposed. nil means public; an empty,
	// non-nil slice means none. Key: db-extra-search-path.
	ExtraSearchPath []string
	// AnonRole is the role of requests without a token. Without one they are
	// answered with 401. Key: db-anon-role.
	AnonRole string
	// MaxRows caps the rows of every read. 0 means no limit, and a negative number no
	// rows at all, which the reference writes as 0. Key: db-max-rows.
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
	// OpenAPITitle is the title of the API in its description. Default: the first line of
	// the schema's comment; without one, the schema's name in OpenAPI 3.1, and
	// "PostgREST API" in 2.0. The reference has no such key.
	OpenAPITitle string
	// OpenAPIAdditions are the host's own part in the description of the API in OpenAPI
	// 3.1: its routes beside the API, how requests are secured, and further servers. What has
	// the name of something in the database is logged at each load, and asking for the
	// description answered with 500 meanwhile. The reference has no such key.
	OpenAPIAdditions openapi.Additions
	// SwaggerAdditions are the same in OpenAPI 2.0, which spells them otherwise.
	SwaggerAdditions openapi.Additions
	// TrustProxyHeaders has the description tell where clients reach the API by what a
	// reverse proxy says in X-Forwarded-Proto, X-Forwarded-Host and X-Forwarded-Prefix,
	// or, where it sends none of these, in Forwarded (RFC 7239). Only behind a proxy that
	// sets these headers or removes them: from anybody else they are what the client
	// likes. OpenAPIServerURL wins over them. The reference has no such key.
	TrustProxyHeaders bool
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
	// those of that name in all exposed schemas, or "schema.function". A GET, HEAD or QUERY
	// is answered with 405, and neither OPTIONS nor the description of the API offers
	// them. A POST still runs read only unless the function is volatile. The reference has
	// no such key; that of the stand-alone server is db-post-only.
	PostOnly []string
	// Plans lets clients ask for the execution plans of their requests, with the
	// media type application/vnd.pgrst.plan. Plans tell of tables and data: in production
	// they are for nobody, or for those whom PlansFor lets have them.
	//
	// With options=analyze the request is run to be measured. What it writes is rolled back
	// then, whether it is a write or the call of a function that is VOLATILE, and whatever
	// TxEnd and Prefer: tx=commit say: the reference commits it. Deferred constraints are
	// checked first. As with all that is rolled back, sequences have gone on, and what a
	// function did outside the database is done. Key: db-plan-enabled.
	Plans bool
	// Without switches off what the API has beyond PostgREST's. The reference has no such key.
	Without []Extension
	// FilterCasts names types, beside text, that clients may cast fields to in filters and
	// orders, as in and=(data->>price::numeric.gt.5): names in SQL's words, such as "numeric"
	// and "double precision", or in the search path, without a schema. A value that isn't of
	// the type is an error of the whole request. By default there is text alone, and in the
	// name of a parameter, as in id::text=like.4*, the cast counts only where PostgREST, which
	// overlooks it there, would answer with an error. With FilterCasts that isn't nil, if
	// only an empty list, it counts with every operator. The reference has no such key.
	FilterCasts []string
	// NullRows answers null for a function that returns one row (RETURNS a composite type, or
	// several OUT parameters, without SETOF) where it returns NULL, as one in SQL does that
	// finds nothing; and so where a computed relationship embeds what such a function returns.
	// By default there is an object whose members are null, as PostgREST has it. A row of
	// nulls that isn't NULL is an object either way, unless it is to be one of an exposed
	// table that has a column which is NOT NULL. The reference has no such key.
	NullRows bool
	// VersionColumns names the columns that have the versions of rows, for conditional
	// requests: by "relation", which means those of that name in all exposed schemas, or by
	// "schema.relation", which goes first. It is for views, which have no version without,
	// and for tables whose own shall not count; an empty name has rows have no version. A
	// column has to have another value whenever the row is written, as one does that a
	// trigger counts up; a time does if no two writes share it. Its value is in the entity
	// tag, for clients to read, and of no more than 96 bytes. The reference has no such key.
	VersionColumns map[string]string
	// PlansFor, if not nil, says who may have the plans that Plans allows. To others they
	// are a media type that isn't there, as without Plans. It is called for requests that ask
	// for a plan, and should be quick. The reference has no such key.
	PlansFor func(auth.Identity) bool
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
	// default_transaction_isolation. What the request's identity says, its role and its
	// claims, a function can't. Key: db-hoisted-tx-settings.
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
	// background, and again every 10 minutes; see auth.VerifierConfig. The reference has no
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
	// answered as such, any other error with 500. An identity whose role is "none" is
	// refused, in any case of its letters, for PostgreSQL would go on as the role that
	// the pool logs in as. The options about tokens are refused beside it, and no response
	// asks for a token, unless such an error does.
	Authenticate func(*http.Request) (auth.Identity, error)
	// Decide, when set, is asked about each use of a relation or a function that a request
	// makes: after planning, and before anything of it runs. It may refuse by an error: an
	// *Error is answered as it says, with any status, an *auth.Error as such, any other
	// error with 500. Or it decides that rows have to satisfy more conditions, or that there
	// are to be no more than so many. That costs nothing on the wire: conditions become a
	// part of the request's statement, which is compiled once for each form of request and
	// decision.
	//
	// It sees what the URL and the schema tell, and not what views and functions do inside:
	// the boundary remains PostgreSQL's grants and row-level security. What is decided
	// comes on top of them. PostgreSQL also takes a name that no column has for a function of
	// the row, as in select=to_json, which may be any function of the search path. Beside
	// Decide such names are refused with 42703, and system columns with them; computed fields
	// of the exposed schemas are uses of their own.
	//
	// OPTIONS and the descriptions of the API don't offer what it refuses, see Use.Offer. It
	// is called by requests at the same time, and must not keep the use.
	Decide func(ctx context.Context, use *Use) (Decision, error)

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
	// without a planned or estimated count in its headers. Over HTTP/1.0, of a function that
	// is VOLATILE, and of whatever writes, the response is 500 then, and nothing is committed.
	// 0 means 1 GiB, and a negative number no files.
	MaxSpoolBytes int64
	// WriteTimeout is how long a client may take for each 64 KiB of a large response,
	// before the connection is broken off. The time in which PostgreSQL makes them doesn't
	// count. It takes the place of the host's http.Server.WriteTimeout for these responses,
	// by way of http.ResponseController: a ResponseWriter of the host's middleware has to
	// have Unwrap or SetWriteDeadline. 0 means 30 seconds, and a negative number leaves it
	// to the host.
	WriteTimeout time.Duration
	// Replicas has reads answered by replicas of the database.
	Replicas Replicas
	// Hooks take part in the transactions of requests: with SQL of the host's own before and
	// after a request's own, and with what is to be done once it has been committed.
	Hooks []Hook
	// Idempotency has writes with an Idempotency-Key header take effect once. It is off unless
	// it names a schema. The reference has no such key.
	Idempotency Idempotency
	// Operators are the host's own operators and functions for filters, orders and select, such
	// as those of PostGIS and pgvector. The reference has no such key; without any, requests
	// are read as it reads them.
	Operators []Operator
	// Limits bounds what one request may ask for. The reference has no such keys.
	Limits Limits
	// ServerTiming adds the Server-Timing header. Key: server-timing-enabled.
	ServerTiming bool
	// MinimalErrors leaves details and hint out of error bodies.
	// Key: client-error-verbosity.
	MinimalErrors bool
	// MapError, if not nil, is called with each error that a request is about to be answered
	// with, whatever it failed of, and may have it answered otherwise: with a message for a
	// constraint that is violated, another status, or without details that quote a row, as
	// "Failing row contains (…)" does. It is for the function to change, and what it returns
	// is what the client is told, and what Observe and the log are; nil leaves the error as
	// it was. One that isn't made of what was given has neither its headers nor its cause.
	// A status that no answer can have is that of the error as it was, and so is all of it if
	// the function panics. It runs on the request's goroutine. For a request of a batch, r is that
	// one. Answers that were begun and
	// are broken off are not errors that a client reads: those are logged as they are.
	MapError func(r *http.Request, e *Error) *Error
	// ErrorFormat is the form of the bodies of errors. The reference has no such key.
	ErrorFormat ErrorFormat
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
	// RequireSchemas has the schema not loaded while one of Schemas or ExtraSearchPath
	// isn't there, as in the reference: requests are answered with 503 if there was no
	// schema before, and it is tried again. Without it such a schema is empty.
	RequireSchemas bool
	// Strict has Ready fail where options name what isn't there or can't be used: schemas,
	// the anonymous role, which the pool's login has to be able to become, and functions.
	// Without it that is logged as a warning at each load, and told by Health.
	Strict bool
	// Logger receives what can't be told to a client: causes of 500s as errors, unless
	// they are the client's own doing, what will be tried again, such as lost connections,
	// as warnings, and reloads as info. What is quoted of requests is cut to 1 KiB.
	// Default: slog.Default().
	Logger *slog.Logger
	// SchemaCache, if not nil, is what requests are answered from until the handler has
	// loaded the schema itself: that of another Handler with the same Schemas,
	// ExtraSearchPath and PostOnly, in whose place this one comes at once.
	SchemaCache *introspect.SchemaCache
	// DisableListener turns off reloading on NOTIFY. To hear notifications, a handler
	// takes one connection out of the pool for good, which comes on top of the pool's
	// maximum; those that have a Listener share one. Key: db-channel-enabled.
	DisableListener bool
	// Listener, if not nil, hears notifications for this handler and others, on one
	// connection for all of them.
	Listener *Listener
	// Channel is the notification channel. Default: pgrst. Key: db-channel.
	Channel string
	// Observe, if not nil, is told of every request when it has been answered. ctx is
	// the request's. It runs on the request's goroutine.
	Observe func(ctx context.Context, e Event)
	// Tracer, if not nil, is told of the beginning and of the end of every request, so that
	// spans of statements are within those of requests: see the package otel.
	Tracer Tracer
	// TraceArguments has pgx tracers of the pool's connections told of the arguments of
	// statements, which are what clients send, and their claims. Without it they see each
	// statement of a request with its SQL, its rows and its error: a pgx.BatchTracer all
	// those that go out together as one batch, another pgx.QueryTracer each as a query,
	// from when the one before it has ended.
	TraceArguments bool
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

// withDefaults gives the options with a value for each that has a default.
func (o Options) withDefaults() Options {
	if len(o.Schemas) == 0 {
		o.Schemas = []string{"public"}
	}
	if o.ExtraSearchPath == nil {
		o.ExtraSearchPath = []string{"public"}
	}
	// Slices are copied: the host may go on to change its own.
	o.Schemas, o.ExtraSearchPath = slices.Clone(o.Schemas), slices.Clone(o.ExtraSearchPath)
	o.Hooks, o.Operators = slices.Clone(o.Hooks), cloneOperators(o.Operators)
	o.HoistedSettings, o.PostOnly = slices.Clone(o.HoistedSettings), slices.Clone(o.PostOnly)
	o.OpenAPIAdditions, o.SwaggerAdditions = o.OpenAPIAdditions.Clone(), o.SwaggerAdditions.Clone()
	o.VersionColumns, o.FilterCasts = maps.Clone(o.VersionColumns), slices.Clone(o.FilterCasts)
	o.Limits.MaxRowsOf, o.Limits.MaxConcurrentOf = maps.Clone(o.Limits.MaxRowsOf), maps.Clone(o.Limits.MaxConcurrentOf)
	if o.HoistedSettings == nil {
		o.HoistedSettings = []string{"statement_timeout", "plan_filter.statement_cost_limit", "default_transaction_isolation"}
	}
	encoders := map[string]func([]ResultColumn) RowEncoder{ndjsonType: NDJSON}
	maps.Copy(encoders, o.Encoders)
	o.Encoders = encoders
	o.BodyThreshold = cmp.Or(o.BodyThreshold, response.DefaultThreshold)
	o.AcquireTimeout = cmp.Or(o.AcquireTimeout, defaultAcquireTimeout)
	// Of what may be unbounded, or without, a negative number says so.
	o.DatabaseTimeout = max(0, cmp.Or(o.DatabaseTimeout, time.Minute))
	o.WriteTimeout = max(0, cmp.Or(o.WriteTimeout, 30*time.Second))
	o.MaxSpoolBytes = max(0, cmp.Or(o.MaxSpoolBytes, 1<<30))
	o.Logger = guarded(cmp.Or(o.Logger, slog.Default()))
	o.Replicas = o.Replicas.withDefaults()
	o.Channel = cmp.Or(o.Channel, "pgrst")
	o.Idempotency = o.Idempotency.withDefaults()
	return o
}

// defaultAcquireTimeout is how long a connection of the pool is waited for.
const defaultAcquireTimeout = 10 * time.Second

// listener is the host's, if it is to be used; nil for none.
func (o Options) listener() *reload.Listener {
	if o.Listener == nil {
		return nil
	}
	return o.Listener.hears
}
