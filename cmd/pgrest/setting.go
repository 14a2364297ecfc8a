package main

import (
	"fmt"
	"log/slog"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pgrest-go/pgrest"
)

// setting is one setting of the configuration.
type setting struct {
	key string
	// aliases are the key's older names. Of key and aliases, the first that has a value
	// counts.
	aliases      []string
	aliasesFirst bool // the aliases count before the key
	// fallback is the value of a setting that isn't set.
	fallback string
	kind
	// emptyable says that an empty value counts, and doesn't mean that none is set.
	emptyable bool
	// database says that the database may set it, and fixed that it keeps the value
	// that it had when the server was started.
	database, fixed bool
	// hidden says that it is for tests of the reference itself: it is accepted, has no
	// effect, and isn't printed.
	hidden bool
	// own explains a setting that the reference doesn't have; empty for others. Such a
	// setting is dumped only if it is set.
	own string
}

// settings are all settings except app.settings.*, sorted by key.
var settings = []setting{
	{key: "admin-server-host", fixed: true, kind: host(func(c *config) *string { return &c.admin.host })},
	{key: "admin-server-port", fixed: true, kind: port(func(c *config, n int) { c.admin.port = n })},
	{key: "admin-server-unix-socket", fixed: true, kind: text(func(c *config) *string { return &c.admin.socket })},
	{key: "admin-server-unix-socket-mode", fallback: "660", fixed: true,
		kind: fileMode(func(c *config) *os.FileMode { return &c.admin.socketMode })},
	{key: "client-error-verbosity", fallback: "verbose", database: true,
		kind: choice(func(c *config) *bool { return &c.api.MinimalErrors }, option[bool]{"verbose", false}, option[bool]{"minimal", true})},
	{key: "db-aggregates-enabled", fallback: "false", database: true, kind: boolean(func(c *config, on bool) { c.api.Aggregates = on })},
	{key: "db-anon-role", database: true, kind: text(func(c *config) *string { return &c.api.AnonRole })},
	{key: "db-channel", fallback: "pgrst", kind: text(func(c *config) *string { return &c.api.Channel })},
	{key: "db-channel-enabled", fallback: "true", kind: boolean(func(c *config, on bool) { c.api.DisableListener = !on })},
	{key: "db-config", fallback: "true", kind: boolean(func(c *config, on bool) { c.databaseConfig = on })},
	{key: "db-extra-search-path", fallback: "public", emptyable: true, database: true,
		kind: schemas(func(c *config) *[]string { return &c.api.ExtraSearchPath })},
	{key: "db-filter-casts", own: "Types beside text that filters and orders may cast to, with commas between. If it is set, casts in the names of parameters count with every operator.",
		database: true, kind: kind{textType, filterCasts}},
	{key: "db-hoisted-tx-settings", fallback: "statement_timeout,plan_filter.statement_cost_limit,default_transaction_isolation",
		database: true, kind: names(func(c *config) *[]string { return &c.api.HoistedSettings })},
	{key: "db-idempotency-table",
		own:      "The table of the keys of the header Idempotency-Key: a schema and a name as in private.idempotency_keys, which is the name by default. Without it there are none.",
		database: true, kind: kind{textType, idempotencyTable}},
	{key: "db-max-rows", aliases: []string{"max-rows"}, database: true,
		kind: number(0, math.MaxInt, func(c *config, n int) {
			c.api.MaxRows = int64(n)
			if n == 0 { // here it means none
				c.api.MaxRows = -1
			}
		})},
	{key: "db-null-rows", fallback: "false", own: "Whether a function that returns NULL in place of its row answers null, and no object of nulls.",
		database: true, kind: boolean(func(c *config, on bool) { c.api.NullRows = on })},
	{key: "db-plan-enabled", fallback: "false", database: true, kind: boolean(func(c *config, on bool) { c.api.Plans = on })},
	{key: "db-pool", fallback: "10", fixed: true, kind: number(1, math.MaxInt32, func(c *config, n int) { c.poolSize = n })},
	{key: "db-pool-acquisition-timeout", fallback: "10", fixed: true,
		kind: seconds(func(c *config) *time.Duration { return &c.api.AcquireTimeout })},
	{key: "db-pool-automatic-recovery", fallback: "true", kind: boolean(func(c *config, on bool) { c.recovers = on })},
	// The older name comes first here, as it does in the reference.
	{key: "db-pool-max-idletime", aliases: []string{"db-pool-timeout"}, aliasesFirst: true, fallback: "30", fixed: true,
		kind: seconds(func(c *config) *time.Duration { return &c.maxIdle })},
	{key: "db-pool-max-lifetime", fallback: "1800", fixed: true, kind: seconds(func(c *config) *time.Duration { return &c.maxLife })},
	{key: "db-post-only", own: "Functions that are called with POST alone, such as login, or api.login for that of one schema.",
		database: true, kind: names(func(c *config) *[]string { return &c.api.PostOnly })},
	{key: "db-pre-config", database: true, kind: text(func(c *config) *string { return &c.preConfig })},
	{key: "db-pre-request", aliases: []string{"pre-request"}, database: true,
		kind: text(func(c *config) *string { return &c.api.PreRequest })},
	{key: "db-prepared-statements", fallback: "true", database: true,
		kind: boolean(func(c *config, on bool) { c.api.DisablePreparedStatements = !on })},
	{key: "db-replica-positions", fallback: "false", own: "Whether the header Pgrest-Position has reads see what the client has written before.",
		kind: boolean(func(c *config, on bool) { c.api.Replicas.Positions = on })},
	{key: "db-replica-uris", own: "Where replicas of db-uri are, which answer reads: URIs with blanks between, or @ and a file with them.", fixed: true,
		kind: kind{textType, replicaURIs}},
	{key: "db-root-spec", aliases: []string{"root-spec"}, database: true, kind: text(func(c *config) *string { return &c.api.RootSpec })},
	{key: "db-schemas", aliases: []string{"db-schema"}, fallback: "public", database: true,
		kind: exposed(func(c *config) *[]string { return &c.api.Schemas })},
	{key: "db-timeout", own: "How many seconds a request waits for PostgreSQL while that says nothing: 60, and 0 for any time.",
		kind: orNone(func(c *config, n int) { c.api.DatabaseTimeout = time.Duration(n) * time.Second })},
	{key: "db-tx-end", fallback: "commit", database: true, fixed: true,
		kind: choice(func(c *config) *pgrest.TxEnd { return &c.api.TxEnd },
			option[pgrest.TxEnd]{"commit", pgrest.TxCommit},
			option[pgrest.TxEnd]{"commit-allow-override", pgrest.TxCommitAllowOverride},
			option[pgrest.TxEnd]{"rollback", pgrest.TxRollback},
			option[pgrest.TxEnd]{"rollback-allow-override", pgrest.TxRollbackAllowOverride})},
	{key: "db-uri", fallback: "postgresql://", fixed: true,
		kind: textOrFile(strings.TrimSpace, func(c *config) *string { return &c.databaseURI })},
	{key: "db-version-columns", own: "Columns with the versions of rows, for ETag: relation=column with commas between, or schema.relation=column.",
		database: true, kind: kind{textType, versionColumns}},
	{key: "extensions-disabled", own: "What the API has beyond the reference's and shall not have, with commas between: typescript, upserts, and so on.",
		database: true, kind: kind{textType, extensions}},
	{key: "internal-schema-cache-query-sleep", hidden: true, kind: text(nowhere)},
	{key: "internal-schema-cache-query-sleep-before-queries", hidden: true, kind: text(nowhere)},
	{key: "jwt-aud", database: true, kind: kind{textType, audience}},
	{key: "jwt-cache-max-entries", fallback: "1000", database: true, kind: number(0, math.MaxInt32, func(c *config, n int) {
		c.api.JWTCacheMaxEntries = n
		if n == 0 { // here it means none
			c.api.JWTCacheMaxEntries = -1
		}
	})},
	{key: "jwt-role-claim-key", aliases: []string{"role-claim-key"}, fallback: "$.role", database: true, kind: kind{textType, roleClaimKey}},
	{key: "jwt-secret", database: true, kind: textOrFile(chomp, func(c *config) *string { return &c.secret })},
	{key: "jwt-secret-is-base64", aliases: []string{"secret-is-base64"}, fallback: "false", database: true,
		kind: boolean(func(c *config, on bool) { c.secretIsBase64 = on })},
	{key: "limit-batch-requests", own: "How many requests a batch may have: 100, and 0 for any number.",
		database: true, kind: limit(func(l *pgrest.Limits, n int) { l.MaxBatchRequests = n })},
	{key: "limit-body-bytes", own: "How many bytes a request's body may have: 67108864 (64 MiB), and 0 for any number.",
		database: true, kind: limit(func(l *pgrest.Limits, n int) { l.MaxBodyBytes = int64(n) })},
	{key: "limit-body-columns", own: "How many distinct names a request's body may have: 1664, and 0 for any number.",
		database: true, kind: limit(func(l *pgrest.Limits, n int) { l.MaxBodyColumns = n })},
	{key: "limit-conditions", own: "How many conditions a request's filters may have: 2000, and 0 for any number.",
		database: true, kind: limit(func(l *pgrest.Limits, n int) { l.MaxConditions = n })},
	{key: "limit-embed-depth", own: "How deep a request may embed relations: 10, and 0 for any depth.",
		database: true, kind: limit(func(l *pgrest.Limits, n int) { l.MaxEmbedDepth = n })},
	{key: "limit-embeds", own: "How many relations a request may embed: 100, and 0 for any number.",
		database: true, kind: limit(func(l *pgrest.Limits, n int) { l.MaxEmbeds = n })},
	{key: "limit-header-values", own: "How many elements the headers Accept and Prefer may have: 100, and 0 for any number.",
		database: true, kind: limit(func(l *pgrest.Limits, n int) { l.MaxHeaderValues = n })},
	{key: "limit-list-values", own: "How many values a list may have, and arguments a function may get: 10000, and 0 for any number.",
		database: true, kind: limit(func(l *pgrest.Limits, n int) { l.MaxListValues = n })},
	{key: "limit-order-terms", own: "How many terms a request's orders may have: 100, and 0 for any number.",
		database: true, kind: limit(func(l *pgrest.Limits, n int) { l.MaxOrderTerms = n })},
	{key: "limit-query-bytes", own: "How many bytes the query string of the URL, and its path, may have: 65536 (64 KiB), and 0 for any number.",
		database: true, kind: limit(func(l *pgrest.Limits, n int) { l.MaxQueryBytes = n })},
	{key: "limit-select-items", own: "How many items a request may select: 1664, and 0 for any number.",
		database: true, kind: limit(func(l *pgrest.Limits, n int) { l.MaxSelectItems = n })},
	{key: "log-format", fallback: "text", own: "How requests are logged: text, as all else, or apache, as the reference does.",
		kind: choice(func(c *config) *bool { return &c.logApache }, option[bool]{"text", false}, option[bool]{"apache", true})},
	{key: "log-level", fallback: "error", kind: choice(func(c *config) *slog.Level { return &c.logLevel },
		option[slog.Level]{"crit", levelCrit},
		option[slog.Level]{"error", slog.LevelError},
		option[slog.Level]{"warn", slog.LevelWarn},
		option[slog.Level]{"info", slog.LevelInfo},
		option[slog.Level]{"debug", slog.LevelDebug})},
	{key: "log-query", fallback: "false", kind: boolean(func(c *config, on bool) { c.logQueries = on })},
	{key: "openapi-mode", fallback: "follow-privileges", database: true,
		kind: choice(func(c *config) *pgrest.OpenAPIMode { return &c.api.OpenAPI },
			option[pgrest.OpenAPIMode]{"follow-privileges", pgrest.OpenAPIFollowPrivileges},
			option[pgrest.OpenAPIMode]{"ignore-privileges", pgrest.OpenAPIIgnorePrivileges},
			option[pgrest.OpenAPIMode]{"disabled", pgrest.OpenAPIDisabled})},
	{key: "openapi-security-active", fallback: "false", database: true, kind: boolean(func(c *config, on bool) { c.api.OpenAPISecurity = on })},
	{key: "openapi-server-proxy-uri", database: true, fixed: true, kind: kind{textType, serverURL}},
	{key: "openapi-title", own: "The title of the API in its description. Default: the schema's comment, or name.", database: true,
		kind: text(func(c *config) *string { return &c.api.OpenAPITitle })},
	{key: "server-cors-allowed-origins", database: true, fixed: true, kind: kind{textType, origins}},
	{key: "server-host", fallback: "!4", fixed: true, kind: host(func(c *config) *string { return &c.main.host })},
	{key: "server-max-header-bytes", own: "How many bytes a request's line and headers may have: 131072 (128 KiB).", fixed: true,
		kind: number(1, math.MaxInt32, func(c *config, n int) { c.maxHeader = n })},
	{key: "server-min-body-rate", own: "How many bytes of a request's body have to come in a second: 1024, and 0 for none.", fixed: true,
		kind: number(0, math.MaxInt32, func(c *config, n int) { c.bodyRate = n })},
	{key: "server-port", fallback: "3000", fixed: true, kind: port(func(c *config, n int) { c.main.port = n })},
	{key: "server-reuseport", fallback: "false", fixed: true, kind: boolean(func(c *config, on bool) { c.main.reusePort = on })},
	{key: "server-spool-bytes",
		own:  "How many bytes the temporary files of large responses may hold together: 1073741824 (1 GiB), and 0 for none.",
		kind: orNone(func(c *config, n int) { c.api.MaxSpoolBytes = int64(n) })},
	{key: "server-spool-dir", own: "The folder of the temporary files of large responses. Default: the system's.",
		kind: text(func(c *config) *string { return &c.api.SpoolDir })},
	{key: "server-timing-enabled", fallback: "false", database: true, kind: boolean(func(c *config, on bool) { c.api.ServerTiming = on })},
	{key: "server-trace-header", database: true, kind: text(func(c *config) *string { return &c.api.TraceHeader })},
	{key: "server-trust-proxy-headers", fallback: "false",
		own:  "Whether X-Forwarded-Proto, -Host and -Prefix, or Forwarded, say in the description where the API is.",
		kind: boolean(func(c *config, on bool) { c.api.TrustProxyHeaders = on })},
	{key: "server-unix-socket", fixed: true, kind: text(func(c *config) *string { return &c.main.socket })},
	{key: "server-unix-socket-mode", fallback: "660", fixed: true,
		kind: fileMode(func(c *config) *os.FileMode { return &c.main.socketMode })},
	{key: "server-write-timeout",
		own:  "How many seconds a client may take for each 64 KiB of a large response: 30, and 0 for any time.",
		kind: orNone(func(c *config, n int) { c.api.WriteTimeout = time.Duration(n) * time.Second })},
	{key: "url-use-legacy-target-names", fallback: "true", database: true,
		kind: boolean(func(c *config, on bool) { c.api.StrictTargetNames = !on })},
}

// nowhere is the field of settings that have no effect.
func nowhere(*config) *string { return new(string) }

// limit takes a limit of requests; 0 means that there is none.
func limit(set func(*pgrest.Limits, int)) kind {
	return orNone(func(c *config, n int) { set(&c.api.Limits, n) })
}

// orNone takes a number; 0 means none.
func orNone(set func(*config, int)) kind {
	return number(0, math.MaxInt/int(time.Second), func(c *config, n int) {
		if n == 0 { // in the library it means the default
			n = -1
		}
		set(c, n)
	})
}

func chomp(text string) string { return strings.TrimSuffix(text, "\n") }

// names are the key and its aliases, in the order in which they count.
func (s setting) names() []string {
	if s.aliasesFirst {
		return append(slices.Clone(s.aliases), s.key)
	}
	return append([]string{s.key}, s.aliases...)
}

// given finds the assignments, of which the first counts.
func (s setting) given(all assignments) []assignment {
	var given []assignment
	for _, name := range s.names() {
		if a, ok := all[name]; ok && (a.value != "" || s.emptyable) {
			given = append(given, a)
		}
	}
	return given
}

// take takes an assignment's value into the configuration.
func (s setting) take(c *config, a assignment) (string, error) {
	if s.of == booleanType && a.number {
		return "", mistyped(fmt.Sprintf("has to be true or false, not %s", a.value))
	}
	return s.parse(c, a.value)
}

// written gives a value as it is written in a file.
func (s setting) written(value string) string {
	if s.of == textType || value == "" {
		return quoted(value)
	}
	return value
}
