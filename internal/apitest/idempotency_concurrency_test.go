package apitest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	driver "github.com/jackc/pgx/v5" // pgx is a constant of these tests
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Of requests with one key at the same time, one has its effect. The others wait for its answer,
// or are told to come back.
func TestIdempotency_at_the_same_time(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		target  string
		wait    time.Duration
		refused bool
	}{"wait": {"/rpc/pay_slowly", 0, false}, "wait_serially": {"/rpc/pay_serially", 0, false}, "wait_in_vain": {"/rpc/pay_slowly", -1, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, pool := keyedAPI(t, pgrest.Idempotency{Wait: tt.wait})
			var all sync.WaitGroup
			answers := make([]*httptest.ResponseRecorder, 4)
			for i := range answers {
				r := exchange{method: "POST", target: tt.target, data: `{"cents": 5}`, send: withKey("a", nil)}.request(t)
				all.Go(func() { answers[i] = answer(api, r) })
			}
			all.Wait()
			statuses := map[int]int{}
			for _, w := range answers {
				statuses[w.Code]++
				switch w.Code {
				case 200:
					require.Equal(t, "1", w.Body.String())
				case 409:
					require.JSONEq(t, fault("55P03", "A request with the same Idempotency-Key is being answered", "", ""), w.Body.String())
					require.Equal(t, "1", w.Header().Get("Retry-After"))
				}
			}
			if tt.refused {
				require.Equal(t, map[int]int{200: 1, 409: 3}, statuses)
			} else {
				require.Equal(t, map[int]int{200: 4}, statuses)
			}
			require.Equal(t, 1, payments(t, pool))
			require.Equal(t, 200, answer(api, exchange{method: "POST", target: tt.target, data: `{"cents": 5}`, send: withKey("a", nil)}.request(t)).Code)
			require.Equal(t, 1, payments(t, pool))
		})
	}
}

// A first use costs one round trip more than the request by itself, and a replay is one. With
// an isolation level there has to be a ROLLBACK behind what is found.
func TestIdempotency_round_trips(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change        string
		options       option
		first, replay int
	}{
		"plain":            {"", func(*pgrest.Options) {}, 2, 1},
		"unprepared":       {"", func(o *pgrest.Options) { o.DisablePreparedStatements = true }, 2, 1},
		"other_modes":      {`ALTER ROLE pgrest_test_authenticator IN DATABASE %s SET default_transaction_isolation = 'serializable'`, func(*pgrest.Options) {}, 2, 2},
		"read_only_modes":  {`ALTER ROLE pgrest_test_authenticator IN DATABASE %s SET default_transaction_read_only = on`, func(*pgrest.Options) {}, 2, 2},
		"pre_request":      {"", func(o *pgrest.Options) { o.PreRequest = "extra.pre_request" }, 2, 1},
		"other_characters": {`ALTER ROLE pgrest_test_authenticator IN DATABASE %s SET client_encoding = 'LATIN1'`, func(*pgrest.Options) {}, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Clone(t)
			super := db.Superuser(t)
			_, err := super.Exec(t.Context(), paymentsSQL+keysSQL(authenticator))
			require.NoError(t, err)
			if tt.change != "" {
				var database string
				require.NoError(t, super.QueryRow(t.Context(), `SELECT current_database()`).Scan(&database))
				_, err := super.Exec(t.Context(), fmt.Sprintf(tt.change, driver.Identifier{database}.Sanitize()))
				require.NoError(t, err)
			}
			var wire traffic
			api := open(t, db.Pool(t, pgtest.MaxConns(1), wire.through), func(o *pgrest.Options) { o.Idempotency.Schema = "keys" }, tt.options)
			for use := range 4 {
				x := exchange{method: "POST", target: "/rpc/pay", data: `{"cents": 5}`, send: withKey(fmt.Sprint(use), nil)}
				wire.count()
				for replay, trips := range []int{tt.first, tt.replay} {
					w := answer(api, x.request(t))
					require.Equal(t, 202, w.Code, w.Body)
					require.Equal(t, "5 ¢", w.Header().Get("X-Paid"))
					flushes, _, ready, sent := wire.count()
					if use > 1 {
						require.Equal(t, trips, flushes, "%d: %s", replay, sent)
						require.Equal(t, trips, ready, "%d: %s", replay, sent)
						if name != "unprepared" {
							require.NotContains(t, sent, "P", "a statement was parsed again")
						}
					}
				}
			}
			require.Equal(t, 4, payments(t, super))
		})
	}
}

// Clients whose backends are killed send each request again, with its key, until it is answered.
// Each has its effect exactly once, though nothing but the key tells one from another, and an
// answer that has been sent is sent again.
func TestStory_each_key_takes_effect_once(t *testing.T) {
	t.Parallel()
	for name, share := range map[string]string{"some": "0.2", "all": "2"} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t, func(o *pgtest.OwnedServer) {
				conn, err := driver.Connect(t.Context(), o.URL())
				require.NoError(t, err)
				_, err = conn.Exec(t.Context(), keysSQL("authenticator")+`
					CREATE TABLE api.payments (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL);
					GRANT SELECT, INSERT ON api.payments TO web_anon`)
				require.NoError(t, err)
				require.NoError(t, conn.Close(t.Context()))
			}, func(o *pgrest.Options) { o.Idempotency.Schema = "keys" })
			s.await(t)
			var mu sync.Mutex
			statuses, answered := map[int]int{}, map[string]string{}
			stop := make(chan struct{})
			var all sync.WaitGroup
			for client := range clients {
				all.Go(func() {
					for n := 0; ; n++ {
						select {
						case <-stop:
							return
						default:
						}
						key := fmt.Sprint(client/2, " ", n) // two clients send each: a client, and its impatient retry
						for {
							r := httptest.NewRequest(http.MethodPost, "/payments?select=id", strings.NewReader(`{"key": "`+key+`"}`))
							r.Header.Set("Prefer", representation)
							r.Header.Set("Idempotency-Key", `"`+key+`"`)
							w := answer(s, r)
							mu.Lock()
							statuses[w.Code]++
							before := answered[key]
							if w.Code == 201 {
								answered[key] = w.Body.String()
							}
							mu.Unlock()
							if w.Code == 201 {
								if before != "" && before != w.Body.String() {
									t.Errorf("key %s: %s, and then %s", key, before, w.Body)
								}
								break
							}
							if w.Code != 503 && w.Code != 409 {
								t.Errorf("%d %s", w.Code, w.Body)
								return
							}
							time.Sleep(5 * time.Millisecond)
						}
					}
				})
			}
			for range 10 {
				time.Sleep(100 * time.Millisecond)
				s.exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'authenticator' AND random() < `+share)
			}
			close(stop)
			all.Wait()
			conn, err := driver.Connect(t.Context(), s.URL())
			require.NoError(t, err)
			defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
			rows, err := conn.Query(t.Context(), `SELECT key, array_agg(id::text) FROM api.payments GROUP BY key`)
			require.NoError(t, err)
			made, err := driver.CollectRows(rows, driver.RowToStructByPos[struct {
				Key string
				IDs []string
			}])
			require.NoError(t, err)
			t.Logf("%d clients, %d keys, answers by status %v", clients, len(answered), statuses)
			require.NotZero(t, statuses[503], "no backend was killed under a request")
			require.Len(t, made, len(answered))
			for _, m := range made {
				require.Len(t, m.IDs, 1, "key %s", m.Key)
				require.JSONEq(t, `[{"id": `+m.IDs[0]+`}]`, answered[m.Key], "key %s", m.Key)
			}
			var kept int
			require.NoError(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM keys.idempotency_keys WHERE status = 201`).Scan(&kept))
			require.Equal(t, len(answered), kept)
		})
	}
}

// What a key costs a write: nothing without one, and then its first use, and a replay.
func BenchmarkIdempotency(b *testing.B) {
	db := pgtest.Clone(b)
	super := db.Superuser(b)
	_, err := super.Exec(b.Context(), paymentsSQL+keysSQL(authenticator))
	require.NoError(b, err)
	off := open(b, db.Pool(b))
	on := open(b, db.Pool(b), func(o *pgrest.Options) { o.Idempotency.Schema = "keys" })
	for _, bb := range []struct {
		name string
		api  http.Handler
		key  func(n int) string
	}{
		{"off", off, nil},
		{"without_key", on, nil},
		{"first", on, func(n int) string { return fmt.Sprintf(`"%d %d"`, b.N, n) }},
		{"replay", on, func(int) string { return `"a"` }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			_, err := super.Exec(b.Context(), `TRUNCATE keys.idempotency_keys, archive.payments`)
			require.NoError(b, err)
			for n := 0; b.Loop(); n++ {
				r := httptest.NewRequest(http.MethodPost, "/payments", strings.NewReader(`{"cents": 5}`))
				if bb.key != nil {
					r.Header.Set("Idempotency-Key", bb.key(n))
				}
				if w := answer(bb.api, r); w.Code != http.StatusCreated {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
