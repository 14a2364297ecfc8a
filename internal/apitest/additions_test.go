package apitest_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/openapi"
)

// routes has a host describe a path of its own, in both versions of OpenAPI.
func routes(path string) option {
	return func(o *pgrest.Options) {
		item := json.RawMessage(`{"post":{"summary":"Pay","responses":{"303":{"description":"Paid"}}}}`)
		o.OpenAPIAdditions = openapi.Additions{
			Paths:           map[string]json.RawMessage{path: item},
			Servers:         []openapi.Server{{URL: "https://staging.example"}},
			SecuritySchemes: map[string]json.RawMessage{"session": json.RawMessage(`{"type":"apiKey","in":"cookie","name":"sid"}`)},
			Security:        []map[string][]string{{"session": {}}},
		}
		o.SwaggerAdditions = openapi.Additions{Paths: map[string]json.RawMessage{path: item}}
	}
}

// The host's routes are in the description, beside those of the API.
func TestAdditions(t *testing.T) {
	t.Parallel()
	api, plain := serve(t, routes("/checkout")), serve(t)
	for _, accept := range []string{swaggerType, openAPIType} {
		root := exchange{target: "/", send: headers{"Accept": accept}}
		d := described(t, ask(t, api, root))
		require.Contains(t, string(d.Paths["/checkout"]["post"]), `"summary":"Pay"`)
		require.Contains(t, d.Paths, "/films")
		if accept == openAPIType {
			require.Equal(t, "https://staging.example", d.Servers[1].URL)
			require.Equal(t, []map[string][]string{{"session": {}}}, d.Security)
		}
		require.NotContains(t, described(t, ask(t, plain, root)).Paths, "/checkout")
	}
	yaml := ask(t, api, exchange{target: "/", send: headers{"Accept": openAPIYAMLType}})
	require.Contains(t, read(t, yaml), "\n  /checkout:\n    post:\n      summary: Pay\n")
}

// A description with additions has a tag of its own, by which clients know it again.
func TestAdditions_caching(t *testing.T) {
	t.Parallel()
	api, same, other := serve(t, routes("/checkout")), serve(t, routes("/checkout")), serve(t)
	for _, accept := range []string{swaggerType, openAPIType, openAPIYAMLType} {
		get := func(api http.Handler, known string) *http.Response {
			return ask(t, api, exchange{target: "/", send: headers{"Accept": accept, "If-None-Match": known}})
		}
		tag := get(api, "").Header.Get("Etag")
		require.NotEmpty(t, tag)
		require.Equal(t, http.StatusNotModified, get(api, tag).StatusCode)
		require.Equal(t, http.StatusNotModified, get(same, tag).StatusCode)
		require.Equal(t, http.StatusOK, get(other, tag).StatusCode)
	}
}

// The path of a relation isn't for the host to describe: the log says so at the load, and
// no description is given out that has either of the two.
func TestAdditions_of_a_relation(t *testing.T) {
	t.Parallel()
	var log journal
	api := serve(t, log.kept, routes("/films"))
	for _, option := range []string{"OpenAPIAdditions", "SwaggerAdditions"} {
		require.Contains(t, log.String(), `level=WARN msg="no description of the API can be made" option=`+option+
			` schema=archive error="openapi: add path \"/films\": the document has it already"`)
	}
	for _, accept := range []string{swaggerType, openAPIType, openAPIYAMLType} {
		response := ask(t, api, exchange{target: "/", send: headers{"Accept": accept}})
		require.Equal(t, http.StatusInternalServerError, response.StatusCode)
		require.JSONEq(t, fault("PGRSTX00", "Internal error", "", ""), read(t, response))
	}
	require.Equal(t, http.StatusOK, ask(t, api, exchange{target: "/films"}).StatusCode)
	require.Contains(t, log.String(), "level=ERROR")
}

// What no description has a place for is refused at once, and what the host changes
// afterwards changes nothing.
func TestAdditions_of_options(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t)
	bad := openapi.Additions{Paths: map[string]json.RawMessage{"checkout": json.RawMessage(`{}`)}}
	_, err := pgrest.New(pool, pgrest.Options{OpenAPIAdditions: bad})
	var refused *openapi.AdditionError
	require.ErrorAs(t, err, &refused)
	require.ErrorContains(t, err, "pgrest: OpenAPIAdditions: openapi: add path")
	_, err = pgrest.New(pool, pgrest.Options{SwaggerAdditions: bad})
	require.ErrorAs(t, err, &refused)
	require.ErrorContains(t, err, "pgrest: SwaggerAdditions: openapi: add path")

	kept := openapi.Additions{Paths: map[string]json.RawMessage{"/checkout": json.RawMessage(`{"summary":"Pay"}`)}}
	api := open(t, pool, func(o *pgrest.Options) { o.OpenAPIAdditions = kept })
	kept.Paths["/films"] = json.RawMessage(`{}`)
	d := described(t, ask(t, api, exchange{target: "/", send: headers{"Accept": openAPIType}}))
	require.Contains(t, d.Paths, "/checkout")
}
