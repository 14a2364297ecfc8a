package payment

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/examples/shop/provider"
)

// What an answer of the provider makes of a payment.
func TestSettle(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	for name, test := range map[string]struct {
		status  int // 0 for no answer
		headers string
		content *string
		failure *string
		state   string
		last    string // the message
	}{
		"charged":                       {status: 201, content: text(`{"status": "succeeded", "charge": "ch_7"}`), state: "confirmed"},
		"charged before":                {status: 200, content: text(`{"status": "succeeded"}`), state: "confirmed"},
		"declined":                      {status: 402, content: text(`{"status": "declined", "reason": "no funds"}`), state: "declined", last: "no funds"},
		"declined for no reason":        {status: 402, content: text(`{"status": "declined"}`), state: "declined", last: "declined"},
		"402 of somebody else":          {status: 402, content: text(`pay the proxy first`), state: "failed", last: "the provider answered 402: pay the proxy first"},
		"no answer":                     {failure: text("connection refused"), state: "pending", last: "connection refused"},
		"down":                          {status: 503, content: text(`{"message": "back soon"}`), state: "pending", last: "the provider answered 503: back soon"},
		"too many":                      {status: 429, content: text(``), state: "pending", last: "the provider answered 429: "},
		"under way":                     {status: 409, content: text(`{}`), state: "pending", last: "the provider answered 409: {}"},
		"a proxy's page with 200":       {status: 200, content: text(`<html>`), state: "pending", last: "the provider answered 200: <html>"},
		"200, and not a status we know": {status: 200, content: text(`{"status": "processing"}`), state: "pending", last: `the provider answered 200: {"status": "processing"}`},
		"JSON that is no object":        {status: 200, content: text(`[1]`), state: "pending", last: "the provider answered 200: [1]"},
		"wrong API key":                 {status: 401, content: text(`{"message": "who?"}`), state: "failed", last: "the provider answered 401: who?"},
		"another body with the key":     {status: 422, content: text(`{}`), state: "failed", last: "the provider answered 422: {}"},
		"moved":                         {status: 308, content: text(``), state: "failed", last: "the provider answered 308: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, provider.Settings{}, Provider{FirstPause: time.Minute})
			order := s.place(anExpensive)
			payment := ask[int64](s, `SELECT id FROM private.payments WHERE order_id = $1`, order)
			var status *int
			if test.status != 0 {
				status = &test.status
			}
			require.Equal(t, test.state, ask[string](s, `SELECT private.settle_payment($1, $2, NULL, $3, $4)`,
				payment, status, test.content, test.failure))
			require.Equal(t, test.state, ask[string](s, `SELECT payment FROM api.orders`))
			require.Equal(t, test.last, ask[string](s, `SELECT coalesce(last_error, '') FROM private.payments`))
			require.Equal(t, 1, ask[int](s, `SELECT attempts FROM private.payments`))
			require.Equal(t, test.state == "pending", ask[bool](s, `SELECT next_attempt_at IS NOT NULL FROM private.payments`))
			back := []int{9, 99334}
			if test.state == "declined" {
				back = []int{10, 100000}
			}
			require.Equal(t, back, s.stockAndCredit(anExpensive))
		})
	}
}

// Each pause is about twice as long as the one before, up to a longest, unless the provider says
// when to come back.
func TestPause(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{}, Provider{FirstPause: time.Second, LongestPause: time.Minute})
	for attempts, about := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 7: time.Minute, 1000: time.Minute} {
		for range 20 {
			pause := ask[time.Duration](s, `SELECT private.payment_pause($1, '{}')`, attempts)
			require.GreaterOrEqual(t, pause, about/2)
			require.LessOrEqual(t, pause, about*3/2)
		}
	}
	require.Greater(t, ask[int](s, `SELECT count(DISTINCT private.payment_pause(5, NULL)) FROM generate_series(1, 20)`), 1, "by chance")
	for retryAfter, want := range map[string]time.Duration{"120": 2 * time.Minute, "999999999": 24 * time.Hour} {
		headers, err := json.Marshal(map[string]string{"retry-After": retryAfter})
		require.NoError(t, err)
		require.Equal(t, want, ask[time.Duration](s, `SELECT private.payment_pause(1, $1)`, string(headers)))
	}
	for _, other := range []string{"Wed, 21 Oct 2026 07:28:00 GMT", "-5", "1e9", ""} {
		headers, err := json.Marshal(map[string]string{"Retry-After": other})
		require.NoError(t, err)
		require.Less(t, ask[time.Duration](s, `SELECT private.payment_pause(1, $1)`, string(headers)), 2*time.Second)
	}
	worker := &charger{opts: RiverOptions{FirstPause: time.Second, LongestPause: time.Minute}}
	for failed, about := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 6: time.Minute, 500: time.Minute} {
		pause := worker.pause(failed)
		require.GreaterOrEqual(t, pause, about/2)
		require.LessOrEqual(t, pause, about*3/2)
	}
}

// The provider tells by callback, too: before it answers the call, twice, or against what it said.
func TestCallback(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{}, Provider{}) // and no worker
	s.place(anExpensive)
	key := ask[string](s, `SELECT idempotency_key::text FROM private.payments`)
	callback := func(key, status string) (body, signature string) {
		body = fmt.Sprintf(`{"charge": "ch_1",  "key": %q, "status": %q}`, key, status) // white space is signed, too
		return body, provider.Sign(aSecret, []byte(body))
	}
	json := s.nobody.With("Content-Type", "application/json")

	body, signature := callback(key, "succeeded")
	json.Post("/rpc/payment_callback", body).Status(401).Error("PT401")
	json.With("Payment-Signature", provider.Sign("another secret", []byte(body))).Post("/rpc/payment_callback", body).Status(401).Error("PT401")
	json.With("Payment-Signature", signature).Post("/rpc/payment_callback", body+" ").Status(401).Error("PT401")
	require.Equal(t, "pending", ask[string](s, `SELECT payment FROM api.orders`))

	body, signature = callback("8e5f65e5-6f6f-4b5c-9c53-7ac0c5d9b3a4", "succeeded")
	json.With("Payment-Signature", signature).Post("/rpc/payment_callback", body).Status(404).Error("PT404")
	body, signature = callback(key, "refund.created") // which the shop doesn't know
	json.With("Payment-Signature", signature).Post("/rpc/payment_callback", body).Status(204)
	require.Equal(t, "pending", ask[string](s, `SELECT payment FROM api.orders`))

	body, signature = callback(key, "succeeded")
	for range 2 {
		json.With("Payment-Signature", signature).Post("/rpc/payment_callback", body).Status(204)
		s.customer.Get("/payments?select=state,attempts").Status(200).JSON(`[{"state": "confirmed", "attempts": 1}]`)
	}
	// The opposite is noted, and changes nothing.
	body, signature = callback(key, "declined")
	json.With("Payment-Signature", signature).Post("/rpc/payment_callback", body).Status(204)
	require.Equal(t, "confirmed", ask[string](s, `SELECT payment FROM api.orders`))
	require.Equal(t, 9, ask[int](s, `SELECT stock FROM api.products WHERE id = $1`, anExpensive), "not given back")
	require.Equal(t, 1, ask[int](s, `SELECT count(*) FROM private.payment_events WHERE event = 'contradiction'`))
	// The call that was asked for is made, its answer taken, and nothing changes.
	s.work(Outbox)
	s.until(func() bool { return ask[int](s, `SELECT count(*) FROM private.payment_requests`) == 0 })
	require.Equal(t, 1, ask[int](s, `SELECT count(*) FROM private.payment_events WHERE event = 'confirmed'`))
}

// Nobody but the roles that are meant to reads what payments are made of.
func TestPrivileges(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{}, Provider{})
	s.place(aProduct)
	for role, may := range map[string]string{
		"shop_customer": "", "shop_anon": "", "shop_operator": "", "authenticator": "private.payments_asked()",
		"shop_payments": "private.settle_next_answer() private.next_payment_in() private.payments_pending() private.payment_call(1)",
	} {
		for _, function := range []string{"private.payments_asked()", "private.settle_next_answer()", "private.next_payment_in()",
			"private.payments_pending()", "private.payment_call(1)", "private.request_payment(1)", "private.send_payment(1)"} {
			s.requireMay(role, "SELECT "+function, strings.Contains(may, function))
		}
		for _, table := range []string{"private.payments", "private.payment_provider", "private.payment_requests",
			"private.payment_events", "net.http_request_queue", "net._http_response"} {
			s.requireMay(role, "SELECT FROM "+table, false)
		}
	}
}

// requireMay checks whether a role has the privileges that a statement needs.
func (s *shop) requireMay(role, sql string, may bool) {
	s.t.Helper()
	tx, err := s.db.Begin(s.t.Context())
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, tx.Rollback(s.t.Context())) }()
	_, err = tx.Exec(s.t.Context(), "SET LOCAL ROLE "+role)
	require.NoError(s.t, err)
	_, err = tx.Exec(s.t.Context(), sql)
	if may {
		require.NoError(s.t, err, "%s: %s", role, sql)
		return
	}
	var refused *pgconn.PgError
	require.ErrorAs(s.t, err, &refused, "%s: %s", role, sql)
	require.Equal(s.t, "42501", refused.Code, "%s: %s", role, sql)
}

// Answers that come at the same time count once, and none of them is an error.
func TestSettleAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{}, Provider{})
	s.place(anExpensive)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			var state string
			err := s.payments.QueryRow(t.Context(), `SELECT private.settle_payment(1, 402, NULL, '{"status": "declined"}', NULL)`).Scan(&state)
			if err != nil || state != "declined" {
				t.Error(state, err)
			}
		})
	}
	all.Wait()
	require.Equal(t, []int{10, 100000}, s.stockAndCredit(anExpensive))
	require.Equal(t, 1, ask[int](s, `SELECT attempts FROM private.payments`))
}

// An answer from before the request is another's, whose number it had before a crash.
func TestOldAnswer(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{}, Provider{})
	s.place(aProduct)
	s.exec(`INSERT INTO net._http_response (id, status_code, content, created)
		SELECT request_id, 201, '{"status": "succeeded"}', sent_at - interval '1 s' FROM private.payment_requests`)
	require.Nil(t, ask[*int64](s, `SELECT private.settle_next_answer()`))
	s.exec(`UPDATE net._http_response SET created = created + interval '2 s'`)
	require.Equal(t, int64(1), *ask[*int64](s, `SELECT private.settle_next_answer()`))
	require.Equal(t, "confirmed", ask[string](s, `SELECT payment FROM api.orders`))
}
