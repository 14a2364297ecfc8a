// Package typescript holds the types that an API has for TypeScript against the compiler
// and postgrest-js: the queries of queries.ts compile in strict mode with them, and what the
// API answers to them has the shapes that they promise.
//
// To have the types of an API of one's own in a file:
//
//	curl -H 'Accept: application/typescript' "$API_URL" > database.ts
package typescript
