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
	// KeysetPages answers a read with Prefer: pagination=keyset with links to other pages,
	// which go by the key of a row in after=token and before=token, so that the last page costs
	// what the first one does.
	KeysetPages // keyset-pages
	// Grouping lets a request leave out rows that are alike, by distinct=* and distinct=a,b;
	// count values that differ, by column.count(distinct); hold groups against conditions, by
	// having=(amount.sum().gt.100); order by aggregates and by aliases; and aggregate what it
	// spreads to-many. Aggregates are there with Options.Aggregates alone.
	Grouping // grouping
	// Batches takes several requests at once, to be run in one transaction: as a POST to the
	// root with Content-Type: application/vnd.pgrst.batch+json. See docs/batches.md.
	Batches // batches
	// NestedInserts takes rows to insert that have others within them: as a POST of a relation
	// with Content-Type: application/vnd.pgrst.nested+json, whose members are columns or are
	// called as embeds are in select. See docs/nested-inserts.md.
	NestedInserts // nested-inserts
	// Filters takes casts of fields in conditions and orders, as in id::text=like.4* (see
	// Options.FilterCasts); the operators jsonpath and jsonmatch; conditions about related
	// rows, as in client(name)=eq.x, and orders by them at any depth; and orders without regard
	// to case, as in order=name.ci. See docs/filters.md.
	Filters // filters
)

var extensions = [...]string{
	TypeScript: "typescript", Upserts: "upserts", BulkUpdates: "bulk-updates", Conditional: "conditional",
	KeysetPages: "keyset-pages", Grouping: "grouping", Batches: "batches",
	NestedInserts: "nested-inserts", Filters: "filters",
}

// String gives the extension's name, such as "typescript".
func (e Extension) String() string { return enum.Name(extensions[:], e) }

// ParseExtension finds the extension of a name, such as "typescript".
func ParseExtension(name string) (Extension, bool) {
	i := slices.Index(extensions[:], name)
	return Extension(max(i, 0)), i >= 0
}

// without reports whether the host has switched an extension off.
func (o Options) without(e Extension) bool { return slices.Contains(o.Without, e) }
