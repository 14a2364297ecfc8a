package pgrest_test

import (
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Handlers come and go and leave nothing behind: no goroutine, no session, no
// connection of the pool that isn't back.
func TestClose_leaves_nothing(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool, admin := db.Pool(t, pgtest.MaxConns(4)), db.Superuser(t)
	request := exchange{target: "/films?select=title&id=eq.2", body: `[{"title": "M"}]`}
	const handlers = 200
	for i := range handlers {
		api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}, AnonRole: anon, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		switch i % 20 { // most are closed in the middle of their first load
		case 0:
			request.check(t, ask(t, api, request))
		case 1:
			require.NoError(t, api.Ready(t.Context()))
			go func() { _ = api.Reload(t.Context()) }()
		}
		api.Close()
		require.False(t, api.Health().Listening)
	}
	require.Zero(t, pool.Stat().AcquiredConns())
	require.Eventually(t, func() bool { return loaders() < handlers/4 }, 20*time.Second, 5*time.Millisecond,
		"other tests, which run meanwhile, have some")
	require.Eventually(t, func() bool {
		return count(t, admin, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND starts_with(query, 'LISTEN')`) == 0
	}, 20*time.Second, 5*time.Millisecond, "listening sessions")
	sessions := count(t, admin, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'pgrest_test_authenticator'`)
	require.LessOrEqual(t, sessions, 4, "no more than the pool has")
}

// loaders is the number of goroutines that keep schemas up to date.
func loaders() int {
	buf := make([]byte, 16<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), "reload.(*Reloader).loads")
}

// A handler that is closed still answers, with what it knows.
func TestClose_serves_on(t *testing.T) {
	t.Parallel()
	api := serve(t)
	api.Close()
	request := exchange{target: "/films?select=title&id=eq.2", status: http.StatusOK, body: `[{"title": "M"}]`}
	request.check(t, ask(t, api, request))
}
