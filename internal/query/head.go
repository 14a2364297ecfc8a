package query

import (
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/introspect"
)

// heads reports an answer that has the number of rows in place of the rows. An
// execution plan is that of the rows.
func heads(a *plan.Answer) bool { return a.HeadersOnly && a.Explain == nil }

// head renders the number of an answer's rows, which PostgreSQL has to compute as
// if somebody got them, for the client to be told what is wrong with them: whole rows
// are counted. What is stored can't be wrong, and is counted without being read.
func head(a *plan.Answer) (fragment, *Program) {
	if stored(a) {
		page, program := counting(a, false)
		return counted(page), program
	}
	page, _ := read(a)
	if a.Format != plan.Aggregated { // a handler has counted its rows
		page = page.within("SELECT pg_catalog.count(rows.*), NULL FROM (", ") rows")
	}
	return page, &Program{Yields: RowCount}
}

// counting renders the stored rows of an answer for someone to count them: those of the
// page, or all, whose number tells that of the page, too. Their columns and their order
// are there for PostgreSQL to check; it computes none that nobody reads.
func counting(a *plan.Answer, all bool) (fragment, *Program) {
	root, program := *a.Root, &Program{Yields: RowCount}
	if all {
		program.Yields, program.Page = TotalCount, root.Range
		root.Range = plan.All()
	}
	s := selection{node: &root, outputs: outputs(&root), render: computed, counted: true}
	return s.sql(), program
}

// stored reports an answer whose rows have nothing in them that PostgreSQL could fail to
// compute: values of tables, and no expressions.
func stored(a *plan.Answer) bool {
	n := a.Root
	switch a.Format {
	case plan.Array, plan.Object, plan.Rows:
	case plan.CSV: // casts what is embedded
		if slices.ContainsFunc(n.Embeds, func(e *plan.Embed) bool { return !e.Empty() }) {
			return false
		}
	default:
		return false
	}
	// A page has the rows before its end filtered, which its order decides over.
	return storedNode(n, a.Count == plan.CountExact || n.Range.IsAll())
}

// storedNode reports that all that a node shows, and is ordered by, is stored. Its
// filters and policies may be any if they are asked of all rows, whether these are shown
// or counted.
func storedNode(n *plan.Node, ofAll bool) bool {
	if !ofAll && (n.Table.RowSecurity || !safe(n, n.Where)) {
		return false
	}
	if n.Call != nil || n.FromResult || !n.Exposed() || !isTable(n.Table) {
		return false
	}
	for i := range n.Columns {
		c := &n.Columns[i]
		if c.Rows || c.Cast != nil || c.Aggregate != filter.NoAggregate || !storedField(n, c.Field) || n.StripNulls && isJSON(c.Type) {
			return false
		}
	}
	for _, term := range n.Order {
		of := n
		if e := n.Related(term); e != nil {
			of = e.Node
		}
		if !storedField(of, term.Field) {
			return false
		}
	}
	return !slices.ContainsFunc(n.Embeds, func(e *plan.Embed) bool { return !storedEmbed(n, e, ofAll) })
}

func storedEmbed(parent *plan.Node, e *plan.Embed, ofAll bool) bool {
	r := e.Relationship
	if r.Function != nil || repeats(e) || r.Junction != nil && !isTable(parent.Relation(r.Junction.Table)) {
		return false
	}
	return storedNode(e.Node, ofAll && e.Inner && !e.ToMany())
}

func isTable(t *introspect.Table) bool {
	return t != nil && (t.Kind == introspect.OrdinaryTable || t.Kind == introspect.PartitionedTable)
}

// storedField reports a column of a type whose values are shown and compared by
// PostgreSQL itself. Those of a generated column may be computed when they are read.
func storedField(n *plan.Node, f filter.Field) bool {
	c, ok := n.Table.Column(f.Name)
	return ok && len(f.Path) == 0 && !c.Generated && !n.Represented(c) && storedType(c.Type)
}

// storedType reports a type whose JSON is made without calling a function of somebody's,
// such as a cast. PostgreSQL looks for casts of its own types no more than of composites.
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

// safe reports filters that no row can make fail: comparisons of what is stored.
func safe(n *plan.Node, nodes []filter.Node) bool {
	return !slices.ContainsFunc(nodes, func(node filter.Node) bool {
		switch node := node.(type) {
		case filter.Group:
			return !safe(n, node.Nodes)
		case filter.Condition:
			return n.Embedded(node) == nil && !(storedField(n, node.Field) && compares(node.Operator))
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
