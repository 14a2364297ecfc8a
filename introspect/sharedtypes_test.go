package introspect_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

// SchemaCaches that are loaded with one SharedTypes have the same built-in types, wherever
// they have them, and their own of those that users made.
func TestSharedTypes(t *testing.T) {
	t.Parallel()
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), `
		CREATE SCHEMA one; CREATE SCHEMA two; CREATE SCHEMA shared;
		CREATE DOMAIN shared.positive AS int CHECK (VALUE > 0);
		CREATE TYPE shared.pair AS (a int, b text);
		CREATE TABLE one.t (id int, ids int[], n shared.positive, p shared.pair);
		CREATE TABLE two.t (id int, ids int[], n shared.positive, p shared.pair);
		CREATE FUNCTION one.f(a int, OUT b int, OUT c text) LANGUAGE sql AS $$ SELECT 1, '' $$;
		CREATE FUNCTION two.f(a int, OUT b int, OUT c text) LANGUAGE sql AS $$ SELECT 1, '' $$`)
	require.NoError(t, err)
	load := func(schema string, types *introspect.SharedTypes) *introspect.SchemaCache {
		cache, err := introspect.Load(t.Context(), pool, introspect.Options{
			Schemas: []string{schema}, ExtraSearchPath: []string{"shared"}, Types: types,
		})
		require.NoError(t, err)
		return cache
	}
	// uses has the types of a schema by where they are used.
	uses := func(cache *introspect.SchemaCache) map[string]*introspect.Type {
		schema := cache.Schemas[0]
		table, ok := cache.Table(introspect.QualifiedName{Schema: schema, Name: "t"})
		require.True(t, ok)
		f := cache.Routines[introspect.QualifiedName{Schema: schema, Name: "f"}][0]
		used := map[string]*introspect.Type{
			"parameter": f.Params[0].Type, "result": f.Returns.Type, "result_column": f.Returns.Columns[1].Type,
			"cast": cache.CastType("timestamptz").Type,
		}
		for _, name := range []string{"id", "ids", "n", "p"} {
			column, ok := table.Column(name)
			require.True(t, ok)
			used["column_"+name] = column.Type
		}
		used["attribute"] = used["column_p"].Attributes[0].Type
		for name, typ := range used {
			require.NotNil(t, typ, name)
		}
		used["named"], ok = cache.Type(introspect.QualifiedName{Schema: "pg_catalog", Name: "int4"})
		require.True(t, ok)
		return used
	}
	users := []string{"column_n", "column_p"}

	var types introspect.SharedTypes
	var one, two map[string]*introspect.Type
	var loads sync.WaitGroup
	loads.Go(func() { one = uses(load("one", &types)) })
	loads.Go(func() { two = uses(load("two", &types)) })
	loads.Wait()
	alone := uses(load("two", nil))
	for name := range one {
		if slices.Contains(users, name) {
			require.NotSame(t, one[name], two[name], name)
		} else {
			require.Same(t, one[name], two[name], name)
		}
		require.NotSame(t, alone[name], two[name], name)
		require.Equal(t, alone[name], two[name], name) // with all that they hold
	}
	require.Same(t, one["column_id"], one["named"])
}

// A type that has changed, as after an upgrade of the server, is another.
func TestSharedTypes_changed(t *testing.T) {
	t.Parallel()
	var types introspect.SharedTypes
	share := func(name string) *introspect.Type {
		catalog := introspect.Catalog{Types: []*introspect.Type{
			{OID: 12000, Name: name, Schema: "pg_catalog", Local: name, BaseOID: 12000, BaseName: name},
		}}
		introspect.Share(&types, &catalog)
		return catalog.Types[0]
	}
	before, after := share("old"), share("new")
	require.Equal(t, "old", before.Name)
	require.Equal(t, "new", after.Name)
	require.Same(t, after, share("new"))
}
