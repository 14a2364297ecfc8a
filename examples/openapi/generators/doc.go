// Package generators holds the OpenAPI 3.1 document against generators of clients:
// oapi-codegen for Go, and openapi-typescript, Hey API's openapi-ts and Kubb for
// TypeScript. What they make of the API of awkward.sql, whose names do them every wrong
// there is, compiles, and has all of its operations. Nothing of it is kept here.
package generators
