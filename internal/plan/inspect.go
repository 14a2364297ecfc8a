package plan

import (
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
)

// Inspect is the plan of a GET on the root: a description of the API.
type Inspect struct {
	// Schema is the exposed schema to describe.
	Schema string
	// Media is the form of the description: OpenAPI 2.0, or 3.1 as JSON or YAML, or types in
	// TypeScript.
	Media mediatype.Type
	// Privileges leaves out what the role may not use.
	Privileges bool
}

func (*Inspect) plan() {}

func (p *Planner) inspect(req *apirequest.Shape) (Plan, error) {
	for _, media := range req.Accept {
		switch media.Name {
		case mediatype.JSON, mediatype.Any:
			media = mediatype.Type{Name: mediatype.OpenAPI}
		case mediatype.OpenAPI, mediatype.OpenAPI31, mediatype.OpenAPI31YAML:
		case mediatype.TypeScript:
			if p.config.NoTypeScript {
				continue
			}
		default:
			continue
		}
		return &Inspect{Schema: req.Schema, Media: media, Privileges: p.config.Privileges}, nil
	}
	return nil, apierror.NotAcceptable(names(req.Accept))
}

func names(accept []mediatype.Type) []string {
	names := make([]string, len(accept))
	for i, media := range accept {
		names[i] = media.String()
	}
	return names
}
