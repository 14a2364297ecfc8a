package program

import (
	"encoding/binary"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// shape is what decides over a request's plan and program. Its methods append: texts
// are preceded by their lengths and lists by their numbers, so that no two shapes are
// written alike.
type shape []byte

// appendShape appends the shape of a request.
func appendShape(dst []byte, req *apirequest.Request) []byte {
	s := append(shape(dst), byte(req.Action), byte(req.Resource))
	s = s.text(req.Method).text(req.Schema).text(req.Name)
	s = s.flags(req.HeadersOnly, req.Range.Limit != plan.Unlimited, req.Range.Offset != 0,
		req.Preferences.Strict(), req.Preferences.Strict() && len(req.Preferences.Invalid) > 0,
		req.Query.Select == nil, req.Payload != nil)
	s = s.preferences(&req.Preferences).number(len(req.Accept))
	for _, media := range req.Accept {
		s = s.text(media.String())
	}
	s = s.items(req.Query.Select).number(len(req.Query.Where))
	for _, p := range req.Query.Where {
		s = s.path(p.Path).node(p.Node)
	}
	s = s.number(len(req.Query.Order))
	for _, o := range req.Query.Order {
		s = s.path(o.Path).number(len(o.Terms))
		for _, term := range o.Terms {
			s = s.text(term.Relation).field(term.Field)
			s = append(s, byte(term.Direction), byte(term.Nulls))
		}
	}
	s = s.pages(req.Query.Pages).path(req.Query.OnConflict).flags(req.Query.OnConflict == nil)
	s = s.arguments(req.Query.Arguments)
	if p := req.Payload; p != nil {
		s = s.flags(p.Array, p.Values != nil).text(p.Media.Name).path(p.Columns).arguments(p.Form)
	}
	return s
}

// preferences has those that plans depend on.
func (s shape) preferences(p *apirequest.Preferences) shape {
	s = s.text(p.Count).text(p.Return).text(p.Resolution).text(p.Missing)
	if p.Strict() {
		s = binary.AppendVarint(s, p.MaxAffected)
	}
	return s
}

func (s shape) arguments(arguments []filter.Argument) shape {
	s = s.number(len(arguments))
	for _, a := range arguments {
		s = s.text(a.Name)
	}
	return s
}

func (s shape) number(n int) shape { return binary.AppendVarint(s, int64(n)) }

func (s shape) text(t string) shape { return append(s.number(len(t)), t...) }

func (s shape) flags(flags ...bool) shape {
	for _, flag := range flags {
		b := byte(0)
		if flag {
			b = 1
		}
		s = append(s, b)
	}
	return s
}

func (s shape) path(path []string) shape {
	s = s.number(len(path))
	for _, name := range path {
		s = s.text(name)
	}
	return s
}

func (s shape) field(f filter.Field) shape {
	s = s.text(f.Name).number(len(f.Path))
	for _, step := range f.Path {
		s = s.flags(step.Text, step.Index).text(step.Key)
	}
	return s
}

func (s shape) items(items []filter.SelectItem) shape {
	s = s.number(len(items))
	for _, item := range items {
		switch item := item.(type) {
		case filter.SelectField:
			s = s.flags(false, item.All).field(item.Field).text(item.Alias).text(item.Cast)
			s = append(s, byte(item.Aggregate)).text(item.AggregateCast)
		case filter.SelectRelation:
			s = s.flags(true, item.Spread).text(item.Relation).text(item.Alias).text(item.Hint)
			s = append(s, byte(item.Join)).items(item.Items)
		}
	}
	return s
}

// node leaves out the values, but for an empty list, which has SQL of its own.
func (s shape) node(node filter.Node) shape {
	switch node := node.(type) {
	case filter.Condition:
		s = s.flags(false, node.Negated, node.EmptyList())
		s = append(s, byte(node.Operator), byte(node.Quantifier), byte(node.Is)).text(node.Language).field(node.Field)
	case filter.Group:
		s = s.flags(true, node.Negated, node.Any).number(len(node.Nodes))
		for _, member := range node.Nodes {
			s = s.node(member)
		}
	}
	return s
}

// pages has the numbers of embeds' pages. The root's are values.
func (s shape) pages(pages []filter.Page) shape {
	for _, page := range pages {
		if len(page.Path) == 0 {
			continue
		}
		s = s.flags(true).path(page.Path) // one more
		for _, n := range []*int64{page.Limit, page.Offset} {
			s = s.flags(n != nil)
			if n != nil {
				s = binary.AppendVarint(s, *n)
			}
		}
	}
	return s.flags(false)
}
