package introspect

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// tableColumn identifies a column by names.
type tableColumn struct {
	table  QualifiedName
	column string
}

func (r *reader) readViews(ctx context.Context) error {
	var oid uint32
	var query pgtype.DriverBytes // not copied: queries are long, and parsed at once
	return r.rows(ctx, viewSQL, []any{r.catalog.Schemas}, []any{&oid, &query}, func() {
		r.lineage[oid] = parseViewQuery(query)
	})
}

// nameLineage puts the lineage of the exposed views into the catalog, by names instead of
// OIDs. It leaves out all columns that are no key columns.
func (r *reader) nameLineage() {
	r.catalog.Lineage = make(map[QualifiedName][]ColumnOrigin)
	for _, oid := range slices.Sorted(maps.Keys(r.lineage)) {
		view, exposed := r.tables[oid]
		if !exposed {
			continue
		}
		var origins []ColumnOrigin
		for i := range view.Columns {
			// The columns of a view are numbered without gaps: none can be dropped.
			origin := r.lineage.trace(columnRef{oid, int16(i + 1)})
			if key, ok := r.keyColumns[origin]; ok {
				origins = append(origins, ColumnOrigin{view.Columns[i].Name, key.table, key.column})
			}
		}
		if origins != nil {
			r.catalog.Lineage[view.Name] = origins
		}
	}
}
