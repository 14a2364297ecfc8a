module github.com/pgrest-go/pgrest/openapi/validity

go 1.25.0

require github.com/pgrest-go/pgrest v0.0.0

require (
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	golang.org/x/text v0.41.0 // indirect
)

replace github.com/pgrest-go/pgrest => ../..
