package introspect

import "context"

func (r *reader) readHandlers(ctx context.Context) error {
	var h Handler
	dest := []any{
		&h.Aggregate.Schema, &h.Aggregate.Name, &h.MediaType, &h.Relation.Schema, &h.Relation.Name,
	}
	return r.rows(ctx, handlerSQL, []any{r.catalog.Schemas}, dest, func() {
		r.catalog.Handlers = append(r.catalog.Handlers, h)
	})
}
