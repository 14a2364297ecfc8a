package replica_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// schemaSQL makes a primary for tests: notes, in which everybody may write, and functions of
// each volatility that count them.
const schemaSQL = `
	CREATE ROLE web_anon NOLOGIN;
	CREATE ROLE auditor NOLOGIN;
	CREATE ROLE authenticator LOGIN NOINHERIT;
	GRANT web_anon, auditor TO authenticator;
	CREATE SCHEMA api;
	CREATE TABLE api.notes (id bigint PRIMARY KEY, text text NOT NULL DEFAULT '');
	CREATE TABLE api.secrets (id bigint PRIMARY KEY);
	INSERT INTO api.notes SELECT n, 'note ' || n FROM generate_series(1, 10) n;
	CREATE FUNCTION api.stable_count() RETURNS bigint STABLE LANGUAGE sql AS 'SELECT count(*) FROM api.notes';
	CREATE FUNCTION api.immutable_one() RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT 1';
	CREATE FUNCTION api.volatile_count() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM api.notes';
	CREATE FUNCTION api.volatile_of(n bigint) RETURNS bigint LANGUAGE sql AS 'SELECT n';
	CREATE FUNCTION api.slow_notes(seconds float8) RETURNS SETOF api.notes STABLE LANGUAGE sql AS
		$$ SELECT n.* FROM api.notes n, LATERAL (SELECT pg_sleep(seconds + 0 * n.id)) s $$;
	CREATE FUNCTION api.add_notes(first bigint, last bigint) RETURNS SETOF api.notes LANGUAGE sql AS
		$$ INSERT INTO api.notes SELECT n FROM generate_series(first, last) n RETURNING * $$;
	CREATE FUNCTION api.current_xid() RETURNS text STABLE LANGUAGE sql AS 'SELECT txid_current()::text';
	GRANT USAGE ON SCHEMA api TO web_anon, auditor;
	GRANT ALL ON ALL TABLES IN SCHEMA api TO web_anon, auditor;`

// site is an API over a primary and its replicas.
type site struct {
	*pgtest.Replicated
	*pgrest.Handler

	mu     sync.Mutex
	events []pgrest.Event
}

// open makes an API over servers. Each change may change its options.
func open(t testing.TB, servers *pgtest.Replicated, changes ...func(*pgrest.Options)) *site {
	t.Helper()
	s := &site{Replicated: servers}
	o := options()
	for _, r := range servers.Replicas {
		o.Replicas.Pools = append(o.Replicas.Pools, pgrest.Replica{Pool: pool(t, r.Host(), "")})
	}
	o.Observe = func(_ context.Context, e pgrest.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, e)
	}
	for _, change := range changes {
		change(&o)
	}
	s.openOn(t, pool(t, servers.Primary.Host(), ""), o)
	return s
}

func options() pgrest.Options {
	return pgrest.Options{
		Schemas: []string{"api"}, AnonRole: "web_anon", JWTSecret: []byte("a secret of thirty-two bytes, or more"),
		Logger: slog.New(slog.DiscardHandler), Replicas: pgrest.Replicas{Positions: true},
	}
}

func (s *site) openOn(t testing.TB, primary pgrest.Pool, o pgrest.Options) {
	t.Helper()
	var err error
	s.Handler, err = pgrest.New(primary, o)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, s.Ready(ctx))
}

// pool connects as the authenticator to the servers of these hosts.
func pool(t testing.TB, hosts, parameters string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig("postgres://authenticator@" + hosts + "/postgres?sslmode=disable" + parameters)
	require.NoError(t, err)
	config.MaxConns = 16
	p, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// answer is what an API answered, and where the request ran.
type answer struct {
	*httptest.ResponseRecorder
	server string
}

// ask sends a request: its method and target, as in "GET /notes", its body, and its headers,
// as in "Prefer: count=exact".
func ask(t testing.TB, api http.Handler, line, body string, headers ...string) answer {
	t.Helper()
	method, target, ok := strings.Cut(line, " ")
	require.True(t, ok, line)
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	for _, h := range headers {
		name, value, ok := strings.Cut(h, ": ")
		require.True(t, ok, h)
		r.Header.Add(name, value)
	}
	if body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	a := answer{ResponseRecorder: w}
	if s, ok := api.(*site); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		a.server = s.events[len(s.events)-1].Server
	}
	return a
}

// position is the header of a response.
func (a answer) position() string { return a.Header().Get(pgrest.PositionHeader) }

// after is the header of a request that brings the position.
func (a answer) after() string { return pgrest.PositionHeader + ": " + a.position() }

// await waits until a condition holds.
func await(t testing.TB, what string, is func() bool) {
	t.Helper()
	require.Eventually(t, is, 20*time.Second, 10*time.Millisecond, what)
}

// figures are those of a server.
func (s *site) figures(t testing.TB, name string) pgrest.ServerStats {
	t.Helper()
	for _, f := range s.Stats().Servers {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no server %s", name)
	return pgrest.ServerStats{}
}
