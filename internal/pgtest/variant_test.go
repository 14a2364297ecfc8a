package pgtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Tests that name the same SQL share a database, which is not the fixture's.
func TestVariant(t *testing.T) {
	t.Parallel()
	const sql = `CREATE TABLE archive.variants (n int); INSERT INTO archive.variants VALUES (7)`
	first := pgtest.Variant(t, sql)
	require.Same(t, first, pgtest.Variant(t, sql))
	require.NotSame(t, first, pgtest.Variant(t, sql+`;`))
	var n int
	require.NoError(t, first.Superuser(t).QueryRow(t.Context(), `SELECT n FROM archive.variants`).Scan(&n))
	require.Equal(t, 7, n)
	require.Error(t, pgtest.Fixture(t).Superuser(t).QueryRow(t.Context(), `SELECT n FROM archive.variants`).Scan(&n))
}
