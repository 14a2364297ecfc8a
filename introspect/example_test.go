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
