package replica_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// resetting is a pool that counts how often its idle connections were closed.
type resetting struct {
	*pgxpool.Pool
	resets atomic.Int64
}

// Reset closes the idle connections.
func (p *resetting) Reset() {
	p.resets.Add(1)
	p.Pool.Reset()
}

// While there is no primary, writes don't close the connections that reads use, but for once a
// second, to find whether new ones lead to a primary.
func TestFault_demoted_resets(t *testing.T) {
	t.Parallel()
	s := &site{Replicated: pgtest.Replicate(t, 0, schemaSQL)}
	primary := &resetting{Pool: pool(t, s.Primary.Host(), "")}
	o := options()
	o.DisableListener = true
	s.openOn(t, primary, o)
	require.Equal(t, 201, ask(t, s.Handler, "POST /notes", `{"id": 100}`).Code)
	s.Primary.Stop(t, pgtest.Fast)
	s.Primary.StartStandby(t)
	await(t, "reads are answered", func() bool { return ask(t, s.Handler, "GET /notes", "").Code == 200 })
	before, began := primary.resets.Load(), time.Now()
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for n := range 20 {
				if a := ask(t, s.Handler, "POST /notes", `{"id": 101}`); a.Code != http.StatusServiceUnavailable {
					t.Errorf("write %d: %d %s", n, a.Code, a.Body)
				}
				if a := ask(t, s.Handler, "GET /notes?id=eq.1", ""); a.Code != 200 {
					t.Errorf("read %d: %d %s", n, a.Code, a.Body)
				}
			}
		})
	}
	clients.Wait()
	require.LessOrEqual(t, primary.resets.Load()-before, 1+int64(time.Since(began)/time.Second))
	s.Primary.Promote(t)
	await(t, "writes are answered", func() bool { return ask(t, s.Handler, "POST /notes", `{"id": 101}`).Code == 201 })
}

// routing is a pool that chooses among those of tenants.
type routing map[string]*pgxpool.Pool

type tenant struct{}

// Acquire lends a connection of the tenant that the context names.
func (p routing) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	name, _ := ctx.Value(tenant{}).(string)
	return p[name].Acquire(ctx)
}

// That one tenant's pool has led to a primary says nothing about another's: where there never was
// one, PostgreSQL says what can't be done.
func TestFault_demoted_of_tenants(t *testing.T) {
	t.Parallel()
	s := &site{Replicated: pgtest.Replicate(t, 1, schemaSQL)}
	o := options()
	o.DisableListener = true
	s.openOn(t, routing{"": pool(t, s.Primary.Host(), ""), "other": pool(t, s.Replicas[0].Host(), "")}, o)
	write := func(name string, id int) int {
		r := httptest.NewRequestWithContext(context.WithValue(t.Context(), tenant{}, name), "POST", "/notes", strings.NewReader(fmt.Sprintf(`{"id": %d}`, id)))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code
	}
	for id := 100; id < 103; id++ {
		require.Equal(t, http.StatusCreated, write("", id))
		require.Equal(t, http.StatusMethodNotAllowed, write("other", id))
	}
}
