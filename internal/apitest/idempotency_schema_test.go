package apitest_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// A key is answered as it was before the schema changed, though the request can't be planned any
// more. Others that can't are refused, and the table is asked with a key alone.
func TestIdempotency_of_an_older_schema(t *testing.T) {
	t.Parallel()
	api, pool := keyedAPI(t, pgrest.Idempotency{})
	insert := exchange{method: "POST", target: "/payments?select=id,note", data: `{"cents": 5, "note": "x"}`, send: withKey("insert", headers{"Prefer": "return=representation"})}
	call := exchange{method: "POST", target: "/rpc/pay", data: `{"cents": 5}`, send: withKey("call", nil)}
	first := []*httptest.ResponseRecorder{answer(api, insert.request(t)), answer(api, call.request(t))}
	require.Equal(t, []int{201, 202}, []int{first[0].Code, first[1].Code})
	_, err := pool.Exec(t.Context(), `ALTER TABLE archive.payments RENAME note TO remark; DROP FUNCTION archive.pay`)
	require.NoError(t, err)
	require.NoError(t, api.Reload(t.Context()))
	for i, x := range []exchange{insert, call} {
		w := answer(api, x.request(t))
		require.Equal(t, first[i].Code, w.Code, w.Body)
		require.Equal(t, first[i].Body.String(), w.Body.String())
		require.Equal(t, first[i].Header(), w.Header())
	}
	refused := func(x exchange, status int) {
		t.Helper()
		require.Equal(t, status, answer(api, x.request(t)).Code)
	}
	other, anothers, without := insert, insert, insert
	other.data, anothers.token, without.send = `{"cents": 6, "note": "x"}`, `{"role": "`+curator+`"}`, nil
	refused(other, 400)
	refused(anothers, 400)
	refused(without, 400)
	_, err = pool.Exec(t.Context(), `UPDATE keys.idempotency_keys SET expires = now()`)
	require.NoError(t, err)
	refused(insert, 400)
	_, err = pool.Exec(t.Context(), `DROP TABLE keys.idempotency_keys`)
	require.NoError(t, err)
	refused(insert, 400)
	refused(call, 404)
	require.Equal(t, 2, payments(t, pool))
}
