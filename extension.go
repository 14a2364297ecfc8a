package pgrest

import (
	"slices"

	"github.com/pgrest-go/pgrest/internal/enum"
)

// Extension is something that the API has beyond PostgREST's. No request that PostgREST
// answers is answered otherwise by one.
type Extension uint8

// The extensions.
const (
	// TypeScript describes the API as the type Database of supabase-js and postgrest-js, at
	// the root, to requests with Accept: application/typescript. See package typescript.
	TypeScript Extension = iota // typescript
	// Upserts lets an upsert with Prefer: resolution=merge-duplicates say which of the written
	// columns it updates, by update=a,b; names a unique constraint that decides what is a
	// duplicate, by on_conflict=constraint(name), beside columns that only a partial index
	// covers; and takes rows that differ in their keys with Prefer: missing=default.
	Upserts // upserts
	// BulkUpdates takes a PATCH of a relation with Content-Type:
	// application/vnd.pgrst.rows+json, whose body is an array of objects, each with the key of
	// a row and what changes in it.
	BulkUpdates // bulk-updates
	// Conditional gives reads an entity tag, answers them with 304 where If-None-Match has it,
	// and holds If-Match of PATCH, PUT and DELETE against the version of the row.
	Conditional // conditional
	// Batches takes several requests at once, to be run in one transaction: as a POST to the
	// root with Content-Type: application/vnd.pgrst.batch+json. See docs/batches.md.
	Batches // batches
)

var extensions = [...]string{
	TypeScript: "typescript", Upserts: "upserts", BulkUpdates: "bulk-updates", Conditional: "conditional",
	Batches: "batches",
}

// String gives the extension's name, such as "typescript".
func (e Extension) String() string { return enum.Name(extensions[:], e) }

// without reports whether the host has switched an extension off.
func (o Options) without(e Extension) bool { return slices.Contains(o.Without, e) }
