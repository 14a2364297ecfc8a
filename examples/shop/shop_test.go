package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/pgresttest"
)

// server has databases of a shop that is filled. It counts what statements cost, if this
// machine's PostgreSQL can.
var server = pgresttest.Server{Migrate: func(ctx context.Context, url string) error {
	if _, err := migrate(ctx, url, slog.Default()); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := tokenSecret(ctx, conn); err != nil {
		return err
	}
	return fill(ctx, conn)
}}

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	postgres, err := openServer(context.Background(), pgtest.DatabaseURLVariable)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer postgres.Close()
	server.URL = postgres.URL()
	return server.Main(m)
}

// empty makes a database with nothing in it for a test, and gives its URL.
func empty(t *testing.T) string {
	t.Helper()
	const name = "shop_test_empty"
	admin, err := pgx.Connect(t.Context(), server.URL)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		require.NoError(t, err)
		require.NoError(t, admin.Close(context.Background()))
	})
	_, err = admin.Exec(t.Context(), "CREATE DATABASE "+name+" TEMPLATE template0")
	require.NoError(t, err)
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	u.Path = name
	return u.String()
}

// opened is a shop of a test, as its clients see it, and its database.
type opened struct {
	*shop
	url    string        // of the database
	db     *pgxpool.Pool // a superuser's
	nobody *pgresttest.Client
}

// open opens a filled shop for a test, with the program's own options.
func open(t *testing.T) *opened {
	t.Helper()
	clone := server.Clone(t)
	o := &opened{url: clone.URL, db: clone.Pool(t, "")}
	o.shop = &shop{logger: slog.New(slog.NewTextHandler(t.Output(), nil)), database: &database{pool: clone.Pool(t, authenticator)}}
	require.NoError(t, o.db.QueryRow(t.Context(), `SELECT secret::bytea FROM private.token_settings`).Scan(&o.database.secret))
	opts := o.options()
	opts.DisableListener = false
	api, err := pgrest.New(o.database.pool, opts)
	require.NoError(t, err)
	t.Cleanup(api.Close)
	require.NoError(t, api.Ready(t.Context()))
	o.api = api
	o.nobody = pgresttest.NewClient(t, guarded(api))
	return o
}

// exec runs SQL as a superuser.
func (o *opened) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := o.db.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

// one asks a superuser for a value's text.
func (o *opened) one(t *testing.T, sql string, args ...any) string {
	t.Helper()
	var text string
	require.NoError(t, o.db.QueryRow(t.Context(), `SELECT (`+sql+`)::text`, args...).Scan(&text))
	return text
}

// issued is what login answers.
type issued struct {
	Token     string `json:"token"`
	ExpiresAt string `json:"expires_at"`
}

// login gives the client of one of the demo's accounts.
func (o *opened) login(t *testing.T, name string) *pgresttest.Client {
	t.Helper()
	for _, account := range demoAccounts {
		if account.Name == name {
			var got issued
			o.nobody.Post("/rpc/login", map[string]string{"email": account.Email, "password": account.Password}).Status(200).Decode(&got)
			return o.as(got.Token)
		}
	}
	require.FailNow(t, "there is no such account", name)
	return nil
}

// as gives the client with a token.
func (o *opened) as(token string) *pgresttest.Client {
	return o.nobody.With("Authorization", "Bearer "+token)
}

// order is a body for place_order: product, quantity, product, quantity.
func order(lines ...int) string {
	var list []string
	for i := 0; i < len(lines); i += 2 {
		list = append(list, fmt.Sprintf(`{"product_id": %d, "quantity": %d}`, lines[i], lines[i+1]))
	}
	return `{"lines": [` + strings.Join(list, ", ") + `]}`
}

// failure is the body of an error.
type failure struct {
	Code, Message string
	Details, Hint *string
}

// failed reads an error, whose body must not have a row in it.
func failed(t *testing.T, r *pgresttest.Response, status int) failure {
	t.Helper()
	r.Status(status)
	var f failure
	require.NoError(t, json.Unmarshal(r.Body, &f))
	require.NotContains(t, string(r.Body), "Failing row")
	require.NotContains(t, string(r.Body), "Key (")
	return f
}
