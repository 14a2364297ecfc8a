package openapi_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

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

// A host that serves more than the API describes it in the same document.
func ExampleAdditions() {
	cache := directorCache()
	document, err := openapi.Document(cache, openapi.All(cache, "api"), openapi.Config{
		Title: "Cinema", ServerURL: "https://cinema.example/api",
		Additions: openapi.Additions{
			Info:    map[string]json.RawMessage{"contact": json.RawMessage(`{"email":"api@cinema.example"}`)},
			Servers: []openapi.Server{{URL: "https://staging.cinema.example/api", Description: "Staging"}},
			Paths: map[string]json.RawMessage{
				"/checkout": json.RawMessage(`{
					"servers": [{"url": "https://cinema.example"}],
					"post": {"operationId": "checkout", "responses": {"303": {"description": "Paid"}}}
				}`),
			},
			SecuritySchemes: map[string]json.RawMessage{"session": json.RawMessage(`{"type":"apiKey","in":"cookie","name":"sid"}`)},
			Security:        []map[string][]string{{"session": {}}},
		},
	})
	if err != nil {
		log.Fatal(err) // an *openapi.AdditionError, were there a relation called checkout
	}

	var doc struct {
		Info     struct{ Title string }
		Servers  []struct{ URL string }
		Paths    map[string]map[string]any
		Security []map[string][]string
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		log.Fatal(err)
	}
	fmt.Println(doc.Info.Title, doc.Servers)
	fmt.Println(len(doc.Paths["/directors"]) > 0, len(doc.Paths["/checkout"]) > 0, doc.Security)
	// Output:
	// Cinema [{https://cinema.example/api} {https://staging.cinema.example/api}]
	// true true [map[session:[]]]
}

// A host with a root of its own serves the page that explores an API beside its document.
func ExampleNewPage() {
	page, err := openapi.NewPage()
	if err != nil {
		log.Fatal(err)
	}
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	// Output: 200 text/html; charset=utf-8
}

// Members keep the order that they have in the document.
func ExampleYAML() {
	yaml, err := openapi.YAML([]byte(`{"openapi": "3.1.0", "info": {"title": "Films", "version": "1"}}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(yaml))
	// Output:
	// openapi: "3.1.0"
	// info:
	//   title: Films
	//   version: "1"
}
