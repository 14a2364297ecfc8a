package query

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// operand is a field of a node as SQL sees it. A name that the table doesn't have may be
// a computed field, whose call PostgreSQL spells like a column, or a mistake, which
// PostgreSQL reports with a hint; so it is quoted like any other.
func operand(n *plan.Node, f plan.Field) filter.Operand {
	return operandOf(sqlfrag.Qualified(n.Alias, f.Name), f)
}

// operandOf is a field whose column is that one.
func operandOf(column string, f plan.Field) filter.Operand {
	op := columnOperand(column, f)
	if f.Operator != nil {
		op = called(column, f)
	}
	if f.Cast != nil {
		op.Cast = castName(f.Cast)
	}
	return op
}

// columnOperand is the column of a field.
func columnOperand(column string, f plan.Field) filter.Operand {
	op := filter.Operand{SQL: column, TSVector: true}
	if c := f.Column; c != nil {
		op.JSON = isJSON(c.Type)
		op.TSVector = c.Type.BaseOID == oid.TSVector
		if f.Parse.Name != "" && len(f.Path) == 0 {
			op.Parse = sqlfrag.Qualified(f.Parse.Schema, f.Parse.Name)
		}
	}
	return op
}

// field renders a field of a node with its JSON path.
func field(n *plan.Node, f plan.Field) fragment { return bound(f.Bind(operand(n, f))) }

// isJSON reports whether arrows apply to values of t as they are, domains
// looked through.
func isJSON(t *introspect.Type) bool {
	return t.BaseOID == oid.JSON || t.BaseOID == oid.JSONB
}

// searchable is the operand of a comparison. SQL/JSON paths are for jsonb alone, which a
// computed field of json has to be cast to, as a column is anyway.
func searchable(c plan.Compare, op filter.Operand) filter.Operand {
	if c.Operator != filter.JSONPathExists && c.Operator != filter.JSONPathMatch {
		return op
	}
	if r := c.Field.Computed; r != nil && r.Returns.Type != nil && isJSON(r.Returns.Type) && c.Field.Cast == nil && len(c.Field.Path) == 0 {
		op.Cast = "jsonb"
	}
	return op
}
