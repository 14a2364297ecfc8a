package apirequest

import (
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
)

// rootWindow is the page of the resource's own rows: those that the Range header (RFC 9110,
// section 14.2, with rows as its unit) and the query string's limit and offset have in
// common. A page that asks for no rows gets none whatever the header says. No other page
// may be without rows.
func rootWindow(header string, page filter.Page) (filter.Window, error) {
	if own, err := page.Window(); err == nil && own.Limit == 0 {
		return own, nil
	}
	asked, ok := parseRange(header)
	if !ok {
		return filter.Window{}, apierror.RangeBounds()
	}
	both, err := page.Within(asked)
	if err != nil {
		return filter.Window{}, apierror.NegativeLimit()
	}
	return both, nil
}

// parseRange reads "0-9" and "10-"; whatever looks different is no range of
// rows and is ignored. It reports false for a range that ends before it starts.
func parseRange(header string) (filter.Window, bool) {
	first, last, found := strings.Cut(header, "-")
	if !found || !digits(first) || last != "" && !digits(last) {
		return filter.WholeWindow(), true
	}
	page := filter.Window{Offset: number(first), Limit: filter.Unlimited}
	if last == "" || number(last) == filter.Unlimited {
		return page, true
	}
	page.Limit = number(last) - page.Offset + 1
	return page, page.Limit > 0
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
		return filter.Unlimited
	}
	return n
}
