package plan

import (
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/suggest"
	"github.com/pgrest-go/pgrest/introspect"
)

// relationship finds the one that leads from a relation to what the client
// calls target, with the help of its hint. See
// https://docs.postgrest.org/en/stable/references/api/resource_embedding.html#foreign-key-joins-on-multiple-foreign-key-relationships.
func (p *Planner) relationship(from introspect.QualifiedName, target, hint string) (*introspect.Relationship, error) {
	found := p.candidates(from, target, hint)
	switch len(found) {
	case 0:
		return nil, apierror.RelationshipNotFound(from.Schema, from.Name, target, hint, p.suggestRelation(from, target))
	case 1:
		return found[0], nil
	}
	slices.SortFunc(found, (*introspect.Relationship).Compare)
	choices := make([]apierror.Relationship, len(found))
	for i, r := range found {
		choices[i] = describe(r)
	}
	return nil, apierror.RelationshipAmbiguous(from.Name, target, choices)
}

func (p *Planner) candidates(from introspect.QualifiedName, target, hint string) []*introspect.Relationship {
	named, keyed := p.cache.Relationships(from, target)
	var found []*introspect.Relationship
	for _, r := range named {
		if hint == "" && unhinted(r) || hint != "" && hinted(r, hint) {
			found = append(found, r)
		}
	}
	if hint != "" {
		return found
	}
	for _, r := range keyed {
		if r.Self() && !(r.Cardinality == introspect.ManyToOne && joinsBy(r, target)) {
			continue
		}
		if !slices.Contains(found, r) {
			found = append(found, r)
		}
	}
	return found
}

// unhinted reports whether a relationship goes by its target's name alone. Of
// the two that a foreign key to its own table makes, the one to many does; the
// one to one goes by its column.
func unhinted(r *introspect.Relationship) bool {
	return r.Function != nil || !r.Self() || r.Cardinality == introspect.OneToMany
}

// hinted reports whether a hint means this relationship: it is the foreign key's
// name, its only column, the only column that it refers to, or the junction.
func hinted(r *introspect.Relationship, hint string) bool {
	switch {
	case r.Function != nil:
		return true
	case r.Self():
		return r.Cardinality == introspect.OneToMany && len(r.Columns) == 1 && r.Columns[0].Target == hint
	case r.Junction != nil:
		return r.Junction.Table.Name == hint
	}
	return r.Constraint == hint || joinsBy(r, hint) || len(r.Columns) == 1 && r.Columns[0].Target == hint
}

func joinsBy(r *introspect.Relationship, column string) bool {
	return len(r.Columns) == 1 && r.Columns[0].Column == column
}

// describe tells a relationship from others as the error PGRST201 does.
func describe(r *introspect.Relationship) apierror.Relationship {
	d := apierror.Relationship{Embedding: r.Table.Name + " with " + r.Target.Name}
	if j := r.Junction; j != nil {
		d.Cardinality = "many-to-many"
		d.Relationship = j.Table.Name + " using " + j.Constraint1 + columnList(j.Source, target) +
			" and " + j.Constraint2 + columnList(j.Target, target)
		d.Hint = r.Target.Name + "!" + j.Table.Name
		return d
	}
	switch r.Cardinality {
	case introspect.ManyToOne:
		d.Cardinality = "many-to-one"
	case introspect.OneToOne:
		d.Cardinality = "one-to-one"
	default:
		d.Cardinality = "one-to-many"
	}
	if r.Function != nil { // goes by its name with any hint at all
		name := r.Function.Name.Name
		d.Relationship, d.Hint = name+"("+r.Table.Name+")", name+"!"+name
		return d
	}
	d.Relationship = r.Constraint + " using " + r.Table.Name + columnList(r.Columns, column) +
		" and " + r.Target.Name + columnList(r.Columns, target)
	d.Hint = r.Target.Name + "!" + r.Constraint
	return d
}

func column(p introspect.ColumnPair) string { return p.Column }
func target(p introspect.ColumnPair) string { return p.Target }

func columnList(pairs []introspect.ColumnPair, side func(introspect.ColumnPair) string) string {
	names := make([]string, len(pairs))
	for i, pair := range pairs {
		names[i] = side(pair)
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// suggestRelation says what the client may have meant: another relation to
// embed in, if that one has no relationships at all, or another one to embed, those
// included whose rows a function gives. Both are related to something visible, so the
// guess may be rough.
func (p *Planner) suggestRelation(from introspect.QualifiedName, target string) string {
	related, ok := p.cache.RelatedTargets(from)
	if !ok {
		if near, ok := suggest.NewSet(p.cache.RelatedTables(from.Schema)).Best(from.Name, paramSimilarity); ok {
			return "Perhaps you meant '" + near + "' instead of '" + from.Name + "'."
		}
		return ""
	}
	for _, match := range suggest.NewSet(related).All(target, paramSimilarity) {
		if match.Score < 1 { // the name itself is right, so it must be the hint that is not
			return "Perhaps you meant '" + match.Word + "' instead of '" + target + "'."
		}
	}
	return ""
}
