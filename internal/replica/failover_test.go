package replica_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// The primary crashes under load, and a replica takes its place. With synchronous replication
// no write that was acknowledged is lost, whoever brings a position reads what was written,
// before and after, and writes succeed soon after the promotion. The schema and notifications
// come from the new primary.
func TestFailover(t *testing.T) {
	t.Parallel()
	servers := pgtest.Replicate(t, 2, schemaSQL, "synchronous_commit=on")
	next, other := servers.Replicas[0], servers.Replicas[1]
	servers.Primary.SynchronousTo(t, next)
	s := &site{Replicated: servers}
	o := options()
	o.Replicas.Pools = []pgrest.Replica{{Pool: pool(t, next.Host(), "")}, {Pool: pool(t, other.Host(), "")}}
	s.openOn(t, pool(t, servers.Primary.Host()+","+next.Host(), "&target_session_attrs=read-write"), o)

	var mu sync.Mutex
	var acknowledged []int
	var promoted, first time.Time // the first success behind the promotion
	var stale, wrong, refused, reads, refusedReads atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for client := range readers {
		clients.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
				}
				id := 1000 + client*1_000_000 + n
				written := ask(t, s.Handler, "POST /notes", fmt.Sprintf(`{"id": %d}`, id))
				switch {
				case written.Code == 503 && written.Header().Get("Retry-After") != "":
					refused.Add(1)
					continue
				case written.Code != 201 || written.position() == "":
					t.Errorf("write: %d %s", written.Code, written.Body)
					wrong.Add(1)
					continue
				}
				mu.Lock()
				acknowledged = append(acknowledged, id)
				if !promoted.IsZero() && first.IsZero() {
					first = time.Now()
				}
				mu.Unlock()
				read := ask(t, s.Handler, fmt.Sprintf("GET /notes?select=id&id=eq.%d", id), "", written.after())
				switch {
				case read.Code == 503:
					refusedReads.Add(1) // no server that lives has it yet, as far as it tells
				case read.Code != 200:
					t.Errorf("read: %d %s", read.Code, read.Body)
					wrong.Add(1)
				case read.Body.String() != fmt.Sprintf(`[{"id":%d}]`, id):
					stale.Add(1)
				}
				if a := ask(t, s.Handler, "GET /notes?id=eq.1", ""); a.Code != 200 {
					t.Errorf("read without a position: %d %s", a.Code, a.Body)
					wrong.Add(1)
				}
				reads.Add(2)
			}
		})
	}
	await(t, "there are writes", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged) > 500
	})
	began := time.Now()
	servers.Primary.Stop(t, pgtest.Immediate)
	stopped := time.Since(began)
	time.Sleep(300 * time.Millisecond) // until somebody has noticed
	next.Promote(t)
	mu.Lock()
	promoted = time.Now()
	before := len(acknowledged)
	mu.Unlock()
	other.Follow(t, next)
	await(t, "there are writes again", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged) > before+500
	})
	close(stop)
	clients.Wait()
	took := first.Sub(promoted)
	t.Logf("crash at 0 s, gone at %.2f s, promoted at %.2f s, first write acknowledged %s later (%d before, %d behind, %d refused); "+
		"%d reads, of which %d were refused, and %d stale", stopped.Seconds(), promoted.Sub(began).Seconds(), took.Round(time.Millisecond),
		before, len(acknowledged)-before, refused.Load(), reads.Load(), refusedReads.Load(), stale.Load())
	require.Less(t, took, 10*time.Second)
	require.Zero(t, stale.Load(), "stale reads")
	require.Zero(t, wrong.Load())

	ids := fmt.Sprint(acknowledged)
	require.Equal(t, "0", next.Ask(t, `SELECT count(*) FROM unnest('{`+commas(ids)+`}'::bigint[]) AS a(id) WHERE NOT EXISTS (SELECT FROM api.notes n WHERE n.id = a.id)`),
		"acknowledged writes that are lost")

	// The new primary is listened to, and tells of its own schema.
	await(t, "it listens to the new primary", func() bool { return s.Health().Listening })
	next.Exec(t, `CREATE TABLE api.fresh AS SELECT 1 AS id`, `GRANT SELECT ON api.fresh TO web_anon`, `NOTIFY pgrst, 'reload schema'`)
	await(t, "the schema follows", func() bool { return ask(t, s.Handler, "GET /fresh", "").Code == 200 })
	// What is written on the new timeline is read from the other replica when that is known to
	// be on it.
	other.Exec(t, `CHECKPOINT`)
	next.Exec(t, `CHECKPOINT`)
	next.AwaitReplay(t, other)
	other.Exec(t, `CHECKPOINT`)
	served := s.figures(t, "replica-2").Requests
	await(t, "the other replica answers", func() bool {
		written := ask(t, s.Handler, "POST /notes", fmt.Sprintf(`{"id": %d}`, time.Now().UnixNano()))
		require.Equal(t, 201, written.Code)
		require.Equal(t, 200, ask(t, s.Handler, "GET /notes?id=eq.1", "", written.after()).Code)
		return s.figures(t, "replica-2").Requests > served
	})
}

// commas makes the elements of an array of a printed slice.
func commas(printed string) string {
	out := []byte(printed[1 : len(printed)-1])
	for i, c := range out {
		if c == ' ' {
			out[i] = ','
		}
	}
	return string(out)
}
