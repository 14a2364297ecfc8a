package query

import (
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/introspect"
)

// headOnly reports an answer that has the number of rows in place of the rows. An
// execution plan is that of the rows, and links to other pages take the keys of rows.
func headOnly(a *plan.Answer) bool { return a.Head && a.Explain == nil && a.Keyset == nil }

// countRows renders the number of an answer's rows. PostgreSQL has to compute them as if
// somebody got them, for the client to be told what is wrong with them: so whole rows are
// counted. Stored values can't be wrong, and rows of them are counted without being read.
func countRows(a *plan.Answer) (fragment, *Program) {
	if stored(a) {
		page, program := storedRows(a, false)
		return counted(page), program
	}
	page, _ := selectRows(a)
	if a.Format != plan.FormatAggregated { // with a handler the rows are counted already
		page = page.within("SELECT pg_catalog.count(rows.*), NULL FROM (", ") rows")
	}
	return page, &Program{Yield: Yield{Form: FormNumber}}
}

// storedRows renders the stored rows of an answer to be counted: those of the page, or all,
// whose number tells that of the page, too. Their columns and their order are there for
// PostgreSQL to check; it doesn't compute them, as nobody reads them.
func storedRows(a *plan.Answer, all bool) (fragment, *Program) {
	root, program := *a.Root, &Program{Yield: Yield{Form: FormNumber}}
	if all {
		program.Total = TotalItself
		root.Window = plan.Window{}
	}
	s := selection{node: &root, outputs: outputs(&root), render: computed, counted: true}
	return s.sql(), program
}

// stored reports an answer whose rows have nothing in them that PostgreSQL could fail to
// compute: values of tables, and no expressions.
func stored(a *plan.Answer) bool {
	n := a.Root
	switch a.Format {
	case plan.FormatArray, plan.FormatObject, plan.FormatRows:
	case plan.FormatCSV: // casts what is embedded
		if slices.ContainsFunc(n.Embeds, func(e *plan.Embed) bool { return !e.Empty() }) {
			return false
		}
	default:
		return false
	}
	// To find a page, PostgreSQL filters rows until it is full: which ones, depends on the order.
	return storedNode(n, a.Count == plan.CountExact || n.Window.IsAll())
}

// storedNode reports that all that a node shows, and is ordered by, is stored. If ofAll is
// set, its filters and policies are applied to all rows, whether these are shown or counted,
// and may fail: the client is told either way.
func storedNode(n *plan.Node, ofAll bool) bool {
	if !ofAll && (n.Table.RowSecurity || !safe(n.Where)) {
		return false
	}
	if n.Call != nil || n.FromResult || !n.Exposed || !isTable(n.Table) {
		return false
	}
	for i := range n.Columns {
		c := &n.Columns[i]
		if c.Rows || c.Cast != nil || c.Aggregate != filter.NoAggregate || !storedField(c.Field) || n.StripNulls && isJSON(c.Type) {
			return false
		}
	}
	if n.Aggregates() || n.Distinct != nil {
		return false
	}
	if slices.ContainsFunc(n.Order, func(t plan.OrderTerm) bool { return t.Output != nil || !storedField(t.Field) }) {
		return false
	}
	return !slices.ContainsFunc(n.Embeds, func(e *plan.Embed) bool { return !storedEmbed(e, ofAll) })
}

func storedEmbed(e *plan.Embed, ofAll bool) bool {
	r := e.Relationship
	if r.Function != nil || repeats(e) || r.Junction != nil && !isTable(e.Junction) {
		return false
	}
	return storedNode(e.Node, ofAll && e.Inner && !e.ToMany())
}

func isTable(t *introspect.Table) bool {
	return t != nil && (t.Kind == introspect.OrdinaryTable || t.Kind == introspect.PartitionedTable)
}

// storedField reports a column whose values PostgreSQL itself shows and compares. A
// generated column is none, as its values may be computed when they are read.
func storedField(f plan.Field) bool {
	c := f.Column
	return c != nil && len(f.Path) == 0 && f.Call == nil && f.Cast == nil && !c.Generated && !f.Represented && storedType(c.Type)
}

// storedType reports a type whose values become JSON without a function of the database's
// owner, such as a cast to json: PostgreSQL looks for casts neither of its own types nor of
// composites.
func storedType(t *introspect.Type) bool {
	_, toJSON := EncodingOf(t)
	switch {
	case !toJSON:
		return true
	case t == nil || t.IsDomain:
		return false
	case t.Kind == introspect.BaseType:
		return !t.CastsToJSON
	case t.Kind == introspect.ArrayType:
		return t.Schema == "pg_catalog" // as its elements' type is
	case t.Kind == introspect.CompositeType:
		return len(t.Attributes) > 0 && !slices.ContainsFunc(t.Attributes, func(a introspect.Column) bool { return !storedType(a.Type) })
	}
	return false
}

// safe reports predicates that no row can make fail: comparisons of what is stored.
func safe(of []plan.Predicate) bool {
	return !slices.ContainsFunc(of, func(p plan.Predicate) bool {
		switch p := p.(type) {
		case plan.Group:
			return !safe(p.Of)
		case plan.Compare:
			return !storedField(p.Field) || !compares(p.Operator)
		case plan.CompareRelated:
			return !storedField(p.Field) || !compares(p.Operator)
		case plan.Some:
			return !safe([]plan.Predicate{p.Of})
		case plan.Present:
			return false
		}
		return true
	})
}

// compares reports an operator that takes any values. A pattern may be malformed.
func compares(o filter.Operator) bool {
	switch o {
	case filter.Equal, filter.NotEqual, filter.GreaterThan, filter.GreaterThanOrEqual, filter.LessThan, filter.LessThanOrEqual,
		filter.In, filter.Is, filter.IsDistinct:
		return true
	}
	return false
}
