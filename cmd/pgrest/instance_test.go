package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// of gives the sources of a server of the archive on a free port, with env and the lines of
// a file.
func of(t *testing.T, url, env, file string) sources {
	t.Helper()
	return sources{file: configFile(t, file),
		environ: environ("DB_URI=" + url + "; SERVER_HOST=127.0.0.1; SERVER_PORT=0; ADMIN_SERVER_PORT=0; " + env)}
}

// status gives the status of a GET.
func (r *running) status(t *testing.T, path string) int {
	t.Helper()
	response, _ := r.get(t, path)
	return response.StatusCode
}

// writeFile replaces a file atomically, since a server may read its configuration at any
// time.
func writeFile(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(name+".new", []byte(text), 0o600))
	require.NoError(t, os.Rename(name+".new", name))
}

// reload sends a signal on the channel. Which one doesn't matter.
func reload(asked chan<- os.Signal) { asked <- syscall.SIGTERM }

func TestReconfigureBySignal(t *testing.T) {
	t.Parallel()
	from := of(t, pgtest.Clone(t).AuthenticatorURL, "DB_SCHEMAS=archive", "server-timing-enabled = true")
	r := startFrom(t, from)
	require.Equal(t, http.StatusUnauthorized, r.status(t, "/genres"))

	change := func(text string) {
		writeFile(t, from.file, text)
		reload(r.asked.config)
	}
	change(`db-anon-role = "pgrest_test_anon"` + "\nserver-port = 1\nlog-level = \"debug\"")
	eventually(t, func() bool {
		response, _ := r.get(t, "/genres")
		return response.StatusCode == http.StatusOK && response.Header.Get("Server-Timing") == ""
	}, "the signal has no effect")

	change(`db-anon-role = 3x`)
	eventually(t, func() bool {
		return strings.Contains(r.logged.String(), "configuration not reloaded, the old one stays")
	},
		"the error isn't logged")
	require.Contains(t, r.logged.String(), "db-anon-role has to be a whole number, true, false, or text in quotes")
	require.Equal(t, http.StatusOK, r.status(t, "/genres"))

	change(`db-anon-role = "pgrest_test_anon"` + "\nlog-level = \"debug\"")
	eventually(t, func() bool { return strings.Contains(r.logged.String(), "configuration unchanged") }, "it is reloaded all the same")
}

func TestReconfigureByNotification(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{"reload config", "reload schema", ""} {
		t.Run(payload, func(t *testing.T) {
			t.Parallel()
			db := newConfigured(t)
			r := startFrom(t, of(t, db.url, "DB_SCHEMAS=archive", ""))
			require.Equal(t, http.StatusUnauthorized, r.status(t, "/genres"))
			first := r.running()
			db.exec(t, `ALTER ROLE %role SET pgrst.db_anon_role = 'pgrest_test_anon'`)
			db.exec(t, `GRANT pgrest_test_anon TO %role`)
			eventually(t, func() bool {
				db.exec(t, `NOTIFY pgrst, '`+payload+`'`) // more than once, since the server may not listen yet
				return r.status(t, "/genres") == http.StatusOK
			}, "the notification has no effect")
			require.NotSame(t, first, r.running())
			db.exec(t, `ALTER ROLE %role SET pgrst.openapi_mode = 'on'`)
			db.exec(t, `NOTIFY pgrst, '`+payload+`'`)
			eventually(t, func() bool {
				return strings.Contains(r.logged.String(), "pgrst.openapi_mode has to be one of")
			}, "the error isn't logged")
			require.Equal(t, http.StatusOK, r.status(t, "/genres"))
		})
	}
}

// When the schema is loaded, the configuration is read again if a part of it may be in the
// database, and otherwise not.
func TestReconfigureWithSchema(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"true", "false"} {
		t.Run("db-config = "+database, func(t *testing.T) {
			t.Parallel()
			from := of(t, pgtest.Clone(t).AuthenticatorURL, "DB_SCHEMAS=archive; DB_CONFIG="+database, "")
			r := startFrom(t, from)
			require.Equal(t, http.StatusUnauthorized, r.status(t, "/genres"))
			writeFile(t, from.file, `db-anon-role = "pgrest_test_anon"`)
			loads := r.running().api.Stats().SchemaLoads
			reload(r.asked.schema)
			if database == "true" {
				eventually(t, func() bool { return r.status(t, "/genres") == http.StatusOK }, "the configuration stays")
				return
			}
			eventually(t, func() bool { return r.running().api.Stats().SchemaLoads > loads }, "the signal has no effect")
			reload(r.asked.schema) // it is handled after all that the first one caused
			require.Equal(t, http.StatusUnauthorized, r.status(t, "/genres"))
		})
	}
}

// slowed has the next loads of the schema wait until the returned function is called. It
// locks the catalog of comments, which they read.
func slowed(t *testing.T, db *pgtest.Database) (quicken func()) {
	t.Helper()
	lock, err := db.Superuser(t).Begin(t.Context())
	require.NoError(t, err)
	_, err = lock.Exec(t.Context(), `LOCK TABLE pg_catalog.pg_description`)
	require.NoError(t, err)
	quicken = func() { _ = lock.Rollback(contextOf(t)) }
	t.Cleanup(quicken)
	return quicken
}

// A configuration takes effect at once, without waiting for the schema to be loaded. Only
// other schemas than before wait for that, and no other setting waits with them.
func TestReconfigureAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `CREATE SCHEMA new; CREATE TABLE new.things AS SELECT 1 AS id;
		GRANT USAGE ON SCHEMA new TO pgrest_test_anon; GRANT SELECT ON new.things TO pgrest_test_anon`)
	require.NoError(t, err)
	from := of(t, db.AuthenticatorURL, "DB_ANON_ROLE=pgrest_test_anon", `db-schemas = "archive"`)
	r := startFrom(t, from)
	rows := func(path string) string {
		_, body := r.get(t, path)
		return strings.Join(strings.Fields(body), "")
	}
	require.Equal(t, http.StatusOK, r.status(t, "/genres"))
	quicken := slowed(t, db)
	const path, one = "/genres?select=id&order=id", `[{"id":1}]`
	require.NotEqual(t, one, rows(path))
	writeFile(t, from.file, "db-schemas = \"archive\"\ndb-max-rows = 1")
	reload(r.asked.config)
	eventually(t, func() bool { return rows(path) == one }, "it waits for the schema")

	writeFile(t, from.file, "db-schemas = \"new, archive\"\ndb-max-rows = 2")
	reload(r.asked.config)
	eventually(t, func() bool { return rows(path) == `[{"id":1},{"id":2}]` }, "the other settings wait with the schemas")
	require.Equal(t, http.StatusNotFound, r.status(t, "/things"), "there is no schema for it yet")
	quicken()
	eventually(t, func() bool { return rows("/things") == one }, "other schemas are never loaded")
	eventually(t, func() bool { return strings.Contains(r.logged.String(), "configuration reloaded") }, "it isn't logged")
}

// Schemas that don't exist don't replace the old ones; all other settings take effect.
func TestReconfigureWithoutSchema(t *testing.T) {
	t.Parallel()
	from := of(t, pgtest.Clone(t).AuthenticatorURL, "DB_ANON_ROLE=pgrest_test_anon", `db-schemas = "archive"`)
	r := startFrom(t, from)
	require.Equal(t, http.StatusOK, r.status(t, "/genres"))
	writeFile(t, from.file, "db-schemas = \"archive,nowhere\"\ndb-max-rows = 1")
	reload(r.asked.config)
	eventually(t, func() bool {
		return strings.Contains(r.logged.String(), "configuration reloaded but for its schemas, the old ones stay")
	}, "it isn't logged")
	require.Contains(t, r.logged.String(), `schema \"nowhere\" isn't there`)
	_, body := r.get(t, "/genres?select=id&order=id")
	require.Equal(t, `[{"id":1}]`, body)
	require.Equal(t, http.StatusOK, r.adminStatus(t, "/ready"))
}

// A server whose schemas, or those of its search path, don't exist reports that, and is not
// ready until they do. A role that doesn't exist only fails requests.
func TestServeWithoutSchema(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env, logged string
		waits       bool
	}{
		"schema": {"DB_SCHEMAS=archive, later; DB_ANON_ROLE=pgrest_test_anon",
			`Schemas (db-schemas): schema \"later\" isn't there: CREATE SCHEMA \"later\", or take it out`, true},
		"extra search path": {"DB_SCHEMAS=archive; DB_EXTRA_SEARCH_PATH=public,later; DB_ANON_ROLE=pgrest_test_anon",
			`ExtraSearchPath (db-extra-search-path): schema \"later\" isn't there`, true},
		"role": {"DB_SCHEMAS=archive; DB_ANON_ROLE=later", `option=AnonRole key=db-anon-role problem="role \"later\" isn't there"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Clone(t)
			r := startFrom(t, of(t, db.AuthenticatorURL, test.env, ""))
			eventually(t, func() bool { return strings.Contains(r.logged.String(), test.logged) }, "it isn't logged")
			if !test.waits {
				require.Equal(t, http.StatusUnauthorized, r.status(t, "/genres"))
				require.Equal(t, http.StatusOK, r.adminStatus(t, "/ready"))
				return
			}
			require.Equal(t, http.StatusServiceUnavailable, r.adminStatus(t, "/ready"))
			response, body := r.get(t, "/genres")
			require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
			require.Contains(t, body, `"code":"PGRST002"`)
			_, err := db.Superuser(t).Exec(t.Context(), `CREATE SCHEMA later`)
			require.NoError(t, err)
			eventually(t, func() bool { return r.status(t, "/genres") == http.StatusOK }, "it doesn't see that the schema is there")
			require.Equal(t, http.StatusOK, r.adminStatus(t, "/ready"))
		})
	}
}

// All instances share one connection to listen, which is closed when none is to listen.
func TestServeListensOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	superuser := db.Superuser(t)
	listening := func() (n int) {
		require.NoError(t, superuser.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND starts_with(query, 'LISTEN')`).Scan(&n))
		return n
	}
	from := of(t, db.AuthenticatorURL, "DB_SCHEMAS=archive; DB_ANON_ROLE=pgrest_test_anon", "")
	r := startFrom(t, from)
	require.Equal(t, http.StatusOK, r.status(t, "/genres"))
	require.Equal(t, 1, listening())
	for i := range 5 {
		before := r.running()
		writeFile(t, from.file, fmt.Sprintf("db-max-rows = %d", i+1))
		reload(r.asked.config)
		eventually(t, func() bool { return r.running() != before }, "the signal has no effect")
		require.Equal(t, 1, listening())
	}
	writeFile(t, from.file, "db-channel-enabled = false")
	reload(r.asked.config)
	eventually(t, func() bool { return listening() == 0 }, "it goes on listening")
	writeFile(t, from.file, "db-channel-enabled = true")
	reload(r.asked.config)
	eventually(t, func() bool { return listening() == 1 }, "it doesn't listen again")
}

// A request finishes with the configuration that it began with.
func TestReconfigureFinishesRequests(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	from := of(t, db.AuthenticatorURL, "DB_SCHEMAS=archive", `db-anon-role = "pgrest_test_anon"`)
	r := startFrom(t, from)
	require.Equal(t, http.StatusOK, r.status(t, "/genres"))
	lock, err := db.Superuser(t).Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = lock.Rollback(contextOf(t)) }()
	_, err = lock.Exec(t.Context(), `LOCK TABLE archive.genres`)
	require.NoError(t, err)
	status := r.asking("/genres")
	eventually(t, func() bool { return r.pool.Stat().AcquiredConns() > 0 }, "no request")
	writeFile(t, from.file, "")
	reload(r.asked.config)
	eventually(t, func() bool { return r.status(t, "/films") == http.StatusUnauthorized }, "the signal has no effect")
	require.NoError(t, lock.Rollback(t.Context()))
	require.Equal(t, http.StatusOK, <-status)
}

func TestServeUnixSockets(t *testing.T) {
	t.Parallel()
	main, admin := socketPath(t), socketPath(t)
	r := startFrom(t, of(t, pgtest.Clone(t).AuthenticatorURL,
		"DB_SCHEMAS=archive; DB_ANON_ROLE=pgrest_test_anon; SERVER_UNIX_SOCKET="+main+"; ADMIN_SERVER_UNIX_SOCKET="+admin, ""))
	at := func(socket string) *http.Client {
		transport := &http.Transport{}
		_, err := endpoint{socket: socket}.readyURL(transport)
		require.NoError(t, err)
		t.Cleanup(transport.CloseIdleConnections)
		return &http.Client{Transport: transport, Timeout: patience}
	}
	response, body := fetch(t, at(main), "http://localhost/genres?limit=1")
	require.Equal(t, http.StatusOK, response.StatusCode, body)
	response, _ = fetch(t, at(admin), "http://localhost/ready")
	require.Equal(t, http.StatusOK, response.StatusCode)
	r.stop()
	require.NoError(t, <-r.ended)
	require.NoFileExists(t, main)
	require.NoFileExists(t, admin)
}

// A server replaces another on the same port, and no request fails.
func TestServeReusePort(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	probe, err := endpoint{host: "127.0.0.1", reusePort: true}.listen(t.Context())
	require.NoError(t, err)
	_, port, _ := strings.Cut(probe.Addr().String(), ":")
	from := of(t, db.AuthenticatorURL, "DB_SCHEMAS=archive; DB_ANON_ROLE=pgrest_test_anon; SERVER_REUSEPORT=true", "")
	for i, variable := range from.environ {
		if strings.HasPrefix(variable, "PGRST_SERVER_PORT=") {
			from.environ[i] = "PGRST_SERVER_PORT=" + port
		}
	}
	first := startFrom(t, from)
	eventually(t, func() bool { return first.address.Load() != nil }, "the server doesn't listen")
	require.NoError(t, probe.Close())
	require.NotNil(t, first.running().api.SchemaCache(), "it listened before it had the schema")
	require.Equal(t, http.StatusOK, first.status(t, "/genres"))
	second := startFrom(t, from)
	eventually(t, func() bool { return second.address.Load() != nil }, "the second server doesn't listen")
	first.client.CloseIdleConnections()
	first.stop()
	require.NoError(t, <-first.ended)
	require.Equal(t, http.StatusOK, second.status(t, "/genres"))
}

// Without its database, a server is alive and not ready.
func TestServeWithoutDatabase(t *testing.T) {
	t.Parallel()
	r := startFrom(t, of(t, "postgres://a@127.0.0.1:1/none?sslmode=disable", "", ""))
	require.Equal(t, http.StatusOK, r.adminStatus(t, "/live"))
	require.Equal(t, http.StatusServiceUnavailable, r.adminStatus(t, "/ready"))
	require.Equal(t, http.StatusOK, r.adminStatus(t, "/metrics"))
	r.client.Timeout = 50 * time.Millisecond
	_, err := r.client.Get("http://" + (*r.address.Load()).String() + "/genres")
	require.Error(t, err, "a request doesn't wait for the configuration")
	r.stop()
	require.NoError(t, <-r.ended)
}

// A server that starts with a wrong configuration in the database reports that, and waits for
// a right one: to start without it might show data to others than meant.
func TestServeBadDatabaseConfiguration(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ env, wrong, logged, right string }{
		"value": {"", `ALTER ROLE %role SET pgrst.db_schemas = 'pg_catalog'`, "pgrst.db_schemas can't have pg_catalog",
			`ALTER ROLE %role SET pgrst.db_schemas = 'archive'`},
		"function that isn't there": {"DB_PRE_CONFIG=configure; DB_SCHEMAS=archive", `SELECT`, "function configure() does not exist",
			`CREATE FUNCTION public.configure() RETURNS void LANGUAGE sql AS ''`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := newConfigured(t)
			db.exec(t, test.wrong)
			r := startFrom(t, of(t, db.url, "DB_ANON_ROLE=pgrest_test_anon; "+test.env, ""))
			eventually(t, func() bool { return strings.Contains(r.logged.String(), test.logged) }, "the error isn't logged")
			require.Equal(t, http.StatusServiceUnavailable, r.adminStatus(t, "/ready"))
			db.exec(t, test.right)
			r.asked.config <- syscall.SIGTERM
			require.Equal(t, http.StatusOK, r.status(t, "/genres"))
		})
	}
}

// A server that starts before its database serves as soon as that is up, with the
// configuration in it, and reports when the database is lost and comes back.
func TestServeUntilDatabaseIsUp(t *testing.T) {
	t.Parallel()
	db := pgtest.OwnServer(t)
	conn, err := pgx.Connect(t.Context(), db.URL())
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `CREATE TABLE films AS SELECT 'Metropolis' AS title;
		CREATE ROLE web_anon; GRANT SELECT ON films TO web_anon; ALTER ROLE CURRENT_USER SET pgrst.db_anon_role = 'web_anon'`)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	db.Stop(t, pgtest.Fast)

	r := startFrom(t, of(t, db.URL(), "", ""))
	require.Equal(t, http.StatusServiceUnavailable, r.adminStatus(t, "/ready"))
	answered := make(chan int, 1)
	go func() {
		response, err := r.client.Get("http://" + (*r.address.Load()).String() + "/films")
		if err != nil {
			answered <- 0
			return
		}
		_ = response.Body.Close()
		answered <- response.StatusCode
	}()
	db.Start(t)
	require.Equal(t, http.StatusOK, <-answered)
	require.Equal(t, http.StatusOK, r.adminStatus(t, "/ready"))

	db.Stop(t, pgtest.Fast)
	eventually(t, func() bool { return r.adminStatus(t, "/ready") == http.StatusServiceUnavailable }, "it is ready without its database")
	require.Equal(t, http.StatusServiceUnavailable, r.status(t, "/films"))
	db.Start(t)
	eventually(t, func() bool { return r.adminStatus(t, "/ready") == http.StatusOK }, "it doesn't find its database again")
	require.Equal(t, http.StatusOK, r.status(t, "/films"))
}
