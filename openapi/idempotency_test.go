package openapi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// Where keys are heeded, writes have the header, and calls of functions that may write.
func TestDocumentIdempotencyKeys(t *testing.T) {
	t.Parallel()
	const reference = `"#/components/parameters/`
	cache := introspect.New(introspect.Catalog{
		Schemas: []string{"api"},
		Tables:  []*introspect.Table{films(), directors()},
		Routines: []*introspect.Routine{
			{Name: api("pay"), Returns: introspect.Result{Type: builtin("integer")}, Volatility: introspect.Volatile},
			{Name: api("look"), Returns: introspect.Result{Type: builtin("integer")}, Volatility: introspect.Stable},
		},
	})
	on, off := document(t, cache, openapi.Config{IdempotencyKeys: true}), document(t, cache, openapi.Config{})
	require.NotContains(t, string(off), "Idempotency-Key")
	for _, tt := range []struct {
		path, method string
		has          bool
	}{
		{"/films", "get", false}, {"/films", "post", true}, {"/films", "put", true}, {"/films", "patch", true}, {"/films", "delete", true},
		{"/rpc/pay", "post", true}, {"/rpc/look", "post", false}, {"/rpc/look", "get", false},
	} {
		parameters := part(t, on, "paths", tt.path, tt.method, "parameters")
		require.Equal(t, tt.has, strings.Contains(parameters, reference) && strings.Contains(parameters, `Idempotency-Key"`), "%s %s: %s", tt.method, tt.path, parameters)
	}
}
