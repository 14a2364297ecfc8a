package apirequest

import (
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/mediatype"
)

// Clone copies a shape with all of its texts, for whoever keeps what was made of it. The
// texts of a shape that was read are parts of the query and the headers: one of them
// keeps the whole query in memory, with all of its values.
func (s *Shape) Clone() *Shape {
	c := *s
	cloneTexts(&c.Schema, &c.Name, &c.OnConstraint, &c.Prefer.Count, &c.Prefer.Return, &c.Prefer.Resolution, &c.Prefer.Missing)
	c.Accept = cloneAll(s.Accept, cloneMedia)
	c.Prefer.Invalid = cloneAll(s.Prefer.Invalid, cloneText)
	c.Select = cloneAll(s.Select, cloneItem)
	c.Where = cloneAll(s.Where, func(p *Predicate) { p.Path, p.Node = cloneAll(p.Path, cloneText), cloneNode(p.Node) })
	c.Order = cloneAll(s.Order, cloneOrder)
	c.OnConflict = cloneAll(s.OnConflict, cloneText)
	c.Update = cloneAll(s.Update, cloneText)
	c.Distinct = cloneAll(s.Distinct, func(d *filter.Distinct) {
		d.Path, d.Fields = cloneAll(d.Path, cloneText), cloneAll(d.Fields, cloneField)
	})
	c.Having = cloneAll(s.Having, func(h *Having) {
		h.Path = cloneAll(h.Path, cloneText)
		h.Nodes = cloneAll(h.Nodes, func(n *Node) { *n = cloneNode(*n) })
	})
	c.Pages = cloneAll(s.Pages, func(p *Page) { p.Path = cloneAll(p.Path, cloneText) })
	cloneText(&c.Keyset.Order)
	c.Keyset.Nulls = slices.Clone(s.Keyset.Nulls)
	c.Doubtful = cloneAll(s.Doubtful, func(d *Doubtful) {
		d.Filter.Path, d.Filter.Node = cloneAll(d.Filter.Path, cloneText), cloneNode(d.Filter.Node)
	})
	c.ArgumentNames = cloneAll(s.ArgumentNames, cloneText)
	if s.Body != nil {
		body := *s.Body
		cloneMedia(&body.Media)
		body.Columns = cloneAll(body.Columns, cloneText)
		body.Nested = cloneAll(body.Nested, func(l *Level) { l.Member, l.Columns = strings.Clone(l.Member), cloneAll(l.Columns, cloneText) })
		c.Body = &body
	}
	c.Forced = cloneAll(s.Forced, func(f *Forced) { f.Node = cloneNode(f.Node) })
	return &c
}

// cloneAll copies a list and has each element cloned in its place. Nil stays nil.
func cloneAll[T any](list []T, clone func(*T)) []T {
	list = slices.Clone(list)
	for i := range list {
		clone(&list[i])
	}
	return list
}

func cloneText(text *string) { *text = strings.Clone(*text) }

func cloneTexts(texts ...*string) {
	for _, text := range texts {
		cloneText(text)
	}
}

func cloneMedia(t *mediatype.Type) {
	cloneText(&t.Name)
	if t.Plan != nil {
		plan := *t.Plan
		cloneMedia(&plan.Of)
		plan.Options = cloneAll(plan.Options, cloneText)
		t.Plan = &plan
	}
}

func cloneField(f *filter.Field) {
	cloneTexts(&f.Name, &f.Cast)
	f.Related = cloneAll(f.Related, cloneText)
	f.Path = cloneAll(f.Path, func(s *filter.Step) { cloneText(&s.Key) })
	if f.Call != nil { // whose arguments are slots
		f.Call = &filter.Call{Name: strings.Clone(f.Call.Name), Arguments: slices.Clone(f.Call.Arguments)}
	}
}

func cloneItem(item *filter.SelectItem) {
	switch i := (*item).(type) {
	case filter.SelectField:
		cloneField(&i.Field)
		cloneTexts(&i.Alias, &i.Cast, &i.AggregateCast)
		*item = i
	case filter.SelectRelation:
		cloneTexts(&i.Relation, &i.Alias, &i.Hint)
		i.Items = cloneAll(i.Items, cloneItem)
		*item = i
	}
}

func cloneNode(node Node) Node {
	switch n := node.(type) {
	case Condition:
		cloneField(&n.Field)
		cloneText(&n.Language)
		return n
	case Group:
		n.Nodes = cloneAll(n.Nodes, func(member *Node) { *member = cloneNode(*member) })
		return n
	}
	return node
}

func cloneOrder(o *filter.Order) {
	o.Path = cloneAll(o.Path, cloneText)
	o.Terms = cloneAll(o.Terms, func(t *filter.OrderTerm) { cloneField(&t.Field) })
}
