package main

import (
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
)

// setting is one setting of the configuration. Names are variables without their
// prefix; the first that is set counts, the others are aliases. An empty variable
// is one that isn't set, unless the setting is emptyable.
type setting struct {
	names     []string
	emptyable bool
	parse     func(c *config, value string) error
}

// settings are all settings that have an effect.
var settings = []setting{
	{names: []string{"ADMIN_SERVER_HOST"}, parse: host(func(c *config) *string { return &c.adminHost })},
	{names: []string{"ADMIN_SERVER_PORT"}, parse: number(0, math.MaxUint16, func(c *config, n int) { c.adminPort = n })},
	{names: []string{"CLIENT_ERROR_VERBOSITY"}, parse: choice(func(c *config) *bool { return &c.api.MinimalErrors },
		option[bool]{"verbose", false}, option[bool]{"minimal", true})},
	{names: []string{"DB_ANON_ROLE"}, parse: text(func(c *config) *string { return &c.api.AnonRole })},
	{names: []string{"DB_CHANNEL"}, parse: text(func(c *config) *string { return &c.api.Channel })},
	{names: []string{"DB_CHANNEL_ENABLED"}, parse: boolean(func(c *config, on bool) { c.api.DisableListener = !on })},
	{names: []string{"DB_EXTRA_SEARCH_PATH"}, emptyable: true, parse: extraSearchPath},
	{names: []string{"DB_MAX_ROWS", "MAX_ROWS"},
		parse: number(1, math.MaxInt, func(c *config, n int) { c.api.MaxRows = int64(n) })},
	{names: []string{"DB_POOL"}, parse: number(1, math.MaxInt32, func(c *config, n int) { c.poolSize = n })},
	// The older name comes first here, as it does in the reference.
	{names: []string{"DB_POOL_TIMEOUT", "DB_POOL_MAX_IDLETIME"}, parse: seconds(func(c *config) *time.Duration { return &c.maxIdle })},
	{names: []string{"DB_POOL_MAX_LIFETIME"}, parse: seconds(func(c *config) *time.Duration { return &c.maxLife })},
	{names: []string{"DB_PRE_REQUEST", "PRE_REQUEST"}, parse: text(func(c *config) *string { return &c.api.PreRequest })},
	{names: []string{"DB_PREPARED_STATEMENTS"}, parse: boolean(func(c *config, on bool) { c.api.DisablePreparedStatements = !on })},
	{names: []string{"DB_SCHEMAS", "DB_SCHEMA"}, parse: schemas},
	{names: []string{"DB_TX_END"}, parse: choice(func(c *config) *pgrest.TxEnd { return &c.api.TxEnd },
		option[pgrest.TxEnd]{"commit", pgrest.Commit},
		option[pgrest.TxEnd]{"commit-allow-override", pgrest.CommitAllowOverride},
		option[pgrest.TxEnd]{"rollback", pgrest.Rollback},
		option[pgrest.TxEnd]{"rollback-allow-override", pgrest.RollbackAllowOverride})},
	{names: []string{"DB_URI"}, parse: text(func(c *config) *string { return &c.databaseURI })},
	{names: []string{"JWT_AUD"}, parse: audience},
	{names: []string{"JWT_SECRET"}, parse: text(func(c *config) *string { return &c.secret })},
	{names: []string{"JWT_SECRET_IS_BASE64", "SECRET_IS_BASE64"},
		parse: boolean(func(c *config, on bool) { c.secretIsBase64 = on })},
	{names: []string{"LOG_LEVEL"}, parse: choice(func(c *config) *slog.Level { return &c.logLevel },
		option[slog.Level]{"crit", levelCrit},
		option[slog.Level]{"error", slog.LevelError},
		option[slog.Level]{"warn", slog.LevelWarn},
		option[slog.Level]{"info", slog.LevelInfo},
		option[slog.Level]{"debug", slog.LevelDebug})},
	{names: []string{"SERVER_CORS_ALLOWED_ORIGINS"}, parse: origins},
	{names: []string{"SERVER_HOST"}, parse: host(func(c *config) *string { return &c.host })},
	{names: []string{"SERVER_PORT"}, parse: number(0, math.MaxUint16, func(c *config, n int) { c.port = n })},
	{names: []string{"DB_ROOT_SPEC", "ROOT_SPEC"}, parse: text(func(c *config) *string { return &c.api.RootSpec })},
	{names: []string{"OPENAPI_MODE"}, parse: choice(func(c *config) *pgrest.OpenAPIMode { return &c.api.OpenAPI },
		option[pgrest.OpenAPIMode]{"follow-privileges", pgrest.FollowPrivileges},
		option[pgrest.OpenAPIMode]{"ignore-privileges", pgrest.IgnorePrivileges},
		option[pgrest.OpenAPIMode]{"disabled", pgrest.DisabledOpenAPI})},
	{names: []string{"OPENAPI_SECURITY_ACTIVE"}, parse: boolean(func(c *config, on bool) { c.api.OpenAPISecurity = on })},
	{names: []string{"OPENAPI_SERVER_PROXY_URI"}, parse: text(func(c *config) *string { return &c.api.OpenAPIServerURL })},
	{names: []string{"DB_PLAN_ENABLED"}, parse: boolean(func(c *config, on bool) { c.api.Plans = on })},
	{names: []string{"DB_AGGREGATES_ENABLED"}, parse: boolean(func(c *config, on bool) { c.api.Aggregates = on })},
	{names: []string{"URL_USE_LEGACY_TARGET_NAMES"}, parse: boolean(func(c *config, on bool) { c.api.StrictTargetNames = !on })},
	{names: []string{"SERVER_TRACE_HEADER"}, parse: text(func(c *config) *string { return &c.api.TraceHeader })},
	{names: []string{"DB_HOISTED_TX_SETTINGS"}, parse: hoistedSettings},
	{names: []string{"SERVER_TIMING_ENABLED"}, parse: boolean(func(c *config, on bool) { c.api.ServerTiming = on })},
}

// laterKeys are the settings that the reference has and that have no effect here
// yet, each with the value that says what is done anyway; empty for none.
var laterKeys = map[string]string{
	"ADMIN_SERVER_UNIX_SOCKET":                         "",
	"ADMIN_SERVER_UNIX_SOCKET_MODE":                    "",
	"DB_CONFIG":                                        "false",
	"DB_POOL_ACQUISITION_TIMEOUT":                      "",
	"DB_POOL_AUTOMATIC_RECOVERY":                       "true",
	"DB_PRE_CONFIG":                                    "",
	"INTERNAL_SCHEMA_CACHE_QUERY_SLEEP":                "",
	"INTERNAL_SCHEMA_CACHE_QUERY_SLEEP_BEFORE_QUERIES": "",
	"JWT_CACHE_MAX_ENTRIES":                            "1000",
	"JWT_ROLE_CLAIM_KEY":                               "$.role",
	"LOG_QUERY":                                        "false",
	"ROLE_CLAIM_KEY":                                   "$.role",
	"SERVER_REUSEPORT":                                 "false",
	"SERVER_UNIX_SOCKET":                               "",
	"SERVER_UNIX_SOCKET_MODE":                          "",
}

// apply parses the variable of the setting, if there is one.
func (s setting) apply(c *config, variables map[string]string) error {
	for _, name := range s.names {
		value, ok := variables[name]
		if !ok || value == "" && !s.emptyable {
			continue
		}
		if err := s.parse(c, value); err != nil {
			return fmt.Errorf("%s%s %w", prefix, name, err)
		}
		return nil
	}
	return nil
}

func text(field func(*config) *string) func(*config, string) error {
	return func(c *config, value string) error {
		*field(c) = value
		return nil
	}
}

// boolean takes true and false in any case, with or without quotes, and numbers,
// of which the positive ones mean true.
func boolean(set func(*config, bool)) func(*config, string) error {
	return func(c *config, value string) error {
		word := strings.ToLower(strings.Trim(strings.TrimSpace(value), `"'`))
		if n, err := strconv.Atoi(word); err == nil {
			set(c, n > 0)
			return nil
		}
		if word != "true" && word != "false" {
			return fmt.Errorf("has to be true or false, not %q", value)
		}
		set(c, word == "true")
		return nil
	}
}

func number(least, most int, set func(*config, int)) func(*config, string) error {
	return func(c *config, value string) error {
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < least || n > most {
			return fmt.Errorf("has to be a whole number from %d to %d, not %q", least, most, value)
		}
		set(c, n)
		return nil
	}
}

func seconds(field func(*config) *time.Duration) func(*config, string) error {
	return number(1, math.MaxInt32, func(c *config, n int) { *field(c) = time.Duration(n) * time.Second })
}

// option is a value, and the word for it.
type option[T any] struct {
	word  string
	value T
}

func choice[T any](field func(*config) *T, options ...option[T]) func(*config, string) error {
	return func(c *config, value string) error {
		words := make([]string, len(options))
		for i, o := range options {
			if o.word == value {
				*field(c) = o.value
				return nil
			}
			words[i] = o.word
		}
		return fmt.Errorf("has to be one of %s, not %q", strings.Join(words, ", "), value)
	}
}

// host takes a name, an address, or one of the words of [listen].
func host(field func(*config) *string) func(*config, string) error {
	return func(c *config, value string) error {
		special := strings.HasPrefix(value, "*") || strings.HasPrefix(value, "!")
		if _, ok := anyHost[value]; special && !ok {
			return fmt.Errorf("has to be a host, an address, or one of *, *4, !4, *6, !6, not %q", value)
		}
		*field(c) = value
		return nil
	}
}

func schemas(c *config, value string) error {
	names := splitList(value)
	for _, name := range names {
		switch name {
		case "":
			return fmt.Errorf("has to be a list of schemas with commas between, without an empty name, not %q", value)
		case "pg_catalog", "information_schema":
			return fmt.Errorf("can't have %s: it is not for exposing", name)
		}
	}
	c.api.Schemas = names
	return nil
}

func extraSearchPath(c *config, value string) error {
	c.api.ExtraSearchPath = []string{}
	if value == "" {
		return nil
	}
	names := splitList(value)
	if slices.Contains(names, "") {
		return fmt.Errorf("has to be empty or a list of schemas with commas between, without an empty name, not %q", value)
	}
	c.api.ExtraSearchPath = names
	return nil
}

func hoistedSettings(c *config, value string) error {
	c.api.HoistedSettings = splitList(value)
	if slices.Contains(c.api.HoistedSettings, "") {
		return fmt.Errorf("has to be a list of settings with commas between, without an empty name, not %q", value)
	}
	return nil
}

func audience(c *config, value string) error {
	if _, err := auth.NewJWT(auth.JWTConfig{Audience: value}); err != nil {
		return fmt.Errorf("has to be a URI if it has a colon, unlike %q", value)
	}
	c.api.JWTAudience = value
	return nil
}

// origins takes what browsers send as Origin. Anything else would never match.
func origins(c *config, value string) error {
	list := splitList(value)
	for _, origin := range list {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || origin != u.Scheme+"://"+u.Host {
			return fmt.Errorf("has to be a list of origins such as https://example.com, with commas between; %q is none", origin)
		}
	}
	c.corsOrigins = list
	return nil
}

func splitList(value string) []string {
	parts := strings.Split(value, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}
