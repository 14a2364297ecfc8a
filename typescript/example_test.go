package typescript_test

import (
	"bytes"
	"fmt"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
	"github.com/pgrest-go/pgrest/typescript"
)

func ExampleTypes() {
	integer := &introspect.Type{Name: "integer", BaseName: "integer"}
	text := &introspect.Type{Name: "text", BaseName: "text"}
	cache := introspect.New(introspect.Catalog{Schemas: []string{"api"}, Tables: []*introspect.Table{{
		Name:       introspect.QualifiedName{Schema: "api", Name: "films"},
		Columns:    []introspect.Column{{Name: "id", Type: integer, Identity: 'a'}, {Name: "title", Type: text, Nullable: true}},
		Insertable: true,
	}}})
	source := typescript.Types(cache, []openapi.Selection{openapi.All(cache, "api")}, typescript.Config{})
	lines := bytes.Split(source, []byte("\n"))
	fmt.Printf("%s", bytes.Join(lines[8:18], []byte("\n")))
	// Output:
	//       films: {
	//         Row: {
	//           id: number
	//           title: string | null
	//         }
	//         Insert: {
	//           id?: never
	//           title?: string | null
	//         }
	//         Update: never
}
