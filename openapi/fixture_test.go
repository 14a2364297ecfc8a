package openapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
)

func api(name string) introspect.QualifiedName {
	return introspect.QualifiedName{Schema: "api", Name: name}
}

// builtin is a type of pg_catalog.
func builtin(name string) *introspect.Type {
	kind := introspect.BaseType
	if strings.HasSuffix(name, "[]") {
		kind = introspect.ArrayType
	}
	return &introspect.Type{Name: name, Schema: "pg_catalog", Local: name, BaseName: name, Kind: kind}
}

// column is a nullable column of a type of pg_catalog.
func column(name, typeName string) introspect.Column {
	t, _, _ := strings.Cut(typeName, "(")
	return introspect.Column{Name: name, Type: builtin(t), TypeName: typeName, Nullable: true}
}

func keyColumn(name, typeName string) introspect.Column {
	c := column(name, typeName)
	c.Nullable = false
	return c
}

var rating = &introspect.Type{
	Name: "api.rating", Schema: "api", Local: "rating", BaseName: "api.rating",
	Kind: introspect.EnumType, Enum: []string{"poor", "good"},
}

// cinema is a small API: directors and their films, a view of films that can't be
// written, and functions.
func cinema() *introspect.SchemaCache {
	filmRow := &introspect.Type{
		Name: "api.films", Schema: "api", Local: "films", BaseName: "api.films",
		Kind: introspect.CompositeType, Relation: api("films"),
	}
	return introspect.New(introspect.Catalog{
		Schemas: []string{"api", "admin"},
		Tables:  []*introspect.Table{films(), directors(), recentFilms(), {Name: introspect.QualifiedName{Schema: "admin", Name: "logs"}}},
		Routines: []*introspect.Routine{{
			Name:    api("search"),
			Comment: "Search films\n\nBy words of their titles.",
			Params: []introspect.Param{
				{Name: "words", Type: builtin("text"), Required: true},
				{Name: "least", Type: rating},
			},
			Returns:    introspect.Result{Type: filmRow, Set: true},
			Volatility: introspect.Stable,
		}, {
			Name:       api("archive"),
			Returns:    introspect.Result{Type: builtin("void"), Void: true},
			Volatility: introspect.Volatile,
		}},
	})
}

func films() *introspect.Table {
	id, title, director := keyColumn("id", "bigint"), keyColumn("title", "character varying(80)"), column("director_id", "integer")
	id.Identity = 'a'
	title.Comment, title.MaxLength = "As on the poster", 80
	added := keyColumn("added", "timestamp with time zone")
	added.Default = "now()"
	return &introspect.Table{
		Name:    api("films"),
		Comment: "Films\n\nAll that were shown.",
		Columns: []introspect.Column{
			id, title, director, added,
			{Name: "rating", Type: rating, TypeName: "api.rating", Nullable: true},
			column("tags", "text[]"), column("extra", "jsonb"),
		},
		PrimaryKey: []string{"id"},
		ForeignKeys: []introspect.ForeignKey{{
			Name: "film_director", Columns: []string{"director_id"},
			References: api("directors"), ReferencedColumns: []string{"id"},
		}},
		Insertable: true, Updatable: true, Deletable: true,
	}
}

func directors() *introspect.Table {
	return &introspect.Table{
		Name:       api("directors"),
		Columns:    []introspect.Column{keyColumn("id", "integer"), column("name", "text")},
		PrimaryKey: []string{"id"},
		Insertable: true, Updatable: true, Deletable: true,
	}
}

func recentFilms() *introspect.Table {
	return &introspect.Table{
		Name:    api("recent_films"),
		Kind:    introspect.View,
		Columns: []introspect.Column{column("id", "bigint"), column("title", "text")},
	}
}

// tableCache is a cache of one table of those columns.
func tableCache(columns ...introspect.Column) *introspect.SchemaCache {
	return introspect.New(introspect.Catalog{
		Schemas: []string{"api"},
		Tables:  []*introspect.Table{{Name: api("things"), Columns: columns}},
	})
}

// routineCache is a cache of those functions.
func routineCache(routines ...*introspect.Routine) *introspect.SchemaCache {
	for _, r := range routines {
		if r.Returns.Type == nil {
			r.Returns.Type = builtin("integer")
		}
	}
	return introspect.New(introspect.Catalog{Schemas: []string{"api"}, Routines: routines})
}

// part gives the part of a document that a path of member names leads to, as JSON; null if
// there is none.
func part(t *testing.T, document []byte, path ...string) string {
	t.Helper()
	value := json.RawMessage(document)
	for _, name := range path {
		var members map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(value, &members))
		value = members[name]
		if value == nil {
			return "null"
		}
	}
	return string(value)
}
