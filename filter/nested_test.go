package filter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/filter"
)

// Names in columns may have others in brackets, at any depth, and are printed as they are read.
func TestParse_nested_columns(t *testing.T) {
	t.Parallel()
	columns := func(names ...string) []string { return names }
	nested := func(path, names []string) filter.NestedColumns { return filter.NestedColumns{Path: path, Names: names} }
	for name, tt := range map[string]struct {
		query, printed string
		columns        []string
		nested         []filter.NestedColumns
	}{
		"plain":    {"columns=a,b", "columns=a,b", columns("a", "b"), nil},
		"brackets": {"columns=a,b(c,d),e", "columns=a,b(c,d),e", columns("a", "b", "e"), []filter.NestedColumns{nested(columns("b"), columns("c", "d"))}},
		"empty":    {"columns=b()", "columns=b()", columns("b"), []filter.NestedColumns{nested(columns("b"), []string{})}},
		"deep": {"columns=b(c(d),e),f(g)", "columns=b(c(d),e),f(g)", columns("b", "f"), []filter.NestedColumns{
			nested(columns("b"), columns("c", "e")), nested(columns("b", "c"), columns("d")), nested(columns("f"), columns("g"))}},
		"in_quotes":      {`columns="a:b!c"(d)`, "columns=%22a:b!c%22(d)", columns("a:b!c"), []filter.NestedColumns{nested(columns("a:b!c"), columns("d"))}},
		"alias_and_hint": {`columns=a:b!c(d!e),f!g`, "columns=%22a:b!c%22(%22d!e%22),%22f!g%22", columns("a:b!c", "f!g"), []filter.NestedColumns{nested(columns("a:b!c"), columns("d!e"))}},
		"repeated":       {"columns=a,b(c,c),b(d),a(e)", "columns=a,b(c)", columns("a", "b"), []filter.NestedColumns{nested(columns("b"), columns("c"))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			query, err := filter.Parse(tt.query, filter.Options{Nested: true})
			require.NoError(t, err)
			require.Equal(t, tt.columns, query.Columns)
			require.Equal(t, tt.nested, query.NestedColumns)
			printed, err := query.Encode()
			require.NoError(t, err)
			require.Equal(t, tt.printed, printed)
			again, err := filter.Parse(printed, filter.Options{Nested: true})
			require.NoError(t, err)
			require.Equal(t, query, again)
			query, err = filter.Parse(tt.query, filter.Options{})
			require.NoError(t, err)
			require.Empty(t, query.NestedColumns, "without the option what follows the first names means nothing")
		})
	}
	for _, query := range []string{"columns=a(", "columns=a(b", "columns=a)", "columns=(a)", "columns=a(b))", `columns=""`, "columns=a(,)", "columns=a(b)c", "columns=a!", "columns=:a", "columns=a:(b)"} {
		_, err := filter.Parse(query, filter.Options{Nested: true})
		var parse *filter.ParseError
		require.ErrorAs(t, err, &parse, query)
	}
	for query, what := range map[string]string{"columns=a(b(c))": "levels of columns", "columns=a,b,c(d)": "names in columns"} {
		_, err := filter.Parse(query, filter.Options{Nested: true, Limits: filter.Limits{EmbedDepth: 1, Names: 3}})
		var limit *filter.LimitError
		require.ErrorAs(t, err, &limit, query)
		require.Equal(t, what, limit.What)
	}
	_, err := (&filter.Query{Columns: columns("a"), NestedColumns: []filter.NestedColumns{nested(columns("b"), columns("c"))}}).Encode()
	require.ErrorContains(t, err, "behind no name")
}

// A relation is read as select has it, and nothing else is one.
func TestParseRelation(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]filter.SelectRelation{
		"lines":              {Relation: "lines"},
		"items:lines":        {Relation: "lines", Alias: "items"},
		"lines!key":          {Relation: "lines", Hint: "key"},
		`i:"a.b"!"c d"!left`: {Relation: "a.b", Alias: "i", Hint: "c d", Join: filter.LeftJoin},
		"lost and found":     {Relation: "lost and found"},
	} {
		got, ok := filter.ParseRelation(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "a.b", "a!", "a!b!c!d", "a(b)", "...a", "a,b", "a::text", "a->b", `"a`, "a()"} {
		_, ok := filter.ParseRelation(text)
		require.False(t, ok, text)
	}
}
