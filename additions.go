package pgrest

import (
	"fmt"

	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// additions are those to the description of a media type.
func (o Options) additions(media mediatype.Type) openapi.Additions {
	switch media.Name {
	case mediatype.OpenAPI31, mediatype.OpenAPI31YAML:
		return o.OpenAPIAdditions
	}
	return o.SwaggerAdditions
}

// validateAdditions refuses additions that no description has a place for, whatever the
// database has.
func (o Options) validateAdditions() error {
	if o.OpenAPIAdditions.IsZero() && o.SwaggerAdditions.IsZero() {
		return nil
	}
	cache := introspect.New(introspect.Catalog{})
	config := openapi.Config{Security: o.OpenAPISecurity, Additions: o.OpenAPIAdditions}
	if _, err := openapi.Document(cache, openapi.Selection{}, config); err != nil {
		return fmt.Errorf("OpenAPIAdditions: %w", err)
	}
	config.Additions = o.SwaggerAdditions
	if _, err := openapi.Swagger(cache, openapi.Selection{}, config); err != nil {
		return fmt.Errorf("SwaggerAdditions: %w", err)
	}
	return nil
}

// warnOfAdditions tells of additions that have the path of a relation or function, so that
// there is no description of its schema.
func (h *Handler) warnOfAdditions(cache *introspect.SchemaCache) {
	for _, schema := range h.options.Schemas {
		for _, added := range []struct {
			option string
			openapi.Additions
		}{{"OpenAPIAdditions", h.options.OpenAPIAdditions}, {"SwaggerAdditions", h.options.SwaggerAdditions}} {
			if len(added.Paths) == 0 {
				continue
			}
			if err := added.Check(openapi.All(cache, schema)); err != nil {
				h.options.Logger.Warn("no description of the API can be made", "option", added.option, "schema", schema, "error", err)
			}
		}
	}
}
