package query_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// Requests that differ in their values alone have the same SQL, so that
// PostgreSQL can keep its plan.
func TestBuild_equal_shapes(t *testing.T) {
	t.Parallel()
	planner := plan.New(schema(t, "archive"), config)
	for _, tt := range []struct{ name, one, other string }{
		{"filter", "/films?year=gt.1960&title=like.M*", "/films?year=gt.1&title=like.*%22;"},
		{"in", "/films?id=in.(1,2,3)", "/films?id=in.(7)"},
		{"any", "/films?year=eq(any).{1}", "/films?year=eq(any).{1,2,3}"},
		{"json_keys", "/films?select=info->a->>b&info->c=eq.1&order=info->d", "/films?select=info->x->>y&info->z=eq.2&order=info->w"},
		{"full_text", "/films?search=fts(english).cat", "/films?search=fts(german).katze"},
		{"page", "/films?limit=1&offset=2", "/films?limit=30&offset=40"},
		{"embed", "/directors?select=films(title)&films.year=gt.1&films.limit=2&films.offset=3", "/directors?select=films(title)&films.year=gt.9&films.limit=8&films.offset=7"},
		{"groups", "/films?or=(id.eq.1,and(year.eq.2,title.eq.x))", "/films?or=(id.eq.3,and(year.eq.4,title.eq.y))"},
		{"aliases", "/films?select=a:title,b:year", "/films?select=c:title,d:year"},
		{"represented_domain", "/genres?colour=in.(red)", "/genres?colour=in.(red,green,blue)"},
		{"aggregates", "/films?select=info->a,count()&id=lt.5", "/films?select=info->b,count()&id=lt.6"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one := build(t, planner, "archive", "GET", tt.one, "", "Prefer: count=exact")
			other := build(t, planner, "archive", "GET", tt.other, "", "Prefer: count=exact")
			require.Equal(t, one.Main.SQL, other.Main.SQL)
			require.Equal(t, one.Count.SQL, other.Count.SQL)
		})
	}
}

// Without anything to say about a page or a filter the statements leave it out.
func TestBuild_different_shapes(t *testing.T) {
	t.Parallel()
	planner := plan.New(schema(t, "archive"), config)
	shapes := map[string]string{}
	for _, target := range []string{
		"/films", "/films?limit=1", "/films?offset=1", "/films?id=in.()", "/films?id=in.(1)", "/films?id=not.in.(1)", "/films?id=is.null",
		"/films?order=id", "/films?order=id.desc", "/films?order=id.nullsfirst", "/films?select=roles()", "/films?select=id,roles!inner()",
	} {
		sql := build(t, planner, "archive", "GET", target, "").Main.SQL
		require.Emptyf(t, shapes[sql], "%s has the SQL of %s", target, shapes[sql])
		shapes[sql] = target
	}
}

var (
	quoted      = regexp.MustCompile(`"(?:[^"]|"")*"|'(?:[^']|'')*'`)
	placeholder = regexp.MustCompile(`\$(\d+)`)
	word        = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9.]*`)
)

// vocabulary has every word that SQL for reading may have outside of quotes.
var vocabulary = wordSet(`
	SELECT FROM AS WHERE AND OR NOT EXISTS LEFT CROSS JOIN LATERAL ON TRUE FALSE UNKNOWN NULL IS DISTINCT GROUP ORDER BY ASC DESC NULLS FIRST LAST LIMIT OFFSET
	COALESCE CAST ROW WITH ANY ALL LIKE ILIKE EXPLAIN FORMAT JSON
	pg_catalog.json_agg pg_catalog.row_to_json pg_catalog.to_json pg_catalog.json_strip_nulls
	pg_catalog.count sum avg max min
	to_jsonb to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery unnest
	int text json jsonb row row. rows rows.
	SETOF character bit interval year month day hour minute second to`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// requireSafe requires that a statement has as many placeholders as arguments,
// and outside of quotes nothing but the words and signs of SQL: no byte of a client.
func requireSafe(t *testing.T, s *query.Statement) {
	t.Helper()
	bare := quoted.ReplaceAllString(s.SQL, "")
	for i, m := range placeholder.FindAllStringSubmatch(bare, -1) {
		require.Equal(t, strconv.Itoa(i+1), m[1], s.SQL)
	}
	require.Len(t, s.Args, len(placeholder.FindAllString(bare, -1)), s.SQL)
	for _, w := range word.FindAllString(bare, -1) {
		require.Truef(t, vocabulary[w], "%q in %s", w, s.SQL)
	}
	signs := placeholder.ReplaceAllString(word.ReplaceAllString(bare, ""), "")
	require.Emptyf(t, strings.Trim(signs, " ,.()=<>@&|~*-:{}[]0123456789"), "signs of %s", s.SQL)
	require.NotContains(t, bare, "--")
	require.NotContains(t, bare, "/*")
	require.Equal(t, strings.Count(bare, "("), strings.Count(bare, ")"), s.SQL)
}

// FuzzBuild asks for anything that the grammar takes.
func FuzzBuild(f *testing.F) {
	for _, seed := range []string{
		"/films?select=id,title::text,info->a->>0,x:rating.avg()::int&year=gt.1&order=id.desc",
		"/films?select=id,directors!inner(name),roles()&roles=is.null&directors.name=eq.x&order=directors(born)",
		"/directors?select=name,...films(title,...restorations(finished))&films.order=year&films.limit=1",
		"/films?select=*,directors(*),sequels(*)&limit=1",
		"/films?select=count(),year,...directors(born.max())&or=(id.eq.1,not.and(year.in.(1,2),title.fts(english).cat))",
		"/films?select=%22a%22%22b%3F%22,c:%22%24%31%22::%22x%22&%22%27--%22=eq.%27;DROP%20TABLE%20x;--",
		"/films?select=title::char,a:title::setof%20bit,b:year::interval%20day%20to%20second%20array,c:year.max()::NChar",
		"/films?select=id::x$1%20y,title&info->%22?%22=cs.{%22?|%22}&title=like(all).{*?*}",
		"/genres?select=colour,shade:colour::text&colour=in.(a,%22b%22)&colour=eq(any).{c}",
		"/lost%20%26%20found%3F?select=%22is%20it%3F%22&order=%22say%20%5C%22cut%5C%22%22",
		"/roles_1?select=roles(films(sequels(original(full_title))))&roles.films.sequels.original.full_title=match.^a",
	} {
		f.Add(seed, "count=exact")
	}
	planner := plan.New(schema(f, "archive"), config)
	f.Fuzz(func(t *testing.T, target, prefer string) {
		program, _, err := tryBuild(planner, "archive", "GET", target, "", "Prefer: "+prefer)
		if err != nil {
			return
		}
		requireSafe(t, &program.Main)
		for _, s := range []*query.Statement{program.Count, program.Estimate} {
			if s != nil {
				requireSafe(t, s)
			}
		}
	})
}

// Names and values that would break out of quotes don't.
func TestBuild_quotes(t *testing.T) {
	t.Parallel()
	planner := plan.New(schema(t, "archive"), config)
	for _, target := range []string{
		`/films?select=%22%3B--%22,x:%22%27%22&%22a?b%22=eq.1&order=%22%5C%22%22`,
		`/films?select=title::evil$1%20x`,
		`/films?select=directors(%22?%22)&directors.%22$9%22=eq.%3F`,
		`/films?select=info->%22%27%3B--%22->>%3F`,
	} {
		requireSafe(t, &build(t, planner, "archive", "GET", target, "").Main)
	}
}
