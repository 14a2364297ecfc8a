package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/introspect"
)

// Lent is a column that a to-one embed has for conditions and orders of the rows around it,
// and doesn't show for them: a column of its own rows or, if From isn't nil, what that embed
// of them lends.
type Lent struct {
	Field Field // without a JSON path and a cast
	From  *Embed
	Place int // of what From lends
	// MayFail reports that what the column is compared or ordered as may fail.
	MayFail bool
}

// CompareRelated compares a field of a related row with a value: NULL where there is no such
// row. All relations on the way to it are embedded to-one.
type CompareRelated struct {
	// Embed is the first relation on the way, and Place where it lends the field's column:
	// counted from 1.
	Embed *Embed
	Place int
	Compare
}

// Some holds for rows of which some row of the embed satisfies a predicate. The embed's own
// conditions hold for that row as well, and its order and window don't count.
type Some struct {
	Embed *Embed
	Of    Predicate
}

func (Some) predicate() {}

// way finds the embeds that the names lead to, each within the one before.
func (n *Node) way(names []string) ([]*Embed, error) {
	way := make([]*Embed, len(names))
	for i, name := range names {
		e := n.embed(name)
		if e == nil {
			return nil, apierror.NotEmbedded(name)
		}
		way[i], n = e, e.Node
	}
	return way, nil
}

// lend has the last embed on a way lend a column to the row around the first, and gives its
// place there.
func lend(way []*Embed, f Field) int {
	mayFail := f.MayFail()
	f.Path, f.Related, f.Field.Cast, f.Cast, f.Call, f.Operator = nil, nil, "", nil, nil, nil
	last := way[len(way)-1]
	place := last.lends(func(l Lent) bool { return l.From == nil && l.Field.Name == f.Name && l.MayFail == mayFail }, Lent{Field: f, MayFail: mayFail})
	for i := len(way) - 2; i >= 0; i-- {
		from, at := way[i+1], place
		place = way[i].lends(func(l Lent) bool { return l.From == from && l.Place == at }, Lent{From: from, Place: at})
	}
	return place
}

// lends gives the place of what the embed lends, which it may lend already.
func (e *Embed) lends(same func(Lent) bool, l Lent) int {
	if i := slices.IndexFunc(e.Lends, same); i >= 0 {
		return i + 1
	}
	e.Lends = append(e.Lends, l)
	return len(e.Lends)
}

// compareLent notes the embeds that lend something to embeds that are compared.
func compareLent(n *Node) {
	for _, e := range n.Embeds {
		for _, l := range e.Lends {
			if e.Compared && l.From != nil {
				l.From.Compared = true
			}
		}
		compareLent(e.Node)
	}
}

// related resolves a condition about a field of a related row.
func (p *Planner) related(way []*Embed, c apirequest.Condition, relies *reliance) (Predicate, error) {
	first := way[0]
	if !slices.ContainsFunc(way, (*Embed).ToMany) {
		last := way[len(way)-1]
		compare, err := p.compare(last.Node, c, relies)
		if err != nil {
			return nil, err
		}
		for _, e := range way {
			if !e.Spread && e.Node.Aggregates() {
				return nil, apierror.NotImplemented("Conditions about related rows are not implemented for to-one embeds that show aggregates.")
			}
			if e.Compared = true; len(e.Lends) > maxEntries {
				return nil, apierror.TooManyEntries(maxEntries)
			}
		}
		last.Node.about = append(last.Node.about, compare)
		return CompareRelated{first, lend(way, compare.Field), compare}, nil
	}
	some := Some{Embed: first}
	first.searched = true
	if len(way) == 1 {
		compare, err := p.compare(first.Node, c, relies)
		if err != nil {
			return nil, err
		}
		some.Of = compare
		first.Node.about = append(first.Node.about, compare)
		return some, nil
	}
	var err error
	some.Of, err = p.related(way[1:], c, relies)
	return some, err
}

// settle gives a condition of a parameter as it is to be answered. In the name of a parameter
// PostgREST overlooks what is behind a field. It counts where PostgREST's answer would be an
// error: the field of a related row if nothing in the relation itself has the first name, and
// a cast if the operator takes texts alone and the field is none. With casts of the host's
// choice the host has chosen that all casts count. Neither counts in a condition that
// PostgreSQL isn't asked about.
func (p *Planner) settle(n *Node, node apirequest.Node) apirequest.Node {
	c, ok := node.(apirequest.Condition)
	if !ok || c.Operator == filter.Holds {
		return node
	}
	if len(c.Field.Related) > 0 {
		overlooked := c
		overlooked.Field = filter.Field{Name: c.Field.Related[0]}
		if p.overlooks || n.embedded(overlooked) != nil || p.mayKnow(n.Table, overlooked.Field.Name) && !p.computesRow(n.Table, overlooked.Field.Name) {
			return overlooked
		}
		return c
	}
	if c.Field.Cast != "" && (p.overlooks || p.config.Casts == nil && !p.failsWithoutCast(n, c)) {
		c.Field.Cast = ""
	}
	return c
}

// mayKnow reports a name that PostgreSQL may find in a row: that of a column, or of a function
// that takes the row.
func (p *Planner) mayKnow(t *introspect.Table, name string) bool {
	if len(t.Columns) == 0 || has(t, name) || p.cache.TakesRow(name) || slices.Contains(systemColumns, name) {
		return true
	}
	_, computed := p.cache.ComputedField(t.Name, name)
	return computed
}

// computesRow reports the name of a function that makes a row of a row, which PostgreSQL
// compares with no text.
func (p *Planner) computesRow(t *introspect.Table, name string) bool {
	r, ok := p.cache.ComputedField(t.Name, name)
	return ok && !has(t, name) && r.Returns.Type != nil && r.Returns.Type.Kind == introspect.CompositeType && !r.Returns.Type.IsDomain
}

// maxRelated bounds the conditions in the subqueries that look for related rows. Each has the
// conditions of the rows that it looks for, which may be about related rows, too: their number
// is multiplied at each level.
const maxRelated = 1000

// checkRelated refuses conditions about related rows that make more of them.
func checkRelated(root *Node) error {
	if root.related(map[soughtRows]int{}) > maxRelated {
		return apierror.TooManyRelated(maxRelated)
	}
	return nil
}

// soughtRows are the rows of a node that a subquery looks for, with all that is embedded in them
// if embedded is set.
type soughtRows struct {
	of       *Node
	embedded bool
}

// related counts the conditions in the subqueries of a node and of those below it.
func (n *Node) related(known map[soughtRows]int) int {
	count := countRelated(n.Where, known, 0)
	for _, e := range n.Embeds {
		count = min(count+e.Node.related(known), maxRelated+1)
	}
	return count
}

// conditions counts the conditions on which rows there are, with those in subqueries. What is
// embedded counts if it may select or repeat rows, as any embed to-one may, and in groups and
// distinct rows, which are looked for with all that they show.
func (r soughtRows) conditions(known map[soughtRows]int) int {
	if count, ok := known[r]; ok {
		return count
	}
	n := r.of
	embedded := r.embedded || n.Aggregates() || n.Unknown() || n.Distinct != nil
	count := countRelated(n.Where, known, 1)
	for _, e := range n.Embeds {
		if embedded || e.Inner || !e.ToMany() || e.PresenceTests > 0 {
			count = min(count+1+soughtRows{e.Node, embedded}.conditions(known), maxRelated+1)
		}
	}
	known[r] = count
	return count
}

// countRelated counts what is in subqueries, and each other condition as so many.
func countRelated(of []Predicate, known map[soughtRows]int, other int) int {
	count := 0
	for _, p := range of {
		switch p := p.(type) {
		case Some:
			count += soughtRows{of: p.Embed.Node}.conditions(known) + countRelated([]Predicate{p.Of}, known, 1)
		case Group:
			count += countRelated(p.Of, known, other)
		default:
			count += other
		}
		count = min(count, maxRelated+1)
	}
	return count
}
