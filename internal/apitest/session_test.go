package apitest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// What a function prepares for the session, or takes from it, is no other request's
// concern.
func TestSession_prepared_statements(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE FUNCTION archive.prepares() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
			FOR i IN 1..40 LOOP
				BEGIN EXECUTE format('PREPARE pgrest_%s AS SELECT 1', i); EXCEPTION WHEN duplicate_prepared_statement THEN NULL; END;
			END LOOP;
			RETURN 1; END $$;
		CREATE FUNCTION archive.deallocates() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DEALLOCATE ALL; RETURN 1; END $$;
		CREATE FUNCTION archive.deallocates_for_rows() RETURNS SETOF int LANGUAGE plpgsql AS $$ BEGIN
			DEALLOCATE ALL; RETURN QUERY SELECT generate_series(1, 3); END $$;
		CREATE FUNCTION private.deallocates() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DEALLOCATE ALL; RETURN NEW; END $$;
		CREATE TABLE archive.shaken (id int);
		GRANT ALL ON archive.shaken TO pgrest_test_anon;
		CREATE TRIGGER shakes BEFORE INSERT ON archive.shaken FOR EACH ROW EXECUTE FUNCTION private.deallocates();
		-- Knows the names that there are, and the next ones.
		CREATE FUNCTION archive.prepares_next() RETURNS int LANGUAGE plpgsql AS $$ DECLARE name text; i int; BEGIN
			FOR name IN SELECT p.name FROM pg_prepared_statements p WHERE p.name LIKE 'pgrest%' LOOP
				FOR i IN 1..40 LOOP
					BEGIN EXECUTE format('PREPARE %I AS SELECT 1', regexp_replace(name, '[0-9]+$', '') || i);
					EXCEPTION WHEN duplicate_prepared_statement THEN NULL; END;
				END LOOP;
			END LOOP;
			RETURN 1; END $$`)
	require.NoError(t, err)
	api := open(t, db.Pool(t, pgtest.MaxConns(1)))
	ordinary := []exchange{
		{target: "/films?select=title&id=eq.2", body: `[{"title": "M"}]`},
		{target: "/films?select=id&limit=1&order=id", send: headers{"Prefer": "count=exact"}, status: 206, body: `[{"id": 1}]`},
		{target: "/rpc/add?a=1", body: `2`},
	}
	for range 3 {
		for _, x := range []exchange{
			{method: "POST", target: "/rpc/prepares", body: `1`},
			{method: "POST", target: "/rpc/prepares_next", body: `1`},
			{method: "POST", target: "/rpc/deallocates", body: `1`},
			{method: "POST", target: "/rpc/deallocates_for_rows", body: `[1, 2, 3]`},
			{method: "POST", target: "/rpc/deallocates_for_rows?limit=1", send: headers{"Prefer": "count=exact"}, status: 206, body: `[1]`},
			{method: "POST", target: "/shaken", data: `{"id": 1}`, status: 201, want: headers{"Content-Type": ""}},
			{method: "POST", target: "/shaken", data: `{"id": 1}`, send: headers{"Prefer": "return=representation"}, status: 201, body: `[{"id": 1}]`},
			{method: "POST", target: "/shaken", data: `{"id": 1}`, send: headers{"Prefer": "return=representation", "Accept": "application/vnd.pgrst.object+json"}, status: 201,
				want: oneObject, body: `{"id": 1}`},
		} {
			for range 2 {
				x.check(t, ask(t, api, x))
				for _, other := range ordinary {
					for range 2 {
						other.check(t, ask(t, api, other))
					}
				}
			}
		}
	}
}

// What a function sets for the session is put back where PostgreSQL tells of it, and
// the host finds its connection as it was.
func TestSession_settings(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE FUNCTION archive.stays(name text, value text) RETURNS text LANGUAGE sql AS $$ SELECT set_config(name, value, false) $$;
		CREATE VIEW archive.staying AS SELECT set_config('TimeZone', 'Asia/Tokyo', false) AS zone;
		GRANT SELECT ON archive.staying TO pgrest_test_anon`)
	require.NoError(t, err)
	for _, session := range []string{"SELECT 1", "SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, DMY'; SET application_name = 'ours'"} {
		pool := db.Pool(t, pgtest.MaxConns(1))
		_, err := pool.Exec(t.Context(), session)
		require.NoError(t, err)
		show := func() (values [8]string) {
			require.NoError(t, pool.QueryRow(t.Context(), `SELECT pg_backend_pid()::text, current_setting('TimeZone'), current_setting('DateStyle'),
				current_setting('IntervalStyle'), current_setting('client_encoding'), current_setting('standard_conforming_strings'),
				current_setting('application_name'), current_setting('default_transaction_read_only')`).
				Scan(&values[0], &values[1], &values[2], &values[3], &values[4], &values[5], &values[6], &values[7]))
			return values
		}
		before := show()
		for _, change := range []option{func(*pgrest.Options) {}, rollingBack, withoutStatements} {
			api := open(t, pool, change)
			for _, x := range []exchange{
				{method: "POST", target: "/rpc/stays", data: `{"name": "TimeZone", "value": "Asia/Tokyo"}`, body: `"Asia/Tokyo"`},
				{method: "POST", target: "/rpc/stays", data: `{"name": "datestyle", "value": "German, DMY"}`, body: `"German, DMY"`},
				{method: "POST", target: "/rpc/stays", data: `{"name": "IntervalStyle", "value": "iso_8601"}`, body: `"iso_8601"`},
				{method: "POST", target: "/rpc/stays", data: `{"name": "client_encoding", "value": "LATIN1"}`, body: `"LATIN1"`},
				{method: "POST", target: "/rpc/stays", data: `{"name": "standard_conforming_strings", "value": "off"}`, body: `"off"`},
				{method: "POST", target: "/rpc/stays", data: `{"name": "application_name", "value": "theirs"}`, body: `"theirs"`},
				{method: "POST", target: "/rpc/stays", data: `{"name": "default_transaction_read_only", "value": "on"}`, body: `"on"`},
				{target: "/staying", body: `[{"zone": "Asia/Tokyo"}]`},
				{target: "/staying", send: headers{"Prefer": "count=exact"}, body: `[{"zone": "Asia/Tokyo"}]`},
			} {
				x.check(t, ask(t, api, x))
				require.Equal(t, before, show(), x.data)
			}
		}
	}
}
