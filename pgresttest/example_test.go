package pgresttest_test

import (
	"testing"

	"github.com/pgrest-go/pgrest/pgresttest"
)

// A test has a database of its own, or a transaction in one that all share.
func Example() {
	// In a package of tests: func TestMain(m *testing.M) { os.Exit(server.Main(m)) }
	_ = func(t *testing.T) { // TestOrders
		t.Parallel()
		client := pgresttest.NewClient(t, pgresttest.New(t, server.Clone(t).Pool(t, "shop_login"), options))
		client.Post("/orders", `{"id": 1, "pieces": 4}`).Status(201)
		client.With("Prefer", "return=representation").
			Patch("/orders?id=eq.1&select=pieces", `{"pieces": 5}`).
			Status(200).JSON(`[{"pieces": 5}]`)
		client.Post("/orders", `{"id": 2, "pieces": 0}`).Status(400).Error("23514")
	}
}
