package program

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/introspect"
)

// bindSchema has a relation with a column of each kind that a value takes another way
// to, and functions that take a whole body, by its type.
func bindSchema() *introspect.SchemaCache {
	builtin := func(oid uint32, name, local string) *introspect.Type {
		return &introspect.Type{OID: oid, Name: name, Schema: "pg_catalog", Local: local, BaseOID: oid, BaseName: name}
	}
	integer, text, bytea := builtin(23, "integer", "int4"), builtin(25, "text", "text"), builtin(17, "bytea", "bytea")
	numbers := builtin(1007, "integer[]", "_int4")
	numbers.Kind = introspect.ArrayType
	colour := &introspect.Type{OID: 70000, Name: "api.colour", Schema: "api", Local: "colour", BaseOID: 25, BaseName: "text", IsDomain: true}
	name := func(s string) introspect.QualifiedName { return introspect.QualifiedName{Schema: "api", Name: s} }
	column := func(s string, t *introspect.Type) introspect.Column {
		return introspect.Column{Name: s, Type: t, TypeName: t.Name, Nullable: true}
	}
	withDefault := column("tags", numbers)
	withDefault.Default = "'{}'::integer[]"
	catalog := introspect.Catalog{
		ServerVersion: 150000, Schemas: []string{"api"}, Types: []*introspect.Type{integer, text},
		Tables: []*introspect.Table{
			{Name: name("films"), PrimaryKey: []string{"id"},
				Columns: []introspect.Column{column("id", integer), column("title", text), column("poster", bytea), column("colour", colour),
					column("info", builtin(3802, "jsonb", "jsonb")), column("search", builtin(3614, "tsvector", "tsvector")),
					withDefault, column("director_id", integer)},
				ForeignKeys: []introspect.ForeignKey{{Name: "by", Columns: []string{"director_id"}, References: name("directors"), ReferencedColumns: []string{"id"}}}},
			{Name: name("directors"), PrimaryKey: []string{"id"}, Columns: []introspect.Column{column("id", integer), column("name", text)}},
		},
		Representations: []introspect.Representation{
			{From: 25, To: 70000, Function: name("colour_of_text")}, {From: 114, To: 70000, Function: name("colour_of_json")},
			{From: 70000, To: 114, Function: name("json_of_colour")},
		},
	}
	function := func(s string, params ...introspect.Param) {
		catalog.Routines = append(catalog.Routines, &introspect.Routine{Name: name(s), Volatility: introspect.Stable,
			Returns: introspect.Result{Type: integer}, Params: params})
	}
	for _, t := range []*introspect.Type{bytea, text, builtin(142, "xml", "xml"), builtin(114, "json", "json"), builtin(3802, "jsonb", "jsonb")} {
		function("take_"+t.Local, introspect.Param{Type: t, Required: true})
		function("may_take_"+t.Local, introspect.Param{Type: t})
		function("named_"+t.Local, introspect.Param{Name: "v", Type: t})
	}
	function("total", introspect.Param{Name: "v", Type: numbers, Required: true, Variadic: true})
	function("add", introspect.Param{Name: "a", Type: integer, Required: true}, introspect.Param{Name: "b", Type: text})
	return introspect.New(catalog)
}

// asked is a request whose values a program is bound to.
type asked struct{ method, target, media, prefer, body string }

func (a asked) parse(t testing.TB) *apirequest.Request {
	t.Helper()
	r := httptest.NewRequest(a.method, "/", strings.NewReader(a.body))
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(a.target, "?")
	if a.media != "" {
		r.Header.Set("Content-Type", a.media)
	}
	r.Header.Set("Prefer", a.prefer)
	req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"api"}})
	require.NoError(t, err, a)
	return req
}

// A program that one request's values were compiled with gives another request of
// its shape what planning that one afresh gives: no value is lost on a way on which
// values are turned into something else.
func TestCache_bind(t *testing.T) {
	t.Parallel()
	const form, octets = mediatype.URLEncoded, mediatype.Octets
	get := func(one, other string) [2]asked {
		return [2]asked{{"GET", one, "", "", ""}, {"GET", other, "", "", ""}}
	}
	send := func(method, target, media, one, other string) [2]asked {
		return [2]asked{{method, target, media, "", one}, {method, target, media, "", other}}
	}
	preferring := func(prefer string, pair [2]asked) [2]asked {
		pair[0].prefer, pair[1].prefer = prefer, prefer
		return pair
	}
	for name, pair := range map[string][2]asked{
		"equal":            get("/films?id=eq.1&title=neq.a", `/films?id=eq.%22&title=neq.\x61`),
		"pattern":          get("/films?title=like.a*&title=ilike.*b", "/films?title=like.**%25&title=ilike._"),
		"any_pattern":      get("/films?title=like(any).{a*,b}", "/films?title=like(any).{*c*}"),
		"all_of_texts":     get("/films?title=neq.x&id=gt(all).{1}", "/films?title=neq.y&id=gt(all).{1,2,3}"),
		"regular":          get("/films?title=match.^a&title=imatch.b", "/films?title=match.*&title=imatch.$"),
		"list":             get("/films?id=in.(1,2)", `/films?id=in.("a,b","{}","\"","\\",)`),
		"list_within_not":  get("/films?id=not.in.(1)", "/films?id=not.in.(3,4,NULL)"),
		"containment":      get("/films?tags=cs.{1}&tags=cd.{2}", "/films?tags=cs.{}&tags=cd.{3,4}"),
		"JSON":             get(`/films?info->a=eq.1&info->>b=like.*`, `/films?info->a=eq.%22x%22&info->>b=like.a*`),
		"bytes":            get(`/films?poster=eq.\x00`, `/films?poster=eq.\xff`),
		"distinct":         get("/films?id=isdistinct.1", "/films?id=isdistinct.2"),
		"search":           get("/films?search=fts.a&title=plfts.b&title=phfts(english).c", "/films?search=fts.d%26e&title=plfts.&title=phfts(english).f*"),
		"represented":      get("/films?colour=eq.red&colour=not.in.(a,b)", "/films?colour=eq.&colour=not.in.(c)"),
		"represented_any":  get("/films?colour=eq(any).{red}", "/films?colour=eq(any).{a,b}"),
		"trees":            get("/films?or=(id.eq.1,and(title.like.a*,tags.cs.{1,2}))", `/films?or=(id.eq.2,and(title.like."*,*",tags.cs.{}))`),
		"embeds":           get("/films?select=id,directors!inner(name)&directors.name=like.a*&directors.or=(id.in.(1),id.eq.2)", "/films?select=id,directors!inner(name)&directors.name=like.*&directors.or=(id.in.(4,5),id.eq.6)"),
		"pages":            get("/films?title=like.a*&limit=1&offset=2", "/films?title=like.*&limit=30&offset=40"),
		"counted":          preferring("count=exact", get("/films?title=like.a*&limit=1", "/films?title=like.*b&limit=7")),
		"counts_planned":   preferring("count=planned", get("/films?id=in.(1)&offset=1", "/films?id=in.(2,3)&offset=2")),
		"counts_estimated": preferring("count=estimated", get("/films?id=in.(1)&limit=1", "/films?id=in.(2,3)&limit=2")),
		"HEAD":             {{"HEAD", "/films?title=like.a*", "", "count=exact", ""}, {"HEAD", "/films?title=like.b*", "", "count=exact", ""}},

		"insert":                 send("POST", "/films", "", `{"id":1,"title":"a"}`, `{"id":null,"title":"\\x00\u00e9*"}`),
		"insert_of_JSON":         send("POST", "/films", "", `{"info":{"a":1},"poster":"\\x00"}`, `{"info":[],"poster":null}`),
		"insert_of_many":         send("POST", "/films", "", `[{"id":1}]`, `[{"id":2},{"id":3}]`),
		"insert_with_defaults":   preferring("missing=default", send("POST", "/films", "", `{"id":1,"tags":[1]}`, `{"id":2,"tags":[]}`)),
		"inserts_with_defaults":  preferring("missing=default", send("POST", "/films", "", `[{"id":1,"tags":[1]}]`, `[{"id":2,"tags":[]}]`)),
		"insert_of_domain":       send("POST", "/films", "", `{"colour":"red"}`, `{"colour":"#00f"}`),
		"insert_of_CSV":          send("POST", "/films", mediatype.CSV, "id,title\n1,a", "id,title\n2,NULL\n3,\"x\"\"y\""),
		"insert_of_form":         send("POST", "/films", form, "id=1&title=a", "id=2&title=%22*%22"),
		"merge":                  preferring("resolution=merge-duplicates,return=representation", send("POST", "/films", "", `[{"id":1}]`, `[{"id":2}]`)),
		"PUT":                    {{"PUT", "/films?id=eq.1", "", "", `{"id":1,"colour":"a"}`}, {"PUT", "/films?id=eq.2", "", "", `{"id":2,"colour":"b"}`}},
		"update":                 {{"PATCH", "/films?title=like.a*", "", "", `{"title":"a"}`}, {"PATCH", "/films?title=like.*", "", "", `{"title":null}`}},
		"update_of_one":          {{"PATCH", "/films?id=eq.1", "", "", `{"title":"a","poster":"b"}`}, {"PATCH", "/films?id=eq.2", "", "", `{"title":"\\x61","poster":null}`}},
		"update_of_JSON":         {{"PATCH", "/films?id=in.(1)", "", "", `{"info":{}}`}, {"PATCH", "/films?id=in.(2,3)", "", "", `{"info":[1]}`}},
		"delete":                 {{"DELETE", "/films?id=in.(1)&title=like.a*", "", "", ""}, {"DELETE", "/films?id=in.(2,3)&title=like.*", "", "", ""}},
		"arguments":              get("/rpc/add?a=1&b=2", `/rpc/add?a=\x&b=*`),
		"bytes_by_name":          get("/rpc/named_bytea?v=a", `/rpc/named_bytea?v=\x00`),
		"variadic":               get("/rpc/total?v=1&v=2", `/rpc/total?v="&v=\`),
		"variadic_of_form":       send("POST", "/rpc/total", form, "v=1&v=2", "v={}&v=*"),
		"variadic_of_JSON":       send("POST", "/rpc/total", "", `{"v":[1,2]}`, `{"v":[]}`),
		"arguments_of_JSON":      send("POST", "/rpc/add", "", `{"a":1,"b":"x"}`, `{"a":null,"b":"\\x00"}`),
		"arguments_of_an_array":  send("POST", "/rpc/add", "", `[{"a":1,"b":"x"}]`, `[{"a":2,"b":"y"},{"a":3,"b":"z"}]`),
		"arguments_of_CSV":       send("POST", "/rpc/add", mediatype.CSV, "a,b\n1,2", "a,b\n3,4\n5,6"),
		"arguments_of_form":      send("POST", "/rpc/add", form, "a=1&b=2", "a=3&b=%00"),
		"bytes_of_JSON_by_name":  send("POST", "/rpc/named_bytea", "", `{"v":"a"}`, `{"v":"\\x00"}`),
		"jsonb_of_JSON_by_name":  send("POST", "/rpc/named_jsonb", "", `{"v":{}}`, `{"v":[null]}`),
		"counted_call":           preferring("count=exact", send("POST", "/rpc/take_bytea", octets, "a", "\x00body")),
		"bytes_whole":            send("POST", "/rpc/take_bytea", octets, "a", "\x00value 0\xff"),
		"no_bytes_whole":         send("POST", "/rpc/take_bytea", octets, "a", ""),
		"text_whole":             send("POST", "/rpc/take_text", mediatype.Plain, "a", `\x61*{"`),
		"text_whole_by_name":     send("POST", "/rpc/take_text", "", `{"":"a"}`, ` { "" : null } `),
		"text_whole_of_form":     send("POST", "/rpc/take_text", form, "=a&=b", "=c&=%22d"),
		"text_whole_of_GET":      get("/rpc/take_text?%22%22=a&%22%22=b", "/rpc/take_text?%22%22=%22c&%22%22=d"),
		"bytes_whole_of_GET":     get("/rpc/take_bytea?%22%22=a", "/rpc/take_bytea?%22%22=%C3%A9"),
		"bytes_whole_of_form":    send("POST", "/rpc/take_bytea", form, "=a", "=b"),
		"bytes_whole_of_nothing": get("/rpc/may_take_bytea?limit=3", "/rpc/may_take_bytea?limit=4"),
		"xml_whole":              send("POST", "/rpc/take_xml", mediatype.XML, "<a/>", "<b>\x00</b>"),
		"json_whole":             send("POST", "/rpc/take_json", "", `{"a":1}`, `{"a":  2}`),
		"jsonb_whole":            send("POST", "/rpc/take_jsonb", "", `[{"a":1}]`, `[{"a":[]},{"a":{}}]`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planner := plan.New(bindSchema(), plan.Config{MaxRows: 100})
			bindBothWays(t, planner, pair)
		})
	}
}

// A body of any type may be for a parameter of any type, if it is the only one, has no
// name and a default.
func TestCache_bind_whole(t *testing.T) {
	t.Parallel()
	planner := plan.New(bindSchema(), plan.Config{})
	for _, function := range []string{"bytea", "text", "xml", "json", "jsonb"} {
		for media, bodies := range map[string][2]string{
			mediatype.JSON: {`{"":"a"}`, `{"":  null}`}, mediatype.Plain: {"a", "\x00body"}, mediatype.XML: {"<a/>", "\x00value 0"},
			mediatype.Octets: {"\x00", "\xff"}, mediatype.URLEncoded: {"=a", "=b"}, mediatype.CSV: {"\"\"\na", "\"\"\nb"},
		} {
			t.Run(function+"_from_"+media, func(t *testing.T) {
				t.Parallel()
				target := "/rpc/may_take_" + function
				bindBothWays(t, planner, [2]asked{{"POST", target, media, "", bodies[0]}, {"POST", target, media, "", bodies[1]}})
			})
		}
	}
}

func bindBothWays(t *testing.T, planner *plan.Planner, pair [2]asked) {
	t.Helper()
	for _, pair := range [][2]asked{pair, {pair[1], pair[0]}} {
		var cache Cache
		one, other := pair[0].parse(t), pair[1].parse(t)
		requireSameProgram(t, &cache, planner, one)
		require.Len(t, cache.byKey, 1)
		requireSameProgram(t, &cache, planner, other)
		require.Len(t, cache.byKey, 1, "both are of one shape")
		requireSameProgram(t, &cache, planner, one)
		_, first, err := compile(planner, &one.Shape, one.AppendKey(nil))
		require.NoError(t, err)
		_, second, err := compile(planner, &other.Shape, other.AppendKey(nil))
		require.NoError(t, err)
		require.Equal(t, first.Main.SQL, second.Main.SQL)
	}
}

// Whatever a function is sent, it gets that and nothing of what others sent.
func FuzzCache_bind(f *testing.F) {
	f.Add(uint8(0), uint8(0), "hello", "\x00body")
	f.Add(uint8(1), uint8(1), `{"":"foo"}`, `{"":["\u0000value 0"]}`)
	f.Add(uint8(2), uint8(2), "=a", "=\"&x=1")
	f.Add(uint8(9), uint8(3), "<a/>", "")
	functions := []string{"take_bytea", "take_text", "may_take_bytea", "may_take_text", "may_take_jsonb", "named_bytea", "add", "total"}
	medias := []string{mediatype.Octets, mediatype.JSON, mediatype.URLEncoded, mediatype.XML, mediatype.Plain, mediatype.CSV}
	planner := plan.New(bindSchema(), plan.Config{})
	f.Fuzz(func(t *testing.T, function, media uint8, one, other string) {
		var cache Cache
		for _, body := range []string{one, other, one} {
			r := httptest.NewRequest("POST", "/rpc/"+functions[int(function)%len(functions)], strings.NewReader(body))
			r.Header.Set("Content-Type", medias[int(media)%len(medias)])
			if req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"api"}}); err == nil {
				requireSameProgram(t, &cache, planner, req)
			}
		}
	})
}
