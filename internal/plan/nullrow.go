package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/introspect"
)

// NullRow says what is no row of a function that returns one.
type NullRow uint8

// The kinds: nothing; NULL; and a row of nulls as well, as no row of a relation can be one that
// has a column which is never NULL. A variable of PL/pgSQL is such a row after a query that has
// found nothing.
const (
	KeepNull NullRow = iota
	SkipNull
	SkipNulls
)

// nullRow says what is no row of a function.
func (p *Planner) nullRow(r *introspect.Routine) NullRow {
	t := r.Returns.Type
	if !p.config.NullRows || r.Returns.Set || t == nil || t.Kind != introspect.CompositeType && t.OID != oid.Record {
		return KeepNull
	}
	if relation, ok := p.cache.Tables[t.Relation]; ok && slices.ContainsFunc(relation.Columns, func(c introspect.Column) bool { return !c.Nullable }) {
		return SkipNulls
	}
	return SkipNull
}
