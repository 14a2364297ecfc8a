package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Conditions are about the columns of related rows: of the one that a to-one embed has, or of
// some row of a to-many embed.
func TestFilters_related(t *testing.T) {
	t.Parallel()
	const maker, country = "select=id,makers!items_maker_id_fkey(name)", "select=id,makers!items_maker_id_fkey(countries(continents(name)))"
	csv := headers{"Accept": "text/csv"}
	asCSV := headers{"Content-Type": "text/csv; charset=utf-8"}
	notEmbedded := func(name string) string {
		return fault("PGRST108", "'"+name+"' is not an embedded resource in this request", "", "Verify that '"+name+"' is included in the 'select' query parameter.")
	}
	run(t, serveClone(t, shelf),
		exchange{name: "to_one", target: "/items?" + maker + "&makers(name)=eq.berg", body: `[{"id": 4, "makers": {"name": "berg"}}]`},
		exchange{name: "to_one_of_two_levels", target: "/items?select=id,makers!items_maker_id_fkey(countries(name))&makers(countries(name))=in.(Norway,Japan)&order=id",
			body: `[{"id": 4, "makers": {"countries": {"name": "Norway"}}}, {"id": 14, "makers": {"countries": {"name": "Japan"}}}]`},
		exchange{name: "to_one_of_three_levels", target: "/items?" + country + "&makers(countries(continents(name)))=eq.Europe&order=id",
			body: `[{"id": 4, "makers": {"countries": {"continents": {"name": "Europe"}}}}, {"id": 24, "makers": {"countries": {"continents": {"name": "Europe"}}}}]`},
		exchange{name: "column_that_is_not_shown", target: "/items?" + maker + "&makers(id)=gt.3", body: `[{"id": 35, "makers": {"name": "Plato"}}]`},
		exchange{name: "nothing_shown", target: "/items?select=id,makers!items_maker_id_fkey(countries())&makers(countries(name))=like.*a*&order=id", body: `[{"id": 4}, {"id": 14}, {"id": 24}, {"id": 35}]`},
		exchange{name: "renamed", target: "/items?select=id,by:makers!items_maker_id_fkey(from:countries())&by(from(name))=eq.Japan", body: `[{"id": 14}]`},
		exchange{name: "spread", target: "/items?select=id,...makers!items_maker_id_fkey(maker:name,...countries(country:name))&makers(countries(name))=eq.Japan",
			body: `[{"id": 14, "maker": "Ito", "country": "Japan"}]`},
		exchange{name: "null_where_there_is_none", target: "/items?select=id,makers!items_maker_id_fkey(countries(continents()))&or=(makers(countries(continents(name))).is.null)&order=id", body: `[{"id": 35}, {"id": 42}]`},
		exchange{name: "negated", target: "/items?select=id,makers!items_maker_id_fkey()&makers(name)=not.eq.berg&order=id", body: `[{"id": 14}, {"id": 24}, {"id": 35}]`},
		exchange{name: "distinct_from", target: "/items?select=id,makers!items_maker_id_fkey()&makers(name)=isdistinct.berg&order=id", body: `[{"id": 14}, {"id": 24}, {"id": 35}, {"id": 42}]`},
		exchange{name: "inner", target: "/items?select=id,makers!items_maker_id_fkey!inner()&makers(name)=isdistinct.berg&order=id", body: `[{"id": 14}, {"id": 24}, {"id": 35}]`},
		exchange{name: "with_a_filter_of_the_embed", target: "/items?select=id,makers!items_maker_id_fkey(name)&makers.name=like.*n*&or=(makers(name).neq.x)", body: `[{"id": 24, "makers": {"name": "Andersen"}}]`},
		exchange{name: "in_a_group", target: "/items?select=id,makers!items_maker_id_fkey(countries())&or=(name.eq.Cup,makers(countries(name)).eq.Japan,and(id.gt.30,makers(name).eq.Plato))&order=id",
			body: `[{"id": 14}, {"id": 35}, {"id": 42}]`},
		exchange{name: "cast", target: "/items?select=id,makers!items_maker_id_fkey()&makers(id::text)=like.2*", body: `[{"id": 4}]`},
		exchange{name: "several", target: "/items?select=id,makers!items_maker_id_fkey(countries())&makers(name)=neq.x&makers(countries(name))=neq.Japan&makers(id)=lt.4&order=makers(name).desc", body: `[{"id": 4}, {"id": 24}]`},
		exchange{name: "CSV", target: "/items?" + maker + "&makers(name)=eq.berg", send: csv, want: asCSV, body: "id,makers\n4,\"{\"\"name\"\": \"\"berg\"\"}\""},

		exchange{name: "to_many", target: "/items?select=id,parts()&parts(name)=like.*a*&order=id", body: `[{"id": 4}, {"id": 24}]`},
		exchange{name: "to_many_negated_by_row", target: "/items?select=id,parts()&parts(name)=not.like.*a*&order=id", body: `[{"id": 24}]`},
		exchange{name: "to_many_none", target: "/items?select=id,parts()&not.or=(parts(name).like.*k*)&order=id", body: `[{"id": 4}, {"id": 14}, {"id": 35}, {"id": 42}]`},
		exchange{name: "to_many_shown_whole", target: "/items?select=id,parts(name)&parts.order=id&parts(name)=eq.blade", body: `[{"id": 4, "parts": [{"name": "blade"}, {"name": "shaft"}]}]`},
		exchange{name: "to_many_with_a_filter_of_the_embed", target: "/items?select=id,parts(name)&parts.name=neq.blade&parts(name)=eq.blade", body: `[]`},
		exchange{name: "to_many_whatever_its_limit", target: "/items?select=id,parts(name)&parts.limit=1&parts.order=id&parts(name)=eq.keel", body: `[{"id": 24, "parts": [{"name": "mast"}]}]`},
		exchange{name: "to_many_spread", target: "/items?select=id,...parts(part:name)&parts.order=id&parts(name)=eq.mast", body: `[{"id": 24, "part": ["mast", "keel"]}]`},
		exchange{name: "to_many_then_to_one", target: "/items?select=id,parts(makers())&parts(makers(name))=eq.berg&order=id", body: `[{"id": 4}, {"id": 24}]`},
		exchange{name: "to_many_then_to_one_that_is_not_there", target: "/items?select=id,parts(makers())&and=(parts(makers(name)).is.null)&order=id", body: `[{"id": 24}]`},
		exchange{name: "to_one_then_to_many", target: "/parts?select=id,makers(items!items_maker_id_fkey())&makers(items(name))=eq.Axe&order=id", body: `[{"id": 2}, {"id": 3}]`},
		exchange{name: "to_many_twice", target: "/countries?select=name,makers(items!items_maker_id_fkey())&makers(items(id))=gt.20&order=name", body: `[{"name": "Atlantis"}, {"name": "Denmark"}]`},
		exchange{name: "many_to_many", target: "/items?select=id,labels()&labels(name)=eq.iron&order=id", body: `[{"id": 4}, {"id": 14}]`},
		exchange{name: "many_to_many_all_of_several", target: "/items?select=id,labels(name)&labels.order=id&labels(name)=eq.iron&labels(kind)=eq.use", body: `[{"id": 4, "labels": [{"name": "tool"}, {"name": "wood"}, {"name": "iron"}]}]`},
		exchange{name: "computed_relationship", target: "/items?select=id,first_label(name)&first_label(kind)=eq.use&order=id",
			body: `[{"id": 4, "first_label": {"name": "tool"}}, {"id": 35, "first_label": {"name": "tool"}}]`},
		exchange{name: "computed_field", target: "/makers?select=id,items!items_maker_id_fkey()&items(shout)=eq.AXE", body: `[{"id": 2}]`},
		exchange{name: "JSON", target: "/makers?select=id,items!items_maker_id_fkey()&items(info->>n)=eq.7", body: `[{"id": 3}]`},
		exchange{name: "JSON_path", target: `/makers?select=id,items!items_maker_id_fkey()&items(info)=jsonpath.$.tags[*]%20?%20(@%20==%20"y")&order=id`, body: `[{"id": 1}, {"id": 2}]`},
		exchange{name: "view", target: "/item_list?select=id,makers()&makers(name)=eq.Ito", body: `[{"id": 14}]`},
		exchange{name: "to_a_view", target: "/makers?select=id,item_list()&item_list(name)=eq.Axe", body: `[{"id": 2}]`},
		exchange{name: "function", target: "/rpc/made_since?since=2024-01-01&select=id,makers!items_maker_id_fkey(name)&makers(name)=eq.berg", body: `[{"id": 4, "makers": {"name": "berg"}}]`},

		exchange{name: "in_the_filters_of_an_embed", target: "/continents?select=name,countries(name,makers())&countries.makers(name)=eq.berg&order=name",
			body: `[{"name": "Asia", "countries": []}, {"name": "Europe", "countries": [{"name": "Norway"}]}]`},
		exchange{name: "in_the_filters_of_an_inner_embed", target: "/continents?select=name,countries!inner(name,makers())&countries.makers(name)=eq.berg", body: `[{"name": "Europe", "countries": [{"name": "Norway"}]}]`},
		exchange{name: "in_the_filters_of_an_inner_to_one_embed", target: "/items?select=id,makers!items_maker_id_fkey!inner(name,countries())&makers.countries(name)=eq.Japan", body: `[{"id": 14, "makers": {"name": "Ito"}}]`},
		exchange{name: "in_a_group_of_an_embed", target: "/makers?select=name,items!items_maker_id_fkey(id,labels())&items.or=(labels(name).eq.wood,id.eq.35)&order=id",
			body: `[{"name": "Ito", "items": []}, {"name": "berg", "items": [{"id": 4}]}, {"name": "Andersen", "items": [{"id": 24}]}, {"name": "Plato", "items": [{"id": 35}]}]`},

		exchange{name: "not_embedded", target: "/items?makers(name)=eq.x", status: 400, body: notEmbedded("makers")},
		exchange{name: "not_embedded_within", target: "/items?select=id,makers!items_maker_id_fkey()&makers(countries(name))=eq.x", status: 400, body: notEmbedded("countries")},
		exchange{name: "not_embedded_in_a_group", target: "/items?or=(makers(name).eq.x)", status: 400, body: notEmbedded("makers")},
		exchange{name: "no_such_column", target: "/items?select=id,makers!items_maker_id_fkey()&makers(none)=eq.x", status: 400, body: fault("42703", "column makers_1.none does not exist", "", `Perhaps you meant to reference the column "makers_1.name".`)},
	)
}

// Groups, and rows that are distinct, are made of the rows that conditions about related rows
// hold for.
func TestFilters_related_groups(t *testing.T) {
	t.Parallel()
	const maker = "makers!items_maker_id_fkey"
	api := serveClone(t, shelf, aggregating)
	run(t, api,
		exchange{name: "count", target: "/items?select=count()," + maker + "()&makers(name)=neq.x", body: `[{"count": 4}]`},
		exchange{name: "of_a_spread", target: "/items?select=n:count(),..." + maker + "(name)&makers(name)=in.(Ito,berg)&order=makers(name)", body: `[{"n": 1, "name": "Ito"}, {"n": 1, "name": "berg"}]`},
		exchange{name: "of_a_deeper_spread", target: "/items?select=n:count(),..." + maker + "(...countries(...continents(land:name)))&makers(countries(name))=neq.Atlantis&order=land", body: `[{"n": 1, "land": "Asia"}, {"n": 2, "land": "Europe"}]`},
		exchange{name: "having", target: "/items?select=hue,labels()&labels(kind)=eq.stuff&having=(count().gt.1)", body: `[{"hue": "red"}]`},
		exchange{name: "distinct", target: "/items?select=hue,labels()&labels(kind)=eq.stuff&distinct=*&order=hue", body: `[{"hue": "red"}, {"hue": "blue"}]`},
		exchange{name: "groups_of_an_embed", target: "/makers?select=id,items!items_maker_id_fkey(count())&items(name)=like.A*", body: `[{"id": 2, "items": [{"count": 1}]}]`},
		exchange{name: "distinct_rows_of_an_embed", target: "/items?select=id,labels(kind)&labels.distinct=*&labels.order=kind&labels(name)=eq.iron&order=id", body: `[{"id": 4, "labels": [{"kind": "stuff"}, {"kind": "use"}]}, {"id": 14, "labels": [{"kind": "stuff"}]}]`},
		exchange{name: "head", method: http.MethodHead, target: "/items?select=hue,labels()&labels(kind)=eq.stuff&distinct=*", send: headers{"Prefer": "count=exact"}, want: headers{"Content-Range": "0-1/2"}},
		exchange{name: "group_of_a_to_one_embed", target: "/items?select=id," + maker + "(count())&makers(name)=eq.berg", status: 400,
			body: fault("PGRST127", "Feature not implemented", "Conditions about related rows are not implemented for to-one embeds that show aggregates.", "")},
		exchange{name: "order_by_what_groups_do_not_show", target: "/items?select=count(),..." + maker + "(...countries(name))&order=makers(countries(name))", status: 400, body: fault("42803", `column "embed.1.related.1" must appear in the GROUP BY clause or be used in an aggregate function`, "", "")},
	)
}

// Who may not read a column may not ask about it, and sees no row by one that is hidden.
func TestFilters_related_privileges(t *testing.T) {
	t.Parallel()
	run(t, serveClone(t, shelf+`;
		REVOKE SELECT ON parts FROM pgrest_test_anon; GRANT SELECT (id, item_id) ON parts TO pgrest_test_anon;
		ALTER TABLE labels ENABLE ROW LEVEL SECURITY; CREATE POLICY shown ON labels USING (id <> 3);
		ALTER TABLE makers ENABLE ROW LEVEL SECURITY; CREATE POLICY shown ON makers USING (id <> 2)`),
		exchange{name: "column", target: "/items?select=id,parts()&parts(name)=eq.mast", status: 401, want: headers{"Www-Authenticate": "Bearer"},
			body: fault("42501", "permission denied for table parts", "", "")},
		exchange{name: "granted_column", target: "/items?select=id,parts()&parts(id)=eq.1", body: `[{"id": 4}]`},
		exchange{name: "hidden_row_to_many", target: "/items?select=id,labels()&labels(name)=eq.iron", body: `[]`},
		exchange{name: "hidden_row_to_one", target: "/items?select=id,makers!items_maker_id_fkey(name)&or=(makers(name).is.null)&order=id", body: `[{"id": 4, "makers": null}, {"id": 42, "makers": null}]`},
	)
}

// Counts, and HEAD, agree with the rows.
func TestFilters_related_counts(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shelf)
	exact := headers{"Prefer": "count=exact"}
	for name, target := range map[string]string{
		"to_one":                 "/items?select=id,makers!items_maker_id_fkey(countries(name))&makers(countries(name))=neq.Japan",
		"to_one_inner":           "/items?select=id,makers!items_maker_id_fkey!inner(countries())&makers(countries(name))=neq.Japan",
		"to_one_inner_twice":     "/items?select=id,makers!items_maker_id_fkey!inner(countries!inner())&makers(countries(name))=neq.Japan",
		"to_one_negated_group":   "/items?select=id,makers!items_maker_id_fkey(),labels()&not.or=(makers(name).eq.Plato,labels(name).eq.tool,id.eq.24)",
		"to_many":                "/items?select=id,parts(name)&parts(name)=neq.x",
		"many_to_many":           "/items?select=id,labels(name)&or=(labels(name).eq.wood)",
		"function":               "/items?select=id,first_label()&first_label(kind)=eq.use",
		"embed_of_an_embed":      "/makers?select=id,items!items_maker_id_fkey!inner(labels())&items.labels(name)=eq.wood",
		"present_and_compared":   "/items?select=id,makers!items_maker_id_fkey(),labels()&labels=not.is.null&or=(labels.is.null,makers.is.null,makers(name).neq.Ito)",
		"ordered_as_well":        "/items?select=id,makers!items_maker_id_fkey(countries(continents()))&makers(name)=neq.x&order=makers(countries(continents(name))),id",
		"deeper_than_its_parent": "/parts?select=id,makers(name,countries(name,continents(name)))&makers(countries(continents(name)))=eq.Europe&makers(name)=eq.berg",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := answer(api, exchange{target: target}.request(t))
			require.Equal(t, http.StatusOK, shown.Code, shown.Body)
			var rows []any
			require.NoError(t, json.Unmarshal(shown.Body.Bytes(), &rows))
			require.NotEmpty(t, rows)
			for limit, last := range map[string]int{"": len(rows) - 1, "&limit=1": 0} {
				want := fmt.Sprintf("0-%d/%d", last, len(rows))
				counted := answer(api, exchange{target: target + limit, send: exact}.request(t))
				require.Equal(t, want, counted.Header().Get("Content-Range"), shown.Body)
				head := answer(api, exchange{method: http.MethodHead, target: target + limit, send: exact}.request(t))
				require.Equal(t, want, head.Header().Get("Content-Range"), shown.Body)
			}
		})
	}
}
