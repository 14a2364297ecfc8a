module github.com/pgrest-go/pgrest/otel

go 1.25.0

require (
	github.com/jackc/pgx/v5 v5.12.0
	github.com/pgrest-go/pgrest v0.0.0
	github.com/stretchr/testify v1.12.1
	go.opentelemetry.io/otel v1.44.0
	go.opentelemetry.io/otel/metric v1.44.0
	go.opentelemetry.io/otel/sdk v1.44.0
	go.opentelemetry.io/otel/sdk/metric v1.44.0
	go.opentelemetry.io/otel/trace v1.44.0
)

replace github.com/pgrest-go/pgrest => ../
