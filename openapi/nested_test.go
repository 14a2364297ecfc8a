package openapi_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// Composite types within each other don't make a description whose size doubles with every
// level, nor one without an end, and arrays have the types of their elements, in a schema that
// isn't described as well.
func TestDocument_nestedTypes(t *testing.T) {
	t.Parallel()
	integer := &introspect.Type{Name: "integer", Schema: "pg_catalog", Local: "int4", BaseName: "integer"}
	composite := func(name string, attributes ...introspect.Column) *introspect.Type {
		return &introspect.Type{
			Name: "private." + name, BaseName: "private." + name, Schema: "private", Local: name, Kind: introspect.CompositeType, Attributes: attributes,
		}
	}
	column := func(name string, of *introspect.Type) introspect.Column {
		return introspect.Column{Name: name, Type: of, TypeName: of.Name, Nullable: true}
	}
	array := func(of *introspect.Type) *introspect.Type {
		return &introspect.Type{Name: of.Name + "[]", BaseName: of.Name + "[]", Schema: of.Schema, Local: "_" + of.Local, Kind: introspect.ArrayType, Element: of}
	}
	first := composite("nested_0", column("a", integer))
	nested := first
	for i := range 60 {
		nested = composite(fmt.Sprint("nested_", i+1), column("a", nested), column("b", nested), column("c", array(nested)))
	}
	first.Attributes = append(first.Attributes, column("circle", array(nested)))
	cache := introspect.New(introspect.Catalog{
		Schemas: []string{"api"},
		Tables: []*introspect.Table{{
			Name: introspect.QualifiedName{Schema: "api", Name: "t"}, Insertable: true, Updatable: true,
			Columns: []introspect.Column{column("one", nested), column("many", array(nested))},
		}},
		Routines: []*introspect.Routine{{
			Name: introspect.QualifiedName{Schema: "api", Name: "f"}, Params: []introspect.Param{{Name: "p", Type: nested, TypeName: nested.Name, Required: true}},
			Returns: introspect.Result{Type: array(nested)},
		}},
	})
	document, err := openapi.Document(cache, openapi.All(cache, "api"), openapi.Config{})
	require.NoError(t, err)
	require.Less(t, len(document), 150_000)
	require.Contains(t, string(document), `"many":{"type":["array","null"],"items":{"$ref":"#/components/schemas/private.nested_60"}}`)
	swagger, err := openapi.Swagger(cache, openapi.All(cache, "api"), openapi.Config{})
	require.NoError(t, err)
	require.Less(t, len(swagger), 50_000)
}
