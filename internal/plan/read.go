package plan

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
)

// Read is the plan of a read of a relation.
type Read struct{ Answer }

func (*Read) plan() {}

func (p *Planner) read(req *apirequest.Shape) (Plan, error) {
	table, err := p.table(req)
	if err != nil {
		return nil, err
	}
	r := &Read{Answer{ReadOnly: true}}
	r.MaxRows = p.capOf(table.Name)
	if err := p.tree(&r.Answer, table, req); err != nil {
		return nil, err
	}
	if err := p.finish(&r.Answer, req, producer{rows: table.Name, defaults: defaultSelect(req)}); err != nil {
		return nil, err
	}
	if err := p.addKeyset(&r.Answer, req); err != nil {
		return nil, err
	}
	if r.Keyset == nil { // whose rows have keys behind them
		r.Version = p.shownVersion(&r.Answer, req, table)
	}
	return r, nil
}

// defaultSelect reports that all columns are selected and nothing else.
func defaultSelect(req *apirequest.Shape) bool {
	switch items := req.Select; len(items) {
	case 0:
		return items == nil
	case 1:
		field, ok := items[0].(filter.SelectField)
		return ok && field.All && field.Aggregate == filter.NoAggregate
	}
	return false
}
