package openapi_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// relation makes a relation that takes every kind of write.
func relation(name string, columns ...introspect.Column) *introspect.Table {
	return &introspect.Table{
		Name: api(name), Columns: append([]introspect.Column{keyColumn("id", "integer")}, columns...), PrimaryKey: []string{"id"},
		Insertable: true, Updatable: true, Deletable: true,
	}
}

// namedCache is a cache of relations of those names, and with functions also of functions of
// the same names.
func namedCache(functions bool, relations ...string) *introspect.SchemaCache {
	c := introspect.Catalog{Schemas: []string{"api", "other"}}
	for _, name := range relations {
		c.Tables = append(c.Tables, relation(name))
		if functions {
			r := &introspect.Routine{Name: api(name), Returns: introspect.Result{Type: builtin("integer")}, Volatility: introspect.Stable}
			c.Routines = append(c.Routines, r)
		}
	}
	return introspect.New(c)
}

// Operations and components are named after relations and functions. Of names that
// generators take for the same, the most ordinary one stays as it is, whatever is added.
func TestDocumentNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		relations []string
		want      []string // by which operations are called, and the schemas of rows
	}{
		{"ordinary", []string{"films", "film_titles", "filmTitlesOfOld"}, []string{"films", "film_titles", "filmTitlesOfOld"}},
		{"dash", []string{"a-b"}, []string{"a-b"}},
		{"separators", []string{"a-b", "a b", "a.b", "a_b"}, []string{"a-b_2", "a_b_4", "a.b_3", "a_b"}},
		{"case", []string{"A_B", "aB", "a_b", "AB", "ab"}, []string{"A_B_4", "aB_5", "a_b", "AB_3", "ab_2"}},
		{"number that another has", []string{"a_b", "A_B", "a_b_2"}, []string{"a_b", "A_B_3", "a_b_2"}},
		{"digit first", []string{"2024", "n2024"}, []string{"2024", "n2024_2"}},
		{"other scripts", []string{"映画", "音楽", "größe", "GRÖSSE"}, []string{"u6620u753b", "u97f3u697d", "gru00f6u00dfe", "GRu00d6SSE"}},
		{"nothing but marks", []string{"$", "-", "_", "..", "--"}, []string{"u0024", "u002d", "u005f", "u002eu002e", "u002du002d"}},
		{"folders without a name", []string{".a", "b..c", "d.-"}, []string{"_a", "b__c", "d_-"}},
		{"our own prefix", []string{"pgrest", "PgRest_Error", "pgrestError"}, []string{"db_pgrest", "db_PgRest_Error", "db_pgrestError_2"}},
		{"prototype", []string{"__proto__"}, []string{"proto"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := document(t, namedCache(true, tt.relations...), openapi.Config{})
			for i, name := range tt.relations {
				path := url.PathEscape(name)
				id := func(path, method string) string {
					return strings.Trim(part(t, doc, "paths", path, method, "operationId"), `"`)
				}
				require.Equal(t, "read_"+tt.want[i], id("/"+path, "get"))
				require.Equal(t, "insert_"+tt.want[i], id("/"+path, "post"))
				require.Equal(t, "query_"+tt.want[i], id("/rpc/"+path, "get"))
				require.Equal(t, "call_"+tt.want[i], id("/rpc/"+path, "post"))
				require.JSONEq(t, `{"type": "array", "items": {"$ref": "#/components/schemas/`+tt.want[i]+`"}}`,
					part(t, doc, "paths", "/"+path, "get", "responses", "200", "content", "application/json", "schema"))
			}
		})
	}
}

// No component has a name that a generator derives from an operationId, or uses itself. The
// operations on the relation keep their names.
func TestDocumentDerivedNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		relations []string
		want      string // the schema of rows of the last
	}{
		{[]string{"films", "read_films"}, "read_films"},
		{[]string{"films", "read_films_params"}, "read_films_params_2"},
		{[]string{"films", "insertFilmsJSONRequestBody"}, "insertFilmsJSONRequestBody_2"},
		{[]string{"films", "new_read_films_request"}, "new_read_films_request_2"},
		{[]string{"films", "parse_update_films_response"}, "parse_update_films_response_2"},
		{[]string{"films", "read_films_response_2"}, "read_films_response_2"},
		{[]string{"films", "read_film_params"}, "read_film_params"},
		{[]string{"describe_response"}, "describe_response_2"},
		{[]string{"array"}, "array_2"},
		{[]string{"JWT_scopes"}, "JWT_scopes_2"},
	}
	for _, tt := range tests {
		last := tt.relations[len(tt.relations)-1]
		t.Run(last, func(t *testing.T) {
			t.Parallel()
			doc := document(t, namedCache(false, tt.relations...), openapi.Config{})
			require.NotEqual(t, "null", part(t, doc, "components", "schemas", tt.want))
			require.Equal(t, `"read_`+last+`"`, part(t, doc, "paths", "/"+last, "get", "operationId"))
		})
	}
}

// fold reduces a name as a generator may: to ASCII letters, in lower case, and digits.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}

// awkward are names that clash: with each other, with our own, and with names that are
// derived from them.
var awkward = []string{
	"order", "filter", "error", "limit", "range", "select", "columns", "conflict", "forbidden", "not_found", "failure",
	"offset_", "Range-Unit", "prefer_read", "content_range", "jwt", "describe", "Introspection", "(rpc)", "pgrest.Error",
	"pgrest_order", "a-b", "a_b", "A_B", "aB", "a b", "a_b_insert", "a_b_inserts", "aBUpdate", "a_b_arguments", "a_b_result", "a_b_2",
	"my_table", "myTable", "filter_a_b_id", "filter.a_b.id", "2024", "n2024", "映画", "u6620u753b", "$", "-", ".", "client", "type",
}

// No generator takes two components, operations or tags for the same, nor two parameters of
// one operation.
func TestDocumentNamesAreDistinct(t *testing.T) {
	t.Parallel()
	columns := make([]introspect.Column, len(awkward))
	for i, name := range awkward {
		columns[i] = column(name, "text")
	}
	record := &introspect.Type{OID: 2249, Name: "record", Kind: introspect.PseudoType}
	c := introspect.Catalog{Schemas: []string{"api", "other"}}
	for i, name := range awkward {
		columns[i].Type = &introspect.Type{Name: "other." + name, Schema: "api", Local: name, Kind: introspect.EnumType, Enum: []string{"a"}}
		c.Tables = append(c.Tables, relation(name, columns...))
		c.Routines = append(c.Routines, &introspect.Routine{
			Name: api(name), Volatility: introspect.Stable,
			Params:  []introspect.Param{{Name: name, Type: builtin("text")}, {Name: "a_b", Type: builtin("text")}},
			Returns: introspect.Result{Type: record, Columns: []introspect.ResultColumn{{Name: name, Type: builtin("text")}}},
		})
	}
	var doc struct {
		Tags       []struct{ Name string }
		Paths      map[string]map[string]operation
		Components map[string]map[string]struct{ Name string }
	}
	require.NoError(t, json.Unmarshal(document(t, introspect.New(c), openapi.Config{}), &doc))
	components, operations, tags := distinct{}, distinct{}, distinct{}
	for _, kind := range doc.Components {
		for name := range kind {
			components.add(t, name)
			require.Equal(t, strings.HasPrefix(name, "pgrest."), strings.HasPrefix(fold(name), "pgrest"), name)
		}
	}
	for _, path := range doc.Paths {
		delete(path, "x-query") // which is nameless
		for _, o := range path {
			operations.add(t, o.OperationID)
			parameters := distinct{}
			for _, p := range o.Parameters {
				if _, name, ok := strings.Cut(p.Ref, "#/components/parameters/"); ok {
					p.Name = doc.Components["parameters"][name].Name
				}
				parameters.add(t, p.Name)
				require.NotContains(t, p.Name, `"`)
			}
		}
	}
	require.Len(t, operations, 1+7*len(awkward))
	for _, tag := range doc.Tags {
		tags.add(t, tag.Name)
	}
	require.Len(t, tags, 2+len(awkward))
}

type operation struct {
	OperationID string
	Parameters  []struct {
		Ref  string `json:"$ref"`
		Name string
	}
}

// distinct are the names that a test has seen, by their folded form.
type distinct map[string]string

func (d distinct) add(t *testing.T, name string) {
	t.Helper()
	f := fold(name)
	if f == "" || f[0] <= '9' {
		f = "n" + name
	}
	require.NotContains(t, d, f, "%s and %s", name, d[f])
	d[f] = name
}

// Of the columns whose names generators take for the same, only one has a parameter. A row
// can be replaced if the columns of the key have theirs.
func TestDocumentFoldedParameters(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		columns []string
		want    []string // of the parameters
		key     string
		upsert  bool
	}{
		{"the most ordinary one", []string{"A_B", "a-b", "a_b", "c"}, []string{"a_b", "c"}, "a_b", true},
		{"the first", []string{"aB", "A_B"}, []string{"aB"}, "A_B", false},
		{"none", []string{"order", "a"}, []string{"a"}, "order", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			table := &introspect.Table{Name: api("t"), PrimaryKey: []string{tt.key}, Insertable: true, Updatable: true}
			for _, name := range tt.columns {
				table.Columns = append(table.Columns, column(name, "text"))
			}
			doc := document(t, introspect.New(introspect.Catalog{Schemas: []string{"api"}, Tables: []*introspect.Table{table}}), openapi.Config{})
			require.Equal(t, tt.want, filterNames(t, doc))
			require.Equal(t, tt.upsert, part(t, doc, "paths", "/t", "put") != "null")
		})
	}
}

// If a column has the name of a header that pages, the parameter filters by the column.
func TestDocumentRangeColumn(t *testing.T) {
	t.Parallel()
	parameters := part(t, document(t, tableCache(column("range", "text")), openapi.Config{}), "paths", "/things", "get", "parameters")
	require.Contains(t, parameters, "#/components/parameters/filter.things.range")
	require.Contains(t, parameters, "#/components/parameters/pgrest.Range-Unit")
	require.NotContains(t, parameters, `#/components/parameters/pgrest.Range"`)
}

// An argument whose name needs quotes in a query string is no parameter. A function that
// requires it can only be called by POST.
func TestDocumentArgumentNames(t *testing.T) {
	t.Parallel()
	param := func(name string, required bool) introspect.Param {
		return introspect.Param{Name: name, Type: builtin("text"), Required: required}
	}
	tests := []struct {
		name      string
		overloads [][]introspect.Param
		want      []string // of the parameters; nil where there is no call by GET
	}{
		{"ordinary", [][]introspect.Param{{param("a", true), param("b-c", false)}}, []string{"a", "b-c"}},
		{"optional", [][]introspect.Param{{param("a", true), param("select", false), param("x.y", false)}}, []string{"a"}},
		{"required", [][]introspect.Param{{param("a", true), param("select", true)}}, nil},
		{"the same to generators", [][]introspect.Param{{param("a_b", true), param("aB", true)}}, nil},
		{"the same to generators, optional", [][]introspect.Param{{param("aB", false), param("a_b", false)}}, []string{"a_b"}},
		{"of one overload", [][]introspect.Param{{param("a", true)}, {param("a", true), param("order", true)}}, []string{"a"}},
		{"the same of another overload", [][]introspect.Param{{param("a", true)}, {param("A", true), param("b", true)}}, []string{"a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var routines []*introspect.Routine
			for _, params := range tt.overloads {
				routines = append(routines, &introspect.Routine{Name: api("f"), Volatility: introspect.Stable, Params: params})
			}
			doc := document(t, routineCache(routines...), openapi.Config{})
			var path map[string]operation
			require.NoError(t, json.Unmarshal([]byte(part(t, doc, "paths", "/rpc/f")), &path))
			require.Contains(t, path, "post")
			var got []string
			for _, p := range path["get"].Parameters {
				if p.Name != "" {
					got = append(got, p.Name)
				}
			}
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.want != nil, path["get"].OperationID != "")
		})
	}
}

// Names that oapi-codegen would take for the same, or shorten, have a Go name.
func TestDocumentGoNames(t *testing.T) {
	t.Parallel()
	cache := introspect.New(introspect.Catalog{Schemas: []string{"api"}, Tables: []*introspect.Table{
		relation("client", column("aB", "text"), column("a_b", "text"), column("題", "text"), column("größe", "text")),
	}})
	doc := document(t, cache, openapi.Config{})
	goName := func(path ...string) string {
		return part(t, doc, append(append([]string{"components"}, path...), "x-go-name")...)
	}
	require.Equal(t, `"ClientRow"`, goName("schemas", "client"))
	require.Equal(t, "null", goName("schemas", "client_insert"))
	for _, schema := range []string{"client", "client_insert", "client_update"} {
		require.Equal(t, "null", goName("schemas", schema, "properties", "a_b"))
		require.Equal(t, `"AB2"`, goName("schemas", schema, "properties", "aB"))
		require.Equal(t, `"U984c"`, goName("schemas", schema, "properties", "題"))
		require.Equal(t, "null", goName("schemas", schema, "properties", "größe"))
	}
	require.Equal(t, `"FilterClientU984c"`, goName("parameters", "filter.client.u984c"))
	require.Equal(t, "null", goName("parameters", "filter.client.a_b"))
}

// A name that tools take for a keyword of JSON Schema is in no example and no default.
func TestDocumentKeywords(t *testing.T) {
	t.Parallel()
	pair := &introspect.Type{
		Name: "api.pair", Schema: "api", Local: "pair", Kind: introspect.CompositeType,
		Attributes: []introspect.Column{{Name: "$ref", Type: builtin("text")}, {Name: "b", Type: builtin("integer")}},
	}
	settings := keyColumn("settings", "jsonb")
	settings.Default = `'{"$ref": "#/a"}'::jsonb`
	doc := document(t, introspect.New(introspect.Catalog{Schemas: []string{"api"}, Tables: []*introspect.Table{
		relation("things", column("$ref", "text"), settings, introspect.Column{Name: "pair", Type: pair, TypeName: "api.pair"}),
	}}), openapi.Config{})
	schemas := []byte(part(t, doc, "components", "schemas"))
	require.Equal(t, "null", part(t, schemas, "things", "examples"), "a row has the column")
	require.JSONEq(t, `[{"settings": {}, "pair": {"b": 1}}]`, part(t, schemas, "things_update", "examples"))
	require.JSONEq(t, "{\"description\": \"Default: `'{\\\"$ref\\\": \\\"#/a\\\"}'::jsonb`\"}", part(t, schemas, "things_insert", "properties", "settings"))
	require.JSONEq(t, `{"type": ["string", "null"]}`, part(t, schemas, "things", "properties", "$ref"))
}

// A property that a generator refuses is left out. Its object then allows others than those
// described.
func TestDocumentUnwritableNames(t *testing.T) {
	t.Parallel()
	lines := &introspect.Type{Name: "api.line", Schema: "api", Local: "line", Kind: introspect.EnumType, Enum: []string{"a", "b\nc"}}
	doc := document(t, introspect.New(introspect.Catalog{Schemas: []string{"api"}, Tables: []*introspect.Table{
		relation("things", keyColumn(`say "hi"`, "text"), column("back`tick", "text"), column("__proto__", "text"),
			introspect.Column{Name: "line", Type: lines, TypeName: "api.line", Nullable: true}),
	}}), openapi.Config{})
	schemas := []byte(part(t, doc, "components", "schemas"))
	require.JSONEq(t, `{"type": "string"}`, part(t, schemas, "line"))
	require.JSONEq(t, `["id", "line"]`, part(t, schemas, "things", "required"))
	require.JSONEq(t, `["id"]`, part(t, schemas, "things_insert", "required"))
	for _, schema := range []string{"things", "things_insert", "things_update"} {
		var properties map[string]any
		require.NoError(t, json.Unmarshal([]byte(part(t, schemas, schema, "properties")), &properties))
		require.Len(t, properties, 2)
		require.Equal(t, "null", part(t, schemas, schema, "additionalProperties"))
	}
}

// Even names that are derived from each other all get names of their own.
func TestDocumentManyNames(t *testing.T) {
	t.Parallel()
	var relations []string
	for _, verb := range []string{"read", "new_read", "describe"} {
		for _, rest := range []string{"a", "a_params", "a_params_x", "a_response_200", "aResponse200x", "a_PARAMS_X", "", "_params"} {
			relations = append(relations, verb+rest, verb+"_"+rest)
		}
	}
	relations = append(relations, "a", "", "b")
	slices.Sort(relations)
	document(t, namedCache(true, slices.Compact(relations)...), openapi.Config{})
}
