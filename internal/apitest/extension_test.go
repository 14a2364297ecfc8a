package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	driver "github.com/jackc/pgx/v5" // pgx is a constant of these tests
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// extensionType is a type that an extension brings, or a column that needs one.
type extensionType struct {
	extension, column string
	// written are two values as clients send them in JSON.
	written [2]string
	// shown are they as the API has them; empty for what was written.
	shown [2]string
	// first and second are filters that only the first and the second row pass.
	first, second []string
	// oneWay says that PostgreSQL doesn't read what it shows in JSON, and quoted that CSV
	// has it as PostgreSQL quotes it in rows, which isn't read back as it was.
	oneWay, quoted bool
}

// The tables of these types are called t and their number.
var extensionTypes = []extensionType{
	{extension: "citext", column: "citext", written: [2]string{`"Hello"`, `"World"`},
		first: []string{"eq.HELLO", "like.hel*", "in.(hello,x)"}, second: []string{"neq.HELLO", "eq.world", "gt.hello", "match.^w"}},
	{extension: "citext", column: "citext[]", written: [2]string{`["Hello", "x"]`, `["World"]`},
		first: []string{"cs.{HELLO}", "ov.{hello,y}"}, second: []string{"eq.{world}"}},
	{extension: "hstore", column: "hstore", written: [2]string{`"a=>1, b=>NULL"`, `"\"c d\"=>\"say \\\"d\\\"\""`}, oneWay: true, quoted: true,
		shown: [2]string{`{"a": "1", "b": null}`, `{"c d": "say \"d\""}`},
		first: []string{"eq.a=>1,b=>NULL", "cs.a=>1"}, second: []string{`cs."c d"=>"say \"d\""`, "neq.a=>1,b=>NULL"}},
	{extension: "ltree", column: "ltree", written: [2]string{`"Top.Science.Astronomy"`, `"Top.Hobbies"`},
		first: []string{"cd.Top.Science", "eq.Top.Science.Astronomy", "gt.Top.Hobbies"}, second: []string{"cs.Top.Hobbies.Stars", "in.(Top.Hobbies,x)"}},
	{extension: "ltree", column: "ltree[]", written: [2]string{`["Top.Science", "Top"]`, `["Top.Hobbies"]`}, first: []string{"cs.Top.Science.Astronomy"}, second: []string{"eq.{Top.Hobbies}"}},
	{extension: "ltree", column: "lquery", written: [2]string{`"*.Science.*{1,2}"`, `"Top.!Hobbies"`}},
	{extension: "pg_trgm", column: "text", written: [2]string{`"The Third Man"`, `"Rashomon"`}, first: []string{"ilike.*third*"}, second: []string{"imatch.rash"}},
	{extension: "unaccent", column: "text", written: [2]string{`"Café de Flore"`, `"Rashōmon"`}, first: []string{"fts(unaccented).cafe"}, second: []string{"plfts(unaccented).Rashomon"}},
	{extension: "pgcrypto", column: "bytea DEFAULT extra.gen_random_bytes(4)", written: [2]string{`"\\x00ff"`, `"\\xabcd"`}, quoted: true, first: []string{`eq.\x00ff`}, second: []string{`gt.\x00ff`}},
	{extension: "postgis", column: "geometry", written: [2]string{`"POINT(1 2)"`, `"SRID=4326;LINESTRING(0 0, 1 1.5)"`},
		shown: [2]string{`{"type": "Point", "coordinates": [1, 2]}`, ""}, first: []string{"eq.POINT(1 2)", "ov.POINT(1 2)"}},
	{extension: "postgis", column: "geometry(Point, 4326)", written: [2]string{`{"type": "Point", "coordinates": [1, 2]}`, `"POINT(7 8)"`},
		first: []string{"eq.SRID=4326;POINT(1 2)"}, second: []string{"eq.SRID=4326;POINT(7 8)"}},
	{extension: "postgis", column: "geography", written: [2]string{`"POINT(1 2)"`, `"POINT(7 8)"`}, first: []string{"eq.POINT(1 2)"}, second: []string{"ov.POINT(7 8)"}},
	{extension: "postgis", column: "box2d", written: [2]string{`"BOX(0 0,1 2)"`, `"BOX(3 3,4 4)"`}},
	{extension: "vector", column: "vector(3)", written: [2]string{`[1, 2, 3]`, `"[4,5,6.5]"`}, shown: [2]string{`"[1,2,3]"`, ""},
		first: []string{"eq.[1,2,3]", "lt.[4,0,0]"}, second: []string{"neq.[1,2,3]", "in.(\"[4,5,6.5]\")"}},
	{extension: "vector", column: "vector[]", written: [2]string{`["[1,2]", "[3,4]"]`, `["[5,6]"]`}, first: []string{`cs.{"[3,4]"}`}, second: []string{`eq.{"[5,6]"}`}},
}

// extensionAPI opens an API on tables of the types of an extension. A machine that hasn't
// the extension has nothing to try.
func extensionAPI(t *testing.T, extension string, changes ...option) (*pgrest.Handler, *pgxpool.Pool) {
	t.Helper()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	if count(t, super, `SELECT count(*) FROM pg_available_extensions WHERE name = '`+extension+`'`) == 0 {
		return nil, nil
	}
	ddl := `CREATE EXTENSION ` + extension + ` SCHEMA extra; GRANT USAGE ON SCHEMA extra TO PUBLIC; SET search_path = archive, extra;` + extensionSQL[extension]
	for i, typ := range extensionTypes {
		if typ.extension == extension {
			ddl += fmt.Sprintf(`CREATE TABLE archive.t%d (id int PRIMARY KEY, v %s);`, i, typ.column)
		}
	}
	_, err := super.Exec(t.Context(), ddl+`GRANT ALL ON ALL TABLES IN SCHEMA archive TO pgrest_test_curator; GRANT SELECT ON ALL TABLES IN SCHEMA archive TO pgrest_test_anon; RESET search_path`)
	require.NoError(t, err)
	return open(t, db.Pool(t), changes...), super
}

// extensionSQL has what else the tests of an extension need.
var extensionSQL = map[string]string{
	"unaccent": `CREATE TEXT SEARCH CONFIGURATION extra.unaccented (COPY = simple);
		ALTER TEXT SEARCH CONFIGURATION extra.unaccented ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple;
		CREATE FUNCTION archive.plain(a text) RETURNS text STABLE LANGUAGE sql AS $$ SELECT extra.unaccent(a) $$;`,
	"pg_trgm": `CREATE FUNCTION archive.alike(a text) RETURNS SETOF archive.films STABLE LANGUAGE sql AS $$
		SELECT * FROM archive.films WHERE extra.similarity(title, a) > 0.5 ORDER BY extra.similarity(title, a) DESC $$;`,
	"pgcrypto": `CREATE FUNCTION archive.hashed(a text) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ SELECT extra.digest(a, 'sha256') $$;`,
	"postgis": `CREATE TABLE archive.places (id int PRIMARY KEY, name text, at geometry(Point, 4326));
		INSERT INTO archive.places VALUES (1, 'Wien', 'SRID=4326;POINT(16.4 48.2)');
		CREATE FUNCTION archive.distance(a geometry, b geometry) RETURNS float8 IMMUTABLE LANGUAGE sql AS $$ SELECT extra.st_distance(a, b) $$;` + stopsOfPostGIS,
	"vector": `CREATE FUNCTION archive.nearness(a vector, b vector) RETURNS float8 IMMUTABLE LANGUAGE sql AS $$ SELECT a OPERATOR(extra.<->) b $$;` + notesOfPgvector,
	"ltree":  `CREATE FUNCTION archive.depth(a ltree) RETURNS int IMMUTABLE LANGUAGE sql AS $$ SELECT extra.nlevel(a) $$;`,
	"hstore": `CREATE FUNCTION archive.keys(a hstore) RETURNS text[] IMMUTABLE LANGUAGE sql AS $$ SELECT extra.akeys(a) $$;`,
	"citext": `CREATE FUNCTION archive.same(a citext, b citext) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$ SELECT a OPERATOR(extra.=) b $$;`,
}

// jsonRows gives the rows of a table as PostgreSQL's JSON has them.
func jsonRows(t *testing.T, pool *pgxpool.Pool, table string) (rows []string) {
	t.Helper()
	found, err := pool.Query(t.Context(), `SELECT row_to_json(t)::text FROM archive.`+driver.Identifier{table}.Sanitize()+` t ORDER BY id`)
	require.NoError(t, err)
	rows, err = driver.CollectRows(found, driver.RowTo[string])
	require.NoError(t, err)
	return rows
}

// Types of extensions are written and filtered as their texts, and read as PostgreSQL has
// them in JSON.
func TestExtensions_types(t *testing.T) {
	t.Parallel()
	var names []string
	for _, typ := range extensionTypes {
		names = append(names, typ.extension)
	}
	for _, extension := range slices.Compact(names) {
		t.Run(extension, func(t *testing.T) {
			t.Parallel()
			api, pool := extensionAPI(t, extension)
			if api == nil {
				return
			}
			for i, typ := range extensionTypes {
				if typ.extension == extension {
					t.Run(typ.column, func(t *testing.T) { typ.check(t, api, pool, fmt.Sprint("t", i)) })
				}
			}
		})
	}
}

func (e extensionType) check(t *testing.T, api *pgrest.Handler, pool *pgxpool.Pool, table string) {
	t.Helper()
	ask := func(x write, status int) string {
		w := answer(api, x.request(t))
		require.Equal(t, status, w.Code, "%s %s: %s", x.method, x.target, w.Body)
		return w.Body.String()
	}
	get := func(query string) string {
		return ask(write{method: http.MethodGet, target: "/" + table + "?" + query}, 200)
	}

	created := ask(write{target: "/" + table + "?order=id", prefer: representation, payload: fmt.Sprintf(`[{"id": 1, "v": %s}, {"id": 2, "v": %s}]`, e.written[0], e.written[1])}, 201)
	rows := jsonRows(t, pool, table)
	require.Equal(t, compact("["+strings.Join(rows, ",")+"]"), compact(created))
	require.Equal(t, compact(created), compact(get("order=id")))
	for i, shown := range e.shown {
		if shown == "" {
			shown = e.written[i]
		}
		var row struct{ V json.RawMessage }
		require.NoError(t, json.Unmarshal([]byte(rows[i]), &row))
		if e.extension != "postgis" || e.shown[i] != "" { // which adds a coordinate system
			require.JSONEq(t, shown, string(row.V))
		}
	}
	for want, filters := range map[string][]string{`[{"id":1}]`: e.first, `[{"id":2}]`: e.second} {
		for _, f := range filters {
			require.Equal(t, want, get("select=id&v="+url.QueryEscape(f)), f)
		}
	}
	// CSV is read back as it was written, and so is JSON where the type's own is.
	text := ask(write{method: http.MethodGet, target: "/" + table + "?select=id,v&order=id", send: headers{"Accept": "text/csv"}}, 200)
	if !e.quoted {
		ask(write{method: http.MethodDelete, target: "/" + table}, 204)
		ask(write{target: "/" + table, send: sendCSV, payload: text}, 201)
		require.Equal(t, rows, jsonRows(t, pool, table))
	}
	if !e.oneWay {
		ask(write{target: "/" + table, prefer: "resolution=merge-duplicates", payload: created}, 200)
		require.Equal(t, rows, jsonRows(t, pool, table))
	}
	// An update gives the first row the second's value.
	ask(write{method: http.MethodPatch, target: "/" + table + "?id=eq.1", payload: fmt.Sprintf(`{"v": %s}`, e.written[1])}, 204)
	require.Equal(t, strings.Replace(rows[1], `{"id":2,`, `{"id":1,`, 1), jsonRows(t, pool, table)[0])
}

// Functions take and give values of extensions' types, by GET and by POST.
func TestExtensions_functions(t *testing.T) {
	t.Parallel()
	for extension, exchanges := range map[string][]exchange{
		"citext": {
			{name: "GET", target: "/rpc/same?a=Hello&b=HELLO", body: `true`},
			{name: "POST", method: "POST", target: "/rpc/same", data: `{"a": "Hello", "b": "x"}`, body: `false`}},
		"hstore": {{name: "GET", target: "/rpc/keys?a=x%3D%3E1,y%3D%3E2", body: `["x", "y"]`}},
		"ltree":  {{name: "GET", target: "/rpc/depth?a=Top.Science", body: `2`}},
		"pg_trgm": {
			{name: "like_a_title", target: "/rpc/alike?a=metropolis&select=title", body: `[{"title": "Metropolis"}]`}},
		"unaccent": {{name: "GET", target: "/rpc/plain?a=Caf%C3%A9", body: `"Cafe"`}},
		"pgcrypto": {{name: "GET", target: "/rpc/hashed?a=x", body: `"\\x2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"`}},
		"postgis": {
			{name: "GET", target: "/rpc/distance?a=POINT(0%200)&b=POINT(3%204)", body: `5`},
			{name: "POST", method: "POST", target: "/rpc/distance", data: `{"a": {"type": "Point", "coordinates": [0, 0]}, "b": {"type": "Point", "coordinates": [0, 2]}}`, body: `2`},
			{name: "GeoJSON", target: "/places", send: headers{"Accept": "application/geo+json"}, want: headers{"Content-Type": "application/geo+json; charset=utf-8"},
				body: `{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [16.4, 48.2]}, "properties": {"id": 1, "name": "Wien"}}]}`}},
		"vector": {
			{name: "GET", target: "/rpc/nearness?a=[0,0]&b=[3,4]", body: `5`},
			{name: "POST", method: "POST", target: "/rpc/nearness", data: `{"a": [0, 0], "b": "[3,4]"}`, body: `5`}},
	} {
		t.Run(extension, func(t *testing.T) {
			t.Parallel()
			if api, _ := extensionAPI(t, extension); api != nil {
				run(t, api, exchanges...)
			}
		})
	}
}
