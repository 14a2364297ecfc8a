package apitest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// keysetPage is a request for a page, and what it must get beside what an exchange tells.
type keysetPage struct {
	exchange
	// follow are the links to follow first, from target, one after the other.
	follow []string
	// links are those of the page, in which a token shows the values that it has.
	links string
}

var tokenPattern = regexp.MustCompile(`(after|before)=(Wy[IJ][\w-]+)`)

// legible shows the values of the tokens in a text.
func legible(t testing.TB, text string) string {
	t.Helper()
	return tokenPattern.ReplaceAllStringFunc(text, func(match string) string {
		m := tokenPattern.FindStringSubmatch(match)
		decoded, err := base64.RawURLEncoding.DecodeString(m[2])
		require.NoError(t, err)
		var parts []json.RawMessage
		require.NoError(t, json.Unmarshal(decoded, &parts))
		require.Regexp(t, `^"[0-9a-f]{16}"$`, string(parts[0]))
		values, err := json.Marshal(parts[1:])
		require.NoError(t, err)
		return m[1] + "=" + string(values)
	})
}

func runKeyset(t *testing.T, api http.Handler, pages ...keysetPage) {
	t.Helper()
	for _, p := range pages {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			if p.send == nil {
				p.send = asksKeyset
			}
			for _, link := range p.follow {
				from := p.exchange
				from.method, from.send = "", headers{"Prefer": "pagination=keyset"}
				links := linksOf(ask(t, api, from))
				require.Contains(t, links, link, p.target)
				p.target = links[link]
			}
			response := ask(t, api, p.exchange)
			p.check(t, response)
			require.Equal(t, p.links, legible(t, response.Header.Get("Link")))
		})
	}
}

// A page has links to the one after it, the one before it and the first, which ask for the
// same in the same order.
func TestKeyset_links(t *testing.T) {
	t.Parallel()
	exact := func(more string) headers { return headers{"Prefer": "pagination=keyset, count=exact" + more} }
	const labels = "/labels?select=id&limit=2"
	runKeyset(t, serveClone(t, tracks),
		keysetPage{exchange: exchange{name: "first", target: labels, want: headers{"Preference-Applied": "pagination=keyset", "Content-Range": "0-1/*"}, body: `[{"id": 1}, {"id": 2}]`},
			links: `</labels?after=["2"]&limit=2&select=id>; rel="next", </labels?limit=2&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "second", target: labels, want: headers{"Content-Range": "*/*"}, body: `[{"id": 3}, {"id": 4}]`}, follow: []string{"next"},
			links: `</labels?after=["4"]&limit=2&select=id>; rel="next", </labels?before=["3"]&limit=2&select=id>; rel="prev", </labels?limit=2&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "back", target: labels, body: `[{"id": 1}, {"id": 2}]`}, follow: []string{"next", "prev"},
			links: `</labels?after=["2"]&limit=2&select=id>; rel="next", </labels?before=["1"]&limit=2&select=id>; rel="prev", </labels?limit=2&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "before_the_first", target: labels, body: `[]`}, follow: []string{"next", "prev", "prev"},
			links: `</labels?limit=2&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "full_last_page", target: labels, body: `[]`}, follow: []string{"next", "next", "next"},
			links: `</labels?limit=2&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "last_page", target: "/labels?select=id&limit=5", body: `[{"id": 6}]`}, follow: []string{"next"},
			links: `</labels?before=["6"]&limit=5&select=id>; rel="prev", </labels?limit=5&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "all_in_one", target: "/labels?select=id&limit=9&id=gt.5", body: `[{"id": 6}]`}, links: `</labels?id=gt.5&limit=9&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "no_limit", target: "/labels?select=id&id=gt.4", want: headers{"Preference-Applied": "pagination=keyset"}, body: `[{"id": 5}, {"id": 6}]`}},
		keysetPage{exchange: exchange{name: "link_without_the_preference", target: labels, send: headers{}, want: headers{"Preference-Applied": ""}, body: `[{"id": 3}, {"id": 4}]`}, follow: []string{"next"},
			links: `</labels?after=["4"]&limit=2&select=id>; rel="next", </labels?before=["3"]&limit=2&select=id>; rel="prev", </labels?limit=2&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "offset", target: "/labels?select=id&limit=2&offset=1", want: headers{"Content-Range": "1-2/*"}, body: `[{"id": 2}, {"id": 3}]`},
			links: `</labels?after=["3"]&limit=2&select=id>; rel="next", </labels?before=["2"]&limit=2&select=id>; rel="prev", </labels?limit=2&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "range", target: "/labels?select=id&limit=4", send: headers{"Prefer": "pagination=keyset", "Range": "0-1"}, body: `[{"id": 1}, {"id": 2}]`},
			links: `</labels?after=["2"]&limit=2&select=id>; rel="next", </labels?limit=2&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "no_rows", target: "/labels?select=id&limit=0", body: `[]`}, links: `</labels?limit=0&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "order_and_filters", target: "/labels?select=id&or=(id.lt.3,id.gt.4)&order=name.desc&limit=2", body: `[{"id": 6}, {"id": 5}]`},
			links: `</labels?after=["label 1","5"]&limit=2&or=%28id.lt.3%2Cid.gt.4%29&order=name.desc&select=id>; rel="next", </labels?limit=2&or=%28id.lt.3%2Cid.gt.4%29&order=name.desc&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "order_by_null", target: "/labels?select=id&order=name.desc&limit=1", body: `[{"id": 6}]`},
			links: `</labels?after=[null,"6"]&limit=1&order=name.desc&select=id>; rel="next", </labels?limit=1&order=name.desc&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "key_of_a_constraint", target: "/coded?select=n&limit=1", body: `[{"n": 10}]`},
			links: `</coded?after=["c010"]&limit=1&select=n>; rel="next", </coded?limit=1&select=n>; rel="first"`},
		keysetPage{exchange: exchange{name: "order_with_a_key_in_it", target: "/coded?select=n&limit=1&order=n,code.desc,maybe", body: `[{"n": 1}]`},
			links: `</coded?after=["1","c11","m1"]&limit=1&order=n%2Ccode.desc%2Cmaybe&select=n>; rel="next", </coded?limit=1&order=n%2Ccode.desc%2Cmaybe&select=n>; rel="first"`},
		keysetPage{exchange: exchange{name: "key_of_an_index", target: "/indexed?select=n&limit=1", body: `[{"n": 1}]`},
			links: `</indexed?after=["1"]&limit=1&select=n>; rel="next", </indexed?limit=1&select=n>; rel="first"`},
		keysetPage{exchange: exchange{name: "encoder", target: "/labels?select=id&limit=2", send: headers{"Accept": "application/x-ndjson", "Prefer": "pagination=keyset"},
			want: headers{"Content-Type": "application/x-ndjson"}, body: "{\"id\":1}\n{\"id\":2}\n"},
			links: `</labels?after=["2"]&limit=2&select=id>; rel="next", </labels?limit=2&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "several_of_one_name", target: "/labels?select=id&select=x&order=id.desc&order=name&limit=1&name", body: `[{"id": 6}]`},
			links: `</labels?after=["6"]&limit=1&order=id.desc&order=name&select=id&select=x>; rel="next", </labels?limit=1&order=id.desc&order=name&select=id&select=x>; rel="first"`},
		keysetPage{exchange: exchange{name: "columns_called_after_and_before", target: "/marked?after=gt.1&before=lt.4&limit=1", body: `[{"after": 2, "before": 2}]`},
			links: `</marked?after=gt.1&after=["2"]&before=lt.4&limit=1>; rel="next", </marked?after=gt.1&before=lt.4&limit=1>; rel="first"`},
		keysetPage{exchange: exchange{name: "and_behind", target: "/marked?after=gt.1&before=lt.4&limit=1", body: `[{"after": 3, "before": 3}]`}, follow: []string{"next"},
			links: `</marked?after=gt.1&after=["3"]&before=lt.4&limit=1>; rel="next", </marked?after=gt.1&before=lt.4&before=["3"]&limit=1>; rel="prev", </marked?after=gt.1&before=lt.4&limit=1>; rel="first"`},
		keysetPage{exchange: exchange{name: "counted", target: labels, send: exact(""), status: 206, want: headers{"Content-Range": "0-1/6", "Preference-Applied": "count=exact, pagination=keyset"}, body: `[{"id": 1}, {"id": 2}]`},
			links: `</labels?after=["2"]&limit=2&select=id>; rel="next", </labels?limit=2&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "counted_behind", target: "/labels?select=id&limit=5", send: exact(""), status: 206, want: headers{"Content-Range": "*/6"}, body: `[{"id": 6}]`}, follow: []string{"next"},
			links: `</labels?before=["6"]&limit=5&select=id>; rel="prev", </labels?limit=5&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "head", method: http.MethodHead, target: labels, send: exact(""), status: 206, want: headers{"Content-Range": "*/6"}}, follow: []string{"next"},
			links: `</labels?after=["4"]&limit=2&select=id>; rel="next", </labels?before=["3"]&limit=2&select=id>; rel="prev", </labels?limit=2&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "strict", target: labels, send: exact(", handling=strict"), status: 206, want: headers{"Preference-Applied": "count=exact, handling=strict, pagination=keyset"}, body: `[{"id": 1}, {"id": 2}]`},
			links: `</labels?after=["2"]&limit=2&select=id>; rel="next", </labels?limit=2&select=id>; rel="first"`},
		keysetPage{exchange: exchange{name: "csv", target: "/labels?select=id,founded&limit=2&order=founded.desc", send: headers{"Accept": "text/csv", "Prefer": "pagination=keyset"},
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "id,founded\n6,2000-01-07\n5,2000-01-06"},
			links: `</labels?after=["2000-01-06","5"]&limit=2&order=founded.desc&select=id%2Cfounded>; rel="next", </labels?limit=2&order=founded.desc&select=id%2Cfounded>; rel="first"`},
		keysetPage{exchange: exchange{name: "nulls_stripped", target: "/labels?select=id,name&limit=1&order=name.desc", send: headers{"Accept": "application/vnd.pgrst.array+json;nulls=stripped", "Prefer": "pagination=keyset"},
			want: headers{"Content-Type": "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"}, body: `[{"id": 6}]`},
			links: `</labels?after=[null,"6"]&limit=1&order=name.desc&select=id%2Cname>; rel="next", </labels?limit=1&order=name.desc&select=id%2Cname>; rel="first"`},
		keysetPage{exchange: exchange{name: "single_object", target: "/labels?select=id&limit=1", send: headers{"Accept": "application/vnd.pgrst.object+json", "Prefer": "pagination=keyset"},
			want: headers{"Content-Type": "application/vnd.pgrst.object+json; charset=utf-8", "Preference-Applied": ""}, body: `{"id": 1}`}},
		keysetPage{exchange: exchange{name: "embeds", target: "/tracks?select=number,labels(id)&order=labels(founded).desc.nullslast,side&limit=1", body: `[{"number": 20, "labels": {"id": 6}}]`},
			links: `</tracks?after=["2000-01-07","0","20"]&limit=1&order=labels%28founded%29.desc.nullslast%2Cside&select=number%2Clabels%28id%29>; rel="next", ` +
				`</tracks?limit=1&order=labels%28founded%29.desc.nullslast%2Cside&select=number%2Clabels%28id%29>; rel="first"`},
		keysetPage{exchange: exchange{name: "query", method: "QUERY", target: "/labels?limit=2", data: "select=id", send: headers{"Prefer": "pagination=keyset", "Content-Type": "application/x-www-form-urlencoded"},
			body: `[{"id": 1}, {"id": 2}]`}, links: `</labels?after=["2"]&limit=2&select=id>; rel="next", </labels?limit=2&select=id>; rel="first"`},
	)
}

// The host's caps, decisions and base path hold for pages and their links.
func TestKeyset_of_a_host(t *testing.T) {
	t.Parallel()
	var reads []string
	api := serveClone(t, tracks, func(o *pgrest.Options) {
		o.MaxRows, o.BasePath = 3, "/api"
		o.Decide = func(_ context.Context, use *pgrest.Use) (pgrest.Decision, error) {
			if use.Name == "labels" {
				reads = use.Reads
			}
			return pgrest.Decision{MaxRows: 2, Filter: "id=gt.1"}, nil
		}
	})
	runKeyset(t, api, keysetPage{exchange: exchange{name: "capped", target: "/api/labels?select=name&limit=9", body: `[{"name": "label 0"}, {"name": null}]`},
		links: `</api/labels?after=["3"]&limit=9&select=name>; rel="next", </api/labels?limit=9&select=name>; rel="first"`})
	require.Empty(t, reads)
	walked := ask(t, api, exchange{target: "/api/labels?select=id", send: asksKeyset})
	require.Equal(t, []string{"id"}, reads, "the key is among the columns that are read")
	require.Equal(t, []string{`{"id":2}`, `{"id":3}`}, pageRows(t, walked))
	next := ask(t, api, exchange{target: linksOf(walked)["next"]})
	require.Equal(t, []string{`{"id":4}`, `{"id":5}`}, pageRows(t, next))
	require.Equal(t, []string{`{"id":2}`, `{"id":3}`}, pageRows(t, ask(t, api, exchange{target: linksOf(next)["prev"]})))
}

// Tokens are what anybody may write: one that isn't of the order, or of the type, is refused,
// and none of it is SQL.
func TestKeyset_refusals(t *testing.T) {
	t.Parallel()
	db := tracks + `;
		CREATE TABLE archive.kin (id int PRIMARY KEY); CREATE TABLE archive.kid () INHERITS (archive.kin); GRANT SELECT ON archive.kin TO pgrest_test_anon;
		CREATE TABLE archive.keyed (id int PRIMARY KEY, name text); INSERT INTO archive.keyed VALUES (1, 'a'); GRANT SELECT (name) ON archive.keyed TO pgrest_test_anon`
	api := serveClone(t, db, func(o *pgrest.Options) { o.Aggregates = true })
	links := func(target string) string {
		next := linksOf(ask(t, api, exchange{target: target, send: asksKeyset}))["next"]
		require.NotEmpty(t, next, target)
		return tokenPattern.FindStringSubmatch(next)[2]
	}
	byID, byName := links("/labels?limit=1"), links("/labels?order=name&limit=1")
	forged := func(token string, values string) string {
		decoded, err := base64.RawURLEncoding.DecodeString(token)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString([]byte(string(decoded[:19]) + values + "]"))
	}
	const hint = "Take tokens from the Link header of a page of the same relation and order."
	other := fault("PGRST103", "The token belongs to another relation, or to another order", "", hint)
	invalid := func(name string) string { return fault("PGRST103", "The token of '"+name+"' is not valid", "", hint) }
	keyless := func(relation string) string {
		return fault("PGRST103", "Cannot page by key: '"+relation+"' has no primary key", "Nothing tells rows apart that are equal in the order.",
			"Give it a primary key or a unique constraint of columns that are not null, or show the key in the view.")
	}
	long := strings.Repeat("x", 9000)
	run(t, api,
		exchange{name: "another_order", target: "/labels?limit=1&after=" + byName, status: 400, body: other},
		exchange{name: "another_direction", target: "/labels?order=id.desc&after=" + byID, status: 400, body: other},
		exchange{name: "other_nulls", target: "/labels?order=name.nullsfirst&after=" + byName, status: 400, body: other},
		exchange{name: "the_same_in_other_words", target: "/labels?select=id&order=name.asc.nullslast&limit=1&after=" + byName, body: `[{"id": 4}]`},
		exchange{name: "another_relation", target: "/tracks?order=number&before=" + byID, status: 400, body: other},
		exchange{name: "other_filters", target: "/labels?select=id&id=gt.3&limit=1&after=" + byID, body: `[{"id": 4}]`},
		exchange{name: "too_few_values", target: "/labels?order=name&after=" + forged(byName, `,"a"`), status: 400, body: other},
		exchange{name: "too_many_values", target: "/labels?after=" + forged(byID, `,"1","2"`), status: 400, body: other},
		exchange{name: "no_values", target: "/labels?after=" + forged(byID, ""), status: 400, body: invalid("after")},
		exchange{name: "values_of_JSON", target: "/labels?after=" + forged(byID, ",1"), status: 400, body: invalid("after")},
		exchange{name: "no_token", target: "/labels?before=abc", status: 400, body: invalid("before")},
		exchange{name: "padded_base64", target: "/labels?after=" + base64.URLEncoding.EncodeToString([]byte(`["12"]`)), status: 400, body: invalid("after")},
		exchange{name: "another_type", target: "/labels?after=" + forged(byID, `,"x"`), status: 400, body: fault("22P02", `invalid input syntax for type integer: "x"`, "", "")},
		exchange{name: "SQL", target: "/labels?select=id&order=name&after=" + forged(byName, `,"' OR true; DROP TABLE archive.labels; --","1"`), body: `[{"id": 2}, {"id": 4}, {"id": 1}, {"id": 5}, {"id": 3}, {"id": 6}]`},
		exchange{name: "null_of_a_key", target: "/labels?select=id&after=" + forged(byID, ",null"), body: `[]`},
		exchange{name: "after_and_before", target: "/labels?after=" + byID + "&before=" + byID, status: 400, body: fault("PGRST103", "A page has either 'after' or 'before'", "", "")},
		exchange{name: "after_and_offset", target: "/labels?offset=1&after=" + byID, status: 400,
			body: fault("PGRST103", "A page with 'after' has no offset", "", "Leave out offset, and a Range header that doesn't begin at 0.")},
		exchange{name: "no_key", target: "/keyless?limit=1", send: asksKeyset, status: 400, body: keyless("keyless")},
		exchange{name: "a_token_and_no_key", target: "/keyless?after=" + byID, status: 400, body: keyless("keyless")},
		exchange{name: "keys_that_are_not_unique", target: "/kin", send: asksKeyset, status: 400, body: keyless("kin")},
		exchange{name: "groups", target: "/labels?select=name,count()", send: asksKeyset, status: 400,
			body: fault("PGRST103", "Cannot page by key: the rows are groups", "", "Group in a view, or page with limit and offset.")},
		exchange{name: "distinct_rows", target: "/labels?select=name&distinct=*", send: asksKeyset, status: 400,
			body: fault("PGRST103", "Cannot page by key: the rows are groups", "", "Group in a view, or page with limit and offset.")},
		exchange{name: "order_by_an_alias", target: "/labels?select=called:name&order=called", send: asksKeyset, status: 400,
			body: fault("PGRST103", "Cannot page by key in the order of an alias", "", "Order by the column itself.")},
		exchange{name: "document", target: "/labels", send: headers{"Prefer": "pagination=keyset", "Accept": "application/geo+json"}, status: 400,
			body: fault("PGRST103", "Cannot page by key in application/geo+json", "", "Ask for JSON or CSV, or page with limit and offset.")},
		exchange{name: "too_many_terms", target: "/labels?order=" + strings.Repeat("name->a,", 31) + "name", send: asksKeyset, status: 400,
			body: fault("PGRST103", "Cannot page by key: the order has too many terms", "It may have at most 32, with those of the key.", "")},
		exchange{name: "a_key_that_the_role_may_not_read", target: "/keyed?select=name&limit=1", send: asksKeyset, status: 401, body: fault("42501", "permission denied for table keyed", "", "")},
		exchange{name: "a_long_query", method: "QUERY", target: "/labels", data: "name=neq." + long, send: headers{"Prefer": "pagination=keyset", "Content-Type": "application/x-www-form-urlencoded"}, status: 400,
			body: fault("PGRST103", "The query is too long for links to pages", "It may have at most 8000 bytes.", "")},
	)
}

// Values that are too long for a link are an error, and not a page without one.
func TestKeyset_long_values(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `CREATE TABLE archive.texts (id int PRIMARY KEY, text text); INSERT INTO archive.texts VALUES (1, repeat('x', 2000)), (2, repeat('x', 4000));
		GRANT SELECT ON archive.texts TO pgrest_test_anon`)
	tooLong := fault("PGRST103", "The order values of a row are too long for a link", "The token may have at most 4000 bytes.", "Order by shorter values.")
	run(t, api,
		exchange{name: "long", target: "/texts?select=id&order=text&limit=1", send: asksKeyset, body: `[{"id": 1}]`},
		exchange{name: "too_long", target: "/texts?select=id&order=text.desc&limit=1", send: asksKeyset, status: 400, body: tooLong},
		exchange{name: "of_no_link", target: "/texts?select=id&order=text.desc&limit=3", send: asksKeyset, body: `[{"id": 2}, {"id": 1}]`},
	)
}

// What PostgREST answers is answered alike. It knows no parameter after or before without a
// filter, as every filter has a dot, nor such a preference, which is one to ignore unless
// handling is strict. Functions may have such arguments.
func TestKeyset_as_the_reference(t *testing.T) {
	t.Parallel()
	db := tracks + `; CREATE FUNCTION archive.since("after" text, "before" text DEFAULT 'x') RETURNS text STABLE LANGUAGE sql AS 'SELECT $1 || $2'`
	noFilter := func(value string) string {
		return fault("PGRST100", `"failed to parse filter (`+value+`)" (line 1, column 1)`, `unexpected "`+value[:1]+`" expecting "not" or operator (eq, gt, ...)`, "")
	}
	requests := []exchange{
		{name: "filters", target: "/marked?after=gt.1&before=not.in.(4)", body: `[{"after": 2, "before": 2}, {"after": 3, "before": 3}]`},
		{name: "arguments", target: "/rpc/since?after=abc&before=def", send: asksKeyset, want: headers{"Link": "", "Preference-Applied": ""}, body: `"abcdef"`},
		{name: "empty", target: "/labels?after=", status: 400, body: fault("PGRST100", `"failed to parse filter ()" (line 1, column 1)`, `unexpected end of input expecting "not" or operator (eq, gt, ...)`, "")},
		{name: "of_an_embed", target: "/tracks?select=labels(id)&labels.after=abc", status: 400, body: noFilter("abc")},
		{name: "another_pagination", target: "/labels?select=id&limit=1", send: headers{"Prefer": "pagination=pages"}, want: headers{"Link": "", "Preference-Applied": ""}, body: `[{"id": 1}]`},
		{name: "another_pagination_and_strict", target: "/labels?select=id&limit=1", send: headers{"Prefer": "pagination=pages, handling=strict"}, status: 400,
			body: fault("PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: pagination=pages", "")},
		{name: "without_the_preference", target: "/labels?select=id&limit=1", want: headers{"Link": ""}, body: `[{"id": 1}]`},
	}
	run(t, serveClone(t, db), requests...)
	off := func(o *pgrest.Options) { o.Without = []pgrest.Extension{pgrest.KeysetPages} }
	run(t, serveClone(t, db, off), append(requests,
		exchange{name: "preference", target: "/labels?select=id&limit=1", send: asksKeyset, want: headers{"Link": "", "Preference-Applied": ""}, body: `[{"id": 1}]`},
		exchange{name: "preference_without_a_key", target: "/keyless?select=year&order=year&limit=1", send: asksKeyset, body: `[{"year": 1960}]`},
		exchange{name: "strict", target: "/labels?select=id&limit=1", send: headers{"Prefer": "pagination=keyset, handling=strict"}, status: 400,
			body: fault("PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: pagination=keyset", "")},
		exchange{name: "after", target: "/labels?after=WyJ", status: 400, body: noFilter("WyJ")},
		exchange{name: "before", target: "/labels?before=WyJ_-", status: 400, body: noFilter("WyJ_-")},
	)...)
	for o := filter.Equal; o.String() != ""; o++ { // of what there is to compare with, nothing is without a dot
		_, err := filter.Parse(fmt.Sprintf("after=%s", o), filter.Options{})
		require.Error(t, err, o)
	}
}

// A large page waits for its last row, whose key is in a header. Without room to wait it is an
// error rather than a page without a link, which would look like the last one.
func TestKeyset_large(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `CREATE TABLE archive.long (id int PRIMARY KEY, text text);
		INSERT INTO archive.long SELECT n, repeat('x', 1000) FROM generate_series(1, 3000) n; GRANT SELECT ON archive.long TO pgrest_test_anon`)
	require.NoError(t, err)
	pool, small := db.Pool(t), func(o *pgrest.Options) { o.BodyThreshold = 10_000 }
	api := open(t, pool, small)
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/long?limit=2000", nil)
	require.NoError(t, err)
	r.Header.Set("Prefer", "pagination=keyset")
	response, err := server.Client().Do(r)
	require.NoError(t, err)
	body := read(t, response)
	require.Equal(t, int64(len(body)), response.ContentLength)
	noRoom := answer(open(t, pool, small, func(o *pgrest.Options) { o.MaxSpoolBytes = -1 }), exchange{target: "/long?limit=2000", send: asksKeyset}.request(t))
	require.Equal(t, http.StatusInternalServerError, noRoom.Code)
	require.Equal(t, `</long?after=["2000"]&limit=2000>; rel="next", </long?limit=2000>; rel="first"`, legible(t, response.Header.Get("Link")))
}
