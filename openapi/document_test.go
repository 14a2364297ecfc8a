package openapi_test

import (
	"encoding/json"
	"maps"
	"net/url"
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

func TestDocumentColumn(t *testing.T) {
	t.Parallel()
	set := func(typeName string, change func(*introspect.Column)) introspect.Column {
		c := column("c", typeName)
		change(&c)
		return c
	}
	composite := &introspect.Type{
		Name: "api.pair", Schema: "api", Local: "pair", BaseName: "api.pair", Kind: introspect.CompositeType,
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
		{"number", keyColumn("c", "numeric(10,2)"), `{"type": "number", "format": "decimal"}`},
		{"time", keyColumn("c", "timestamp with time zone"), `{"type": "string", "format": "date-time"}`},
		{"JSON is anything", column("c", "jsonb"), `{}`},
		{"array", keyColumn("c", "uuid[]"), `{"type": "array", "items": {"type": "string", "format": "uuid"}}`},
		{"array of what is not known", keyColumn("c", "other.thing[]"), `{"type": "array", "items": {}}`},
		{"enum", of(rating), `{"$ref": "#/components/schemas/rating"}`},
		{"enum or null", introspect.Column{Name: "c", Type: rating, TypeName: "api.rating", Nullable: true},
			`{"anyOf": [{"$ref": "#/components/schemas/rating"}, {"type": "null"}]}`},
		{"composite", of(composite), `{"$ref": "#/components/schemas/pair"}`},
		{"composite of unknown columns", of(&introspect.Type{Name: "api.pair", Kind: introspect.CompositeType}), `{"type": "object"}`},
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

// Enums and composite types have a schema each, which all of their columns share.
func TestDocumentTypes(t *testing.T) {
	t.Parallel()
	foreign := &introspect.Type{
		Name: "other.rating", Schema: "other", Local: "rating", Kind: introspect.EnumType, Enum: []string{"1", "2"},
	}
	pair := &introspect.Type{
		Name: "api.pair", Schema: "api", Local: "pair", Kind: introspect.CompositeType,
		Attributes: []introspect.Column{{Name: "a", Type: rating}, {Name: "b", Type: builtin("integer")}},
	}
	var columns []introspect.Column
	for _, typ := range []*introspect.Type{foreign, pair, rating, pair, foreign} {
		columns = append(columns, introspect.Column{Name: typ.Name, Type: typ, TypeName: typ.Name})
	}
	schemas := part(t, document(t, tableCache(columns...), openapi.Config{}), "components", "schemas")
	require.JSONEq(t, `{"type": "string", "enum": ["1", "2"]}`, part(t, []byte(schemas), "other.rating"))
	require.JSONEq(t, `{"type": "string", "enum": ["poor", "good"]}`, part(t, []byte(schemas), "rating"))
	require.JSONEq(t, `{"type": "object", "properties": {
		"a": {"anyOf": [{"$ref": "#/components/schemas/rating"}, {"type": "null"}]},
		"b": {"type": ["integer", "null"], "format": "int32"}
	}}`, part(t, []byte(schemas), "pair"))
	require.JSONEq(t, `[{"other.rating": "1", "api.pair": {"a": "poor", "b": 1}, "api.rating": "poor"}]`,
		part(t, []byte(schemas), "things", "examples"))
}

// Examples are values that PostgreSQL takes. Those of writes leave alone what has a
// default, and refer to no rows that may not be there.
func TestDocumentExamples(t *testing.T) {
	t.Parallel()
	bits, unknown, mood := keyColumn("bits", "bit(3)"), column("unknown", "jsonb"), column("range", "daterange")
	mood.Type.Kind = introspect.RangeType
	unknown.Type = &introspect.Type{Name: "api.colour", BaseName: "integer", IsDomain: true, CastsToJSON: true}
	code := keyColumn("code", "character varying(2)")
	code.MaxLength = 2
	cache := introspect.New(introspect.Catalog{Schemas: []string{"api"}, Tables: []*introspect.Table{
		films(), directors(),
		{Name: api("things"), Columns: []introspect.Column{bits, code, unknown, mood, column("numbers", "integer[]")}},
	}})
	schemas := []byte(part(t, document(t, cache, openapi.Config{}), "components", "schemas"))
	require.JSONEq(t, `[{"bits": "111", "code": "te", "unknown": null, "range": "[2024-01-31,2024-03-01)", "numbers": [1]}]`,
		part(t, schemas, "things", "examples"))
	require.JSONEq(t, `[{"title": "text", "rating": "poor", "tags": ["text"], "extra": {}}]`, part(t, schemas, "films_insert", "examples"))
	require.JSONEq(t, `[{"title": "text", "added": "2024-01-31T12:30:00+00:00", "rating": "poor", "tags": ["text"], "extra": {}}]`,
		part(t, schemas, "films_update", "examples"))
}

// A filter says what its column is, and by which operators it can be filtered.
func TestDocumentFilters(t *testing.T) {
	t.Parallel()
	ranged := column("c", "int4range")
	ranged.Type.Kind = introspect.RangeType
	commented := column("c", "boolean")
	commented.Comment = "Whether it is so"
	tests := []struct {
		name        string
		column      introspect.Column
		description string
		example     string
	}{
		{"number", column("c", "integer"), "Filter by c (integer) with eq, neq, gt, gte, lt, lte, in, isdistinct or is.", "eq.1"},
		{"text", column("c", "character varying(9)"), "Filter by c (character varying(9)) with eq, neq, gt, gte, lt, lte, in, isdistinct, is, " +
			"like, ilike, match, imatch, fts, plfts, phfts or wfts.", "eq.text"},
		{"array", column("c", "text[]"), "Filter by c (text[]) with eq, neq, gt, gte, lt, lte, in, isdistinct, is, cs, cd or ov.", "cs.{text}"},
		{"array of JSON", column("c", "json[]"), "Filter by c (json[]) with eq, neq, gt, gte, lt, lte, in, isdistinct, is, cs, cd or ov.", "is.null"},
		{"range", ranged, "Filter by c (int4range) with eq, neq, gt, gte, lt, lte, in, isdistinct, is, cs, cd, ov, sl, sr, nxr, nxl or adj.", "ov.[1,5)"},
		{"words", column("c", "tsvector"), "Filter by c (tsvector) with fts, plfts, phfts, wfts or is.", "fts.text"},
		{"JSON", column("c", "json"), "Filter by c (json) with fts, plfts, phfts, wfts or is.", "is.null"},
		{"not comparable", column("c", "xml"), "Filter by c (xml) with is.", "is.null"},
		{"day", column("c", "date"), "Filter by c (date) with eq, neq, gt, gte, lt, lte, in, isdistinct or is.", "gte.2024-01-31"},
		{"comment", commented, "Whether it is so\n\nFilter by c (boolean) with eq, neq, in, isdistinct or is.", "is.true"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got struct{ Name, Description, Example string }
			doc := document(t, tableCache(tt.column), openapi.Config{})
			require.NoError(t, json.Unmarshal([]byte(part(t, doc, "components", "parameters", "filter.things.c")), &got))
			require.Equal(t, "c", got.Name)
			require.Equal(t, tt.description, got.Description)
			require.Equal(t, tt.example, got.Example)
		})
	}
}

// Names of components and operations stay whatever relations and functions are added,
// and other letters give other names.
func TestDocumentNames(t *testing.T) {
	t.Parallel()
	ids := func(relations ...string) map[string]string {
		c := introspect.Catalog{Schemas: []string{"api"}}
		for _, name := range relations {
			c.Tables = append(c.Tables, &introspect.Table{Name: api(name), Columns: []introspect.Column{column("a b", "text"), column("a_b", "text")}})
			c.Routines = append(c.Routines, &introspect.Routine{Name: api(name), Returns: introspect.Result{Type: builtin("integer")}})
		}
		doc := document(t, introspect.New(c), openapi.Config{})
		found := map[string]string{}
		for _, name := range relations {
			for _, path := range []string{"/", "/rpc/"} {
				method := map[string]string{"/": "get", "/rpc/": "post"}[path]
				found[path+name] = part(t, doc, "paths", path+url.PathEscape(name), method, "operationId")
			}
		}
		require.JSONEq(t, `{"name": "a_b", "in": "query"}`,
			strings.Split(part(t, doc, "components", "parameters", "filter."+relations[0]+".a_b"), `,"description"`)[0]+"}")
		return found
	}
	require.Equal(t, map[string]string{"/a_b": `"read_a_b"`, "/rpc/a_b": `"call_a_b"`}, ids("a_b"))
	require.Equal(t, map[string]string{
		"/a_b": `"read_a_b"`, "/rpc/a_b": `"call_a_b"`, "/a b": `"read_a_b_2"`, "/rpc/a b": `"call_a_b_2"`,
		"/映画": `"read_u6620u753b"`, "/rpc/映画": `"call_u6620u753b"`, "/音楽": `"read_u97f3u697d"`, "/rpc/音楽": `"call_u97f3u697d"`,
	}, ids("a_b", "a b", "映画", "音楽"))
}

// What is not selected is not named, neither as what can be embedded nor by a key.
func TestDocumentHidesTheRest(t *testing.T) {
	t.Parallel()
	cache := cinema()
	filmsAlone := openapi.Selection{Schema: "api", Tables: []*introspect.Table{cache.Tables[api("films")]}}
	doc, err := openapi.Document(cache, filmsAlone, openapi.Config{})
	require.NoError(t, err)
	require.NotContains(t, string(doc), "directors")
	require.Contains(t, part(t, document(t, cache, openapi.Config{}), "paths", "/films", "get", "description"), "select: directors.")
}

// Rows can be had in the media types that the database's handlers make of them.
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
		{"empty array", "text[]", `'{}'::text[]`, `{"default": []}`},
		{"array", "text[]", `'{a}'::text[]`, "{\"description\": \"Default: `'{a}'::text[]`\"}"},
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

// An argument whose types differ is of either.
func TestDocumentOverloadedType(t *testing.T) {
	t.Parallel()
	doc := document(t, routineCache(
		&introspect.Routine{Name: api("f"), Volatility: introspect.Stable, Params: []introspect.Param{{Name: "a", Type: builtin("integer")}}},
		&introspect.Routine{Name: api("f"), Volatility: introspect.Stable, Params: []introspect.Param{{Name: "a", Type: builtin("text")}}},
	), openapi.Config{})
	require.JSONEq(t, `[
		{"name": "a", "in": "query", "description": "Of type integer or text.", "example": 1,
			"schema": {"anyOf": [{"type": "integer", "format": "int32"}, {"type": "string"}]}},
		{"$ref": "#/components/parameters/Prefer.read"}
	]`, part(t, doc, "paths", "/rpc/f", "get", "parameters"))
}

// A body is required where an argument is. What takes a body whole can't be called
// without one.
func TestDocumentCall(t *testing.T) {
	t.Parallel()
	param := func(name string, required bool) []introspect.Param {
		return []introspect.Param{{Name: name, Type: builtin("json"), Required: required}}
	}
	tests := []struct {
		name           string
		params         []introspect.Param
		required, gets bool
	}{
		{"no arguments", nil, false, true},
		{"optional argument", param("a", false), false, true},
		{"required argument", param("a", true), true, true},
		{"body", param("", true), true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := document(t, routineCache(&introspect.Routine{Name: api("f"), Volatility: introspect.Stable, Params: tt.params}), openapi.Config{})
			require.Equal(t, tt.required, part(t, doc, "paths", "/rpc/f", "post", "requestBody", "required") == "true")
			require.Equal(t, tt.gets, part(t, doc, "paths", "/rpc/f", "get") != "null")
		})
	}
}

// A set of rows can be paged, and a single row of it be had as an object.
func TestDocumentRows(t *testing.T) {
	t.Parallel()
	doc := document(t, cinema(), openapi.Config{})
	require.Contains(t, part(t, doc, "paths", "/rpc/search", "get", "parameters"), `"#/components/parameters/Range"`)
	require.JSONEq(t, `{"$ref": "#/components/schemas/films"}`, part(t, doc, "paths", "/rpc/search", "post",
		"responses", "200", "content", "application/vnd.pgrst.object+json", "schema"))
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
