package apirequest

import (
	"math"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
)

// Unlimited is the Limit of a Range without an end.
const Unlimited = math.MaxInt64

// Range is a window of rows: Limit rows behind the first Offset ones.
type Range struct {
	Offset int64
	Limit  int64
}

// All is the range of every row.
func All() Range { return Range{Limit: Unlimited} }

// IsAll reports whether the range leaves nothing out.
func (r Range) IsAll() bool { return r == All() }

// AtMost caps the range at limit rows; 0 is no cap.
func (r Range) AtMost(limit int64) Range {
	if limit > 0 {
		r.Limit = min(r.Limit, limit)
	}
	return r
}

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

// topRange is what the Range header (RFC 9110, section 14.2, with rows as its
// unit) and the query string's own limit and offset have in common. A limit of
// 0 asks for no rows, whatever the header says.
func topRange(header string, pages []filter.Page) (Range, error) {
	h, ok := parseRange(header)
	if !ok {
		return Range{}, apierror.RangeBounds()
	}
	q := span{0, Unlimited}
	for _, page := range pages {
		if len(page.Path) > 0 {
			continue
		}
		r := PageRange(page)
		if r.Limit == 0 {
			return Range{}, nil
		}
		if r.Limit < 0 {
			return Range{}, apierror.NegativeLimit()
		}
		q.first = r.Offset
		if r.Limit < Unlimited-max(r.Offset, 0) {
			q.last = r.Offset + r.Limit - 1
		}
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
