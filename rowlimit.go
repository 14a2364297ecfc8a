package pgrest

import (
	"maps"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

// maxRowsOf finds the relations of Limits.MaxRowsOf, and tells of names that no relation
// has: one that is misspelt caps nothing.
func (h *Handler) maxRowsOf(cache *introspect.SchemaCache) map[introspect.QualifiedName]int64 {
	limits := h.options.Limits.MaxRowsOf
	if len(limits) == 0 {
		return nil
	}
	of := map[introspect.QualifiedName]int64{}
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		found := relationsNamed(cache, name)
		if len(found) == 0 {
			h.options.Logger.Warn("MaxRowsOf names a relation that is in no exposed schema", "relation", name)
		}
		for _, relation := range found {
			if most, ok := of[relation]; !ok || limits[name] < most { // named twice, the lower counts
				of[relation] = limits[name]
			}
		}
	}
	return of
}

// relationsNamed finds the relations of a name, alone or within its schema.
func relationsNamed(cache *introspect.SchemaCache, name string) []introspect.QualifiedName {
	var found []introspect.QualifiedName
	add := func(schema, local string) {
		relation := introspect.QualifiedName{Schema: schema, Name: local}
		if _, ok := cache.Table(relation); ok {
			found = append(found, relation)
		}
	}
	for _, schema := range cache.Schemas {
		add(schema, name)
	}
	if schema, local, ok := strings.Cut(name, "."); ok {
		add(schema, local)
	}
	return found
}
