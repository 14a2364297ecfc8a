package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

const secret = "a secret of thirty-two characters"

// Every setting has its cases here: TestParseConfigCoversSettings checks that.
var goodConfigs = []struct {
	name string
	env  string // variables without prefix, with "; " between
	got  func(*config) any
	want any
}{
	{"admin host", "ADMIN_SERVER_HOST=localhost", func(c *config) any { return c.admin.host }, "localhost"},
	{"admin host is the server's by default", "SERVER_HOST=127.0.0.1", func(c *config) any { return c.admin.host }, "127.0.0.1"},
	{"admin port", "ADMIN_SERVER_PORT=3001", func(c *config) any { return c.admin.port }, 3001},
	{"no admin port", "", func(c *config) any { return c.admin.port }, noPort},
	{"both ports automatic", "ADMIN_SERVER_PORT=0; SERVER_PORT=0", func(c *config) any { return c.admin.port }, 0},
	{"verbose errors", "CLIENT_ERROR_VERBOSITY=verbose", func(c *config) any { return c.api.MinimalErrors }, false},
	{"minimal errors", "CLIENT_ERROR_VERBOSITY=minimal", func(c *config) any { return c.api.MinimalErrors }, true},
	{"anonymous role", "DB_ANON_ROLE=web_anon", func(c *config) any { return c.api.AnonRole }, "web_anon"},
	{"empty is unset", "DB_ANON_ROLE=", func(c *config) any { return c.api.AnonRole }, ""},
	{"channel", "DB_CHANNEL=films", func(c *config) any { return c.api.Channel }, "films"},
	{"channel on", "DB_CHANNEL_ENABLED=true", func(c *config) any { return c.api.DisableListener }, false},
	{"channel off", "DB_CHANNEL_ENABLED=false", func(c *config) any { return c.api.DisableListener }, true},
	{"extra search path", "DB_EXTRA_SEARCH_PATH=public, extensions",
		func(c *config) any { return c.api.ExtraSearchPath }, []string{"public", "extensions"}},
	{"empty extra search path is none", "DB_EXTRA_SEARCH_PATH=", func(c *config) any { return c.api.ExtraSearchPath }, []string{}},
	{"extra search path by default", "", func(c *config) any { return c.api.ExtraSearchPath }, []string{"public"}},
	{"max rows", "DB_MAX_ROWS=1000", func(c *config) any { return c.api.MaxRows }, int64(1000)},
	{"no rows at all", "DB_MAX_ROWS=0", func(c *config) any { return c.api.MaxRows }, int64(-1)},
	{"max rows by its older name", "MAX_ROWS=10", func(c *config) any { return c.api.MaxRows }, int64(10)},
	{"the first name goes before the alias", "DB_MAX_ROWS=1000; MAX_ROWS=10",
		func(c *config) any { return c.api.MaxRows }, int64(1000)},
	{"an empty first name leaves it to the alias", "DB_MAX_ROWS=; MAX_ROWS=10",
		func(c *config) any { return c.api.MaxRows }, int64(10)},
	{"pool size", "DB_POOL=3", func(c *config) any { return c.pool.MaxConns }, int32(3)},
	{"pool size by default", "", func(c *config) any { return c.pool.MaxConns }, int32(10)},
	{"idle time", "DB_POOL_MAX_IDLETIME=7", func(c *config) any { return c.pool.MaxConnIdleTime }, 7 * time.Second},
	{"idle time by its older name", "DB_POOL_TIMEOUT=8; DB_POOL_MAX_IDLETIME=7",
		func(c *config) any { return c.pool.MaxConnIdleTime }, 8 * time.Second},
	{"idle connections are looked for in time", "DB_POOL_MAX_IDLETIME=7",
		func(c *config) any { return c.pool.HealthCheckPeriod }, 7 * time.Second},
	{"lifetime", "DB_POOL_MAX_LIFETIME=60", func(c *config) any { return c.pool.MaxConnLifetime }, time.Minute},
	{"pre-request", "DB_PRE_REQUEST=api.check", func(c *config) any { return c.api.PreRequest }, "api.check"},
	{"pre-request by its older name", "PRE_REQUEST=check", func(c *config) any { return c.api.PreRequest }, "check"},
	{"prepared statements", "DB_PREPARED_STATEMENTS=true", func(c *config) any { return c.api.DisablePreparedStatements }, false},
	{"no prepared statements", "DB_PREPARED_STATEMENTS=false", func(c *config) any { return c.api.DisablePreparedStatements }, true},
	{"trace header", "SERVER_TRACE_HEADER=X-Request-Id", func(c *config) any { return c.api.TraceHeader }, "X-Request-Id"},
	{"hoisted settings", "DB_HOISTED_TX_SETTINGS=statement_timeout, work_mem", func(c *config) any { return c.api.HoistedSettings },
		[]string{"statement_timeout", "work_mem"}},
	{"functions for POST alone", "DB_POST_ONLY=login, auth.sign_up", func(c *config) any { return c.api.PostOnly }, []string{"login", "auth.sign_up"}},
	{"hoisted settings with nothing between", "DB_HOISTED_TX_SETTINGS=work_mem,,", func(c *config) any { return c.api.HoistedSettings },
		[]string{"work_mem"}},
	{"plans", "DB_PLAN_ENABLED=true", func(c *config) any { return c.api.Plans }, true},
	{"schemas", "DB_SCHEMAS=archive, archive_v2", func(c *config) any { return c.api.Schemas }, []string{"archive", "archive_v2"}},
	{"schemas by their older name", "DB_SCHEMA=archive", func(c *config) any { return c.api.Schemas }, []string{"archive"}},
	{"commit", "DB_TX_END=commit", func(c *config) any { return c.api.TxEnd }, pgrest.TxCommit},
	{"commit, override", "DB_TX_END=commit-allow-override", func(c *config) any { return c.api.TxEnd }, pgrest.TxCommitAllowOverride},
	{"rollback", "DB_TX_END=rollback", func(c *config) any { return c.api.TxEnd }, pgrest.TxRollback},
	{"rollback, override", "DB_TX_END=rollback-allow-override",
		func(c *config) any { return c.api.TxEnd }, pgrest.TxRollbackAllowOverride},
	{"URI", "DB_URI=postgres://a@db.example:5433/films", func(c *config) any { return c.pool.ConnConfig.Host }, "db.example"},
	{"URI of keywords", "DB_URI=host=db.example user=a", func(c *config) any { return c.pool.ConnConfig.Host }, "db.example"},
	{"table of idempotency keys", "DB_IDEMPOTENCY_TABLE=private.keys", func(c *config) any { return []string{c.api.Idempotency.Schema, c.api.Idempotency.Table} },
		[]string{"private", "keys"}},
	{"idempotency keys by the name of the table", "DB_IDEMPOTENCY_TABLE=private", func(c *config) any { return []string{c.api.Idempotency.Schema, c.api.Idempotency.Table} },
		[]string{"private", ""}},
	{"replicas", "DB_REPLICA_URIS=postgres://a@r1.example/films  postgresql://b@r2.example,r3.example/films; DB_POOL=3", func(c *config) any {
		return []any{len(c.replicas), c.replicas[0].ConnConfig.Host, c.replicas[1].ConnConfig.User, len(c.replicas[1].ConnConfig.Fallbacks), c.replicas[1].MaxConns,
			c.replicas[0].ConnConfig.RuntimeParams["application_name"]}
	}, []any{2, "r1.example", "b", 3, int32(3), "pgrest"}},
	{"no replicas", "", func(c *config) any { return len(c.replicas) }, 0},
	{"positions", "DB_REPLICA_POSITIONS=true", func(c *config) any { return c.api.Replicas.Positions }, true},
	{"casts", "DB_FILTER_CASTS=numeric, double precision", func(c *config) any { return c.api.FilterCasts }, []string{"numeric", "double precision"}},
	{"no casts", "DB_FILTER_CASTS=", func(c *config) any { return c.api.FilterCasts == nil }, true},
	{"null in place of a row", "DB_NULL_ROWS=true", func(c *config) any { return c.api.NullRows }, true},
	{"versions of rows", "DB_VERSION_COLUMNS=films=version, api.reels=changed,notes=", func(c *config) any { return c.api.VersionColumns },
		map[string]string{"films": "version", "api.reels": "changed", "notes": ""}},
	{"extensions", "EXTENSIONS_DISABLED=upserts, keyset-pages", func(c *config) any { return c.api.Without }, []pgrest.Extension{pgrest.Upserts, pgrest.KeysetPages}},
	{"all extensions by default", "", func(c *config) any { return len(c.api.Without) }, 0},
	{"application name", "", func(c *config) any { return c.pool.ConnConfig.RuntimeParams["application_name"] }, "pgrest"},
	{"application name of the URI", "DB_URI=postgres://db.example?application_name=mine",
		func(c *config) any { return c.pool.ConnConfig.RuntimeParams["application_name"] }, "mine"},
	{"audience", "JWT_AUD=films", func(c *config) any { return c.api.JWTAudience }, "films"},
	{"audience as URI", "JWT_AUD=https://films.example", func(c *config) any { return c.api.JWTAudience }, "https://films.example"},
	{"secret", "JWT_SECRET=" + secret, func(c *config) any { return string(c.api.JWTSecret) }, secret},
	{"secret in base64", "JWT_SECRET=YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBjaGFyYWN0ZXJz; JWT_SECRET_IS_BASE64=true",
		func(c *config) any { return string(c.api.JWTSecret) }, secret},
	{"secret in base64 for URLs", "JWT_SECRET=-_-_" + strings.Repeat("A", 40) + "AA..; SECRET_IS_BASE64=1",
		func(c *config) any { return string(c.api.JWTSecret) }, "\xfb\xff\xbf" + strings.Repeat("\x00", 31)},
	{"limit of requests of a batch", "LIMIT_BATCH_REQUESTS=5", func(c *config) any { return c.api.Limits.MaxBatchRequests }, 5},
	{"limit of body bytes", "LIMIT_BODY_BYTES=5", func(c *config) any { return c.api.Limits.MaxBodyBytes }, int64(5)},
	{"limit of body columns", "LIMIT_BODY_COLUMNS=5", func(c *config) any { return c.api.Limits.MaxBodyColumns }, 5},
	{"limit of conditions", "LIMIT_CONDITIONS=5", func(c *config) any { return c.api.Limits.MaxConditions }, 5},
	{"limit of embed depth", "LIMIT_EMBED_DEPTH=5", func(c *config) any { return c.api.Limits.MaxEmbedDepth }, 5},
	{"limit of embeds", "LIMIT_EMBEDS=5", func(c *config) any { return c.api.Limits.MaxEmbeds }, 5},
	{"limit of header values", "LIMIT_HEADER_VALUES=5", func(c *config) any { return c.api.Limits.MaxHeaderValues }, 5},
	{"limit of list values", "LIMIT_LIST_VALUES=5", func(c *config) any { return c.api.Limits.MaxListValues }, 5},
	{"limit of order terms", "LIMIT_ORDER_TERMS=5", func(c *config) any { return c.api.Limits.MaxOrderTerms }, 5},
	{"limit of query bytes", "LIMIT_QUERY_BYTES=5", func(c *config) any { return c.api.Limits.MaxQueryBytes }, 5},
	{"limit of select items", "LIMIT_SELECT_ITEMS=5", func(c *config) any { return c.api.Limits.MaxSelectItems }, 5},
	{"no limit", "LIMIT_CONDITIONS=0", func(c *config) any { return c.api.Limits.MaxConditions }, -1},
	{"limits by default", "", func(c *config) any { return c.api.Limits }, pgrest.Limits{}},
	{"headers", "SERVER_MAX_HEADER_BYTES=5", func(c *config) any { return c.maxHeader }, 5},
	{"headers by default", "", func(c *config) any { return c.maxHeader }, 128 << 10},
	{"pace of bodies", "SERVER_MIN_BODY_RATE=5", func(c *config) any { return c.bodyRate }, 5},
	{"pace of bodies by default", "", func(c *config) any { return c.bodyRate }, 1 << 10},
	{"crit", "LOG_LEVEL=crit", func(c *config) any { return c.logLevel > slog.LevelError }, true},
	{"error", "LOG_LEVEL=error", func(c *config) any { return c.logLevel }, slog.LevelError},
	{"warn", "LOG_LEVEL=warn", func(c *config) any { return c.logLevel }, slog.LevelWarn},
	{"info", "LOG_LEVEL=info", func(c *config) any { return c.logLevel }, slog.LevelInfo},
	{"debug", "LOG_LEVEL=debug", func(c *config) any { return c.logLevel }, slog.LevelDebug},
	{"origins", "SERVER_CORS_ALLOWED_ORIGINS=https://a.example, http://b.example:8080",
		func(c *config) any { return c.corsOrigins }, []string{"https://a.example", "http://b.example:8080"}},
	{"host", "SERVER_HOST=::1", func(c *config) any { return c.main.host }, "::1"},
	{"any host", "SERVER_HOST=*6", func(c *config) any { return c.main.host }, "*6"},
	{"any IPv4 host by default", "", func(c *config) any { return c.main.host }, "!4"},
	{"port", "SERVER_PORT=80", func(c *config) any { return c.main.port }, 80},
	{"port by default", "", func(c *config) any { return c.main.port }, 3000},
	{"aggregates", "DB_AGGREGATES_ENABLED=true", func(c *config) any { return c.api.Aggregates }, true},
	{"legacy target names", "URL_USE_LEGACY_TARGET_NAMES=false", func(c *config) any { return c.api.StrictTargetNames }, true},
	{"timing", "SERVER_TIMING_ENABLED=true", func(c *config) any { return c.api.ServerTiming }, true},
	{"true in capitals", "SERVER_TIMING_ENABLED=TRUE", func(c *config) any { return c.api.ServerTiming }, true},
	{"true in quotes", `SERVER_TIMING_ENABLED="true"`, func(c *config) any { return c.api.ServerTiming }, true},
	{"true as number", "SERVER_TIMING_ENABLED=1", func(c *config) any { return c.api.ServerTiming }, true},
	{"false as number", "SERVER_TIMING_ENABLED=0", func(c *config) any { return c.api.ServerTiming }, false},
	{"app settings", "APP_SETTINGS_SITE_NAME=Films; APP_SETTINGS_MOTTO=",
		func(c *config) any { return c.api.AppSettings },
		map[string]string{"app.settings.site_name": "Films", "app.settings.motto": ""}},
	{"function for settings", "DB_PRE_CONFIG=api.settings", func(c *config) any { return c.preConfig }, "api.settings"},
	{"database settings", "DB_CONFIG=false", func(c *config) any { return c.databaseConfig }, false},
	{"database settings by default", "", func(c *config) any { return c.databaseConfig }, true},
	{"silence", "DB_TIMEOUT=5", func(c *config) any { return c.api.DatabaseTimeout }, 5 * time.Second},
	{"any silence", "DB_TIMEOUT=0", func(c *config) any { return c.api.DatabaseTimeout < 0 }, true},
	{"slow clients", "SERVER_WRITE_TIMEOUT=7", func(c *config) any { return c.api.WriteTimeout }, 7 * time.Second},
	{"temporary files", "SERVER_SPOOL_BYTES=1000", func(c *config) any { return c.api.MaxSpoolBytes }, int64(1000)},
	{"no temporary files", "SERVER_SPOOL_BYTES=0", func(c *config) any { return c.api.MaxSpoolBytes }, int64(-1)},
	{"their folder", "SERVER_SPOOL_DIR=/var/spool", func(c *config) any { return c.api.SpoolDir }, "/var/spool"},
	{"pool patience", "DB_POOL_ACQUISITION_TIMEOUT=3", func(c *config) any { return c.api.AcquireTimeout }, 3 * time.Second},
	{"role claim", "JWT_ROLE_CLAIM_KEY=$.app.role", func(c *config) any { return c.api.JWTRoleClaimKey }, "$.app.role"},
	{"role claim by its older name", "ROLE_CLAIM_KEY=.app.role", func(c *config) any { return c.api.JWTRoleClaimKey }, ".app.role"},
	{"token cache", "JWT_CACHE_MAX_ENTRIES=7", func(c *config) any { return c.api.JWTCacheMaxEntries }, 7},
	{"no token cache", "JWT_CACHE_MAX_ENTRIES=0", func(c *config) any { return c.api.JWTCacheMaxEntries < 0 }, true},
	{"port that is shared", "SERVER_REUSEPORT=true", func(c *config) any { return c.main.reusePort }, true},
	{"socket", "SERVER_UNIX_SOCKET=/tmp/a; SERVER_UNIX_SOCKET_MODE=777",
		func(c *config) any { return c.main }, endpoint{host: "!4", port: 3000, socket: "/tmp/a", socketMode: 0o777}},
	{"admin socket", "ADMIN_SERVER_UNIX_SOCKET=/tmp/b; ADMIN_SERVER_UNIX_SOCKET_MODE=600",
		func(c *config) any { return c.admin }, endpoint{host: "!4", port: noPort, socket: "/tmp/b", socketMode: 0o600}},
	{"mode of sockets by default", "", func(c *config) any { return c.main.socketMode }, os.FileMode(0o660)},
	{"requests in the log as Apache has them", "LOG_FORMAT=apache", func(c *config) any { return c.logApache }, true},
	{"queries in the log", "LOG_QUERY=true", func(c *config) any { return c.logQueries }, true},
	{"OpenAPI", "OPENAPI_MODE=ignore-privileges", func(c *config) any { return c.api.OpenAPI }, pgrest.OpenAPIIgnorePrivileges},
	{"no OpenAPI", "OPENAPI_MODE=disabled", func(c *config) any { return c.api.OpenAPI }, pgrest.OpenAPIDisabled},
	{"security in OpenAPI", "OPENAPI_SECURITY_ACTIVE=true", func(c *config) any { return c.api.OpenAPISecurity }, true},
	{"URL in OpenAPI", "OPENAPI_SERVER_PROXY_URI=https://films.example", func(c *config) any { return c.api.OpenAPIServerURL },
		"https://films.example"},
	{"title in OpenAPI", "OPENAPI_TITLE=Films", func(c *config) any { return c.api.OpenAPITitle }, "Films"},
	{"headers of proxies", "SERVER_TRUST_PROXY_HEADERS=true", func(c *config) any { return c.api.TrustProxyHeaders }, true},
	{"no headers of proxies by default", "", func(c *config) any { return c.api.TrustProxyHeaders }, false},
	{"root", "DB_ROOT_SPEC=root", func(c *config) any { return c.api.RootSpec }, "root"},
	{"root by its older name", "ROOT_SPEC=root", func(c *config) any { return c.api.RootSpec }, "root"},
	{"recovery by default", "", func(c *config) any { return c.recovers }, true},
	{"no recovery", "DB_POOL_AUTOMATIC_RECOVERY=false", func(c *config) any { return c.recovers }, false},
	{"settings for tests of the reference", "INTERNAL_SCHEMA_CACHE_QUERY_SLEEP=1; INTERNAL_SCHEMA_CACHE_QUERY_SLEEP_BEFORE_QUERIES=2",
		func(c *config) any { return c.withoutEffect },
		[]string{"PGRST_INTERNAL_SCHEMA_CACHE_QUERY_SLEEP", "PGRST_INTERNAL_SCHEMA_CACHE_QUERY_SLEEP_BEFORE_QUERIES"}},
	{"no other is without effect", "DB_POOL=3", func(c *config) any { return c.withoutEffect }, []string(nil)},
}

func TestParseConfig(t *testing.T) {
	t.Parallel()
	for _, test := range goodConfigs {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, err := parseConfig(fromEnvironment(environ(test.env)), nil, contents{})
			require.NoError(t, err)
			require.Equal(t, test.want, test.got(c))
		})
	}
}

func TestParseConfigCoversSettings(t *testing.T) {
	t.Parallel()
	set := map[string]bool{}
	for _, test := range goodConfigs {
		for key := range fromEnvironment(environ(test.env)) {
			set[key] = true
		}
	}
	for _, s := range settings {
		for _, name := range s.names() {
			require.True(t, set[name], "no case sets %s", name)
		}
	}
}

func TestParseConfigError(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, env, want string }{
		{"admin host", "ADMIN_SERVER_HOST=!5",
			`PGRST_ADMIN_SERVER_HOST has to be a host, an address, or one of *, *4, !4, *6, !6, not "!5"`},
		{"same ports", "ADMIN_SERVER_PORT=3000",
			"PGRST_ADMIN_SERVER_PORT has to differ from server-port; both are 3000"},
		{"replicas", "DB_REPLICA_URIS=postgres://a/b host=c", `PGRST_DB_REPLICA_URIS has to be a list of URIs that begin with postgres:// or postgresql://, with blanks between`},
		{"extension", "EXTENSIONS_DISABLED=upserts,magic", `PGRST_EXTENSIONS_DISABLED has "magic", which is no extension; there are ` +
			`typescript, upserts, bulk-updates, conditional, keyset-pages, grouping, batches`},
		{"versions", "DB_VERSION_COLUMNS=films", `PGRST_DB_VERSION_COLUMNS has to be a list of relation=column with commas between, not "films"`},
		{"table of idempotency keys", "DB_IDEMPOTENCY_TABLE=a.b.c", `PGRST_DB_IDEMPOTENCY_TABLE has to be a schema, or a schema and a table as in private.idempotency_keys, not "a.b.c"`},
		{"verbosity", "CLIENT_ERROR_VERBOSITY=loud",
			`PGRST_CLIENT_ERROR_VERBOSITY has to be one of verbose, minimal, not "loud"`},
		{"extra search path", "DB_EXTRA_SEARCH_PATH=a,,b", "PGRST_DB_EXTRA_SEARCH_PATH has to be a list of schemas"},
		{"empty schema", "DB_SCHEMAS=a,", "PGRST_DB_SCHEMAS has to be a list of schemas"},
		{"system schema", "DB_SCHEMA=a,pg_catalog", "PGRST_DB_SCHEMA can't have pg_catalog"},
		{"end of transactions", "DB_TX_END=abort",
			`PGRST_DB_TX_END has to be one of commit, commit-allow-override, rollback, rollback-allow-override, not "abort"`},
		{"URI", "DB_URI=postgres://db.example:port", "PGRST_DB_URI: "},
		{"file of the URI", "DB_URI=@no/such/file", "PGRST_DB_URI names a file that can't be read: open no/such/file"},
		{"URL in OpenAPI", "OPENAPI_SERVER_PROXY_URI=films.example",
			`PGRST_OPENAPI_SERVER_PROXY_URI has to be an http or https URL without user and query, such as https://example.com:8443/basePath, not "films.example"`},
		{"audience", "JWT_AUD=:films", `PGRST_JWT_AUD has to be a URI if it has a colon, unlike ":films"`},
		{"short secret", "JWT_SECRET=short", "PGRST_JWT_SECRET: The JWT secret must be at least 32 characters long."},
		{"empty file of the secret", "JWT_SECRET=@/dev/null", "PGRST_JWT_SECRET names a file that is empty"},
		{"file of the secret", "JWT_SECRET=@no/such/file", "PGRST_JWT_SECRET names a file that can't be read: open no/such/file"},
		{"secret not in base64", "JWT_SECRET=" + secret + "; JWT_SECRET_IS_BASE64=true",
			"PGRST_JWT_SECRET: has to be padded base64"},
		{"log level", "LOG_LEVEL=all", `PGRST_LOG_LEVEL has to be one of crit, error, warn, info, debug, not "all"`},
		{"port", "SERVER_PORT=65536", "PGRST_SERVER_PORT has to be a whole number from 0 to 65535"},
		{"admin port", "ADMIN_SERVER_PORT=-1", "PGRST_ADMIN_SERVER_PORT has to be a whole number from 0 to 65535"},
		{"log format", "LOG_FORMAT=json", `PGRST_LOG_FORMAT has to be one of text, apache, not "json"`},
		{"role claim", "JWT_ROLE_CLAIM_KEY=role", "PGRST_JWT_ROLE_CLAIM_KEY has to be a path such as $.role"},
		{"mode with a nine", "SERVER_UNIX_SOCKET_MODE=690", `PGRST_SERVER_UNIX_SOCKET_MODE has to be an octal number from 600 to 777, not "690"`},
		{"mode that keeps the owner out", "ADMIN_SERVER_UNIX_SOCKET_MODE=066", "PGRST_ADMIN_SERVER_UNIX_SOCKET_MODE has to be an octal number"},
		{"mode with more", "SERVER_UNIX_SOCKET_MODE=1777", "PGRST_SERVER_UNIX_SOCKET_MODE has to be an octal number"},
		{"OpenAPI mode", "OPENAPI_MODE=on", "PGRST_OPENAPI_MODE has to be one of follow-privileges, ignore-privileges, disabled"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseConfig(fromEnvironment(environ(test.env)), nil, contents{})
			require.ErrorContains(t, err, test.want)
		})
	}

	t.Run("all at once", func(t *testing.T) {
		t.Parallel()
		_, err := parseConfig(fromEnvironment(environ("DB_TX_END=x; LOG_LEVEL=1; SERVER_PORT=-1")), nil, contents{})
		for _, name := range []string{"PGRST_DB_TX_END", "PGRST_LOG_LEVEL", "PGRST_SERVER_PORT"} {
			require.ErrorContains(t, err, name)
		}
	})

	t.Run("without secrets", func(t *testing.T) {
		t.Parallel()
		for _, env := range []string{
			"DB_URI=postgres://a:hush@db.example:port/", "DB_URI=host=db.example port=x password=hush",
			"JWT_SECRET=hush", "JWT_SECRET=hush; JWT_SECRET_IS_BASE64=1",
		} {
			_, err := parseConfig(fromEnvironment(environ(env)), nil, contents{})
			require.Error(t, err)
			require.NotContains(t, err.Error(), "hush")
		}
	})
}

// A setting that the reference ignores makes a warning, and with --strict an error.
func TestParseConfigWarns(t *testing.T) {
	t.Parallel()
	const (
		mistyped = "setting has a value of the wrong type, and is taken for not set"
		former   = "setting is of an older version, and has no effect"
		unknown  = "setting is unknown"
	)
	value := func(key string) func(*config) any { return func(c *config) any { return c.values[key] } }
	tests := []struct {
		name, env    string
		what, remedy string // of the one warning; a part of the remedy
		got          func(*config) any
		want         any
	}{
		{"boolean", "DB_CHANNEL_ENABLED=maybe", mistyped, `it has to be true or false, not "maybe"`, value("db-channel-enabled"), "true"},
		{"word that a file takes for true", "SERVER_TIMING_ENABLED=on", mistyped, "it has to be true or false", value("server-timing-enabled"), "false"},
		{"what log-query once was", "LOG_QUERY=main-query", mistyped, `it has to be true or false, not "main-query"`, value("log-query"), "false"},
		{"number", "DB_POOL=many", mistyped, `it has to be a whole number from 1 to 2147483647, not "many"`, value("db-pool"), "10"},
		{"number that is too low", "DB_POOL=0", mistyped, `it has to be a whole number from 1 to 2147483647, not "0"`, value("db-pool"), "10"},
		{"fraction", "DB_POOL=3.5", mistyped, "it has to be a whole number", value("db-pool"), "10"},
		{"number with a unit", "DB_POOL_MAX_IDLETIME=30s", mistyped, "it has to be a whole number", value("db-pool-max-idletime"), "30"},
		{"negative number", "DB_POOL_MAX_LIFETIME=-1", mistyped, "it has to be a whole number", value("db-pool-max-lifetime"), "1800"},
		{"number without a default", "MAX_ROWS=many", mistyped, "it has to be a whole number", value("db-max-rows"), ""},
		{"the alias counts then", "DB_MAX_ROWS=many; MAX_ROWS=7", mistyped, "it has to be a whole number", value("db-max-rows"), "7"},
		{"port", "SERVER_PORT=x", mistyped, "it has to be a whole number", value("server-port"), "3000"},
		{"port that there needn't be", "ADMIN_SERVER_PORT=x", mistyped, "it has to be a whole number",
			func(c *config) any { return c.admin.enabled() }, false},
		{"legacy settings", "DB_USE_LEGACY_GUCS=false", former, "request.jwt.claims", nil, nil},
		{"media types", "RAW_MEDIA_TYPES=x/y", former, "make a media type handler", nil, nil},
		{"lifetime of tokens", "JWT_CACHE_MAX_LIFETIME=0", former, "set jwt-cache-max-entries in its place", nil, nil},
		{"proxy", "SERVER_PROXY_URI=https://a.example", former, "call it openapi-server-proxy-uri", value("openapi-server-proxy-uri"), ""},
		{"admin server's configuration", "ADMIN_SERVER_CONFIG_ENABLED=true", former, "--dump-config", nil, nil},
		{"database settings", "DB_LOAD_GUC_CONFIG=false", former, "call it db-config", value("db-config"), "true"},
		{"unknown", "NOT_EXISTING=1", unknown, "take it out; the option --example lists the settings that there are", nil, nil},
		{"nearly one", "DB_SCHMEAS=a", unknown, "write PGRST_DB_SCHEMAS if that is meant, or take it out", nil, nil},
		{"small letters", "db_pool=3", unknown, "write PGRST_DB_POOL if that is meant", value("db-pool"), "10"},
		{"app setting", "APP_SETTINGS_1=x", "setting has a name that PostgreSQL takes for none, and is left out", "it has to go on with a letter",
			func(c *config) any { return c.api.AppSettings }, map[string]string(nil)},
		{"origin with a path", "SERVER_CORS_ALLOWED_ORIGINS=https://b.example,https://a.example/", "setting has an origin that no page has",
			`write "https://a.example/" as a scheme and a host`, func(c *config) any { return c.corsOrigins }, []string{"https://b.example", "https://a.example/"}},
		{"every origin", "SERVER_CORS_ALLOWED_ORIGINS=*", "setting has an origin that no page has", "leave the setting out, which allows every origin",
			nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			from := sources{environ: environ(test.env)}
			c, err := from.local()
			require.NoError(t, err)
			require.Len(t, c.warnings, 1)
			w := c.warnings[0]
			require.Equal(t, strings.SplitN(from.environ[0], "=", 2)[0], w.setting)
			require.Equal(t, test.what, w.what)
			require.Contains(t, w.remedy, test.remedy)
			if test.got != nil {
				require.Equal(t, test.want, test.got(c))
			}
			from.strict = true
			_, err = from.local()
			require.ErrorContains(t, err, w.setting+": "+test.what+": ")
			require.ErrorContains(t, err, test.remedy)
		})
	}
	for key := range formerSettings {
		require.False(t, slices.ContainsFunc(settings, func(s setting) bool { return slices.Contains(s.names(), key) }), "%s is a setting", key)
	}
}

func TestParseConfigReadsFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	c, err := parseConfig(fromEnvironment(environ("JWT_SECRET=@"+file("secret", secret+"\n")+
		"; DB_URI=@"+file("uri", " postgres://db.example\n"))), nil, contents{})
	require.NoError(t, err)
	require.Equal(t, secret, string(c.api.JWTSecret))
	require.Equal(t, "db.example", c.pool.ConnConfig.Host)
}

func TestParseConfigIgnoresOthers(t *testing.T) {
	t.Parallel()
	_, err := parseConfig(fromEnvironment([]string{"PATH=/bin", "XPGRST_DB_POOL=x", "pgrst_db_pool=x", "=C:", ""}), nil, contents{})
	require.NoError(t, err)
}

// environ makes an environment of "NAME=value; NAME=value", without prefixes.
func environ(text string) []string {
	var variables []string
	for entry := range strings.SplitSeq(text, "; ") {
		if entry != "" {
			variables = append(variables, environmentPrefix+entry)
		}
	}
	return variables
}
