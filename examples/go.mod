module github.com/pgrest-go/pgrest/examples

go 1.25.0

require (
	github.com/go-chi/chi/v5 v5.5.0
	github.com/jackc/pgx/v5 v5.12.0
	github.com/pgrest-go/pgrest v0.0.0
	github.com/stretchr/testify v1.12.1
)

replace github.com/pgrest-go/pgrest => ../
