package apitest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// A response beyond BodyThreshold goes out while its rows arrive. How many there
// are is then told by a trailer, or beforehand if they were counted. Where an estimate
// was asked for, the response waits for its end, for the header to tell the range.
func TestStream(t *testing.T) {
	t.Parallel()
	server := listen(t, serve(t))
	for _, tt := range []struct {
		name, target, prefer string
		status, rows         int
		header, trailer      string // Content-Range
	}{
		{"large", "/ticks?id=lte.20000", "", 200, 20000, "", "0-19999/*"},
		{"large_and_counted", "/ticks?id=lte.20000", "count=exact", 200, 20000, "0-19999/20000", ""},
		{"large_page_and_counted", "/ticks?limit=20000&offset=10", "count=exact", 206, 20000, "10-20009/100000", ""},
		{"large_page_and_planned", "/ticks?limit=20000", "count=planned", 206, 20000, "0-19999/100000", ""},
		{"large_page_and_estimated", "/ticks?limit=20000", "count=estimated", 206, 20000, "0-19999/100000", ""},
		{"small", "/ticks?limit=100", "", 200, 100, "0-99/*", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			response := get(t, server.URL+tt.target, tt.prefer)
			require.Equal(t, tt.status, response.StatusCode)
			require.Equal(t, tt.header, response.Header.Get("Content-Range"))
			rows := countRows(t, response.Body)
			require.Equal(t, tt.rows, rows)
			require.Equal(t, tt.trailer, response.Trailer.Get("Content-Range"))
			if tt.rows == 100 || strings.Contains(tt.prefer, "ed") { // planned and estimated counts wait for the end
				require.Positive(t, response.ContentLength)
			} else {
				require.Equal(t, int64(-1), response.ContentLength, "chunked")
			}
		})
	}
	t.Run("CSV", func(t *testing.T) {
		t.Parallel()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/ticks?select=id,name", nil)
		require.NoError(t, err)
		request.Header.Set("Accept", "text/csv")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		lines := strings.Split(read(t, response), "\n")
		require.Len(t, lines, 100001)
		require.Equal(t, `100000,"tick 100000"`, lines[100000])
	})
}

// A function's own status and headers are there for large results, too.
func TestStream_overrides(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		SET search_path = archive;
		CREATE FUNCTION headed_ticks() RETURNS SETOF ticks LANGUAGE plpgsql STABLE AS $$ BEGIN
			PERFORM set_config('response.headers', '[{"X-Reel": "1"}]', true);
			RETURN QUERY SELECT * FROM ticks WHERE id <= 20000;
			PERFORM set_config('response.status', '203', true); END $$;
		CREATE FUNCTION headed_numbers() RETURNS SETOF int LANGUAGE plpgsql STABLE AS $$ BEGIN
			PERFORM set_config('response.headers', '[{"X-Reel": "1"}]', true); PERFORM set_config('response.status', '203', true);
			RETURN QUERY SELECT n FROM generate_series(1, 20000) AS n; END $$`,
		func(o *pgrest.Options) { o.BodyThreshold = 1000 })
	const tick = `{"id":1,"name":"tick 1"}`
	for _, tt := range []struct{ name, method, target, accept, prefer, begin string }{
		{"rows", http.MethodGet, "/rpc/headed_ticks?select=id,name", "", "", "[" + tick},
		{"rows_by_POST", http.MethodPost, "/rpc/headed_ticks?select=id,name", "", "", "[" + tick},
		{"rows_in_order", http.MethodGet, "/rpc/headed_ticks?select=id,name&order=id.desc&id=gt.10", "", "", `[{"id":20000,"name":"tick 20000"}`},
		{"rows_counted", http.MethodGet, "/rpc/headed_ticks?select=id,name&limit=10000", "", "count=exact", "[" + tick},
		{"rows_as_CSV", http.MethodGet, "/rpc/headed_ticks?select=id,name,id", "text/csv", "", "id,name,id\n1,\"tick 1\",1\n"},
		{"rows_as_NDJSON", http.MethodGet, "/rpc/headed_ticks?select=id,name", ndjson, "", tick + "\n"},
		{"values", http.MethodGet, "/rpc/headed_numbers", "", "", "[1, 2,"},
		{"values_counted", http.MethodGet, "/rpc/headed_numbers?limit=10000", "", "count=exact", "[1, 2,"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			response := ask(t, api, exchange{method: tt.method, target: tt.target, send: headers{"Accept": tt.accept, "Prefer": tt.prefer}})
			body := read(t, response)
			require.Empty(t, response.Header.Get("Content-Length"), "chunked")
			require.Equal(t, 203, response.StatusCode)
			require.Equal(t, "1", response.Header.Get("X-Reel"))
			require.Equal(t, tt.begin, body[:len(tt.begin)])
		})
	}
}

// An error that comes while the body is held back is an error; one that comes
// later breaks the connection off, so that nobody takes a part for the whole.
func TestStream_error(t *testing.T) {
	t.Parallel()
	const view = `
		CREATE VIEW archive.breaks AS SELECT n, 1 / (3000 - n) AS quotient FROM generate_series(1, 5000) AS n;
		GRANT SELECT ON archive.breaks TO pgrest_test_anon`
	t.Run("held_back", func(t *testing.T) {
		t.Parallel()
		run(t, serveClone(t, view), exchange{name: "status", target: "/breaks", status: 400, body: fault("22012", "division by zero", "", "")})
	})
	t.Run("streamed", func(t *testing.T) {
		t.Parallel()
		server := listen(t, serveClone(t, view, func(o *pgrest.Options) { o.BodyThreshold = 1000 }))
		response := get(t, server.URL+"/breaks", "")
		require.Equal(t, http.StatusOK, response.StatusCode)
		part, err := io.ReadAll(response.Body)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.NoError(t, response.Body.Close())
		require.False(t, json.Valid(part))

		require.Equal(t, 2999, countRows(t, get(t, server.URL+"/breaks?n=lt.3000", "").Body), "the API goes on")
	})
}

// A client that goes away in the middle costs no connection of the pool, and is no fault.
func TestStream_abandoned(t *testing.T) {
	t.Parallel()
	var log journal
	t.Cleanup(func() { require.NotContains(t, log.String(), "ERROR") }) // when all is answered
	server := listen(t, open(t, pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1)), log.kept))
	for range 3 {
		response := get(t, server.URL+"/ticks", "")
		_, err := io.ReadFull(response.Body, make([]byte, 10000))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	require.Equal(t, 1, countRows(t, get(t, server.URL+"/films?limit=1", "").Body))
}

// listen opens a server on a port of its own.
func listen(t *testing.T, api http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return server
}

func get(t *testing.T, url, prefer string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	request.Header.Set("Prefer", prefer)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	return response
}

// countRows reads a JSON array to its end.
func countRows(t *testing.T, body io.ReadCloser) int {
	t.Helper()
	var rows []json.RawMessage
	require.NoError(t, json.NewDecoder(body).Decode(&rows))
	_, err := io.Copy(io.Discard, body) // trailers come behind the end
	require.NoError(t, err)
	require.NoError(t, body.Close())
	return len(rows)
}
