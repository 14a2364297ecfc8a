package query_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// repeated puts n times text around and behind what is in the middle.
func repeated(n int, before, middle, behind string) string {
	return strings.Repeat(before, n) + middle + strings.Repeat(behind, n)
}

// A request of twice the size makes SQL of about twice the size, and in no more
// than a moment, however its parts repeat: a client pays for what it asks.
func TestBuild_size(t *testing.T) {
	t.Parallel()
	// atEachLevel gives a parameter to each level of embeds.
	atEachLevel := func(levels int, relation, parameter string) string {
		var b strings.Builder
		path := ""
		for range levels {
			b.WriteString("&" + path + parameter)
			path += relation + "."
		}
		return b.String()
	}
	const widest = 1600 // less than what PostgreSQL, and so the planner, refuses
	planner := plan.New(schema(t, "archive"), config)
	for _, tt := range []struct {
		name string
		n    int // of which 2n is allowed
		make func(n int) string
	}{
		{"columns", widest / 2, func(n int) string { return "select=" + repeated(n, "id,", "id", "") }},
		{"filters", 10000, func(n int) string { return repeated(n, "id=eq.1&", "id=eq.1", "") }},
		{"group_with_embeds", 10000, func(n int) string {
			return "select=roles()&or=(" + repeated(n, "roles.is.null,id.eq.1,", "id.eq.1", ")")
		}},
		{"order", widest / 2, func(n int) string { return "order=" + repeated(n, "id,", "id", "") }},
		{"groups_of_an_aggregate", widest / 2, func(n int) string { return "select=count()," + repeated(n, "id,", "id", "") }},
		{"embeds", widest / 2, func(n int) string { return "select=" + repeated(n, "roles(billing),", "id", "") }},
		{"spreads", widest / 4, func(n int) string { return "select=" + repeated(n, "...directors(name),...films(id),", "id", "") }},
		{"orders_by_an_embed", widest / 2, func(n int) string { return "select=directors()&order=" + repeated(n, "directors(name),", "id", "") }},
		{"nested_embeds", 20, func(n int) string { return "select=" + repeated(n, "films(id,", "id", ")") }},
		{"nested_inner_embeds", 20, func(n int) string { return "select=" + repeated(n, "films!inner(", "", ")") }},
		{"nested_inner_embeds_with_columns", 20, func(n int) string {
			return "select=" + repeated(n, "films!inner(id,", "id", ")") + atEachLevel(n, "films", "films.id=eq.1")
		}},
		{"null_filters_at_each_level", 10, func(n int) string {
			return "select=" + repeated(n, "films(", "", ")") + atEachLevel(n, "films", "or=(films.is.null,films.is.null,films.not.is.null)")
		}},
		{"null_filters_and_inner_at_each_level", 10, func(n int) string {
			return "select=" + repeated(n, "films!inner(", "", ")") + atEachLevel(n, "films", "or=(films.not.is.null,id.eq.1)")
		}},
		{"orders_at_each_level", 10, func(n int) string {
			return "select=" + repeated(n, "sequel_of(id,title,", "id", ")") + atEachLevel(n, "sequel_of", "order=sequel_of(id),sequel_of(title),sequel_of(id),sequel_of(year)")
		}},
		{"conditions_about_a_related_row", 5000, func(n int) string {
			return "select=directors()&or=(" + repeated(n, "directors(name).eq.x,directors.is.null,", "id.eq.1", ")")
		}},
		{"conditions_about_related_rows", 200, func(n int) string {
			return "select=roles()&or=(" + repeated(n, "roles(billing).eq.1,", "id.eq.1", ")")
		}},
		{"conditions_about_related_rows_at_each_level", 10, func(n int) string {
			return "select=" + repeated(n, "sequel_of!inner(", "", ")") +
				atEachLevel(n, "sequel_of", "or=(sequel_of(id).eq.1,sequel_of(title).eq.x,sequel_of.is.null,sequel_of.not.is.null)")
		}},
		{"order_by_the_deepest_row", 20, func(n int) string {
			return "select=" + repeated(n, "sequel_of(id,", "id", ")") + "&order=" + repeated(n, "sequel_of(", "id", ")") + "&and=(" + repeated(n, "sequel_of(", "id", ")") + ".eq.1)"
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			size := func(n int) float64 {
				program := build(t, planner, "archive", "GET", "/films?"+strings.ReplaceAll(tt.make(n), ",)", ")"), "", "Prefer: count=exact")
				return float64(len(program.Main.SQL) + len(program.Count.SQL))
			}
			require.Less(t, size(2*tt.n), 2.5*size(tt.n))
		})
	}
}

// BenchmarkBuild renders plans that are there already, and, at last, one that is
// large beyond all reason.
func BenchmarkBuild(b *testing.B) {
	planner := plan.New(schema(b, "archive"), config)
	for _, bm := range []struct{ name, target string }{
		{"plain", "/films?select=id,title&year=gt.1960&order=title&limit=10"},
		{"embed", "/films?select=id,title,directors(name)&year=gt.1960&order=title&limit=10"},
		{"three_levels", "/directors?select=id,name,films(id,title,roles(character,actors(name)))&films.year=gt.1960&films.roles.order=billing"},
		{"ten_thousand_filters", "/films?" + repeated(10000, "id=eq.1&", "id=eq.1", "")},
	} {
		b.Run(bm.name, func(b *testing.B) {
			planned, _, err := tryPlan(planner, "archive", "GET", bm.target, "")
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				query.Build(planned)
			}
		})
	}
}

// Of many embeds PostgreSQL chooses the order of the first eight.
func TestBuild_fenced(t *testing.T) {
	t.Parallel()
	planner := plan.New(schema(t, "archive"), config)
	for name, tt := range map[string]struct {
		target string
		fences int
	}{
		"eight":     {"/films?select=" + repeated(8, "directors(id),", "id", ""), 0},
		"to_one":    {"/films?select=" + repeated(11, "directors(id),", "id", ""), 3},
		"spread":    {"/films?select=" + repeated(11, "...directors(id),", "id", ""), 3},
		"to_many":   {"/directors?select=" + repeated(11, "films(id),", "id", ""), 0}, // are apart by themselves
		"existence": {"/directors?select=" + repeated(11, "films!inner(),", "id", ""), 3},
		"nested":    {"/films?select=" + repeated(9, "directors(films(id)),", "id", ""), 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := build(t, planner, "archive", "GET", tt.target, "")
			require.Equal(t, tt.fences, strings.Count(program.Main.SQL, "OFFSET 0)"), program.Main.SQL)
		})
	}
}
