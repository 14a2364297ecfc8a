package executor_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/executor"
)

// What another server may answer is known by the SQLSTATE, which a pooler may leave out.
func TestMayDoElsewhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code, message  string
		routine        string
		may, onPrimary bool
	}{
		{"40001", "canceling statement due to conflict with recovery", "", true, true},
		{"57014", "canceling statement due to user request", "ProcessInterrupts", true, true},
		{"57014", "canceling statement due to statement timeout", "ProcessInterrupts", false, true},
		{"25006", "cannot execute INSERT in a read-only transaction", "", true, true},
		{"53300", "too many connections", "", true, false},
		{"57014", "canceling statement due to user request", "exec_stmt_raise", false, true},
		{"57014", "canceling statement due to conflict with recovery", "ProcessRecoveryConflictInterrupt", true, true},
		{"22012", "division by zero", "", false, false},
		{"", "server conn crashed?", "", false, false},
	} {
		may, onPrimary := executor.MayDoElsewhere(t.Context(), nil, &pgconn.PgError{Code: tt.code, Message: tt.message, Routine: tt.routine})
		require.Equal(t, tt.may, may, tt.message)
		require.Equal(t, tt.onPrimary, onPrimary, tt.message)
	}
}
