package filter_test

import (
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

// aggregated is the condition on an aggregate of a column, greater than a value.
func aggregated(name string, aggregate filter.Aggregate, value string) filter.Condition {
	return filter.Condition{Field: column(name), Aggregate: aggregate, Operator: filter.GreaterThan, Value: value}
}

func TestParse_grouping(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		query string
		want  filter.Query
	}{
		{"distinct=*", filter.Query{Distinct: []filter.Distinct{{All: true}}}},
		{`distinct=a, b->>k,"c.d"&r.s.distinct=*`, filter.Query{Distinct: []filter.Distinct{
			{Fields: []filter.Field{column("a"), {Name: "b", Path: []filter.Step{{Text: true, Key: "k"}}}, column("c.d")}},
			{Path: []string{"r", "s"}, All: true},
		}}},
		{`distinct="*"`, filter.Query{Distinct: []filter.Distinct{{Fields: []filter.Field{column("*")}}}}},
		{"having=(a.sum().gt.1)", filter.Query{Having: []filter.Having{{Nodes: []filter.Node{aggregated("a", filter.AggregateSum, "1")}}}}},
		{`r.having=( count().gt.1 , or(a.count(distinct).gt.2,not.and(n.eq.3,b.max().gt."x,y")))`, filter.Query{Having: []filter.Having{{
			Path: []string{"r"}, Nodes: []filter.Node{
				aggregated("", filter.AggregateCount, "1 "),
				filter.Group{Any: true, Nodes: []filter.Node{
					aggregated("a", filter.AggregateCountDistinct, "2"),
					filter.Group{Negated: true, Nodes: []filter.Node{equals("n", "3"), aggregated("b", filter.AggregateMax, "x,y")}},
				}},
			},
		}}}},
		{"order=a.sum().desc.nullslast,count().asc,b.count(distinct),c", filter.Query{Order: []filter.Order{{Terms: []filter.OrderTerm{
			{Field: column("a"), Aggregate: filter.AggregateSum, Direction: filter.Desc, Nulls: filter.NullsLast},
			{Aggregate: filter.AggregateCount, Direction: filter.Asc},
			{Field: column("b"), Aggregate: filter.AggregateCountDistinct},
			{Field: column("c")},
		}}}}},
		{"select=n:a::text.count(distinct)::int", filter.Query{Select: []filter.SelectItem{
			filter.SelectField{Field: column("a"), Alias: "n", Cast: "text", Aggregate: filter.AggregateCountDistinct, AggregateCast: "int"},
		}}},
		// As ever:
		{"distinct=eq.1&r.having=not.is.null", filter.Query{Where: []filter.Predicate{
			root(equals("distinct", "1")),
			{Path: []string{"r"}, Node: filter.Condition{Field: column("having"), Negated: true, Operator: filter.Is}},
		}}},
		{"order=count(distinct)", filter.Query{Order: []filter.Order{{Terms: []filter.OrderTerm{{Field: filter.Field{Name: "distinct", Related: []string{"count"}}}}}}}},
	} {
		got, err := filter.Parse(tt.query, filter.Options{Grouping: true})
		require.NoError(t, err, tt.query)
		require.Equal(t, &tt.want, got, tt.query)
		text, err := got.Encode()
		require.NoError(t, err)
		again, err := filter.Parse(text, filter.Options{Grouping: true})
		require.NoError(t, err, text)
		require.Equal(t, got, again, text)
	}
}

// What the extension adds is an error without it, and what it can't read is one with it. A
// text that has nothing of the extension is refused in the words that clients know.
func TestParse_grouping_faults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ query, without, with string }{
		{"distinct=*", `"failed to parse filter (*)" (line 1, column 1): unexpected "*" expecting "not" or operator (eq, gt, ...)`, ""},
		{"distinct=a,b", `"failed to parse filter (a,b)" (line 1, column 1): unexpected "a" expecting "not" or operator (eq, gt, ...)`, ""},
		{"having=(count().gt.1)", `"failed to parse filter ((count().gt.1))" (line 1, column 1): unexpected "(" expecting "not" or operator (eq, gt, ...)`, ""},
		{"order=a.sum()", `"failed to parse order (a.sum())" (line 1, column 3): unexpected "s" expecting "asc", "desc", "nullsfirst" or "nullslast"`, ""},
		{"order=count()", `"failed to parse order (count())" (line 1, column 6)`, ""},
		{"select=a.count(distinct)", `"failed to parse select parameter (a.count(distinct))" (line 1, column 8): unexpected "d" expecting "()"`, ""},
		{"and=(a.sum().gt.1)", `"failed to parse logic tree ((a.sum().gt.1))" (line 1, column 7)`, `"failed to parse logic tree ((a.sum().gt.1))" (line 1, column 7)`},
		{"select=a.count(distinct),b.x", `"failed to parse select parameter (a.count(distinct),b.x)" (line 1, column 8)`, `"failed to parse select parameter (a.count(distinct),b.x)" (line 1, column 21)`},
		{"order=a.sum().up", `"failed to parse order (a.sum().up)" (line 1, column 3)`, `"failed to parse order (a.sum().up)" (line 1, column 9): unexpected "u" expecting "asc", "desc", "nullsfirst" or "nullslast"`},
		{"order=a.up", `"failed to parse order (a.up)" (line 1, column 3): unexpected "u" expecting "asc", "desc", "nullsfirst" or "nullslast"`,
			`"failed to parse order (a.up)" (line 1, column 3): unexpected "u" expecting "asc", "desc", "nullsfirst" or "nullslast"`},
		{"distinct=a,,b", `"failed to parse filter (a,,b)"`, `"failed to parse distinct parameter (a,,b)" (line 1, column 3): unexpected "," expecting field name (* or [a..z0..9_$])`},
		{"having=(a.sum())", `"failed to parse filter ((a.sum()))"`, `"failed to parse having parameter ((a.sum()))" (line 1, column 9): unexpected ")" expecting delimiter (.)`},
		{"having=(a.sum().gt.1)x", `"failed to parse filter ((a.sum().gt.1)x)"`, `"failed to parse having parameter ((a.sum().gt.1)x)" (line 1, column 15): unexpected 'x' expecting end of input`},
		{"having=count", `"failed to parse filter (count)"`, `"failed to parse having parameter (count)" (line 1, column 1): unexpected "c" expecting "("`},
		{"distinct=", `"failed to parse filter ()"`, `"failed to parse filter ()"`},
	} {
		_, err := filter.Parse(tt.query, filter.Options{})
		require.ErrorContains(t, err, tt.without, tt.query)
		if _, err = filter.Parse(tt.query, filter.Options{Grouping: true}); tt.with == "" {
			require.NoError(t, err, tt.query)
		} else {
			require.ErrorContains(t, err, tt.with, tt.query)
		}
	}
}

// An argument of a function may be called as the parameters are.
func TestParse_grouping_arguments(t *testing.T) {
	t.Parallel()
	got, err := filter.Parse("distinct=a,b&having=(count().gt.1)&order=a.sum()", filter.Options{Grouping: true, Arguments: true})
	require.NoError(t, err)
	require.Equal(t, &filter.Query{
		Arguments: []filter.Argument{{Name: "distinct", Value: "a,b"}, {Name: "having", Value: "(count().gt.1)"}},
		Order:     []filter.Order{{Terms: []filter.OrderTerm{{Field: column("a"), Aggregate: filter.AggregateSum}}}},
	}, got)
}

func TestParse_grouping_limits(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"distinct=a,b,c":                      "more than 2 names in distinct",
		"having=(count().gt.1,or(a.eq.1))":    "more than 2 conditions",
		"having=(count().in.(1,2,3))":         "more than 2 values in a list",
		"order=count(),a.sum(),b":             "more than 2 terms in order",
		"having=(a.eq.1)&having=(or(b.eq.1))": "more than 2 conditions",
	} {
		_, err := filter.Parse(query, filter.Options{Grouping: true, Limits: filter.Limits{Names: 2, Conditions: 2, ListValues: 2, OrderTerms: 2}})
		var exceeded *filter.LimitError
		require.ErrorAs(t, err, &exceeded, query)
		require.EqualError(t, err, want)
	}
}

func TestBindHaving(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		query, sql string
		args       []any
	}{
		{"having=(a.sum().gt.1)", `(sum("t"."a") > ?)`, []any{"1"}},
		{"having=(count().not.in.(1,2),b.count(distinct).is.null)", `(NOT (count(*) = ANY (?)) AND count(DISTINCT "t"."b") IS NULL)`, []any{`{"1","2"}`}},
		{"having=(or(data->>k.max().like.a*,color.min().eq.red))", `((max("t"."data"->>?) LIKE ? OR min("t"."color") = ?))`, []any{"k", "a%", "red"}},
		{"having=(computed.avg().lt.2,total.gt.3)", `(avg("api"."computed"("t", ?)) < ? AND "t"."total" > ?)`, []any{7, "2", "3"}},
	} {
		parsed, err := filter.Parse(tt.query, filter.Options{Grouping: true})
		require.NoError(t, err, tt.query)
		bound, err := filter.BindHaving(parsed.Having[0], typed)
		require.NoError(t, err)
		sql, args, err := bound.ToSql()
		require.NoError(t, err)
		require.Equal(t, tt.sql, sql)
		require.Equal(t, tt.args, args)
	}
	_, err := filter.BindHaving(filter.Having{}, typed)
	require.EqualError(t, err, "filter: bind having: there are no conditions")
	_, err = filter.BindHaving(filter.Having{Nodes: []filter.Node{aggregated("unknown", filter.AggregateSum, "1")}}, typed)
	require.ErrorIs(t, err, errUnknown)
	_, err = filter.BindHaving(filter.Having{Nodes: []filter.Node{aggregated("a", 99, "1")}}, typed)
	require.ErrorContains(t, err, "no such operator, aggregate or value of is")
	_, err = filter.Bind(aggregated("a", filter.AggregateSum, "1"), typed)
	require.EqualError(t, err, `filter: bind condition on "a": it is about an aggregate`)
	_, err = filter.BindOrder(filter.OrderTerm{Field: column("a"), Aggregate: 99}, typed)
	require.EqualError(t, err, `filter: bind "a": there is no Aggregate(99)`)
}

func TestBindOrder_aggregate(t *testing.T) {
	t.Parallel()
	parsed, err := filter.Parse("order=data->k.max().desc,count(),a.count(distinct).asc.nullsfirst", filter.Options{Grouping: true})
	require.NoError(t, err)
	for i, want := range []string{`max("t"."data"->?) DESC`, `count(*)`, `count(DISTINCT "t"."a") ASC NULLS FIRST`} {
		bound, err := filter.BindOrder(parsed.Order[0].Terms[i], typed)
		require.NoError(t, err)
		sql, _, err := bound.ToSql()
		require.NoError(t, err)
		require.Equal(t, want, sql)
	}
}
