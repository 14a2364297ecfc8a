package apitest_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

const typescriptType = "application/typescript"

// The root answers in TypeScript with what the role may use of the schema. PostgREST
// answers such a request with 406, as the API does when the host has switched it off.
func TestTypeScript(t *testing.T) {
	t.Parallel()
	api := serve(t)
	source := func(token string) string {
		t.Helper()
		response := ask(t, api, exchange{target: "/", token: token, send: headers{"Accept": typescriptType}})
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, response.StatusCode, "%s", body)
		require.Equal(t, "application/typescript; charset=utf-8", response.Header.Get("Content-Type"))
		require.NotEmpty(t, response.Header.Get("Etag"))
		return string(body)
	}
	anonymous, curator := source(""), source(`{"role":"pgrest_test_curator"}`)
	require.Contains(t, anonymous, "\n      films: {\n")
	require.NotContains(t, anonymous, "acquisitions")
	require.Contains(t, curator, "\n      acquisitions: {\n")
	require.Contains(t, curator, "\n      curators_only: {\n")

	tag := ask(t, api, exchange{target: "/", send: headers{"Accept": typescriptType}}).Header.Get("Etag")
	require.Equal(t, http.StatusNotModified, ask(t, api, exchange{target: "/", send: headers{"Accept": typescriptType, "If-None-Match": tag}}).StatusCode)
	run(t, api,
		exchange{name: "head", method: "HEAD", target: "/", send: headers{"Accept": typescriptType}, want: headers{"Content-Type": "application/typescript; charset=utf-8"}},
		exchange{name: "of_a_relation", target: "/films", send: headers{"Accept": typescriptType}, status: http.StatusNotAcceptable,
			body: `{"code":"PGRST107","details":null,"hint":null,"message":"None of these media types are available: application/typescript"}`},
	)
	run(t, serve(t, func(o *pgrest.Options) { o.Without = []pgrest.Extension{pgrest.TypeScript} }),
		exchange{name: "switched_off", target: "/", send: headers{"Accept": typescriptType}, status: http.StatusNotAcceptable,
			body: `{"code":"PGRST107","details":null,"hint":null,"message":"None of these media types are available: application/typescript"}`},
	)
	response := ask(t, serve(t, func(o *pgrest.Options) { o.Without = []pgrest.Extension{pgrest.TypeScript} }),
		exchange{target: "/", send: headers{"Accept": typescriptType + ", " + swaggerType + ";q=0.5"}})
	require.Contains(t, described(t, response).paths(), "/films", "the next form that the client takes")
}

// What the host refuses isn't among the types.
func TestTypeScript_decided(t *testing.T) {
	t.Parallel()
	api := serve(t, func(o *pgrest.Options) {
		o.Decide = func(_ context.Context, u *pgrest.Use) (pgrest.Decision, error) {
			if u.Name == "directors" {
				return pgrest.Decision{Static: true}, &pgrest.Error{Status: http.StatusForbidden, Message: "not for clients"}
			}
			return pgrest.Decision{Static: true}, nil
		}
	})
	response := ask(t, api, exchange{target: "/", send: headers{"Accept": typescriptType}})
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Contains(t, string(body), "\n      films: {\n")
	require.NotContains(t, string(body), "\n      directors: {\n")
	require.NotContains(t, string(body), `referencedRelation: "directors"`)
}
