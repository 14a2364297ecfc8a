// Package introspect reads from PostgreSQL's system catalogs what a database
// exposes: the relations of some schemas with their columns and keys, the
// relationships between them, the functions that can be called, the types of
// columns and parameters, the handlers of media types and the settings of roles.
//
//	cache, err := introspect.Load(ctx, pool, introspect.Options{Schemas: []string{"api"}})
//	if err != nil {
//		return err
//	}
//	films := introspect.QualifiedName{Schema: "api", Name: "films"}
//	table, ok := cache.Table(films)
//	named, _ := cache.Relationships(films, "directors")
//
// Views are read with their queries: a view that selects the key of a table unchanged
// has that key, and the relationships of its foreign keys, whatever the schema of the
// table.
//
// Load reads PostgreSQL 14 and later. The result, a SchemaCache, is immutable and
// needs the database no more. New makes one from parts written by hand.
package introspect

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Querier is where Load reads from: a *pgxpool.Pool, *pgxpool.Conn, *pgx.Conn or
// pgx.Tx.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Options says what Load reads.
type Options struct {
	// Schemas are the exposed schemas, the default one first. One that does not
	// exist exposes nothing.
	Schemas []string
	// ExtraSearchPath names schemas that are not exposed, but are searched for
	// computed fields and for the types of casts.
	ExtraSearchPath []string
	// PostOnly names functions that are called with POST alone: see Routine.PostOnly.
	// "function" means those of that name in all exposed schemas, "schema.function" in
	// one.
	PostOnly []string
	// Types shares the built-in types with the other SchemaCaches that are loaded with it;
	// nil to share none.
	Types *SharedTypes
}

// Load reads the catalogs and returns what they tell of the schemas of opts.
//
// All of it is read from one snapshot, and with a search path of pg_catalog
// alone, which decides how expressions and type names are spelled. Given a pool or
// a connection, Load runs a read-only REPEATABLE READ transaction of its own. Given
// a pgx.Tx, it reads within a savepoint and leaves the transaction as it was; the
// transaction must be REPEATABLE READ, or a concurrent migration may show between
// two of the queries. Any other Querier is used as it is: the snapshot and the search
// path are then the caller's concern.
//
// It takes thirteen queries, one more where a role has settings that need a privilege, and
// one more where there is Citus. None leaves a prepared statement behind. The catalogs can be read by
// every role, so that the cache is the same whoever asks, but for the settings of
// roles: it has those of the roles that the current user can become.
//
// The error wraps that of pgx, and the context's if that was done.
func Load(ctx context.Context, db Querier, opts Options) (*SchemaCache, error) {
	q, end, err := begin(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("introspect: begin transaction: %w", err)
	}
	defer end()
	catalog, err := newReader(q, opts).read(ctx)
	if err != nil {
		return nil, fmt.Errorf("introspect: %w", err)
	}
	if opts.Types == nil {
		return New(catalog), nil
	}
	opts.Types.share(&catalog)
	cache := New(catalog)
	cache.builtin = opts.Types.index(cache.builtin)
	return cache, nil
}

// begin gives the Querier to read the catalogs from, in a transaction or savepoint
// where db can make one, and the function that ends it. Since nothing is written, that
// rolls back, which restores the search path of a caller's transaction. If it fails, pgx
// closes the connection.
func begin(ctx context.Context, db Querier) (Querier, func(), error) {
	var tx pgx.Tx
	var err error
	switch db := db.(type) {
	case interface {
		BeginTx(context.Context, pgx.TxOptions) (pgx.Tx, error)
	}:
		tx, err = db.BeginTx(ctx, pgx.TxOptions{
			IsoLevel:   pgx.RepeatableRead,
			AccessMode: pgx.ReadOnly,
		})
	case pgx.Tx:
		tx, err = db.Begin(ctx)
	default:
		return db, func() {}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return tx, func() { _ = tx.Rollback(ctx) }, nil
}
