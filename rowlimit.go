package pgrest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

// validate refuses limits that nothing could keep.
func (l Limits) validate() error {
	for _, name := range slices.Sorted(maps.Keys(l.MaxRowsOf)) {
		if most := l.MaxRowsOf[name]; name == "" || most <= 0 {
			return fmt.Errorf("Limits.MaxRowsOf has %d for %q; it wants a relation and a positive number", most, name)
		}
	}
	for _, role := range slices.Sorted(maps.Keys(l.MaxConcurrentOf)) {
		if most := l.MaxConcurrentOf[role]; role == "" || most <= 0 {
			return fmt.Errorf("Limits.MaxConcurrentOf has %d for %q; it wants a role and a positive number", most, role)
		}
	}
	if math.IsNaN(l.MaxCost) {
		return fmt.Errorf("Limits.MaxCost is no number")
	}
	return nil
}

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
