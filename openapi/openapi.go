// Package openapi describes an API in OpenAPI's words, from the schema cache that
// the API is made of: as OpenAPI 2.0 ("Swagger"), which PostgREST serves at its root
// path and its clients read, and as OpenAPI 3.1, for generators and documentation.
//
//	document, err := openapi.Swagger(cache, openapi.All(cache, "api"), openapi.Config{
//		Version: "16.2", DocsVersion: "v16", Host: "localhost:3000",
//	})
//
// A document describes a Selection of the cache; what the role that asks may see is the
// caller's concern. Additions are what a host describes in it beside the API. Titles,
// summaries and descriptions come from comments in the database: the first line of a
// comment is the summary, what follows it is the description. The package needs no
// database and does no I/O.
package openapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

// Config describes the server.
type Config struct {
	// Version is that of the API, for info.version.
	Version string
	// Title is that of the API. Default: the first line of the schema's comment, or without
	// a comment the schema's name in OpenAPI 3.1 and "PostgREST API" in 2.0. If Title is
	// given, the whole comment is the description.
	Title string
	// DocsVersion is the version in the address of PostgREST's documentation: "v16",
	// or "latest". The document has no link to it where this is empty.
	DocsVersion string
	// ServerURL is where clients reach the API, when that is not where the server
	// listens (openapi-server-proxy-uri): an absolute http or https URL without user,
	// query and fragment. It wins over Host and BasePath.
	ServerURL string
	// Host is the host, with its port, that serves the API. If it is empty too, the API is
	// where the client got the document.
	Host string
	// HTTPS is set where Host serves https, and not http.
	HTTPS bool
	// BasePath is the path that the API is mounted at; empty for "/".
	BasePath string
	// Security adds that requests carry a JSON Web Token (openapi-security-active).
	Security bool
	// MaxRows is the most rows that one response has (db-max-rows), 0 without limit.
	MaxRows int
	// SearchPath names schemas (db-extra-search-path) whose types are named without their
	// schema in the parameters of functions, like those of the selection's schema.
	SearchPath []string
	// TypeScript adds that the API describes itself in TypeScript, too, in OpenAPI 3.1.
	TypeScript bool
	// Upserts adds what upserts may say beyond PostgREST's, in OpenAPI 3.1: update, and a
	// constraint's name in on_conflict.
	Upserts bool
	// BulkUpdates adds the update of many rows by their keys, in OpenAPI 3.1.
	BulkUpdates bool
	// Conditional adds conditional requests, in OpenAPI 3.1: If-Match, If-None-Match, and what
	// is answered to them.
	Conditional bool
	// KeysetPages adds pages by the key of a row, in OpenAPI 3.1: after and before, a
	// preference, and the Link header.
	KeysetPages bool
	// Grouping adds distinct and having to reads, in OpenAPI 3.1.
	Grouping bool
	// IdempotencyKeys adds the header Idempotency-Key of writes, in OpenAPI 3.1.
	IdempotencyKeys bool
	// Batches adds that the root takes batches of requests, in OpenAPI 3.1.
	Batches bool
	// NestedInserts adds inserts of rows with others within them, in OpenAPI 3.1.
	NestedInserts bool
	// Filters adds casts, conditions about related rows, JSON paths and orders without regard
	// to case to what filters and orders take, in OpenAPI 3.1.
	Filters bool
	// NullRows has functions that return one row return null as well, in OpenAPI 3.1.
	NullRows bool
	// Operators are the host's own, for filters, orders and select, in OpenAPI 3.1.
	Operators []Operator
	// Additions are the host's own.
	Additions Additions
}

// Operator is an operator or a function of the host's that requests can apply to columns.
type Operator struct {
	Name string
	// Columns are the types of columns that it is for, in SQL; empty is any.
	Columns   []string
	Arguments []OperatorArgument
	// Returns is the type in SQL of what it gives; a boolean one is a condition.
	Returns     string
	Description string
}

// OperatorArgument is an argument of an Operator.
type OperatorArgument struct {
	Name, Type, Description string
}

// Selection is what a document describes: some of the relations and routines of
// one schema.
type Selection struct {
	// Schema is the exposed schema.
	Schema string
	// Comment is that of the schema: its first line is the title of the API, unless
	// Config.Title is.
	Comment string
	// Tables and Routines may be in any order. Routines of one name are overloads, in
	// the order of the schema cache.
	Tables   []*introspect.Table
	Routines []*introspect.Routine
}

// All selects every relation and routine of a schema, without comment.
func All(cache *introspect.SchemaCache, schema string) Selection {
	s := Selection{Schema: schema}
	for name, t := range cache.Tables {
		if name.Schema == schema {
			s.Tables = append(s.Tables, t)
		}
	}
	for name, overloads := range cache.Routines {
		if name.Schema == schema {
			s.Routines = append(s.Routines, overloads...)
		}
	}
	return s.sorted()
}

// sorted gives the selection in the order of names, which is that of documents.
func (s Selection) sorted() Selection {
	s.Tables = slices.SortedStableFunc(slices.Values(s.Tables), func(a, b *introspect.Table) int {
		return cmp.Compare(a.Name.Name, b.Name.Name)
	})
	s.Routines = slices.SortedStableFunc(slices.Values(s.Routines), func(a, b *introspect.Routine) int {
		return cmp.Compare(a.Name.Name, b.Name.Name)
	})
	return s
}

// columns counts the columns of the relations.
func (s Selection) columns() int {
	n := 0
	for _, t := range s.Tables {
		n += len(t.Columns)
	}
	return n
}

// splitComment gives a comment's first line, and what follows it without the blank lines
// between them.
func splitComment(comment string) (summary, description string) {
	summary, description, _ = strings.Cut(comment, "\n")
	return summary, strings.TrimLeft(description, "\n")
}

// title gives the title of the API and its description. Either may be empty.
func (c Config) title(comment string) (title, description string) {
	if c.Title != "" {
		return c.Title, comment
	}
	return splitComment(comment)
}

// writable reports whether a relation takes any kind of write.
func writable(t *introspect.Table) bool { return t.Insertable || t.Updatable || t.Deletable }
