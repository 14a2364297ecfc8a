package response

import (
	"net/http"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// call is the response to the call of a function: what it returns.
type call struct{ plan *plan.Call }

func (c call) content() content {
	if c.plan.Routine.Returns.Void {
		return contentNone
	}
	return contentOf(&c.plan.Answer)
}

func (c call) status(o outcome) int {
	if c.plan.Routine.Returns.Void {
		return http.StatusNoContent
	}
	return pageStatus(c.page(o))
}

func (c call) contentRange(o outcome) string { return contentRange(c.page(o)) }

// page counts what a function returns as one row if it returns no set, even if a filter or
// the page leaves that row out.
func (c call) page(o outcome) outcome {
	if !c.plan.Routine.Returns.Set {
		o.rows = 1
	}
	return o
}

func (call) applied(p apirequest.Preferences) apirequest.Preferences {
	p.Resolution, p.Missing, p.Return, p.Pagination = "", "", "", ""
	return p
}

func (call) setOwnHeaders(*header, *apirequest.Request, outcome) {}

func (call) overridable() bool { return true }

// settlesLate reports a function that may make settings while its rows come: a volatile
// one, and any whose only value comes together with them.
func (c call) settlesLate() bool {
	switch c.plan.Format {
	case plan.FormatSingle, plan.FormatScalar, plan.FormatRaw:
		return true
	}
	return c.plan.Volatile()
}
