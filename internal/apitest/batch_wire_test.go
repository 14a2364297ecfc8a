package apitest_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// A request that fails costs no connection, wherever it stands in a batch.
func TestBatch_fails_on_the_wire(t *testing.T) {
	t.Parallel()
	const (
		one    = `{"method": "GET", "path": "/films?select=id&limit=1"}`
		failed = `{"method": "GET", "path": "/films?select=id", "headers": {"Accept": "application/vnd.pgrst.object+json"}}`
		error  = `{"method": "GET", "path": "/rpc/fail?sqlstate=PT418"}`
		write  = `{"method": "POST", "path": "/rpc/sign_book", "body": {"entry": "y"}}`
	)
	var wire traffic
	api := wired(t, &wire, pgrest.Options{TxEnd: pgrest.TxRollback})
	for _, tt := range []struct {
		requests []string
		status   int
	}{
		{[]string{one, failed, one}, 406}, {[]string{one, one, failed}, 406}, {[]string{failed, one}, 406}, {[]string{error, one}, 418}, {[]string{one, error}, 418},
		{[]string{write, failed, write}, 406}, {[]string{write, error, write}, 418}, {[]string{write, write, failed}, 406},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader("["+strings.Join(tt.requests, ",")+"]"))
		r.Header.Set("Content-Type", batchType)
		require.Equal(t, tt.status, answer(api, r).Code, tt.requests)
		wire.count()
		require.Equal(t, 200, answer(api, httptest.NewRequest("GET", "/films?limit=1", nil)).Code)
		flushes, _, ready, sent := wire.count()
		require.Equal(t, []int{1, 1}, []int{flushes, ready}, "another connection after %v: %s", tt.requests, sent)
	}
}

// A batch takes a round trip for each time that a request refers to one which has not been
// answered, and one more if it writes: it is committed when all answers are known.
func TestBatch_round_trips(t *testing.T) {
	t.Parallel()
	const (
		read  = `{"name": "r", "method": "GET", "path": "/films?select=id&order=id&limit=2"}`
		count = `{"method": "GET", "path": "/films?limit=2", "headers": {"Prefer": "count=exact"}}`
		write = `{"name": "w", "method": "POST", "path": "/visitors_book?select=entry", "headers": {"Prefer": "return=representation"}, "body": {"entry": "x"}}`
		call  = `{"method": "POST", "path": "/rpc/sign_book", "body": {"entry": "y"}}`
	)
	for name, tt := range map[string]struct {
		requests []string
		trips    int
		options  pgrest.Options
	}{
		"one read":                 {[]string{read}, 1, pgrest.Options{}},
		"a hundred reads":          {append(timesOver(count, 99), read), 1, pgrest.Options{}},
		"reads, and pre-request":   {[]string{read, count}, 1, pgrest.Options{PreRequest: "extra.pre_request"}},
		"a write":                  {[]string{write}, 2, pgrest.Options{}},
		"many writes":              {append(timesOver(call, 50), write), 2, pgrest.Options{}},
		"writes to be rolled back": {[]string{write, call}, 2, pgrest.Options{TxEnd: pgrest.TxRollback}},
		"reads with a reference":   {[]string{read, count, `{"method": "GET", "path": "/films?id=eq.{r/0/id}"}`, `{"method": "GET", "path": "/films?id=eq.{r/1/id}"}`, count}, 2, pgrest.Options{}},
		"a chain": {[]string{write, `{"name": "b", "method": "POST", "path": "/visitors_book?select=entry", "headers": {"Prefer": "return=representation"}, "body": {"entry": {"$ref": "w/0/entry"}}}`,
			`{"method": "GET", "path": "/visitors_book?entry=eq.{b/0/entry}"}`}, 4, pgrest.Options{}},
		"a large write behind a read": {[]string{read, `{"method": "POST", "path": "/rpc/sign_book", "body": {"entry": "` + strings.Repeat("y", 300<<10) + `"}}`, call}, 3, pgrest.Options{}},
		"large writes":                {timesOver(`{"method": "POST", "path": "/rpc/sign_book", "body": {"entry": "`+strings.Repeat("y", 100<<10)+`"}}`, 4), 3, pgrest.Options{}},
		"OPTIONS alone":               {[]string{`{"method": "OPTIONS", "path": "/films"}`}, 0, pgrest.Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var wire traffic
			if tt.options.TxEnd == pgrest.TxCommit {
				tt.options.TxEnd = pgrest.TxRollback // for other tests
			}
			api := wired(t, &wire, tt.options)
			wire.count()
			for use := range 2 {
				r := httptest.NewRequest("POST", "/", strings.NewReader("["+strings.Join(tt.requests, ",")+"]"))
				r.Header.Set("Content-Type", batchType)
				w := answer(api, r)
				require.Equal(t, 200, w.Code, w.Body)
				flushes, _, ready, sent := wire.count()
				if use > 0 { // the first time it is larger than a buffer of the network's
					require.Equal(t, tt.trips, flushes, sent)
				}
				require.Equal(t, tt.trips, ready, sent)
				if use > 0 {
					require.NotContains(t, sent, "P", "a statement was parsed again")
				}
			}
		})
	}
}
