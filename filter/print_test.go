package filter_test

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
)

// printQuery writes a query as a query string that Parse reads as the same query. It puts
// every name in quotes, and every value that allows them.
func printQuery(q *filter.Query) string {
	var p printer
	if q.Select != nil {
		p.add("select", printItems(q.Select))
	}
	for _, predicate := range q.Where {
		switch n := predicate.Node.(type) {
		case filter.Condition:
			p.add(printPath(predicate.Path)+printField(n.Field), printComparison(n, n.Value))
		case filter.Group:
			p.add(printPath(predicate.Path)+printWord(n), printMembers(n))
		}
	}
	for _, order := range q.Order {
		p.add(printPath(order.Path)+"order", joined(order.Terms, printTerm))
	}
	for _, page := range q.Pages {
		base := printPath(page.Path)
		p.add(base+"limit", "none") // makes a page, even without numbers
		if page.Limit != nil {
			p.add(base+"limit", strconv.FormatInt(*page.Limit, 10))
		}
		if page.Offset != nil {
			p.add(base+"offset", strconv.FormatInt(*page.Offset, 10))
		}
	}
	if q.Columns != nil {
		p.add("columns", joined(q.Columns, quoted))
	}
	if q.OnConflict != nil {
		p.add("on_conflict", joined(q.OnConflict, quoted))
	}
	for _, argument := range q.Arguments {
		p.add(quoted(argument.Name), argument.Value)
	}
	return strings.Join(p.pairs, "&")
}

type printer struct{ pairs []string }

func (p *printer) add(name, value string) {
	p.pairs = append(p.pairs, url.QueryEscape(name)+"="+url.QueryEscape(value))
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(text) + `"`
}

func joined[T any](all []T, print func(T) string) string {
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = print(one)
	}
	return strings.Join(texts, ",")
}

// printPath writes the names of embedded relations, each with a dot behind it.
func printPath(path []string) string {
	text := ""
	for _, name := range path {
		text += quoted(name) + "."
	}
	return text
}

func printField(f filter.Field) string {
	text := quoted(f.Name)
	for _, step := range f.Path {
		text += "->"
		if step.Text {
			text += ">"
		}
		if step.Index {
			text += step.Key
		} else {
			text += quoted(step.Key)
		}
	}
	return text
}

// printComparison writes an operator and its operand. value is the condition's value, in
// quotes or not.
func printComparison(c filter.Condition, value string) string {
	text := ""
	if c.Negated {
		text = "not."
	}
	text += c.Operator.String()
	switch c.Quantifier {
	case filter.Any:
		text += "(any)"
	case filter.All:
		text += "(all)"
	}
	if c.Language != "" {
		text += "(" + c.Language + ")"
	}
	switch c.Operator {
	case filter.In:
		return text + ".(" + joined(c.List, quoted) + ")"
	case filter.Is:
		return text + "." + c.Is.String()
	}
	return text + "." + value
}

func printNode(n filter.Node) string {
	switch n := n.(type) {
	case filter.Condition:
		return printField(n.Field) + "." + printComparison(n, quoted(n.Value))
	case filter.Group:
		return printWord(n) + printMembers(n)
	}
	return ""
}

func printWord(g filter.Group) string {
	word := "and"
	if g.Any {
		word = "or"
	}
	if g.Negated {
		word = "not." + word
	}
	return word
}

func printMembers(g filter.Group) string { return "(" + joined(g.Nodes, printNode) + ")" }

func printTerm(t filter.OrderTerm) string {
	text := printField(t.Field)
	if t.Relation != "" {
		text = quoted(t.Relation) + "(" + text + ")"
	}
	switch t.Direction {
	case filter.Asc:
		text += ".asc"
	case filter.Desc:
		text += ".desc"
	}
	switch t.Nulls {
	case filter.NullsFirst:
		text += ".nullsfirst"
	case filter.NullsLast:
		text += ".nullslast"
	}
	return text
}

func printItems(items []filter.SelectItem) string { return joined(items, printItem) }

func printItem(item filter.SelectItem) string {
	text := ""
	switch item := item.(type) {
	case filter.SelectField:
		if item.All && item.Aggregate == filter.NoAggregate {
			return "*"
		}
		if item.Alias != "" {
			text = quoted(item.Alias) + ":"
		}
		switch {
		case item.All:
			text += "count()"
		case item.Aggregate != filter.NoAggregate:
			text += printField(item.Field) + printCast(item.Cast) + "." + item.Aggregate.String() + "()"
		default:
			text += printField(item.Field) + printCast(item.Cast)
		}
		text += printCast(item.AggregateCast)
	case filter.SelectRelation:
		if item.Spread {
			text = "..."
		}
		if item.Alias != "" {
			text += quoted(item.Alias) + ":"
		}
		text += quoted(item.Relation)
		if item.Hint != "" {
			text += "!" + quoted(item.Hint)
		}
		switch item.Join {
		case filter.LeftJoin:
			text += "!left"
		case filter.InnerJoin:
			text += "!inner"
		}
		text += "(" + printItems(item.Items) + ")"
	}
	return text
}

func printCast(name string) string {
	if name == "" {
		return ""
	}
	return "::" + name
}
