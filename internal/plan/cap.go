package plan

import "github.com/pgrest-go/pgrest/introspect"

// capOf caps the rows of a relation: by what holds for all, or by what holds for it, if that
// is less. 0 is no cap, and a negative one lets no rows through.
func (p *Planner) capOf(name introspect.QualifiedName) int64 {
	most := p.config.MaxRows
	if own := p.config.MaxRowsOf[name]; own > 0 && (most == 0 || own < most) {
		return own
	}
	return most
}

// capOfTable is that of a relation of the schema cache. One that was made of what a function
// returns may have its name, and has nothing to do with it.
func (p *Planner) capOfTable(t *introspect.Table) int64 {
	if p.cache.Tables[t.Name] == t {
		return p.capOf(t.Name)
	}
	return p.config.MaxRows
}
