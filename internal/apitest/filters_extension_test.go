package apitest_test

import (
	"testing"

	"github.com/pgrest-go/pgrest"
)

// unfiltering has the API be without what filters add to PostgREST's protocol.
func unfiltering(o *pgrest.Options) { o.Without = []pgrest.Extension{pgrest.Filters} }

// shelf is a store's: items come from a maker, who is in a country, which is on a continent,
// and bear labels.
const shelf = `
	SET search_path = archive;
	CREATE TABLE continents (id int PRIMARY KEY, name text);
	CREATE TABLE countries (id int PRIMARY KEY, name text, continent_id int REFERENCES continents);
	CREATE TABLE makers (id int PRIMARY KEY, name text NOT NULL, country_id int REFERENCES countries, "client" text);
	CREATE TYPE hue AS ENUM ('red', 'blue');
	CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL, maker_id int REFERENCES makers, price numeric, made date, hue hue, code char(4), span int4range,
		info jsonb, note json, words tsvector, "the name" text, client text, client_id int REFERENCES makers);
	CREATE TABLE labels (id int PRIMARY KEY, name text, kind text);
	CREATE TABLE items_labels (item_id int REFERENCES items, label_id int REFERENCES labels, PRIMARY KEY (item_id, label_id));
	CREATE TABLE parts (id int PRIMARY KEY, item_id int REFERENCES items, name text, maker_id int REFERENCES makers);
	INSERT INTO continents VALUES (1, 'Asia'), (2, 'Europe');
	INSERT INTO countries VALUES (1, 'Japan', 1), (2, 'Norway', 2), (3, 'Denmark', 2), (4, 'Atlantis', NULL);
	INSERT INTO makers VALUES (1, 'Ito', 1, 'x'), (2, 'berg', 2, 'x'), (3, 'Andersen', 3, NULL), (4, 'Plato', 4, NULL);
	INSERT INTO items VALUES
		(4, 'Axe', 2, 5, '2024-01-01', 'red', 'a', '[5,9)', '{"a": 1, "tags": ["x", "y"], "n": "5"}', '{"a": 1}', 'sharp', 'axe', 'A', 1),
		(14, 'axle', 1, 10, '2024-02-01', 'blue', 'ab', '[1,9)', '{"a": 2, "tags": ["y"], "n": "10"}', '{"a": 2}', 'round', 'axle', 'B', 2),
		(24, 'Boat', 3, 7, '2023-01-01', 'red', 'abc', '[2,3)', '{"a": "x", "n": "7"}', '[1]', 'wet', 'boat', 'A', NULL),
		(35, 'anvil', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3),
		(42, 'Cup', NULL, 1, '2024-03-01', 'blue', 'b', '[7,8)', '{}', '{}', 'empty', NULL, NULL, NULL);
	INSERT INTO labels VALUES (1, 'tool', 'use'), (2, 'wood', 'stuff'), (3, 'iron', 'stuff');
	INSERT INTO items_labels VALUES (4, 1), (4, 2), (4, 3), (14, 3), (24, 2), (35, 1);
	INSERT INTO parts VALUES (1, 4, 'blade', 1), (2, 4, 'shaft', 2), (3, 24, 'mast', 2), (4, 24, 'keel', NULL);
	CREATE FUNCTION made_since(since date, info text DEFAULT '') RETURNS SETOF items LANGUAGE sql STABLE AS $$ SELECT * FROM items WHERE made >= since AND $2 IN ('', 'jsonpath.$') $$;
	CREATE FUNCTION made_on_or_after(since date) RETURNS SETOF items LANGUAGE sql STABLE AS $$ SELECT * FROM items WHERE made >= since $$;
	CREATE FUNCTION shout(items) RETURNS text LANGUAGE sql STABLE AS $$ SELECT upper($1.name) $$;
	CREATE FUNCTION noted(items) RETURNS json LANGUAGE sql STABLE AS $$ SELECT $1.note $$;
	CREATE FUNCTION weight(items) RETURNS int LANGUAGE sql STABLE AS $$ SELECT $1.id * 10 $$;
	CREATE FUNCTION first_label(items) RETURNS SETOF labels ROWS 1 LANGUAGE sql STABLE
		AS $$ SELECT l.* FROM labels l JOIN items_labels ON label_id = l.id WHERE item_id = $1.id ORDER BY l.id LIMIT 1 $$;
	CREATE VIEW item_list AS SELECT id, name, maker_id FROM items;
	GRANT SELECT ON continents, countries, makers, items, labels, items_labels, parts, item_list TO pgrest_test_anon;
	GRANT ALL ON continents, countries, makers, items, labels, items_labels, parts TO pgrest_test_curator`

// A field is cast in front of a comparison, to text, and to what the host allows.
func TestFilters_casts(t *testing.T) {
	t.Parallel()
	refused := func(name, allowed string) string {
		return fault("PGRST100", "Conditions and orders can't cast to the type '"+name+"'", "", "They can cast to: "+allowed+".")
	}
	run(t, serveClone(t, shelf),
		exchange{name: "number", target: "/items?select=id&id::text=like.*4&order=id", body: `[{"id": 4}, {"id": 14}, {"id": 24}]`},
		exchange{name: "negated", target: "/items?select=id&id::text=not.like.*4&order=id", body: `[{"id": 35}, {"id": 42}]`},
		exchange{name: "list_of_patterns", target: "/items?select=id&id::text=ilike(any).{1*,*2}&order=id", body: `[{"id": 14}, {"id": 42}]`},
		exchange{name: "regular_expression", target: "/items?select=id&span::text=match.^.[57]&order=id", body: `[{"id": 4}, {"id": 42}]`},
		exchange{name: "enum", target: "/items?select=id&hue::text=imatch.^R&order=id", body: `[{"id": 4}, {"id": 24}]`},
		exchange{name: "JSON", target: "/items?select=id&info->tags::text=like.*x*", body: `[{"id": 4}]`},
		exchange{name: "computed_field", target: "/items?select=id&weight::text=like.*40", body: `[{"id": 4}, {"id": 14}, {"id": 24}]`},
		exchange{name: "in_a_group", target: "/items?select=id&or=(id::text.like.1*,name.eq.Cup)&order=id", body: `[{"id": 14}, {"id": 42}]`},
		exchange{name: "in_a_group_with_any_operator", target: "/items?select=id&and=(id::text.gt.3,id::text.lt.4)&order=id", body: `[{"id": 35}]`},
		exchange{name: "list_in_a_group", target: "/items?select=id&and=(hue::text.in.(red,green))&order=id", body: `[{"id": 4}, {"id": 24}]`},
		exchange{name: "search_in_a_group", target: "/items?select=id&and=(info::text.fts(simple).y)&order=id", body: `[{"id": 4}, {"id": 14}]`},
		exchange{name: "embedded", target: "/makers?select=name,items!items_maker_id_fkey(id)&items.id::text=like.1*&id=lte.2&order=id",
			body: `[{"name": "Ito", "items": [{"id": 14}]}, {"name": "berg", "items": []}]`},
		exchange{name: "function", target: "/rpc/made_since?since=2024-01-01&select=id&id::text=like.4*&order=id", body: `[{"id": 4}, {"id": 42}]`},
		exchange{name: "counted", target: "/items?select=id&id::text=like.*4&limit=1&order=id", send: headers{"Prefer": "count=exact"}, status: 206,
			want: headers{"Content-Type": "application/json; charset=utf-8", "Content-Range": "0-0/3"}, body: `[{"id": 4}]`},
		exchange{name: "head", method: "HEAD", target: "/items?id::text=like.*4", send: headers{"Prefer": "count=exact"}, want: headers{"Content-Range": "0-2/3"}},
		exchange{name: "ordered", target: "/items?select=id&order=id::text.desc", body: `[{"id": 42}, {"id": 4}, {"id": 35}, {"id": 24}, {"id": 14}]`},
		exchange{name: "other_type", target: "/items?and=(id::numeric.gt.5)", status: 400, body: refused("numeric", "text")},
		exchange{name: "other_type_of_a_pattern", target: "/items?id::money=like.*5", status: 400, body: refused("money", "text")},
		exchange{name: "other_type_in_the_order", target: "/items?order=id::numeric", status: 400, body: refused("numeric", "text")},
	)
	run(t, serveClone(t, shelf, func(o *pgrest.Options) { o.FilterCasts = []string{"numeric", "double precision", "hue"} }),
		exchange{name: "JSON_as_numbers", target: "/items?select=id&info->>n::numeric=gt.5&order=id", body: `[{"id": 14}, {"id": 24}]`},
		exchange{name: "in_any_case", target: "/items?select=id&and=(info->>n::DOUBLE%20%20precision.gte.7)&order=id", body: `[{"id": 14}, {"id": 24}]`},
		exchange{name: "type_of_the_schema", target: "/items?select=id&and=(hue::text.neq.blue,hue::hue.gte.red)&order=id", body: `[{"id": 4}, {"id": 24}]`},
		exchange{name: "every_operator", target: "/items?select=id&id::text=gt.3&order=id", body: `[{"id": 4}, {"id": 35}, {"id": 42}]`},
		exchange{name: "ordered_by_numbers", target: "/items?select=id&order=info->>n::numeric.desc.nullslast&limit=2", body: `[{"id": 14}, {"id": 24}]`},
		exchange{name: "value_of_another_type", target: "/items?and=(name::numeric.gt.5)", status: 400, body: fault("22P02", `invalid input syntax for type numeric: "Axe"`, "", "")},
		exchange{name: "outside_of_the_set", target: "/items?id::money=eq.5", status: 400, body: refused("money", "text, numeric, double precision, hue")},
	)
}

// To PostgREST what is behind a field in the name of a parameter means nothing: where it has
// an answer, that is the answer. In groups and orders a cast is an error to it.
func TestFilters_casts_as_the_reference(t *testing.T) {
	t.Parallel()
	answers := []exchange{
		{name: "number", target: "/items?select=id&id::text=eq.04", body: `[{"id": 4}]`},
		{name: "greater", target: "/items?select=id&id::text=gt.24&order=id", body: `[{"id": 35}, {"id": 42}]`},
		{name: "type_that_is_not_there", target: "/items?select=id&id::whatever=eq.4", body: `[{"id": 4}]`},
		{name: "text", target: "/items?select=id&name::text=like.A*", body: `[{"id": 4}]`},
		{name: "padded_text", target: "/items?select=id&code::text=like.ab", body: `[]`},
		{name: "text_of_JSON", target: "/items?select=id&info->>n::numeric=gt.5&order=id", body: `[{"id": 24}]`},
		{name: "list", target: "/items?select=id&id::text=in.(4,14)&order=id", body: `[{"id": 4}, {"id": 14}]`},
		{name: "function", target: "/rpc/made_since?since::text=2024-02-01&select=id&order=id", body: `[{"id": 14}, {"id": 42}]`},
	}
	run(t, serveClone(t, shelf), answers...)
	api := serveClone(t, shelf, unfiltering)
	run(t, api, answers...)
	run(t, api,
		exchange{name: "pattern", target: "/items?id::text=like.4*", status: 404,
			body: fault("42883", "operator does not exist: integer ~~ unknown", "", "No operator matches the given name and argument types. You might need to add explicit type casts.")},
		exchange{name: "in_a_group", target: "/items?or=(id::text.like.4*)", status: 400,
			body: fault("PGRST100", `"failed to parse logic tree ((id::text.like.4*))" (line 1, column 6)`, `unexpected ":" expecting letter, digit, "-", "->>", "->" or delimiter (.)`, "")},
		exchange{name: "in_an_order", target: "/items?order=id::text", status: 400,
			body: fault("PGRST100", `"failed to parse order (id::text)" (line 1, column 3)`, `unexpected ':' expecting letter, digit, "-", "->>", "->", delimiter (.), "," or end of input`, "")},
	)
}

// JSON is searched by SQL/JSON paths.
func TestFilters_JSON_paths(t *testing.T) {
	t.Parallel()
	run(t, serveClone(t, shelf),
		exchange{name: "finds", target: `/items?select=id&info=jsonpath.$.a%20?%20(@%20>%201)&order=id`, body: `[{"id": 14}]`},
		exchange{name: "finds_none", target: `/items?select=id&info=not.jsonpath.$.a%20?%20(@%20>%201)&order=id`, body: `[{"id": 4}, {"id": 24}, {"id": 42}]`},
		exchange{name: "predicate", target: `/items?select=id&info=jsonmatch.$.a%20>%201&order=id`, body: `[{"id": 14}]`},
		exchange{name: "json", target: `/items?select=id&note=jsonpath.$.a&order=id`, body: `[{"id": 4}, {"id": 14}]`},
		exchange{name: "computed_field", target: `/items?select=id&noted=jsonpath.$.a&order=id`, body: `[{"id": 4}, {"id": 14}]`},
		exchange{name: "computed_field_of_related_rows", target: `/makers?select=id,items!items_maker_id_fkey()&items(noted)=jsonmatch.$.a%20==%202`, body: `[{"id": 1}]`},
		exchange{name: "path_of_arrows", target: `/items?select=id&info->tags=jsonpath.$[*]%20?%20(@%20==%20"x")&order=id`, body: `[{"id": 4}]`},
		exchange{name: "regular_expression", target: `/items?select=id&info=jsonpath.$.tags[*]%20?%20(@%20like_regex%20"^X"%20flag%20"i")`, body: `[{"id": 4}]`},
		exchange{name: "strict_errors_are_no_matches", target: `/items?select=id&info=jsonmatch.strict%20$.none%20>%201`, body: `[]`},
		exchange{name: "division_by_zero_is_no_match", target: `/items?select=id&info=jsonmatch.1%20/%20$.none%20>%200`, body: `[]`},
		exchange{name: "in_a_group", target: `/items?select=id&or=(info.jsonpath."$.a%20?%20(@%20==%20\"x\")",id.eq.4)&order=id`, body: `[{"id": 4}, {"id": 24}]`},
		exchange{name: "function", method: "POST", target: `/rpc/made_since?select=id&info=jsonpath.$.tags`, data: `{"since": "2024-02-01"}`, send: headers{"Content-Type": "application/json"},
			body: `[{"id": 14}]`},
		exchange{name: "group_of_a_function", target: `/rpc/made_since?since=2024-02-01&select=id&and=(info.jsonpath.$.tags)`, body: `[{"id": 14}]`},
		exchange{name: "argument_of_a_function", target: `/rpc/made_since?since=2024-03-01&select=id&info=jsonpath.$`, body: `[{"id": 42}]`},
		exchange{name: "function_without_such_an_argument", target: `/rpc/made_on_or_after?since=2024-02-01&select=id&info=jsonpath.$.tags&or=(id.gt.4)`, body: `[{"id": 14}]`},
		exchange{name: "embed_of_a_function", target: `/rpc/made_on_or_after?since=2024-02-01&select=id,labels(id)&labels.note=jsonpath.$`, status: 400,
			body: fault("42703", "column labels.note does not exist", "", `Perhaps you meant to reference the column "labels.name".`)},
		exchange{name: "counted", method: "HEAD", target: `/items?info=jsonpath.$.tags`, send: headers{"Prefer": "count=exact"}, want: headers{"Content-Range": "0-1/2"}},
		exchange{name: "malformed", target: `/items?info=jsonpath.$.`, status: 400, body: fault("42601", `syntax error at end of jsonpath input`, "", "")},
		exchange{name: "text", target: `/items?name=jsonpath.$`, status: 404,
			body: fault("42883", `operator does not exist: text @? jsonpath`, "", "No operator matches the given name and argument types. You might need to add explicit type casts.")},
	)
	api := serveClone(t, shelf, unfiltering)
	run(t, api,
		exchange{name: "switched_off", target: `/items?info=jsonpath.$`, status: 400,
			body: fault("PGRST100", `"failed to parse filter (jsonpath.$)" (line 1, column 1)`, `unexpected "j" expecting "not" or operator (eq, gt, ...)`, "")},
		exchange{name: "switched_off_in_a_group", target: `/items?or=(info.jsonmatch.$)`, status: 400,
			body: fault("PGRST100", `"failed to parse logic tree ((info.jsonmatch.$))" (line 1, column 9)`, `unexpected "j" expecting "not" or operator (eq, gt, ...)`, "")},
		exchange{name: "argument_of_a_function", target: `/rpc/made_since?since=2024-03-01&select=id&info=jsonpath.$`, body: `[{"id": 42}]`},
	)
}
