package replica_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// instance is one of several servers of the same API, each with a pool and a listener of its
// own. It tells a balancer whether to send it requests.
type instance struct {
	server *http.Server
	pool   *pgxpool.Pool
	api    *pgrest.Handler
	url    *url.URL
	ready  atomic.Bool
	sent   atomic.Int64 // requests that the balancer has sent, and that aren't answered
}

func startInstance(t *testing.T, servers *pgtest.Replicated) *instance {
	t.Helper()
	i := &instance{pool: pool(t, servers.Primary.Host(), "")}
	var err error
	o := options()
	o.Replicas.Pools = []pgrest.Replica{{Pool: pool(t, servers.Replicas[0].Host(), "")}}
	i.api, err = pgrest.New(i.pool, o)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/", i.api)
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, r *http.Request) {
		if !i.ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	i.server = &http.Server{Handler: mux}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	i.url = &url.URL{Scheme: "http", Host: l.Addr().String()}
	go func() { _ = i.server.Serve(l) }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, i.api.Ready(ctx))
	i.ready.Store(true)
	return i
}

// stop stops the instance as a host does: it says that it isn't ready, goes on until the
// balancer sends it nothing any more, lets requests end, and then closes the API and its pool.
func (i *instance) stop(t *testing.T, b *balancer) {
	t.Helper()
	i.ready.Store(false)
	await(t, "the balancer has noticed", func() bool { return !b.sendsTo(i) })
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
	defer cancel()
	require.NoError(t, i.server.Shutdown(ctx))
	i.api.Close()
	i.pool.Close()
}

// probes is how often the balancer asks an instance whether it is ready.
const probes = 25 * time.Millisecond

// balancer sends requests to instances that were ready when it asked last, by turns.
type balancer struct {
	mu        sync.Mutex
	instances []*instance
	ready     []*instance
	next      int
	transport *http.Transport
}

func (b *balancer) probe() {
	b.mu.Lock()
	instances := append([]*instance(nil), b.instances...)
	b.mu.Unlock()
	var ready []*instance
	for _, i := range instances {
		if r, err := http.Get(i.url.String() + "/ready"); err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				ready = append(ready, i)
			}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ready = ready
}

// choose gives the instance that the next request is sent to.
func (b *balancer) choose() *instance {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	i := b.ready[b.next%len(b.ready)]
	i.sent.Add(1)
	return i
}

func (b *balancer) sendsTo(i *instance) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Contains(b.ready, i) || i.sent.Load() > 0
}

// ServeHTTP sends a request to an instance.
func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i := b.choose()
	defer i.sent.Add(-1)
	proxy := &httputil.ReverseProxy{
		Transport: b.transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(i.url) },
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	proxy.ServeHTTP(w, r)
}

func (b *balancer) replace(n int, i *instance) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.instances[n] = i
}

// Three instances behind a balancer are replaced one after the other, while clients write and
// read: nobody notices. The schema is loaded by all of them when it is notified.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	servers := pgtest.Replicate(t, 1, schemaSQL)
	b := &balancer{transport: &http.Transport{MaxIdleConnsPerHost: readers}}
	defer b.transport.CloseIdleConnections()
	for range 3 {
		b.instances = append(b.instances, startInstance(t, servers))
	}
	b.probe()
	stop := make(chan struct{})
	var background, clients sync.WaitGroup
	background.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(probes):
				b.probe()
			}
		}
	})
	var failed, answered atomic.Int64
	done := make(chan struct{})
	for client := range readers {
		clients.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				case <-time.After(time.Millisecond):
				}
				id := 1000 + client*1_000_000 + n
				written := ask(t, b, "POST /notes", fmt.Sprintf(`{"id": %d}`, id))
				read := ask(t, b, fmt.Sprintf("GET /notes?select=id&id=eq.%d", id), "", written.after())
				if written.Code != 201 || read.Code != 200 || read.Body.String() != fmt.Sprintf(`[{"id":%d}]`, id) {
					t.Errorf("%d %s, %d %s", written.Code, written.Body, read.Code, read.Body)
					failed.Add(1)
				}
				answered.Add(2)
			}
		})
	}
	for range 2 {
		for n := range b.instances {
			fresh := startInstance(t, servers)
			old := b.instances[n]
			b.replace(n, fresh)
			old.stop(t, b)
		}
	}
	close(done)
	clients.Wait()
	t.Logf("6 restarts under load: %d requests, %d failed", answered.Load(), failed.Load())
	require.Zero(t, failed.Load())

	servers.Primary.Exec(t, `CREATE TABLE api.fresh AS SELECT 1 AS id`, `GRANT SELECT ON api.fresh TO web_anon`, `NOTIFY pgrst, 'reload schema'`)
	for _, i := range b.instances {
		await(t, "each instance has the new schema", func() bool {
			r, err := http.Get(i.url.String() + "/fresh")
			require.NoError(t, err)
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.NoError(t, r.Body.Close())
			return strings.Contains(string(body), `"id":1`)
		})
	}
	for _, i := range slices.Clone(b.instances) {
		i.stop(t, b)
	}
	close(stop)
	background.Wait()
	http.DefaultClient.CloseIdleConnections()
}
