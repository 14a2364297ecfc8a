package pgtest_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestFixture(t *testing.T) {
	t.Parallel()

	t.Run("is shared", func(t *testing.T) {
		t.Parallel()
		require.Same(t, pgtest.Fixture(t), pgtest.Fixture(t))
	})
	t.Run("opens for the authenticator, who has no rights of its own", func(t *testing.T) {
		t.Parallel()
		pool := pgtest.Fixture(t).Pool(t)
		require.Equal(t, "pgrest_test_authenticator", one[string](t, pool, `SELECT current_user`))
		_, err := pool.Exec(t.Context(), `SELECT FROM archive.films`)
		require.ErrorContains(t, err, "permission denied for schema archive")
	})
	t.Run("opens for a superuser", func(t *testing.T) {
		t.Parallel()
		pool := pgtest.Fixture(t).Superuser(t)
		require.Equal(t, 13, one[int](t, pool, `SELECT count(*) FROM archive.films`))
	})
	t.Run("gives pools of the wanted size", func(t *testing.T) {
		t.Parallel()
		pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1))
		require.EqualValues(t, 1, pool.Config().MaxConns)
	})
	t.Run("has the same locale and time zone everywhere", func(t *testing.T) {
		t.Parallel()
		pool := pgtest.Fixture(t).Pool(t)
		require.Equal(t, "UTC C UTF8 C", one[string](t, pool, `
			SELECT concat_ws(' ', current_setting('timezone'), datcollate, pg_encoding_to_char(encoding), current_setting('lc_messages'))
			FROM pg_database WHERE datname = current_database()`))
	})
}

func TestClone(t *testing.T) {
	t.Parallel()
	a, b := pgtest.Clone(t), pgtest.Clone(t)
	_, err := a.Superuser(t).Exec(t.Context(), `DELETE FROM archive.nominations`)
	require.NoError(t, err)

	require.Equal(t, 0, one[int](t, a.Superuser(t), `SELECT count(*) FROM archive.nominations`))
	require.Equal(t, 9, one[int](t, b.Superuser(t), `SELECT count(*) FROM archive.nominations`))
	require.Equal(t, 9, one[int](t, pgtest.Fixture(t).Superuser(t), `SELECT count(*) FROM archive.nominations`))
}

func TestClone_is_dropped_after_its_test(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("test", func(t *testing.T) {
		name = one[string](t, pgtest.Clone(t).Pool(t), `SELECT current_database()`)
	})
	require.Equal(t, 0, one[int](t, pgtest.Empty(t), `SELECT count(*) FROM pg_database WHERE datname = $1`, name))
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	pool := pgtest.Empty(t)
	require.Equal(t, 0, one[int](t, pool, `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`))
	require.True(t, one[bool](t, pool, `SELECT rolsuper FROM pg_roles WHERE rolname = current_user`))
}

// one returns the single value of a query's single row.
func one[T any](t testing.TB, pool *pgxpool.Pool, query string, args ...any) T {
	t.Helper()
	rows, err := pool.Query(context.WithoutCancel(t.Context()), query, args...)
	require.NoError(t, err)
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	require.NoError(t, err)
	return value
}
