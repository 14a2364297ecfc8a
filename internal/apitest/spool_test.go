package apitest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// padsSchema has answers of any size: a table whose rows have 100 bytes more than they
// were written with, and functions that write to it.
const padsSchema = `
	CREATE TABLE archive.pads (id int PRIMARY KEY, pad text DEFAULT repeat('x', 100), note text);
	CREATE FUNCTION archive.add_pads(n int) RETURNS SETOF archive.pads LANGUAGE sql
		AS $$ INSERT INTO archive.pads (id) SELECT g FROM generate_series(1, n) AS g RETURNING * $$;
	CREATE SEQUENCE archive.pad_ids;
	CREATE FUNCTION archive.more_pads(n int) RETURNS SETOF archive.pads LANGUAGE sql
		AS $$ INSERT INTO archive.pads (id, pad) SELECT nextval('archive.pad_ids'), repeat('x', 1000) FROM generate_series(1, n) AS g RETURNING * $$;
	GRANT USAGE ON SEQUENCE archive.pad_ids TO pgrest_test_anon;
	CREATE FUNCTION archive.late_pads(n int) RETURNS SETOF archive.pads LANGUAGE sql AS $$
		SELECT g, CASE WHEN g = n THEN set_config('response.status', '418', true)
			|| set_config('response.headers', '[{"X-Reel": "1"}]', true) ELSE repeat('x', 100) END, 'late'
		FROM generate_series(1, n) AS g $$;
	CREATE FUNCTION archive.list_pads(n int) RETURNS SETOF archive.pads LANGUAGE sql STABLE
		AS $$ SELECT g, repeat('x', 100), NULL FROM generate_series(1, n) AS g $$;
	CREATE VIEW archive.failing_pads AS SELECT g AS id, repeat('x', 100) AS pad, 1 / (2000 - g) AS quotient FROM generate_series(1, 3000) AS g;
	CREATE FUNCTION private.told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		PERFORM set_config('response.headers', '[{"X-Trigger": "1"}]', true); RETURN NULL; END $$;
	CREATE TRIGGER told AFTER INSERT OR UPDATE ON archive.pads FOR EACH STATEMENT EXECUTE FUNCTION private.told();
	CREATE DOMAIN archive."text/x-pads" AS text;
	CREATE FUNCTION private.append_pad(archive."text/x-pads", archive.ticks) RETURNS archive."text/x-pads" LANGUAGE sql IMMUTABLE
		AS $$ SELECT repeat('x', 30000000) $$;
	CREATE AGGREGATE archive.ticks_pads(archive.ticks) (SFUNC = private.append_pad, STYPE = archive."text/x-pads");
	GRANT ALL ON ALL TABLES IN SCHEMA archive TO pgrest_test_anon, pgrest_test_curator`

// clonePads is a database of the test's own with padsSchema.
func clonePads(t *testing.T) *pgtest.Database {
	t.Helper()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), padsSchema)
	require.NoError(t, err)
	return db
}

// pads are so many rows to insert.
func pads(n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"id": %d}`, i+1)
	}
	return "[" + strings.Join(rows, ",") + "]"
}

// padWrites are writes of 3000 rows that are answered with them, by name.
func padWrites() map[string]exchange {
	insert := func(target string, send headers) exchange {
		return exchange{method: http.MethodPost, target: target, data: pads(3000), send: send, status: http.StatusCreated}
	}
	call := func(prefer string) exchange {
		return exchange{method: http.MethodPost, target: "/rpc/add_pads", data: `{"n": 3000}`, send: headers{"Prefer": prefer}}
	}
	return map[string]exchange{
		"insert":       insert("/pads", headers{"Prefer": representation}),
		"CSV":          insert("/pads", headers{"Prefer": representation, "Accept": "text/csv"}),
		"wide":         insert("/pads?select=*,again:pad", headers{"Prefer": representation}),
		"upsert":       insert("/pads", headers{"Prefer": "resolution=merge-duplicates, " + representation}),
		"call":         call(""),
		"call_counted": call("count=exact"),
		"call_bounded": call("handling=strict, max-affected=5000"),
	}
}

// Whatever writes, or may have written, waits for its end: what a trigger, or a late part of
// a function, wants the response to say counts at every size.
func TestSpool_overrides(t *testing.T) {
	t.Parallel()
	for name, threshold := range map[string]int{"small": 1 << 20, "large": 5000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := serveClone(t, padsSchema, func(o *pgrest.Options) { o.BodyThreshold = threshold })
			x := exchange{method: "POST", target: "/pads?select=id", data: pads(2000), send: headers{"Prefer": "count=exact, " + representation}}
			r := ask(t, api, x)
			require.Equal(t, 201, r.StatusCode)
			require.Equal(t, "1", r.Header.Get("X-Trigger"))
			require.Equal(t, "*/2000", r.Header.Get("Content-Range"))
			require.Len(t, read(t, r), int(r.ContentLength))

			x = exchange{method: "PATCH", target: "/pads?id=lte.1000", data: `{"note": "n"}`, send: headers{"Prefer": "count=exact, " + representation}}
			r = ask(t, api, x)
			require.Equal(t, 200, r.StatusCode)
			require.Equal(t, "1", r.Header.Get("X-Trigger"))
			require.Equal(t, "0-999/1000", r.Header.Get("Content-Range"))

			for _, method := range []string{"POST", "GET"} {
				x = exchange{method: method, target: "/rpc/late_pads", data: `{"n": 2000}`}
				if method == "GET" {
					x = exchange{target: "/rpc/late_pads?n=2000"}
				}
				r = ask(t, api, x)
				require.Equal(t, 418, r.StatusCode)
				require.Equal(t, "1", r.Header.Get("X-Reel"))
				require.Equal(t, "0-1999/*", r.Header.Get("Content-Range"))
			}
		})
	}
}

// Where there is no room for an answer that has to wait, it is an error, and nothing was
// written. One that can go without a header goes out.
func TestSpool_without_room(t *testing.T) {
	t.Parallel()
	for place, change := range map[string]option{
		"no_folder": func(o *pgrest.Options) { o.SpoolDir = filepath.Join(os.TempDir(), "pgrest", "nowhere") },
		"no_files":  func(o *pgrest.Options) { o.MaxSpoolBytes = -1 },
	} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			db := clonePads(t)
			pool := db.Pool(t)
			api := open(t, pool, change, func(o *pgrest.Options) { o.BodyThreshold = 1000 })
			server := listen(t, api)
			for name, x := range padWrites() {
				x.status, x.body = 500, fault("53100", "There is no room for an answer of this size", "", "")
				t.Run(name, func(t *testing.T) { x.check(t, ask(t, api, x)) })
			}
			require.Zero(t, count(t, db.Superuser(t), `SELECT count(*) FROM archive.pads`))
			waitUntilIdle(t, pool)

			r := get(t, server.URL+"/ticks?limit=20000", "count=planned")
			require.Equal(t, 206, r.StatusCode)
			require.Equal(t, 20000, countRows(t, r.Body))
			require.Equal(t, "0-19999/100000", r.Trailer.Get("Content-Range"))
			require.Equal(t, 20000, countRows(t, get(t, server.URL+"/ticks?limit=20000", "").Body))
			require.Contains(t, http10(t, server, "/ticks?limit=20000"), "500 Internal Server Error")
		})
	}
}

// readSlowly sends a request and reads no more of the response than its beginning.
func readSlowly(t *testing.T, server *httptest.Server, request string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	return conn
}

// Clients that read slowly, or not at all, hold no connection of the pool: neither of reads
// nor of writes. In the end they are cut off.
func TestSpool_slow_readers(t *testing.T) {
	t.Parallel()
	const size = 2 // of the pool
	const read = "GET /ticks?select=*,a:name,b:name,c:name,d:name HTTP/1.1\r\nHost: archive\r\n\r\n"
	requests := map[string]string{
		"read":               read,
		"read_without_files": read, // which holds connections until it is cut off
		"aggregate":          "GET /ticks?limit=1 HTTP/1.1\r\nHost: archive\r\nAccept: text/x-pads\r\n\r\n",
		"write":              "POST /rpc/more_pads HTTP/1.1\r\nHost: archive\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"n\": 5000}",
	}
	for name, request := range requests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := clonePads(t)
			pool := db.Pool(t, pgtest.MaxConns(size))
			var log journal
			server := listen(t, open(t, pool, log.kept, func(o *pgrest.Options) {
				if o.WriteTimeout = 20 * time.Second; name == "read_without_files" {
					o.WriteTimeout, o.MaxSpoolBytes = 2*time.Second, -1
				}
			}))
			before := pool.Stat().AcquireCount()
			var slow []net.Conn
			for range 3 * size {
				slow = append(slow, readSlowly(t, server, request))
			}
			waitFor(t, func() bool { return pool.Stat().AcquireCount() == before+3*size }, "all of them are answered")
			waitUntilIdle(t, pool)
			if name != "read_without_files" {
				for _, conn := range slow {
					require.False(t, cutOff(conn), "the client is there yet")
				}
			}
			require.Equal(t, 1, countRows(t, get(t, server.URL+"/films?limit=1", "").Body), "others are answered")
			if name == "write" {
				require.Equal(t, 3*size*5_000, count(t, db.Superuser(t), `SELECT count(*) FROM archive.pads`), "and rows aren't locked")
				_, err := db.Superuser(t).Exec(t.Context(), `UPDATE archive.pads SET note = 'free'`)
				require.NoError(t, err)
			}
			for _, conn := range slow { // which broke off, before their end
				waitFor(t, func() bool { return cutOff(conn) }, "the server gives up")
			}
		})
	}
}

// cutOff reports that the peer has closed or reset a connection, from which nothing is read.
func cutOff(conn net.Conn) bool {
	_, err := conn.Write([]byte("\r\n")) // between requests it means nothing
	return err != nil
}

// A client that reads what it gets, if slowly, gets all of it.
func TestSpool_patience(t *testing.T) {
	t.Parallel()
	server := listen(t, serve(t, func(o *pgrest.Options) { o.BodyThreshold = 1000 }))
	conn := readSlowly(t, server, "GET /ticks HTTP/1.1\r\nHost: archive\r\nConnection: close\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	piece := make([]byte, 100_000)
	for range 5 {
		_, err := io.ReadFull(response.Body, piece[:1000])
		require.NoError(t, err)
		time.Sleep(20 * time.Millisecond) // by which the spool fills
	}
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	require.Equal(t, "0-99999/*", response.Trailer.Get("Content-Range"))
}

// http10 asks with HTTP/1.0 and gives all that comes.
func http10(t *testing.T, server *httptest.Server, target string) string {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.0\r\n\r\n", target)
	require.NoError(t, err)
	all, err := io.ReadAll(conn)
	require.NoError(t, err)
	return string(all)
}

// HTTP/1.0 can't tell a part from the whole: a read waits for its end, too.
func TestSpool_HTTP10(t *testing.T) {
	t.Parallel()
	server := listen(t, serveClone(t, padsSchema, func(o *pgrest.Options) { o.BodyThreshold = 1000 }))
	failed := http10(t, server, "/failing_pads")
	require.Contains(t, failed, "HTTP/1.0 400 Bad Request")
	require.Contains(t, failed, "22012")
	require.NotContains(t, failed, "xxx")
	whole := http10(t, server, "/failing_pads?id=lt.2000")
	require.Contains(t, whole, "HTTP/1.0 200 OK")
	require.Contains(t, whole, "Content-Range: 0-1998/*")
	require.Equal(t, 1999, strings.Count(whole, `"pad"`))
}

// With too many rows, neither the body nor the rows are kept; of a great many they are not
// even counted to the end.
func TestSpool_max_affected(t *testing.T) {
	t.Parallel()
	db := clonePads(t)
	pool := db.Pool(t)
	api := open(t, pool)
	affects := func(details string) string {
		return fault("PGRST124", "Query result exceeds max-affected preference constraint", details, "")
	}
	strict := headers{"Prefer": "handling=strict, max-affected=1"}
	run(t, api,
		exchange{name: "read", target: "/rpc/list_pads?n=5000", send: strict, status: 400, body: affects("The query affects 5000 rows")},
		exchange{name: "read_of_many", target: "/rpc/list_pads?n=50000", send: strict, status: 400, body: affects("The query affects more than 10001 rows")},
		exchange{name: "write", method: "POST", target: "/rpc/add_pads", data: `{"n": 5000}`, send: strict, status: 400, body: affects("The query affects 5000 rows")},
		exchange{name: "write_of_many", method: "POST", target: "/rpc/add_pads", data: `{"n": 50000}`, send: strict, status: 400,
			body: affects("The query affects more than 10001 rows")},
		exchange{name: "single", target: "/ticks", send: acceptOne, status: 406,
			body: fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains more than 10001 rows", "")},
	)
	t.Cleanup(func() { require.Zero(t, count(t, db.Superuser(t), `SELECT count(*) FROM archive.pads`)) })
}

// A database that is silent for longer than DatabaseTimeout is not waited for, and its
// statement is cancelled; one that has something to say now and then is.
func TestDatabaseTimeout(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE FUNCTION archive.sleeps() RETURNS void LANGUAGE sql AS $$ SELECT pg_sleep(3600) $$;
		CREATE VIEW archive.drips AS SELECT g AS id, repeat('x', 10000) AS pad, pg_sleep(0.05) IS NULL AS slept FROM generate_series(1, 30) AS g;
		CREATE VIEW archive.dries AS SELECT g AS id, CASE WHEN g = 100 THEN pg_sleep(3600) IS NULL END AS slept FROM generate_series(1, 200) AS g;
		GRANT SELECT ON archive.drips, archive.dries TO pgrest_test_anon`)
	require.NoError(t, err)
	pool := db.Pool(t)
	api := open(t, pool, func(o *pgrest.Options) { o.DatabaseTimeout = 500 * time.Millisecond })
	late := fault("57014", "The request took longer than it may", "", "")
	run(t, api,
		exchange{name: "silent_from_the_beginning", method: "POST", target: "/rpc/sleeps", status: 504, body: late},
		exchange{name: "silent_in_the_middle", target: "/dries", status: 504, body: late},
	)
	t.Run("drips", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, 200, ask(t, api, exchange{target: "/drips"}).StatusCode)
	})
	t.Cleanup(func() {
		waitFor(t, func() bool {
			return count(t, db.Superuser(t), `SELECT count(*) FROM pg_stat_activity
				WHERE datname = current_database() AND state = 'active' AND wait_event = 'PgSleep'`) == 0
		}, "statements are cancelled")
		waitUntilIdle(t, pool)
	})
}

// A page that isn't there is an answer of a statement that ran: what the database wants
// to say with it counts.
func TestOverrides_of_an_unsatisfiable_range(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE FUNCTION archive.cookie() RETURNS void LANGUAGE sql AS
			$$ SELECT set_config('response.headers', '[{"Set-Cookie": "reel=1"}, {"Access-Control-Allow-Origin": "https://archive.example"}]', true) $$;
		CREATE FUNCTION archive.numbers() RETURNS SETOF int LANGUAGE sql AS $$ SELECT generate_series(1, 5) $$;
		CREATE FUNCTION archive.created() RETURNS int LANGUAGE sql AS
			$$ SELECT set_config('response.status', '201', true), set_config('response.headers', '[{"Location": "/reels/1"}]', true); SELECT 1 $$;
		CREATE FUNCTION archive.told() RETURNS int STABLE LANGUAGE sql AS $$ SELECT set_config('response.status', '404', true); SELECT 1 $$`,
		func(o *pgrest.Options) { o.PreRequest = "archive.cookie" })
	want := headers{"Set-Cookie": "reel=1", "Access-Control-Allow-Origin": "https://archive.example"}
	beyond := func(total int) string {
		return fault("PGRST103", "Requested range not satisfiable", fmt.Sprintf("An offset of 100 was requested, but there are only %d rows.", total), "")
	}
	counted := headers{"Prefer": "count=exact"}
	run(t, api,
		exchange{name: "read", target: "/films?offset=100", send: counted, status: 416, want: want, body: beyond(13)},
		exchange{name: "call", target: "/rpc/numbers?offset=100", send: counted, status: 416, want: want, body: beyond(5)},
		exchange{name: "call_that_writes", method: "POST", target: "/rpc/numbers?offset=100", send: counted, status: 416, want: want, body: beyond(5)},
		exchange{name: "read_that_chooses", target: "/rpc/told?offset=100", send: counted, status: 404, body: beyond(1)},
		// It is undone, and so is what it says of itself.
		exchange{name: "call_that_is_undone", method: "POST", target: "/rpc/created?offset=100", send: counted, status: 416,
			want: headers{"Set-Cookie": "reel=1", "Location": ""}, body: beyond(1)},
	)
}

// An estimate below what the page has shown is not told: a range lies within its whole.
func TestPlanned_total_below_the_page(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE VIEW archive.misjudged AS SELECT g AS id FROM generate_series(1, 3000) AS g WHERE g * g >= 0 AND g % 1 = 0 AND abs(g) = g;
		GRANT SELECT ON archive.misjudged TO pgrest_test_anon`)
	for _, prefer := range []string{"count=planned", "count=estimated"} {
		r := ask(t, api, exchange{target: "/misjudged", send: headers{"Prefer": prefer}})
		require.Equal(t, 200, r.StatusCode)
		require.Equal(t, "0-2999/3000", r.Header.Get("Content-Range"), prefer)
	}
}

// A page behind an estimated last row is refused before any of its rows are sent, or
// counted, however many there are.
func TestPlanned_total_before_the_page(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE TABLE archive.misjudged (id int, kind text);
		INSERT INTO archive.misjudged VALUES (1, 'many'), (2, 'few');
		ANALYZE archive.misjudged;
		INSERT INTO archive.misjudged SELECT g, 'unknown' FROM generate_series(3, 20000) AS g;
		GRANT SELECT ON archive.misjudged TO pgrest_test_anon`,
		func(o *pgrest.Options) { o.MaxSpoolBytes, o.BodyThreshold = -1, 1000 })
	for name, media := range map[string]string{"rows": "application/json", "row": "application/vnd.pgrst.object+json", "CSV": "text/csv"} {
		r := ask(t, api, exchange{name: name, target: "/misjudged?kind=eq.unknown&offset=15000", send: headers{"Prefer": "count=planned", "Accept": media}})
		require.Equal(t, 416, r.StatusCode, name)
		require.Equal(t, "PGRST103", r.Header.Get("Proxy-Status")[len("PostgREST; error="):], name)
	}
}
