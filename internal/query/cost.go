package query

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/plan"
)

// Costs are programs that give what PostgreSQL's planner expects the statements of a program
// to cost, without running them: the only value of each is EXPLAIN's JSON. There are none of
// an insert, whose cost depends on its body alone, nor of what is an estimate itself.
func Costs(p plan.Runnable, program *Program) []*Program {
	if m, ok := p.(*plan.Mutate); ok && (m.Action == plan.Create || m.Action == plan.Upsert) {
		return nil
	}
	main := program.Main
	if answer := p.Answered(); answer.Explain != nil { // with ANALYZE it runs
		main.SQL = strings.TrimPrefix(main.SQL, explanation(answer))
	}
	costs := []*Program{costOf(main)}
	if program.Count != nil {
		costs = append(costs, costOf(*program.Count))
	}
	return costs
}

func costOf(s Statement) *Program {
	return &Program{Main: Statement{SQL: "EXPLAIN (FORMAT JSON) " + s.SQL, Args: s.Args}, Yield: Yield{Columns: make([]Column, 1)}}
}
