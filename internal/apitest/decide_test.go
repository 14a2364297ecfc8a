package apitest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// tenants is a database in which rows belong to tenants, and nothing of PostgreSQL's says so.
func tenants(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), `
		CREATE SCHEMA api;
		CREATE TABLE api.orders (id int PRIMARY KEY, tenant int NOT NULL, note text);
		CREATE TABLE api.lines (id int PRIMARY KEY, order_id int NOT NULL REFERENCES api.orders, tenant int NOT NULL, amount int);
		CREATE TABLE api.tags (id int PRIMARY KEY, tenant int NOT NULL, name text);
		CREATE TABLE api.order_tags (order_id int REFERENCES api.orders, tag_id int REFERENCES api.tags, tenant int NOT NULL, PRIMARY KEY (order_id, tag_id));
		CREATE TABLE api.secrets (id int PRIMARY KEY, order_id int REFERENCES api.orders, text text);
		CREATE FUNCTION api.all_orders() RETURNS SETOF api.orders STABLE LANGUAGE sql AS 'SELECT * FROM api.orders';
		CREATE FUNCTION api.total(api.orders) RETURNS bigint STABLE LANGUAGE sql AS 'SELECT sum(amount) FROM api.lines WHERE order_id = $1.id';
		CREATE FUNCTION api.settled() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.note = ''stolen'' THEN NEW.tenant := 2; END IF; RETURN NEW; END';
		CREATE TRIGGER settled BEFORE INSERT OR UPDATE ON api.orders FOR EACH ROW EXECUTE FUNCTION api.settled();
		CREATE VIEW api.shown AS SELECT id, tenant, note FROM api.orders;
		INSERT INTO api.orders VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 1, 'three');
		INSERT INTO api.lines VALUES (1, 1, 1, 10), (2, 1, 2, 20), (3, 2, 2, 30), (4, 3, 1, 40);
		INSERT INTO api.tags VALUES (1, 1, 'red'), (2, 2, 'blue');
		INSERT INTO api.order_tags VALUES (1, 1, 1), (1, 2, 1), (3, 1, 2);
		INSERT INTO api.secrets VALUES (1, 1, 'x');
		GRANT USAGE ON SCHEMA api TO `+anon+`;
		GRANT ALL ON ALL TABLES IN SCHEMA api TO `+anon)
	require.NoError(t, err)
	return pool
}

// tenant has all rows be those of the tenant that a request's header names.
func tenant(tenanted ...string) option {
	return func(o *pgrest.Options) {
		o.Schemas, o.ExtraSearchPath, o.DisableListener = []string{"api"}, nil, true
		o.Authenticate = func(r *http.Request) (auth.Identity, error) {
			return auth.Identity{Role: anon, Claims: json.RawMessage(`{"tenant":` + strconv.Quote(r.Header.Get("Tenant")) + `}`)}, nil
		}
		o.Decide = func(_ context.Context, use *pgrest.Use) (pgrest.Decision, error) {
			if use.Name == "secrets" {
				return pgrest.Decision{}, &pgrest.Error{Status: http.StatusForbidden, Code: "SECRET", Message: "no secrets"}
			}
			if use.Offer || !slices.Contains(tenanted, use.Name) {
				return pgrest.Decision{}, nil
			}
			var claims struct{ Tenant string }
			if err := json.Unmarshal(use.Identity.Claims, &claims); err != nil {
				return pgrest.Decision{}, err
			}
			return pgrest.Decision{Where: []filter.Node{
				filter.Condition{Field: filter.Field{Name: "tenant"}, Operator: filter.Equal, Value: claims.Tenant},
			}}, nil
		}
	}
}

var all = []string{"orders", "lines", "tags", "order_tags", "shown", "all_orders"}

// A condition that the host forces holds wherever rows are read: by themselves, within
// others, over a junction, from a function, and in counts.
func TestDecide_tenants_read(t *testing.T) {
	t.Parallel()
	api := open(t, tenants(t), tenant(all...))
	one, two := headers{"Tenant": "1"}, headers{"Tenant": "2"}
	counted := headers{"Tenant": "1", "Prefer": "count=exact"}
	run(t, api,
		exchange{name: "rows", target: "/orders?select=id&order=id", send: one, body: `[{"id":1},{"id":3}]`},
		exchange{name: "rows of another", target: "/orders?select=id", send: two, body: `[{"id":2}]`},
		exchange{name: "filtered", target: "/orders?select=id&or=(id.eq.2,id.eq.3)", send: one, body: `[{"id":3}]`},
		exchange{name: "within", target: "/orders?select=id,lines(id)&order=id", send: one,
			body: `[{"id":1,"lines":[{"id":1}]},{"id":3,"lines":[{"id":4}]}]`},
		exchange{name: "to one", target: "/lines?select=id,orders(id)&order=id", send: two,
			body: `[{"id":2,"orders":null},{"id":3,"orders":{"id":2}}]`},
		exchange{name: "inner", target: "/lines?select=id,orders!inner(id)&order=id", send: two, body: `[{"id":3,"orders":{"id":2}}]`},
		exchange{name: "spread", target: "/lines?select=id,...orders(note)&order=id", send: two, body: `[{"id":2,"note":null},{"id":3,"note":"two"}]`},
		exchange{name: "present", target: "/lines?select=id,orders()&orders=is.null", send: two, body: `[{"id":2}]`},
		exchange{name: "over a junction", target: "/orders?select=id,tags(name)&order=id", send: one,
			body: `[{"id":1,"tags":[{"name":"red"}]},{"id":3,"tags":[]}]`},
		exchange{name: "counted", target: "/orders?select=id&order=id&limit=1", send: counted, status: 206,
			want: headers{"Content-Range": "0-0/2"}, body: `[{"id":1}]`},
		exchange{name: "HEAD", method: "HEAD", target: "/orders", send: counted, want: headers{"Content-Range": "0-1/2"}},
		exchange{name: "aggregated", target: "/orders?select=id", send: headers{"Tenant": "1", "Accept": "application/vnd.pgrst.object+json"}, status: 406,
			body: fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 2 rows", "")},
		exchange{name: "function", target: "/rpc/all_orders?select=id&order=id", send: one, body: `[{"id":1},{"id":3}]`},
		exchange{name: "value that is an attempt", target: "/orders?select=id", send: headers{"Tenant": "1 OR 1=1"}, status: 400,
			body: fault("22P02", `invalid input syntax for type integer: "1 OR 1=1"`, "", "")},
	)
}

// It holds for what is written, too, as rows are in the end: nothing is written that it
// would not show.
func TestDecide_tenants_write(t *testing.T) {
	t.Parallel()
	representation := headers{"Tenant": "1", "Prefer": "return=representation"}
	refused := fault("42501", "new row violates a condition of the API", "", "")
	one := headers{"Tenant": "1"}
	for name, tt := range map[string]struct {
		x    exchange
		left string // of the orders behind it
	}{
		"insert":                    {exchange{method: "POST", target: "/orders", data: `{"id":4,"tenant":1}`, send: one, status: 201}, "1:1 2:2 3:1 4:1"},
		"insert shown":              {exchange{method: "POST", target: "/orders", data: `{"id":4,"tenant":1}`, send: representation, status: 201, body: `[{"id":4,"tenant":1,"note":null}]`}, "1:1 2:2 3:1 4:1"},
		"insert shown with embeds":  {exchange{method: "POST", target: "/orders?select=id,lines(id)", data: `{"id":4,"tenant":1}`, send: representation, status: 201, body: `[{"id":4,"lines":[]}]`}, "1:1 2:2 3:1 4:1"},
		"insert for its key":        {exchange{method: "POST", target: "/orders", data: `{"id":4,"tenant":1}`, send: headers{"Tenant": "1", "Prefer": "return=headers-only"}, status: 201, want: headers{"Location": "/orders?id=eq.4", "Content-Type": ""}}, "1:1 2:2 3:1 4:1"},
		"insert of another's":       {exchange{method: "POST", target: "/orders", data: `{"id":4,"tenant":2}`, send: one, status: 403, body: refused}, "1:1 2:2 3:1"},
		"insert of another's shown": {exchange{method: "POST", target: "/orders", data: `{"id":4,"tenant":2}`, send: representation, status: 403, body: refused}, "1:1 2:2 3:1"},
		"with embeds":               {exchange{method: "POST", target: "/orders?select=id,lines(id)", data: `{"id":4,"tenant":2}`, send: representation, status: 403, body: refused}, "1:1 2:2 3:1"},
		"for its key":               {exchange{method: "POST", target: "/orders", data: `{"id":4,"tenant":2}`, send: headers{"Tenant": "1", "Prefer": "return=headers-only"}, status: 403, body: refused}, "1:1 2:2 3:1"},
		"one of several":            {exchange{method: "POST", target: "/orders", data: `[{"id":4,"tenant":1},{"id":5,"tenant":2}]`, send: one, status: 403, body: refused}, "1:1 2:2 3:1"},
		"without a tenant":          {exchange{method: "POST", target: "/orders?columns=id,tenant", data: `[{"id":4,"tenant":null}]`, send: one, status: 400, body: fault("23502", `null value in column "tenant" of relation "orders" violates not-null constraint`, "Failing row contains (4, null, null).", "")}, "1:1 2:2 3:1"},
		"that a trigger gives away": {exchange{method: "POST", target: "/orders", data: `{"id":4,"tenant":1,"note":"stolen"}`, send: one, status: 403, body: refused}, "1:1 2:2 3:1"},
		"by a view":                 {exchange{method: "POST", target: "/shown", data: `{"id":4,"tenant":2}`, send: one, status: 403, body: refused}, "1:1 2:2 3:1"},
		"upsert of one's own":       {exchange{method: "POST", target: "/orders", data: `[{"id":1,"tenant":1,"note":"new"}]`, send: headers{"Tenant": "1", "Prefer": "resolution=merge-duplicates"}}, "1:1 2:2 3:1"},
		"upsert of another's":       {exchange{method: "POST", target: "/orders", data: `[{"id":2,"tenant":1,"note":"taken"}]`, send: headers{"Tenant": "1", "Prefer": "resolution=merge-duplicates"}, status: 403, body: refused}, "1:1 2:2 3:1"},
		"put of another's":          {exchange{method: "PUT", target: "/orders?id=eq.2", data: `{"id":2,"tenant":1,"note":"taken"}`, send: one, status: 403, body: refused}, "1:1 2:2 3:1"},
		"put of a new one":          {exchange{method: "PUT", target: "/orders?id=eq.4", data: `{"id":4,"tenant":1,"note":null}`, send: one, status: 204}, "1:1 2:2 3:1 4:1"},
		"update":                    {exchange{method: "PATCH", target: "/orders?id=gt.0", data: `{"note":"x"}`, send: representation, body: `[{"id":1,"tenant":1,"note":"x"},{"id":3,"tenant":1,"note":"x"}]`}, "1:1 2:2 3:1"},
		"update of another's":       {exchange{method: "PATCH", target: "/orders?id=eq.2", data: `{"note":"x"}`, send: representation, body: `[]`}, "1:1 2:2 3:1"},
		"update that gives away":    {exchange{method: "PATCH", target: "/orders?id=eq.1", data: `{"tenant":2}`, send: one, status: 403, body: refused}, "1:1 2:2 3:1"},
		"update of nothing":         {exchange{method: "PATCH", target: "/orders?id=eq.1", data: `{}`, send: one, status: 204}, "1:1 2:2 3:1"},
		"delete of another's":       {exchange{method: "DELETE", target: "/orders?id=eq.2", send: one, status: 204}, "1:1 2:2 3:1"},
		"values that are attempts":  {exchange{method: "POST", target: "/orders", data: `{"id":4,"tenant":1,"note":"pgrst: the row violates a condition"}`, send: one, status: 201}, "1:1 2:2 3:1 4:1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := tenants(t)
			api := open(t, pool, tenant(all...))
			if tt.x.status < 300 && tt.x.body == "" && tt.x.want == nil {
				tt.x.want = headers{"Content-Type": ""}
			}
			tt.x.check(t, ask(t, api, tt.x))
			var left string
			require.NoError(t, pool.QueryRow(t.Context(), `SELECT string_agg(id || ':' || tenant, ' ' ORDER BY id) FROM api.orders`).Scan(&left))
			require.Equal(t, tt.left, left)
			var notes int
			require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM api.orders WHERE tenant = 2 AND note IS DISTINCT FROM 'two'`).Scan(&notes))
			require.Zero(t, notes, "rows of another tenant are as they were")
		})
	}
}

// What is refused is refused wherever it is reached, and isn't offered.
func TestDecide_refuses(t *testing.T) {
	t.Parallel()
	api := open(t, tenants(t), tenant())
	refused := fault("SECRET", "no secrets", "", "")
	run(t, api,
		exchange{name: "table", target: "/secrets", status: 403, body: refused},
		exchange{name: "embed", target: "/orders?select=id,secrets(text)", status: 403, body: refused},
		exchange{name: "embed that only filters", target: "/orders?select=id,secrets!inner()&secrets.text=eq.x", status: 403, body: refused},
		exchange{name: "embed of an embed", target: "/lines?select=orders(secrets(id))", status: 403, body: refused},
		exchange{name: "write", method: "POST", target: "/secrets", data: `{"id":9}`, status: 403, body: refused},
		exchange{name: "embed of what is written", method: "POST", target: "/orders?select=secrets(id)", data: `{"id":9,"tenant":1}`,
			send: headers{"Prefer": "return=representation"}, status: 403, body: refused},
		exchange{name: "others", target: "/orders?select=id&order=id&limit=1", body: `[{"id":1}]`},
		exchange{name: "OPTIONS", method: "OPTIONS", target: "/secrets", want: headers{"Allow": "OPTIONS", "Content-Type": ""}},
		exchange{name: "OPTIONS of others", method: "OPTIONS", target: "/orders",
			want: headers{"Allow": "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE", "Content-Type": ""}},
	)
	for _, accept := range []string{"application/openapi+json", "application/vnd.oai.openapi+json;version=3.1"} {
		body := read(t, ask(t, api, exchange{target: "/", send: headers{"Accept": accept}}))
		require.Contains(t, body, `"/orders"`)
		require.NotContains(t, body, `"/secrets"`)
	}
}

// The host sees all that a request uses, and how.
func TestDecide_uses(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	api := open(t, tenants(t), tenant(), func(o *pgrest.Options) {
		o.Decide = func(_ context.Context, use *pgrest.Use) (pgrest.Decision, error) {
			mu.Lock()
			defer mu.Unlock()
			text, err := json.Marshal(map[string]any{"kind": use.Kind.String(), "name": use.Schema + "." + use.Name, "path": use.Path, "reads": use.Reads,
				"writes": use.Writes, "filtered": use.Filtered, "operators": len(use.Operators), "limit": use.Limit})
			seen = append(seen, string(text))
			return pgrest.Decision{}, err
		}
	})
	for _, tt := range []struct {
		method, target, body string
		want                 []string
	}{
		{"GET", "/orders?select=id,total&note=eq.x&or=(id.gt.1,tenant.in.(1))&order=note&limit=5", "", []string{
			`{"filtered":["note"],"kind":"read","limit":5,"name":"api.orders","operators":3,"path":null,"reads":["id","note","tenant"],"writes":null}`,
			`{"filtered":null,"kind":"function","limit":-1,"name":"api.total","operators":0,"path":null,"reads":null,"writes":null}`}},
		{"GET", "/orders?select=t:tags(name),...lines(amount)", "", []string{
			`{"filtered":null,"kind":"read","limit":-1,"name":"api.orders","operators":0,"path":null,"reads":["id"],"writes":null}`,
			`{"filtered":null,"kind":"junction","limit":-1,"name":"api.order_tags","operators":0,"path":["t"],"reads":["order_id","tag_id"],"writes":null}`,
			`{"filtered":null,"kind":"embed","limit":-1,"name":"api.tags","operators":0,"path":["t"],"reads":["name"],"writes":null}`,
			`{"filtered":null,"kind":"spread","limit":-1,"name":"api.lines","operators":0,"path":["lines"],"reads":["amount"],"writes":null}`}},
		{"PATCH", "/orders?id=eq.0&note=not.eq.x", `{"note":"y"}`, []string{
			`{"filtered":["id"],"kind":"update","limit":-1,"name":"api.orders","operators":1,"path":null,"reads":["id","note"],"writes":["note"]}`}},
		{"DELETE", "/orders?total=eq.-1&or=(total.gt.0,id.eq.0)&select=note,lines(id)", "", []string{
			`{"filtered":["total"],"kind":"delete","limit":-1,"name":"api.orders","operators":2,"path":null,"reads":["id"],"writes":null}`,
			`{"filtered":null,"kind":"function","limit":-1,"name":"api.total","operators":0,"path":null,"reads":null,"writes":null}`}},
		{"POST", "/tags?select=tenant", `{"id":8,"tenant":1}`, []string{
			`{"filtered":null,"kind":"insert","limit":-1,"name":"api.tags","operators":0,"path":null,"reads":null,"writes":["id","tenant"]}`}},
		{"GET", "/lines?limit=0&select=id", "", []string{
			`{"filtered":null,"kind":"read","limit":0,"name":"api.lines","operators":0,"path":null,"reads":["id"],"writes":null}`}},
		{"POST", "/rpc/all_orders?select=note", `{}`, []string{
			`{"filtered":null,"kind":"call","limit":-1,"name":"api.all_orders","operators":0,"path":null,"reads":["note"],"writes":null}`}},
	} {
		seen = nil
		got := ask(t, api, exchange{method: tt.method, target: tt.target, data: tt.body})
		require.Less(t, got.StatusCode, 300, read(t, got))
		for i := range tt.want {
			require.Greater(t, len(seen), i)
			require.JSONEq(t, tt.want[i], seen[i])
		}
		require.Len(t, seen, len(tt.want))
	}
}

// A write that shows nothing reads what it filters by, and the key that its Location has. One
// that merges duplicates isn't an insert.
func TestDecide_uses_of_writes(t *testing.T) {
	t.Parallel()
	for prefer, want := range map[string]struct {
		kind  pgrest.UseKind
		reads []string
	}{
		"return=minimal":                                   {pgrest.UseInsert, nil},
		"return=headers-only":                              {pgrest.UseInsert, []string{"id"}},
		"return=representation":                            {pgrest.UseInsert, []string{"note"}},
		"resolution=merge-duplicates":                      {pgrest.UseUpsert, nil},
		"resolution=ignore-duplicates":                     {pgrest.UseInsert, nil},
		"missing=default, return=minimal":                  {pgrest.UseInsert, nil},
		"resolution=merge-duplicates, return=headers-only": {pgrest.UseUpsert, []string{"id"}},
	} {
		var seen []pgrest.Use
		api := open(t, tenants(t), tenant(), func(o *pgrest.Options) {
			o.Decide = func(_ context.Context, use *pgrest.Use) (pgrest.Decision, error) {
				seen = append(seen, *use)
				return pgrest.Decision{}, nil
			}
		})
		got := ask(t, api, exchange{method: "POST", target: "/orders?select=note", data: `{"id": 7, "tenant": 1}`, send: headers{"Prefer": prefer}})
		require.Less(t, got.StatusCode, 300, read(t, got))
		require.Len(t, seen, 1, prefer)
		require.Equal(t, want.kind, seen[0].Kind, prefer)
		require.Equal(t, want.reads, seen[0].Reads, prefer)
	}
}

// PostgreSQL takes a name that no column has for a function of the whole row. What such a
// function reads can't be told, and so there is none.
func TestDecide_functions_of_the_row(t *testing.T) {
	t.Parallel()
	api := open(t, tenants(t), tenant(), func(o *pgrest.Options) {
		o.Decide = func(_ context.Context, use *pgrest.Use) (pgrest.Decision, error) {
			if use.Kind == pgrest.UseFunction || slices.Contains(use.Reads, "note") {
				return pgrest.Decision{}, &pgrest.Error{Status: http.StatusForbidden, Code: "SECRET", Message: "no notes"}
			}
			return pgrest.Decision{MaxRows: 1}, nil
		}
	})
	undefined := func(name string) string { return fault("42703", "column "+name+" does not exist", "", "") }
	secret := fault("SECRET", "no notes", "", "")
	representation := headers{"Prefer": "return=representation"}
	run(t, api,
		exchange{name: "selected", target: "/orders?select=row_to_json", status: 400, body: undefined("orders.row_to_json")},
		exchange{name: "filtered by", target: "/orders?select=id&to_jsonb->>note=eq.one", status: 400, body: undefined("orders.to_jsonb")},
		exchange{name: "filtered by within", target: "/orders?select=id&or=(id.eq.1,not.and(to_jsonb->>note.eq.one))", status: 400, body: undefined("orders.to_jsonb")},
		exchange{name: "ordered by", target: "/orders?select=id&order=to_jsonb->>note", status: 400, body: undefined("orders.to_jsonb")},
		exchange{name: "embedded", target: "/lines?select=orders(to_json)", status: 400, body: undefined("orders_1.to_json")},
		exchange{name: "ordered by what is embedded", target: "/lines?select=id,orders()&order=orders(to_json)", status: 400, body: undefined("orders_1.to_json")},
		exchange{name: "aggregate of all rows", target: "/orders?select=json_agg", status: 400, body: undefined("orders.json_agg")},
		exchange{name: "of a function", target: "/rpc/all_orders?select=to_json", status: 400, body: undefined("orders.to_json")},
		exchange{name: "of a write", method: "POST", target: "/orders?select=to_json", data: `{"id":8,"tenant":1}`, send: representation, status: 400, body: undefined("orders.to_json")},
		exchange{name: "that a write is filtered by", method: "DELETE", target: "/orders?to_jsonb->>note=eq.one", status: 400, body: undefined("orders.to_jsonb")},
		exchange{name: "computed field", target: "/orders?select=total", status: 403, body: secret},
		exchange{name: "computed field that a write is filtered by", method: "PATCH", target: "/orders?total=gt.5", data: `{"tenant":1}`, status: 403, body: secret},
		exchange{name: "column", target: "/orders?select=id&order=id", body: `[{"id":1}]`},
	)
}

// A cap holds wherever rows are read, below a limit of the client's, and above it not.
func TestDecide_caps_rows(t *testing.T) {
	t.Parallel()
	api := open(t, tenants(t), tenant(), func(o *pgrest.Options) {
		o.Decide = func(_ context.Context, use *pgrest.Use) (pgrest.Decision, error) {
			return pgrest.Decision{MaxRows: map[string]int64{"orders": 2, "lines": 1, "tags": -1}[use.Name]}, nil
		}
	})
	run(t, api,
		exchange{name: "without a limit", target: "/orders?select=id&order=id", body: `[{"id":1},{"id":2}]`},
		exchange{name: "above the limit", target: "/orders?select=id&order=id&limit=1", body: `[{"id":1}]`},
		exchange{name: "below the limit", target: "/orders?select=id&order=id&limit=3", body: `[{"id":1},{"id":2}]`},
		exchange{name: "counted", target: "/orders?select=id&order=id", send: headers{"Prefer": "count=exact"}, status: 206,
			want: headers{"Content-Range": "0-1/3"}, body: `[{"id":1},{"id":2}]`},
		exchange{name: "embedded", target: "/orders?select=id,lines(id)&id=eq.1&lines.order=id", body: `[{"id":1,"lines":[{"id":1}]}]`},
		exchange{name: "none", target: "/tags", body: `[]`},
	)
	for _, target := range []string{"/orders?select=tags(id)", "/orders?select=total"} {
		api := open(t, tenants(t), tenant(), func(o *pgrest.Options) {
			o.Decide = func(_ context.Context, use *pgrest.Use) (d pgrest.Decision, _ error) {
				if use.Kind == pgrest.UseJunction || use.Kind == pgrest.UseFunction {
					d.MaxRows = -1
				}
				return d, nil
			}
		})
		got := ask(t, api, exchange{target: target})
		require.Equal(t, 500, got.StatusCode, "there it would let all rows through: %s", read(t, got))
	}
}

// What is static is asked once, until the schema is loaded again.
func TestDecide_static(t *testing.T) {
	t.Parallel()
	asked := 0
	api := open(t, tenants(t), tenant(), func(o *pgrest.Options) {
		o.Decide = func(_ context.Context, use *pgrest.Use) (pgrest.Decision, error) {
			asked++
			if use.Name == "secrets" {
				return pgrest.Decision{Static: true}, errors.New("never")
			}
			return pgrest.Decision{Static: true, MaxRows: 1}, nil
		}
	})
	for range 3 {
		got := ask(t, api, exchange{target: "/orders?select=id&order=id"})
		require.Equal(t, `[{"id":1}]`, read(t, got))
		got = ask(t, api, exchange{target: "/secrets"})
		require.Equal(t, http.StatusInternalServerError, got.StatusCode)
		read(t, got)
	}
	require.Equal(t, 2, asked)
	require.NoError(t, api.Reload(t.Context()))
	read(t, ask(t, api, exchange{target: "/orders?select=id&order=id"}))
	require.Equal(t, 3, asked)
}

// What the host forces is a part of the statement: it costs no round trip, and the statement
// is prepared once for requests that differ in values alone.
func TestDecide_round_trips(t *testing.T) {
	t.Parallel()
	year := 1960
	var wire traffic
	api := wired(t, &wire, pgrest.Options{Decide: func(_ context.Context, use *pgrest.Use) (pgrest.Decision, error) {
		year++
		return pgrest.Decision{Filter: "year=gt." + strconv.Itoa(year), MaxRows: 5}, nil
	}})
	wire.count()
	for use := range 3 {
		require.Equal(t, http.StatusOK, answer(api, exchange{target: "/films?select=title"}.request(t)).Code)
		flushes, syncs, ready, sent := wire.count()
		require.Equal(t, [3]int{1, 1, 1}, [3]int{flushes, syncs, ready})
		if use > 0 {
			require.NotContains(t, sent, "P", "a statement was parsed again")
		}
	}
}

// A Filter has conditions and nothing else; what is wrong with it is the host's fault.
func TestDecide_filter(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]int{
		"tenant=eq.1": 200, "tenant=eq.1&or=(id.eq.1,note.is.null)": 200, "": 200,
		"tenant=one": 500, "lines.id=eq.1": 500, "select=id": 500, "limit=1": 500, "order=id": 500, "nowhere=eq.1": 400,
	} {
		api := open(t, tenants(t), tenant(), func(o *pgrest.Options) {
			o.Decide = func(context.Context, *pgrest.Use) (pgrest.Decision, error) {
				return pgrest.Decision{Filter: given}, nil
			}
		})
		got := ask(t, api, exchange{target: "/orders?select=id"})
		require.Equal(t, want, got.StatusCode, "%s: %s", given, read(t, got))
	}
}
