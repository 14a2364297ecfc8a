package openapi_test

import (
	"encoding/json"
	"fmt"
	"log"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// directorCache is a cache written by hand; introspect.Load reads one from a database.
func directorCache() *introspect.SchemaCache {
	integer := &introspect.Type{Name: "integer", Schema: "pg_catalog", BaseName: "integer"}
	text := &introspect.Type{Name: "text", Schema: "pg_catalog", BaseName: "text"}
	return introspect.New(introspect.Catalog{
		Schemas: []string{"api"},
		Tables: []*introspect.Table{{
			Name: introspect.QualifiedName{Schema: "api", Name: "directors"},
			Columns: []introspect.Column{
				{Name: "id", Type: integer, TypeName: "integer", Identity: 'a'},
				{Name: "name", Type: text, TypeName: "text", Nullable: true},
			},
			PrimaryKey: []string{"id"},
			Insertable: true,
		}},
	})
}

func ExampleSwagger() {
	cache := directorCache()
	selection := openapi.All(cache, "api")
	selection.Comment = "Cinema\n\nWho made the films." // what COMMENT ON SCHEMA says

	document, err := openapi.Swagger(cache, selection, openapi.Config{Version: "16.2", Host: "localhost:3000"})
	if err != nil {
		log.Fatal(err)
	}

	var doc struct {
		Swagger     string
		Info        struct{ Title, Description string }
		Definitions map[string]struct {
			Required   []string
			Properties map[string]struct{ Type, Format string }
		}
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		log.Fatal(err)
	}
	directors := doc.Definitions["directors"]
	fmt.Println(doc.Swagger, doc.Info.Title)
	fmt.Println(directors.Properties["id"], directors.Properties["name"], directors.Required)
	// Output:
	// 2.0 Cinema
	// {integer int32} {string text} [id]
}

func ExampleDocument() {
	cache := directorCache()
	document, err := openapi.Document(cache, openapi.All(cache, "api"), openapi.Config{Version: "1.0"})
	if err != nil {
		log.Fatal(err)
	}

	var doc struct {
		Components struct {
			Schemas map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		log.Fatal(err)
	}
	insert, err := openapi.YAML(doc.Components.Schemas["directors_insert"])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(insert))
	// Output:
	// type: object
	// properties:
	//   name:
	//     type:
	//       - string
	//       - "null"
	// additionalProperties: false
	// examples:
	//   - name: text
}
