package plan

import "github.com/pgrest-go/pgrest/introspect"

// capOf caps the rows of a relation: by what holds for all, or by what holds for it, if that
// is less. 0 is no cap, and a negative one lets no rows through.
func (p *Planner) capOf(name introspect.QualifiedName) int64 {
	return lowest(p.config.MaxRows, max(0, p.config.MaxRowsOf[name]))
}

// lowest is the lower of two caps.
func lowest(a, b int64) int64 {
	switch {
	case a == 0:
		return b
	case b == 0:
		return a
	}
	return min(a, b)
}
