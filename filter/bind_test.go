package filter_test

import (
	"errors"
	"testing"

	"github.com/Masterminds/squirrel"
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/stretchr/testify/require"
)

// quoting resolves every field to the column of its name.
var quoting = filter.ResolverFunc(func(f filter.Field) (filter.Operand, error) {
	return filter.Operand{SQL: sqlfrag.Ident(f.Name)}, nil
})

// typed resolves the columns of a table that has one of every kind.
var typed = filter.ResolverFunc(func(f filter.Field) (filter.Operand, error) {
	operand := filter.Operand{SQL: sqlfrag.Qualified("t", f.Name)}
	switch f.Name {
	case "data":
		operand.JSON = true
	case "vector":
		operand.TSVector = true
	case "color":
		operand.Parse = `"api"."color"`
	case "computed":
		operand = filter.Operand{SQL: `"api"."computed"("t", ?)`, Args: []any{7}}
	case "unknown":
		return filter.Operand{}, errUnknown
	}
	return operand, nil
})

var errUnknown = errors.New("no such column")

func TestBind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		query string
		sql   string
		args  []any
	}{
		{"equal", "a=eq.1", `"t"."a" = ?`, []any{"1"}},
		{"not_equal", "a=neq.1", `"t"."a" <> ?`, []any{"1"}},
		{"greater_than", "a=gt.1", `"t"."a" > ?`, []any{"1"}},
		{"greater_than_or_equal", "a=gte.1", `"t"."a" >= ?`, []any{"1"}},
		{"less_than", "a=lt.1", `"t"."a" < ?`, []any{"1"}},
		{"less_than_or_equal", "a=lte.1", `"t"."a" <= ?`, []any{"1"}},
		{"like_has_stars", "a=like.*x%25*", `"t"."a" LIKE ?`, []any{"%x%%"}},
		{"ilike_has_stars", "a=ilike.*x", `"t"."a" ILIKE ?`, []any{"%x"}},
		{"match_has_no_stars", "a=match.^x*", `"t"."a" ~ ?`, []any{"^x*"}},
		{"imatch", "a=imatch.^x", `"t"."a" ~* ?`, []any{"^x"}},
		{"is_distinct", "a=isdistinct.1", `"t"."a" IS DISTINCT FROM ?`, []any{"1"}},
		{"contains", "a=cs.{x}", `"t"."a" @> ?`, []any{"{x}"}},
		{"contained", "a=cd.{x}", `"t"."a" <@ ?`, []any{"{x}"}},
		{"overlaps", "a=ov.{x}", `"t"."a" && ?`, []any{"{x}"}},
		{"strictly_left", "a=sl.x", `"t"."a" << ?`, []any{"x"}},
		{"strictly_right", "a=sr.x", `"t"."a" >> ?`, []any{"x"}},
		{"not_extends_right", "a=nxr.x", `"t"."a" &< ?`, []any{"x"}},
		{"not_extends_left", "a=nxl.x", `"t"."a" &> ?`, []any{"x"}},
		{"adjacent", "a=adj.x", `"t"."a" -|- ?`, []any{"x"}},
		{"negated", "a=not.eq.1", `NOT ("t"."a" = ?)`, []any{"1"}},

		{"is_null", "a=is.null", `"t"."a" IS NULL`, nil},
		{"is_not_null", "a=is.not_null", `"t"."a" IS NOT NULL`, nil},
		{"is_true", "a=is.true", `"t"."a" IS TRUE`, nil},
		{"is_false", "a=is.false", `"t"."a" IS FALSE`, nil},
		{"is_unknown", "a=not.is.unknown", `NOT ("t"."a" IS UNKNOWN)`, nil},

		{"any", "a=eq(any).{1,2}", `"t"."a" = ANY (?)`, []any{"{1,2}"}},
		{"all_with_stars", "a=like(all).{x*,*y}", `"t"."a" LIKE ALL (?)`, []any{"{x%,%y}"}},

		{"in", "a=in.(1,2)", `"t"."a" = ANY (?)`, []any{`{"1","2"}`}},
		{"in_escapes", `a=in.(x"y,\,{,NULL)`, `"t"."a" = ANY (?)`, []any{`{"x\"y","\\","{","NULL"}`}},
		{"in_nothing", "a=in.()", `"t"."a" = ANY ('{}')`, nil},
		{"not_in", "a=not.in.(1)", `NOT ("t"."a" = ANY (?))`, []any{`{"1"}`}},

		{"full_text", "a=fts.cat", `to_tsvector("t"."a") @@ to_tsquery(?)`, []any{"cat"}},
		{"full_text_with_language", "a=plfts(english).cat", `to_tsvector(?, "t"."a") @@ plainto_tsquery(?, ?)`, []any{"english", "english", "cat"}},
		{"full_text_of_a_tsvector", "vector=phfts.cat", `"t"."vector" @@ phraseto_tsquery(?)`, []any{"cat"}},
		{"full_text_of_a_tsvector_with_language", "vector=wfts(english).cat", `"t"."vector" @@ websearch_to_tsquery(?, ?)`, []any{"english", "cat"}},
		{"full_text_of_json", "data->>x=fts.cat", `to_tsvector("t"."data"->>?) @@ to_tsquery(?)`, []any{"x", "cat"}},

		{"json", "data->x->>y=eq.1", `"t"."data"->?->>? = ?`, []any{"x", "y", "1"}},
		{"json_index", "data->-1=eq.1", `"t"."data"->?::int = ?`, []any{"-1", "1"}},
		{"json_of_another_type", "a->>x=eq.1", `to_jsonb("t"."a")->>? = ?`, []any{"x", "1"}},

		{"parsed", "color=eq.red", `"t"."color" = "api"."color"(?)`, []any{"red"}},
		{"parsed_in", "color=in.(red,blue)", `"t"."color" = ANY (SELECT "api"."color"(unnest(?::text[])))`, []any{`{"red","blue"}`}},
		{"parsed_any", "color=eq(any).{red}", `"t"."color" = ANY (SELECT "api"."color"(unnest(?::text[])))`, []any{"{red}"}},
		{"patterns_are_not_parsed", "color=like.r*", `"t"."color" LIKE ?`, []any{"r%"}},
		{"expressions_are_not_parsed", "color=match.r", `"t"."color" ~ ?`, []any{"r"}},
		{"values_in_json_are_not_parsed", "color->>x=eq.1", `to_jsonb("t"."color")->>? = ?`, []any{"x", "1"}},

		{"arguments_of_the_operand_come_first", "computed->x=eq.1", `to_jsonb("api"."computed"("t", ?))->? = ?`, []any{7, "x", "1"}},
		{"question_mark_in_a_name", `"ok?"=eq.1`, `"t"."ok??" = ?`, []any{"1"}},
		{"quote_in_a_name", `"a\"b"=eq.1`, `"t"."a""b" = ?`, []any{"1"}},
		{"question_mark_in_a_value", "a=eq.?", `"t"."a" = ?`, []any{"?"}},

		{"and", "and=(a.eq.1,b.eq.2)", `("t"."a" = ? AND "t"."b" = ?)`, []any{"1", "2"}},
		{"or", "or=(a.eq.1,b.not.eq.2)", `("t"."a" = ? OR NOT ("t"."b" = ?))`, []any{"1", "2"}},
		{"nested", "not.and=(a.eq.1,not.or(b.eq.2,c.is.null))", `NOT ("t"."a" = ? AND NOT ("t"."b" = ? OR "t"."c" IS NULL))`, []any{"1", "2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			bound, err := filter.Bind(where(t, tt.query).Node, typed)
			require.NoError(t, err)
			requireSQL(t, tt.sql, tt.args, bound)
		})
	}
}

func TestBindGroupOfNothing(t *testing.T) {
	t.Parallel()
	for sql, group := range map[string]filter.Group{"(TRUE)": {}, "(FALSE)": {Any: true}, "NOT (FALSE)": {Any: true, Negated: true}} {
		bound, err := filter.Bind(group, typed)
		require.NoError(t, err)
		requireSQL(t, sql, nil, bound)
	}
}

func TestBindEqualShapes(t *testing.T) {
	t.Parallel()
	one, err := filter.Bind(where(t, "or=(a.in.(1),data->x.eq.1)").Node, typed)
	require.NoError(t, err)
	other, err := filter.Bind(where(t, "or=(a.in.(4,5,6),data->y.eq.2)").Node, typed)
	require.NoError(t, err)
	oneSQL, _, _ := one.ToSql()
	otherSQL, _, _ := other.ToSql()
	require.Equal(t, oneSQL, otherSQL)
}

func TestBindFails(t *testing.T) {
	t.Parallel()

	t.Run("where_the_resolver_does", func(t *testing.T) {
		t.Parallel()
		field := column("unknown")
		_, err := filter.Bind(filter.Group{Nodes: []filter.Node{equals("a", "1"), filter.Condition{Field: field}}}, typed)
		require.ErrorIs(t, err, errUnknown)
		_, err = filter.BindField(field, typed)
		require.ErrorIs(t, err, errUnknown)
		_, err = filter.BindOrder(filter.OrderTerm{Field: field}, typed)
		require.ErrorIs(t, err, errUnknown)
	})

	t.Run("on_nodes_that_are_no_query", func(t *testing.T) {
		t.Parallel()
		for _, n := range []filter.Node{nil, &filter.Group{}, filter.Condition{Operator: 99}, filter.Condition{Operator: filter.Is, Is: 99}} {
			_, err := filter.Bind(n, typed)
			require.ErrorContains(t, err, "filter: bind")
		}
	})
}

func TestBindField(t *testing.T) {
	t.Parallel()
	bound, err := filter.BindField(column("a"), typed)
	require.NoError(t, err)
	requireSQL(t, `"t"."a"`, nil, bound)

	bound, err = filter.BindField(filter.Field{Name: "data", Path: []filter.Step{{Key: "a"}, {Key: "0", Index: true, Text: true}}}, typed)
	require.NoError(t, err)
	requireSQL(t, `"t"."data"->?->>?::int`, []any{"a", "0"}, bound)
}

func TestBindOrder(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		term filter.OrderTerm
		sql  string
		args []any
	}{
		{"column", filter.OrderTerm{Field: column("a")}, `"t"."a"`, nil},
		{"ascending", filter.OrderTerm{Field: column("a"), Direction: filter.Asc}, `"t"."a" ASC`, nil},
		{"descending_nulls_last", filter.OrderTerm{Field: column("a"), Direction: filter.Desc, Nulls: filter.NullsLast}, `"t"."a" DESC NULLS LAST`, nil},
		{"nulls_first", filter.OrderTerm{Field: column("a"), Nulls: filter.NullsFirst}, `"t"."a" NULLS FIRST`, nil},
		{
			"json", filter.OrderTerm{Field: filter.Field{Name: "a", Path: []filter.Step{{Key: "x"}}}, Direction: filter.Desc},
			`to_jsonb("t"."a")->? DESC`, []any{"x"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			bound, err := filter.BindOrder(tt.term, typed)
			require.NoError(t, err)
			requireSQL(t, tt.sql, tt.args, bound)
		})
	}
}

// requireSQL checks what a Sqlizer gives.
func requireSQL(t *testing.T, sql string, args []any, s squirrel.Sqlizer) {
	t.Helper()
	gotSQL, gotArgs, err := s.ToSql()
	require.NoError(t, err)
	require.Equal(t, sql, gotSQL)
	require.Equal(t, args, gotArgs)
}
