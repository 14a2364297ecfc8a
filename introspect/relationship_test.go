package introspect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

// describe puts a relationship in words, the names of the schema api unqualified:
//
//	directors, many-to-one by director (director_id = id)
func describe(t *testing.T, cache *introspect.SchemaCache, r *introspect.Relationship) string {
	t.Helper()
	require.Equal(t, cache.Tables[r.Table].Kind.IsView(), r.TableIsView)
	require.Equal(t, cache.Tables[r.Target].Kind.IsView(), r.TargetIsView)
	cardinality := map[introspect.Cardinality]string{
		introspect.OneToMany: "one-to-many", introspect.ManyToOne: "many-to-one",
		introspect.OneToOne: "one-to-one", introspect.ManyToMany: "many-to-many",
	}
	s := local(r.Target) + ", " + cardinality[r.Cardinality]
	switch {
	case r.Function != nil:
		return s + " computed by " + local(r.Function.Name)
	case r.Junction != nil:
		j := r.Junction
		return s + " over " + local(j.Table) + " by " + j.Constraint1 + " " + pairs(j.Source) +
			" and " + j.Constraint2 + " " + pairs(j.Target)
	default:
		return s + " by " + r.Constraint + " " + pairs(r.Columns)
	}
}

func local(name introspect.QualifiedName) string { return strings.TrimPrefix(name.String(), "api.") }

func pairs(columns []introspect.ColumnPair) string {
	equal := make([]string, len(columns))
	for i, c := range columns {
		equal[i] = c.Column + " = " + c.Target
	}
	return "(" + strings.Join(equal, ", ") + ")"
}

func describeAll(t *testing.T, cache *introspect.SchemaCache, all []*introspect.Relationship) []string {
	t.Helper()
	require.True(t, slices.IsSortedFunc(all, (*introspect.Relationship).Compare))
	var words []string
	for _, r := range all {
		words = append(words, describe(t, cache, r))
	}
	return words
}

// embedTest embeds target in from, both of the schema api.
type embedTest struct {
	name, from, target string
	named, keyed       []string
}

func testEmbeds(t *testing.T, cache *introspect.SchemaCache, tests []embedTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			named, keyed := cache.Relationships(api(tt.from), tt.target)
			require.Equal(t, tt.named, describeAll(t, cache, named), "named")
			require.Equal(t, tt.keyed, describeAll(t, cache, keyed), "keyed")
		})
	}
}

func TestRelationshipsOfTables(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TABLE api.directors (id int PRIMARY KEY, mentor int CONSTRAINT mentorship REFERENCES api.directors);
		CREATE TABLE api.films (
			id int PRIMARY KEY,
			director_id int CONSTRAINT director REFERENCES api.directors,
			editor_id int CONSTRAINT editor REFERENCES api.directors,
			sequel_of int UNIQUE CONSTRAINT sequel REFERENCES api.films
		);
		CREATE TABLE api.specs (film_id int PRIMARY KEY CONSTRAINT spec REFERENCES api.films);
		CREATE TABLE api.posters (id int PRIMARY KEY, film_id int UNIQUE CONSTRAINT poster REFERENCES api.films);
		CREATE TABLE api.stills (id int PRIMARY KEY, film_id int CONSTRAINT still REFERENCES api.films);
		CREATE UNIQUE INDEX ON api.stills (film_id);
		CREATE TABLE api.halls (cinema int, number int, PRIMARY KEY (cinema, number));
		CREATE TABLE api.screenings (
			at timestamp PRIMARY KEY, number int, cinema int,
			CONSTRAINT hall FOREIGN KEY (cinema, number) REFERENCES api.halls);
		CREATE TABLE api.projectors (
			number int, cinema int, UNIQUE (number, cinema),
			CONSTRAINT place FOREIGN KEY (cinema, number) REFERENCES api.halls);
		CREATE TABLE api.doors (
			number int, cinema int, code int, UNIQUE (number, cinema, code), UNIQUE (number),
			CONSTRAINT door FOREIGN KEY (cinema, number) REFERENCES api.halls);
		CREATE TABLE api.box_office (day date, film_id int CONSTRAINT gross REFERENCES api.films, PRIMARY KEY (day, film_id))
			PARTITION BY RANGE (day);
		CREATE TABLE api.box_office_2024 PARTITION OF api.box_office FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
		CREATE TABLE api.reports (day date, film_id int,
			CONSTRAINT reported FOREIGN KEY (day, film_id) REFERENCES api.box_office)`)
	testEmbeds(t, cache, []embedTest{{
		name: "two foreign keys to one table", from: "films", target: "directors",
		named: []string{
			"directors, many-to-one by director (director_id = id)",
			"directors, many-to-one by editor (editor_id = id)",
		},
	}, {
		name: "and back", from: "directors", target: "films",
		named: []string{
			"films, one-to-many by director (id = director_id)",
			"films, one-to-many by editor (id = editor_id)",
		},
	}, {
		name: "by constraint", from: "films", target: "editor",
		keyed: []string{"directors, many-to-one by editor (editor_id = id)"},
	}, {
		name: "by constraint and back", from: "directors", target: "editor",
		keyed: []string{"films, one-to-many by editor (id = editor_id)"},
	}, {
		name: "by column", from: "films", target: "director_id",
		keyed: []string{"directors, many-to-one by director (director_id = id)"},
	}, {
		name: "by the column that others reference", from: "directors", target: "id",
		keyed: []string{
			"directors, one-to-many by mentorship (id = mentor)",
			"films, one-to-many by director (id = director_id)",
			"films, one-to-many by editor (id = editor_id)",
		},
	}, {
		name: "not by the other table's column", from: "directors", target: "director_id",
	}, {
		name: "table itself, both ways", from: "directors", target: "directors",
		named: []string{
			"directors, one-to-many by mentorship (id = mentor)",
			"directors, many-to-one by mentorship (mentor = id)",
		},
	}, {
		name: "table itself by column", from: "directors", target: "mentor",
		keyed: []string{"directors, many-to-one by mentorship (mentor = id)"},
	}, {
		name: "table itself by constraint", from: "directors", target: "mentorship",
		keyed: []string{
			"directors, one-to-many by mentorship (id = mentor)",
			"directors, many-to-one by mentorship (mentor = id)",
		},
	}, {
		name: "table itself, one-to-one", from: "films", target: "films",
		named: []string{
			"films, one-to-one by sequel (id = sequel_of)",
			"films, one-to-one by sequel (sequel_of = id)",
		},
	}, {
		name: "foreign key that is the primary key", from: "specs", target: "films",
		named: []string{"films, one-to-one by spec (film_id = id)"},
	}, {
		name: "foreign key that is the primary key, back", from: "films", target: "specs",
		named: []string{"specs, one-to-one by spec (id = film_id)"},
	}, {
		name: "foreign key that is unique", from: "posters", target: "films",
		named: []string{"films, one-to-one by poster (film_id = id)"},
	}, {
		name: "foreign key with a unique index but no constraint", from: "stills", target: "films",
		named: []string{"films, many-to-one by still (film_id = id)"},
	}, {
		name: "composite key", from: "screenings", target: "halls",
		named: []string{"halls, many-to-one by hall (cinema = cinema, number = number)"},
	}, {
		name: "composite key by constraint", from: "halls", target: "hall",
		keyed: []string{"screenings, one-to-many by hall (cinema = cinema, number = number)"},
	}, {
		name: "composite key not by one of its columns", from: "screenings", target: "cinema",
	}, {
		name: "composite key that is unique, in another order", from: "projectors", target: "halls",
		named: []string{"halls, one-to-one by place (cinema = cinema, number = number)"},
	}, {
		name: "composite key with unique columns beside and within", from: "doors", target: "halls",
		named: []string{"halls, many-to-one by door (cinema = cinema, number = number)"},
	}, {
		name: "partitioned table", from: "box_office", target: "films",
		named: []string{"films, many-to-one by gross (film_id = id)"},
	}, {
		name: "to a partitioned table, once", from: "films", target: "gross",
		keyed: []string{"box_office, one-to-many by gross (id = film_id)"},
	}, {
		name: "foreign key to a partitioned table, once", from: "reports", target: "reported",
		keyed: []string{"box_office, many-to-one by reported (day = day, film_id = film_id)"},
	}, {
		name: "partition", from: "films", target: "box_office_2024",
	}, {
		name: "unrelated", from: "films", target: "halls",
	}, {
		name: "unknown", from: "actors", target: "films",
	}})
}

func TestRelationshipsOverJunctions(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TABLE api.films (id int PRIMARY KEY);
		CREATE TABLE api.actors (id int PRIMARY KEY);
		CREATE TABLE api.roles (
			film_id int CONSTRAINT in_film REFERENCES api.films,
			actor_id int CONSTRAINT of_actor REFERENCES api.actors,
			character text, PRIMARY KEY (character, actor_id, film_id));
		CREATE TABLE api.reviews (
			id int PRIMARY KEY,
			film_id int REFERENCES api.films, actor_id int REFERENCES api.actors, UNIQUE (film_id, actor_id));
		CREATE TABLE api.similar (
			a int CONSTRAINT first REFERENCES api.films, b int CONSTRAINT second REFERENCES api.films,
			PRIMARY KEY (a, b));
		CREATE TABLE api.critics (id int PRIMARY KEY);
		CREATE TABLE api.duels (
			critic_1 int CONSTRAINT d1 REFERENCES api.critics, critic_2 int CONSTRAINT d2 REFERENCES api.critics,
			film_id int CONSTRAINT df REFERENCES api.films, PRIMARY KEY (critic_1, critic_2, film_id));
		CREATE TABLE api.halls (cinema int, number int, PRIMARY KEY (cinema, number));
		CREATE TABLE api.seats (
			cinema int, number int, critic_id int CONSTRAINT taken REFERENCES api.critics,
			CONSTRAINT seat FOREIGN KEY (cinema, number) REFERENCES api.halls, PRIMARY KEY (critic_id, number, cinema))`)
	testEmbeds(t, cache, []embedTest{{
		name: "junction", from: "films", target: "actors",
		named: []string{"actors, many-to-many over roles by in_film (id = film_id) and of_actor (id = actor_id)"},
	}, {
		name: "and back", from: "actors", target: "films",
		named: []string{"films, many-to-many over roles by of_actor (id = actor_id) and in_film (id = film_id)"},
	}, {
		name: "not by the junction's constraint", from: "films", target: "of_actor",
	}, {
		name: "junction itself", from: "films", target: "roles",
		named: []string{"roles, one-to-many by in_film (id = film_id)"},
	}, {
		name: "table with itself", from: "films", target: "films",
		named: []string{
			"films, many-to-many over similar by first (id = a) and second (id = b)",
			"films, many-to-many over similar by second (id = b) and first (id = a)",
		},
	}, {
		name: "more than two foreign keys", from: "critics", target: "films",
		named: []string{
			"films, many-to-many over duels by d1 (id = critic_1) and df (id = film_id)",
			"films, many-to-many over duels by d2 (id = critic_2) and df (id = film_id)",
		},
	}, {
		name: "composite key", from: "halls", target: "critics",
		named: []string{"critics, many-to-many over seats by seat (cinema = cinema, number = number) and taken (id = critic_id)"},
	}})
}

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

// A key of a single column that a view shows many times has a relationship for each, since
// the columns' names tell them apart.
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

func TestRelationshipsComputed(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE SCHEMA extra;
		CREATE SCHEMA hidden;
		CREATE TABLE api.directors (id int PRIMARY KEY);
		CREATE TABLE api.films (
			id int PRIMARY KEY, director_id int CONSTRAINT director REFERENCES api.directors,
			editor_id int CONSTRAINT editor REFERENCES api.directors);
		CREATE TABLE hidden.notes (film_id int);
		CREATE VIEW api.titles AS SELECT director_id FROM api.films;
		CREATE TABLE api.awards (film_id int PRIMARY KEY CONSTRAINT award REFERENCES api.films);
		CREATE DOMAIN api.film AS api.films;
		CREATE FUNCTION api.directors(api.films) RETURNS SETOF api.directors ROWS 1 LANGUAGE sql AS 'SELECT * FROM api.directors';
		CREATE FUNCTION api.awards(api.films) RETURNS SETOF hidden.notes LANGUAGE sql AS 'SELECT * FROM hidden.notes';
		CREATE FUNCTION api.newest(api.directors) RETURNS api.films LANGUAGE sql AS 'SELECT * FROM api.films LIMIT 1';
		CREATE FUNCTION api.oeuvre(d api.directors) RETURNS SETOF api.titles LANGUAGE sql AS 'SELECT * FROM api.titles';
		CREATE FUNCTION api.alike(api.films) RETURNS SETOF api.films LANGUAGE sql AS 'SELECT * FROM api.films';
		CREATE FUNCTION api.with_out(api.films, OUT api.directors) LANGUAGE sql AS 'SELECT * FROM api.directors';
		CREATE FUNCTION api.with_table(api.films) RETURNS TABLE (id int) LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.with_scalar(api.films) RETURNS SETOF int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.with_domain(api.film) RETURNS SETOF api.films LANGUAGE sql AS 'SELECT * FROM api.films';
		CREATE FUNCTION api.with_two(api.films, int) RETURNS SETOF api.films LANGUAGE sql AS 'SELECT * FROM api.films';
		CREATE FUNCTION extra.elsewhere(api.films) RETURNS SETOF api.films LANGUAGE sql AS 'SELECT * FROM api.films'`)
	testEmbeds(t, cache, []embedTest{{
		name: "instead of detected ones", from: "films", target: "directors",
		named: []string{"directors, many-to-one computed by directors"},
	}, {
		name: "instead of detected ones, by constraint", from: "films", target: "director",
	}, {
		name: "detected ones the other way remain", from: "directors", target: "films",
		named: []string{
			"films, one-to-many by director (id = director_id)",
			"films, one-to-many by editor (id = editor_id)",
		},
	}, {
		name: "single row without set", from: "directors", target: "newest",
		named: []string{"films, many-to-one computed by newest"},
	}, {
		name: "view, by a named parameter", from: "directors", target: "oeuvre",
		named: []string{"titles, one-to-many computed by oeuvre"},
	}, {
		name: "table itself", from: "films", target: "alike",
		named: []string{"films, one-to-many computed by alike"},
	}, {
		name: "single OUT parameter", from: "films", target: "with_out",
		named: []string{"directors, many-to-one computed by with_out"},
	}, {
		name: "function that returns rows of a hidden table is none, and replaces others all the same", from: "films", target: "awards",
	}, {
		name: "not those the other way", from: "awards", target: "films",
		named: []string{"films, one-to-one by award (film_id = id)"},
	},
		{name: "RETURNS TABLE", from: "films", target: "with_table"},
		{name: "set of scalars", from: "films", target: "with_scalar"},
		{name: "domain over the row type", from: "films", target: "with_domain"},
		{name: "two parameters", from: "films", target: "with_two"},
		{name: "function in the extra search path", from: "films", target: "elsewhere"},
	})
}

// Only what is exposed in one schema is related.
func TestRelationshipsAcrossSchemas(t *testing.T) {
	t.Parallel()
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), `
		CREATE SCHEMA api; CREATE SCHEMA second; CREATE SCHEMA hidden;
		CREATE TABLE api.films (id int PRIMARY KEY);
		CREATE TABLE api.actors (id int PRIMARY KEY);
		CREATE TABLE api.critics (id int PRIMARY KEY);
		CREATE TABLE api.loners (id int PRIMARY KEY);
		CREATE TABLE second.films (id int PRIMARY KEY CONSTRAINT original REFERENCES api.films);
		CREATE TABLE second.roles (
			film_id int CONSTRAINT f REFERENCES api.films, actor_id int CONSTRAINT a REFERENCES api.actors,
			PRIMARY KEY (film_id, actor_id));
		CREATE TABLE hidden.reviews (
			film_id int CONSTRAINT f REFERENCES api.films, critic_id int CONSTRAINT c REFERENCES api.critics,
			PRIMARY KEY (film_id, critic_id));
		CREATE TABLE hidden.notes (film_id int REFERENCES api.loners);
		CREATE FUNCTION api.original(second.films) RETURNS SETOF api.films LANGUAGE sql AS 'SELECT * FROM api.films';
		CREATE FUNCTION second.original(second.films) RETURNS SETOF api.films LANGUAGE sql AS 'SELECT * FROM api.films'`)
	require.NoError(t, err)
	cache, err := introspect.Load(t.Context(), pool, introspect.Options{Schemas: []string{"api", "second"}})
	require.NoError(t, err)
	testEmbeds(t, cache, []embedTest{
		{name: "table of another schema", from: "films", target: "original"},
		{name: "junction that is hidden", from: "films", target: "critics"},
		{
			name: "junction of another exposed schema", from: "films", target: "actors",
			named: []string{"actors, many-to-many over second.roles by f (id = film_id) and a (id = actor_id)"},
		},
	})
	second := introspect.QualifiedName{Schema: "second", Name: "films"}
	named, _ := cache.Relationships(second, "original")
	require.Equal(t, []string{"films, one-to-many computed by second.original"}, describeAll(t, cache, named))

	require.Equal(t, []string{"actors", "critics", "films"}, cache.RelatedTables("api"))
	require.Equal(t, []string{"films"}, cache.RelatedTables("second"))
	require.Empty(t, cache.RelatedTables("hidden"))
	names, ok := cache.RelatedNames(api("films"))
	require.True(t, ok)
	require.Equal(t, []string{"actors"}, names)
	names, ok = cache.RelatedNames(second)
	require.True(t, ok)
	require.Equal(t, []string{"original"}, names)
	names, ok = cache.RelatedTargets(second)
	require.True(t, ok)
	require.Equal(t, []string{"films"}, names)
	names, ok = cache.RelatedTargets(api("critics"))
	require.True(t, ok)
	require.Empty(t, names)
	names, ok = cache.RelatedNames(api("critics"))
	require.True(t, ok, "its relationship is only lacking an exposed junction")
	require.Empty(t, names)
	_, ok = cache.RelatedNames(api("loners"))
	require.False(t, ok)
	_, ok = cache.RelatedTargets(api("loners"))
	require.False(t, ok)
}

func BenchmarkRelationships(b *testing.B) {
	cache := filmCache()
	from := api("films")
	b.ReportAllocs()
	for b.Loop() {
		if named, keyed := cache.Relationships(from, "directors"); len(named) != 1 || keyed != nil {
			b.Fatal("not found")
		}
	}
}
