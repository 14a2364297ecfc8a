// Package openapi shows clients in Go and in TypeScript that were made from the
// OpenAPI 3.1 document which the API serves at its root.
package openapi
