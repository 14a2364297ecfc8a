package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/examples/shop/payment"
	"github.com/pgrest-go/pgrest/examples/shop/provider"
)

// The page's panels, and what is in them.
const (
	left      = chromedp.CSS("#left ")  // Alice's
	right     = chromedp.CSS("#right ") // Bob's
	staff     = chromedp.CSS("#operator ")
	logIn     = chromedp.CSS(".login button")
	logOut    = chromedp.CSS(".logout")
	name      = chromedp.CSS("h2")
	about     = chromedp.CSS(".about")
	message   = chromedp.CSS(".message:not([hidden])")
	buy       = chromedp.CSS(".buy")
	orders    = chromedp.CSS(".orders")
	without   = staff + ".plan.without "
	withIndex = staff + ".plan.with "
)

// add is the button of a product in the catalogue.
func add(product string) chromedp.CSS {
	return chromedp.CSS(`button[aria-label="Add ` + product + ` to the basket"]`)
}

// quantity is the input of a product in the basket.
func quantity(product string) chromedp.CSS {
	return chromedp.CSS(`input[aria-label="Quantity of ` + product + `"]`)
}

// Two customers shop side by side, and an operator looks at what it costs.
func TestPage(t *testing.T) {
	// Not parallel: the program gives the server's login roles new passwords.
	tab := openTab(t)
	charge := make(chan struct{}, 3) // lets the provider come to an end with an order
	address, db := program(t, charge)
	tab.do(chromedp.EmulateViewport(1100, 1500), chromedp.Navigate(address+"/"))
	tab.shows(left+".catalogue", "light roast · 250 g · jasmine, lemon")
	tab.do(chromedp.Click(left+logIn), chromedp.Click(right+logIn))
	tab.shows(left+name, "Alice")
	tab.shows(left+about, "Credit 200.00 · subscriber")
	tab.shows(left+".articles", "How fine is fine?")
	tab.shows(right+name, "Bob")
	tab.shows(right+about, "Credit 60.00")

	// Alice buys two bags of coffee and a cup. The order is there at once, and paid a while later.
	tab.do(
		chromedp.Click(left+add("Yirgacheffe")), chromedp.Click(left+add("Yirgacheffe")), chromedp.Click(left+add("Espresso cup")),
	)
	tab.shows(left+".total", "33.90")
	tab.do(chromedp.Click(left + buy))
	tab.shows(left+orders+" .state.pending", "pending")
	tab.shows(left+about, "Credit 166.10")
	charge <- struct{}{}
	require.Contains(t, tab.text(left+orders), "2 × Yirgacheffe, 1 × Espresso cup")
	tab.shows(left+orders+" .state.confirmed", "confirmed")
	tab.shows(left+message, "The payment of order 10001 is confirmed.")

	// Bob sees what is left, and nothing of her order.
	tab.shows(right+".catalogue tr:first-child .number:nth-child(3)", "38")
	require.Equal(t, "None yet.", tab.text(right+orders))

	// He can't afford the grinder, and there aren't so many mugs. His basket is as it was.
	tab.do(chromedp.Click(right+add("Electric grinder")), chromedp.Click(right+buy))
	tab.shows(right+message, "Not enough credit. The order costs 149.00, and your credit is 60.00.")
	tab.do(
		chromedp.Click(right+`button[aria-label="Remove Electric grinder"]`),
		chromedp.Click(right+add("Travel mug")), chromedp.SendKeys(right+quantity("Travel mug"), "99"), // behind the 1
	)
	tab.shows(right+".total", "4875.50")
	tab.do(chromedp.Click(right + buy))
	tab.shows(right+message, "There are only 18 of Travel mug left.")
	require.Equal(t, "None yet.", tab.text(right+orders))
	tab.shows(right+about, "Credit 60.00")

	// What the provider declines costs Alice nothing, and she is told why.
	tab.do(chromedp.Click(left+add("Electric grinder")), chromedp.Click(left+buy))
	tab.shows(left+orders+" .state.pending", "pending")
	tab.shows(left+about, "Credit 17.10")
	charge <- struct{}{}
	tab.shows(left+orders+" li:has(.declined)", "the card's limit is 100")
	tab.shows(left+about, "Credit 166.10")

	// Olga sees the payments, and what the last orders cost the database without an index and with one.
	tab.do(chromedp.Click(staff + logIn))
	tab.shows(staff+".payments", "the card's limit is 100")
	tab.do(chromedp.Click(without + "button"))
	tab.shows(without+".scan", "Seq Scan")
	tab.do(chromedp.Click(withIndex + "button"))
	tab.shows(withIndex+".scan", "Index Scan")
	require.Contains(t, tab.text(without+"mark"), "Seq Scan on orders")
	require.Contains(t, tab.text(withIndex+"mark"), "Index Scan Backward using orders_placed_at on orders")
	tab.do(chromedp.Click(staff + ".count"))
	tab.do(chromedp.Click(right+`button[aria-label="Remove Travel mug"]`), chromedp.Click(right+add("Santos")), chromedp.Click(right+add("Cappuccino cup")),
		chromedp.Click(left+add("Mandheling")), chromedp.Click(right+buy))
	tab.shows(right+orders+" .state.pending", "pending")
	tab.picture()
	charge <- struct{}{}
	tab.shows(right+orders+" .state.confirmed", "confirmed")

	require.NotContains(t, tab.text(staff+".top"), "PASSWORD", "which the program gives its roles")

	// A payment whose answers were all lost she has tried again.
	tab.do(chromedp.Click(staff + logOut))
	require.Empty(t, tab.text(withIndex+"pre"))
	_, err := db.Exec(t.Context(), `
		WITH lost AS (DELETE FROM private.payment_events WHERE event = 'confirmed' RETURNING payment_id)
		UPDATE private.payments SET state = 'failed', last_error = 'no answer in time' WHERE order_id = 10001`)
	require.NoError(t, err)
	tab.do(chromedp.Click(staff + logIn))
	tab.shows(staff+".payments .failed", "failed")
	tab.do(chromedp.Click(staff + ".payments button"))
	tab.shows(staff+".payments tr:last-child", "10001")
	tab.shows(staff+".payments tr:last-child .confirmed", "confirmed")

	for _, width := range []int64{390, 1000, 1100} {
		tab.fits(width)
	}
	tab.requireQuiet(address)
}

// A login is renewed in time, ends when the account's password is changed, and can be begun anew.
func TestPage_login(t *testing.T) {
	t.Parallel()
	tab := openTab(t)
	shop := open(t)
	site := httptest.NewServer(shop.routes())
	t.Cleanup(site.Close)
	shop.exec(t, `UPDATE private.token_settings SET lifetime = '4 seconds'`)
	shop.exec(t, `UPDATE api.products SET name = '<img src=x onerror=alert(1)>' WHERE id = 3`)
	tab.do(chromedp.Navigate(site.URL + "/"))
	tab.shows(left+".catalogue", "<img src=x onerror=alert(1)>")

	tab.do(chromedp.SetValue(left+`[name="password"]`, "alice likes dark roasts"), chromedp.Click(left+logIn))
	tab.shows(left+message, "The address or the password is wrong.")
	tab.do(chromedp.SetValue(left+`[name="email"]`, "olga@example.com"), chromedp.SetValue(left+`[name="password"]`, "olga counts the beans"), chromedp.Click(left+logIn))
	tab.shows(left+message, "This is no account of a customer.")

	tab.do(chromedp.Click(right + logIn))
	tab.shows(right+name, "Bob")
	require.Eventually(t, func() bool { return tab.asked("/rpc/renew_token") >= 2 }, time.Minute, 50*time.Millisecond)
	require.Equal(t, "Bob", tab.text(right+name))
	shop.exec(t, `UPDATE private.accounts SET token_version = token_version + 1`)
	tab.shows(right+message, "This token can't be renewed. Log in again.")
	tab.do(chromedp.WaitVisible(right+logIn), chromedp.Click(right+logIn))
	tab.shows(right+name, "Bob")

	// Nobody carries payments here. Bob is told how often the provider has failed.
	tab.do(chromedp.Click(right+add("Santos")), chromedp.Click(right+add("Last of its kind")))
	tab.shows(right+".total", "29.80")
	shop.exec(t, `DELETE FROM api.order_lines WHERE product_id = 11`)
	shop.exec(t, `DELETE FROM api.products WHERE id = 11`)
	tab.do(chromedp.WaitNotPresent(right+quantity("Last of its kind")), chromedp.Click(right+buy)) // it is sold no longer
	tab.shows(right+orders, "waiting for the payment provider")
	shop.exec(t, `UPDATE private.payments SET attempts = 1`)
	tab.shows(right+orders, "asked again (attempt 2)")
	tab.do(chromedp.Click(right + logOut))
	tab.shows(right+name, "Customer")
	require.Empty(t, tab.text(right+orders))

	// A server that doesn't count statements is no error.
	shop.exec(t, `DROP VIEW IF EXISTS api.top_queries`)
	shop.exec(t, `NOTIFY pgrst, 'reload schema'`)
	tab.do(chromedp.Click(staff + logIn))
	tab.shows(staff+".uncounted:not([hidden])", "without pg_stat_statements")
	tab.shows(staff+".payments", "9.80")
	tab.requireQuiet(site.URL)
}

// program runs the shop, with a provider that takes its time with each charge until it is told
// to go on. It gives the shop's address, and a superuser's pool of its database.
func program(t *testing.T, charge <-chan struct{}) (address string, db *pgxpool.Pool) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended, clone := make(chan error, 1), server.Clone(t)
	go func() {
		ended <- serve(ctx, listener, settings{url: clone.URL, carrier: payment.Outbox, out: io.Discard,
			faults: provider.Settings{CallbackTwice: true, Decline: func(order int64, amount json.Number) string {
				select {
				case <-charge:
				case <-t.Context().Done():
				}
				return demoFaults.Decline(order, amount)
			}},
			logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))})
	}()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	return "http://" + listener.Addr().String(), clone.Pool(t, "")
}
