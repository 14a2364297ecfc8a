package replica_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// BenchmarkReplicas is a request from the handler to PostgreSQL and back: without replicas,
// on a replica, and on one that has the position that the request brings. The write is with
// its position and without.
func BenchmarkReplicas(b *testing.B) {
	servers := pgtest.Replicate(b, 1, schemaSQL)
	without := open(b, servers, func(o *pgrest.Options) { o.Observe, o.Replicas = nil, pgrest.Replicas{} })
	with := open(b, servers, func(o *pgrest.Options) { o.Observe, o.Replicas.Positions = nil, false })
	positions := open(b, servers, func(o *pgrest.Options) { o.Observe = nil })
	written := ask(b, positions.Handler, "POST /notes", `{"id": 4711}`)
	servers.Primary.AwaitReplay(b, servers.Replicas[0])
	for _, bb := range []struct {
		name     string
		api      http.Handler
		method   string
		position string
		status   int
	}{
		{"read/primary", without.Handler, "GET", "", 200},
		{"read/replica", with.Handler, "GET", "", 200},
		{"read/replica_positions", positions.Handler, "GET", "", 200},
		{"read/replica_after_position", positions.Handler, "GET", written.position(), 200},
		{"write/no_position", without.Handler, "PATCH", "", 204},
		{"write/position", positions.Handler, "PATCH", "", 204},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(bb.method, "/notes?id=eq.1", strings.NewReader(`{"text": "x"}`))
				if bb.method == "GET" {
					r.Body = http.NoBody
				} else {
					r.Header.Set("Content-Type", "application/json")
				}
				if bb.position != "" {
					r.Header.Set(pgrest.PositionHeader, bb.position)
				}
				w := httptest.NewRecorder()
				bb.api.ServeHTTP(w, r)
				require.Equal(b, bb.status, w.Code)
			}
		})
	}
}
