package filter

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Page limits the rows of the relation that Path leads to. Parse doesn't check the
// numbers, of which either may be negative: Window does.
type Page struct {
	Path   []string // the embedded relations on the way, empty for the root
	Limit  *int64   // nil when not given
	Offset *int64   // nil when not given
}

// readPage adds a limit or offset to its page. The base is the parameter's name
// through its last dot.
func (r *reader) readPage(p parameter, base string, limit bool) {
	index, ok := r.pages[base]
	if !ok {
		if base != "" && !r.tally.page() {
			return
		}
		at, ok := r.readTarget(pagePart, p, base+"limit")
		if !ok {
			return
		}
		index = r.addPage(base, at.path)
	}
	page := &r.query.Pages[index]
	if limit {
		page.Limit = integer(p.value)
	} else {
		page.Offset = integer(p.value)
	}
}

// addPage gives the index of a path's page, which it adds unless the path had one by
// another base: one path can be written with and without quotes.
func (r *reader) addPage(base string, path []string) int {
	if r.pages == nil {
		r.pages = make(map[string]int)
	}
	canonical := quotedBase(path)
	index, ok := r.pages[canonical]
	if !ok {
		index = len(r.query.Pages)
		r.query.Pages = append(r.query.Pages, Page{Path: path})
		r.pages[canonical] = index
	}
	r.pages[base] = index
	return index
}

// quotedBase is the base of the path with all names in quotes.
func quotedBase(path []string) string {
	var b strings.Builder
	for _, name := range path {
		writeQuoted(&b, name)
		b.WriteByte('.')
	}
	return b.String()
}

// integer reads a whole number, or nil. A number that an int64 can't hold is beyond any
// table's size, and is clamped.
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
