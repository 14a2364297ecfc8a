// Package openapi has clients of an API in Go and in TypeScript, made by oapi-codegen
// and openapi-typescript from the OpenAPI 3.1 document that the API serves at its root:
//
//	curl -H 'Accept: application/vnd.oai.openapi+json;version=3.1' localhost:3000 >library.json
//	oapi-codegen -config config.yaml -o library.gen.go library.json
//	npx openapi-typescript --default-non-nullable false library.json -o library.d.ts
//
// The API is that of library.sql. The tests start it and use both clients; whoever
// changes it or the documents makes all of them anew:
//
//	go test ./examples/openapi -update
//	go generate ./examples/openapi/...
package openapi
