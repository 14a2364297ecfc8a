package payment

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/examples/shop/provider"
)

// net.http_post has the signature of pg_net's, and writes what pg_net writes.
func TestHTTPPost(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{}, Provider{})
	for name, test := range map[string]struct{ call, want string }{
		"only a URL":  {`net.http_post('http://x/')`, `{"url": "http://x/", "body": "{}", "headers": {"Content-Type": "application/json"}, "timeout": 5000}`},
		"by position": {`net.http_post('http://x/', '{"a": 1}', '{}', '{"A": "b"}', 70)`, `{"url": "http://x/", "body": "{\"a\": 1}", "headers": {"A": "b", "Content-Type": "application/json"}, "timeout": 70}`},
		"a query":     {`net.http_post('http://x/', params := '{"a b": "ü&=", "c": 1}')`, `{"url": "http://x/?c=1&a%20b=%C3%BC%26%3D", "body": "{}", "headers": {"Content-Type": "application/json"}, "timeout": 5000}`},
		"more query":  {`net.http_post('http://x/?y', params := '{"a": "~"}')`, `{"url": "http://x/?y&a=~", "body": "{}", "headers": {"Content-Type": "application/json"}, "timeout": 5000}`},
		"empty query": {`net.http_post('http://x/', params := '{"a": ""}')`, `{"url": "http://x/?a=", "body": "{}", "headers": {"Content-Type": "application/json"}, "timeout": 5000}`},
		"a type":      {`net.http_post('http://x/', headers := '{"content-type": "application/json"}')`, `{"url": "http://x/", "body": "{}", "headers": {"content-type": "application/json"}, "timeout": 5000}`},
	} {
		t.Run(name, func(t *testing.T) {
			id := ask[int64](s, `SELECT `+test.call)
			require.JSONEq(t, test.want, ask[string](s, `SELECT json_build_object('url', url, 'body', convert_from(body, 'UTF8'),
				'headers', headers, 'timeout', timeout_milliseconds)::text FROM net.http_request_queue WHERE id = $1`, id))
		})
	}
	_, err := s.db.Exec(t.Context(), `SELECT net.http_post('http://x/', headers := '{"Content-Type": "text/plain"}')`)
	require.ErrorContains(t, err, "application/json")
}

// Each request is one worker's, until it should be over; then another's, and the first answer
// counts.
func TestClaim(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{}, Provider{})
	s.exec(`SELECT net.http_post('http://x/', timeout_milliseconds := 1) FROM generate_series(1, 100)`)
	var mu sync.Mutex
	claimed := map[int64]int{}
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			rows, err := s.payments.Query(t.Context(), `SELECT id FROM net.claim_requests(10, '1 hour')`)
			if err != nil {
				t.Error(err)
				return
			}
			defer rows.Close()
			for rows.Next() {
				var id int64
				if err := rows.Scan(&id); err != nil {
					t.Error(err)
				}
				mu.Lock()
				claimed[id]++
				mu.Unlock()
			}
			if err := rows.Err(); err != nil {
				t.Error(err)
			}
		})
	}
	workers.Wait()
	require.Len(t, claimed, 80)
	for id, times := range claimed {
		require.Equal(t, 1, times, "request %d", id)
	}
	require.Equal(t, 20, ask[int](s, `SELECT count(*) FROM net.claim_requests(100, '-1 hour')`), "the rest, whose time is over at once")
	require.Equal(t, 20, ask[int](s, `SELECT count(*) FROM net.claim_requests(100, '1 hour')`))
	require.Zero(t, ask[int](s, `SELECT count(*) FROM net.claim_requests(100, '1 hour')`))

	s.exec(`SELECT net.answer_request(100, 200, NULL, NULL, 'first', false, NULL), net.answer_request(100, 500, NULL, NULL, 'second', false, NULL)`)
	require.Equal(t, "first", ask[string](s, `SELECT string_agg(content, ' ') FROM net._http_response WHERE id = 100`))
	s.exec(`SELECT net.release_request(99), net.release_request(100)`)
	require.Equal(t, int64(99), ask[int64](s, `SELECT id FROM net.claim_requests(100, '1 hour')`))
	require.Zero(t, ask[int](s, `SELECT net.forget_answers()`))
	require.Equal(t, 1, ask[int](s, `SELECT net.forget_answers('-1 s')`))
}

// A request that is lost, as pg_net's are when PostgreSQL crashes, is sent again; and a number
// that comes a second time is that of the newer request.
func TestLostRequest(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{}, quickly)
	lost := s.place(aProduct)
	s.exec(`TRUNCATE net.http_request_queue RESTART IDENTITY`)
	order := s.place(aProduct)
	require.Equal(t, 1, ask[int](s, `SELECT count(*) FROM private.payment_requests`))
	s.work(Outbox)
	s.until(func() bool {
		return ask[int](s, `SELECT count(*) FROM private.payments WHERE state = 'confirmed'`) == 1
	})
	s.requireOnce(order)
	s.exec(`UPDATE private.payments SET answer_due_at = now() WHERE state = 'pending'`)
	s.settled()
	s.requireOnce(lost, order)
	require.Equal(t, "the request was lost", ask[string](s, `SELECT detail FROM private.payment_events WHERE event = 'again'`))
}

// An answer that can't be taken makes a dead letter, and doesn't keep others waiting.
func TestAnswerThatCannotBeTaken(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{Decline: decline}, quickly)
	s.place(anExpensive)
	order := s.place(aProduct)
	s.exec(`UPDATE api.customers SET credit = 99999999.99`) // giving back is more than a credit can be
	s.work(Outbox)
	s.settled()
	require.Equal(t, "failed confirmed", ask[string](s, `SELECT string_agg(state::text, ' ' ORDER BY id) FROM private.payments`))
	require.Contains(t, ask[string](s, `SELECT last_error FROM private.payments WHERE state = 'failed'`), "the answer can't be taken: ")
	require.Equal(t, "confirmed", ask[string](s, `SELECT payment FROM api.orders WHERE id = $1`, order))
	require.Equal(t, 9, ask[int](s, `SELECT stock FROM api.products WHERE id = $1`, anExpensive), "not given back without the credit")
	s.exec(`UPDATE api.customers SET credit = 0`)
	s.operator.Post("/rpc/requeue_payment", map[string]int64{"payment": ask[int64](s, `SELECT id FROM private.payments WHERE state = 'failed'`)}).Status(200)
	s.settled()
	require.Equal(t, []int{10, 666}, s.stockAndCredit(anExpensive))
}

// A worker that can't listen finds its work all the same; and it comes back by itself when the
// database has thrown it out.
func TestWithoutNotifications(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{}, quickly)
	worker, err := Start(t.Context(), s.payments, Options{Poll: 20 * time.Millisecond, Logger: logger(t)})
	require.NoError(t, err)
	defer worker.Close()
	thrown := func() int {
		return ask[int](s, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND query LIKE 'LISTEN%'`)
	}
	s.until(func() bool { return thrown() > 0 })
	s.requireOnceAfter(s.place(aProduct))
	s.until(func() bool { return thrown() > 0 }) // it has come back
}

func (s *shop) requireOnceAfter(order int64) {
	s.t.Helper()
	s.settled()
	s.requireOnce(order)
}

// What a call is answered, as net._http_response has it.
func TestDo(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/fine", func(w http.ResponseWriter, r *http.Request) {
		w.Header()["X-Twice"] = []string{"a", "b"}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte("n\x00t \xff text"))
	})
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/fine", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte("x"), 2*maxAnswer))
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/broken", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	served := httptest.NewServer(mux)
	t.Cleanup(served.Close)
	client := newClient()
	t.Cleanup(client.CloseIdleConnections)
	ask := func(path string, timeout time.Duration) answer {
		return do(t.Context(), client, call{Method: http.MethodPost, URL: served.URL + path, Timeout: timeout})
	}

	fine := ask("/fine", aWhile)
	require.Equal(t, 201, *fine.Status)
	require.Equal(t, "n\uFFFDt \uFFFD text", *fine.Content, "as PostgreSQL takes it")
	require.Contains(t, string(fine.Headers), `"X-Twice":"a, b"`)
	require.Equal(t, 307, *ask("/elsewhere", aWhile).Status, "not followed")
	require.Len(t, *ask("/large", aWhile).Content, maxAnswer)
	slow := ask("/slow", 50*time.Millisecond)
	require.True(t, slow.TimedOut)
	require.Nil(t, slow.Status)
	broken := ask("/broken", aWhile)
	require.False(t, broken.TimedOut)
	require.NotEmpty(t, *broken.Error)
	require.NotEmpty(t, *do(t.Context(), client, call{Method: "no method", URL: served.URL}).Error)
}

// No goroutine of this package is left when Close returns. The test doesn't run beside others,
// which have theirs.
func TestNoGoroutineIsLeft(t *testing.T) {
	s := newShop(t, provider.Settings{Delay: 100 * time.Millisecond}, quickly)
	require.NoError(t, MigrateRiver(t.Context(), s.payments, logger(t)))
	for _, carrier := range []Carrier{Outbox, River} {
		stop := s.work(carrier)
		s.place(aProduct)
		if carrier == Outbox {
			s.until(func() bool { return s.provider.Calls() > 0 })
		}
		stop()
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		for _, ours := range []string{"payment.(*Worker)", "payment.(*charger)", "riverqueue"} {
			require.NotContains(t, string(stacks), ours, carrier)
		}
	}
}
