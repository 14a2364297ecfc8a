package filter_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/Masterminds/squirrel"
	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

// seeds are query strings that use every part of the grammar, correctly and incorrectly.
var seeds = []string{
	"select=id,name&id=eq.1&order=id.desc&limit=10",
	"select=*,x:client!inner!fk(id,...city(name)),data->a->>0::int,n:count()::text,a.sum()",
	"or=(a.eq.1,not.and(b.in.(1,\"2,3\"),c.cs.{x,y}),d->>e.is.not_null)",
	"x.y.not.or=(a.fts(english).cat)&x.y.order=b(a->0).asc.nullsfirst&x.y.offset=1",
	`"a\"?b"=like(any).{*x,y*}&in=in.("\\",,)&not=not.not.eq.1`,
	"columns=a,\"b c\"&on_conflict=a-b&a=isdistinct.%zz+%2",
	"select=a(b(c(&or=((((&a=in.(&order=a.b.c",
	"%00=eq.%ff&\"?\"->?->>\"?|\"=eq.?",
	`select="a,b":"c.d"::"x"&select=&on_conflict="",b&"order"=eq.1&"a.limit".limit=x&a.limit=-5&"a".offset=`,
	`select=c:count()::text,count,"*",a->0,a->"0",a->-1::int::text,r(a->0,b->"0"),...count(a->0),r!"left"!left!x(),r!lefty(a)`,
	`order=r(a->0),a->0.desc.nullslast,"r(a)",asc.asc,r.desc&"not".order=not&not.a=not.in.(not,"",%20a,"b")`,
	`and=.eq.1&x.or=->a.in.()&or=(not.eq.1,not.not.eq.2,and.is.NULL,a.like(all).{*a,(b)},b.eq.{a,{b}},c.eq."{a}",d.eq.,e.in.(,))`,
	`a=fts(%20x%20y).b&b=not.wfts.(any)&c=eq(any.1&d=eq.(any)&""=1&x."y"->z=2&select=is&is=isnt.x`,
	`distinct=*&having=(a.sum().gt.1,or(count().gte.2,"b".count(distinct).in.(1,2)),n.is.null)&order=count().desc,a->>0.max()`,
	`r.distinct=a,b->0,"*"&distinct=eq.1&having=not.is.null&r.having=(not.and(a.avg().not.eq.{1,2},count.eq.1))&select=a->0::int.count(distinct)::text`,
	`id::text=ilike.*4*&data->>a::numeric=gt.5&or=(id::text.eq.1,r(s("t.u"->0::int)).not.in.(a,"b"),and(x).is.null)&r.s(t(u))=is.null`,
	`order=r(s(a->>b)).ci.desc,name.ci,id::text.ci.asc.nullslast,r(a)&data=jsonpath.$.a ? (@ > 1)&or=(a->b.jsonmatch."$.a == \"x\"",c.not.jsonpath.$)`,
	`a(b=eq.1&a(b)c=eq.1&a::=eq.1&a::b.c=eq.1&a->b(c)=eq.1&x.a(b).order=c&or=(a(b.eq.1)&order=a(b(c)&a=jsonpat.x`,
	`place=within(1,2,"a,b")&place=not.within({"a":")"},[1,(2)])&e.l2([0.1,2])=lt.0.5&or=(place.not.within(),e.l2(1).gt.2,r(e.l2(1)),a.b())`,
	`order=e.l2([1]).desc,r(e.l2("x")),e.f(.nullsfirst&select=d:e.l2([1])::text,e->0.f(1).min(),r(e.f(""))&a.e.f()=is.null&e->a.f(1)=eq.1&r.size(1)=eq.2`,
	`having=(e.l2(1).min().lt.2)&a=f(1)x&a=f([1)&a=f("x"y)&a.f(1)=eq.2&a.f(1)x=eq.2&select=a(b)&a=f(1,(,),)&"a".f(")")=eq.1`,
	"a=eq.a;b=%26%3B%3D%23%25%2B+%F0%9F%98%80&a;=eq;?=eq.?&%E2%80%A8=eq.%E2%80%A8",
}

func FuzzParse(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, query string, arguments bool) {
		extended := filter.Options{Arguments: arguments, Grouping: true, Filters: true, Operators: true}
		parsed, err := filter.Parse(query, extended)
		plain, plainErr := filter.Parse(query, filter.Options{Arguments: arguments})
		if plainErr == nil { // what is read without the extensions is read alike with them
			require.NoError(t, err)
			require.Equal(t, plain, overlooking(parsed))
		}
		if err != nil {
			var parseErr *filter.ParseError
			require.ErrorAs(t, err, &parseErr)
			require.Nil(t, parsed)
			require.NotEmpty(t, parseErr.Unexpected)
			require.GreaterOrEqual(t, parseErr.Line, 1)
			require.GreaterOrEqual(t, parseErr.Position, 1)
			require.NotContains(t, parseErr.Details(), "\n")
			return
		}
		for _, p := range parsed.Where {
			require.LessOrEqual(t, depth(p.Node), 100)
		}
		canonical := filter.Canonical(query)
		require.Equal(t, canonical, filter.Canonical(canonical))

		encoded, err := parsed.Encode()
		require.NoError(t, err)
		require.Equal(t, encoded, parsed.String())
		again, err := filter.Parse(encoded, extended)
		require.NoError(t, err, encoded)
		require.Equal(t, parsed, again, encoded)
	})
}

// overlooking is a query without what PostgREST overlooks behind a field in the names of
// parameters. A call there is a column of what is embedded to it, and nothing is embedded by the
// column's name, or it were that to the extension, too.
func overlooking(q *filter.Query) *filter.Query {
	other := *q
	other.Where = slices.Clone(q.Where)
	for i, p := range other.Where {
		c, ok := p.Node.(filter.Condition)
		if !ok {
			continue
		}
		if len(c.Field.Related) > 0 {
			c.Field = filter.Field{Name: c.Field.Related[0]}
		}
		c.Field.Cast = ""
		if call := c.Field.Call; call != nil {
			other.Where[i].Path, c.Field = append(slices.Clip(p.Path), c.Field.Name), filter.Field{Name: call.Name}
		}
		other.Where[i].Node = c
	}
	other.Arguments = slices.Clone(q.Arguments)
	for i := range other.Arguments {
		other.Arguments[i].Filter = nil
	}
	return &other
}

// depth counts the groups around the innermost node.
func depth(n filter.Node) int {
	group, ok := n.(filter.Group)
	if !ok {
		return 0
	}
	deepest := 0
	for _, inner := range group.Nodes {
		deepest = max(deepest, depth(inner))
	}
	return deepest + 1
}

// FuzzBind checks that nothing a client writes becomes SQL: with the quoted
// names taken out, only the words and signs of package filter are left.
func FuzzBind(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	allowed := sqlTokens()
	f.Fuzz(func(t *testing.T, query string) {
		parsed, err := filter.Parse(query, filter.Options{Grouping: true, Filters: true, Operators: true})
		if err != nil {
			return
		}
		quoting := filter.ResolverFunc(func(f filter.Field) (filter.Operand, error) {
			o, err := quoting(f)
			if f.Call != nil {
				o.SQL, o.Args = o.SQL+strings.Repeat(" = ?", len(f.Call.Arguments)), f.Call.Arguments
			}
			if f.Cast != "" {
				o.Cast = `"cast"`
			}
			return o, err
		})
		var bound []squirrel.Sqlizer
		add := func(s squirrel.Sqlizer, err error) {
			require.NoError(t, err)
			bound = append(bound, s)
		}
		for _, p := range parsed.Where {
			add(filter.Bind(p.Node, quoting))
		}
		for _, f := range fieldsOf(parsed.Select) {
			add(filter.BindField(f, quoting))
		}
		for _, order := range parsed.Order {
			for _, term := range order.Terms {
				add(filter.BindOrder(term, quoting))
			}
		}
		for _, having := range parsed.Having {
			add(filter.BindHaving(having, quoting))
		}
		for _, s := range bound {
			sql, args, err := s.ToSql()
			require.NoError(t, err)
			bare := strings.ReplaceAll(withoutNames(t, sql), "@??", "@@")
			require.Equal(t, len(args), strings.Count(bare, "?"), sql)
			for _, token := range strings.FieldsFunc(bare, func(r rune) bool { return strings.ContainsRune(" (),?'{}", r) }) {
				require.Contains(t, allowed, token, sql)
			}
			numbered, err := squirrel.Dollar.ReplacePlaceholders(sql)
			require.NoError(t, err)
			require.NotContains(t, strings.ReplaceAll(withoutNames(t, numbered), "@?", "@@"), "?")
		}
	})
}

// fieldsOf returns the fields of items, and of those within them.
func fieldsOf(items []filter.SelectItem) []filter.Field {
	var all []filter.Field
	for _, item := range items {
		switch item := item.(type) {
		case filter.SelectField:
			if !item.All {
				all = append(all, item.Field)
			}
		case filter.SelectRelation:
			all = append(all, fieldsOf(item.Items)...)
		}
	}
	return all
}

// sqlTokens returns all tokens that the SQL of conditions and orders consists of.
func sqlTokens() map[string]bool {
	tokens := map[string]bool{"->": true, "->>": true, "::int": true, "::jsonpath": true, "::int->": true, "::int->>": true}
	words := "= <> > >= < <= LIKE ILIKE ~ ~* IS DISTINCT FROM NULL NOT TRUE FALSE UNKNOWN @@ @> <@ && << >> &< &> -|- " +
		"CAST AS jsonb lower count sum avg max min * DISTINCT ANY ALL AND OR ASC DESC NULLS FIRST LAST to_jsonb to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery"
	for word := range strings.FieldsSeq(words) {
		tokens[word] = true
	}
	return tokens
}

// withoutNames takes the quoted identifiers out of sql.
func withoutNames(t *testing.T, sql string) string {
	t.Helper()
	var bare strings.Builder
	for i, part := range strings.Split(sql, `"`) {
		if i%2 == 0 { // a doubled quote inside of a name leaves an empty part
			bare.WriteString(part)
		}
	}
	require.Zero(t, strings.Count(sql, `"`)%2, sql)
	return bare.String()
}

// TestParseLong reads long texts: a part of the grammar that takes quadratic time doesn't
// come to their end.
func TestParseLong(t *testing.T) {
	t.Parallel()
	const long = 1 << 20 // bytes, over which the square of their number would take hours
	tests := []struct{ start, unit, end string }{
		{"select=", "a,", ""}, {"select=", "a-", ""}, {"select=", "a->", ""}, {"select=", "a(b),", ""},
		{"select=", "(", ""}, {"select=", " ", ""}, {"select=\"", `\"`, ""}, {"select=", `"a,`, ""},
		{"order=", "a(b),", ""}, {"columns=", "a,", "b"}, {"", "a.", "order=a"}, {"", "a->", "a=eq.1"},
		{"or=(", "a(", ""}, {"or=(", "or(a(b),", ""}, {"order=", "a(", ""}, {"", "a(", "=eq.1"}, {"", "a::", "=eq.1"}, {"or=(", "a::", ""},
		{"or=(", "and(a.eq.1),", "a.eq.1)"}, {"or=(", `a.eq.",`, ""}, {"or=(", "a.eq.{,", ""},
		{"a=", "not.", ""}, {"a=in.(", `"",`, ")"}, {"a=in.(", `"a`, ")"}, {"a=fts(", "a", ""},
		{"a=f(", "(", ""}, {"a=f(", "a,", ")"}, {"a=f(", `"a`, ")"}, {"a=f([", `"a`, "])"}, {"or=(", "a.f(", ""}, {"select=", "a.f(", ""}, {"order=", "a.f(1),", ""}, {"", "a.f(", "1)=eq.1"},
		{"", "a=x&", ""}, {"", "a=eq.1&", ""}, {"", "a.limit=1&", ""}, {"", "a&", ""},
	}
	for _, tt := range tests {
		_, _ = filter.Parse(tt.start+strings.Repeat(tt.unit, long/len(tt.unit))+tt.end, filter.Options{Filters: true, Operators: true})
	}
}
