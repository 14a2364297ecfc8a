package introspect

import (
	"cmp"
	"encoding/json"
	"iter"
	"maps"
	"slices"
)

// MarshalJSON gives the schema cache as one JSON object, for looking into it. The
// members have the names of PostgREST's; what is in them is ours, and changes with
// the package.
func (c *SchemaCache) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Tables          []*Table         `json:"dbTables"`
		Relationships   []*Relationship  `json:"dbRelationships"`
		Routines        []*Routine       `json:"dbRoutines"`
		Representations []Representation `json:"dbRepresentations"`
		Handlers        []*Handler       `json:"dbMediaHandlers"`
	}{c.allTables(), c.allRelationships(), c.allRoutines(), c.allRepresentations(), c.allHandlers()})
}

func (c *SchemaCache) allTables() []*Table {
	return sorted(maps.Values(c.Tables), func(a, b *Table) int { return a.Name.compare(b.Name) })
}

func (c *SchemaCache) allRelationships() []*Relationship {
	found := map[*Relationship]bool{}
	for _, r := range c.related {
		for _, e := range r.embeddings {
			for _, rel := range slices.Concat(e.named, e.keyed) {
				found[rel] = true
			}
		}
	}
	return sorted(maps.Keys(found), (*Relationship).Compare)
}

func (c *SchemaCache) allRoutines() []*Routine {
	all := []*Routine{}
	for _, name := range slices.SortedFunc(maps.Keys(c.Routines), QualifiedName.compare) {
		all = append(all, c.Routines[name]...)
	}
	return all
}

func (c *SchemaCache) allRepresentations() []Representation {
	all := make([]Representation, 0, len(c.representations))
	for key, function := range c.representations {
		all = append(all, Representation{From: key.from, To: key.to, Function: function})
	}
	slices.SortFunc(all, func(a, b Representation) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return all
}

func (c *SchemaCache) allHandlers() []*Handler {
	return sorted(maps.Values(c.handlers), func(a, b *Handler) int {
		return cmp.Or(a.Aggregate.compare(b.Aggregate), a.Relation.compare(b.Relation), cmp.Compare(a.MediaType, b.MediaType))
	})
}

// sorted collects values; none make an empty list, not null.
func sorted[T any](values iter.Seq[T], compare func(a, b T) int) []T {
	all := slices.AppendSeq([]T{}, values)
	slices.SortFunc(all, compare)
	return all
}
