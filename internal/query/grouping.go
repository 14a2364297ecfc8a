package query

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// distinct renders DISTINCT, or DISTINCT ON with what tells the rows apart.
func distinct(n *plan.Node) fragment {
	f := fragment{}
	if n.Distinct == nil {
		return f
	}
	f.add("DISTINCT ")
	for i, on := range n.Distinct.On {
		if i == 0 {
			f.add("ON (")
		} else {
			f.add(", ")
		}
		switch {
		case on.Place >= 0:
			f.add(position(on.Place))
		case on.Field.Column != nil && on.Field.Column.Type.BaseOID == oid.JSON: // which has no equality
			f.join(field(n, on.Field).within("(", ")::jsonb"))
		default:
			f.join(field(n, on.Field))
		}
	}
	if len(n.Distinct.On) > 0 {
		f.add(") ")
	}
	return f
}

// tellsApart reports an output that tells distinct rows apart.
func tellsApart(d *plan.Distinct, place int) bool {
	if d == nil || len(d.On) == 0 {
		return d != nil
	}
	for _, on := range d.On {
		if on.Place == place {
			return true
		}
	}
	return false
}

// having renders HAVING. There an aggregate that is shown has no name or place to go by: it
// stands there once more, and PostgreSQL computes it once.
func having(n *plan.Node) fragment {
	f := fragment{}
	for i, p := range n.Having {
		if i == 0 {
			f.add(" HAVING ")
		} else {
			f.add(" AND ")
		}
		f.join(predicate(n, p, existence))
	}
	return f
}

// outputOperand is an output as a condition and an order see it: by its place where it has
// one and byPlace is set, and else as the expression that it is.
func outputOperand(n *plan.Node, o *plan.Output, byPlace bool) filter.Operand {
	var value output
	switch {
	case o.Column != nil:
		value = ownColumn(n, o.Column)
	case byPlace:
		return filter.Operand{SQL: position(o.Place)}
	case o.Place < len(n.Columns) && n.Columns[o.Place].Represent.Name != "" && n.Columns[o.Place].Cast == nil:
		return operand(n, n.Columns[o.Place].Field) // its JSON has no order
	default:
		value = outputs(n)[o.Place]
	}
	f := value.aggregated()
	operand := filter.Operand{SQL: string(f.sql), Args: make([]any, len(f.args))}
	for i, arg := range f.args {
		operand.Args[i] = arg
	}
	return operand
}

// mayBeJSON reports that what an aggregate is of may be json, which has no equality.
func mayBeJSON(c *plan.Column) bool {
	switch {
	case c.Cast != nil:
		return c.Cast.Type != nil && isJSON(c.Cast.Type)
	case c.Kind == plan.TypedValue:
		return c.Type != nil && isJSON(c.Type)
	}
	return c.Kind == plan.JSONValue
}
