package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/introspect"
)

// keysOf lists the columns of keys that tell the rows of a relation apart, the best one first:
// the primary key, or else what is unique and never null. The rows of tables that inherit from
// another one needn't differ in its keys.
func keysOf(t *introspect.Table) [][]string {
	if t.Inherited {
		return nil
	}
	var keys [][]string
	if len(t.PrimaryKey) > 0 {
		keys = append(keys, t.PrimaryKey)
	}
	add := func(columns []string) {
		if !slices.ContainsFunc(columns, func(name string) bool {
			c, ok := t.Column(name)
			return !ok || c.Nullable
		}) {
			keys = append(keys, columns)
		}
	}
	for _, columns := range t.UniqueKeys {
		add(columns)
	}
	for _, index := range t.UniqueIndexes {
		if index.Predicate == "" {
			add(index.Columns)
		}
	}
	return keys
}

// unique reports columns that tell the rows of a table apart, all of them.
func unique(t *introspect.Table, columns []string) bool {
	return constrained(t, columns) || slices.ContainsFunc(t.UniqueIndexes, func(i introspect.UniqueIndex) bool {
		return i.Predicate == "" && sameColumns(i.Columns, columns)
	})
}

// constrained reports the columns of the primary key, or of a unique constraint.
func constrained(t *introspect.Table, columns []string) bool {
	same := func(key []string) bool { return sameColumns(key, columns) }
	return same(t.PrimaryKey) || slices.ContainsFunc(t.UniqueKeys, same)
}

// sameColumns reports a key of those columns, in whatever order.
func sameColumns(key, columns []string) bool {
	return len(key) > 0 && containsAll(key, columns) && containsAll(columns, key)
}

// namesRow reports that filters name one row by its primary key and say no more, as those of
// a PUT have to.
func (p *Planner) namesRow(where []apirequest.Predicate, t *introspect.Table) bool {
	filtered := make([]string, len(where))
	for i, predicate := range where {
		var ok bool
		if filtered[i], ok = p.equality(predicate, t); !ok {
			return false
		}
	}
	return len(filtered) > 0 && containsAll(filtered, t.PrimaryKey) && containsAll(t.PrimaryKey, filtered)
}

// addressesRow reports filters that let one row through at most, by its whole primary key.
// There may be others besides.
func (p *Planner) addressesRow(where []apirequest.Predicate, t *introspect.Table) bool {
	if len(t.PrimaryKey) == 0 || len(where) < len(t.PrimaryKey) {
		return false
	}
	for _, name := range t.PrimaryKey {
		if !slices.ContainsFunc(where, func(filter apirequest.Predicate) bool {
			column, ok := p.equality(filter, t)
			return ok && column == name
		}) {
			return false
		}
	}
	return true
}

// equality gives the column of the relation itself that a condition holds to one value.
func (p *Planner) equality(of apirequest.Predicate, t *introspect.Table) (column string, ok bool) {
	if len(of.Path) > 0 {
		return "", false
	}
	c, isCondition := p.settle(&Node{Table: t}, of.Node).(apirequest.Condition)
	if !isCondition || !c.Field.IsColumn() || c.Negated || c.Operator != filter.Equal || c.Quantifier != filter.NoQuantifier {
		return "", false
	}
	return c.Field.Name, true
}
