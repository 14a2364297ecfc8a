package apitest_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// A pool that is used up has requests wait, for as long as the host wants it.
func TestUptime_pool_exhausted(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1))
	api := open(t, pool, func(o *pgrest.Options) { o.AcquireTimeout = 50 * time.Millisecond })
	held, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	timeout := exchange{target: "/films?select=title&id=eq.2", status: http.StatusGatewayTimeout,
		body: fault("PGRST003", "Timed out acquiring connection from connection pool.", "", "")}
	timeout.check(t, ask(t, api, timeout))

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	w := answer(api, timeout.request(t).WithContext(cancelled))
	require.NotContains(t, w.Body.String(), "PGRST00", "a client that left says nothing about the pool")

	require.ErrorIs(t, api.Reload(t.Context()), context.DeadlineExceeded)
	held.Release()
	served := exchange{target: timeout.target, body: `[{"title": "M"}]`}
	served.check(t, ask(t, api, served))
	waitFor(t, func() bool { return api.Health().SchemaError == nil }, "the load is tried again")
}

// A request that ends before its answer is no fault of the server, and doesn't count as one.
func TestUptime_request_given_up(t *testing.T) {
	t.Parallel()
	api := serve(t)
	tests := map[string]struct {
		ctx    func(context.Context) (context.Context, context.CancelFunc)
		status int
	}{
		"by_the_client": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(50*time.Millisecond, cancel)
			return ctx, cancel
		}, 499},
		"by_the_host's_deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 50*time.Millisecond)
		}, http.StatusGatewayTimeout},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := tt.ctx(t.Context())
			defer cancel()
			sleep := exchange{method: http.MethodPost, target: "/rpc/sleep", data: `{"seconds": 60}`}
			require.Equal(t, tt.status, answer(api, sleep.request(t).WithContext(ctx)).Code)
		})
	}
}

func TestNew_AcquireTimeout(t *testing.T) {
	t.Parallel()
	_, err := pgrest.New(noDatabase{}, pgrest.Options{AcquireTimeout: -time.Second})
	require.EqualError(t, err, "pgrest: AcquireTimeout is -1s, and can't be negative")
}
