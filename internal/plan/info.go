package plan

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/introspect"
)

// Info answers an OPTIONS request from the schema cache alone.
type Info struct {
	// Allow lists the methods of the resource, as the Allow header does.
	Allow string
	// AcceptQuery lists the media types of queries in the body, as the Accept-Query header
	// does; empty where there is no QUERY.
	AcceptQuery string
	// Name is the relation's or the routine's; zero for the root.
	Name introspect.QualifiedName
	// resource and offered are what Allow was made of.
	resource apirequest.Resource
	offered  func(apirequest.Operation) bool
}

// Without gives the info without the operations whose use is refused.
func (i *Info) Without(refused func(UseKind) bool) *Info {
	kept := infoOf(i.resource, func(o apirequest.Operation) bool {
		return i.offered(o) && (o.Action == apirequest.Options || !refused(useOf(o)))
	})
	kept.Name = i.Name
	return kept
}

// useOf is the use that an operation makes of its resource.
func useOf(o apirequest.Operation) UseKind {
	switch o.Action {
	case apirequest.Call:
		return UseCall
	case apirequest.Read:
		return UseRead
	}
	return writeUses[o.Action]
}

func (*Info) plan() {}

func (p *Planner) info(req *apirequest.Shape) (Plan, error) {
	switch req.Resource {
	case apirequest.Relation:
		table, err := p.table(req)
		if err != nil {
			return nil, err
		}
		return infoOf(req.Resource, func(o apirequest.Operation) bool { return allows(table, o.Action) }).of(table.Name), nil
	case apirequest.Routine:
		routine, err := p.routine(req)
		if err != nil {
			return nil, err
		}
		if !routine.OffersGET() {
			return infoOf(req.Resource, isPostOnly).of(routine.Name), nil
		}
		return infoOf(req.Resource, func(apirequest.Operation) bool { return true }).of(routine.Name), nil
	}
	return infoOf(req.Resource, func(apirequest.Operation) bool { return true }), nil
}

// infoOf tells of the operations on a kind of resource that are offered. QUERY, which the
// reference hasn't got, is left out of Allow, whose value its clients compare.
func infoOf(r apirequest.Resource, offered func(apirequest.Operation) bool) *Info {
	info := &Info{resource: r, offered: offered}
	var methods []string
	for o := range apirequest.Operations(r) {
		switch {
		case !offered(o):
		case o.Content == apirequest.QueryContent:
			info.AcceptQuery = apirequest.QueryFormat
		default:
			methods = append(methods, o.Method)
		}
	}
	info.Allow = strings.Join(methods, ",")
	return info
}

// of is the info with a name.
func (i *Info) of(name introspect.QualifiedName) *Info {
	i.Name = name
	return i
}

// isPostOnly reports an operation that also a function has that isn't called in a URL.
func isPostOnly(o apirequest.Operation) bool { return o.Action == apirequest.Options || !o.Safe }

// allows reports whether PostgreSQL can do an action with a relation, whatever the grants.
func allows(t *introspect.Table, action apirequest.Action) bool {
	switch action {
	case Create:
		return t.Insertable
	case Upsert:
		return t.Insertable && t.Updatable && len(t.PrimaryKey) > 0
	case Update:
		return t.Updatable
	case Delete:
		return t.Deletable
	}
	return true
}
