package apitest_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/pprof"
	"strconv"
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
	options := pgrest.Options{Schemas: []string{"archive"}, AnonRole: anon, Logger: slog.New(slog.DiscardHandler)}
	pprof.Do(t.Context(), pprof.Labels("handlers of", t.Name()), func(context.Context) {
		for i := range 200 {
			api, err := pgrest.New(pool, options)
			require.NoError(t, err)
			switch i % 20 { // most are closed in the middle of their first load
			case 0:
				request.check(t, ask(t, api, request))
				require.GreaterOrEqual(t, labelled(t), 2, "the handler's and the test's own")
			case 1:
				require.NoError(t, api.Ready(t.Context()))
				go func() { _ = api.Reload(t.Context()) }()
			}
			api.Close()
			require.False(t, api.Health().Listening)
		}
	})
	require.Zero(t, pool.Stat().AcquiredConns())
	// A connection that was being made for a handler may take a moment to end.
	require.Eventually(t, func() bool { return labelled(t) == 0 }, 20*time.Second, 5*time.Millisecond, "goroutines")
	require.Eventually(t, func() bool {
		return count(t, admin, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND starts_with(query, 'LISTEN')`) == 0
	}, 20*time.Second, 5*time.Millisecond, "listening sessions")
	sessions := count(t, admin, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'pgrest_test_authenticator'`)
	require.LessOrEqual(t, sessions, 4, "no more than the pool has")
}

// labelled is the number of goroutines with the label of a test's handlers, which
// goroutines inherit from those that start them: other tests run meanwhile.
func labelled(t *testing.T) int {
	t.Helper()
	var profile bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
	like := regexp.MustCompile(`(?m)^(\d+) @ .*\n# labels: .*"handlers of":"` + regexp.QuoteMeta(t.Name()) + `"`)
	goroutines := 0
	for _, group := range like.FindAllStringSubmatch(profile.String(), -1) {
		n, err := strconv.Atoi(group[1])
		require.NoError(t, err)
		goroutines += n
	}
	return goroutines
}

// A handler that is closed still answers, with what it knows.
func TestClose_serves_on(t *testing.T) {
	t.Parallel()
	api := serve(t)
	api.Close()
	request := exchange{target: "/films?select=title&id=eq.2", status: http.StatusOK, body: `[{"title": "M"}]`}
	request.check(t, ask(t, api, request))
}
