package apitest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// A reference is any value of a body, and a value of a filter, wherever one can stand.
func TestBatch_references(t *testing.T) {
	t.Parallel()
	const awkward = `{"name": "p", "method": "GET", "path": "/products?id=eq.3"}`
	const names = `{"name": "n", "method": "GET", "path": "/products?select=id,name&order=id"}`
	const found = `200 [{"id":3}]`
	one := func(name, path string, want string) batchOf {
		return batchOf{name: name, requests: `[` + awkward + `,{"method": "GET", "path": "` + strings.ReplaceAll(path, `"`, `\"`) + `"}]`,
			answers: []string{`200 [{"id":3,"name":"a,b\"c)d{e}","stock":1}]`, want}}
	}
	runBatches(t, serveClone(t, shopping, rollingBack, untagged),
		one("a value", "/products?select=id&name=eq.{p/0/name}", found),
		one("percent-encoded", "/products?select=id&name=eq.{p%2F0%2Fname}", found),
		one("negated", "/products?select=id&name=not.eq.{p/0/name}&order=id", `200 [{"id":1},{"id":2}]`),
		one("of a list", "/products?select=id&name=in.({p/0/name})", found),
		one("of a list with others", "/products?select=id&name=in.(pen,{p/0/name},\"x\")&order=id", `200 [{"id":1},{"id":3}]`),
		one("quoted in a list", "/products?select=id&name=in.(\"{p/0/name}\")", found),
		one("in a group", "/products?select=id&or=(name.eq.{p/0/name},id.eq.0)", found),
		one("quoted in a group", "/products?select=id&or=(name.eq.\"{p/0/name}\",id.eq.0)", found),
		one("in a list in a group", "/products?select=id&and=(name.in.({p/0/name},pen),id.gt.1)", found),
		one("like", "/products?select=id&name=like.{p/0/name}", found),
		one("distinct", "/products?select=id&name=isdistinct.{p/0/name}&order=id", `200 [{"id":1},{"id":2}]`),
		one("of an embed", "/products?select=id,lines(product)&lines.product=eq.{p/0/id}&id=eq.{p/0/id}", `200 [{"id":3,"lines":[]}]`),
		one("an argument", "/rpc/films_of?director={p/0/name}&select=id", `200 []`),
		one("a brace that is none", "/products?select=id&name=in.(%7Bp/0/name%7D)", `200 []`),
		one("braces of an array", "/products?select=id&id=eq(any).{3,4}", found),
		batchOf{name: "numbers, booleans, null, objects and arrays in a body", requests: `[
			{"name": "p", "method": "GET", "path": "/products?id=lt.3&order=id"},
			{"name": "o", "method": "POST", "path": "/orders?select=payload", "headers": {"Prefer": "return=representation"},
				"body": {"customer": {"$ref": "p/0/name"}, "payload": [{"$ref": "p"}, {"$ref": "p/1"}, {"$ref": "p/0/stock"}, {"also": {"$ref": "p/1/name"}}, {"$ref": "p/0/name", "and": 1}]}},
			{"method": "POST", "path": "/orders?select=customer,payload", "headers": {"Prefer": "return=representation"}, "body": {"payload": {"$ref": "o/0/payload/3"}, "customer": {"$ref":"o/0/payload/2"}}},
			{"method": "POST", "path": "/orders?select=customer", "headers": {"Prefer": "return=representation"}, "body": {"$ref": "o/0/payload/4/and"}}]`,
			answers: []string{`200 [{"id":1,"name":"pen","stock":3},{"id":2,"name":"ink","stock":5}]`,
				`201 [{"payload":[[{"id":1,"name":"pen","stock":3},{"id":2,"name":"ink","stock":5}],{"id":2,"name":"ink","stock":5},3,{"also":"ink"},{"and":1,"$ref":"p/0/name"}]}]`,
				`201 [{"customer":"3","payload":{"also":"ink"}}]`, `201 []`}},
		batchOf{name: "a whole body", requests: `[{"name": "p", "method": "GET", "path": "/products?id=eq.1"},
			{"name": "q", "method": "POST", "path": "/products?select=stock", "headers": {"Prefer": "return=representation, resolution=merge-duplicates"}, "body": {"$ref": "p"}}]`,
			answers: []string{`200 [{"id":1,"name":"pen","stock":3}]`, `200 [{"stock":3}]`}},
		batchOf{name: "what isn't one", requests: `[{"name": "p", "method": "GET", "path": "/products?id=eq.1&select=id"},
			{"method": "POST", "path": "/rpc/echo", "body": {"value": {"$ref": "#/definitions/a", "x": {"$ref": "https://example.org/a"}, "y": {"$literal": {"$ref": "p/0/id"}}, "z": {"$literal": {"$literal": 1}}, "w": {"\u0024ref": "p/0/id"}}}}]`,
			answers: []string{`200 [{"id":1}]`,
				`200 {"$ref":"#/definitions/a","x":{"$ref":"https://example.org/a"},"y":{"$ref":"p/0/id"},"z":{"$literal":1},"w":1}`}},
		batchOf{name: "an answer that is a value", requests: `[{"name": "sum", "method": "GET", "path": "/rpc/add?a=1&b=1"}, {"method": "GET", "path": "/products?select=name&id=eq.{sum}"},
			{"name": "csv", "method": "GET", "path": "/products?select=name&id=eq.1", "headers": {"Accept": "text/csv"}}, {"method": "POST", "path": "/rpc/echo", "body": {"value": {"$ref": "csv"}}},
			{"method": "GET", "path": "/rpc/add?a={sum}&b={sum}"}]`,
			answers: []string{`200 2`, `200 [{"name":"ink"}]`, `200 "name\npen"`, `200 "name\npen"`, `200 4`}},
		batchOf{name: "of references", requests: `[` + names + `,{"name": "m", "method": "GET", "path": "/products?select=name&name=eq.{n/2/name}"},
			{"name": "o", "method": "POST", "path": "/orders?select=customer", "headers": {"Prefer": "return=representation"}, "body": {"customer": {"$ref": "m/0/name"}}},
			{"method": "GET", "path": "/orders?customer=eq.{o/0/customer}&select=customer"}]`,
			answers: []string{`200 [{"id":1,"name":"pen"},{"id":2,"name":"ink"},{"id":3,"name":"a,b\"c)d{e}"}]`, `200 [{"name":"a,b\"c)d{e}"}]`,
				`201 [{"customer":"a,b\"c)d{e}"}]`, `200 [{"customer":"a,b\"c)d{e}"}]`}},
	)
}

// The URL of what a request with references has read names the values.
func TestBatch_location_of_references(t *testing.T) {
	t.Parallel()
	x := batchOf{requests: `[{"name": "p", "method": "GET", "path": "/products?id=eq.3&select=name"}, {"method": "GET", "path": "/products?name=in.({p/0/name},x)&select=id"}]`,
		answers: []string{`200 [{"name":"a,b\"c)d{e}"}]`, `200 [{"id":3}]`}}
	api := serveClone(t, shopping)
	list := x.check(t, api)
	target := list[1].Headers["Content-Location"]
	require.Equal(t, `[{"id":3}]`, answer(api, exchange{target: target, token: `{"role": "` + curator + `"}`}.request(t)).Body.String(), target)
}

// A reference finds what the value that it leads to finds when it stands there literally,
// percent-encoded and quoted: whatever its characters are, it is one value.
func FuzzBatch_reference(f *testing.F) {
	for _, seed := range []string{"", "a", `a,b"c)d{e}`, `"`, `\`, `\"`, `)`, `(`, `,`, `.`, `*`, `%`, `_`, `a&id=gt.0`, `a;id=gt.0`, "#", "+", "%2C", "null", "eq.x", "{a/0/v}", "{}", "{1,2}",
		"x),or(id.gt.0", `x"),or(id.gt.0,v.eq."`, "é", "\u2028", "\ufffd", " ", "  x ", "\n", "映画", "'", "''; --", "$1", "?", "r", "true", "0", "x\ty", strings.Repeat("x", 300)} {
		f.Add(seed)
	}
	db := pgtest.Clone(f)
	super := db.Superuser(f)
	_, err := super.Exec(f.Context(), `CREATE TABLE archive.texts (id int PRIMARY KEY, v text);
		CREATE FUNCTION archive.same(v text) RETURNS SETOF archive.texts LANGUAGE sql STABLE AS $$ SELECT * FROM archive.texts t WHERE t.v = same.v $$;
		INSERT INTO archive.texts SELECT n, v FROM unnest(array['', 'a', 'b', '*', '%', 'x', '"', 'a,b', '{}', 'null', 'x)', '(', '\']) WITH ORDINALITY AS t(v, n);
		GRANT ALL ON archive.texts TO `+anon)
	require.NoError(f, err)
	api := open(f, db.Pool(f), func(o *pgrest.Options) { o.TxEnd = pgrest.TxRollback })
	f.Fuzz(func(t *testing.T, v string) {
		if strings.ContainsRune(v, 0) {
			return // PostgreSQL has no such text
		}
		v = strings.ToValidUTF8(v, "")
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
		positions := []struct{ path, literal string }{ // of which % is the value
			{"v=eq.%", v}, {"v=neq.%", v}, {"v=not.eq.%", v}, {"v=gt.%", v}, {"v=isdistinct.%", v}, {"v=like.%", v}, {"v=not.ilike.%", v},
			{"v=in.(%)", quoted}, {"v=in.(b,%)", quoted}, {"v=not.in.(%,b)", quoted}, {"or=(v.eq.%,id.eq.1)", quoted}, {"and=(v.neq.%,id.lt.9)", quoted},
			{"or=(and(v.eq.%,id.gt.0),v.in.(%,b))", quoted}, {"not.or=(v.in.(%),id.eq.2)", quoted}, {"or=(v.like.%,id.eq.1)", quoted},
		}
		var batch, want []string
		for i, p := range positions {
			path := "/texts?select=id&order=id&"
			literal := answer(api, httptest.NewRequest("GET", path+strings.ReplaceAll(p.path, "%", url.QueryEscape(p.literal)), nil))
			if strings.HasSuffix(v, `\`) && strings.Contains(p.path, "like") {
				continue // which isn't a pattern
			}
			require.Equal(t, 200, literal.Code, "%d: %s", i, literal.Body)
			batch = append(batch, fmt.Sprintf(`{"method": "GET", "path": %q}`, path+strings.ReplaceAll(p.path, "%", "{a/0/v}")))
			want = append(want, literal.Body.String())
		}
		if isArgument(v) {
			batch = append(batch, `{"method": "GET", "path": "/rpc/same?v={a/0/v}&select=id"}`)
			want = append(want, answer(api, httptest.NewRequest("GET", "/rpc/same?select=id&v="+url.QueryEscape(v), nil)).Body.String())
		}
		value, err := json.Marshal(v)
		require.NoError(t, err)
		text := `[{"name": "a", "method": "POST", "path": "/texts?select=v", "headers": {"Prefer": "return=representation"}, "body": {"id": 1000, "v": ` + string(value) + `}},
			{"method": "DELETE", "path": "/texts?id=eq.1000"},` + strings.Join(batch, ",") + `]`
		w := answer(api, exchange{method: "POST", target: "/", data: text, send: headers{"Content-Type": batchType}}.request(t))
		require.Equal(t, 200, w.Code, w.Body)
		var got []string
		for _, p := range batchParts(t, w.Body.Bytes())[2:] {
			got = append(got, string(bytes.TrimSpace(p.Body)))
		}
		require.Equal(t, want, got)
	})
}

// isArgument reports a text that as the value of a parameter is no filter.
func isArgument(v string) bool { return !strings.Contains(v, ".") && !strings.Contains(v, "(") }

// References stand in conditions on groups, too.
func TestBatch_reference_in_having(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shopping, untagged, func(o *pgrest.Options) { o.Aggregates = true })
	batchOf{requests: `[{"name": "a", "method": "GET", "path": "/products?select=stock,name&order=id&limit=1"},
		{"method": "GET", "path": "/products?select=name,stock.sum()&having=(stock.sum().gt.{a/0/stock},or(name.max().eq.{a/0/name},name.max().in.({a/0/name},ink)))"},
		{"method": "GET", "path": "/products?select=name&having=(name.max().eq.{a/0/name})"}]`,
		answers: []string{`200 [{"stock":3,"name":"pen"}]`, `200 [{"name":"ink","sum":5}]`, `200 [{"name":"pen"}]`}}.check(t, api)
}

// What references lead to is bounded for a batch as a whole.
func TestBatch_reference_limits(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shopping+`; CREATE FUNCTION archive.long(n int) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT repeat('x', n) $$`,
		func(o *pgrest.Options) { o.Limits.MaxBodyBytes = 2 << 20 })
	long := func(i int) string {
		return fmt.Sprintf(`{"name": "a%d", "method": "GET", "path": "/rpc/long?n=900000"}`, i)
	}
	take := func(i int) string {
		return fmt.Sprintf(`{"method": "POST", "path": "/orders", "body": {"customer": {"$ref": "a%d"}}}`, i)
	}
	send := func(requests ...string) (int, string) {
		w := answer(api, batchOf{requests: "[" + strings.Join(requests, ",") + "]"}.request(t))
		return w.Code, w.Body.String()
	}
	code, body := send(long(0), take(0), take(0))
	require.Equal(t, 200, code, body)
	code, body = send(long(0), take(0), take(0), take(0))
	require.Equal(t, 413, code)
	require.Contains(t, body, `"index":3`)
	var all []string
	for i := range 11 {
		all = append(all, long(i))
	}
	for i := range 11 {
		all = append(all, fmt.Sprintf(`{"method": "GET", "path": "/products?name=eq.{a%d/x}"}`, i))
	}
	code, body = send(all...)
	require.Equal(t, 400, code)
	require.Contains(t, body, `"message":"The response is too large to be referred to"`)
	require.Contains(t, body, `"index":9`)
}

// A body that says that it is JSON and isn't even text is in base64.
func TestBatch_answer_without_text(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shopping+`; CREATE DOMAIN archive."application/json" AS bytea;
		CREATE FUNCTION archive.broken() RETURNS archive."application/json" LANGUAGE sql AS $q$ SELECT '\x22ff22'::bytea::archive."application/json" $q$`, untagged)
	batchOf{requests: `[{"method": "GET", "path": "/rpc/broken", "headers": {"Accept": "application/json"}}]`, answers: []string{`200 base64"Iv8i"`}}.check(t, api)
}
