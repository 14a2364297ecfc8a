package response

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/encode"
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

// setHeaders sets what the answer says whatever comes of it, but for its range and remarks.
func (b *answer) setHeaders(h http.Header) {
	addVary(h)
	if b.hasBody() {
		b.set(h, "Content-Type", b.Media.ContentType())
		if b.req.Negotiated {
			b.set(h, "Content-Profile", b.req.Schema)
		}
	}
	if _, ok := b.plan.(*plan.Read); ok && b.Explain == nil && !b.req.LongQuery {
		b.set(h, "Content-Location", contentLocation(b.req))
	}
	preferences := b.applied()
	if applied := preferences.Applied(); applied != "" && b.Explain == nil {
		b.set(h, "Preference-Applied", applied)
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

// set sets a header, its name in the canonical form. The values stand side by
// side: each in a slice of its own would cost an allocation.
func (b *answer) set(h http.Header, name, value string) {
	b.values = append(b.values, value)
	h[name] = b.values[len(b.values)-1 : len(b.values) : len(b.values)]
}

// applied leaves out the preferences that mean nothing to the plan.
func (b *answer) applied() apirequest.Preferences {
	p := b.req.Preferences
	m, writes := b.plan.(*plan.Mutate)
	_, calls := b.plan.(*plan.Call)
	if !writes {
		p.Return = ""
	}
	if !writes || m.Action != apirequest.Create || len(m.Table.PrimaryKey) == 0 && b.req.OnConflict == nil {
		p.Resolution = ""
	}
	if !writes || m.Action != apirequest.Create && m.Action != apirequest.Update {
		p.Missing = ""
	}
	if !calls && (!writes || m.Action != apirequest.Update && m.Action != apirequest.Delete) {
		p.MaxAffected = -1
	}
	return p
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

// pageRows is the number of rows of the whole page. What a function returns that
// returns no set is one row, even if a filter or a page leaves it out.
func (b *answer) pageRows() int64 {
	if c, calls := b.plan.(*plan.Call); calls && !c.Routine.Returns.Set {
		return 1
	}
	return b.result.Rows
}

// contentRange is the value of Content-Range for so many rows; empty for none.
func (b *answer) contentRange(rows int64) string {
	if b.Explain != nil {
		return ""
	}
	m, ok := b.plan.(*plan.Mutate)
	if !ok {
		return contentRange(b.req.Values.Window.Offset, rows, b.total)
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

// keyFilter is the filter that finds a row by a value of its key, which is shown as
// JSON does, without quotes.
func keyFilter(encoding query.Encoding, value []byte) string {
	switch {
	case value == nil:
		return "is.null"
	case encoding == query.Text:
		return "eq." + string(value)
	}
	return "eq." + strings.Trim(string(encode.AppendValue(nil, encoding, value)), `"`)
}

// location is the URL of a row, by its primary key.
func location(req *apirequest.Request, key []query.Column, filters []string) string {
	s := req.Mount + "/" + url.PathEscape(req.Name)
	for i, column := range key {
		separator := "&"
		if i == 0 {
			separator = "?"
		}
		s += separator + escapeQuery(filter.QuoteName(column.Name)) + "=" + escapeQuery(filters[i])
	}
	return s
}

// escapeQuery encodes what RFC 3986 doesn't call unreserved, blanks included.
func escapeQuery(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
