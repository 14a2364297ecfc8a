package introspect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Views are related as their tables are, whatever schema these are in.
func TestRelationshipsOfViews(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE SCHEMA hidden;
		CREATE TABLE api.studios (id int PRIMARY KEY);
		CREATE TABLE hidden.directors (id int PRIMARY KEY, name text, mentor int CONSTRAINT mentorship REFERENCES hidden.directors);
		CREATE TABLE hidden.films (
			id int PRIMARY KEY, title text, studio_id int CONSTRAINT studio REFERENCES api.studios,
			director_id int CONSTRAINT director REFERENCES hidden.directors);
		CREATE TABLE hidden.specs (film_id int PRIMARY KEY CONSTRAINT spec REFERENCES hidden.films);
		CREATE TABLE hidden.actors (id int PRIMARY KEY);
		CREATE TABLE hidden.roles (
			film_id int CONSTRAINT in_film REFERENCES hidden.films, actor_id int CONSTRAINT of_actor REFERENCES hidden.actors,
			PRIMARY KEY (film_id, actor_id));
		CREATE VIEW hidden.some_films AS SELECT title, studio_id AS s, id, director_id AS d FROM hidden.films WHERE id > 0;
		CREATE VIEW api.films AS SELECT id AS film, d AS directed_by, s AS made_by FROM hidden.some_films;
		CREATE MATERIALIZED VIEW api.directors AS SELECT * FROM hidden.directors;
		CREATE VIEW api.specs AS SELECT film_id FROM hidden.specs;
		CREATE VIEW api.actors AS SELECT id FROM hidden.actors;
		CREATE VIEW api.casts AS SELECT r.* FROM hidden.roles r;
		CREATE VIEW api.titles AS SELECT title FROM hidden.films`)
	testEmbeds(t, cache, []embedTest{{
		name: "view with view", from: "films", target: "directors",
		named: []string{"directors, many-to-one by director (directed_by = id)"},
	}, {
		name: "view with view, back", from: "directors", target: "films",
		named: []string{"films, one-to-many by director (id = directed_by)"},
	}, {
		name: "view with table", from: "films", target: "studios",
		named: []string{"studios, many-to-one by studio (made_by = id)"},
	}, {
		name: "table with view", from: "studios", target: "films",
		named: []string{"films, one-to-many by studio (id = made_by)"},
	}, {
		name: "table by column of view", from: "films", target: "made_by",
		keyed: []string{"studios, many-to-one by studio (made_by = id)"},
	}, {
		name: "view not by column", from: "films", target: "directed_by",
	}, {
		name: "view not by constraint", from: "films", target: "director",
	}, {
		name: "view with itself", from: "directors", target: "directors",
		named: []string{
			"directors, one-to-many by mentorship (id = mentor)",
			"directors, many-to-one by mentorship (mentor = id)",
		},
	}, {
		name: "one-to-one", from: "specs", target: "films",
		named: []string{"films, one-to-one by spec (film_id = film)"},
	}, {
		name: "one-to-one, back", from: "films", target: "specs",
		named: []string{"specs, one-to-one by spec (film = film_id)"},
	}, {
		name: "junction that is a view", from: "films", target: "actors",
		named: []string{"actors, many-to-many over casts by in_film (film = film_id) and of_actor (id = actor_id)"},
	}, {
		name: "view without the key's column", from: "titles", target: "directors",
	}})
}

func TestRelationshipsOfRepeatedColumns(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TABLE api.halls (cinema int, number int, PRIMARY KEY (cinema, number));
		CREATE TABLE api.shows (
			id int PRIMARY KEY, cinema int, number int,
			CONSTRAINT hall FOREIGN KEY (cinema, number) REFERENCES api.halls);
		CREATE VIEW api.twice AS SELECT cinema AS c1, number AS n, cinema AS c2 FROM api.halls;
		CREATE VIEW api.both AS
			SELECT a.id AS a_id, a.cinema AS a, a.number AS n, b.cinema AS b
			FROM api.shows a JOIN api.shows b USING (id)`)
	testEmbeds(t, cache, []embedTest{{
		name: "referenced column", from: "shows", target: "twice",
		named: []string{
			"twice, many-to-one by hall (cinema = c1, number = n)",
			"twice, many-to-one by hall (cinema = c2, number = n)",
		},
	}, {
		name: "referencing column, from two instances of the table", from: "halls", target: "both",
		named: []string{
			"both, one-to-many by hall (cinema = a, number = n)",
			"both, one-to-many by hall (cinema = b, number = n)",
		},
	}, {
		name: "both", from: "both", target: "twice",
		named: []string{
			"twice, many-to-one by hall (a = c1, n = n)",
			"twice, many-to-one by hall (a = c2, n = n)",
			"twice, many-to-one by hall (b = c1, n = n)",
			"twice, many-to-one by hall (b = c2, n = n)",
		},
	}})
	require.Equal(t, []string{"c1", "n"}, table(t, cache, "twice").PrimaryKey)
}

// A single column that is shown many times can be told by its name each time.
func TestRelationshipsOfManyColumns(t *testing.T) {
	t.Parallel()
	var shown, related []string
	for i := range 40 {
		shown = append(shown, fmt.Sprintf("director_id AS d%02d", i))
		related = append(related, fmt.Sprintf("directors, many-to-one by director (d%02d = id)", i))
	}
	cache := load(t, `
		CREATE TABLE api.directors (id int PRIMARY KEY);
		CREATE TABLE api.films (id int PRIMARY KEY, director_id int CONSTRAINT director REFERENCES api.directors);
		CREATE VIEW api.many AS SELECT `+strings.Join(shown, ", ")+` FROM api.films`)
	testEmbeds(t, cache, []embedTest{
		{name: "all", from: "many", target: "directors", named: related},
		{name: "one", from: "many", target: "d39", keyed: related[39:]},
	})
}

// A view shows a column that its query selects unchanged.
func TestPrimaryKeysOfViews(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		view string // its name and query, in the schema api
		want []string
	}{
		{"renamed", `renamed AS SELECT title, id AS film_id FROM hidden.films`, []string{"film_id"}},
		{"key in its own order", `ordered AS SELECT film_id, actor_id, place FROM hidden.roles`, []string{"actor_id", "film_id", "place"}},
		{"part of a key", `part AS SELECT film_id, actor_id FROM hidden.roles`, nil},
		{"first of several", `several AS SELECT id AS b, id AS a FROM hidden.films`, []string{"b"}},
		{
			"of two tables, in the view's order",
			`joined AS SELECT a.id AS actor, f.id AS film FROM hidden.films f CROSS JOIN hidden.actors a`, []string{"actor", "film"},
		},
		{"USING", `merged AS SELECT id, title FROM hidden.films JOIN hidden.actors USING (id)`, []string{"id"}},
		{"FULL JOIN USING computes the column", `full_join AS SELECT id FROM hidden.films FULL JOIN hidden.actors USING (id)`, nil},
		{"LEFT JOIN", `outer_join AS SELECT a.id FROM hidden.films f LEFT JOIN hidden.actors a USING (id)`, []string{"id"}},
		{"subquery", `subquery AS SELECT s.n FROM (SELECT id AS n FROM hidden.films LIMIT 3) s`, []string{"n"}},
		{"WITH", `common AS WITH w AS MATERIALIZED (SELECT id AS n FROM hidden.films) SELECT n FROM w`, []string{"n"}},
		{"LATERAL", `lat AS SELECT l.id FROM hidden.actors a, LATERAL (SELECT * FROM hidden.films WHERE id = a.id) l`, []string{"id"}},
		{"GROUP BY", `grouped AS SELECT id, count(*) FROM hidden.films GROUP BY id`, []string{"id"}},
		{"DISTINCT and ORDER BY what is not shown", `sorted AS SELECT title FROM hidden.films ORDER BY id`, nil},
		{"UNION", `united AS SELECT id FROM hidden.films UNION SELECT id FROM hidden.actors`, nil},
		{"expression", `computed AS SELECT id + 0 AS id FROM hidden.films`, nil},
		{"cast", `casted AS SELECT id::bigint AS id FROM hidden.films`, nil},
		{"scalar subquery", `scalar AS SELECT (SELECT id FROM hidden.films LIMIT 1) AS id`, nil},
		{"whole row", `whole AS SELECT f FROM hidden.films f`, nil},
		{"no columns", `bare AS SELECT FROM hidden.films`, nil},
		{"no table", `alone AS SELECT 1 AS id`, nil},
		{"view of a view", `chained AS SELECT b AS c FROM api.several`, []string{"c"}},
		{"view of a materialized view of a view", `long_chain AS SELECT m AS n FROM hidden.snapshot`, []string{"n"}},
		{"columns added later", `later AS SELECT title FROM hidden.films; CREATE OR REPLACE VIEW api.later AS SELECT title, id FROM hidden.films`, []string{"id"}},
		{"partition", `partition AS SELECT day FROM hidden.sales_1`, []string{"day"}},
		{"system catalog", `catalog AS SELECT oid FROM pg_class`, []string{"oid"}},
		{
			"INSTEAD rules are not the query",
			`ruled AS SELECT id FROM hidden.films; CREATE RULE r AS ON INSERT TO api.ruled DO INSTEAD SELECT title FROM hidden.films`,
			[]string{"id"},
		},
	}
	ddl := `
		CREATE SCHEMA hidden;
		CREATE TABLE hidden.films (id int PRIMARY KEY, title text);
		CREATE TABLE hidden.actors (id int PRIMARY KEY);
		CREATE TABLE hidden.roles (film_id int, place int, actor_id int, PRIMARY KEY (actor_id, film_id, place));
		CREATE TABLE hidden.sales (day int PRIMARY KEY) PARTITION BY RANGE (day);
		CREATE TABLE hidden.sales_1 PARTITION OF hidden.sales FOR VALUES FROM (0) TO (10);
		CREATE VIEW hidden.below AS SELECT title, id AS l FROM hidden.films;
		CREATE MATERIALIZED VIEW hidden.snapshot AS SELECT l AS m FROM hidden.below;`
	for _, tt := range tests {
		ddl += "CREATE VIEW api." + tt.view + ";"
	}
	cache := load(t, ddl)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			view, _, _ := strings.Cut(tt.view, " ")
			require.Equal(t, tt.want, table(t, cache, view).PrimaryKey)
		})
	}
}

// The names of a view's columns may look like the syntax of the tree that its query
// is kept as.
func TestRelationshipsOfViewsWithOddNames(t *testing.T) {
	t.Parallel()
	names := []string{
		"a b", "{", "}", "(", ")", "({", `\`, `\}`, `"`, `"a`, `<>`, ":resorigtbl", ":targetList", "b :resorigtbl 1", "-1", "9",
		"{TARGETENTRY :resno 1}", "new\nline", "tab\t", "ключ", "'", ",", "[ 1 ]", "$1", "?",
	}
	columns := make([]string, len(names))
	want := make([]string, len(names))
	for i, name := range names {
		columns[i] = `f."` + strings.ReplaceAll(name, `"`, `""`) + `"`
		want[i] = "films, many-to-one by film (" + name + " = id)"
	}
	slices.Sort(want)
	cache := load(t, `
		CREATE TABLE api.films (id int PRIMARY KEY);
		CREATE TABLE api.stills (film_id int CONSTRAINT film REFERENCES api.films);
		CREATE VIEW api.odd AS SELECT `+strings.ReplaceAll(strings.Join(columns, ", "), "f.", "f.film_id AS ")+` FROM api.stills f`)
	named, keyed := cache.Relationships(api("odd"), "films")
	require.Equal(t, want, describeAll(t, cache, named))
	require.Empty(t, keyed)
	for i, name := range names {
		_, keyed := cache.Relationships(api("odd"), name)
		require.Len(t, keyed, 1, names[i])
	}
}
