package executor_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Nobody becomes the role that the connection logged in as, whoever asks. It takes no
// connection to tell.
func TestOnce_no_role(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Superuser(t, pgtest.MaxConns(1))
	for _, role := range []string{"none", "NONE", "None", ""} {
		for _, cmd := range []task{
			command(role, `SELECT current_user`),
			counted(command(role, `SELECT current_user`), `SELECT 1`),
			prepared(command(role, `SELECT current_user`), `SELECT 1`),
			set(command(role, `SELECT current_user`), "role", anon),
		} {
			_, err := once(t.Context(), executor.New(pool, true), cmd)
			var refused *auth.Error
			require.ErrorAs(t, err, &refused)
			require.Equal(t, "22023", refused.Code)
			require.Equal(t, 401, refused.Status)
		}
	}
	require.Zero(t, pool.Stat().AcquireCount())
}

// No setting has a say in whom a command runs as.
func TestOnce_role_as_a_setting(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Superuser(t, pgtest.MaxConns(1))
	for _, name := range []string{"role", "ROLE", "session_authorization", "Session_Authorization"} {
		for _, role := range []string{"none", curator, "postgres"} {
			cmd := command(anon, `SELECT current_user`)
			setting := []auth.Setting{{Name: name, Value: role}}
			cmd.Context.RoleSettings, cmd.Context.FunctionSettings, cmd.Context.AppSettings = setting, setting, setting
			require.Equal(t, anon, valueOf(t, pool, cmd))
		}
	}
}
