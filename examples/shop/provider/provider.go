// Package provider simulates a payment provider over HTTP, with the faults that real ones
// have: it is slow, it fails before or after it has charged, it is down for a while, and it
// tells of the same charge more than once.
//
// A charge is asked for with POST, a body of JSON, and the header Idempotency-Key: however
// often a key is sent, it is charged once. (The header is that of the IETF's draft
// draft-ietf-httpapi-idempotency-key-header, which the large providers follow in the main.)
// Keys and charges are kept in memory, and gone with the process.
//
//	POST /charges
//	Idempotency-Key: 7f1c…
//
//	{"order": 17, "amount": 12.50}
//
// The answers: 201 with the charge; 402 with {"reason": …} for a declined one; 400 without a
// key or with a body that can't be read; 401 for a wrong API key; 409 while another request
// with the key is under way; 422 for a key that was sent with another body; 503 when it fails.
package provider

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// maxBody is the largest body that is read.
const maxBody = 64 << 10

// Settings say how a provider behaves. With the zero value it answers at once, and doesn't
// fail.
type Settings struct {
	// Delay is how long each call takes. The charge is made at its end, also when the caller
	// has left by then.
	Delay time.Duration
	// FailTwiceInThree has it fail the first two of each three calls with a key: the first
	// before it charges, with 503, and the second after it has charged, by breaking the
	// connection off.
	FailTwiceInThree bool
	// Decline gives the reason why a charge is declined; empty if it isn't. nil declines none.
	Decline func(order int64, amount json.Number) string
	// APIKey is what callers send as a bearer token. Empty accepts all.
	APIKey string
	// Callback is a URL that each charge, and each decline, is told to by POST, beside the
	// answer of the call. Empty tells nobody.
	Callback string
	// Secret signs callbacks: the header Payment-Signature is the HMAC-SHA256 of the body in
	// hexadecimal digits.
	Secret string
	// CallbackTwice has every second charge told twice.
	CallbackTwice bool
	// Client sends callbacks. nil is one with a time limit of ten seconds.
	Client *http.Client
	// Logger is told of callbacks that aren't accepted. nil is slog.Default().
	Logger *slog.Logger
}

// Charge is what became of an idempotency key.
type Charge struct {
	// ID is the provider's name for it.
	ID string `json:"charge"`
	// Key is the idempotency key that it was asked for with.
	Key string `json:"key"`
	// Order and Amount are what the body said.
	Order  int64       `json:"order"`
	Amount json.Number `json:"amount"`
	// Status is succeeded or declined.
	Status string `json:"status"`
	// Reason says why it was declined.
	Reason string `json:"reason,omitempty"`
	// Calls is how often the key was sent while the provider was up.
	Calls int `json:"-"`
}

// Provider is the simulated provider. It is an http.Handler, safe for concurrent use.
type Provider struct {
	settings  Settings
	callbacks callbacks

	mu      sync.Mutex
	down    bool
	keys    map[string]*key
	charged []*key // in the order of their charges
	total   int    // calls that arrived, those while it was down included
}

// key is what is known of an idempotency key. Its fields are guarded by Provider.mu.
type key struct {
	body  string
	calls int
	busy  bool
	made  *Charge // nil until it is charged or declined
}

// New makes a provider. Close it.
func New(settings Settings) *Provider {
	if settings.Client == nil {
		settings.Client = &http.Client{Timeout: 10 * time.Second}
	}
	if settings.Logger == nil {
		settings.Logger = slog.Default()
	}
	p := &Provider{settings: settings, keys: map[string]*key{}}
	p.callbacks.start(settings)
	return p
}

// Close breaks calls off, as if the provider were down, and callbacks, for which it waits.
func (p *Provider) Close() { p.callbacks.close() }

// SetDown says whether the provider is down. While it is, connections are broken off without
// an answer, and nothing is charged, not even for calls that came before.
func (p *Provider) SetDown(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// Charges gives all charges and declines, in their order.
func (p *Provider) Charges() []Charge {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Charge
	for _, k := range p.charged {
		made := *k.made
		made.Calls = k.calls
		all = append(all, made)
	}
	return all
}

// Calls is how many calls arrived, those while the provider was down included.
func (p *Provider) Calls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total
}

// ServeHTTP answers a call.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	p.mu.Lock()
	p.total++
	down := p.down
	p.mu.Unlock()
	if down {
		panic(http.ErrAbortHandler) // which breaks the connection off, and logs nothing
	}
	if r.Method != http.MethodPost || r.URL.Path != "/charges" {
		answer(w, http.StatusNotFound, problem{"There is only POST /charges"})
		return
	}
	if p.settings.APIKey != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+p.settings.APIKey)) == 0 {
		answer(w, http.StatusUnauthorized, problem{"The API key is wrong"})
		return
	}
	name := r.Header.Get("Idempotency-Key")
	var asked Charge
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.UseNumber()
	if err := decoder.Decode(&asked); err != nil || name == "" || asked.Order == 0 || asked.Amount == "" {
		answer(w, http.StatusBadRequest, problem{"A call has the header Idempotency-Key, and a body with an order and an amount"})
		return
	}
	k, refusal := p.begin(name, fmt.Sprint(asked.Order, " ", asked.Amount))
	if refusal != 0 {
		answer(w, refusal, problem{http.StatusText(refusal)})
		return
	}
	select {
	case <-time.After(p.settings.Delay):
	case <-p.callbacks.ctx.Done(): // the provider is closed
		p.SetDown(true)
	}
	made, status := p.finish(k, Charge{Key: name, Order: asked.Order, Amount: asked.Amount})
	switch status {
	case abort:
		panic(http.ErrAbortHandler)
	case http.StatusServiceUnavailable:
		answer(w, status, problem{"Try again later"})
	default:
		answer(w, status, made)
	}
}

// abort in place of a status has the connection broken off.
const abort = -1

// begin notes a call with a key, or gives the status of a refusal.
func (p *Provider) begin(name, body string) (*key, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.keys[name]
	if k == nil {
		k = &key{body: body}
		p.keys[name] = k
	}
	switch {
	case k.body != body:
		return nil, http.StatusUnprocessableEntity
	case k.busy:
		return nil, http.StatusConflict
	}
	k.busy = true
	k.calls++
	return k, 0
}

// finish charges, unless the key has been charged, and says how the call is answered.
func (p *Provider) finish(k *key, asked Charge) (*Charge, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k.busy = false
	turn := 0
	if p.settings.FailTwiceInThree {
		turn = k.calls % 3
	}
	switch {
	case p.down:
		return nil, abort
	case turn == 1:
		return nil, http.StatusServiceUnavailable
	}
	if k.made == nil {
		p.charge(k, asked)
	}
	switch {
	case turn == 2:
		return nil, abort
	case k.made.Status == "declined":
		return k.made, http.StatusPaymentRequired
	}
	return k.made, http.StatusCreated
}

// charge makes the charge of a key, or declines it. p.mu is held.
func (p *Provider) charge(k *key, made Charge) {
	p.charged = append(p.charged, k)
	made.ID = fmt.Sprintf("ch_%d", len(p.charged))
	made.Status = "succeeded"
	if p.settings.Decline != nil {
		if made.Reason = p.settings.Decline(made.Order, made.Amount); made.Reason != "" {
			made.Status = "declined"
		}
	}
	k.made = &made
	if p.settings.Callback == "" {
		return
	}
	times := 1
	if p.settings.CallbackTwice && len(p.charged)%2 == 0 {
		times = 2
	}
	for range times {
		p.callbacks.send(made)
	}
}

// problem is the body of an answer that isn't a charge.
type problem struct {
	Message string `json:"message"`
}

func answer(w http.ResponseWriter, status int, body any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // it fails if the caller has left
}
