package pgrest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// A description is made once for all who ask for it; one that failed, be it by a panic, is
// tried again by the next who asks.
func TestDocumentCache(t *testing.T) {
	t.Parallel()
	var c documentCache
	errBuild := errors.New("as told")
	tries := 0
	build := func() (template, error) {
		switch tries++; tries {
		case 1:
			return nil, errBuild
		case 2:
			panic("as told")
		}
		cache := introspect.New(introspect.Catalog{Schemas: []string{"api"}})
		return openapi.DocumentTemplate(cache, openapi.All(cache, "api"), openapi.Config{}), nil
	}
	_, err := c.get("key", build)
	require.ErrorIs(t, err, errBuild)
	require.Panics(t, func() { _, _ = c.get("key", build) })
	first, err := c.get("key", build)
	require.NoError(t, err)
	again, err := c.get("key", build)
	require.NoError(t, err)
	require.Same(t, first, again)
	other, err := c.get("other", build)
	require.NoError(t, err)
	require.NotSame(t, first, other)
	require.Equal(t, 4, tries)
	require.Equal(t, first.template.Size()+other.template.Size(), c.size)
}
