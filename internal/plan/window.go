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
	index         int   // of its numbers, as value.Arg has it
	limited       bool  // the request has a limit
	most          int64 // caps it; 0 is no cap
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

// LimitArg is the number of the limit.
func (w Window) LimitArg() value.Arg {
	if !w.limited {
		return value.Constant(strconv.FormatInt(max(0, w.most), 10))
	}
	return value.Arg{From: value.FromLimit, Index: w.index, Most: w.most}
}

// OffsetArg is the number of the offset.
func (w Window) OffsetArg() value.Arg { return value.Arg{From: value.FromOffset, Index: w.index} }

// windowOf is the window whose numbers are those of value.Values.Window, by the index 0,
// or of value.Values.Pages, which begin at 1.
func windowOf(shape apirequest.Window, index int) Window {
	return Window{Limit: shape.Limit, Offset: shape.Offset, index: index, limited: shape.Limit != Unbounded}
}

// AtMost caps the window at limit rows. 0 is no cap, and a negative limit lets no row pass.
// Of several caps the lowest counts.
func (w Window) AtMost(limit int64) Window {
	w.most = lowest(w.most, limit)
	if w.most != 0 && (!w.limited || w.Limit == Positive) {
		w.Limit = apirequest.BoundOf(max(0, w.most))
	}
	return w
}
