package pgrest_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

// A host that waits for its schema before it serves learns what its options name that isn't
// there.
func ExampleHandler_Ready() {
	pool, done := pgtest.ExamplePool()
	defer done()

	for _, role := range []string{"pgrest_test_anon", "nobody_of_that_name"} {
		api, err := pgrest.New(pool, pgrest.Options{
			Schemas: []string{"archive"}, AnonRole: role, Strict: true,
			Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
		if err != nil {
			log.Print(err)
			return
		}
		fmt.Println(role, api.Ready(context.Background()) == nil)
		api.Close()
	}
	// Output:
	// pgrest_test_anon true
	// nobody_of_that_name false
}

// A probe asks whether the database answers: all that ask at once share one question.
func ExampleHandler_Ping() {
	pool, done := pgtest.ExamplePool()
	defer done()

	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()
	fmt.Println(api.Ping(context.Background()))
	// Output: <nil>
}

// A host that has just migrated has its schema read, and knows when it has been.
func ExampleHandler_Reload() {
	pool, done := pgtest.ExamplePool()
	defer done()

	loads := make(chan struct{}, 10)
	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:         []string{"archive"},
		DisableListener: true, // or a migration that ends with NOTIFY pgrst, 'reload schema'
		OnSchemaLoad:    func(*introspect.SchemaCache) { loads <- struct{}{} },
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()
	if err := api.Ready(context.Background()); err != nil {
		log.Print(err)
		return
	}
	if err := api.Reload(context.Background()); err != nil {
		log.Print(err)
		return
	}
	fmt.Println(len(loads), "loads")
	// Output: 2 loads
}
