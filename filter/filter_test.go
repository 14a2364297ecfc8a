package filter_test

import (
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

// column is a condition's field without a JSON path.
func column(name string) filter.Field { return filter.Field{Name: name} }

// equals is the condition name=eq.value.
func equals(name, value string) filter.Condition {
	return filter.Condition{Field: column(name), Value: value}
}

// root puts a node on the root relation.
func root(n filter.Node) filter.Predicate { return filter.Predicate{Node: n} }

// fields selects columns by their names.
func fields(names ...string) []filter.SelectItem {
	items := []filter.SelectItem{}
	for _, name := range names {
		items = append(items, filter.SelectField{Field: column(name)})
	}
	return items
}

func number(n int64) *int64 { return &n }

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		query string
		want  filter.Query
	}{
		{"nothing", "", filter.Query{}},
		{
			"every_part", "select=id,name&id=eq.1&order=id.desc&limit=10&offset=20&columns=id,name&on_conflict=id",
			filter.Query{
				Select:     fields("id", "name"),
				Where:      []filter.Predicate{root(equals("id", "1"))},
				Order:      []filter.Order{{Terms: []filter.OrderTerm{{Field: column("id"), Direction: filter.Desc}}}},
				Pages:      []filter.Page{{Limit: number(10), Offset: number(20)}},
				Columns:    []string{"id", "name"},
				OnConflict: []string{"id"},
			},
		},
		{"constraint", "on_conflict=constraint(one)", filter.Query{OnConflict: []string{"constraint"}, OnConstraint: "one"}},
		{"constraint_in_quotes", `on_conflict=constraint("a.b)")`, filter.Query{OnConflict: []string{"constraint"}, OnConstraint: "a.b)"}},
		{"several_constraints_are_a_column", "on_conflict=constraint(a,b)", filter.Query{OnConflict: []string{"constraint"}}},
		{"columns_and_what_follows", "on_conflict=a,constraint(b)", filter.Query{OnConflict: []string{"a", "constraint"}}},
		{
			"conditions_and_groups_in_the_order_of_the_url", "b=eq.1&or=(x.eq.1)&a=eq.2&b=eq.3",
			filter.Query{Where: []filter.Predicate{
				root(equals("b", "1")),
				root(filter.Group{Any: true, Nodes: []filter.Node{equals("x", "1")}}),
				root(equals("a", "2")),
				root(equals("b", "3")),
			}},
		},
		{
			"path_of_an_embedded_relation", "client.city.name=eq.Rome",
			filter.Query{Where: []filter.Predicate{{Path: []string{"client", "city"}, Node: equals("name", "Rome")}}},
		},
		{
			"dot_in_a_quoted_name", `"information.cpe"=eq.1`,
			filter.Query{Where: []filter.Predicate{root(equals("information.cpe", "1"))}},
		},
		{
			"reserved_names_of_embedded_relations_are_columns", "client.select=eq.1&client.columns=eq.2",
			filter.Query{Where: []filter.Predicate{
				{Path: []string{"client"}, Node: equals("select", "1")},
				{Path: []string{"client"}, Node: equals("columns", "2")},
			}},
		},
		{"parameter_without_a_value_is_ignored", "id&select&order&limit&and&columns", filter.Query{}},
		{"first_select_counts", "select=a&select=b", filter.Query{Select: fields("a")}},
		{"first_select_counts_without_a_value_too", "select&select=b", filter.Query{}},
		{"empty_select_is_not_nil", "select=", filter.Query{Select: fields()}},
		{"first_columns_counts", "columns=a&columns=b", filter.Query{Columns: []string{"a"}}},
		{"repeated_columns_are_one", "columns=a,b,a", filter.Query{Columns: []string{"a", "b"}}},
		{"spaces_around_commas_in_columns", "columns=a , b", filter.Query{Columns: []string{"a", "b"}}},
		{"empty_column", `columns="",a`, filter.Query{Columns: []string{"", "a"}}},
		{"quoted_columns", `columns="a,b",c`, filter.Query{Columns: []string{"a,b", "c"}}},
		{
			"percent_encoding_and_plus", "full%20name=eq.John+%22Q%22%2C%e2%82%ac",
			filter.Query{Where: []filter.Predicate{root(equals("full name", `John "Q",€`))}},
		},
		{
			"malformed_percent_encoding_stays", "a=eq.100%&b=eq.%zz&c=eq.%2",
			filter.Query{Where: []filter.Predicate{
				root(equals("a", "100%")), root(equals("b", "%zz")), root(equals("c", "%2")),
			}},
		},
		{
			"semicolon_separates_too", "a=eq.1;b=eq.2&&c=eq.3&",
			filter.Query{Where: []filter.Predicate{root(equals("a", "1")), root(equals("b", "2")), root(equals("c", "3"))}},
		},
		{
			"value_with_an_equals_sign", "a=eq.b=c",
			filter.Query{Where: []filter.Predicate{root(equals("a", "b=c"))}},
		},
		{
			"name_ends_where_it_is_no_name", "a!b=eq.1",
			filter.Query{Where: []filter.Predicate{root(equals("a", "1"))}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := filter.Parse(tt.query, filter.Options{})
			require.NoError(t, err)
			require.Equal(t, &tt.want, got)
		})
	}
}

func TestParseArguments(t *testing.T) {
	t.Parallel()
	options := filter.Options{Arguments: true}

	t.Run("a_value_that_is_no_filter", func(t *testing.T) {
		t.Parallel()
		got, err := filter.Parse("id=5&id=gt.2&name=a.b&v=&limit=1&path.name=x", options)
		require.NoError(t, err)
		require.Equal(t, &filter.Query{
			Where:     []filter.Predicate{root(filter.Condition{Field: column("id"), Operator: filter.GreaterThan, Value: "2"})},
			Arguments: []filter.Argument{{Name: "id", Value: "5"}, {Name: "name", Value: "a.b"}, {Name: "v", Value: ""}, {Name: "name", Value: "x"}},
			Pages:     []filter.Page{{Limit: number(1)}},
		}, got)
	})

	t.Run("a_value_that_begins_as_a_filter_has_to_be_one", func(t *testing.T) {
		t.Parallel()
		for _, query := range []string{"a=not.me", "a=in.stock", "a=is.it"} {
			_, err := filter.Parse(query, options)
			require.ErrorContains(t, err, "failed to parse filter", query)
		}
	})

	t.Run("for_the_parameter_without_a_name", func(t *testing.T) {
		t.Parallel()
		got, err := filter.Parse(`""=a.b`, options)
		require.NoError(t, err)
		require.Equal(t, &filter.Query{Arguments: []filter.Argument{{Name: "", Value: "a.b"}}}, got)
	})

	t.Run("groups_have_to_be_groups", func(t *testing.T) {
		t.Parallel()
		_, err := filter.Parse("or=5", options)
		require.ErrorContains(t, err, "failed to parse logic tree (5)")
	})
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, query, want string }{
		{"nothing", "", ""},
		{"sorted_by_name", "a&c=3&b=2", "a=&b=2&c=3"},
		{"order_of_one_name_is_kept", "b=2&a=gt.9&a=lt.1", "a=gt.9&a=lt.1&b=2"},
		{"encoded_alike", "b=%61+b&a=x%2Cy,z", "a=x%2Cy%2Cz&b=a%20b"},
		{"unreserved_characters_stay", "a=-_.~Az09", "a=-_.~Az09"},
		{"beyond_ascii", "a=%e2%82%ac", "a=%E2%82%AC"},
		{"empty_parameters_are_dropped", "&a=1&&", "a=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, filter.Canonical(tt.query))
		})
	}
}

// where parses a query string that has one predicate.
func where(t *testing.T, query string) filter.Predicate {
	t.Helper()
	parsed, err := filter.Parse(query, filter.Options{})
	require.NoError(t, err)
	require.Len(t, parsed.Where, 1)
	return parsed.Where[0]
}

// update has names where it may, and its value is no filter.
func TestParse_update(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		query string
		want  filter.Query
	}{
		{"update=a,b", filter.Query{Update: []string{"a", "b"}}},
		{`update="eq.1",a,a`, filter.Query{Update: []string{"eq.1", "a"}}},
		{"update=eq.1", filter.Query{Where: []filter.Predicate{root(equals("update", "1"))}}},
		{"update=not.eq.1&update=a&update=b", filter.Query{Update: []string{"a"}, Where: []filter.Predicate{
			root(filter.Condition{Field: column("update"), Negated: true, Operator: filter.Equal, Value: "1"}),
		}}},
	} {
		got, err := filter.Parse(tt.query, filter.Options{Update: true})
		require.NoError(t, err, tt.query)
		require.Equal(t, &tt.want, got, tt.query)
		_, err = filter.Parse("update=", filter.Options{Update: true})
		require.ErrorContains(t, err, "failed to parse filter ()")
		_, err = filter.Parse("update=a", filter.Options{})
		require.ErrorContains(t, err, "failed to parse filter (a)")
		if got.Update != nil && got.Where == nil {
			text, err := got.Encode()
			require.NoError(t, err)
			again, err := filter.Parse(text, filter.Options{Update: true})
			require.NoError(t, err, text)
			require.Equal(t, got, again, text)
		}
	}
}

// A token is taken where no filter can be meant: every filter has a dot, and no token has.
func TestParse_pages(t *testing.T) {
	t.Parallel()
	pages := filter.Options{Pages: true}
	for _, tt := range []struct {
		query string
		want  filter.Query
	}{
		{"after=WyJ-IiwtXQ", filter.Query{After: "WyJ-IiwtXQ"}},
		{"before=WyJ_&before=x&after=y", filter.Query{Before: "WyJ_", After: "y"}},
		{"after=null", filter.Query{After: "null"}},
		{"after=gt.1", filter.Query{Where: []filter.Predicate{root(filter.Condition{Field: column("after"), Operator: filter.GreaterThan, Value: "1"})}}},
		{"before=in.(1,2)&before=x", filter.Query{Before: "x", Where: []filter.Predicate{
			root(filter.Condition{Field: column("before"), Operator: filter.In, List: []string{"1", "2"}}),
		}}},
	} {
		got, err := filter.Parse(tt.query, pages)
		require.NoError(t, err, tt.query)
		require.Equal(t, &tt.want, got, tt.query)
		text, err := got.Encode()
		require.NoError(t, err)
		again, err := filter.Parse(text, pages)
		require.NoError(t, err, text)
		require.Equal(t, got, again, text)
	}
	for _, refused := range []string{"after=", "r.after=x", "after->a=x", `"after"=x`} {
		_, err := filter.Parse(refused, pages)
		require.ErrorContains(t, err, "failed to parse filter", refused)
	}
	for _, name := range []string{"after", "before"} {
		_, err := filter.Parse(name+"=WyJ", filter.Options{})
		require.ErrorContains(t, err, "failed to parse filter (WyJ)")
	}
	_, err := (&filter.Query{After: "eq.1"}).Encode()
	require.ErrorContains(t, err, "is read as a filter")
}
