package plan_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// tree prints a node and what is embedded in it, a line for each of its parts.
func tree(n *plan.Node, values *value.Values) string {
	p := printer{values: values}
	p.node("", n)
	return p.String()
}

// printer prints a tree with the values that it is bound to.
type printer struct {
	strings.Builder
	values *value.Values
}

// text is the text of an argument.
func (b *printer) text(arg value.Arg) string { return string(b.values.Bind([]value.Arg{arg})[0]) }

func (b *printer) node(indent string, n *plan.Node) {
	fmt.Fprintf(b, "%s%s as %s", indent, n.Table.Name.Name, n.Alias)
	separator := ": "
	for i := range n.Columns {
		b.WriteString(separator + columnText(&n.Columns[i]))
		separator = ", "
	}
	b.WriteString("\n")
	indent += "  "
	for _, predicate := range n.Where {
		fmt.Fprintf(b, "%swhere %s\n", indent, b.predicate(predicate))
	}
	for _, term := range n.Order {
		fmt.Fprintf(b, "%sorder by %s\n", indent, orderText(term))
	}
	if n.Window.Limit != plan.Unbounded {
		fmt.Fprintf(b, "%slimit %s\n", indent, b.text(n.Window.LimitArg()))
	}
	if n.Window.Offset != plan.Unbounded {
		fmt.Fprintf(b, "%soffset %s\n", indent, b.text(n.Window.OffsetArg()))
	}
	if n.StripNulls {
		fmt.Fprintf(b, "%swithout nulls\n", indent)
	}
	for _, e := range n.Embeds {
		fmt.Fprintf(b, "%s%s\n", indent, embedText(n, e))
		b.node(indent+"  ", e.Node)
	}
}

// embedText is as in "to one: director by films_director (director_id = id) inner".
func embedText(parent *plan.Node, e *plan.Embed) string {
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
	ordered := slices.ContainsFunc(parent.Order, func(t plan.OrderTerm) bool { return t.Embed == e })
	for _, flag := range []struct {
		set  bool
		name string
	}{{e.Inner, "inner"}, {e.Spread, "spread"}, {ordered, "ordered"}, {e.Empty(), "empty"}} {
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

func fieldText(f plan.Field) string {
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

func orderText(t plan.OrderTerm) string {
	text := fieldText(t.Field)
	if t.Embed != nil {
		text = t.Embed.Name + "(" + text + ")"
	}
	if t.Direction == filter.Desc {
		text += " desc"
	}
	return text
}

// predicate has "nothing in roles" for a row without anything to embed.
func (b *printer) predicate(predicate plan.Predicate) string {
	switch predicate := predicate.(type) {
	case plan.Present:
		if predicate.Absent {
			return "nothing in " + predicate.Embed.Name
		}
		return "not nothing in " + predicate.Embed.Name
	case plan.Compare:
		not := ""
		if predicate.Negated {
			not = "not "
		}
		text := predicate.Is.String()
		if predicate.Operator != filter.Is {
			text = b.text(predicate.Value)
		}
		return fmt.Sprintf("%s%s %s %s", not, fieldText(predicate.Field), predicate.Operator, text)
	case plan.Group:
		joint, members := " and ", make([]string, len(predicate.Of))
		if predicate.Any {
			joint = " or "
		}
		for i, member := range predicate.Of {
			members[i] = b.predicate(member)
		}
		text := "(" + strings.Join(members, joint) + ")"
		if predicate.Negated {
			text = "not " + text
		}
		return text
	}
	return ""
}
