package apitest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

// spread is a database whose catalogs tell of tables that Citus spreads over workers, though
// there is no Citus: what PostgreSQL itself makes of the forms that are chosen for such. The
// catalog is as that of Citus 13.
func spread(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), `
		SET allow_system_table_mods = on;
		CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass NOT NULL, partmethod "char" NOT NULL, partkey text,
			colocationid integer DEFAULT 0 NOT NULL, repmodel "char" DEFAULT 'c' NOT NULL, autoconverted boolean DEFAULT false NOT NULL);
		RESET allow_system_table_mods;
		CREATE SCHEMA api;
		CREATE TABLE api.countries (code text PRIMARY KEY, name text);
		CREATE TABLE api.orders (tenant int, id int, country text REFERENCES api.countries, note varchar(5), made timestamptz DEFAULT '2024-05-01 12:00Z',
			PRIMARY KEY (tenant, id));
		CREATE TABLE api.lines (tenant int, id int, order_id int, PRIMARY KEY (tenant, id), FOREIGN KEY (tenant, order_id) REFERENCES api.orders);
		CREATE TABLE api.plain (id int PRIMARY KEY, name text);
		CREATE TABLE api.managed (id int PRIMARY KEY);
		CREATE TABLE api.alone (id int PRIMARY KEY);
		CREATE VIEW api.recent AS SELECT * FROM api.orders;
		CREATE VIEW api.more_recent AS SELECT * FROM api.recent;
		CREATE VIEW api.lands AS SELECT * FROM api.countries;
		INSERT INTO pg_dist_partition VALUES ('api.countries', 'n', NULL, 2, 't'), ('api.orders', 'h', 'tenant', 1, 's'), ('api.lines', 'h', 'tenant', 1, 's'),
			('api.managed', 'n', NULL, 0, 's'), ('api.alone', 'n', NULL, 3, 's');
		INSERT INTO api.countries VALUES ('NZ', 'New Zealand'), ('PT', 'Portugal');
		INSERT INTO api.orders VALUES (1, 1, 'NZ'), (1, 2, 'PT'), (2, 1, 'NZ');
		INSERT INTO api.lines VALUES (1, 1, 1), (1, 2, 1), (2, 1, 1);
		GRANT USAGE ON SCHEMA api TO `+anon+`;
		GRANT ALL ON ALL TABLES IN SCHEMA api TO `+anon)
	require.NoError(t, err)
	return pool
}

func inSchemaAPI(o *pgrest.Options) { o.Schemas, o.ExtraSearchPath = []string{"api"}, []string{} }

// The schema cache tells how relations are spread, and views of them.
func TestCitus_distribution(t *testing.T) {
	t.Parallel()
	api := open(t, spread(t), inSchemaAPI)
	got := map[string]introspect.Distribution{}
	for name, table := range api.SchemaCache().Tables {
		got[name.Name] = table.Distribution
	}
	require.Equal(t, map[string]introspect.Distribution{
		"countries": introspect.Reference, "lands": introspect.Reference,
		"orders": introspect.Distributed, "lines": introspect.Distributed, "alone": introspect.Distributed,
		"recent": introspect.Distributed, "more_recent": introspect.Distributed,
		"plain": introspect.Local, "managed": introspect.Local,
	}, got)
}

// Writes do what they do elsewhere, but that an upsert doesn't tell whether a row is new.
func TestCitus_writes(t *testing.T) {
	t.Parallel()
	api := open(t, spread(t), inSchemaAPI)
	returned := headers{"Prefer": "return=representation"}
	merging := headers{"Prefer": "resolution=merge-duplicates, return=representation"}
	const time = `"made":"2024-05-01T12:00:00+00:00"`
	for _, x := range []exchange{
		{name: "update of one row", method: "PATCH", target: "/orders?tenant=eq.1&id=eq.1", data: `{"note":"a"}`, status: 204},
		{name: "what is written", method: "PATCH", target: "/orders?tenant=eq.1&id=eq.1", data: `{"note":"b"}`, send: returned,
			body: `[{"tenant":1,"id":1,"country":"NZ","note":"b",` + time + `}]`},
		{name: "of a view", method: "PATCH", target: "/recent?tenant=eq.1&id=eq.1&select=note", data: `{"note":"c"}`, send: returned, body: `[{"note":"c"}]`},
		{name: "of no row", method: "PATCH", target: "/orders?tenant=eq.9&id=eq.1", data: `{"note":"a"}`, status: 204},
		{name: "too long", method: "PATCH", target: "/orders?tenant=eq.1&id=eq.1", data: `{"note":"abcdef"}`, status: 400,
			body: fault("22001", "value too long for type character varying(5)", "", "")},
		{name: "upsert of a new row", method: "POST", target: "/orders", data: `{"tenant":3,"id":1,"country":"PT"}`, send: merging,
			body: `[{"tenant":3,"id":1,"country":"PT","note":null,` + time + `}]`},
		{name: "upsert of an old row", method: "POST", target: "/orders?select=country", data: `[{"tenant":3,"id":1,"country":"NZ"}]`, send: merging,
			body: `[{"country":"NZ"}]`},
		{name: "put", method: "PUT", target: "/countries?code=eq.FR", data: `{"code":"FR","name":"France"}`, send: returned, body: `[{"code":"FR","name":"France"}]`},
		{name: "elsewhere it tells", method: "POST", target: "/plain", data: `{"id":1,"name":"a"}`, send: merging, status: 201, body: `[{"id":1,"name":"a"}]`},
	} {
		t.Run(x.name, func(t *testing.T) { x.check(t, ask(t, api, x)) })
	}
}

// Distributed tables embed each other and reference tables. The other way round is refused,
// with what does.
func TestCitus_embeds(t *testing.T) {
	t.Parallel()
	api := open(t, spread(t), inSchemaAPI)
	refused := func(name string) exchange {
		return exchange{name: name, status: 400, body: fault("0A000",
			"Could not embed 'orders', which is a distributed table, in 'countries', which is a reference table", "",
			"Embed 'countries' in 'orders' instead, as in /orders?select=*,countries(*).")}
	}
	direct, inner, below := refused("reference to distributed"), refused("inner"), refused("below")
	direct.target, inner.target, below.target = "/countries?select=name,orders(id)", "/countries?select=name,orders!inner(id)",
		"/lines?select=orders(countries(orders(id)))"
	run(t, api,
		exchange{name: "distributed to reference", target: "/orders?select=id,countries(name)&tenant=eq.2", body: `[{"id":1,"countries":{"name":"New Zealand"}}]`},
		exchange{name: "distributed to distributed", target: "/orders?select=id,lines(id)&tenant=eq.2", body: `[{"id":1,"lines":[{"id":1}]}]`},
		direct, inner, below)
}

// A condition of the host's holds for what is written.
func TestCitus_decide(t *testing.T) {
	t.Parallel()
	api := open(t, spread(t), inSchemaAPI, func(o *pgrest.Options) {
		o.Observe = func(_ context.Context, e pgrest.Event) {
			require.NotContains(t, e.SQL, "pg_backend_pid", "which isn't immutable")
		}
		o.Decide = func(_ context.Context, use *pgrest.Use) (pgrest.Decision, error) {
			if use.Name == "countries" {
				return pgrest.Decision{}, nil
			}
			return pgrest.Decision{Where: []filter.Node{filter.Condition{Field: filter.Field{Name: "tenant"}, Operator: filter.Equal, Value: "1"}}}, nil
		}
	})
	merging := headers{"Prefer": "resolution=merge-duplicates"}
	for _, x := range []exchange{
		{name: "insert", method: "POST", target: "/orders", data: `{"tenant":1,"id":7}`, status: 201, want: headers{"Content-Type": ""}},
		{name: "update", method: "PATCH", target: "/orders?id=eq.1", data: `{"note":"x"}`, send: headers{"Prefer": "count=exact"}, status: 204,
			want: headers{"Content-Range": "0-0/1"}},
		{name: "upsert", method: "POST", target: "/orders", data: `{"tenant":1,"id":7,"note":"y"}`, send: merging, want: headers{"Content-Type": ""}},
		{name: "read", target: "/orders?select=tenant,id&order=id", body: `[{"tenant":1,"id":1},{"tenant":1,"id":2},{"tenant":1,"id":7}]`},
	} {
		t.Run(x.name, func(t *testing.T) { x.check(t, ask(t, api, x)) })
	}
	for name, x := range map[string]exchange{
		"insert":        {method: "POST", target: "/orders", data: `{"tenant":2,"id":8}`},
		"with its row":  {method: "POST", target: "/orders", data: `{"tenant":2,"id":8}`, send: headers{"Prefer": "return=representation"}},
		"move":          {method: "PATCH", target: "/orders?id=eq.7", data: `{"tenant":2}`},
		"upsert theirs": {method: "POST", target: "/orders", data: `{"tenant":2,"id":1}`, send: merging},
	} {
		got := ask(t, api, x)
		require.Equal(t, 401, got.StatusCode, name)
	}
}
