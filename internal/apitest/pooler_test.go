//go:build unix

package apitest_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// pooledExchanges are reads and writes of all kinds that go through a pooler. The
// writes are of the clone's own.
func pooledExchanges(t *testing.T, api *pgrest.Handler) {
	t.Helper()
	run(t, api,
		exchange{name: "rows", target: "/films?select=id&year=eq.1931", body: `[{"id": 2}]`},
		exchange{name: "counted", target: "/films?select=id&limit=1", send: headers{"Prefer": "count=exact"}, status: 206,
			want: headers{"Content-Range": "0-0/13"}, body: `[{"id": 1}]`},
		exchange{name: "planned", target: "/films?select=id&limit=1", send: headers{"Prefer": "count=planned"}, status: 206,
			want: headers{"Content-Range": "0-0/13"}, body: `[{"id": 1}]`},
		exchange{name: "embedded", target: "/films?select=title,directors(name)&id=eq.2", body: `[{"title": "M", "directors": {"name": "Fritz Lang"}}]`},
		exchange{name: "with_a_token", target: "/watchlists?select=film_id&order=film_id&limit=1", token: `{"role": "` + visitor + `", "sub": "grace"}`, body: `[{"film_id": 1}]`},
		exchange{name: "refused", target: "/acquisitions", status: 401, body: fault("42501", "permission denied for table acquisitions", "", "")},
		exchange{name: "function", target: "/rpc/add?a=1&b=2", body: `3`},
	)
	runInTurn(t, api,
		write{name: "insert", target: "/genres?select=name", prefer: representation, payload: `{"id": 70, "name": "Musical"}`, body: `[{"name": "Musical"}]`},
		write{name: "insert_refused", target: "/genres", payload: `{"id": 71, "name": "Musical"}`, status: 409,
			body: fault("23505", `duplicate key value violates unique constraint "genres_name_key"`, "Key (name)=(Musical) already exists.", "")},
		write{name: "update_of_one", method: "PATCH", target: "/genres?id=eq.70&select=name", send: acceptOne, prefer: representation, payload: `{"name": "Noir"}`,
			want: oneObject, body: `{"name": "Noir"}`},
		write{name: "update_of_too_many", method: "PATCH", target: "/genres", send: acceptOne, payload: `{"colour": null}`, status: 406,
			body: fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 5 rows", "")},
		write{name: "put", method: "PUT", target: "/genres?id=eq.70", payload: `{"id": 70, "name": "Western?", "colour": null}`},
		write{name: "bounded_delete", method: "DELETE", target: "/genres?id=eq.70", prefer: "handling=strict, max-affected=1"},
		write{name: "is_gone", method: "GET", target: "/genres?id=eq.70", body: `[]`},
	)
}

func TestDisablePreparedStatements(t *testing.T) {
	t.Parallel()
	pool := pgtest.Clone(t).Pool(t, pgtest.MaxConns(1))
	api := open(t, pool, withoutStatements)
	t.Run("requests", func(t *testing.T) { pooledExchanges(t, api) })
	require.Zero(t, count(t, pool, `SELECT count(*) FROM pg_prepared_statements WHERE starts_with(name, 'pgrest')`))
}

// Behind a pooler in transaction mode no two transactions of a client need have
// the same connection, and each may have been another role's before. From 1.21 on
// PgBouncer knows on which of them a statement has been prepared.
func TestPooler_in_transaction_mode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		needs    float64 // the version of PgBouncer
		settings string
		change   option
	}{
		"statements prepared": {1.21, "max_prepared_statements = 20\n", func(*pgrest.Options) {}}, // fewer than there are
		"none prepared":       {0, "", withoutStatements},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := bouncerProgram(t, tt.needs)
			db := pgtest.Clone(t)
			pool := db.Pool(t, bouncer(t, db, program, tt.settings), pgtest.MaxConns(8))
			api := open(t, pool, tt.change)
			for range 2 { // what was prepared the first time is found the second time
				t.Run("requests", func(t *testing.T) { pooledExchanges(t, api) })
			}
			askAsRoles(t, api)
			// The statements that connections have go out of date.
			_, err := db.Superuser(t).Exec(t.Context(), `ALTER TABLE archive.films ADD pooled int`)
			require.NoError(t, err)
			for range 8 {
				changed := exchange{target: "/films?id=eq.2&select=title,pooled", body: `[{"title": "M", "pooled": null}]`}
				changed.check(t, ask(t, api, changed))
			}
			askAsRoles(t, api)
		})
	}
}

// A commit that waits for the last row, and a write that is undone for want of room, go
// through a pooler, too.
func TestPooler_spool(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]option{
		"late":    func(o *pgrest.Options) { o.MaxSpoolBytes = -1 },
		"revoked": func(o *pgrest.Options) { o.MaxSpoolBytes = 1 << 20 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := bouncerProgram(t, 0)
			db := clonePads(t)
			pool := db.Pool(t, bouncer(t, db, program, ""), pgtest.MaxConns(4))
			api := open(t, pool, withoutStatements, change)
			call := func(n int) *http.Response {
				return ask(t, api, exchange{method: "POST", target: "/rpc/more_pads", data: fmt.Sprintf(`{"n": %d}`, n)})
			}
			for range 3 {
				require.Equal(t, 200, call(500).StatusCode)
				require.Equal(t, 500, call(30_000).StatusCode)
				x := exchange{target: "/films?select=id&year=eq.1931", body: `[{"id": 2}]`}
				x.check(t, ask(t, api, x))
			}
			require.Equal(t, 3*500, count(t, db.Superuser(t), `SELECT count(*) FROM archive.pads`))
			x := exchange{method: "POST", target: "/pads?select=id", data: `[{"id": 9001}, {"id": 9001}]`, send: headers{"Prefer": representation}}
			require.Equal(t, 409, ask(t, api, x).StatusCode)
			waitUntilIdle(t, pool)
		})
	}
}

// PgBouncer shares a statement that it has prepared for one client with others that
// prepare the same text, and PostgreSQL checks the right to a schema when it parses
// a statement. It parses it anew for a role that has another search path, which a
// role without the right does.
func TestPooler_statement_of_another_role(t *testing.T) {
	t.Parallel()
	program := bouncerProgram(t, 1.21)
	db := pgtest.Clone(t)
	api := open(t, db.Pool(t, bouncer(t, db, program, "max_prepared_statements = 20\ndefault_pool_size = 1\n")))
	_, err := db.Superuser(t).Exec(t.Context(), `REVOKE USAGE ON SCHEMA archive FROM pgrest_test_visitor`)
	require.NoError(t, err)
	for range 3 {
		run(t, api,
			exchange{name: "with_the_right", target: "/genres?select=name&id=eq.1", token: `{"role": "` + curator + `"}`, body: `[{"name": "Drama"}]`},
			exchange{name: "without_it", target: "/genres?select=name&id=eq.1", token: `{"role": "` + visitor + `"}`, status: 403,
				body: fault("42501", "permission denied for schema archive", "", "")})
	}
}

// askAsRoles has clients of two roles ask at once who they are.
func askAsRoles(t *testing.T, api *pgrest.Handler) {
	t.Helper()
	var clients sync.WaitGroup
	for client := range 8 {
		role := []string{visitor, curator}[client%2]
		x := exchange{target: "/whoami?select=current_user", token: `{"role": "` + role + `"}`}
		clients.Go(func() {
			for range 25 {
				if w := answer(api, x.request(t)); w.Body.String() != `[{"current_user":"`+role+`"}]` {
					t.Errorf("as %s: %d %s", role, w.Code, w.Body)
				}
			}
		})
	}
	clients.Wait()
}

// bouncer starts a PgBouncer before a database, and has a pool connect to it. It
// has fewer connections to share out than the pool asks for.
func bouncer(t *testing.T, db *pgtest.Database, program, settings string) pgtest.PoolOption {
	t.Helper()
	server, err := pgxpool.ParseConfig(db.AuthenticatorURL)
	require.NoError(t, err)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())

	to, password := server.ConnConfig, ""
	if to.Password != "" {
		password = " password='" + to.Password + "'"
	}
	config := fmt.Sprintf(`[databases]
%s = host='%s' port=%d user='%s'%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
%s`, to.Database, to.Host, to.Port, to.User, password, port, settings)
	if os.Geteuid() == 0 { // as whom it refuses to run
		_, err := user.Lookup("nobody")
		require.NoError(t, err)
		config += "user = nobody\n"
	}
	path := filepath.Join(t.TempDir(), "pgbouncer.ini")
	require.NoError(t, os.WriteFile(path, []byte(config), 0o600))

	cmd := exec.Command(program, path)
	log := new(journal)
	cmd.Stderr = log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // which ends it at once
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("PgBouncer said:\n%s", log)
		}
	})
	waitFor(t, func() bool {
		conn, err := net.Dial("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, "PgBouncer listens")
	return func(c *pgxpool.Config) {
		c.ConnConfig.Host, c.ConnConfig.Port = "127.0.0.1", uint16(port)
		c.ConnConfig.TLSConfig, c.ConnConfig.Fallbacks = nil, nil
	}
}

// bouncerProgram finds a PgBouncer that is new enough, where distributions put it.
func bouncerProgram(t *testing.T, needs float64) string {
	t.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		said, err := exec.Command(path, "--version").Output()
		require.NoError(t, err)
		var major, minor int
		_, err = fmt.Sscanf(string(said), "PgBouncer %d.%d", &major, &minor)
		require.NoError(t, err)
		if float64(major)+float64(minor)/100 >= needs {
			return path
		}
	}
	t.Skipf("there is no pgbouncer of version %.2f or newer on the PATH or in /usr/sbin", needs)
	return ""
}

// Behind a pooler in transaction mode a key is taken on the connection on which the rest runs.
func TestIdempotency_behind_a_pooler(t *testing.T) {
	t.Parallel()
	program := bouncerProgram(t, 0)
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), paymentsSQL+keysSQL(authenticator))
	require.NoError(t, err)
	pool := db.Pool(t, bouncer(t, db, program, ""), pgtest.MaxConns(8))
	api := open(t, pool, withoutStatements, func(o *pgrest.Options) { o.Idempotency.Schema = "keys" })
	var all sync.WaitGroup
	for range 4 {
		for key := range 10 {
			x := exchange{method: "POST", target: "/payments?select=id", data: fmt.Sprintf(`{"cents": %d}`, key+1), send: withKey(fmt.Sprint(key), headers{"Prefer": representation})}
			r := x.request(t)
			all.Go(func() {
				if w := answer(api, r); w.Code != http.StatusCreated {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			})
		}
	}
	all.Wait()
	require.Equal(t, 10, payments(t, super))
	require.Equal(t, 10, count(t, super, `SELECT count(DISTINCT cents) FROM archive.payments`))
	require.Equal(t, 10, count(t, super, `SELECT count(*) FROM keys.idempotency_keys WHERE status = 201`))
}
