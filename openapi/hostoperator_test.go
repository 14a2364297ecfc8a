package openapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/openapi"
)

// The host's operators are described by name with their arguments, and at the columns that they
// are for.
func TestDocument_operators(t *testing.T) {
	t.Parallel()
	operators := []openapi.Operator{
		{Name: "starts", Columns: []string{"character varying"}, Returns: "boolean", Description: "Begins so.", Arguments: []openapi.OperatorArgument{{Name: "prefix", Type: "text", Description: "How."}}},
		{Name: "between", Columns: []string{"integer", "BIGINT"}, Returns: "boolean", Arguments: []openapi.OperatorArgument{{Name: "low", Type: "integer"}, {Name: "high", Type: "integer"}}},
		{Name: "hash", Returns: "bigint"},
	}
	doc := document(t, cinema(), openapi.Config{Operators: operators})
	require.Contains(t, part(t, doc, "components", "parameters", "pgrest.and", "description"),
		"- `starts(prefix)`, of columns of type character varying, a condition: Begins so.\\n  - `prefix` (text): How.\\n"+
			"- `between(low,high)`, of columns of type integer, BIGINT, a condition\\n  - `low` (integer)\\n  - `high` (integer)\\n"+
			"- `hash()`, of columns of any type, gives bigint")
	for _, name := range []string{"select", "order"} {
		require.Contains(t, part(t, doc, "components", "parameters", "pgrest."+name, "description"), "`column.operator(arguments)`")
	}
	title := part(t, doc, "components", "parameters", "filter.films.title", "description")
	require.Contains(t, title, " Or with `starts(prefix)`. `title.hash()` can be filtered by, ordered by and selected, too.")
	id := part(t, doc, "components", "parameters", "filter.films.id", "description")
	require.Contains(t, id, " Or with `between(low,high)`. `id.hash()`")
	require.NotContains(t, id, "starts")
	require.Equal(t, document(t, cinema(), openapi.Config{}), document(t, cinema(), openapi.Config{Operators: []openapi.Operator{}}))
	require.NotContains(t, string(document(t, cinema(), openapi.Config{})), "operator(arguments)")
}
