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

// numbered is a tracer that numbers requests.
type numbered struct{ n int }

// numberKey is the key of a request's number in its context.
type numberKey struct{}

func (t *numbered) TraceRequestStart(ctx context.Context, _ pgrest.TraceRequestStartData) context.Context {
	t.n++ // one request at a time, in this example
	fmt.Println(t.n, "begins")
	return context.WithValue(ctx, numberKey{}, t.n)
}

func (t *numbered) TraceRequestEnd(ctx context.Context, e pgrest.Event) {
	fmt.Println(ctx.Value(numberKey{}), "ends:", e.Method, e.Schema+"."+e.Name, e.Status, e.Rows)
}

// A tracer is told of the beginning and of the end of each request, and what it puts into
// the context is there in between. The package otel has one for OpenTelemetry.
func ExampleTracer() {
	pool, done := pgtest.ExamplePool()
	defer done()

	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:  []string{"archive"},
		AnonRole: "pgrest_test_anon",
		Tracer:   &numbered{},
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	for _, target := range []string{"/films?year=lt.1930", "/films?year=eq.MCMLIV"} {
		api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, nil))
	}
	// Output:
	// 1 begins
	// 1 ends: GET archive.films 200 2
	// 2 begins
	// 2 ends: GET archive.films 400 0
}
