package apirequest

import (
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/value"
)

// rootPage is the page of the resource's own rows: those that the Range header (RFC 9110,
// section 14.2, with rows as its unit) and the query string's limit and offset have in
// common. A page that asks for no rows gets none whatever the header says. No other page
// may be without rows.
func rootPage(header string, page filter.Page) (value.Page, error) {
	if own, err := page.Window(); err == nil && own.Limit == 0 {
		return own, nil
	}
	asked, ok := parseRange(header)
	if !ok {
		return value.Page{}, apierror.RangeBounds()
	}
	both, err := page.Within(asked)
	if err != nil {
		return value.Page{}, apierror.NegativeLimit()
	}
	return both, nil
}

// parseRange reads "0-9" and "10-"; whatever looks different is no range of
// rows and is ignored. It reports false for a range that ends before it starts.
func parseRange(header string) (value.Page, bool) {
	first, last, found := strings.Cut(header, "-")
	if !found || !digits(first) || last != "" && !digits(last) {
		return value.WholePage(), true
	}
	page := value.Page{Offset: number(first), Limit: value.Unlimited}
	if last == "" || number(last) == value.Unlimited {
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
		return value.Unlimited
	}
	return n
}
