package apirequest

import (
	"math"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/value"
)

// pageOf is the page that limit and offset of the query string ask for.
func pageOf(p filter.Page) value.Page {
	page := value.WholePage()
	if p.Offset != nil {
		page.Offset = *p.Offset
	}
	if p.Limit != nil {
		page.Limit = *p.Limit
	}
	return page
}

// span is a page by its first and last row, as the Range header has it.
type span struct{ first, last int64 }

// spanOf gives the first and the last row of a page whose numbers nothing has checked. A
// page that would end beyond all row numbers has no end.
func spanOf(p value.Page) span {
	const lowest = math.MinInt64 / 4 // no sum of such numbers overflows
	s := span{p.Offset, value.Unlimited}
	if p.Limit < value.Unlimited-max(p.Offset, 0) {
		s.last = max(p.Offset, lowest) + max(p.Limit, lowest) - 1
	}
	return s
}

// rootPage is the page of the resource's own rows: those that the Range header (RFC 9110,
// section 14.2, with rows as its unit) and the query string's limit and offset have in
// common. A page that ends right before the first row, as with a limit of 0, asks for no
// rows whatever the header says. No other page may be without rows.
func rootPage(header string, pages []filter.Page) (value.Page, error) {
	q := span{0, value.Unlimited}
	for _, page := range pages {
		if len(page.Path) == 0 {
			q = spanOf(pageOf(page))
		}
	}
	if q.last == -1 {
		return value.Page{}, nil
	}
	h, ok := parseRange(header)
	if !ok {
		return value.Page{}, apierror.RangeBounds()
	}
	both := span{max(h.first, q.first), min(h.last, q.last)}
	if both.last < both.first {
		return value.Page{}, apierror.NegativeLimit()
	}
	page := value.Page{Offset: both.first, Limit: value.Unlimited}
	if both.last != value.Unlimited {
		page.Limit = both.last - both.first + 1
	}
	return page, nil
}

// parseRange reads "0-9" and "10-"; whatever looks different is no range of
// rows and is ignored. It reports false for a range that ends before it starts.
func parseRange(header string) (span, bool) {
	all := span{0, value.Unlimited}
	first, last, found := strings.Cut(header, "-")
	if !found || !digits(first) || last != "" && !digits(last) {
		return all, true
	}
	s := span{number(first), value.Unlimited}
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
		return value.Unlimited
	}
	return n
}
