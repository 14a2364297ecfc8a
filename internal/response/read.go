package response

import (
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// read is the response to a GET or HEAD on a relation: rows, or their number.
type read struct{ plan *plan.Answer }

func (r read) content() content { return contentOf(r.plan) }

func (read) status(o outcome) int { return pageStatus(o) }

func (read) contentRange(o outcome) string { return contentRange(o) }

func (r read) applied(p apirequest.Preferences) apirequest.Preferences {
	p.Resolution, p.Missing, p.Return, p.MaxAffected = "", "", "", -1
	if !linked(r.plan) {
		p.Pagination = ""
	}
	return p
}

func (read) setOwnHeaders(h *header, req *apirequest.Request, o outcome) {
	if !req.LongQuery {
		h.set("Content-Location", contentLocation(req))
	}
	if o.links != "" {
		h.set("Link", o.links)
	}
}

func (read) overridable() bool { return true }

// settlesLate is false though a read's rows may call functions: what these set counts only
// if it comes before the first row.
func (read) settlesLate() bool { return false }
