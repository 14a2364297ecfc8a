package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// load reads the configuration from all sources. Unless db-config is off, the settings in
// the database override the others; a databaseError says that they can't be read.
// See https://docs.postgrest.org/en/stable/references/configuration.html.
func (s sources) load(ctx context.Context, running *config) (*config, error) {
	given, err := s.read()
	if err != nil {
		return nil, err
	}
	files := s.files
	if running != nil || files == nil {
		files = contents{}
	}
	c, err := s.parse(given, running, files)
	if err != nil || !c.databaseConfig { // a uriError comes with a configuration
		return c, err
	}
	database, err := fromDatabase(ctx, c)
	if err != nil {
		return nil, databaseError{err}
	}
	for name, value := range database {
		key := databaseKey(name)
		if !settableInDatabase(key) {
			key = name // no setting has this key, so that it counts as unknown
		}
		given[key] = assignment{value: value, name: name}
	}
	return s.parse(given, running, files)
}

// databaseError is the reason why the settings in the database can't be read.
type databaseError struct{ cause error }

func (e databaseError) Error() string { return "read the settings in the database: " + e.cause.Error() }
func (e databaseError) Unwrap() error { return e.cause }

func databaseKey(name string) string {
	return strings.ReplaceAll(strings.TrimPrefix(name, databasePrefix), "_", "-")
}

func settableInDatabase(key string) bool {
	return slices.ContainsFunc(settings, func(s setting) bool { return s.key == key && s.database })
}

// fromDatabase reads the settings whose names begin with pgrst., by name: those of the role
// that logs in, which come first, and those that the function db-pre-config makes. It needs
// a new connection: one that has been used could still have earlier settings.
func fromDatabase(ctx context.Context, c *config) (map[string]string, error) {
	settings := c.pool.ConnConfig.Copy()
	settings.DefaultQueryExecMode = pgx.QueryExecModeExec // for poolers that know no prepared statements
	conn, err := pgx.ConnectConfig(ctx, settings)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var found map[string]string
	// The session's default isolation doesn't count: on a standby there is no serializable one.
	options := pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, conn, options, func(tx pgx.Tx) error {
		role, err := roleSettings(ctx, tx)
		if err != nil {
			return err
		}
		preConfig := c.preConfig
		if name := role[databasePrefix+"db_pre_config"]; name != "" {
			preConfig = name
		}
		if found, err = preConfigSettings(ctx, tx, preConfig); err != nil {
			return fmt.Errorf("run db-pre-config: %w", err)
		}
		maps.Copy(found, role)
		return nil
	})
	return found, err
}

// roleSettings reads the settings that ALTER ROLE has made. Those for this database override
// those for all. Those of ALTER DATABASE don't count.
func roleSettings(ctx context.Context, tx pgx.Tx) (map[string]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT split_part(s.setting, '=', 1), substr(s.setting, strpos(s.setting, '=') + 1)
		FROM pg_catalog.pg_db_role_setting d
		JOIN pg_catalog.pg_roles r ON r.oid = d.setrole AND r.rolname = current_user
		LEFT JOIN pg_catalog.pg_database b ON b.oid = d.setdatabase,
		LATERAL unnest(d.setconfig) AS s(setting)
		WHERE (d.setdatabase = 0 OR b.datname = current_database()) AND starts_with(s.setting, 'pgrst.')
		ORDER BY d.setdatabase`) // 0 stands for all databases: later rows override those
	return collect(rows, err)
}

// preConfigSettings calls the function, and reads the settings that it has made.
func preConfigSettings(ctx context.Context, tx pgx.Tx, function string) (map[string]string, error) {
	if function == "" {
		return map[string]string{}, nil
	}
	keys := slices.Collect(maps.Keys(formerSettings)) // for their warnings
	for _, s := range settings {
		if s.database {
			keys = append(keys, s.key)
		}
	}
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = databasePrefix + strings.ReplaceAll(key, "-", "_")
	}
	if _, err := tx.Exec(ctx, "SELECT "+qualified(function)+"()"); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT name, current_setting(name, true) FROM unnest($1::text[]) AS name
		WHERE current_setting(name, true) IS NOT NULL`, names)
	return collect(rows, err)
}

func qualified(name string) string {
	schema, local, ok := strings.Cut(name, ".")
	if !ok {
		return pgx.Identifier{name}.Sanitize()
	}
	return pgx.Identifier{schema, local}.Sanitize()
}

func collect(rows pgx.Rows, err error) (map[string]string, error) {
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		found[name] = value
		return nil
	})
	return found, err
}
