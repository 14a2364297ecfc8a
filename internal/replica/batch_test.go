package replica_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// batchOf sends requests as a batch.
func batchOf(t *testing.T, s *site, requests string, headers ...string) answer {
	t.Helper()
	return ask(t, s, "POST /", "["+requests+"]", append(headers, "Content-Type: application/vnd.pgrst.batch+json")...)
}

const (
	readNote    = `{"name": "note", "method": "GET", "path": "/notes?id=eq.1"}`
	readSame    = `{"method": "GET", "path": "/notes?id=eq.{note/0/id}"}`
	readSecrets = `{"method": "GET", "path": "/secrets"}`
	sameSecret  = `{"method": "GET", "path": "/secrets?id=eq.{note/0/id}"}`
)

// A batch that only reads goes to the replica, unless one of its requests wants the primary:
// also one that refers to others, of which nothing but its path is known before.
func TestBatch_route(t *testing.T) {
	t.Parallel()
	servers := pgtest.Replicate(t, 1, schemaSQL)
	nothing := func(context.Context, pgx.Tx, *pgrest.Request) error { return nil }
	hooked := func(o *pgrest.Options) {
		o.Hooks = []pgrest.Hook{{For: func(r *pgrest.Request) bool { return r.Name == "secrets" }, Before: nothing}}
	}
	heard := func(o *pgrest.Options) {
		o.Hooks = []pgrest.Hook{{For: func(*pgrest.Request) bool { return true }, AfterCommit: func(context.Context, *pgrest.Request, *pgrest.Outcome) {}}}
	}
	var asked []string
	chosen := func(o *pgrest.Options) {
		o.Replicas.FromPrimary = func(r *pgrest.Request) bool {
			asked = append(asked, r.Name)
			return r.Table != nil && r.Table.Name.Name == "secrets"
		}
	}
	costly := func(o *pgrest.Options) { o.Limits.MaxCost = 1e9 }
	for _, tt := range []struct {
		name, requests string
		change         func(*pgrest.Options)
		status         int
		server         string
	}{
		{"reads", readNote + "," + readSecrets, nil, 200, "replica-1"},
		{"a reference", readNote + "," + readSame, nil, 200, "replica-1"},
		{"a stable function", `{"method": "POST", "path": "/rpc/stable_count", "body": {}},` + readNote, nil, 200, "replica-1"},
		{"a volatile function by GET", readNote + `,{"method": "GET", "path": "/rpc/volatile_count"}`, nil, 200, "primary"},
		{"a volatile function by GET that refers", readNote + `,{"method": "GET", "path": "/rpc/volatile_of?n={note/0/id}"}`, nil, 200, "primary"},
		{"a write", readNote + `,{"method": "DELETE", "path": "/notes?id=eq.100"}`, nil, 200, "primary"},
		{"a write that refers", readNote + `,{"method": "DELETE", "path": "/secrets?id=eq.{note/0/id}"}`, nil, 200, "primary"},
		{"what a standby doesn't take", readNote + `,{"method": "GET", "path": "/rpc/current_xid"}`, nil, 200, "primary"},
		{"a hook", readNote + "," + readSecrets, hooked, 200, "primary"},
		{"a hook of what refers", readNote + "," + sameSecret, hooked, 200, "primary"},
		{"a hook that only hears of it", readNote + "," + readSame, heard, 200, "replica-1"},
		{"no hook takes part", readNote, hooked, 200, "replica-1"},
		{"the host chooses the primary", readNote + "," + readSecrets, chosen, 200, "primary"},
		{"the host chooses the primary for the first", readSecrets + "," + readNote, chosen, 200, "primary"},
		{"the host could choose the primary for what refers", readNote + "," + sameSecret, chosen, 200, "primary"},
		{"the host doesn't", readNote, chosen, 200, "replica-1"},
		{"costs", readNote + "," + readSecrets, costly, 200, "replica-1"},
		{"costs of what refers", readNote + "," + readSame, costly, 200, "replica-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			change := tt.change
			if change == nil {
				change = func(*pgrest.Options) {}
			}
			a := batchOf(t, open(t, servers, change), tt.requests)
			require.Equal(t, tt.status, a.Code, a.Body)
			require.Equal(t, tt.server, a.server)
		})
	}
	require.NotContains(t, asked, "", "the host is asked about each request, and not about the batch")
}

// A batch tells the position of its commit, and brings one.
func TestBatch_position(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Replicate(t, 1, schemaSQL))
	one := s.Replicas[0]
	const read = `{"name": "note", "method": "GET", "path": "/notes?select=id&id=eq.100"}`
	one.PauseReplay(t)
	written := batchOf(t, s, `{"method": "POST", "path": "/notes", "body": {"id": 100}},`+read)
	require.Equal(t, []any{200, "primary"}, []any{written.Code, written.server})
	require.NotEmpty(t, written.position())
	for _, requests := range []string{read, read + `,{"method": "GET", "path": "/notes?id=eq.{note/0/id}"}`} {
		a := batchOf(t, s, requests, written.after())
		require.Equal(t, []any{200, "primary"}, []any{a.Code, a.server})
		require.Contains(t, a.Body.String(), `[{"id":100}]`)
		require.Contains(t, a.Header().Values("Vary"), pgrest.PositionHeader)
		require.Empty(t, a.position(), "of a read")
	}
	one.ResumeReplay(t)
	await(t, "the replica answers", func() bool { return batchOf(t, s, read, written.after()).server == "replica-1" })
	require.Equal(t, "primary", batchOf(t, s, read, pgrest.PositionHeader+": unknown").server)
	require.Empty(t, batchOf(t, s, `{"method": "POST", "path": "/notes", "body": {"id": 101}},{"method": "POST", "path": "/notes", "body": {"id": 101}}`).position(), "it failed")
}
