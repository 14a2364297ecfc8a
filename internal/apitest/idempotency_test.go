package apitest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	driver "github.com/jackc/pgx/v5" // pgx is a constant of these tests
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// keysSQL makes the table of keys as the documentation has it, for a login of that name.
func keysSQL(login string) string {
	return `CREATE SCHEMA keys;
	CREATE TABLE keys.idempotency_keys (identity bytea NOT NULL, key text NOT NULL, request bytea NOT NULL, status int, headers json, body bytea,
		expires timestamptz NOT NULL, PRIMARY KEY (identity, key));
	CREATE INDEX ON keys.idempotency_keys (expires);
	GRANT USAGE ON SCHEMA keys TO ` + login + `;
	GRANT SELECT, INSERT, UPDATE, DELETE ON keys.idempotency_keys TO ` + login + `;`
}

// paymentsSQL makes payments, of which each has a number, so that none is made twice unnoticed.
const paymentsSQL = `
	CREATE TABLE archive.payments (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, cents int CHECK (cents > 0), note text,
		told text DEFAULT current_user);
	CREATE TABLE archive.closed (why text);
	CREATE FUNCTION archive.pay(cents int) RETURNS SETOF archive.payments LANGUAGE plpgsql AS $$ BEGIN
		PERFORM set_config('response.headers', '[{"X-Paid": "' || cents || ' ¢"}, {"Set-Cookie": "paid=1"}]', true), set_config('response.status', '202', true);
		RETURN QUERY INSERT INTO archive.payments (cents) VALUES (pay.cents) RETURNING *; END $$;
	CREATE FUNCTION archive.paid() RETURNS bigint STABLE LANGUAGE sql AS $$ SELECT count(*) FROM archive.payments $$;
	CREATE FUNCTION archive.pay_slowly(cents int) RETURNS int LANGUAGE sql AS $$
		SELECT pg_sleep(0.5); INSERT INTO archive.payments (cents) VALUES (pay_slowly.cents) RETURNING id $$;
	CREATE FUNCTION archive.pay_serially(cents int) RETURNS int LANGUAGE sql SET default_transaction_isolation = 'serializable' AS $$
		SELECT pg_sleep(0.5); INSERT INTO archive.payments (cents) VALUES (pay_serially.cents) RETURNING id $$;
	CREATE FUNCTION archive.forget(cents int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO archive.payments (cents) VALUES (forget.cents); DEALLOCATE ALL; RETURN 1; END $$;
	GRANT ALL ON archive.payments, archive.closed TO pgrest_test_anon, pgrest_test_curator;`

const authenticator = "pgrest_test_authenticator"

// keyedAPI opens an API with idempotency keys over payments.
func keyedAPI(t *testing.T, keys pgrest.Idempotency, changes ...option) (*pgrest.Handler, *pgxpool.Pool) {
	t.Helper()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), paymentsSQL+keysSQL(authenticator))
	require.NoError(t, err)
	keys.Schema = "keys"
	set := func(o *pgrest.Options) { o.Idempotency, o.TxEnd = keys, pgrest.TxCommitAllowOverride }
	return open(t, db.Pool(t), append([]option{set}, changes...)...), super
}

// payments is how many there are.
func payments(t *testing.T, pool *pgxpool.Pool) int {
	t.Helper()
	return count(t, pool, `SELECT count(*) FROM archive.payments`)
}

func withKey(key string, more headers) headers {
	all := headers{"Idempotency-Key": `"` + key + `"`}
	for name, value := range more {
		all[name] = value
	}
	return all
}

// The same request is answered the same, byte for byte, and has its effect once.
func TestIdempotency_replay(t *testing.T) {
	t.Parallel()
	const all = "return=representation, count=exact"
	for _, tt := range []exchange{
		{name: "insert", method: "POST", target: "/payments", data: `{"cents": 5}`, status: 201},
		{name: "insert_shown", method: "POST", target: "/payments?select=id,cents", data: `[{"cents": 5}, {"cents": 6}]`, status: 201, send: headers{"Prefer": all}},
		{name: "insert_located", method: "POST", target: "/payments", data: `{"cents": 5}`, status: 201, send: headers{"Prefer": "return=headers-only"}},
		{name: "insert_as_csv", method: "POST", target: "/payments?select=id,cents", data: `{"cents": 5}`, status: 201, send: headers{"Prefer": all, "Accept": "text/csv"}},
		{name: "insert_of_one", method: "POST", target: "/payments", data: `{"cents": 5}`, status: 201, send: headers{"Prefer": all, "Accept": "application/vnd.pgrst.object+json"}},
		{name: "insert_for_a_reader_of_lines", method: "POST", target: "/payments", data: `{"cents": 5}`, status: 201, send: headers{"Prefer": all, "Accept": "application/x-ndjson"}},
		{name: "update", method: "PATCH", target: "/payments?id=eq.1", data: `{"note": "x"}`, status: 204},
		{name: "update_shown", method: "PATCH", target: "/payments?id=eq.1", data: `{"note": "x"}`, status: 200, send: headers{"Prefer": all}},
		{name: "update_of_any_version", method: "PATCH", target: "/payments?id=eq.1", data: `{"note": "x"}`, status: 200, send: headers{"Prefer": all, "If-Match": "*"}},
		{name: "delete", method: "DELETE", target: "/payments?id=eq.1", status: 204},
		{name: "delete_shown", method: "DELETE", target: "/payments?id=eq.1", status: 200, send: headers{"Prefer": all}},
		{name: "put", method: "PUT", target: "/closed?why=eq.x", data: `{"why": "x"}`, status: 405}, // which has no primary key: errors aren't kept
		{name: "call", method: "POST", target: "/rpc/pay", data: `{"cents": 5}`, status: 202},
		{name: "call_by_form", method: "POST", target: "/rpc/pay", data: `cents=5`, status: 202, send: headers{"Content-Type": "application/x-www-form-urlencoded"}},
		{name: "call_forgetting_statements", method: "POST", target: "/rpc/forget", data: `{"cents": 5}`, status: 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api, pool := keyedAPI(t, pgrest.Idempotency{})
			_, err := pool.Exec(t.Context(), `INSERT INTO archive.payments (cents) VALUES (1)`)
			require.NoError(t, err)
			ask := func(key string) *httptest.ResponseRecorder {
				r := exchange{method: tt.method, target: tt.target, data: tt.data, send: withKey(key, tt.send)}.request(t)
				w := httptest.NewRecorder()
				w.Header().Set("Vary", "Origin") // of the host's
				w.Header().Set("X-Request", key)
				api.ServeHTTP(w, r)
				return w
			}
			plain := httptest.NewRecorder()
			if tt.status < 300 { // what it is without a key, undone
				r := exchange{method: tt.method, target: tt.target, data: tt.data, send: tt.send}.request(t)
				r.Header.Set("Prefer", strings.Trim(r.Header.Get("Prefer")+", tx=rollback", ", "))
				plain.Header().Set("Vary", "Origin")
				plain.Header().Set("X-Request", "a")
				api.ServeHTTP(plain, r)
			}
			first := ask("a")
			require.Equal(t, tt.status, first.Code, first.Body)
			if tt.status < 300 {
				for name, values := range plain.Header() {
					switch name {
					case "Location", "Preference-Applied", "Etag": // of another number and version, and of what undoes it
					default:
						require.Equal(t, values, first.Header()[name], name)
					}
				}
			}
			after := payments(t, pool)
			for range 2 {
				again := ask("a")
				require.Equal(t, first.Code, again.Code)
				require.Equal(t, first.Body.String(), again.Body.String())
				require.Equal(t, first.Header(), again.Header())
				require.Equal(t, after, payments(t, pool))
			}
		})
	}
}

// The host's headers are those of each request, and the API's are as they were: where both have
// values of one, they stand side by side.
func TestIdempotency_beside_the_hosts_headers(t *testing.T) {
	t.Parallel()
	api, _ := keyedAPI(t, pgrest.Idempotency{}, func(o *pgrest.Options) { o.ServerTiming, o.TraceHeader = true, "X-Trace" })
	for _, tt := range []struct{ trace, vary, cookie string }{{"1", "", ""}, {"2", "Origin", "host=1"}, {"3", "", ""}} {
		r := exchange{method: "POST", target: "/rpc/pay", data: `{"cents": 5}`, send: withKey("a", headers{"X-Trace": tt.trace})}.request(t)
		w := httptest.NewRecorder()
		vary, cookies := []string{"Accept, Prefer, Range"}, []string{"paid=1"}
		if tt.vary != "" {
			w.Header().Set("Vary", tt.vary)
			w.Header().Set("Set-Cookie", tt.cookie)
			vary, cookies = append([]string{tt.vary}, vary...), append([]string{tt.cookie}, cookies...)
		}
		api.ServeHTTP(w, r)
		require.Equal(t, 202, w.Code, w.Body)
		require.Equal(t, tt.trace, w.Header().Get("X-Trace"))
		require.Equal(t, vary, w.Header()["Vary"])
		require.Equal(t, cookies, w.Header()["Set-Cookie"])
		require.Len(t, w.Header()["Server-Timing"], 1)
	}
}

// A client that goes on to read from a replica is told where the commit is, and at a replay that
// nobody knows.
func TestIdempotency_tells_positions(t *testing.T) {
	t.Parallel()
	api, _ := keyedAPI(t, pgrest.Idempotency{}, func(o *pgrest.Options) { o.Replicas.Positions = true })
	var positions []string
	for range 3 {
		w := answer(api, exchange{method: "POST", target: "/payments", data: `{"cents": 5}`, send: withKey("a", nil)}.request(t))
		require.Equal(t, 201, w.Code, w.Body)
		positions = append(positions, w.Header().Get(pgrest.PositionHeader))
	}
	require.NotContains(t, []string{"", "unknown"}, positions[0])
	require.Equal(t, []string{"unknown", "unknown"}, positions[1:])
}

// What a key's request is, and what another is.
func TestIdempotency_of_another_request(t *testing.T) {
	t.Parallel()
	api, pool := keyedAPI(t, pgrest.Idempotency{})
	first := exchange{method: "POST", target: "/payments?select=id", data: `{"cents": 5}`, status: 201, send: withKey("a", headers{"Prefer": representation}), body: `[{"id": 1}]`}
	first.check(t, ask(t, api, first))
	reused := fault("42710", "The Idempotency-Key was sent with another request before",
		"Method, URL, body, and the headers Accept, Content-Type, Prefer and the like have to be the same.", "A new request has a new key.")
	for name, change := range map[string]func(*exchange){
		"body":   func(x *exchange) { x.data = `{"cents": 6}` },
		"blanks": func(x *exchange) { x.data = `{"cents":5}` },
		"query":  func(x *exchange) { x.target = "/payments?select=id,cents" },
		"path":   func(x *exchange) { x.target, x.data = "/rpc/pay", `{"cents": 5}` },
		"method": func(x *exchange) { x.method, x.target = "PATCH", "/payments?select=id" },
		"accept": func(x *exchange) { x.send = withKey("a", headers{"Prefer": representation, "Accept": "text/csv"}) },
		"prefer": func(x *exchange) { x.send = withKey("a", headers{"Prefer": "return=minimal"}) },
	} {
		x := first
		change(&x)
		x.status, x.body = 422, reused
		t.Run(name, func(t *testing.T) { x.check(t, ask(t, api, x)) })
	}
	require.Equal(t, 1, payments(t, pool))
	first.check(t, ask(t, api, first))
}

// A key is whose it is, by role and claims: that of another is another.
func TestIdempotency_of_others(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		claims []string
		tokens []string
		made   int
	}{
		"by_role_and_sub": {nil, []string{``, `{"role": "pgrest_test_curator"}`, `{"role": "pgrest_test_curator", "sub": "a"}`,
			`{"role": "pgrest_test_curator", "sub": "b"}`, `{"role": "pgrest_test_curator", "sub": "b", "exp": 4102444800}`, `{"role": "pgrest_test_curator", "sub": "b", "tenant": 7}`}, 4},
		"by_claims_of_the_host": {[]string{"tenant", "sub"}, []string{`{"role": "pgrest_test_curator", "sub": "b"}`,
			`{"role": "pgrest_test_curator", "sub": "b", "tenant": 7}`, `{"role": "pgrest_test_curator", "tenant": 7}`, `{"role": "pgrest_test_curator", "tenant": "7"}`}, 4},
		"by_claims_however_they_are_written": {[]string{"sub", "of"}, []string{`{"role": "pgrest_test_curator", "sub": "a/b", "of": {"x": 1, "y": [true]}}`,
			`{"role": "pgrest_test_curator", "sub": "\u0061\/b", "of": { "y":[ true ], "x":1}}`}, 1},
		"by_role_alone": {[]string{}, []string{`{"role": "pgrest_test_curator", "sub": "a"}`, `{"role": "pgrest_test_curator", "sub": "b"}`, ``}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, pool := keyedAPI(t, pgrest.Idempotency{Claims: tt.claims})
			for range 2 {
				for _, token := range tt.tokens {
					x := exchange{method: "POST", target: "/payments", token: token, data: `{"cents": 5}`, status: 201, send: withKey("a", nil)}
					require.Equal(t, 201, answer(api, x.request(t)).Code)
				}
			}
			require.Equal(t, tt.made, payments(t, pool))
		})
	}
}

// Headers that are no keys, those that are missing, and requests that keys aren't for.
func TestIdempotency_header(t *testing.T) {
	t.Parallel()
	api, pool := keyedAPI(t, pgrest.Idempotency{Required: func(r *pgrest.Request) bool { return r.Action == pgrest.ActionInsert }})
	const hint = `A key is a string in double quotes, such as "8e03978e-40d5-43dd-bc93-6894a57f9324".`
	askInTurn(t, api,
		exchange{name: "not_quoted", method: "POST", target: "/payments", data: `{"cents": 5}`, send: headers{"Idempotency-Key": "abc"}, status: 400,
			body: fault("22023", "The Idempotency-Key header can't be read", "It doesn't begin with a double quote.", hint)},
		exchange{name: "two", method: "POST", target: "/payments", data: `{"cents": 5}`, send: headers{"Idempotency-Key": "\"a\"\n\"b\""}, status: 400,
			body: fault("22023", "The Idempotency-Key header can't be read", "There is more than one.", hint)},
		exchange{name: "missing", method: "POST", target: "/payments", data: `{"cents": 5}`, status: 400,
			body: fault("22023", "The request needs an Idempotency-Key header", "", hint)},
		exchange{name: "not_required", method: "DELETE", target: "/payments?id=eq.9", status: 204},
		exchange{name: "of_a_read", target: "/payments", send: headers{"Idempotency-Key": "abc"}, body: `[]`},
		exchange{name: "of_a_stable_function", method: "POST", target: "/rpc/paid", send: headers{"Idempotency-Key": "abc"}, body: `0`},
	)
	require.Zero(t, payments(t, pool))
	require.Zero(t, count(t, pool, `SELECT count(*) FROM keys.idempotency_keys`))
}

// Without the option the header means nothing, as in PostgREST: no request that this answers is
// answered otherwise.
func TestIdempotency_off(t *testing.T) {
	t.Parallel()
	api, pool := hooking(t, nil)
	for range 2 {
		x := exchange{method: "POST", target: "/visitors_book", data: `{"entry": "of a key"}`, status: 201, send: headers{"Idempotency-Key": "not even a key"}, want: headers{"Content-Type": ""}}
		x.check(t, ask(t, api, x))
	}
	require.Equal(t, 2, count(t, pool, `SELECT count(*) FROM archive.visitors_book WHERE entry = 'of a key'`))
}

// Nothing is left of what failed, was undone, or has expired: its key is as new.
func TestIdempotency_is_new_again(t *testing.T) {
	t.Parallel()
	api, pool := keyedAPI(t, pgrest.Idempotency{})
	pay := func(prefer, data string, status int) {
		t.Helper()
		x := exchange{method: "POST", target: "/payments", data: data, send: withKey("a", headers{"Prefer": prefer})}
		require.Equal(t, status, answer(api, x.request(t)).Code)
	}
	kept := func() int { return count(t, pool, `SELECT count(*) FROM keys.idempotency_keys`) }
	pay("", `{"cents": 0}`, 400) // by the constraint
	pay("", `{"nope": 1}`, 400)
	pay("tx=rollback", `{"cents": 5}`, 201)
	pay("handling=strict, max-affected=1", `{"nope": 1}`, 400)
	require.Zero(t, kept())
	require.Zero(t, payments(t, pool))
	pay("", `{"cents": 5}`, 201)
	pay("", `{"cents": 5}`, 201)
	require.Equal(t, 1, kept())
	require.Equal(t, 1, payments(t, pool))
	_, err := pool.Exec(t.Context(), `UPDATE keys.idempotency_keys SET expires = now() - interval '1 second'`)
	require.NoError(t, err)
	pay("", `{"cents": 7}`, 201) // another request
	require.Equal(t, 1, kept())
	require.Equal(t, 2, payments(t, pool))
	require.Equal(t, 1, count(t, pool, `SELECT count(*) FROM keys.idempotency_keys WHERE expires BETWEEN now() + interval '23 hours' AND now() + interval '24 hours'`))
}

// What fails at the commit leaves nothing behind either, and what runs there runs as ever: as the
// request's role, and with the timeouts that there were.
func TestIdempotency_at_the_commit(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), hookSQL+`;
		ALTER TABLE archive.stamps ADD timeout text DEFAULT current_setting('lock_timeout');`+keysSQL(authenticator))
	require.NoError(t, err)
	var database string
	require.NoError(t, super.QueryRow(t.Context(), `SELECT current_database()`).Scan(&database))
	_, err = super.Exec(t.Context(), `ALTER DATABASE `+driver.Identifier{database}.Sanitize()+` SET lock_timeout = '3s'`)
	require.NoError(t, err)
	api := open(t, db.Pool(t), func(o *pgrest.Options) { o.Idempotency.Schema = "keys" })
	_, err = super.Exec(t.Context(), `INSERT INTO archive.stamps VALUES (1, 'a')`)
	require.NoError(t, err)
	x := exchange{method: "POST", target: "/stamps?select=told,timeout", data: `{"id": 2, "name": "a"}`, send: withKey("a", headers{"Prefer": representation})}
	require.Equal(t, 409, answer(api, x.request(t)).Code)
	require.Zero(t, count(t, super, `SELECT count(*) FROM keys.idempotency_keys`))
	_, err = super.Exec(t.Context(), `DELETE FROM archive.stamps; DELETE FROM archive.commits`)
	require.NoError(t, err)
	for range 2 {
		x.status, x.body = 201, `[{"told": "pgrest_test_anon", "timeout": "3s"}]`
		x.check(t, ask(t, api, x))
	}
	require.Equal(t, 1, count(t, super, `SELECT count(*) FROM archive.commits WHERE who = 'pgrest_test_anon'`))
}

// An answer that can't be kept is refused, whatever makes it large, and nothing is written.
func TestIdempotency_large_answer(t *testing.T) {
	t.Parallel()
	const most = 100
	api, pool := keyedAPI(t, pgrest.Idempotency{MaxBodyBytes: most})
	rows := "[" + strings.Repeat(`{"cents": 5},`, 20) + `{"cents": 5}]`
	tooLarge := fault("54000", "The answer is too large to be kept for an Idempotency-Key", "It may have 100 bytes. Nothing was written.",
		"Ask for less of it, by Prefer: return=minimal or by select.")
	long := fmt.Sprintf(`{"cents": 5, "note": "%s"}`, strings.Repeat("x", most))
	askInTurn(t, api,
		exchange{name: "rows", method: "POST", target: "/payments", data: rows, send: withKey("a", headers{"Prefer": representation}), status: 422, body: tooLarge},
		exchange{name: "one_row", method: "POST", target: "/payments", data: long, send: withKey("a", headers{"Prefer": representation}), status: 422, body: tooLarge},
		exchange{name: "object", method: "POST", target: "/payments", data: long, send: withKey("a", headers{"Prefer": representation, "Accept": "application/vnd.pgrst.object+json"}), status: 422, body: tooLarge},
	)
	require.Zero(t, payments(t, pool))
	require.Zero(t, count(t, pool, `SELECT count(*) FROM keys.idempotency_keys`))
	for note, status := range map[int]int{most - len(`[{"note":""}]`): 201, most - len(`[{"note":""}]`) + 1: 422} { // to the byte
		x := exchange{method: "POST", target: "/payments?select=note", data: fmt.Sprintf(`{"cents": 5, "note": "%s"}`, strings.Repeat("x", note)),
			send: withKey(fmt.Sprint(note), headers{"Prefer": representation})}
		w := answer(api, x.request(t))
		require.Equal(t, status, w.Code, w.Body)
	}
	require.Equal(t, 201, answer(api, exchange{method: "POST", target: "/payments", data: rows, send: withKey("b", nil)}.request(t)).Code)
	require.Equal(t, 22, payments(t, pool))
}

// Hooks take part in the first use of a key and not in replays; what they refuse isn't kept.
// Decide is asked each time.
func TestIdempotency_with_hooks(t *testing.T) {
	t.Parallel()
	for name, login := range map[string]bool{"as_request": false, "as_login": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls []string
			var refuse error
			hooks := []pgrest.Hook{{
				AsLogin: login,
				Before:  func(context.Context, driver.Tx, *pgrest.Request) error { calls = append(calls, "before"); return nil },
				After: func(ctx context.Context, tx driver.Tx, _ *pgrest.Request, _ *pgrest.Outcome) error {
					calls = append(calls, "after as "+whoami(ctx, tx))
					return refuse
				},
				AfterCommit: func(context.Context, *pgrest.Request, *pgrest.Outcome) { calls = append(calls, "committed") },
			}}
			allowed := true
			api, pool := keyedAPI(t, pgrest.Idempotency{}, func(o *pgrest.Options) {
				o.Hooks = hooks
				o.Decide = func(context.Context, *pgrest.Use) (pgrest.Decision, error) {
					if !allowed {
						return pgrest.Decision{}, &pgrest.Error{Status: 403, Message: "no"}
					}
					return pgrest.Decision{}, nil
				}
			})
			x := exchange{method: "POST", target: "/payments?select=id,told", data: `{"cents": 5}`, send: withKey("a", headers{"Prefer": representation})}
			who := map[bool]string{false: "anon", true: "authenticator"}[login]
			refuse = &pgrest.Error{Status: 402, Message: "no money"}
			require.Equal(t, 402, answer(api, x.request(t)).Code)
			require.Equal(t, []string{"before", "after as " + who}, calls)
			require.Zero(t, payments(t, pool))
			refuse, calls = nil, nil
			first := answer(api, x.request(t))
			require.Equal(t, `[{"id":2,"told":"pgrest_test_anon"}]`, first.Body.String())
			require.Equal(t, []string{"before", "after as " + who, "committed"}, calls)
			calls = nil
			require.Equal(t, first.Body.String(), answer(api, x.request(t)).Body.String())
			require.Empty(t, calls)
			allowed = false
			require.Equal(t, 403, answer(api, x.request(t)).Code)
			require.Equal(t, 1, payments(t, pool))
		})
	}
}

// Within a transaction of the host's a key belongs to that.
func TestIdempotency_within(t *testing.T) {
	t.Parallel()
	api, pool := keyedAPI(t, pgrest.Idempotency{})
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(context.WithoutCancel(t.Context()))) }()
	_, err = tx.Exec(t.Context(), `SET LOCAL lock_timeout = '7s'; SET LOCAL ROLE pgrest_test_anon`) // who can't use the table
	require.NoError(t, err)
	within := api.In(tx)
	x := exchange{method: "POST", target: "/payments?select=id", data: `{"cents": 5}`, status: 201, send: withKey("a", headers{"Prefer": representation}), body: `[{"id": 1}]`}
	for range 3 {
		w := answer(within, x.request(t))
		require.Equal(t, 201, w.Code, w.Body)
		require.Equal(t, `[{"id":1}]`, w.Body.String())
	}
	other := x
	other.data = `{"cents": 6}`
	require.Equal(t, 422, answer(within, other.request(t)).Code)
	var there int
	var timeout string
	var who string
	require.NoError(t, tx.QueryRow(t.Context(), `SELECT count(*), current_setting('lock_timeout'), current_user FROM archive.payments`).Scan(&there, &timeout, &who))
	require.Equal(t, anon, who)
	require.Equal(t, 1, there)
	require.Equal(t, "7s", timeout)
}

// A table that isn't there, or can't be written, is the host's fault, and nothing is written.
func TestIdempotency_without_its_table(t *testing.T) {
	t.Parallel()
	for name, break_ := range map[string]string{
		"gone":        `DROP TABLE keys.idempotency_keys`,
		"no_schema":   `DROP SCHEMA keys CASCADE`,
		"no_insert":   `REVOKE INSERT ON keys.idempotency_keys FROM pgrest_test_authenticator`,
		"no_update":   `REVOKE UPDATE ON keys.idempotency_keys FROM pgrest_test_authenticator`,
		"other_types": `ALTER TABLE keys.idempotency_keys ALTER status TYPE bool USING true`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, pool := keyedAPI(t, pgrest.Idempotency{})
			_, err := pool.Exec(t.Context(), break_)
			require.NoError(t, err)
			x := exchange{method: "POST", target: "/payments", data: `{"cents": 5}`, send: withKey("a", nil), status: 500,
				body: fault("PGRSTX00", "Internal error", "", "")}
			x.check(t, ask(t, api, x))
			require.Zero(t, payments(t, pool))
			x = exchange{method: "POST", target: "/payments", data: `{"cents": 5}`}
			require.Equal(t, 201, answer(api, x.request(t)).Code, "without a key all is well")
		})
	}
}

// Clients' roles have nothing to do with the table, nor does an identity of the host's own.
func TestIdempotency_of_the_hosts_identity(t *testing.T) {
	t.Parallel()
	api, pool := keyedAPI(t, pgrest.Idempotency{Claims: []string{"customer"}}, func(o *pgrest.Options) {
		o.Authenticate = func(r *http.Request) (auth.Identity, error) {
			return auth.Identity{Role: curator, Claims: []byte(`{"customer": "` + r.Header.Get("X-Customer") + `"}`)}, nil
		}
	})
	for _, customer := range []string{"a", "b", "a", "b"} {
		x := exchange{method: "POST", target: "/payments", data: `{"cents": 5}`, send: withKey("a", headers{"X-Customer": customer})}
		require.Equal(t, 201, answer(api, x.request(t)).Code)
	}
	require.Equal(t, 2, payments(t, pool))
	require.Equal(t, 2, count(t, pool, `SELECT count(*) FROM keys.idempotency_keys`))
	require.Zero(t, count(t, pool, `SELECT count(*) FROM archive.payments WHERE told <> 'pgrest_test_curator'`))
}

// Options that can't be.
func TestIdempotency_refused(t *testing.T) {
	t.Parallel()
	for text, i := range map[string]pgrest.Idempotency{
		"pgrest: Idempotency has no effect without a Schema":                                  {Table: "keys"},
		"pgrest: Idempotency.Schema is public, which is exposed: its table isn't for clients": {Schema: "public"},
		"pgrest: Idempotency.Retention is -1ns, and can't be negative":                        {Schema: "keys", Retention: -1},
		"pgrest: Idempotency.MaxBodyBytes is -1, and can't be negative":                       {Schema: "keys", MaxBodyBytes: -1},
	} {
		_, err := pgrest.New(pgtest.Fixture(t).Pool(t), pgrest.Options{Idempotency: i})
		require.EqualError(t, err, text)
	}
}

// askInTurn asks for exchanges one after the other.
func askInTurn(t *testing.T, api http.Handler, exchanges ...exchange) {
	t.Helper()
	for _, x := range exchanges {
		t.Run(x.name, func(t *testing.T) { x.check(t, ask(t, api, x)) })
	}
}
