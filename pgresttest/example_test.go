package pgresttest_test

import (
	"fmt"

	"github.com/pgrest-go/pgrest/pgresttest"
)

// A test has a database of its own, which is a copy of what the program's migrations made.
func Example() {
	// In a package of tests: func TestMain(m *testing.M) { os.Exit(server.Main(m)) }
	t := newExampleT() // the t of a func TestOrders(t *testing.T)
	defer t.end()

	client := pgresttest.NewClient(t, pgresttest.New(t, server.Clone(t).Pool(t, "shop_login"), options))
	client.Post("/orders", `{"id": 1, "pieces": 4}`).Status(201)
	patched := client.With("Prefer", "return=representation").
		Patch("/orders?id=eq.1&select=pieces", `{"pieces": 5}`).
		Status(200).JSON(`[{"pieces": 5}]`)
	client.Post("/orders", `{"id": 2, "pieces": 0}`).Status(400).Error("23514")
	fmt.Println(patched.StatusCode, string(patched.Body))
	// Output: 200 [{"pieces":5}]
}

// Requests run in a transaction that is rolled back when the test ends, beside SQL of the
// test's own.
func ExampleWithin() {
	t := newExampleT() // the t of a func TestOrders(t *testing.T)
	pool := server.Clone(t).Pool(t, "postgres")
	api := pgresttest.New(t, pool, options)

	test := newExampleT()
	client, tx := pgresttest.Within(test, api, pool)
	if _, err := tx.Exec(test.Context(), `INSERT INTO api.orders VALUES (1, 4)`); err != nil {
		fmt.Println(err)
	}
	client.Post("/orders", `{"id": 2, "pieces": 6}`).Status(201)
	client.Get("/orders?select=id").Status(200).JSON(`[{"id": 1}, {"id": 2}]`)
	test.end()

	fmt.Println(string(pgresttest.NewClient(t, api).Get("/orders").Status(200).Body))
	t.end()
	// Output: []
}
