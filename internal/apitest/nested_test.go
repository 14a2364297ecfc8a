package apitest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

const nestedType = "application/vnd.pgrst.nested+json"

const shop = `
	CREATE TABLE archive.customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE CHECK (name <> 'nobody'), tier text DEFAULT 'new');
	CREATE TABLE archive.addresses (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES archive.customers, town varchar(9) NOT NULL);
	CREATE TABLE archive.passports (customer_id int PRIMARY KEY REFERENCES archive.customers, number text);
	CREATE TABLE archive.products (sku text PRIMARY KEY, price numeric(8,2));
	INSERT INTO archive.products VALUES ('p', 1.5), ('q', 2);
	CREATE TABLE archive.orders (
		id serial PRIMARY KEY, customer_id int REFERENCES archive.customers, payer_id int CONSTRAINT orders_payer REFERENCES archive.customers,
		note text DEFAULT 'none', meta json, total int NOT NULL DEFAULT 0);
	CREATE TABLE archive.lines (
		order_id int REFERENCES archive.orders, place int, sku text NOT NULL CONSTRAINT lines_product REFERENCES archive.products, amount int CHECK (amount > 0),
		PRIMARY KEY (order_id, place));
	CREATE TABLE archive.line_notes (order_id int, place int, said text, FOREIGN KEY (order_id, place) REFERENCES archive.lines);
	CREATE TABLE archive.labels (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL UNIQUE);
	CREATE TABLE archive.order_labels (order_id int REFERENCES archive.orders, label_id uuid REFERENCES archive.labels, PRIMARY KEY (order_id, label_id));
	CREATE TABLE archive.folders (id serial PRIMARY KEY, name text, parent_id int REFERENCES archive.folders);
	CREATE FUNCTION private.add_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
		UPDATE archive.orders SET total = total + coalesce(NEW.amount, 0) WHERE id = NEW.order_id; RETURN NEW; END $$;
	CREATE TRIGGER add_up AFTER INSERT ON archive.lines FOR EACH ROW EXECUTE FUNCTION private.add_up();
	CREATE VIEW archive.order_view AS SELECT id, note AS remark, customer_id FROM archive.orders;
	GRANT ALL ON archive.customers, archive.addresses, archive.passports, archive.products, archive.orders, archive.lines, archive.line_notes, archive.labels,
		archive.order_labels, archive.folders, archive.order_view TO pgrest_test_curator;
	GRANT USAGE ON ALL SEQUENCES IN SCHEMA archive TO pgrest_test_curator`

// nest makes a write one of rows within rows.
func nest(writes ...write) []write {
	for i := range writes {
		send := headers{"Content-Type": nestedType}
		for name, value := range writes[i].send {
			send[name] = value
		}
		writes[i].send = send
		if writes[i].status == 0 {
			writes[i].status = http.StatusCreated
		}
	}
	return writes
}

// A POST with rows within rows inserts them all: those that a row refers to before it, and those
// that refer to it behind it.
func TestNested(t *testing.T) {
	t.Parallel()
	const shown = "return=representation"
	runInTurn(t, serveClone(t, shop, rollingBack), nest(
		write{name: "to_many", target: "/orders?select=note,total,lines(place,sku,amount)&lines.order=place", prefer: shown,
			payload: `{"note": "a", "lines": [{"place": 1, "sku": "p", "amount": 2}, {"place": 2, "sku": "q", "amount": 3}]}`,
			body:    `[{"note": "a", "total": 5, "lines": [{"place": 1, "sku": "p", "amount": 2}, {"place": 2, "sku": "q", "amount": 3}]}]`},
		write{name: "to_one", target: "/addresses?select=town,customers(name,tier)", prefer: shown, payload: `{"town": "Oslo", "customers": {"name": "Ada"}}`,
			body: `[{"town": "Oslo", "customers": {"name": "Ada", "tier": "new"}}]`},
		write{name: "one_to_one", target: "/customers?select=name,passports(number)", prefer: shown, payload: `{"name": "Ada", "passports": {"number": "x"}}`,
			body: `[{"name": "Ada", "passports": {"number": "x"}}]`},
		write{name: "one_to_one_inversely", target: "/passports?select=number,customers(name)", prefer: shown, payload: `{"number": "x", "customers": {"name": "Ada"}}`,
			body: `[{"number": "x", "customers": {"name": "Ada"}}]`},
		write{name: "many_to_many", target: "/orders?select=note,labels(name)&labels.order=name", prefer: shown,
			payload: `[{"note": "a", "labels": [{"name": "x"}, {"name": "y"}]}, {"note": "b", "labels": []}, {"note": "c", "labels": [{"name": "z"}]}]`,
			body:    `[{"note": "a", "labels": [{"name": "x"}, {"name": "y"}]}, {"note": "b", "labels": []}, {"note": "c", "labels": [{"name": "z"}]}]`},
		write{name: "four_levels", target: "/customers?select=name,addresses(town),orders!orders_customer_id_fkey(note,lines(sku,line_notes(said)))", prefer: shown,
			payload: `[{"name": "Ada", "addresses": [{"town": "Oslo"}], "orders!customer_id": [{"note": "a", "lines": [{"place": 7, "sku": "p", "line_notes": [{"said": "hm"}]}]}]},
				{"name": "Bo", "addresses": [{"town": "Rome"}, {"town": "Pisa"}], "orders!customer_id": null}]`,
			body: `[{"name": "Ada", "addresses": [{"town": "Oslo"}], "orders": [{"note": "a", "lines": [{"sku": "p", "line_notes": [{"said": "hm"}]}]}]},
				{"name": "Bo", "addresses": [{"town": "Rome"}, {"town": "Pisa"}], "orders": []}]`},
		write{name: "products_of_lines", target: "/orders?select=lines(amount,products(price))&lines.order=place", prefer: shown,
			payload: `{"lines": [{"place": 1, "amount": 1, "products": {"sku": "new", "price": 7}}, {"place": 2, "amount": 1, "products": null, "sku": "q"}]}`,
			body:    `[{"lines": [{"amount": 1, "products": {"price": 7.00}}, {"amount": 1, "products": {"price": 2.00}}]}]`},
		write{name: "own_relation", target: "/folders?select=name,folders(name)", prefer: shown,
			payload: `{"name": "a", "folders": [{"name": "b", "folders": [{"name": "c"}]}, {"name": "d", "folders": []}]}`,
			body:    `[{"name": "a", "folders": [{"name": "b"}, {"name": "d"}]}]`},
		write{name: "parent_of_own_relation", target: "/folders?select=name,up:parent_id(name,up:parent_id(name))", prefer: shown,
			payload: `{"name": "c", "up": {"name": "b", "up": {"name": "a"}}}`, body: `[{"name": "c", "up": {"name": "b", "up": {"name": "a"}}}]`},
		write{name: "alias_of_select", target: "/orders?select=note,buyer:customers!customer_id(name),payer:customers!payer_id(name)", prefer: shown,
			payload: `{"note": "a", "buyer": {"name": "Ada"}, "payer": {"name": "Bo"}}`,
			body:    `[{"note": "a", "buyer": {"name": "Ada"}, "payer": {"name": "Bo"}}]`},
		write{name: "embeds_of_one_name", target: "/orders?select=c:customers!customer_id(a:name),c:customers!customer_id(buys:orders!customer_id(note))", prefer: shown,
			payload: `{"note": "a", "c": {"name": "Ada", "buys": [{"note": "b"}]}}`,
			body:    `[{"c": {"a": "Ada"}, "c": {"buys": [{"note": "b"}, {"note": "a"}]}}]`},
		write{name: "hints", target: "/orders?select=customers!orders_payer(name)", prefer: shown,
			payload: `{"customers!customer_id": {"name": "Ada"}, "someone:customers!orders_payer": {"name": "Bo"}}`, body: `[{"customers": {"name": "Bo"}}]`},
		write{name: "minimal", target: "/orders", prefer: "count=exact", payload: `[{"lines": [{"place": 1, "sku": "p"}]}, {"lines": []}]`,
			want: headers{"Content-Range": "*/2", "Location": ""}},
		write{name: "column_of_JSON", target: "/orders?select=note,meta", prefer: shown, payload: `{"note": "a", "meta": {"lines": [{"x": 1}]}}`, body: `[{"note": "a", "meta": {"lines": [{"x": 1}]}}]`},
		write{name: "nothing_within", target: "/orders?select=note,lines(sku)", prefer: shown, payload: `[{"note": "a", "lines": null}, {"note": "b", "lines": []}]`,
			body: `[{"note": "a", "lines": []}, {"note": "b", "lines": []}]`},
		write{name: "nothing", target: "/orders", prefer: shown, payload: `[]`, body: `[]`},
		write{name: "empty_objects", target: "/orders?select=note,customers!customer_id(name)", prefer: shown, payload: `[{}, {"customers!customer_id": {"name": "Ada"}}, {}]`,
			body: `[{"note": "none", "customers": null}, {"note": "none", "customers": {"name": "Ada"}}, {"note": "none", "customers": null}]`},
		write{name: "view", target: "/order_view?select=remark,customers(name),lines(sku)", prefer: shown,
			payload: `{"remark": "x", "customers": {"name": "Ada"}, "lines": [{"place": 1, "sku": "p"}]}`, body: `[{"remark": "x", "customers": {"name": "Ada"}, "lines": [{"sku": "p"}]}]`},
	)...)
}

// Without it, and where it isn't for, the body is of a type that nobody knows.
func TestNested_refused(t *testing.T) {
	t.Parallel()
	refused := fault("PGRST102", "Content-Type not acceptable: "+nestedType, "", "")
	requests := func() []write {
		return nest(
			write{name: "patch", method: http.MethodPatch, target: "/orders?id=eq.1", payload: `{"note": "x"}`, status: 400, body: refused},
			write{name: "put", method: http.MethodPut, target: "/orders?id=eq.1", payload: `{"id": 1}`, status: 400, body: refused},
			write{name: "call", target: "/rpc/add", payload: `{"a": 1, "b": 2}`, status: 400, body: refused},
		)
	}
	runInTurn(t, serveClone(t, shop, rollingBack), requests()...)
	runInTurn(t, serveClone(t, shop, rollingBack, func(o *pgrest.Options) { o.Without = []pgrest.Extension{pgrest.NestedInserts} }), append(requests(), nest(
		write{name: "switched_off", target: "/orders", payload: `{"lines": [{"place": 1, "sku": "p"}]}`, status: 400, body: refused},
	)...)...)
	// Of a plain insert, brackets in columns mean what they mean to the reference: nothing.
	runInTurn(t, serveClone(t, shop, rollingBack), write{name: "brackets_of_a_plain_insert", target: "/orders?columns=note(total),b&select=note,total", prefer: representation,
		payload: `{"note": "x", "total": 9}`, body: `[{"note": "x", "total": 0}]`})
}

// located is the body of an error that says where in the body it is.
func located(code, message, pointer, details, hint string) string {
	orNull := func(s string) string {
		if s == "" {
			return "null"
		}
		return quote(s)
	}
	where := `{"pointer": ` + quote(pointer) + `, "details": ` + orNull(details) + `}`
	if level, ok := strings.CutPrefix(pointer, "level "); ok {
		where = `{"level": ` + quote(level) + `, "details": ` + orNull(details) + `}`
	}
	return `{"code": ` + quote(code) + `, "details": ` + where + `, "hint": ` + orNull(hint) + `, "message": ` + quote(message) + `}`
}

// What is wrong with a body is told with the JSON Pointer of the object that it is about, and
// nothing is inserted.
func TestNested_errors(t *testing.T) {
	t.Parallel()
	const missing = "Prefer: missing=default gives columns that are missing their defaults."
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), shop+`;
		CREATE FUNCTION private.swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'gone' THEN RETURN NULL; END IF; RETURN NEW; END $$;
		CREATE TRIGGER swallow BEFORE INSERT ON archive.customers FOR EACH ROW EXECUTE FUNCTION private.swallow();
		CREATE TABLE archive.stations (order_id int REFERENCES archive.orders, label_id uuid REFERENCES archive.labels, since date NOT NULL, PRIMARY KEY (order_id, label_id));
		CREATE TABLE archive.keyless (name text, order_id int REFERENCES archive.orders);
		CREATE FUNCTION archive.latest_lines(archive.orders) RETURNS SETOF archive.lines STABLE LANGUAGE sql AS 'SELECT * FROM archive.lines';
		GRANT ALL ON archive.stations, archive.keyless TO pgrest_test_curator`)
	require.NoError(t, err)
	api := open(t, db.Pool(t), func(o *pgrest.Options) { o.Plans = true })
	before := count(t, db.Superuser(t), everything)
	for _, tt := range []struct {
		name, target, payload string
		status                int
		body                  string
	}{
		{"no_JSON", "/orders", `{"lines": [}`, 400, fault("PGRST102", "Empty or invalid json", "", "")},
		{"no_JSON_behind", "/orders", `{"lines": []} {}`, 400, fault("PGRST102", "Empty or invalid json", "", "")},
		{"no_text", "/orders", "{\"note\": \"\xff\"}", 400, fault("PGRST102", "Empty or invalid json", "", "")},
		{"empty", "/orders", ``, 400, fault("PGRST102", "Empty or invalid json", "", "")},
		{"scalar", "/orders", `5`, 400, fault("PGRST102", "Rows with others within them are an object, or an array of objects", "", "")},
		{"scalar_in_array", "/orders", `[{}, 5]`, 400, located("PGRST102", "Rows with others within them are an object, or an array of objects", "/1", "", "")},
		{"object_for_many", "/orders", `[{}, {"lines": {"place": 1}}]`, 400, located("PGRST102", "'lines' wants an array of objects", "/1/lines", "", "")},
		{"scalar_for_many", "/orders", `{"lines": 5}`, 400, located("PGRST102", "'lines' wants an array of objects", "/lines", "", "")},
		{"scalar_among_many", "/orders", `{"lines": [{"place": 1}, null]}`, 400, located("PGRST102", "'lines' wants an array of objects", "/lines/1", "", "")},
		{"many_for_one", "/addresses", `{"town": "Oslo", "customers": [{"name": "Ada"}]}`, 400, located("PGRST102", "'customers' wants an object", "/customers", "", "")},
		{"twice", "/orders", `{"lines": [{"place": 1, "place": 2}]}`, 400, located("PGRST102", "The object has 'place' more than once", "/lines/0", "", "")},
		{"twice_in_other_letters", "/orders", `{"note": "a", "n\u006fte": "b"}`, 400, located("PGRST102", "The object has 'note' more than once", "", "", "")},
		{"keys_differ", "/orders", `[{"lines": [{"place": 1, "sku": "p"}]}, {"lines": [{"place": 2, "sku": "p"}, {"place": 3}]}]`, 400,
			located("PGRST102", "All object keys must match", "/1/lines/1", "The object has no 'sku', which others in its place have.", missing)},
		{"first_lacks_a_key", "/orders", `[{"lines": [{"place": 1}]}, {"lines": [{"place": 2, "sku": "p"}]}]`, 400,
			located("PGRST102", "All object keys must match", "/0/lines/0", "The object has no 'sku', which others in its place have.", missing)},
		{"no_such_member", "/orders", `{"lines": [{"place": 1, "colour/~": "red"}]}`, 400,
			located("PGRST204", "Could not find the 'colour/~' column of 'lines' in the schema cache", "/lines/0/colour~1~0", "", "")},
		{"misspelt_relation", "/orders", `[{}, {"liness": []}]`, 400,
			located("PGRST204", "Could not find the 'liness' column of 'orders' in the schema cache", "/1/liness", "", "Perhaps you meant 'lines' instead of 'liness'.")},
		{"no_such_hint", "/orders", `{"lines!nothing": []}`, 400,
			located("PGRST200", "Could not find a relationship between 'orders' and 'lines' in the schema cache", "/lines!nothing",
				"Searched for a foreign key relationship between 'orders' and 'lines' using the hint 'nothing' in the schema 'archive', but no matches were found.", "")},
		{"several_relationships", "/orders", `[{"customers": null}]`, 300, `PGRST201 /0/customers`},
		{"several_embeds", "/orders?select=customers!customer_id(name),customers!payer_id(name)", `{"customers": {"name": "Ada"}}`, 400,
			located("PGRST102", "The rows of 'customers' can't be inserted within others", "/customers", "There are several embeds of that name in select. A hint tells whose rows they are.", "")},
		{"join_type", "/orders", `{"lines!inner": []}`, 400, located("PGRST204", "Could not find the 'lines!inner' column of 'orders' in the schema cache", "/lines!inner", "", "Perhaps you meant 'lines' instead of 'lines!inner'.")},
		{"computed_relationship", "/orders", `{"latest_lines": []}`, 400,
			located("PGRST102", "The rows of 'latest_lines' can't be inserted within others", "/latest_lines", "The relationship is computed by a function.", "")},
		{"junction_with_more", "/orders", `{"labels!stations": [{"name": "x"}]}`, 400,
			located("PGRST102", "The rows of 'labels!stations' can't be inserted within others", "/labels!stations", "'stations', which joins them, wants a value for 'since'.", "")},
		{"filled_twice", "/orders", `{"lines": [{"order_id": 1, "place": 1, "sku": "p"}]}`, 400,
			located("PGRST102", "The object has 'order_id', which the object around it fills in", "/lines/0", "", "")},
		{"filled_twice_from_within", "/addresses", `[{"town": "Oslo", "customer_id": 5, "customers": {"name": "Ada"}}]`, 400,
			located("PGRST102", "The object has 'customer_id', which 'customers' fills in", "/0", "", "")},
		{"not_null", "/addresses", `[{"town": "Oslo", "customers": {"name": "Ada"}}, {"town": null, "customers": {"name": "Bo"}}]`, 400, `23502 /1`},
		{"not_null_within", "/orders", `[{"lines": [{"place": 1, "sku": "p"}]}, {"lines": [{"place": 2, "sku": "p"}, {"place": 3, "sku": null}]}]`, 400, `23502 /1/lines/1`},
		{"nothing_to_refer_to", "/addresses", `[{"town": "Oslo", "customers": {"name": "Ada"}}, {"town": "Rome"}]`, 400, `23502 /1`},
		{"wrong_value", "/orders", `{"lines": [{"place": 1, "sku": "p"}, {"place": "one", "sku": "p"}]}`, 400,
			located("22P02", `invalid input syntax for type integer: "one"`, "/lines/1", "", "")},
		{"wrong_key", "/orders", `{"lines": [{"place": 1, "sku": "p"}, {"place": 2, "sku": "z"}]}`, 409,
			located("23503", `insert or update on table "lines" violates foreign key constraint "lines_product"`, "/lines/1", `Key (sku)=(z) is not present in table "products".`, "")},
		{"key_that_is_there", "/orders", `{"lines": [{"place": 1, "products": {"sku": "new"}}, {"place": 2, "products": {"sku": "q"}}]}`, 409,
			located("23505", `duplicate key value violates unique constraint "products_pkey"`, "/lines/1/products", "Key (sku)=(q) already exists.", "")},
		{"key_of_two", "/orders", `[{"customers!customer_id": {"name": "Ada"}}, {"customers!customer_id": {"name": "Ada"}}]`, 409,
			located("23505", `duplicate key value violates unique constraint "customers_name_key"`, "/1/customers!customer_id", "Key (name)=(Ada) already exists.", "")},
		{"check", "/orders", `{"lines": [{"place": 1, "sku": "p", "amount": 1}, {"place": 2, "sku": "p", "amount": 0}]}`, 400, `23514 /lines/1`},
		{"check_of_two_alike", "/products", `[{"sku": "a", "lines": [{"place": 1, "amount": 0, "orders": {}}]}, {"sku": "b", "lines": [{"place": 1, "amount": 0, "orders": {}}]}]`, 400, `23514 level lines`},
		{"name_of_a_constraint_as_a_text", "/orders", `{"customers!customer_id": {"name": "nobody"}, "customers!payer_id": {"name": "customers_name_check"}}`, 400, `23514 /customers!customer_id`},
		{"check_of_one", "/orders", `{"lines": [{"place": 1, "sku": "p", "amount": 0}]}`, 400, `23514 /lines/0`},
		{"too_long", "/customers", `[{"name": "Ada", "addresses": [{"town": "Oslo"}, {"town": "Llanfairpwll"}]}]`, 400,
			located("22001", "value too long for type character varying(9)", "level addresses", "", "")},
		{"left_out_by_a_trigger", "/orders", `[{"customers!customer_id": {"name": "Ada"}}, {"customers!customer_id": {"name": "gone"}}]`, 409,
			located("23503", "A row that others refer to was not inserted, or has no key", "level customers!customer_id", "", "A trigger or a rule of the relation leaves it out.")},
		{"plan", "/orders", `PLAN {"lines": [{"place": 1, "sku": "p"}]}`, 400, fault("PGRST127", "Feature not implemented",
			"There is no execution plan of rows with others within them: they are inserted by several statements.", "")},
		{"resolution", "/orders", `MERGE {"lines": [{"place": 1, "sku": "p"}]}`, 400, fault("PGRST127", "Feature not implemented",
			"Rows with others within them are inserted: there is no resolution of duplicates.", "")},
		{"on_conflict", "/orders?on_conflict=id", `{"lines": []}`, 400, fault("PGRST127", "Feature not implemented",
			"Rows with others within them are inserted: there is no resolution of duplicates.", "")},
		{"no_key_to_read_by", "/keyless", `SHOW {"name": "x", "orders": {}}`, 400,
			fault("42P10", "'keyless' has no primary key by which rows could be read when those within them are there", "", "Prefer: return=minimal needs no key.")},
		{"no_such_column_in_columns", "/orders?columns=note,lines(plac)", `{"lines": [{"place": 1}]}`, 400,
			fault("PGRST204", "Could not find the 'plac' column of 'lines' in the schema cache", "", "")},
		{"columns_in_no_brackets", "/orders?columns=note,lines(place", `{}`, 400, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := write{target: tt.target, send: headers{"Content-Type": nestedType}, payload: tt.payload}
			for prefix, more := range map[string]func(){
				"PLAN ": func() { x.send["Accept"] = "application/vnd.pgrst.plan" }, "MERGE ": func() { x.prefer = "resolution=merge-duplicates" }, "SHOW ": func() { x.prefer = representation },
			} {
				if payload, ok := strings.CutPrefix(x.payload, prefix); ok {
					x.payload = payload
					more()
				}
			}
			response := answer(api, x.request(t))
			require.Equal(t, tt.status, response.Code, response.Body)
			switch {
			case tt.body == "":
			case tt.body[0] == '{':
				require.JSONEq(t, tt.body, response.Body.String())
			default: // details of PostgreSQL's have keys that nobody knows
				code, where, _ := strings.Cut(tt.body, " ")
				var e struct {
					Code    string
					Details any
				}
				require.NoError(t, json.Unmarshal(response.Body.Bytes(), &e), response.Body)
				require.Equal(t, code, e.Code)
				at, _ := e.Details.(map[string]any)
				if level, ok := strings.CutPrefix(where, "level "); ok {
					require.Equal(t, level, at["level"], response.Body)
				} else if where != "" {
					require.Equal(t, where, at["pointer"], response.Body)
				} else {
					require.Nil(t, at, response.Body)
				}
			}
			require.Equal(t, before, count(t, db.Superuser(t), everything))
		})
	}
}

// everything counts the rows of all relations of the shop.
const everything = `SELECT (SELECT count(*) FROM archive.customers) + (SELECT count(*) FROM archive.addresses) + (SELECT count(*) FROM archive.orders) +
	(SELECT count(*) FROM archive.lines) + (SELECT count(*) FROM archive.products) + (SELECT count(*) FROM archive.labels) + (SELECT count(*) FROM archive.order_labels)`

// columns= says by level which columns and which rows of the body count, and missing=default what
// becomes of the columns that an object lacks.
func TestNested_columns(t *testing.T) {
	t.Parallel()
	const shown = "return=representation"
	const selected = "select=note,total,lines(place,sku,amount),labels(name)&lines.order=place"
	const body = `[{"note": "a", "total": 5, "x": {}, "lines": [{"place": 1, "sku": "p", "amount": 2, "y": 1}, {"sku": "q", "place": 2}], "labels": [{"name": "l"}]}]`
	runInTurn(t, serveClone(t, shop, rollingBack), nest(
		write{name: "of_all_levels", target: "/orders?columns=note,lines(place,sku)&" + selected, prefer: shown, payload: body,
			body: `[{"note": "a", "total": 0, "lines": [{"place": 1, "sku": "p", "amount": null}, {"place": 2, "sku": "q", "amount": null}], "labels": []}]`},
		write{name: "of_the_first_level", target: "/orders?columns=total,labels&" + selected, prefer: shown, payload: body,
			body: `[{"note": "none", "total": 5, "lines": [], "labels": [{"name": "l"}]}]`},
		write{name: "missing_is_null", target: "/orders?columns=note,meta&select=note", prefer: shown, payload: `[{"note": "a"}, {}]`, body: `[{"note": "a"}, {"note": null}]`},
		write{name: "missing_has_its_default", target: "/orders?columns=note,total,lines(sku,place,amount)&" + selected, prefer: "missing=default, " + shown,
			payload: `[{"lines": [{"place": 1, "sku": "p"}]}, {"note": "b", "total": 7}]`,
			body:    `[{"note": "none", "total": 0, "lines": [{"place": 1, "sku": "p", "amount": null}], "labels": []}, {"note": "b", "total": 7, "lines": [], "labels": []}]`},
		write{name: "objects_that_differ", target: "/orders?select=note,customers!customer_id(name,tier),lines(place,amount)", prefer: "missing=default, " + shown,
			payload: `[{"note": "a", "customers!customer_id": {"name": "Ada", "tier": "old"}}, {"lines": [{"place": 1, "sku": "p", "amount": 1}, {"sku": "q", "place": 2}]},
				{"customers!customer_id": {"name": "Bo"}}]`,
			body: `[{"note": "a", "customers": {"name": "Ada", "tier": "old"}, "lines": []}, {"note": "none", "customers": null, "lines": [{"place": 1, "amount": 1}, {"place": 2, "amount": null}]},
				{"note": "none", "customers": {"name": "Bo", "tier": "new"}, "lines": []}]`},
		write{name: "key_or_row", target: "/lines?select=sku,products(price)", prefer: shown,
			payload: `[{"place": 1, "sku": "q", "orders": {}}, {"place": 2, "products": {"sku": "n", "price": 3}, "orders": {}}]`,
			body:    `[{"sku": "q", "products": {"price": 2.00}}, {"sku": "n", "products": {"price": 3.00}}]`},
		write{name: "key_or_row_with_defaults", target: "/lines?select=sku,products(price)", prefer: "missing=default, " + shown,
			payload: `[{"place": 1, "sku": "q", "orders": {}}, {"place": 2, "products": {"sku": "n", "price": 3}, "orders": {}}]`,
			body:    `[{"sku": "q", "products": {"price": 2.00}}, {"sku": "n", "products": {"price": 3.00}}]`},
	)...)
}
