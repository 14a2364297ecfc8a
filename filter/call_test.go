package filter_test

import (
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

// called is a field that an operator of the host's is applied to.
func called(name, operator string, arguments ...any) filter.Field {
	return filter.Field{Name: name, Call: &filter.Call{Name: operator, Arguments: arguments}}
}

func holds(f filter.Field) filter.Condition {
	return filter.Condition{Field: f, Operator: filter.Holds}
}

func not(c filter.Condition) filter.Condition {
	c.Negated = true
	return c
}

func TestParse_operators(t *testing.T) {
	t.Parallel()
	where := func(nodes ...filter.Node) filter.Query {
		q := filter.Query{}
		for _, n := range nodes {
			q.Where = append(q.Where, root(n))
		}
		return q
	}
	order := func(terms ...filter.OrderTerm) filter.Query {
		return filter.Query{Order: []filter.Order{{Terms: terms}}}
	}
	inside := called("data", "has", "x")
	inside.Path = []filter.Step{{Key: "a"}, {Key: "0", Index: true}}
	far := called("place", "distance", "1", "2")
	far.Related = []string{"client"}
	asText := called("e", "l2", "[1]")
	asText.Cast = "text"
	for _, tt := range []struct {
		query string
		want  filter.Query
	}{
		{"place=within(10.7,59.9,500)", where(holds(called("place", "within", "10.7", "59.9", "500")))},
		{"place=not.within(1)", where(not(holds(called("place", "within", "1"))))},
		{"place=any_place()", where(holds(called("place", "any_place")))},
		{`place=within("")&place=within(,)&place=within("a,b", c ,"d\"e")`, where(holds(called("place", "within", "")), holds(called("place", "within", "", "")),
			// As between the elements of in.(…), spaces are not trimmed, and a quote is one at the beginning alone.
			holds(called("place", "within", "a,b", " c ", `d"e`)))},
		{`a=f([0.1,0.2],{"b":"])","c":[1,{}]},POINT(1 2),x"y,ROW("(\"",1))`, where(holds(called("a", "f", "[0.1,0.2]", `{"b":"])","c":[1,{}]}`, "POINT(1 2)", `x"y`, `ROW("(\"",1)`)))},
		{"r.s.place=within(1)", filter.Query{Where: []filter.Predicate{{Path: []string{"r", "s"}, Node: holds(called("place", "within", "1"))}}}},
		{"data->a->0=has(x)", where(holds(inside))},
		{"or=(place.within(1,[2,3]), place.not.within( 1) ,n.eq.x,data->a->0.has(x))", where(filter.Group{Any: true, Nodes: []filter.Node{
			holds(called("place", "within", "1", "[2,3]")), not(holds(called("place", "within", " 1"))), equals("n", "x"), holds(inside),
		}})},
		{"e.l2([0.1,0.2])=lt.0.5&r.e.l2([1])=not.gt.2", filter.Query{Where: []filter.Predicate{
			root(filter.Condition{Field: called("e", "l2", "[0.1,0.2]"), Operator: filter.LessThan, Value: "0.5"}),
			{Path: []string{"r"}, Node: filter.Condition{Field: called("e", "l2", "[1]"), Negated: true, Operator: filter.GreaterThan, Value: "2"}},
		}}},
		{`"e.f".l2("a.order")=eq.1`, where(filter.Condition{Field: called("e.f", "l2", "a.order"), Value: "1"})},
		{"and=(e.l2([0.1,0.2]).not.lt.0.5,e.l2([1])::text.like.1*,client(place.distance(1,2)).lt.5)", where(filter.Group{Nodes: []filter.Node{
			filter.Condition{Field: called("e", "l2", "[0.1,0.2]"), Negated: true, Operator: filter.LessThan, Value: "0.5"},
			filter.Condition{Field: asText, Operator: filter.Like, Value: "1*"},
			filter.Condition{Field: far, Operator: filter.LessThan, Value: "5"},
		}})},
		{"order=e.l2([0.1,0.2]).asc,e.l2([1]),client(place.distance(1,2)).desc.nullslast,a.max().asc", order(
			filter.OrderTerm{Field: called("e", "l2", "[0.1,0.2]"), Direction: filter.Asc},
			filter.OrderTerm{Field: called("e", "l2", "[1]")},
			filter.OrderTerm{Field: far, Direction: filter.Desc, Nulls: filter.NullsLast},
			filter.OrderTerm{Field: column("a"), Aggregate: filter.AggregateMax, Direction: filter.Asc},
		)},
		{"select=id,distance:e.l2([1,2])::numeric,e.l2([1]).min()::text,r(place.within(1)),data->a->0.has(x)", filter.Query{Select: []filter.SelectItem{
			filter.SelectField{Field: column("id")},
			filter.SelectField{Field: called("e", "l2", "[1,2]"), Alias: "distance", Cast: "numeric"},
			filter.SelectField{Field: called("e", "l2", "[1]"), Aggregate: filter.AggregateMin, AggregateCast: "text"},
			filter.SelectRelation{Relation: "r", Items: []filter.SelectItem{filter.SelectField{Field: called("place", "within", "1")}}},
			filter.SelectField{Field: inside},
		}}},
		{"having=(e.l2([1]).min().lt.2)", filter.Query{Having: []filter.Having{{Nodes: []filter.Node{
			filter.Condition{Field: called("e", "l2", "[1]"), Aggregate: filter.AggregateMin, Operator: filter.LessThan, Value: "2"},
		}}}}},
	} {
		requireParsed(t, tt.query, filter.Options{Operators: true, Grouping: true, Filters: true}, &tt.want)
	}
}

// To PostgREST all of it is wrong, but for the names of parameters: behind the names of relations
// and a field it overlooks the rest. There the relation has to be embedded, and then it is one
// with the extension, too.
func TestParse_without_operators(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		"place=within(1)", "place=not.within(1)", "or=(place.within(1))", "or=(place.not.within(1))", "and=(e.l2(1).lt.2)",
		"order=e.l2([1])", "order=e.l2(1).asc", "order=r(e.l2(1))", "select=e.l2([1])", "select=d:e.l2(1)::text", "having=(e.l2(1).min().lt.2)",
	} {
		for _, options := range []filter.Options{{}, {Filters: true, Grouping: true}} {
			_, err := filter.Parse(query, options)
			var parseErr *filter.ParseError
			require.ErrorAs(t, err, &parseErr, query)
		}
		_, err := filter.Parse(query, filter.Options{Operators: true, Grouping: true})
		require.NoError(t, err, query)
	}
	for query, want := range map[string]filter.Predicate{
		"select=r(*)&r.size(1)=eq.2":         {Path: []string{"r"}, Node: equals("size", "2")},
		"r.size([1])=eq.2&select=x:r(*)":     {Path: []string{"r"}, Node: equals("size", "2")},
		"x.size(1)=eq.2&select=x:r(*)":       {Path: []string{"x"}, Node: equals("size", "2")},
		"r.s.size(1)=eq.2&select=r(...s(*))": {Path: []string{"r", "s"}, Node: equals("size", "2")},
		"r.s->a.size(1)=eq.2&select=r(*)":    {Path: []string{"r"}, Node: filter.Condition{Field: filter.Field{Name: "s", Path: []filter.Step{{Key: "a"}}}, Value: "2"}},
		"size(1)=eq.2":                       root(equals("size", "2")),
		"data->a.size(1)=eq.2":               root(filter.Condition{Field: filter.Field{Name: "data", Path: []filter.Step{{Key: "a"}}}, Value: "2"}),
		"r.size(1)x=eq.2":                    {Path: []string{"r"}, Node: equals("size", "2")},
		"r.size(1=eq.2":                      {Path: []string{"r"}, Node: equals("size", "2")},
		"r.size([1)=eq.2":                    {Path: []string{"r"}, Node: equals("size", "2")},
		`r."size"(1)=eq.2`:                   {Path: []string{"r"}, Node: equals("size", "2")},
		"r.eq(1)=eq.2":                       {Path: []string{"r"}, Node: equals("eq", "2")},
		"r.größe(1)=eq.2":                    {Path: []string{"r"}, Node: equals("größe", "2")},
	} {
		plain, err := filter.Parse(query, filter.Options{})
		require.NoError(t, err, query)
		require.Equal(t, []filter.Predicate{want}, plain.Where, query)
		got, err := filter.Parse(query, filter.Options{Operators: true})
		require.NoError(t, err, query)
		require.Equal(t, plain, got, query)
	}
	// Beside the fields in brackets of Options.Filters, too.
	plain, err := filter.Parse("r.client(name)=eq.2&select=r(*)", filter.Options{Filters: true})
	require.NoError(t, err)
	got, err := filter.Parse("r.client(name)=eq.2&select=r(*)", filter.Options{Filters: true, Operators: true})
	require.NoError(t, err)
	require.Equal(t, plain, got)
}

// An argument of a function may have any value, and any name.
func TestParse_operators_arguments(t *testing.T) {
	t.Parallel()
	got, err := filter.Parse("place=within(1)&r.size(1)=x&e.l2([1])=lt.2&or=(place.within(1))&order=e.l2([1])", filter.Options{Arguments: true, Operators: true})
	require.NoError(t, err)
	require.Equal(t, &filter.Query{
		Arguments: []filter.Argument{{Name: "place", Value: "within(1)"}, {Name: "size", Value: "x"}},
		Where: []filter.Predicate{
			root(filter.Condition{Field: called("e", "l2", "[1]"), Operator: filter.LessThan, Value: "2"}),
			root(filter.Group{Any: true, Nodes: []filter.Node{holds(called("place", "within", "1"))}}),
		},
		Order: []filter.Order{{Terms: []filter.OrderTerm{{Field: called("e", "l2", "[1]")}}}},
	}, got)
}

// Whoever makes a mistake in the grammar of PostgREST reads what PostgREST says.
func TestParse_operators_faults(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"a=foo.1", "a=foo", "a=", "a=not.foo", "or=(a.foo.1)", "or=(a.eq.1", "or=(a.not.foo)", "order=a.foo", "order=a.asc(1)", "select=a.foo", "select=a.sum(1)", "a=eq(1)",
		"or=(a.eq(1))", "select=a(b"} {
		_, want := filter.Parse(query, filter.Options{})
		_, got := filter.Parse(query, filter.Options{Operators: true})
		require.Error(t, want, query)
		require.Equal(t, want, got, query)
	}
	for query, message := range map[string]string{
		"a=f(1":              `"failed to parse filter (f(1)" (line 1, column 4): unexpected end of input expecting ")"`,
		"a=f([1)":            `"failed to parse filter (f([1))" (line 1, column 5): unexpected ")" expecting "]"`,
		"a=f(1]":             `"failed to parse filter (f(1])" (line 1, column 4): unexpected "]" expecting ")"`,
		"a=f(1)x":            `"failed to parse filter (f(1)x)" (line 1, column 5): unexpected 'x' expecting end of input`,
		"a.f(1)=foo":         `"failed to parse filter (foo)" (line 1, column 1): unexpected "f" expecting "not" or operator (eq, gt, ...)`,
		"or=(a.f(1).foo)":    `"failed to parse logic tree ((a.f(1).foo))" (line 1, column 11): unexpected "f" expecting "not" or operator (eq, gt, ...)`,
		"select=a.f(1).g(2)": `"failed to parse select parameter (a.f(1).g(2))" (line 1, column 8): unexpected "g"`,
		"order=a.f(1).up":    `"failed to parse order (a.f(1).up)" (line 1, column 8): unexpected "u" expecting "asc", "desc", "nullsfirst" or "nullslast"`,
	} {
		_, err := filter.Parse(query, filter.Options{Operators: true})
		require.ErrorContains(t, err, message, query)
	}
}

func TestParse_operators_limits(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"a=f(1,2,3)":              "more than 2 values in a list",
		"or=(a.f(1),b.f(1))":      "more than 2 conditions",
		"a.f()=eq.1&b=f()&c=f()":  "more than 2 conditions",
		"order=a.f(),b.f(),c.f()": "more than 2 terms in order",
	} {
		_, err := filter.Parse(query, filter.Options{Operators: true, Limits: filter.Limits{Conditions: 2, ListValues: 2, OrderTerms: 2}})
		require.EqualError(t, err, want, query)
	}
}

func TestCallName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"l2", "within", "st_dwithin", "_", "2d", "equals", "ascending"} {
		require.True(t, filter.CallName(name), name)
	}
	for _, name := range []string{"", "a b", "a.b", "größe", "a-b", "a$", "eq", "not", "and", "or", "any", "is", "in", "fts", "sum", "count", "asc", "desc", "nullslast", "inner", "distinct", "jsonpath"} {
		require.False(t, filter.CallName(name), name)
	}
}

func TestBind_operators(t *testing.T) {
	t.Parallel()
	distance := filter.ResolverFunc(func(f filter.Field) (filter.Operand, error) {
		if f.Call == nil {
			return typed(f)
		}
		return filter.Operand{SQL: `("t"."e" <-> ?::vector)`, Args: f.Call.Arguments, TSVector: true}, nil
	})
	for query, want := range map[string]struct {
		sql  string
		args []any
	}{
		"e=near([1])":                 {`("t"."e" <-> ?::vector)`, []any{"[1]"}},
		"e=not.near([1])":             {`NOT (("t"."e" <-> ?::vector))`, []any{"[1]"}},
		"e.l2([1])=lt.0.5":            {`("t"."e" <-> ?::vector) < ?`, []any{"[1]", "0.5"}},
		"or=(data->a.l2([1]).in.(2))": {`(("t"."e" <-> ?::vector) = ANY (?))`, []any{"[1]", `{"2"}`}},
	} {
		parsed, err := filter.Parse(query, filter.Options{Operators: true})
		require.NoError(t, err, query)
		bound, err := filter.Bind(parsed.Where[0].Node, distance)
		require.NoError(t, err)
		requireSQL(t, want.sql, want.args, bound)
	}
	_, err := filter.Bind(filter.Condition{Field: column("a"), Operator: filter.Holds}, distance)
	require.ErrorContains(t, err, "no such operator")
	parsed, err := filter.Parse("order=e.l2([1]).desc&select=e.l2([2])", filter.Options{Operators: true})
	require.NoError(t, err)
	bound, err := filter.BindOrder(parsed.Order[0].Terms[0], distance)
	require.NoError(t, err)
	requireSQL(t, `("t"."e" <-> ?::vector) DESC`, []any{"[1]"}, bound)
	bound, err = filter.BindField(parsed.Select[0].(filter.SelectField).Field, distance)
	require.NoError(t, err)
	requireSQL(t, `("t"."e" <-> ?::vector)`, []any{"[2]"}, bound)
}

// What can't be a part of a query string, or is read as something else, is refused.
func TestEncode_operators(t *testing.T) {
	t.Parallel()
	inside := called("a", "f", "1")
	inside.Path = []filter.Step{{Key: "b"}}
	for reason, q := range map[string]filter.Query{
		`"eq" can't be the name of an operator of the host's`:      {Where: []filter.Predicate{root(holds(called("a", "eq")))}},
		"an argument is no text":                                   {Where: []filter.Predicate{root(holds(called("a", "f", 5)))}},
		"a condition has neither an operator nor a call":           {Where: []filter.Predicate{root(holds(column("a")))}},
		"the name of a parameter has a call of more than a column": {Where: []filter.Predicate{root(filter.Condition{Field: inside, Value: "1"})}},
		"r.size(1) is read as a column of what is embedded": {Select: []filter.SelectItem{filter.SelectRelation{Relation: "r", Items: fields("id")}},
			Where: []filter.Predicate{root(filter.Condition{Field: called("r", "size", "1"), Value: "1"})}},
	} {
		_, err := q.Encode()
		var refused *filter.EncodeError
		require.ErrorAs(t, err, &refused, reason)
		require.Equal(t, reason, refused.Reason)
	}
}
