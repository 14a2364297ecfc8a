package pgrest_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Reads go to a replica, but those that have to be fresh, and writes to the primary. With
// Positions a client that sends the header Pgrest-Position of its last write never reads older
// data.
func ExampleReplicas() {
	primary, done := pgtest.ExamplePool()
	defer done()
	replica, done := pgtest.ExamplePool() // here of the same server
	defer done()

	api, err := pgrest.New(primary, pgrest.Options{
		Schemas:  []string{"archive"},
		AnonRole: "pgrest_test_curator",
		Replicas: pgrest.Replicas{
			Pools:       []pgrest.Replica{{Name: "west", Pool: replica}},
			FromPrimary: func(r *pgrest.Request) bool { return r.Header.Get("X-Fresh") != "" },
			Positions:   true,
		},
		Observe: func(_ context.Context, e pgrest.Event) { fmt.Println(e.Method, e.Name, e.Status, e.Server) },
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	fresh := httptest.NewRequest(http.MethodGet, "/films?id=eq.2", nil)
	fresh.Header.Set("X-Fresh", "yes")
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodGet, "/films?id=eq.2", nil),
		fresh,
		httptest.NewRequest(http.MethodDelete, "/films?id=eq.0", nil),
	} {
		api.ServeHTTP(httptest.NewRecorder(), r)
	}
	// Output:
	// GET films 200 west
	// GET films 200 primary
	// DELETE films 204 primary
}
