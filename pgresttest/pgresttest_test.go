package pgresttest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/pgresttest"
)

var server = pgresttest.Server{Migrate: migrate}

func TestMain(m *testing.M) { os.Exit(server.Main(m)) }

// migrate is the host's own.
func migrate(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `
		DO $$ BEGIN CREATE ROLE shop_anon NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
		DO $$ BEGIN CREATE ROLE shop_login LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
		GRANT shop_anon TO shop_login;
		CREATE SCHEMA api;
		CREATE TABLE api.orders (id int PRIMARY KEY, pieces int NOT NULL CHECK (pieces > 0));
		CREATE FUNCTION api.login() RETURNS text STABLE LANGUAGE sql AS 'SELECT session_user::text';
		GRANT USAGE ON SCHEMA api TO shop_anon;
		GRANT ALL ON api.orders TO shop_anon`)
	return errors.Join(err, conn.Close(ctx))
}

var options = pgrest.Options{Schemas: []string{"api"}, AnonRole: "shop_anon"}

// Each test has a database of its own.
func TestServer_Clone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"one", "another"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := pgresttest.NewClient(t, pgresttest.New(t, server.Clone(t).Pool(t, "shop_login"), options))
			client.Post("/orders", `{"id": 1, "pieces": 4}`).Status(201).Text("")
			client.Post("/orders", map[string]int{"id": 1, "pieces": 4}).Status(409).Error("23505")
			client.Put("/orders?id=eq.1", []byte(`{"id": 1, "pieces": 5}`)).Status(204)
			client.Patch("/orders?id=eq.1", `{"pieces": 6}`).Status(204)
			client.With("Prefer", "count=exact").Head("/orders").Status(200).HasHeader("Content-Range", "0-0/1").Text("")
			var orders []struct{ ID, Pieces int }
			client.Get("/orders").Status(200).JSON(`[{"pieces": 6, "id": 1}]`).Decode(&orders)
			require.Equal(t, 6, orders[0].Pieces)
			client.Get("/rpc/login").JSON(`"shop_login"`)
			client.Delete("/orders?id=eq.1").Status(204)
			client.Get("/orders").JSON(`[]`)
		})
	}
}

// A test's transaction has what its requests write, and is gone with it.
func TestWithin(t *testing.T) {
	t.Parallel()
	pool := server.Clone(t).Pool(t, "")
	api := pgresttest.New(t, pool, options)
	for range 2 {
		t.Run("rolled_back", func(t *testing.T) {
			client, tx := pgresttest.Within(t, api, pool)
			_, err := tx.Exec(t.Context(), `INSERT INTO api.orders VALUES (1, 1)`)
			require.NoError(t, err)
			client.Post("/orders", `{"id": 2, "pieces": 0}`).Status(400).Error("23514")
			client.Post("/orders", `{"id": 2, "pieces": 2}`).Status(201)
			client.Get("/orders?select=id&order=id").JSON(`[{"id": 1}, {"id": 2}]`)
			var n int
			require.NoError(t, tx.QueryRow(t.Context(), `SELECT count(*) FROM api.orders`).Scan(&n))
			require.Equal(t, 2, n)
		})
	}
}

// failing is a test that takes note of what it is failed with.
type failing struct {
	testing.TB
	said string
}

func (*failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// What isn't as expected fails the test, and says what was there.
func TestResponse_fails(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-A", "b")
		_, _ = w.Write([]byte(`{"code": "23505", "n": 1.0}`))
	})
	for name, tt := range map[string]struct {
		check func(*pgresttest.Response)
		want  string // empty for no failure
	}{
		"status":          {func(r *pgresttest.Response) { r.Status(201) }, "GET /a?b=c: status 200 in place of 201: {"},
		"header":          {func(r *pgresttest.Response) { r.HasHeader("X-A", "c") }, `X-A is "b" in place of "c"`},
		"JSON":            {func(r *pgresttest.Response) { r.JSON(`{"code": "23505", "n": 1}`) }, `"n":1.0`},
		"equal_JSON":      {func(r *pgresttest.Response) { r.JSON(`{"n": 1.0, "code": "23505"}`) }, ""},
		"no_JSON_wanted":  {func(r *pgresttest.Response) { r.JSON(`{`) }, "what is wanted is no JSON"},
		"two_JSON_wanted": {func(r *pgresttest.Response) { r.JSON(`{} {}`) }, "what is wanted is no JSON"},
		"text":            {func(r *pgresttest.Response) { r.Text("x") }, "in place of"},
		"error":           {func(r *pgresttest.Response) { r.Error("23514") }, "no error 23514"},
		"same_error":      {func(r *pgresttest.Response) { r.Error("23505") }, ""},
		"decode":          {func(r *pgresttest.Response) { r.Decode(new(int)) }, "cannot unmarshal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &failing{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				tt.check(pgresttest.NewClient(f, handler).Get("/a?b=c"))
			}()
			<-done
			require.Equal(t, tt.want == "", f.said == "", f.said)
			require.True(t, strings.Contains(f.said, tt.want), f.said)
		})
	}
}

// A migration that fails, or a server that isn't there, fails the test with its cause.
func TestServer_fails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		server *pgresttest.Server
		want   string
	}{
		"no_URL":  {&pgresttest.Server{URL: "host=localhost"}, "as a URL"},
		"no_host": {&pgresttest.Server{URL: "postgres://nobody@127.0.0.1:1/postgres"}, "create the template"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &failing{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				tt.server.Clone(f)
			}()
			<-done
			require.Contains(t, f.said, tt.want)
		})
	}
}
