package filter_test

import (
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

// What is parsed is printed in one form, however it was written.
func TestQueryEncode(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, query, want string }{
		{"nothing", "", ""},
		{"parts_in_their_order", "x=1&on_conflict=b&columns=a&offset=2&limit=1&order=c&d=eq.1&select=*",
			"select=*&d=eq.1&order=c&limit=1&offset=2&columns=a&on_conflict=b&x=1"},
		{"empty_select", "select=", "select="},
		{"names_in_quotes_only_where_needed", `select="a"%20,"b.c","d e","é","f-g"," h","*","count"`,
			`select=a,%22b.c%22,d%20e,%C3%A9,f-g,%22%20h%22,%22*%22,count`},
		{"reserved_names", `"select"=eq.1&"x"."order"=eq.2&x."select"=eq.3&"and"=eq.4`,
			"%22select%22=eq.1&x.%22order%22=eq.2&x.%22select%22=eq.3&%22and%22=eq.4"},
		{"escapes", `"a\"b\\c"=eq."d"&e=eq.%26%3B%3D%23%25%2B+%0A`, `%22a%5C%22b%5C%5Cc%22=eq.%22d%22&e=eq.%26%3B%3D%23%25%2B%20%0A`},
		{"json_paths", `select=a->"b"->>c-d->0->"0"->-1,"e"->""&f->0=eq.1`,
			`select=a-%3Eb-%3E%3Ec-d-%3E0-%3E%220%22-%3E-1,e-%3E%22%22&f-%3E0=eq.1`},
		{"casts_and_aggregates", `select=n:a::numeric.sum()::text,count(),m:count()::int,b.avg(),c::int::text,d::double%20precision`,
			`select=n:a::numeric.sum()::text,count(),m:count()::int,b.avg(),c::int::text,d::double%20precision`},
		{"embeds", `select=a:b!c!inner(...d!left(e),f()),"g h"!"left"(*),i!inner!"j.k"(count)`,
			`select=a:b!c!inner(...d!left(e),f()),g%20h!%22left%22(*),i!%22j.k%22!inner(count)`},
		{"paths", `a."b.c".d=eq.1&a.b.not.or=(c.eq.1)&a.order=b&a.limit=1`, `a.%22b.c%22.d=eq.1&a.b.not.or=(c.eq.1)&a.order=b&a.limit=1`},
		{"operators", "a=gte.1&b=not.like(any).{*x,y*}&c=fts(simple).x%26y&d=isdistinct.null&e=is.NOT_NULL&f=adj.[1,2)",
			"a=gte.1&b=not.like(any).%7B*x,y*%7D&c=fts(simple).x%26y&d=isdistinct.null&e=is.not_null&f=adj.%5B1,2)"},
		{"lists", `a=in.(1,"2","a,b"," c",)&b=in.()&c=in.("")&d=in.(,)&e=not.in.({x)`,
			`a=in.(1,2,%22a,b%22,%22%20c%22,%22%22)&b=in.()&c=in.()&d=in.(%22%22,%22%22)&e=not.in.(%22%7Bx%22)`},
		{"groups", `and=(a.eq.1,not.or(b.in.(1,"2)"),c.cs.{x,y}),d.eq."e,f",g.eq.,h.eq."{")&or=(a->0.eq.1)`,
			`and=(a.eq.1,not.or(b.in.(1,%222)%22),c.cs.%7Bx,y%7D),d.eq.%22e,f%22,g.eq.%22%22,h.eq.%22%7B%22)&or=(a-%3E0.eq.1)`},
		{"condition_of_a_group_parameter", "and=.eq.1", "%22and%22=eq.1"},
		{"order", `order=a.asc.nullslast,b,"c.d"->e.desc,r(f->>g).nullsfirst`, `order=a.asc.nullslast,b,%22c.d%22-%3Ee.desc,r(f-%3E%3Eg).nullsfirst`},
		{"pages", "limit=-1&x.offset=2&y.limit=none&offset=99999999999999999999", "limit=-1&offset=9223372036854775807&x.offset=2&y.limit="},
		{"names", `columns="",a,"b,c",a&on_conflict=a,"d e"`, `columns=%22%22,a,%22b,c%22&on_conflict=a,d%20e`},
		{"arguments", `a.b=1&""={x}&"order"=2&c=eq.1&d=eq`, `c=eq.1&b=1&%22%22=%7Bx%7D&%22order%22=2&d=eq`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			options := filter.Options{Arguments: true}
			query, err := filter.Parse(tt.query, options)
			require.NoError(t, err)
			got, err := query.Encode()
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.want, query.String())
			again, err := filter.Parse(got, options)
			require.NoError(t, err)
			require.Equal(t, query, again)
		})
	}
}

// What is built by hand is read as it was meant, or refused.
func TestQueryEncode_by_hand(t *testing.T) {
	t.Parallel()
	index := filter.Field{Name: "a", Path: []filter.Step{{Key: "0", Index: true}}}
	deep := func(n int) filter.Node {
		node := filter.Node(equals("a", "1"))
		for range n {
			node = filter.Group{Nodes: []filter.Node{node}}
		}
		return node
	}
	embedded := func(n int) []filter.SelectItem {
		items := fields("a")
		for range n {
			items = []filter.SelectItem{filter.SelectRelation{Relation: "r", Items: items}}
		}
		return items
	}
	where := func(nodes ...filter.Node) filter.Query {
		var q filter.Query
		for _, n := range nodes {
			q.Where = append(q.Where, root(n))
		}
		return q
	}
	selected := func(items ...filter.SelectItem) filter.Query { return filter.Query{Select: items} }
	ordered := func(terms ...filter.OrderTerm) filter.Query {
		return filter.Query{Order: []filter.Order{{Terms: terms}}}
	}
	path := func(n int) filter.Field { return filter.Field{Name: "a", Path: make([]filter.Step, n)} }
	tests := []struct {
		name    string
		query   filter.Query
		want    string // what can be written
		refused string // and why the rest can't; empty if all can
	}{
		{"list_without_elements", where(filter.Condition{Field: column("a"), Operator: filter.In}), "a=in.()", ""},
		{"value_of_another_operator", where(filter.Condition{Field: column("a"), Operator: filter.Is, Value: "x", Is: filter.IsTrue}), "a=is.true", ""},
		{"value_of_a_list", where(filter.Condition{Field: column("a"), Operator: filter.In, Value: "x", List: []string{"y"}}), "a=in.(y)", ""},
		{"relation_without_items", selected(filter.SelectRelation{Relation: "r"}), "select=r()", ""},
		{"repeated_column", filter.Query{Columns: []string{"a", "a"}}, "columns=a,a", ""},
		{"not_as_a_path_of_a_condition", filter.Query{Where: []filter.Predicate{{Path: []string{"not"}, Node: equals("a", "1")}}}, "not.a=eq.1", ""},
		{"deepest_group", where(deep(100)), "", ""},
		{"deepest_embed", filter.Query{Select: embedded(100)}, "", ""},
		{"longest_path", selected(filter.SelectField{Field: path(100)}), "", ""},
		{"index_before_a_comma", selected(filter.SelectRelation{Relation: "r", Items: []filter.SelectItem{filter.SelectField{Field: index}, filter.SelectField{All: true}}}), "select=r(a-%3E0,*)", ""},
		{"index_before_a_cast", selected(filter.SelectRelation{Relation: "r", Items: []filter.SelectItem{filter.SelectField{Field: index, Cast: "int"}}}), "select=r(a-%3E0::int)", ""},

		{"operator", where(filter.Condition{Field: column("a"), Operator: 99, Value: "1"}), "a=Operator(99).1", "there is no Operator(99)"},
		{"quantifier", where(filter.Condition{Field: column("a"), Quantifier: 9, Value: "1"}), "a=eq(Quantifier(9)).1", "there is no Quantifier(9)"},
		{"is", where(filter.Condition{Field: column("a"), Operator: filter.Is, Is: 9}), "a=is.IsValue(9)", "there is no IsValue(9)"},
		{"direction", ordered(filter.OrderTerm{Field: column("a"), Direction: 9}), "order=a.Direction(9)", "there is no Direction(9)"},
		{"nulls", ordered(filter.OrderTerm{Field: column("a"), Nulls: 9}), "order=a.NullsOrder(9)", "there is no NullsOrder(9)"},
		{"aggregate", selected(filter.SelectField{Field: column("a"), Aggregate: 9}), "select=a.Aggregate(9)()", "there is no Aggregate(9)"},
		{"join", selected(filter.SelectRelation{Relation: "r", Join: 9}), "select=r!JoinType(9)()", "there is no JoinType(9)"},
		{"quantifier_of_another_operator", where(filter.Condition{Field: column("a"), Operator: filter.NotEqual, Quantifier: filter.QuantifierAny}), "a=neq(any).", "the operator neq takes no quantifier"},
		{"language_of_another_operator", where(filter.Condition{Field: column("a"), Language: "any", Value: "1"}), "a=eq(any).1", "the operator eq takes no language"},
		{"language", where(filter.Condition{Field: column("a"), Operator: filter.FTS, Language: "x)y"}), "a=fts(x)y).", `"x)y" is no name of a language`},
		{"cast", selected(filter.SelectField{Field: column("a"), Cast: "int[]"}), "select=a::int%5B%5D", `"int[]" is no name of a type`},
		{"cast_of_no_aggregate", selected(filter.SelectField{Field: column("a"), AggregateCast: "int"}), "select=a::int", "there is the cast of an aggregate, and no aggregate"},
		{"all_of_a_field", selected(filter.SelectField{All: true, Field: column("a")}), "select=*", "all columns are selected, and a field or its cast"},
		{"all_with_an_alias", selected(filter.SelectField{All: true, Alias: "a"}), "select=a:*", "all columns have an alias or a cast"},
		{"sum_of_all", selected(filter.SelectField{All: true, Aggregate: filter.AggregateSum}), "select=*", "sum takes a field"},
		{"alias_of_a_spread", selected(filter.SelectRelation{Relation: "r", Alias: "a", Spread: true}), "select=...a:r()", "a relation that is spread has an alias"},
		{"relation_called_count", selected(filter.SelectRelation{Relation: "count"}), "select=count()", "count is read as the aggregate function"},
		{"no_name", where(equals("", "1")), "%22%22=eq.1", "a name is empty"},
		{"no_name_in_a_path", filter.Query{Pages: []filter.Page{{Path: []string{""}, Limit: number(1)}}}, "%22%22.limit=1", "a name is empty"},
		{"no_name_in_on_conflict", filter.Query{OnConflict: []string{""}}, "on_conflict=%22%22", "a name is empty"},
		{"no_columns", filter.Query{Columns: []string{}}, "columns=", "there are no names"},
		{"no_terms", ordered(), "order=", "there are no terms"},
		{"no_members", where(filter.Group{Any: true}), "or=()", "a group has no members"},
		{"no_node", where(nil), "%3Cnil%3E=", "<nil> is neither a Condition nor a Group"},
		{"pointer_in_a_group", where(filter.Group{Nodes: []filter.Node{&filter.Group{}}}), "and=(*filter.Group)", "*filter.Group is neither a Condition nor a Group"},
		{"no_item", selected(nil), "select=%3Cnil%3E", "<nil> is neither a SelectField nor a SelectRelation"},
		{"group_on_not", filter.Query{Where: []filter.Predicate{{Path: []string{"not"}, Node: deep(1)}}}, "not.and=(a.eq.1)", `"not" before a group negates it`},
		{"two_pages_of_a_path", filter.Query{Pages: []filter.Page{{Limit: number(1)}, {Offset: number(2)}}}, "limit=1&offset=2", "the path has two pages"},
		{"argument_that_is_a_filter", filter.Query{Arguments: []filter.Argument{{Name: "a", Value: "eq.1"}}}, "a=eq.1", `the argument's value "eq.1" is read as a filter`},
		{"argument_that_is_half_a_filter", filter.Query{Arguments: []filter.Argument{{Name: "a", Value: "is.x"}}}, "a=is.x", `the argument's value "is.x" is read as a filter`},
		{"no_index", selected(filter.SelectField{Field: filter.Field{Name: "a", Path: []filter.Step{{Key: "b", Index: true}}}}), "select=a-%3Eb", `"b" is no index`},
		{"index_before_a_bracket", selected(filter.SelectRelation{Relation: "r", Items: []filter.SelectItem{filter.SelectField{Field: index}}}), "select=r(a-%3E0)", "the index 0 is right before a bracket"},
		{"index_of_a_related_order", ordered(filter.OrderTerm{Field: filter.Field{Name: index.Name, Path: index.Path, Related: []string{"r"}}}), "order=r(a-%3E0)", "the index 0 is right before a bracket"},
		{"filter_read_as_an_argument", filter.Query{Arguments: []filter.Argument{{Name: "a", Value: "x"}}, Where: []filter.Predicate{root(filter.Condition{Field: column("b"), Operator: filter.JSONPathExists, Value: "$"})}},
			"b=jsonpath.$&a=x", "the operator jsonpath is read as an argument"},
		{"selected_field_of_another_relation", selected(filter.SelectField{Field: filter.Field{Name: "a", Related: []string{"r"}}}), "select=a", "the field a is cast or another relation's"},
		{"distinct_field_that_is_cast", filter.Query{Distinct: []filter.Distinct{{Fields: []filter.Field{{Name: "a", Cast: "text"}}}}}, "distinct=a", "the field a is cast or another relation's"},
		{"aggregate_of_a_related_field", ordered(filter.OrderTerm{Field: filter.Field{Name: "a", Related: []string{"r"}}, Aggregate: filter.AggregateSum}), "order=a.sum()", "the field a is cast or another relation's"},
		{"aggregate_without_case", ordered(filter.OrderTerm{Field: column("a"), Aggregate: filter.AggregateMax, IgnoreCase: true}), "order=a.max().ci", "case is ignored in an aggregate"},
		{"cast_of_a_field", where(filter.Condition{Field: filter.Field{Name: "a", Cast: "x y)"}, Value: "1"}), "a::x%20y)=eq.1", `"x y)" is no name of a type`},
		{"index_of_a_related_condition", where(filter.Condition{Field: filter.Field{Name: index.Name, Path: index.Path, Related: []string{"r"}}, Value: "1"}), "r(a-%3E0)=eq.1", "the index 0 is right before a bracket"},
		{"relations_too_deep", where(filter.Condition{Field: filter.Field{Name: "a", Related: make([]string, 101)}, Value: "1"}), "", "a name is empty"},
		{"group_too_deep", where(deep(101)), "", "there are more than 100 levels of nesting"},
		{"embed_too_deep", filter.Query{Select: embedded(101)}, "", "there are more than 100 levels of nesting"},
		{"path_too_long", selected(filter.SelectField{Field: path(101)}), "", "a JSON path has more than 100 steps"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.want != "" {
				require.Equal(t, tt.want, tt.query.String())
			}
			got, err := tt.query.Encode()
			if tt.refused == "" {
				require.NoError(t, err)
				requireSame(t, &tt.query, got)
				return
			}
			require.Empty(t, got)
			var refused *filter.EncodeError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, tt.refused, refused.Reason)
			requireOther(t, &tt.query)
		})
	}
}

// requireSame requires that Parse reads a query string as the query, but for what makes
// no difference.
func requireSame(t *testing.T, q *filter.Query, encoded string) {
	t.Helper()
	parsed, err := filter.Parse(encoded, filter.Options{Arguments: len(q.Arguments) > 0, Grouping: true, Filters: true, Operators: true})
	require.NoError(t, err, encoded)
	require.Equal(t, meant(q), meant(parsed), encoded)
	again, err := parsed.Encode()
	require.NoError(t, err, encoded)
	if len(q.Columns) == len(parsed.Columns) {
		require.Equal(t, encoded, again)
	}
}

// requireOther requires that Parse doesn't read what is written of a refused query as
// that query: there was reason to refuse.
func requireOther(t *testing.T, q *filter.Query) {
	t.Helper()
	parsed, err := filter.Parse(q.String(), filter.Options{Arguments: len(q.Arguments) > 0, Grouping: true, Filters: true, Operators: true})
	if err == nil {
		require.NotEqual(t, meant(q), meant(parsed), q.String())
	}
}

func TestEncodeError(t *testing.T) {
	t.Parallel()
	q := filter.Query{Order: []filter.Order{{Path: []string{"client"}}}}
	_, err := q.Encode()
	require.EqualError(t, err, `filter: encode parameter "client.order": there are no terms`)
}

func TestString(t *testing.T) {
	t.Parallel()
	condition := filter.Condition{Field: filter.Field{Name: "a b", Path: []filter.Step{{Key: "c", Text: true}}}, Negated: true, Value: "d,e"}
	for _, tt := range []struct {
		part interface{ String() string }
		want string
	}{
		{condition.Field, "a b->>c"},
		{condition, `a b->>c.not.eq."d,e"`},
		{filter.Group{Any: true, Negated: true, Nodes: []filter.Node{condition, equals("x", "1")}}, `not.or(a b->>c.not.eq."d,e",x.eq.1)`},
		{filter.Predicate{Path: []string{"r"}, Node: condition}, "r.a b->>c=not.eq.d,e"},
		{filter.Predicate{Path: []string{"r"}, Node: filter.Group{Nodes: []filter.Node{equals("x", "1&2")}}}, "r.and=(x.eq.1&2)"},
		{filter.SelectField{Field: column("amount"), Alias: "total", Cast: "numeric", Aggregate: filter.AggregateSum}, "total:amount::numeric.sum()"},
		{filter.SelectField{All: true}, "*"},
		{filter.SelectRelation{Relation: "client", Alias: "owner", Join: filter.InnerJoin, Items: fields("id", "name")}, "owner:client!inner(id,name)"},
		{filter.Order{Path: []string{"r"}, Terms: []filter.OrderTerm{{Field: column("a"), Direction: filter.Desc}, {Field: column("b")}}}, "r.order=a.desc,b"},
		{filter.OrderTerm{Field: filter.Field{Name: "a", Related: []string{"r"}}, Nulls: filter.NullsLast}, "r(a).nullslast"},
		{filter.OrderTerm{Field: column("a"), Aggregate: filter.AggregateSum, Direction: filter.Desc}, "a.sum().desc"},
		{filter.OrderTerm{Aggregate: filter.AggregateCount}, "count()"},
		{filter.SelectField{Field: column("a"), Aggregate: filter.AggregateCountDistinct, Alias: "n"}, "n:a.count(distinct)"},
		{filter.Distinct{All: true}, "distinct=*"},
		{filter.Distinct{Path: []string{"r"}, Fields: []filter.Field{condition.Field, column("*")}}, `r.distinct=a b->>c,"*"`},
		{filter.Having{Path: []string{"r"}, Nodes: []filter.Node{filter.Condition{Field: column("a"), Aggregate: filter.AggregateSum, Operator: filter.GreaterThan, Value: "1"},
			filter.Group{Any: true, Nodes: []filter.Node{filter.Condition{Aggregate: filter.AggregateCount, Value: "2"}, equals("n", "3")}}}},
			"r.having=(a.sum().gt.1,or(count().eq.2,n.eq.3))"},
		{filter.Page{Path: []string{"r"}, Limit: number(10), Offset: number(20)}, "r.limit=10&r.offset=20"},
		{filter.Page{Offset: number(-1)}, "offset=-1"},
		{filter.Page{}, "limit="},
		{filter.Argument{Name: "id", Value: "5 6"}, "id=5 6"},
		{filter.Condition{Field: column("a"), Operator: 99}, `a.Operator(99).""`},
	} {
		require.Equal(t, tt.want, tt.part.String())
	}
}

// meant is a query without what makes no difference.
func meant(q *filter.Query) filter.Query {
	m := filter.Query{Select: meantItems(q.Select), OnConflict: q.OnConflict, OnConstraint: q.OnConstraint}
	for _, a := range q.Arguments {
		m.Arguments = append(m.Arguments, filter.Argument{Name: a.Name, Value: a.Value})
	}
	if q.Select == nil {
		m.Select = nil
	}
	for _, p := range q.Where {
		m.Where = append(m.Where, filter.Predicate{Path: meantPath(p.Path), Node: meantNode(p.Node)})
	}
	for _, o := range q.Order {
		made := filter.Order{Path: meantPath(o.Path)}
		for _, term := range o.Terms {
			term.Field = meantField(term.Field)
			made.Terms = append(made.Terms, term)
		}
		m.Order = append(m.Order, made)
	}
	for _, d := range q.Distinct {
		made := filter.Distinct{Path: meantPath(d.Path), All: d.All}
		for _, f := range d.Fields {
			made.Fields = append(made.Fields, meantField(f))
		}
		m.Distinct = append(m.Distinct, made)
	}
	for _, h := range q.Having {
		made := filter.Having{Path: meantPath(h.Path)}
		for _, n := range h.Nodes {
			made.Nodes = append(made.Nodes, meantNode(n))
		}
		m.Having = append(m.Having, made)
	}
	for _, p := range q.Pages {
		m.Pages = append(m.Pages, filter.Page{Path: meantPath(p.Path), Limit: p.Limit, Offset: p.Offset})
	}
	seen := map[string]bool{}
	for _, name := range q.Columns {
		if !seen[name] {
			m.Columns = append(m.Columns, name)
		}
		seen[name] = true
	}
	return m
}

func meantPath(path []string) []string { return append([]string(nil), path...) }

func meantField(f filter.Field) filter.Field {
	made := filter.Field{Name: f.Name, Path: append([]filter.Step(nil), f.Path...), Related: meantPath(f.Related), Cast: f.Cast}
	if f.Call != nil {
		made.Call = &filter.Call{Name: f.Call.Name, Arguments: append([]any(nil), f.Call.Arguments...)}
	}
	return made
}

func meantNode(n filter.Node) filter.Node {
	switch n := n.(type) {
	case filter.Condition:
		n.Field = meantField(n.Field)
		list, is, value := n.List, n.Is, n.Value
		n.List, n.Is, n.Value = nil, 0, ""
		switch n.Operator {
		case filter.In:
			if n.List = list; len(list) == 0 {
				n.List = []string{""}
			}
		case filter.Is:
			n.Is = is
		case filter.Holds:
		default:
			n.Value = value
		}
		return n
	case filter.Group:
		made := filter.Group{Negated: n.Negated, Any: n.Any}
		for _, member := range n.Nodes {
			made.Nodes = append(made.Nodes, meantNode(member))
		}
		return made
	}
	return n
}

func meantItems(items []filter.SelectItem) []filter.SelectItem {
	made := []filter.SelectItem{}
	for _, item := range items {
		switch i := item.(type) {
		case filter.SelectField:
			i.Field = meantField(i.Field)
			item = i
		case filter.SelectRelation:
			i.Items = meantItems(i.Items)
			item = i
		}
		made = append(made, item)
	}
	return made
}
