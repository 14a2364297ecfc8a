package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/introspect"
)

// tree makes the tree of an answer in passes, each over the whole of it: the first
// one that finds a fault names it, as PostgREST does. The answer's cap is that of its rows.
func (p *Planner) tree(a *Answer, table *introspect.Table, req *apirequest.Shape) error {
	items := req.Select
	if len(items) == 0 { // only here does an empty select mean all columns
		items = []filter.SelectItem{filter.SelectField{All: true}}
	}
	if tooWide(items, req.Order) || slices.ContainsFunc(req.Distinct, func(d filter.Distinct) bool { return len(d.Fields) > maxEntries }) {
		return apierror.TooManyEntries(maxEntries)
	}
	if name, found := pseudoCast(items); found {
		return apierror.PseudoType(name)
	}
	root := skeleton(items)
	root.Window = windowOf(req.Window, 0).AtMost(a.MaxRows)
	a.Root = root
	passes := []func() error{
		func() error { return p.distribute(root, req) },
		func() error { return p.relate(root, table, new(int)) },
		func() error { return p.addOrders(root, &a.relies) },
		func() error { return p.addGrouping(root, nil, &a.relies) },
		func() error {
			if err := p.addPredicates(root, &a.relies); err != nil {
				return err
			}
			compareLent(root)
			joinPresent(root)
			countPresenceTests(root)
			if err := checkAsked(root); err != nil {
				return err
			}
			return checkRelated(root)
		},
		func() error { return p.checkAggregates(root) },
		func() error { return refusedIn(root) },
	}
	for _, pass := range passes {
		if err := pass(); err != nil {
			return err
		}
	}
	return nil
}

// maxEntries is how many columns PostgreSQL lets a select have. Those that it is only
// ordered by count, too.
const maxEntries = 1664

// tooWide reports a select, at any depth, or an order that PostgreSQL would refuse for its
// width. It is refused first, before it makes much work: each filter and each term looks
// through all that is selected.
func tooWide(items []filter.SelectItem, orders []filter.Order) bool {
	return len(items) > maxEntries ||
		slices.ContainsFunc(items, func(item filter.SelectItem) bool {
			relation, ok := item.(filter.SelectRelation)
			return ok && tooWide(relation.Items, nil)
		}) ||
		slices.ContainsFunc(orders, func(o filter.Order) bool { return len(o.Terms) > maxEntries })
}

// skeleton makes the nodes of select, of which only the names are known.
func skeleton(items []filter.SelectItem) *Node {
	n := &Node{unresolved: unresolved{items: items}}
	for _, item := range items {
		relation, ok := item.(filter.SelectRelation)
		if !ok {
			continue
		}
		e := &Embed{Relation: relation.Relation, Name: relation.Relation, hint: relation.Hint,
			Inner: relation.Join == filter.InnerJoin, Spread: relation.Spread, Node: skeleton(relation.Items)}
		if relation.Alias != "" {
			e.Name, e.renamed = relation.Alias, true
		}
		n.Embeds = append(n.Embeds, e)
	}
	return n
}

// distribute gives the nodes their conditions, orders and windows, unresolved.
func (p *Planner) distribute(root *Node, req *apirequest.Shape) error {
	for _, predicate := range req.Where {
		n, err := p.at(root, predicate.Path)
		if err != nil {
			return err
		}
		n.where = append(n.where, predicate.Node)
	}
	for _, order := range req.Order {
		n, err := p.at(root, order.Path)
		if err != nil {
			return err
		}
		if n.order == nil { // of several the first counts
			n.order = order.Terms
		}
	}
	for i := range req.Distinct {
		n, err := p.at(root, req.Distinct[i].Path)
		if err != nil {
			return err
		}
		if n.distinct == nil { // of several the first counts
			n.distinct = &req.Distinct[i]
		}
	}
	for _, having := range req.Having {
		n, err := p.at(root, having.Path)
		if err != nil {
			return err
		}
		n.having = append(n.having, having.Nodes...)
	}
	for i, page := range req.Pages {
		n, err := p.at(root, page.Path)
		if err != nil {
			return err
		}
		n.Window = windowOf(page.Window, i+1)
	}
	return nil
}

// at finds the node that a path of names leads to.
func (p *Planner) at(n *Node, path []string) (*Node, error) {
	for _, name := range path {
		e := n.embed(name)
		if e == nil {
			renamed := n.renamed(name)
			switch {
			case renamed == nil:
				return nil, apierror.NotEmbedded(name)
			case p.config.StrictTargetNames:
				return nil, apierror.NotEmbeddedByTarget(name, renamed.Name)
			}
			e, renamed.legacy = renamed, true
		}
		n = e.Node
	}
	return n, nil
}

// renamed finds the child that has an alias in place of its target's name.
func (n *Node) renamed(target string) *Embed {
	for _, e := range n.Embeds {
		if e.renamed && e.Relation == target {
			return e
		}
	}
	return nil
}

// rootAlias names the rows of a relation that no embed leads to: as the relation, unless
// statements have that name, or one like it, for a row source of their own.
func rootAlias(t *introspect.Table) string {
	if name := t.Name.Name; strings.HasPrefix(name, ownPrefix) || name == "excluded" {
		return name + "_"
	}
	return t.Name.Name
}

// ownPrefix begins the names that statements have for what is their own.
const ownPrefix = "pgrst "

// maxAliased is the length of a relation's name up to which an alias is made of
// all of it. PostgreSQL cuts names at 63 bytes, and what an alias ends in matters.
const maxAliased = 40

// aliasOf names the rows that an embed of parent reads. The name shows in PostgreSQL's
// errors, so it is the one that PostgREST gives: the relation with the depth, or over a
// junction the relation alone. It differs from the parent's alias, which is the only other
// one that the embed's SQL mentions.
func aliasOf(parent *Node, r *introspect.Relationship) string {
	relation := r.Target.Name
	if r.Junction != nil && len(relation) <= maxAliased && relation != parent.Alias {
		return relation
	}
	if len(relation) > maxAliased {
		relation = strings.ToValidUTF8(relation[:maxAliased], "")
	}
	alias := relation + "_" + strconv.Itoa(parent.depth+1)
	if alias == parent.Alias {
		alias += "_"
	}
	return alias
}

// maxUnfenced is how many embeds PostgreSQL may join in the order that it finds best: as
// many as it does so with by default (join_collapse_limit). That setting alone doesn't
// bound its search, for it considers all ways in which one column joins several relations:
// with 64 embeds of one relation it takes the better part of a minute.
const maxUnfenced = 8

// relate resolves a node and what is below it: the columns, and the
// relationships that lead to the embeds, which it counts.
func (p *Planner) relate(n *Node, table *introspect.Table, embeds *int) error {
	n.Table, n.Exposed = table, p.cache.Tables[table.Name] == table
	if n.Alias == "" { // the root
		n.Alias = rootAlias(table)
	}
	for _, item := range n.items {
		if field, ok := item.(filter.SelectField); ok {
			p.addColumns(n, field)
		}
		if len(n.Columns) > maxEntries { // as * stands for many
			return apierror.TooManyEntries(maxEntries)
		}
	}
	n.items = nil
	for _, e := range n.Embeds {
		r, err := p.relationship(table.Name, e.Relation, e.hint)
		if err != nil {
			return err
		}
		e.Relationship = r
		if r.Junction != nil {
			e.Junction = p.cache.Tables[r.Junction.Table]
		}
		if r.Function != nil {
			e.NullRow = p.nullRow(r.Function)
		}
		*embeds++
		if e.Alias = "embed." + strconv.Itoa(*embeds); e.Alias == n.Alias {
			e.Alias += "_"
		}
		e.Fenced = *embeds > maxUnfenced
		e.Node.depth, e.Node.Alias = n.depth+1, aliasOf(n, r)
		if e.ToMany() {
			e.Node.Window = e.Node.Window.AtMost(p.capOf(r.Target))
		}
		target, ok := p.cache.Table(r.Target)
		if !ok {
			target = &introspect.Table{Name: r.Target}
		}
		if r.Function == nil && table.Distribution == introspect.Reference && target.Distribution == introspect.Distributed {
			return apierror.DistributedEmbed(table.Name.Name, target.Name.Name)
		}
		if err := p.relate(e.Node, target, embeds); err != nil {
			return err
		}
	}
	return nil
}

// checkAggregates refuses aggregates if they are not allowed, and within a to-many spread if
// that is left to PostgREST's ways.
func (p *Planner) checkAggregates(n *Node) error {
	if !p.config.Aggregates && anyAggregate(n) {
		return apierror.AggregatesDisabled()
	}
	if !p.config.NoGrouping {
		return nil
	}
	return checkSpreads(n)
}

func anyAggregate(n *Node) bool {
	if n.Aggregates() {
		return true
	}
	for _, e := range n.Embeds {
		if anyAggregate(e.Node) {
			return true
		}
	}
	return false
}

func checkSpreads(n *Node) error {
	for _, e := range n.Embeds {
		if e.Spread && e.ToMany() && e.Node.Aggregates() {
			return apierror.NotImplemented("Aggregates are not implemented for one-to-many or many-to-many spreads.")
		}
		if err := checkSpreads(e.Node); err != nil {
			return err
		}
	}
	return nil
}

// legacyNames are Answer.LegacyNames of the embeds below a node.
func (n *Node) legacyNames() [][2]string {
	var names [][2]string
	for _, e := range n.Embeds {
		if e.legacy {
			names = append(names, [2]string{e.Relation, e.Name})
		}
		names = append(names, e.Node.legacyNames()...)
	}
	return names
}
