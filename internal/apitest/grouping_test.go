package apitest_test

import (
	"net/http"
	"testing"

	"github.com/pgrest-go/pgrest"
)

// ungrouping has the API be without what grouping adds to PostgREST's protocol.
func ungrouping(o *pgrest.Options) { o.Without = []pgrest.Extension{pgrest.Grouping} }

const purchases = `
	SET search_path = archive;
	CREATE TABLE buyers (id int PRIMARY KEY, name text NOT NULL, city text NOT NULL);
	CREATE TABLE purchases (id int PRIMARY KEY, buyer_id int NOT NULL REFERENCES buyers, kind text NOT NULL, amount numeric, placed date NOT NULL,
		note json, info jsonb, "distinct" int, "having" text, place point);
	INSERT INTO buyers VALUES (1, 'Ada', 'London'), (2, 'Grace', 'New York'), (3, 'Mary', 'London'), (4, 'Jo', 'Oslo');
	INSERT INTO purchases VALUES
		(1, 1, 'book', 10, '2024-01-01', '{"a": 1}', '{"tag": "x", "n": 1}', 1, 'yes', '(1,2)'),
		(2, 1, 'book', 30, '2024-01-03', '{"a": 1}', '{"tag": "x", "n": 2}', 2, 'no', '(1,2)'),
		(3, 1, 'film', 5, '2024-01-02', '{"a":1}', '{"tag": "y", "n": 3}', 1, 'no', NULL),
		(4, 2, 'book', 100, '2024-01-02', NULL, '{"tag": "y", "n": 4}', 1, 'no', NULL),
		(5, 2, 'game', NULL, '2024-01-05', NULL, NULL, 2, 'no', NULL),
		(6, 3, 'film', 7, '2024-01-04', '{"b": 2}', '{"tag": "x", "n": 5}', 3, 'no', NULL);
	CREATE FUNCTION recent(since date) RETURNS SETOF purchases LANGUAGE sql STABLE AS $$ SELECT * FROM purchases WHERE placed >= since $$;
	CREATE FUNCTION kinds() RETURNS SETOF text LANGUAGE sql STABLE AS $$ SELECT kind FROM purchases $$;
	CREATE FUNCTION weight(purchases) RETURNS int LANGUAGE sql STABLE AS $$ SELECT -$1.id $$;
	CREATE FUNCTION whole(anyelement) RETURNS text LANGUAGE sql STABLE AS $$ SELECT '9'::text $$;
	CREATE FUNCTION echo("distinct" text, "having" text DEFAULT '') RETURNS text LANGUAGE sql STABLE AS $$ SELECT $1 || $2 $$;
	GRANT SELECT ON buyers, purchases TO pgrest_test_anon;
	GRANT ALL ON buyers, purchases TO pgrest_test_curator`

func TestDistinct(t *testing.T) {
	t.Parallel()
	api := serveClone(t, purchases, aggregating)
	invalid := func(message, details, hint string) string { return fault("42P10", message, details, hint) }
	run(t, api,
		exchange{name: "all_that_is_shown", target: "/purchases?select=kind&distinct=*&order=kind", body: `[{"kind": "book"}, {"kind": "film"}, {"kind": "game"}]`},
		exchange{name: "several_columns", target: "/purchases?select=buyer_id,kind&distinct=*&order=buyer_id.desc,kind",
			body: `[{"buyer_id": 3, "kind": "film"}, {"buyer_id": 2, "kind": "book"}, {"buyer_id": 2, "kind": "game"}, {"buyer_id": 1, "kind": "book"}, {"buyer_id": 1, "kind": "film"}]`},
		exchange{name: "filtered_and_paged", target: "/purchases?select=kind&distinct=*&amount=gt.6&order=kind.desc&limit=1&offset=1", body: `[{"kind": "book"}]`},
		exchange{name: "by_an_alias", target: "/purchases?select=size:amount::text&distinct=*&id=lte.3&order=size.desc&limit=2", body: `[{"size": "5"}, {"size": "30"}]`},
		exchange{name: "values_of_JSON", target: "/purchases?select=note&distinct=*&id=in.(1,2,3)", body: `[{"note": {"a": 1}}]`},
		exchange{name: "paths_of_JSON", target: "/purchases?select=info->>tag&distinct=*&order=info->>tag.nullsfirst", body: `[{"tag": null}, {"tag": "x"}, {"tag": "y"}]`},
		exchange{name: "spread_columns", target: "/purchases?select=kind,...buyers(city)&distinct=*&order=buyers(city),kind",
			body: `[{"kind": "book", "city": "London"}, {"kind": "film", "city": "London"}, {"kind": "book", "city": "New York"}, {"kind": "game", "city": "New York"}]`},
		exchange{name: "embedded_objects", target: "/purchases?select=kind,buyers(city)&distinct=*&order=kind&kind=eq.book&buyer_id=eq.1", body: `[{"kind": "book", "buyers": {"city": "London"}}]`},
		exchange{name: "of_groups", target: "/purchases?select=count()&distinct=*&order=count()", body: `[{"count": 6}]`},
		exchange{name: "numbers_of_groups", target: "/purchases?select=buyer_id.count()&distinct=*&kind=eq.film", body: `[{"count": 2}]`},
		exchange{name: "CSV", target: "/purchases?select=kind&distinct=*&order=kind", send: headers{"Accept": "text/csv"},
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "kind\nbook\nfilm\ngame"},

		exchange{name: "first_of_each", target: "/purchases?select=buyer_id,id,placed&distinct=buyer_id&order=buyer_id,placed.desc",
			body: `[{"buyer_id": 1, "id": 2, "placed": "2024-01-03"}, {"buyer_id": 2, "id": 5, "placed": "2024-01-05"}, {"buyer_id": 3, "id": 6, "placed": "2024-01-04"}]`},
		exchange{name: "that_is_not_shown", target: "/purchases?select=id&distinct=buyer_id&order=buyer_id.desc,id", body: `[{"id": 6}, {"id": 4}, {"id": 1}]`},
		exchange{name: "by_two_in_another_order", target: "/purchases?select=id&distinct=buyer_id,kind&order=kind,buyer_id,amount.desc", body: `[{"id": 2}, {"id": 4}, {"id": 3}, {"id": 6}, {"id": 5}]`},
		exchange{name: "by_a_path_of_JSON", target: "/purchases?select=info->>tag,id&distinct=info->>tag&order=info->>tag,id.desc",
			body: `[{"tag": "x", "id": 6}, {"tag": "y", "id": 4}, {"tag": null, "id": 5}]`},
		exchange{name: "by_JSON", target: "/purchases?select=note&distinct=note&id=in.(1,2)", body: `[{"note": {"a": 1}}]`},
		exchange{name: "by_JSON_that_is_not_shown", target: "/purchases?select=kind&distinct=note&id=in.(1,2)", body: `[{"kind": "book"}]`},
		exchange{name: "by_a_computed_field", target: "/purchases?select=id&distinct=weight&order=weight&id=lte.2", body: `[{"id": 2}, {"id": 1}]`},
		exchange{name: "by_an_alias_of_what_is_spread", target: "/purchases?select=id,...buyers(town:city)&distinct=town&order=town,id", body: `[{"id": 1, "town": "London"}, {"id": 4, "town": "New York"}]`},
		exchange{name: "by_an_alias_of_the_same_column", target: "/purchases?select=id,b:buyer_id&distinct=buyer_id&order=b,id", body: `[{"id": 1, "b": 1}, {"id": 4, "b": 2}, {"id": 6, "b": 3}]`},
		exchange{name: "of_the_greatest_groups", target: "/purchases?select=buyer_id,kind,total:amount.sum()&distinct=buyer_id&order=buyer_id,total.desc.nullslast",
			body: `[{"buyer_id": 1, "kind": "book", "total": 40}, {"buyer_id": 2, "kind": "book", "total": 100}, {"buyer_id": 3, "kind": "film", "total": 7}]`},
		exchange{name: "with_types_that_PostgreSQL_makes_JSON_of", target: "/purchases?select=id,place&distinct=buyer_id&order=buyer_id,id&limit=1", body: `[{"id": 1, "place": "(1,2)"}]`},

		exchange{name: "embedded", target: "/buyers?select=name,purchases(kind)&purchases.distinct=*&purchases.order=kind&order=id&limit=2",
			body: `[{"name": "Ada", "purchases": [{"kind": "book"}, {"kind": "film"}]}, {"name": "Grace", "purchases": [{"kind": "book"}, {"kind": "game"}]}]`},
		exchange{name: "embedded_first_of_each", target: "/buyers?select=name,purchases(kind,id)&purchases.distinct=kind&purchases.order=kind,amount.desc&id=eq.1",
			body: `[{"name": "Ada", "purchases": [{"kind": "book", "id": 2}, {"kind": "film", "id": 3}]}]`},
		exchange{name: "spread_to_many", target: "/buyers?select=name,...purchases(kind)&purchases.distinct=*&purchases.order=kind&id=eq.1", body: `[{"name": "Ada", "kind": ["book", "film"]}]`},
		exchange{name: "inner_behind_an_offset", target: "/buyers?select=name,purchases!inner()&purchases.distinct=kind&purchases.offset=1&order=id", body: `[{"name": "Ada"}, {"name": "Grace"}]`},
		exchange{name: "function", method: http.MethodPost, target: "/rpc/recent?select=kind&distinct=*&order=kind", data: `{"since": "2024-01-03"}`,
			body: `[{"kind": "book"}, {"kind": "film"}, {"kind": "game"}]`, send: headers{"Content-Type": "application/json"}},
		exchange{name: "scalars", method: http.MethodPost, target: "/rpc/kinds?distinct=*&order=pgrst_scalar.desc", data: `{}`, body: `["game", "film", "book"]`, send: headers{"Content-Type": "application/json"}},

		exchange{name: "order_by_what_is_not_shown", target: "/purchases?select=kind&distinct=*&order=amount", status: 400,
			body: invalid("order names 'amount', which distinct rows don't show as it is", "", "Add it to the select parameter, or order by the alias that it has there.")},
		exchange{name: "order_by_what_is_shown_cast", target: "/purchases?select=amount::text&distinct=*&order=amount.desc", status: 400,
			body: invalid("order names 'amount', which distinct rows don't show as it is", "", "Add it to the select parameter, or order by the alias that it has there.")},
		exchange{name: "order_by_an_embed's", target: "/purchases?select=kind,buyers(city)&distinct=*&order=buyers(city)", status: 400,
			body: invalid("order names 'buyers(city)', which distinct rows don't show as it is", "", "Add it to the select parameter, or order by the alias that it has there.")},
		exchange{name: "order_by_another_aggregate", target: "/purchases?select=kind,count()&distinct=*&order=amount.sum()", status: 400,
			body: invalid("order names 'amount.sum()', which distinct rows don't show as it is", "", "Add it to the select parameter, or order by the alias that it has there.")},
		exchange{name: "order_that_begins_with_something_else", target: "/purchases?select=id&distinct=buyer_id,kind&order=kind,placed.desc,buyer_id", status: 400,
			body: invalid("order names 'placed' before all that distinct names", "", "Begin the order with buyer_id, kind, in any order and direction.")},
		exchange{name: "path_that_is_not_shown", target: "/purchases?select=id&distinct=info->>tag", status: 400,
			body: invalid("distinct names 'info->>tag', which has to be in the select parameter as it is", "Groups, and rows that are told apart by a JSON path, have to show what tells them apart.", "")},
		exchange{name: "groups_that_don't_show_it", target: "/purchases?select=kind,count()&distinct=buyer_id", status: 400,
			body: invalid("distinct names 'buyer_id', which has to be in the select parameter as it is", "Groups, and rows that are told apart by a JSON path, have to show what tells them apart.", "")},
		exchange{name: "no_such_column", target: "/purchases?select=id&distinct=none", status: 400, body: fault("42703", "column purchases.none does not exist", "", `Perhaps you meant to reference the column "purchases.note".`)},
		exchange{name: "to_one", target: "/purchases?select=id,buyers(city)&buyers.distinct=*", status: 400,
			body: fault("PGRST127", "Feature not implemented", "Distinct, having and orders by aggregates are not implemented for to-one embeds.", "")},
		exchange{name: "of_what_is_not_embedded", target: "/purchases?buyers.distinct=*", status: 400,
			body: fault("PGRST108", "'buyers' is not an embedded resource in this request", "", "Verify that 'buyers' is included in the 'select' query parameter.")},
	)
}

func TestHaving(t *testing.T) {
	t.Parallel()
	run(t, serveClone(t, purchases, aggregating),
		exchange{name: "shown", target: "/purchases?select=kind,amount.sum()&having=(amount.sum().gt.12)&order=kind", body: `[{"kind": "book", "sum": 140}]`},
		exchange{name: "not_shown", target: "/purchases?select=kind&having=(count().gte.2,amount.max().lt.50)", body: `[{"kind": "film"}]`},
		exchange{name: "by_an_alias", target: "/purchases?select=kind,total:amount.sum()&having=(total.gte.12)&order=total.desc", body: `[{"kind": "book", "total": 140}, {"kind": "film", "total": 12}]`},
		exchange{name: "by_a_name", target: "/purchases?select=kind,count()&having=(count.eq.1)", body: `[{"kind": "game", "count": 1}]`},
		exchange{name: "groups_of_conditions", target: "/purchases?select=kind&having=(or(count().eq.1,and(count().eq.3,amount.avg().not.lt.1)))&order=kind", body: `[{"kind": "book"}, {"kind": "game"}]`},
		exchange{name: "negated", target: "/purchases?select=kind&having=(not.or(count().eq.1,count().eq.3))", body: `[{"kind": "film"}]`},
		exchange{name: "distinct_values", target: "/purchases?select=kind,buyer_id.count(distinct)&having=(buyer_id.count(distinct).gte.2)&order=kind", body: `[{"kind": "book", "count": 2}, {"kind": "film", "count": 2}]`},
		exchange{name: "list", target: "/purchases?select=kind&having=(count().in.(1,2))&order=kind", body: `[{"kind": "film"}, {"kind": "game"}]`},
		exchange{name: "null", target: "/purchases?select=kind&having=(amount.sum().is.null)", body: `[{"kind": "game"}]`},
		exchange{name: "pattern", target: "/purchases?select=buyer_id&having=(kind.max().like.f*)&order=buyer_id", body: `[{"buyer_id": 1}, {"buyer_id": 3}]`},
		exchange{name: "path_of_JSON", target: "/purchases?select=kind&having=(info->>tag.max().eq.y)&order=kind", body: `[{"kind": "book"}, {"kind": "film"}]`},
		exchange{name: "several_parameters_and_filters", target: "/purchases?select=buyer_id&having=(count().gt.1)&having=(amount.sum().gt.20)&kind=eq.book", body: `[{"buyer_id": 1}]`},
		exchange{name: "everything_grouped", target: "/purchases?select=count()&having=(count().gt.10)", body: `[]`},
		exchange{name: "to_one_spread", target: "/purchases?select=...buyers(city),n:count()&having=(n.gt.3)", body: `[{"n": 4, "city": "London"}]`},
		exchange{name: "aggregate_of_a_to_one_spread", target: "/purchases?select=kind,...buyers(last:name.max())&having=(last.eq.Mary)", body: `[{"kind": "film", "last": "Mary"}]`},
		exchange{name: "embedded", target: "/buyers?select=name,purchases(kind,count())&purchases.having=(count().gt.1)&order=id&limit=2",
			body: `[{"name": "Ada", "purchases": [{"kind": "book", "count": 2}]}, {"name": "Grace", "purchases": []}]`},
		exchange{name: "parents_with_many", target: "/buyers?select=name,purchases!inner()&purchases.having=(count().gte.2)&order=id", body: `[{"name": "Ada"}, {"name": "Grace"}]`},
		exchange{name: "parents_with_none", target: "/buyers?select=name,purchases()&purchases.having=(count().gt.0)&purchases=is.null", body: `[{"name": "Jo"}]`},
		exchange{name: "function", method: http.MethodPost, target: "/rpc/recent?select=kind&having=(count().gt.1)&order=kind", data: `{"since": "2024-01-02"}`,
			body: `[{"kind": "book"}, {"kind": "film"}]`, send: headers{"Content-Type": "application/json"}},

		exchange{name: "no_aggregate", target: "/purchases?select=kind,count()&having=(kind.eq.book)", status: 400,
			body: fault("42P10", "having names 'kind', which is no aggregate in the select parameter", "", "Name an aggregate, as in amount.sum().gt.100, or an alias of one. Conditions on columns are filters.")},
		exchange{name: "value_that_is_no_number", target: "/purchases?select=kind&having=(count().gt.x)", status: 400,
			body: fault("22P02", `invalid input syntax for type bigint: "x"`, "", "")},
		exchange{name: "not_shown_in_a_group", target: "/purchases?select=*&having=(count().gt.1)", status: 404,
			body: fault("42883", "could not identify an equality operator for type point", "", "")},
		exchange{name: "to_one", target: "/purchases?select=id,buyers(city)&buyers.having=(count().gt.1)", status: 400,
			body: fault("PGRST127", "Feature not implemented", "Distinct, having and orders by aggregates are not implemented for to-one embeds.", "")},
	)
}

func TestOrder_by_aggregates(t *testing.T) {
	t.Parallel()
	run(t, serveClone(t, purchases, aggregating),
		exchange{name: "shown", target: "/purchases?select=kind,amount.sum()&order=amount.sum().desc.nullslast", body: `[{"kind": "book", "sum": 140}, {"kind": "film", "sum": 12}, {"kind": "game", "sum": null}]`},
		exchange{name: "not_shown", target: "/purchases?select=kind&order=count().desc,kind", body: `[{"kind": "book"}, {"kind": "film"}, {"kind": "game"}]`},
		exchange{name: "alias", target: "/purchases?select=kind,n:count()&order=n", body: `[{"kind": "game", "n": 1}, {"kind": "film", "n": 2}, {"kind": "book", "n": 3}]`},
		exchange{name: "name", target: "/purchases?select=kind,amount.avg()&order=avg.nullsfirst", body: `[{"kind": "game", "avg": null}, {"kind": "film", "avg": 6.0000000000000000}, {"kind": "book", "avg": 46.6666666666666667}]`},
		exchange{name: "alias_of_a_cast", target: "/purchases?select=kind,n:amount.sum()::int&order=n.desc.nullslast&limit=1", body: `[{"kind": "book", "n": 140}]`},
		exchange{name: "alias_of_a_path", target: "/purchases?select=t:info->>tag,n:count()&order=t.desc.nullslast", body: `[{"t": "y", "n": 2}, {"t": "x", "n": 3}, {"t": null, "n": 1}]`},
		exchange{name: "alias_of_a_column", target: "/purchases?select=k:kind,id&order=k.desc,id&limit=2", body: `[{"k": "game", "id": 5}, {"k": "film", "id": 3}]`},
		exchange{name: "alias_of_a_path_of_rows", target: "/purchases?select=n:info->n,id&order=n.desc.nullslast&limit=2", body: `[{"n": 5, "id": 6}, {"n": 4, "id": 4}]`},
		exchange{name: "aggregate_of_a_path", target: "/purchases?select=kind&order=info->>n.max().desc.nullslast", body: `[{"kind": "film"}, {"kind": "book"}, {"kind": "game"}]`},
		exchange{name: "alias_of_a_to_one_spread", target: "/purchases?select=id,...buyers(town:city)&order=town.desc,id&limit=2", body: `[{"id": 4, "town": "New York"}, {"id": 5, "town": "New York"}]`},
		exchange{name: "aggregate_of_a_to_one_spread", target: "/purchases?select=kind,...buyers(last:name.max())&order=last.desc&limit=1", body: `[{"kind": "film", "last": "Mary"}]`},
		exchange{name: "aggregate_of_a_to_many_spread", target: "/buyers?select=name,...purchases(total:amount.sum())&order=total.desc.nullslast", body: `[{"name": "Grace", "total": 100}, {"name": "Ada", "total": 45}, {"name": "Mary", "total": 7}, {"name": "Jo", "total": null}]`},
		exchange{name: "distinct_values", target: "/purchases?select=kind&order=buyer_id.count(distinct).desc,kind.desc", body: `[{"kind": "film"}, {"kind": "book"}, {"kind": "game"}]`},
		exchange{name: "embedded", target: "/buyers?select=name,purchases(kind,n:count())&purchases.order=n.desc&id=eq.1", body: `[{"name": "Ada", "purchases": [{"kind": "book", "n": 2}, {"kind": "film", "n": 1}]}]`},
		exchange{name: "embedded_not_shown", target: "/buyers?select=name,purchases(kind)&purchases.order=amount.sum()&id=eq.1", body: `[{"name": "Ada", "purchases": [{"kind": "film"}, {"kind": "book"}]}]`},
		exchange{name: "CSV", target: "/purchases?select=kind&order=count().desc&limit=1", send: headers{"Accept": "text/csv"}, want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "kind\nbook"},

		exchange{name: "to_one_embed", target: "/purchases?select=id,...buyers(name)&buyers.order=id.max()", status: 400,
			body: fault("PGRST127", "Feature not implemented", "Distinct, having and orders by aggregates are not implemented for to-one embeds.", "")},
		exchange{name: "alias_of_embedded_rows", target: "/buyers?select=p:purchases(id)&order=p", status: 400, body: fault("42703", "column buyers.p does not exist", "", "")},
		exchange{name: "alias_of_an_array", target: "/buyers?select=...purchases(ids:id)&order=ids", status: 400, body: fault("42703", "column buyers.ids does not exist", "", `Perhaps you meant to reference the column "buyers.id".`)},
	)
}

func TestAggregate_distinct_values(t *testing.T) {
	t.Parallel()
	run(t, serveClone(t, purchases, aggregating),
		exchange{name: "column", target: "/purchases?select=kind.count(distinct)", body: `[{"count": 3}]`},
		exchange{name: "nulls_don't_count", target: "/purchases?select=amount.count(distinct),all:amount.count()", body: `[{"count": 5, "all": 5}]`},
		exchange{name: "groups", target: "/purchases?select=buyer_id,kinds:kind.count(distinct)::text&order=buyer_id", body: `[{"buyer_id": 1, "kinds": "2"}, {"buyer_id": 2, "kinds": "2"}, {"buyer_id": 3, "kinds": "1"}]`},
		exchange{name: "cast", target: "/purchases?select=placed::text.count(distinct)", body: `[{"count": 5}]`},
		exchange{name: "JSON", target: "/purchases?select=note.count(distinct),n:note->a.count(distinct),t:info->>tag.count(distinct)", body: `[{"count": 2, "n": 1, "t": 2}]`},
		exchange{name: "to_one_spread", target: "/purchases?select=kind,...buyers(towns:city.count(distinct))&order=kind", body: `[{"kind": "book", "towns": 2}, {"kind": "film", "towns": 1}, {"kind": "game", "towns": 1}]`},
		exchange{name: "embedded", target: "/buyers?select=name,purchases(kind.count(distinct))&id=eq.1", body: `[{"name": "Ada", "purchases": [{"count": 2}]}]`},
	)
}

// The rows of a to-many spread are aggregated for each parent. If all that is spread are
// aggregates, they make one group and give values; else arrays with an element a group.
func TestAggregate_in_to_many_spreads(t *testing.T) {
	t.Parallel()
	run(t, serveClone(t, purchases, aggregating),
		exchange{name: "one_group", target: "/buyers?select=name,...purchases(total:amount.sum(),n:count(),last:placed.max())&order=id",
			body: `[{"name": "Ada", "total": 45, "n": 3, "last": "2024-01-03"}, {"name": "Grace", "total": 100, "n": 2, "last": "2024-01-05"},
			   {"name": "Mary", "total": 7, "n": 1, "last": "2024-01-04"}, {"name": "Jo", "total": null, "n": 0, "last": null}]`},
		exchange{name: "groups", target: "/buyers?select=name,...purchases(kinds:kind,totals:amount.sum())&purchases.order=kind&order=id&id=in.(1,4)",
			body: `[{"name": "Ada", "kinds": ["book", "film"], "totals": [40, 5]}, {"name": "Jo", "kinds": [], "totals": []}]`},
		exchange{name: "groups_by_an_embed", target: "/films?select=title,...roles(n:count(),...actors(name))&roles.order=actors(name)&id=eq.1", body: `[{"title": "Metropolis", "n": [2], "name": ["Brigitte Helm"]}]`},
		exchange{name: "over_a_junction", target: "/films?select=title,...genres(n:count())&id=in.(1,12)&order=id", body: `[{"title": "Metropolis", "n": 2}, {"title": "Spirited Away", "n": 0}]`},
		exchange{name: "of_a_to_one_spread_within", target: "/directors?select=name,...films(...restorations(finished.max()))&id=eq.1", body: `[{"name": "Fritz Lang", "max": "2010-02-12"}]`},
		exchange{name: "in_an_embed", target: "/purchases?select=id,buyers(name,...purchases(n:count()))&id=eq.4", body: `[{"id": 4, "buyers": {"name": "Grace", "n": 2}}]`},
		exchange{name: "in_a_to_one_spread", target: "/purchases?select=id,...buyers(...purchases(n:count()))&id=eq.4", body: `[{"id": 4, "n": 2}]`},
		exchange{name: "filtered", target: "/buyers?select=name,...purchases(n:count())&purchases.kind=eq.book&order=id&limit=2", body: `[{"name": "Ada", "n": 2}, {"name": "Grace", "n": 1}]`},
		exchange{name: "having", target: "/buyers?select=name,...purchases(n:count())&purchases.having=(count().gt.2)&order=id&limit=2", body: `[{"name": "Ada", "n": 3}, {"name": "Grace", "n": null}]`},
		exchange{name: "inner_having", target: "/buyers?select=name,...purchases!inner(n:count())&purchases.having=(n.gt.1)&order=n.desc", body: `[{"name": "Ada", "n": 3}, {"name": "Grace", "n": 2}]`},
		exchange{name: "groups_that_are_empty", target: "/buyers?select=name,...purchases(n:count())&purchases.limit=0&id=eq.1", body: `[{"name": "Ada", "n": null}]`},
		exchange{name: "grouped_again", target: "/buyers?select=buyers:count(),...purchases(n:count())&order=n", body: `[{"buyers": 1, "n": 0}, {"buyers": 1, "n": 1}, {"buyers": 1, "n": 2}, {"buyers": 1, "n": 3}]`},
		exchange{name: "without_nulls", target: "/buyers?select=name,...purchases(total:amount.sum())&id=eq.4", send: headers{"Accept": "application/vnd.pgrst.array+json;nulls=stripped"},
			want: headers{"Content-Type": "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"}, body: `[{"name": "Jo"}]`},
		exchange{name: "CSV", target: "/buyers?select=name,...purchases(n:count())&id=eq.1", send: headers{"Accept": "text/csv"}, want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "name,n\nAda,3"},
	)
}

// The number of rows is that of the rows that are shown, in GET and HEAD, with every count.
func TestGrouping_counted(t *testing.T) {
	t.Parallel()
	api := serveClone(t, purchases, aggregating, func(o *pgrest.Options) { o.MaxRows = 100 })
	for _, tt := range []struct{ name, target, all, page string }{
		{"distinct", "/purchases?select=kind&distinct=*", "0-2/3", "1-1/3"},
		{"distinct_columns", "/purchases?select=id&distinct=buyer_id,kind", "0-4/5", "1-1/5"},
		{"distinct_paths", "/purchases?select=info->>tag&distinct=info->>tag", "0-2/3", "1-1/3"},
		{"distinct_JSON", "/purchases?select=note&distinct=*", "0-2/3", "1-1/3"},
		{"distinct_groups", "/purchases?select=buyer_id,kind,count()&distinct=buyer_id", "0-2/3", "1-1/3"},
		{"having", "/purchases?select=kind&having=(count().gte.2)", "0-1/2", "1-1/2"},
		{"order_by_an_aggregate", "/purchases?select=kind&order=count()", "0-2/3", "1-1/3"},
		{"one_group_that_shows_nothing", "/purchases?select=buyers!inner()&order=count()", "0-0/1", "*/1"},
		{"one_group_of_no_rows", "/purchases?select=buyers()&order=amount.sum().desc&id=lt.0", "0-0/1", "*/1"},
		{"order_by_an_alias", "/purchases?select=k:kind&order=k", "0-5/6", "1-1/6"},
		{"spread", "/buyers?select=name,...purchases!inner(n:count())&purchases.having=(count().gte.2)", "0-1/2", "1-1/2"},
		{"parents_with_many", "/buyers?select=name,purchases!inner()&purchases.having=(count().gte.2)", "0-1/2", "1-1/2"},
		{"spread_all", "/buyers?select=name,...purchases(n:count())", "0-3/4", "1-1/4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				for _, count := range []string{"exact", "estimated"} {
					send := headers{"Prefer": "count=" + count}
					if got := ask(t, api, exchange{method: method, target: tt.target, send: send}).Header.Get("Content-Range"); got != tt.all {
						t.Errorf("%s counted %s has %s, not %s", method, count, got, tt.all)
					}
					if got := ask(t, api, exchange{method: method, target: tt.target + "&limit=1&offset=1", send: send}).Header.Get("Content-Range"); got != tt.page {
						t.Errorf("the page of %s counted %s has %s, not %s", method, count, got, tt.page)
					}
				}
			}
		})
	}
	run(t, api,
		exchange{name: "planned", target: "/purchases?select=count()&distinct=*", send: headers{"Prefer": "count=planned"}, want: headers{"Content-Range": "0-0/1"}, body: `[{"count": 6}]`},
		exchange{name: "offset_beyond", target: "/purchases?select=kind&distinct=*&offset=5", send: headers{"Prefer": "count=exact"}, status: 416, want: headers{"Content-Range": "*/3"},
			body: fault("PGRST103", "Requested range not satisfiable", "An offset of 5 was requested, but there are only 3 rows.", "")},
		exchange{name: "singular", target: "/purchases?select=kind&having=(count().eq.3)", send: headers{"Accept": "application/vnd.pgrst.object+json"},
			want: headers{"Content-Type": "application/vnd.pgrst.object+json; charset=utf-8"}, body: `{"kind": "book"}`},
	)
}

// What PostgREST answers is answered alike: columns, functions and arguments may be called as
// the parameters are, and an alias yields to them.
func TestGrouping_as_the_reference(t *testing.T) {
	t.Parallel()
	noFilter := func(text, found string) string {
		return fault("PGRST100", `"failed to parse filter (`+text+`)" (line 1, column 1)`, `unexpected "`+found+`" expecting "not" or operator (eq, gt, ...)`, "")
	}
	requests := []exchange{
		{name: "column_called_distinct", target: "/purchases?select=id&distinct=eq.3", body: `[{"id": 6}]`},
		{name: "column_called_having", target: "/purchases?select=id&having=not.eq.no", body: `[{"id": 1}]`},
		{name: "columns_of_an_embed", target: "/buyers?select=purchases(id)&purchases.distinct=eq.2&purchases.having=eq.no&id=eq.1", body: `[{"purchases": [{"id": 2}]}]`},
		{name: "arguments", target: "/rpc/echo?distinct=a,b&having=(count().gt.1)", body: `"a,b(count().gt.1)"`},
		{name: "argument_that_is_none", target: "/rpc/recent?since=2024-01-05&distinct=*", status: 404,
			body: fault("PGRST202", "Could not find the function archive.recent(distinct, since) in the schema cache",
				"Searched for the function archive.recent with parameters distinct, since, but no matches were found in the schema cache.", "Perhaps you meant to call the function archive.recent(since)")},
		{name: "alias_like_a_column", target: "/purchases?select=amount:id&order=amount.desc.nullslast&limit=1", body: `[{"amount": 4}]`},
		{name: "alias_like_a_computed_field", target: "/purchases?select=weight:id&order=weight&limit=1", body: `[{"weight": 6}]`},
		{name: "alias_like_a_function_of_anything", target: "/purchases?select=whole:id&order=whole,id.desc&limit=1", body: `[{"whole": 6}]`},
		{name: "alias_like_a_function_of_PostgreSQL's", target: "/purchases?select=pg_typeof:id::text&order=pg_typeof,id.desc&limit=1", body: `[{"pg_typeof": "6"}]`},
		{name: "alias_like_a_system_column", target: "/purchases?select=tableoid:id&order=tableoid,id.desc&limit=1", body: `[{"tableoid": 6}]`},
		{name: "count_of_rows", target: "/purchases?select=count&order=count.desc", body: `[{"count": 6}]`},
		{name: "related_order", target: "/purchases?select=id,count:buyers(name)&order=count(name).desc,id&limit=1", body: `[{"id": 6, "count": {"name": "Mary"}}]`},
	}
	run(t, serveClone(t, purchases, aggregating), requests...)
	run(t, serveClone(t, purchases, aggregating, ungrouping), append(requests,
		exchange{name: "distinct", target: "/purchases?select=kind&distinct=*", status: 400, body: noFilter("*", "*")},
		exchange{name: "distinct_columns", target: "/purchases?select=kind&distinct=kind,id", status: 400, body: noFilter("kind,id", "k")},
		exchange{name: "having", target: "/purchases?select=kind&having=(count().gt.1)", status: 400, body: noFilter("(count().gt.1)", "(")},
		exchange{name: "order_by_an_aggregate", target: "/purchases?select=kind&order=amount.sum()", status: 400,
			body: fault("PGRST100", `"failed to parse order (amount.sum())" (line 1, column 8)`, `unexpected "s" expecting "asc", "desc", "nullsfirst" or "nullslast"`, "")},
		exchange{name: "order_by_an_alias", target: "/purchases?select=k:kind&order=k", status: 400, body: fault("42703", "column purchases.k does not exist", "", "")},
		exchange{name: "order_by_the_name_of_an_aggregate", target: "/purchases?select=kind,amount.sum()&order=sum", status: 400, body: fault("42703", "column purchases.sum does not exist", "", "")},
		exchange{name: "distinct_values", target: "/purchases?select=kind.count(distinct)", status: 400,
			body: fault("PGRST100", `"failed to parse select parameter (kind.count(distinct))" (line 1, column 11)`, `unexpected "d" expecting "()"`, "")},
	)...)
}

// Aggregates are allowed by Options.Aggregates, wherever they are.
func TestGrouping_without_aggregates(t *testing.T) {
	t.Parallel()
	disabled := fault("PGRST123", "Use of aggregate functions is not allowed", "", "")
	run(t, serveClone(t, purchases),
		exchange{name: "having", target: "/purchases?select=kind&having=(count().gt.1)", status: 400, body: disabled},
		exchange{name: "having_of_an_embed", target: "/buyers?select=name,purchases(kind)&purchases.having=(count().gt.1)", status: 400, body: disabled},
		exchange{name: "order", target: "/purchases?select=kind&order=amount.sum()", status: 400, body: disabled},
		exchange{name: "order_of_an_embed", target: "/buyers?select=name,purchases(kind)&purchases.order=count()", status: 400, body: disabled},
		exchange{name: "distinct_values", target: "/purchases?select=kind.count(distinct)", status: 400, body: disabled},
		exchange{name: "to_many_spread", target: "/buyers?select=name,...purchases(count())", status: 400, body: disabled},
		exchange{name: "distinct_rows_need_none", target: "/purchases?select=kind&distinct=*&order=kind&limit=1", body: `[{"kind": "book"}]`},
		exchange{name: "aliases_need_none", target: "/purchases?select=k:kind&order=k&limit=1", body: `[{"k": "book"}]`},
	)
}

// Writes order what they return by aggregates, too. They refuse distinct and having of what
// they write, which may look like filters.
func TestGrouping_of_writes(t *testing.T) {
	t.Parallel()
	refused := fault("PGRST127", "Feature not implemented", "Distinct and having are not implemented for the relation that a write is to.", "")
	const shown = "return=representation"
	runInTurn(t, serveClone(t, purchases, aggregating, rollingBack),
		write{name: "order", method: http.MethodPatch, target: "/purchases?select=kind,n:count()&order=amount.sum().desc.nullslast&id=gt.0", prefer: shown, payload: `{"having": "x"}`, status: 200,
			body: `[{"kind": "book", "n": 3}, {"kind": "film", "n": 2}, {"kind": "game", "n": 1}]`},
		write{name: "order_by_an_alias", method: http.MethodDelete, target: "/purchases?select=k:kind,n:count()&order=n&kind=neq.book", prefer: shown, status: 200,
			body: `[{"k": "game", "n": 1}, {"k": "film", "n": 2}]`},
		write{name: "spread", method: http.MethodPatch, target: "/buyers?select=name,...purchases(n:count())&id=eq.1", prefer: shown, payload: `{"city": "Oslo"}`, status: 200, body: `[{"name": "Ada", "n": 3}]`},
		write{name: "distinct_of_an_embed", method: http.MethodPatch, target: "/buyers?select=name,purchases(kind)&purchases.distinct=*&purchases.order=kind.desc&id=eq.1", prefer: shown, payload: `{"city": "Oslo"}`, status: 200,
			body: `[{"name": "Ada", "purchases": [{"kind": "film"}, {"kind": "book"}]}]`},
		write{name: "distinct", method: http.MethodPatch, target: "/purchases?distinct=kind", prefer: shown, payload: `{"having": "x"}`, status: 400, body: refused},
		write{name: "having", method: http.MethodDelete, target: "/purchases?having=(count().gt.1)", status: 400, body: refused},
		write{name: "filter", method: http.MethodDelete, target: "/purchases?distinct=eq.3&select=id", prefer: shown, status: 200, body: `[{"id": 6}]`},
	)
}
