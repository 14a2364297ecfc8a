package openapi_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

func document(t *testing.T, cache *introspect.SchemaCache, c openapi.Config) []byte {
	t.Helper()
	document, err := openapi.Document(cache, openapi.All(cache, "api"), c)
	require.NoError(t, err)
	require.True(t, json.Valid(document))
	return document
}

// The whole document of a small API.
func TestDocument(t *testing.T) {
	t.Parallel()
	selection := openapi.All(cinema(), "api")
	selection.Comment = "Cinema\n\nWhat was shown where."
	c := openapi.Config{Version: "16.2", DocsVersion: "v16", ServerURL: "https://films.example/api/", Security: true, MaxRows: 100}
	cache := cinema()
	document, err := openapi.Document(cache, selection, c)
	require.NoError(t, err)
	requireGolden(t, "cinema-3.1.json", document)
	again, err := openapi.Document(cinema(), selection, c)
	require.NoError(t, err)
	require.Equal(t, string(document), string(again))
}

// The title is the one that is given, the first line of the schema's comment, or the
// schema's name.
func TestDocumentTitle(t *testing.T) {
	t.Parallel()
	tests := []struct{ title, comment, want string }{
		{"", "", `{"title": "api", "version": ""}`},
		{"", "Cinema", `{"title": "Cinema", "version": ""}`},
		{"", "Cinema\n\nOld", `{"title": "Cinema", "description": "Old", "version": ""}`},
		{"", "\nOld", `{"title": "api", "description": "Old", "version": ""}`},
		{"Films", "", `{"title": "Films", "version": ""}`},
		{"Films", "Cinema\n\nOld", `{"title": "Films", "description": "Cinema\n\nOld", "version": ""}`},
	}
	for _, tt := range tests {
		selection := openapi.Selection{Schema: "api", Comment: tt.comment}
		doc, err := openapi.Document(cinema(), selection, openapi.Config{Title: tt.title})
		require.NoError(t, err)
		require.JSONEq(t, tt.want, part(t, doc, "info"))
	}
}

// A relation that is not selected isn't named: neither as one that can be embedded nor as
// one that a key refers to.
func TestDocumentHidesTheRest(t *testing.T) {
	t.Parallel()
	cache := cinema()
	filmsAlone := openapi.Selection{Schema: "api", Tables: []*introspect.Table{cache.Tables[api("films")]}}
	doc, err := openapi.Document(cache, filmsAlone, openapi.Config{})
	require.NoError(t, err)
	require.NotContains(t, string(doc), "directors")
	require.Contains(t, part(t, document(t, cache, openapi.Config{}), "paths", "/films", "get", "description"), "select: directors.")
}

// A response with rows has the media types of the database's handlers.
func TestDocumentHandlers(t *testing.T) {
	t.Parallel()
	cache := introspect.New(introspect.Catalog{
		Schemas: []string{"api"},
		Tables:  []*introspect.Table{films(), directors()},
		Handlers: []introspect.Handler{
			{Aggregate: api("titles"), MediaType: "text/vnd.titles", Relation: api("films")},
			{Aggregate: api("lines"), MediaType: "text/csv"},
		},
	})
	doc := document(t, cache, openapi.Config{})
	content := func(path string) []string {
		var members map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(part(t, doc, "paths", path, "get", "responses", "200", "content")), &members))
		require.JSONEq(t, "{}", string(members["text/csv"]))
		return slices.Sorted(maps.Keys(members))
	}
	require.Contains(t, content("/films"), "text/vnd.titles")
	require.NotContains(t, content("/directors"), "text/vnd.titles")
}

// An insert requires the columns that have no default and can't be NULL. No write has
// columns that only the database writes.
func TestDocumentWrites(t *testing.T) {
	t.Parallel()
	always, byDefault, generated := keyColumn("always", "bigint"), keyColumn("by_default", "bigint"), keyColumn("generated", "text")
	always.Identity, byDefault.Identity, generated.Generated = 'a', 'd', true
	defaulted := keyColumn("defaulted", "text")
	defaulted.Default = "now()"
	cache := tableCache(always, byDefault, generated, defaulted, column("nullable", "text"), keyColumn("required", "text"))
	things := cache.Tables[api("things")]
	things.Insertable, things.Updatable = true, true
	doc := document(t, cache, openapi.Config{})
	properties := func(schema string) []string {
		var members map[string]any
		require.NoError(t, json.Unmarshal([]byte(part(t, doc, "components", "schemas", schema, "properties")), &members))
		return slices.Sorted(maps.Keys(members))
	}
	require.JSONEq(t, `["required"]`, part(t, doc, "components", "schemas", "things_insert", "required"))
	require.Equal(t, "null", part(t, doc, "components", "schemas", "things_update", "required"))
	require.Equal(t, []string{"by_default", "defaulted", "nullable", "required"}, properties("things_insert"))
	require.Equal(t, []string{"by_default", "defaulted", "nullable", "required"}, properties("things_update"))
	require.Equal(t, []string{"always", "by_default", "defaulted", "generated", "nullable", "required"}, properties("things"))
}

// A relation has the operations that PostgreSQL can do with it.
func TestDocumentOperations(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                         string
		insert, update, delete, keys bool
		want                         []string
	}{
		{"read-only view", false, false, false, false, []string{"get", "x-query"}},
		{"log", true, false, false, true, []string{"get", "post", "x-query"}},
		{"without key", true, true, true, false, []string{"delete", "get", "patch", "post", "x-query"}},
		{"with key", true, true, true, true, []string{"delete", "get", "patch", "post", "put", "x-query"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cache := tableCache(keyColumn("id", "integer"))
			things := cache.Tables[api("things")]
			things.Insertable, things.Updatable, things.Deletable = tt.insert, tt.update, tt.delete
			if tt.keys {
				things.PrimaryKey = []string{"id"}
			}
			var operations map[string]any
			doc := document(t, cache, openapi.Config{})
			require.NoError(t, json.Unmarshal([]byte(part(t, doc, "paths", "/things")), &operations))
			require.Equal(t, tt.want, slices.Sorted(maps.Keys(operations)))
		})
	}
}

// Conditional requests are in the document where the API has them, and only there: reads by
// If-None-Match, and writes to rows that are there by If-Match.
func TestDocumentConditional(t *testing.T) {
	t.Parallel()
	with := document(t, cinema(), openapi.Config{Conditional: true})
	for _, tt := range []struct{ method, header, status, tagged string }{
		{"get", "If-None-Match", "304", "200"},
		{"put", "If-Match", "412", "200"},
		{"patch", "If-Match", "412", "200"},
		{"delete", "If-Match", "412", ""},
		{"post", "", "", ""},
	} {
		operation := func(name string) string { return part(t, with, "paths", "/films", tt.method, name) }
		for _, header := range []string{"If-None-Match", "If-Match"} {
			require.Equal(t, header == tt.header, strings.Contains(operation("parameters"), header+`"`), "%s of %s", header, tt.method)
		}
		for _, status := range []string{"304", "412"} {
			require.Equal(t, status == tt.status, strings.Contains(operation("responses"), `"`+status+`"`), "%s of %s", status, tt.method)
		}
		if tt.tagged != "" {
			require.Contains(t, part(t, with, "paths", "/films", tt.method, "responses", tt.tagged), "ETag")
		}
	}
	require.Contains(t, part(t, with, "paths", "/films", "put", "parameters"), "If-None-Match.put", "which has it insert its row or nothing")
	for _, word := range []string{"If-None-Match", "If-Match", "ETag", "304", "412"} {
		require.NotContains(t, string(document(t, cinema(), openapi.Config{})), word)
	}
}

func TestDocumentServer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config openapi.Config
		want   string
	}{
		{"nothing known", openapi.Config{}, "/"},
		{"mounted", openapi.Config{BasePath: "/api/"}, "/api"},
		{"listening", openapi.Config{Host: "localhost:3000"}, "http://localhost:3000"},
		{"listening with TLS", openapi.Config{Host: "localhost:3000", HTTPS: true}, "https://localhost:3000"},
		{"http URL", openapi.Config{ServerURL: "http://films.example/"}, "http://films.example"},
		{"https URL", openapi.Config{ServerURL: "https://films.example/api"}, "https://films.example/api"},
		{"port", openapi.Config{ServerURL: "https://films.example:80/api"}, "https://films.example:80/api"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.JSONEq(t, `[{"url": "`+tt.want+`"}]`, part(t, document(t, cinema(), tt.config), "servers"))
		})
	}
	t.Run("malformed URL", func(t *testing.T) {
		t.Parallel()
		_, err := openapi.Document(cinema(), openapi.Selection{}, openapi.Config{ServerURL: "films"})
		var malformed *openapi.ServerURLError
		require.ErrorAs(t, err, &malformed)
	})
}

// The header that names the schema must be sent for any but the default one.
func TestDocumentProfile(t *testing.T) {
	t.Parallel()
	cache := cinema()
	doc := document(t, cache, openapi.Config{})
	require.Equal(t, "null", part(t, doc, "components", "parameters", "pgrest.Accept-Profile", "required"))
	admin, err := openapi.Document(cache, openapi.All(cache, "admin"), openapi.Config{})
	require.NoError(t, err)
	require.Equal(t, "true", part(t, admin, "components", "parameters", "pgrest.Accept-Profile", "required"))
	alone := document(t, tableCache(), openapi.Config{})
	require.Equal(t, "null", part(t, alone, "components", "parameters", "pgrest.Accept-Profile"))
}

func BenchmarkDocument(b *testing.B) {
	cache := wide(3000)
	b.ReportAllocs()
	for b.Loop() {
		document, err := openapi.Document(cache, openapi.All(cache, "api"), openapi.Config{})
		require.NoError(b, err)
		b.SetBytes(int64(len(document)))
	}
}

// The root takes batches where it says so.
func TestDocument_batches(t *testing.T) {
	t.Parallel()
	cache := tableCache(keyColumn("id", "integer"))
	require.Equal(t, "null", part(t, document(t, cache, openapi.Config{}), "paths", "/", "post"))
	doc := document(t, cache, openapi.Config{Batches: true})
	require.JSONEq(t, `"run_batch"`, part(t, doc, "paths", "/", "post", "operationId"))
	require.JSONEq(t, `{"$ref": "#/components/schemas/pgrest.BatchRequest"}`,
		part(t, doc, "paths", "/", "post", "requestBody", "content", "application/vnd.pgrst.batch+json", "schema", "items"))
	require.JSONEq(t, `{"$ref": "#/components/schemas/pgrest.BatchResponse"}`,
		part(t, doc, "paths", "/", "post", "responses", "200", "content", "application/json", "schema", "items"))
	require.JSONEq(t, `["method", "path"]`, part(t, doc, "components", "schemas", "pgrest.BatchRequest", "required"))
	require.JSONEq(t, `["status", "headers", "body"]`, part(t, doc, "components", "schemas", "pgrest.BatchResponse", "required"))
}

// A row to insert may have others within it, where it says so: the members are those by which the
// rows can be embedded.
func TestDocument_nested(t *testing.T) {
	t.Parallel()
	const nested = "application/vnd.pgrst.nested+json"
	cache := cinema()
	require.NotContains(t, string(document(t, cache, openapi.Config{})), "nested")
	doc := document(t, cache, openapi.Config{NestedInserts: true})
	require.JSONEq(t, `[{"$ref": "#/components/schemas/films_nested"}, {"type": "array", "items": {"$ref": "#/components/schemas/films_nested"}}]`,
		part(t, doc, "paths", "/films", "post", "requestBody", "content", nested, "schema", "oneOf"))
	require.JSONEq(t, `{"$ref": "#/components/schemas/directors_nested"}`, part(t, doc, "components", "schemas", "films_nested", "properties", "directors"))
	require.JSONEq(t, `{"type": "array", "items": {"$ref": "#/components/schemas/films_nested"}}`,
		part(t, doc, "components", "schemas", "directors_nested", "properties", "films"))
	require.JSONEq(t, `["title"]`, part(t, doc, "components", "schemas", "films_nested", "required"), "what refers to others may be missing")
	require.Equal(t, "null", part(t, doc, "components", "schemas", "films_nested", "additionalProperties"), "there are aliases and hints")
	require.Equal(t, "null", part(t, doc, "components", "schemas", "films_nested", "properties", "id"), "which can't be written")
	require.Equal(t, "null", part(t, doc, "paths", "/recent_films", "post"))
}

// Within another, a row has no need of the column that refers to that one, even if no member of
// its own leads there, as a column has the relation's name.
func TestDocument_nested_without_a_way_back(t *testing.T) {
	t.Parallel()
	cache := introspect.New(introspect.Catalog{Schemas: []string{"api"}, Tables: []*introspect.Table{
		{Name: api("orders"), Insertable: true, PrimaryKey: []string{"id"}, Columns: []introspect.Column{keyColumn("id", "bigint")}},
		{Name: api("lines"), Insertable: true, Columns: []introspect.Column{keyColumn("orders", "bigint"), keyColumn("place", "integer")},
			ForeignKeys: []introspect.ForeignKey{{Name: "key", Columns: []string{"orders"}, References: api("orders"), ReferencedColumns: []string{"id"}}}},
	}})
	doc := document(t, cache, openapi.Config{NestedInserts: true})
	require.JSONEq(t, `{"type": "array", "items": {"$ref": "#/components/schemas/lines_nested"}}`, part(t, doc, "components", "schemas", "orders_nested", "properties", "lines"))
	require.JSONEq(t, `["place"]`, part(t, doc, "components", "schemas", "lines_nested", "required"))
}
