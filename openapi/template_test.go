package openapi_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/openapi"
)

// A template's document for a server equals the one that is made without a template.
func TestTemplate(t *testing.T) {
	t.Parallel()
	cache := cinema()
	selection := openapi.All(cache, "api")
	base := openapi.Config{Version: "16.2", DocsVersion: "v16", Security: true, MaxRows: 100}
	at := func(change func(*openapi.Config)) openapi.Config {
		c := base
		change(&c)
		return c
	}
	swagger := openapi.SwaggerTemplate(cache, selection, base)
	document := openapi.DocumentTemplate(cache, selection, base)
	yaml, err := document.YAML()
	require.NoError(t, err)
	for name, c := range map[string]openapi.Config{
		"nowhere":   base,
		"host":      at(func(c *openapi.Config) { c.Host = "a.example:3000" }),
		"HTTPS":     at(func(c *openapi.Config) { c.Host, c.HTTPS = "a.example", true }),
		"base path": at(func(c *openapi.Config) { c.Host, c.BasePath = "b.example", "/api" }),
		"proxy":     at(func(c *openapi.Config) { c.Host, c.ServerURL = "b.example", "https://c.example/films" }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := openapi.Swagger(cache, selection, c)
			require.NoError(t, err)
			require.Equal(t, string(want), joined(t, swagger, c))
			want, err = openapi.Document(cache, selection, c)
			require.NoError(t, err)
			require.Equal(t, string(want), joined(t, document, c))
			want, err = openapi.YAML(want)
			require.NoError(t, err)
			require.Equal(t, string(want), joined(t, yaml, c))
		})
	}
	_, err = swagger.Parts(openapi.Config{ServerURL: "here"})
	require.Error(t, err)
}

func joined(t *testing.T, template *openapi.Template, c openapi.Config) string {
	t.Helper()
	parts, err := template.Parts(c)
	require.NoError(t, err)
	require.Len(t, parts, 3)
	require.InDelta(t, template.Size(), len(parts[0])+len(parts[2]), 2)
	return string(bytes.Join(parts, nil))
}
