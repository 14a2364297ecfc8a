package query

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// called is what an operator of the host's makes of a field of a column. Its SQL stands there as
// the host has it, so that PostgreSQL finds the index that is for it: nothing is around it but
// brackets, and nothing around an argument but the cast to its type.
func called(name string, f plan.Field) filter.Operand {
	own := f
	own.Call, own.Operator, own.Cast = nil, nil, nil
	column := bound(own.Bind(columnOperand(name, own)))
	if len(f.Path) > 0 {
		column = column.within("(", ")")
	}
	var call fragment
	call.add("(")
	template, _ := sqlfrag.ParseTemplate(f.Operator.SQL) // which was parsed before
	template.Each(func(sql string) { call.add(sql) }, func(place int) {
		if place == 0 {
			call.join(column)
			return
		}
		call.add("CAST(? AS "+catalogSQL(f.Operator.Types[place-1])+")", f.Operands[place-1])
	})
	call.add(")")
	operand := filter.Operand{SQL: string(call.sql), Args: make([]any, len(call.args)), TSVector: f.Returned == nil || f.Returned.BaseOID == oid.TSVector}
	for i, arg := range call.args {
		operand.Args[i] = arg
	}
	return operand
}
