package executor_test

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Nobody becomes the role that the connection logged in as.
func TestBegin_no_role(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Superuser(t, pgtest.MaxConns(1))
	for _, role := range []string{"none", "NONE", "None", ""} {
		for _, of := range []task{command(role, ``), prepared(command(role, ``), `SELECT 1`), set(command(role, ``), "role", anon)} {
			_, err := executor.New(pool, true).Begin(t.Context(), of.Session)
			var refused *auth.Error
			require.ErrorAs(t, err, &refused)
			require.Equal(t, "22023", refused.Code)
		}
	}
	require.Zero(t, pool.Stat().AcquireCount())
}

// A transaction that can't begin leaves nothing.
func TestBegin_error(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		of   task
		want string
	}{
		"bad setting":          {set(command(anon, ``), "timezone", "Atlantis"), "22023"},
		"no such role":         {command("pgrest_test_nobody", ``), "22023"},
		"role of strangers":    {command("pgrest_test_stranger", ``), "42501"},
		"pre-request raises":   {prepared(command(anon, ``), `DO $$ BEGIN RAISE SQLSTATE 'PT403'; END $$`), "PT403"},
		"pre-request writes":   {prepared(command(curator, ``), `DELETE FROM roles`), "25006"},
		"pre-request is wrong": {prepared(command(anon, ``), `SELEKT`), "42601"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := oneConnection(t)
			backend := backendOf(t, pool)
			for range 2 {
				_, err := executor.New(pool, true).Begin(t.Context(), tt.of.Session)
				require.Equal(t, tt.want, sqlstate(err))
				requireUsable(t, pool, backend)
			}
		})
	}
}

// The modes are what the session says, whatever the database's defaults are.
func TestBegin_modes(t *testing.T) {
	t.Parallel()
	const show = `SELECT current_setting('transaction_isolation') || ', read only ' || current_setting('transaction_read_only')`
	isolated := writer
	isolated.Isolation = "SERIALIZABLE"
	for name, tt := range map[string]struct {
		session executor.Session
		want    string
	}{
		"read":     {command(anon, ``).Session, "read committed, read only on"},
		"write":    {writer, "read committed, read only off"},
		"isolated": {isolated, "serializable, read only off"},
	} {
		for _, defaults := range sessionDefaults {
			t.Run(name+"/"+defaults, func(t *testing.T) {
				t.Parallel()
				pool := oneConnection(t)
				backend := backendOf(t, pool)
				_, err := pool.Exec(t.Context(), defaults)
				require.NoError(t, err)
				for range 2 {
					tx := begin(t, pool, tt.session)
					require.Equal(t, [][]string{{tt.want}}, within(t, tx, sql(show)))
					require.NoError(t, tx.End(t.Context(), nil))
					requireUsable(t, pool, backend)
				}
			})
		}
	}
}

// A connection that died while it was idle is no reason to fail, and one whose statements
// are gone isn't either.
func TestBegin_again(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool := db.Pool(t, pgtest.MaxConns(1), simpleProtocol)
	for range 2 {
		require.NoError(t, begin(t, pool, writer).End(t.Context(), nil))
		terminate(t, db.Superuser(t))
		require.NoError(t, begin(t, pool, writer).End(t.Context(), nil))
		_, err := pool.Exec(t.Context(), `DEALLOCATE ALL`)
		require.NoError(t, err)
	}
}

// Beginning, each command and the end are one round trip each, and what is prepared is
// prepared once.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	var trips atomic.Int64
	pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1), func(config *pgxpool.Config) {
		dial := config.ConnConfig.DialFunc
		config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return trippingConn{conn, &trips}, err
		}
		config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	})
	s := writer
	s.PreRequest, s.Rollback = `SELECT 1`, true
	for range 3 {
		run(t, pool, command(anon, `SELECT 1`))
		trips.Store(0)
		tx := begin(t, pool, s)
		require.EqualValues(t, 1, trips.Swap(0), "to begin")
		for n := range 3 {
			within(t, tx, counted(command(anon, fmt.Sprint(`SELECT `, n)), `SELECT 1`).Command)
			require.EqualValues(t, 1, trips.Swap(0), "a command")
		}
		_ = tx.Pgx()
		require.Zero(t, trips.Load(), "a pgx.Tx")
		require.NoError(t, tx.End(t.Context(), nil))
		require.EqualValues(t, 1, trips.Swap(0), "to end")
		require.Equal(t, executor.ErrEnded, tx.End(t.Context(), nil))
		require.Zero(t, trips.Load(), "to end again")
	}
}

// trippingConn counts what it sends.
type trippingConn struct {
	net.Conn
	trips *atomic.Int64
}

func (c trippingConn) Write(p []byte) (int, error) {
	c.trips.Add(1)
	return c.Conn.Write(p)
}
