package introspect

import (
	"cmp"
	"slices"
	"strings"
)

// anyMediaType is the name of the domain that stands for every media type.
const anyMediaType = "*/*"

// Handler is an aggregate that turns rows into a media type: those of one relation, or
// any.
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

// handlerKey is what a handler is looked up by.
type handlerKey struct {
	relation  QualifiedName // zero for a handler of any rows
	mediaType string        // in lower case
}

// handlers indexes the handlers. Of two with the same key, the one whose schema comes
// first wins, and within a schema the one whose name does.
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

// MediaHandler finds the handler that turns the rows of that relation into the media
// type, whether they come from the relation or from a function. It finds no handler of
// any relation's rows, and none of every media type unless mediaType is "*/*". mediaType
// is in any case, and without parameters.
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

// AnyMediaHandler finds the handler that turns any rows into the media type, as
// MediaHandler finds that of one relation.
func (c *SchemaCache) AnyMediaHandler(mediaType string) (*Handler, bool) {
	h, ok := c.handlers[handlerKey{mediaType: strings.ToLower(mediaType)}]
	return h, ok
}

// MediaTypes lists, sorted and in lower case, the media types that handlers turn the rows
// of that relation into: its own handlers, and those of any rows.
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

// mediaType gives the media type that a routine with that result answers in: the name of
// the domain, if it returns a single value of a domain that is named like a media type.
// For others it is empty.
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

// isMediaTypePart reports whether s consists of letters, digits and the marks, and isn't
// empty.
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
