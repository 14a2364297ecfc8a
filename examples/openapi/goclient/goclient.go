// Package goclient is a client of the library, made by oapi-codegen from the OpenAPI
// document of its API.
package goclient

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config config.yaml -o library.gen.go ../library.json
