package response

import (
	"net/http"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// write is the response to a POST, PUT, PATCH or DELETE on a relation: nothing but a
// status, the URL of a new row, or the rows that were written.
type write struct{ plan *plan.Mutate }

func (w write) content() content {
	switch w.plan.Return {
	case plan.ReturnRepresentation:
		return contentOf(&w.plan.Answer)
	case plan.ReturnHeadersOnly:
		return contentKey
	}
	return contentNone
}

func (w write) status(o outcome) int {
	merges := w.plan.Conflict != nil && w.plan.Conflict.Merge
	switch {
	case w.plan.Action == plan.Create && (o.inserted || !merges):
		return http.StatusCreated
	case w.plan.Action == plan.Create:
		return http.StatusOK
	case w.plan.Return != plan.ReturnRepresentation:
		return http.StatusNoContent
	case w.plan.Action == plan.Upsert && o.inserted:
		return http.StatusCreated
	}
	return http.StatusOK
}

// contentRange tells which rows an update has changed. Of the rows of an insert or a
// deletion there is only the number, and a PUT is about one row anyway.
func (w write) contentRange(o outcome) string {
	written := outcome{total: unknown}
	if w.plan.Count == plan.CountExact || w.plan.Count == plan.CountEstimated {
		written.total = o.rows
	}
	switch w.plan.Action {
	case plan.Upsert:
		return ""
	case plan.Update:
		written.rows = o.rows
	}
	return contentRange(written)
}

func (w write) applied(p apirequest.Preferences) apirequest.Preferences {
	p.Pagination = ""
	switch w.plan.Action {
	case plan.Create:
		p.MaxAffected = -1
		if len(w.plan.Table.PrimaryKey) == 0 && (w.plan.Conflict == nil || !w.plan.Conflict.Given) {
			p.Resolution = "" // there is nothing by which a row would be the same
		}
	case plan.Upsert:
		p.Resolution, p.Missing, p.MaxAffected = "", "", -1
	case plan.Update:
		p.Resolution = ""
	case plan.Delete:
		p.Resolution, p.Missing = "", ""
	}
	return p
}

func (write) setOwnHeaders(h *header, _ *apirequest.Request, o outcome) {
	if o.location != "" {
		h.set("Location", o.location)
	}
}

func (write) overridable() bool { return true }

// settlesLate is true: triggers and policies may run up to the commit.
func (write) settlesLate() bool { return true }
