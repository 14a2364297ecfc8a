package apitest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// casts has texts that values of the types are read from, and types of the database's
// own, of which two schemas have one of the same name.
const casts = `
	SET search_path = archive;
	CREATE TABLE samples (id int PRIMARY KEY, s text);
	INSERT INTO samples VALUES (1, 'ab"c'), (2, '101'), (3, '12.345'), (4, 't'), (5, '2020-02-03 04:05:06.789123+01'), (6, '1 year 2 mons 3 days 04:05:06.789'),
		(7, '{"1","22"}'), (8, '[1,3)'), (9, '(1,2),(3,4)'), (10, '{"a": [1, null]}'), (11, '10.1.2.3'), (12, '08:00:2b:01:02:03'), (13, NULL),
		(14, '5f0b3f60-5b2c-4f0e-9d4e-0d6d3c1b2a19'), (15, '$.a'), (16, '{}'), (17, '1'), (18, '0/1'), (19, '{[1,3)}'), (20, '10:20:30'), (21, '<(1,2),3>');
	GRANT SELECT ON samples TO pgrest_test_anon;
	CREATE TYPE mood AS ENUM ('ab"c');
	CREATE DOMAIN short AS varchar(2);
	CREATE DOMAIN "text" AS int;
	CREATE SCHEMA annex;
	CREATE TYPE annex.mood AS ENUM ('101');
	CREATE VIEW annex.samples AS SELECT * FROM samples;
	CREATE DOMAIN annex.record AS text;
	GRANT USAGE ON SCHEMA annex TO pgrest_test_anon;
	GRANT SELECT ON annex.samples TO pgrest_test_anon;`

// spellings are the names of all types that there are, as the catalog and as SQL has
// them, but for what no URL can have, such as brackets.
func spellings(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
		SELECT typname::text FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype <> 'c' AND typname !~ '^_pg_'
		UNION SELECT format_type(oid, NULL) FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = 'b' AND typname !~ '^_'`)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	names = slices.DeleteFunc(names, func(name string) bool {
		// What PostgreSQL does with a cast to any type, or to none that is known, we don't try.
		return strings.ContainsAny(name, `"[`) || strings.HasPrefix(name, "any") || name == "unknown"
	})
	words := []string{
		"char", "character", "char varying", "nchar", "nchar varying", "national char", "national character", "national char varying",
		"national character varying", "character varying", "varchar", "bit", "bit varying", "int", "integer", "smallint", "bigint", "dec", "decimal", "numeric",
		"real", "float", "double precision", "boolean", "time", "time with time zone", "time without time zone", "timestamp", "timestamp with time zone",
		"timestamp without time zone", "interval", "interval year", "interval month", "interval day", "interval hour", "interval minute", "interval second",
		"interval year to month", "interval day to hour", "interval day to minute", "interval day to second", "interval hour to minute",
		"interval hour to second", "interval minute to second",
	}
	for _, text := range append(words, "mood", "short", "text", "frame", "films", "stars", "nothing", "double vision") {
		names = append(names, text, strings.ToUpper(text), strings.ReplaceAll(text, " ", "   "), text+" array", "setof "+text, "SetOf "+text+" Array")
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// A cast is to the type that PostgreSQL's grammar makes of its name, with the modifier
// that it has by that name: each name gives what it gives in SQL, or the error.
func TestCast(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool := db.Superuser(t)
	_, err := pool.Exec(t.Context(), casts)
	require.NoError(t, err)
	api := open(t, db.Pool(t))
	names := spellings(t, pool)
	require.Greater(t, len(names), 300)
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), "SET search_path = archive, extra")
	require.NoError(t, err)
	given := 0
	for _, name := range names {
		var column strings.Builder
		samples := 21
		if name != strings.ToLower(name) || strings.Contains(name, "   ") || strings.HasPrefix(name, "setof") {
			samples = 7 // of another spelling
		}
		for id := 1; id <= samples; id++ {
			want, code := castInSQL(t, conn, name, id)
			response := ask(t, api, exchange{target: fmt.Sprintf("/samples?select=v:s::%s&id=eq.%d", url.QueryEscape(name), id)})
			body := read(t, response)
			var failed struct{ Code string }
			if code != "" {
				require.NoError(t, json.Unmarshal([]byte(body), &failed), "%s of sample %d is %s", name, id, body)
				if code != "42601" || failed.Code != "42704" { // what the grammar doesn't take is a name of nothing
					require.Equal(t, code, failed.Code, "%s of sample %d: %s", name, id, body)
				}
				if code == "42704" || code == "42601" {
					break // of no other sample either
				}
				continue
			}
			require.Equal(t, http.StatusOK, response.StatusCode, "%s of sample %d: %s", name, id, body)
			require.Equal(t, compact(want), compact(body), "%s of sample %d", name, id)
			column.WriteString(body)
		}
		if column.Len() > 0 {
			given++
		}
	}
	require.Greater(t, given, 250)
}

// castInSQL gives the JSON of a row with a sample that is cast to a type, or the code
// of the error.
func castInSQL(t *testing.T, conn *pgxpool.Conn, name string, id int) (row, code string) {
	t.Helper()
	sql := fmt.Sprintf("SELECT json_agg(r)::text FROM (SELECT CAST(s AS %s) AS v FROM samples WHERE id = %d) r", name, id)
	err := conn.QueryRow(t.Context(), sql, pgx.QueryExecModeExec).Scan(&row)
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return "", pg.Code
	}
	require.NoError(t, err, name)
	return row, ""
}

// A name that is no word of SQL is looked up along the request's search path.
func TestCast_search_path(t *testing.T) {
	t.Parallel()
	api := serveClone(t, casts, func(o *pgrest.Options) { o.Schemas = []string{"archive", "annex"} })
	inAnnex, annex := headers{"Accept-Profile": "annex"}, headers{"Content-Profile": "annex"}
	run(t, api,
		exchange{name: "first_schema", target: "/samples?select=s::mood&id=eq.1", body: `[{"s": "ab\"c"}]`},
		exchange{name: "other_schema", target: "/samples?select=s::mood&id=eq.2", send: inAnnex, want: annex, body: `[{"s": "101"}]`},
		exchange{name: "value_of_the_first_schema's", target: "/samples?select=s::mood&id=eq.1", send: inAnnex, status: 400,
			body: fault("22P02", `invalid input value for enum mood: "ab"c"`, "", "")},
		exchange{name: "value_of_the_other_schema's", target: "/samples?select=s::mood&id=eq.2", status: 400,
			body: fault("22P02", `invalid input value for enum mood: "101"`, "", "")},
		exchange{name: "in_the_first_schema_alone", target: "/samples?select=s::short&id=eq.1", body: `[{"s": "ab"}]`},
		exchange{name: "not_in_the_other_schema", target: "/samples?select=s::short&id=eq.1", send: inAnnex, status: 400,
			body: fault("42704", `type "short" does not exist`, "", "")},
		exchange{name: "PostgreSQL's_before_the_schema's", target: "/samples?select=s::text&id=eq.1", body: `[{"s": "ab\"c"}]`},
		exchange{name: "PostgreSQL's_pseudo-type_before_the_schema's", target: "/samples?select=s::record&id=eq.1", send: inAnnex, status: 400,
			body: fault("0A000", "input of anonymous composite types is not implemented", "", "")},
	)
}

// An aggregate's value and its result are cast in the same way.
func TestCast_aggregates(t *testing.T) {
	t.Parallel()
	runReads(t, serveClone(t, casts, aggregating), []readCase{
		{"value", "/samples?select=s::char.max()&id=in.(1,2)", `[{"max": "a"}]`},
		{"result", "/samples?select=s.max()::char&id=in.(1,2)", `[{"max": "a"}]`},
		{"both", "/samples?select=s::interval.sum()::interval hour to minute&id=in.(6,20)", `[{"sum": "1 year 2 mons 3 days 14:25:00"}]`},
		{"fields", "/samples?select=s::interval year.max()&id=eq.6", `[{"max": "1 year"}]`},
		{"array", "/samples?select=s::int array.max()&id=eq.7", `[{"max": [1, 22]}]`},
		{"groups", "/samples?select=s::char,count()&id=in.(2,3,17)&order=s", `[{"s": "1", "count": 1}, {"s": "1", "count": 1}, {"s": "1", "count": 1}]`},
		{"groups_with_an_alias", "/samples?select=c:s::char,count()&id=in.(2,3,17)", `[{"c": "1", "count": 3}]`},
		{"own_type", "/samples?select=s::mood.max()&id=eq.1", `[{"max": "ab\"c"}]`},
	})
}
