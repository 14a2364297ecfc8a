package apitest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Buyers order at the same time, each an order with two lines and what they take from the stock,
// in a batch. Backends are killed meanwhile. An order is there with all that belongs to it, or
// not at all; nothing is sold that isn't there; and who was told that an order is there finds it.
func TestStory_orders_with_their_lines_and_stock(t *testing.T) {
	t.Parallel()
	const buyers, stock = 16, 60
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), shopping+fmt.Sprintf(`; UPDATE archive.products SET stock = %d;
		CREATE UNIQUE INDEX ON archive.orders (customer)`, stock))
	require.NoError(t, err)
	api := open(t, db.Pool(t, pgtest.MaxConns(8)))
	order := func(customer string, first, second int) *http.Request {
		take := func(product int) string {
			return fmt.Sprintf(`{"method": "POST", "path": "/rpc/buy", "body": {"p": %d}}`, product)
		}
		requests := `[{"name": "order", "method": "POST", "path": "/orders?select=id", "headers": {"Prefer": "return=representation"}, "body": {"customer": "` + customer + `"}},` +
			fmt.Sprintf(`{"method": "POST", "path": "/lines", "body": [{"order_id": {"$ref": "order/0/id"}, "product": %d}, {"order_id": {"$ref": "order/0/id"}, "product": %d}]},`, first, second) +
			take(min(first, second)) + `,` + take(max(first, second)) + `,{"method": "GET", "path": "/lines?order_id=eq.{order/0/id}&select=product&order=product"}]`
		return batchOf{requests: requests}.request(t)
	}
	var sold, soldOut, unknown atomic.Int64
	var mu sync.Mutex
	told := map[string]bool{}
	var buying sync.WaitGroup
	for buyer := range buyers {
		buying.Go(func() {
			for n := 0; ; n++ {
				first := 1 + rand.IntN(3)
				second := 1 + first%3
				customer := fmt.Sprintf("%d-%d", buyer, n)
				w := httptest.NewRecorder()
				api.ServeHTTP(w, order(customer, first, second))
				switch body := w.Body.String(); {
				case w.Code == 200:
					sold.Add(1)
					mu.Lock()
					told[customer] = true
					mu.Unlock()
				case w.Code == 400 && strings.Contains(body, "products_stock_check") && strings.Contains(body, `"index":`):
					if soldOut.Add(1) > 2*buyers {
						return
					}
				case w.Code == 503 || strings.Contains(body, "57P01"):
					unknown.Add(1)
				default:
					t.Errorf("%d %s", w.Code, body)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	var killing sync.WaitGroup
	killing.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(15 * time.Millisecond):
				_, _ = super.Exec(context.WithoutCancel(t.Context()), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
					WHERE datname = current_database() AND usename = 'pgrest_test_authenticator' AND random() < 0.3`)
			}
		}
	})
	buying.Wait()
	close(done)
	killing.Wait()
	t.Logf("%d orders, %d sold out, %d unknown", sold.Load(), soldOut.Load(), unknown.Load())
	require.Positive(t, sold.Load())
	require.Equal(t, 0, count(t, super, `SELECT count(*) FROM archive.orders o WHERE (SELECT count(*) FROM archive.lines l WHERE l.order_id = o.id) <> 2`), "an order has its lines")
	require.Equal(t, 0, count(t, super, fmt.Sprintf(`SELECT count(*) FROM archive.products p WHERE stock <> %d - (SELECT count(*) FROM archive.lines l WHERE l.product = p.id)`, stock)),
		"what isn't there any more is in an order")
	require.Equal(t, 0, count(t, super, `SELECT count(*) FROM archive.products WHERE stock < 0`))
	for customer := range told {
		require.Equal(t, 1, count(t, super, `SELECT count(*) FROM archive.orders WHERE customer = '`+customer+`'`), customer)
	}
}
