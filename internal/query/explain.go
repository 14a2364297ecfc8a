package query

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/plan"
)

// estimate renders a statement that gives the planner's estimate of the number of a
// node's rows, as JSON.
func estimate(n *plan.Node) fragment {
	return countable(n).within("EXPLAIN (FORMAT JSON) ", "")
}

// explanation renders EXPLAIN with what the client wants it to tell. The options come from a closed set.
func explanation(a *plan.Answer) string {
	format := "TEXT"
	if a.Explain.JSON {
		format = "JSON"
	}
	options := append([]string{"FORMAT " + format}, a.Explain.Options...)
	return "EXPLAIN (" + strings.Join(options, ", ") + ") "
}
