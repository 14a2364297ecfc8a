package introspect_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// load runs ddl in a new database with a schema api, and reads the cache of that schema.
// If ddl creates a schema extra, that is the extra search path.
func load(t *testing.T, ddl ...string) *introspect.SchemaCache {
	t.Helper()
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), "CREATE SCHEMA api")
	require.NoError(t, err)
	for _, statements := range ddl {
		_, err := pool.Exec(t.Context(), statements)
		require.NoError(t, err, statements)
	}
	cache, err := introspect.Load(t.Context(), pool, introspect.Options{
		Schemas:         []string{"api"},
		ExtraSearchPath: []string{"extra"},
	})
	require.NoError(t, err)
	return cache
}

// api names a relation or routine of the schema api.
func api(name string) introspect.QualifiedName {
	return introspect.QualifiedName{Schema: "api", Name: name}
}

// table finds the relation api.name, which must be there.
func table(t *testing.T, cache *introspect.SchemaCache, name string) *introspect.Table {
	t.Helper()
	found, ok := cache.Table(api(name))
	require.True(t, ok, "no relation api.%s", name)
	return found
}

// column finds a column of api.tableName, which must be there.
func column(t *testing.T, cache *introspect.SchemaCache, tableName, name string) *introspect.Column {
	t.Helper()
	found, ok := table(t, cache, tableName).Column(name)
	require.True(t, ok, "no column %s in api.%s", name, tableName)
	return found
}

// routine finds the one routine api.name, which must be there. The name may have a
// signature after it.
func routine(t *testing.T, cache *introspect.SchemaCache, name string) *introspect.Routine {
	t.Helper()
	name, _, _ = strings.Cut(name, "(")
	found := cache.Routines[api(name)]
	require.Len(t, found, 1, "routines api.%s", name)
	return found[0]
}
