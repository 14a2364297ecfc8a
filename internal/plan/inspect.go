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
	// Privileges leaves out what the role may not use.
	Privileges bool
}

func (*Inspect) plan() {}

// OpenAPIMode says what the root describes.
type OpenAPIMode uint8

// The modes of openapi-mode.
const (
	FollowPrivileges OpenAPIMode = iota
	IgnorePrivileges
	Disabled
)

func (p *Planner) inspect(req *apirequest.Request) (Plan, error) {
	for _, media := range req.Accept {
		switch media.Name {
		case mediatype.OpenAPI, mediatype.JSON, mediatype.Any:
			return &Inspect{Schema: req.Schema, Privileges: p.config.OpenAPI == FollowPrivileges}, nil
		}
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
