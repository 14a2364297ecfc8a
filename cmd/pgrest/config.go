package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
)

// config is a configuration, as its sources make it.
type config struct {
	api  pgrest.Options
	pool *pgxpool.Config
	// replicas are the pools of db-replica-uris.
	replicas []*pgxpool.Config

	main, admin    endpoint
	corsOrigins    []string
	logLevel       slog.Level
	logQueries     bool
	logApache      bool // requests in the reference's form
	databaseConfig bool
	recovers       bool // the server goes on when it loses its database
	preConfig      string
	maxHeader      int // bytes
	bodyRate       int // bytes a second, 0 for any

	// values are the settings by their keys, as --dump-config prints them.
	values map[string]string
	// warnings are about settings that are ignored, as they are in the reference.
	warnings []warning
	// withoutEffect names the settings that are set but have no effect, and needRestart
	// those that have none until the server is restarted. The names are their sources'.
	withoutEffect, needRestart []string

	files contents // the files that settings name

	// From these the pool and the options are made once all settings are read.
	databaseURI      string
	replicaURIs      []string
	poolSize         int
	maxIdle, maxLife time.Duration
	secret           string
	secretIsBase64   bool
}

// endpoint is where a server listens: at a socket if there is one, or else at a
// port.
type endpoint struct {
	host       string
	port       int // noPort for no server
	reusePort  bool
	socket     string
	socketMode os.FileMode
}

// enabled reports whether anything is to listen.
func (e endpoint) enabled() bool { return e.socket != "" || e.port != noPort }

const (
	applicationName = "pgrest"

	noPort    = -1
	levelCrit = slog.LevelError + 4 // above all that is logged
)

// parseConfig makes a configuration of what the sources assign. Its error lists
// everything that is wrong with them; with a uriError there is a configuration, too. With a configuration that is running, fixed
// settings keep its values. Files that settings name are added to those read.
func parseConfig(given assignments, running *config, read contents) (*config, error) {
	c := &config{values: map[string]string{}, files: read, admin: endpoint{port: noPort}, maxHeader: 128 << 10, bodyRate: 1 << 10}
	var faults []error
	for _, s := range settings {
		if err := c.set(s, given, running); err != nil {
			faults = append(faults, err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		c.other(key, given[key])
	}
	err := errors.Join(faults...)
	if err != nil {
		return nil, err
	}
	if err := c.finish(given); err != nil {
		return nil, err
	}
	for _, uri := range c.replicaURIs {
		pool, err := c.poolConfig(uri)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", called("db-replica-uris", given), err)
		}
		c.replicas = append(c.replicas, pool)
	}
	if c.pool, err = c.poolConfig(c.databaseURI); err != nil {
		return c, uriError{called("db-uri", given), err}
	}
	return c, nil
}

// uriError says that db-uri can't be parsed. The rest of the configuration is known all the
// same.
type uriError struct {
	name  string
	cause error
}

func (e uriError) Error() string { return e.name + ": " + e.cause.Error() }
func (e uriError) Unwrap() error { return e.cause }

// set takes the value of a setting, or its default.
func (c *config) set(s setting, given assignments, running *config) error {
	all := s.given(given)
	if running != nil && s.fixed {
		// A value that is wrong is reported at the restart that it needs.
		if len(all) > 0 {
			if now, err := s.take(&config{files: c.files}, all[0]); err == nil && now != running.values[s.key] {
				c.needRestart = append(c.needRestart, all[0].name)
			}
		}
		all = nil
		if value := running.values[s.key]; value != "" {
			all = []assignment{{value: value, name: s.key}}
		}
	}
	for _, a := range all {
		canonical, err := s.take(c, a)
		var wrong mistyped
		var strange questionable
		switch {
		case errors.As(err, &wrong):
			c.warnings = append(c.warnings, warning{a.name, "setting has a value of the wrong type, and is taken for not set", "it " + err.Error()})
			continue
		case errors.As(err, &strange):
			c.warnings = append(c.warnings, warning{a.name, strange.what, strange.remedy})
		case err != nil:
			return fmt.Errorf("%s %w", a.name, err)
		}
		c.values[s.key] = canonical
		if s.hidden {
			c.withoutEffect = append(c.withoutEffect, a.name)
		}
		return nil
	}
	c.values[s.key] = s.fallback
	if s.fallback == "" && !s.emptyable {
		return nil
	}
	_, err := s.parse(c, s.fallback)
	return err
}

// other takes an assignment whose key isn't in the table of settings: an app setting, or an
// unknown one.
func (c *config) other(key string, a assignment) {
	if custom, ok := strings.CutPrefix(key, appSettingsPrefix); ok {
		c.appSetting(custom, a)
		return
	}
	if !slices.ContainsFunc(settings, func(s setting) bool { return slices.Contains(s.names(), key) }) {
		c.warnings = append(c.warnings, unknown(key, a.name))
	}
}

// customSetting matches the names that PostgreSQL accepts after the prefix of a custom
// setting.
var customSetting = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)*$`)

func (c *config) appSetting(name string, a assignment) {
	if !customSetting.MatchString(name) {
		c.warnings = append(c.warnings, warning{a.name, "setting has a name that PostgreSQL takes for none, and is left out",
			"it has to go on with a letter or underscore, then letters, digits and underscores, behind that of all app settings"})
		return
	}
	if c.api.AppSettings == nil {
		c.api.AppSettings = map[string]string{}
	}
	c.api.AppSettings[appSettingsPrefix+name] = a.value
}

// finish sets and checks what depends on several settings.
func (c *config) finish(given assignments) error {
	if c.admin.host == "" {
		c.admin.host = c.main.host
		c.values["admin-server-host"] = c.main.host
	}
	if c.admin.port == c.main.port && c.main.port != 0 {
		return fmt.Errorf("%s has to differ from %s; both are %d",
			called("admin-server-port", given), called("server-port", given), c.main.port)
	}
	var err error
	if c.api.JWTSecret, err = c.jwtSecret(); err != nil {
		return fmt.Errorf("%s: %w", called("jwt-secret", given), err)
	}
	if c.secretIsBase64 {
		c.values["jwt-secret"] = base64.StdEncoding.EncodeToString(c.api.JWTSecret)
	}
	return nil
}

// called gives the name of a setting as its source spells it.
func called(key string, given assignments) string {
	if a, ok := given[key]; ok {
		return a.name
	}
	return key
}

// jwtSecret decodes the secret, and checks whether tokens can be verified with it.
func (c *config) jwtSecret() (key []byte, err error) {
	key = []byte(c.secret)
	if c.secretIsBase64 {
		if key, err = decodeSecret(c.secret); err != nil {
			return nil, err
		}
	}
	if _, err := auth.NewVerifier(auth.VerifierConfig{Secret: key}); err != nil {
		return nil, err
	}
	return key, nil
}

func (c *config) poolConfig(uri string) (*pgxpool.Config, error) {
	pool, err := pgxpool.ParseConfig(uri)
	if err != nil {
		return nil, err
	}
	pool.MaxConns = int32(c.poolSize)
	pool.MaxConnIdleTime = c.maxIdle
	pool.MaxConnLifetime = c.maxLife
	// The check is what closes idle connections.
	pool.HealthCheckPeriod = min(pool.HealthCheckPeriod, c.maxIdle)
	parameters := pool.ConnConfig.RuntimeParams
	if parameters["application_name"] == "" {
		parameters["application_name"] = applicationName
	}
	return pool, nil
}

// same reports whether two configurations have the same settings.
func (c *config) same(other *config) bool {
	return maps.Equal(c.values, other.values) && maps.Equal(c.api.AppSettings, other.api.AppSettings)
}

// schemaSettings are the settings that the schema cache depends on.
var schemaSettings = []string{"db-schemas", "db-extra-search-path", "db-post-only"}

// sameSchemas reports whether two configurations have the same schema cache.
func (c *config) sameSchemas(other *config) bool {
	return !slices.ContainsFunc(schemaSettings, func(key string) bool { return c.values[key] != other.values[key] })
}

// withSchemasOf is the configuration with the schemaSettings of another one.
func (c *config) withSchemasOf(other *config) *config {
	mixed := *c
	mixed.values = maps.Clone(c.values)
	for _, key := range schemaSettings {
		mixed.values[key] = other.values[key]
	}
	mixed.api.Schemas, mixed.api.ExtraSearchPath, mixed.api.PostOnly = other.api.Schemas, other.api.ExtraSearchPath, other.api.PostOnly
	return &mixed
}

// dump prints the configuration as PostgREST does: as a file, its lines in order,
// secrets included.
func (c *config) dump() string {
	var lines []string
	for _, s := range settings {
		if s.hidden || s.own != "" && c.values[s.key] == s.fallback {
			continue
		}
		lines = append(lines, s.key+" = "+s.written(c.values[s.key])+"\n")
	}
	for name, value := range c.api.AppSettings {
		lines = append(lines, name+" = "+quoted(value)+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// fileEscapes escapes the characters that text in a file can't have as they are.
var fileEscapes = strings.NewReplacer(`"`, `\"`, `\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "$", "$$")

func quoted(value string) string { return `"` + fileEscapes.Replace(value) + `"` }
