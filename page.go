package pgrest

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
)

// wantsPage reports a browser at the API's root: a client that would rather have HTML
// than any form of the API's description.
func (x *exchange) wantsPage() bool {
	if x.page == nil || !apirequest.AtRoot(x.r, x.requests) {
		return false
	}
	for _, media := range mediatype.ParseAccept(x.r.Header["Accept"]...) {
		switch media.Name {
		case mediatype.OpenAPI, mediatype.OpenAPI31, mediatype.OpenAPI31YAML, mediatype.JSON, mediatype.Any:
			return false
		}
		name, _, _ := strings.Cut(media.Name, ";")
		if strings.EqualFold(strings.TrimSpace(name), "text/html") {
			return true
		}
	}
	return false
}

// showPage answers with the page. Nobody has to say who they are for it, and it needs
// no schema: its script asks for the description, as a request of its own.
func (x *exchange) showPage() error {
	page, err := x.page()
	if err != nil {
		return err
	}
	x.request = &apirequest.Request{Shape: apirequest.Shape{Operation: apirequest.Operation{Resource: apirequest.Root}}}
	page.ServeHTTP(&x.w, x.r)
	return nil
}
