package apitest_test

import (
	"net/http"
	"testing"

	"github.com/pgrest-go/pgrest"
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
		write{name: "brackets_mean_nothing", target: "/orders?columns=note(a),b", send: headers{}, payload: `{"note": "x"}`, status: 400, body: refused},
	)...)...)
}
