package payment

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/examples/shop/provider"
	"github.com/pgrest-go/pgrest/pgresttest"
)

// pgNetVariable names a database, by a superuser's URL, that pg_net is set to: then the story is
// told of it, too. It has to be new.
const pgNetVariable = "SHOP_PG_NET_URL"

// A provider sleeps three seconds, fails twice in three calls, tells some charges twice, and is
// down for a while. Meanwhile orders are answered at once; and each is charged and confirmed
// exactly once, by two workers.
func TestStory(t *testing.T) {
	t.Parallel()
	ways := map[string]Carrier{"a worker over the outbox": Outbox, "River": River}
	if os.Getenv(pgNetVariable) != "" {
		ways["pg_net"] = Outbox
	}
	for name, carrier := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var database *pgresttest.Database
			if name == "pg_net" {
				database = &pgresttest.Database{URL: os.Getenv(pgNetVariable)}
				require.NoError(t, migrate(t.Context(), database.URL))
			} else {
				database = server.Clone(t)
			}
			s := openShop(t, database, provider.Settings{
				Delay: 3 * time.Second, FailTwiceInThree: true, Decline: decline,
				Callback: "/rpc/payment_callback", CallbackTwice: true,
			}, quickly.by(carrier))
			require.Equal(t, name == "pg_net", ask[bool](s, `SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_net')`))
			s.work(carrier)
			s.work(carrier)

			var orders []int64
			var took []time.Duration
			for i := range 24 {
				if i == 12 {
					s.provider.SetDown(true)
				}
				start := time.Now()
				orders = append(orders, s.place(aProduct))
				took = append(took, time.Since(start))
			}
			declined := s.place(anExpensive)
			slices.Sort(took)
			t.Logf("orders were answered in %v in the middle, and in %v at most", took[len(took)/2], took[len(took)-1])
			time.Sleep(time.Second)
			s.provider.SetDown(false)
			s.settled()

			require.Equal(t, "declined", ask[string](s, `SELECT state FROM private.payments WHERE order_id = $1`, declined))
			charges := s.provider.Charges()
			require.Equal(t, 1, count(charges, func(c provider.Charge) bool { return c.Order == declined }))
			// The rest is confirmed, once each. Of the declined one, requireOnce sees no confirmation.
			require.Equal(t, len(orders), ask[int](s, `SELECT count(*) FROM private.payment_events WHERE event = 'confirmed'`))
			require.Equal(t, len(orders), ask[int](s, `SELECT count(DISTINCT payment_id) FROM private.payment_events WHERE event = 'confirmed'`))
			require.Len(t, charges, len(orders)+1, "one for each order")
			for _, order := range orders {
				require.Equal(t, 1, count(charges, func(c provider.Charge) bool { return c.Order == order }))
				require.Equal(t, "confirmed", ask[string](s, `SELECT payment FROM api.orders WHERE id = $1`, order))
			}
			require.Zero(t, ask[int](s, `SELECT count(*) FROM private.payment_events WHERE event = 'contradiction'`))
			require.Equal(t, 1000-len(orders), ask[int](s, `SELECT stock FROM api.products WHERE id = $1`, aProduct))
			require.Equal(t, 10, ask[int](s, `SELECT stock FROM api.products WHERE id = $1`, anExpensive), "given back")
			require.Equal(t, 100000-10*len(orders), ask[int](s, `SELECT credit::int FROM api.customers WHERE id = $1`, aCustomer))
			t.Logf("%d calls for %d payments", s.provider.Calls(), len(charges))
		})
	}
}

func count[T any](all []T, is func(T) bool) (n int) {
	for _, one := range all {
		if is(one) {
			n++
		}
	}
	return n
}

// both runs a test of each carrier.
func both(t *testing.T, test func(t *testing.T, carrier Carrier)) {
	t.Parallel()
	for _, carrier := range []Carrier{Outbox, River} {
		t.Run(string(carrier), func(t *testing.T) {
			t.Parallel()
			test(t, carrier)
		})
	}
}

// What doesn't come to an end is a dead letter, which an operator sees and has tried again. The
// attempt that did charge, and whose answer was lost, isn't made a second time.
func TestDeadLetter(t *testing.T) {
	both(t, func(t *testing.T, carrier Carrier) {
		settings := quickly.by(carrier)
		settings.MaxAttempts = 2
		s := newShop(t, provider.Settings{FailTwiceInThree: true}, settings)
		s.work(carrier)
		order := s.place(aProduct)
		s.settled()
		require.Len(t, s.provider.Charges(), 1, "the second call has charged, and its answer was lost")

		var payments []struct {
			ID        int64
			State     string
			Attempts  int
			LastError *string `json:"last_error"`
		}
		s.operator.Get("/payments?state=eq.failed").Status(200).Decode(&payments)
		require.Len(t, payments, 1)
		require.Equal(t, "failed", payments[0].State)
		require.Equal(t, 2, payments[0].Attempts)
		require.Contains(t, *payments[0].LastError, "2 attempts, the last: ")
		payment := map[string]int64{"payment": payments[0].ID}
		s.customer.Get("/payments?select=state,last_error").Status(200).JSON(`[{"state": "failed", "last_error": null}]`)
		s.customer.Get("/orders?select=payment,payments(attempts)").Status(200).JSON(`[{"payment": "failed", "payments": {"attempts": 2}}]`)
		s.customer.Post("/rpc/requeue_payment", payment).Status(403).Error("42501")
		s.nobody.Get("/payments").Status(401).Error("42501")

		s.operator.With("Prefer", "return=representation").Post("/rpc/requeue_payment?select=state,attempts", payment).
			Status(200).JSON(`[{"state": "pending", "attempts": 0}]`)
		s.settled()
		s.requireOnce(order)
		s.operator.Post("/rpc/requeue_payment", payment).Status(409).Error("PT409")
		s.operator.Post("/rpc/requeue_payment", map[string]int64{"payment": 17}).Status(404).Error("PT404")
	})
}

// What the provider declines is an end: the order gives back what it took, in the transaction
// that says so.
func TestDeclined(t *testing.T) {
	both(t, func(t *testing.T, carrier Carrier) {
		s := newShop(t, provider.Settings{Decline: decline, Callback: "/rpc/payment_callback", CallbackTwice: true}, quickly.by(carrier))
		s.place(anExpensive)
		s.place(anExpensive)
		require.Equal(t, []int{8, 98668}, s.stockAndCredit(anExpensive))
		s.work(carrier)
		s.settled()
		s.until(func() bool { return s.provider.Calls() >= 2 })
		require.Equal(t, []int{10, 100000}, s.stockAndCredit(anExpensive))
		s.customer.Get("/payments?select=state,last_error&limit=1").Status(200).
			JSON(`[{"state": "declined", "last_error": "the card's limit"}]`)
		require.Len(t, s.provider.Charges(), 2)
	})
}

func (s *shop) stockAndCredit(product int) []int {
	s.t.Helper()
	return []int{
		ask[int](s, `SELECT stock FROM api.products WHERE id = $1`, product),
		ask[int](s, `SELECT credit::int FROM api.customers WHERE id = $1`, aCustomer),
	}
}

// An order that isn't placed isn't paid for: its payment, and the call, are in its transaction.
func TestNoOrderNoCall(t *testing.T) {
	both(t, func(t *testing.T, carrier Carrier) {
		s := newShop(t, provider.Settings{}, quickly.by(carrier))
		s.work(carrier)
		s.exec(`UPDATE api.customers SET credit = 15`)
		order := s.place(aProduct)
		s.customer.Post("/rpc/place_order", `{"lines": [{"product_id": 1, "quantity": 1}]}`).Status(402).Error("PT402")
		s.settled()
		s.requireOnce(order)
		require.Equal(t, 1, s.provider.Calls())
		require.Equal(t, 1, ask[int](s, `SELECT count(*) FROM private.payments`))
	})
}

// Payments that one carrier has not brought to an end are carried by the other.
func TestAnotherCarrier(t *testing.T) {
	t.Parallel()
	for from, to := range map[Carrier]Carrier{Outbox: River, River: Outbox} {
		t.Run(string(from)+" to "+string(to), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, provider.Settings{}, quickly.by(from))
			orders := []int64{s.place(aProduct), s.place(aProduct)}
			s.exec(`UPDATE private.payment_provider SET carrier = $1`, to)
			s.work(to)
			s.settled()
			s.requireOnce(orders...)
		})
	}
}

// A worker that is closed leaves nothing behind, and what it had begun is begun again at once.
func TestClose(t *testing.T) {
	both(t, func(t *testing.T, carrier Carrier) {
		s := newShop(t, provider.Settings{Delay: 500 * time.Millisecond}, quickly.by(carrier))
		stop := s.work(carrier)
		order := s.place(aProduct)
		s.until(func() bool { return s.provider.Calls() == 1 }) // which is under way
		stop()
		stop() // a second time does nothing
		require.Zero(t, ask[int](s, `SELECT count(*) FROM private.payment_events WHERE event <> 'asked'`))
		if carrier == Outbox {
			require.Equal(t, 1, ask[int](s, `SELECT count(*) FROM net.http_request_queue WHERE leased_until < now()`))
		}
		s.work(carrier)
		s.settled()
		s.requireOnce(order)
	})
}
