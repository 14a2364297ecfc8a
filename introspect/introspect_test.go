package introspect_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

// Load reads from whatever can run a query, and leaves it as it was.
func TestLoadFrom(t *testing.T) {
	t.Parallel()
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), `
		CREATE SCHEMA api;
		CREATE TYPE api.color AS ENUM ('red');
		CREATE TABLE api.films (color api.color DEFAULT 'red')`)
	require.NoError(t, err)
	tests := []struct {
		name string
		load func(t *testing.T, conn *pgxpool.Conn) (*introspect.SchemaCache, error)
	}{{
		name: "pool",
		load: func(t *testing.T, _ *pgxpool.Conn) (*introspect.SchemaCache, error) {
			return introspect.Load(t.Context(), pool, options())
		},
	}, {
		name: "pooled connection",
		load: func(t *testing.T, conn *pgxpool.Conn) (*introspect.SchemaCache, error) {
			return introspect.Load(t.Context(), conn, options())
		},
	}, {
		name: "connection",
		load: func(t *testing.T, conn *pgxpool.Conn) (*introspect.SchemaCache, error) {
			return introspect.Load(t.Context(), conn.Conn(), options())
		},
	}, {
		name: "transaction",
		load: func(t *testing.T, conn *pgxpool.Conn) (*introspect.SchemaCache, error) {
			tx, err := conn.Begin(t.Context())
			require.NoError(t, err)
			cache, loadErr := introspect.Load(t.Context(), tx, options())
			require.Equal(t, "api", searchPath(t, tx))
			require.NoError(t, tx.Commit(t.Context()))
			return cache, loadErr
		},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conn, err := pool.Acquire(t.Context())
			require.NoError(t, err)
			defer conn.Release()
			_, err = conn.Exec(t.Context(), "SET search_path = api")
			require.NoError(t, err)

			cache, err := tt.load(t, conn)
			require.NoError(t, err)
			require.Equal(t, "'red'::api.color", column(t, cache, "films", "color").Default,
				"the connection's search path does not matter")
			require.Equal(t, "api", searchPath(t, conn))
			var version string
			require.NoError(t, conn.QueryRow(t.Context(), "SHOW server_version_num").Scan(&version))
			require.Equal(t, version, strconv.Itoa(cache.ServerVersion))
			var prepared int
			err = conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_prepared_statements WHERE statement ~ 'pg_namespace'",
				pgx.QueryExecModeExec).Scan(&prepared)
			require.NoError(t, err)
			require.Zero(t, prepared)
		})
	}
}

func options() introspect.Options {
	return introspect.Options{Schemas: []string{"api"}}
}

type rowQuerier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func searchPath(t *testing.T, db rowQuerier) string {
	t.Helper()
	var path string
	require.NoError(t, db.QueryRow(t.Context(), "SHOW search_path").Scan(&path))
	return path
}

// Load in a transaction sees what the transaction has done.
func TestLoadInTransaction(t *testing.T) {
	t.Parallel()
	tx, err := pgtest.Empty(t).Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(context.WithoutCancel(t.Context()))) }()
	_, err = tx.Exec(t.Context(), "CREATE SCHEMA api; CREATE TABLE api.films (id int)")
	require.NoError(t, err)
	cache, err := introspect.Load(t.Context(), tx, options())
	require.NoError(t, err)
	require.Len(t, table(t, cache, "films").Columns, 1)
}

// The catalogs are the same for every role, whatever its privileges.
func TestLoadWithoutPrivileges(t *testing.T) {
	t.Parallel()
	db := pgtest.Fixture(t)
	opts := introspect.Options{Schemas: []string{"archive"}}
	want, err := introspect.Load(t.Context(), db.Superuser(t), opts)
	require.NoError(t, err)
	require.NotEmpty(t, want.Tables)
	got, err := introspect.Load(t.Context(), db.Pool(t), opts)
	require.NoError(t, err)
	require.Equal(t, want.Tables, got.Tables)
	require.Equal(t, want.Routines, got.Routines)
}

func TestLoadOrderOfSchemas(t *testing.T) {
	t.Parallel()
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), `
		CREATE SCHEMA b; CREATE TABLE b.films (id int);
		CREATE SCHEMA a; CREATE TABLE a.films (id int)`)
	require.NoError(t, err)
	schemas := []string{"b", "no such schema", "a"}
	cache, err := introspect.Load(t.Context(), pool, introspect.Options{Schemas: schemas})
	require.NoError(t, err)
	require.Equal(t, schemas, cache.Schemas)
	require.Len(t, cache.Tables, 2)

	cache, err = introspect.Load(t.Context(), pool, introspect.Options{})
	require.NoError(t, err)
	require.Empty(t, cache.Tables)
}

// The system catalogs hold relations, functions and types of every sort there is.
func TestLoadSystemCatalogs(t *testing.T) {
	t.Parallel()
	cache, err := introspect.Load(t.Context(), pgtest.Empty(t), introspect.Options{
		Schemas: []string{"pg_catalog", "information_schema"},
	})
	require.NoError(t, err)
	class, ok := cache.Table(introspect.QualifiedName{Schema: "pg_catalog", Name: "pg_class"})
	require.True(t, ok)
	require.Equal(t, []string{"oid"}, class.PrimaryKey)
	yesOrNo, ok := cache.Type(introspect.QualifiedName{Schema: "information_schema", Name: "yes_or_no"})
	require.True(t, ok)
	require.Equal(t, "character varying", yesOrNo.BaseName)
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	pool := pgtest.Empty(t)

	t.Run("context that is done", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := introspect.Load(ctx, pool, options())
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("transaction that has failed", func(t *testing.T) {
		t.Parallel()
		tx, err := pool.Begin(t.Context())
		require.NoError(t, err)
		defer func() { require.NoError(t, tx.Rollback(context.WithoutCancel(t.Context()))) }()
		_, err = tx.Exec(t.Context(), "SELECT 1 / 0")
		require.Error(t, err)
		_, err = introspect.Load(t.Context(), tx, options())
		var pgErr *pgconn.PgError
		require.ErrorAs(t, err, &pgErr)
		require.Equal(t, "25P02", pgErr.Code)
	})
	for failing := 1; failing <= 13; failing++ {
		t.Run("query "+strconv.Itoa(failing), func(t *testing.T) {
			t.Parallel()
			_, err := introspect.Load(t.Context(), &failingQuerier{Querier: pool, failing: failing}, options())
			require.ErrorIs(t, err, errLost)
		})
	}
	t.Run("none of thirteen queries", func(t *testing.T) {
		t.Parallel()
		_, err := introspect.Load(t.Context(), &failingQuerier{Querier: pool, failing: 14}, options())
		require.NoError(t, err)
	})
}

var errLost = errors.New("connection lost")

// failingQuerier fails at one of its queries. They are counted from 1.
type failingQuerier struct {
	introspect.Querier
	failing int
}

func (q *failingQuerier) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	q.failing--
	if q.failing == 0 {
		return nil, errLost
	}
	return q.Querier.Query(ctx, sql, args...)
}
