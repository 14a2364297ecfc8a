package apitest_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// versioned has relations whose rows have versions of each kind, or none.
const versioned = `
	CREATE TABLE archive.counters (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, at timestamptz, owner text NOT NULL DEFAULT 'us');
	INSERT INTO archive.counters SELECT n, n, timestamptz '2020-01-01 00:00Z' + n * interval '1 h' FROM generate_series(1, 9) AS n;
	CREATE TABLE private.ledger (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, revision int NOT NULL DEFAULT 1);
	INSERT INTO private.ledger SELECT n, n FROM generate_series(1, 9) AS n;
	CREATE FUNCTION private.revise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.revision := OLD.revision + 1; RETURN NEW; END $$;
	CREATE TRIGGER revise BEFORE UPDATE ON private.ledger FOR EACH ROW EXECUTE FUNCTION private.revise();
	CREATE VIEW archive.ledger AS SELECT id, n, revision FROM private.ledger;
	CREATE TABLE archive.parts (id int PRIMARY KEY, n int) PARTITION BY RANGE (id);
	CREATE TABLE archive.parts_1 PARTITION OF archive.parts FOR VALUES FROM (0) TO (100);
	INSERT INTO archive.parts VALUES (1, 1);
	CREATE TABLE archive.guarded (id int PRIMARY KEY, n int, mine boolean, shown boolean);
	INSERT INTO archive.guarded VALUES (1, 1, true, true), (2, 2, false, true), (3, 3, false, false);
	ALTER TABLE archive.guarded ENABLE ROW LEVEL SECURITY;
	CREATE POLICY see ON archive.guarded FOR SELECT USING (shown);
	CREATE POLICY change ON archive.guarded FOR UPDATE USING (mine);
	GRANT ALL ON archive.counters, archive.ledger, archive.parts, archive.guarded TO pgrest_test_curator, pgrest_test_anon`

// byRevision names the version of the view's rows.
func byRevision(o *pgrest.Options) { o.VersionColumns = map[string]string{"ledger": "revision"} }

// lookAt asks anonymously, and gives the response.
func lookAt(t testing.TB, api http.Handler, target string, send headers) *http.Response {
	t.Helper()
	return ask(t, api, exchange{target: target, send: send})
}

// tagOf is the entity tag of a GET that succeeds.
func tagOf(t testing.TB, api http.Handler, target string) string {
	t.Helper()
	response := lookAt(t, api, target, nil)
	require.Equal(t, http.StatusOK, response.StatusCode, read(t, response))
	return response.Header.Get("Etag")
}

// inTurn asks for exchanges as run does, but in this mode alone: in others tags may be others.
func inTurn(t *testing.T, api http.Handler, exchanges ...exchange) {
	t.Helper()
	for _, x := range exchanges {
		t.Run(x.name, func(t *testing.T) { x.check(t, ask(t, api, x)) })
	}
}

var (
	tagOfRows = regexp.MustCompile(`^"[\w-]{22}"$`)
	tagOfRow  = regexp.MustCompile(`^"[\w-]+\.[\w-]{22}"$`)
)

// Reads that are held back whole have a tag, which is another for each representation.
func TestConditional_tags(t *testing.T) {
	t.Parallel()
	api := serveClone(t, versioned, byRevision, func(o *pgrest.Options) { o.BodyThreshold = 10_000 })
	seen := map[string]string{}
	for _, tt := range []struct {
		name, method, target, accept, prefer string
		want                                 *regexp.Regexp // nil for no tag
	}{
		{"rows", "GET", "/counters?select=id,n&order=id", "", "", tagOfRows},
		{"other_rows", "GET", "/counters?select=id,n&order=id&id=gt.3", "", "", tagOfRows},
		{"no_rows", "GET", "/counters?id=gt.100", "", "", tagOfRows},
		{"counted", "GET", "/counters?select=id,n&order=id", "", "count=exact", tagOfRows},
		{"page", "GET", "/counters?select=id,n&order=id&limit=3", "", "", tagOfRows},
		{"counted_page", "GET", "/counters?select=id,n&order=id&limit=3", "", "count=exact", tagOfRows},
		{"CSV", "GET", "/counters?select=id,n&order=id", "text/csv", "", tagOfRows},
		{"row", "GET", "/counters?id=eq.1", "", "", tagOfRow},
		{"row_as_object", "GET", "/counters?id=eq.1", "application/vnd.pgrst.object+json", "", tagOfRow},
		{"row_as_CSV", "GET", "/counters?id=eq.1", "text/csv", "", tagOfRow},
		{"row_as_lines", "GET", "/counters?id=eq.1", "application/x-ndjson", "", tagOfRow},
		{"row_in_part", "GET", "/counters?id=eq.1&select=n", "", "", tagOfRow},
		{"row_without_columns", "GET", "/films?id=eq.1&select=directors()", "", "", tagOfRow},
		{"row_counted", "GET", "/counters?id=eq.1", "", "count=exact", tagOfRow},
		{"row_with_other_filters", "GET", "/counters?id=eq.2&owner=eq.us", "", "", tagOfRow},
		{"row_of_a_view", "GET", "/ledger?id=eq.1", "", "", tagOfRow},
		{"row_with_embeds", "GET", "/films?id=eq.1&select=title,directors(name)", "", "", tagOfRow},
		{"row_by_another_column", "GET", "/counters?n=eq.4", "", "", tagOfRows},
		{"row_by_a_list", "GET", "/counters?id=in.(4)&select=id", "", "", tagOfRows},
		{"row_of_a_partition", "GET", "/parts?id=eq.1", "", "", tagOfRows},
		{"row_of_a_materialized_view", "GET", "/film_counts?limit=1", "", "", tagOfRows},
		{"function", "GET", "/rpc/add?a=1&b=2", "", "", tagOfRows},
		{"query", "QUERY", "/counters", "", "", tagOfRows},
		{"head", "HEAD", "/counters", "", "", nil},
		{"large", "GET", "/ticks?limit=1000", "", "", nil},
		{"insert", "POST", "/rpc/add", "", "", nil},
		{"explanation", "GET", "/counters", "application/vnd.pgrst.plan", "", nil},
	} {
		send := headers{}
		if tt.accept != "" {
			send["Accept"] = tt.accept
		}
		if tt.prefer != "" {
			send["Prefer"] = tt.prefer
		}
		x := exchange{method: tt.method, target: tt.target, send: send}
		switch tt.method {
		case "QUERY":
			x.data, send["Content-Type"] = "select=id&order=id.desc", "application/x-www-form-urlencoded"
		case "POST":
			x.data = `{"a": 1, "b": 2}`
		}
		response := ask(t, api, x)
		if response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusNotAcceptable {
			require.Empty(t, response.Header.Get("Etag"), "%s: of an error", tt.name)
			continue
		}
		tag, body := response.Header.Get("Etag"), read(t, response)
		require.Less(t, response.StatusCode, 300, "%s: %s", tt.name, body)
		if tt.want == nil {
			require.Empty(t, tag, tt.name)
			continue
		}
		require.Regexp(t, tt.want, tag, tt.name)
		require.Empty(t, seen[tag], "%s: %s", tt.name, body)
		seen[tag] = tt.name
		again := ask(t, api, x)
		require.Equal(t, tag, again.Header.Get("Etag"), tt.name)
	}
	require.Greater(t, len(seen), 18)
}

// A read that the client has already is answered with 304, as RFC 9110 has it.
func TestConditional_reads(t *testing.T) {
	t.Parallel()
	api := serveClone(t, versioned, byRevision)
	const target = "/counters?id=eq.1"
	tag := tagOf(t, api, target)
	const private = "private, no-cache"
	for _, tt := range []struct {
		name   string
		send   headers
		status int
	}{
		{"unconditional", headers{}, 200},
		{"known", headers{"If-None-Match": tag}, 304},
		{"known_weakly", headers{"If-None-Match": "W/" + tag}, 304},
		{"known_among_others", headers{"If-None-Match": `"a", ` + tag}, 304},
		{"known_in_another_header", headers{"If-None-Match": "\"a\"\n" + tag}, 304},
		{"whatever_there_is", headers{"If-None-Match": "*"}, 304},
		{"another_known", headers{"If-None-Match": `"a"`}, 200},
		{"none", headers{"If-None-Match": ``}, 200},
		{"no_tag", headers{"If-None-Match": `a`}, 200},
		{"of_another_representation", headers{"If-None-Match": tagOf(t, api, target+"&select=n")}, 200},
		{"same", headers{"If-Match": tag}, 200},
		{"same_among_others", headers{"If-Match": `"a",` + tag}, 200},
		{"same_weakly", headers{"If-Match": "W/" + tag}, 412},
		{"another", headers{"If-Match": `"a"`}, 412},
		{"any", headers{"If-Match": "*"}, 200},
		{"same_and_known", headers{"If-Match": tag, "If-None-Match": tag}, 304},
		{"another_and_known", headers{"If-Match": `"a"`, "If-None-Match": tag}, 412},
		{"known_whatever_the_time", headers{"If-None-Match": `"a"`, "If-Modified-Since": "Tue, 01 Jan 2120 00:00:00 GMT"}, 200},
		{"unmodified_since", headers{"If-Unmodified-Since": "Wed, 01 Jan 2020 00:00:00 GMT"}, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, method := range []string{"GET", "HEAD"} {
				response := ask(t, api, exchange{method: method, target: target, send: tt.send})
				h, body := response.Header, read(t, response)
				require.Equal(t, tt.status, response.StatusCode, body)
				if tt.status == http.StatusPreconditionFailed {
					require.Empty(t, h.Get("Etag"))
					require.Empty(t, h.Get("Content-Range"), "nothing of the read is in its error")
					require.Len(t, h.Values("Vary"), 0)
					continue
				}
				require.Equal(t, private, h.Get("Cache-Control"))
				require.Equal(t, "Accept, Prefer, Range", h.Get("Vary"))
				require.Equal(t, "/counters?id=eq.1", h.Get("Content-Location"))
				if method == "GET" || len(tt.send) > 0 && tt.name != "unmodified_since" {
					require.Equal(t, tag, h.Get("Etag"))
				}
				if tt.status == http.StatusNotModified {
					require.Empty(t, body)
					for _, name := range []string{"Content-Type", "Content-Length", "Content-Range"} {
						require.Empty(t, h.Values(name), name)
					}
				}
			}
		})
	}
	inTurn(t, api,
		exchange{name: "error_is_no_representation", target: "/counters?id=eq.a", send: headers{"If-None-Match": "*"}, status: 400,
			body: fault("22P02", `invalid input syntax for type integer: "a"`, "", "")},
		exchange{name: "no_single_row", target: "/counters?id=eq.100", send: headers{"If-Match": `"a"`, "Accept": "application/vnd.pgrst.object+json"}, status: 406,
			body: fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 0 rows", "")},
		exchange{name: "head_has_the_range", method: "HEAD", target: "/counters?order=id&limit=2", send: headers{"If-None-Match": `"a"`, "Prefer": "count=exact"},
			status: 206, want: headers{"Content-Range": "0-1/9", "Content-Length": ""}},
		exchange{name: "call", target: "/rpc/add?a=1&b=2", send: headers{"If-None-Match": tagOf(t, api, "/rpc/add?a=1&b=2")}, status: 304,
			want: headers{"Content-Type": "", "Cache-Control": private}},
		exchange{name: "query", method: "QUERY", target: "/counters", data: "id=eq.1", status: 304,
			send: headers{"Content-Type": "application/x-www-form-urlencoded", "If-None-Match": tag}, want: headers{"Content-Type": "", "Etag": tag}},
	)
}

// The host and the database go first: with a tag of their own, and what caches may do.
func TestConditional_overrides(t *testing.T) {
	t.Parallel()
	const says = `
		CREATE FUNCTION archive.own_tag() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN
			PERFORM set_config('response.headers', '[{"ETag": "\"own\""}, {"Cache-Control": "public, max-age=60"}]', true); RETURN 1; END $$;
		CREATE FUNCTION archive.own_status() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN
			PERFORM set_config('response.status', '404', true); RETURN 1; END $$;
		CREATE FUNCTION archive.own_304() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN
			PERFORM set_config('response.status', '304', true); RETURN 1; END $$`
	api := serveClone(t, versioned+";"+says)
	inTurn(t, api,
		exchange{name: "database", target: "/rpc/own_tag", want: headers{"Etag": `"own"`, "Cache-Control": "public, max-age=60"}, body: "1"},
		exchange{name: "database_known", target: "/rpc/own_tag", send: headers{"If-None-Match": `"own"`}, status: 304,
			want: headers{"Content-Type": "", "Etag": `"own"`, "Cache-Control": "public, max-age=60"}},
		exchange{name: "status_of_an_error", target: "/rpc/own_status", send: headers{"If-None-Match": "*", "If-Match": `"a"`}, status: 404, want: headers{"Etag": ""}, body: "1"},
		exchange{name: "status_of_its_own", target: "/rpc/own_304", send: headers{"If-Match": `"a"`}, status: 304, want: headers{"Etag": "", "Content-Type": "application/json; charset=utf-8"}},
	)
	host := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `W/"host"`)
		w.Header().Set("Cache-Control", "no-store")
		api.ServeHTTP(w, r)
	})
	for send, status := range map[string]int{`"host"`: 304, `"x"`: 200} {
		response := lookAt(t, host, "/counters?id=eq.1", headers{"If-None-Match": send})
		require.Equal(t, status, response.StatusCode)
		require.Equal(t, []string{`W/"host"`}, response.Header.Values("Etag"))
		require.Equal(t, []string{"no-store"}, response.Header.Values("Cache-Control"))
	}
	require.Equal(t, http.StatusPreconditionFailed, lookAt(t, host, "/counters?id=eq.1", headers{"If-Match": `W/"host"`}).StatusCode, "a weak tag matches nothing")
}

// PostgREST pays no attention to the headers, and sends none of its own, as the API does when
// the host has switched that off.
func TestConditional_as_the_reference(t *testing.T) {
	t.Parallel()
	api := serveClone(t, versioned, rollingBack, func(o *pgrest.Options) { o.Without = []pgrest.Extension{pgrest.Conditional} })
	silent := headers{"Etag": "", "Cache-Control": ""}
	none, match := headers{"If-None-Match": "*", "If-Match": `"a"`}, headers{"If-Match": `"a"`}
	run(t, api,
		exchange{name: "read", target: "/counters?id=eq.1&select=id", send: none, want: silent, body: `[{"id": 1}]`},
		exchange{name: "head", method: "HEAD", target: "/counters?id=eq.1", send: none, want: silent},
		exchange{name: "call", target: "/rpc/add?a=1&b=2", send: none, want: silent, body: `3`},
	)
	runInTurn(t, api,
		write{name: "update", method: "PATCH", target: "/counters?id=eq.1&select=n", send: match, prefer: representation, payload: `{"n": 7}`, want: silent, body: `[{"n": 7}]`},
		write{name: "update_of_many", method: "PATCH", target: "/counters?id=lt.3&select=n", send: match, prefer: representation, payload: `{"n": 7}`, body: `[{"n": 7}, {"n": 7}]`},
		write{name: "delete", method: "DELETE", target: "/counters?id=eq.1", send: match, want: silent},
		write{name: "put", method: "PUT", target: "/counters?id=eq.100", send: headers{"If-Match": "*"}, payload: `{"id": 100}`},
	)
	// With it, a request without these headers has the same status and body.
	for _, target := range []string{"/counters", "/counters?id=eq.1", "/counters?id=eq.1&select=n", "/rpc/add?a=1&b=2", "/parts?id=eq.1", "/counters?id=eq.a", "/films?id=eq.1&select=*,directors(*)"} {
		on := lookAt(t, serve(t), strings.Replace(target, "counters", "films", 1), nil)
		off := lookAt(t, serve(t, func(o *pgrest.Options) { o.Without = []pgrest.Extension{pgrest.Conditional} }), strings.Replace(target, "counters", "films", 1), nil)
		require.Equal(t, off.StatusCode, on.StatusCode)
		require.Equal(t, read(t, off), read(t, on))
		for _, name := range []string{"Etag", "Cache-Control"} {
			require.Empty(t, off.Header.Values(name))
			on.Header.Del(name)
		}
		require.Equal(t, off.Header, on.Header, target)
	}
}
