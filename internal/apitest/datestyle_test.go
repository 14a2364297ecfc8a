package apitest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// moments is a table of dates and timestamps, with functions that return them and set
// the DateStyle or the time zone themselves.
const moments = `
	CREATE TABLE archive.moments (id int PRIMARY KEY, day date, at timestamp, seen timestamptz, days daterange);
	INSERT INTO archive.moments VALUES (1, '2020-02-03', '2020-02-03 04:05:06', '2020-02-03 04:05:06+00', '[2020-02-03,2020-02-05)');
	CREATE TABLE archive.marks (seen timestamptz, day date, note text, PRIMARY KEY (seen, day));
	GRANT ALL ON archive.moments, archive.marks TO pgrest_test_anon, pgrest_test_curator;
	CREATE FUNCTION archive.moments_now() RETURNS SETOF archive.moments LANGUAGE sql STABLE AS $$ SELECT * FROM archive.moments $$;
	CREATE FUNCTION archive.moments_german() RETURNS SETOF archive.moments LANGUAGE sql STABLE SET DateStyle = 'German'
		AS $$ SELECT * FROM archive.moments $$;
	CREATE FUNCTION archive.moments_made_german() RETURNS SETOF archive.moments LANGUAGE plpgsql
		AS $$ BEGIN PERFORM set_config('DateStyle', 'German', true), set_config('TimeZone', 'Asia/Kolkata', true); RETURN QUERY SELECT * FROM archive.moments; END $$;
	CREATE FUNCTION archive.seen() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT seen FROM archive.moments $$;
	CREATE FUNCTION archive.days() RETURNS SETOF date LANGUAGE sql STABLE AS $$ SELECT day FROM archive.moments $$;
	CREATE FUNCTION extra.make_german() RETURNS void LANGUAGE sql
		AS $$ SELECT set_config('DateStyle', 'German', true), set_config('TimeZone', 'Asia/Kolkata', true) $$;
	CREATE FUNCTION private.make_german() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM extra.make_german(); RETURN NEW; END $$;
	GRANT EXECUTE ON FUNCTION extra.make_german() TO PUBLIC;`

// With JSON dates are in ISO style, whoever chose another one. What is PostgreSQL's text
// anywhere follows the style: casts, ranges and CSV.
func TestDateStyle(t *testing.T) {
	t.Parallel()
	const (
		tabs = "text/tab-separated-values"
		iso  = "day\tat\tseen\n2020-02-03\t2020-02-03 04:05:06\t2020-02-03 09:35:06+05:30\n"
		row  = `{"id": 1, "day": "2020-02-03", "at": "2020-02-03T04:05:06", "seen": "2020-02-03T09:35:06+05:30", "days": "[03.02.2020,05.02.2020)"}`
		csv  = "id,day,at,seen,days\n1,03.02.2020,\"03.02.2020 04:05:06\",\"03.02.2020 09:35:06 IST\",\"[03.02.2020,05.02.2020)\""
	)
	var wantsCSV, isCSV = headers{"Accept": "text/csv"}, headers{"Content-Type": "text/csv; charset=utf-8"}
	modes := map[string]struct {
		sql    string
		change option
	}{
		"role": {`DO $$ BEGIN
			EXECUTE format('ALTER ROLE pgrest_test_anon IN DATABASE %I SET DateStyle = ''German''', current_database());
			EXECUTE format('ALTER ROLE pgrest_test_anon IN DATABASE %I SET TimeZone = ''Asia/Kolkata''', current_database()); END $$`, nil},
		"database": {`DO $$ BEGIN
			EXECUTE format('ALTER DATABASE %I SET DateStyle = ''German''', current_database());
			EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Kolkata''', current_database()); END $$`, nil},
		"pre-request": {``, func(o *pgrest.Options) { o.PreRequest = "extra.make_german" }},
		"login": {`DO $$ BEGIN
			EXECUTE format('ALTER ROLE pgrest_test_authenticator IN DATABASE %I SET DateStyle = ''German''', current_database());
			EXECUTE format('ALTER ROLE pgrest_test_authenticator IN DATABASE %I SET TimeZone = ''Asia/Kolkata''', current_database()); END $$`, nil},
	}
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Clone(t)
			_, err := db.Superuser(t).Exec(t.Context(), moments+mode.sql)
			require.NoError(t, err)
			changes := []option{rollingBack, encoding(tabs, newTabSeparated), func(o *pgrest.Options) { o.Aggregates = true }}
			if mode.change != nil {
				changes = append(changes, mode.change)
			}
			for _, prepared := range []option{func(*pgrest.Options) {}, withoutStatements} {
				api := open(t, db.Pool(t, pgtest.MaxConns(2)), append(changes, prepared)...)
				for range 2 {
					for _, x := range []exchange{
						{name: "rows", target: "/moments", body: `[` + row + `]`},
						{name: "object", target: "/moments", send: acceptOne, want: oneObject, body: row},
						{name: "counted", target: "/moments?select=seen", send: headers{"Prefer": "count=exact"}, body: `[{"seen": "2020-02-03T09:35:06+05:30"}]`},
						{name: "no_nulls", target: "/moments?select=seen,day", send: headers{"Accept": "application/vnd.pgrst.array+json;nulls=stripped"},
							want: headers{"Content-Type": "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"}, body: `[{"seen": "2020-02-03T09:35:06+05:30", "day": "2020-02-03"}]`},
						{name: "cast", target: "/moments?select=day::text,at::text,seen::text,again:day::timestamptz",
							body: `[{"day": "03.02.2020", "at": "03.02.2020 04:05:06", "seen": "03.02.2020 09:35:06 IST", "again": "2020-02-03T00:00:00+05:30"}]`},
						{name: "grouped", target: "/moments?select=seen,day.max(),at.min(),count()",
							body: `[{"seen": "2020-02-03T09:35:06+05:30", "max": "2020-02-03", "min": "2020-02-03T04:05:06", "count": 1}]`},
						{name: "csv", target: "/moments", send: wantsCSV, want: isCSV, body: csv},
						{name: "ndjson", target: "/moments?select=day,at,seen", send: headers{"Accept": ndjson}, want: headers{"Content-Type": ndjson},
							body: "{\"day\":\"2020-02-03\",\"at\":\"2020-02-03T04:05:06\",\"seen\":\"2020-02-03T09:35:06+05:30\"}\n"},
						{name: "host's_encoder", target: "/moments?select=day,at,seen", send: headers{"Accept": tabs}, want: headers{"Content-Type": tabs}, body: iso},
						{name: "host's_encoder_of_a_function", target: "/rpc/moments_now?select=day,at,seen", send: headers{"Accept": tabs}, want: headers{"Content-Type": tabs}, body: iso},
						{name: "function", target: "/rpc/moments_now", body: `[` + row + `]`},
						{name: "function_counted", target: "/rpc/moments_now?select=seen", send: headers{"Prefer": "count=exact"}, body: `[{"seen": "2020-02-03T09:35:06+05:30"}]`},
						{name: "function_as_csv", target: "/rpc/moments_now", send: wantsCSV, want: isCSV, body: csv},
						{name: "function_with_a_style", target: "/rpc/moments_german", body: `[` + row + `]`},
						{name: "function_that_sets_a_style", method: "POST", target: "/rpc/moments_made_german", body: `[` + row + `]`},
						{name: "value", target: "/rpc/seen", body: `"2020-02-03T09:35:06+05:30"`},
						{name: "values", target: "/rpc/days", body: `["2020-02-03"]`},
						{name: "insert", method: "POST", target: "/moments", data: `{"id": 2, "day": "2020-02-03", "at": "2020-02-03 04:05:06", "seen": "2020-02-03 04:05:06Z"}`,
							send: headers{"Prefer": "return=representation"}, status: 201,
							body: `[{"id": 2, "day": "2020-02-03", "at": "2020-02-03T04:05:06", "seen": "2020-02-03T09:35:06+05:30", "days": null}]`},
						{name: "insert_as_csv", method: "POST", target: "/moments?select=day,seen", data: `{"id": 2, "day": "2020-02-03", "seen": "2020-02-03 04:05:06Z"}`,
							send: headers{"Prefer": "return=representation", "Accept": "text/csv"}, status: 201, want: isCSV,
							body: "day,seen\n03.02.2020,\"03.02.2020 09:35:06 IST\""},
						{name: "location", method: "POST", target: "/marks", data: `{"day": "2020-02-03", "seen": "2020-02-03 04:05:06Z"}`,
							send: headers{"Prefer": "return=headers-only"}, status: 201,
							want: headers{"Content-Type": "", "Location": "/marks?seen=eq.2020-02-03T09%3A35%3A06%2B05%3A30&day=eq.2020-02-03"}},
						{name: "update_with_an_order", method: "PATCH", target: "/moments?order=seen&select=seen", data: `{"day": "2020-03-04"}`,
							send: headers{"Prefer": "return=representation"}, body: `[{"seen": "2020-02-03T09:35:06+05:30"}]`},
						{name: "delete", method: "DELETE", target: "/moments?select=at,day", send: headers{"Prefer": "return=representation"},
							body: `[{"at": "2020-02-03T04:05:06", "day": "2020-02-03"}]`},
						{name: "preferred_zone", target: "/moments?select=seen", send: headers{"Prefer": "timezone=America/New_York"},
							want: headers{"Preference-Applied": "timezone=America/New_York"}, body: preferred(name)},
						{name: "preferred_UTC", target: "/moments?select=seen,day", send: headers{"Prefer": "timezone=UTC"}, body: preferredUTC(name)},
					} {
						x.check(t, ask(t, api, x))
					}
				}
			}
		})
	}
}

// A pre-request function runs after the preference was heard.
func preferred(mode string) string {
	if mode == "pre-request" {
		return `[{"seen": "2020-02-03T09:35:06+05:30"}]`
	}
	return `[{"seen": "2020-02-02T23:05:06-05:00"}]`
}

func preferredUTC(mode string) string {
	if mode == "pre-request" {
		return `[{"seen": "2020-02-03T09:35:06+05:30", "day": "2020-02-03"}]`
	}
	return `[{"seen": "2020-02-03T04:05:06+00:00", "day": "2020-02-03"}]`
}

// The name of a zone, which a client may choose, is no part of JSON.
func TestDateStyle_name_of_a_zone(t *testing.T) {
	t.Parallel()
	api := serveClone(t, moments+`;
		DO $$ BEGIN EXECUTE format('ALTER ROLE pgrest_test_anon IN DATABASE %I SET DateStyle = ''German''', current_database()); END $$;
		CREATE VIEW archive.turning AS SELECT seen FROM archive.moments WHERE set_config('DateStyle', 'German', true) <> '';
		GRANT SELECT ON archive.turning TO pgrest_test_anon, pgrest_test_visitor`)
	for range 2 {
		for _, target := range []string{"/moments?select=seen", "/rpc/seen", "/moments?select=seen,days"} {
			w := ask(t, api, exchange{target: target, send: headers{"Prefer": `timezone=<a"b>3`}})
			require.Equal(t, http.StatusOK, w.StatusCode)
			body := read(t, w)
			require.Contains(t, body, `"2020-02-03T01:05:06-03:00"`)
		}
		// What nobody can know is a string all the same.
		x := exchange{target: "/turning", token: `{"role": "` + visitor + `"}`, send: headers{"Prefer": `timezone=<a"b>3`}, body: `[{"seen": "03.02.2020 01:05:06 A\"B"}]`}
		x.check(t, ask(t, api, x))
	}
}

// A trigger may set what it likes.
func TestDateStyle_of_a_trigger(t *testing.T) {
	t.Parallel()
	api := serveClone(t, moments+`;
		CREATE TRIGGER german BEFORE INSERT OR UPDATE ON archive.moments FOR EACH ROW EXECUTE FUNCTION private.make_german();
		GRANT USAGE ON SCHEMA private TO pgrest_test_anon`, rollingBack)
	for range 2 {
		x := exchange{method: "PATCH", target: "/moments?id=eq.1&select=day,at,seen", data: `{"at": "2020-02-03 04:05:07"}`, send: headers{"Prefer": "return=representation"},
			body: `[{"day": "2020-02-03", "at": "2020-02-03T04:05:07", "seen": "2020-02-03T09:35:06+05:30"}]`}
		x.check(t, ask(t, api, x))
	}
}
