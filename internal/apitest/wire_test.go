package apitest_test

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// traffic is what goes over the connections of a pool to PostgreSQL.
type traffic struct {
	mu       sync.Mutex
	flushes  int    // writes to the network
	frontend []byte // the types of the messages sent, such as S for Sync
	backend  []byte // the types of the messages received, such as Z for ReadyForQuery
}

// count gives the number of flushes, Syncs and ReadyForQuerys since the last count.
func (c *traffic) count() (flushes, syncs, ready int, sent string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, message := range c.frontend {
		if message == 'S' {
			syncs++
		}
	}
	for _, message := range c.backend {
		if message == 'Z' {
			ready++
		}
	}
	flushes, sent = c.flushes, string(c.frontend)
	c.flushes, c.frontend, c.backend = 0, nil, nil
	return flushes, syncs, ready, sent
}

// through has a pool connect through c.
func (c *traffic) through(config *pgxpool.Config) {
	config.ConnConfig.TLSConfig, config.ConnConfig.Fallbacks = nil, nil // to read along
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &countedConn{Conn: conn, traffic: c, out: frames{first: true}}, nil
	}
	// pgxpool's check of a connection that was idle is not the handler's.
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
}

// countedConn is a connection that counts as it reads and writes.
type countedConn struct {
	net.Conn
	traffic *traffic
	out, in frames
}

func (c *countedConn) Write(p []byte) (int, error) {
	c.traffic.mu.Lock()
	c.traffic.flushes++
	c.traffic.frontend = append(c.traffic.frontend, c.out.types(p)...)
	c.traffic.mu.Unlock()
	return c.Conn.Write(p)
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.traffic.mu.Lock()
	c.traffic.backend = append(c.traffic.backend, c.in.types(p[:n])...)
	c.traffic.mu.Unlock()
	return n, err
}

// frames cuts a stream into messages: a byte for the type and four for the
// length, which counts itself. The first message of a client has no type.
type frames struct {
	first  bool
	header []byte
	skip   int // what is left of a message's body
}

// types gives the types of the messages that begin in p.
func (f *frames) types(p []byte) []byte {
	var types []byte
	for len(p) > 0 {
		if f.skip > 0 {
			n := min(f.skip, len(p))
			f.skip, p = f.skip-n, p[n:]
			continue
		}
		if f.first && len(f.header) == 0 {
			f.header = append(f.header, 0)
		}
		f.header, p = append(f.header, p[0]), p[1:]
		if len(f.header) == 5 {
			types = append(types, f.header[0])
			f.skip = int(binary.BigEndian.Uint32(f.header[1:])) - 4
			f.header, f.first = f.header[:0], false
		}
	}
	return types
}

// wired opens an API over one connection that is listened in on.
func wired(t *testing.T, wire *traffic, opts pgrest.Options) *pgrest.Handler {
	t.Helper()
	opts.Schemas, opts.ExtraSearchPath, opts.AnonRole = []string{"archive"}, []string{"extra"}, "pgrest_test_anon"
	opts.DisableListener, opts.Logger = true, slog.New(slog.DiscardHandler)
	api, err := pgrest.New(pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1), wire.through), opts)
	require.NoError(t, err)
	t.Cleanup(api.Close)
	require.NoError(t, api.Ready(t.Context()))
	return api
}

// Whatever a read needs goes to PostgreSQL in one write with one Sync, on the
// first use of its statements, too.
func TestOneRoundTrip(t *testing.T) {
	t.Parallel()
	token := http.Header{"Authorization": {"Bearer " + sign(t, `{"role": "pgrest_test_visitor", "sub": "ada"}`)}}
	tests := map[string]struct {
		method, target string
		header         http.Header
		options        pgrest.Options
		status         int
	}{
		"anonymous":       {"GET", "/films?year=gt.1960&order=id", nil, pgrest.Options{}, 200},
		"with a token":    {"GET", "/watchlists", token, pgrest.Options{JWTSecret: []byte(secret)}, 200},
		"HEAD":            {"HEAD", "/films", nil, pgrest.Options{}, 200},
		"exact count":     {"GET", "/films?limit=2", http.Header{"Prefer": {"count=exact"}}, pgrest.Options{}, 206},
		"planned count":   {"GET", "/films?limit=2", http.Header{"Prefer": {"count=planned"}}, pgrest.Options{}, 206},
		"estimated count": {"GET", "/films?limit=2", http.Header{"Prefer": {"count=estimated"}}, pgrest.Options{MaxRows: 2}, 206},
		"counted HEAD":    {"HEAD", "/films?limit=2", http.Header{"Prefer": {"count=exact"}}, pgrest.Options{}, 206},
		"pre-request":     {"GET", "/films", nil, pgrest.Options{PreRequest: "extra.pre_request"}, 200},
		"CSV":             {"GET", "/films", http.Header{"Accept": {"text/csv"}}, pgrest.Options{}, 200},
		"singular":        {"GET", "/films?id=eq.1", http.Header{"Accept": {"application/vnd.pgrst.object+json"}}, pgrest.Options{}, 200},
		"not singular":    {"GET", "/films", http.Header{"Accept": {"application/vnd.pgrst.object+json"}}, pgrest.Options{}, 406},
		"no rows":         {"GET", "/films?id=eq.0", nil, pgrest.Options{}, 200},
		"application settings": {"GET", "/whoami?select=site", nil,
			pgrest.Options{AppSettings: map[string]string{"app.settings.site": "main", "app.settings.theme": "dark"}}, 200},
		"time zone":        {"GET", "/ticks?limit=1", http.Header{"Prefer": {"timezone=Asia/Tokyo"}}, pgrest.Options{}, 200},
		"many rows":        {"GET", "/ticks?select=id&limit=20000", nil, pgrest.Options{}, 200},
		"refused":          {"GET", "/acquisitions", nil, pgrest.Options{}, 401},
		"failed at a row":  {"GET", "/faults?select=raised&sqlstate=eq.PT402", nil, pgrest.Options{}, 402},
		"pre-request says": {"GET", "/films", http.Header{"X-Pre-Request": {"refuse"}}, pgrest.Options{PreRequest: "pre_request"}, 403},
		"all together": {"GET", "/films?select=title&limit=2", http.Header{"Prefer": {"count=estimated, timezone=UTC"}, "Accept": {"text/csv"},
			"Authorization": token["Authorization"]}, pgrest.Options{JWTSecret: []byte(secret), PreRequest: "pre_request", MaxRows: 5}, 206},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var wire traffic
			api := wired(t, &wire, tt.options)
			wire.count()
			for use := range 3 {
				r := httptest.NewRequest(tt.method, tt.target, nil)
				for name, values := range tt.header {
					r.Header[name] = values
				}
				w := httptest.NewRecorder()
				api.ServeHTTP(w, r)
				require.Equal(t, tt.status, w.Code, w.Body)
				flushes, syncs, ready, sent := wire.count()
				require.Equal(t, 1, flushes, sent)
				require.Equal(t, 1, syncs, sent)
				require.Equal(t, 1, ready, sent)
				require.Equal(t, byte('S'), sent[len(sent)-1])
				if use > 0 && tt.status < 400 {
					require.NotContains(t, sent, "P", "a statement was parsed again")
				}
			}
		})
	}
}

// How many statements a request runs: the settings, the main one and what it set of
// the response, and for a count one more, with a BEGIN and a COMMIT around them for one
// snapshot. A HEAD that counts needs none of these.
func TestStatements(t *testing.T) {
	t.Parallel()
	const inner = "/films?select=title,directors!inner(name),roles(character)&directors.id=lt.5&order=year&limit=2&offset=1"
	for _, tt := range []struct {
		name, method, target, prefer, contentRange string
		statements                                 int
	}{
		{"GET", "GET", "/films?limit=2", "", "0-1/*", 3},
		{"HEAD", "HEAD", "/films?limit=2", "", "0-1/*", 3},
		{"GET_counted", "GET", "/films?limit=2", "count=exact", "0-1/13", 6},
		{"HEAD_counted", "HEAD", "/films?limit=2", "count=exact", "0-1/13", 3},
		{"HEAD_counted_of_all", "HEAD", "/films", "count=exact", "0-12/13", 3},
		{"HEAD_counted_of_none", "HEAD", "/films?id=eq.0", "count=exact", "*/0", 3},
		{"HEAD_counted_with_embeds", "HEAD", inner, "count=exact", "1-2/9", 3},
		{"HEAD_estimated", "HEAD", "/ticks?limit=2", "count=estimated", "0-1/100000", 7},
		{"GET_of_a_function_counted", "GET", "/rpc/film_titles?limit=2", "count=exact", "0-1/13", 3},
		{"HEAD_of_a_function_counted", "HEAD", "/rpc/film_titles?limit=2", "count=exact", "0-1/13", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var wire traffic
			api := wired(t, &wire, pgrest.Options{})
			wire.count()
			for range 2 {
				r := httptest.NewRequest(tt.method, tt.target, nil)
				r.Header.Set("Prefer", tt.prefer)
				w := answer(api, r)
				require.Less(t, w.Code, 300, w.Body)
				require.Equal(t, tt.contentRange, w.Header().Get("Content-Range"))
				_, _, _, sent := wire.count()
				require.Equal(t, tt.statements, strings.Count(sent, "E"), sent)
			}
		})
	}
}

// The counting is right about what is known: pgx's own ping is a round trip, and
// a transaction of its own three.
func TestOneRoundTrip_counting(t *testing.T) {
	t.Parallel()
	var wire traffic
	pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1), wire.through)
	require.NoError(t, pool.Ping(t.Context()))
	wire.count()
	require.NoError(t, pool.Ping(t.Context()))
	flushes, _, ready, _ := wire.count()
	require.Equal(t, [2]int{1, 1}, [2]int{flushes, ready})

	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `SELECT 1`)
	require.NoError(t, err)
	require.NoError(t, tx.Commit(t.Context()))
	flushes, _, ready, _ = wire.count()
	require.Equal(t, [2]int{3, 3}, [2]int{flushes, ready})

	conn := &countedConn{traffic: &wire, in: frames{}}
	var server net.Conn
	conn.Conn, server = net.Pipe()
	go func() {
		for _, b := range []byte("Z\x00\x00\x00\x05ID\x00\x00\x00\x04Z\x00\x00\x00\x05I") { // byte by byte
			_, _ = server.Write([]byte{b})
		}
		_ = server.Close()
	}()
	_, err = io.ReadAll(conn)
	require.NoError(t, err)
	_, _, ready, _ = wire.count()
	require.Equal(t, 2, ready)
}

// wiredWrites opens an API for writes over one connection that is listened in on,
// to a database of its own.
func wiredWrites(t *testing.T, wire *traffic, changes ...option) *pgrest.Handler {
	t.Helper()
	api := open(t, pgtest.Clone(t).Pool(t, pgtest.MaxConns(1), wire.through), changes...)
	wire.count()
	return api
}

// A write or a call is one round trip, too. Only what has to be looked at before
// it is committed takes a second one, to commit or to roll back.
func TestRoundTrips_of_writes(t *testing.T) {
	t.Parallel()
	const bounded = "handling=strict, max-affected="
	overridable := func(o *pgrest.Options) { o.TxEnd = pgrest.TxCommitAllowOverride }
	rollingBackAlways := func(o *pgrest.Options) { o.TxEnd = pgrest.TxRollback }
	preRequest := func(o *pgrest.Options) { o.PreRequest = "extra.pre_request" }
	add := `{"a": 1, "b": 2}`
	for _, tt := range []struct {
		write
		change option
		trips  int
	}{
		{write{name: "insert", target: "/visitors_book", payload: `{"entry": "x"}`}, nil, 1},
		{write{name: "insert_by_anonymous", token: nobody, target: "/visitors_book", payload: `{"entry": "x"}`}, nil, 1},
		{write{name: "insert_with_location", target: "/tickets", prefer: "return=headers-only", payload: `{}`}, nil, 1},
		{write{name: "insert_shown", target: "/tickets?select=price", prefer: representation, payload: `{}`}, nil, 1},
		{write{name: "insert_with_embeds", target: "/loans?select=films(title)", prefer: representation,
			payload: `{"film_id": 1, "lender": "BFI", "borrower": "CF", "during": "[2024-01-01,)"}`}, nil, 1},
		{write{name: "bulk_insert", target: "/visitors_book", payload: `[{"entry": "x"}, {"entry": "y"}]`}, nil, 1},
		{write{name: "insert_of_csv", target: "/visitors_book", send: sendCSV, payload: "entry\nx\ny"}, nil, 1},
		{write{name: "insert_counted", target: "/visitors_book", prefer: "count=exact", payload: `[{"entry": "x"}, {"entry": "y"}]`}, nil, 1},
		{write{name: "insert_after_a_pre_request", target: "/visitors_book", payload: `{"entry": "x"}`}, preRequest, 1},
		{write{name: "update", method: "PATCH", target: "/films?id=eq.1", payload: `{"rating": 9}`}, nil, 1},
		{write{name: "update_shown", method: "PATCH", target: "/films?id=eq.1&select=id", prefer: representation, payload: `{"rating": 9}`, body: `[{"id": 1}]`}, nil, 1},
		{write{name: "delete", method: "DELETE", target: "/roles?film_id=eq.1"}, nil, 1},
		{write{name: "upsert", target: "/genres", prefer: "resolution=merge-duplicates", payload: `{"id": 1, "name": "x"}`, status: 200}, nil, 1},
		{write{name: "rolled_back", target: "/visitors_book", prefer: "tx=rollback", payload: `{"entry": "x"}`}, overridable, 1},
		{write{name: "rolled_back_always", method: "PATCH", target: "/films?id=eq.1", payload: `{"rating": 9}`}, rollingBackAlways, 1},
		{write{name: "get_of_a_function", method: "GET", target: "/rpc/add?a=1&b=2", status: 200}, nil, 1},
		{write{name: "call_of_a_function", target: "/rpc/add", payload: add, status: 200}, nil, 1},
		{write{name: "call_of_rows", target: "/rpc/rate_all?select=id&limit=1", payload: `{"rating": 9}`, status: 200}, nil, 1},
		{write{name: "call_of_a_row", target: "/rpc/film", payload: `{"id": 1}`, status: 200}, nil, 1},
		{write{name: "call_of_nothing", target: "/rpc/sign_book", payload: `{"entry": "x"}`, status: 204}, nil, 1},
		{write{name: "call_counted", target: "/rpc/rate_all?select=id&limit=1", prefer: "count=exact", payload: `{"rating": 9}`, status: 206}, nil, 1},
		{write{name: "call_with_an_isolation_level", target: "/rpc/serializable_setting", payload: `{"name": "role"}`, status: 200}, nil, 1},
		{write{name: "singular_read_by_a_function", method: "GET", target: "/rpc/films_of?director=Ingmar%20Bergman", send: acceptOne, status: 200}, nil, 1},

		{write{name: "insert_of_one", target: "/tickets?select=price", prefer: representation, send: acceptOne, payload: `{}`}, nil, 2},
		{write{name: "update_of_one", method: "PATCH", target: "/films?id=eq.1", send: acceptOne, payload: `{"rating": 9}`}, nil, 2},
		{write{name: "update_of_none_for_one", method: "PATCH", target: "/films?id=eq.0", send: acceptOne, payload: `{"rating": 9}`, status: 406}, nil, 2},
		{write{name: "bounded_update", method: "PATCH", target: "/films?id=eq.1", prefer: bounded + "1", payload: `{"rating": 9}`}, nil, 2},
		{write{name: "update_beyond_its_bound", method: "PATCH", target: "/films", prefer: bounded + "1", payload: `{"rating": 9}`, status: 400}, nil, 2},
		{write{name: "bounded_delete", method: "DELETE", target: "/roles?film_id=eq.11", prefer: bounded + "1"}, nil, 2},
		{write{name: "put", method: "PUT", target: "/genres?id=eq.1", payload: `{"id": 1, "name": "x"}`}, nil, 2},
		{write{name: "put_of_another", method: "PUT", target: "/genres?id=eq.1", payload: `{"id": 2, "name": "x"}`, status: 400}, nil, 2},
		{write{name: "bounded_call", target: "/rpc/rate_all?select=id", prefer: bounded + "20", payload: `{"rating": 9}`, status: 200}, nil, 2},
		{write{name: "call_counted_from_an_offset", target: "/rpc/rate_all?select=id&offset=5", prefer: "count=exact", payload: `{"rating": 9}`, status: 206}, nil, 2},
		{write{name: "bounded_and_rolled_back", method: "PATCH", target: "/films?id=eq.1", prefer: bounded + "1", payload: `{"rating": 9}`}, rollingBackAlways, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var wire traffic
			var changes []option
			if tt.change != nil {
				changes = append(changes, tt.change)
			}
			api := wiredWrites(t, &wire, changes...)
			for use := range 3 {
				w := answer(api, tt.request(t))
				require.Equal(t, tt.usualStatus(), w.Code, w.Body)
				flushes, _, ready, sent := wire.count()
				require.Equal(t, tt.trips, flushes, sent)
				require.Equal(t, tt.trips, ready, sent)
				if use > 1 {
					require.NotContains(t, sent, "P", "a statement was parsed again")
				}
			}
		})
	}
}
