package apitest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	driver "github.com/jackc/pgx/v5" // pgx is a constant of these tests
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// hookSQL makes stamps, which anybody may write, and an audit, which only the login may.
const hookSQL = `
	CREATE TABLE archive.stamps (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x' CHECK (name <> ''), UNIQUE (name) DEFERRABLE INITIALLY DEFERRED,
		told text DEFAULT current_user);
	CREATE TABLE archive.prints (id int PRIMARY KEY, stamp int REFERENCES archive.stamps ON DELETE CASCADE);
	CREATE VIEW archive.stamp_view AS SELECT id, name FROM archive.stamps;
	CREATE FUNCTION archive.stamp(id int) RETURNS int LANGUAGE sql AS $$ INSERT INTO archive.stamps VALUES (id, 'by a call') RETURNING id $$;
	CREATE TABLE extra.audit (id int GENERATED ALWAYS AS IDENTITY, who text, what text);
	CREATE FUNCTION extra.at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO archive.commits VALUES (NEW.id, current_user); RETURN NULL; END $$;
	CREATE TABLE archive.commits (id int, who text);
	CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON archive.stamps DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION extra.at_commit();
	GRANT ALL ON archive.stamps, archive.prints, archive.stamp_view, archive.commits TO pgrest_test_anon;
	GRANT USAGE ON SCHEMA extra TO pgrest_test_authenticator;
	GRANT INSERT ON extra.audit TO pgrest_test_authenticator`

// hooking opens an API with hooks over stamps.
func hooking(t *testing.T, hooks []pgrest.Hook, changes ...option) (*pgrest.Handler, *pgxpool.Pool) {
	t.Helper()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), hookSQL)
	require.NoError(t, err)
	api := open(t, db.Pool(t), append([]option{func(o *pgrest.Options) { o.Hooks, o.TxEnd = hooks, pgrest.TxCommitAllowOverride }}, changes...)...)
	return api, super
}

// auditing writes a row about each write, as nobody but the login can.
func auditing(ctx context.Context, tx driver.Tx, r *pgrest.Request, done *pgrest.Outcome) error {
	_, err := tx.Exec(ctx, `INSERT INTO extra.audit (who, what) VALUES (current_setting('request.jwt.claims')::json->>'role', $1)`,
		fmt.Sprint(r.Action, " ", r.Name, " ", done.RowsAffected))
	return err
}

// audited is what the audit says.
func audited(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT what FROM extra.audit ORDER BY id`)
	require.NoError(t, err)
	found, err := driver.CollectRows(rows, driver.RowTo[string])
	require.NoError(t, err)
	return found
}

// There is an audit row exactly for what was written.
func TestStory_an_audit_row_with_the_clients_write(t *testing.T) {
	t.Parallel()
	api, pool := hooking(t, []pgrest.Hook{{AsLogin: true, After: auditing}})
	for _, tt := range []struct {
		x       exchange
		audited string // empty for nothing
	}{
		{exchange{method: "POST", target: "/stamps", data: `[{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]`, status: 201}, "insert stamps 2"},
		{exchange{method: "POST", target: "/stamps", data: `{"id": 1}`, status: 409}, ""},
		{exchange{method: "POST", target: "/stamps", data: `{"id": 3, "name": "a"}`, status: 409}, ""}, // at the commit
		{exchange{method: "POST", target: "/stamps", data: `{"id": 3, "name": ""}`, status: 400}, ""},
		{exchange{method: "POST", target: "/stamps", data: `{"nope": 3}`, status: 400}, ""},
		{exchange{method: "POST", target: "/stamps", data: `{"id": 3, "name": "c"}`, send: headers{"Prefer": "tx=rollback"}, status: 201}, ""},
		{exchange{method: "POST", target: "/stamps", data: `[{"id": 1, "name": "d"}, {"id": 4, "name": "e"}]`, send: headers{"Prefer": "resolution=merge-duplicates"}, status: 201}, "upsert stamps 2"},
		{exchange{method: "PUT", target: "/stamps?id=eq.1", data: `{"id": 1, "name": "f"}`, status: 204}, "upsert stamps 1"},
		{exchange{method: "PATCH", target: "/stamps?id=lt.3", data: `{"told": "x"}`, status: 204}, "update stamps 2"},
		{exchange{method: "PATCH", target: "/stamps", data: `{"told": "y"}`, send: headers{"Prefer": "handling=strict, max-affected=1"}, status: 400}, ""},
		{exchange{method: "PATCH", target: "/stamps", data: `{"told": "y"}`, send: acceptOne, status: 406}, ""},
		{exchange{method: "DELETE", target: "/stamps?id=eq.2", status: 204}, "delete stamps 1"},
		{exchange{method: "POST", target: "/rpc/stamp", data: `{"id": 7}`, status: 200}, "call stamp 1"},
		{exchange{method: "POST", target: "/rpc/stamp", data: `{"id": 7}`, status: 409}, ""},
		{exchange{method: "GET", target: "/stamps", status: 200}, ""},
		{exchange{method: "GET", target: "/rpc/stamp?id=9", status: 405}, ""},
		{exchange{method: "POST", target: "/rpc/add", data: `{"a": 1, "b": 2}`, status: 200}, ""}, // which is IMMUTABLE
	} {
		before := audited(t, pool)
		w := answer(api, tt.x.request(t))
		require.Equal(t, tt.x.status, w.Code, "%s %s: %s", tt.x.method, tt.x.target, w.Body)
		if tt.audited != "" {
			before = append(before, tt.audited)
		}
		require.Equal(t, before, audited(t, pool), "%s %s", tt.x.method, tt.x.target)
	}
	require.Equal(t, 0, count(t, pool, `SELECT count(*) FROM archive.commits WHERE who <> '`+anon+`'`), "the commit is the request's own")
	require.Equal(t, 0, count(t, pool, `SELECT count(*) FROM extra.audit WHERE who <> '`+anon+`'`), "claims are the request's")
}

// whoami asks as whom a hook's SQL runs.
func whoami(ctx context.Context, tx driver.Tx) (who string) {
	_ = tx.QueryRow(ctx, `SELECT current_user`).Scan(&who)
	return strings.TrimPrefix(who, "pgrest_test_")
}

// All comes in the documented order, each as the role that it wants.
func TestHook_order(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var calls []string
	note := func(parts ...any) {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, fmt.Sprint(parts...))
	}
	hook := func(name string, login bool) pgrest.Hook {
		return pgrest.Hook{
			For:     func(*pgrest.Request) bool { note("for ", name); return true },
			AsLogin: login,
			Before: func(ctx context.Context, tx driver.Tx, _ *pgrest.Request) error {
				note("before ", name, " as ", whoami(ctx, tx))
				_, err := tx.Exec(ctx, `SELECT set_config('role', 'pgrest_test_visitor', true) WHERE current_user = '`+anon+`'`) // which a hook shouldn't leave
				return err
			},
			After: func(ctx context.Context, tx driver.Tx, _ *pgrest.Request, done *pgrest.Outcome) error {
				note("after ", name, " as ", whoami(ctx, tx), " of ", done.RowsAffected)
				return nil
			},
			AfterCommit: func(ctx context.Context, _ *pgrest.Request, done *pgrest.Outcome) {
				note("committed ", name, " of ", done.RowsAffected)
			},
		}
	}
	api, pool := hooking(t, []pgrest.Hook{hook("a", true), hook("b", false), hook("c", true)}, func(o *pgrest.Options) { o.PreRequest = "extra.pre_request" })
	x := exchange{method: "POST", target: "/stamps?select=told", data: `{"id": 1}`, status: 201, send: headers{"Prefer": representation}, body: `[{"told": "pgrest_test_anon"}]`}
	x.check(t, ask(t, api, x))
	require.Equal(t, []string{
		"for a", "for b", "for c",
		"before a as authenticator", "before b as anon", "before c as authenticator",
		"after a as authenticator of 1", "after b as anon of 1", "after c as authenticator of 1",
		"committed a of 1", "committed b of 1", "committed c of 1",
	}, calls)
	require.Equal(t, 1, count(t, pool, `SELECT count(*) FROM archive.commits WHERE who = '`+anon+`'`))
	calls = nil
	require.Equal(t, 200, answer(api, exchange{target: "/stamps?select=told"}.request(t)).Code)
	require.Len(t, calls, 12, "reads, too")
	calls = nil
	require.Equal(t, 201, answer(api, exchange{method: "POST", target: "/stamps", data: `{"id": 2, "name": "y"}`, send: headers{"Prefer": "tx=rollback"}}.request(t)).Code)
	require.NotContains(t, fmt.Sprint(calls), "committed")
	calls = nil
	require.Equal(t, 200, answer(api, exchange{method: "OPTIONS", target: "/stamps"}.request(t)).Code)
	require.Empty(t, calls, "nothing runs")
}

// The request as hooks see it.
func TestHook_request(t *testing.T) {
	t.Parallel()
	var seen *pgrest.Request
	api, _ := hooking(t, []pgrest.Hook{{
		For:         func(r *pgrest.Request) bool { seen = r; return false },
		AfterCommit: func(context.Context, *pgrest.Request, *pgrest.Outcome) { t.Error("takes no part") },
	}}, func(o *pgrest.Options) { o.Plans = true })
	type key struct{}
	for _, tt := range []struct {
		exchange
		action   pgrest.Action
		readOnly bool
	}{
		{exchange{target: "/stamps"}, pgrest.ActionRead, true},
		{exchange{method: "HEAD", target: "/stamps"}, pgrest.ActionRead, true},
		{exchange{method: "POST", target: "/stamps", data: `{"id": 1}`}, pgrest.ActionInsert, false},
		{exchange{method: "POST", target: "/stamps", data: `{"id": 1}`, send: headers{"Prefer": "resolution=ignore-duplicates"}}, pgrest.ActionInsert, false},
		{exchange{method: "POST", target: "/stamps", data: `{"id": 1}`, send: headers{"Prefer": "resolution=merge-duplicates"}}, pgrest.ActionUpsert, false},
		{exchange{method: "PUT", target: "/stamps?id=eq.1", data: `{"id": 1}`}, pgrest.ActionUpsert, false},
		{exchange{method: "PATCH", target: "/stamps?id=eq.1", data: `{"told": "x"}`}, pgrest.ActionUpdate, false},
		{exchange{method: "DELETE", target: "/stamps?id=eq.1"}, pgrest.ActionDelete, false},
		{exchange{method: "POST", target: "/rpc/stamp", data: `{"id": 1}`}, pgrest.ActionCall, false},
		{exchange{target: "/rpc/stamp?id=2"}, pgrest.ActionCall, true},
		{exchange{method: "POST", target: "/rpc/add", data: `{"a": 1, "b": 2}`}, pgrest.ActionCall, true},
	} {
		r := tt.request(t)
		r.Header.Set("X-Request-Id", "one")
		r = r.WithContext(context.WithValue(r.Context(), key{}, "value"))
		seen = nil
		answer(api, r)
		require.NotNil(t, seen, tt.target)
		require.Equal(t, tt.action.String(), seen.Action.String(), tt.target)
		require.Equal(t, tt.readOnly, seen.ReadOnly, tt.target)
		require.Equal(t, r.Method, seen.Method)
		require.Equal(t, anon, seen.Identity.Role)
		require.Equal(t, "archive", seen.Schema)
		require.Equal(t, "value", seen.Context().Value(key{}))
		require.Equal(t, "one", seen.Header.Get("x-request-id"))
		values := seen.Header.Values("X-Request-Id")
		values[0] = "another"
		require.Equal(t, "one", r.Header.Get("X-Request-Id"))
		if tt.action == pgrest.ActionCall {
			require.Equal(t, pgrest.ResourceRoutine, seen.Resource)
			require.Equal(t, seen.Name, seen.Routine.Name.Name)
			require.Nil(t, seen.Table)
			continue
		}
		require.Equal(t, pgrest.ResourceRelation, seen.Resource)
		require.Equal(t, "stamps", seen.Table.Name.Name)
		require.Nil(t, seen.Routine)
	}
	answer(api, exchange{target: "/stamps", send: headers{"Accept": "application/vnd.pgrst.plan; options=analyze", "Prefer": "count=exact, timezone=Asia/Tokyo"}}.request(t))
	require.True(t, seen.Plan)
	require.True(t, seen.Analyze)
	require.Equal(t, pgrest.Preferences{Count: "exact", Timezone: "Asia/Tokyo", MaxAffected: -1}, seen.Preferences)
	require.Equal(t, "Action(99)", pgrest.Action(99).String())
}

// The rows that were written, however the client wants to be answered.
func TestHook_rows(t *testing.T) {
	t.Parallel()
	var done *pgrest.Outcome
	api, _ := hooking(t, []pgrest.Hook{{Rows: true, After: func(_ context.Context, _ driver.Tx, _ *pgrest.Request, o *pgrest.Outcome) error { done = o; return nil }}},
		func(o *pgrest.Options) { o.TxEnd, o.Aggregates = pgrest.TxRollback, true })
	other := answer(api, exchange{method: "POST", target: "/stamps", data: `{"id": 1}`}.request(t))
	require.Equal(t, 201, other.Code, other.Body)
	two := `[{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]`
	a, b := `{"id":1,"name":"a","told":"pgrest_test_anon"}`, `{"id":2,"name":"b","told":"pgrest_test_anon"}`
	for _, tt := range []struct {
		exchange
		now []string // new rows
		old []string
	}{
		{exchange{name: "minimal", data: two}, []string{a, b}, nil},
		{exchange{name: "headers_only", data: `{"id": 1, "name": "a"}`, send: headers{"Prefer": "return=headers-only"}, want: headers{"Location": "/stamps?id=eq.1", "Content-Type": ""}}, []string{a}, nil},
		{exchange{name: "shown", target: "/stamps?select=id", data: two, send: headers{"Prefer": representation}, body: `[{"id":1},{"id":2}]`}, []string{a, b}, nil},
		{exchange{name: "all_shown", data: `{"id": 1, "name": "a"}`, send: headers{"Prefer": representation}, body: "[" + a + "]"}, []string{a}, nil},
		{exchange{name: "ordered", target: "/stamps?select=id&order=id.desc", data: two, send: headers{"Prefer": representation}, body: `[{"id":2},{"id":1}]`}, []string{a, b}, nil},
		{exchange{name: "with_embeds", target: "/stamps?select=id,prints(id)&order=id", data: two, send: headers{"Prefer": representation}, body: `[{"id":1,"prints":[]},{"id":2,"prints":[]}]`}, []string{a, b}, nil},
		{exchange{name: "hidden_by_an_embed", target: "/stamps?select=id,prints!inner(id)", data: two, send: headers{"Prefer": representation}, body: `[]`}, []string{a, b}, nil},
		{exchange{name: "of_groups", target: "/stamps?select=id.count()", data: two, send: headers{"Prefer": representation}, body: `[{"count":2}]`}, []string{a, b}, nil},
		{exchange{name: "CSV", target: "/stamps?select=name&order=name.desc", data: two, send: headers{"Prefer": representation, "Accept": "text/csv"},
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "name\nb\na"}, []string{a, b}, nil},
		{exchange{name: "one", target: "/stamps?select=id", data: `{"id": 1, "name": "a"}`, send: headers{"Prefer": representation, "Accept": acceptOne["Accept"]},
			want: oneObject, body: `{"id":1}`}, []string{a}, nil},
		{exchange{name: "view", target: "/stamp_view", data: `{"id": 1, "name": "a"}`}, []string{`{"id":1,"name":"a"}`}, nil},
		{exchange{name: "none", data: `[]`}, nil, nil},
		{exchange{name: "update", method: "PATCH", target: "/genres?id=eq.1", data: `{"name": "x"}`, token: `{"role": "pgrest_test_curator"}`, status: 204}, []string{`{"id":1,"name":"x","colour":8388608}`}, nil},
		{exchange{name: "update_of_nothing", method: "PATCH", target: "/genres?id=eq.1", data: `{}`, token: `{"role": "pgrest_test_curator"}`, status: 204}, nil, nil},
		{exchange{name: "delete", method: "DELETE", target: "/genres?id=eq.4", token: `{"role": "pgrest_test_curator"}`, status: 204}, nil, []string{`{"id":4,"name":"Western","colour":null}`}},
		{exchange{name: "delete_shown", method: "DELETE", target: "/genres?id=eq.4&select=name", send: headers{"Prefer": representation},
			token: `{"role": "pgrest_test_curator"}`, status: 200, body: `[{"name":"Western"}]`}, nil, []string{`{"id":4,"name":"Western","colour":null}`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			done = nil
			if tt.method == "" {
				tt.method, tt.status = "POST", 201
			}
			if tt.target == "" {
				tt.target = "/stamps"
			}
			if tt.body == "" && tt.status == 201 && tt.want["Location"] == "" {
				tt.want = headers{"Content-Type": ""}
			}
			for range 2 { // planned, and found
				tt.check(t, ask(t, api, tt.exchange))
				var now, before []string
				for _, row := range done.Rows {
					if row.New != nil {
						now = append(now, string(row.New))
					}
					if row.Old != nil && (tt.method == "DELETE" || row.New == nil) {
						before = append(before, string(row.Old))
					}
				}
				require.Equal(t, tt.now, now)
				require.Equal(t, tt.old, before)
			}
		})
	}
}

// The rows are told of a write that a decision of the host's holds for, too.
func TestHook_rows_of_a_decision(t *testing.T) {
	t.Parallel()
	var done *pgrest.Outcome
	api, pool := hooking(t, []pgrest.Hook{{Rows: true, After: func(_ context.Context, _ driver.Tx, _ *pgrest.Request, o *pgrest.Outcome) error { done = o; return nil }}},
		func(o *pgrest.Options) {
			o.Decide = func(context.Context, *pgrest.Use) (pgrest.Decision, error) {
				return pgrest.Decision{Where: []filter.Node{filter.Condition{Field: filter.Field{Name: "id"}, Operator: filter.LessThan, Value: "10"}}}, nil
			}
		})
	for _, prefer := range []string{"return=minimal", "return=headers-only", "return=representation"} {
		for id, status := range map[int]int{1: 201, 11: 401} {
			done = nil
			x := exchange{method: "POST", target: "/stamps", data: fmt.Sprintf(`{"id": %d}`, id), send: headers{"Prefer": prefer}}
			w := answer(api, x.request(t))
			require.Equal(t, status, w.Code, w.Body)
			require.Equal(t, status == 201, done != nil)
			if done != nil {
				require.Len(t, done.Rows, 1)
				require.Contains(t, string(done.Rows[0].New), `"id":1,`)
			}
		}
		_, err := pool.Exec(t.Context(), `DELETE FROM archive.stamps`)
		require.NoError(t, err)
	}
}

// What a hook returns is answered, and undoes the write.
func TestHook_errors(t *testing.T) {
	t.Parallel()
	var fails func(ctx context.Context, tx driver.Tx) error
	var log journal
	for _, when := range []string{"before", "after"} {
		hook := pgrest.Hook{AsLogin: true}
		if when == "before" {
			hook.Before = func(ctx context.Context, tx driver.Tx, _ *pgrest.Request) error { return fails(ctx, tx) }
		} else {
			hook.After = func(ctx context.Context, tx driver.Tx, _ *pgrest.Request, _ *pgrest.Outcome) error {
				return fails(ctx, tx)
			}
		}
		api, pool := hooking(t, []pgrest.Hook{hook}, log.kept)
		for _, tt := range []struct {
			name   string
			fails  func(ctx context.Context, tx driver.Tx) error
			status int
			code   string
			logged bool
		}{
			{"own", func(context.Context, driver.Tx) error {
				return fmt.Errorf("wrapped: %w", &pgrest.Error{Code: "QUOTA", Status: 402, Message: "No", Details: "d", Hint: "h"})
			}, 402, "QUOTA", false},
			{"own_without_a_status", func(context.Context, driver.Tx) error { return &pgrest.Error{Code: "ODD", Message: "No"} }, 500, "ODD", true},
			{"of_auth", func(context.Context, driver.Tx) error {
				return &auth.Error{Code: "SESSION", Message: "No", Status: 401}
			}, 401, "SESSION", false},
			{"any", func(context.Context, driver.Tx) error { return errors.New("secret") }, 500, "PGRSTX00", true},
			{"of_SQL", func(ctx context.Context, tx driver.Tx) error { _, err := tx.Exec(ctx, `SELECT secret`); return err }, 500, "PGRSTX00", true},
			{"of_SQL_passed_over", func(ctx context.Context, tx driver.Tx) error { _, _ = tx.Exec(ctx, `SELECT secret`); return nil }, 500, "PGRSTX00", true},
			{"rows_left_open", func(ctx context.Context, tx driver.Tx) error { _, err := tx.Query(ctx, `SELECT 1`); return err }, 500, "PGRSTX00", true},
			{"commit", func(ctx context.Context, tx driver.Tx) error { return tx.Commit(ctx) }, 500, "PGRSTX00", true},
			{"rollback", func(ctx context.Context, tx driver.Tx) error { return tx.Rollback(ctx) }, 500, "PGRSTX00", true},
			{"cancelled_by_the_host", func(context.Context, driver.Tx) error { return context.Canceled }, 500, "PGRSTX00", true},
			{"too_late", func(context.Context, driver.Tx) error { return context.DeadlineExceeded }, 504, "57014", true},
			{"panic", func(context.Context, driver.Tx) error { panic("secret") }, 500, "PGRSTX00", true},
			{"lost", func(ctx context.Context, tx driver.Tx) error {
				_, _ = pool.Exec(ctx, `SELECT pg_terminate_backend($1)`, tx.Conn().PgConn().PID())
				_, err := tx.Exec(ctx, `SELECT 1`)
				return err
			}, 503, "", true},
		} {
			t.Run(when+"/"+tt.name, func(t *testing.T) {
				fails = tt.fails
				before := len(log.String())
				w := answer(api, exchange{method: "POST", target: "/stamps", data: `{"id": 1}`}.request(t))
				require.Equal(t, tt.status, w.Code, w.Body)
				require.NotContains(t, w.Body.String(), "secret")
				if tt.code != "" {
					require.Contains(t, w.Body.String(), `"code":"`+tt.code+`"`)
				}
				require.Equal(t, tt.logged, strings.Contains(log.String()[before:], "level=ERROR"), log.String()[before:])
				require.Zero(t, count(t, pool, `SELECT count(*) FROM archive.stamps`))
				fails = func(context.Context, driver.Tx) error { return nil }
				require.Equal(t, 201, answer(api, exchange{method: "POST", target: "/stamps", data: `{"id": 1}`, send: headers{"Prefer": "tx=rollback"}}.request(t)).Code)
			})
		}
	}
}

// A hook that panics behind the commit fails nothing, and its context isn't the request's.
func TestHook_after_the_commit(t *testing.T) {
	t.Parallel()
	var log journal
	ctx, cancel := context.WithCancel(t.Context())
	var err error
	api, pool := hooking(t, []pgrest.Hook{
		{AfterCommit: func(context.Context, *pgrest.Request, *pgrest.Outcome) { panic("on purpose") }},
		{AfterCommit: func(ctx context.Context, _ *pgrest.Request, _ *pgrest.Outcome) { cancel(); err = ctx.Err() }},
	}, log.kept)
	w := answer(api, exchange{method: "POST", target: "/stamps", data: `{"id": 1}`}.request(t).WithContext(ctx))
	require.Equal(t, 201, w.Code)
	require.NoError(t, err)
	require.Contains(t, log.String(), "AfterCommit panicked")
	require.Equal(t, 1, count(t, pool, `SELECT count(*) FROM archive.stamps`))
}

// Without hooks there is one round trip; Before and After cost one each, and what their SQL does.
func TestHook_round_trips(t *testing.T) {
	t.Parallel()
	nothing := func(context.Context, driver.Tx, *pgrest.Request) error { return nil }
	asking := func(ctx context.Context, tx driver.Tx, _ *pgrest.Request) error {
		_, err := tx.Exec(ctx, `SELECT 1`)
		return err
	}
	afterwards := func(before func(context.Context, driver.Tx, *pgrest.Request) error) func(context.Context, driver.Tx, *pgrest.Request, *pgrest.Outcome) error {
		return func(ctx context.Context, tx driver.Tx, r *pgrest.Request, _ *pgrest.Outcome) error {
			return before(ctx, tx, r)
		}
	}
	committed := func(context.Context, *pgrest.Request, *pgrest.Outcome) {}
	all := func(*pgrest.Request) bool { return true }
	insert := exchange{method: "POST", target: "/visitors_book", data: `{"entry": "x"}`}
	bounded := exchange{method: "PATCH", target: "/films?id=eq.1", data: `{"rating": 9}`, token: `{"role": "pgrest_test_curator"}`, send: acceptOne}
	get := exchange{target: "/films?select=id,released"}
	for _, tt := range []struct {
		name  string
		hooks []pgrest.Hook
		x     exchange
		trips int
	}{
		{"none", nil, insert, 1},
		{"not_for_it", []pgrest.Hook{{Before: nothing, After: afterwards(asking)}}, get, 1},
		{"committed", []pgrest.Hook{{AfterCommit: committed}}, insert, 1},
		{"before", []pgrest.Hook{{Before: nothing}}, insert, 2},
		{"before_as_login", []pgrest.Hook{{AsLogin: true, Before: nothing}}, insert, 2},
		{"after", []pgrest.Hook{{After: afterwards(nothing)}}, insert, 2},
		{"after_with_rows", []pgrest.Hook{{Rows: true, For: all, After: afterwards(nothing)}}, bounded, 2},
		{"after_as_login", []pgrest.Hook{{AsLogin: true, After: afterwards(nothing)}}, insert, 2},
		{"both", []pgrest.Hook{{Before: nothing, After: afterwards(nothing), AfterCommit: committed}}, insert, 3},
		{"both_asking", []pgrest.Hook{{Before: asking, After: afterwards(asking)}}, insert, 5},
		{"two", []pgrest.Hook{{After: afterwards(asking)}, {After: afterwards(asking)}}, insert, 4},
		{"two_as_others", []pgrest.Hook{{After: afterwards(nothing)}, {AsLogin: true, After: afterwards(nothing)}}, insert, 3},
		{"before_of_one", []pgrest.Hook{{Before: nothing}}, bounded, 3},
		{"after_of_one", []pgrest.Hook{{After: afterwards(nothing)}}, bounded, 2},
		{"read_before", []pgrest.Hook{{For: all, Before: nothing}}, get, 2},
		{"read_after", []pgrest.Hook{{For: all, After: afterwards(nothing)}}, get, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var wire traffic
			api := wiredWrites(t, &wire, func(o *pgrest.Options) { o.Hooks = tt.hooks })
			for use := range 3 {
				w := answer(api, tt.x.request(t))
				require.Less(t, w.Code, 300, w.Body)
				flushes, _, ready, sent := wire.count()
				if use > 1 { // when pgx, too, has its statements prepared
					require.Equal(t, tt.trips, flushes, sent)
					require.Equal(t, tt.trips, ready, sent)
					require.NotContains(t, sent, "P", "a statement was parsed again")
				}
			}
		})
	}
}

// A response of any size waits for the hook, and is an error if that says so.
func TestHook_large_response(t *testing.T) {
	t.Parallel()
	var fails error
	api, _ := hooking(t, []pgrest.Hook{{
		For:   func(*pgrest.Request) bool { return true },
		After: func(_ context.Context, _ driver.Tx, _ *pgrest.Request, done *pgrest.Outcome) error { return fails },
	}})
	w := answer(api, httptest.NewRequest(http.MethodGet, "/ticks?limit=30000", nil))
	require.Equal(t, 200, w.Code)
	require.Greater(t, w.Body.Len(), 1<<20)
	require.NotEmpty(t, w.Header().Get("Content-Length"))
	fails = &pgrest.Error{Code: "NO", Status: 403, Message: "No"}
	w = answer(api, httptest.NewRequest(http.MethodGet, "/ticks?limit=30000", nil))
	require.Equal(t, 403, w.Code)
	require.JSONEq(t, fault("NO", "No", "", ""), w.Body.String())
}
