package apitest_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// A PUT with If-None-Match: * inserts its row, or nothing.
func TestConditional_create(t *testing.T) {
	t.Parallel()
	present := fault("55000", "There is such a row already, and a PUT with If-None-Match: * changes none", "", "")
	mismatch := fault("PGRST115", "Payload values do not match URL in primary key column(s)", "", "")
	for name, table := range map[string]string{"table": "/counters", "view": "/ledger", "partitioned_table": "/parts"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := serveClone(t, versioned, byRevision)
			put := func(id int, match, prefer, payload string, status int, body string) *http.Response {
				t.Helper()
				x := write{method: "PUT", target: fmt.Sprintf("%s?select=id,n&id=eq.%d", table, id), prefer: prefer, payload: payload, send: headers{"If-None-Match": "*"}}
				if match != "" {
					x.send["If-Match"] = match
				}
				response := answer(api, x.request(t)).Result()
				got := read(t, response)
				require.Equal(t, status, response.StatusCode, got)
				require.Equal(t, compact(body), compact(got))
				return response
			}
			created := put(50, "", representation, `{"id": 50, "n": 5}`, 201, `[{"id": 50, "n": 5}]`)
			if name != "partitioned_table" { // whose rows have no versions
				require.Equal(t, tagOf(t, api, table+"?select=id,n&id=eq.50"), created.Header.Get("Etag"))
				put(50, "*", "", `{"id": 50, "n": 8}`, 412, changed)
				put(54, "*", "", `{"id": 54, "n": 8}`, 404, noRow)
			}
			put(50, "", representation, `{"id": 50, "n": 6}`, 412, present)
			put(50, "", "", `{"id": 50, "n": 6}`, 412, present)
			put(51, "", "", `{"id": 51, "n": 5}`, 204, "")
			put(52, "", "", `{"id": 51, "n": 5}`, 400, mismatch)
			put(50, "", "", `{"id": 51, "n": 5}`, 400, mismatch)
			put(52, "", representation, `[{"id": 51, "n": 5}, {"id": 52, "n": 7}]`, 201, `[{"id": 52, "n": 7}]`)
			put(52, "", representation, `[{"id": 52, "n": 8}, {"id": 53, "n": 7}]`, 412, present)
			require.JSONEq(t, `[{"n": 5}, {"n": 5}, {"n": 7}]`, read(t, lookAt(t, api, table+"?select=n&id=gte.50&order=id", nil)))
			requireWrite(t, api, "PUT", table+"?id=eq.50", "", "", `{"id": 50, "n": 9}`, 204, "")
		})
	}
}

// Of many clients that create one row at the same time, one does.
func TestConditional_creators(t *testing.T) {
	t.Parallel()
	api := serveClone(t, versioned)
	var group sync.WaitGroup
	var created, refused atomic.Int64
	for i := range 20 {
		group.Go(func() {
			x := write{method: "PUT", target: "/counters?id=eq.70", payload: fmt.Sprintf(`{"id": 70, "n": %d}`, i), send: headers{"If-None-Match": "*"}}
			switch w := answer(api, x.request(t)); w.Code {
			case http.StatusNoContent:
				created.Add(1)
			case http.StatusPreconditionFailed:
				refused.Add(1)
			}
		})
	}
	group.Wait()
	require.Equal(t, []int64{1, 19}, []int64{created.Load(), refused.Load()})
}

// An update by an array of rows holds the condition against the row, too.
func TestConditional_bulk(t *testing.T) {
	t.Parallel()
	api := serveClone(t, versioned, byRevision)
	patch := func(target, match, prefer, payload string) *http.Response {
		x := write{method: "PATCH", target: target, prefer: prefer, payload: payload, send: headers{"Content-Type": rowsType, "If-Match": match}}
		return answer(api, x.request(t)).Result()
	}
	for _, table := range []string{"/counters", "/ledger"} {
		row := table + "?select=id,n&id=eq.1"
		for _, prefer := range []string{"", representation, representation + ", handling=lenient"} {
			first := tagOf(t, api, row)
			refused := patch(row, `"AAAA.x"`, prefer, `[{"id": 1, "n": 10}]`)
			require.Equal(t, compact(changed), compact(read(t, refused)))
			require.Equal(t, http.StatusPreconditionFailed, refused.StatusCode)
			require.Equal(t, first, tagOf(t, api, row), "nothing was written")
			written := patch(row, first, prefer, `[{"id": 1, "n": 11}]`)
			require.Less(t, written.StatusCode, 300, read(t, written))
			second := tagOf(t, api, row)
			require.NotEqual(t, first, second)
			if prefer != "" {
				require.Equal(t, second, written.Header.Get("Etag"))
			}
			require.Equal(t, http.StatusPreconditionFailed, patch(row, first, prefer, `[{"id": 1, "n": 12}]`).StatusCode)
			require.Less(t, patch(row, "*", prefer, `[{"id": 1, "n": 12}]`).StatusCode, 300)
			require.Equal(t, http.StatusPreconditionFailed, patch(row, first, prefer, `[{"id": 1}]`).StatusCode, "which changes nothing")
			require.Less(t, patch(row, tagOf(t, api, row), prefer, `[{"id": 1}]`).StatusCode, 300)
		}
		several := patch(table, tagOf(t, api, row), "", `[{"id": 1, "n": 10}, {"id": 2, "n": 10}]`)
		require.Equal(t, http.StatusPreconditionFailed, several.StatusCode, "which have no tag together")
	}
}
