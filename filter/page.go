package filter

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Page limits the rows of the relation that Path leads to. Nothing has checked
// the numbers: either may be negative.
type Page struct {
	Path   []string // the embedded relations on the way, empty for the root
	Limit  *int64   // nil when not given
	Offset *int64   // nil when not given
}

// readPage adds a limit or offset to its page. The base is the parameter's name
// up to and with its last dot.
func (r *reader) readPage(p parameter, base string, limit bool) {
	index, ok := r.pages[base]
	if !ok {
		at, ok := r.readTarget(pagePart, p, base+"limit")
		if !ok {
			return
		}
		index = len(r.query.Pages)
		r.query.Pages = append(r.query.Pages, Page{Path: at.path})
		if r.pages == nil {
			r.pages = make(map[string]int)
		}
		r.pages[base] = index
	}
	page := &r.query.Pages[index]
	if limit {
		page.Limit = integer(p.value)
	} else {
		page.Offset = integer(p.value)
	}
}

// integer reads a whole number, or nil. One that is too large for an int64 is
// beyond any table's size and becomes the largest.
func integer(text string) *int64 {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "+") {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		if !errors.Is(err, strconv.ErrRange) {
			return nil
		}
		n = math.MaxInt64
		if text[0] == '-' {
			n = math.MinInt64
		}
	}
	return &n
}
