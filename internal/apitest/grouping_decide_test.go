package apitest_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/filter"
)

// The host decides over columns wherever they are, and its conditions hold for the rows that
// groups are made of.
func TestGrouping_decided(t *testing.T) {
	t.Parallel()
	hidden := func(o *pgrest.Options) {
		o.Decide = func(_ context.Context, use *pgrest.Use) (pgrest.Decision, error) {
			if slices.Contains(use.Reads, "amount") || slices.Contains(use.Operators, filter.Like) {
				return pgrest.Decision{}, &pgrest.Error{Status: http.StatusForbidden, Code: "HIDDEN", Message: "no amounts"}
			}
			if use.Name == "purchases" {
				return pgrest.Decision{Filter: "buyer_id=neq.2", MaxRows: 2}, nil
			}
			return pgrest.Decision{}, nil
		}
	}
	refused := fault("HIDDEN", "no amounts", "", "")
	run(t, serveClone(t, purchases, aggregating, hidden),
		exchange{name: "having", target: "/purchases?select=kind&having=(amount.sum().gt.1)", status: 403, body: refused},
		exchange{name: "operator_of_having", target: "/purchases?select=kind&having=(kind.max().like.f*)", status: 403, body: refused},
		exchange{name: "order", target: "/purchases?select=kind&order=amount.max()", status: 403, body: refused},
		exchange{name: "distinct", target: "/purchases?select=kind&distinct=amount", status: 403, body: refused},
		exchange{name: "distinct_values", target: "/purchases?select=amount.count(distinct)", status: 403, body: refused},
		exchange{name: "alias", target: "/purchases?select=a:amount&order=a", status: 403, body: refused},
		exchange{name: "to_many_spread", target: "/buyers?select=...purchases(amount.sum())", status: 403, body: refused},
		exchange{name: "having_of_an_embed", target: "/buyers?select=name,purchases(kind)&purchases.having=(amount.sum().gt.1)", status: 403, body: refused},
		exchange{name: "rows_of_groups", target: "/purchases?select=kind,n:count()&order=n.desc,kind", body: `[{"kind": "book", "n": 2}, {"kind": "film", "n": 2}]`},
		exchange{name: "distinct_rows", target: "/purchases?select=buyer_id&distinct=*&order=buyer_id", send: headers{"Prefer": "count=exact"}, want: headers{"Content-Range": "0-1/2"},
			body: `[{"buyer_id": 1}, {"buyer_id": 3}]`},
		exchange{name: "rows_of_a_to_many_spread", target: "/buyers?select=name,...purchases(n:count())&order=n.desc,name&limit=2", body: `[{"name": "Ada", "n": 3}, {"name": "Mary", "n": 1}]`},
		exchange{name: "count_within_having", target: "/buyers?select=name,purchases!inner()&purchases.having=(count().gte.2)", body: `[{"name": "Ada"}]`},
	)
}
