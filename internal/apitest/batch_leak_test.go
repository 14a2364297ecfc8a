package apitest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// What a function sets for its transaction, of all that decides who a request runs as and how, ends
// with its request, also in a batch: the next one has what it would have alone, or what the
// pre-request function has made of it.
func TestBatch_settings_end_with_their_request(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), shopping+`;
		CREATE FUNCTION archive.set_it(name text, value text) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT set_config(name, value, true) $$;
		CREATE FUNCTION archive.switched() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
			PERFORM set_config('request.jwt.claims', '{"role": "switched"}', true), set_config('search_path', 'archive, pg_temp', true), set_config('app.a', 'before', true),
				set_config('role', 'pgrest_test_curator', true);
		END $$`)
	require.NoError(t, err)
	app := func(o *pgrest.Options) {
		o.AppSettings = map[string]string{"app.a": "host's"}
		o.HoistedSettings = []string{"statement_timeout"}
	}
	plain := open(t, db.Pool(t), app)
	for what, api := range map[string]*pgrest.Handler{
		"plain":       plain,
		"bounded":     open(t, db.Pool(t), app, func(o *pgrest.Options) { o.DatabaseTimeout = time.Minute }),
		"unprepared":  open(t, db.Pool(t), app, func(o *pgrest.Options) { o.DisablePreparedStatements = true }),
		"pre-request": open(t, db.Pool(t), app, func(o *pgrest.Options) { o.PreRequest = "archive.switched" }),
	} {
		t.Run(what, func(t *testing.T) {
			for name, value := range map[string]string{
				"role": anon, "search_path": "pg_temp", "request.jwt.claims": `{"role": "root"}`, "request.path": "/x", "request.headers": "{}", "app.a": "mine",
				"timezone": "Asia/Tokyo", "datestyle": "German", "intervalstyle": "sql_standard", "statement_timeout": "12345", "lock_timeout": "77", "row_security": "off",
				"client_encoding": "LATIN1", "bytea_output": "escape", "extra_float_digits": "0",
			} {
				token := `{"role": "` + curator + `"}`
				if what == "pre-request" {
					token = `{"role": "` + anon + `"}`
				}
				told := fmt.Sprintf(`{"method": "POST", "path": "/rpc/told", "body": {"name": %q}}`, name)
				set := fmt.Sprintf(`{"method": "POST", "path": "/rpc/set_it", "body": {"name": %q, "value": %q}}`, name, value)
				of := func(list []part, i int) string {
					require.Equal(t, 200, list[i].Status)
					return string(list[i].Body)
				}
				send := func(requests ...string) []part {
					w := answer(api, batchOf{token: token, requests: "[" + strings.Join(requests, ",") + "]"}.request(t))
					require.Equal(t, 200, w.Code, "%s: %s", name, w.Body)
					return batchParts(t, w.Body.Bytes())
				}
				alone := of(send(told, told), 1)
				list := send(told, set, told, set, told)
				require.NotEqual(t, alone, of(list, 1), name)
				require.Equal(t, []string{alone, alone, alone}, []string{of(list, 0), of(list, 2), of(list, 4)}, name)
				named := fmt.Sprintf(`{"name": "a", "method": "POST", "path": "/rpc/set_it", "body": {"name": "app.name", "value": %q}}`, name)
				referring := `{"method": "POST", "path": "/rpc/told", "body": {"name": {"$ref": "a"}}}`
				list = send(named, set, referring, set, referring)
				require.Equal(t, []string{alone, alone}, []string{of(list, 2), of(list, 4)}, name)
			}
		})
	}
}

// Functions that take prepared statements away do so to all requests behind them, which are
// answered all the same.
func TestBatch_forgets_statements(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shopping+`; CREATE FUNCTION archive.forget() RETURNS int LANGUAGE plpgsql VOLATILE AS $$ BEGIN DEALLOCATE ALL; RETURN 1; END $$`, untagged)
	const forget, read = `{"method": "POST", "path": "/rpc/forget", "body": {}}`, `{"method": "GET", "path": "/products?select=id&id=eq.1"}`
	for range 3 {
		batchOf{requests: "[" + strings.Join([]string{read, forget, forget, read, forget, read}, ",") + "]",
			answers: []string{`200 [{"id":1}]`, `200 1`, `200 1`, `200 [{"id":1}]`, `200 1`, `200 [{"id":1}]`}}.check(t, api)
		batchOf{requests: "[" + read + "]", answers: []string{`200 [{"id":1}]`}}.check(t, api)
	}
}
