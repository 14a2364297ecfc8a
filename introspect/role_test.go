package introspect_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

// withRoles creates roles with settings in a transaction, changes to an unprivileged role
// that can become some of them, and calls load. Roles belong to the whole server: nothing
// is committed, and the transaction ends with load, since another that creates the same
// roles has to wait for that.
func withRoles(t *testing.T, load func(pgx.Tx)) {
	t.Helper()
	tx, err := pgtest.Empty(t).Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(context.WithoutCancel(t.Context()))) }()
	_, err = tx.Exec(t.Context(), `
		CREATE ROLE introspect_connector NOINHERIT;
		CREATE ROLE introspect_editor;
		CREATE ROLE introspect_writer IN ROLE introspect_editor;
		CREATE ROLE introspect_plain;
		CREATE ROLE introspect_stranger;
		GRANT introspect_writer, introspect_plain TO introspect_connector;
		ALTER ROLE introspect_connector SET statement_timeout = '1s';
		ALTER ROLE introspect_stranger SET statement_timeout = '2s';
		ALTER ROLE introspect_writer SET statement_timeout = '3s';
		ALTER ROLE introspect_writer SET "DateStyle" = 'ISO, DMY';
		ALTER ROLE introspect_writer SET default_transaction_isolation = 'serializable';
		ALTER ROLE introspect_writer SET log_statement = 'all';
		ALTER ROLE introspect_writer SET log_min_duration_statement = 7;
		ALTER ROLE introspect_writer SET app.motto = 'a = b';
		ALTER ROLE introspect_editor SET default_transaction_isolation = 'repeatable read';
		ALTER ROLE introspect_editor SET application_name = 'a = b';
		DO $do$
		BEGIN
			EXECUTE format('ALTER ROLE introspect_editor IN DATABASE %1$I SET application_name = ''here''', current_database());
			EXECUTE format('ALTER ROLE introspect_editor IN DATABASE %1$I SET work_mem = ''8MB''', current_database());
			ALTER ROLE introspect_editor IN DATABASE postgres SET application_name = 'elsewhere';
			IF current_setting('server_version_num')::int >= 150000 THEN
				EXECUTE 'GRANT SET ON PARAMETER log_statement TO introspect_connector';
			END IF;
		END
		$do$;
		SET LOCAL ROLE introspect_connector`)
	require.NoError(t, err)
	load(tx)
}

func TestRoleSettings(t *testing.T) {
	t.Parallel()
	var cache *introspect.SchemaCache
	withRoles(t, func(tx pgx.Tx) {
		var err error
		cache, err = introspect.Load(t.Context(), tx, options())
		require.NoError(t, err)
	})
	writer := []introspect.Setting{
		{Name: "statement_timeout", Value: "3s"},
		{Name: "DateStyle", Value: "ISO, DMY"},
	}
	if cache.ServerVersion >= 150000 { // where SET can be granted
		writer = append(writer, introspect.Setting{Name: "log_statement", Value: "all"})
	}
	tests := []struct {
		name string
		role string
		want introspect.RoleSettings
	}{
		{
			"what the user may set", "introspect_writer",
			introspect.RoleSettings{Isolation: "SERIALIZABLE", Settings: writer},
		},
		{
			"member of a member, with settings of the database", "introspect_editor",
			introspect.RoleSettings{Isolation: "REPEATABLE READ", Settings: []introspect.Setting{
				{Name: "application_name", Value: "here"},
				{Name: "work_mem", Value: "8MB"},
			}},
		},
		{"without settings", "introspect_plain", introspect.RoleSettings{}},
		{"that the user can't become", "introspect_stranger", introspect.RoleSettings{}},
		{"the user's own", "introspect_connector", introspect.RoleSettings{}},
		{"that is none", "introspect_nobody", introspect.RoleSettings{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, cache.RoleSettings(tt.role))
		})
	}
}

// The query for the privileges of settings, which is only made if there are any, may
// fail, too.
func TestRoleSettingsError(t *testing.T) {
	t.Parallel()
	withRoles(t, func(tx pgx.Tx) {
		cache, err := introspect.Load(t.Context(), &failingQuerier{Querier: tx, failing: 14}, options())
		if err == nil {
			require.Less(t, cache.ServerVersion, 150000)
			return
		}
		require.ErrorIs(t, err, errLost)
		require.ErrorContains(t, err, "read role settings")
	})
}
