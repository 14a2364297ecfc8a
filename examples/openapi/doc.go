// Package openapi has clients of an API in Go and in TypeScript, made by oapi-codegen
// and openapi-typescript from the OpenAPI 3.1 document that the API serves at its root:
//
//	curl -H 'Accept: application/vnd.oai.openapi+json;version=3.1' localhost:3000 >library.json
//	oapi-codegen -config config.yaml -o library.gen.go library.json
//	openapi-typescript --default-non-nullable false library.json -o library.d.ts
//
// Folder goclient has the config.yaml, and says in its overlay.yaml what the client
// does without. Folder tsclient uses the types with openapi-fetch; without that option
// openapi-typescript would have an insert require the columns that have a default.
//
// What these and other generators make of an API with awkward names is tried out in
// folder generators.
//
// The API is that of library.sql. The tests start it and use both clients; whoever
// changes it or the documents makes library.json and the client in Go anew:
//
//	go test ./examples/openapi -run Document -update
//	go generate ./examples/openapi/...
package openapi
