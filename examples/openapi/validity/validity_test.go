// Package validity_test holds the documents of package openapi against the official
// schemas of OpenAPI.
package validity_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

const (
	swaggerID = "http://swagger.io/v2/schema.json"
	openapiID = "https://spec.openapis.org/oas/3.1/schema-base/2022-10-07"
)

func load(t *testing.T, name string) any {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "openapi", filepath.FromSlash(name)))
	require.NoError(t, err)
	defer f.Close()
	value, err := jsonschema.UnmarshalJSON(f)
	require.NoError(t, err)
	return value
}

// compiler knows the official schemas.
func compiler(t *testing.T) *jsonschema.Compiler {
	t.Helper()
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource(swaggerID, load(t, "v2.0/schema.json")))
	for _, name := range []string{
		"v3.1/schema.json", "v3.1/schema-base.json", "v3.1/dialect/base.schema.json", "v3.1/meta/base.schema.json",
	} {
		schema := load(t, name)
		require.NoError(t, c.AddResource(schema.(map[string]any)["$id"].(string), schema))
	}
	return c
}

func decode(t *testing.T, document []byte) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	require.NoError(t, err)
	return value
}

func requireValid(t *testing.T, id string, document []byte) {
	t.Helper()
	schema, err := compiler(t).Compile(id)
	require.NoError(t, err)
	require.NoError(t, schema.Validate(decode(t, document)))
}

var configs = map[string]openapi.Config{
	"least": {},
	"most": {
		Version: "16.2", DocsVersion: "v16", ServerURL: "https://films.example/api", Security: true, MaxRows: 100,
	},
}

func TestSwaggerIsValid(t *testing.T) {
	t.Parallel()
	for name, c := range configs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := everything()
			document, err := openapi.Swagger(cache, openapi.All(cache, "api"), c)
			require.NoError(t, err)
			requireValid(t, swaggerID, document)
		})
	}
}

func TestDocumentIsValid(t *testing.T) {
	t.Parallel()
	for name, c := range configs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := everything()
			for _, s := range []openapi.Selection{openapi.All(cache, "api"), openapi.All(cache, "admin"), {Schema: "api", Comment: "A"}} {
				document, err := openapi.Document(cache, s, c)
				require.NoError(t, err)
				requireValid(t, openapiID, document)
				requireValid(t, openapiID, withQueries(t, document))
				requireResolved(t, document)
				requireUnique(t, document)
			}
		})
	}
}

// withQueries has what the extension x-query says be the operation of a method that
// OpenAPI 3.1 knows, which nothing else has, so that the schema looks at it.
func withQueries(t *testing.T, document []byte) []byte {
	t.Helper()
	root := decode(t, document).(map[string]any)
	for _, path := range root["paths"].(map[string]any) {
		if query, ok := path.(map[string]any)["x-query"]; ok {
			path.(map[string]any)["trace"] = query
		}
	}
	changed, err := json.Marshal(root)
	require.NoError(t, err)
	require.True(t, bytes.Contains(changed, []byte(`"trace":`)) == bytes.Contains(document, []byte(`"x-query":`)))
	return changed
}

// So is the one that the clients are made of, which was read from a database.
func TestServedDocumentIsValid(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile(filepath.Join("..", "library.json"))
	require.NoError(t, err)
	requireValid(t, openapiID, document)
	requireResolved(t, document)
	requireUnique(t, document)
}

// Every example of a schema is one of its values.
func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	cache := everything()
	document, err := openapi.Document(cache, openapi.All(cache, "api"), openapi.Config{})
	require.NoError(t, err)
	c := compiler(t)
	require.NoError(t, c.AddResource("document.json", decode(t, document)))
	schemas := decode(t, document).(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)
	checked := 0
	for name, s := range schemas {
		schema, err := c.Compile("document.json#/components/schemas/" + name)
		require.NoError(t, err)
		examples, _ := s.(map[string]any)["examples"].([]any)
		for _, example := range examples {
			require.NoError(t, schema.Validate(example), name)
			checked++
		}
	}
	require.Positive(t, checked)
}

// requireResolved checks that every reference leads to something.
func requireResolved(t *testing.T, document []byte) {
	t.Helper()
	root := decode(t, document)
	walk(root, func(o map[string]any) {
		ref, ok := o["$ref"].(string)
		if !ok {
			return
		}
		at := root
		for _, step := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
			at = at.(map[string]any)[step]
		}
		require.NotNil(t, at, ref)
	})
}

// requireUnique checks what the schemas can't say: no two operations share an id, and
// no operation has two parameters of one name.
func requireUnique(t *testing.T, document []byte) {
	t.Helper()
	root := decode(t, document).(map[string]any)
	parameters := root["components"].(map[string]any)["parameters"].(map[string]any)
	ids := map[string]bool{}
	walk(root["paths"], func(o map[string]any) {
		id, ok := o["operationId"].(string)
		if !ok {
			return
		}
		require.False(t, ids[id], id)
		ids[id] = true
		seen := map[string]bool{}
		list, _ := o["parameters"].([]any)
		for _, p := range list {
			parameter := p.(map[string]any)
			if ref, ok := parameter["$ref"].(string); ok {
				parameter = parameters[strings.TrimPrefix(ref, "#/components/parameters/")].(map[string]any)
			}
			key := parameter["in"].(string) + " " + parameter["name"].(string)
			require.False(t, seen[key], "%s: %s", id, key)
			seen[key] = true
		}
	})
	require.NotEmpty(t, ids)
}

func walk(value any, visit func(map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		visit(v)
		for _, item := range v {
			walk(item, visit)
		}
	case []any:
		for _, item := range v {
			walk(item, visit)
		}
	}
}

// The YAML of a document means the same.
func TestYAMLIsTheSame(t *testing.T) {
	t.Parallel()
	cache := everything()
	document, err := openapi.Document(cache, openapi.All(cache, "api"), configs["most"])
	require.NoError(t, err)
	text, err := openapi.YAML(document)
	require.NoError(t, err)
	var value any
	require.NoError(t, yaml.Unmarshal(text, &value))
	got, err := json.Marshal(value)
	require.NoError(t, err)
	require.JSONEq(t, string(document), string(got))
}

// No member of an object appears twice.
func TestMembersAreDistinct(t *testing.T) {
	t.Parallel()
	cache := everything()
	document, err := openapi.Document(cache, openapi.All(cache, "api"), openapi.Config{})
	require.NoError(t, err)
	in := json.NewDecoder(bytes.NewReader(document))
	var value func()
	value = func() {
		token, err := in.Token()
		require.NoError(t, err)
		switch token {
		case json.Delim('{'):
			seen := map[json.Token]bool{}
			for in.More() {
				key, err := in.Token()
				require.NoError(t, err)
				require.False(t, seen[key], "%v", key)
				seen[key] = true
				value()
			}
		case json.Delim('['):
			for in.More() {
				value()
			}
		default:
			return
		}
		_, err = in.Token()
		require.NoError(t, err)
	}
	value()
}

func api(name string) introspect.QualifiedName {
	return introspect.QualifiedName{Schema: "api", Name: name}
}

// The schemas see faults, in Schema Objects as well.
func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	schema, err := compiler(t).Compile(openapiID)
	require.NoError(t, err)
	for name, document := range map[string]string{
		"schema of no type":      `{"openapi":"3.1.0","info":{"title":"a","version":"1"},"components":{"schemas":{"a":{"type":"text"}}}}`,
		"parameter without name": `{"openapi":"3.1.0","info":{"title":"a","version":"1"},"components":{"parameters":{"a":{"in":"query","schema":{}}}}}`,
	} {
		require.Error(t, schema.Validate(decode(t, []byte(document))), name)
	}
}

// additions are those of a host, in the words of either version.
var additions = map[string]openapi.Additions{
	swaggerID: {
		Info:            map[string]json.RawMessage{"contact": json.RawMessage(`{"email":"api@films.example"}`)},
		Paths:           map[string]json.RawMessage{"/checkout": json.RawMessage(`{"post":{"operationId":"checkout","responses":{"303":{"description":"Paid"}}}}`)},
		Schemas:         map[string]json.RawMessage{"ticket": json.RawMessage(`{"type":"object"}`)},
		SecuritySchemes: map[string]json.RawMessage{"session": json.RawMessage(`{"type":"apiKey","in":"header","name":"Cookie"}`)},
		Security:        []map[string][]string{{"session": nil}},
	},
	openapiID: {
		Info:    map[string]json.RawMessage{"contact": json.RawMessage(`{"email":"api@films.example"}`)},
		Servers: []openapi.Server{{URL: "https://staging.films.example", Description: "Staging"}, {URL: "/v1"}},
		Paths: map[string]json.RawMessage{"/checkout/{id}": json.RawMessage(`{"servers":[{"url":"/"}],"post":{"operationId":"checkout",
			"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],
			"responses":{"200":{"description":"Paid","content":{"application/json":{"schema":{"$ref":"#/components/schemas/ticket"}}}}}}}`)},
		Schemas:         map[string]json.RawMessage{"ticket": json.RawMessage(`{"type":"object"}`)},
		SecuritySchemes: map[string]json.RawMessage{"session": json.RawMessage(`{"type":"apiKey","in":"cookie","name":"sid"}`)},
		Security:        []map[string][]string{{"session": nil}, {}},
	},
}

// What is added to a document, as the schemas want it, leaves it valid.
func TestAdditionsAreValid(t *testing.T) {
	t.Parallel()
	cache := everything()
	for id, describe := range map[string]func(*introspect.SchemaCache, openapi.Selection, openapi.Config) ([]byte, error){
		swaggerID: openapi.Swagger, openapiID: openapi.Document,
	} {
		for name, c := range configs {
			t.Run(name+" "+id, func(t *testing.T) {
				t.Parallel()
				c.Additions = additions[id]
				document, err := describe(cache, openapi.All(cache, "api"), c)
				require.NoError(t, err)
				requireValid(t, id, document)
				if id == openapiID {
					requireResolved(t, document)
					requireUnique(t, document)
				}
			})
		}
	}
}
