package apitest_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// held answers requests that stay until they are let go: in Authenticate, or for those of a
// role in an encoder, behind it.
type held struct {
	api     *pgrest.Handler
	arrived chan struct{}
	goOn    chan struct{}
	all     sync.WaitGroup
}

const slowType = "application/vnd.slow"

func (h *held) Start(dst []byte) []byte {
	h.arrived <- struct{}{}
	<-h.goOn
	return dst
}
func (*held) Row(dst []byte, _ pgrest.Row) []byte { return append(dst, '.') }
func (*held) End(dst []byte) []byte               { return dst }

func hold(t *testing.T, limits pgrest.Limits, changes ...option) *held {
	t.Helper()
	h := &held{arrived: make(chan struct{}), goOn: make(chan struct{})}
	h.api = serve(t, append(changes, func(o *pgrest.Options) {
		o.Limits = limits
		o.Encoders = map[string]func([]pgrest.ResultColumn) pgrest.RowEncoder{slowType: func([]pgrest.ResultColumn) pgrest.RowEncoder { return h }}
	})...)
	return h
}

// enter has n requests begin, and waits until they are being answered.
func (h *held) enter(t *testing.T, n int, token string) {
	t.Helper()
	for range n {
		r := exchange{target: "/films?limit=1", token: token, send: headers{"Accept": slowType}}.request(t)
		h.all.Go(func() { answer(h.api, r) })
		<-h.arrived
	}
}

// leave has one of them end, and end all of them.
func (h *held) leave() { h.goOn <- struct{}{} }

func (h *held) end() {
	close(h.goOn)
	h.all.Wait()
}

const tooMany = "Too many requests are being answered"

// There are as many requests at a time as there may be, and one more is refused before
// anything is done for it.
func TestLimits_MaxConcurrent(t *testing.T) {
	t.Parallel()
	var log journal
	identified := 0
	h := hold(t, pgrest.Limits{MaxConcurrent: 3}, log.kept, func(o *pgrest.Options) {
		o.Authenticate = func(*http.Request) (auth.Identity, error) {
			identified++
			return auth.Identity{Role: anon, Anonymous: true}, nil
		}
	})
	log.reset()
	one := exchange{target: "/films?select=id&id=eq.1", body: `[{"id": 1}]`}
	refused := exchange{target: "/films", status: 503, want: headers{"Retry-After": "1"}, body: fault("53400", tooMany, "", "")}

	h.enter(t, 2, "")
	one.check(t, ask(t, h.api, one)) // the third
	h.enter(t, 1, "")
	before := identified
	for range 3 {
		refused.check(t, ask(t, h.api, refused))
	}
	require.Equal(t, before, identified)
	require.Empty(t, log.String(), "anybody can bring it about")

	h.leave()
	waitFor(t, func() bool { return ask(t, h.api, exchange{target: "/films?limit=1"}).StatusCode == 200 }, "there is a place again")
	h.end()
	for range 10 {
		one.check(t, ask(t, h.api, one))
	}
}

// What fails, panics or is refused gives its place back.
func TestLimits_MaxConcurrent_given_back(t *testing.T) {
	t.Parallel()
	api := serve(t, breaking("as told", 1), func(o *pgrest.Options) {
		o.Limits = pgrest.Limits{MaxConcurrent: 1, MaxConcurrentOf: map[string]int{anon: 1}}
	})
	for range 3 {
		require.Equal(t, 500, ask(t, api, exchange{target: "/films", send: headers{"Accept": fragile}}).StatusCode)
		require.Equal(t, 404, ask(t, api, exchange{target: "/flims"}).StatusCode)
		require.Equal(t, 401, ask(t, api, exchange{target: "/films", send: headers{"Authorization": "Bearer x"}}).StatusCode)
		require.Equal(t, 200, ask(t, api, exchange{method: http.MethodOptions, target: "/films"}).StatusCode)
	}
	streaming := serve(t, breaking("as told", 2000), func(o *pgrest.Options) {
		o.Limits, o.BodyThreshold = pgrest.Limits{MaxConcurrent: 1}, 100
	})
	for range 3 {
		require.PanicsWithValue(t, http.ErrAbortHandler, func() { ask(t, streaming, exchange{target: "/ticks?select=id", send: headers{"Accept": fragile}}) })
	}
}

// A role has as many places as it may have, whatever others do.
func TestLimits_MaxConcurrentOf(t *testing.T) {
	t.Parallel()
	h := hold(t, pgrest.Limits{MaxConcurrentOf: map[string]int{anon: 2}})
	refused := exchange{target: "/films", status: 429, want: headers{"Retry-After": "1"},
		body: fault("53400", "Too many requests of this role are being answered", "", "")}
	one := exchange{target: "/films?select=id&id=eq.1", body: `[{"id": 1}]`}
	visits := one
	visits.token = `{"role": "` + visitor + `"}`

	h.enter(t, 1, "")
	one.check(t, ask(t, h.api, one))
	h.enter(t, 1, "")
	refused.check(t, ask(t, h.api, refused))
	visits.check(t, ask(t, h.api, visits))
	h.enter(t, 1, visits.token) // each has a connection, of which there are few
	refused.check(t, ask(t, h.api, refused))
	h.end()
	one.check(t, ask(t, h.api, one))
}

// Of both limits each holds; what the role's refuses takes no place of all.
func TestLimits_MaxConcurrent_both(t *testing.T) {
	t.Parallel()
	h := hold(t, pgrest.Limits{MaxConcurrent: 2, MaxConcurrentOf: map[string]int{anon: 1}})
	h.enter(t, 1, "")
	for range 5 {
		require.Equal(t, 429, ask(t, h.api, exchange{target: "/films"}).StatusCode)
	}
	h.enter(t, 1, `{"role": "`+visitor+`"}`)
	require.Equal(t, 503, ask(t, h.api, exchange{target: "/films"}).StatusCode)
	h.end()
}

func TestLimits_MaxConcurrentOf_refused(t *testing.T) {
	t.Parallel()
	for _, most := range []map[string]int{{anon: 0}, {anon: -1}, {"": 1}} {
		_, err := pgrest.New(pgtest.Fixture(t).Pool(t), pgrest.Options{Limits: pgrest.Limits{MaxConcurrentOf: most}})
		require.ErrorContains(t, err, "Limits.MaxConcurrentOf has ")
	}
}
