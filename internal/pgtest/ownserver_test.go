//go:build unix

package pgtest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// A server of a test's own can be stopped and started, and keeps its data.
func TestOwnServer(t *testing.T) {
	t.Parallel()
	if !startsServers() {
		return
	}
	s := pgtest.OwnServer(t)
	conn, err := pgx.Connect(t.Context(), s.URL())
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `CREATE TABLE kept AS SELECT 1 AS id; CHECKPOINT`)
	require.NoError(t, err)
	for _, mode := range []pgtest.StopMode{pgtest.Fast, pgtest.Immediate} {
		s.Stop(t, mode)
		require.Error(t, conn.Ping(t.Context()))
		_, err = pgx.Connect(t.Context(), s.URL())
		require.Error(t, err)
		s.Start(t)
		conn, err = pgx.Connect(t.Context(), s.URL())
		require.NoError(t, err)
		var id int
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT id FROM kept`).Scan(&id))
		require.Equal(t, 1, id)
	}
	s.Restart(t, pgtest.Fast)
	require.Error(t, conn.Ping(t.Context()))
}
