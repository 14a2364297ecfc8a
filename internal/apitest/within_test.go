package apitest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	driver "github.com/jackc/pgx/v5" // pgx is a constant of these tests
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// within begins a transaction of a test's, and opens an API in it.
func within(t *testing.T, api *pgrest.Handler, pool *pgxpool.Pool) (*pgrest.Within, driver.Tx) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) })
	return api.In(tx), tx
}

// valueOf gives what a transaction of the host's has for a query of one value.
func valueOf(t *testing.T, tx driver.Tx, query string) (value string) {
	t.Helper()
	require.NoError(t, tx.QueryRow(t.Context(), query).Scan(&value))
	return value
}

// A test's requests run in its transaction, and see what it has; all of it is gone with it.
func TestStory_a_request_inside_the_tests_transaction(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), hookSQL)
	require.NoError(t, err)
	pool := db.Pool(t)
	api := open(t, pool)
	in, tx := within(t, api, super)
	_, err = tx.Exec(t.Context(), `INSERT INTO archive.stamps VALUES (1, 'the test''s')`)
	require.NoError(t, err)
	for _, x := range []exchange{
		{target: "/stamps?select=id", body: `[{"id": 1}]`},
		{method: "POST", target: "/stamps?select=id", data: `{"id": 2, "name": "b"}`, send: headers{"Prefer": representation}, status: 201, body: `[{"id": 2}]`},
		{method: "POST", target: "/stamps", data: `{"id": 2, "name": "c"}`, status: 409},
		{method: "POST", target: "/stamps", data: `{"id": 3, "name": "b"}`, status: 409}, // deferred
		{method: "POST", target: "/stamps", data: `{"id": 3, "name": ""}`, status: 400},
		{method: "PATCH", target: "/stamps", data: `{"told": "y"}`, send: headers{"Prefer": "handling=strict, max-affected=1"}, status: 400},
		{method: "POST", target: "/nope", data: `{}`, status: 404},
		{method: "POST", target: "/rpc/stamp", data: `{"id": 4}`, status: 200, body: `4`},
		{method: "PATCH", target: "/stamps?id=eq.1", data: `{"name": "changed"}`, status: 204},
		{method: "DELETE", target: "/stamps?id=eq.4", status: 204},
		{target: "/stamps?select=id,name&order=id", body: `[{"id": 1, "name": "changed"}, {"id": 2, "name": "b"}]`, send: headers{"Prefer": "count=exact"}},
		{method: "HEAD", target: "/stamps", send: headers{"Prefer": "count=exact"}, want: headers{"Content-Range": "0-1/2"}},
		{target: "/", want: headers{"Content-Type": "application/openapi+json; charset=utf-8"}},
		{target: "/stamps?select=nope", status: 400},
		{target: "/stamps?select=id&id=gt.1", body: `[{"id": 2}]`},
	} {
		w := answer(in, x.request(t))
		status := x.status
		if status == 0 {
			status = 200
		}
		require.Equal(t, status, w.Code, "%s %s: %s", x.method, x.target, w.Body)
		if x.body != "" {
			require.JSONEq(t, x.body, w.Body.String())
		}
	}
	require.Equal(t, "1 changed, 2 b", valueOf(t, tx, `SELECT string_agg(id || ' ' || name, ', ' ORDER BY id) FROM archive.stamps`))
	require.Equal(t, "3", valueOf(t, tx, `SELECT count(*)::text FROM archive.commits`), "what a commit does has been done")
	require.Zero(t, count(t, super, `SELECT count(*) FROM archive.stamps`), "others see nothing")
	require.NoError(t, tx.Rollback(t.Context()))
	require.Zero(t, count(t, super, `SELECT count(*) FROM archive.stamps`))
	w := answer(in, exchange{target: "/stamps"}.request(t))
	require.Equal(t, 500, w.Code)
	require.Equal(t, 200, answer(api, exchange{target: "/stamps"}.request(t)).Code)
}

// Behind a request the host has its settings back, and constraints are deferred as before.
func TestWithin_settings(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), hookSQL+`;
		ALTER TABLE archive.prints ADD UNIQUE (stamp) DEFERRABLE;
		CREATE FUNCTION archive.sets() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
			PERFORM set_config('response.status', '202', true), set_config('response.headers', '[{"X-A": "b"}]', true);
			INSERT INTO archive.stamps VALUES (9, 'nine'); RETURN 1; END $$;
		CREATE FUNCTION archive.swap() RETURNS void LANGUAGE sql AS $$
			UPDATE archive.stamps SET name = 'nine' WHERE id = 1; UPDATE archive.stamps SET name = 'one' WHERE id = 9 $$`)
	require.NoError(t, err)
	api := open(t, db.Pool(t), func(o *pgrest.Options) { o.AppSettings = map[string]string{"app.settings.site": "x"} })
	in, tx := within(t, api, super)
	_, err = tx.Exec(t.Context(), `SET LOCAL search_path = extra; SET LOCAL timezone = 'Asia/Tokyo'; SET LOCAL role = 'pgrest_test_authenticator'; SET LOCAL role = 'none';
		SELECT set_config('request.method', 'mine', true); INSERT INTO archive.stamps VALUES (1, 'one')`)
	require.NoError(t, err)
	const state = `SELECT current_user || string_agg('|' || coalesce(current_setting(name, true), ''), '') FROM unnest('{search_path, timezone, request.method, request.path,
		app.settings.site, response.status, response.headers, transaction_read_only}'::text[]) name`
	before := valueOf(t, tx, state)
	for _, x := range []exchange{
		{target: "/whoami", send: headers{"Prefer": "timezone=Europe/London"}},
		{method: "POST", target: "/rpc/sets", status: 202},
		{method: "POST", target: "/stamps", data: `{"id": 1}`, status: 409},
		{method: "POST", target: "/rpc/swap", status: 204}, // which is possible only as long as the constraint is deferred
	} {
		w := answer(in, x.request(t))
		require.Equal(t, max(x.status, 200), w.Code, w.Body)
		if x.status == 202 {
			require.Equal(t, "b", w.Header().Get("X-A"))
		} else {
			require.Empty(t, w.Header().Get("X-A"))
		}
		require.Equal(t, before, valueOf(t, tx, state))
	}
	_, err = tx.Exec(t.Context(), `INSERT INTO archive.prints VALUES (1, 1)`)
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `INSERT INTO archive.prints VALUES (2, 1)`)
	require.ErrorContains(t, err, "duplicate", "what isn't deferred of itself is checked at once, as before")
}

// Each request counts for itself what it has inserted or updated.
func TestWithin_counts(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), parts)
	require.NoError(t, err)
	in, _ := within(t, open(t, db.Pool(t)), super)
	bulk := headers{"Content-Type": rowsType}
	const some, none = "/parts?select=id,stocks!inner()", "/parts?select=id,stocks!inner()&stocks.place=eq.z"
	for _, w := range []write{
		{method: "PUT", target: "/parts?id=eq.9", prefer: representation, payload: `{"id": 9, "code": "i"}`, status: 201},
		{method: "PUT", target: "/parts?id=eq.9", prefer: representation, payload: `{"id": 9, "code": "j"}`, status: 200},
		{method: "POST", target: "/parts", prefer: "resolution=merge-duplicates", payload: `[{"id": 9, "code": "k"}]`, status: 200},
		{method: "PATCH", target: some, prefer: representation, send: bulk, payload: `[{"id": 1, "name": "x"}, {"id": 2, "name": "y"}]`, status: 200},
		{method: "PATCH", target: none, prefer: representation, send: bulk, payload: `[{"id": 1, "name": "x"}, {"id": 2, "name": "y"}]`, status: 200},
		{method: "PATCH", target: some, prefer: representation, send: bulk, payload: `[{"id": 1, "name": "x"}, {"id": 5, "name": "y"}]`, status: 400},
	} {
		response := answer(in, w.request(t))
		require.Equal(t, w.status, response.Code, "%s %s: %s", w.method, w.target, response.Body)
	}
}

// What isn't deferred of itself is checked at once behind a request, as before, where the
// request's role or the host's can name it. There may be schemas that neither may use.
func TestWithin_hidden_constraints(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), hookSQL+`;
		CREATE SCHEMA hidden CREATE TABLE things (id int UNIQUE DEFERRABLE);
		CREATE SCHEMA host CREATE TABLE things (id int UNIQUE DEFERRABLE);
		GRANT USAGE ON SCHEMA host TO pgrest_test_authenticator;
		GRANT ALL ON host.things TO pgrest_test_authenticator;
		ALTER TABLE archive.stamps ADD UNIQUE (name) DEFERRABLE`)
	require.NoError(t, err)
	pool := db.Pool(t)
	api := open(t, pool)
	for name, tt := range map[string]struct{ role, insert string }{
		"the request's": {anon, `INSERT INTO archive.stamps VALUES (2, 'one')`},
		"the host's":    {"none", `INSERT INTO host.things VALUES (1), (1)`},
	} {
		in, tx := within(t, api, pool)
		w := answer(in, exchange{method: "POST", target: "/stamps", data: `{"id": 1, "name": "one"}`}.request(t))
		require.Equal(t, 201, w.Code, w.Body)
		_, err = tx.Exec(t.Context(), `SET LOCAL role = `+tt.role+`; `+tt.insert)
		require.ErrorContains(t, err, "duplicate", name)
	}
}

// A read within a transaction can't write, and one that rolls back leaves nothing.
func TestWithin_modes(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), hookSQL)
	require.NoError(t, err)
	api := open(t, db.Pool(t), rollingBack)
	in, tx := within(t, api, super)
	for _, tt := range []struct {
		x      exchange
		status int
		stamps string
	}{
		{exchange{target: "/rpc/stamp?id=1"}, 405, "0"},
		{exchange{method: "POST", target: "/stamps", data: `{"id": 1}`}, 201, "0"},
		{exchange{method: "POST", target: "/stamps", data: `{"id": 1}`, send: headers{"Prefer": "tx=commit"}}, 201, "1"},
		{exchange{method: "DELETE", target: "/stamps?id=eq.1"}, 204, "1"},
	} {
		w := answer(in, tt.x.request(t))
		require.Equal(t, tt.status, w.Code, w.Body)
		require.Equal(t, tt.stamps, valueOf(t, tx, `SELECT count(*)::text FROM archive.stamps`))
	}
}

// Requests within a transaction wait for each other, also those whose answers are large.
func TestWithin_concurrent(t *testing.T) {
	t.Parallel()
	pool := pgtest.Clone(t).Pool(t)
	in, tx := within(t, open(t, pool, func(o *pgrest.Options) { o.BodyThreshold = 1 << 10 }), pool)
	var all sync.WaitGroup
	for n := range 12 {
		all.Go(func() {
			target := "/films?select=id&id=eq.1"
			if n%3 == 0 {
				target = "/ticks?limit=3000"
			}
			w := answer(in, httptest.NewRequest(http.MethodGet, target, nil))
			if w.Code != http.StatusOK || w.Body.Len() == 0 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	all.Wait()
	waiting, cancel := context.WithCancel(t.Context())
	cancel()
	own, err := in.Begin(t.Context(), httptest.NewRequest(http.MethodGet, "/mine", nil))
	require.NoError(t, err)
	w := answer(in, httptest.NewRequest(http.MethodGet, "/films", nil).WithContext(waiting))
	require.Equal(t, 499, w.Code)
	require.NoError(t, own.Commit(t.Context()))
	require.Equal(t, "1", valueOf(t, tx, `SELECT '1'`))
}

// Hooks and statements that are prepared anew work within a transaction, too.
func TestWithin_hooks(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), hookSQL+`; CREATE FUNCTION archive.forget() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
		DEALLOCATE ALL; INSERT INTO archive.stamps VALUES (7, 'seven'); RETURN 1; END $$`)
	require.NoError(t, err)
	fails := false
	api := open(t, db.Pool(t), func(o *pgrest.Options) {
		o.Hooks = []pgrest.Hook{{
			AsLogin: true,
			Before: func(ctx context.Context, tx driver.Tx, _ *pgrest.Request) error {
				return tx.QueryRow(ctx, `SELECT 1`, driver.QueryExecModeExec).Scan(new(int))
			},
			After: func(ctx context.Context, tx driver.Tx, r *pgrest.Request, done *pgrest.Outcome) error {
				if fails {
					return errors.New("as told")
				}
				_, err := tx.Exec(ctx, `INSERT INTO extra.audit (what) VALUES ($1)`, driver.QueryExecModeExec, fmt.Sprint(r.Action, " ", r.Name, " ", done.RowsAffected))
				return err
			},
		}}
	})
	in, tx := within(t, api, super)
	require.Equal(t, 201, answer(in, exchange{method: "POST", target: "/stamps", data: `{"id": 1}`}.request(t)).Code)
	fails = true
	require.Equal(t, 500, answer(in, exchange{method: "POST", target: "/stamps", data: `{"id": 2, "name": "b"}`}.request(t)).Code)
	fails = false
	w := answer(in, exchange{method: "POST", target: "/rpc/forget"}.request(t))
	require.Equal(t, 200, w.Code, w.Body)
	require.Equal(t, "insert stamps 1, call forget 1", valueOf(t, tx, `SELECT string_agg(what, ', ' ORDER BY id) FROM extra.audit`))
	require.Equal(t, "1 x, 7 seven", valueOf(t, tx, `SELECT string_agg(id || ' ' || name, ', ' ORDER BY id) FROM archive.stamps`))
}

// A pool whose connections have a transaction is refused, which a request would commit.
func TestPool_with_an_open_transaction(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	var log journal
	pool := &beginningPool{Pool: db.Pool(t)}
	api := open(t, pool, log.kept)
	pool.begins.Store(true)
	for _, x := range []exchange{{target: "/films"}, {method: "POST", target: "/visitors_book", data: `{"entry": "x"}`}} {
		w := answer(api, x.request(t))
		require.Equal(t, 500, w.Code)
		require.Contains(t, log.String(), "Handler.In")
		require.NotContains(t, w.Body.String(), "Handler.In")
	}
	pool.begins.Store(false)
	require.Equal(t, 200, answer(api, exchange{target: "/films"}.request(t)).Code)
}

// beginningPool hands out connections on which it has begun a transaction.
type beginningPool struct {
	*pgxpool.Pool
	begins atomic.Bool
}

func (p *beginningPool) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	conn, err := p.Pool.Acquire(ctx)
	if err == nil && p.begins.Load() {
		_, err = conn.Exec(ctx, `BEGIN`)
	}
	return conn, err
}

// The host's own routes know who asks, and work as them.
func TestHandler_Begin(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	api := open(t, db.Pool(t, pgtest.MaxConns(1)), func(o *pgrest.Options) {
		o.PreRequest, o.AppSettings = "extra.pre_request", map[string]string{"app.settings.site": "here"}
	})
	request := func(token string) *http.Request {
		return exchange{method: "POST", target: "/my%20route?x=1", token: token, send: headers{"X-A": "b", "Cookie": "c=d"}}.request(t)
	}
	id, err := api.Identify(request(`{"role": "pgrest_test_visitor", "sub": "ada"}`))
	require.NoError(t, err)
	require.Equal(t, visitor, id.Role)
	id, err = api.Identify(request(""))
	require.NoError(t, err)
	require.True(t, id.Anonymous)
	forged := request("")
	forged.Header.Set("Authorization", "Bearer x.y.z")
	_, err = api.Identify(forged)
	var refused *auth.Error
	require.ErrorAs(t, err, &refused)

	tx, err := api.Begin(t.Context(), request(`{"role": "pgrest_test_auditor", "sub": "ada"}`))
	require.NoError(t, err)
	const state = `SELECT concat_ws('|', current_user, current_setting('search_path'), current_setting('request.jwt.claims')::json->>'sub', current_setting('request.method'),
		current_setting('request.path'), current_setting('request.headers')::json->>'x-a', current_setting('request.cookies')::json->>'c', current_setting('app.settings.site'),
		current_setting('statement_timeout'), current_setting('transaction_isolation'))`
	require.Equal(t, `pgrest_test_auditor|"archive", "extra"|ada|POST|/my%20route|b|d|here|7s|repeatable read`, valueOf(t, tx, state))
	require.NoError(t, tx.Commit(t.Context()))
	require.ErrorIs(t, tx.Rollback(t.Context()), driver.ErrTxClosed)
	require.ErrorIs(t, tx.Commit(t.Context()), driver.ErrTxClosed)
	_, err = tx.Exec(t.Context(), `SELECT 1`)
	require.ErrorIs(t, err, driver.ErrTxClosed)

	count := func() string {
		tx, err := api.Begin(t.Context(), request(`{"role": "pgrest_test_curator"}`))
		require.NoError(t, err)
		defer func() { require.NoError(t, tx.Rollback(t.Context())) }()
		return valueOf(t, tx, `SELECT count(*)::text FROM visitors_book`)
	}
	before := count()
	for _, tt := range []struct {
		sql      string
		commit   bool
		err      error
		nowThere bool
	}{
		{`INSERT INTO visitors_book (entry) VALUES ('x')`, false, nil, false},
		{`INSERT INTO visitors_book (nope) VALUES ('x')`, true, driver.ErrTxCommitRollback, false},
		{`INSERT INTO visitors_book (entry) VALUES ('x')`, true, nil, true},
	} {
		tx, err := api.Begin(t.Context(), request(""))
		require.NoError(t, err)
		nested, err := tx.Begin(t.Context())
		require.NoError(t, err)
		require.NoError(t, nested.Commit(t.Context()))
		_, err = tx.Exec(t.Context(), tt.sql)
		require.Equal(t, tt.err != nil, err != nil)
		if tt.commit {
			require.ErrorIs(t, tx.Commit(t.Context()), tt.err)
		} else {
			require.NoError(t, tx.Rollback(t.Context()))
		}
		require.Equal(t, tt.nowThere, count() != before)
	}

	var e *pgrest.Error
	_, err = api.Begin(t.Context(), forged)
	require.ErrorAs(t, err, &e)
	require.Equal(t, 401, e.Status)
	require.ErrorAs(t, err, &refused)
	_, err = api.Begin(t.Context(), request(`{"role": "pgrest_test_stranger"}`))
	require.ErrorAs(t, err, &e)
	require.Equal(t, 403, e.Status)
}
