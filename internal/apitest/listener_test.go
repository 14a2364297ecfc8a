package apitest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// listener makes a listener on pool, and closes it with the test, behind the handlers.
func listener(t *testing.T, pool pgrest.Pool) *pgrest.Listener {
	t.Helper()
	l, err := pgrest.NewListener(pool, pgrest.ListenerOptions{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(l.Close)
	return l
}

// having has an API hear with a listener, on a channel.
func having(l *pgrest.Listener, channel string) option {
	return func(o *pgrest.Options) { o.DisableListener, o.Listener, o.Channel = false, l, channel }
}

// sessions is how many sessions there are in the database's, as the role that pools log
// in as.
func sessions(t *testing.T, admin *pgxpool.Pool) int {
	t.Helper()
	return count(t, admin, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'pgrest_test_authenticator'`)
}

func notify(t *testing.T, admin *pgxpool.Pool, channel string) {
	t.Helper()
	_, err := admin.Exec(t.Context(), `SELECT pg_notify($1, 'reload schema')`, channel)
	require.NoError(t, err)
}

// Fifty handlers of one database cost one connection beyond the pool's.
func TestListener_shared(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool, admin := db.Pool(t, pgtest.MaxConns(2)), db.Superuser(t)
	l := listener(t, pool)
	apis := make([]*pgrest.Handler, 50)
	for i := range apis {
		apis[i] = open(t, pool, having(l, ""))
	}
	for _, api := range apis {
		waitFor(t, func() bool { return api.Health().Listening }, "it listens")
	}
	require.LessOrEqual(t, sessions(t, admin), 3, "no more than the pool's two, and the listener's")
	require.Equal(t, 1, listeningSessions(t, admin))

	loads := func(api *pgrest.Handler) uint64 { return api.Stats().SchemaLoads }
	before := make([]uint64, len(apis))
	for i, api := range apis {
		before[i] = loads(api)
	}
	notify(t, admin, "pgrst")
	for i, api := range apis {
		waitFor(t, func() bool { return loads(api) > before[i] }, "it hears")
	}

	for _, api := range apis[1:] {
		api.Close()
		require.False(t, api.Health().Listening)
	}
	require.Equal(t, 1, listeningSessions(t, admin), "for the one that is left")
	last := loads(apis[0])
	notify(t, admin, "pgrst")
	waitFor(t, func() bool { return loads(apis[0]) > last }, "it still hears")
	apis[0].Close()
	waitFor(t, func() bool { return listeningSessions(t, admin) == 0 }, "nobody is left to hear")

	again := open(t, pool, having(l, ""))
	waitFor(t, func() bool { return again.Health().Listening && listeningSessions(t, admin) == 1 }, "there is one again")
}

// listeningSessions is how many sessions listen, or did as the last thing.
func listeningSessions(t *testing.T, admin *pgxpool.Pool) int {
	t.Helper()
	return count(t, admin, `SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND (starts_with(query, 'LISTEN') OR starts_with(query, 'UNLISTEN'))`)
}

// Without a listener of the host's, each handler has one of its own.
func TestListener_of_its_own(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool, admin := db.Pool(t, pgtest.MaxConns(1)), db.Superuser(t)
	for i := range 3 {
		api := open(t, pool, listening)
		waitFor(t, func() bool { return api.Health().Listening }, "it listens")
		require.Equal(t, i+1, listeningSessions(t, admin))
	}
	require.LessOrEqual(t, sessions(t, admin), 4, "the pool's one, and one for each")
}

// A handler hears its own channel, and a connection listens to no more than there is need.
func TestListener_channels(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool, admin := db.Pool(t), db.Superuser(t)
	l := listener(t, pool)
	var all []*pgrest.Handler
	for _, channel := range []string{"one", "two words", "one"} {
		api := open(t, pool, having(l, channel))
		waitFor(t, func() bool { return api.Health().Listening }, "it listens")
		all = append(all, api)
	}
	loads := func() (n [3]uint64) {
		for i, api := range all {
			n[i] = api.Stats().SchemaLoads
		}
		return n
	}
	before := loads()
	notify(t, admin, "two words")
	waitFor(t, func() bool { return loads()[1] > before[1] }, "the second hears")
	notify(t, admin, "one")
	waitFor(t, func() bool { return loads()[0] > before[0] && loads()[2] > before[2] }, "the others hear")
	require.Equal(t, before[1]+1, loads()[1], "what isn't meant for it doesn't matter")
	require.Equal(t, 1, listeningSessions(t, admin))

	all[1].Close()
	waitFor(t, func() bool {
		return count(t, admin, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'UNLISTEN "two words"'`) == 1
	}, "nobody wants that channel any more")
	before = loads()
	notify(t, admin, "one")
	waitFor(t, func() bool { return loads()[0] > before[0] }, "the others still hear")
}

// A connection that was lost is made anew, for all.
func TestListener_terminated(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool, admin := db.Pool(t), db.Superuser(t)
	l := listener(t, pool)
	one, two := open(t, pool, having(l, "")), open(t, pool, having(l, "other"))
	for _, api := range []*pgrest.Handler{one, two} {
		waitFor(t, func() bool { return api.Health().Listening }, "it listens")
	}
	before := [2]uint64{one.Stats().SchemaLoads, two.Stats().SchemaLoads}
	_, err := admin.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND starts_with(query, 'LISTEN')`)
	require.NoError(t, err)
	waitFor(t, func() bool { return one.Stats().SchemaLoads > before[0] && two.Stats().SchemaLoads > before[1] },
		"what was missed is made up for")
	waitFor(t, func() bool { return one.Health().Listening && two.Health().Listening }, "they listen again")
	require.Equal(t, 1, listeningSessions(t, admin))
}

// A handler answers when there is nobody to listen, and notifications are heard when the
// listener comes back to its database.
func TestListener_away(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	away := &switchedPool{Pool: db.Pool(t)}
	away.away.Store(true)
	l := listener(t, away)
	for range 2 { // one that comes first, and one that comes when all is lost
		api := open(t, db.Pool(t), having(l, ""))
		require.False(t, api.Health().Listening)
		read := exchange{target: "/genres?select=id&id=eq.1", body: `[{"id": 1}]`}
		read.check(t, ask(t, api, read))
		if t.Failed() {
			return
		}
	}
	away.away.Store(false)
	api := open(t, db.Pool(t), having(l, ""))
	waitFor(t, func() bool { return api.Health().Listening }, "it listens")
}

// Handlers outlive their listener, and hear nothing more; new ones are refused.
func TestListener_closed(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool, admin := db.Pool(t), db.Superuser(t)
	l := listener(t, pool)
	api := open(t, pool, having(l, ""))
	waitFor(t, func() bool { return api.Health().Listening }, "it listens")
	l.Close()
	l.Close()
	require.False(t, api.Health().Listening)
	waitFor(t, func() bool { return listeningSessions(t, admin) == 0 }, "the session has ended")
	read := exchange{target: "/genres?select=id&id=eq.1", body: `[{"id": 1}]`}
	read.check(t, ask(t, api, read))
	require.NoError(t, api.Reload(t.Context()))
	_, err := pgrest.New(pool, pgrest.Options{Listener: l})
	require.EqualError(t, err, "pgrest: Listener was closed")
	require.NoError(t, pool.Ping(t.Context()), "the pool is the host's")
}

func TestNewListener_refuses(t *testing.T) {
	t.Parallel()
	_, err := pgrest.NewListener(nil, pgrest.ListenerOptions{})
	require.EqualError(t, err, "pgrest: no pool")
	_, err = pgrest.NewListener(noDatabase{}, pgrest.ListenerOptions{AcquireTimeout: -time.Second})
	require.EqualError(t, err, "pgrest: AcquireTimeout is -1s, and can't be negative")
}

// What a notification says about the configuration is heard by all, and one of them may
// make another handler, as a host does that has another configuration.
func TestListener_reconfigures(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool, admin := db.Pool(t), db.Superuser(t)
	l := listener(t, pool)
	made := make(chan *pgrest.Handler, 100)
	api := open(t, pool, having(l, ""), func(o *pgrest.Options) {
		o.OnConfigNotify = func() {
			next, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}, AnonRole: anon, Listener: l, Logger: o.Logger})
			if err != nil {
				panic(err)
			}
			made <- next
		}
	})
	waitFor(t, func() bool { return api.Health().Listening }, "it listens")
	_, err := admin.Exec(t.Context(), `NOTIFY pgrst, 'reload config'`)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), reloadPatience)
	defer cancel()
	select {
	case next := <-made:
		t.Cleanup(next.Close)
		require.NoError(t, next.Ready(ctx))
		require.Equal(t, http.StatusOK, ask(t, next, exchange{target: "/genres"}).StatusCode)
		waitFor(t, func() bool { return next.Health().Listening }, "it listens, too")
	case <-ctx.Done():
		require.Fail(t, "no notification was heard")
	}
}

// Handlers come and go while others hear.
func TestListener_busy(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool, admin := db.Pool(t, pgtest.MaxConns(4)), db.Superuser(t)
	l := listener(t, pool)
	options := pgrest.Options{Schemas: []string{"archive"}, AnonRole: anon, Listener: l, Logger: slog.New(slog.DiscardHandler)}
	for i := range 60 {
		options.Channel = fmt.Sprintf("channel_%d", i%7)
		api, err := pgrest.New(pool, options)
		require.NoError(t, err)
		if i%3 == 0 {
			require.NoError(t, api.Ready(t.Context()))
			notify(t, admin, options.Channel)
		}
		api.Close()
		require.False(t, api.Health().Listening)
	}
	waitFor(t, func() bool { return listeningSessions(t, admin) == 0 }, "nobody is left")
	waitFor(t, func() bool { return pool.Stat().AcquiredConns() == 0 }, "no connection is kept")
}
