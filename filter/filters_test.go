package filter_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/Masterminds/squirrel"
	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

func cast(name, to string) filter.Field { return filter.Field{Name: name, Cast: to} }

func related(name string, relations ...string) filter.Field {
	return filter.Field{Name: name, Related: relations}
}

func TestParse_filters(t *testing.T) {
	t.Parallel()
	path := []filter.Step{{Key: "b"}, {Key: "c", Text: true}}
	where := func(predicates ...filter.Predicate) filter.Query { return filter.Query{Where: predicates} }
	order := func(terms ...filter.OrderTerm) filter.Query {
		return filter.Query{Order: []filter.Order{{Terms: terms}}}
	}
	for _, tt := range []struct {
		query string
		want  filter.Query
	}{
		{"id::text=ilike.*4*", where(root(filter.Condition{Field: cast("id", "text"), Operator: filter.ILike, Value: "*4*"}))},
		{"r.s.id::text=eq.4", where(filter.Predicate{Path: []string{"r", "s"}, Node: filter.Condition{Field: cast("id", "text"), Value: "4"}})},
		{"a->b->>c::double precision=gt.4", where(root(filter.Condition{Field: filter.Field{Name: "a", Path: path, Cast: "double precision"}, Operator: filter.GreaterThan, Value: "4"}))},
		{"or=(id::text.not.ilike.*4*,a->b->>c::int.eq.1)", where(root(filter.Group{Any: true, Nodes: []filter.Node{
			filter.Condition{Field: cast("id", "text"), Negated: true, Operator: filter.ILike, Value: "*4*"},
			filter.Condition{Field: filter.Field{Name: "a", Path: path, Cast: "int"}, Value: "1"},
		}}))},
		{"client(name)=eq.x", where(root(filter.Condition{Field: related("name", "client"), Value: "x"}))},
		{`r.product( country("the name" ))=eq.x`, where(filter.Predicate{Path: []string{"r"}, Node: filter.Condition{Field: related("the name", "product", "country"), Value: "x"}})},
		{`and=(product(country(a->b->>c::int)).not.is.null, "and"(x).eq.1,or(y.eq.1))`, where(root(filter.Group{Nodes: []filter.Node{
			filter.Condition{Field: filter.Field{Name: "a", Path: path, Cast: "int", Related: []string{"product", "country"}}, Negated: true, Operator: filter.Is},
			filter.Condition{Field: related("x", "and"), Value: "1"},
			filter.Group{Any: true, Nodes: []filter.Node{equals("y", "1")}},
		}}))},
		{"data=jsonpath.$.a ? (@ > 1)", where(root(filter.Condition{Field: column("data"), Operator: filter.JSONPathExists, Value: "$.a ? (@ > 1)"}))},
		{`or=(data.not.jsonmatch."$.a == \"x\"",data.jsonpath.$)`, where(root(filter.Group{Any: true, Nodes: []filter.Node{
			filter.Condition{Field: column("data"), Negated: true, Operator: filter.JSONPathMatch, Value: `$.a == "x"`},
			filter.Condition{Field: column("data"), Operator: filter.JSONPathExists, Value: "$"},
		}}))},
		{"order=name.ci,a->b->>c.ci.desc.nullslast,id::text.asc,client(name).ci,product(country(id::text)).ci.nullsfirst,ci", order(
			filter.OrderTerm{Field: column("name"), IgnoreCase: true},
			filter.OrderTerm{Field: filter.Field{Name: "a", Path: path}, IgnoreCase: true, Direction: filter.Desc, Nulls: filter.NullsLast},
			filter.OrderTerm{Field: cast("id", "text"), Direction: filter.Asc},
			filter.OrderTerm{Field: related("name", "client"), IgnoreCase: true},
			filter.OrderTerm{Field: filter.Field{Name: "id", Cast: "text", Related: []string{"product", "country"}}, IgnoreCase: true, Nulls: filter.NullsFirst},
			filter.OrderTerm{Field: column("ci")},
		)},
		// In the name of a parameter what is behind a field means nothing, unless it is all of this:
		{"id::=eq.1&id::text!=eq.2&id:text=eq.3&client(name=eq.4&client(name)x=eq.5&client(a::)=eq.6&a->b(c)=eq.7", where(
			root(equals("id", "1")), root(equals("id", "2")), root(equals("id", "3")), root(equals("client", "4")), root(equals("client", "5")), root(equals("client", "6")),
			root(filter.Condition{Field: filter.Field{Name: "a", Path: path[:1]}, Value: "7"}),
		)},
	} {
		requireParsed(t, tt.query, filter.Options{Filters: true, Grouping: true}, &tt.want)
	}
}

// requireParsed has a query be read as one, which is written as one that is read as it again.
func requireParsed(t *testing.T, query string, options filter.Options, want *filter.Query) {
	t.Helper()
	got, err := filter.Parse(query, options)
	require.NoError(t, err, query)
	require.Equal(t, want, got, query)
	text, err := got.Encode()
	require.NoError(t, err)
	again, err := filter.Parse(text, options)
	require.NoError(t, err, text)
	require.Equal(t, got, again, text)
}

// To PostgREST all of it is wrong, but for what stands behind a field in the name of a
// parameter, which it overlooks.
func TestParse_without_filters(t *testing.T) {
	t.Parallel()
	for query, details := range map[string]string{
		"or=(id::text.ilike.*4*)":      `unexpected ":" expecting letter, digit, "-", "->>", "->" or delimiter (.)`,
		"or=(client(name).eq.x)":       `unexpected "(" expecting letter, digit, "-", "->>", "->" or delimiter (.)`,
		"data=jsonpath.$":              `unexpected "j" expecting "not" or operator (eq, gt, ...)`,
		"or=(data.jsonmatch.$)":        `unexpected "j" expecting "not" or operator (eq, gt, ...)`,
		"order=name.ci":                `unexpected "c" expecting "asc", "desc", "nullsfirst" or "nullslast"`,
		"order=id::text":               `unexpected ':' expecting letter, digit, "-", "->>", "->", delimiter (.), "," or end of input`,
		"order=product(country(name))": `unexpected '(' expecting letter, digit, "-", "->>", "->", delimiter (.), "," or end of input`,
	} {
		_, err := filter.Parse(query, filter.Options{})
		var parseErr *filter.ParseError
		require.ErrorAs(t, err, &parseErr, query)
		require.Equal(t, details, parseErr.Details(), query)
	}
	got, err := filter.Parse("id::text=eq.5&client(name)=eq.x", filter.Options{})
	require.NoError(t, err)
	require.Equal(t, []filter.Predicate{root(equals("id", "5")), root(equals("client", "x"))}, got.Where)
}

// Whoever makes a mistake in the grammar of PostgREST reads what PostgREST says.
func TestParse_filters_errors(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"or=(a.foo.1)", "order=a.foo", "order=a(b", "or=(a(b.eq.1)", "a=foo.1", "or=(a.eq.1", "order=a:b"} {
		_, want := filter.Parse(query, filter.Options{})
		_, got := filter.Parse(query, filter.Options{Filters: true})
		require.Error(t, want)
		require.Equal(t, want, got, query)
	}
	for query, message := range map[string]string{
		"or=(id::text)":     `"failed to parse logic tree ((id::text))" (line 1, column 12): unexpected ")" expecting letter, digit or delimiter (.)`,
		"or=(id::.eq.1)":    `"failed to parse logic tree ((id::.eq.1))" (line 1, column 8): unexpected "." expecting letter or digit`,
		"order=name.ci.foo": `"failed to parse order (name.ci.foo)" (line 1, column 9): unexpected "f" expecting "asc", "desc", "nullsfirst" or "nullslast"`,
	} {
		_, err := filter.Parse(query, filter.Options{Filters: true})
		require.EqualError(t, err, message, query)
	}
}

// A function's argument may begin as the operators do that PostgREST hasn't got, and have any name.
func TestParse_filters_of_arguments(t *testing.T) {
	t.Parallel()
	got, err := filter.Parse(`r.data=jsonpath.$&a(b)=x&c::int=5&id::text=like.5&or=(data.jsonpath.$)`, filter.Options{Arguments: true, Filters: true})
	require.NoError(t, err)
	path := &filter.Predicate{Path: []string{"r"}, Node: filter.Condition{Field: column("data"), Operator: filter.JSONPathExists, Value: "$"}}
	require.Equal(t, []filter.Argument{{Name: "data", Value: "jsonpath.$", Filter: path}, {Name: "a", Value: "x"}, {Name: "c", Value: "5"}}, got.Arguments)
	require.Len(t, got.Where, 2)
}

func TestBind_filters(t *testing.T) {
	t.Parallel()
	// A resolver of a relation that is joined as client, and of its own columns.
	resolve := filter.ResolverFunc(func(f filter.Field) (filter.Operand, error) {
		o, err := typed(f)
		if len(f.Related) > 0 {
			o.SQL = fmt.Sprintf("%q.%q", strings.Join(f.Related, "."), f.Name)
		}
		if f.Cast == "numeric" {
			o.Cast = "pg_catalog.numeric"
		}
		return o, err
	})
	for _, tt := range []struct {
		node filter.Node
		want string
		args []any
	}{
		{filter.Condition{Field: cast("id", "text"), Operator: filter.ILike, Value: "*4*"}, `CAST("t"."id" AS text) ILIKE ?`, []any{"%4%"}},
		{filter.Condition{Field: filter.Field{Name: "data", Path: []filter.Step{{Key: "a", Text: true}}, Cast: "numeric"}, Negated: true, Operator: filter.GreaterThan, Value: "5"},
			`NOT (CAST("t"."data"->>? AS pg_catalog.numeric) > ?)`, []any{"a", "5"}},
		{filter.Condition{Field: cast("color", "text"), Operator: filter.In, List: []string{"a"}}, `CAST("t"."color" AS text) = ANY (?)`, []any{`{"a"}`}},
		{filter.Condition{Field: cast("vector", "text"), Operator: filter.FTS, Value: "a"}, `to_tsvector(CAST("t"."vector" AS text)) @@ to_tsquery(?)`, []any{"a"}},
		{filter.Condition{Field: related("name", "a", "b"), Value: "x"}, `"a.b"."name" = ?`, []any{"x"}},
		{filter.Condition{Field: column("data"), Operator: filter.JSONPathExists, Value: "$.a"}, `CAST("t"."data" AS jsonb) @?? ?::jsonpath`, []any{"$.a"}},
		{filter.Condition{Field: column("id"), Operator: filter.JSONPathMatch, Negated: true, Value: "$"}, `NOT ("t"."id" @@ ?::jsonpath)`, []any{"$"}},
		{filter.Condition{Field: filter.Field{Name: "data", Path: []filter.Step{{Key: "a"}}}, Operator: filter.JSONPathMatch, Value: "$"}, `CAST("t"."data"->? AS jsonb) @@ ?::jsonpath`, []any{"a", "$"}},
		{filter.Condition{Field: filter.Field{Name: "data", Path: []filter.Step{{Key: "a", Text: true}}}, Operator: filter.JSONPathMatch, Value: "$"}, `"t"."data"->>? @@ ?::jsonpath`, []any{"a", "$"}},
	} {
		bound, err := filter.Bind(tt.node, resolve)
		require.NoError(t, err)
		sql, args, err := bound.ToSql()
		require.NoError(t, err)
		require.Equal(t, tt.want, sql)
		require.Equal(t, tt.args, args)
	}
	_, err := filter.Bind(filter.Condition{Field: cast("id", "int) OR (1=1"), Value: "x"}, resolve)
	require.EqualError(t, err, `filter: bind "id": it is cast to a type that the resolver doesn't give`)

	by, err := filter.BindOrder(filter.OrderTerm{Field: cast("id", "text"), IgnoreCase: true, Direction: filter.Desc}, resolve)
	require.NoError(t, err)
	sql, _, err := by.ToSql()
	require.NoError(t, err)
	require.Equal(t, `lower(CAST("t"."id" AS text)) DESC`, sql)
}

// The question mark of an operator is none of squirrel's placeholders.
func TestBind_question_mark(t *testing.T) {
	t.Parallel()
	bound, err := filter.Bind(filter.Condition{Field: column("data"), Operator: filter.JSONPathExists, Value: "$"}, typed)
	require.NoError(t, err)
	sql, _, err := squirrel.Select("1").Where(bound).PlaceholderFormat(squirrel.Dollar).ToSql()
	require.NoError(t, err)
	require.Equal(t, `SELECT 1 WHERE CAST("t"."data" AS jsonb) @? $1::jsonpath`, sql)
}
