package plan

import (
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/introspect"
)

// Read is the plan of a GET or HEAD on a relation.
type Read struct {
	Root *Node
	// Media is the media type of the answer, and Format how its body is made.
	Media  mediatype.Type
	Format Format
	// HeadersOnly asks for the number of rows instead of the rows.
	HeadersOnly bool
	// Count is how the rows beyond the page are counted.
	Count Count
	// MaxRows is where an estimated count stops counting; 0 for nowhere.
	MaxRows int64
}

func (*Read) plan() {}

// Singular reports that the result has to be exactly one row.
func (r *Read) Singular() bool { return r.Format == Object }

// Format is a form of body.
type Format uint8

// The forms: a JSON array, a single JSON object, CSV, a GeoJSON FeatureCollection.
const (
	Array Format = iota
	Object
	CSV
	GeoJSON
)

// Count is a way to count the rows of a resource.
type Count uint8

// The counts of the count preference. An estimated count is exact up to the
// maximum of rows and the planner's guess beyond it.
const (
	CountNone Count = iota
	CountExact
	CountPlanned
	CountEstimated
)

// Total combines what was counted and what the planner expects, as the count
// asks for; nil stands for unknown.
func (r *Read) Total(counted, planned *int64) *int64 {
	switch r.Count {
	case CountPlanned:
		return planned
	case CountEstimated:
		if r.MaxRows > 0 && *counted <= r.MaxRows {
			return counted
		}
		total := max(*counted, *planned)
		return &total
	}
	return counted
}

// Unlimited is the limit of a range without an end.
const Unlimited = apirequest.Unlimited

// Node is a relation to read: which columns of which rows, in which order.
type Node struct {
	Table   *introspect.Table
	Columns []Column
	Where   []filter.Node // all of them must hold
	Order   []filter.OrderTerm
	Range   apirequest.Range
	// StripNulls leaves nulls out of JSON, at every depth.
	StripNulls bool
}

// Kind tells where the type of an output column comes from.
type Kind uint8

// The kinds: a column or computed field, whose Type says it; a JSON path that
// ends in JSON; a JSON path that ends in text.
const (
	TypedValue Kind = iota
	JSONValue
	TextValue
)

// Column is a column of the result.
type Column struct {
	// Name is its key: alias, last key of the JSON path, or the column's own name.
	Name  string
	Field filter.Field
	Kind  Kind
	// Type is nil for a name that the schema cache doesn't have.
	Type *introspect.Type
	Cast *Cast // nil for none
}

// Cast is a cast to a type, by the client's name for it.
type Cast struct {
	Name string
	Type *introspect.Type // nil when the schema cache has no such type
}

// read plans a read in passes, each over the whole request: the first one that
// finds a fault names it.
func (p *Planner) read(req *apirequest.Request) (Plan, error) {
	table, err := p.table(req)
	if err != nil {
		return nil, err
	}
	root := &Node{Table: table, Range: req.Range.AtMost(p.config.MaxRows)}
	if err := addPredicates(root, req.Query); err != nil {
		return nil, err
	}
	if err := p.addColumns(root, req); err != nil {
		return nil, err
	}
	read := &Read{Root: root, HeadersOnly: req.HeadersOnly, Count: countOf(req), MaxRows: p.config.MaxRows}
	if err := negotiate(read, req.Accept); err != nil {
		return nil, err
	}
	if req.Preferences.Strict() && len(req.Preferences.Invalid) > 0 {
		return nil, apierror.InvalidPreferences(req.Preferences.Invalid)
	}
	root.StripNulls = read.Media.NullsStripped
	return read, nil
}

func countOf(req *apirequest.Request) Count {
	switch req.Preferences.Count {
	case "exact":
		return CountExact
	case "planned":
		return CountPlanned
	case "estimated":
		return CountEstimated
	}
	return CountNone
}

// addPredicates gives the node its filters, order and page. What names a
// relation that is not embedded is refused.
func addPredicates(n *Node, q *filter.Query) error {
	for _, predicate := range q.Where {
		if len(predicate.Path) > 0 {
			return apierror.NotEmbedded(predicate.Path[0])
		}
		n.Where = append(n.Where, predicate.Node)
	}
	for _, order := range q.Order {
		if len(order.Path) > 0 {
			return apierror.NotEmbedded(order.Path[0])
		}
		if n.Order == nil { // of several the first counts
			n.Order = order.Terms
		}
	}
	for _, page := range q.Pages {
		if len(page.Path) > 0 {
			return apierror.NotEmbedded(page.Path[0])
		}
	}
	for _, term := range n.Order {
		if term.Relation != "" {
			return apierror.NotEmbedded(term.Relation)
		}
	}
	return nil
}

func (p *Planner) addColumns(n *Node, req *apirequest.Request) error {
	items := req.Query.Select
	if len(items) == 0 {
		items = []filter.SelectItem{filter.SelectField{Field: filter.Field{Name: "*"}}}
	}
	aggregates := false
	for _, item := range items {
		switch item := item.(type) {
		case filter.SelectRelation:
			return apierror.RelationshipNotFound(req.Schema, n.Table.Name.Name, item.Relation, item.Hint, "")
		case filter.SelectField:
			aggregates = aggregates || item.Aggregate != filter.NoAggregate
			n.Columns = p.appendColumns(n.Columns, n.Table, item)
		}
	}
	if aggregates {
		return apierror.AggregatesDisabled()
	}
	return nil
}

// appendColumns adds what a select item selects: a column, or all for *.
func (p *Planner) appendColumns(columns []Column, t *introspect.Table, item filter.SelectField) []Column {
	if item.Field.Name == "*" && len(item.Field.Path) == 0 {
		for i := range t.Columns {
			c := &t.Columns[i]
			columns = append(columns, Column{Name: c.Name, Field: filter.Field{Name: c.Name}, Type: c.Type})
		}
		return columns
	}
	column := Column{Name: item.Alias, Field: item.Field, Kind: kindOf(item.Field)}
	if column.Name == "" {
		column.Name = keyOf(item.Field)
	}
	if column.Kind == TypedValue {
		column.Type = p.typeOf(t, item.Field.Name)
	}
	if item.Cast != "" {
		column.Cast = &Cast{Name: strings.ToLower(item.Cast)}
		column.Cast.Type, _ = p.cache.CastType(item.Cast)
	}
	return append(columns, column)
}

func (p *Planner) typeOf(t *introspect.Table, name string) *introspect.Type {
	if c, ok := t.Column(name); ok {
		return c.Type
	}
	if r, ok := p.cache.ComputedField(t.Name, name); ok {
		return r.Returns.Type
	}
	return nil
}

func kindOf(f filter.Field) Kind {
	switch {
	case len(f.Path) == 0:
		return TypedValue
	case f.Path[len(f.Path)-1].Text:
		return TextValue
	}
	return JSONValue
}

// keyOf names a field in the result: by the last key of its path, or by its
// column where the path has only indexes.
func keyOf(f filter.Field) string {
	for i := len(f.Path) - 1; i >= 0; i-- {
		if !f.Path[i].Index {
			return f.Path[i].Key
		}
	}
	return f.Name
}

// negotiate picks the first of the accepted media types that a relation can be
// read as.
func negotiate(r *Read, accept []mediatype.Type) error {
	for _, media := range accept {
		switch media.Name {
		case mediatype.Any:
			media = mediatype.Type{Name: mediatype.JSON}
			r.Format = Array
		case mediatype.JSON, mediatype.Array:
			r.Format = Array
		case mediatype.Object:
			r.Format = Object
		case mediatype.CSV:
			r.Format = CSV
		case mediatype.GeoJSON:
			r.Format = GeoJSON
		default:
			continue
		}
		r.Media = media
		return nil
	}
	names := make([]string, len(accept))
	for i, media := range accept {
		names[i] = media.String()
	}
	return apierror.NotAcceptable(names)
}

// Vouched reports whether the schema cache had every name of the plan. If so,
// and the database lacks one, the cache is out of date; else the client erred.
func (r *Read) Vouched() bool {
	n := r.Root
	for i := range n.Columns {
		if c := &n.Columns[i]; c.Kind == TypedValue && c.Type == nil || !n.has(c.Field) {
			return false
		}
	}
	for _, node := range n.Where {
		if !n.vouches(node) {
			return false
		}
	}
	for _, term := range n.Order {
		if !n.has(term.Field) {
			return false
		}
	}
	return true
}

func (n *Node) vouches(node filter.Node) bool {
	switch node := node.(type) {
	case filter.Condition:
		return n.has(node.Field)
	case filter.Group:
		for _, member := range node.Nodes {
			if !n.vouches(member) {
				return false
			}
		}
	}
	return true
}

func (n *Node) has(f filter.Field) bool {
	_, ok := n.Table.Column(f.Name)
	return ok
}
