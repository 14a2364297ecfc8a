package apitest_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/filter"
)

// shopOperators are operators of a host's for the types that shops have: points, texts and JSON,
// for which PostgreSQL itself has operators with indexes.
var shopOperators = []pgrest.Operator{
	{Name: "within", SQL: "$0 OPERATOR(pg_catalog.<@) pg_catalog.circle(pg_catalog.point($1, $2), $3)", Columns: []string{"point"}, Description: "In a circle.",
		Arguments: []pgrest.Argument{{Name: "x", Type: "double precision"}, {Name: "y", Type: "double precision"}, {Name: "radius", Type: "double precision", Description: "of the circle"}}},
	{Name: "distance", SQL: "$0 OPERATOR(pg_catalog.<->) $1", Columns: []string{"point"}, Returns: "double precision", Arguments: []pgrest.Argument{{Name: "to", Type: "point"}}},
	{Name: "starts", SQL: "pg_catalog.starts_with($0, $1)", Columns: []string{"text"}, Arguments: []pgrest.Argument{{Name: "prefix", Type: "text"}}},
	{Name: "has", SQL: "$0 ? $1", Columns: []string{"jsonb"}, Arguments: []pgrest.Argument{{Name: "key", Type: "text"}}},
	{Name: "shout", SQL: "pg_catalog.upper($0::pg_catalog.text)", Returns: "text"},
	{Name: "repeated", SQL: "pg_catalog.repeat($0, $1) OPERATOR(pg_catalog.||) pg_catalog.repeat($0, $1)", Columns: []string{"text"}, Returns: "text", Arguments: []pgrest.Argument{{Name: "n", Type: "int"}}},
	{Name: "words", SQL: "pg_catalog.to_tsvector('simple', $0)", Columns: []string{"text"}, Returns: "tsvector"},
	{Name: "stamp", SQL: "timestamptz '2024-01-02 03:04:05+00' + $0 * interval '1 hour'", Columns: []string{"int4"}, Returns: "timestamp with time zone"},
	{Name: "lost", SQL: "nowhere.lost($0, $1)", Returns: "int", Arguments: []pgrest.Argument{{Name: "n", Type: "nowhere.number"}}},
}

func withOperators(o *pgrest.Options) { o.Operators = shopOperators }

const shops = `
	SET search_path = archive;
	CREATE TABLE towns (id int PRIMARY KEY, name text NOT NULL, center point NOT NULL);
	CREATE TABLE shops (id int PRIMARY KEY, name text NOT NULL, town_id int NOT NULL REFERENCES towns, at point, info jsonb, within text);
	INSERT INTO towns VALUES (1, 'Oslo', '(10,60)'), (2, 'Bergen', '(5,60)');
	INSERT INTO shops VALUES
		(1, 'Books', 1, '(10,60)', '{"open": true, "tags": {"new": 1}}', 'x'),
		(2, 'Bikes', 1, '(10,63)', '{"closed": 1, "label": "old bikes"}', NULL),
		(3, 'Cakes', 2, '(5,60)', '{"open": false}', NULL),
		(4, 'Boats', 2, NULL, NULL, NULL);
	CREATE FUNCTION near(within text) RETURNS SETOF shops LANGUAGE sql STABLE AS $$ SELECT * FROM shops WHERE name <> $1 $$;
	CREATE FUNCTION numbers() RETURNS SETOF int LANGUAGE sql STABLE AS $$ SELECT unnest(ARRAY[1, 2, 30]) $$;
	CREATE FUNCTION label(shops) RETURNS text LANGUAGE sql STABLE AS $$ SELECT $1.name || '!' $$;
	GRANT SELECT ON towns, shops TO pgrest_test_anon;
	GRANT ALL ON towns, shops TO pgrest_test_curator`

// QUERY takes what a URL can't.
const queryMethod = "QUERY"

func TestOperators(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shops, withOperators, aggregating)
	form := headers{"Content-Type": "application/x-www-form-urlencoded"}
	run(t, api,
		exchange{name: "condition", target: "/shops?select=id&at=within(10,60,1)", body: `[{"id": 1}]`},
		exchange{name: "negated_condition", target: "/shops?select=id&at=not.within(10,60,1)&order=id", body: `[{"id": 2}, {"id": 3}]`},
		exchange{name: "conditions_in_groups", target: "/shops?select=id&or=(at.within(10,60,1),and(name.starts(B),at.is.null),name.eq.x)&order=id", body: `[{"id": 1}, {"id": 4}]`},
		exchange{name: "negated_in_a_group", target: "/shops?select=id&and=(at.not.within(10,60,1),id.gt.2)", body: `[{"id": 3}]`},
		exchange{name: "quoted_argument", target: `/shops?select=id&name=starts("B")&order=id`, body: `[{"id": 1}, {"id": 2}, {"id": 4}]`},
		exchange{name: "argument_of_brackets", target: "/shops?select=id&at.distance((10,60))=lt.4&order=id", body: `[{"id": 1}, {"id": 2}]`},
		exchange{name: "value_in_a_group", target: "/shops?select=id&or=(at.distance((10,60)).lt.1,at.distance((5,60)).not.gt.1)&order=id", body: `[{"id": 1}, {"id": 3}]`},
		exchange{name: "value_is_null", target: "/shops?select=id&at.distance((10,60))=is.null", body: `[{"id": 4}]`},
		exchange{name: "value_in_a_list", target: "/shops?select=id&name.shout()=in.(BOOKS,CAKES)&order=id", body: `[{"id": 1}, {"id": 3}]`},
		exchange{name: "value_searched", target: "/shops?select=id&name.words()=fts(simple).cakes", body: `[{"id": 3}]`},
		exchange{name: "truth_value", target: "/shops?select=id,at.within(10,60,1)&at.within(10,60,1)=is.not_null&order=at.within(10,60,1).desc,id",
			body: `[{"id": 1, "within": true}, {"id": 2, "within": false}, {"id": 3, "within": false}]`},
		exchange{name: "argument_that_is_used_twice", target: "/shops?select=name.repeated(2)&id=eq.1", body: `[{"repeated": "BooksBooksBooksBooks"}]`},
		exchange{name: "question_mark_in_SQL", target: "/shops?select=id&info=has(open)&info->tags=has(new)", body: `[{"id": 1}]`},
		exchange{name: "text_within_JSON", target: "/shops?select=id,label:info->>label.shout()&or=(info->>label.starts(old))", body: `[{"id": 2, "label": "OLD BIKES"}]`},
		exchange{name: "time", target: "/shops?select=id.stamp(),text:id.stamp()::text&id.stamp()=lt.2024-01-02T05:00:00Z", body: `[{"stamp": "2024-01-02T04:04:05+00:00", "text": "2024-01-02 04:04:05+00"}]`},
		exchange{name: "computed_field", target: "/shops?select=label.shout()&label=starts(Cakes!)", body: `[{"shout": "CAKES!"}]`},

		exchange{name: "order", target: "/shops?select=id&order=at.distance((5,60)).asc", body: `[{"id": 3}, {"id": 1}, {"id": 2}, {"id": 4}]`},
		exchange{name: "order_descending", target: "/shops?select=id&order=at.distance((5,60)).desc.nullslast&limit=1", body: `[{"id": 2}]`},
		exchange{name: "order_by_another_column_too", target: "/shops?select=id&order=town_id.desc,at.distance((5,60)).nullsfirst", body: `[{"id": 4}, {"id": 3}, {"id": 1}, {"id": 2}]`},
		exchange{name: "select", target: "/shops?select=id,d:at.distance((5,60))&order=d&limit=2", body: `[{"id": 3, "d": 0}, {"id": 1, "d": 5}]`},
		exchange{name: "select_cast", target: "/shops?select=id,at.distance((5,60))::text&id=lte.1", body: `[{"id": 1, "distance": "5"}]`},
		exchange{name: "select_and_order_by_the_same", target: "/shops?select=at.distance((10,61))&order=at.distance((10,61))&limit=2", body: `[{"distance": 1}, {"distance": 2}]`},
		exchange{name: "CSV", target: "/shops?select=id,at.distance((5,60))&order=id&limit=1", send: headers{"Accept": "text/csv"}, want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "id,distance\n1,5"},
		exchange{name: "singular", target: "/shops?select=name.shout()&id=eq.1", send: headers{"Accept": "application/vnd.pgrst.object+json"},
			want: headers{"Content-Type": "application/vnd.pgrst.object+json; charset=utf-8"}, body: `{"shout": "BOOKS"}`},

		exchange{name: "embed", target: "/towns?select=name,shops(id)&shops.at=within(10,60,1)&order=id", body: `[{"name": "Oslo", "shops": [{"id": 1}]}, {"name": "Bergen", "shops": []}]`},
		exchange{name: "inner_embed", target: "/towns?select=name,shops!inner(id,at.distance((10,61)))&shops.at.distance((10,61))=lt.2&shops.order=at.distance((10,61))",
			body: `[{"name": "Oslo", "shops": [{"id": 1, "distance": 1}]}]`},
		exchange{name: "order_of_an_embed", target: "/towns?select=shops(id)&shops.order=at.distance((10,63))&id=eq.1", body: `[{"shops": [{"id": 2}, {"id": 1}]}]`},
		exchange{name: "order_by_what_is_embedded", target: "/shops?select=id,towns(name)&order=towns(center.distance((5,60))),id&limit=1", body: `[{"id": 3, "towns": {"name": "Bergen"}}]`},
		exchange{name: "spread", target: "/shops?select=id,...towns(town:name.shout())&order=id&limit=1", body: `[{"id": 1, "town": "OSLO"}]`},
		exchange{name: "spread_to_many", target: "/towns?select=...shops(name.shout())&shops.name=starts(B)&order=id", body: `[{"shout": ["BOOKS", "BIKES"]}, {"shout": ["BOATS"]}]`},

		exchange{name: "related_condition", target: "/shops?select=id,towns()&towns(center)=within(5,60,1)&order=id", body: `[{"id": 3}, {"id": 4}]`},
		exchange{name: "related_value", target: "/shops?select=id,towns(name)&towns(center.distance((5,60)))=gt.1&id=eq.1", body: `[{"id": 1, "towns": {"name": "Oslo"}}]`},
		exchange{name: "related_in_a_group", target: "/shops?select=id,towns()&or=(towns(center).not.within(5,60,1),towns(name.starts(B)),towns(center.distance((5,60))).lt.1)&order=id&limit=1", body: `[{"id": 1}]`},
		exchange{name: "related_to_many", target: "/towns?select=name,shops()&shops(at)=within(10,60,1)", body: `[{"name": "Oslo"}]`},
		exchange{name: "value_cast_in_a_filter", target: "/shops?select=id&and=(at.distance((10,60))::text.like.3*)", body: `[{"id": 2}]`},
		exchange{name: "value_cast_in_an_order", target: "/shops?select=id&order=at.distance((10,51))::text&limit=1", body: `[{"id": 3}]`},
		exchange{name: "order_without_case", target: "/shops?select=id&order=name.repeated(1).ci.desc&limit=1", body: `[{"id": 3}]`},

		exchange{name: "groups", target: "/shops?select=name.starts(B),count()&order=count().desc", body: `[{"starts": true, "count": 3}, {"starts": false, "count": 1}]`},
		exchange{name: "groups_ordered_by_it", target: "/shops?select=name.starts(B),count()&order=name.starts(B)", body: `[{"starts": false, "count": 1}, {"starts": true, "count": 3}]`},
		exchange{name: "groups_of_what_is_spread", target: "/shops?select=...towns(center.distance((5,60))),count()&order=towns(center.distance((5,60))).desc", body: `[{"count": 2, "distance": 5}, {"count": 2, "distance": 0}]`},
		exchange{name: "aggregated", target: "/shops?select=town_id,nearest:at.distance((10,60)).min()&order=town_id", body: `[{"town_id": 1, "nearest": 0}, {"town_id": 2, "nearest": 5}]`},
		exchange{name: "ordered_by_an_aggregate", target: "/shops?select=town_id&order=at.distance((10,61)).min()", body: `[{"town_id": 1}, {"town_id": 2}]`},
		exchange{name: "having", target: "/shops?select=town_id&having=(at.distance((10,61)).min().lt.2)", body: `[{"town_id": 1}]`},
		exchange{name: "distinct", target: "/shops?select=name.starts(B)&distinct=*&order=name.starts(B)", body: `[{"starts": false}, {"starts": true}]`},

		exchange{name: "count", target: "/shops?select=id&at=within(10,60,4)&limit=1&order=id", send: headers{"Prefer": "count=exact"}, status: 206, want: headers{"Content-Range": "0-0/2"}, body: `[{"id": 1}]`},
		exchange{name: "HEAD", method: http.MethodHead, target: "/shops?select=id,at.distance((5,60))&at=within(10,60,4)&order=at.distance((5,60))", send: headers{"Prefer": "count=exact"}, want: headers{"Content-Range": "0-1/2"}},
		exchange{name: "QUERY", method: queryMethod, target: "/shops?select=id", send: form, data: "at=within(10,60,1)&order=at.distance((5,60))",
			want: headers{"Content-Location": "/shops?at=within%2810%2C60%2C1%29&order=at.distance%28%285%2C60%29%29&select=id"}, body: `[{"id": 1}]`},
		exchange{name: "rows_of_a_function", method: http.MethodPost, target: "/rpc/near?select=id,at.distance((5,60))&at=within(10,60,1)", send: headers{"Content-Type": "application/json"}, data: `{"within": "x"}`,
			body: `[{"id": 1, "distance": 5}]`},
		exchange{name: "values_of_a_function", target: "/rpc/numbers?select=text:pgrst_scalar.shout()&order=pgrst_scalar.shout().desc&limit=1", body: `["30"]`},
		// A GET of a function has arguments of any name and value.
		exchange{name: "argument_of_a_function", target: "/rpc/near?select=id&within=starts(Books)&order=at.distance((5,60))&limit=1&and=(at.within(10,60,9))", body: `[{"id": 3}]`},

		// Arguments are values, whatever they look like.
		exchange{name: "no_SQL", target: "/shops?select=id&name=starts(" + url.QueryEscape(`"B') OR true --"`) + ")", body: `[]`},
		exchange{name: "no_column", target: "/shops?select=id&name=starts(name)", body: `[]`},
	)
}

func TestOperators_faults(t *testing.T) {
	t.Parallel()
	wrong := func(message, hint string) string { return fault("PGRST100", message, "", hint) }
	run(t, serveClone(t, shops, withOperators),
		exchange{name: "unknown", target: "/shops?at=withn(10,60,1)", status: 400, body: wrong("There is no operator 'withn'", "Perhaps you meant 'within'")},
		exchange{name: "unknown_of_a_value", target: "/shops?and=(id.nothing_alike().eq.1)", status: 400, body: wrong("There is no operator 'nothing_alike'", "")},
		exchange{name: "unknown_in_select", target: "/shops?select=id.nothing_alike()", status: 400, body: wrong("There is no operator 'nothing_alike'", "")},
		exchange{name: "unknown_in_the_order_of_an_embed", target: "/towns?select=shops(id)&shops.order=id.nothing_alike()", status: 400, body: wrong("There is no operator 'nothing_alike'", "")},
		exchange{name: "too_few_arguments", target: "/shops?at=within(10,60)", status: 400,
			body: wrong("The operator 'within' takes 3 arguments, and got 2", "It is within(x double precision, y double precision, radius double precision). Arguments with commas or brackets want double quotes.")},
		exchange{name: "too_many_arguments", target: "/shops?order=at.distance(10,60)", status: 400,
			body: wrong("The operator 'distance' takes 1 argument, and got 2", "It is distance(to point). Arguments with commas or brackets want double quotes.")},
		exchange{name: "another_type_of_column", target: "/shops?name=within(10,60,1)", status: 400, body: wrong("The operator 'within' is not for 'name', which is of type text", "It is for point.")},
		exchange{name: "JSON", target: "/shops?select=info->tags.starts(x)", status: 400, body: wrong("The operator 'starts' is not for 'info->tags', which is of type jsonb", "It is for text.")},
		exchange{name: "text_in_JSON", target: "/shops?select=info->>tags.has(x)", status: 400, body: wrong("The operator 'has' is not for 'info->>tags', which is of type text", "It is for jsonb.")},
		exchange{name: "no_condition", target: "/shops?at=distance((10,60))", status: 400,
			body: wrong("The operator 'distance' gives double precision, which is no condition", "Compare it, as in column.distance(…)=lt.1.")},
		exchange{name: "write", method: http.MethodDelete, target: "/shops?at=within(10)", token: `{"role": "` + curator + `"}`, status: 400,
			body: wrong("The operator 'within' takes 3 arguments, and got 1", "It is within(x double precision, y double precision, radius double precision). Arguments with commas or brackets want double quotes.")},
		exchange{name: "malformed_value", target: "/shops?at=within(ten,60,1)", status: 400, body: fault("22P02", `invalid input syntax for type double precision: "ten"`, "", "")},
		exchange{name: "malformed_brackets", target: "/shops?at=distance((10,60)", status: 400, body: fault("PGRST100", `"failed to parse filter (distance((10,60))" (line 1, column 17)`, `unexpected end of input expecting ")"`, "")},
		exchange{name: "page_by_key", target: "/shops?order=at.distance((10,60))&limit=1", send: headers{"Prefer": "pagination=keyset"}, status: 400,
			body: fault("PGRST103", "Cannot page by key in the order of an operator", "", "Page with limit and offset.")},
		// What the host's SQL names and the database hasn't got is PostgreSQL's to report.
		exchange{name: "no_such_schema", target: "/shops?select=id.lost(1)", status: 400, body: fault("3F000", `schema "nowhere" does not exist`, "", "")},
		exchange{name: "no_such_column", target: "/shops?nothing=starts(x)", status: 400, body: fault("42703", "column shops.nothing does not exist", "", `Perhaps you meant to reference the column "shops.within".`)},
	)
}

// Without operators of the host's all is answered as it is by PostgREST, and so is whatever it
// answers beside some: a column, or a relation that is embedded, may have an operator's name.
func TestOperators_of_nobody(t *testing.T) {
	t.Parallel()
	unparsed := func(message, details string) string { return fault("PGRST100", message, details, "") }
	same := []exchange{
		{name: "column_of_the_name", target: "/shops?select=within&within=eq.x", body: `[{"within": "x"}]`},
		{name: "column_of_an_embed", target: "/towns?select=name,shops(within)&shops.within(1,2)=eq.x&id=eq.1", body: `[{"name": "Oslo", "shops": [{"within": "x"}]}]`},
		{name: "what_is_behind_a_path_is_overlooked", target: "/shops?select=id&info->>label.starts(x)=like.old*", body: `[{"id": 2}]`},
		{name: "argument", target: "/rpc/near?select=id&within=starts(B)&limit=1&order=id", body: `[{"id": 1}]`},
	}
	run(t, serveClone(t, shops, withOperators), same...)
	run(t, serveClone(t, shops), append(same,
		exchange{name: "condition", target: "/shops?at=within(10,60,1)", status: 400,
			body: unparsed(`"failed to parse filter (within(10,60,1))" (line 1, column 1)`, `unexpected "w" expecting "not" or operator (eq, gt, ...)`)},
		exchange{name: "group", target: "/shops?or=(at.within(10,60,1))", status: 400,
			body: unparsed(`"failed to parse logic tree ((at.within(10,60,1)))" (line 1, column 7)`, `unexpected "w" expecting "not" or operator (eq, gt, ...)`)},
		exchange{name: "order", target: "/shops?order=at.distance((10,60))", status: 400,
			body: unparsed(`"failed to parse order (at.distance((10,60)))" (line 1, column 4)`, `unexpected "d" expecting "asc", "desc", "nullsfirst" or "nullslast"`)},
		exchange{name: "select", target: "/shops?select=at.distance((10,60))", status: 400,
			body: unparsed(`"failed to parse select parameter (at.distance((10,60)))" (line 1, column 4)`, `unexpected "d" expecting "sum", "avg", "count", "max" or "min"`)},
		exchange{name: "value", target: "/shops?at.distance((10,60))=lt.1", status: 400,
			body: fault("PGRST108", "'at' is not an embedded resource in this request", "", "Verify that 'at' is included in the 'select' query parameter.")},
	)...)
}

func TestOperators_writes(t *testing.T) {
	t.Parallel()
	runInTurn(t, serveClone(t, shops, withOperators),
		write{name: "insert", target: "/shops?select=id,at.distance((10,60)),name.shout()", prefer: representation, payload: `{"id": 5, "name": "Beds", "town_id": 1, "at": "(10,62)"}`, status: 201,
			body: `[{"id": 5, "distance": 2, "shout": "BEDS"}]`},
		write{name: "inserts_in_an_order", target: "/shops?select=id&order=at.distance((10,60))", prefer: representation,
			payload: `[{"id": 6, "name": "Far", "town_id": 1, "at": "(10,72)"}, {"id": 7, "name": "Near", "town_id": 1, "at": "(10,61)"}]`, status: 201, body: `[{"id": 7}, {"id": 6}]`},
		write{name: "update", method: http.MethodPatch, target: "/shops?select=id,name&at=within(10,60,2.5)&order=at.distance((10,60)).desc", prefer: representation, payload: `{"name": "Inner"}`, status: 200,
			body: `[{"id": 5, "name": "Inner"}, {"id": 7, "name": "Inner"}, {"id": 1, "name": "Inner"}]`},
		write{name: "update_by_a_value", method: http.MethodPatch, target: "/shops?select=id&at.distance((10,60))=gt.10", prefer: representation, payload: `{"name": "Outer"}`, status: 200, body: `[{"id": 6}]`},
		write{name: "delete", method: http.MethodDelete, target: "/shops?select=id,name.shout()&name=starts(Out)", prefer: representation, status: 200, body: `[{"id": 6, "shout": "OUTER"}]`},
		write{name: "put", method: http.MethodPut, target: "/shops?id.shout()=eq.1", payload: `{"id": 1, "name": "x", "town_id": 1}`, status: 405,
			body: fault("PGRST105", "Filters must include all and only primary key columns with 'eq' operators", "", "")},
	)
}

// An argument may be what an earlier request of a batch was answered.
func TestOperators_batch(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shops, withOperators, aggregating)
	w := answer(api, exchange{method: http.MethodPost, target: "/", send: headers{"Content-Type": batchType}, data: `[
		{"name": "s", "method": "GET", "path": "/shops?select=at&id=eq.3"},
		{"method": "GET", "path": "/shops?select=id,at.distance({s/0/at})&order=at.distance({s/0/at})&limit=2"},
		{"method": "GET", "path": "/shops?select=id&at.distance({s/0/at})=lt.1"},
		{"method": "GET", "path": "/shops?select=town_id&having=(at.distance({s/0/at}).min().lt.1)"}]`}.request(t))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	parts := batchParts(t, w.Body.Bytes())
	require.JSONEq(t, `[{"id": 3, "distance": 0}, {"id": 1, "distance": 5}]`, string(parts[1].Body))
	require.JSONEq(t, `[{"id": 3}]`, string(parts[2].Body))
	require.JSONEq(t, `[{"town_id": 2}]`, string(parts[3].Body))
}

// The host decides over the columns that operators are applied to, and may use operators itself.
func TestOperators_decided(t *testing.T) {
	t.Parallel()
	decided := func(o *pgrest.Options) {
		o.Decide = func(_ context.Context, use *pgrest.Use) (pgrest.Decision, error) {
			switch {
			case slices.Contains(use.Reads, "info"):
				return pgrest.Decision{}, &pgrest.Error{Status: http.StatusForbidden, Code: "HIDDEN", Message: "no info"}
			case use.Name == "shops" && slices.Contains(use.Filtered, "at"):
				require.Contains(t, use.Operators, filter.Holds)
				return pgrest.Decision{Filter: "at=within(10,60,2)"}, nil
			case use.Name == "towns" && slices.Contains(use.Reads, "center"):
				return pgrest.Decision{Where: []filter.Node{filter.Condition{Field: filter.Field{Name: "name", Call: &filter.Call{Name: "starts", Arguments: []any{5}}}, Operator: filter.Holds}}}, nil
			case use.Name == "towns":
				return pgrest.Decision{Where: []filter.Node{filter.Condition{Field: filter.Field{Name: "name", Call: &filter.Call{Name: "no_such"}}, Operator: filter.Holds}}}, nil
			}
			return pgrest.Decision{}, nil
		}
	}
	refused := fault("HIDDEN", "no info", "", "")
	run(t, serveClone(t, shops, withOperators, decided),
		exchange{name: "condition", target: "/shops?select=id&info=has(open)", status: 403, body: refused},
		exchange{name: "value", target: "/shops?select=id&info.shout()=eq.x", status: 403, body: refused},
		exchange{name: "order", target: "/shops?select=id&order=info->>a.shout()", status: 403, body: refused},
		exchange{name: "select", target: "/shops?select=x:info.shout()", status: 403, body: refused},
		exchange{name: "forced", target: "/shops?select=id&at=within(10,60,9)", body: `[{"id": 1}]`},
		exchange{name: "forced_with_an_argument_that_is_no_text", target: "/towns", status: 500, body: fault("PGRSTX00", "Internal error", "", "")},
		exchange{name: "forced_without_such_an_operator", target: "/towns?select=id", status: 500, body: fault("PGRSTX00", "Internal error", "", "")},
	)
}

// PostgreSQL finds the indexes that are for the expressions: nothing is around them.
func TestOperators_indexes(t *testing.T) {
	t.Parallel()
	const many = `
		CREATE TABLE archive.places (id int PRIMARY KEY, at point NOT NULL);
		INSERT INTO archive.places SELECT n, point(n % 173, n / 173) FROM generate_series(1, 20000) n;
		CREATE INDEX places_at ON archive.places USING gist (at);
		ANALYZE archive.places;
		GRANT SELECT ON archive.places TO pgrest_test_anon`
	api := serveClone(t, many, withOperators, func(o *pgrest.Options) { o.Plans = true })
	for target, condition := range map[string]string{
		"/places?select=id&order=at.distance((50,50)).asc&limit=10":                           "Order By: (at <-> '(50,50)'::point)",
		"/places?select=id,d:at.distance((50,50))&order=d&limit=10":                           "Order By: (at <-> '(50,50)'::point)",
		"/places?select=id,at.distance((50,50))::numeric&order=at.distance((50,50))&limit=10": "Order By: (at <-> '(50,50)'::point)",
		"/places?select=id&at=within(50,50,2)":                                                "Index Cond: (at <@ '<(50,50),2>'::circle)",
		"/places?select=id&at=within(50,50,9)&order=at.distance((50,50))&limit=3":             "Order By: (at <-> '(50,50)'::point)",
	} {
		response := ask(t, api, exchange{target: target, send: headers{"Accept": "application/vnd.pgrst.plan+text"}})
		body := read(t, response)
		require.Equal(t, http.StatusOK, response.StatusCode, body)
		require.Contains(t, body, "places_at", target)
		require.Contains(t, strings.Join(strings.Fields(body), " "), condition, target)
	}
}

// What a host says of its operators is held against what can be when the handler is made.
func TestOptions_Operators(t *testing.T) {
	t.Parallel()
	number := []pgrest.Argument{{Name: "n", Type: "int"}}
	for problem, operator := range map[string]pgrest.Operator{
		"Operators[0] (): it has no name":                                                        {SQL: "$0"},
		"Operators[0] (eq): the name is a word of the grammar":                                   {Name: "eq", SQL: "$0"},
		"Operators[0] (sum): the name is a word of the grammar":                                  {Name: "sum", SQL: "$0"},
		"Operators[0] (a-b): the name has other characters than letters, digits and underscores": {Name: "a-b", SQL: "$0"},
		"Operators[0] (a): SQL: it is empty":                                                     {Name: "a", SQL: " "},
		"Operators[0] (a): SQL: it has no $0, which is the column":                               {Name: "a", SQL: "f('$0', $1)", Arguments: number},
		"Operators[0] (a): SQL: there is no argument for $1":                                     {Name: "a", SQL: "$0 = $1"},
		"Operators[0] (a): SQL: it has no $1, which is the argument n":                           {Name: "a", SQL: "$0", Arguments: number},
		`Operators[0] (a): SQL: a '(' isn't closed`:                                              {Name: "a", SQL: "f($0"},
		`Operators[0] (a): SQL: a ')' closes nothing`:                                            {Name: "a", SQL: "$0) OR (true"},
		"Operators[0] (a): SQL: it has a comment":                                                {Name: "a", SQL: "$0 --"},
		"Operators[0] (a): SQL: it has a semicolon":                                              {Name: "a", SQL: "$0; SELECT 1"},
		"Operators[0] (a): Arguments[0] has no name":                                             {Name: "a", SQL: "$0 = $1", Arguments: []pgrest.Argument{{Type: "int"}}},
		"Operators[0] (a): Arguments[1] has the name of another one, n":                          {Name: "a", SQL: "$0 = $1 + $2", Arguments: append(number, number...)},
		"Operators[0] (a): the type of the argument n: it is empty":                              {Name: "a", SQL: "$0 = $1", Arguments: []pgrest.Argument{{Name: "n"}}},
		"Operators[0] (a): the type of the argument n: it has a placeholder":                     {Name: "a", SQL: "$0 = $1", Arguments: []pgrest.Argument{{Name: "n", Type: "$1"}}},
		"Operators[0] (a): Returns: it has a semicolon":                                          {Name: "a", SQL: "$0", Returns: "int;"},
		"Operators[0] (a): Columns has an empty type":                                            {Name: "a", SQL: "$0", Columns: []string{""}},
	} {
		_, err := pgrest.New(noDatabase{}, pgrest.Options{Operators: []pgrest.Operator{operator}})
		require.EqualError(t, err, "pgrest: "+problem)
	}
	twice := pgrest.Operator{Name: "a", SQL: "$0"}
	_, err := pgrest.New(noDatabase{}, pgrest.Options{Operators: []pgrest.Operator{twice, twice}})
	require.EqualError(t, err, "pgrest: Operators[1] (a): another one has the name")
}

// operatorsOf are operators of a host's for the types of an extension, which is in a schema that
// is named in them.
var operatorsOf = map[string][]pgrest.Operator{
	"postgis": {
		{Name: "within", SQL: "extra.st_dwithin($0, extra.st_point($1, $2)::extra.geography, $3)", Columns: []string{"geography"}, Description: "At most so many meters away.",
			Arguments: []pgrest.Argument{{Name: "longitude", Type: "double precision"}, {Name: "latitude", Type: "double precision"}, {Name: "meters", Type: "double precision"}}},
		{Name: "distance", SQL: "$0 OPERATOR(extra.<->) extra.st_point($1, $2)::extra.geography", Columns: []string{"geography"}, Returns: "double precision", Description: "Meters.",
			Arguments: []pgrest.Argument{{Name: "longitude", Type: "double precision"}, {Name: "latitude", Type: "double precision"}}},
		{Name: "intersects", SQL: "extra.st_intersects($0, extra.st_geomfromgeojson($1)::extra.geography)", Columns: []string{"extra.geography"}, Arguments: []pgrest.Argument{{Name: "geojson", Type: "jsonb"}}},
		{Name: "text", SQL: "extra.st_astext($0)", Columns: []string{"extra.geography"}, Returns: "text"},
	},
	"vector": {
		{Name: "l2", SQL: "$0 OPERATOR(extra.<->) $1", Columns: []string{"vector"}, Returns: "double precision", Arguments: []pgrest.Argument{{Name: "to", Type: "extra.vector"}}},
		{Name: "cosine", SQL: "$0 OPERATOR(extra.<=>) $1", Columns: []string{"extra.vector"}, Returns: "double precision", Arguments: []pgrest.Argument{{Name: "to", Type: "extra.vector"}}},
	},
}

const stopsOfPostGIS = `
	CREATE TABLE archive.stops (id int PRIMARY KEY, name text NOT NULL, location geography(Point, 4326));
	INSERT INTO archive.stops VALUES (1, 'Oslo', 'POINT(10.75 59.91)'), (2, 'Bergen', 'POINT(5.32 60.39)'), (3, 'Moss', 'POINT(10.66 59.43)'), (4, 'nowhere', NULL);
	INSERT INTO archive.stops SELECT 10 + n, 'far away', extra.st_point(n % 180, -(n / 180))::geography FROM generate_series(1, 5000) n;
	CREATE INDEX stops_location ON archive.stops USING gist (location);
	ANALYZE archive.stops;`

const notesOfPgvector = `
	CREATE TABLE archive.notes (id int PRIMARY KEY, kind text NOT NULL, embedding vector(3));
	INSERT INTO archive.notes VALUES (1, 'a', '[1,0,0]'), (2, 'a', '[0,1,0]'), (3, 'b', '[1,1,0]'), (4, 'b', NULL);
	INSERT INTO archive.notes SELECT 10 + n, 'c', ARRAY[n % 17 + 5, n % 19 + 5, n % 23 + 5]::vector FROM generate_series(1, 2000) n;
	CREATE INDEX notes_l2 ON archive.notes USING hnsw (embedding vector_l2_ops);
	CREATE INDEX notes_cosine ON archive.notes USING ivfflat (embedding vector_cosine_ops) WITH (lists = 4);
	ANALYZE archive.notes;`

// The operators of PostGIS and pgvector work on their types, with their indexes.
func TestExtensions_operators(t *testing.T) {
	t.Parallel()
	within := url.QueryEscape(`{"type":"Polygon","coordinates":[[[10,59],[11,59],[11,60],[10,60],[10,59]]]}`)
	for extension, exchanges := range map[string][]exchange{
		"postgis": {
			{name: "within", target: "/stops?select=id&location=within(10.7,59.9,5000)", body: `[{"id": 1}]`},
			{name: "not_within", target: "/stops?select=id&location=not.within(10.7,59.9,5000)&id=lt.5&order=id", body: `[{"id": 2}, {"id": 3}]`},
			{name: "nearest", target: "/stops?select=name&order=location.distance(10.7,59.9)&limit=2", body: `[{"name": "Oslo"}, {"name": "Moss"}]`},
			{name: "nearer_than", target: "/stops?select=name&location.distance(10.7,59.9)=lt.60000&order=id", body: `[{"name": "Oslo"}, {"name": "Moss"}]`},
			{name: "select", target: "/stops?select=location.text(),km:location.distance(10.75,59.91)::int&id=eq.1", body: `[{"text": "POINT(10.75 59.91)", "km": 0}]`},
			{name: "GeoJSON", target: "/stops?select=id&location=intersects(" + within + ")&order=id", body: `[{"id": 1}, {"id": 3}]`},
			{name: "malformed", target: "/stops?location=intersects({})", status: 500, body: fault("XX000", "invalid GeoJSON representation", "", "")},
			{name: "another_type", target: "/stops?name=within(1,2,3)", status: 400, body: fault("PGRST100", "The operator 'within' is not for 'name', which is of type text", "", "It is for geography.")},
		},
		"vector": {
			{name: "nearest", target: "/notes?select=id&order=embedding.l2([1,0,0.1]).asc&limit=2", body: `[{"id": 1}, {"id": 3}]`},
			{name: "cosine", target: "/notes?select=id,d:embedding.cosine([1,0,0])&order=d&limit=1&kind=neq.c", body: `[{"id": 1, "d": 0}]`},
			{name: "nearer_than", target: "/notes?select=id&embedding.l2([1,0,0])=lt.0.5", body: `[{"id": 1}]`},
			{name: "in_a_group", target: "/notes?select=id&or=(embedding.l2([1,0,0]).lt.0.5,embedding.l2([0,1,0]).lt.0.5)&order=id", body: `[{"id": 1}, {"id": 2}]`},
			{name: "aggregated", target: "/notes?select=kind,embedding.l2([0,0,0]).max()&kind=eq.a", body: `[{"kind": "a", "max": 1}]`},
			{name: "as_text", target: "/notes?select=d:embedding.l2([1,0,0])::text&id=eq.1", body: `[{"d": "0"}]`},
			{name: "QUERY", method: queryMethod, target: "/notes?select=id", send: headers{"Content-Type": "application/x-www-form-urlencoded"}, data: "order=embedding.l2([1,0,0])&limit=1", body: `[{"id": 1}]`},
			{name: "malformed", target: "/notes?order=embedding.l2([1,x])", status: 400, body: fault("22P02", `invalid input syntax for type vector: "[1,x]"`, "", "")},
			{name: "of_other_dimensions", target: "/notes?select=id&embedding.l2([1,0])=lt.1", status: 400, body: fault("22000", "different vector dimensions 3 and 2", "", "")},
		},
	} {
		t.Run(extension, func(t *testing.T) {
			t.Parallel()
			api, _ := extensionAPI(t, extension, aggregating, func(o *pgrest.Options) { o.Operators, o.Plans = operatorsOf[extension], true })
			if api == nil {
				return
			}
			run(t, api, exchanges...)
			for target, index := range map[string]map[string]string{
				"postgis": {
					"/stops?select=id&location=within(10.7,59.9,5000)":                "stops_location",
					"/stops?select=id&order=location.distance(10.7,59.9).asc&limit=3": "Index Scan using stops_location",
					"/stops?select=id,d:location.distance(10.7,59.9)&order=d&limit=3": "Index Scan using stops_location",
				},
				"vector": {
					"/notes?select=id&order=embedding.l2([1,0,0]).asc&limit=10": "Index Scan using notes_l2",
					"/notes?select=id,d:embedding.l2([1,0,0])&order=d&limit=10": "Index Scan using notes_l2",
					"/notes?select=id&order=embedding.cosine([1,0,0])&limit=10": "Index Scan using notes_cosine",
				},
			}[extension] {
				response := ask(t, api, exchange{target: target, send: headers{"Accept": "application/vnd.pgrst.plan+text"}})
				body := read(t, response)
				require.Equal(t, http.StatusOK, response.StatusCode, body)
				require.Contains(t, body, index, target)
			}
		})
	}
}
