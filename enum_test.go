package pgrest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// Every value of an enum has the word of the reference's setting, or of its own, and what
// is none of its values has its number.
func TestEnums(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value fmt.Stringer
		want  string
	}{
		{pgrest.ActionRead, "read"},
		{pgrest.ActionInsert, "insert"},
		{pgrest.ActionUpsert, "upsert"},
		{pgrest.ActionUpdate, "update"},
		{pgrest.ActionDelete, "delete"},
		{pgrest.ActionCall, "call"},
		{pgrest.ActionCall + 1, "Action(6)"},
		{pgrest.ErrorsJSON, "json"},
		{pgrest.ErrorsProblem, "problem"},
		{pgrest.ErrorsAccepted, "accepted"},
		{pgrest.ErrorsAccepted + 1, "ErrorFormat(3)"},
		{pgrest.SchemasExposed, "exposed"},
		{pgrest.SchemasUsable, "usable"},
		{pgrest.SchemasHidden, "hidden"},
		{pgrest.SchemasHidden + 1, "SchemaList(3)"},
		{pgrest.OpenAPIFollowPrivileges, "follow-privileges"},
		{pgrest.OpenAPIIgnorePrivileges, "ignore-privileges"},
		{pgrest.OpenAPIDisabled, "disabled"},
		{pgrest.OpenAPIDisabled + 1, "OpenAPIMode(3)"},
		{pgrest.TxCommit, "commit"},
		{pgrest.TxCommitAllowOverride, "commit-allow-override"},
		{pgrest.TxRollback, "rollback"},
		{pgrest.TxRollbackAllowOverride, "rollback-allow-override"},
		{pgrest.TxRollbackAllowOverride + 1, "TxEnd(4)"},
		{pgrest.TypeScript, "typescript"},
		{pgrest.Upserts, "upserts"},
		{pgrest.BulkUpdates, "bulk-updates"},
		{pgrest.Conditional, "conditional"},
		{pgrest.KeysetPages, "keyset-pages"},
		{pgrest.Grouping, "grouping"},
		{pgrest.Batches, "batches"},
		{pgrest.NestedInserts, "nested-inserts"},
		{pgrest.Filters, "filters"},
		{pgrest.Filters + 1, "Extension(9)"},
		{pgrest.ResourceUnknown, "unknown"},
		{pgrest.ResourceRelation, "relation"},
		{pgrest.ResourceRoutine, "rpc"},
		{pgrest.ResourceRoot, "root"},
		{pgrest.ResourceRoutine + 1, "Resource(4)"},
	} {
		require.Equal(t, tt.want, tt.value.String())
	}
}
