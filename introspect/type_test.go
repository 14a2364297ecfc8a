package introspect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
)

func TestLoadTypes(t *testing.T) {
	t.Parallel()
	type facts struct {
		Name, Schema, Local, Base string
		Kind                      introspect.TypeKind
		IsDomain, CastsToJSON     bool
		Relation                  introspect.QualifiedName
		Enum                      []string
	}
	tests := []struct {
		name string
		typ  string
		want facts
	}{
		{
			"built-in", "double precision",
			facts{Name: "double precision", Schema: "pg_catalog", Local: "float8", Base: "double precision"},
		},
		{
			"built-in whose cast to json is built in too", "jsonb",
			facts{Name: "jsonb", Schema: "pg_catalog", Local: "jsonb", Base: "jsonb"},
		},
		{
			"array", "text[]",
			facts{Name: "text[]", Schema: "pg_catalog", Local: "_text", Base: "text[]", Kind: introspect.ArrayType},
		},
		{
			"enum", "api.color",
			facts{
				Name: "api.color", Schema: "api", Local: "color", Base: "api.color",
				Kind: introspect.EnumType, Enum: []string{"red", "green", "blue"},
			},
		},
		{
			"enum of a schema that is not exposed", "public.size",
			facts{
				Name: "public.size", Schema: "public", Local: "size", Base: "public.size",
				Kind: introspect.EnumType, Enum: []string{"small", "large"},
			},
		},
		{
			"range", "int4range",
			facts{Name: "int4range", Schema: "pg_catalog", Local: "int4range", Base: "int4range", Kind: introspect.RangeType},
		},
		{
			"multirange", "datemultirange",
			facts{
				Name: "datemultirange", Schema: "pg_catalog", Local: "datemultirange", Base: "datemultirange",
				Kind: introspect.MultirangeType,
			},
		},
		{
			"composite", "api.pair",
			facts{Name: "api.pair", Schema: "api", Local: "pair", Base: "api.pair", Kind: introspect.CompositeType},
		},
		{
			"row of a table", "api.films",
			facts{
				Name: "api.films", Schema: "api", Local: "films", Base: "api.films",
				Kind: introspect.CompositeType, Relation: api("films"),
			},
		},
		{
			"array of rows", "api.films[]",
			facts{Name: "api.films[]", Schema: "api", Local: "_films", Base: "api.films[]", Kind: introspect.ArrayType},
		},
		{
			"domain", "api.positive",
			facts{Name: "api.positive", Schema: "api", Local: "positive", Base: "integer", IsDomain: true},
		},
		{
			"domain of a domain of a domain", "api.tiny",
			facts{Name: "api.tiny", Schema: "api", Local: "tiny", Base: "integer", IsDomain: true},
		},
		{
			"domain of an enum", "api.dark",
			facts{
				Name: "api.dark", Schema: "api", Local: "dark", Base: "api.color", IsDomain: true,
				Kind: introspect.EnumType, Enum: []string{"red", "green", "blue"},
			},
		},
		{
			"domain of an array", "api.words",
			facts{
				Name: "api.words", Schema: "api", Local: "words", Base: "text[]", IsDomain: true,
				Kind: introspect.ArrayType,
			},
		},
		{
			"type with a cast to json", "public.hstore",
			facts{
				Name: "public.hstore", Schema: "public", Local: "hstore", Base: "public.hstore",
				CastsToJSON: true,
			},
		},
		{
			"domain of a type with a cast to json", "api.attributes",
			facts{
				Name: "api.attributes", Schema: "api", Local: "attributes", Base: "public.hstore",
				IsDomain: true, CastsToJSON: true,
			},
		},
		{
			"composite with a cast to json, which to_json passes over", "api.cast_pair",
			facts{
				Name: "api.cast_pair", Schema: "api", Local: "cast_pair", Base: "api.cast_pair",
				Kind: introspect.CompositeType,
			},
		},
		{
			"cast to json by way of text, which to_json passes over", "api.spoken",
			facts{
				Name: "api.spoken", Schema: "api", Local: "spoken", Base: "api.spoken",
				Kind: introspect.EnumType, Enum: []string{"1"},
			},
		},
	}
	definitions := `
		CREATE EXTENSION hstore SCHEMA public;
		CREATE TYPE api.color AS ENUM ('red', 'blue');
		ALTER TYPE api.color ADD VALUE 'green' BEFORE 'blue';
		CREATE TYPE public.size AS ENUM ('small', 'large');
		CREATE TYPE api.pair AS (a int, b int);
		CREATE TABLE api.films (id int);
		CREATE DOMAIN public.number AS int;
		CREATE DOMAIN api.positive AS public.number CHECK (VALUE > 0);
		CREATE DOMAIN api.tiny AS api.positive CHECK (VALUE < 10);
		CREATE DOMAIN api.dark AS api.color;
		CREATE DOMAIN api.words AS text[];
		CREATE DOMAIN api.attributes AS public.hstore;
		CREATE TYPE api.cast_pair AS (a int, b int);
		CREATE FUNCTION api.to_json(api.cast_pair) RETURNS json LANGUAGE sql AS 'SELECT ''1''::json';
		CREATE CAST (api.cast_pair AS json) WITH FUNCTION api.to_json(api.cast_pair);
		CREATE TYPE api.spoken AS ENUM ('1');
		CREATE CAST (api.spoken AS json) WITH INOUT;
		CREATE TABLE api.t ();`
	for _, tt := range tests {
		definitions += `ALTER TABLE api.t ADD COLUMN "` + tt.name + `" ` + tt.typ + ";"
	}
	cache := load(t, definitions)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := column(t, cache, "t", tt.name).Type
			require.Equal(t, tt.want, facts{
				Name: got.Name, Schema: got.Schema, Local: got.Local, Base: got.BaseName,
				Kind: got.Kind, IsDomain: got.IsDomain, CastsToJSON: got.CastsToJSON,
				Relation: got.Relation, Enum: got.Enum,
			})
			require.Equal(t, got.IsDomain, got.OID != got.BaseOID)
		})
	}
}

func TestLoadSharesTypes(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TYPE api.color AS ENUM ('red');
		CREATE TABLE api.a (color api.color);
		CREATE TABLE api.b (color api.color);
		CREATE FUNCTION api.f(color api.color) RETURNS api.color LANGUAGE sql AS 'SELECT $1'`)
	color := column(t, cache, "a", "color").Type
	require.Same(t, color, column(t, cache, "b", "color").Type)
	require.Same(t, color, routine(t, cache, "f").Params[0].Type)
	require.Same(t, color, routine(t, cache, "f").Returns.Type)
	named, ok := cache.Type(api("color"))
	require.True(t, ok)
	require.Same(t, color, named)
}

// The columns of a composite type are known however the type is used: as it is, under a
// domain, in an array or in another composite type. Those of an exposed relation's row type
// are the relation's.
func TestLoadAttributes(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TYPE api.point3 AS (x int, y int, z int);
		CREATE TYPE api.corner AS (at api.point3, name varchar(9));
		CREATE DOMAIN api.place AS api.point3;
		CREATE TYPE api.loop AS (name text, next text);
		CREATE TABLE public.secret (answer int);
		CREATE TABLE api.shown (id int);
		CREATE TABLE api.things (
			corner api.corner, place api.place, loops api.loop[], secret public.secret, shown api.shown
		);
		CREATE FUNCTION api.f(p api.point3) RETURNS int LANGUAGE sql AS 'SELECT 1'`)
	names := func(typ *introspect.Type) []string {
		var names []string
		for _, a := range typ.Attributes {
			names = append(names, a.Name+" "+a.TypeName)
		}
		return names
	}
	column := func(name string) *introspect.Type {
		c, ok := cache.Tables[api("things")].Column(name)
		require.True(t, ok)
		return c.Type
	}
	point := []string{"x integer", "y integer", "z integer"}
	require.Equal(t, []string{"at api.point3", "name character varying(9)"}, names(column("corner")))
	require.Equal(t, point, names(column("corner").Attributes[0].Type))
	require.Equal(t, point, names(column("place")))
	require.Equal(t, point, names(routine(t, cache, "f").Params[0].Type))
	require.Equal(t, []string{"answer integer"}, names(column("secret")))
	require.Empty(t, names(column("shown")))
	require.Empty(t, names(column("loops")))
	loop, ok := cache.Type(api("loop"))
	require.True(t, ok)
	require.Equal(t, []string{"name text", "next text"}, names(loop))
}

// Arrays know the types of their elements, of whatever schema and kind, with the attributes
// of composites.
func TestLoad_elements(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE SCHEMA hidden;
		CREATE TYPE hidden.point AS (x int, y int);
		CREATE TYPE hidden.line AS (points hidden.point[], color text);
		CREATE TYPE hidden.grade AS ENUM ('a', 'b');
		CREATE TABLE hidden.rows (id int, grades hidden.grade[]);
		CREATE DOMAIN hidden.path AS hidden.point[];
		CREATE TABLE api.drawings (lines hidden.line[], grades hidden.grade[], rows hidden.rows[], path hidden.path, texts text[], one hidden.line)`)
	column := func(name string) *introspect.Type {
		c, ok := table(t, cache, "drawings").Column(name)
		require.True(t, ok)
		return c.Type
	}
	attributes := func(of *introspect.Type) []string {
		var names []string
		for _, a := range of.Attributes {
			names = append(names, a.Name)
		}
		return names
	}
	line := column("lines").Element
	require.Same(t, column("one"), line)
	require.Equal(t, "hidden.line", line.Name)
	require.Equal(t, []string{"points", "color"}, attributes(line))
	point := line.Attributes[0].Type.Element
	require.Equal(t, []string{"x", "y"}, attributes(point))
	require.Same(t, point, column("path").Element)
	require.Equal(t, []string{"a", "b"}, column("grades").Element.Enum)
	require.Equal(t, introspect.QualifiedName{Schema: "hidden", Name: "rows"}, column("rows").Element.Relation)
	require.Equal(t, []string{"id", "grades"}, attributes(column("rows").Element))
	require.Nil(t, column("texts").Element, "one of PostgreSQL's own")
}
