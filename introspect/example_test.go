package introspect_test

import (
	"context"
	"fmt"
	"log"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/introspect"
)

// A cache written by hand serves where there is no database, in tests and tools.
func Example() {
	integer := &introspect.Type{OID: 23, Name: "integer", BaseOID: 23, BaseName: "integer"}
	text := &introspect.Type{OID: 25, Name: "text", BaseOID: 25, BaseName: "text"}
	films := introspect.QualifiedName{Schema: "api", Name: "films"}

	cache := introspect.New(introspect.Catalog{
		Schemas: []string{"api"},
		Tables: []*introspect.Table{{
			Name: films,
			Columns: []introspect.Column{
				{Name: "id", Type: integer, TypeName: "integer", Identity: 'a'},
				{Name: "title", Type: text, TypeName: "text", Nullable: true},
			},
			PrimaryKey: []string{"id"},
			Insertable: true,
		}},
	})

	table, _ := cache.Table(films)
	for _, column := range table.Columns {
		fmt.Println(column.Name, column.TypeName, column.Nullable)
	}
	_, found := table.Column("director")
	fmt.Println("director:", found)
	// Output:
	// id integer false
	// title text true
	// director: false
}

// What is related can be embedded: by the name of the other relation, or by a
// foreign key or its column.
func ExampleSchemaCache_Relationships() {
	films := introspect.QualifiedName{Schema: "api", Name: "films"}
	directors := introspect.QualifiedName{Schema: "api", Name: "directors"}
	cache := introspect.New(introspect.Catalog{
		Schemas: []string{"api"},
		Tables: []*introspect.Table{
			{Name: directors, PrimaryKey: []string{"id"}},
			{Name: films, PrimaryKey: []string{"id"}, ForeignKeys: []introspect.ForeignKey{{
				Name: "film_director", Columns: []string{"director_id"},
				References: directors, ReferencedColumns: []string{"id"},
			}}},
		},
	})

	named, _ := cache.Relationships(films, "directors")
	for _, r := range named {
		fmt.Println(r.Target, r.Constraint, r.Columns, r.ToOne())
	}
	_, keyed := cache.Relationships(films, "director_id")
	for _, r := range keyed {
		fmt.Println(r.Target, r.Constraint, r.Columns, r.ToOne())
	}
	named, _ = cache.Relationships(directors, "films")
	for _, r := range named {
		fmt.Println(r.Target, r.Constraint, r.Columns, r.ToOne())
	}
	// Output:
	// api.directors film_director [{director_id id}] true
	// api.directors film_director [{director_id id}] true
	// api.films film_director [{id director_id}] false
}

// A handler of one relation's rows stands before one of any rows.
func ExampleSchemaCache_MediaHandler() {
	films := introspect.QualifiedName{Schema: "api", Name: "films"}
	actors := introspect.QualifiedName{Schema: "api", Name: "actors"}
	cache := introspect.New(introspect.Catalog{
		Schemas: []string{"api"},
		Handlers: []introspect.Handler{
			{Aggregate: introspect.QualifiedName{Schema: "api", Name: "any_csv"}, MediaType: "text/csv"},
			{Aggregate: introspect.QualifiedName{Schema: "api", Name: "film_csv"}, MediaType: "text/csv", Relation: films},
		},
	})

	for _, relation := range []introspect.QualifiedName{films, actors} {
		handler, ok := cache.MediaHandler(relation, "text/csv")
		if !ok {
			handler, ok = cache.AnyMediaHandler("text/csv")
		}
		fmt.Println(relation, ok, handler.Aggregate)
	}
	// Output:
	// api.films true api.film_csv
	// api.actors true api.any_csv
}

func ExampleLoad() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres:///films")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	cache, err := introspect.Load(ctx, pool, introspect.Options{
		Schemas:         []string{"api"},
		ExtraSearchPath: []string{"public"},
	})
	if err != nil {
		log.Print(err)
		return
	}
	for name, table := range cache.Tables {
		fmt.Println(name, len(table.Columns))
	}
}
