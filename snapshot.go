package pgrest

import (
	"context"
	"time"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/program"
	"github.com/pgrest-go/pgrest/introspect"
)

// snapshot is the schema at one moment, and what was derived from it.
type snapshot struct {
	cache     *introspect.SchemaCache
	planner   *plan.Planner
	programs  program.Cache
	documents documentCache
	rulings   bounded[rulingKey, ruling]
	costs     bounded[costKey, time.Time] // until when
	// versionless are the relations whose versions a role may not read, and until when
	// nobody tries.
	versionless bounded[versionKey, time.Time]
	loaded      time.Time
}

// schema gives the current schema. A request that comes before the first load
// has ended waits for it, for a while; when that load failed, none waits.
func (h *Handler) schema(ctx context.Context) (*snapshot, error) {
	if s := h.current.Load(); s != nil {
		return s, nil
	}
	ctx, cancel := context.WithTimeout(ctx, firstLoad)
	defer cancel()
	var err error
	select {
	case <-h.reloader.Tried():
		err = h.reloader.Err()
	case <-h.reloader.Closed():
		err = context.Canceled
	case <-ctx.Done():
		err = ctx.Err()
	}
	if s := h.current.Load(); s != nil {
		return s, nil
	}
	h.reloader.Lost() // have it tried again
	return nil, apierror.NoSchemaCache(err)
}

// firstLoad is how long a request waits for the first load of the schema.
const firstLoad = 10 * time.Second

// SchemaCache gives the schema that requests are answered from at present, nil
// before the first load.
func (h *Handler) SchemaCache() *introspect.SchemaCache {
	if s := h.current.Load(); s != nil {
		return s.cache
	}
	return nil
}

// swap takes a schema that was loaded into use, and tells the host.
func (h *Handler) swap(cache *introspect.SchemaCache) {
	h.use(cache)
	if h.options.OnSchemaLoad != nil {
		guard(h.options.Logger, "OnSchemaLoad", func() { h.options.OnSchemaLoad(cache) })
	}
}

// use has requests that come from now on be answered from a schema.
func (h *Handler) use(cache *introspect.SchemaCache) {
	h.current.Store(&snapshot{
		cache: cache,
		planner: plan.New(cache, plan.Config{
			MaxRows: h.options.MaxRows, MaxRowsOf: h.maxRowsOf(cache), Aggregates: h.options.Aggregates, StrictTargetNames: h.options.StrictTargetNames,
			Privileges: h.options.OpenAPI == OpenAPIFollowPrivileges, Plans: h.options.Plans, Encoded: h.options.encoded(),
			Uses: h.options.Decide != nil, NoTypeScript: h.options.without(TypeScript),
			NoUpserts: h.options.without(Upserts), NoVersions: h.options.without(Conditional), VersionColumns: h.versionColumns(cache),
			NoGrouping: h.options.without(Grouping), Casts: h.options.FilterCasts, NullRows: h.options.NullRows, Operators: h.options.operators(),
		}),
		rulings: bounded[rulingKey, ruling]{most: maxRulings},
		costs:   bounded[costKey, time.Time]{most: maxCosts},

		versionless: bounded[versionKey, time.Time]{most: maxVersionless},
		loaded:      time.Now(),
	})
	h.warnOfPostOnly(cache)
	h.warnOfFilterCasts(cache)
	h.warnOfAdditions(cache)
	h.once.Do(func() { close(h.loaded) })
}
