package typescript_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
	"github.com/pgrest-go/pgrest/typescript"
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

func column(name string, of *introspect.Type) introspect.Column {
	return introspect.Column{Name: name, Type: of, TypeName: of.Name, Nullable: true}
}

// owned is a type of a schema of the database's own.
func owned(schema, name string, kind introspect.TypeKind) *introspect.Type {
	return &introspect.Type{Name: schema + "." + name, Schema: schema, Local: name, BaseName: schema + "." + name, Kind: kind}
}

// ofTable gives what the types have between the braces of a table of these columns.
func ofTable(t *testing.T, part string, columns ...introspect.Column) string {
	t.Helper()
	cache := introspect.New(introspect.Catalog{Schemas: []string{"api"}, Tables: []*introspect.Table{
		{Name: api("t"), Columns: columns, Insertable: true, Updatable: true},
	}})
	source := string(typescript.Types(cache, []openapi.Selection{openapi.All(cache, "api")}, typescript.Config{}))
	_, rest, ok := strings.Cut(source, "        "+part+": {\n")
	require.True(t, ok, source)
	body, _, ok := strings.Cut(rest, "        }\n")
	require.True(t, ok, source)
	return strings.TrimSpace(body)
}

// A column has the type that its values have in JSON.
func TestTypes_columns(t *testing.T) {
	t.Parallel()
	state := owned("api", "state", introspect.EnumType)
	state.Enum = []string{"open", `"shut"`}
	hidden := owned("private", "grade", introspect.EnumType)
	hidden.Enum = []string{"a", "b"}
	address := owned("api", "address", introspect.CompositeType)
	address.Attributes = []introspect.Column{column("street", builtin("text")), column("house-number", builtin("integer"))}
	cast := owned("extra", "hstore", introspect.BaseType)
	cast.CastsToJSON = true
	domain := owned("api", "amount", introspect.BaseType)
	domain.BaseName, domain.IsDomain = "numeric", true
	self := owned("api", "t", introspect.CompositeType)
	self.Relation = api("t")
	tests := []struct {
		name string
		of   *introspect.Type
		want string
	}{
		{"boolean", builtin("boolean"), "boolean"},
		{"large_numbers_are_numbers", builtin("bigint"), "number"},
		{"numeric", builtin("numeric"), "number"},
		{"what_is_written_as_a_string", builtin("timestamp with time zone"), "string"},
		{"oid_is_written_as_a_string", builtin("oid"), "string"},
		{"json", builtin("jsonb"), "Json"},
		{"array", builtin("integer[]"), "number[]"},
		{"array_of_json", builtin("jsonb[]"), "Json[]"},
		{"enum", state, `Database["api"]["Enums"]["state"]`},
		{"enum_of_another_schema", hidden, `("a" | "b")`},
		{"composite", address, `Database["api"]["CompositeTypes"]["address"]`},
		{"row_of_a_relation", self, `Database["api"]["Tables"]["t"]["Row"]`},
		{"cast_to_json", cast, "Json"},
		{"domain", domain, "number"},
		{"unknown", &introspect.Type{Kind: introspect.PseudoType, BaseName: "anyelement"}, "unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := "a: " + tt.want + " | null"
			if tt.want == "unknown" {
				want = "a: unknown"
			}
			require.Equal(t, want, ofTable(t, "Row", column("a", tt.of)))
		})
	}
}

// Arrays have the types of their elements, whose names PostgreSQL quotes where it has to.
func TestTypes_elements(t *testing.T) {
	t.Parallel()
	status := &introspect.Type{
		OID: 20001, Name: `api."Order.Status"`, BaseName: `api."Order.Status"`, Schema: "api", Local: "Order.Status", Kind: introspect.EnumType, Enum: []string{"open"},
	}
	many := &introspect.Type{OID: 20002, Name: `api."Order.Status"[]`, BaseName: `api."Order.Status"[]`, Schema: "api", Local: "_Order.Status", Kind: introspect.ArrayType}
	cache := introspect.New(introspect.Catalog{
		Schemas: []string{"api"}, Types: []*introspect.Type{status, many},
		Tables: []*introspect.Table{{Name: api("t"), Columns: []introspect.Column{column("a", many)}}},
	})
	source := string(typescript.Types(cache, []openapi.Selection{openapi.All(cache, "api")}, typescript.Config{}))
	require.Contains(t, source, `a: Database["api"]["Enums"]["Order.Status"][] | null`)
	document, err := openapi.Document(cache, openapi.All(cache, "api"), openapi.Config{})
	require.NoError(t, err)
	require.Contains(t, string(document), `"enum":["open"]`)
}

// What is written tells columns that have to be given from those that may, and from those
// that only the database writes.
func TestTypes_written(t *testing.T) {
	t.Parallel()
	integer := builtin("integer")
	columns := []introspect.Column{
		{Name: "required", Type: integer}, {Name: "defaulted", Type: integer, Default: "1"}, {Name: "by default", Type: integer, Identity: 'd'},
		{Name: "always", Type: integer, Identity: 'a'}, {Name: "generated", Type: integer, Generated: true, Nullable: true}, column("nullable", integer),
	}
	require.Equal(t, strings.Join([]string{
		"required: number", "defaulted?: number", `"by default"?: number`, "always?: never", "generated?: never", "nullable?: number | null",
	}, "\n          "), ofTable(t, "Insert", columns...))
	require.Equal(t, strings.Join([]string{
		"required?: number", "defaulted?: number", `"by default"?: number`, "always?: never", "generated?: never", "nullable?: number | null",
	}, "\n          "), ofTable(t, "Update", columns...))
}

// Comments and names of the database can't end what they stand in.
func TestTypes_quoting(t *testing.T) {
	t.Parallel()
	c := column("say \"hi\"\n*/", builtin("text"))
	c.Comment = "ends */ here\nand goes on"
	require.Equal(t, strings.Join([]string{
		"/**", ` * ends *\/ here`, " * and goes on", " */", `"say \"hi\"\n*/": string | null`,
	}, "\n          "), ofTable(t, "Row", c))
}

// An enum that only another schema uses is among those of its own, wherever that stands.
func TestTypes_schemas(t *testing.T) {
	t.Parallel()
	state := owned("api", "state", introspect.EnumType)
	state.Enum = []string{"open"}
	cache := introspect.New(introspect.Catalog{Schemas: []string{"api", "admin"}, Tables: []*introspect.Table{
		{Name: introspect.QualifiedName{Schema: "admin", Name: "logs"}, Kind: introspect.View, Columns: []introspect.Column{column("state", state)}},
	}})
	selections := []openapi.Selection{openapi.All(cache, "api"), openapi.All(cache, "admin")}
	source := string(typescript.Types(cache, selections, typescript.Config{PostgrestVersion: "13"}))
	require.Equal(t, `export type Database = {
  __InternalSupabase: {
    PostgrestVersion: "13"
  }
  api: {
    Tables: { [_ in never]: never }
    Views: { [_ in never]: never }
    Functions: { [_ in never]: never }
    Enums: {
      state: "open"
    }
    CompositeTypes: { [_ in never]: never }
  }
  admin: {
    Tables: { [_ in never]: never }
    Views: {
      logs: {
        Row: {
          state: Database["api"]["Enums"]["state"] | null
        }
        Relationships: []
      }
    }
    Functions: { [_ in never]: never }
    Enums: { [_ in never]: never }
    CompositeTypes: { [_ in never]: never }
  }
}
`, source[strings.Index(source, "export type Database"):strings.Index(source, "\ntype Schemas")])
	require.Contains(t, source, "type Default = \"api\"\n")
	require.Equal(t, source, string(typescript.Types(cache, selections, typescript.Config{PostgrestVersion: "13"})), "equal arguments")
}
