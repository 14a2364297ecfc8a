package apitest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// A batch has no key, and no request that needs one.
func TestIdempotency_batch(t *testing.T) {
	t.Parallel()
	api, pool := keyedAPI(t, pgrest.Idempotency{Required: func(r *pgrest.Request) bool { return r.Action == pgrest.ActionInsert }})
	const batch = `[{"method": "POST", "path": "/payments", "body": {"cents": 5}}]`
	send := headers{"Content-Type": "application/vnd.pgrst.batch+json"}
	run(t, api,
		exchange{name: "key_of_the_batch", method: "POST", target: "/", data: batch, send: withKey("a", send), status: http.StatusBadRequest,
			body: fault("22023", "A batch can't have an Idempotency-Key header", "", "Send its writes by themselves, or leave the header out.")},
		exchange{name: "a_request_that_needs_one", method: "POST", target: "/", data: batch, send: send, status: http.StatusBadRequest,
			body: `{"code":"22023","details":{"index":0,"details":null},` +
				`"hint":"A key is a string in double quotes, such as \"8e03978e-40d5-43dd-bc93-6894a57f9324\".",` +
				`"message":"The request needs an Idempotency-Key header"}`},
	)
	require.Zero(t, payments(t, pool))
}
