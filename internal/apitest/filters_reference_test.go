package apitest_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/filter"
)

// client(name)=eq.x is client=eq.x to PostgREST. That is answered as it is wherever PostgreSQL may
// know the name, and where the condition is whether something is embedded. In groups, and in
// orders with several relations, it is an error to PostgREST.
func TestFilters_related_as_the_reference(t *testing.T) {
	t.Parallel()
	const embedded = "client:makers!items_client_id_fkey(name)"
	answers := []exchange{
		{name: "column_of_the_name", target: "/items?select=id," + embedded + "&client(name)=eq.A&order=id", body: `[{"id": 4, "client": {"name": "Ito"}}, {"id": 24, "client": null}]`},
		{name: "column_and_no_embed", target: "/items?select=id&client(name)=eq.B", body: `[{"id": 14}]`},
		{name: "column_in_quotes", target: `/items?select=id&"client"(makers(x))=eq.B`, body: `[{"id": 14}]`},
		{name: "computed_field", target: "/items?select=id,shout:makers!items_maker_id_fkey(name)&shout(name)=eq.CUP", body: `[{"id": 42, "shout": null}]`},
		{name: "system_column", target: "/items?select=id,ctid:makers!items_maker_id_fkey(name)&ctid(name)=eq.(9,9)", body: `[]`},
		{name: "presence", target: "/items?select=id,makers!items_maker_id_fkey()&makers(country_id)=is.null", body: `[{"id": 42}]`},
		{name: "no_absence", target: "/items?select=id,makers!items_maker_id_fkey(client)&makers(client)=not.is.null&order=id&limit=3",
			body: `[{"id": 4, "makers": {"client": "x"}}, {"id": 14, "makers": {"client": "x"}}, {"id": 24, "makers": {"client": null}}]`},
		{name: "column_of_an_embed", target: "/makers?select=id,items!items_maker_id_fkey(id)&items.client(name)=eq.A&id=eq.2", body: `[{"id": 2, "items": [{"id": 4}]}]`},
		{name: "argument", target: "/rpc/made_since?since(x)=2024-03-01&select=id", body: `[{"id": 42}]`},
		{name: "nowhere", target: "/items?select=id,makers!items_maker_id_fkey()&makers.nothing(name)=eq.x&id=eq.42", body: `[{"id": 42}]`},
		{name: "one_level_in_an_order", target: "/items?select=id," + embedded + "&order=client(name).desc&limit=3&id=lt.40&client=not.is.null", body: `[{"id": 14, "client": {"name": "berg"}}, {"id": 4, "client": {"name": "Ito"}}, {"id": 35, "client": {"name": "Andersen"}}]`},
	}
	run(t, serveClone(t, shelf), answers...)
	api := serveClone(t, shelf, unfiltering)
	run(t, api, answers...)
	run(t, api,
		exchange{name: "no_such_name", target: "/items?select=id,makers!items_maker_id_fkey(name)&makers(name)=eq.Ito", status: 400,
			body: fault("42703", "column items.makers does not exist", "", `Perhaps you meant to reference the column "items.maker_id" or the column "items.made".`)},
		exchange{name: "in_a_group", target: "/items?select=id,makers!items_maker_id_fkey(name)&or=(makers(name).eq.Ito)", status: 400,
			body: fault("PGRST100", `"failed to parse logic tree ((makers(name).eq.Ito))" (line 1, column 10)`, `unexpected "(" expecting letter, digit, "-", "->>", "->" or delimiter (.)`, "")},
	)
}

// Filters of the rows to write are cast, and not about related rows: a write has no embeds. What
// it returns has all of it.
func TestFilters_writes(t *testing.T) {
	t.Parallel()
	const shown = "return=representation"
	refused := fault("PGRST127", "Feature not implemented", "Conditions about related rows are not implemented for the relation that a write is to.", "")
	requests := []write{
		{name: "update", method: http.MethodPatch, target: "/items?id::text=like.*4&select=id&order=id", prefer: shown, payload: `{"price": 2}`, body: `[{"id": 4}, {"id": 14}, {"id": 24}]`},
		{name: "update_by_a_path", method: http.MethodPatch, target: `/items?info=jsonpath.$.a&select=id&order=id`, prefer: shown, payload: `{"price": 2}`, body: `[{"id": 4}, {"id": 14}, {"id": 24}]`},
		{name: "update_by_a_group", method: http.MethodPatch, target: "/items?or=(id::text.eq.4,info.jsonmatch.$.a%20==%202)&select=id&order=id", prefer: shown, payload: `{"price": 2}`, body: `[{"id": 4}, {"id": 14}]`},
		{name: "delete", method: http.MethodDelete, target: "/parts?id::text=like.[1]&select=id", prefer: shown, body: `[]`},
		{name: "shows_what_is_related", method: http.MethodPatch, target: "/items?id=in.(4,24)&select=id,parts(id,makers())&parts.makers(name)=eq.berg&order=id", prefer: shown, payload: `{"price": 2}`,
			body: `[{"id": 4, "parts": [{"id": 2}]}, {"id": 24, "parts": [{"id": 3}]}]`},
		{name: "update_of_related", method: http.MethodPatch, target: "/items?select=id,makers!items_maker_id_fkey()&makers(name)=eq.berg", prefer: shown, payload: `{"price": 2}`, status: 400, body: refused},
		{name: "delete_of_related", method: http.MethodDelete, target: "/items?or=(id.eq.1,and(makers(name).eq.berg))", status: 400, body: refused},
		{name: "insert_whose_filters_mean_nothing", target: "/labels?items(id)=eq.4&id::none=like.5&select=id", prefer: shown, payload: `{"id": 9}`, body: `[{"id": 9}]`},
	}
	runInTurn(t, serveClone(t, shelf, rollingBack), requests...)

	// As the reference:
	answers := []write{
		{name: "update_by_a_column_of_the_name", method: http.MethodPatch, target: "/items?client(name)=eq.B&select=id", prefer: shown, payload: `{"price": 2}`, body: `[{"id": 14}]`},
		{name: "put", method: http.MethodPut, target: "/labels?id::text=eq.3&select=id,name", prefer: shown, payload: `{"id": 3, "name": "steel"}`, status: 200, body: `[{"id": 3, "name": "steel"}]`},
		{name: "insert", target: "/labels?items(id)=eq.4&id::none=eq.5&select=id", prefer: shown, payload: `{"id": 9}`, body: `[{"id": 9}]`},
	}
	var unasked []write
	for _, condition := range []string{"nothing(name)=eq.x", "nothing(more(name))=eq.x", "makers(name)=like.x", "id::none=like.5", "items(none)=is.true"} {
		unasked = append(unasked,
			// Where nothing is read, PostgREST tells nobody that a condition can't be.
			write{name: "insert_that_returns_nothing " + condition, target: "/makers?select=countries(),id&countries." + condition, payload: `{"id": 9, "name": "x"}`},
			write{name: "update_that_returns_nothing " + condition, method: http.MethodPatch, target: "/items?id=eq.4&select=parts(makers(id))&parts." + condition, payload: `{"price": 2}`},
			write{name: "delete_that_returns_nothing " + condition, method: http.MethodDelete, target: "/parts?id=eq.4&select=items(*)&items." + condition, prefer: "return=headers-only"},
			write{name: "update_of_nothing " + condition, method: http.MethodPatch, target: "/items?" + condition, payload: `{}`},
			write{name: "update_of_nothing_that_is_shown " + condition, method: http.MethodPatch, target: "/items?select=id&" + condition, prefer: shown, payload: `[]`, body: `[]`},
			// Nor does it ask for what is embedded if nothing of it is shown.
			write{name: "read_of_nothing_related " + condition, method: http.MethodGet, target: "/makers?select=id,countries(),items!items_maker_id_fkey(parts())&id=eq.4&countries." + condition + "&items.parts." + condition,
				status: 200, body: `[{"id": 4}]`},
			write{name: "delete_of_nothing_related " + condition, method: http.MethodDelete, target: "/parts?id=eq.4&select=id,items(makers!items_maker_id_fkey())&items." + condition + "&items.makers.nothing(name)=eq.1", prefer: shown, body: `[{"id": 4}]`},
		)
	}
	runInTurn(t, serveClone(t, shelf, rollingBack), answers...)
	runInTurn(t, serveClone(t, shelf, rollingBack, unfiltering), slices.Concat(answers, unasked)...)
	runInTurn(t, serveClone(t, shelf, rollingBack), unasked...)
	runInTurn(t, serveClone(t, shelf, rollingBack, func(o *pgrest.Options) { o.FilterCasts = []string{} }), unasked...)
}

// The host is told what conditions about related rows read, and its own conditions hold for
// these rows.
func TestFilters_decisions(t *testing.T) {
	t.Parallel()
	type told struct {
		reads     []string
		operators []filter.Operator
	}
	uses := map[string]told{}
	api := serveClone(t, shelf, func(o *pgrest.Options) {
		o.Decide = func(_ context.Context, u *pgrest.Use) (pgrest.Decision, error) {
			uses[u.Name] = told{slices.Sorted(slices.Values(u.Reads)), u.Operators}
			switch u.Name {
			case "makers":
				return pgrest.Decision{Filter: "id::text=like.[12]"}, nil
			case "labels":
				return pgrest.Decision{Where: []filter.Node{filter.Condition{Field: filter.Field{Name: "id", Cast: "text"}, Operator: filter.Match, Value: "[12]"}}}, nil
			case "parts":
				return pgrest.Decision{Filter: "items(name)=eq.x"}, nil
			}
			return pgrest.Decision{}, nil
		}
	})
	ask := func(target, want string) {
		t.Helper()
		clear(uses)
		require.JSONEq(t, want, answer(api, exchange{target: target}.request(t)).Body.String())
	}
	ask("/items?select=id,makers!items_maker_id_fkey(countries())&makers(countries(name))=like.*a*&order=id", `[]`)
	require.Equal(t, told{[]string{"id", "maker_id"}, nil}, uses["items"])
	require.Equal(t, told{[]string{"name"}, []filter.Operator{filter.Like}}, uses["countries"])
	ask("/items?select=id,labels()&labels(name)=eq.iron&order=id", `[]`)
	require.Equal(t, []filter.Operator{filter.Equal}, uses["labels"].operators)
	ask("/items?select=id,labels()&labels(kind)=eq.stuff&order=id", `[{"id": 4}, {"id": 24}]`)
	ask("/items?select=id,makers!items_maker_id_fkey(countries())&order=makers(countries(continent_id)),id&limit=1", `[{"id": 4}]`)
	require.Contains(t, uses["countries"].reads, "continent_id")
	ask("/parts?select=id", `{"code": "PGRSTX00", "message": "Internal error", "details": null, "hint": null}`)
}

// In a batch the conditions take references as values, and never as a part of a JSON path.
func TestFilters_batch(t *testing.T) {
	t.Parallel()
	runBatches(t, serveClone(t, shelf),
		batchOf{name: "references", requests: `[
			{"name": "maker", "method": "GET", "path": "/makers?select=id,name&id::text=like.2"},
			{"method": "GET", "path": "/items?select=id,makers!items_maker_id_fkey()&makers(name)=eq.{maker/0/name}&order=name.ci"},
			{"method": "GET", "path": "/items?select=id,makers!items_maker_id_fkey()&or=(makers(id::text).eq.{maker/0/id},info.jsonpath.$.none)"},
			{"method": "PATCH", "path": "/items?id::text=like.*4&select=id&order=id", "headers": {"Prefer": "return=representation"}, "body": {"price": 1}}]`,
			answers: []string{`200 [{"id":2,"name":"berg"}]`, `200 [{"id":4}]`, `200 [{"id":4}]`, `200 [{"id":4},{"id":14},{"id":24}]`}},
		batchOf{name: "reference_in_a_path", requests: `[
			{"name": "maker", "method": "GET", "path": "/makers?id=eq.2"},
			{"method": "GET", "path": "/items?info=jsonpath.$.a%20==%20{maker/0/id}"}]`, status: http.StatusBadRequest,
			body: inBatch(1, "", "PGRST100", "A reference has to be the whole of a value: what an operator compares with, an element of in, or an argument", "", "")},
	)
}

// A value that can't be cast is no error, which would tell of it, in a row that the host hides.
// PostgreSQL may well cast it first: it begins with what looks cheap.
func TestFilters_hidden_values(t *testing.T) {
	t.Parallel()
	const numbered = shelf + `;
		UPDATE makers SET name = '10' WHERE id = 1;
		UPDATE items SET name = id WHERE id < 20;
		UPDATE parts SET name = id WHERE id < 3;
		UPDATE countries SET name = '7' WHERE id = 1`
	shown := map[string]string{"makers": "2", "items": "20", "parts": "3", "countries": "2", "made_since": "20"}
	api := serveClone(t, numbered, rollingBack, func(o *pgrest.Options) {
		o.FilterCasts = []string{"numeric"}
		o.Decide = func(_ context.Context, u *pgrest.Use) (pgrest.Decision, error) {
			most, ok := shown[u.Name]
			if !ok {
				return pgrest.Decision{}, nil
			}
			return pgrest.Decision{Filter: "or=(id.lt." + most + ",id.lt.-1,id.lt.-2,id.lt.-3,id.lt.-4,id.lt.-5,id.lt.-6)"}, nil
		}
	})
	const makers, body = "makers!items_maker_id_fkey", "return=representation"
	page := headers{"Prefer": "pagination=keyset"}
	first := ask(t, api, exchange{target: "/items?select=id&order=name::numeric.desc&limit=1", send: page})
	require.JSONEq(t, `[{"id": 14}]`, read(t, first))
	next := linksOf(first)["next"]
	require.NotEmpty(t, next)
	run(t, api,
		exchange{name: "of_the_rows", target: "/items?select=id&name::numeric=gt.5", body: `[{"id": 14}]`},
		exchange{name: "in_a_group", target: "/items?select=id&or=(name::numeric.gt.5,and(id.eq.4,name::numeric.not.gt.9))&order=id", body: `[{"id": 4}, {"id": 14}]`},
		exchange{name: "negated", target: "/items?select=id&not.or=(name::numeric.gt.5,id.eq.30)", body: `[{"id": 4}]`},
		exchange{name: "related", target: "/items?select=id," + makers + "()&makers(name::numeric)=gt.5", body: `[{"id": 14}]`},
		exchange{name: "related_or_hidden", target: "/items?select=id," + makers + "()&or=(makers(name::numeric).gt.50,makers(id).is.null)", body: `[{"id": 4}]`},
		exchange{name: "related_deeper", target: "/items?select=id," + makers + "(countries())&makers(countries(name::numeric))=gt.5", body: `[{"id": 14}]`},
		exchange{name: "related_to_many", target: "/items?select=id,parts()&parts(name::numeric)=gt.1", body: `[{"id": 4}]`},
		exchange{name: "related_to_many_and_then_to_one", target: "/items?select=id,parts(makers())&parts(makers(name::numeric))=gt.1", body: `[{"id": 4}]`},
		exchange{name: "embedded", target: "/makers?select=id,items!items_maker_id_fkey(id)&items.name::numeric=gt.5", body: `[{"id": 1, "items": [{"id": 14}]}]`},
		exchange{name: "inner", target: "/labels?select=id,items!inner(id)&items.name::numeric=gt.5", body: `[{"id": 3, "items": [{"id": 14}]}]`},
		exchange{name: "related_order", target: "/items?select=id," + makers + "()&order=makers(name::numeric)&limit=1", body: `[{"id": 14}]`},
		exchange{name: "function", target: "/rpc/made_since?since=2020-01-01&select=id&name::numeric=gt.5", body: `[{"id": 14}]`},
		exchange{name: "counted", method: http.MethodHead, target: "/items?name::numeric=gt.1", send: headers{"Prefer": "count=exact"}, want: headers{"Content-Range": "0-1/2"}},
		exchange{name: "page_by_key", target: next, send: page, body: `[{"id": 4}]`},
	)
	runInTurn(t, api,
		write{name: "update", method: http.MethodPatch, target: "/items?select=id&name::numeric=gt.5", prefer: body, payload: `{"price": 2}`, body: `[{"id": 14}]`},
		write{name: "delete", method: http.MethodDelete, target: "/parts?select=id&name::numeric=gt.1", prefer: body, body: `[{"id": 2}]`},
	)
}
