package plan

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
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

// Range is a window of rows.
type Range = apirequest.Range

// Unlimited is the limit of a range without an end.
const Unlimited = apirequest.Unlimited

func (p *Planner) read(req *apirequest.Request) (Plan, error) {
	table, err := p.table(req)
	if err != nil {
		return nil, err
	}
	root, err := p.tree(table, req)
	if err != nil {
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
func (r *Read) Vouched() bool { return r.Root.vouched() }

func (n *Node) vouched() bool {
	for i := range n.Columns {
		if f := n.Columns[i].Field; f.Name != "*" && !n.has(f) && n.Columns[i].Type == nil {
			return false
		}
	}
	for _, node := range n.Where {
		if !n.vouches(node) {
			return false
		}
	}
	for _, term := range n.Order {
		if e := n.Related(term); e != nil && !e.Node.has(term.Field) || e == nil && !n.has(term.Field) {
			return false
		}
	}
	for _, e := range n.Embeds {
		if !e.Node.vouched() {
			return false
		}
	}
	return true
}

func (n *Node) vouches(node filter.Node) bool {
	switch node := node.(type) {
	case filter.Condition:
		return n.has(node.Field) || n.Embedded(node) != nil
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
