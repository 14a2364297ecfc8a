package replica_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// What follows has servers in common.
func TestRoute(t *testing.T) {
	t.Parallel()
	two := pgtest.Replicate(t, 2, schemaSQL)
	one := &pgtest.Replicated{Primary: two.Primary, Replicas: two.Replicas[:1]}
	t.Run("methods", func(t *testing.T) { routeByMethod(t, one) })
	t.Run("from primary", func(t *testing.T) { routeFromPrimary(t, one) })
	t.Run("hooks", func(t *testing.T) { routeWithHooks(t, one) })
	t.Run("turns", func(t *testing.T) { routeByTurns(t, two) })
	t.Run("serializable", func(t *testing.T) { routeSerializable(t, one) })
}

// What only reads goes to the replica, all else to the primary.
func routeByMethod(t *testing.T, servers *pgtest.Replicated) {
	s := open(t, servers)
	for _, tt := range []struct {
		name, line, body string
		headers          []string
		status           int
		server           string
	}{
		{"read", "GET /notes?id=eq.1", "", nil, 200, "replica-1"},
		{"head", "HEAD /notes", "", nil, 200, "replica-1"},
		{"query", "QUERY /notes", "id=eq.1", []string{"Content-Type: application/x-www-form-urlencoded"}, 200, "replica-1"},
		{"count", "GET /notes?limit=1", "", []string{"Prefer: count=exact"}, 206, "replica-1"},
		{"stable function", "GET /rpc/stable_count", "", nil, 200, "replica-1"},
		{"stable function by POST", "POST /rpc/stable_count", "{}", nil, 200, "replica-1"},
		{"immutable function", "GET /rpc/immutable_one", "", nil, 200, "replica-1"},
		{"volatile function", "POST /rpc/volatile_count", "{}", nil, 200, "primary"},
		{"volatile function by GET", "GET /rpc/volatile_count", "", nil, 200, "primary"},
		{"insert", "POST /notes", `{"id": 100}`, nil, 201, "primary"},
		{"upsert", "POST /notes", `{"id": 100}`, []string{"Prefer: resolution=merge-duplicates"}, 200, "primary"},
		{"put", "PUT /notes?id=eq.100", `{"id": 100, "text": "x"}`, nil, 204, "primary"},
		{"update", "PATCH /notes?id=eq.100", `{"text": "y"}`, nil, 204, "primary"},
		{"delete", "DELETE /notes?id=eq.100", "", nil, 204, "primary"},
		{"description", "GET /", "", nil, 200, "primary"},
		{"options", "OPTIONS /notes", "", nil, 200, ""},
		{"what a standby doesn't take", "GET /rpc/current_xid", "", nil, 200, "primary"},
		{"unknown column", "GET /notes?select=nothing", "", nil, 400, "replica-1"},
		{"its own error", "GET /notes?id=eq.x", "", nil, 400, "replica-1"},
	} {
		a := ask(t, s, tt.line, tt.body, tt.headers...)
		require.Equal(t, tt.status, a.Code, "%s: %s", tt.name, a.Body)
		require.Equal(t, tt.server, a.server, tt.name)
	}
	require.NotZero(t, s.figures(t, "replica-1").Requests)
	require.EqualValues(t, 1, s.figures(t, "replica-1").Repeated, "what a standby refused")
}

// Options.Replicas.FromPrimary has reads go to the primary: by a header, a preference, a
// role, or what they are about.
func routeFromPrimary(t *testing.T, servers *pgtest.Replicated) {
	asked := 0
	s := open(t, servers, func(o *pgrest.Options) {
		o.JWTSecret, o.AnonRole = nil, ""
		o.Authenticate = func(r *http.Request) (auth.Identity, error) {
			return auth.Identity{Role: r.Header.Get("Role")}, nil
		}
		o.Replicas.FromPrimary = func(r *pgrest.Request) bool {
			asked++
			return r.Header.Get("X-Fresh") != "" ||
				strings.Contains(strings.Join(r.Header.Values("Prefer"), ","), "read=primary") ||
				r.Identity.Role == "auditor" ||
				r.Table != nil && r.Table.Name.Name == "secrets"
		}
	})
	for _, tt := range []struct {
		line    string
		headers []string
		server  string
	}{
		{"GET /notes", []string{"Role: web_anon"}, "replica-1"},
		{"GET /notes", []string{"Role: web_anon", "X-Fresh: yes"}, "primary"},
		{"GET /notes", []string{"Role: web_anon", "Prefer: read=primary"}, "primary"},
		{"GET /notes", []string{"Role: auditor"}, "primary"},
		{"GET /secrets", []string{"Role: web_anon"}, "primary"},
		{"GET /rpc/stable_count", []string{"Role: web_anon"}, "replica-1"},
	} {
		require.Equal(t, tt.server, ask(t, s, tt.line, "", tt.headers...).server, "%s %s", tt.line, tt.headers)
	}
	require.Equal(t, 6, asked)
	ask(t, s, "POST /notes", `{"id": 50}`, "Role: web_anon")
	require.Equal(t, 6, asked, "of a write it isn't asked")
}

// Requests that run SQL of the host's run on the primary, and those that hooks only hear of
// don't.
func routeWithHooks(t *testing.T, servers *pgtest.Replicated) {
	reads := func(r *pgrest.Request) bool { return true }
	for name, tt := range map[string]struct {
		hook   pgrest.Hook
		server string
	}{
		"before": {pgrest.Hook{For: reads, Before: func(context.Context, pgx.Tx, *pgrest.Request) error { return nil }}, "primary"},
		"after": {pgrest.Hook{For: reads, After: func(context.Context, pgx.Tx, *pgrest.Request, *pgrest.Outcome) error { return nil }},
			"primary"},
		"after commit": {pgrest.Hook{For: reads, AfterCommit: func(context.Context, *pgrest.Request, *pgrest.Outcome) {}}, "replica-1"},
	} {
		s := open(t, servers, func(o *pgrest.Options) { o.Hooks = []pgrest.Hook{tt.hook} })
		a := ask(t, s, "GET /notes", "")
		require.Equal(t, 200, a.Code, name)
		require.Equal(t, tt.server, a.server, name)
	}
}

// A role whose transactions are SERIALIZABLE reads from the primary.
func routeSerializable(t *testing.T, servers *pgtest.Replicated) {
	servers.Primary.Exec(t, `ALTER ROLE web_anon SET default_transaction_isolation = 'serializable'`)
	s := open(t, servers)
	a := ask(t, s, "GET /notes", "")
	require.Equal(t, 200, a.Code)
	require.Equal(t, "primary", a.server)
}

// With several replicas requests take turns.
func routeByTurns(t *testing.T, servers *pgtest.Replicated) {
	s := open(t, servers, func(o *pgrest.Options) {
		o.Replicas.Pools[0].Name, o.Replicas.Pools[1].Name = "west", "east"
	})
	served := map[string]int{}
	for range 20 {
		served[ask(t, s, "GET /notes", "").server]++
	}
	require.Equal(t, map[string]int{"west": 10, "east": 10}, served)
}
