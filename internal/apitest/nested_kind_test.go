package apitest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Rows find the key of the one that they refer to, of whatever type the key is.
func TestNested_types_of_keys(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), `
		CREATE TYPE archive.suit AS ENUM ('clubs', 'it''s "hearts"');
		CREATE DOMAIN archive.code AS text CHECK (VALUE <> '');
		CREATE TYPE archive.point AS (x int, y text);
		GRANT USAGE ON ALL SEQUENCES IN SCHEMA archive TO pgrest_test_curator`)
	require.NoError(t, err)
	types := map[string]string{
		"int":                 "7",
		"bigint":              "9223372036854775807",
		"smallint":            "-1",
		"numeric":             "0.10000000000000000000000000001",
		"numeric(6,2)":        "12.50",
		"float8":              "0.1::float8 + 0.2::float8",
		"text":                `E'a "b" \\ '' , {} \n é ?'`,
		"varchar(12)":         "'x y'",
		"char(5)":             "'ab'",
		"bool":                "true",
		"uuid":                "gen_random_uuid()",
		"date":                "'0044-03-15 BC'",
		"timestamptz":         "clock_timestamp()",
		"timestamp":           "'infinity'",
		"time":                "'23:59:59.999999'",
		"interval":            "'1 mon -3 days 04:05:06.7'",
		"bytea":               `'\x00ff5c'`,
		"inet":                "'10.0.0.1/8'",
		"int[]":               "'{1,NULL,3}'",
		"text[]":              `ARRAY['a,b', '{"c"}', NULL]`,
		"int4range":           "'[1,5)'",
		"jsonb":               `'{"a": [1, null]}'`,
		"archive.suit":        `'it''s "hearts"'`,
		"archive.code":        "'c'",
		"archive.point":       `ROW(1, 'a,"b)')::archive.point`,
		"bit varying(5)":      "B'101'",
		"oid":                 "4294967295",
		"\"char\"":            "'c'",
		"name":                "'n'",
		"macaddr":             "'08:00:2b:01:02:03'",
		"tsvector":            "'a b'",
		"time with time zone": "'10:00+02'",
	}
	i := 0
	tables := map[string]int{}
	for name, value := range types {
		i++
		tables[name] = i
		_, err := super.Exec(t.Context(), fmt.Sprintf(`
			CREATE TABLE archive.around_%[1]d (key %[2]s PRIMARY KEY DEFAULT %[3]s, n int);
			CREATE TABLE archive.within_%[1]d (id int PRIMARY KEY, key %[2]s REFERENCES archive.around_%[1]d);
			GRANT ALL ON archive.around_%[1]d, archive.within_%[1]d TO pgrest_test_curator`, i, name, value))
		require.NoError(t, err, name)
	}
	api := open(t, db.Pool(t))
	for name, i := range tables {
		t.Run(name, func(t *testing.T) {
			w := write{target: fmt.Sprintf("/around_%d?select=n,within_%d(id)", i, i), prefer: representation, send: headers{"Content-Type": nestedType},
				payload: fmt.Sprintf(`{"n": 1, "within_%d": [{"id": 1}, {"id": 2}]}`, i)}
			response := answer(api, w.request(t))
			require.Equal(t, http.StatusCreated, response.Code, response.Body)
			require.JSONEq(t, fmt.Sprintf(`[{"n": 1, "within_%d": [{"id": 1}, {"id": 2}]}]`, i), response.Body.String())
			_, err := super.Exec(t.Context(), fmt.Sprintf("TRUNCATE archive.around_%[1]d, archive.within_%[1]d", i))
			require.NoError(t, err)
			w = write{target: fmt.Sprintf("/within_%d?select=id,around_%d(n)", i, i), prefer: representation, send: headers{"Content-Type": nestedType},
				payload: fmt.Sprintf(`{"id": 1, "around_%d": {"n": 3}}`, i)}
			response = answer(api, w.request(t))
			require.Equal(t, http.StatusCreated, response.Code, response.Body)
			require.JSONEq(t, fmt.Sprintf(`[{"id": 1, "around_%d": {"n": 3}}]`, i), response.Body.String())
		})
	}
}

// Relations of all kinds can have rows within them: partitioned tables, views with INSTEAD OF
// triggers, tables whose triggers give the key, and those that others inherit from.
func TestNested_kinds_of_relations(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shop+`;
		CREATE TABLE archive.days (id int GENERATED ALWAYS AS IDENTITY, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
		CREATE TABLE archive.days_2024 PARTITION OF archive.days FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
		CREATE TABLE archive.days_2025 PARTITION OF archive.days FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
		CREATE TABLE archive.hours (day_id int, day date, hour int, FOREIGN KEY (day_id, day) REFERENCES archive.days);
		CREATE VIEW archive.joined AS SELECT o.id, o.note, c.name FROM archive.orders o LEFT JOIN archive.customers c ON c.id = o.customer_id;
		CREATE FUNCTION private.insert_joined() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
			INSERT INTO archive.orders (note) VALUES (NEW.note || '!') RETURNING id, note INTO NEW.id, NEW.note; RETURN NEW; END $$;
		CREATE TRIGGER insert_joined INSTEAD OF INSERT ON archive.joined FOR EACH ROW EXECUTE FUNCTION private.insert_joined();
		CREATE TABLE archive.chosen (key text PRIMARY KEY, n int);
		CREATE FUNCTION private.choose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.key := 'no. ' || NEW.n; RETURN NEW; END $$;
		CREATE TRIGGER choose BEFORE INSERT ON archive.chosen FOR EACH ROW EXECUTE FUNCTION private.choose();
		CREATE TABLE archive.choices (key text REFERENCES archive.chosen, said text);
		CREATE VIEW archive.no_insert AS SELECT DISTINCT id FROM archive.orders;
		CREATE TABLE archive.parents (id int PRIMARY KEY, name text);
		CREATE TABLE archive.heirs () INHERITS (archive.parents);
		CREATE TABLE archive.pets (id int, parent_id int REFERENCES archive.parents);
		GRANT ALL ON archive.days, archive.hours, archive.joined, archive.chosen, archive.choices, archive.no_insert, archive.parents, archive.pets TO pgrest_test_curator;
		GRANT USAGE ON ALL SEQUENCES IN SCHEMA archive TO pgrest_test_curator`, rollingBack)
	runInTurn(t, api, nest(
		write{name: "partitioned", target: "/days?select=day,hours(hour)", prefer: representation,
			payload: `[{"day": "2025-05-01", "hours": [{"hour": 1}]}, {"day": "2024-05-01", "hours": [{"hour": 2}, {"hour": 3}]}, {"day": "2025-05-02", "hours": []}]`,
			body:    `[{"day": "2025-05-01", "hours": [{"hour": 1}]}, {"day": "2024-05-01", "hours": [{"hour": 2}, {"hour": 3}]}, {"day": "2025-05-02", "hours": []}]`},
		write{name: "instead_of_trigger", target: "/joined?select=note,lines(place)", prefer: representation,
			payload: `[{"note": "a", "lines": [{"place": 1, "sku": "p"}]}, {"note": "b", "lines": [{"place": 2, "sku": "p"}]}]`,
			body:    `[{"note": "a!", "lines": [{"place": 1}]}, {"note": "b!", "lines": [{"place": 2}]}]`},
		write{name: "key_of_a_trigger", target: "/chosen?select=key,choices(said)", prefer: representation,
			payload: `[{"key": "x", "n": 1, "choices": [{"said": "a"}]}, {"key": "y", "n": 2, "choices": [{"said": "b"}]}]`,
			body:    `[{"key": "no. 1", "choices": [{"said": "a"}]}, {"key": "no. 2", "choices": [{"said": "b"}]}]`},
		write{name: "view_that_takes_no_rows", target: "/no_insert", payload: `{"lines": [{"place": 1, "sku": "p"}]}`}.fails(http.StatusInternalServerError,
			located("55000", `cannot insert into view "no_insert"`, "", `Views containing DISTINCT are not automatically updatable.`,
				"To enable inserting into the view, provide an INSTEAD OF INSERT trigger or an unconditional ON INSERT DO INSTEAD rule.")),
		write{name: "inherited", target: "/parents", payload: `{"id": 1, "name": "a", "pets": [{"id": 1}]}`},
		write{name: "inherited_and_shown", target: "/parents", prefer: representation, payload: `{"id": 1, "name": "a", "pets": [{"id": 1}]}`}.fails(http.StatusBadRequest,
			fault("42P10", "'parents' has no primary key by which rows could be read when those within them are there", "", "Prefer: return=minimal needs no key.")),
	)...)
}

// A column comes before a relationship of its name, which an alias or a hint gets at; a foreign key
// names its relationship, too. Values of domains are parsed as in a plain insert, and what is shown
// may be computed of the rows.
func TestNested_members(t *testing.T) {
	t.Parallel()
	runInTurn(t, serveClone(t, shop+`;
		ALTER TABLE archive.orders ADD labels json;
		CREATE DOMAIN archive.shade AS int;
		CREATE FUNCTION archive.shade_of(json) RETURNS archive.shade IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT length($1 #>> '{}')::archive.shade $$;
		CREATE CAST (json AS archive.shade) WITH FUNCTION archive.shade_of(json) AS IMPLICIT;
		CREATE TABLE archive.shades (shade archive.shade PRIMARY KEY, name text);
		CREATE TABLE archive.walls (id int PRIMARY KEY, shade archive.shade DEFAULT 3 REFERENCES archive.shades, second archive.shade);
		CREATE FUNCTION archive.all_lines(archive.orders) RETURNS SETOF archive.lines STABLE LANGUAGE sql AS 'SELECT * FROM archive.lines WHERE order_id = $1.id';
		CREATE FUNCTION archive.loud(archive.orders) RETURNS text STABLE LANGUAGE sql AS 'SELECT upper($1.note)';
		GRANT ALL ON archive.shades, archive.walls TO pgrest_test_curator`, rollingBack, func(o *pgrest.Options) { o.Aggregates = true }), nest(
		write{name: "column_and_relationship", target: "/orders?select=labels,tags:labels!order_labels(name)", prefer: representation,
			payload: `{"labels": [{"name": "column"}], "labels!order_labels": [{"name": "row"}]}`, body: `[{"labels": [{"name": "column"}], "tags": [{"name": "row"}]}]`},
		write{name: "column_and_alias", target: "/orders?select=labels,tags:labels!order_labels(name)", prefer: representation,
			payload: `{"labels": {}, "tags": [{"name": "row"}]}`, body: `[{"labels": {}, "tags": [{"name": "row"}]}]`},
		write{name: "foreign_key", target: "/orders?select=payer:orders_payer(name)", prefer: representation, payload: `{"orders_payer": {"name": "Bo"}}`, body: `[{"payer": {"name": "Bo"}}]`},
		write{name: "computed", target: "/orders?select=loud,all_lines(place)", prefer: representation, payload: `{"note": "a", "lines": [{"place": 1, "sku": "p"}]}`,
			body: `[{"loud": "A", "all_lines": [{"place": 1}]}]`},
		write{name: "grouped", target: "/orders?select=note,id.count()&order=note", prefer: representation, payload: `[{"note": "b", "lines": []}, {"note": "a", "lines": [{"place": 1, "sku": "p"}]}, {"note": "b"}]`,
			body: `[{"note": "a", "count": 1}, {"note": "b", "count": 2}]`},
		write{name: "parsed", target: "/walls?select=id,shade,second,shades(name)", prefer: representation,
			payload: `[{"id": 1, "second": "abc", "shades": {"shade": "deep", "name": "blue"}}, {"id": 2, "second": null, "shades": {"shade": "lighter", "name": "red"}}]`,
			body:    `[{"id": 1, "shade": 4, "second": 3, "shades": {"name": "blue"}}, {"id": 2, "shade": 7, "second": null, "shades": {"name": "red"}}]`},
		write{name: "parsed_or_given", target: "/walls?select=id,shade", prefer: representation,
			payload: `[{"id": 1, "shades": {"shade": "deep"}}, {"id": 2, "shade": "four"}, {"id": 3, "shade": null}]`,
			body:    `[{"id": 1, "shade": 4}, {"id": 2, "shade": 4}, {"id": 3, "shade": null}]`},
	)...)
}

// A schema that has changed since it was loaded is loaded anew, and the body read by that.
func TestNested_stale(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), shop)
	require.NoError(t, err)
	api := open(t, db.Pool(t))
	post := func(payload string) (int, string) {
		response := answer(api, write{target: "/orders?select=lines(place)", prefer: representation, send: headers{"Content-Type": nestedType}, payload: payload}.request(t))
		return response.Code, response.Body.String()
	}
	status, body := post(`{"lines": [{"place": 1, "sku": "p", "amount": 1}]}`)
	require.Equal(t, http.StatusCreated, status, body)
	_, err = super.Exec(t.Context(), `DROP TRIGGER add_up ON archive.lines; ALTER TABLE archive.lines RENAME amount TO quantity`)
	require.NoError(t, err)
	status, body = post(`{"lines": [{"place": 2, "sku": "p", "amount": 1}]}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.JSONEq(t, located("PGRST204", "Could not find the 'amount' column of 'lines' in the schema cache", "/lines/0/amount", "", ""), body)
	_, err = super.Exec(t.Context(), `ALTER TABLE archive.lines DROP CONSTRAINT lines_amount_check, ALTER quantity TYPE bool USING true`)
	require.NoError(t, err)
	status, body = post(`{"lines": [{"place": 3, "sku": "p", "quantity": 1}]}`)
	require.Equal(t, http.StatusCreated, status, body)
	require.Equal(t, 2, count(t, super, `SELECT count(*) FROM archive.lines`))
}

// Whatever trees of rows are inserted, they are read back as they were sent.
func TestNested_read_back(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shop, rollingBack)
	random := rand.New(rand.NewPCG(1, 2))
	names := 0
	name := func() string { names++; return fmt.Sprintf("n%06d", names) }
	some := func(most int, make func(i int) map[string]any) []map[string]any {
		list := []map[string]any{}
		for i := range random.IntN(most + 1) {
			list = append(list, make(i))
		}
		return list
	}
	customer := func() map[string]any {
		if random.IntN(3) == 0 {
			return nil
		}
		c := map[string]any{"name": name(), "passports": nil, "addresses": some(2, func(int) map[string]any { return map[string]any{"town": name()} })}
		if random.IntN(2) == 0 {
			c["passports"] = map[string]any{"number": name()}
		}
		return c
	}
	order := func(int) map[string]any {
		return map[string]any{
			"note": name(), "buyer": customer(), "payer": customer(),
			"labels": some(3, func(int) map[string]any { return map[string]any{"name": name()} }),
			"lines": some(4, func(i int) map[string]any {
				return map[string]any{"place": i, "amount": 1 + random.IntN(9), "products": map[string]any{"sku": name()},
					"line_notes": some(3, func(int) map[string]any { return map[string]any{"said": name()} })}
			}),
		}
	}
	const customers = "(name,passports(number),addresses(town))"
	const target = "/orders?select=note,buyer:customers!customer_id" + customers + ",payer:customers!payer_id" + customers +
		",labels(name),lines(place,amount,products(sku),line_notes(said))&labels.order=name&lines.order=place&lines.line_notes.order=said&buyer.addresses.order=town&payer.addresses.order=town"
	for range 40 {
		sent, err := json.Marshal(some(12, order))
		require.NoError(t, err)
		response := answer(api, write{target: target, prefer: representation, send: headers{"Content-Type": nestedType}, payload: string(sent)}.request(t))
		require.Equal(t, http.StatusCreated, response.Code, "%s: %s", sent, response.Body)
		require.JSONEq(t, string(sent), response.Body.String())
	}
}

// sitesOfTenants has foreign keys that share a column.
const sitesOfTenants = `
	CREATE TABLE archive.sites (tenant int, id int, name text, PRIMARY KEY (tenant, id));
	CREATE TABLE archive.goods (tenant bigint, id int, name text, PRIMARY KEY (tenant, id));
	CREATE TABLE archive.stocks (key serial PRIMARY KEY, tenant int DEFAULT 8, site int, good int, name text,
		FOREIGN KEY (tenant, site) REFERENCES archive.sites, FOREIGN KEY (tenant, good) REFERENCES archive.goods);
	CREATE TABLE archive.offers (tenant int, site int, good int, PRIMARY KEY (tenant, site, good),
		FOREIGN KEY (tenant, site) REFERENCES archive.sites, FOREIGN KEY (tenant, good) REFERENCES archive.goods);
	CREATE TABLE archive.ledgers (id int PRIMARY KEY);
	CREATE TABLE archive.books (id int PRIMARY KEY);
	CREATE TABLE archive.pages (id serial PRIMARY KEY, both_id int REFERENCES archive.ledgers REFERENCES archive.books);
	INSERT INTO archive.sites VALUES (1, 5, 'of others');
	INSERT INTO archive.goods VALUES (1, 5, 'of others');
	GRANT ALL ON archive.sites, archive.goods, archive.stocks, archive.offers, archive.ledgers, archive.books, archive.pages TO pgrest_test_curator;
	GRANT USAGE ON ALL SEQUENCES IN SCHEMA archive TO pgrest_test_curator`

// A row refers to the rows around it and within it, and to no others that have a part of their
// keys: where several keys fill in the same column, or the body has a part of one, they are equal.
func TestNested_shared_columns(t *testing.T) {
	t.Parallel()
	const hint = "What a key fills in can be left out."
	disagrees := func(pointer string) string {
		return `{"code":"PGRST102","details":{"pointer":"` + pointer + `","details":null},"hint":"` + hint + `","message":"The object has another key than the rows around it or within it"}`
	}
	api := serveClone(t, sitesOfTenants, rollingBack)
	for _, missing := range []string{"", "missing=default, "} {
		var writes []write
		add := func(name, target, payload string, status int, body string) {
			writes = append(writes, nest(write{name: missing + name, target: target, prefer: missing + representation, payload: payload, status: status, body: body})...)
		}
		add("part_of_the_key_around", "/sites", `{"tenant": 3, "id": 5, "stocks": [{"tenant": 1, "name": "x"}]}`, 400, disagrees("/stocks/0"))
		add("part_of_the_key_within", "/stocks", `{"tenant": 1, "sites": {"tenant": 3, "id": 5}}`, 400, disagrees(""))
		add("same_part_of_the_key_around", "/sites?select=id,stocks(tenant,site)", `{"tenant": 3, "id": 5, "stocks": [{"tenant": 3, "name": "x"}]}`, 201,
			`[{"id": 5, "stocks": [{"tenant": 3, "site": 5}]}]`)
		add("same_part_of_the_key_within", "/stocks?select=tenant,site,good", `[{"tenant": 3, "sites": {"tenant": 3, "id": 5}, "good": null}, {"tenant": 1, "good": 5}]`, 201,
			`[{"tenant": 3, "site": 5, "good": null}, {"tenant": 1, "site": null, "good": 5}]`)
		add("two_within", "/stocks", `{"sites": {"tenant": 1, "id": 6}, "goods": {"tenant": 3, "id": 5}}`, 400, disagrees(""))
		add("around_and_within", "/sites", `{"tenant": 1, "id": 6, "stocks": [{"goods": {"tenant": 3, "id": 5}}]}`, 400, disagrees("/stocks/0"))
		add("of_a_junction", "/sites", `{"tenant": 1, "id": 6, "goods": [{"tenant": 3, "id": 5}]}`, 400, disagrees("/goods/0"))
		add("same_two_within", "/stocks?select=tenant,site,good", `[{"sites": {"tenant": 3, "id": 6}, "goods": {"tenant": 3, "id": 7}}, {"sites": {"tenant": 4, "id": 6}}, {"goods": {"tenant": 5, "id": 7}}]`, 201,
			`[{"tenant": 3, "site": 6, "good": 7}, {"tenant": 4, "site": 6, "good": null}, {"tenant": 5, "site": null, "good": 7}]`)
		add("same_around_and_within", "/sites?select=id,stocks(tenant,good)", `{"tenant": 3, "id": 6, "stocks": [{"goods": {"tenant": 3, "id": 5}}]}`, 201, `[{"id": 6, "stocks": [{"tenant": 3, "good": 5}]}]`)
		add("same_of_a_junction", "/sites?select=id,goods(id)", `{"tenant": 3, "id": 6, "goods": [{"tenant": 3, "id": 5}]}`, 201, `[{"id": 6, "goods": [{"id": 5}]}]`)
		add("same_whole_key", "/ledgers?select=id,pages(both_id)", `{"id": 4, "pages": [{"books": {"id": 4}}]}`, 201, `[{"id": 4, "pages": [{"both_id": 4}]}]`)
		add("another_whole_key", "/ledgers", `{"id": 4, "pages": [{"books": {"id": 5}}]}`, 400, disagrees("/pages/0"))
		none := map[string]string{"": "null", "missing=default, ": "8"}[missing]
		add("neither_within", "/stocks?select=tenant,site", `[{"name": "x", "tenant": null}, {"sites": {"tenant": 3, "id": 6}, "name": "y"}, {"sites": null, "name": "z"}]`, 201,
			`[{"tenant": null, "site": null}, {"tenant": 3, "site": 6}, {"tenant": `+none+`, "site": null}]`)
		runInTurn(t, api, writes...)
	}
}

// A member whose name is empty isn't an embed without an alias.
func TestNested_empty_name(t *testing.T) {
	t.Parallel()
	runInTurn(t, serveClone(t, shop, rollingBack), nest(
		write{name: "empty", target: "/orders?select=note,lines(place)", prefer: representation, payload: `{"": [{"place": 1, "sku": "p"}]}`, status: 400,
			body: `{"code":"PGRST204","details":{"pointer":"/","details":null},"hint":null,"message":"Could not find the '' column of 'orders' in the schema cache"}`},
	)...)
}

// Keys of types that have a cast to JSON of their own are the same in all levels.
func TestNested_keys_that_cast_to_JSON(t *testing.T) {
	t.Parallel()
	runInTurn(t, serveClone(t, `
		CREATE TYPE archive.mood AS ENUM ('sad', 'calm');
		CREATE FUNCTION archive.mood_object(archive.mood) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT json_build_object('mood', $1::text) $$;
		CREATE CAST (archive.mood AS json) WITH FUNCTION archive.mood_object(archive.mood);
		CREATE TYPE archive.span AS (low int, high int);
		CREATE DOMAIN archive.document AS jsonb;
		CREATE TABLE archive.moods (mood archive.mood, many archive.mood[], span archive.span, document archive.document, PRIMARY KEY (mood, many, span, document));
		CREATE TABLE archive.days (id serial PRIMARY KEY, mood archive.mood, many archive.mood[], span archive.span, document archive.document, at text,
			FOREIGN KEY (mood, many, span, document) REFERENCES archive.moods);
		GRANT ALL ON archive.moods, archive.days TO pgrest_test_curator;
		GRANT USAGE ON SEQUENCE archive.days_id_seq TO pgrest_test_curator`, rollingBack), nest(
		write{name: "around", target: "/moods?select=days(at,mood,many,span,document)", prefer: representation,
			payload: `{"mood": "sad", "many": ["sad", "calm"], "span": {"low": 1, "high": 2}, "document": {"a": [1]}, "days": [{"at": "dawn"}, {"at": "dusk"}]}`,
			body: `[{"days": [{"at": "dawn", "mood": {"mood": "sad"}, "many": [{"mood": "sad"}, {"mood": "calm"}], "span": {"low": 1, "high": 2}, "document": {"a": [1]}},
				{"at": "dusk", "mood": {"mood": "sad"}, "many": [{"mood": "sad"}, {"mood": "calm"}], "span": {"low": 1, "high": 2}, "document": {"a": [1]}}]}]`},
	)...)
}

// No relation and no column has a name that a statement has for what is its own.
func TestNested_names(t *testing.T) {
	t.Parallel()
	additions := oddNames + `;
		CREATE TABLE archive."pgrst keys 0" (id int PRIMARY KEY, film int REFERENCES archive.films, name text, "pgrst within 1" text, "pgrst around" text, place int, keys int, value int);
		CREATE TABLE archive.keys (id int PRIMARY KEY, film int REFERENCES archive.films, name text);
		GRANT ALL ON archive."pgrst keys 0", archive.keys TO pgrest_test_curator`
	for name, change := range map[string]option{"alone": func(*pgrest.Options) {}, "with_hooks_and_decisions": adding} {
		api := serveClone(t, additions, rollingBack, change)
		var writes []write
		for _, relation := range []string{"pgrst body", "pgrst element", "pgrst result", "pgrst old", "pgrst check", "excluded", "old", "new", "rows", "page", "written", "total", "row", "pgrst keys 0", "keys"} {
			at := url.PathEscape(relation)
			for _, prefer := range []string{"missing=default, ", ""} {
				writes = append(writes, nest(
					write{name: name + prefer + relation, target: "/" + at + "?select=id,name,films(id,title,year)", prefer: prefer + representation,
						payload: `[{"id": 3, "name": "a", "films": {"id": 90, "title": "x", "year": 1930}}, {"id": 4, "name": "b", "films": {"id": 91, "title": "y", "year": 1930}}]`,
						body:    `[{"id": 3, "name": "a", "films": {"id": 90, "title": "x", "year": 1930}}, {"id": 4, "name": "b", "films": {"id": 91, "title": "y", "year": 1930}}]`},
					write{name: name + prefer + relation + "_within", target: "/films?select=id," + at + "(id,name)&" + at + ".order=id", prefer: prefer + representation,
						payload: `[{"id": 90, "title": "x", "year": 1930, "` + relation + `": [{"id": 3, "name": "a"}, {"id": 4, "name": "b"}]}]`,
						body:    `[{"id": 90, "` + relation + `": [{"id": 3, "name": "a"}, {"id": 4, "name": "b"}]}]`},
					write{name: name + prefer + relation + "_for_its_key", target: "/" + at, prefer: prefer + "return=headers-only",
						payload: `{"id": 3, "name": "a", "films": {"id": 90, "title": "x", "year": 1930}}`, want: headers{"Location": "/" + at + "?id=eq.3"}},
				)...)
			}
		}
		runInTurn(t, api, append(writes, nest(
			write{name: name + "columns", target: "/oddities?select=id,pgrst%20place,pgrst%20element,pgrst%20body,films(id)", prefer: "missing=default, " + representation,
				payload: `[{"id": 3, "pgrst place": "x", "films": {"id": 90, "title": "x", "year": 1930}}, {"id": 4, "pgrst body": "y", "film": 1}]`,
				body:    `[{"id": 3, "pgrst place": "x", "pgrst element": "e", "pgrst body": "b", "films": {"id": 90}}, {"id": 4, "pgrst place": "p", "pgrst element": "e", "pgrst body": "y", "films": {"id": 1}}]`},
			write{name: name + "more_columns", target: "/films?select=id,pgrst%20keys%200(*)", prefer: representation,
				payload: `{"id": 90, "title": "x", "year": 1930, "pgrst keys 0": [{"id": 3, "pgrst within 1": "w", "pgrst around": "a", "place": 7, "keys": 8, "value": 9}]}`,
				body:    `[{"id": 90, "pgrst keys 0": [{"id": 3, "film": 90, "name": null, "pgrst within 1": "w", "pgrst around": "a", "place": 7, "keys": 8, "value": 9}]}]`},
		)...)...)
	}
}

// Triggers that take the connection's prepared statements away cost nothing but another try.
func TestNested_forgotten(t *testing.T) {
	t.Parallel()
	for _, relation := range []string{"customers", "orders", "lines", "order_labels"} {
		api := serveClone(t, shop+`;
			CREATE FUNCTION private.forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DEALLOCATE ALL; RETURN NULL; END $$;
			CREATE TRIGGER forget AFTER INSERT ON archive.`+relation+` FOR EACH STATEMENT EXECUTE FUNCTION private.forget()`, rollingBack)
		for range 2 {
			for _, prefer := range []string{"return=minimal", "return=headers-only", representation} {
				w := write{target: "/orders?select=note,lines(place)", prefer: prefer, send: headers{"Content-Type": nestedType},
					payload: `{"note": "a", "customers!customer_id": {"name": "Ada"}, "lines": [{"place": 1, "sku": "p"}], "labels": [{"name": "x"}]}`}
				response := answer(api, w.request(t))
				require.Equal(t, http.StatusCreated, response.Code, "%s %s: %s", relation, prefer, response.Body)
			}
		}
	}
}
