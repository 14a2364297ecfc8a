package apitest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	driver "github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Without the extension a POST to the root is answered as the reference does, whatever its
// body's type is: so no request of today is a batch.
func TestBatch_as_the_reference(t *testing.T) {
	t.Parallel()
	const requests = `[{"method": "GET", "path": "/films?limit=1"}]`
	post := func(send headers) exchange {
		return exchange{method: "POST", target: "/", send: send, data: requests}
	}
	refused := post(headers{"Content-Type": batchType})
	refused.status, refused.body = 405, fault("PGRST117", "Unsupported HTTP method: POST", "", "")
	off := func(o *pgrest.Options) { o.Without = []pgrest.Extension{pgrest.Batches} }
	refused.name = "off"
	run(t, serve(t, off), refused)

	other := post(headers{"Content-Type": "application/json"})
	other.name, other.status, other.body = "another type", refused.status, refused.body
	none := post(nil)
	none.name, none.status, none.body = "no type", refused.status, refused.body
	run(t, serve(t), other, none)

	disabled := refused
	disabled.name, disabled.status, disabled.body = "root disabled", 404, fault("PGRST126", "Root endpoint metadata is disabled", "", "")
	run(t, serve(t, off, func(o *pgrest.Options) { o.OpenAPI = pgrest.OpenAPIDisabled }), disabled)

	function := refused
	function.name, function.status, function.body = "root function", 400, fault("PGRST102", "Content-Type not acceptable: "+batchType, "", "")
	run(t, serve(t, off, func(o *pgrest.Options) { o.RootSpec = "film_titles" }), function)
}

// What the transaction is told is each request's own, and what functions make of the response.
func TestBatch_settings(t *testing.T) {
	t.Parallel()
	told := func(name string) string {
		return fmt.Sprintf(`{"method": "POST", "path": "/rpc/told", "body": {"name": %q}}`, name)
	}
	hoisting := func(o *pgrest.Options) { o.HoistedSettings = []string{"statement_timeout"} }
	api := serveClone(t, shopping, rollingBack, untagged, hoisting)
	runBatches(t, api,
		batchOf{name: "request", send: headers{"X-Of-The-Batch": "yes"}, requests: `[` + told("request.path") + `,{"method": "GET", "path": "/rpc/told?name=request.method"},` + told("request.method") + `,` +
			told("role") + `,{"method": "POST", "path": "/rpc/hurried_told", "body": {"name": "statement_timeout"}},` + told("statement_timeout") + `,` +
			`{"method": "POST", "path": "/rpc/told", "headers": {"Prefer": "timezone=Asia/Tokyo"}, "body": {"name": "timezone"}}]`,
			answers: []string{`200 "/rpc/told"`, `200 "GET"`, `200 "POST"`, `200 "` + curator + `"`, `200 "7s"`, `200 "0"`, `200 "Asia/Tokyo"`}},
		batchOf{name: "status and headers of functions", requests: `[
			{"method": "POST", "path": "/rpc/respond", "body": {"status": "418", "headers": "[{\"X-A\": \"1\"}, {\"Set-Cookie\": \"a=1\"}]"}},
			{"method": "POST", "path": "/rpc/respond", "body": {}},
			{"method": "POST", "path": "/rpc/respond", "body": {"headers": "[{\"Set-Cookie\": \"b=2\"}]"}}]`,
			answers: []string{`418 "ok"`, `200 "ok"`, `200 "ok"`}, want: headers{"Set-Cookie": "a=1\nb=2", "X-A": ""}},
		batchOf{name: "isolation of a function", requests: `[{"method": "GET", "path": "/rpc/strict_told?name=transaction_isolation"},` + told("transaction_read_only") + `]`,
			answers: []string{`200 "serializable"`, `200 "off"`}},
		batchOf{name: "reads alone", requests: `[{"method": "GET", "path": "/rpc/told?name=transaction_isolation"},{"method": "GET", "path": "/rpc/told?name=transaction_read_only"}]`,
			answers: []string{`200 "repeatable read"`, `200 "on"`}},
		batchOf{name: "reads alone of stable functions", requests: `[{"method": "POST", "path": "/rpc/setting", "body": {"name": "transaction_read_only"}}]`, answers: []string{`200 "on"`}},
		batchOf{name: "writes", requests: `[` + told("transaction_isolation") + `,` + told("transaction_read_only") + `]`, answers: []string{`200 "read committed"`, `200 "off"`}},
		batchOf{name: "headers", send: headers{"X-Of-The-Batch": "yes"}, requests: `[{"method": "POST", "path": "/rpc/told", "headers": {"Prefer": "count=exact"}, "body": {"name": "request.headers"}}]`,
			answers: []string{`200 "{\"authorization\":\"Bearer ` + sign(t, `{"role": "`+curator+`"}`) + `\",\"content-type\":\"application/json\",\"host\":\"example.com\",\"prefer\":\"count=exact\",\"x-of-the-batch\":\"yes\"}"`}},
	)
}

// The pre-request function runs for the batch, whose response it makes, and for each of its
// requests as if that came alone: what it refuses can't be had by a batch.
func TestBatch_pre_request(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), shopping+`; CREATE SEQUENCE archive.calls; GRANT ALL ON archive.calls TO PUBLIC;
		CREATE FUNCTION archive.before() RETURNS void LANGUAGE plpgsql AS $$
		DECLARE path text := current_setting('request.path');
		BEGIN
			IF current_setting('transaction_read_only') = 'off' THEN PERFORM nextval('archive.calls'); END IF;
			PERFORM set_config('response.headers', '[{"X-Path": "' || current_setting('request.method') || ' ' || path || '"}]', true),
				set_config('response.status', '203', true), set_config('app.seen', current_setting('app.seen', true) || path, true);
			IF path = '/' AND current_setting('request.headers')::json->>'x-status' IS NOT NULL THEN PERFORM set_config('response.status', 'none', true); END IF;
			IF path = '/' AND current_setting('request.headers')::json->>'x-refuse' IS NOT NULL THEN RAISE SQLSTATE 'PT403' USING MESSAGE = 'no'; END IF;
			IF path = '/lines' THEN RAISE SQLSTATE 'PT403' USING MESSAGE = 'no lines'; END IF;
			IF path = '/rpc/strange' OR path = '/orders' AND current_setting('request.method') = 'GET' THEN PERFORM set_config('client_encoding', 'LATIN1', true); END IF;
		END $$`)
	require.NoError(t, err)
	app := func(o *pgrest.Options) {
		o.PreRequest, o.AppSettings = "archive.before", map[string]string{"app.seen": ""}
	}
	nothing := func(context.Context, driver.Tx, *pgrest.Request) error { return nil }
	for name, api := range map[string]*pgrest.Handler{
		"plain":      open(t, db.Pool(t), app),
		"unprepared": open(t, db.Pool(t), app, func(o *pgrest.Options) { o.DisablePreparedStatements = true }),
		"costs":      open(t, db.Pool(t), app, func(o *pgrest.Options) { o.Limits.MaxCost = 1e9 }),
		"hooks": open(t, db.Pool(t), app, func(o *pgrest.Options) {
			o.Hooks = []pgrest.Hook{{For: func(*pgrest.Request) bool { return true }, Before: nothing, AsLogin: true}}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := super.Exec(t.Context(), `TRUNCATE archive.orders CASCADE; ALTER SEQUENCE archive.calls RESTART`)
			require.NoError(t, err)
			x := batchOf{requests: `[{"method": "GET", "path": "/products?select=id&id=eq.1"},{"method": "POST", "path": "/rpc/told", "body": {"name": "app.seen"}},
				{"name": "order", "method": "POST", "path": "/orders?select=id", "headers": {"Prefer": "return=representation"}, "body": {"id": 7, "customer": "é"}},
				{"method": "GET", "path": "/orders?select=customer&id=eq.{order/0/id}"}]`}
			w := answer(api, x.request(t))
			require.Equal(t, 203, w.Code, w.Body)
			require.Equal(t, "POST /", w.Header().Get("X-Path"))
			list := batchParts(t, w.Body.Bytes())
			for i, path := range []string{"GET /products", "POST /rpc/told", "POST /orders", "GET /orders"} {
				require.Equal(t, []any{203, path}, []any{list[i].Status, list[i].Headers["X-Path"]})
			}
			require.Equal(t, `"/rpc/told"`, string(list[1].Body))
			require.Equal(t, `[{"customer":"é"}]`, string(list[3].Body))
			if name != "hooks" { // before which a read isn't held to read only
				require.Equal(t, 3, count(t, super, `SELECT last_value FROM archive.calls`), "of the batch and its writes")
			}
			x.requests = `[{"method": "POST", "path": "/orders", "body": {"customer": "x"}}, {"method": "GET", "path": "/lines"}]`
			w = answer(api, x.request(t))
			require.Equal(t, 403, w.Code)
			require.Equal(t, inBatch(1, "", "PT403", "no lines", "", ""), w.Body.String())
			x.send = headers{"X-Status": "1"}
			x.requests = `[{"method": "POST", "path": "/orders", "body": {"id": 77, "customer": "x"}}]`
			x.status, x.body = 500, fault("PGRST112", "response.status guc must be a valid status code", "", "")
			x.check(t, api)
			x.send, x.status, x.body = headers{"X-Refuse": "1"}, 403, fault("PT403", "no", "", "")
			x.check(t, api)
			require.Equal(t, 1, count(t, super, `SELECT count(*) FROM archive.orders`), "nothing else is committed")
		})
	}
}

// Hooks take part in each of a batch's requests, in the one transaction.
func TestBatch_hooks(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var calls []string
	note := func(parts ...any) {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, fmt.Sprint(parts...))
	}
	hooks := []pgrest.Hook{
		{AsLogin: true, After: auditing},
		{
			Before: func(ctx context.Context, tx driver.Tx, r *pgrest.Request) error {
				var path string
				if err := tx.QueryRow(ctx, `SELECT current_setting('request.path')`).Scan(&path); err != nil {
					return err
				}
				note("before ", r.Action, " ", path, " as ", whoami(ctx, tx))
				return nil
			},
			After: func(_ context.Context, _ driver.Tx, r *pgrest.Request, done *pgrest.Outcome) error {
				if r.Action == pgrest.ActionDelete && done.RowsAffected == 0 {
					return &pgrest.Error{Code: "X1", Status: 422, Message: "nothing deleted"}
				}
				return nil
			},
			AfterCommit: func(_ context.Context, r *pgrest.Request, done *pgrest.Outcome) {
				note("committed ", r.Action, " of ", done.RowsAffected)
			},
		},
	}
	api, pool := hooking(t, hooks)
	batch := func(last string) batchOf {
		return batchOf{token: `{"role": "` + anon + `"}`, requests: `[
			{"name": "s", "method": "POST", "path": "/stamps?select=id,told", "headers": {"Prefer": "return=representation"}, "body": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]},
			{"method": "GET", "path": "/stamps?select=id&order=id"},
			{"method": "PATCH", "path": "/stamps?id=eq.{s/1/id}", "body": {"name": "c"}},` + last + `]`}
	}
	x := batch(`{"method": "DELETE", "path": "/stamps?id=eq.9"}`)
	x.status, x.body = 422, inBatch(3, "", "X1", "nothing deleted", "", "")
	x.check(t, api)
	require.Empty(t, audited(t, pool), "rolled back")
	require.NotContains(t, strings.Join(calls, "\n"), "committed")
	calls = nil
	x = batch(`{"method": "DELETE", "path": "/stamps?id=eq.1"}`)
	x.answers = []string{`201 [{"id":1,"told":"` + anon + `"},{"id":2,"told":"` + anon + `"}]`, `200 [{"id":1},{"id":2}]`, `204 null`, `204 null`}
	x.check(t, api)
	require.Equal(t, []string{"insert stamps 2", "update stamps 1", "delete stamps 1"}, audited(t, pool))
	require.Equal(t, []string{"before insert /stamps as anon", "before update /stamps as anon", "before delete /stamps as anon",
		"committed insert of 2", "committed update of 1", "committed delete of 1"}, calls)
	require.Equal(t, 0, count(t, pool, `SELECT count(*) FROM archive.commits WHERE who <> '`+anon+`'`), "the commit is the request's own")

	calls = nil
	x = batchOf{token: `{"role": "` + anon + `"}`, send: headers{"Prefer": "tx=rollback"}, want: headers{"Preference-Applied": "tx=rollback"},
		requests: `[{"method": "POST", "path": "/stamps", "body": {"id": 5}}, {"method": "GET", "path": "/stamps?id=eq.5&select=id"}]`, answers: []string{`201 null`, `200 [{"id":5}]`}}
	x.check(t, api)
	require.Equal(t, []string{"before insert /stamps as anon"}, calls)
	require.Equal(t, 0, count(t, pool, `SELECT count(*) FROM archive.stamps WHERE id = 5`))
}

// The host decides about each use of each request, also of those with references.
func TestBatch_decide(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shopping, func(o *pgrest.Options) {
		o.Decide = func(_ context.Context, u *pgrest.Use) (pgrest.Decision, error) {
			switch {
			case u.Name == "lines":
				return pgrest.Decision{}, &pgrest.Error{Status: http.StatusForbidden, Code: "X2", Message: "no lines"}
			case u.Name == "products":
				return pgrest.Decision{Filter: "id=neq.2"}, nil
			}
			return pgrest.Decision{}, nil
		}
	})
	batchOf{requests: `[{"name": "p", "method": "GET", "path": "/products?select=id&order=id"}, {"method": "GET", "path": "/products?select=id&id=gte.{p/0/id}&order=id"}]`,
		answers: []string{`200 [{"id":1},{"id":3}]`, `200 [{"id":1},{"id":3}]`}}.check(t, api)
	batchOf{requests: `[{"name": "p", "method": "GET", "path": "/products?select=id"}, {"method": "POST", "path": "/lines", "body": {"product": {"$ref": "p/0/id"}}}]`,
		status: 403, body: inBatch(1, "", "X2", "no lines", "", "")}.check(t, api)
}

// Limits hold for each request, with what references lead to.
func TestBatch_limits(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shopping, func(o *pgrest.Options) {
		o.Limits.MaxCost, o.Limits.MaxBodyBytes, o.Limits.MaxQueryBytes, o.Limits.MaxRowsOf = 1e6, 2000, 200, map[string]int64{"products": 2}
	})
	long := strings.Repeat("x", 150)
	batchOf{requests: `[{"name": "p", "method": "GET", "path": "/products?select=id"}, {"method": "GET", "path": "/products?select=id&id=gt.{p/0/id}"}]`,
		answers: []string{`200 [{"id":1},{"id":2}]`, `200 [{"id":2},{"id":3}]`}}.check(t, api)
	batchOf{requests: `[` + strings.Repeat(" ", 2000) + `]`, status: 413, body: fault("PGRST102", "The request body is too large", "It may have 2000 bytes.", "")}.check(t, api)
	name := `{"name": "o", "method": "POST", "path": "/orders", "headers": {"Prefer": "return=representation"}, "body": {"customer": "` + long + `"}}`
	batchOf{requests: `[` + name + `,{"method": "POST", "path": "/orders", "body": {"payload": [` + strings.TrimSuffix(strings.Repeat(`{"$ref": "o/0/customer"},`, 20), ",") + `]}}]`,
		status: 413, body: inBatch(1, "", "PGRST102", "The request body is too large", "It may have 2000 bytes.", "")}.check(t, api)
	batchOf{requests: `[` + name + `,{"method": "GET", "path": "/orders?customer=in.({o/0/customer},{o/0/customer})"}]`,
		status: 414, body: inBatch(1, "", "PGRST100", "The query string of the URL is too long", "It may have 200 bytes.", "")}.check(t, api)

	costly := serveClone(t, shopping, func(o *pgrest.Options) { o.Limits.MaxCost = 40 })
	batchOf{requests: `[{"name": "p", "method": "GET", "path": "/products?id=eq.1&select=id"}, {"method": "GET", "path": "/products?id=gte.{p/0/id}&select=id,lines(orders(lines(orders(id))))"}]`,
		status: 400, body: inBatch(1, "", "54001", "The request would cost the database too much", "Its estimated cost may be 40.", "Ask for less, or with filters that indexes serve.")}.check(t, costly)
}

// A response in a batch may be as large as the spool is; without room for it nothing is written.
func TestBatch_large(t *testing.T) {
	t.Parallel()
	const many = `{"method": "GET", "path": "/ticks?select=id&limit=40000"}`
	api := serve(t, func(o *pgrest.Options) { o.BodyThreshold = 1000 })
	x := batchOf{token: `{"role": "` + anon + `"}`, requests: `[` + many + `,` + many + `,{"method": "GET", "path": "/ticks?select=id&limit=40000", "headers": {"Accept": "text/csv"}}]`}
	w := answer(api, x.request(t))
	require.Equal(t, 200, w.Code)
	list := batchParts(t, w.Body.Bytes())
	require.Greater(t, len(list[0].Body), 400_000)
	require.Equal(t, list[0].Body, list[1].Body)
	require.Greater(t, len(list[2].Body), 200_000)

	small := serve(t, func(o *pgrest.Options) { o.BodyThreshold, o.MaxSpoolBytes = 1000, 400_000 })
	w = answer(small, x.request(t))
	require.Equal(t, 500, w.Code, w.Body)
	require.Contains(t, w.Body.String(), `"code":"53100"`)
	referred := batchOf{requests: `[{"name": "many", "method": "GET", "path": "/ticks?select=id,a:id,b:id,c:id&limit=40000"}, {"method": "GET", "path": "/ticks?select=id&id=eq.{many/0/id}"}]`,
		token: x.token, status: 400, body: inBatch(0, "many", "PGRST102", "The response is too large to be referred to", "It may have 1048576 bytes.", "Select the columns that the references need.")}
	referred.check(t, api)
}

// There is one event of a batch, with one of each of its requests.
func TestBatch_observed(t *testing.T) {
	t.Parallel()
	var events []pgrest.Event
	api := serveClone(t, shopping, func(o *pgrest.Options) {
		o.Observe = func(_ context.Context, e pgrest.Event) { events = append(events, e) }
	})
	batchOf{requests: `[{"method": "GET", "path": "/products?select=id&order=id"}, {"method": "POST", "path": "/orders", "body": {"customer": "a"}}]`,
		answers: []string{`200 [{"id":1},{"id":2},{"id":3}]`, `201 null`}}.check(t, api)
	batchOf{requests: `[{"method": "GET", "path": "/products?select=id&id=eq.1"}, {"method": "POST", "path": "/rpc/buy", "body": {"p": 1, "n": 9}}, {"method": "GET", "path": "/orders"}]`,
		status: 400, body: inBatch(1, "", "23514", `new row for relation "products" violates check constraint "products_stock_check"`, "Failing row contains (1, pen, -6).", "")}.check(t, api)
	require.Len(t, events, 2)
	good, bad := events[0], events[1]
	require.Equal(t, []any{"POST", pgrest.ResourceRoot, "", 200, int64(4)}, []any{good.Method, good.Resource, good.SQL, good.Status, good.Rows})
	require.Len(t, good.Batch, 2)
	of := func(e pgrest.Event) []any {
		return []any{e.Method, e.Resource, e.Name, e.Role, e.Status, e.Rows, e.Code, e.Shape != "", e.SQL != ""}
	}
	require.Equal(t, []any{"GET", pgrest.ResourceRelation, "products", curator, 200, int64(3), "", true, true}, of(good.Batch[0]))
	require.Equal(t, []any{"POST", pgrest.ResourceRelation, "orders", curator, 201, int64(1), "", true, true}, of(good.Batch[1]))
	require.Equal(t, []any{400, "23514"}, []any{bad.Status, bad.Code})
	require.Len(t, bad.Batch, 2)
	require.Equal(t, []any{"POST", pgrest.ResourceRoutine, "buy", curator, 400, int64(0), "23514", true, true}, of(bad.Batch[1]))
}

// A batch whose schema has changed is run again, all of it.
func TestBatch_stale(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), shopping)
	require.NoError(t, err)
	api := open(t, db.Pool(t))
	requests := `[{"method": "POST", "path": "/orders?select=customer", "headers": {"Prefer": "return=representation"}, "body": {"customer": "a"}}, {"method": "GET", "path": "/products?select=%s&id=eq.1"}]`
	batchOf{requests: fmt.Sprintf(requests, "name"), answers: []string{`201 [{"customer":"a"}]`, `200 [{"name":"pen"}]`}}.check(t, api)
	_, err = super.Exec(t.Context(), `ALTER TABLE archive.products DROP CONSTRAINT products_stock_check; ALTER TABLE archive.products RENAME name TO called; ALTER TABLE archive.products ALTER stock TYPE text; NOTIFY pgrst`)
	require.NoError(t, err)
	batchOf{requests: fmt.Sprintf(requests, "called,stock"), answers: []string{`201 [{"customer":"a"}]`, `200 [{"called":"pen","stock":"3"}]`}}.check(t, api)
	require.Equal(t, 2, count(t, super, `SELECT count(*) FROM archive.orders`))
	_, err = super.Exec(t.Context(), `ALTER TABLE archive.products ADD more int DEFAULT 1`)
	require.NoError(t, err)
	batchOf{requests: fmt.Sprintf(requests, "*"), answers: []string{`201 [{"customer":"a"}]`, `200 [{"id":1,"called":"pen","stock":"3","more":1}]`}}.check(t, api)
	require.Equal(t, 3, count(t, super, `SELECT count(*) FROM archive.orders`))
}

// Errors are mapped as those of the request that has failed.
func TestBatch_maps_errors(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shopping, func(o *pgrest.Options) {
		o.MapError = func(r *http.Request, e *pgrest.Error) *pgrest.Error {
			return &pgrest.Error{Code: "X1", Status: 422, Message: r.Method + " " + r.URL.Path + " of " + r.Header.Get("X-Client") + " with " + r.Header.Get("Prefer"), Details: e.Code}
		}
	})
	const read = `{"name": "r", "method": "GET", "path": "/products?id=eq.1"}`
	for name, tt := range map[string]struct{ request, told, code string }{
		"before anything runs":      {`{"method": "DELETE", "path": "/nowhere", "headers": {"Prefer": "count=exact"}}`, "DELETE /nowhere of me with count=exact", "PGRST205"},
		"by the database":           {`{"method": "POST", "path": "/rpc/buy", "body": {"p": 1, "n": 9}}`, "POST /rpc/buy of me with ", "23514"},
		"a reference too many":      {`{"method": "POST", "path": "/orders", "body": {"id": {"$ref": "r/0/name"}, "customer": "x"}}`, "POST /orders of me with ", "22P02"},
		"that can't be read at all": {`{"method": "POST"}`, "POST / of me with ", "PGRST102"},
	} {
		t.Run(name, func(t *testing.T) {
			x := batchOf{send: headers{"X-Client": "me"}, requests: "[" + read + "," + tt.request + "]", status: 422, body: inBatch(1, "", "X1", tt.told, tt.code, "")}
			if name == "that can't be read at all" {
				x.body = fault("X1", tt.told, tt.code, "")
			}
			x.check(t, api)
		})
	}
}

// A panic of the host's code rolls all of it back.
func TestBatch_panics(t *testing.T) {
	t.Parallel()
	hooks := []pgrest.Hook{{After: func(context.Context, driver.Tx, *pgrest.Request, *pgrest.Outcome) error { panic(errors.New("no")) }}}
	api, pool := hooking(t, hooks)
	w := answer(api, batchOf{token: `{"role": "` + anon + `"}`, requests: `[{"method": "GET", "path": "/stamps"}, {"method": "POST", "path": "/stamps", "body": {"id": 5}}]`}.request(t))
	require.Equal(t, 500, w.Code)
	require.Contains(t, w.Body.String(), `"details":{"index":1,"details":null}`)
	require.Equal(t, 0, count(t, pool, `SELECT count(*) FROM archive.stamps`))
}

// A request of a batch holds its conditions as one of its own does; a role without the grants
// for versions is answered all the same.
func TestBatch_conditional(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shopping+`; CREATE TABLE archive.parts_of (id int PRIMARY KEY, a int, b int); INSERT INTO archive.parts_of VALUES (1, 2, 3);
		GRANT SELECT (id, a) ON archive.parts_of TO pgrest_test_curator`)
	list := batchOf{requests: `[{"method": "GET", "path": "/products?id=eq.1&select=id"}, {"method": "GET", "path": "/parts_of?id=eq.1&select=a"}]`,
		answers: []string{`200 [{"id":1}]`, `200 [{"a":2}]`}}.check(t, api)
	tag, err := json.Marshal(list[0].Headers["Etag"])
	require.NoError(t, err)
	batchOf{requests: `[{"method": "GET", "path": "/products?id=eq.1&select=id", "headers": {"If-None-Match": ` + string(tag) + `}}]`, answers: []string{`304 null`}}.check(t, api)
	patch := func(tag string) string {
		return `[{"method": "POST", "path": "/orders", "body": {"id": 88, "customer": "x"}}, {"method": "PATCH", "path": "/products?id=eq.1", "headers": {"If-Match": ` + tag + `}, "body": {"stock": 2}}]`
	}
	w := answer(api, batchOf{requests: patch(`"\"other\""`)}.request(t))
	require.Equal(t, 412, w.Code, w.Body)
	batchOf{requests: patch(string(tag)), answers: []string{`201 null`, `204 null`}}.check(t, api)
}
