package plan

import (
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/value"
)

// Keyset is a page that begins or ends at a row, which is known by the values that the rows
// are ordered by. The root's order then has a key, so that no two rows are equal in it.
type Keyset struct {
	// Bound says on which side of the row the page is.
	Bound apirequest.KeysetBound
	// Nulls tells for each term of the order whether the row's value is NULL. It is empty
	// without a row.
	Nulls []bool
	// Order is the sum of the relation and its order. A token has it, so that it isn't taken
	// for one of another order.
	Order string
}

// The sides of a row that a page is on.
const (
	Unplaced = apirequest.Unplaced
	After    = apirequest.After
	Before   = apirequest.Before
)

// ValueArg is the row's value of a term of the order.
func (*Keyset) ValueArg(term int) value.Arg { return value.Arg{From: value.FromKeyset, Index: term} }

// maxKeysetTerms bounds the terms of the order of pages: SQL compares each with all that
// precede it.
const maxKeysetTerms = 32

// addKeyset makes a read one of pages by their keys, if the request is for one. Its errors are
// *apierror.Error.
func (p *Planner) addKeyset(a *Answer, req *apirequest.Shape) error {
	if !req.Keyset.Active() {
		return nil
	}
	n := a.Root
	if n.Aggregates() || n.Distinct != nil {
		return apierror.PagesOfGroups()
	}
	for _, t := range n.Order {
		if t.Output != nil { // which the token could not be told from a column's
			return apierror.PagesByAlias()
		}
		if t.Field.Call != nil { // whose arguments are no part of the token
			return apierror.PagesByOperator()
		}
	}
	switch a.Format {
	case FormatArray, FormatObject, FormatCSV, FormatRows:
	default:
		return apierror.PagesOfDocument(a.Media.Name)
	}
	if err := p.completeOrder(n, &a.relies); err != nil {
		return err
	}
	k := &Keyset{Bound: req.Keyset.Bound, Nulls: req.Keyset.Nulls, Order: n.orderSum()}
	if k.Bound != Unplaced && (req.Keyset.Order != k.Order || len(k.Nulls) != len(n.Order)) {
		return apierror.OtherPageToken()
	}
	a.Keyset = k
	return nil
}

// completeOrder adds the columns of a key to a node's order, unless a key is in it already.
// They go in the direction of the last term, so that one comparison of rows, and one index,
// may do for all.
func (p *Planner) completeOrder(n *Node, relies *reliance) error {
	keys := keysOf(n.Table)
	if len(keys) == 0 {
		return apierror.NoPageKey(n.Table.Name.Name)
	}
	complete := slices.ContainsFunc(keys, func(key []string) bool {
		return !slices.ContainsFunc(key, func(name string) bool { return !n.orderedBy(name) })
	})
	if !complete {
		direction := filter.DefaultDirection
		if last := len(n.Order) - 1; last >= 0 && n.Order[last].Direction == filter.Desc {
			direction = filter.Desc
		}
		for _, name := range keys[0] {
			if n.orderedBy(name) {
				continue
			}
			t := OrderTerm{Field: p.field(n, filter.Field{Name: name}), Direction: direction, Place: -1}
			relies.onField(t.Field)
			n.Order = append(n.Order, t)
		}
	}
	if len(n.Order) > maxKeysetTerms {
		return apierror.TooManyPageTerms(maxKeysetTerms)
	}
	return nil
}

// orderedBy reports that a column of the node itself is a term of its order.
func (n *Node) orderedBy(column string) bool {
	return slices.ContainsFunc(n.Order, func(t OrderTerm) bool {
		return t.Embed == nil && t.Field.Name == column && len(t.Field.Path) == 0 && !t.changed()
	})
}

// orderSum is a sum of all that the values of a token depend on: the relation, and the terms
// of its order.
func (n *Node) orderSum() string {
	sum := fnv.New64a()
	fmt.Fprintf(sum, "%q", []string{n.Table.Name.Schema, n.Table.Name.Name}) // a hash takes all that is written
	for _, t := range n.Order {
		names, way := []string{t.Field.Name}, t.Way
		if way == nil && t.Embed != nil {
			way = []*Embed{t.Embed}
		}
		for _, e := range way {
			names = append(names, e.Name, e.Relationship.Target.Name, e.Relationship.Constraint)
		}
		fmt.Fprintf(sum, "%q%+v%t%t", names, t.Field.Path, t.Descends(), t.NullsFirst())
		if t.changed() {
			fmt.Fprintf(sum, "%t%q", t.IgnoreCase, t.Field.Field.Cast)
		}
	}
	return fmt.Sprintf("%016x", sum.Sum64())
}

// Descends reports an order from the highest value to the lowest.
func (t *OrderTerm) Descends() bool { return t.Direction == filter.Desc }

// NullsFirst reports that nulls stand before all values.
func (t *OrderTerm) NullsFirst() bool {
	return t.Nulls == filter.NullsFirst || t.Nulls == filter.DefaultNulls && t.Descends()
}

// Reversed is the term of the opposite order.
func (t OrderTerm) Reversed() OrderTerm {
	first := !t.NullsFirst()
	if t.Descends() {
		t.Direction = filter.Asc
	} else {
		t.Direction = filter.Desc
	}
	switch {
	case first == t.Descends(): // as by default
		t.Nulls = filter.DefaultNulls
	case first:
		t.Nulls = filter.NullsFirst
	default:
		t.Nulls = filter.NullsLast
	}
	return t
}

// Nullable reports that values of the term may be NULL. Of a view nobody knows.
func (t *OrderTerm) Nullable(n *Node) bool {
	c := t.Field.Column
	return t.Embed != nil || c == nil || len(t.Field.Path) > 0 || c.Nullable || n.Table.Kind.IsView()
}
