package plan_test

import (
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

// archive is the schema that the tests plan against: a film archive, with every
// cardinality in it.
//
//	directors 1-n films n-n actors (roles), n-n genres (film_genres)
//	films 1-1 restorations, films 1-n films, institutions 1-n loans (twice)
//	sequels, original   computed relationships of films
//	full_title          a computed field of films
//	genres.colour       a domain with representations
func archive() *introspect.SchemaCache {
	films := rowOf("films")
	return introspect.New(introspect.Catalog{
		Schemas: []string{"archive"},
		Tables: []*introspect.Table{
			relation("directors", "id", "id int4, name text, born text"),
			relation("films", "id", "id int4, title text, year int4, rating numeric, info jsonb, director_id int4, sequel_of int4",
				references("films_director", "director_id", "directors", "id"), references("films_sequel_of", "sequel_of", "films", "id")),
			relation("restorations", "film_id", "film_id int4, finished text", references("restorations_film", "film_id", "films", "id")),
			relation("actors", "id", "id int4, name text"),
			relation("roles", "film_id, actor_id", "film_id int4, actor_id int4, character text, billing int4",
				references("roles_film", "film_id", "films", "id"), references("roles_actor", "actor_id", "actors", "id")),
			relation("genres", "id", "id int4, name text, colour colour"),
			relation("film_genres", "film_id, genre_id", "film_id int4, genre_id int4",
				references("film_genres_film", "film_id", "films", "id"), references("film_genres_genre", "genre_id", "genres", "id")),
			relation("institutions", "code", "code text, name text"),
			relation("loans", "id", "id int4, lender text, borrower text",
				references("loans_lender", "lender", "institutions", "code"), references("loans_borrower", "borrower", "institutions", "code")),
			relation("editions", "competition, year", "competition text, year int4, host text"),
			relation("nominations", "", "competition text, year int4, category text",
				references("nominations_edition", "competition, year", "editions", "competition, year")),
			relation("films_1", "id", "id int4, film_id int4", references("copies_film", "film_id", "films", "id")),
			relation("tickets", "id", "id int4"),
		},
		Routines: []*introspect.Routine{
			routine("sequels", films, introspect.Result{Type: films, Set: true, Rows: 1000}),
			routine("original", films, introspect.Result{Type: films, Set: true, Rows: 1}),
			routine("full_title", films, introspect.Result{Type: types["text"]}),
			{Name: named("decades"), Volatility: introspect.Stable, Returns: introspect.Result{Type: types["int4"], Set: true}},
			{Name: named("shelve"), Volatility: introspect.Volatile, Returns: introspect.Result{Type: types["int4"]}},
		},
		Types: []*introspect.Type{types["int4"], types["text"], types["numeric"]},
		Representations: []introspect.Representation{
			{From: types["colour"].OID, To: types["json"].OID, Function: named("colour_to_json")},
			{From: types["text"].OID, To: types["colour"].OID, Function: named("colour_from_text")},
		},
	})
}

var types = map[string]*introspect.Type{
	"int4":    {OID: 23, Name: "integer", Schema: "pg_catalog", Local: "int4", BaseOID: 23},
	"text":    {OID: 25, Name: "text", Schema: "pg_catalog", Local: "text", BaseOID: 25},
	"json":    {OID: 114, Name: "json", Schema: "pg_catalog", Local: "json", BaseOID: 114},
	"numeric": {OID: 1700, Name: "numeric", Schema: "pg_catalog", Local: "numeric", BaseOID: 1700},
	"jsonb":   {OID: 3802, Name: "jsonb", Schema: "pg_catalog", Local: "jsonb", BaseOID: 3802},
	"colour":  {OID: 20000, Name: "archive.colour", Schema: "archive", Local: "colour", BaseOID: 23, IsDomain: true},
}

func named(name string) introspect.QualifiedName {
	return introspect.QualifiedName{Schema: "archive", Name: name}
}

// relation makes a table; columns have their name and type, as in "id int4, name text".
func relation(name, key, columns string, keys ...introspect.ForeignKey) *introspect.Table {
	t := &introspect.Table{Name: named(name), PrimaryKey: list(key), ForeignKeys: keys, Insertable: true, Updatable: true, Deletable: true}
	for _, column := range list(columns) {
		column, typ, _ := strings.Cut(column, " ")
		t.Columns = append(t.Columns, introspect.Column{Name: column, Type: types[typ]})
	}
	return t
}

func references(constraint, columns, table, referenced string) introspect.ForeignKey {
	return introspect.ForeignKey{Name: constraint, Columns: list(columns), References: named(table), ReferencedColumns: list(referenced)}
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ", ")
}

// rowOf is a table's row type.
func rowOf(table string) *introspect.Type {
	return &introspect.Type{OID: 30000, Name: table, BaseOID: 30000, Kind: introspect.CompositeType, Relation: named(table)}
}

func routine(name string, row *introspect.Type, result introspect.Result) *introspect.Routine {
	return &introspect.Routine{Name: named(name), Params: []introspect.Param{{Type: row, Required: true}}, Returns: result, Volatility: introspect.Stable}
}
