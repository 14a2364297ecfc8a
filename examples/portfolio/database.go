package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed migration.sql
var migration string

//go:embed seed.sql
var seed string

// The roles that the migration makes.
const (
	authenticator = "authenticator"
	anonymous     = "api_anon"
	producer      = "api_data_producer"
)

// openDatabase migrates and seeds the database behind a superuser's URL, and
// returns a pool that logs in as the authenticator.
//
// The library should never have a superuser's connections, since a request may do on a
// connection whatever the pool's user may. The authenticator has no rights but to become
// another role. To let it log in, openDatabase gives it a new password at each start; then
// it closes the superuser's connection. Where passwords come from a vault, only the pool
// below is needed.
func openDatabase(ctx context.Context, superuserURL string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(superuserURL)
	if err != nil {
		return nil, fmt.Errorf("read the database's URL: %w", err)
	}
	superuser, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	defer superuser.Close(context.WithoutCancel(ctx))
	if err := migrate(ctx, superuser); err != nil {
		return nil, err
	}
	password := rand.Text() // letters and digits, so that it can be quoted as it is
	if _, err := superuser.Exec(ctx, `ALTER ROLE `+authenticator+` PASSWORD '`+password+`'`); err != nil {
		return nil, fmt.Errorf("give the authenticator a password: %w", err)
	}

	config.ConnConfig.User, config.ConnConfig.Password = authenticator, password
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("log in as the authenticator: %w", err)
	}
	return pool, nil
}

// migrate makes the schema and fills it, all or nothing. Run again, it changes
// nothing.
func migrate(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// Without arguments a text may hold many statements.
		if _, err := tx.Exec(ctx, migration); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		if _, err := tx.Exec(ctx, seed); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
		return nil
	})
}
