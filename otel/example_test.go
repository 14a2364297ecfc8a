package otel_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/otel"
)

// Spans go to a provider of the host's choice; this one keeps them in memory.
func ExampleObserver() {
	pool, done := pgtest.ExamplePool() // or pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	defer done()

	spans := tracetest.NewInMemoryExporter() // or otlptracehttp.New(ctx)
	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:  []string{"archive"},
		AnonRole: "pgrest_test_anon",
		Observe: otel.Observer(otel.Options{
			TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)),
		}),
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/films?year=lt.1930", nil))
	for _, span := range spans.GetSpans() {
		fmt.Println(span.Name)
	}
	// Output:
	// jwt
	// parse
	// plan
	// transaction
	// response
	// GET relation
}
