package apirequest

import (
	"math"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/value"
)

// Range is a window of rows.
type Range = value.Page

// Unlimited is the limit of a range without an end.
const Unlimited = value.Unlimited

// All is the range of every row.
func All() Range { return value.WholePage() }

// PageRange is the range of one page of the query string.
func PageRange(p filter.Page) Range {
	r := All()
	if p.Offset != nil {
		r.Offset = *p.Offset
	}
	if p.Limit != nil {
		r.Limit = *p.Limit
	}
	return r
}

// span is a range by its first and last row, as the Range header has it.
type span struct{ first, last int64 }

// spanOf gives the first and last row of a range whose numbers nothing has checked.
// What ends beyond all row numbers has no end.
func spanOf(r Range) span {
	const lowest = math.MinInt64 / 4 // no sum of such numbers overflows
	s := span{r.Offset, Unlimited}
	if r.Limit < Unlimited-max(r.Offset, 0) {
		s.last = max(r.Offset, lowest) + max(r.Limit, lowest) - 1
	}
	return s
}

// topRange is what the Range header (RFC 9110, section 14.2, with rows as its
// unit) and the query string's own limit and offset have in common. A page that
// ends right before the first row, as a limit of 0 does, asks for no rows whatever
// the header says. No other page may be without rows.
func topRange(header string, pages []filter.Page) (Range, error) {
	q := span{0, Unlimited}
	for _, page := range pages {
		if len(page.Path) == 0 {
			q = spanOf(PageRange(page))
		}
	}
	if q.last == -1 {
		return Range{}, nil
	}
	h, ok := parseRange(header)
	if !ok {
		return Range{}, apierror.RangeBounds()
	}
	both := span{max(h.first, q.first), min(h.last, q.last)}
	if both.last < both.first {
		return Range{}, apierror.NegativeLimit()
	}
	r := Range{Offset: both.first, Limit: Unlimited}
	if both.last != Unlimited {
		r.Limit = both.last - both.first + 1
	}
	return r, nil
}

// parseRange reads "0-9" and "10-"; whatever looks different is no range of
// rows and is ignored. It reports false for a range that ends before it starts.
func parseRange(header string) (span, bool) {
	all := span{0, Unlimited}
	first, last, found := strings.Cut(header, "-")
	if !found || !digits(first) || last != "" && !digits(last) {
		return all, true
	}
	s := span{number(first), Unlimited}
	if last != "" {
		s.last = number(last)
	}
	return s, s.first <= s.last
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// number reads digits; what is too large for a row number counts as the largest.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return Unlimited
	}
	return n
}
