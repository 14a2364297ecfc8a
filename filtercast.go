package pgrest

import (
	"fmt"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/introspect"
)

func (o Options) validateFilterCasts() error {
	for _, name := range o.FilterCasts {
		condition := filter.Condition{Field: filter.Field{Name: "x", Cast: name}}
		q := filter.Query{Where: []filter.Predicate{{Node: condition}}}
		if _, err := q.Encode(); name == "" || err != nil {
			return fmt.Errorf("FilterCasts has %q, which is not the name of a type: letters, digits, _, $ and spaces, without a schema", name)
		}
	}
	return nil
}

// warnOfFilterCasts tells of names in FilterCasts that no type has.
func (h *Handler) warnOfFilterCasts(cache *introspect.SchemaCache) {
	for _, name := range h.options.FilterCasts {
		if cache.CastType(name).Type == nil {
			h.options.Logger.Warn("FilterCasts names a type that is neither PostgreSQL's own nor in a schema of the search path", "type", name)
		}
	}
}
