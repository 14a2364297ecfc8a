package filter

import "fmt"

// Limits bounds what one query string may ask for. A field that is 0 bounds nothing.
type Limits struct {
	Conditions  int // conditions and groups of them
	Embeds      int // embedded relations, and embeds with a limit or an offset; each counted by itself
	EmbedDepth  int // levels of relations that are embedded in each other
	SelectItems int // items of select, those of embedded relations included
	OrderTerms  int // terms of all orders
	ListValues  int // values of one list, and arguments
	Names       int // names in columns, and in on_conflict
}

// LimitError reports a query string that asks for more than Limits allows. The rest of
// it wasn't read.
type LimitError struct {
	What string // what there are too many of, as "conditions"
	Most int    // how many of them there may be
}

// Error tells the limit.
func (e *LimitError) Error() string { return fmt.Sprintf("more than %d %s", e.Most, e.What) }

// tally counts what a query string asks for, and compares it with the limits.
type tally struct {
	limits                                             Limits
	conditions, embeds, pages, selectItems, orderTerms int

	exceeded *LimitError // nil for none
}

// add counts one more, and reports whether that is allowed.
func (t *tally) add(n *int, most int, what string) bool {
	*n++
	return t.allows(*n, most, what)
}

// allows reports whether there may be n of something; 0 is no limit.
func (t *tally) allows(n, most int, what string) bool {
	if most <= 0 || n <= most {
		return true
	}
	if t.exceeded == nil {
		t.exceeded = &LimitError{What: what, Most: most}
	}
	return false
}

func (t *tally) condition() bool { return t.add(&t.conditions, t.limits.Conditions, "conditions") }

// embed counts a relation that is embedded at a depth.
func (t *tally) embed(depth int) bool {
	return t.add(&t.embeds, t.limits.Embeds, "embeds") && t.allows(depth, t.limits.EmbedDepth, "levels of embeds")
}

// page counts an embed with a limit or an offset. One that is written in two ways counts
// twice.
func (t *tally) page() bool {
	return t.add(&t.pages, t.limits.Embeds, "embeds with a limit or an offset")
}

func (t *tally) selectItem() bool {
	return t.add(&t.selectItems, t.limits.SelectItems, "items in select")
}
func (t *tally) orderTerm() bool { return t.add(&t.orderTerms, t.limits.OrderTerms, "terms in order") }

func (t *tally) values(n int) bool    { return t.allows(n, t.limits.ListValues, "values in a list") }
func (t *tally) arguments(n int) bool { return t.allows(n, t.limits.ListValues, "arguments") }

// names counts the names in the parameter.
func (t *tally) names(n int, parameter string) bool {
	return t.allows(n, t.limits.Names, "names in "+parameter)
}
