package filter

import (
	"fmt"
	"math"
	"slices"
)

// Window is a window of rows whose numbers were checked: Limit rows behind the first
// Offset ones. As SQL has them, they are what LIMIT and OFFSET take, but for a Limit of
// Unlimited, which is without LIMIT.
type Window struct{ Offset, Limit int64 }

// Unlimited is the Limit of a window without an end.
const Unlimited = math.MaxInt64

// WholeWindow is the window of every row.
func WholeWindow() Window { return Window{Limit: Unlimited} }

// IsWhole reports whether the window leaves nothing out.
func (w Window) IsWhole() bool { return w == WholeWindow() }

// AtMost caps the window at limit rows; 0 is no cap, and a negative one lets no rows
// through.
func (w Window) AtMost(limit int64) Window {
	if limit != 0 {
		w.Limit = min(w.Limit, max(0, limit))
	}
	return w
}

// Of is the number of rows in the window when there are total rows.
func (w Window) Of(total int64) int64 { return max(0, min(w.Limit, total-w.Offset)) }

// PageError reports a page that has no rows, and none that it could have.
type PageError struct {
	Page   Page
	Within Window // what the page was to be within
}

// Error tells the numbers.
func (e *PageError) Error() string {
	if e.Within.IsWhole() {
		return "filter: " + e.Page.String() + " leaves no rows"
	}
	return fmt.Sprintf("filter: %s leaves no rows of the %d behind the first %d", e.Page, e.Within.Limit, e.Within.Offset)
}

// Page gives what limit and offset are for the relation that the path leads to, the root
// without one. Where neither is given, the page has neither.
func (q *Query) Page(path ...string) Page {
	for _, page := range q.Pages {
		if slices.Equal(page.Path, path) {
			return page
		}
	}
	return Page{Path: path}
}

// Unchecked is the window of the page's numbers as they are, which PostgreSQL refuses
// where they are negative.
func (p Page) Unchecked() Window {
	w := WholeWindow()
	if p.Offset != nil {
		w.Offset = *p.Offset
	}
	if p.Limit != nil {
		w.Limit = *p.Limit
	}
	return w
}

// Window checks the page as PostgREST checks that of a request's own rows: see Within.
func (p Page) Window() (Window, error) { return p.Within(WholeWindow()) }

// Within gives the rows of the page that are in w, too, such as those that a Range header
// beside the query string asks for.
//
// A page that ends right before the first row, as that of limit=0 does, asks for no rows,
// whatever w is, and gets an empty window. One that begins before the first row, by a
// negative offset, has those of its rows that there are. Any other without rows is a
// *PageError: a negative limit, a limit of 0 behind an offset, and what has nothing in
// common with w.
func (p Page) Within(w Window) (Window, error) {
	own, within := spanOf(p.Unchecked()), spanOf(w)
	if own.last == -1 {
		return Window{}, nil
	}
	both := span{max(own.first, within.first, 0), min(own.last, within.last)}
	if both.last < both.first {
		return Window{}, &PageError{Page: p, Within: w}
	}
	if both.last == Unlimited {
		return Window{Offset: both.first, Limit: Unlimited}, nil
	}
	return Window{Offset: both.first, Limit: both.last - both.first + 1}, nil
}

// span is a window by its first and last row.
type span struct{ first, last int64 }

// spanOf gives the first and last row of a window whose numbers nothing has checked. What
// ends beyond all row numbers has no end.
func spanOf(w Window) span {
	const lowest = math.MinInt64 / 4 // no sum of such numbers overflows
	s := span{w.Offset, Unlimited}
	if w.Limit < Unlimited-max(w.Offset, 0) {
		s.last = max(w.Offset, lowest) + max(w.Limit, lowest) - 1
	}
	return s
}
