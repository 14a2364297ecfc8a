package provider_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/examples/shop/provider"
)

// open serves a provider, and gives what asks it: the status, or 0 if the connection is broken
// off, and the body.
func open(t *testing.T, settings provider.Settings) (*provider.Provider, func(key, body string) (int, string)) {
	t.Helper()
	p := provider.New(settings)
	served := httptest.NewServer(p)
	t.Cleanup(func() { p.Close(); served.Close() })
	return p, func(key, body string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, served.URL+"/charges", strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		request.GetBody = nil // no second try of Go's own
		request.Header.Set("Authorization", "Bearer a key")
		if key != "" {
			request.Header.Set("Idempotency-Key", key)
		}
		response, err := served.Client().Do(request)
		if err != nil {
			return 0, ""
		}
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			t.Error(err)
		}
		return response.StatusCode, strings.TrimSpace(string(answer))
	}
}

const body = `{"order": 7, "amount": 12.50}`

// A key is charged once, however often it is sent, and each time answered the same.
func TestCharge(t *testing.T) {
	t.Parallel()
	p, ask := open(t, provider.Settings{APIKey: "a key"})
	for range 3 {
		status, answer := ask("k1", body)
		require.Equal(t, 201, status)
		require.JSONEq(t, `{"charge": "ch_1", "key": "k1", "order": 7, "amount": 12.50, "status": "succeeded"}`, answer)
	}
	status, _ := ask("k2", body)
	require.Equal(t, 201, status, "another key is another charge, of the same order too")
	require.Equal(t, []provider.Charge{
		{ID: "ch_1", Key: "k1", Order: 7, Amount: "12.50", Status: "succeeded", Calls: 3},
		{ID: "ch_2", Key: "k2", Order: 7, Amount: "12.50", Status: "succeeded", Calls: 1},
	}, p.Charges())
	require.Equal(t, 4, p.Calls())
}

// What isn't a charge is refused, and charges nothing.
func TestRefusals(t *testing.T) {
	t.Parallel()
	p, ask := open(t, provider.Settings{APIKey: "a key"})
	for name, tt := range map[string]struct {
		key, body string
		status    int
	}{
		"no key":    {"", body, 400},
		"no JSON":   {"k", `12.50`, 400},
		"no order":  {"k", `{"amount": 12.50}`, 400},
		"no amount": {"k", `{"order": 7}`, 400},
		"too large": {"k", `{"order": 7, "amount": 1, "more": "` + strings.Repeat("x", 1<<17) + `"}`, 400},
	} {
		status, _ := ask(tt.key, tt.body)
		require.Equal(t, tt.status, status, name)
	}
	require.Empty(t, p.Charges())
	status, _ := ask("k", body)
	require.Equal(t, 201, status)
	status, _ = ask("k", `{"order": 7, "amount": 12.51}`)
	require.Equal(t, 422, status, "the key is of another body")
	require.Len(t, p.Charges(), 1)

	other, ask := open(t, provider.Settings{APIKey: "another key"})
	status, _ = ask("k", body)
	require.Equal(t, 401, status)
	require.Empty(t, other.Charges())
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/charges", nil))
	require.Equal(t, 404, w.Code)
}

// Of three calls one fails before it charges, and one after; the third is answered.
func TestFailTwiceInThree(t *testing.T) {
	t.Parallel()
	p, ask := open(t, provider.Settings{FailTwiceInThree: true})
	for i, want := range []struct{ status, charges int }{{503, 0}, {0, 1}, {201, 1}, {503, 1}, {0, 1}, {201, 1}} {
		status, _ := ask("k", body)
		require.Equal(t, want.status, status, i)
		require.Len(t, p.Charges(), want.charges, i)
	}
}

// While it is down, nothing is answered or charged.
func TestDown(t *testing.T) {
	t.Parallel()
	p, ask := open(t, provider.Settings{})
	p.SetDown(true)
	status, _ := ask("k", body)
	require.Zero(t, status)
	require.Empty(t, p.Charges())
	p.SetDown(false)
	status, _ = ask("k", body)
	require.Equal(t, 201, status)
}

// A key whose call is under way is refused until it is over, and charged once. A caller that
// leaves doesn't take the charge back.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	p, ask := open(t, provider.Settings{Delay: 300 * time.Millisecond})
	var mu sync.Mutex
	var all sync.WaitGroup
	count := map[int]int{}
	for range 10 {
		all.Go(func() {
			status, _ := ask("k", body)
			mu.Lock()
			defer mu.Unlock()
			count[status]++
		})
	}
	all.Wait()
	require.Equal(t, 10, count[201]+count[409], "%v", count)
	require.NotZero(t, count[409], "%v", count)
	require.Len(t, p.Charges(), 1)

	impatient := httptest.NewServer(p)
	defer impatient.Close()
	client := &http.Client{Timeout: 50 * time.Millisecond}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, impatient.URL+"/charges", strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Idempotency-Key", "left")
	_, err = client.Do(request)
	require.Error(t, err)
	require.Eventually(t, func() bool { return len(p.Charges()) == 2 }, time.Minute, 10*time.Millisecond)
}

// Each charge and decline is told, every second one twice, with a signature; and again if the
// shop doesn't accept it.
func TestCallbacks(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	told := map[string]int{}
	asked := 0
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if asked++; asked == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if err != nil || r.Header.Get("Payment-Signature") != provider.Sign("a secret", content) {
			t.Error("the signature is another", err)
		}
		var charge provider.Charge
		if err := json.Unmarshal(content, &charge); err != nil {
			t.Error(err)
		}
		told[charge.Key+" "+charge.Status+" "+charge.Reason]++
	}))
	t.Cleanup(shop.Close)
	_, ask := open(t, provider.Settings{
		Callback: shop.URL, Secret: "a secret", CallbackTwice: true,
		Decline: func(order int64, _ json.Number) string {
			if order == 8 {
				return "no funds"
			}
			return ""
		},
	})
	status, _ := ask("a", body)
	require.Equal(t, 201, status)
	status, answer := ask("b", `{"order": 8, "amount": 3}`)
	require.Equal(t, 402, status)
	require.JSONEq(t, `{"charge": "ch_2", "key": "b", "order": 8, "amount": 3, "status": "declined", "reason": "no funds"}`, answer)
	status, _ = ask("c", body)
	require.Equal(t, 201, status)
	want := map[string]int{"a succeeded ": 1, "b declined no funds": 2, "c succeeded ": 1}
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(told) == 3 && asked == 5
	}, time.Minute, 10*time.Millisecond)
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, want, told)
}
