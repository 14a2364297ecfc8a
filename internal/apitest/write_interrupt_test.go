package apitest_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// notesSchema is a table whose writes wait, if a note says so: "statement 7" in
// the statement and "commit 7" when it is committed, for the advisory lock 7.
const notesSchema = `
	CREATE TABLE archive.notes (id int PRIMARY KEY, note text NOT NULL);
	INSERT INTO archive.notes SELECT n, 'old' FROM generate_series(1, 200) AS n;
	CREATE FUNCTION private.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF split_part(NEW.note, ' ', 1) = TG_ARGV[0] THEN
			PERFORM pg_advisory_xact_lock_shared(split_part(NEW.note, ' ', 2)::bigint);
		END IF;
		RETURN NEW;
	END $$;
	CREATE TRIGGER waits_in_statement BEFORE INSERT OR UPDATE ON archive.notes
		FOR EACH ROW EXECUTE FUNCTION private.wait('statement');
	CREATE CONSTRAINT TRIGGER waits_at_commit AFTER INSERT OR UPDATE ON archive.notes DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW EXECUTE FUNCTION private.wait('commit');
	CREATE FUNCTION archive.annotate(id int, note text) RETURNS void LANGUAGE sql
		AS $$ UPDATE archive.notes n SET note = annotate.note WHERE n.id = annotate.id $$;
	CREATE FUNCTION archive.annotated(id int, note text) RETURNS SETOF archive.notes LANGUAGE sql
		AS $$ UPDATE archive.notes n SET note = annotated.note WHERE n.id = annotated.id RETURNING n.* $$;
	GRANT ALL ON archive.notes TO pgrest_test_curator`

// notes is an API over notesSchema, and a hand on the locks that its writes wait for.
type notes struct {
	*pgrest.Handler
	pool, admin *pgxpool.Pool
	locks       *pgxpool.Conn
}

// openNotes opens the API. The locks 1 to n are held until the test ends.
func openNotes(t *testing.T, n int, changes ...option) *notes {
	t.Helper()
	db := pgtest.Clone(t)
	admin := db.Superuser(t)
	_, err := admin.Exec(t.Context(), notesSchema)
	require.NoError(t, err)
	locks, err := admin.Acquire(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := locks.Exec(context.Background(), `SELECT pg_advisory_unlock_all()`)
		require.NoError(t, err)
		locks.Release()
	})
	_, err = locks.Exec(t.Context(), `SELECT count(pg_advisory_lock(n)) FROM generate_series(1, $1) AS n`, n)
	require.NoError(t, err)
	pool := db.Pool(t)
	return &notes{Handler: open(t, pool, changes...), pool: pool, admin: admin, locks: locks}
}

// waiting has a query about the backends that wait for a lock, of which it counts.
func (n *notes) waiting(t *testing.T, key int, of string) int {
	return count(t, n.admin, fmt.Sprintf(`SELECT count(%s) FROM pg_locks
		WHERE locktype = 'advisory' AND NOT granted AND objid = %d
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, of, key))
}

// requireUnchanged checks that no note is left of those that wait for key.
func (n *notes) requireUnchanged(t *testing.T, key int) {
	t.Helper()
	require.Zero(t, n.waiting(t, key, "*"), "a write still waits")
	require.Zero(t, count(t, n.admin, fmt.Sprintf(`SELECT count(*) FROM archive.notes WHERE note LIKE '%% %d'`, key)))
}

// interruption is what happens to a write that waits, and the status that the
// client gets of it.
type interruption struct {
	status int
	happen func(t *testing.T, n *notes, key int, cancel func())
}

func interruptions() map[string]interruption {
	signal := func(function string) func(t *testing.T, n *notes, key int, _ func()) {
		return func(t *testing.T, n *notes, key int, _ func()) { n.waiting(t, key, function+"(pid)") }
	}
	return map[string]interruption{
		"backend_killed":  {503, signal("pg_terminate_backend")},
		"query_cancelled": {500, signal("pg_cancel_backend")},
		"client_gone":     {0, func(_ *testing.T, _ *notes, _ int, cancel func()) { cancel() }},
	}
}

// A write that is interrupted, wherever it is, leaves nothing and is not told to
// have succeeded.
func TestWrite_interrupted(t *testing.T) {
	t.Parallel()
	one := func(id int, note string) string { return fmt.Sprintf(`{"id": %d, "note": %q}`, id, note) }
	writes := map[string]func(key int, note string) write{
		"insert": func(key int, note string) write { return write{target: "/notes", payload: one(1000+key, note)} },
		"insert_shown": func(key int, note string) write {
			return write{target: "/notes", prefer: representation, payload: one(1000+key, note)}
		},
		"bulk_insert": func(key int, note string) write {
			return write{target: "/notes", payload: `[` + one(1000+key, "done "+note) + `,` + one(2000+key, note) + `]`}
		},
		"update": func(key int, note string) write {
			return write{method: "PATCH", target: fmt.Sprintf("/notes?id=eq.%d", key), payload: `{"note": "` + note + `"}`}
		},
		"update_of_one": func(key int, note string) write {
			return write{method: "PATCH", target: fmt.Sprintf("/notes?id=eq.%d", key), send: acceptOne, prefer: representation, payload: `{"note": "` + note + `"}`}
		},
		"bounded_update": func(key int, note string) write {
			return write{method: "PATCH", target: fmt.Sprintf("/notes?id=eq.%d", key), prefer: "handling=strict, max-affected=1", payload: `{"note": "` + note + `"}`}
		},
		"upsert": func(key int, note string) write {
			return write{target: "/notes", prefer: "resolution=merge-duplicates", payload: one(key, note)}
		},
		"put": func(key int, note string) write {
			return write{method: "PUT", target: fmt.Sprintf("/notes?id=eq.%d", key), payload: one(key, note)}
		},
		"function":        func(key int, note string) write { return write{target: "/rpc/annotate", payload: one(key, note)} },
		"function_of_set": func(key int, note string) write { return write{target: "/rpc/annotated", payload: one(key, note)} },
	}
	places, events := []string{"statement", "commit"}, interruptions()
	api := openNotes(t, len(writes)*len(places)*len(events))
	last := 0
	for name, write := range writes {
		for _, place := range places {
			for event, interrupted := range events {
				last++
				key := last
				t.Run(name+"/"+place+"/"+event, func(t *testing.T) {
					t.Parallel()
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					x := write(key, fmt.Sprintf("%s %d", place, key))
					status := make(chan int, 1)
					go func() { status <- answer(api, x.request(t).WithContext(ctx)).Code }()
					waitFor(t, func() bool { return api.waiting(t, key, "*") == 1 }, "the write waits")
					interrupted.happen(t, api, key, cancel)
					got := <-status
					require.GreaterOrEqual(t, got, 400, "told to have succeeded")
					if interrupted.status != 0 {
						require.Equal(t, interrupted.status, got)
					}
					waitFor(t, func() bool { return api.waiting(t, key, "*") == 0 }, "the write has ended")
					api.requireUnchanged(t, key)
				})
			}
		}
	}
	t.Cleanup(func() {
		require.Equal(t, 200, count(t, api.admin, `SELECT count(*) FROM archive.notes WHERE note = 'old'`))
		waitUntilIdle(t, api.pool)
	})
}

// What was written is shown when it is committed, however large it is. If the commit
// fails, the client is told.
func TestWrite_interrupted_before_it_is_shown(t *testing.T) {
	t.Parallel()
	const insert = `[{"id": 1001, "note": "commit 1"}, {"id": 1002, "note": "a note that is longer than what is held back"}]`
	for name, start := range map[string]func(*httptest.Server){"HTTP 1.1": (*httptest.Server).Start, "HTTP 2": (*httptest.Server).StartTLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := openNotes(t, 1, func(o *pgrest.Options) { o.BodyThreshold = 10 })
			server := httptest.NewUnstartedServer(api)
			server.EnableHTTP2 = true
			start(server)
			t.Cleanup(server.Close)
			response := make(chan int, 1)
			go func() {
				r := write{target: "/notes", prefer: representation, payload: insert}.request(t)
				response <- wholeResponse(t, server, r).Code
			}()
			waitFor(t, func() bool { return api.waiting(t, 1, "*") == 1 }, "the write waits")
			require.Equal(t, 1, api.waiting(t, 1, "pg_terminate_backend(pid)"))
			require.Equal(t, http.StatusServiceUnavailable, <-response)
			api.requireUnchanged(t, 1)
			require.Equal(t, 200, count(t, api.admin, `SELECT count(*) FROM archive.notes`))
			waitUntilIdle(t, api.pool)
		})
	}
}

// wholeResponse sends a request, made for a handler, to a server, and gives the response,
// which must not break off.
func wholeResponse(t *testing.T, server *httptest.Server, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	sent, err := http.NewRequestWithContext(t.Context(), r.Method, server.URL+r.URL.RequestURI(), r.Body)
	require.NoError(t, err)
	sent.Header = r.Header
	response, err := server.Client().Do(sent)
	require.NoError(t, err)
	got := httptest.NewRecorder()
	got.Code = response.StatusCode
	maps.Copy(got.Header(), response.Header)
	got.Body.WriteString(read(t, response))
	return got
}
