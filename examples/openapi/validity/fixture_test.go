package validity_test

import (
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

// typeNames are types of every kind that has a form of its own in JSON.
var typeNames = []string{
	"boolean", "smallint", "integer", "bigint", "oid", "numeric", "real", "double precision", "text", "uuid", "date",
	"timestamp with time zone", "timestamp without time zone", "time without time zone", "interval", "bytea", "inet",
	"json", "jsonb", "text[]", "integer[]", "jsonb[]", "api.rating[]", "api.films[]", "api.unknown[]",
}

func typeOf(name string) *introspect.Type {
	t := &introspect.Type{Name: name, Schema: "pg_catalog", Local: name, BaseName: name}
	if strings.HasSuffix(name, "[]") {
		t.Kind = introspect.ArrayType
	}
	return t
}

var (
	rating = &introspect.Type{
		OID: 20000, Name: "api.rating", Schema: "api", Local: "rating", BaseName: "api.rating",
		Kind: introspect.EnumType, Enum: []string{"poor", "good"},
	}
	filmRow = &introspect.Type{
		Name: "api.films", Schema: "api", Local: "films", BaseName: "api.films",
		Kind: introspect.CompositeType, Relation: api("films"),
	}
	pair = &introspect.Type{
		Name: "api.pair", Schema: "api", Local: "pair", BaseName: "api.pair", Kind: introspect.CompositeType,
		Attributes: []introspect.Column{{Name: "a", Type: typeOf("integer"), TypeName: "integer", Nullable: true}},
	}
	period = &introspect.Type{Name: "daterange", Schema: "pg_catalog", BaseName: "daterange", Kind: introspect.RangeType}
	record = &introspect.Type{OID: 2249, Name: "record", Schema: "pg_catalog", BaseName: "record", Kind: introspect.PseudoType}
	mood   = &introspect.Type{
		OID: 20001, Name: "api.mood", Schema: "api", Local: "mood", BaseName: "integer", IsDomain: true,
	}
	image = &introspect.Type{Name: `api."image/png"`, Schema: "api", Local: "image/png", BaseName: "bytea", IsDomain: true}
)

// everything is a cache with whatever makes a document differ.
func everything() *introspect.SchemaCache {
	return introspect.New(introspect.Catalog{
		Schemas: []string{"api", "admin"},
		Tables: []*introspect.Table{
			types("all_types", false), types("required_types", true), films(), odd(), keyword(),
			{Name: introspect.QualifiedName{Schema: "admin", Name: "logs"}},
		},
		Types:           []*introspect.Type{rating},
		Representations: []introspect.Representation{{From: 20001, To: 114, Function: api("show")}},
		Routines:        routines(),
	})
}

// types is a table with a column of each type, and with literal and other defaults.
func types(name string, required bool) *introspect.Table {
	t := &introspect.Table{Name: api(name), Insertable: true, Updatable: true, Deletable: true}
	add := func(name string, typ *introspect.Type, expression string) {
		t.Columns = append(t.Columns, introspect.Column{
			Name: name, Type: typ, TypeName: typ.Name, Nullable: !required, Default: expression,
		})
	}
	for _, name := range typeNames {
		add("a "+name, typeOf(name), "")
	}
	for _, typ := range []*introspect.Type{rating, pair, filmRow, period, mood, image} {
		add(typ.Local+typ.Name, typ, "")
	}
	add("default text", typeOf("text"), "'it''s'::text")
	add("default number", typeOf("integer"), "'-1'::integer")
	add("default expression", typeOf("date"), "CURRENT_DATE")
	add("default json", typeOf("jsonb"), `'{"a": 1}'::jsonb`)
	add("default array", typeOf("text[]"), `'{}'::text[]`)
	if required {
		t.Columns = t.Columns[:len(typeNames)+1] // no composite ones, so that there is an example
	}
	return t
}

func films() *introspect.Table {
	return &introspect.Table{
		Name: api("films"), Comment: "Films\n\nAll of them.",
		Columns: []introspect.Column{
			{Name: "id", Type: typeOf("bigint"), TypeName: "bigint", Identity: 'a'},
			{Name: "code", Type: typeOf("character varying"), TypeName: "character varying(2)", MaxLength: 2},
			{Name: "upper", Type: typeOf("text"), TypeName: "text", Generated: true},
			{Name: "sequel_of", Type: typeOf("bigint"), TypeName: "bigint", Nullable: true},
		},
		PrimaryKey: []string{"id"},
		ForeignKeys: []introspect.ForeignKey{{
			Name: "sequel", Columns: []string{"sequel_of"}, References: api("films"), ReferencedColumns: []string{"id"},
		}},
		Insertable: true, Updatable: true, Deletable: true,
	}
}

// odd has names that need care, and is a view.
func odd() *introspect.Table {
	return &introspect.Table{
		Name: api(`{a}/b~ "é"`), Kind: introspect.View,
		Columns: []introspect.Column{
			{Name: "a.b/c", Type: typeOf("text"), TypeName: "text"}, {Name: "", Type: rating, TypeName: "api.rating"},
			{Name: "a_b", Type: typeOf("jsonb"), TypeName: "jsonb"}, {Name: "aB", Type: typeOf("jsonb"), TypeName: "jsonb"},
			{Name: "A-B", Type: rating, TypeName: "api.rating", Nullable: true}, {Name: "題", Type: rating, TypeName: "api.rating"},
			{Name: "$ref", Type: typeOf("text"), TypeName: "text"},
		},
	}
}

// keyword has the names of parameters and of generated schemas.
func keyword() *introspect.Table {
	t := &introspect.Table{Name: api("films_insert")}
	for _, name := range []string{"select", "order", "and", "limit", "columns"} {
		t.Columns = append(t.Columns, introspect.Column{Name: name, Type: typeOf("text"), TypeName: "text"})
	}
	return t
}

func routines() []*introspect.Routine {
	param := func(name, typeName string) introspect.Param {
		return introspect.Param{Name: name, Type: typeOf(typeName), Required: true}
	}
	one := func(name string, returns introspect.Result, params ...introspect.Param) *introspect.Routine {
		return &introspect.Routine{Name: api(name), Returns: returns, Params: params, Volatility: introspect.Stable}
	}
	number := introspect.Result{Type: typeOf("integer")}
	variadic := param("v", "text[]")
	variadic.Variadic = true
	volatile := one("delete_all", introspect.Result{Type: typeOf("void"), Void: true})
	volatile.Volatility = introspect.Volatile
	table := introspect.Result{Type: record, Set: true, Columns: []introspect.ResultColumn{{Name: "n", Type: typeOf("integer")}}}
	return []*introspect.Routine{
		volatile,
		one("add", number, param("a", "integer"), param("b", "integer")),
		one("add", introspect.Result{Type: typeOf("numeric")}, param("a", "numeric"), param("b", "numeric"), param("c", "numeric")),
		one("search", introspect.Result{Type: filmRow, Set: true}, param("id", "bigint"), param("select", "text"), param("list", "integer[]")),
		one("film", introspect.Result{Type: filmRow}, introspect.Param{Name: "f", Type: filmRow, Required: true}),
		one("films", table, variadic),
		one("pair", introspect.Result{Type: pair}),
		one("anything", introspect.Result{Type: record, Set: true}),
		one("ratings", introspect.Result{Type: rating, Set: true}),
		one("picture", introspect.Result{Type: image}),
		one("whole_json", number, param("", "json")),
		one("whole_text", number, param("", "text")),
		one("whole_xml", number, param("", "xml")),
		one("whole_bytea", number, param("", "bytea")),
	}
}
