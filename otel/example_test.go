package otel_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/jackc/pgx/v5/pgxpool"
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

// A Tracer has spans of statements within those of requests. The pool's tracer, here one
// that keeps to the names of spans, may be any that makes spans.
func ExampleTracer() {
	spans := tracetest.NewInMemoryExporter() // or otlptracehttp.New(ctx)
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	pool, done := pgtest.ExamplePool(func(c *pgxpool.Config) { c.ConnConfig.Tracer = sqlTracer{provider.Tracer("sql")} })
	defer done()

	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:  []string{"archive"},
		AnonRole: "pgrest_test_anon",
		Tracer:   otel.Tracer(otel.Options{TracerProvider: provider}),
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/films?year=lt.1930", nil))
	all := spans.GetSpans()
	request := all[len(all)-1]
	fmt.Println(request.Name)
	for _, span := range all {
		if span.Name == "SQL" && span.Parent.SpanID() == request.SpanContext.SpanID() {
			fmt.Println("  SQL")
		}
	}
	// Output:
	// GET relation
	//   SQL
	//   SQL
	//   SQL
}
