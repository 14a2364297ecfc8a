package query

import (
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// resolver turns the names of a node's filters and orders into SQL. A name
// that the table doesn't have may be a computed field, whose call PostgreSQL
// spells like a column, or a mistake, which PostgreSQL reports with a hint; so
// it is quoted like any other.
type resolver struct{ node *plan.Node }

// Resolve gives the operand of a field. It never fails.
func (r resolver) Resolve(f filter.Field) (filter.Operand, error) {
	table := r.node.Table
	op := filter.Operand{SQL: sqlfrag.Qualified(table.Name.Name, f.Name), TSVector: true}
	if c, ok := table.Column(f.Name); ok {
		op.JSON = isJSON(c.Type)
		op.TSVector = c.Type.BaseOID == pgtype.TSVectorOID
	}
	return op, nil
}

// isJSON reports whether arrows apply to values of t as they are. A domain
// over json does not count: PostgreSQL itself looks through it.
func isJSON(t *introspect.Type) bool {
	return t.BaseOID == pgtype.JSONOID || t.BaseOID == pgtype.JSONBOID
}
