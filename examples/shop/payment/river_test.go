package payment

import (
	"context"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/examples/shop/provider"
)

// A payment's job is in the transaction that asks for the payment, and there is one at a time.
func TestRiverJobs(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{}, quickly.by(River))
	jobs := func() string {
		return ask[string](s, `SELECT coalesce(string_agg((args ->> 'payment') || ' ' || state, ', ' ORDER BY id), '')
			FROM river.river_job WHERE kind = 'charge'`)
	}
	s.place(aProduct)
	require.Equal(t, "1 available", jobs())
	s.customer.Post("/rpc/place_order", `{"lines": [{"product_id": 1, "quantity": 1000}]}`).Status(409)
	s.customer.With("Prefer", "tx=rollback").Post("/rpc/place_order", `{"lines": [{"product_id": 1, "quantity": 1}]}`)
	s.customer.Get("/payments").Status(200)
	require.Equal(t, ask[int](s, `SELECT count(*) FROM private.payments`), ask[int](s, `SELECT count(*) FROM river.river_job`))
	before := jobs()

	// What has a job keeps it.
	client, err := river.NewClient(riverpgxv5.New(s.payments), &river.Config{Schema: riverSchema})
	require.NoError(t, err)
	waiting, err := payments(t.Context(), s.payments, `SELECT private.payments_pending()`)
	require.NoError(t, err)
	require.NotEmpty(t, waiting)
	_, err = client.InsertMany(t.Context(), waiting)
	require.NoError(t, err)
	require.Equal(t, before, jobs())

	// A dead letter's job is done, and an operator's requeue enqueues another.
	s.exec(`UPDATE river.river_job SET state = 'completed', finalized_at = now() WHERE args ->> 'payment' = '1'`)
	s.exec(`SELECT private.fail_payment(1, 'as it happens')`)
	s.operator.Post("/rpc/requeue_payment", `{"payment": 1}`).Status(200)
	require.Equal(t, "completed available", ask[string](s, `SELECT string_agg(state::text, ' ' ORDER BY id)
		FROM river.river_job WHERE args ->> 'payment' = '1'`))
}

// A payment without a job, such as one that SQL asks for past the hook, gets one from the sweep.
func TestSweep(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{}, quickly.by(River))
	order := s.place(aProduct)
	s.exec(`DELETE FROM river.river_job`)
	s.work(River) // which sweeps at its start
	s.settled()
	s.requireOnce(order)
}

// A job whose payment has come to its end by a callback makes no call.
func TestJobWithoutCall(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{}, quickly.by(River))
	s.place(aProduct)
	s.exec(`SELECT private.settle_payment(1, 200, NULL, '{"status": "succeeded"}', NULL)`)
	s.work(River)
	s.until(func() bool {
		return ask[int](s, `SELECT count(*) FROM river.river_job WHERE kind = 'charge' AND state = 'completed'`) == 1
	})
	require.Zero(t, s.provider.Calls())
}

// An option that River refuses is an error, and not a worker that doesn't work.
func TestStartRiverFails(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{}, quickly.by(River))
	_, err := StartRiver(t.Context(), s.payments, RiverOptions{Concurrency: 1 << 20, Logger: logger(t)})
	require.Error(t, err)
	ended, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	_, err = StartRiver(ended, s.payments, RiverOptions{Logger: logger(t)})
	require.Error(t, err)
	_, err = Start(ended, s.payments, Options{Logger: logger(t)})
	require.Error(t, err)
}
