package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// tracks has ties and nulls in all of its columns but the keys, and values of many types.
const tracks = `
	CREATE TYPE archive.mood AS ENUM ('sad', 'calm', 'wild');
	CREATE TYPE archive.size AS (minutes int, seconds int);
	CREATE DOMAIN archive.cents AS numeric CHECK (value >= 0);
	CREATE TABLE archive.labels (id int PRIMARY KEY, name text, founded date);
	INSERT INTO archive.labels SELECT n, CASE WHEN n % 3 > 0 THEN 'label ' || n % 2 END, date '2000-01-01' + n FROM generate_series(1, 6) n;
	CREATE TABLE archive.tracks (
		side int, number int, title text NOT NULL, year int, mood archive.mood, size archive.size, price archive.cents, loud float8, live bool,
		released timestamptz, recorded timestamp, day date, tags text[], code char(4), short varchar(9), raw bytea, span interval, during tsrange,
		data jsonb, json json, label_id int REFERENCES archive.labels, PRIMARY KEY (side, number));
	INSERT INTO archive.tracks SELECT n % 4, n, 'title ' || n % 5, CASE WHEN n % 7 > 1 THEN 1960 + n % 3 END,
		(ARRAY['sad', NULL, 'wild', 'calm']::archive.mood[])[n % 4 + 1],
		CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN ROW(NULL, NULL)::archive.size ELSE ROW(n % 2, n % 3)::archive.size END,
		nullif(n % 4, 0) / 3.0, CASE n % 5 WHEN 1 THEN 'NaN' WHEN 2 THEN 0.1 WHEN 3 THEN 1e300 / 3 WHEN 4 THEN '-infinity' END::float8, nullif(n % 3, 0) = 1,
		CASE n % 6 WHEN 0 THEN NULL WHEN 1 THEN 'infinity' WHEN 2 THEN '0044-03-15 12:00:00.000001+00 BC' ELSE timestamptz '2024-03-31 00:30:00.123456+00' + n % 2 * interval '1 hour' END,
		CASE WHEN n % 5 > 0 THEN timestamp '2024-01-01 00:00:00.25' + n % 3 * interval '1 day' END, CASE WHEN n % 3 > 0 THEN date '2024-02-28' + n % 2 END,
		CASE n % 4 WHEN 1 THEN '{}' WHEN 2 THEN ARRAY['a"b', NULL, ','] WHEN 3 THEN ARRAY['z'] END, (ARRAY['a', 'ab ', NULL, ''])[n % 4 + 1], nullif((ARRAY['ä', 'z', '', '"\,'])[n % 4 + 1], 'z'),
		decode((ARRAY['', '00ff', NULL, '5c'])[n % 4 + 1], 'hex'), n % 3 * interval '1 month -1 day', CASE WHEN n % 3 > 0 THEN tsrange(timestamp '2024-01-01' + n % 3 * interval '1 day', NULL) END,
		CASE n % 6 WHEN 1 THEN '{"a": 1}' WHEN 2 THEN '{"a": "x", "b": {"c": 2}}' WHEN 3 THEN '{"a": null}' WHEN 4 THEN '[1]' WHEN 5 THEN '{"a": 10, "b": {"c": 1}}' END::jsonb,
		json_build_object('k', nullif(n % 3, 0)), nullif(n % 7, 0)
		FROM generate_series(1, 43) n;
	CREATE FUNCTION archive.shout(archive.tracks) RETURNS text STABLE LANGUAGE sql AS $$ SELECT nullif(upper($1.title), 'TITLE 3') $$;
	CREATE FUNCTION archive.size_of(archive.tracks) RETURNS archive.size STABLE LANGUAGE sql AS $$ SELECT $1.size $$;
	CREATE VIEW archive.track_list AS SELECT * FROM archive.tracks;
	CREATE VIEW archive.track_labels AS SELECT t.side, t.number, t.year, l.id, l.name FROM archive.tracks t LEFT JOIN archive.labels l ON l.id = t.label_id;
	CREATE VIEW archive.keyless AS SELECT title, year FROM archive.tracks;
	CREATE TABLE archive.coded (code text NOT NULL UNIQUE, maybe text UNIQUE, n int);
	INSERT INTO archive.coded SELECT 'c' || n % 10 || n, 'm' || n, n FROM generate_series(1, 12) n;
	CREATE TABLE archive.indexed (code text, n int NOT NULL);
	CREATE UNIQUE INDEX ON archive.indexed (code); CREATE UNIQUE INDEX ON archive.indexed (n) WHERE code > 'a'; CREATE UNIQUE INDEX ON archive.indexed (n);
	INSERT INTO archive.indexed SELECT 'c', n FROM generate_series(1, 1) n;
	CREATE TABLE archive.marked ("after" int PRIMARY KEY, "before" int);
	INSERT INTO archive.marked SELECT n, n FROM generate_series(1, 4) n;
	GRANT SELECT ON archive.tracks, archive.labels, archive.track_list, archive.track_labels, archive.keyless, archive.coded, archive.indexed, archive.marked TO pgrest_test_anon`

var asksKeyset = headers{"Prefer": "pagination=keyset"}

var linkPattern = regexp.MustCompile(`<([^>]*)>; rel="(\w+)"`)

// linksOf are the links of a response by their relations.
func linksOf(response *http.Response) map[string]string {
	links := map[string]string{}
	for _, m := range linkPattern.FindAllStringSubmatch(response.Header.Get("Link"), -1) {
		links[m[2]] = m[1]
	}
	return links
}

// pageRows are the rows of a response, each as the JSON that it is.
func pageRows(t testing.TB, response *http.Response) []string {
	t.Helper()
	body := read(t, response)
	require.Less(t, response.StatusCode, 300, body)
	var rows []json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(body), &rows))
	texts := make([]string, len(rows))
	for i, row := range rows {
		texts[i] = string(row)
	}
	return texts
}

// Pages one after the other are all rows in their order, each once, whatever the order is; and
// back from the last one they are the same.
func TestKeyset_walks(t *testing.T) {
	t.Parallel()
	walkAll(t, serveClone(t, tracks), walkedOrders(), 1, 5)
}

// So they are where PostgreSQL writes times otherwise.
func TestKeyset_walks_in_other_styles(t *testing.T) {
	t.Parallel()
	const styles = `; DO $$ BEGIN
		EXECUTE format('ALTER DATABASE %I SET DateStyle = ''SQL, DMY''', current_database());
		EXECUTE format('ALTER DATABASE %I SET TimeZone = ''America/St_Johns''', current_database());
	END $$`
	times := regexp.MustCompile(`order=(released|recorded|day|during|span|labels%28founded)`)
	targets := slices.DeleteFunc(walkedOrders(), func(target string) bool { return !times.MatchString(target) })
	walkAll(t, serveClone(t, tracks+styles), targets, 2)
}

// So they are where the operators of a type aren't on the search path, and by names of what the
// catalogs have.
func TestKeyset_walks_by_other_types(t *testing.T) {
	t.Parallel()
	const terms = `
		CREATE SCHEMA "far. away?"; CREATE EXTENSION citext SCHEMA "far. away?";
		GRANT USAGE ON SCHEMA "far. away?" TO pgrest_test_anon;
		CREATE DOMAIN archive.nick AS "far. away?".citext;
		CREATE TABLE archive.terms (id int PRIMARY KEY, word "far. away?".citext, nick archive.nick NOT NULL, relation regclass, role regrole, type regtype);
		INSERT INTO archive.terms SELECT n, (ARRAY['b', 'A', 'B', 'a', NULL, 'C'])[n % 6 + 1], (ARRAY['y', 'X', 'Y', 'z'])[n % 4 + 1],
			(ARRAY['pg_class', NULL, 'pg_type'])[n % 3 + 1]::regclass, (ARRAY['pgrest_test_anon', NULL, 'pgrest_test_curator'])[n % 3 + 1]::regrole, (ARRAY['text', 'integer'])[n % 2 + 1]::regtype
			FROM generate_series(1, 30) n;
		CREATE TABLE archive.uses (id int PRIMARY KEY, term int REFERENCES archive.terms);
		INSERT INTO archive.uses SELECT n, n % 31 FROM generate_series(1, 40) n WHERE n % 31 > 0;
		GRANT SELECT ON archive.terms, archive.uses TO pgrest_test_anon`
	var targets []string
	for _, order := range []string{"word", "word.desc", "word.nullsfirst", "nick", "nick.desc", "nick,word", "nick.desc,word.desc,id", "word,nick.desc.nullslast,id", "relation,word", "relation.desc", "role", "type.desc,nick"} {
		targets = append(targets, "/terms?select=id&order="+order)
	}
	for _, selected := range []string{"terms(word,relation)", "terms(word:id)", "terms(word::text)", "...terms(word,relation)", "...terms(w:word)", "terms()"} {
		targets = append(targets, "/uses?select=id,"+selected+"&order=terms(word).desc", "/uses?select=id,"+selected+"&order=terms(nick),terms(word)", "/uses?select=id,"+selected+"&order=terms(relation)")
	}
	walkAll(t, serveClone(t, terms), targets, 1, 4)
}

// walkedOrders are reads in all kinds of orders.
func walkedOrders() (targets []string) {
	add := func(relation, selected string, orders ...string) {
		for _, order := range orders {
			targets = append(targets, "/"+relation+"?select="+selected+"&order="+url.QueryEscape(order))
		}
	}
	both := func(columns ...string) (orders []string) {
		for _, c := range columns {
			for _, way := range []string{".asc", ".desc", ".asc.nullsfirst", ".desc.nullslast"} {
				orders = append(orders, c+way)
			}
		}
		return orders
	}
	targets = append(targets, "/tracks?select=number", "/track_list?select=number", "/track_labels?select=*", "/coded?select=*", "/labels?select=id")
	add("tracks", "number,x:title", both("title", "year", "mood", "size", "price", "loud", "live", "released", "recorded", "day", "tags", "code", "short", "raw", "span",
		"during", "data", "data->a", "data->>a", "data->b->>c", "json->>k", "size->minutes", "shout", "size_of", "number")...)
	add("tracks", "number", "side.desc,number", "side,number.desc", "number,side", "year,title.desc,mood.nullsfirst", "year.desc,mood,size.desc.nullslast,live,loud.desc,data->a",
		"title,year.desc,title.desc", "year.desc.nullslast,mood.desc.nullslast,day.desc,tags,price.desc,code,released.desc,during")
	add("tracks", "number,labels(name,founded)", both("labels(name)", "labels(founded)", "labels(id)")...)
	add("tracks", "number,labels(id)", both("labels(name)", "labels(founded)")...)
	add("tracks", "number,labels()", both("labels(name)")...)
	add("tracks", "number,...labels(name,y:founded)", both("labels(name)", "labels(founded)")...)
	add("tracks", "number,labels!inner(name)", "labels(name).desc,year", "year,labels(founded).desc", "labels(founded).desc,labels(name)", "labels(name),labels(founded).desc")
	add("track_list", "number,labels(name)", both("year", "labels(name)")...)
	add("track_labels", "*", both("year", "id", "name")...)
	add("coded", "*", "n.desc", "maybe", "code.desc")
	return targets
}

func walkAll(t *testing.T, api http.Handler, targets []string, sizes ...int) {
	t.Helper()
	require.NotEmpty(t, targets)
	for _, target := range targets {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			all := pageRows(t, ask(t, api, exchange{target: target, send: asksKeyset}))
			require.NotEmpty(t, all)
			require.ElementsMatch(t, all, pageRows(t, ask(t, api, exchange{target: target})))
			for _, size := range sizes {
				walk(t, api, fmt.Sprintf("%s&limit=%d", target, size), all, size)
			}
		})
	}
}

// walk goes to the end and back.
func walk(t *testing.T, api http.Handler, target string, all []string, size int) {
	t.Helper()
	var rows, back []string
	last := ""
	for next := target; next != ""; {
		response := ask(t, api, exchange{target: next, send: asksKeyset})
		page := pageRows(t, response)
		require.LessOrEqual(t, len(page), size)
		if rows = append(rows, page...); len(page) > 0 {
			last = next
		}
		require.LessOrEqual(t, len(rows), len(all), "rows come twice: %s", next)
		next = linksOf(response)["next"]
	}
	require.Equal(t, all, rows)
	for previous := last; previous != ""; {
		response := ask(t, api, exchange{target: previous, send: asksKeyset})
		page := pageRows(t, response)
		require.LessOrEqual(t, len(page), size)
		back = append(slices.Clone(page), back...)
		require.LessOrEqual(t, len(back), len(all), "rows come twice: %s", previous)
		previous = linksOf(response)["prev"]
	}
	require.Equal(t, all, back)
}
