package apitest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// Rows are ordered by related rows at any depth, and without regard to case.
func TestFilters_orders(t *testing.T) {
	t.Parallel()
	inAll := func(body ...string) string { return "[" + strings.Join(body, ", ") + "]" }
	id := func(n string) string { return `{"id": ` + n + `}` }
	unordered := func(origin, target string) string {
		return fault("PGRST118", "A related order on '"+target+"' is not possible", "'"+origin+"' and '"+target+"' do not form a many-to-one or one-to-one relationship", "")
	}
	noText := func(term string) string {
		return fault("PGRST100", "order names '"+term+"', which is no text", "", "Leave out ci, or cast to text in front of it, as in id::text.ci.")
	}
	run(t, serveClone(t, shelf, aggregating),
		exchange{name: "two_levels", target: "/items?select=id,makers!items_maker_id_fkey(countries())&order=makers(countries(name)).desc.nullslast", body: inAll(id("4"), id("14"), id("24"), id("35"), id("42"))},
		exchange{name: "three_levels", target: "/items?select=id,makers!items_maker_id_fkey(countries(continents()))&order=makers(countries(continents(name))).nullsfirst,id.desc",
			body: inAll(id("42"), id("35"), id("14"), id("24"), id("4"))},
		exchange{name: "shown_as_well", target: "/items?select=id,by:makers!items_maker_id_fkey(name,countries(name))&order=by(countries(name))&limit=2",
			body: `[{"id": 35, "by": {"name": "Plato", "countries": {"name": "Atlantis"}}}, {"id": 24, "by": {"name": "Andersen", "countries": {"name": "Denmark"}}}]`},
		exchange{name: "beside_one_that_is_shown", target: "/items?select=id,makers!items_maker_id_fkey(name,countries())&order=makers(name),makers(countries(name))&makers(id)=lt.3",
			body: `[{"id": 14, "makers": {"name": "Ito"}}, {"id": 4, "makers": {"name": "berg"}}]`},
		exchange{name: "spread", target: "/items?select=id,...makers!items_maker_id_fkey(...countries(country:name))&order=makers(countries(id))&limit=1", body: `[{"id": 14, "country": "Japan"}]`},
		exchange{name: "of_an_embed", target: "/labels?select=name,items(id,makers!items_maker_id_fkey(countries()))&items.order=makers(countries(name)).desc&id=lte.2&order=id",
			body: `[{"name": "tool", "items": [{"id": 4}, {"id": 35}]}, {"name": "wood", "items": [{"id": 4}, {"id": 24}]}]`},
		exchange{name: "JSON_and_two_directions", target: "/parts?select=id,items(makers!items_maker_id_fkey(countries()))&order=items(makers(countries(name))).desc,items(info->>n),id.desc", body: inAll(id("2"), id("1"), id("4"), id("3"))},
		exchange{name: "function", target: "/rpc/made_since?since=2024-01-01&select=id,makers!items_maker_id_fkey(countries())&order=makers(countries(name)).nullsfirst", body: inAll(id("42"), id("14"), id("4"))},
		exchange{name: "ignoring_case", target: "/items?select=name&order=name.ci", body: `[{"name": "anvil"}, {"name": "Axe"}, {"name": "axle"}, {"name": "Boat"}, {"name": "Cup"}]`},
		exchange{name: "ignoring_case_descending", target: "/items?select=id&order=client.ci.desc.nullslast,id", body: inAll(id("14"), id("4"), id("24"), id("35"), id("42"))},
		exchange{name: "ignoring_case_of_related_rows", target: "/items?select=id,makers!items_maker_id_fkey(name)&order=makers(name).ci.desc.nullslast&limit=3",
			body: `[{"id": 35, "makers": {"name": "Plato"}}, {"id": 14, "makers": {"name": "Ito"}}, {"id": 4, "makers": {"name": "berg"}}]`},
		exchange{name: "ignoring_case_of_a_spread_that_is_cast", target: "/items?select=id,...makers!items_maker_id_fkey(name:id::text)&order=makers(name).ci&limit=2", body: `[{"id": 24, "name": "3"}, {"id": 4, "name": "2"}]`},
		exchange{name: "ignoring_case_of_JSON", target: "/items?select=id&order=info->>n.ci.nullsfirst,id&limit=2", body: inAll(id("35"), id("42"))},
		exchange{name: "ignoring_case_of_a_computed_field", target: "/items?select=id&order=shout.ci.desc&limit=1", body: inAll(id("42"))},
		exchange{name: "ignoring_case_of_what_is_cast", target: "/items?select=id&order=hue::text.ci.desc.nullslast,id&limit=2", body: inAll(id("4"), id("24"))},
		exchange{name: "ignoring_case_of_groups", target: "/items?select=name,count()&order=name.ci.desc&limit=1", body: `[{"name": "Cup", "count": 1}]`},
		exchange{name: "after_what_is_distinct", target: "/items?select=id&distinct=client&order=client,name.ci", body: inAll(id("4"), id("14"), id("35"))},
		exchange{name: "head", method: "HEAD", target: "/items?select=id,makers!items_maker_id_fkey(countries())&order=makers(countries(name)),name.ci", send: headers{"Prefer": "count=exact"}, want: headers{"Content-Range": "0-4/5"}},
		exchange{name: "written", method: http.MethodPatch, token: `{"role": "pgrest_test_curator"}`, target: "/items?id=in.(4,14)&select=id,makers!items_maker_id_fkey(countries())&order=makers(countries(name)),name.ci",
			send: headers{"Prefer": "return=representation", "Content-Type": "application/json"}, data: `{"price": 3}`, body: inAll(id("14"), id("4"))},

		exchange{name: "not_embedded_within", target: "/items?select=id,makers!items_maker_id_fkey()&order=makers(countries(name))", status: 400,
			body: fault("PGRST108", "'countries' is not an embedded resource in this request", "", "Verify that 'countries' is included in the 'select' query parameter.")},
		exchange{name: "to_many_within", target: "/parts?select=id,items(labels())&order=items(labels(name))", status: 400, body: unordered("items", "labels")},
		exchange{name: "to_many_on_the_way", target: "/countries?select=id,makers(countries())&order=makers(countries(name))", status: 400, body: unordered("countries", "makers")},
		exchange{name: "case_of_a_number", target: "/items?order=id.ci", status: 400, body: noText("id.ci")},
		exchange{name: "case_of_a_range", target: "/items?order=span.ci.desc", status: 400, body: noText("span.ci.desc")},
		exchange{name: "case_of_JSON", target: "/items?order=info->tags.ci", status: 400, body: noText("info->tags.ci")},
		exchange{name: "case_of_a_related_number", target: "/items?select=id,makers!items_maker_id_fkey(countries())&order=makers(countries(id)).ci", status: 400, body: noText("makers(countries(id)).ci")},
		exchange{name: "case_of_an_alias", target: "/items?select=label:name&order=label.ci", status: 400,
			body: fault("PGRST100", "order names 'label.ci', which is no column", "", "A name that the select parameter gives is ordered by as it is.")},
		exchange{name: "distinct_rows", target: "/items?select=name&distinct=*&order=name.ci", status: 400,
			body: fault("42P10", "order names 'name.ci', which distinct rows don't show as it is", "", "Add it to the select parameter, or order by the alias that it has there.")},
		exchange{name: "before_what_is_distinct", target: "/items?select=id&distinct=name&order=name.ci", status: 400,
			body: fault("42P10", "order names 'name.ci' before all that distinct names", "", "Begin the order with name, in any order and direction.")},
	)
	run(t, serveClone(t, shelf, unfiltering),
		exchange{name: "switched_off", target: "/items?order=name.ci", status: 400,
			body: fault("PGRST100", `"failed to parse order (name.ci)" (line 1, column 6)`, `unexpected "c" expecting "asc", "desc", "nullsfirst" or "nullslast"`, "")},
		exchange{name: "deeper_switched_off", target: "/items?order=makers(countries(name))", status: 400,
			body: fault("PGRST100", `"failed to parse order (makers(countries(name)))" (line 1, column 7)`, `unexpected '(' expecting letter, digit, "-", "->>", "->", delimiter (.), "," or end of input`, "")},
	)
}

// Pages by key follow such orders, there and back.
func TestFilters_orders_of_pages(t *testing.T) {
	t.Parallel()
	var targets []string
	for _, order := range []string{
		"makers(countries(name)).desc", "makers(countries(continents(name))).nullsfirst,price.desc", "client.ci.desc.nullslast", "makers(name).ci", "name.ci,id::text",
		"info->>n::numeric.desc,hue::text", "makers(countries(continents(name))),client.ci.nullsfirst,id::text.desc", "makers(countries(name)),makers(countries(id)),made.desc",
	} {
		targets = append(targets, "/items?select=id,makers!items_maker_id_fkey(countries(continents()))&order="+order)
	}
	api := serveClone(t, shelf, func(o *pgrest.Options) { o.FilterCasts = []string{"numeric"} })
	walkAll(t, api, targets, 1, 2, 5)

	// A token is of its own order.
	const target = "/items?select=id&limit=2&order="
	for order, other := range map[string]string{"name.ci": "name", "id::text": "id", "id::text.ci": "id::text", "client.ci": "name.ci"} {
		next := linksOf(ask(t, api, exchange{target: target + order, send: asksKeyset}))["next"]
		require.NotEmpty(t, next)
		query, err := url.ParseQuery(next[strings.Index(next, "?")+1:])
		require.NoError(t, err)
		query.Set("order", other)
		response := ask(t, api, exchange{target: "/items?" + query.Encode()})
		require.Equal(t, http.StatusBadRequest, response.StatusCode, read(t, response))
	}
}
