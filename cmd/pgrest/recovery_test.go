package main

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// owned is a server of the test's own.
type owned struct{ *pgtest.OwnedServer }

func newOwned(t *testing.T, sql string) owned {
	t.Helper()
	o := owned{pgtest.OwnServer(t)}
	o.exec(t, sql)
	return o
}

// exec runs statements as a superuser.
func (o owned) exec(t *testing.T, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), o.URL())
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err, sql)
	require.NoError(t, conn.Close(t.Context()))
}

// as gives the URL by which a role logs in.
func (o owned) as(role string) string { return strings.Replace(o.URL(), "postgres@", role+"@", 1) }

// A wrong password ends a server, since another attempt doesn't mend it.
func TestServeWrongPassword(t *testing.T) {
	t.Parallel()
	db := newOwned(t, `CREATE ROLE locked LOGIN PASSWORD 'right'; CREATE ROLE web_anon`)
	db.exec(t, `DO $$ BEGIN EXECUTE format('COPY (VALUES (%L), (%L)) TO %L',
		'host all locked 127.0.0.1/32 scram-sha-256', 'host all all 127.0.0.1/32 trust', current_setting('hba_file')); END $$;
		SELECT pg_reload_conf()`)
	eventually(t, func() bool {
		_, err := pgx.Connect(t.Context(), db.as("locked:wrong"))
		return wrongPassword(err)
	}, "the server doesn't ask for passwords")
	for env, want := range map[string]string{
		"DB_CONFIG=false": "log in to the database: ",
		"DB_CONFIG=true":  "configuration: read the settings in the database: ",
	} {
		t.Run(env, func(t *testing.T) {
			t.Parallel()
			err := <-startFrom(t, of(t, db.as("locked:wrong"), env, "")).ended
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, "password authentication failed")
		})
	}
	t.Run("right", func(t *testing.T) {
		t.Parallel()
		r := startFrom(t, of(t, db.as("locked:right"), "DB_ANON_ROLE=web_anon", ""))
		eventually(t, func() bool { return r.adminStatus(t, "/ready") == http.StatusOK }, "it doesn't start")
	})
}

func TestServeWithoutRecovery(t *testing.T) {
	t.Parallel()
	const off = "DB_POOL_AUTOMATIC_RECOVERY=false; "
	db := newOwned(t, `CREATE ROLE authenticator LOGIN; CREATE ROLE web_anon; GRANT web_anon TO authenticator;
		CREATE FUNCTION lose() RETURNS bool LANGUAGE sql SECURITY DEFINER AS 'SELECT pg_terminate_backend(pg_backend_pid())'`)
	t.Run("no database at the start", func(t *testing.T) {
		t.Parallel()
		nowhere := strings.Replace(db.URL(), "/postgres?", "/nowhere?", 1)
		require.ErrorContains(t, <-startFrom(t, of(t, nowhere, off, "")).ended, `database "nowhere" does not exist`)
		err := <-startFrom(t, of(t, nowhere, off+"DB_CONFIG=false", "")).ended
		require.ErrorContains(t, err, "db-pool-automatic-recovery is off: ")
		require.ErrorContains(t, err, `database "nowhere" does not exist`)
	})
	t.Run("a connection ends", func(t *testing.T) {
		t.Parallel()
		r := startFrom(t, of(t, db.as("authenticator"), off+"DB_ANON_ROLE=web_anon", ""))
		eventually(t, func() bool { return r.running() != nil && r.running().api.Health().Listening }, "it doesn't listen")
		db.exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'authenticator' AND starts_with(query, 'LISTEN')`)
		require.ErrorContains(t, <-r.ended, "a connection was lost, and db-pool-automatic-recovery is off: ")
	})
	t.Run("turned off later", func(t *testing.T) {
		t.Parallel()
		from := of(t, db.as("authenticator"), "DB_ANON_ROLE=web_anon; DB_CHANNEL_ENABLED=false", "")
		r := startFrom(t, from)
		eventually(t, func() bool { return r.adminStatus(t, "/ready") == http.StatusOK }, "it doesn't start")
		require.Equal(t, http.StatusServiceUnavailable, r.status(t, "/rpc/lose"))
		require.Equal(t, http.StatusOK, r.adminStatus(t, "/ready"))
		writeFile(t, from.file, "db-pool-automatic-recovery = false")
		reload(r.asked.config)
		eventually(t, func() bool { return strings.Contains(r.logged.String(), "configuration reloaded") }, "the signal has no effect")
		require.Equal(t, http.StatusServiceUnavailable, r.status(t, "/rpc/lose"))
		require.ErrorContains(t, <-r.ended, "a connection was lost, and db-pool-automatic-recovery is off: ")
	})
}

// A server is not ready when its database accepts connections and doesn't answer.
func TestServeReadyWithFrozenDatabase(t *testing.T) {
	t.Parallel()
	db := newOwned(t, `CREATE ROLE web_anon`)
	relay := newRelay(t, db.URL())
	r := startFrom(t, of(t, relay.url, "DB_ANON_ROLE=web_anon", ""))
	eventually(t, func() bool { return r.adminStatus(t, "/ready") == http.StatusOK && r.running().api.Health().Listening }, "it doesn't start")
	relay.frozen.Store(true)
	began := time.Now()
	require.Equal(t, http.StatusServiceUnavailable, r.adminStatus(t, "/ready"))
	require.Less(t, time.Since(began), 10*time.Second)
	require.Equal(t, http.StatusOK, r.adminStatus(t, "/live"))
	relay.frozen.Store(false)
	eventually(t, func() bool { return r.adminStatus(t, "/ready") == http.StatusOK }, "it doesn't come back")
}

// relay stands before a database, and passes on nothing of its answers while it is frozen.
type relay struct {
	url    string
	frozen atomic.Bool
}

func newRelay(t *testing.T, database string) *relay {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	to := net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	r := &relay{url: strings.Replace(database, to, listener.Addr().String(), 1)}
	var all sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				_ = client.Close()
				continue
			}
			all.Go(func() { _, _ = io.Copy(server, client); _ = server.Close() })
			all.Go(func() { _, _ = io.Copy(thawed{client, r}, server); _ = client.Close() })
		}
	})
	return r
}

// thawed drops what is written while the relay is frozen.
type thawed struct {
	io.Writer
	*relay
}

func (w thawed) Write(p []byte) (int, error) {
	if w.frozen.Load() {
		return len(p), nil
	}
	return w.Writer.Write(p)
}

// Without a listener, the database is pinged to find out whether the server is ready.
func TestServeReadyWithoutListener(t *testing.T) {
	t.Parallel()
	db := newOwned(t, `CREATE ROLE web_anon`)
	r := startFrom(t, of(t, db.URL(), "DB_ANON_ROLE=web_anon; DB_CHANNEL_ENABLED=false", ""))
	eventually(t, func() bool { return r.adminStatus(t, "/ready") == http.StatusOK }, "it doesn't start")
	db.Stop(t, pgtest.Fast)
	require.Equal(t, http.StatusServiceUnavailable, r.adminStatus(t, "/ready"))
	require.Equal(t, http.StatusOK, r.adminStatus(t, "/live"))
	db.Start(t)
	eventually(t, func() bool { return r.adminStatus(t, "/ready") == http.StatusOK }, "it doesn't find its database again")
}

// After a reload, sessions have the new settings of the role that logs in.
func TestServeLogsInAnew(t *testing.T) {
	t.Parallel()
	db := newConfigured(t)
	db.exec(t, `CREATE VIEW archive.memory AS SELECT current_setting('work_mem') AS size`)
	db.exec(t, `GRANT SELECT ON archive.memory TO pgrest_test_anon`)
	r := startFrom(t, of(t, db.url, "DB_SCHEMAS=archive; DB_ANON_ROLE=pgrest_test_anon", ""))
	_, before := r.get(t, "/memory")
	require.NotEqual(t, `[{"size":"7MB"}]`, before)
	db.exec(t, `ALTER ROLE %role SET work_mem = '7MB'`)
	reload(r.asked.schema)
	eventually(t, func() bool {
		_, body := r.get(t, "/memory")
		return body == `[{"size":"7MB"}]`
	}, "the setting has no effect")
}

// Starts and recoveries are logged at every level, and failures by their own level.
func TestLogsOfFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		level slog.Level
		want  string
	}{
		{levelCrit, "INFO WARN"},
		{slog.LevelError, "INFO WARN ERROR"},
		{slog.LevelInfo, "INFO WARN ERROR"},
		{slog.LevelDebug, "DEBUG INFO WARN ERROR"},
	}
	for _, test := range tests {
		t.Run(test.level.String(), func(t *testing.T) {
			t.Parallel()
			out := &watched{text: "\x00", seen: func() {}}
			log := newLogs(test.level, nil, out).faults.With("a", 1).WithGroup("b")
			var told []string
			for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
				log.Log(t.Context(), level, "message")
				if strings.Contains(out.String(), "level="+level.String()) {
					told = append(told, level.String())
				}
			}
			require.Equal(t, test.want, strings.Join(told, " "))
		})
	}

	t.Run("of connections", func(t *testing.T) {
		t.Parallel()
		r := startFrom(t, of(t, pgtest.Clone(t).AuthenticatorURL, "LOG_LEVEL=debug; DB_SCHEMAS=archive; DB_ANON_ROLE=pgrest_test_anon", ""))
		require.Equal(t, http.StatusOK, r.status(t, "/genres"))
		require.Contains(t, r.logged.String(), `level=DEBUG msg="connection opened" pid=`)
		reload(r.asked.schema)
		eventually(t, func() bool { return strings.Contains(r.logged.String(), `level=DEBUG msg="connection closed" pid=`) }, "they stay")
	})
	t.Run("of a server", func(t *testing.T) {
		t.Parallel()
		r := startFrom(t, of(t, pgtest.Clone(t).AuthenticatorURL, "LOG_LEVEL=crit; DB_SCHEMAS=archive; DB_ANON_ROLE=pgrest_test_anon", ""))
		require.Equal(t, http.StatusOK, r.status(t, "/genres"))
		for _, text := range []string{`msg="schema cache loaded" relations=`, ` server_version=`, `msg="listening for notifications" channel=pgrst`} {
			eventually(t, func() bool { return strings.Contains(r.logged.String(), text) }, text)
		}
	})
}
