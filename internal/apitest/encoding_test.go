package apitest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Requests and responses are UTF-8, whatever client_encoding whoever has set.
func TestClientEncoding(t *testing.T) {
	t.Parallel()
	const additions = `
		CREATE TABLE archive."café" (id int PRIMARY KEY, "prénom" text);
		INSERT INTO archive."café" VALUES (1, 'Cléo'), (2, 'Amélie');
		GRANT ALL ON archive."café" TO pgrest_test_anon;
		CREATE FUNCTION archive.greet(name text) RETURNS text LANGUAGE sql STABLE SET client_encoding = 'latin1' AS $$ SELECT 'Hé, ' || name $$;
		CREATE FUNCTION archive.greeting() RETURNS text LANGUAGE sql AS $$ SELECT current_setting('request.headers')::json ->> 'x-name' $$;
		CREATE FUNCTION extra.to_latin() RETURNS void LANGUAGE sql AS $$ SELECT set_config('client_encoding', 'latin1', true) $$;
		GRANT EXECUTE ON FUNCTION extra.to_latin() TO PUBLIC;`
	altered := func(who string) string {
		return `DO $$ BEGIN EXECUTE format('ALTER ` + who + ` SET client_encoding = ''latin1''', current_database()); END $$`
	}
	modes := map[string]struct {
		sql    string
		change option
	}{
		"role":        {altered("ROLE pgrest_test_anon IN DATABASE %I"), nil},
		"login":       {altered("ROLE pgrest_test_authenticator IN DATABASE %I"), nil},
		"database":    {altered("DATABASE %I"), nil},
		"pre-request": {``, func(o *pgrest.Options) { o.PreRequest = "extra.to_latin" }},
	}
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Clone(t)
			_, err := db.Superuser(t).Exec(t.Context(), additions+mode.sql)
			require.NoError(t, err)
			changes := []option{rollingBack}
			if mode.change != nil {
				changes = append(changes, mode.change)
			}
			for _, prepared := range []option{func(*pgrest.Options) {}, withoutStatements} {
				api := open(t, db.Pool(t, pgtest.MaxConns(1)), append(changes, prepared)...)
				for range 2 {
					for _, x := range []exchange{
						{target: "/caf%C3%A9?id=eq.1", body: `[{"id": 1, "prénom": "Cléo"}]`},
						{target: "/caf%C3%A9?pr%C3%A9nom=eq.Cl%C3%A9o&select=id", body: `[{"id": 1}]`},
						{target: "/caf%C3%A9?pr%C3%A9nom=eq.Am%C3%A9lie&select=id", send: headers{"Prefer": "count=exact"}, body: `[{"id": 2}]`},
						{method: "POST", target: "/caf%C3%A9", data: `{"id": 3, "prénom": "Zoë"}`, send: headers{"Prefer": "return=representation"}, status: 201,
							body: `[{"id": 3, "prénom": "Zoë"}]`},
						{method: "PATCH", target: "/caf%C3%A9?id=eq.1", data: `{"prénom": "Zoë"}`, send: headers{"Prefer": "return=representation", "Accept": "application/vnd.pgrst.object+json"},
							want: oneObject, body: `{"id": 1, "prénom": "Zoë"}`},
						{target: "/rpc/greet?name=Zo%C3%AB", body: `"Hé, Zoë"`},
						{method: "POST", target: "/rpc/greeting", send: headers{"X-Name": "Zoë"}, body: `"Zoë"`},
						{target: "/caf%C3%A9?id=eq.%C3%A9", status: 400, body: fault("22P02", `invalid input syntax for type integer: "é"`, "", "")},
						{target: "/caf%C3%A9?id=eq.1", send: headers{"Accept": "text/csv"}, want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "id,prénom\n1,Cléo"},
					} {
						x.check(t, ask(t, api, x))
					}
				}
			}
		})
	}
}

// Bytes arrive as they are, whatever bytea_output is.
func TestByteaOutput(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE DOMAIN archive."application/octet-stream" AS bytea;
		CREATE FUNCTION archive.bytes() RETURNS archive."application/octet-stream" LANGUAGE sql STABLE AS $$ SELECT '\x00015c78343161ff0a'::bytea $$;
		CREATE FUNCTION archive.bytes_hex() RETURNS archive."application/octet-stream" LANGUAGE sql STABLE SET bytea_output = 'hex'
			AS $$ SELECT '\x00015c78343161ff0a'::bytea $$;
		CREATE FUNCTION archive.plain() RETURNS bytea LANGUAGE sql STABLE AS $$ SELECT '\x00015c78343161ff0a'::bytea $$;
		CREATE FUNCTION archive.one_chunk(state archive."application/octet-stream", next archive.films) RETURNS archive."application/octet-stream"
			LANGUAGE sql IMMUTABLE AS $$ SELECT (state || '\x005cff'::bytea)::archive."application/octet-stream" $$;
		CREATE AGGREGATE archive.chunks(archive.films) (SFUNC = archive.one_chunk, STYPE = archive."application/octet-stream", INITCOND = '');
		DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET bytea_output = ''escape''', current_database()); END $$`)
	require.NoError(t, err)
	octets := headers{"Content-Type": "application/octet-stream"}
	const bytes = "\x00\x01\\x41a\xff\n"
	send := headers{"Accept": "application/octet-stream"}
	run(t, open(t, db.Pool(t)),
		exchange{name: "function", target: "/rpc/bytes", send: send, want: octets, body: bytes},
		exchange{name: "function_of_another_form", target: "/rpc/bytes_hex", send: send, want: octets, body: bytes},
		exchange{name: "call", method: "POST", target: "/rpc/bytes", send: send, want: octets, body: bytes},
		exchange{name: "aggregate", target: "/films?id=lte.2", send: send, want: octets, body: "\x00\\\xff\x00\\\xff"},
		exchange{name: "json", target: "/rpc/plain", body: `"\\000\\001\\\\x41a\\377\\012"`},
	)
}
