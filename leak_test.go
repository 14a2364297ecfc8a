package pgrest_test

import (
	"log/slog"
	"net/http"
	"runtime/pprof"
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
	const label = "TestClose_leaves_nothing" // that goroutines inherit, in the midst of those of other tests
	pprof.SetGoroutineLabels(pprof.WithLabels(t.Context(), pprof.Labels("test", label)))
	for i := range 200 {
		api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}, AnonRole: anon, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		switch i % 20 { // most are closed in the middle of their first load
		case 0:
			request.check(t, ask(t, api, request))
		case 1:
			require.NoError(t, api.Ready(t.Context()))
			require.Positive(t, loaders(t, label))
			go func() { _ = api.Reload(t.Context()) }()
		}
		api.Close()
		require.False(t, api.Health().Listening)
	}
	pprof.SetGoroutineLabels(t.Context())
	require.Zero(t, pool.Stat().AcquiredConns())
	require.Eventually(t, func() bool { return loaders(t, label) == 0 }, 20*time.Second, 50*time.Millisecond)
	require.Eventually(t, func() bool {
		return count(t, admin, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND starts_with(query, 'LISTEN')`) == 0
	}, 20*time.Second, 5*time.Millisecond, "listening sessions")
	sessions := count(t, admin, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'pgrest_test_authenticator'`)
	require.LessOrEqual(t, sessions, 4, "no more than the pool has")
}

// loaders is the number of stacks with that label of goroutines that keep schemas
// up to date.
func loaders(t *testing.T, label string) int {
	t.Helper()
	var profile strings.Builder
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
	n := 0
	for record := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(record, label) && strings.Contains(record, "reload.(*Reloader)") {
			n++
		}
	}
	return n
}

// A handler that is closed still answers, with what it knows.
func TestClose_serves_on(t *testing.T) {
	t.Parallel()
	api := serve(t)
	api.Close()
	request := exchange{target: "/films?select=title&id=eq.2", status: http.StatusOK, body: `[{"title": "M"}]`}
	request.check(t, ask(t, api, request))
}
