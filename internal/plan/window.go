package plan

import (
	"strconv"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/value"
)

// Window says which of its rows a node shows: those behind an offset, up to a limit. Of
// both numbers the plan knows what decides over SQL; they themselves are arguments.
type Window struct {
	Limit, Offset Bound
	// LimitArg and OffsetArg are the numbers, where there are bounds.
	LimitArg, OffsetArg value.Arg
}

// Bound says as much of a limit or an offset as decides over SQL.
type Bound = apirequest.Bound

// The bounds.
const (
	Unbounded = apirequest.Unbounded
	Negative  = apirequest.Negative
	Zero      = apirequest.Zero
	Positive  = apirequest.Positive
)

// IsAll reports a window that leaves nothing out.
func (w Window) IsAll() bool { return w.Limit == Unbounded && w.Offset == Unbounded }

// windowOf is the window whose numbers are those of value.Values.Window, by the index 0,
// or of value.Values.Pages, which begin at 1.
func windowOf(shape apirequest.Window, index int) Window {
	w := Window{Limit: shape.Limit, Offset: shape.Offset}
	if w.Limit != Unbounded {
		w.LimitArg = value.Arg{From: value.FromLimit, Index: index}
	}
	if w.Offset != Unbounded {
		w.OffsetArg = value.Arg{From: value.FromOffset, Index: index}
	}
	return w
}

// AtMost caps the window at limit rows. 0 is no cap, and a negative limit lets no row pass.
func (w Window) AtMost(limit int64) Window {
	capped := max(0, limit)
	switch {
	case limit == 0:
	case w.Limit == Unbounded:
		w.Limit, w.LimitArg = apirequest.BoundOf(capped), value.Constant(strconv.FormatInt(capped, 10))
	case w.Limit == Positive:
		w.LimitArg.Most = limit
		w.Limit = apirequest.BoundOf(capped)
	}
	return w
}
