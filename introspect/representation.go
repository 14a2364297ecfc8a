package introspect

// Representation is a cast between a domain and json or text, either way, that
// presents the domain's values to clients or takes them from clients.
// See https://docs.postgrest.org/en/stable/references/api/domain_representations.html.
type Representation struct {
	// From and To are the OIDs of the types.
	From, To uint32
	// Function takes a value of From and returns one of To.
	Function QualifiedName
}

// representationKey is the direction of a domain representation.
type representationKey struct{ from, to uint32 }

func representations(all []Representation) map[representationKey]QualifiedName {
	functions := make(map[representationKey]QualifiedName, len(all))
	for _, r := range all {
		functions[representationKey{r.From, r.To}] = r.Function
	}
	return functions
}

// Representation finds the function that casts values of type from to type to, one
// of which is a domain and the other json or text. Both are OIDs; that of a domain is
// its own, not its base type's. As in PostgREST, only casts that are implicit and call a
// function count. Whether a role may call the function, the database decides at the call.
func (c *SchemaCache) Representation(from, to uint32) (QualifiedName, bool) {
	name, ok := c.representations[representationKey{from, to}]
	return name, ok
}
