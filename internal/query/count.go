package query

import (
	"strconv"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/value"
)

// counted renders the number of rows.
func counted(rows fragment) fragment {
	return rows.within("SELECT pg_catalog.count(*) FROM (", ") rows")
}

// count renders the number of a node's rows without its window.
func count(n *plan.Node) fragment { return counted(countable(n)) }

// countUpTo counts no further than one row beyond limit; 0 is no limit, and a
// negative one is before the first row.
func countUpTo(n *plan.Node, limit int64) fragment {
	f := countable(n)
	if limit != 0 && limit < filter.Unlimited {
		f.add(" LIMIT ?", value.Constant(strconv.FormatInt(max(0, limit)+1, 10)))
	}
	return counted(f)
}

// countable renders the rows to count. Groups, and rows that are distinct, are known by their
// columns only.
func countable(n *plan.Node) fragment {
	if !mayGroup(n) && n.Distinct == nil {
		return matches(n)
	}
	groups := *n
	groups.Order, groups.Window = nil, plan.Window{}
	f, _ := selectRows(&plan.Answer{Root: &groups, Format: plan.FormatCSV})
	return f
}

// totalSource renders the number of a node's rows without its window, as a row source.
func totalSource(n *plan.Node) fragment {
	return count(n).within("(SELECT count AS n FROM (", ") total) total")
}

// joinTotal adds the total behind the only row that is made of a page.
func joinTotal(n *plan.Node, page fragment) fragment {
	f := totalSource(n).within("SELECT page.*, total.n FROM ", "")
	f.join(page.within(", (", ") page"))
	return f
}
