package openapi_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/openapi"
)

type texts = map[string]json.RawMessage

// routes are a host's, in the words of OpenAPI 3.1.
func routes() openapi.Additions {
	return openapi.Additions{
		Info: texts{"license": json.RawMessage(`{"name": "MIT"}`), "description": json.RawMessage(`"Ours"`)},
		Servers: []openapi.Server{
			{URL: "https://staging.films.example/api", Description: "Staging"}, {URL: "/v1"},
		},
		Paths: texts{
			"/tickets/{id}": json.RawMessage(`{ "get": {"operationId": "ticket",
				"responses": {"200": {"description": "a <b>", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ticket"}}}}}}}`),
			"/checkout": json.RawMessage(`{"post": {"security": [{"session": []}], "responses": {"303": {"description": "paid"}}}}`),
		},
		Schemas:         texts{"ticket": json.RawMessage(`{"type": "object"}`)},
		SecuritySchemes: texts{"session": json.RawMessage(`{"type": "apiKey", "in": "cookie", "name": "sid"}`)},
		Security:        []map[string][]string{{"session": nil}, {"JWT": nil, "session": {"a", "b"}}},
	}
}

// swaggerRoutes are the same in the words of OpenAPI 2.0.
func swaggerRoutes() openapi.Additions {
	a := routes()
	a.Paths = texts{"/checkout": json.RawMessage(`{"post": {"operationId": "checkout", "responses": {"303": {"description": "paid"}}}}`)}
	a.SecuritySchemes = texts{"session": json.RawMessage(`{"type":"apiKey","in":"header","name":"Cookie"}`)}
	return a
}

// What is added stands behind what is made of the schema cache, by its names.
func TestDocument_additions(t *testing.T) {
	t.Parallel()
	plain := document(t, cinema(), openapi.Config{Title: "Films", Security: true, Host: "films.example"})
	doc := document(t, cinema(), openapi.Config{Title: "Films", Security: true, Host: "films.example", Additions: routes()})
	require.JSONEq(t, `{"title": "Films", "version": "", "description": "Ours", "license": {"name": "MIT"}}`, part(t, doc, "info"))
	require.JSONEq(t, `[{"url": "http://films.example"}, {"url": "https://staging.films.example/api", "description": "Staging"}, {"url": "/v1"}]`,
		part(t, doc, "servers"))
	require.JSONEq(t, `[{"JWT": []}, {"session": []}, {"JWT": [], "session": ["a", "b"]}]`, part(t, doc, "security"))
	require.Contains(t, string(doc), `"/tickets/{id}":{"get":{"operationId":"ticket","responses":{"200":{"description":"a <b>",`)
	for _, at := range [][]string{{"paths"}, {"components", "schemas"}, {"components", "securitySchemes"}} {
		own, all := texts{}, texts{}
		require.NoError(t, json.Unmarshal([]byte(part(t, plain, at...)), &own))
		require.NoError(t, json.Unmarshal([]byte(part(t, doc, at...)), &all))
		want := maps.Clone(own)
		maps.Copy(want, map[string]texts{"paths": routes().Paths, "schemas": routes().Schemas, "securitySchemes": routes().SecuritySchemes}[at[len(at)-1]])
		require.Equal(t, len(want), len(all))
		for name := range want {
			require.JSONEq(t, string(want[name]), string(all[name]))
		}
	}
	again := document(t, cinema(), openapi.Config{Title: "Films", Security: true, Host: "films.example", Additions: routes()})
	require.Equal(t, string(doc), string(again))
}

func TestSwagger_additions(t *testing.T) {
	t.Parallel()
	cache := cinema()
	doc, err := openapi.Swagger(cache, openapi.All(cache, "api"), openapi.Config{Security: true, Host: "films.example", Additions: swaggerRoutes()})
	require.NoError(t, err)
	require.True(t, json.Valid(doc))
	require.JSONEq(t, `{"title": "PostgREST API", "version": "", "description": "Ours", "license": {"name": "MIT"}}`, part(t, doc, "info"))
	require.Equal(t, "null", part(t, doc, "servers"))
	require.JSONEq(t, `"films.example"`, part(t, doc, "host"))
	require.JSONEq(t, `[{"JWT": []}, {"session": []}, {"JWT": [], "session": ["a", "b"]}]`, part(t, doc, "security"))
	require.JSONEq(t, string(swaggerRoutes().Paths["/checkout"]), part(t, doc, "paths", "/checkout"))
	require.NotEqual(t, "null", part(t, doc, "paths", "/films"))
	require.JSONEq(t, `{"type": "object"}`, part(t, doc, "definitions", "ticket"))
	require.JSONEq(t, `{"type": "apiKey", "in": "header", "name": "Cookie"}`, part(t, doc, "securityDefinitions", "session"))
	require.NotEqual(t, "null", part(t, doc, "securityDefinitions", "JWT"))

	// A scheme of the host's alone, as for sessions.
	alone := openapi.Additions{SecuritySchemes: swaggerRoutes().SecuritySchemes, Security: []map[string][]string{{"session": {}}}}
	doc, err = openapi.Swagger(cache, openapi.All(cache, "api"), openapi.Config{Additions: alone})
	require.NoError(t, err)
	require.JSONEq(t, `{"session": {"type": "apiKey", "in": "header", "name": "Cookie"}}`, part(t, doc, "securityDefinitions"))
	require.JSONEq(t, `[{"session": []}]`, part(t, doc, "security"))
}

// What has no place in a document is an error of both documents, or of one of them.
func TestAdditionError(t *testing.T) {
	t.Parallel()
	path := func(name, text string) openapi.Additions {
		return openapi.Additions{Paths: texts{name: json.RawMessage(text)}}
	}
	schema := func(name string) openapi.Additions {
		return openapi.Additions{Schemas: texts{name: json.RawMessage(`{}`)}}
	}
	scheme := func(name string) openapi.Additions {
		return openapi.Additions{SecuritySchemes: texts{name: json.RawMessage(`{"type":"http"}`)}}
	}
	operation := func(id string) string { return `{"get":{"operationId":"` + id + `","responses":{}}}` }
	const both, only31, only20 = "both", "3.1", "2.0"
	for _, tt := range []struct {
		name, of string
		add      openapi.Additions
		want     string
	}{
		{"path_of_a_relation", both, path("/films", `{}`), `add path "/films": the document has it already`},
		{"path_of_a_relation_escaped", both, path("/fi%6cms", `{}`), `add path "/fi%6cms": the document has it already`},
		{"path_of_a_function", both, path("/rpc/search", `{}`), `add path "/rpc/search": the document has it already`},
		{"path_of_the_root", both, path("/", `{}`), `add path "/": the document has it already`},
		{"paths_that_mean_the_same", both, openapi.Additions{Paths: texts{"/x/{a}/y": json.RawMessage(`{}`), "/x/{b}/y": json.RawMessage(`{}`)}},
			`add path "/x/{b}/y": the document has it already`},
		{"path_without_a_slash", both, path("checkout", `{}`), `add path "checkout": it doesn't begin with a slash, or has a query or a fragment`},
		{"path_with_a_query", both, path("/a?b", `{}`), `add path "/a?b": it doesn't begin with a slash, or has a query or a fragment`},
		{"path_badly_escaped", both, path("/a%", `{}`), `add path "/a%": it is not well escaped`},
		{"path_that_is_no_JSON", both, path("/a", `{"get":`), `add path "/a": it is no JSON: unexpected end of JSON input`},
		{"path_that_is_nothing", both, path("/a", ``), `add path "/a": it is no JSON: unexpected end of JSON input`},
		{"path_of_two_values", both, path("/a", `{} {}`), `add path "/a": it is no JSON: invalid character '{' after top-level value`},
		{"path_that_is_no_object", both, path("/a", ` [] `), `add path "/a": it is no JSON object`},
		{"path_that_is_no_UTF8", both, path("/a", "{\"a\":\"\xff\"}"), `add path "/a": it is no UTF-8`},
		{"path_with_an_operation_that_is_none", both, path("/a", `{"get":[]}`), `add path "/a": its operations are no JSON objects with texts as operationId: `},
		{"operationIds_that_are_one", both, openapi.Additions{Paths: texts{"/a": json.RawMessage(operation("x")), "/b": json.RawMessage(operation("x"))}},
			`add path "/b": its operationId x is another operation's already`},
		{"operationId_of_the_document", only31, path("/a", operation("read_FILMS")), `add path "/a": its operationId read_FILMS is another operation's already`},
		{"operationId_of_the_root", only31, path("/a", operation("describe")), `add path "/a": its operationId describe is another operation's already`},
		{"schema_of_a_relation", both, schema("films"), `add schema "films": the document has it already`},
		{"schema_that_generators_take_for_a_relation's", only31, schema("Films"), `add schema "Films": the document has it already`},
		{"schema_of_what_is_inserted", only31, schema("films.insert"), `add schema "films.insert": the document has it already`},
		{"schema_of_our_own", only31, schema("pgrest.error"), `add schema "pgrest.error": it is no name of a component, or one of those that every document has`},
		{"schema_with_a_slash", only31, schema("a/b"), `add schema "a/b": it is no name of a component, or one of those that every document has`},
		{"security_scheme_of_our_own", both, scheme("JWT"), `add security scheme "JWT": the document has it already`},
		{"security_scheme_that_is_a_schema", only31, scheme("films"), `add security scheme "films": the document has it already`},
		{"security_by_nothing", both, openapi.Additions{Security: []map[string][]string{{"session": nil}}}, `add security "session": there is no such security scheme`},
		{"security_by_JWT_that_isn't_there", only20, openapi.Additions{Security: []map[string][]string{{"JWT": nil}}}, `add security "JWT": there is no such security scheme`},
		{"title", both, openapi.Additions{Info: texts{"title": json.RawMessage(`"a"`)}}, `add info "title": Config has it`},
		{"info_that_is_no_JSON", both, openapi.Additions{Info: texts{"license": json.RawMessage(`MIT`)}}, `add info "license": it is no JSON: `},
		{"server_without_a_URL", both, openapi.Additions{Servers: []openapi.Server{{}}}, `add server "": it is no URL`},
		{"server_with_a_variable", both, openapi.Additions{Servers: []openapi.Server{{URL: "https://{tenant}.example"}}}, `add server "https://{tenant}.example": `},
		{"server_with_a_query", both, openapi.Additions{Servers: []openapi.Server{{URL: "/a?b=c"}}}, `add server "/a?b=c": it has a variable, a query or a fragment`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cache := cinema()
			selection := openapi.All(cache, "api")
			_, document := openapi.Document(cache, selection, openapi.Config{Additions: tt.add})
			_, swagger := openapi.Swagger(cache, selection, openapi.Config{Additions: tt.add})
			_, yaml := openapi.DocumentTemplate(cache, selection, openapi.Config{Additions: tt.add}).YAML()
			require.Equal(t, document, yaml)
			require.Equal(t, tt.of != only20, document != nil)
			require.Equal(t, tt.of != only31, swagger != nil)
			for _, err := range []error{document, swagger} {
				if err != nil {
					var refused *openapi.AdditionError
					require.ErrorAs(t, err, &refused)
					require.ErrorContains(t, err, "openapi: "+tt.want)
				}
			}
		})
	}
}

// The check of a selection finds its paths, and nothing in additions that are good.
func TestAdditions_Check(t *testing.T) {
	t.Parallel()
	all := openapi.All(cinema(), "api")
	require.NoError(t, openapi.Additions{}.Check(all))
	require.NoError(t, routes().Check(all))
	films := openapi.Additions{Paths: texts{"/films": json.RawMessage(`{}`)}}
	require.NoError(t, films.Check(openapi.Selection{}))
	require.ErrorContains(t, films.Check(all), "/films")
}

// A copy stays as it is when the original changes.
func TestAdditions_Clone(t *testing.T) {
	t.Parallel()
	a := routes()
	b := a.Clone()
	require.Equal(t, a, b)
	a.Info["license"][0], a.Paths["/checkout"][0] = '[', '['
	delete(a.Schemas, "ticket")
	a.Servers[0].URL = ""
	a.Security[1]["session"][0] = "c"
	delete(a.Security[0], "session")
	require.Equal(t, routes(), b)
	require.Equal(t, openapi.Additions{}, openapi.Additions{}.Clone())
	require.True(t, openapi.Additions{}.IsZero())
	require.False(t, b.IsZero())
}

// Documents of a template have what was added, in YAML too.
func TestTemplate_additions(t *testing.T) {
	t.Parallel()
	cache := cinema()
	selection := openapi.All(cache, "api")
	c := openapi.Config{Security: true, Additions: routes()}
	template := openapi.DocumentTemplate(cache, selection, c)
	yaml, err := template.YAML()
	require.NoError(t, err)
	plain := openapi.DocumentTemplate(cache, selection, openapi.Config{Security: true})
	require.NotEqual(t, plain.Sum(), template.Sum())
	want, err := openapi.Document(cache, selection, c)
	require.NoError(t, err)
	require.Equal(t, string(want), joined(t, template, c))
	want, err = openapi.YAML(want)
	require.NoError(t, err)
	require.Equal(t, string(want), joined(t, yaml, c))
}
