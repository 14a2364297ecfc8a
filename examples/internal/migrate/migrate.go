// Package migrate makes the databases of the examples' tests.
package migrate

import (
	"context"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// File makes what a file of SQL says, in the folder of the test.
func File(name string) func(ctx context.Context, url string) error {
	return func(ctx context.Context, url string) error {
		pool, err := pgxpool.New(ctx, url)
		if err != nil {
			return err
		}
		defer pool.Close()
		return execFile(ctx, pool, name)
	}
}

func execFile(ctx context.Context, pool *pgxpool.Pool, name string) error {
	sql, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	_, err = pool.Exec(ctx, string(sql)) // without arguments a text may hold many statements
	return err
}

// WithRiver makes what schema.sql says, in the folder of the test, and the tables of River's
// jobs.
func WithRiver(ctx context.Context, url string) error {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := execFile(ctx, pool, "schema.sql"); err != nil {
		return err
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}
