package program

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// programSchema has what the shapes of requests below are about.
func programSchema() *introspect.SchemaCache {
	integer := &introspect.Type{OID: 23, Name: "integer", Schema: "pg_catalog", Local: "int4", BaseOID: 23, BaseName: "integer"}
	text := &introspect.Type{OID: 25, Name: "text", Schema: "pg_catalog", Local: "text", BaseOID: 25, BaseName: "text"}
	numbers := &introspect.Type{OID: 1007, Name: "integer[]", Schema: "pg_catalog", Local: "_int4", BaseOID: 1007, BaseName: "integer[]", Kind: introspect.ArrayType}
	name := func(s string) introspect.QualifiedName { return introspect.QualifiedName{Schema: "api", Name: s} }
	column := func(s string, t *introspect.Type) introspect.Column {
		return introspect.Column{Name: s, Type: t, TypeName: t.Name}
	}
	return introspect.New(introspect.Catalog{
		ServerVersion: 150000, Schemas: []string{"api"}, Types: []*introspect.Type{integer, text},
		Tables: []*introspect.Table{
			{Name: name("films"), PrimaryKey: []string{"id"},
				Columns:     []introspect.Column{column("id", integer), column("title", text), column("director_id", integer)},
				ForeignKeys: []introspect.ForeignKey{{Name: "by", Columns: []string{"director_id"}, References: name("directors"), ReferencedColumns: []string{"id"}}}},
			{Name: name("directors"), PrimaryKey: []string{"id"}, Columns: []introspect.Column{column("id", integer), column("name", text)}},
		},
		Routines: []*introspect.Routine{
			{Name: name("add"), Volatility: introspect.Stable, Returns: introspect.Result{Type: integer},
				Params: []introspect.Param{{Name: "a", Type: integer, Required: true}, {Name: "b", Type: integer}}},
			{Name: name("total"), Volatility: introspect.Volatile, Returns: introspect.Result{Type: integer},
				Params: []introspect.Param{{Name: "v", Type: numbers, Required: true, Variadic: true}}},
		},
	})
}

func parseRequest(method, target, prefer, body string) (*apirequest.Request, error) {
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	path, query, _ := strings.Cut(target, "?")
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = path, "", query
	if prefer != "" {
		r.Header.Set("Prefer", prefer)
	}
	return apirequest.Parse(r, apirequest.Config{Schemas: []string{"api"}})
}

// requireSameProgram holds what the cache gives for a shape against what the request is
// planned and rendered as by itself, and the arguments of both.
func requireSameProgram(t *testing.T, c *Cache, planner *plan.Planner, req *apirequest.Request) {
	t.Helper()
	wantPlan, want, wantErr := compile(planner, &req.Shape, req.AppendKey(nil))
	gotPlan, got, err := c.Build(planner, &req.Shape)
	require.Equal(t, wantErr, err)
	require.Equal(t, want, got)
	if err != nil || want == nil {
		return
	}
	require.Equal(t, wantPlan.(plan.Runnable).Answered().WindowOf(&req.Values), gotPlan.(plan.Runnable).Answered().WindowOf(&req.Values))
	for _, s := range [][2]*query.Statement{{&want.Main, &got.Main}, {want.Count, got.Count}, {want.Estimate, got.Estimate}} {
		if s[0] != nil {
			require.Equal(t, req.Values.Bind(s[0].Args), req.Values.Bind(s[1].Args))
		}
	}
	requireOwnValues(t, req, got)
}

// requireOwnValues requires that the values of a request's conditions, in their order,
// are among the arguments of its main statement: as the grammar gives them, and not as
// the shape does.
func requireOwnValues(t *testing.T, req *apirequest.Request, program *query.Program) {
	t.Helper()
	q, err := filter.Parse(req.RawQuery, filter.Options{Arguments: req.Resource == apirequest.Routine})
	updatesNothing := req.Action == apirequest.Update && len(req.Body.Columns) == 0
	if err != nil || req.Resource == apirequest.Routine || updatesNothing {
		return
	}
	var want, got []string
	for _, arg := range program.Main.Args {
		if arg.From == value.FromCondition {
			got = append(got, string(req.Values.Bind([]value.Arg{arg})[0]))
		}
	}
	for _, p := range q.Where {
		want = appendArguments(want, p.Node)
	}
	slices.Sort(want) // embeds come in their own order
	slices.Sort(got)
	require.Equal(t, slices.Compact(want), slices.Compact(got), "an inner embed may ask twice")
}

func appendArguments(texts []string, node filter.Node) []string {
	switch node := node.(type) {
	case filter.Condition:
		if node.Operator != filter.Is && !node.EmptyList() {
			return append(texts, node.Argument())
		}
	case filter.Group:
		for _, member := range node.Nodes {
			texts = appendArguments(texts, member)
		}
	}
	return texts
}

// Requests of one shape share a program; each still gets its own values.
func TestCache(t *testing.T) {
	t.Parallel()
	type request struct{ method, target, prefer, body string }
	get := func(target string) request { return request{http.MethodGet, target, "", ""} }
	tests := map[string][]request{
		"filters":      {get("/films?id=eq.1&title=like.A*"), get("/films?id=eq.22&title=like.*z*")},
		"lists":        {get("/films?id=in.(1,2,3)"), get(`/films?id=in.("a,b",{},"")`), get("/films?id=in.()"), get("/films?id=in.(9)")},
		"trees":        {get("/films?or=(id.eq.1,and(title.eq.x,id.not.in.(1,2)))"), get("/films?or=(id.eq.5,and(title.eq.y,id.not.in.(7)))")},
		"pages":        {get("/films?limit=1&offset=2"), get("/films?limit=30&offset=4"), get("/films?limit=0"), get("/films?offset=9"), get("/films")},
		"null filters": {get("/films?id=is.null&title=eq.a"), get("/films?id=is.true&title=eq.a"), get("/films?id=is.null&title=eq.b")},
		"embeds": {get("/films?select=title,directors(name)&directors.name=eq.a&directors.id=gt.1"),
			get("/films?select=title,directors(name)&directors.name=eq.b&directors.id=gt.7")},
		"pages of embeds": {get("/directors?select=films(id)&films.limit=1"), get("/directors?select=films(id)&films.limit=2")},
		"absent embeds":   {get("/films?select=id,directors()&directors=not.is.null&id=eq.3"), get("/films?select=id,directors()&directors=is.null&id=eq.3")},
		"counts":          {{"GET", "/films?id=eq.1&limit=1", "count=exact", ""}, {"GET", "/films?id=eq.2&limit=5", "count=exact", ""}, {"GET", "/films?id=eq.3", "count=estimated", ""}},
		"heads":           {{"HEAD", "/films?id=eq.1&limit=2", "", ""}, {"HEAD", "/films?id=eq.3&limit=4", "", ""}},
		"counted heads": {{"HEAD", "/films?id=gt.1&limit=2&offset=1", "count=exact", ""}, {"HEAD", "/films?id=gt.3&limit=4&offset=5", "count=exact", ""},
			{"HEAD", "/films?order=id", "count=exact", ""}, {"HEAD", "/rpc/add?a=1", "count=exact", ""}},
		"odd values":         {get("/films?title=eq.value%200"), get("/films?title=eq.%7B%22value%200%22%7D"), get("/films?title=eq.%00value%200")},
		"inserts":            {{"POST", "/films", "", `{"id":1,"title":"a"}`}, {"POST", "/films", "", `{"title":"b","id":2}`}, {"POST", "/films", "", `[{"id":1}]`}, {"POST", "/films", "", `[]`}},
		"what is returned":   {{"POST", "/films?select=id", "return=representation", `{"id":1}`}, {"POST", "/films?select=id", "return=minimal", `{"id":2}`}, {"POST", "/films", "return=headers-only", `{"id":3}`}},
		"values":             {{"POST", "/films", "", `{"id":1,"title":"a"}`}, {"POST", "/films", "", `{"title":null,"id":null}`}, {"POST", "/films", "", `{"id":1,"title":"{}"}`}},
		"values or JSON":     {{"POST", "/films", "", `{"id":1,"title":"a"}`}, {"POST", "/films", "", `{"id":1,"title":{}}`}, {"POST", "/films", "missing=default", `{"id":1,"title":"a"}`}},
		"filtered values":    {{"PATCH", "/films?id=in.(1,2)&title=eq.a", "", `{"title":"b"}`}, {"PATCH", "/films?id=in.(3)&title=eq.c", "", `{"title":null}`}},
		"updates":            {{"PATCH", "/films?id=eq.1", "", `{"title":"a"}`}, {"PATCH", "/films?id=eq.2", "", `{"title":"b"}`}, {"PATCH", "/films?id=eq.2", "", `{}`}},
		"bounded updates":    {{"PATCH", "/films?id=eq.1", "handling=strict,max-affected=1", `{"title":"a"}`}, {"PATCH", "/films?id=eq.1", "handling=strict,max-affected=2", `{"title":"a"}`}},
		"upserts":            {{"POST", "/films", "resolution=merge-duplicates", `{"id":1}`}, {"POST", "/films", "resolution=ignore-duplicates", `{"id":1}`}, {"POST", "/films?on_conflict=title", "resolution=ignore-duplicates", `{"id":1}`}},
		"puts":               {{"PUT", "/films?id=eq.1", "", `{"id":1,"title":"a"}`}, {"PUT", "/films?id=eq.2", "", `{"id":2,"title":"b"}`}},
		"deletes":            {{"DELETE", "/films?id=eq.1", "", ""}, {"DELETE", "/films?id=eq.2", "return=representation", ""}},
		"calls":              {get("/rpc/add?a=1&b=2"), get("/rpc/add?b=5&a=4"), get("/rpc/add?a=7")},
		"calls with a body":  {{"POST", "/rpc/add", "", `{"a":1,"b":2}`}, {"POST", "/rpc/add", "", `{"b":null,"a":"3"}`}, {"POST", "/rpc/add", "", `{"a":[],"b":4}`}, {"POST", "/rpc/total", "", `{"v":"{1}"}`}, {"POST", "/rpc/add", "count=exact", `{"a":3}`}},
		"variadic arguments": {get("/rpc/total?v=1&v=2"), get("/rpc/total?v=3&v=4"), get("/rpc/total?v=5")},
	}
	for name, requests := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p Cache
			planner := plan.New(programSchema(), plan.Config{MaxRows: 100})
			for range 2 { // the second time there are programs for all
				for _, r := range requests {
					req, err := parseRequest(r.method, r.target, r.prefer, r.body)
					require.NoError(t, err)
					requireSameProgram(t, &p, planner, req)
				}
			}
			require.LessOrEqual(t, len(p.byKey), len(requests))
		})
	}
}

func TestCache_shared(t *testing.T) {
	t.Parallel()
	var p Cache
	planner := plan.New(programSchema(), plan.Config{})
	for _, target := range []string{"/films?id=eq.1&limit=3", "/films?id=eq.2&limit=4", "/films?id=eq.3&limit=5"} {
		req, err := parseRequest(http.MethodGet, target, "", "")
		require.NoError(t, err)
		_, _, err = p.Build(planner, &req.Shape)
		require.NoError(t, err)
	}
	require.Len(t, p.byKey, 1, "requests that differ in values alone share a program")
}

// A client that repeats itself takes no more memory than others.
func TestCache_long(t *testing.T) {
	t.Parallel()
	var p Cache
	planner := plan.New(programSchema(), plan.Config{})
	req, err := parseRequest(http.MethodGet, "/films?select=id"+strings.Repeat(",id", maxKey/3), "", "")
	require.NoError(t, err)
	requireSameProgram(t, &p, planner, req)
	require.Empty(t, p.byKey)
}

// However two requests look, the second is answered as if the first had not been.
func FuzzCache(f *testing.F) {
	f.Add("id=eq.1", "id=eq.1", "handling=strict,max-affected=1", "handling=strict,nothing")
	f.Add("id=eq.1", "id=eq.2", "count=exact", "return=minimal,missing=default")
	for _, seed := range [][2]string{
		{"id=eq.1", "id=eq.2"}, {"id=in.(1)", "id=in.()"}, {"select=id&order=id", "select=id&order=id.desc"},
		{"or=(id.eq.1,title.eq.2)", "and=(id.eq.1,title.eq.2)"}, {"limit=1", "offset=1"}, {"select=directors(name)&directors.limit=1", "select=directors(name)"},
		{"title=fts(a).b", "title=fts.b"}, {"id->a=eq.1", "id->>a=eq.1"}, {"title=like(any).{a}", "title=like.{a}"},
	} {
		f.Add(seed[0], seed[1], "", "")
	}
	planner := plan.New(programSchema(), plan.Config{MaxRows: 10, Aggregates: true})
	f.Fuzz(func(t *testing.T, first, second, preferFirst, preferSecond string) {
		var p Cache
		for _, r := range [][2]string{{first, preferFirst}, {second, preferSecond}, {first, preferFirst}} {
			if req, err := parseRequest(http.MethodGet, "/films?"+r[0], r[1], ""); err == nil {
				requireSameProgram(t, &p, planner, req)
			}
		}
	})
}

// Plans for other types are of other shapes, whatever stands in the types' names.
func TestCache_media_types(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, accept := range []string{
		`application/vnd.pgrst.plan`, `application/vnd.pgrst.plan+json`, `application/vnd.pgrst.plan;for="a"`, `application/vnd.pgrst.plan;for="a";options=wal`,
		`application/vnd.pgrst.plan;for="a\"; options=wal"`, `application/vnd.pgrst.plan;for="a\""`, `application/vnd.pgrst.plan;for="a\\"`,
		`application/vnd.pgrst.plan;for="a\\\""`, `application/vnd.pgrst.plan;for="text/csv";options=wal|analyze`,
	} {
		r := httptest.NewRequest(http.MethodGet, "/films", nil)
		r.Header.Set("Accept", accept)
		req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"api"}})
		require.NoError(t, err)
		shape := string(req.AppendKey(nil))
		require.Empty(t, seen[shape], accept)
		seen[shape] = accept
	}
}

// The values of a function that returns no rows are known by their type: to count them no
// column of theirs is read.
func TestBuild_count_of_values(t *testing.T) {
	t.Parallel()
	planner := plan.New(programSchema(), plan.Config{})
	req, err := parseRequest(http.MethodGet, "/rpc/add?a=1&limit=1", "count=exact", "")
	require.NoError(t, err)
	_, program, err := compile(planner, &req.Shape, req.AppendKey(nil))
	require.NoError(t, err)
	require.Contains(t, program.Main.SQL, `(SELECT pg_catalog.count(*) FROM (SELECT FROM "pgrst result" AS "add") rows)`)
}
