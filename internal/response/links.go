package response

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// edges are the values of the order in the first and in the last row of a page.
type edges struct{ first, last [][]byte }

// takeEdges takes note of the current row, for the links of a page by its key.
func (r *response) takeEdges() {
	if r.plan.Keyset != nil {
		r.edges.take(r.result.Keys())
	}
}

// take takes note of a row's values, which are valid until the next row.
func (e *edges) take(values [][]byte) {
	if e.first == nil {
		e.first, e.last = make([][]byte, len(values)), make([][]byte, len(values))
		copyValues(e.first, values)
	}
	copyValues(e.last, values)
}

// copyValues copies values into the memory of others. Of an empty text it makes no NULL.
func copyValues(to, values [][]byte) {
	for i, value := range values {
		if value == nil {
			to[i] = nil
			continue
		}
		if to[i] == nil {
			to[i] = make([]byte, 0, len(value)+8)
		}
		to[i] = append(to[i][:0], value...)
	}
}

// linked reports rows of which a part is a page that has links to others.
func linked(a *plan.Answer) bool {
	return a.Keyset != nil && contentOf(a) == contentRows && a.Explain == nil
}

// maxPageToken is how many bytes a token may have, so that servers and proxies take the links
// that have it.
const maxPageToken = 4000

// pageLinks is the value of the Link header (RFC 8288) of a page by its key. A page that is
// full has a next one, which may turn out empty. Its error is an *apierror.Error.
func (r *response) pageLinks() (string, error) {
	if !linked(r.plan) {
		return "", nil
	}
	window, bound := r.plan.WindowOf(&r.req.Values), r.plan.Keyset.Bound
	full := r.result.Rows > 0 && r.result.Rows >= window.Limit
	var links []string
	for _, l := range []struct {
		is       bool
		relation string
		at       string
		values   [][]byte
	}{
		{full || bound == plan.Before && r.result.Rows > 0, "next", "after", r.edges.last},
		{r.result.Rows > 0 && (bound == plan.After || window.Offset > 0) || bound == plan.Before && full, "prev", "before", r.edges.first},
		{window.Limit != filter.Unlimited || bound != plan.Unplaced, "first", "", nil},
	} {
		if !l.is {
			continue
		}
		place := ""
		if l.at != "" {
			token := apirequest.PageToken(r.plan.Keyset.Order, l.values)
			if len(token) > maxPageToken {
				return "", apierror.PageTokenTooLong(maxPageToken)
			}
			place = l.at + "=" + token
		}
		links = append(links, "<"+pageURL(r.req, place)+`>; rel="`+l.relation+`"`)
	}
	return strings.Join(links, ", "), nil
}

// pageURL is the canonical URL of another page of what was read. Its size is in the query even
// if it was in a Range header.
func pageURL(req *apirequest.Request, place string) string {
	var parameters []string
	for parameter := range strings.SplitSeq(filter.Canonical(req.RawQuery), "&") {
		switch name, value, _ := strings.Cut(parameter, "="); {
		case value == "" && name != "select": // which says nothing in a query that could be read
		case name == "limit", name == "offset":
		case (name == "after" || name == "before") && !strings.Contains(value, "."): // a filter has a dot
		default:
			parameters = append(parameters, parameter)
		}
	}
	if limit := req.Values.Window.Limit; limit != filter.Unlimited {
		parameters = append(parameters, "limit="+strconv.FormatInt(limit, 10))
	}
	if place != "" {
		parameters = append(parameters, place)
	}
	if len(parameters) == 0 {
		return resourceURL(req)
	}
	slices.SortStableFunc(parameters, func(a, b string) int { // of one name the first may count
		nameA, _, _ := strings.Cut(a, "=")
		nameB, _, _ := strings.Cut(b, "=")
		return strings.Compare(nameA, nameB)
	})
	return resourceURL(req) + "?" + strings.Join(parameters, "&")
}
