// Package migrations makes the shop's database, step by step.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// FS has the migrations, in the format of goose (https://github.com/pressly/goose). Each runs
// in a transaction, and ends in NOTIFY pgrst, 'reload schema': whoever serves the schema
// learns of the change when it is committed.
//
//go:embed *.sql
var FS embed.FS

// Apply runs those of the migrations in files that the database has not seen, and gives how
// many those were. config connects as a role that may create roles and extensions; its OnNotice
// is told what a migration leaves out on this server. Several programs may call it at the same
// time: they take turns, by an advisory lock.
func Apply(ctx context.Context, config *pgx.ConnConfig, files fs.FS) (int, error) {
	db := stdlib.OpenDB(*config)
	n, err := apply(ctx, db, files)
	return n, errors.Join(err, db.Close())
}

func apply(ctx context.Context, db *sql.DB, files fs.FS) (int, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // every second, 300 times
	if err != nil {
		return 0, err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return 0, fmt.Errorf("read the migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return len(results), fmt.Errorf("migrate: %w", err)
	}
	return len(results), nil
}
