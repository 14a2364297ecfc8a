package filter_test

import (
	"strings"
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

// Each limit allows as many as it says and refuses one more, wherever they are in the query
// string.
func TestLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		limits     filter.Limits
		most, over string
		want       filter.LimitError
	}{
		{"conditions", filter.Limits{Conditions: 3}, "a=eq.1&b.c=eq.2&a=eq.3", "a=eq.1&b.c=eq.2&a=eq.3&d=is.null", filter.LimitError{What: "conditions", Most: 3}},
		{"groups", filter.Limits{Conditions: 4}, "or=(a.eq.1,not.and(b.eq.1))", "or=(a.eq.1,not.and(b.eq.1,c.eq.1))", filter.LimitError{What: "conditions", Most: 4}},
		{"groups_in_groups", filter.Limits{Conditions: 3}, "or=(and(a.eq.1))", "or=(and(and(a.eq.1)))", filter.LimitError{What: "conditions", Most: 3}},
		{"groups_and_conditions", filter.Limits{Conditions: 3}, "a=eq.1&x.or=(b.eq.1)", "a=eq.1&x.or=(b.eq.1)&c=eq.1", filter.LimitError{What: "conditions", Most: 3}},
		{"embeds", filter.Limits{Embeds: 3}, "select=a(b(c)),...d(e)", "select=a(b(c)),...d(e),f()", filter.LimitError{What: "embeds", Most: 3}},
		{"depth", filter.Limits{EmbedDepth: 2}, "select=a(b(c)),d(e())", "select=a(b(c)),d(...e(f()))", filter.LimitError{What: "levels of embeds", Most: 2}},
		{"select_items", filter.Limits{SelectItems: 3}, "select=a,b(c)", "select=a,b(c,d)", filter.LimitError{What: "items in select", Most: 3}},
		{"order_terms", filter.Limits{OrderTerms: 3}, "order=a,b&c.order=d", "order=a,b&c.order=d,e", filter.LimitError{What: "terms in order", Most: 3}},
		{"list", filter.Limits{ListValues: 3}, "a=in.(1,2,3)&b=in.(1,2,3)", "a=in.(1,2,3)&b=in.(1,2,3,4)", filter.LimitError{What: "values in a list", Most: 3}},
		{"list_in_a_group", filter.Limits{ListValues: 2}, "or=(a.in.(1,2),b.in.(1,2))", "or=(a.in.(1,2),b.not.in.(1,2,3))", filter.LimitError{What: "values in a list", Most: 2}},
		{"quantified", filter.Limits{ListValues: 2}, "a=like(any).{x*,y*}", "a=like(any).{x*,y*,z*}", filter.LimitError{What: "values in a list", Most: 2}},
		{"quantified_in_a_group", filter.Limits{ListValues: 2}, "or=(a.eq(all).{1,2})", "or=(a.eq(all).{1,2,3})", filter.LimitError{What: "values in a list", Most: 2}},
		{"other_commas", filter.Limits{ListValues: 2}, "a=eq.1,2,3&or=(b.cs.{1,2,3})", "a=in.(1,2,3)", filter.LimitError{What: "values in a list", Most: 2}},
		{"pages", filter.Limits{Embeds: 2}, "limit=1&a.limit=1&a.offset=1&b.limit=1&offset=1", "a.limit=1&b.offset=1&c.limit=1", filter.LimitError{What: "embeds with a limit or an offset", Most: 2}},
		{"pages_in_quotes", filter.Limits{Embeds: 2}, `"a".limit=1&a.offset=1`, `"a".limit=1&a.offset=1&a."b".limit=1`, filter.LimitError{What: "embeds with a limit or an offset", Most: 2}},
		{"columns", filter.Limits{Names: 2}, "columns=a,b", "columns=a,b,c", filter.LimitError{What: "names in columns", Most: 2}},
		{"on_conflict", filter.Limits{Names: 2}, "on_conflict=a,b&columns=a,b", "on_conflict=a,a,a", filter.LimitError{What: "names in on_conflict", Most: 2}},
		{"arguments", filter.Limits{ListValues: 2}, "a=1&a=2&b=eq.1", "a=1&a=2&b=3", filter.LimitError{What: "arguments", Most: 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			options := filter.Options{Limits: tt.limits, Arguments: tt.name == "arguments"}
			_, err := filter.Parse(tt.most, options)
			require.NoError(t, err)
			parsed, err := filter.Parse(tt.over, options)
			require.Nil(t, parsed)
			require.Equal(t, &tt.want, err)
			_, err = filter.Parse(tt.over, filter.Options{Arguments: options.Arguments})
			require.NoError(t, err, "there is no limit by default")
		})
	}
}

// Reading stops where a limit is exceeded: later errors aren't found.
func TestLimits_stop(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		"a=eq.1&a=eq.2&b=noop", "or=(a.eq.1,b.eq.2,c.noop)", "or=(a.eq.1,and(b.noop))", "or=(a.eq.1,b.eq.2",
	} {
		_, err := filter.Parse(query, filter.Options{Limits: filter.Limits{Conditions: 1}})
		require.Equal(t, &filter.LimitError{What: "conditions", Most: 1}, err, query)
		require.EqualError(t, err, "more than 1 conditions")
	}
	_, err := filter.Parse("a=noop&b=eq.1", filter.Options{Limits: filter.Limits{Conditions: 1}})
	require.ErrorContains(t, err, "failed to parse filter (noop)", "what is wrong doesn't count")
}

// Without any limit, a JSON path still can't have more steps than PostgreSQL is certain to
// take.
func TestParse_steps(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, before, step string }{
		{"filter", "", "->b"},
		{"select", "select=", "->b"},
		{"order", "order=", "->1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := func(steps int) string {
				query := tt.before + "a" + strings.Repeat(tt.step, steps)
				if tt.before == "" {
					query += "=eq.1"
				}
				return query
			}
			_, err := filter.Parse(text(100), filter.Options{})
			require.NoError(t, err)
			_, err = filter.Parse(text(101), filter.Options{})
			require.ErrorContains(t, err, "expecting at most 100 steps")
		})
	}
}
