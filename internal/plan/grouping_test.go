package plan_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// PostgreSQL's rules for the order of distinct rows are checked beforehand: an order begins
// with what DISTINCT ON has, in whatever order, and with DISTINCT it has nothing that isn't
// shown.
func TestBuild_distinct_orders(t *testing.T) {
	t.Parallel()
	planner := plan.New(archive(), plan.Config{Aggregates: true})
	notShown := func(term string) *apierror.Error { return apierror.DistinctOrder(term) }
	for _, tt := range []struct {
		query string
		want  *apierror.Error // nil for none
	}{
		{"select=title,year&distinct=*&order=year,title.desc", nil},
		{"select=t:title&distinct=*&order=t", nil},
		{"select=t:title&distinct=*&order=title", nil},
		{"distinct=*&order=rating", nil},
		{"select=title&distinct=*&order=year", notShown("year")},
		{"select=year::text&distinct=*&order=year", notShown("year")},
		{"select=y:year::text&distinct=*&order=y", nil},
		{"select=title,...directors(name)&distinct=*&order=directors(name)", nil},
		{"select=title,...directors(name)&distinct=*&order=directors(born)", notShown("directors(born)")},
		{"select=title,directors(name)&distinct=*&order=directors(name)", notShown("directors(name)")},
		{"select=year,count()&distinct=*&order=count()", nil},
		{"select=year&distinct=*&order=rating.sum()", notShown("rating.sum()")},
		{"select=title&distinct=year", nil},
		{"select=title&distinct=year&order=year,title", nil},
		{"select=title&distinct=year,title&order=title.desc,year,rating", nil},
		{"select=title&distinct=year,title&order=title", nil},
		{"select=title&distinct=year,title&order=title,rating", apierror.DistinctFirst("rating", []string{"year", "title"})},
		{"select=title&distinct=year&order=title,year", apierror.DistinctFirst("title", []string{"year"})},
		{"select=y:year&distinct=year&order=y,title", nil},
		{"select=y:year&distinct=y&order=year,title", nil},
		{"select=title&distinct=year,year&order=year,title", nil},
		{"select=info->>a&distinct=info->>a&order=info->>a,title", nil},
		{"select=title&distinct=info->>a", apierror.DistinctNotShown("info->>a")},
		{"select=year,count()&distinct=title", apierror.DistinctNotShown("title")},
		{"select=year,n:count()&distinct=n&order=n,year", nil},
		{"select=n:count()&having=(title.eq.x)", apierror.HavingNoAggregate("title")},
		{"select=n:year&having=(n.eq.1)", apierror.HavingNoAggregate("n")},
		{"select=n:count()&having=(n->a.eq.1)", apierror.HavingNoAggregate("n->a")},
		{"select=" + strings.Repeat("title,", 3) + "year&distinct=" + strings.Repeat("title,", 2000) + "year", apierror.TooManyEntries(1664)},
	} {
		_, err := planner.Build(request(t, http.MethodGet, "/films?"+tt.query))
		if tt.want == nil {
			require.NoError(t, err, tt.query)
			continue
		}
		require.Equal(t, tt.want, err, tt.query)
	}
}
