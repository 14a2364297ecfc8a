package introspect

import (
	"cmp"
	"slices"
	"strings"
)

// anyMediaType is the name of the domain that stands for every media type.
const anyMediaType = "*/*"

// Handler is an aggregate that makes a media type of a relation's rows: of those of
// one relation, or of any.
// See https://docs.postgrest.org/en/stable/references/api/media_type_handlers.html.
type Handler struct {
	// Aggregate takes a row and returns a domain that is named like a media type.
	Aggregate QualifiedName
	// MediaType is the domain's name as it is spelled: "text/csv", or "*/*" for a
	// handler of every media type.
	MediaType string
	// Relation is the relation whose rows the aggregate takes, exposed or not, and
	// zero when it takes anyelement.
	Relation QualifiedName
}

// handlerKey is what a handler is for: the media type in lower case.
type handlerKey struct {
	relation  QualifiedName
	mediaType string
}

// handlers gives the handlers by what they are for; of two for the same, the one
// whose schema comes first wins, and then the one whose name does.
func handlers(schemas []string, all []Handler) map[handlerKey]*Handler {
	rank := rankSchemas(schemas)
	chosen := make(map[handlerKey]*Handler)
	for i := range all {
		h := &all[i]
		place, exposed := rank[h.Aggregate.Schema]
		if !exposed || !isMediaType(h.MediaType) {
			continue
		}
		key := handlerKey{h.Relation, strings.ToLower(h.MediaType)}
		other, taken := chosen[key]
		if !taken || cmp.Or(
			cmp.Compare(place, rank[other.Aggregate.Schema]),
			cmp.Compare(h.Aggregate.Name, other.Aggregate.Name),
		) < 0 {
			chosen[key] = h
		}
	}
	return chosen
}

// MediaHandler finds the handler that makes the media type of that relation's rows,
// and of those of functions that return them. One that takes any relation's rows is
// not found, nor is one for every media type unless mediaType is "*/*". The case of
// mediaType does not matter; it has no parameters.
//
// Handlers are aggregates of the exposed schemas. Where several do the same, the
// first of these schemas wins.
func (c *SchemaCache) MediaHandler(relation QualifiedName, mediaType string) (*Handler, bool) {
	if (relation == QualifiedName{}) {
		return nil, false
	}
	h, ok := c.handlers[handlerKey{relation, strings.ToLower(mediaType)}]
	return h, ok
}

// AnyMediaHandler finds the handler that makes the media type of any rows, as
// MediaHandler finds that of one relation.
func (c *SchemaCache) AnyMediaHandler(mediaType string) (*Handler, bool) {
	h, ok := c.handlers[handlerKey{mediaType: strings.ToLower(mediaType)}]
	return h, ok
}

// MediaTypes lists, sorted and in lower case, the media types that handlers make of that
// relation's rows: its own handlers and those of any rows.
func (c *SchemaCache) MediaTypes(relation QualifiedName) []string {
	var types []string
	for key := range c.handlers {
		if key.relation == relation || key.relation == (QualifiedName{}) {
			types = append(types, key.mediaType)
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// mediaType gives the media type that a routine with that result makes by itself,
// or nothing: it returns a single value of a domain that is named like one.
func mediaType(returns Result) string {
	if returns.Type == nil || returns.Set || !returns.Type.IsDomain || !isMediaType(returns.Type.Local) {
		return ""
	}
	return returns.Type.Local
}

// isMediaType reports whether a domain of that name stands for a media type, or
// for all of them.
func isMediaType(name string) bool {
	if name == anyMediaType {
		return true
	}
	kind, subtype, ok := strings.Cut(name, "/")
	return ok && isMediaTypePart(kind, ".-") && isMediaTypePart(subtype, ".-+")
}

// isMediaTypePart reports whether s is made of letters, digits and the marks.
func isMediaTypePart(s, marks string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || '9' < c) && strings.IndexByte(marks, c) < 0 {
			return false
		}
	}
	return s != ""
}
