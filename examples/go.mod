module github.com/pgrest-go/pgrest/examples

go 1.25.0
