package program

import (
	"encoding/binary"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// shape writes what decides over a request's plan and program. Texts are
// preceded by their lengths and lists by their numbers, so that no two shapes are
// written alike.
type shape []byte

// appendShape appends the shape of a request.
func appendShape(dst []byte, req *apirequest.Request) []byte {
	s := shape(dst)
	s = append(s, byte(req.Action), byte(req.Resource))
	s.text(req.Method)
	s.text(req.Schema)
	s.text(req.Name)
	s.flags(req.HeadersOnly, req.Range.Limit != plan.Unlimited, req.Range.Offset != 0,
		req.Preferences.Strict(), req.Preferences.Strict() && len(req.Preferences.Invalid) > 0,
		req.Query.Select == nil, req.Payload != nil)
	s.preferences(&req.Preferences)
	s.number(len(req.Accept))
	for _, media := range req.Accept {
		s.text(media.String())
	}
	s.items(req.Query.Select)
	s.number(len(req.Query.Where))
	for _, p := range req.Query.Where {
		s.path(p.Path)
		s.node(p.Node)
	}
	s.number(len(req.Query.Order))
	for _, o := range req.Query.Order {
		s.path(o.Path)
		s.number(len(o.Terms))
		for _, term := range o.Terms {
			s.text(term.Relation)
			s.field(term.Field)
			s = append(s, byte(term.Direction), byte(term.Nulls))
		}
	}
	s.pages(req.Query.Pages)
	s.path(req.Query.OnConflict)
	s.flags(req.Query.OnConflict == nil)
	s.arguments(req.Query.Arguments)
	if p := req.Payload; p != nil {
		s.flags(p.Array, p.Values != nil)
		s.text(p.Media.Name)
		s.path(p.Columns)
		s.arguments(p.Form)
	}
	return s
}

// preferences has those that plans depend on.
func (s *shape) preferences(p *apirequest.Preferences) {
	s.text(p.Count)
	s.text(p.Return)
	s.text(p.Resolution)
	s.text(p.Missing)
	if p.Strict() {
		*s = binary.AppendVarint(*s, p.MaxAffected)
	}
}

func (s *shape) arguments(arguments []filter.Argument) {
	s.number(len(arguments))
	for _, a := range arguments {
		s.text(a.Name)
	}
}

func (s *shape) number(n int) { *s = binary.AppendVarint(*s, int64(n)) }

func (s *shape) text(t string) {
	s.number(len(t))
	*s = append(*s, t...)
}

func (s *shape) flags(flags ...bool) {
	for _, flag := range flags {
		b := byte(0)
		if flag {
			b = 1
		}
		*s = append(*s, b)
	}
}

func (s *shape) path(path []string) {
	s.number(len(path))
	for _, name := range path {
		s.text(name)
	}
}

func (s *shape) field(f filter.Field) {
	s.text(f.Name)
	s.number(len(f.Path))
	for _, step := range f.Path {
		s.flags(step.Text, step.Index)
		s.text(step.Key)
	}
}

func (s *shape) items(items []filter.SelectItem) {
	s.number(len(items))
	for _, item := range items {
		switch item := item.(type) {
		case filter.SelectField:
			s.flags(false)
			s.field(item.Field)
			s.text(item.Alias)
			s.text(item.Cast)
			*s = append(*s, byte(item.Aggregate))
			s.text(item.AggregateCast)
		case filter.SelectRelation:
			s.flags(true, item.Spread)
			s.text(item.Relation)
			s.text(item.Alias)
			s.text(item.Hint)
			*s = append(*s, byte(item.Join))
			s.items(item.Items)
		}
	}
}

// node leaves out the values, but for an empty list, which has SQL of its own.
func (s *shape) node(node filter.Node) {
	switch node := node.(type) {
	case filter.Condition:
		s.flags(false, node.Negated, node.EmptyList())
		*s = append(*s, byte(node.Operator), byte(node.Quantifier), byte(node.Is))
		s.text(node.Language)
		s.field(node.Field)
	case filter.Group:
		s.flags(true, node.Negated, node.Any)
		s.number(len(node.Nodes))
		for _, member := range node.Nodes {
			s.node(member)
		}
	}
}

// pages has the numbers of embeds' pages. The root's are values.
func (s *shape) pages(pages []filter.Page) {
	for _, page := range pages {
		if len(page.Path) == 0 {
			continue
		}
		s.flags(true) // one more
		s.path(page.Path)
		for _, n := range []*int64{page.Limit, page.Offset} {
			s.flags(n != nil)
			if n != nil {
				*s = binary.AppendVarint(*s, *n)
			}
		}
	}
	s.flags(false)
}
