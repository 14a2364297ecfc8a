package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/examples/shop/payment"
	"github.com/pgrest-go/pgrest/examples/shop/provider"
)

// The program as it is run carries payments, by either way: an order is pending when it is
// answered, and confirmed a while later.
func TestPayments(t *testing.T) {
	t.Parallel()
	for _, carrier := range []payment.Carrier{payment.Outbox, payment.River} { // one after the other, as both give the login roles passwords
		t.Run(string(carrier), func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			address := "http://" + listener.Addr().String()
			ctx, stop := context.WithCancel(t.Context())
			ended, url := make(chan error, 1), server.Clone(t).URL
			go func() {
				ended <- serve(ctx, listener, settings{url: url, carrier: carrier, out: io.Discard,
					faults: provider.Settings{FailTwiceInThree: true, CallbackTwice: true, Decline: demoFaults.Decline},
					logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))})
			}()
			var alice issued
			call(t, address, "", "/rpc/login", map[string]string{"email": demoAccounts[0].Email, "password": demoAccounts[0].Password}, &alice)
			var cheap, dear struct {
				ID      int
				Payment string
			}
			call(t, address, alice.Token, "/rpc/place_order", json.RawMessage(order(1, 1)), &cheap)
			call(t, address, alice.Token, "/rpc/place_order", json.RawMessage(order(10, 1)), &dear)
			require.Equal(t, "pending", cheap.Payment)
			states := func() map[int]string {
				var payments []struct {
					OrderID int `json:"order_id"`
					State   string
				}
				call(t, address, alice.Token, "/payments?select=order_id,state", nil, &payments)
				all := map[int]string{}
				for _, p := range payments {
					all[p.OrderID] = p.State
				}
				return all
			}
			require.Eventually(t, func() bool {
				got := states()
				return got[cheap.ID] == "confirmed" && got[dear.ID] == "declined"
			}, time.Minute, 50*time.Millisecond)
			stop()
			require.NoError(t, <-ended)
		})
	}
	require.ErrorContains(t, run(t.Context(), []string{"-payments=pigeon"}), "pigeon")
}

// call asks the API: with POST if there is a body.
func call(t *testing.T, address, token, path string, body, into any) {
	t.Helper()
	method, content := http.MethodGet, []byte(nil)
	if body != nil {
		var err error
		content, err = json.Marshal(body)
		require.NoError(t, err)
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(t.Context(), method, address+"/api"+path, bytes.NewReader(content))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Less(t, response.StatusCode, 300, string(answer))
	require.NoError(t, json.Unmarshal(answer, into), fmt.Sprint(string(answer)))
}
