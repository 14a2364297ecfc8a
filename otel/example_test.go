package otel_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/otel"
)

// Spans go to a provider of the host's choice; this one keeps them in memory.
func ExampleObserver() {
	pool, done := films() // or pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
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

// films opens a pool on the film archive of the tests.
func films() (pool *pgxpool.Pool, done func()) {
	t := &exampleTB{}
	return pgtest.Fixture(t).Pool(t), func() {
		for _, cleanup := range t.cleanups {
			cleanup()
		}
	}
}

// exampleTB stands in for the testing.TB that an example isn't given.
type exampleTB struct {
	testing.TB
	cleanups []func()
}

func (*exampleTB) Helper()                           {}
func (*exampleTB) Context() context.Context          { return context.Background() }
func (*exampleTB) Fatalf(format string, args ...any) { log.Panicf(format, args...) }
func (t *exampleTB) Cleanup(f func())                { t.cleanups = append(t.cleanups, f) }
