package introspect_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
)

func TestSchemaCache_MarshalJSON(t *testing.T) {
	t.Parallel()
	empty, err := json.Marshal(introspect.New(introspect.Catalog{Schemas: []string{"api"}}))
	require.NoError(t, err)
	require.JSONEq(t, `{"dbTables":[],"dbRelationships":[],"dbRoutines":[],"dbRepresentations":[],"dbMediaHandlers":[]}`, string(empty))
}
