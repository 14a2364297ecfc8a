package plan

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/introspect"
)

// producer is what is known of a resource when its media type is negotiated.
type producer struct {
	// rows is the relation whose rows these are, so that its handlers apply; zero for none.
	rows introspect.QualifiedName
	// defaults reports a default select: handlers of a relation want its whole rows.
	defaults bool
	// call is the function that makes the rows; nil for none.
	call *Call
}

// negotiate picks the first of the accepted media types that can be produced
// (RFC 9110, section 12.1). See
// https://docs.postgrest.org/en/stable/references/api/media_type_handlers.html.
func (p *Planner) negotiate(a *Answer, req *apirequest.Shape, produce producer) error {
	for _, media := range req.Accept {
		if media.Plan != nil {
			if !p.config.Plans || req.PlansRefused || !p.produces(a, media.Plan.Of, produce) {
				continue
			}
			a.Explain, a.Media = media.Plan, media
			return nil
		}
		if p.produces(a, media, produce) {
			return nil
		}
	}
	return apierror.NotAcceptable(names(req.Accept))
}

// produces settles media type and format if the resource can be had in media. The vendored
// types are the API's own. Of others, what the database defines goes first, and before all
// that a handler which a relation has for every media type.
func (p *Planner) produces(a *Answer, media mediatype.Type, produce producer) bool {
	switch media.Name {
	case mediatype.Object:
		a.Media, a.Format = media, objectOf(produce.call)
		return true
	case mediatype.Array:
		a.Media, a.Format = media, arrayOf(produce.call)
		return true
	}
	if p.ownHandler(a, media, produce) {
		return true
	}
	if h, ok := p.cache.AnyMediaHandler(media.Name); ok {
		a.Media, a.Format, a.Handler = answered(h.MediaType), FormatAggregated, h
		return true
	}
	if name := essence(media); p.config.Encoded[name] {
		a.Media, a.Format = mediatype.Type{Name: name}, FormatRows
		return true
	}
	switch media.Name {
	case mediatype.Any, mediatype.JSON:
		a.Media, a.Format = mediatype.Type{Name: mediatype.JSON}, arrayOf(produce.call)
	case mediatype.CSV:
		a.Media, a.Format = media, FormatCSV
	case mediatype.GeoJSON:
		a.Media, a.Format = media, FormatGeoJSON
	default:
		return false
	}
	return true
}

// essence is a media type's name in lower case, without parameters.
func essence(media mediatype.Type) string {
	name, _, _ := strings.Cut(media.Name, ";")
	return strings.ToLower(strings.TrimSpace(name))
}

// ownHandler settles a media type that the resource itself defines: a function
// by the domain that it returns, a relation by an aggregate over its rows.
func (p *Planner) ownHandler(a *Answer, media mediatype.Type, produce producer) bool {
	if !produce.defaults {
		return false
	}
	if produce.call != nil && produce.call.Routine.MediaType != "" {
		r := produce.call.Routine
		if own := answered(r.MediaType); r.MediaType == mediatype.Any || strings.EqualFold(media.Name, own.Name) {
			a.Media, a.Format = own, FormatRaw
			return true
		}
	}
	for _, name := range []string{mediatype.Any, media.Name} {
		if h, ok := p.cache.MediaHandler(produce.rows, name); ok {
			a.Media, a.Format, a.Handler = answered(h.MediaType), FormatAggregated, h
			return true
		}
	}
	return false
}

// prepareRows makes the rows what the handler takes: that of a relation takes them as they
// are stored.
func (a *Answer) prepareRows() {
	if a.Handler.Relation.Name == "" {
		return
	}
	for i := range a.Root.Columns {
		a.Root.Columns[i].Represent = introspect.QualifiedName{}
	}
}

// answered is the media type of a handler's answer. That of a handler of every media type
// is bytes, unless the handler itself sets the response's type.
func answered(name string) mediatype.Type {
	if name == mediatype.Any {
		return mediatype.Type{Name: mediatype.Octets}
	}
	return mediatype.Parse(name)
}

// objectOf is how a single JSON object is made of rows. A function that returns no set has
// one form of JSON, whether an object or an array was asked for.
func objectOf(c *Call) Format {
	if c != nil && !c.Routine.Returns.Set {
		return arrayOf(c)
	}
	return FormatObject
}

// arrayOf is how JSON is made of rows. A function that returns values, and not rows, has
// these as its JSON.
func arrayOf(c *Call) Format {
	switch {
	case c == nil:
		return FormatArray
	case c.Scalar && c.Routine.Returns.Set:
		return FormatScalars
	case c.Scalar:
		return FormatScalar
	case !c.Routine.Returns.Set:
		return FormatSingle
	}
	return FormatArray
}
