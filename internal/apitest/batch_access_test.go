package apitest_test

import (
	"context"
	"fmt"
	"testing"

	driver "github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// accessing has functions and a view that write whoever calls or reads them.
const accessing = shopping + `;
	CREATE FUNCTION archive.take_pen() RETURNS int LANGUAGE sql VOLATILE AS $$ UPDATE archive.products SET stock = stock - 1 WHERE id = 1 RETURNING stock $$;
	CREATE VIEW archive.taken AS SELECT id, archive.take_pen() AS left FROM archive.products WHERE id = 1;
	CREATE FUNCTION archive.written_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE archive.products SET stock = 9 WHERE id = 3; RETURN NULL; END $$;
	CREATE CONSTRAINT TRIGGER late AFTER INSERT ON archive.orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION archive.written_at_commit();
	GRANT ALL ON archive.taken TO pgrest_test_curator`

// What can't write alone can't write beside a request that does, wherever it stands, and leaves
// the others able to.
func TestBatch_read_only_requests(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), accessing)
	require.NoError(t, err)
	const order = `{"name": "order", "method": "POST", "path": "/orders?select=id,customer", "headers": {"Prefer": "return=representation"}, "body": {"id": 1, "customer": "ada"}}`
	hook := pgrest.Hook{
		For:    func(r *pgrest.Request) bool { return r.ReadOnly && r.Name == "told" },
		Before: func(context.Context, driver.Tx, *pgrest.Request) error { return nil },
		After:  func(context.Context, driver.Tx, *pgrest.Request, *pgrest.Outcome) error { return nil },
	}
	for name, api := range map[string]*pgrest.Handler{
		"plain":      open(t, db.Pool(t)),
		"hooks":      open(t, db.Pool(t), func(o *pgrest.Options) { o.Hooks = []pgrest.Hook{hook} }),
		"unprepared": open(t, db.Pool(t), func(o *pgrest.Options) { o.DisablePreparedStatements = true }),
	} {
		t.Run(name, func(t *testing.T) {
			for what, reading := range map[string]string{
				"function":                `{"method": "GET", "path": "/rpc/take_pen"}`,
				"function with arguments": `{"method": "GET", "path": "/rpc/buy?p=1&n=1"}`,
				"view":                    `{"method": "GET", "path": "/taken"}`,
				"with a count":            `{"method": "GET", "path": "/taken", "headers": {"Prefer": "count=exact"}}`,
			} {
				alone := answer(api, batchOf{requests: "[" + reading + "]"}.request(t))
				require.Equal(t, 405, alone.Code, "%s: %s", what, alone.Body)
				for i, requests := range []string{"[" + reading + "," + order + "]", "[" + order + "," + reading + "]", "[" + order + `,{"method": "GET", "path": "/orders?id=eq.{order/0/id}"},` + reading + "]"} {
					w := answer(api, batchOf{requests: requests}.request(t))
					require.Equal(t, 405, w.Code, "%s: %s", what, w.Body)
					require.Contains(t, w.Body.String(), fmt.Sprintf(`"details":{"index":%d,`, i), what)
				}
			}
			require.Equal(t, 3, count(t, super, `SELECT stock FROM archive.products WHERE id = 1`), "nothing was taken")
			batchOf{requests: `[{"method": "GET", "path": "/rpc/told?name=transaction_read_only"},` + order + `,{"method": "GET", "path": "/rpc/told?name=transaction_read_only"},
				{"method": "GET", "path": "/orders?select=customer&id=eq.{order/0/id}", "headers": {"Prefer": "count=exact"}}, {"method": "POST", "path": "/rpc/told", "body": {"name": "transaction_read_only"}},
				{"method": "DELETE", "path": "/orders?id=eq.{order/0/id}"}, {"method": "GET", "path": "/orders?select=id"}]`,
				answers: []string{`200 "on"`, `201 [{"id":1,"customer":"ada"}]`, `200 "on"`, `200 [{"customer":"ada"}]`, `200 "off"`, `204 null`, `200 []`}}.check(t, api)
			require.Equal(t, 9, count(t, super, `SELECT stock FROM archive.products WHERE id = 3`), "what is deferred writes though a read is the last")
			_, err := super.Exec(t.Context(), `UPDATE archive.products SET stock = 1 WHERE id = 3`)
			require.NoError(t, err)
			if name == "plain" {
				tx, err := super.Begin(t.Context())
				require.NoError(t, err)
				defer func() { require.NoError(t, tx.Rollback(t.Context())) }()
				require.Equal(t, 405, answer(api.In(tx), batchOf{requests: "[" + order + `,{"method": "GET", "path": "/rpc/take_pen"}]`}.request(t)).Code)
				batchOf{requests: "[" + order + `,{"method": "GET", "path": "/rpc/told?name=transaction_read_only"}]`, answers: []string{`201 [{"id":1,"customer":"ada"}]`, `200 "on"`}}.check(t, api.In(tx))
				var customers int
				require.NoError(t, tx.QueryRow(t.Context(), `SELECT count(*) FROM archive.orders WHERE customer = 'ada'`).Scan(&customers))
				require.Equal(t, 1, customers)
			}
		})
	}
}
