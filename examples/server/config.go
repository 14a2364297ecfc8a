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

// config is what the environment says.
type config struct {
	api  pgrest.Options
	pool *pgxpool.Config

	host, adminHost string
	port            int
	adminPort       int // noPort when there is no admin server
	corsOrigins     []string
	logLevel        slog.Level

	// withoutEffect names the variables that are set and change nothing yet.
	withoutEffect []string

	// What the pool and the options are made of once all variables are read.
	databaseURI      string
	poolSize         int
	maxIdle, maxLife time.Duration
	secret           string
	secretIsBase64   bool
}

const (
	prefix            = "PGRST_"
	appSettingsPrefix = "APP_SETTINGS_"
	applicationName   = "pgrest"

	noPort    = -1
	levelCrit = slog.LevelError + 4 // above all that is logged
)

func defaultConfig() *config {
	return &config{
		host: "!4", port: 3000, adminPort: noPort, logLevel: slog.LevelError,
		databaseURI: "postgresql://", poolSize: 10, maxIdle: 30 * time.Second, maxLife: 30 * time.Minute,
	}
}

// parseConfig reads the PGRST_ variables of environ. Its error lists everything
// that is wrong with them.
func parseConfig(environ []string) (*config, error) {
	variables := ours(environ)
	c := defaultConfig()
	var faults []error
	for _, s := range settings {
		if err := s.apply(c, variables); err != nil {
			faults = append(faults, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if err := c.other(name, variables[name]); err != nil {
			faults = append(faults, fmt.Errorf("%s%s %w", prefix, name, err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if err := c.finish(); err != nil {
		return nil, err
	}
	return c, nil
}

// ours picks the variables with the prefix, and takes it off.
func ours(environ []string) map[string]string {
	variables := map[string]string{}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, prefix) {
			variables[strings.TrimPrefix(name, prefix)] = value
		}
	}
	return variables
}

// other takes a variable that need not be in the table: a setting for the
// database, or one that is for later.
func (c *config) other(name, value string) error {
	if custom, ok := strings.CutPrefix(name, appSettingsPrefix); ok {
		return c.appSetting(custom, value)
	}
	if slices.ContainsFunc(settings, func(s setting) bool { return slices.Contains(s.names, name) }) {
		return nil
	}
	present, ok := laterKeys[name]
	if !ok {
		return errors.New("is not a setting; see https://docs.postgrest.org/en/stable/references/configuration.html for those that are")
	}
	if value != "" && value != present {
		c.withoutEffect = append(c.withoutEffect, prefix+name)
	}
	return nil
}

// customSetting is what PostgreSQL takes for a part of a custom setting's name.
var customSetting = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]*$`)

func (c *config) appSetting(name, value string) error {
	if !customSetting.MatchString(name) {
		return fmt.Errorf("has to go on with a letter or underscore, then letters, digits and underscores, behind %s%s",
			prefix, appSettingsPrefix)
	}
	if c.api.AppSettings == nil {
		c.api.AppSettings = map[string]string{}
	}
	c.api.AppSettings["app.settings."+strings.ToLower(name)] = value
	return nil
}

// finish makes what depends on several variables, or on files.
func (c *config) finish() error {
	if c.adminHost == "" {
		c.adminHost = c.host
	}
	if c.adminPort == c.port && c.port != 0 {
		return fmt.Errorf("PGRST_ADMIN_SERVER_PORT has to differ from PGRST_SERVER_PORT; both are %d", c.port)
	}
	var err error
	if c.api.JWTSecret, err = c.jwtSecret(); err != nil {
		return fmt.Errorf("PGRST_JWT_SECRET: %w", err)
	}
	if c.pool, err = c.poolConfig(); err != nil {
		return fmt.Errorf("PGRST_DB_URI: %w", err)
	}
	return nil
}

// jwtSecret reads and decodes the secret, and sees whether it is of any use.
func (c *config) jwtSecret() ([]byte, error) {
	secret, err := orFile(c.secret)
	if err != nil {
		return nil, err
	}
	secret = strings.TrimSuffix(secret, "\n")
	key := []byte(secret)
	if c.secretIsBase64 {
		// Both alphabets will do, and "." for padding, as some providers write it.
		standard := strings.NewReplacer("-", "+", "_", "/", ".", "=").Replace(strings.TrimSpace(secret))
		if key, err = base64.StdEncoding.DecodeString(standard); err != nil {
			return nil, errors.New("has to be padded base64, since PGRST_JWT_SECRET_IS_BASE64 is true")
		}
	}
	if _, err := auth.NewJWT(auth.JWTConfig{Secret: key}); err != nil {
		return nil, err
	}
	return key, nil
}

func (c *config) poolConfig() (*pgxpool.Config, error) {
	uri, err := orFile(c.databaseURI)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.ParseConfig(strings.TrimSpace(uri))
	if err != nil {
		return nil, err
	}
	pool.MaxConns = int32(c.poolSize)
	pool.MaxConnIdleTime = c.maxIdle
	pool.MaxConnLifetime = c.maxLife
	pool.HealthCheckPeriod = min(pool.HealthCheckPeriod, c.maxIdle) // that is when idle connections are closed
	parameters := pool.ConnConfig.RuntimeParams
	if parameters["application_name"] == "" {
		parameters["application_name"] = applicationName
	}
	return pool, nil
}

// orFile gives the text of the file that value names, as in "@secret.txt", or
// else value.
func orFile(value string) (string, error) {
	name, ok := strings.CutPrefix(value, "@")
	if !ok {
		return value, nil
	}
	text, err := os.ReadFile(name)
	return string(text), err
}
