package replica_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// A read that conflicts with what the replica replays is repeated on the primary: before its
// first row, and behind it as long as nothing was sent.
func TestFault_recovery_conflict(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ prepare, conflict string }{
		"before the first row": {"", "DELETE FROM api.notes WHERE id = 10\nVACUUM api.notes"},
		"behind it":            {`UPDATE api.notes SET text = repeat('x', 20000)`, "DELETE FROM api.notes WHERE id = 10\nVACUUM api.notes"},
		"lock":                 {"", "DELETE FROM api.notes WHERE id = 10; ALTER TABLE api.notes ADD COLUMN more int"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, pgtest.Replicate(t, 1, schemaSQL+tt.prepare, "max_standby_streaming_delay=0"))
			var read answer
			var reading sync.WaitGroup
			reading.Go(func() { read = ask(t, s, "GET /rpc/slow_notes?select=id,text&seconds=0.3", "") })
			await(t, "the replica is busy", func() bool {
				return s.Replicas[0].Ask(t, `SELECT count(*) FROM pg_stat_activity WHERE usename = 'authenticator' AND wait_event = 'PgSleep'`) == "1"
			})
			for _, statement := range strings.Split(tt.conflict, "\n") {
				s.Primary.Exec(t, statement)
			}
			reading.Wait()
			require.Equal(t, 200, read.Code, read.Body)
			require.Equal(t, 9, strings.Count(read.Body.String(), `"id"`))
			require.Equal(t, "primary", read.server)
			require.EqualValues(t, 1, s.figures(t, "replica-1").Repeated)
			await(t, "PostgreSQL counts the conflict", func() bool {
				return s.Replicas[0].Ask(t, `SELECT confl_snapshot + confl_lock FROM pg_stat_database_conflicts WHERE datname = 'postgres'`) == "1"
			})
		})
	}
}

// A replica that was asked to cancel the query has the primary answer, and a statement that
// takes longer than it may is not repeated.
func TestFault_cancelled(t *testing.T) {
	t.Parallel()
	testCancelled(t)
}

// So it is where the server speaks another language, of which PostgreSQL has some for those
// who ask for it. The test isn't parallel: it changes what the servers' processes inherit.
func TestFault_cancelled_in_German(t *testing.T) { //nolint:paralleltest // see above
	t.Setenv("LANGUAGE", "de")
	testCancelled(t, "lc_messages=C.UTF-8")
}

// A prepared statement whose columns have got other types is prepared anew, whatever language
// PostgreSQL says so in. The test isn't parallel, as the one above.
func TestFault_stale_statement_in_German(t *testing.T) { //nolint:paralleltest // see above
	t.Setenv("LANGUAGE", "de")
	s := open(t, pgtest.Replicate(t, 1, schemaSQL, "lc_messages=C.UTF-8"))
	for _, kind := range []string{"text", "varchar(80)", "varchar(90)"} {
		s.Primary.Exec(t, `ALTER TABLE api.notes ALTER COLUMN text TYPE `+kind)
		for range 3 {
			a := ask(t, s, "PATCH /notes?id=eq.1&select=id,text", `{"text": "x"}`, "Prefer: return=representation")
			require.Equal(t, 200, a.Code, a.Body)
			require.Equal(t, "primary", a.server)
		}
	}
}

// A role that isn't there is told of as ever. The test isn't parallel, as those above.
func TestFault_no_role_in_German(t *testing.T) { //nolint:paralleltest // see above
	t.Setenv("LANGUAGE", "de")
	s := open(t, pgtest.Replicate(t, 1, schemaSQL, "lc_messages=C.UTF-8"), func(o *pgrest.Options) { o.AnonRole = "nobody at all" })
	for _, line := range []string{"GET /notes?id=eq.1", "GET /rpc/slow_notes?seconds=0", "DELETE /notes?id=eq.0"} {
		a := ask(t, s, line, "")
		require.Equal(t, 401, a.Code, a.Body)
		require.Contains(t, a.Body.String(), `role \"nobody at all\" does not exist`)
	}
}

func testCancelled(t *testing.T, settings ...string) {
	t.Helper()
	s := open(t, pgtest.Replicate(t, 1, schemaSQL+`ALTER ROLE auditor SET statement_timeout = '200ms'`, settings...))
	var read answer
	var reading sync.WaitGroup
	reading.Go(func() { read = ask(t, s, "GET /rpc/slow_notes?seconds=0.1", "") })
	const query = ` FROM pg_stat_activity WHERE usename = 'authenticator' AND wait_event = 'PgSleep'`
	await(t, "the replica is busy", func() bool { return s.Replicas[0].Ask(t, `SELECT count(*)`+query) == "1" })
	s.Replicas[0].Exec(t, `SELECT pg_cancel_backend(pid)`+query)
	reading.Wait()
	require.Equal(t, 200, read.Code, read.Body)
	require.Equal(t, "primary", read.server)

	slow := open(t, s.Replicated, func(o *pgrest.Options) { o.Limits.StatementTimeout = 200 * time.Millisecond })
	read = ask(t, slow, "GET /rpc/slow_notes?seconds=0.1", "")
	require.Equal(t, 500, read.Code)
	require.Contains(t, read.Body.String(), "57014")
	require.Equal(t, "replica-1", read.server)
	require.Equal(t, "1", s.Replicas[0].Ask(t, `SELECT 1`), "the pool's connections are as before")
	require.Equal(t, "replica-1", ask(t, slow, "GET /notes?id=eq.1", "").server)
}

// Nobody notices that replicas go away and come back.
func TestFault_replica_away(t *testing.T) {
	t.Parallel()
	for _, mode := range []pgtest.StopMode{pgtest.Fast, pgtest.Immediate} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s := open(t, pgtest.Replicate(t, 2, schemaSQL))
			var failed atomic.Int64
			var answered [readers]atomic.Int64
			stop := make(chan struct{})
			var clients sync.WaitGroup
			for client := range readers {
				clients.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
						}
						time.Sleep(time.Millisecond)
						if a := ask(t, s.Handler, "GET /notes?id=eq.1", ""); a.Code != 200 || !strings.Contains(a.Body.String(), "note 1") {
							t.Errorf("%d %s", a.Code, a.Body)
							failed.Add(1)
						}
						answered[client].Add(1)
					}
				})
			}
			// A request may lose one server, and not two.
			askedAnew := func() {
				for client := range readers {
					before := answered[client].Load()
					await(t, "the client goes on", func() bool { return answered[client].Load() > before })
				}
			}
			for range 3 {
				gone := s.Replicas[0]
				time.Sleep(200 * time.Millisecond)
				gone.Stop(t, mode)
				await(t, "it is noticed", func() bool { return s.figures(t, "replica-1").Down })
				askedAnew()
				s.Replicas[1].Stop(t, mode)
				await(t, "the primary answers", func() bool { return s.figures(t, "replica-2").Down })
				gone.Start(t)
				s.Replicas[1].Start(t)
				before := s.figures(t, "replica-1").Requests
				await(t, "it answers again", func() bool {
					f := s.figures(t, "replica-1")
					return !f.Down && f.Requests > before && !s.figures(t, "replica-2").Down
				})
			}
			close(stop)
			clients.Wait()
			reads := int64(0)
			for client := range readers {
				reads += answered[client].Load()
			}
			t.Logf("%d reads, %d failed", reads, failed.Load())
			require.Zero(t, failed.Load())
		})
	}
}

// A replica that is frozen, or behind a network that has lost it, says nothing. Requests that
// wait for it are repeated when they have waited for long enough, and others leave it alone. One
// that only takes long is not repeated.
func TestFault_replica_frozen(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Replicate(t, 1, schemaSQL), func(o *pgrest.Options) {
		o.DatabaseTimeout, o.Replicas.AcquireTimeout = time.Second, 300*time.Millisecond
	})
	slow := ask(t, s, "GET /rpc/slow_notes?seconds=2", "")
	require.Equal(t, 504, slow.Code)
	require.Equal(t, "replica-1", slow.server)
	await(t, "it is asked again", func() bool { return ask(t, s, "GET /notes", "").server == "replica-1" })

	s.Replicas[0].Freeze(t)
	var clients sync.WaitGroup
	for range readers {
		clients.Go(func() {
			for range 20 {
				if a := ask(t, s.Handler, "GET /notes?id=eq.1", ""); a.Code != 200 {
					t.Errorf("%d %s", a.Code, a.Body)
				}
			}
		})
	}
	clients.Wait()
	require.True(t, s.figures(t, "replica-1").Down)
	s.Replicas[0].Thaw(t)
	await(t, "it answers again", func() bool { return ask(t, s, "GET /notes", "").server == "replica-1" })
}

// Reads are answered while the primary is away, by a handler that begins then, too, and
// writes when it is back.
func TestFault_primary_away(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Replicate(t, 1, schemaSQL))
	require.Equal(t, 201, ask(t, s, "POST /notes", `{"id": 100}`).Code)
	s.Primary.AwaitReplay(t, s.Replicas[0])
	s.Primary.Stop(t, pgtest.Immediate)
	later := open(t, s.Replicated)
	for _, api := range []*site{s, later} {
		for _, line := range []string{"GET /notes?id=eq.100", "GET /rpc/volatile_count", "GET /"} {
			a := ask(t, api, line, "")
			require.Equal(t, 200, a.Code, "%s: %s", line, a.Body)
			require.Equal(t, "replica-1", a.server, line)
		}
		a := ask(t, api, "POST /notes", `{"id": 101}`)
		require.Equal(t, 503, a.Code)
		require.NotEmpty(t, a.Header().Get("Retry-After"))
	}
	loads := later.Stats().SchemaLoads
	s.Primary.Start(t)
	require.Equal(t, 201, ask(t, s, "POST /notes", `{"id": 101}`).Code)
	await(t, "the schema is loaded from the primary", func() bool { return later.Stats().SchemaLoads > loads })
}

// A replica that hasn't replayed a change of the schema has the primary answer, which has
// nobody load the schema.
func TestFault_schema_not_replayed(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Replicate(t, 1, schemaSQL), func(o *pgrest.Options) { o.DisableListener = true })
	for range 5 { // statements are prepared
		require.Equal(t, "replica-1", ask(t, s, "GET /notes", "").server)
	}
	s.Replicas[0].PauseReplay(t)
	s.Primary.Exec(t, `ALTER TABLE api.notes ADD COLUMN extra int DEFAULT 7, DROP COLUMN text`,
		`CREATE TABLE api.fresh AS SELECT 1 AS id`, `GRANT SELECT ON api.fresh TO web_anon`,
		`CREATE FUNCTION api.fresh_one() RETURNS int STABLE LANGUAGE sql AS 'SELECT 1'`,
		`CREATE TYPE api.mood AS ENUM ('fine')`, `ALTER TABLE api.secrets ADD COLUMN mood api.mood`)
	require.NoError(t, s.Reload(t.Context()))
	loads := s.Stats().SchemaLoads
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for range 10 {
				for line, want := range map[string]string{
					"GET /notes?id=eq.1":              `[{"id":1,"extra":7}]`,
					"GET /notes?select=extra&limit=1": `[{"extra":7}]`,
					"GET /notes?extra=eq.8":           `[]`,
					"GET /fresh":                      `[{"id":1}]`,
					"GET /rpc/fresh_one":              `1`,
					"GET /secrets?mood=eq.fine":       `[]`,
				} {
					a := ask(t, s.Handler, line, "")
					if a.Code != 200 || a.Body.String() != want {
						t.Errorf("%s: %d %s", line, a.Code, a.Body)
					}
				}
			}
		})
	}
	clients.Wait()
	require.Equal(t, loads, s.Stats().SchemaLoads)
	s.Replicas[0].ResumeReplay(t)
	s.Primary.AwaitReplay(t, s.Replicas[0])
	require.Equal(t, "replica-1", ask(t, s, "GET /fresh", "").server)
}

// A function that writes by now, and that was STABLE in the schema that the request began with,
// tells its position as any other write does.
func TestFault_function_writes_by_now(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Replicate(t, 1, schemaSQL+`
		CREATE FUNCTION api.take(a int) RETURNS bigint STABLE LANGUAGE sql AS 'SELECT count(*) FROM api.notes';`),
		func(o *pgrest.Options) { o.DisableListener = true })
	require.Equal(t, "replica-1", ask(t, s, "POST /rpc/take", `{"a": 70}`).server)
	s.Primary.Exec(t, `DROP FUNCTION api.take`,
		`CREATE FUNCTION api.take(a bigint[]) RETURNS bigint LANGUAGE sql AS 'INSERT INTO api.notes SELECT a[1] RETURNING id'`)
	s.Primary.AwaitReplay(t, s.Replicas[0])
	s.Replicas[0].PauseReplay(t)
	a := ask(t, s, "POST /rpc/take", `{"a": [70]}`)
	require.Equal(t, 200, a.Code, a.Body)
	require.Equal(t, "primary", a.server)
	require.NotEmpty(t, a.position())
	require.JSONEq(t, `[{"id": 70}]`, ask(t, s, "GET /notes?select=id&id=eq.70", "", a.after()).Body.String())
	s.Replicas[0].ResumeReplay(t)
}

// A primary that has become a standby takes no writes: clients are told to come back, for
// another server is to be the primary.
func TestFault_demoted(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Replicate(t, 0, schemaSQL))
	require.Equal(t, 201, ask(t, s, "POST /notes", `{"id": 100}`).Code)
	s.Primary.Stop(t, pgtest.Fast)
	s.Primary.StartStandby(t)
	for range 3 {
		a := ask(t, s, "POST /notes", `{"id": 101}`)
		require.Equal(t, http.StatusServiceUnavailable, a.Code, a.Body)
		require.NotEmpty(t, a.Header().Get("Retry-After"))
	}
	require.Equal(t, 200, ask(t, s, "GET /notes", "").Code)
	s.Primary.Promote(t)
	a := ask(t, s, "POST /notes", `{"id": 101}`)
	require.Equal(t, 201, a.Code, a.Body)
}

// Options that can't be are refused.
func TestOptions(t *testing.T) {
	t.Parallel()
	p := pool(t, "127.0.0.1:1", "")
	for want, replicas := range map[string]pgrest.Replicas{
		"Replicas.Pools[1] has no pool":                        {Pools: []pgrest.Replica{{Pool: p}, {}}},
		`Replicas.Pools[0] has the name "primary" of another`:  {Pools: []pgrest.Replica{{Name: "primary", Pool: p}}},
		`Replicas.Pools[1] has the name "a" of another server`: {Pools: []pgrest.Replica{{Name: "a", Pool: p}, {Name: "a", Pool: p}}},
		"Replicas.AcquireTimeout is -1ns":                      {Pools: []pgrest.Replica{{Pool: p}}, AcquireTimeout: -1},
		"Replicas.FromPrimary without Pools":                   {FromPrimary: func(*pgrest.Request) bool { return true }},
		"can't be more than 63":                                {Pools: many(p, 64)},
	} {
		o := options()
		o.Replicas = replicas
		_, err := pgrest.New(p, o)
		require.ErrorContains(t, err, want)
	}
}

func many(p pgrest.Pool, n int) (replicas []pgrest.Replica) {
	for i := range n {
		replicas = append(replicas, pgrest.Replica{Name: fmt.Sprint(i), Pool: p})
	}
	return replicas
}
