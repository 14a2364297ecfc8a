package apitest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	driver "github.com/jackc/pgx/v5" // pgx is a constant of these tests
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// asCurator is a request of the curator's that writes.
func asCurator(t testing.TB, api http.Handler, method, target, match, prefer, payload string) *http.Response {
	t.Helper()
	send := headers{}
	if match != "" {
		send["If-Match"] = match
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, write{method: method, target: target, send: send, prefer: prefer, payload: payload}.request(t))
	return w.Result()
}

// requireWrite requires the status and the body of such a request, and gives the tag of the
// answer.
func requireWrite(t testing.TB, api http.Handler, method, target, match, prefer, payload string, status int, body string) string {
	t.Helper()
	response := asCurator(t, api, method, target, match, prefer, payload)
	got := read(t, response)
	require.Equal(t, status, response.StatusCode, got)
	require.Equal(t, compact(body), compact(got))
	return response.Header.Get("Etag")
}

var (
	changed = fault("55000", "None of the entity tags in If-Match is the current one", "", "Read it again, and decide anew what to write.")
	noRow   = fault("02000", "There is no such row, and a PUT with If-Match inserts none", "", "")
)

// A write with If-Match writes the version that the client has seen, or nothing.
func TestConditional_writes(t *testing.T) {
	t.Parallel()
	for name, table := range map[string]string{"table": "/counters", "view": "/ledger"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := serveClone(t, versioned, byRevision)
			row := func(id int) string { return fmt.Sprintf("%s?select=id,n&id=eq.%d", table, id) }
			first := tagOf(t, api, row(1))

			second := requireWrite(t, api, "PATCH", row(1), first, representation, `{"n": 10}`, 200, `[{"id": 1, "n": 10}]`)
			require.Regexp(t, tagOfRow, second)
			require.NotEqual(t, first, second)
			require.Equal(t, second, tagOf(t, api, row(1)), "the answer has the tag that a read has")
			requireWrite(t, api, "PATCH", row(1), first, representation, `{"n": 11}`, 412, changed)
			requireWrite(t, api, "PATCH", row(1), first, "", `{"n": 11}`, 412, changed)
			requireWrite(t, api, "DELETE", row(1), first, representation, "", 412, changed)
			requireWrite(t, api, "DELETE", row(1), first, "", "", 412, changed)
			requireWrite(t, api, "PUT", row(1), first, representation, `{"id": 1, "n": 11}`, 412, changed)
			requireWrite(t, api, "PUT", row(1), first, "", `{"id": 1, "n": 11}`, 412, changed)
			require.Equal(t, second, tagOf(t, api, row(1)), "nothing was written")

			third := requireWrite(t, api, "PUT", row(1), second, representation, `{"id": 1, "n": 12}`, 200, `[{"id": 1, "n": 12}]`)
			require.Equal(t, third, tagOf(t, api, row(1)))
			requireWrite(t, api, "PUT", row(1), third, "", `{"id": 1, "n": 12}`, 204, "")
			fourth := tagOf(t, api, row(1))
			require.NotEqual(t, third, fourth, "the same values are a new version")
			require.Equal(t, third[strings.Index(third, "."):], fourth[strings.Index(fourth, "."):], "of the same representation")
			requireWrite(t, api, "PATCH", row(1), fourth, "", `{"n": 13}`, 204, "")
			requireWrite(t, api, "DELETE", row(1), tagOf(t, api, row(1)), representation, "", 200, `[{"id": 1, "n": 13}]`)
			requireWrite(t, api, "DELETE", row(2), tagOf(t, api, row(2)), "", "", 204, "")

			// A row that isn't there is none that is another.
			requireWrite(t, api, "PATCH", row(1), fourth, representation, `{"n": 13}`, 200, `[]`)
			requireWrite(t, api, "PATCH", row(1), "*", "", `{"n": 13}`, 204, "")
			requireWrite(t, api, "DELETE", row(1), fourth, "", "", 204, "")
			requireWrite(t, api, "DELETE", row(1), "*", representation, "", 200, `[]`)
			requireWrite(t, api, "PUT", row(1), fourth, "", `{"id": 1, "n": 13}`, 404, noRow)
			requireWrite(t, api, "PUT", row(1), "*", representation, `{"id": 1, "n": 13}`, 404, noRow)
			require.Equal(t, `[]`, read(t, lookAt(t, api, row(1), nil)))

			// What of the tag counts, is the version.
			other := tagOf(t, api, table+"?id=eq.3")
			requireWrite(t, api, "PATCH", row(3), other, "", `{"n": 10}`, 204, "")
			tag := tagOf(t, api, row(3))
			for name, match := range map[string]string{"weak": "W/" + tag, "none": "", "no tag": "a", "another row's": tagOf(t, api, row(4)),
				"of rows": tagOf(t, api, table), "forged": `"AAAA.x"`, "no UTF-8": `"gIA.x"`} {
				status, body := 412, changed
				if match == "" {
					status, body = 204, ""
				}
				requireWrite(t, api, "PATCH", row(3), match, "", `{}`, status, body)
				require.Equal(t, tag, tagOf(t, api, row(3)), name)
			}
			requireWrite(t, api, "PATCH", row(3), `"a", W/"b", `+tag, "", `{"n": 11}`, 204, "")
			requireWrite(t, api, "PATCH", row(3), "*", "", `{"n": 12}`, 204, "")
			requireWrite(t, api, "PUT", row(3), "*", representation, `{"id": 3, "n": 14}`, 200, `[{"id": 3, "n": 14}]`)
			requireWrite(t, api, "PATCH", row(3), tagOf(t, api, row(3)), "", `{}`, 204, "")
			requireWrite(t, api, "PUT", row(3), tagOf(t, api, row(3)), "", `{"id": 4, "n": 1}`, 400,
				fault("PGRST115", "Payload values do not match URL in primary key column(s)", "", ""))
			requireWrite(t, api, "PUT", row(3), tagOf(t, api, row(3)), representation, `[{"id": 4, "n": 1}, {"id": 3, "n": 15}]`, 200, `[{"id": 3, "n": 15}]`)
			require.Equal(t, `[{"id":4,"n":4}]`, read(t, lookAt(t, api, row(4), nil)))

			// Without If-Match, the answer has the tag, too, if it is about one row by its key.
			plain := requireWrite(t, api, "PATCH", row(5), "", representation, `{"n": 1}`, 200, `[{"id": 5, "n": 1}]`)
			require.Equal(t, tagOf(t, api, row(5)), plain)
			plain = requireWrite(t, api, "PUT", row(50), "", representation, `{"id": 50, "n": 1}`, 201, `[{"id": 50, "n": 1}]`)
			require.Equal(t, tagOf(t, api, row(50)), plain)
			require.Empty(t, requireWrite(t, api, "PATCH", row(5), "", "", `{"n": 1}`, 204, ""))
			require.Empty(t, requireWrite(t, api, "PATCH", row(5), "", representation, `{}`, 200, `[]`))
			require.Empty(t, requireWrite(t, api, "PATCH", table+"?id=lt.6&id=gt.4&select=n", "", representation, `{"n": 2}`, 200, `[{"n": 2}]`))
			require.Empty(t, requireWrite(t, api, "DELETE", row(5), "", representation, "", 200, `[{"id": 5, "n": 2}]`))
		})
	}
}

// A condition that can't be held against a row is one that doesn't hold.
func TestConditional_no_version(t *testing.T) {
	t.Parallel()
	api := serveClone(t, versioned)
	run := func(method, target, match, payload string, status int, body string) {
		t.Helper()
		requireWrite(t, api, method, target, match, "", payload, status, body)
	}
	several := fault("55000", "If-Match has entity tags, and the request doesn't name one row", "", "Filter by all columns of the primary key with eq.")
	none := func(name string) string {
		return fault("55000", "If-Match has entity tags, and the rows of '"+name+"' have no versions", "", "")
	}
	run("PATCH", "/counters?id=gt.5", tagOf(t, api, "/counters?id=gt.5"), `{"n": 1}`, 412, several)
	run("PATCH", "/counters", `"a"`, `{"n": 1}`, 412, several)
	run("DELETE", "/counters?id=in.(1)", `"a"`, "", 412, several)
	run("DELETE", "/counters?or=(id.eq.1,id.eq.2)", `"a"`, "", 412, several)
	run("PATCH", "/ledger?id=eq.1", tagOf(t, api, "/ledger?id=eq.1"), `{"n": 1}`, 412, none("ledger"))
	run("PUT", "/parts?id=eq.1", tagOf(t, api, "/parts?id=eq.1"), `{"id": 1, "n": 2}`, 412, none("parts"))
	run("PATCH", "/counters?id=gt.8", "*", `{"n": 1}`, 204, "")
	run("PATCH", "/parts?id=eq.1", "*", `{"n": 2}`, 204, "")
	run("PUT", "/parts?id=eq.1", "*", `{"id": 1, "n": 3}`, 204, "")
	run("PUT", "/parts?id=eq.2", "*", `{"id": 2, "n": 3}`, 404, noRow)
	run("PATCH", "/counters?id=eq.a", `"a"`, `{"n": 1}`, 400, fault("22P02", `invalid input syntax for type integer: "a"`, "", ""))
	run("PATCH", "/counters?id=eq.1&nope=eq.1", `"a"`, `{"n": 1}`, 400, fault("42703", "column counters.nope does not exist", "", ""))
	run("POST", "/counters", `"a"`, `{"id": 99}`, 201, "")
	response := lookAt(t, api, "/counters?select=n&id=in.(1,2,6)&order=id", nil)
	require.Equal(t, `[{"n":1},{"n":2},{"n":6}]`, strings.ReplaceAll(strings.ReplaceAll(read(t, response), "\n", ""), " ", ""))
}

// increment adds one to a counter as clients do that mustn't lose an update: it reads, writes
// on the condition that nobody else has written, and begins again if somebody has.
func increment(ctx context.Context, api http.Handler, target string) (tries int, err error) {
	for tries = 1; ; tries++ {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, target, nil))
		var rows []struct{ N int }
		if err := json.Unmarshal(w.Body.Bytes(), &rows); err != nil || len(rows) != 1 {
			return tries, fmt.Errorf("read %s: %d %s", target, w.Code, w.Body)
		}
		r := httptest.NewRequestWithContext(ctx, http.MethodPatch, target, strings.NewReader(fmt.Sprintf(`{"n": %d}`, rows[0].N+1)))
		r.Header.Set("If-Match", w.Header().Get("Etag"))
		r.Header.Set("Prefer", []string{"return=minimal", "return=representation"}[tries%2])
		w = httptest.NewRecorder()
		switch api.ServeHTTP(w, r); w.Code {
		case http.StatusOK, http.StatusNoContent:
			return tries, nil
		case http.StatusPreconditionFailed:
		default:
			return tries, fmt.Errorf("write %s: %d %s", target, w.Code, w.Body)
		}
	}
}

// Of many clients that increment one counter at the same time, none loses an update.
func TestConditional_counters(t *testing.T) {
	t.Parallel()
	const clients, times = 50, 4
	api := serveClone(t, versioned, byRevision)
	for name, target := range map[string]string{"table": "/counters?select=n&id=eq.9", "view": "/ledger?select=n&id=eq.9"} {
		t.Run(name, func(t *testing.T) {
			var tries atomic.Int64
			var group sync.WaitGroup
			for range clients {
				group.Go(func() {
					for range times {
						n, err := increment(t.Context(), api, target)
						tries.Add(int64(n))
						assert.NoError(t, err)
					}
				})
			}
			group.Wait()
			require.Equal(t, fmt.Sprintf(`[{"n":%d}]`, 9+clients*times), read(t, lookAt(t, api, target, nil)))
			t.Logf("%d increments took %d tries", clients*times, tries.Load())
			require.Greater(t, tries.Load(), int64(clients*times), "they got in each other's way")
		})
	}
}

// A write that waits for another one's end is held against what that has left.
func TestConditional_waiting(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method, payload, meanwhile string
		status                           int
	}{
		{"update_behind_an_update", "PATCH", `{"n": 2}`, "UPDATE archive.counters SET n = 100 WHERE id = 1", 412},
		{"put_behind_an_update", "PUT", `{"id": 1, "n": 2}`, "UPDATE archive.counters SET n = 100 WHERE id = 1", 412},
		{"delete_behind_an_update", "DELETE", "", "UPDATE archive.counters SET n = 100 WHERE id = 1", 412},
		{"update_behind_a_deletion", "PATCH", `{"n": 2}`, "DELETE FROM archive.counters WHERE id = 1", 204},
		{"put_behind_a_deletion", "PUT", `{"id": 1, "n": 2}`, "DELETE FROM archive.counters WHERE id = 1", 404},
		{"update_behind_a_lock", "PATCH", `{"n": 2}`, "SELECT FROM archive.counters WHERE id = 1 FOR UPDATE", 204},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Clone(t)
			admin := db.Superuser(t)
			_, err := admin.Exec(t.Context(), versioned)
			require.NoError(t, err)
			api := open(t, db.Pool(t))
			tag := tagOf(t, api, "/counters?id=eq.1")
			tx, err := admin.Begin(t.Context())
			require.NoError(t, err)
			defer func() { _ = tx.Rollback(context.Background()) }()
			_, err = tx.Exec(t.Context(), tt.meanwhile)
			require.NoError(t, err)
			done := make(chan *http.Response)
			go func() {
				w := httptest.NewRecorder()
				api.ServeHTTP(w, write{method: tt.method, target: "/counters?id=eq.1", send: headers{"If-Match": tag}, payload: tt.payload}.request(t))
				done <- w.Result()
			}()
			require.Eventually(t, func() bool {
				return count(t, admin, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 1
			}, time.Minute, 5*time.Millisecond)
			require.NoError(t, tx.Commit(t.Context()))
			response := <-done
			require.Equal(t, tt.status, response.StatusCode, read(t, response))
		})
	}
}

// Policies and the host's decisions count as in other writes: a row that the role doesn't see
// isn't there, and one that it may not change stays as it is.
func TestConditional_policies(t *testing.T) {
	t.Parallel()
	api := serveClone(t, versioned)
	patch := func(id int, match, payload string, status int, body string) {
		t.Helper()
		requireWrite(t, api, "PATCH", fmt.Sprintf("/guarded?select=n&id=eq.%d", id), match, representation, payload, status, body)
	}
	own := tagOf(t, api, "/guarded?id=eq.1")
	patch(1, own, `{"n": 10}`, 200, `[{"n": 10}]`)
	patch(1, own, `{"n": 11}`, 412, changed)
	patch(2, tagOf(t, api, "/guarded?id=eq.2"), `{"n": 10}`, 200, `[]`)
	patch(2, own, `{"n": 10}`, 412, changed)
	patch(3, own, `{"n": 10}`, 200, `[]`)

	decided := serveClone(t, versioned+`; UPDATE archive.counters SET owner = 'them' WHERE id > 5`, func(o *pgrest.Options) {
		o.Decide = func(context.Context, *pgrest.Use) (pgrest.Decision, error) {
			return pgrest.Decision{Filter: "owner=eq.us"}, nil
		}
	})
	tag := tagOf(t, decided, "/counters?id=eq.1")
	require.Regexp(t, tagOfRows, tagOf(t, decided, "/counters?id=eq.6"), "of no row")
	for _, match := range []string{tag, `"a"`} {
		requireWrite(t, decided, "PATCH", "/counters?id=eq.6", match, "", `{"n": 1}`, 204, "")
		requireWrite(t, decided, "DELETE", "/counters?id=eq.6", match, "", "", 204, "")
		requireWrite(t, decided, "PUT", "/counters?id=eq.6", match, "", `{"id": 6, "n": 1}`, 404, noRow)
	}
	requireWrite(t, decided, "PUT", "/counters?id=eq.6", "*", "", `{"id": 6, "n": 1}`, 404, noRow)
	requireWrite(t, decided, "PATCH", "/counters?id=eq.1", tag, "", `{"owner": "them"}`, 403, fault("42501", "new row violates a condition of the API", "", ""))
	requireWrite(t, decided, "PUT", "/counters?id=eq.1", tag, "", `{"id": 1, "owner": "them"}`, 403, fault("42501", "new row violates a condition of the API", "", ""))
	requireWrite(t, decided, "PUT", "/counters?id=eq.1", tag, "", `{"id": 1, "n": 5}`, 204, "")
	requireWrite(t, decided, "PATCH", "/counters?id=eq.1", tag, "", `{"n": 6}`, 412, changed)
}

// A role with grants on columns may not read a row's own version. It is answered as ever, and
// has tags of representations; for a version there is a column that it may read.
func TestConditional_column_grants(t *testing.T) {
	t.Parallel()
	const grants = versioned + `;
		REVOKE ALL ON archive.counters FROM pgrest_test_curator, pgrest_test_anon;
		GRANT SELECT (id, n), UPDATE (n) ON archive.counters TO pgrest_test_curator, pgrest_test_anon`
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), grants)
	require.NoError(t, err)
	var wire traffic
	api := open(t, db.Pool(t, pgtest.MaxConns(1), wire.through))
	wire.count()
	for _, trips := range []int{2, 1, 1} { // only the first request is tried again
		require.Regexp(t, tagOfRows, tagOf(t, api, "/counters?select=n&id=eq.1"))
		_, _, ready, _ := wire.count()
		require.Equal(t, trips, ready)
	}
	off := serveClone(t, grants, func(o *pgrest.Options) { o.Without = []pgrest.Extension{pgrest.Conditional} })
	require.Empty(t, requireWrite(t, off, "PATCH", "/counters?select=n&id=eq.1", "", representation, `{"n": 7}`, 200, `[{"n": 7}]`))
	require.Empty(t, requireWrite(t, api, "PATCH", "/counters?select=n&id=eq.1", "", representation, `{"n": 7}`, 200, `[{"n": 7}]`))
	requireWrite(t, api, "PATCH", "/counters?id=eq.1", `"a"`, "", `{"n": 8}`, 403, fault("42501", "permission denied for table counters", "", ""))
	run(t, api, exchange{name: "still_refused", target: "/counters?id=eq.1", status: 401, want: headers{"Www-Authenticate": "Bearer"},
		body: fault("42501", "permission denied for table counters", "", "")})

	named := serveClone(t, grants, func(o *pgrest.Options) {
		o.VersionColumns = map[string]string{"archive.counters": "n", "counters": "at"}
	})
	tag := tagOf(t, named, "/counters?select=n&id=eq.1")
	require.Regexp(t, tagOfRow, tag)
	requireWrite(t, named, "PATCH", "/counters?id=eq.1", tag, "", `{"n": 8}`, 204, "")
	requireWrite(t, named, "PATCH", "/counters?id=eq.1", tag, "", `{"n": 9}`, 412, changed)
}

// The text of a version is the same whatever the session's settings are, and a role that
// names none for a table has rows without.
func TestConditional_version_columns(t *testing.T) {
	t.Parallel()
	api := serveClone(t, versioned, func(o *pgrest.Options) { o.VersionColumns = map[string]string{"counters": "at", "films": ""} })
	tag := tagOf(t, api, "/counters?select=n&id=eq.1")
	inZone := lookAt(t, api, "/counters?select=n&id=eq.1", headers{"Prefer": "timezone=Asia/Kolkata"})
	require.Equal(t, tag, inZone.Header.Get("Etag"))
	r := write{method: "PATCH", target: "/counters?id=eq.1", send: headers{"If-Match": tag}, prefer: "timezone=America/New_York", payload: `{"at": "2021-01-01T00:00Z"}`}.request(t)
	require.Equal(t, http.StatusNoContent, answer(api, r).Code)
	requireWrite(t, api, "PATCH", "/counters?id=eq.1", tag, "", `{"n": 1}`, 412, changed)
	requireWrite(t, api, "PATCH", "/counters?id=eq.1", "*", "", `{"at": null}`, 204, "")
	null := tagOf(t, api, "/counters?select=n&id=eq.1")
	require.Regexp(t, tagOfRows, null, "NULL is no version")
	requireWrite(t, api, "PATCH", "/counters?id=eq.1", null, "", `{"n": 1}`, 412, changed)
	require.Regexp(t, tagOfRows, tagOf(t, api, "/films?id=eq.1"))

	var logged strings.Builder
	serve(t, func(o *pgrest.Options) {
		o.VersionColumns = map[string]string{"nope": "id", "films": "nope"}
		o.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	})
	require.Contains(t, logged.String(), `msg="VersionColumns names a relation that is in no exposed schema" relation=nope`)
	require.Contains(t, logged.String(), `msg="VersionColumns names a column that the relation hasn't got" relation=archive.films column=nope`)
}

// A condition costs a write no round trip, and one statement.
func TestConditional_round_trips(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), versioned)
	require.NoError(t, err)
	var wire traffic
	api := open(t, db.Pool(t, pgtest.MaxConns(1), wire.through))
	tag := func() string { return tagOf(t, api, "/counters?id=eq.1") }
	for _, tt := range []struct {
		name, method, match, prefer, payload string
		status, statements                   int
	}{
		{"update_without", "PATCH", "", "", `{"n": 2}`, 204, 3},
		{"update", "PATCH", tag(), "", `{"n": 2}`, 412, 4}, // as the one before has changed it
		{"update_of_the_current", "PATCH", "current", "", `{"n": 2}`, 204, 4},
		{"update_shown", "PATCH", "current", representation, `{"n": 2}`, 200, 4},
		{"put", "PUT", "current", "", `{"id": 1, "n": 2}`, 204, 4},
		{"put_of_another", "PUT", "current", "", `{"id": 2, "n": 2}`, 400, 4},
		{"put_of_any", "PUT", "*", representation, `{"id": 1, "n": 2}`, 200, 4},
		{"update_of_any", "PATCH", "*", "", `{"n": 2}`, 204, 3},
		{"delete_of_another", "DELETE", `"a"`, "", "", 412, 4},
		{"delete", "DELETE", "current", "", "", 204, 4},
		{"put_of_none", "PUT", "*", "", `{"id": 1, "n": 2}`, 404, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.match == "current" {
				tt.match = tag()
			}
			wire.count()
			response := asCurator(t, api, tt.method, "/counters?id=eq.1", tt.match, tt.prefer, tt.payload)
			require.Equal(t, tt.status, response.StatusCode, read(t, response))
			flushes, syncs, ready, sent := wire.count()
			require.Equal(t, [3]int{1, 1, 1}, [3]int{flushes, syncs, ready}, sent)
			require.Equal(t, tt.statements, strings.Count(sent, "E"), sent)
		})
	}
}

// A write whose condition doesn't hold leaves nothing behind, of the pre-request function
// either.
func TestConditional_leaves_nothing(t *testing.T) {
	t.Parallel()
	const logging = versioned + `;
		CREATE TABLE private.requests (method text);
		CREATE FUNCTION extra.log_request() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
			IF current_setting('request.method') <> 'GET' THEN INSERT INTO private.requests VALUES (current_setting('request.method')); END IF; END $$;
		GRANT USAGE ON SCHEMA extra TO PUBLIC`
	db := pgtest.Clone(t)
	admin := db.Superuser(t)
	_, err := admin.Exec(t.Context(), logging)
	require.NoError(t, err)
	api := open(t, db.Pool(t), func(o *pgrest.Options) { o.PreRequest = "extra.log_request" })
	requireWrite(t, api, "PATCH", "/counters?id=eq.1", `"a"`, "", `{"n": 2}`, 412, changed)
	requireWrite(t, api, "PUT", "/counters?id=eq.100", `"a"`, "", `{"id": 100}`, 404, noRow)
	require.Zero(t, count(t, admin, `SELECT count(*) FROM private.requests`))
	requireWrite(t, api, "PATCH", "/counters?id=eq.1", tagOf(t, api, "/counters?id=eq.1"), "", `{"n": 2}`, 204, "")
	require.Equal(t, 1, count(t, admin, `SELECT count(*) FROM private.requests`))
}

// Hooks aren't called behind a write whose condition doesn't hold. What one of them does to
// the row itself makes it another than the client was told.
func TestConditional_hooks(t *testing.T) {
	t.Parallel()
	var outcomes []string
	api := serveClone(t, versioned, func(o *pgrest.Options) {
		o.Hooks = []pgrest.Hook{{Rows: true, After: func(ctx context.Context, tx driver.Tx, _ *pgrest.Request, done *pgrest.Outcome) error {
			for _, row := range done.Rows {
				outcomes = append(outcomes, string(row.New))
			}
			_, err := tx.Exec(ctx, `UPDATE archive.counters SET n = n + 100 WHERE id = 2`)
			return err
		}}}
	})
	for _, prefer := range []string{"", representation, "return=representation, count=exact"} {
		target := "/counters?select=id,owner&order=n&id=eq."
		tag := tagOf(t, api, target+"1")
		response := asCurator(t, api, "PATCH", target+"1", tag, prefer, `{"n": 5, "at": null}`)
		require.Less(t, response.StatusCode, 300, read(t, response))
		require.JSONEq(t, `{"id": 1, "n": 5, "at": null, "owner": "us"}`, outcomes[len(outcomes)-1])
		if prefer != "" {
			require.Equal(t, tagOf(t, api, target+"1"), response.Header.Get("Etag"))
		}
		told := asCurator(t, api, "PATCH", target+"2", "", representation, `{"at": null}`).Header.Get("Etag")
		require.Regexp(t, tagOfRow, told)
		before := len(outcomes)
		requireWrite(t, api, "PATCH", target+"2", told, "", `{"n": 0}`, 412, changed)
		requireWrite(t, api, "PATCH", target+"1", tag, prefer, `{"n": 6}`, 412, changed)
		require.Len(t, outcomes, before)
	}
}

// Within a transaction of the host's each request has a version of its own, though all of
// them are of one transaction.
func TestConditional_within(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), versioned)
	require.NoError(t, err)
	in, _ := within(t, open(t, db.Pool(t)), super)
	first := tagOf(t, in, "/counters?id=eq.1")
	second := requireWrite(t, in, "PATCH", "/counters?id=eq.1&select=n", first, representation, `{"n": 2}`, 200, `[{"n": 2}]`)
	requireWrite(t, in, "PATCH", "/counters?id=eq.1", first, "", `{"n": 3}`, 412, changed)
	third := requireWrite(t, in, "PATCH", "/counters?id=eq.1&select=n", second, representation, `{"n": 3}`, 200, `[{"n": 3}]`)
	requireWrite(t, in, "PATCH", "/counters?id=eq.1", second, "", `{"n": 4}`, 412, changed)
	requireWrite(t, in, "DELETE", "/counters?id=eq.1", third, "", "", 204, "")
	requireWrite(t, in, "PUT", "/counters?id=eq.1", third, "", `{"id": 1, "n": 3}`, 404, noRow)
}
