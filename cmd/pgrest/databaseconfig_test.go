package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// configured is a database and a role that logs in to it. The role is the test's own, since
// settings of a role apply to all databases.
type configured struct {
	*pgxpool.Pool // of a superuser
	role, url     string
}

func newConfigured(t *testing.T) configured {
	t.Helper()
	db := pgtest.Clone(t)
	c := configured{Pool: db.Superuser(t)}
	var name string
	require.NoError(t, c.QueryRow(t.Context(), `SELECT current_database()`).Scan(&name))
	c.role = name + " of settings" // with a space, which has to be quoted
	u, err := url.Parse(db.AuthenticatorURL)
	require.NoError(t, err)
	u.User = url.UserPassword(c.role, "secret")
	c.url = u.String()
	c.exec(t, `CREATE ROLE %role LOGIN NOINHERIT PASSWORD 'secret'`)
	c.exec(t, `GRANT pgrest_test_anon TO %role`)
	t.Cleanup(func() {
		c.exec(t, `DROP OWNED BY %role`)
		c.exec(t, `DROP ROLE %role`)
	})
	return c
}

// exec runs a statement, with the role for %role and the database for %database.
func (c configured) exec(t *testing.T, sql string) {
	t.Helper()
	sql = strings.NewReplacer("%role", pgx.Identifier{c.role}.Sanitize(),
		"%database", pgx.Identifier{c.Config().ConnConfig.Database}.Sanitize()).Replace(sql)
	_, err := c.Exec(contextOf(t), sql)
	require.NoError(t, err, sql)
}

// sources are the database's URI and env.
func (c configured) sources(env string) sources {
	return sources{environ: append(environ(env), "PGRST_DB_URI="+c.url)}
}

func TestLoadFromDatabase(t *testing.T) {
	t.Parallel()
	db := newConfigured(t)
	for _, sql := range []string{
		`CREATE SCHEMA hidden`,
		`GRANT USAGE ON SCHEMA hidden TO %role`,
		`CREATE FUNCTION hidden."pre config"() RETURNS void LANGUAGE sql AS $$ SELECT
			set_config('pgrst.db_schemas', 'of_function', true), set_config('pgrst.jwt_aud', 'of_function', true),
			set_config('pgrst.db_anon_role', 'of_function', true), set_config('pgrst.raw_media_types', 'x/y', true), set_config('pgrst.db_max_rows', '', true) $$`,
		`ALTER DATABASE %database SET pgrst.db_tx_end = 'rollback'`,
		`ALTER ROLE %role SET pgrst.db_pre_config = 'hidden.pre config'`,
		`ALTER ROLE %role SET pgrst.jwt_aud = 'of_role'`,
		`ALTER ROLE %role SET pgrst.db_anon_role = 'of_role'`,
		`ALTER ROLE %role SET pgrst.server_port = '1'`,
		`ALTER ROLE %role SET pgrst.unknown = '1'`,
		`ALTER ROLE %role SET pgrst.jwt_cache_max_lifetime = '1'`,
		`ALTER ROLE %role SET other.db_schemas = 'x'`,
		`ALTER ROLE %role IN DATABASE %database SET pgrst.db_anon_role = 'of_role_here'`,
		`ALTER ROLE %role IN DATABASE postgres SET pgrst.db_anon_role = 'of_role_elsewhere'`,
	} {
		db.exec(t, sql)
	}
	const env = "DB_ANON_ROLE=e; DB_SCHEMAS=e; JWT_AUD=e; DB_MAX_ROWS=3; DB_CHANNEL=e; SERVER_TRACE_HEADER=e"
	c, err := db.sources(env).load(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, "of_role_here", c.api.AnonRole)
	require.Equal(t, "of_role", c.api.JWTAudience)
	require.Equal(t, []string{"of_function"}, c.api.Schemas)
	require.Zero(t, c.api.MaxRows, "what is set to nothing is not set")
	require.Equal(t, "e", c.api.Channel)
	require.Equal(t, "e", c.api.TraceHeader)
	require.Equal(t, []warning{
		{"pgrst.jwt_cache_max_lifetime", "setting is of an older version, and has no effect", formerSettings["jwt-cache-max-lifetime"]},
		{"pgrst.raw_media_types", "setting is of an older version, and has no effect", formerSettings["raw-media-types"]},
		{"pgrst.server_port", "setting can't be made in the database", "set PGRST_SERVER_PORT, or server-port in the configuration file"},
		{"pgrst.unknown", "setting is unknown", "take it out; the option --example lists the settings that there are"},
	}, c.warnings)

	t.Run("off", func(t *testing.T) {
		t.Parallel()
		c, err := db.sources("DB_CONFIG=false; "+env).load(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, "e", c.api.AnonRole)
		require.Empty(t, c.warnings)
	})
}

// The settings are read in a transaction that sets its modes, so that the session's defaults
// don't matter.
func TestLoadFromDatabaseModes(t *testing.T) {
	t.Parallel()
	db := newConfigured(t)
	db.exec(t, `CREATE FUNCTION public.modes() RETURNS void LANGUAGE sql AS $$ SELECT
		set_config('pgrst.server_trace_header', current_setting('transaction_isolation') || ', ' || current_setting('transaction_read_only'), true) $$`)
	db.exec(t, `ALTER ROLE %role SET default_transaction_isolation = 'serializable'`)
	c, err := db.sources("DB_PRE_CONFIG=public.modes").load(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, "read committed, on", c.api.TraceHeader)
}

func TestLoadFromDatabaseError(t *testing.T) {
	t.Parallel()
	t.Run("bad value", func(t *testing.T) {
		t.Parallel()
		db := newConfigured(t)
		db.exec(t, `ALTER ROLE %role SET pgrst.db_tx_end = 'abort'`)
		_, err := db.sources("").load(t.Context(), nil)
		require.ErrorContains(t, err, `pgrst.db_tx_end has to be one of`)
		require.False(t, errors.As(err, new(databaseError)))
	})
	t.Run("value of the wrong type", func(t *testing.T) {
		t.Parallel()
		db := newConfigured(t)
		db.exec(t, `ALTER ROLE %role SET pgrst.db_max_rows = 'many'`)
		from := db.sources("DB_MAX_ROWS=7")
		c, err := from.load(t.Context(), nil)
		require.NoError(t, err)
		require.Zero(t, c.api.MaxRows, "the database goes before the environment all the same")
		require.Len(t, c.warnings, 1)
		from.strict = true
		_, err = from.load(t.Context(), nil)
		require.ErrorContains(t, err, "pgrst.db_max_rows: setting has a value of the wrong type")
	})
	t.Run("no such function", func(t *testing.T) {
		t.Parallel()
		db := newConfigured(t)
		_, err := db.sources("DB_PRE_CONFIG=nowhere.nothing").load(t.Context(), nil)
		require.ErrorContains(t, err, "read the settings in the database: run db-pre-config: ")
		require.ErrorContains(t, err, "nowhere")
		require.True(t, errors.As(err, new(databaseError)))
	})
	t.Run("no server", func(t *testing.T) {
		t.Parallel()
		_, err := sources{environ: environ("DB_URI=postgres://127.0.0.1:1/")}.load(t.Context(), nil)
		require.True(t, errors.As(err, new(databaseError)))
	})
}

// A fixed setting keeps its value when the configuration is read again, and is reported.
func TestLoadAgain(t *testing.T) {
	t.Parallel()
	running, err := sources{file: configFile(t, `db-config = false
server-port = 1
db-pool = 3
db-uri = "postgres://a.example"
db-schemas = "old"`)}.load(t.Context(), nil)
	require.NoError(t, err)
	next := sources{file: configFile(t, `db-config = false
server-port = 2
admin-server-port = 3
db-uri = "postgres://b.example"
db-schemas = "new"`)}
	c, err := next.load(t.Context(), running)
	require.NoError(t, err)
	require.Equal(t, 1, c.main.port)
	require.Equal(t, noPort, c.admin.port)
	require.Equal(t, 3, c.poolSize)
	require.Equal(t, "a.example", c.pool.ConnConfig.Host)
	require.Equal(t, []string{"new"}, c.api.Schemas)
	require.Equal(t, []string{"admin-server-port", "db-uri", "server-port"}, c.needRestart)
	require.False(t, c.same(running))
}

// A file that is a pipe can be read only once, even though the configuration is made twice
// when a part of it is in the database.
func TestLoadFromPipe(t *testing.T) {
	t.Parallel()
	db := newConfigured(t)
	db.exec(t, `ALTER ROLE %role SET pgrst.db_max_rows = '7'`)
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer reader.Close()
	_, err = writer.WriteString(db.url + "\n")
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	from := sources{environ: environ(fmt.Sprintf("DB_URI=@/dev/fd/%d", reader.Fd())), files: contents{}}
	given, err := from.read()
	require.NoError(t, err)
	_, err = parseConfig(given, nil, from.files) // as a server that starts does
	require.NoError(t, err)
	c, err := from.load(t.Context(), nil)
	require.NoError(t, err)
	require.EqualValues(t, 7, c.api.MaxRows)
	again, err := from.load(t.Context(), c)
	require.NoError(t, err)
	require.Empty(t, again.needRestart)
	require.True(t, again.same(c))
}
