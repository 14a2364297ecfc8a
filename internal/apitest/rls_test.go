package apitest_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// A policy decides by the token's claims who sees which rows.
func TestRLS(t *testing.T) {
	t.Parallel()
	const target = "/watchlists?select=owner,film_id,note&order=film_id"
	run(t, serve(t),
		exchange{name: "ada", target: target, token: `{"role": "` + visitor + `", "sub": "ada"}`,
			body: `[{"owner": "ada", "film_id": 3, "note": "with popcorn"}, {"owner": "ada", "film_id": 10, "note": null}]`},
		exchange{name: "grace", target: target, token: `{"role": "` + visitor + `", "sub": "grace"}`,
			body: `[{"owner": "grace", "film_id": 1, "note": null}]`},
		exchange{name: "nobody_known", target: target, token: `{"role": "` + visitor + `", "sub": "eve"}`, body: `[]`},
		exchange{name: "nobody", target: target, token: `{"role": "` + visitor + `"}`, body: `[]`},
		exchange{name: "filters_can't_reach_beyond", target: target + "&or=(owner.eq.ada,owner.neq.ada)", token: `{"role": "` + visitor + `", "sub": "grace"}`,
			body: `[{"owner": "grace", "film_id": 1, "note": null}]`},
		exchange{name: "counts_neither", method: http.MethodHead, target: target, send: headers{"Prefer": "count=exact"},
			token: `{"role": "` + visitor + `", "sub": "grace"}`, want: headers{"Content-Range": "0-0/1"}},
		exchange{name: "anonymous", target: target, status: 401, body: fault("42501", "permission denied for table watchlists", "", "")},
	)
}

// Users at the same time, on few connections, see their own rows each.
func TestRLS_at_once(t *testing.T) {
	t.Parallel()
	api := open(t, pgtest.Fixture(t).Pool(t, pgtest.MaxConns(4)))
	want := map[string]string{
		"ada":   `[{"owner":"ada","film_id":3},{"owner":"ada","film_id":10}]`,
		"grace": `[{"owner":"grace","film_id":1}]`,
	}
	requests := map[string]*http.Request{}
	for user := range want {
		requests[user] = exchange{target: "/watchlists?select=owner,film_id&order=film_id",
			token: `{"role": "` + visitor + `", "sub": "` + user + `"}`}.request(t)
	}
	var all sync.WaitGroup
	got := make(chan string, 50)
	for i := range cap(got) {
		user := []string{"ada", "grace"}[i%2]
		all.Go(func() {
			response := answer(api, requests[user].Clone(t.Context()))
			got <- fmt.Sprintf("%s: %d, own rows: %t", user, response.Code, compact(response.Body.String()) == want[user])
		})
	}
	all.Wait()
	close(got)
	seen := map[string]int{}
	for result := range got {
		seen[result]++
	}
	require.Equal(t, map[string]int{"ada: 200, own rows: true": 25, "grace: 200, own rows: true": 25}, seen)
}

// Whatever becomes of a request, its connection goes back without a trace of it:
// no role, no claims, no settings, and no transaction.
func TestLeak(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	superuser := db.Superuser(t)
	_, err := superuser.Exec(t.Context(), `
		CREATE VIEW archive.patience AS SELECT pg_sleep(60)::text AS slept;
		GRANT SELECT ON archive.patience TO pgrest_test_visitor`)
	require.NoError(t, err)
	pool := db.Pool(t, pgtest.MaxConns(1))
	api := open(t, pool, func(o *pgrest.Options) {
		o.AppSettings = map[string]string{"app.settings.site": "Wien"}
		o.PreRequest = "extra.pre_request"
	})
	panicking := open(t, pool, func(o *pgrest.Options) {
		o.Authenticate = func(*http.Request) (auth.Identity, error) { panic("as told") }
	})
	ada := exchange{target: "/whoami?select=current_user,timezone,site,pre_request", token: `{"role": "` + visitor + `", "sub": "ada"}`,
		send: headers{"Prefer": "timezone=Asia/Tokyo"},
		body: `[{"current_user": "` + visitor + `", "timezone": "Asia/Tokyo", "site": "Wien", "pre_request": "ran as ` + visitor + `"}]`}

	for _, step := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"start", func(*testing.T) {}},
		{"request", func(t *testing.T) { ada.check(t, ask(t, api, ada)) }},
		{"count", func(t *testing.T) {
			x := exchange{target: "/watchlists?select=owner&film_id=eq.1", token: `{"role": "` + visitor + `", "sub": "grace"}`,
				send: headers{"Prefer": "count=exact"}, body: `[{"owner": "grace"}]`}
			x.check(t, ask(t, api, x))
		}},
		{"anonymous", func(t *testing.T) {
			x := exchange{target: "/whoami?select=current_user,claims", body: `[{"current_user": "` + anon + `", "claims": "{\"role\":\"` + anon + `\"}"}]`}
			x.check(t, ask(t, api, x))
		}},
		{"error", func(t *testing.T) {
			x := exchange{target: "/faults?select=raised&sqlstate=eq.XX000", token: ada.token, status: 500, body: fault("XX000", "internal error", "", "")}
			x.check(t, ask(t, api, x))
		}},
		{"error_beside_a_count", func(t *testing.T) {
			x := exchange{target: "/faults?select=raised&sqlstate=eq.XX000", token: ada.token, send: headers{"Prefer": "count=exact"}, status: 500,
				body: fault("XX000", "internal error", "", "")}
			x.check(t, ask(t, api, x))
		}},
		{"error_in_the_settings", func(t *testing.T) {
			x := exchange{target: "/films", token: `{"role": "pgrest_test_nobody", "sub": "ada"}`, status: 401,
				body: fault("22023", `role "pgrest_test_nobody" does not exist`, "", "")}
			x.check(t, ask(t, api, x))
		}},
		{"error_in_the_pre-request_function", func(t *testing.T) {
			x := exchange{target: "/films", token: ada.token, send: headers{"X-Pre-Request": "refuse"}, status: 403,
				body: fault("PT403", "Refused", "By the pre-request function", "Ask nicely")}
			x.check(t, ask(t, api, x))
		}},
		{"client_that_goes_away", func(t *testing.T) { goAway(t, api, superuser, ada.token) }},
		{"panic", func(t *testing.T) {
			x := exchange{target: "/films", status: 500, body: fault("PGRSTX00", "Internal error", "", "")}
			x.check(t, ask(t, panicking, x))
		}},
		{"request_after_all", func(t *testing.T) { ada.check(t, ask(t, api, ada)) }},
	} {
		step.run(t)
		require.JSONEq(t, `{"current_user": "pgrest_test_authenticator", "role": "none", "read_only": "off",
			"search_path": "\"$user\", public", "timezone": "UTC", "custom": ""}`, session(t, pool), "after: %s", step.name)
	}
}

// goAway makes a request that takes a minute, and cancels it once PostgreSQL is
// busy with it.
func goAway(t *testing.T, api http.Handler, superuser *pgxpool.Pool, claims string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := exchange{target: "/patience", token: claims}.request(t).WithContext(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		answer(api, r)
	}()
	busy := `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '%patience%' AND pid <> pg_backend_pid()`
	waitFor(t, func() bool { return count(t, superuser, busy) == 1 }, "the request runs")
	cancel()
	<-done
	waitFor(t, func() bool { return count(t, superuser, busy) == 0 }, "the request has ended in PostgreSQL")
}

// session describes the pool's next connection.
func session(t *testing.T, pool *pgxpool.Pool) string {
	t.Helper()
	var state string
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT json_build_object(
		'current_user', current_user, 'role', current_setting('role'), 'read_only', current_setting('transaction_read_only'),
		'search_path', current_setting('search_path'), 'timezone', current_setting('timezone'),
		'custom', concat(current_setting('request.jwt.claims', true), current_setting('request.headers', true),
			current_setting('app.settings.site', true), current_setting('extra.pre_request', true)))`).Scan(&state))
	return state
}
