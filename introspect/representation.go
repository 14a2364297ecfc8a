package introspect

// representationKey is the direction of a domain representation.
type representationKey struct{ from, to uint32 }

// Representation finds the function that casts values of type from, a domain, or
// one of json and text, to type to, likewise: a domain representation. Both are
// OIDs. See https://docs.postgrest.org/en/stable/references/api/domain_representations.html.
func (c *SchemaCache) Representation(from, to uint32) (QualifiedName, bool) {
	name, ok := c.representations[representationKey{from, to}]
	return name, ok
}
