package query

import (
	"github.com/Masterminds/squirrel"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// predicate renders a predicate on a node's rows, or a tree of them.
func predicate(n *plan.Node, p plan.Predicate, present presenceSQL) fragment {
	switch p := p.(type) {
	case plan.Compare:
		return bound(p.Bind(p.Field.Field, searchable(p, operand(n, p.Field)), p.Value))
	case plan.CompareOutput:
		return bound(p.Bind(filter.Field{}, outputOperand(n, &p.Output, false), p.Value))
	case plan.CompareRelated:
		return bound(p.Bind(p.Field.Field, searchable(p.Compare, lentOperand(p.Embed, p.Place, p.Field)), p.Value))
	case plan.Some:
		return some(n, p)
	case plan.Present:
		return present(n, p.Embed, p.Absent)
	case plan.Guarded:
		return ifHolds(n, p.By, predicate(n, p.Of, present))
	case plan.Group:
		members := make([]squirrel.Sqlizer, len(p.Of))
		for i, member := range p.Of {
			members[i] = predicate(n, member, present)
		}
		return bound(filter.Join(p.Negated, p.Any, members...))
	}
	return fragment{}
}

// ifHolds renders an expression that PostgreSQL computes for rows alone for which a predicate
// holds. It may compute the conditions of a WHERE in any order.
func ifHolds(n *plan.Node, by plan.Predicate, f fragment) fragment {
	guard := predicate(n, by, existence).within("CASE WHEN ", " THEN ")
	guard.join(f)
	guard.add(" END")
	return guard
}

// predicates renders predicates on a relation's own rows, which embed nothing.
func predicates(n *plan.Node, of []plan.Predicate) []fragment {
	conditions := make([]fragment, len(of))
	for i, p := range of {
		conditions[i] = predicate(n, p, existence)
	}
	return conditions
}

func where(conditions []fragment) fragment {
	f := fragment{}
	for i, condition := range conditions {
		if i == 0 {
			f.add(" WHERE ")
		} else {
			f.add(" AND ")
		}
		f.join(condition)
	}
	return f
}
