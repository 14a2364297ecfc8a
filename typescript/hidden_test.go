package typescript_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
	"github.com/pgrest-go/pgrest/typescript"
)

// arrayOf is the type of arrays whose elements are of a type of the database's own.
func arrayOf(element *introspect.Type) *introspect.Type {
	return &introspect.Type{
		Name: element.Name + "[]", BaseName: element.Name + "[]", Schema: element.Schema, Local: "_" + element.Local,
		Kind: introspect.ArrayType, Element: element,
	}
}

// hiddenTypes are the members of the type Hidden of an API with these columns.
func hiddenTypes(t *testing.T, columns ...introspect.Column) (hidden, all string) {
	t.Helper()
	cache := introspect.New(introspect.Catalog{Schemas: []string{"api"}, Tables: []*introspect.Table{{Name: api("t"), Columns: columns}}})
	all = string(typescript.Types(cache, []openapi.Selection{openapi.All(cache, "api")}, typescript.Config{}))
	_, rest, _ := strings.Cut(all, "\ntype Hidden = {\n")
	hidden, _, _ = strings.Cut(rest, "\n}\n")
	return hidden, all
}

// A composite type of a schema that isn't described is written once, in a type of its own,
// which is no schema of Database, however often it is used.
func TestTypes_hidden(t *testing.T) {
	t.Parallel()
	point := owned("private", "point", introspect.CompositeType)
	point.Attributes = []introspect.Column{column("x", builtin("integer")), column("y-axis", builtin("integer"))}
	line := owned("private", `"A line"`, introspect.CompositeType)
	line.Attributes = []introspect.Column{column("from", point), column("to", point), column("between", arrayOf(point))}
	domain := *point
	domain.Name, domain.Local, domain.IsDomain = "private.place", "place", true
	grade := owned("private", "grade", introspect.EnumType)
	grade.Enum = []string{"a", "b"}
	row := owned("private", "rows", introspect.CompositeType)
	row.Relation = introspect.QualifiedName{Schema: "private", Name: "rows"}
	row.Attributes = []introspect.Column{column("id", builtin("integer"))}

	hidden, all := hiddenTypes(t, column("a", line), column("b", arrayOf(line)), column("c", &domain), column("d", arrayOf(grade)), column("e", arrayOf(row)), column("f", point))
	require.Equal(t, strings.Join([]string{
		`  "private.\"A line\"": {`,
		`    from: Hidden["private.point"] | null`,
		`    to: Hidden["private.point"] | null`,
		`    between: Hidden["private.point"][] | null`,
		`  }`,
		`  "private.point": {`,
		`    x: number | null`,
		`    "y-axis": number | null`,
		`  }`,
		`  "private.rows": {`,
		`    id: number | null`,
		`  }`,
	}, "\n"), hidden)
	require.Contains(t, all, strings.Join([]string{
		`          a: Hidden["private.\"A line\""] | null`,
		`          b: Hidden["private.\"A line\""][] | null`,
		`          c: Hidden["private.point"] | null`,
		`          d: ("a" | "b")[] | null`,
		`          e: Hidden["private.rows"][] | null`,
		`          f: Hidden["private.point"] | null`,
	}, "\n"))
	_, all = hiddenTypes(t, column("a", builtin("integer")))
	require.NotContains(t, all, "Hidden")
}

// The size of the module grows with the number of types, and not with the ways from one to
// another. Types that refer to each other in a circle come to an end.
func TestTypes_nested(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{"private", "api"} {
		nested := owned(schema, "nested_0", introspect.CompositeType)
		nested.Attributes = []introspect.Column{column("a", builtin("integer"))}
		first := nested
		for i := range 60 {
			inner := nested
			nested = owned(schema, fmt.Sprint("nested_", i+1), introspect.CompositeType)
			nested.Attributes = []introspect.Column{column("a", inner), column("b", inner), column("c", arrayOf(inner))}
		}
		first.Attributes = append(first.Attributes, column("circle", nested))
		_, all := hiddenTypes(t, column("a", nested))
		require.Less(t, len(all), 30_000)
		require.Equal(t, 1, strings.Count(all, "nested_60: {")+strings.Count(all, `nested_60": {`))
	}
}

// A domain over a composite type of a described schema is that type.
func TestTypes_domainOfComposite(t *testing.T) {
	t.Parallel()
	address := owned("api", "address", introspect.CompositeType)
	address.Attributes = []introspect.Column{column("street", builtin("text"))}
	domain := *address
	domain.Name, domain.Local, domain.IsDomain = "api.home", "home", true
	hidden, all := hiddenTypes(t, column("a", &domain), column("b", arrayOf(address)))
	require.Empty(t, hidden)
	require.Contains(t, all, `a: Database["api"]["CompositeTypes"]["address"] | null`)
	require.Contains(t, all, `b: Database["api"]["CompositeTypes"]["address"][] | null`)
	require.Contains(t, all, "      address: {\n        street: string | null\n      }\n")
}
