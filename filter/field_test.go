package filter_test

import (
	"net/url"
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

func TestField(t *testing.T) {
	t.Parallel()
	key := func(k string) filter.Step { return filter.Step{Key: k} }
	text := func(k string) filter.Step { return filter.Step{Key: k, Text: true} }
	index := func(i string) filter.Step { return filter.Step{Key: i, Index: true} }
	tests := []struct {
		name  string
		field string
		want  filter.Field
	}{
		{"letters_digits_underscore_dollar", "aZ_0$", column("aZ_0$")},
		{"digits_only", "123", column("123")},
		{"other_scripts", "موارد", column("موارد")},
		{"spaces_inside", "unit price", column("unit price")},
		{"spaces_around_are_trimmed", "  price ", column("price")},
		{"dashes", "in-stock-now", column("in-stock-now")},
		{"spaces_around_dashes_are_dropped", "in - stock", column("in-stock")},
		{"quoted", `"a.b,(c):d"`, column("a.b,(c):d")},
		{"quoted_with_spaces_around", `" a "`, column(" a ")},
		{"quoted_with_escapes", `"a\"b\\c\d"`, column(`a"b\cd`)},
		{"arrow", "data->a", filter.Field{Name: "data", Path: []filter.Step{key("a")}}},
		{"text_arrow", "data->>a", filter.Field{Name: "data", Path: []filter.Step{text("a")}}},
		{"several_arrows", "data->a->0->>b", filter.Field{Name: "data", Path: []filter.Step{key("a"), index("0"), text("b")}}},
		{"negative_index", "data->-1", filter.Field{Name: "data", Path: []filter.Step{index("-1")}}},
		{"index_as_text", "data->>12", filter.Field{Name: "data", Path: []filter.Step{{Key: "12", Index: true, Text: true}}}},
		{"key_that_begins_with_digits", "data->1a", filter.Field{Name: "data", Path: []filter.Step{key("1a")}}},
		{"key_of_other_characters", "data->!@#$%^&*_a", filter.Field{Name: "data", Path: []filter.Step{key("!@#$%^&*_a")}}},
		{"key_with_dashes", "data->a-b->>c-d", filter.Field{Name: "data", Path: []filter.Step{key("a-b"), text("c-d")}}},
		{"key_with_spaces", "data-> a b ", filter.Field{Name: "data", Path: []filter.Step{key("a b")}}},
		{"quoted_empty_key", `data->""->>""`, filter.Field{Name: "data", Path: []filter.Step{key(""), text("")}}},
		{"quoted_key", `data->"a.b->c"`, filter.Field{Name: "data", Path: []filter.Step{key("a.b->c")}}},
		{"arrow_after_a_dash", "in-stock->a", filter.Field{Name: "in-stock", Path: []filter.Step{key("a")}}},
	}
	for _, tt := range tests {
		t.Run("of_a_filter/"+tt.name, func(t *testing.T) {
			t.Parallel()
			got := where(t, url.QueryEscape(tt.field)+"=eq.1")
			require.Equal(t, root(filter.Condition{Field: tt.want, Value: "1"}), got)
		})
		t.Run("of_select/"+tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := filter.Parse("select="+url.QueryEscape(tt.field), filter.Options{})
			require.NoError(t, err)
			require.Equal(t, []filter.SelectItem{filter.SelectField{Field: tt.want}}, got.Select)
		})
		t.Run("of_order/"+tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := filter.Parse("order="+url.QueryEscape(tt.field), filter.Options{})
			require.NoError(t, err)
			require.Equal(t, []filter.Order{{Terms: []filter.OrderTerm{{Field: tt.want}}}}, got.Order)
		})
	}
}

// A filter by a quoted name is one by the column of that name.
func TestQuoteName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"id": "id", "unit price": "unit price", "in-stock": "in-stock", "価格": "価格", "not": "not", "a$1": "a$1",
		"select": `"select"`, "columns": `"columns"`, "on_conflict": `"on_conflict"`, "order": `"order"`, "and": `"and"`, "or": `"or"`,
		"limit": `"limit"`, "offset": `"offset"`, "a.b": `"a.b"`, "a.order": `"a.order"`, "a->b": `"a->b"`, " a": `" a"`, "a - b": `"a - b"`,
		"*": `"*"`, `a"b\c`: `"a\"b\\c"`, "a)": `"a)"`, "a:b": `"a:b"`, "🎬": `"🎬"`,
	} {
		require.Equal(t, want, filter.QuoteName(name))
		got, err := filter.Parse(url.QueryEscape(want)+"=eq.1", filter.Options{})
		require.NoError(t, err, want)
		require.Equal(t, &filter.Query{Where: []filter.Predicate{root(equals(name, "1"))}}, got)
	}
}
