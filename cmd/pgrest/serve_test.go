package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

const patience = 20 * time.Second

// running is a server under test.
type running struct {
	*server
	client *http.Client
	asked  signals
	logged *watched // the log without that of requests
	stop   context.CancelFunc
	ended  chan error // what serve returned
}

// startServer runs a server of the archive's schema until the test ends.
func startServer(t *testing.T, db *pgtest.Database) *running {
	t.Helper()
	return startFrom(t, sources{environ: environ("DB_URI=" + db.AuthenticatorURL + "; DB_SCHEMAS=archive; DB_ANON_ROLE=pgrest_test_anon" +
		"; SERVER_HOST=127.0.0.1; SERVER_PORT=0; ADMIN_SERVER_PORT=0")})
}

// startFrom runs a server with a configuration until the test ends.
func startFrom(t *testing.T, from sources) *running {
	t.Helper()
	given, err := from.read()
	require.NoError(t, err)
	c, err := parseConfig(given, nil, contents{})
	require.NoError(t, err)
	level := new(slog.LevelVar)
	log := &watched{text: "\x00", seen: func() {}}
	level.Set(c.logLevel)
	s, err := open(t.Context(), from, c, newLogs(level, io.Discard, log), level)
	require.NoError(t, err)
	transport := &http.Transport{}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	r := &running{server: s, client: &http.Client{Transport: transport, Timeout: patience}, logged: log,
		asked: signals{make(chan os.Signal), make(chan os.Signal)}, stop: cancel, ended: make(chan error, 1)}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		r.ended <- s.serve(ctx, r.asked)
	}()
	t.Cleanup(func() {
		cancel()
		transport.CloseIdleConnections()
		<-finished
	})
	return r
}

// asking sends a request in the background, whose status comes by the channel: 0 if there is
// none.
func (r *running) asking(path string) <-chan int {
	status := make(chan int, 1)
	go func() {
		response, err := r.client.Get("http://" + (*r.address.Load()).String() + path)
		if err != nil {
			status <- 0
			return
		}
		_ = response.Body.Close()
		status <- response.StatusCode
	}()
	return status
}

// get gives the response to a GET, with its body.
func (r *running) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	return fetch(t, r.client, "http://"+(*r.address.Load()).String()+path)
}

// adminStatus gives the status of a path of the admin server.
func (r *running) adminStatus(t *testing.T, path string) int {
	t.Helper()
	response, _ := fetch(t, r.client, "http://"+r.admin.Addr().String()+path)
	return response.StatusCode
}

func fetch(t *testing.T, client *http.Client, url string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	request.Header.Set("Origin", "https://page.example")
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

// eventually waits until done is true. Unlike require.Eventually it calls done on the test's
// own goroutine, where done may fail the test.
func eventually(t *testing.T, done func() bool, otherwise string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), otherwise)
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	admin := db.Superuser(t)
	exec := func(sql string) {
		t.Helper()
		_, err := admin.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	r := startServer(t, db)

	response, body := r.get(t, "/genres?select=name&order=name&limit=1")
	require.Equal(t, http.StatusOK, response.StatusCode, body)
	require.Equal(t, "pgrest", response.Header.Get("Server"))
	require.Equal(t, "*", response.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "0-0/*", response.Header.Get("Content-Range"))
	require.Equal(t, http.StatusOK, r.adminStatus(t, "/live"))
	require.Equal(t, http.StatusOK, r.adminStatus(t, "/ready"))

	response, _ = r.get(t, "/posters")
	require.Equal(t, http.StatusNotFound, response.StatusCode)
	exec(`CREATE TABLE archive.posters AS SELECT 'Metropolis' AS film; GRANT SELECT ON archive.posters TO pgrest_test_anon`)
	reload(r.asked.schema)
	eventually(t, func() bool {
		response, body := r.get(t, "/posters")
		return response.StatusCode == http.StatusOK && body == `[{"film":"Metropolis"}]`
	}, "the signal has no effect")

	exec(`CREATE TABLE archive.tickets_sold AS SELECT 7 AS number; GRANT SELECT ON archive.tickets_sold TO pgrest_test_anon`)
	eventually(t, func() bool {
		exec(`NOTIFY pgrst, 'reload schema'`) // more than once, since the server may not listen yet
		response, body := r.get(t, "/tickets_sold")
		return response.StatusCode == http.StatusOK && body == `[{"number":7}]`
	}, "the notification has no effect")

	r.stop()
	require.NoError(t, <-r.ended)
}

func TestServeFinishesRequests(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	admin := db.Superuser(t)
	r := startServer(t, db)
	response, _ := r.get(t, "/genres") // the schema is loaded
	require.Equal(t, http.StatusOK, response.StatusCode)

	lock, err := admin.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = lock.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = lock.Exec(t.Context(), `LOCK TABLE archive.genres`)
	require.NoError(t, err)
	status := r.asking("/genres")
	eventually(t, func() bool {
		var waiting bool
		err := admin.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waiting)
		return err == nil && waiting
	}, "the request doesn't wait for the lock")

	r.stop()
	eventually(t, func() bool { return r.adminStatus(t, "/ready") == http.StatusInternalServerError },
		"the server still takes requests")
	select {
	case err := <-r.ended:
		require.FailNow(t, "the server didn't wait for the request", "%v", err)
	default:
	}
	require.NoError(t, lock.Commit(t.Context()))
	require.Equal(t, http.StatusOK, <-status)
	require.NoError(t, <-r.ended)
}
