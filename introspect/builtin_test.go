package introspect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/introspect"
)

func TestType_BuiltIn(t *testing.T) {
	t.Parallel()
	require.True(t, (&introspect.Type{OID: oid.Text, BaseOID: oid.Text}).BuiltIn())
	require.True(t, (&introspect.Type{OID: 20000, BaseOID: oid.Text, IsDomain: true}).BuiltIn())
	require.False(t, (&introspect.Type{OID: 20000, BaseOID: 20000}).BuiltIn())
}
