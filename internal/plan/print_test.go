package plan_test

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/introspect"
)

// tree prints a node and what is embedded in it, a line for each of its parts.
func tree(n *plan.Node) string {
	var b strings.Builder
	printNode(&b, "", n)
	return b.String()
}

func printNode(b *strings.Builder, indent string, n *plan.Node) {
	fmt.Fprintf(b, "%s%s as %s", indent, n.Table.Name.Name, n.Alias)
	separator := ": "
	for i := range n.Columns {
		b.WriteString(separator + columnText(&n.Columns[i]))
		separator = ", "
	}
	b.WriteString("\n")
	indent += "  "
	for _, node := range n.Where {
		fmt.Fprintf(b, "%swhere %s\n", indent, nodeText(n, node))
	}
	for _, term := range n.Order {
		fmt.Fprintf(b, "%sorder by %s\n", indent, orderText(term))
	}
	if n.Range.Limit != plan.Unlimited {
		fmt.Fprintf(b, "%slimit %d\n", indent, n.Range.Limit)
	}
	if n.Range.Offset != 0 {
		fmt.Fprintf(b, "%soffset %d\n", indent, n.Range.Offset)
	}
	if n.StripNulls {
		fmt.Fprintf(b, "%swithout nulls\n", indent)
	}
	for _, e := range n.Embeds {
		fmt.Fprintf(b, "%s%s\n", indent, embedText(e))
		printNode(b, indent+"  ", e.Node)
	}
}

// embedText is as in "to one: director by films_director (director_id = id) inner".
func embedText(e *plan.Embed) string {
	text := "to one: "
	if e.ToMany() {
		text = "to many: "
	}
	text += e.Name
	r := e.Relationship
	switch {
	case r.Function != nil:
		text += " by " + r.Function.Name.Name + "()"
	case r.Junction != nil:
		text += fmt.Sprintf(" over %s (%s, %s)", r.Junction.Table.Name, pairs(r.Junction.Source), pairs(r.Junction.Target))
	default:
		text += fmt.Sprintf(" by %s (%s)", r.Constraint, pairs(r.Columns))
	}
	for _, flag := range []struct {
		set  bool
		name string
	}{{e.Inner, "inner"}, {e.Spread, "spread"}, {len(e.OrderTerms) > 0, "ordered"}, {e.Empty(), "empty"}} {
		if flag.set {
			text += " " + flag.name
		}
	}
	return text
}

func pairs(columns []introspect.ColumnPair) string {
	texts := make([]string, len(columns))
	for i, p := range columns {
		texts[i] = p.Column + " = " + p.Target
	}
	return strings.Join(texts, " and ")
}

// columnText is as in "total=rating::int4.sum()::text".
func columnText(c *plan.Column) string {
	text := fieldText(c.Field) + castText(c.Cast)
	if c.Rows {
		text = "rows"
	}
	if c.Represent.Name != "" {
		text = c.Represent.Name + "(" + text + ")"
	}
	if c.Aggregate != filter.NoAggregate {
		text += "." + c.Aggregate.String() + "()" + castText(c.AggregateCast)
	}
	if c.Name != c.Field.Name {
		text = c.Name + "=" + text
	}
	return text + map[plan.Kind]string{plan.JSONValue: " json", plan.TextValue: " text"}[c.Kind]
}

// castText has a question mark for a type that the schema cache doesn't have.
func castText(c *introspect.CastType) string {
	switch {
	case c == nil:
		return ""
	case c.Type == nil:
		return "::" + c.Local + "?"
	}
	return "::" + c.Type.Local
}

func fieldText(f filter.Field) string {
	text := f.Name
	for _, step := range f.Path {
		arrow := "->"
		if step.Text {
			arrow = "->>"
		}
		text += arrow + step.Key
	}
	return text
}

func orderText(t filter.OrderTerm) string {
	text := fieldText(t.Field)
	if t.Relation != "" {
		text = t.Relation + "(" + text + ")"
	}
	if t.Direction == filter.Desc {
		text += " desc"
	}
	return text
}

// nodeText has "nothing in roles" for a null filter on an embed.
func nodeText(n *plan.Node, node filter.Node) string {
	switch node := node.(type) {
	case filter.Condition:
		not := ""
		if node.Negated {
			not = "not "
		}
		if e := n.Embedded(node); e != nil {
			return not + "nothing in " + e.Name
		}
		value := cmp.Or(node.Value, strings.Join(node.List, ","))
		if node.Operator == filter.Is {
			value = node.Is.String()
		}
		return fmt.Sprintf("%s%s %s %s", not, fieldText(node.Field), node.Operator, value)
	case filter.Group:
		joint, members := " and ", make([]string, len(node.Nodes))
		if node.Any {
			joint = " or "
		}
		for i, member := range node.Nodes {
			members[i] = nodeText(n, member)
		}
		text := "(" + strings.Join(members, joint) + ")"
		if node.Negated {
			text = "not " + text
		}
		return text
	}
	return ""
}
