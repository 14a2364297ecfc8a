package openapi_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

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
		{"object identifier", keyColumn("c", "oid"), `{"type": "string"}`},
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

// Each enum and composite type has a schema, which all of its columns share.
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

// Examples are values that PostgreSQL takes. Those of writes leave out columns that have a
// default, and refer to no rows that may not exist.
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

// Defaults are shown as values if they are literals, and as text otherwise.
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
