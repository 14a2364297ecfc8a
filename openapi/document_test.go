package openapi_test

import (
	"encoding/json"
	"maps"
	"slices"
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

func TestDocumentColumn(t *testing.T) {
	t.Parallel()
	set := func(typeName string, change func(*introspect.Column)) introspect.Column {
		c := column("c", typeName)
		change(&c)
		return c
	}
	composite := &introspect.Type{
		Name: "api.pair", Schema: "api", BaseName: "api.pair", Kind: introspect.CompositeType,
		Attributes: []introspect.Column{{Name: "a", Type: builtin("integer")}},
	}
	of := func(typ *introspect.Type) introspect.Column {
		return introspect.Column{Name: "c", Type: typ, TypeName: typ.Name}
	}
	tests := []struct {
		name   string
		column introspect.Column
		want   string
	}{
		{"text or null", column("c", "text"), `{"type": ["string", "null"]}`},
		{"text", keyColumn("c", "text"), `{"type": "string"}`},
		{"limited text", set("character varying(20)", func(c *introspect.Column) { c.MaxLength = 20 }),
			`{"type": ["string", "null"], "maxLength": 20}`},
		{"number", keyColumn("c", "numeric(10,2)"), `{"type": "number"}`},
		{"time", keyColumn("c", "timestamp with time zone"), `{"type": "string", "format": "date-time"}`},
		{"JSON is anything", column("c", "jsonb"), `{}`},
		{"array", keyColumn("c", "uuid[]"), `{"type": "array", "items": {"type": "string", "format": "uuid"}}`},
		{"array of what is not known", keyColumn("c", "other.thing[]"), `{"type": "array", "items": {}}`},
		{"enum", of(rating), `{"type": "string", "enum": ["poor", "good"]}`},
		{"enum or null", introspect.Column{Name: "c", Type: rating, TypeName: "api.rating", Nullable: true},
			`{"type": ["string", "null"], "enum": ["poor", "good", null]}`},
		{"composite", of(composite), `{"type": "object", "properties": {"a": {"type": ["integer", "null"], "format": "int32"}}}`},
		{"row", of(&introspect.Type{Kind: introspect.CompositeType, Relation: api("things")}), `{"$ref": "#/components/schemas/things"}`},
		{"range", of(&introspect.Type{Name: "int4range", Kind: introspect.RangeType}), `{"type": "string"}`},
		{"type that a function turns into JSON", of(&introspect.Type{Name: "public.hstore", CastsToJSON: true}), `{}`},
		{"domain", of(&introspect.Type{Name: "api.score", Schema: "api", BaseName: "smallint", IsDomain: true}),
			`{"type": "integer", "format": "int16"}`},
		{"generated", set("text", func(c *introspect.Column) { c.Generated = true }), `{"type": ["string", "null"], "readOnly": true}`},
		{"always an identity", set("bigint", func(c *introspect.Column) { c.Identity = 'a' }),
			`{"type": ["integer", "null"], "format": "int64", "readOnly": true}`},
		{"comment", set("text", func(c *introspect.Column) { c.Comment = "A text" }),
			`{"type": ["string", "null"], "description": "A text"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.column.Name = "c"
			doc := document(t, tableCache(tt.column), openapi.Config{})
			require.JSONEq(t, tt.want, part(t, doc, "components", "schemas", "things", "properties", "c"))
		})
	}
}

// Defaults are told as values where they are literals, and as text otherwise.
func TestDocumentDefault(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, typeName, expression string
		want                       string // what is there beside the type
	}{
		{"text", "text", `'it''s'::text`, `{"default": "it's"}`},
		{"number", "numeric", `42.20`, `{"default": 42.20}`},
		{"quoted number", "integer", `'-1'::integer`, `{"default": -1}`},
		{"boolean", "boolean", `false`, `{"default": false}`},
		{"JSON", "jsonb", `'{"a": 1}'::jsonb`, `{"default": {"a": 1}}`},
		{"array", "text[]", `'{}'::text[]`, "{\"description\": \"Default: `'{}'::text[]`\"}"},
		{"expression", "date", `CURRENT_DATE`, "{\"description\": \"Default: `CURRENT_DATE`\"}"},
		{"concatenation", "text", `('a'::text || 'b'::text)`, "{\"description\": \"Default: `('a'::text || 'b'::text)`\"}"},
		{"literal and more", "text", `'a'::text || 'b'::text`, "{\"description\": \"Default: `'a'::text || 'b'::text`\"}"},
		{"fraction for an integer", "integer", `1.5`, "{\"description\": \"Default: `1.5`\"}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := keyColumn("c", tt.typeName)
			c.Default = tt.expression
			cache := tableCache(c)
			cache.Tables[api("things")].Insertable = true
			doc := document(t, cache, openapi.Config{})
			var got, want map[string]any
			require.NoError(t, json.Unmarshal([]byte(part(t, doc, "components", "schemas", "things_insert", "properties", "c")), &got))
			require.NoError(t, json.Unmarshal([]byte(tt.want), &want))
			delete(got, "type")
			delete(got, "format")
			delete(got, "items")
			require.Equal(t, want, got)
			require.Equal(t, "null", part(t, doc, "components", "schemas", "things_insert", "required"))
		})
	}
}

// An insert requires what has neither default nor NULL, and no write has what only
// the database writes.
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
		{"read-only view", false, false, false, false, []string{"get"}},
		{"log", true, false, false, true, []string{"get", "post"}},
		{"without key", true, true, true, false, []string{"delete", "get", "patch", "post"}},
		{"with key", true, true, true, true, []string{"delete", "get", "patch", "post", "put"}},
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

func TestDocumentResult(t *testing.T) {
	t.Parallel()
	record := &introspect.Type{OID: 2249, Name: "record", Kind: introspect.PseudoType}
	pair := &introspect.Type{Kind: introspect.CompositeType, Attributes: []introspect.Column{{Name: "a", Type: builtin("integer")}}}
	tests := []struct {
		name    string
		returns introspect.Result
		want    string // the schema of the response
	}{
		{"value", introspect.Result{Type: builtin("integer")}, `{"type": ["integer", "null"], "format": "int32"}`},
		{"values", introspect.Result{Type: builtin("integer"), Set: true},
			`{"type": "array", "items": {"type": ["integer", "null"], "format": "int32"}}`},
		{"row of columns", introspect.Result{Type: record, Columns: []introspect.ResultColumn{{Name: "a", Type: builtin("text")}}},
			`{"$ref": "#/components/schemas/f_result"}`},
		{"rows of a composite type", introspect.Result{Type: pair, Set: true},
			`{"type": "array", "items": {"$ref": "#/components/schemas/f_result"}}`},
		{"rows of columns that nobody knows", introspect.Result{Type: record, Set: true}, `{"type": "array", "items": {"type": "object"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cache := routineCache(&introspect.Routine{Name: api("f"), Returns: tt.returns, Volatility: introspect.Volatile})
			doc := document(t, cache, openapi.Config{})
			require.JSONEq(t, tt.want, part(t, doc, "paths", "/rpc/f", "post", "responses", "200", "content", "application/json", "schema"))
			require.Equal(t, "null", part(t, doc, "paths", "/rpc/f", "get"))
		})
	}
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		doc := document(t, cinema(), openapi.Config{})
		require.Equal(t, "null", part(t, doc, "paths", "/rpc/archive", "post", "responses", "200"))
		require.NotEqual(t, "null", part(t, doc, "paths", "/rpc/archive", "post", "responses", "204"))
	})
	t.Run("rows of a relation", func(t *testing.T) {
		t.Parallel()
		doc := document(t, cinema(), openapi.Config{})
		require.JSONEq(t, `{"type": "array", "items": {"$ref": "#/components/schemas/films"}}`,
			part(t, doc, "paths", "/rpc/search", "get", "responses", "200", "content", "application/json", "schema"))
	})
	t.Run("media type", func(t *testing.T) {
		t.Parallel()
		image := &introspect.Type{Name: `api."image/png"`, Local: "image/png", BaseName: "bytea", IsDomain: true}
		doc := document(t, routineCache(&introspect.Routine{Name: api("f"), Returns: introspect.Result{Type: image}}), openapi.Config{})
		require.JSONEq(t, `{"image/png": {}}`, part(t, doc, "paths", "/rpc/f", "post", "responses", "200", "content"))
	})
}

// Overloads share an operation: an argument is required if all of them require it.
func TestDocumentOverloads(t *testing.T) {
	t.Parallel()
	param := func(name string) introspect.Param {
		return introspect.Param{Name: name, Type: builtin("text"), Required: true}
	}
	doc := document(t, routineCache(
		&introspect.Routine{Name: api("f"), Volatility: introspect.Stable, Params: []introspect.Param{param("a"), param("b")}},
		&introspect.Routine{Name: api("f"), Volatility: introspect.Stable, Params: []introspect.Param{param("a")}},
	), openapi.Config{})
	require.JSONEq(t, `[
		{"name": "a", "in": "query", "description": "Of type text.", "schema": {"type": "string"}, "required": true, "example": "text"},
		{"name": "b", "in": "query", "description": "Of type text.", "schema": {"type": "string"}, "example": "text"},
		{"$ref": "#/components/parameters/Prefer.read"}
	]`, part(t, doc, "paths", "/rpc/f", "get", "parameters"))
	require.JSONEq(t, `{"anyOf": [
		{"$ref": "#/components/schemas/f_arguments"}, {"$ref": "#/components/schemas/f_arguments_2"}
	]}`, part(t, doc, "paths", "/rpc/f", "post", "requestBody", "content", "application/json", "schema"))
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
	require.Equal(t, "null", part(t, doc, "components", "parameters", "Accept-Profile", "required"))
	admin, err := openapi.Document(cache, openapi.All(cache, "admin"), openapi.Config{})
	require.NoError(t, err)
	require.Equal(t, "true", part(t, admin, "components", "parameters", "Accept-Profile", "required"))
	alone := document(t, tableCache(), openapi.Config{})
	require.Equal(t, "null", part(t, alone, "components", "parameters", "Accept-Profile"))
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
