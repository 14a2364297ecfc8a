package openapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// What filters and orders take beyond PostgREST's is told if it is there.
func TestDocument_filters(t *testing.T) {
	t.Parallel()
	cache := tableCache(column("c", "jsonb"))
	doc, plain := document(t, cache, openapi.Config{Filters: true}), document(t, cache, openapi.Config{})
	for _, path := range [][]string{
		{"components", "parameters", "filter.things.c", "description"},
		{"components", "schemas", "pgrest.Filter", "description"},
		{"components", "schemas", "pgrest.Filter", "pattern"},
	} {
		require.Contains(t, part(t, doc, path...), "jsonpath")
		require.NotContains(t, part(t, plain, path...), "jsonpath")
	}
	for parameter, word := range map[string]string{"order": ".ci", "and": "id::text"} {
		require.Contains(t, part(t, doc, "components", "parameters", "pgrest."+parameter, "description"), word)
		require.NotContains(t, part(t, plain, "components", "parameters", "pgrest."+parameter, "description"), word)
	}
}

// A function that returns one row may return null in its place, and one that returns a set not.
func TestDocument_nullRows(t *testing.T) {
	t.Parallel()
	row := &introspect.Type{OID: 30000, Name: "api.things", BaseOID: 30000, Kind: introspect.CompositeType}
	for name, want := range map[string]bool{"one": true, "set": false} {
		schema := func(config openapi.Config) string {
			r := &introspect.Routine{Name: introspect.QualifiedName{Schema: "api", Name: name}, Volatility: introspect.Stable,
				Returns: introspect.Result{Type: row, Set: name == "set", Columns: []introspect.ResultColumn{{Name: "a", Type: column("a", "integer").Type}}}}
			cache := introspect.New(introspect.Catalog{Schemas: []string{"api"}, Routines: []*introspect.Routine{r}})
			return part(t, document(t, cache, config), "paths", "/rpc/"+name, "post", "responses", "200", "content", "application/json", "schema")
		}
		require.Equal(t, want, schema(openapi.Config{NullRows: true}) != schema(openapi.Config{}), schema(openapi.Config{NullRows: true}))
	}
}
