package batch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/batch"
)

// second parses a batch of two requests, of which the first is called a, and gives the second.
func second(t *testing.T, text string) *batch.Request {
	t.Helper()
	requests, err := batch.Parse([]byte(`[{"name": "a", "method": "GET", "path": "/a"}, `+text+`]`), 0)
	require.NoError(t, err)
	return &requests[1]
}

const answer = ` {"id": 7, "big": 12345678901234567890.10, "n": null, "yes": true, "s": "a\"\u00e9/", "list": [[1, 2], {"x": "y"}], "": {"": 0}, "a/b": 1, "m~n": 2, "~1": 3, "0": "zero", "i%j": 4} `

func answers() batch.Answers { return batch.Answers{"a": batch.NewAnswer([]byte(answer))} }

// A reference in a body stands for the JSON that it leads to, as it is written.
func TestBody(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, want string }{
		{"nothing to refer to", `{"a": 1.0}`, `{"a": 1.0}`},
		{"member", `{"a": {"$ref": "a/id"}}`, `{"a": 7}`},
		{"number as it is written", `[{"$ref":"a/big"}]`, `[12345678901234567890.10]`},
		{"text", `{"$ref": "a/s"}`, `"a\"\u00e9/"`},
		{"null", `[ {"$ref": "a/n"} , {"$ref": "a/yes"} ]`, `[ null , true ]`},
		{"array", `{"$ref": "a/list"}`, `[[1, 2], {"x": "y"}]`},
		{"in an array", `{"$ref": "a/list/0/1"}`, `2`},
		{"member of an element", `{"$ref": "a/list/1/x"}`, `"y"`},
		{"all of it", `{"$ref": "a"}`, strings.TrimSpace(answer)},
		{"empty names", `{"$ref": "a//"}`, `0`},
		{"slash", `{"$ref": "a/a~1b"}`, `1`},
		{"tilde", `{"$ref": "a/m~0n"}`, `2`},
		{"tilde and one", `{"$ref": "a/~01"}`, `3`},
		{"number that is a name", `{"$ref": "a/0"}`, `"zero"`},
		{"escaped key", `{"\u0024r\u0065f": "a/id"}`, `7`},
		{"blanks", " {\n\"$ref\"\t:\r\"a/id\" } ", ` 7 `},
		{"deep", strings.Repeat(`[`, 500) + `{"$ref": "a/id"}` + strings.Repeat(`]`, 500), strings.Repeat(`[`, 500) + `7` + strings.Repeat(`]`, 500)},
		{"with another member", `{"$ref": "a/id", "x": {"$ref": "a/id"}}`, `{"$ref": "a/id", "x": 7}`},
		{"the other member first", `{"x": 1, "$ref": "a/id"}`, `{"x": 1, "$ref": "a/id"}`},
		{"no text", `{"$ref": 1}`, `{"$ref": 1}`},
		{"of a reference", `{"$ref": {"$ref": "a/id"}}`, `{"$ref": 7}`},
		{"of JSON Schema", `{"$ref": "#/a/id"}`, `{"$ref": "#/a/id"}`},
		{"of a file", `{"$ref": "a.json/id"}`, `{"$ref": "a.json/id"}`},
		{"of a URL", `{"$ref": "https://a/id"}`, `{"$ref": "https://a/id"}`},
		{"a word", `{"$ref": "b"}`, `{"$ref": "b"}`},
		{"a key in a text", `["{\"$ref\": \"a/id\"}"]`, `["{\"$ref\": \"a/id\"}"]`},
		{"literal", `[{"$literal": {"$ref": "a/id"}}]`, `[{"$ref": "a/id"}]`},
		{"literal of what leads nowhere", `{"$literal": [{"$ref": "b/id"}, {"$literal": 1}]}`, `[{"$ref": "b/id"}, {"$literal": 1}]`},
		{"literal with another member", `{"$literal": {"$ref": "a/id"}, "x": 1}`, `{"$literal": 7, "x": 1}`},
		{"behind a literal", `[{"$literal": {"$ref": "a/id"}}, {"$ref": "a/id"}]`, `[{"$ref": "a/id"}, 7]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resolved, err := second(t, `{"method": "POST", "path": "/b", "body": `+tt.body+`}`).Resolve(answers(), batch.Limits{})
			require.NoError(t, err)
			require.Equal(t, strings.TrimSpace(tt.want), string(bytes.TrimSpace(resolved.Body)))
		})
	}
}

// A pointer that leads to nothing is an error, also if it leads near something.
func TestBody_leads_to_nothing(t *testing.T) {
	t.Parallel()
	for _, pointer := range []string{"a/x", "a/id/0", "a/list/2", "a/list/-", "a/list/00", "a/list/+1", "a/list/1/", "a/list/1/y", "a/n/x", "a/s/0", "a/list/99999999999999999999", "a/ID"} {
		_, err := second(t, `{"method": "POST", "path": "/b", "body": {"$ref": "`+pointer+`"}}`).Resolve(answers(), batch.Limits{})
		require.EqualError(t, err, "PGRST102: The reference "+pointer+" leads to nothing", pointer)
	}
	r := second(t, `{"method": "POST", "path": "/b", "body": {"$ref": "a/0"}}`)
	for _, none := range []batch.Answers{nil, {"a": batch.NewAnswer(nil)}} {
		_, err := r.Resolve(none, batch.Limits{})
		require.ErrorContains(t, err, "answered without a body")
	}
	_, err := r.Resolve(answers(), batch.Limits{BodyBytes: 5})
	var tooLarge *apierror.Error
	require.ErrorAs(t, err, &tooLarge)
	require.Equal(t, 413, tooLarge.Status)
	r = second(t, `{"method": "POST", "path": "/b", "body": {"$ref": "a/list"}}`)
	_, err = r.Resolve(answers(), batch.Limits{BodyBytes: 40, SpentBytes: 20})
	require.NoError(t, err)
	_, err = r.Resolve(answers(), batch.Limits{BodyBytes: 40, SpentBytes: 30})
	require.ErrorAs(t, err, &tooLarge, "with those of other requests")
}

// Of a batch with far too many requests, no more are read than there may be; and of a large
// answer that a reference leads into, little is copied.
func TestMemory(t *testing.T) {
	many := []byte("[" + strings.Repeat(`{"method":"GET","path":"/a"},`, 3) + strings.Repeat("1,", 1_000_000) + "1]")
	r := second(t, `{"method": "POST", "path": "/b", "body": [{"$ref": "a/999999"}, {"$ref": "a/0"}]}`)
	large := []byte("[" + strings.Repeat("1,", 1_000_000) + "1]")
	for name, once := range map[string]func(){
		"too many": func() {
			_, err := batch.Parse(many, 3)
			require.ErrorContains(t, err, "too many requests")
		},
		"a large answer": func() {
			resolved, err := r.Resolve(batch.Answers{"a": batch.NewAnswer(large)}, batch.Limits{})
			require.NoError(t, err)
			require.Equal(t, `[1, 1]`, string(resolved.Body))
		},
	} {
		require.Less(t, testing.AllocsPerRun(1, once), 1000.0, name)
	}
}

// A reference in a query is a value, whatever its characters are.
func TestQuery(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ query, want string }{
		{"id=eq.{a/id}", "id=eq.7"},
		{"id=eq.%7Ba/id%7D", "id=eq.{a/id}"},
		{"s=in.({a/s},x,\"{a/s}\")", `s=in.("a\"é/",x,"a\"é/")`},
		{"or=(s.eq.{a/s},and(s.neq.{a/s},id.in.({a/id})))", `or=(s.eq."a\"é/",and(s.neq."a\"é/",id.in.(7)))`},
		{"x.y=cs.{1,2}&x.s=eq.{a/s}", `x.y=cs.{1,2}&x.s=eq.a"é/`},
		{"j=cs.{a/list/1}", `j=cs.{"x": "y"}`},
		{"j=eq.{a/i%25j}", `j=eq.4`},
		{"b=is.true&y=eq.{a/yes}", "b=is.true&y=eq.true"},
		{"t=eq.{b}&u=eq.{}&v=eq.{a.b/c}&w=eq.{", "t=eq.{b}&u=eq.{}&v=eq.{a.b/c}&w=eq.{"},
	} {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			path, err := json.Marshal("/b?" + tt.query)
			require.NoError(t, err)
			resolved, err := second(t, `{"method": "GET", "path": `+string(path)+`}`).Resolve(answers(), batch.Limits{})
			require.NoError(t, err)
			query, err := filter.Parse(resolved.Query, filter.Options{})
			require.NoError(t, err)
			if resolved.Bind != nil {
				require.NoError(t, resolved.Bind(query))
			}
			var got []string
			for _, p := range query.Where {
				got = append(got, p.String())
			}
			require.Equal(t, tt.want, strings.Join(got, "&"))
		})
	}
}

// A reference stands where a value is, and is the whole of it.
func TestQuery_misplaced(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		"{a/s}=eq.1", "select={a/s}", "order={a/s}", "limit={a/id}", "offset={a/id}", "columns={a/s}", "on_conflict={a/s}", "s=eq.x{a/s}", "s=eq.{a/s}x", "s=like.{a/s}*", "s=in.(x{a/s})",
		"s=cs.{%22{a/s}%22}", "j->>{a/s}=eq.1", "and=(s.eq.x{a/s})", "s=eq.{a/s}{a/s}", "tags=cs.{{a/id}", "s=fts({a/s}).x",
	} {
		r := second(t, `{"method": "GET", "path": "/b?`+query+`"}`)
		resolved, err := r.Resolve(answers(), batch.Limits{})
		require.NoError(t, err, query)
		parsed, err := filter.Parse(resolved.Query, filter.Options{})
		if err == nil {
			err = resolved.Bind(parsed)
		}
		require.Error(t, err, query)
	}
	for query, want := range map[string]string{"s=eq.{a/n}": "leads to null", "s=eq.{a/x}": "leads to nothing"} {
		_, err := second(t, `{"method": "GET", "path": "/b?`+query+`"}`).Resolve(answers(), batch.Limits{})
		require.ErrorContains(t, err, want)
	}
}

// No text makes Parse fail with anything but an error of the client's, and what it takes has
// bodies of JSON, whatever they refer to.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		``, `[]`, `[{}]`, `[1]`, `null`, `[{"method": "GET", "path": "/a"}]`, `[{"name": "a", "method": "GET", "path": "/"}, {"method": "POST", "path": "/b?x=eq.{a/0}&y=in.({a/0/\u007d})", "body": [{"$ref": "a/0"}, {"$literal": {"$ref": "a"}}]}]`,
		`[{"name": "a", "method": "GET", "path": "/"}, {"method": "POST", "path": "/b", "body": {"$ref": "a", "$literal": {"$ref": {"$literal": {}}}}}]`,
		`[{"method": "POST", "path": "/b", "headers": {"Content-Type": "text/csv"}, "body": "x", "encoding": "base64"}]`,
		`[{"method":"POST","path":"/b","body":{"a":"\\\"$ref","b":[ ],"c":{ },"$":1}}]`, `[{"name":"a","method":"GET","path":"/{"}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		requests, err := batch.Parse(text, 0)
		if err != nil {
			var api *apierror.Error
			require.ErrorAs(t, err, &api)
			require.Equal(t, 400, api.Status)
			return
		}
		named := batch.Answers{}
		for i := range requests {
			r := &requests[i]
			resolved, err := r.Resolve(named, batch.Limits{BodyBytes: 1 << 16})
			if err == nil && resolved.Body != nil && strings.HasSuffix(r.Header.Get("Content-Type"), "json") {
				require.True(t, json.Valid(resolved.Body), "%s", resolved.Body)
			}
			if r.Name != "" {
				named[r.Name] = batch.NewAnswer(fmt.Appendf(nil, `[{"id": %d, "0": [0, "x"]}, null]`, i))
			}
			for reference := range r.References {
				require.Contains(t, named, reference.Name)
			}
		}
	})
}

// An answer's levels are read once, however many references lead through them.
func BenchmarkResolve(b *testing.B) {
	rows := "[" + strings.TrimSuffix(strings.Repeat(`{"id": 1, "name": "something or other"},`, 10_000), ",") + "]"
	text := `[{"name": "a", "method": "GET", "path": "/a"}, {"method": "POST", "path": "/b", "body": [` + strings.TrimSuffix(strings.Repeat(`{"id": {"$ref": "a/9999/id"}},`, 10_000), ",") + `]}]`
	requests, err := batch.Parse([]byte(text), 0)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := requests[1].Resolve(batch.Answers{"a": batch.NewAnswer([]byte(rows))}, batch.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
