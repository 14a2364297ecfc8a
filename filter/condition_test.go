package filter_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

func TestCondition(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		value string
		want  filter.Condition
	}{
		{"equal", "eq.1", filter.Condition{Operator: filter.Equal, Value: "1"}},
		{"not_equal", "neq.1", filter.Condition{Operator: filter.NotEqual, Value: "1"}},
		{"greater_than", "gt.1", filter.Condition{Operator: filter.GreaterThan, Value: "1"}},
		{"greater_than_or_equal", "gte.1", filter.Condition{Operator: filter.GreaterThanOrEqual, Value: "1"}},
		{"less_than", "lt.1", filter.Condition{Operator: filter.LessThan, Value: "1"}},
		{"less_than_or_equal", "lte.1", filter.Condition{Operator: filter.LessThanOrEqual, Value: "1"}},
		{"like", "like.a*", filter.Condition{Operator: filter.Like, Value: "a*"}},
		{"ilike", "ilike.a*", filter.Condition{Operator: filter.ILike, Value: "a*"}},
		{"match", "match.^a", filter.Condition{Operator: filter.Match, Value: "^a"}},
		{"imatch", "imatch.^a", filter.Condition{Operator: filter.IMatch, Value: "^a"}},
		{"is_distinct", "isdistinct.1", filter.Condition{Operator: filter.IsDistinct, Value: "1"}},
		{"contains", "cs.{a}", filter.Condition{Operator: filter.Contains, Value: "{a}"}},
		{"contained", "cd.{a}", filter.Condition{Operator: filter.Contained, Value: "{a}"}},
		{"overlaps", "ov.[1,2]", filter.Condition{Operator: filter.Overlaps, Value: "[1,2]"}},
		{"strictly_left", "sl.[1,2]", filter.Condition{Operator: filter.StrictlyLeft, Value: "[1,2]"}},
		{"strictly_right", "sr.[1,2]", filter.Condition{Operator: filter.StrictlyRight, Value: "[1,2]"}},
		{"not_extends_right", "nxr.[1,2]", filter.Condition{Operator: filter.NotExtendsRight, Value: "[1,2]"}},
		{"not_extends_left", "nxl.[1,2]", filter.Condition{Operator: filter.NotExtendsLeft, Value: "[1,2]"}},
		{"adjacent", "adj.[1,2]", filter.Condition{Operator: filter.Adjacent, Value: "[1,2]"}},
		{"negated", "not.eq.1", filter.Condition{Negated: true, Value: "1"}},
		{"empty_value", "eq.", filter.Condition{}},
		{"value_is_taken_as_it_is", `eq. "a.b,(c)" `, filter.Condition{Value: ` "a.b,(c)" `}},
		{"value_with_line_break", "eq.a\nb", filter.Condition{Value: "a\nb"}},

		{"any", "eq(any).{1,2}", filter.Condition{Quantifier: filter.QuantifierAny, Value: "{1,2}"}},
		{"all", "like(all).{a*,*b}", filter.Condition{Operator: filter.Like, Quantifier: filter.QuantifierAll, Value: "{a*,*b}"}},
		{"negated_any", "not.gt(any).{1,2}", filter.Condition{Negated: true, Operator: filter.GreaterThan, Quantifier: filter.QuantifierAny, Value: "{1,2}"}},

		{"full_text", "fts.cat", filter.Condition{Operator: filter.FTS, Value: "cat"}},
		{"full_text_with_language", "fts(english).cat", filter.Condition{Operator: filter.FTS, Language: "english", Value: "cat"}},
		{"plain_full_text", "plfts.cat", filter.Condition{Operator: filter.PlainFTS, Value: "cat"}},
		{"phrase_full_text", "phfts(german).cat", filter.Condition{Operator: filter.PhraseFTS, Language: "german", Value: "cat"}},
		{"websearch_full_text", "not.wfts(french).cat", filter.Condition{Negated: true, Operator: filter.WebFTS, Language: "french", Value: "cat"}},

		{"is_null", "is.null", filter.Condition{Operator: filter.Is, Is: filter.IsNull}},
		{"is_not_null", "is.not_null", filter.Condition{Operator: filter.Is, Is: filter.IsNotNull}},
		{"is_true", "is.true", filter.Condition{Operator: filter.Is, Is: filter.IsTrue}},
		{"is_false", "is.false", filter.Condition{Operator: filter.Is, Is: filter.IsFalse}},
		{"is_unknown", "is.unknown", filter.Condition{Operator: filter.Is, Is: filter.IsUnknown}},
		{"is_in_capitals", "is.NOT_Null", filter.Condition{Operator: filter.Is, Is: filter.IsNotNull}},

		{"in", "in.(1,2,3)", filter.Condition{Operator: filter.In, List: []string{"1", "2", "3"}}},
		{"in_nothing", "in.()", filter.Condition{Operator: filter.In, List: []string{""}}},
		{"in_empty_elements", "in.(,)", filter.Condition{Operator: filter.In, List: []string{"", ""}}},
		{"in_quoted", `in.("a,b","c)d")`, filter.Condition{Operator: filter.In, List: []string{"a,b", "c)d"}}},
		{"in_quoted_with_escapes", `in.("Quote:\"","Backslash:\\")`, filter.Condition{Operator: filter.In, List: []string{`Quote:"`, `Backslash:\`}}},
		{"in_quotes_inside_of_a_value", `in.(a"b,"c"d)`, filter.Condition{Operator: filter.In, List: []string{`a"b`, `"c"d`}}},
		{"in_spaces_belong_to_values", "in. ( a , b )", filter.Condition{Operator: filter.In, List: []string{"a ", " b "}}},
		{"in_rest_is_ignored", "in.(a)b", filter.Condition{Operator: filter.In, List: []string{"a"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want.Field = column("a")
			require.Equal(t, root(tt.want), where(t, "a="+url.QueryEscape(tt.value)))
		})
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	and := func(nodes ...filter.Node) filter.Group { return filter.Group{Nodes: nodes} }
	or := func(nodes ...filter.Node) filter.Group { return filter.Group{Any: true, Nodes: nodes} }
	not := func(g filter.Group) filter.Group { g.Negated = true; return g }
	a, b := equals("a", "1"), equals("b", "2")
	tests := []struct {
		name  string
		query string
		want  filter.Predicate
	}{
		{"and", "and=(a.eq.1,b.eq.2)", root(and(a, b))},
		{"or", "or=(a.eq.1,b.eq.2)", root(or(a, b))},
		{"not_in_the_name", "not.or=(a.eq.1,b.eq.2)", root(not(or(a, b)))},
		{"nested", "or=(a.eq.1,and(b.eq.2,not.or(a.eq.1)))", root(or(a, and(b, not(or(a)))))},
		{"negated_condition", "and=(a.not.eq.1)", root(and(filter.Condition{Field: column("a"), Negated: true, Value: "1"}))},
		{"spaces_around_brackets_and_commas", "and= ( a.eq.1 ,or ( b.eq.2) )", root(and(equals("a", "1 "), or(b)))},
		{"of_an_embedded_relation", "x.y.or=(a.eq.1)", filter.Predicate{Path: []string{"x", "y"}, Node: or(a)}},
		{"negated_of_an_embedded_relation", "x.not.and=(a.eq.1)", filter.Predicate{Path: []string{"x"}, Node: not(and(a))}},
		{"not_anywhere_in_the_path", "not.x.and=(a.eq.1)", filter.Predicate{Path: []string{"x"}, Node: not(and(a))}},
		{"quoted_value", `or=(a.eq."x,(y)",b.eq.2)`, root(or(equals("a", "x,(y)"), b))},
		{"quotes_inside_of_a_value", `or=(a.eq."x"y)`, root(or(equals("a", `"x"y`)))},
		{"array_with_commas", "or=(a.eq.{x,y},b.eq.2)", root(or(equals("a", "{x,y}"), b))},
		{"nested_arrays_end_at_a_comma", "or=(a.eq.{{x}},b.eq.2)", root(or(equals("a", "{{x}}"), b))},
		{"list", "or=(a.in.(1,2),b.eq.2)", root(or(filter.Condition{Field: column("a"), Operator: filter.In, List: []string{"1", "2"}}, b))},
		{"json_path", "or=(a->>x.eq.1)", root(or(filter.Condition{
			Field: filter.Field{Name: "a", Path: []filter.Step{{Key: "x", Text: true}}}, Value: "1",
		}))},
		{"columns_named_as_operators", "and=(and.eq.1,or.eq.2,not.eq.3)", root(and(equals("and", "1"), equals("or", "2"), equals("not", "3")))},
		{"rest_is_ignored", "or=(a.eq.1)b", root(or(a))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, where(t, tt.query))
		})
	}
}

func TestNestingIsBounded(t *testing.T) {
	t.Parallel()
	nested := func(open, inner string, depth int) string {
		return strings.Repeat(open, depth) + inner + strings.Repeat(")", depth)
	}
	for name, query := range map[string]func(depth int) string{
		"groups": func(depth int) string { return "or=(" + nested("and(", "a.eq.1", depth-1) + ")" },
		"embeds": func(depth int) string { return "select=" + nested("a(", "b", depth) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := filter.Parse(query(100), filter.Options{})
			require.NoError(t, err)
			for _, depth := range []int{101, 100_000} {
				_, err = filter.Parse(query(depth), filter.Options{})
				var parseErr *filter.ParseError
				require.ErrorAs(t, err, &parseErr)
				require.Equal(t, `unexpected "(" expecting at most 100 levels of nesting`, parseErr.Details())
			}
		})
	}
}
