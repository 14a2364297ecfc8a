package plan

import (
	"cmp"
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/introspect"
)

// Nesting says what the members of the objects in the body of a request are: those of rows
// within rows are called as embeds in select are. Its error is an *apierror.Error.
func (p *Planner) Nesting(req *apirequest.Shape) (apirequest.Nesting, error) {
	table, err := p.table(req)
	if err != nil {
		return nil, err
	}
	return &nesting{planner: p, table: table, items: req.Select}, nil
}

// nesting is what the members of objects of a relation are.
type nesting struct {
	planner *Planner
	table   *introspect.Table
	items   []filter.SelectItem // of the select at that level
	filled  []string
}

// Filled are the columns that the object around fills in.
func (n *nesting) Filled() []string { return n.filled }

// Member says what a member is. A column comes before a relationship of the same name.
func (n *nesting) Member(name string) (apirequest.Member, error) {
	if has(n.table, name) {
		return apirequest.Member{}, nil
	}
	r, within, err := n.within(name)
	if err != nil {
		return apirequest.Member{}, err
	}
	m := apirequest.Member{Within: within, Many: !r.ToOne()}
	if insertedBefore(r) {
		m.Fills = sideOf(r.Columns, column)
	}
	return m, nil
}

// within finds the relationship that a member is about, and what the objects in it are.
func (n *nesting) within(name string) (*introspect.Relationship, *nesting, error) {
	r, items, err := n.relationship(name)
	if err != nil {
		return nil, nil, err
	}
	table, ok := n.planner.cache.Table(r.Target)
	switch {
	case r.Function != nil:
		return nil, nil, apierror.NotInsertable(name, "The relationship is computed by a function.")
	case !ok:
		return nil, nil, apierror.NotInsertable(name, "The relation isn't a part of the API.")
	case r.Junction != nil:
		if err := n.planner.checkJunction(name, r.Junction); err != nil {
			return nil, nil, err
		}
	}
	within := &nesting{planner: n.planner, table: table, items: items}
	if r.Junction == nil && !insertedBefore(r) {
		within.filled = sideOf(r.Columns, target)
	}
	return r, within, nil
}

// relationship finds the relationship by what the member is called: by the name that an embed
// has in select, by the name of its target, or as select names one. It gives the select of the
// embed of that name, nil for none.
func (n *nesting) relationship(name string) (*introspect.Relationship, []filter.SelectItem, error) {
	p, from := n.planner, n.table.Name
	var found *introspect.Relationship
	var items []filter.SelectItem
	for _, item := range n.items {
		e, ok := item.(filter.SelectRelation)
		if !ok || cmp.Or(e.Alias, e.Relation) != name {
			continue
		}
		r, err := p.relationship(from, e.Relation, e.Hint)
		switch {
		case err != nil:
			return nil, nil, err
		case found != nil && found != r:
			return nil, nil, apierror.NotInsertable(name, "There are several embeds of that name in select. A hint tells whose rows they are.")
		}
		found, items = r, append(slices.Clip(items), e.Items...)
	}
	if found != nil {
		return found, items, nil
	}
	if len(p.candidates(from, name, "")) > 0 {
		r, err := p.relationship(from, name, "")
		return r, nil, err
	}
	if e, ok := filter.ParseRelation(name); ok && e.Join == filter.DefaultJoin && (e.Alias != "" || e.Hint != "") {
		r, err := p.relationship(from, e.Relation, e.Hint)
		return r, nil, err
	}
	unknown := *apierror.ColumnNotFound(n.table.Name.Name, name)
	unknown.Hint = p.suggestRelation(from, name)
	return nil, nil, &unknown
}

// insertedBefore reports that the row of the target is inserted before the one that refers to it.
func insertedBefore(r *introspect.Relationship) bool {
	return r.Cardinality == introspect.ManyToOne || r.Cardinality == introspect.OneToOne && !r.Inverse
}

// checkJunction refuses a junction that can't be filled by its two keys alone.
func (p *Planner) checkJunction(name string, j *introspect.Junction) error {
	table, ok := p.cache.Table(j.Table)
	if !ok {
		return apierror.NotInsertable(name, "'"+j.Table.Name+"', which joins them, isn't a part of the API.")
	}
	keys := slices.Concat(sideOf(j.Source, target), sideOf(j.Target, target))
	for i := range table.Columns {
		c := &table.Columns[i]
		if !slices.Contains(keys, c.Name) && !c.Nullable && c.Default == "" && c.Identity == 0 && !c.Generated {
			return apierror.NotInsertable(name, "'"+j.Table.Name+"', which joins them, wants a value for '"+c.Name+"'.")
		}
	}
	return nil
}

func sideOf(pairs []introspect.ColumnPair, side func(introspect.ColumnPair) string) []string {
	names := make([]string, len(pairs))
	for i, pair := range pairs {
		names[i] = side(pair)
	}
	return names
}
