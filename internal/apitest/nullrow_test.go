package apitest_test

import (
	"testing"

	"github.com/pgrest-go/pgrest"
)

const foundOrNot = `
	SET search_path = archive;
	CREATE TABLE finds (id int PRIMARY KEY, name text, info jsonb);
	CREATE TABLE seekers (id int PRIMARY KEY, seeks int);
	INSERT INTO finds VALUES (1, 'coin', '{}'), (2, NULL, NULL);
	INSERT INTO seekers VALUES (1, 1), (2, 2), (3, 3);
	CREATE TABLE calls (n int);
	CREATE FUNCTION find_sql(id int) RETURNS finds LANGUAGE sql STABLE AS $$ SELECT * FROM finds f WHERE f.id = $1 $$;
	CREATE FUNCTION find_plpgsql(id int) RETURNS finds LANGUAGE plpgsql STABLE AS $$ DECLARE r finds; BEGIN SELECT * INTO r FROM finds f WHERE f.id = $1; RETURN r; END $$;
	CREATE TYPE pair_of AS (a int, b text);
	CREATE FUNCTION find_nulls(id int) RETURNS pair_of LANGUAGE sql STABLE AS $$ SELECT NULL::int, NULL::text WHERE $1 > 0 $$;
	CREATE FUNCTION find_pair(id int) RETURNS pair_of LANGUAGE plpgsql STABLE AS $$ DECLARE r pair_of; BEGIN
		SELECT f.id, f.name INTO r FROM finds f WHERE f.id = $1; IF NOT FOUND AND $1 > 9 THEN RETURN NULL; END IF; RETURN r; END $$;
	CREATE DOMAIN some_find AS finds CHECK ((VALUE).id IS NULL OR (VALUE).id < 100);
	CREATE FUNCTION find_domain(id int) RETURNS some_find LANGUAGE sql STABLE AS $$ SELECT f FROM finds f WHERE f.id = $1 $$;
	CREATE FUNCTION find_out(id int, OUT name text, OUT info jsonb) LANGUAGE sql STABLE AS $$ SELECT f.name, f.info FROM finds f WHERE f.id = $1 $$;
	CREATE FUNCTION find_one_out(id int, OUT name text) LANGUAGE sql STABLE AS $$ SELECT f.name FROM finds f WHERE f.id = $1 $$;
	CREATE FUNCTION find_all(id int) RETURNS SETOF finds LANGUAGE sql STABLE AS $$ SELECT * FROM finds f WHERE f.id = $1 $$;
	CREATE FUNCTION find_body(json) RETURNS finds LANGUAGE sql STABLE AS $$ SELECT * FROM finds f WHERE f.id = ($1->>'id')::int $$;
	CREATE FUNCTION call(id int) RETURNS finds LANGUAGE plpgsql VOLATILE AS $$ DECLARE r finds; BEGIN
		INSERT INTO calls VALUES (1); SELECT * INTO r FROM finds f WHERE f.id = $1; r.name := (SELECT count(*) FROM calls); RETURN r; END $$;
	CREATE FUNCTION found(seekers) RETURNS finds LANGUAGE sql STABLE AS $$ SELECT * FROM finds f WHERE f.id = $1.seeks $$;
	CREATE FUNCTION loud(finds) RETURNS text LANGUAGE sql STABLE AS $$ SELECT upper($1.name) $$;
	CREATE FUNCTION seekers(finds) RETURNS SETOF seekers LANGUAGE sql STABLE AS $$ SELECT * FROM seekers WHERE seeks = $1.id $$;
	GRANT SELECT ON finds, seekers TO pgrest_test_anon;
	GRANT ALL ON finds, seekers, calls TO pgrest_test_curator, pgrest_test_anon`

// A function that returns NULL in place of its row answers null, and one that returns a row of
// nulls an object.
func TestNullRows(t *testing.T) {
	t.Parallel()
	const object = "application/vnd.pgrst.object+json"
	single := headers{"Content-Type": object + "; charset=utf-8"}
	csv := headers{"Content-Type": "text/csv; charset=utf-8"}
	sendJSON := headers{"Content-Type": "application/json"}
	always := []exchange{
		{name: "found", target: "/rpc/find_sql?id=1", body: `{"id": 1, "name": "coin", "info": {}}`},
		{name: "row_of_nulls", target: "/rpc/find_nulls?id=1", body: `{"a": null, "b": null}`},
		{name: "row_of_nulls_by_PLpgSQL", target: "/rpc/find_pair?id=9", body: `{"a": null, "b": null}`},
		{name: "partly_null", target: "/rpc/find_plpgsql?id=2&select=name,info", body: `{"name": null, "info": null}`},
		{name: "found_by_OUT", target: "/rpc/find_out?id=1", body: `{"name": "coin", "info": {}}`},
		{name: "found_as_a_domain", target: "/rpc/find_domain?id=1&select=id", body: `{"id": 1}`},
		{name: "single_OUT", target: "/rpc/find_one_out?id=9", body: `{"name": null}`},
		{name: "set", target: "/rpc/find_all?id=9", body: `[]`},
		{name: "computed_field", target: "/rpc/find_sql?id=1&select=loud", body: `{"loud": "COIN"}`},
		{name: "embed", target: "/rpc/find_sql?id=1&select=name,seekers(id)", body: `{"name": "coin", "seekers": [{"id": 1}]}`},
		{name: "CSV", target: "/rpc/find_sql?id=1&select=name", send: headers{"Accept": "text/csv"}, want: csv, body: "name\ncoin"},
		{name: "CSV_of_no_rows", target: "/rpc/find_all?id=9&select=name", send: headers{"Accept": "text/csv"}, want: csv, body: "\n"},
		{name: "filter", target: "/rpc/find_sql?id=1&name=eq.x", body: `null`},
	}
	run(t, serveClone(t, foundOrNot, func(o *pgrest.Options) { o.NullRows = true }), append(always,
		exchange{name: "not_found", target: "/rpc/find_sql?id=9", body: `null`},
		exchange{name: "not_found_by_PLpgSQL", target: "/rpc/find_plpgsql?id=9&select=name,loud,seekers(id)", body: `null`},
		exchange{name: "not_found_by_OUT", target: "/rpc/find_out?id=9", body: `null`},
		exchange{name: "NULL_by_PLpgSQL", target: "/rpc/find_pair?id=10", body: `null`},
		exchange{name: "null_in_place_of_nulls", target: "/rpc/find_nulls?id=0", body: `null`},
		exchange{name: "domain", target: "/rpc/find_domain?id=9", body: `null`},
		exchange{name: "POST", method: "POST", target: "/rpc/find_sql", data: `{"id": 9}`, send: sendJSON, body: `null`},
		exchange{name: "POST_with_OUT", method: "POST", target: "/rpc/find_out", data: `[{"id": 9}]`, send: sendJSON, body: `null`},
		exchange{name: "POST_of_the_body", method: "POST", target: "/rpc/find_body?select=name", data: `{"id": 9}`, send: sendJSON, body: `null`},
		exchange{name: "singular", target: "/rpc/find_sql?id=9", send: headers{"Accept": object}, want: single, body: `null`},
		exchange{name: "counted", target: "/rpc/find_sql?id=9", send: headers{"Prefer": "count=exact"}, want: headers{"Content-Range": "*/0"}, body: `null`},
		exchange{name: "CSV_of_none", target: "/rpc/find_sql?id=9&select=name", send: headers{"Accept": "text/csv"}, want: csv, body: "\n"},
		exchange{name: "embedded", target: "/seekers?select=id,found(name,loud)&order=id",
			body: `[{"id": 1, "found": {"name": "coin", "loud": "COIN"}}, {"id": 2, "found": {"name": null, "loud": null}}, {"id": 3, "found": null}]`},
		exchange{name: "embedded_inner", target: "/seekers?select=id,found!inner()&order=id", body: `[{"id": 1}, {"id": 2}]`},
		exchange{name: "embedded_absent", target: "/seekers?select=id,found()&found=is.null", body: `[{"id": 3}]`},
		exchange{name: "embedded_in_a_filter", target: "/seekers?select=id,found()&found(id)=eq.1", body: `[{"id": 1}]`},
		exchange{name: "embedded_in_an_order", target: "/seekers?select=id,found()&order=found(name).ci.nullsfirst,id.desc", body: `[{"id": 3}, {"id": 2}, {"id": 1}]`},
		exchange{name: "embedded_spread", target: "/seekers?select=id,...found(name)&order=id.desc&limit=1", body: `[{"id": 3, "name": null}]`},
	)...)
	run(t, serveClone(t, foundOrNot), append(always, // as the reference
		exchange{name: "not_found", target: "/rpc/find_sql?id=9", body: `{"id": null, "name": null, "info": null}`},
		exchange{name: "not_found_by_OUT", target: "/rpc/find_out?id=9", body: `{"name": null, "info": null}`},
		exchange{name: "CSV_of_none", target: "/rpc/find_sql?id=9&select=name", send: headers{"Accept": "text/csv"}, want: csv, body: "name\n"},
		exchange{name: "embedded", target: "/seekers?select=id,found(name)&id=eq.3", body: `[{"id": 3, "found": {"name": null}}]`},
	)...)
	// Once, however many columns there are.
	runInTurn(t, serveClone(t, foundOrNot, func(o *pgrest.Options) { o.NullRows = true }),
		write{name: "called_once", target: "/rpc/call?select=id,name,info,loud", payload: `{"id": 1}`, status: 200, body: `{"id": 1, "name": "1", "info": {}, "loud": "1"}`},
		write{name: "called_once_more_and_counted", target: "/rpc/call?select=id,name", prefer: "count=exact", payload: `{"id": 1}`, status: 200, body: `{"id": 1, "name": "2"}`},
	)
}
