package response

import (
	"net/http"
	"net/url"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// returnsKeys reports an insert whose answer is the URL of the new row.
func (b *answer) returnsKeys() bool {
	m, ok := b.plan.(*plan.Mutate)
	return ok && m.Return == plan.HeadersOnly && len(b.result.Columns) > 0
}

// hasBody reports an answer with a body, or with the headers of one.
func (b *answer) hasBody() bool {
	switch p := b.plan.(type) {
	case *plan.Mutate:
		return p.Return == plan.Representation || p.Explain != nil
	case *plan.Call:
		return !p.Routine.Returns.Void || p.Explain != nil
	}
	return true
}

// streams reports an answer whose status is known before its last row.
func (b *answer) streams() bool {
	if m, ok := b.plan.(*plan.Mutate); ok && m.Conflict != nil && m.Conflict.Merge {
		return false // 201 or 200, by what was inserted
	}
	return !b.Expect.Decides()
}

// setHeaders sets what the answer says whatever comes of it, but for its range and remarks.
func (b *answer) setHeaders(h http.Header) {
	h["Vary"] = vary
	if b.hasBody() {
		h["Content-Type"] = []string{b.Media.ContentType()}
		if b.req.Negotiated {
			h["Content-Profile"] = []string{b.req.Schema}
		}
	}
	if _, ok := b.plan.(*plan.Read); ok && b.Explain == nil {
		h["Content-Location"] = []string{contentLocation(b.req)}
	}
	if applied := b.applied().Applied(); applied != "" && b.Explain == nil {
		h["Preference-Applied"] = []string{applied}
	}
}

// override has the database's wishes take the place of headers of the same names,
// and gives the status. A body has the length that it has.
func (b *answer) override(h http.Header, o overridden, status int) int {
	for name, values := range o.header {
		if name != "Content-Length" || b.HeadersOnly {
			replace(h, name, values)
		}
	}
	if o.status != 0 {
		return o.status
	}
	return status
}

// addRemarks adds what is said about the answer, beside what the database says.
func (b *answer) addRemarks(h http.Header, status int) {
	if names := b.Root.LegacyNames(); len(names) > 0 {
		h.Add("Warning", legacyWarning(names))
	}
	if b.config.Timing != nil {
		h.Add("Server-Timing", b.config.Timing())
	}
	if status == http.StatusServiceUnavailable && len(h["Retry-After"]) == 0 {
		h["Retry-After"] = []string{retryAfter}
	}
}

// applied leaves out the preferences that mean nothing to the plan.
func (b *answer) applied() *apirequest.Preferences {
	p := b.req.Preferences
	m, writes := b.plan.(*plan.Mutate)
	_, calls := b.plan.(*plan.Call)
	if !writes {
		p.Return = ""
	}
	if !writes || m.Action != apirequest.Create || len(m.Table.PrimaryKey) == 0 && b.req.Query.OnConflict == nil {
		p.Resolution = ""
	}
	if !writes || m.Action != apirequest.Create && m.Action != apirequest.Update {
		p.Missing = ""
	}
	if !calls && (!writes || m.Action != apirequest.Update && m.Action != apirequest.Delete) {
		p.MaxAffected = -1
	}
	return &p
}

// status is that of an answer with so many rows.
func (b *answer) status(rows int64) int {
	switch p := b.plan.(type) {
	case *plan.Mutate:
		if b.Explain != nil {
			return http.StatusOK
		}
		return b.writeStatus(p)
	case *plan.Call:
		if !b.hasBody() {
			return http.StatusNoContent
		}
	}
	return readStatus(rows, b.total)
}

func (b *answer) writeStatus(m *plan.Mutate) int {
	inserted := b.result.Inserted != nil && *b.result.Inserted > 0
	shows := m.Return == plan.Representation
	switch {
	case m.Action == apirequest.Create && (inserted || m.Conflict == nil || !m.Conflict.Merge):
		return http.StatusCreated
	case m.Action == apirequest.Create:
		return http.StatusOK
	case !shows:
		return http.StatusNoContent
	case m.Action == apirequest.Upsert && inserted:
		return http.StatusCreated
	}
	return http.StatusOK
}

// contentRange is the value of Content-Range for so many rows; empty for none.
func (b *answer) contentRange(rows int64) string {
	if b.Explain != nil {
		return ""
	}
	m, ok := b.plan.(*plan.Mutate)
	if !ok {
		return contentRange(b.req.Range.Offset, rows, b.total)
	}
	var total *int64
	if m.Count == plan.CountExact || m.Count == plan.CountEstimated {
		total = &rows
	}
	switch m.Action {
	case apirequest.Upsert:
		return ""
	case apirequest.Update:
		return contentRange(0, rows, total)
	}
	return contentRange(0, 0, total)
}

// location is the URL of a row, by its primary key.
func location(req *apirequest.Request, key []query.Column, values []string) string {
	s := req.Mount + "/" + url.PathEscape(req.Name)
	for i, column := range key {
		separator := "&"
		if i == 0 {
			separator = "?"
		}
		s += separator + url.QueryEscape(column.Name) + "=" + url.QueryEscape(values[i])
	}
	return s
}
