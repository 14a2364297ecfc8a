package query

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// resolver turns the names of a node's fields into SQL. A name that the table
// doesn't have may be a computed field, whose call PostgreSQL spells like a
// column, or a mistake, which PostgreSQL reports with a hint; so it is quoted
// like any other.
type resolver struct{ node *plan.Node }

// Resolve gives the operand of a field. It never fails.
func (r resolver) Resolve(f filter.Field) (filter.Operand, error) {
	op := filter.Operand{SQL: sqlfrag.Qualified(r.node.Alias, f.Name), TSVector: true}
	if c, ok := r.node.Table.Column(f.Name); ok {
		op.JSON = isJSON(c.Type)
		op.TSVector = c.Type.BaseOID == tsvectorOID
		if parse := r.node.Parser(c); parse.Name != "" && len(f.Path) == 0 {
			op.Parse = sqlfrag.Qualified(parse.Schema, parse.Name)
		}
	}
	return op, nil
}

// reference resolves every field to the same column.
type reference string

// Resolve gives the column. It never fails.
func (r reference) Resolve(filter.Field) (filter.Operand, error) {
	return filter.Operand{SQL: string(r)}, nil
}

// Types that decide over operators and aggregates, by their numbers in pg_type.
const (
	textOID     = 25
	jsonOID     = 114
	jsonbOID    = 3802
	tsvectorOID = 3614
)

// isJSON reports whether arrows apply to values of t as they are, domains
// looked through.
func isJSON(t *introspect.Type) bool {
	return t.BaseOID == jsonOID || t.BaseOID == jsonbOID
}
